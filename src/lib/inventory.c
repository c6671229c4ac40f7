// SPDX-License-Identifier: GPL-2.0-only
/* The inventory: loads its object, reads through it, walks. */
#include "inventory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cocowatch/check.h>
#include <cocowatch/state.h>

#include "clock.h"
#include "inventory.skel.h"
#include "libbpf_log.h"
#include "objects.h"

#define STEPS_PER_CALL 262144	/* entries: a few milliseconds */

struct cw_inventory {
	struct inventory_bpf *skel;
	struct cw_kernel kernel;
};

/* ---- running the programs ---- */

/* For this type of program ctx_in is written back too, and ctx_out refused. */
static int prog_run(const struct bpf_program *prog, void *args, __u32 size)
{
	struct bpf_test_run_opts opts = { .sz = sizeof(opts), .ctx_in = args, .ctx_size_in = size };

	return bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);
}

static int memory_read(void *ctx, __u64 addr, void *buf, size_t len)
{
	struct cw_inventory *inv = ctx;
	char *to = buf;

	while (len) {
		struct cw_inv_read args = { .addr = addr };
		int err;

		args.len = (__u32)(len < CW_INV_BYTES ? len : CW_INV_BYTES);
		err = prog_run(inv->skel->progs.read_memory, &args, sizeof(args));
		if (!err)
			err = args.err;
		if (err)
			return err;
		memcpy(to, inv->skel->bss->inv_bytes, args.len);
		to += args.len;
		addr += args.len;
		len -= args.len;
	}
	return 0;
}

/* ---- loading ---- */

static int map_share(struct bpf_map *map, int fd)
{
	return fd > 0 ? bpf_map__reuse_fd(map, fd) : 0;
}

/* What the programs do not use need not be made. */
static void maps_leave_out(struct inventory_bpf *skel)
{
	static const char *const used[] = { "cw_pages", "cw_kerns", "cw_blocks", "cw_losses", "cw_stats" };
	struct bpf_map *map;

	bpf_object__for_each_map(map, skel->obj) {
		bool wanted = bpf_map__is_internal(map);
		size_t i;

		for (i = 0; i < sizeof(used) / sizeof(used[0]); i++)
			wanted |= !strcmp(bpf_map__name(map), used[i]);
		if (!wanted)
			bpf_map__set_autocreate(map, false);
	}
}

static int maps_prepare(struct inventory_bpf *skel, const struct cw_inventory_opts *o)
{
	__u64 nr_words = (o->nr_frames + CW_FRAMES_PER_WORD - 1) / CW_FRAMES_PER_WORD;
	int err;

	maps_leave_out(skel);
	bpf_map__set_max_entries(skel->maps.cw_pages, nr_words ? (__u32)nr_words : 1);
	err = map_share(skel->maps.cw_pages, o->pages_fd);
	if (!err)
		err = map_share(skel->maps.cw_kerns, o->kerns_fd);
	if (!err)
		err = map_share(skel->maps.cw_blocks, o->blocks_fd);
	if (!err)
		err = map_share(skel->maps.cw_losses, o->losses_fd);
	if (!err)
		err = map_share(skel->maps.cw_stats, o->stats_fd);
	return err;
}

static int inventory_load(struct cw_inventory *inv, const struct cw_inventory_opts *o)
{
	const struct cw_kernel *k = &inv->kernel;
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = CW_KERNEL_BTF);
	struct inventory_bpf *skel = inventory_bpf__open_opts(&opts);
	int err;

	inv->skel = skel;
	if (!skel)
		return -errno;
	skel->rodata->cfg_sym_init_top_pgt = k->sym[CW_SYM_init_top_pgt];
	skel->rodata->cfg_sym_page_offset_base = k->sym[CW_SYM_page_offset_base];
	skel->rodata->cfg_sym_vmemmap_base = k->sym[CW_SYM_vmemmap_base];
	skel->rodata->cfg_sym_physical_mask = k->sym[CW_SYM_physical_mask];
	skel->rodata->cfg_sym_pgtable_l5_enabled = k->sym[CW_SYM___pgtable_l5_enabled];
	err = maps_prepare(skel, o);
	if (err)
		return err;
	cw_libbpf_forget();
	return inventory_bpf__load(skel);
}

static int inventory_start(struct cw_inventory *inv, const struct cw_inventory_opts *o, char *why,
			   size_t size)
{
	int err = cw_kernel_syms_read(&inv->kernel, "/proc/kallsyms");

	if (err) {
		snprintf(why, size, "/proc/kallsyms does not give the kernel's addresses: %s (needs "
			 "CAP_SYSLOG, and kernel.kptr_restrict below 2)", strerror(-err));
		return err;
	}
	err = cw_kernel_btf_read(&inv->kernel);
	if (err) {
		snprintf(why, size, "the kernel's BTF could not be read: %s", strerror(-err));
		return err;
	}
	err = inventory_load(inv, o);
	if (err)
		snprintf(why, size, "the programs of the inventory could not be loaded: %s",
			 *cw_libbpf_last() ? cw_libbpf_last() : strerror(-err));
	return err;
}

struct cw_inventory *cw_inventory_open(const struct cw_inventory_opts *opts, char *why,
				       size_t size)
{
	struct cw_inventory *inv = calloc(1, sizeof(*inv));
	int err;

	if (!inv) {
		snprintf(why, size, "%s", strerror(ENOMEM));
		return NULL;
	}
	inv->kernel.read = memory_read;
	inv->kernel.read_ctx = inv;
	err = inventory_start(inv, opts, why, size);
	if (!err)
		return inv;
	cw_inventory_close(inv);
	errno = -err;
	return NULL;
}

void cw_inventory_close(struct cw_inventory *inv)
{
	if (!inv)
		return;
	inventory_bpf__destroy(inv->skel);
	cw_kernel_free(&inv->kernel);
	free(inv);
}

const struct cw_kernel *cw_inventory_kernel(const struct cw_inventory *inv)
{
	return &inv->kernel;
}

/* ---- what was found ---- */

void cw_shared_free(struct cw_shared *s)
{
	free(s->run);
	memset(s, 0, sizeof(*s));
}

int cw_shared_add(struct cw_shared *s, const struct cw_inv_run *run)
{
	struct cw_inv_run *last = s->nr ? &s->run[s->nr - 1] : NULL;

	if (last && last->vaddr + (last->nr_pages << CW_PAGE_SHIFT) == run->vaddr &&
	    last->gfn + last->nr_pages == run->gfn && last->flags == run->flags) {
		last->nr_pages += run->nr_pages;
		return 0;
	}
	if (s->nr == s->room) {
		size_t room = s->room ? 2 * s->room : 256;
		struct cw_inv_run *more = realloc(s->run, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		s->run = more;
		s->room = room;
	}
	s->run[s->nr++] = *run;
	return 0;
}

const struct cw_inv_run *cw_shared_at(const struct cw_shared *s, __u64 vaddr)
{
	size_t low = 0, high = s->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct cw_inv_run *run = &s->run[mid];

		if (vaddr < run->vaddr)
			high = mid;
		else if (vaddr - run->vaddr >= run->nr_pages << CW_PAGE_SHIFT)
			low = mid + 1;
		else
			return run;
	}
	return NULL;
}

bool cw_shared_is_direct(const struct cw_shared *s, __u64 vaddr)
{
	return vaddr >= s->direct_first && vaddr <= s->direct_last;
}

/* ---- walking ---- */

static int runs_take(struct cw_inventory *inv, __u32 nr, struct cw_shared *s)
{
	__u32 i;
	int err = 0;

	for (i = 0; !err && i < nr && i < CW_INV_RUNS; i++)
		err = cw_shared_add(s, &inv->skel->bss->inv_runs[i]);
	return err;
}

static int stretch_walk(struct cw_inventory *inv, __u64 first, __u64 last,
			const struct cw_mode_state *mode, bool seed, struct cw_shared *s)
{
	struct cw_inv_walk args = {
		.va = first,
		.last = last,
		.shared_mask = mode->shared_mask,
		.set_is_private = mode->set_is_private,
		.flags = (seed ? CW_INV_SEED : 0) | (mode->no_bit ? CW_INV_NO_BIT : 0),
		.nr_steps = STEPS_PER_CALL,
	};
	int err = 0;

	while (!err && !args.done) {
		err = prog_run(inv->skel->progs.walk_tables, &args, sizeof(args));
		if (!err)
			err = args.err ? -EFAULT : runs_take(inv, args.nr_runs, s);
	}
	return err;
}

int cw_inventory_walk(struct cw_inventory *inv, const struct cw_mode_state *mode, bool seed,
		      struct cw_shared *s)
{
	const struct cw_kernel *k = &inv->kernel;
	__u64 direct, vmalloc, vmemmap, began = cw_clock_ns(CLOCK_MONOTONIC);
	int err = cw_kernel_var(k, CW_SYM_page_offset_base, 8, &direct);

	memset(s, 0, sizeof(*s));
	memset(&inv->skel->bss->inv_count, 0, sizeof(inv->skel->bss->inv_count));
	if (!err)
		err = cw_kernel_var(k, CW_SYM_vmemmap_base, 8, &vmemmap);
	/* without KASLR of the regions it is a constant; then all up to the next is walked */
	if (cw_kernel_var(k, CW_SYM_vmalloc_base, 8, &vmalloc))
		vmalloc = vmemmap;
	if (err)
		return err;
	s->direct_first = direct;
	s->direct_last = vmalloc - 1;
	/* with a protection flag a frame's state is what its direct mapping says */
	err = stretch_walk(inv, direct, vmalloc - 1, mode, seed && !mode->no_bit, s);
	if (!err && vmalloc < vmemmap)
		err = stretch_walk(inv, vmalloc, vmemmap - 1, mode, seed && mode->no_bit, s);
	/* the kernel's image, its modules and the fixmap: the last 2 GiB */
	if (!err)
		err = stretch_walk(inv, -(2ULL << 30), ~0ULL, mode, seed && mode->no_bit, s);
	s->count = inv->skel->bss->inv_count;
	s->took_ns = cw_clock_ns(CLOCK_MONOTONIC) - began;
	return err;
}
