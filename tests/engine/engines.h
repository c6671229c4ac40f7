/* SPDX-License-Identifier: GPL-2.0-only */
/* The engine twice, as native code and as BPF: an event goes through both, and both
 * must say the same bit for bit.
 *
 * engines_open() first, rows with report(), engines_close() last.
 */
#ifndef ENGINES_H
#define ENGINES_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "memstore.h"
#include "native.h"
#include "vectors.h"
#include "vectors.skel.h"

static struct vectors_bpf *skel;	/* NULL: this machine refuses the programs */

/* ---- the two engines ---- */

static struct cw_store store;

static int native_event(struct vector_io *io)
{
	memset(&io->out, 0, sizeof(io->out));
	io->ret = cw_engine_step(&store, &io->fmt, &io->ev.hdr, &io->out);
	return io->ret;
}

static void native_frame(struct vector_io *io)
{
	io->lost = 0;
	io->ret = cw_frame_step(&store, io->gfn, io->frame_event, &io->lost);
}

static int bpf_run(struct bpf_program *prog, struct vector_io *io)
{
	static const char packet[64];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));
	int map = bpf_map__fd(skel->maps.vector_ios), err;
	__u32 key = 0;

	err = bpf_map_update_elem(map, &key, io, BPF_ANY);
	if (!err)
		err = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);
	if (!err)
		err = bpf_map_lookup_elem(map, &key, io);
	return err;
}

/* Runs an event through both; false when they disagree or BPF could not run. */
static __attribute__((unused)) bool both_event(struct vector_io *io)
{
	struct vector_io bpf = *io;

	native_event(io);
	if (!skel)
		return true;
	if (bpf_run(skel->progs.run_event, &bpf))
		return false;
	return !memcmp(&bpf.out, &io->out, sizeof(io->out)) && (bpf.ret < 0) == (io->ret < 0) &&
	       (bpf.ret < 0 || bpf.ret == io->ret);
}

static __attribute__((unused)) bool both_frame(struct vector_io *io)
{
	struct vector_io bpf = *io;

	native_frame(io);
	if (!skel)
		return true;
	return !bpf_run(skel->progs.run_frame, &bpf) && bpf.ret == io->ret && bpf.lost == io->lost;
}

static __attribute__((unused)) bool has_finding(const struct cw_out *out, int finding)
{
	__u32 i;

	for (i = 0; i < out->nr_details && i < CW_DETAIL_MAX; i++)
		if (out->detail[i].finding == finding)
			return true;
	return false;
}

static void open_bpf(__u64 nr_frames)
{
	int err;

	libbpf_set_print(quiet);
	skel = vectors_bpf__open();
	if (!skel)
		return;
	bpf_map__set_max_entries(skel->maps.cw_pages, nr_frames / CW_FRAMES_PER_WORD);
	bpf_map__set_max_entries(skel->maps.cw_open_txns, CW_MEMSTORE_OPEN_MAX);
	err = vectors_bpf__load(skel);
	if (!err)
		return;
	printf("# BPF programs refused: %s\n", strerror(-err));
	vectors_bpf__destroy(skel);
	skel = NULL;
}

/* 0, or 1 without memory. */
static int engines_open(__u64 nr_frames)
{
	store.nr_frames = nr_frames;
	store.words = calloc(nr_frames / CW_FRAMES_PER_WORD, sizeof(*store.words));
	if (!store.words)
		return 1;
	open_bpf(nr_frames);
	tests++;
	if (skel)
		printf("ok 1 - the engine loads as a program that needs no tracing rights\n");
	else
		printf("ok 1 - the engine in BPF # SKIP this machine refuses socket-type BPF programs\n");
	return 0;
}

/* The program's exit status. */
static int engines_close(void)
{
	printf("1..%d\n", tests);
	vectors_bpf__destroy(skel);
	free(store.words);
	return failed != 0;
}

#endif
