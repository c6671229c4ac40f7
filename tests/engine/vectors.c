// SPDX-License-Identifier: GPL-2.0-only
/* Each rule that the engine judges in the kernel, by rows: an honest transition
 * with a few fields edited, and what must be said of it.  Every row runs twice,
 * through native code and through the same text as BPF, and both must agree bit
 * for bit.
 */
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
#include "vectors.h"
#include "vectors.skel.h"

#define PAGES	  8
#define GFN	  0x1000
#define VADDR	  0xffffc90000100000ULL
#define SHARED	  (1ULL << 57)
#define TASK	  (7ULL << 32 | 70)
#define OTHER	  (8ULL << 32 | 80)
#define FRAMES	  (1 << 16)
#define MAX_EDITS 8
#define BIT(rule) CW_RULE_BIT(CW_RULE_##rule)

static const struct cw_pte_fmt fmt = { .shared_mask = SHARED, .frame_mask = CW_PTE_FRAME };

static int tests, failed;
static struct vectors_bpf *skel;	/* NULL: this machine refuses the programs */

static bool report(bool pass, const char *format, ...)
{
	va_list args;

	tests++;
	failed += !pass;
	printf("%sok %d - ", pass ? "" : "not ", tests);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	return pass;
}

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
static bool both_event(struct vector_io *io)
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

static bool both_frame(struct vector_io *io)
{
	struct vector_io bpf = *io;

	native_frame(io);
	if (!skel)
		return true;
	return !bpf_run(skel->progs.run_frame, &bpf) && bpf.ret == io->ret && bpf.lost == io->lost;
}

/* ---- an honest transition ---- */

static __u64 pte(__u64 gfn, bool present, bool shared)
{
	__u64 frame = gfn << CW_PAGE_SHIFT;

	if (!present)
		frame = ~frame & CW_PTE_FRAME;
	return frame | (present ? 0x163 : 0x062) | (shared ? SHARED : 0);
}

static struct cw_walk walk(bool present, bool shared)
{
	return (struct cw_walk) {
		.walked = PAGES,
		.present = present ? PAGES : 0,
		.shared = shared ? PAGES : 0,
		.first_present = present ? 0 : CW_NO_INDEX,
		.first_absent = present ? CW_NO_INDEX : 0,
		.first_shared = shared ? 0 : CW_NO_INDEX,
		.first_private = shared ? CW_NO_INDEX : 0,
		.first_differ = CW_NO_INDEX,
		.pte_present = present ? pte(GFN, present, shared) : 0,
		.pte_absent = present ? 0 : pte(GFN, present, shared),
		.pte_shared = shared ? pte(GFN, present, shared) : 0,
		.pte_private = shared ? 0 : pte(GFN, present, shared),
	};
}

static __u64 frames_sum(__u64 gfn, __u32 nr)
{
	__u64 sum = 0;

	while (nr--)
		sum = CW_SUM_NEXT(sum, gfn++);
	return sum;
}

static const __u16 steps[] = {
	CW_EV_BEGIN, CW_EV_FLUSHED, CW_EV_PREPARED, CW_EV_PROBED, CW_EV_CHANGED, CW_EV_HOST_CALL,
	CW_EV_HOST_ANSWER, CW_EV_HOST_DONE, CW_EV_FINISHED, CW_EV_END,
};
#define NR_STEPS (sizeof(steps) / sizeof(steps[0]))

static void honest(struct cw_ev_step *ev, __u16 type, bool to_shared)
{
	bool present = type == CW_EV_BEGIN || type == CW_EV_END;
	bool after = type >= CW_EV_CHANGED;

	*ev = (struct cw_ev_step) {
		.hdr = { .type = type, .len = sizeof(*ev), .task = TASK },
		.vaddr = VADDR,
		.gfn = GFN,
		.gfn_min = GFN,
		.gfn_max = GFN + PAGES - 1,
		.nr_pages = PAGES,
		.flags = CW_STEP_CONTIG,
		.to_shared = to_shared,
		.first_type = CW_NO_INDEX,
		.frames_sum = frames_sum(GFN, PAGES),
		.own = walk(present, after == to_shared),
		.alias = walk(present, after == to_shared),
	};
	switch (type) {
	case CW_EV_BEGIN:
		ev->flags |= CW_STEP_WINDOW;
		ev->before[to_shared ? CW_PG_PRIVATE : CW_PG_SHARED] = PAGES;
		ev->types_read = PAGES;
		break;
	case CW_EV_FLUSHED:
		ev->cpus_flushed = 4;
		ev->cpus_online = 4;
		break;
	case CW_EV_PROBED:
		ev->cpus_probed = 4;
		break;
	case CW_EV_HOST_CALL:
		ev->flags |= CW_STEP_TOLD;
		ev->told = PAGES;
		ev->told_count = PAGES;
		ev->told_sum = ev->frames_sum;
		ev->host_code = 0xdb;
		ev->visibility = to_shared ? 3 : 0;
		break;
	case CW_EV_HOST_ANSWER:
		ev->told_count = PAGES;
		ev->host_reps = PAGES;
		break;
	case CW_EV_PREPARED:
	case CW_EV_CHANGED:
	case CW_EV_FINISHED:
	case CW_EV_END:
		ev->flags |= CW_STEP_RET;
		break;
	}
}

/* ---- rows of transitions ---- */

struct edit {
	__u16 step;
	__u16 off;
	__u16 size;	/* 0: the step is left out */
	__s64 value;
};

#define SET(type, field, v) \
	{ CW_EV_##type, offsetof(struct cw_ev_step, field), \
	  sizeof(((struct cw_ev_step *)0)->field), (__s64)(v) }
#define DROP(type) { CW_EV_##type, 0, 0, 0 }

struct row {
	const char *name;
	bool to_private;
	__u32 batches;	/* of the hypercall; 0 is 1.  HOST_ANSWER edits are of the last */
	struct edit edits[MAX_EDITS];
	__u64 checked;		/* over the whole transition */
	__u64 violated;
	__u64 warned;
	__u64 no_evidence;
	int finding;		/* one that must be among the details */
};

#define WINDOW (BIT(T1) | BIT(T2) | BIT(T3) | BIT(T5) | BIT(T6))
#define NO_MASK (CW_STEP_CONTIG)

static const struct row rows[] = {
	{ "honest, to shared", .checked = WINDOW | BIT(S5) },
	{ "honest, to private", .to_private = true, .checked = WINDOW },
	{ "honest, no window platform", .edits = { SET(BEGIN, flags, CW_STEP_CONTIG), DROP(FLUSHED) },
	  .checked = BIT(T3) | BIT(T5) | BIT(T6) | BIT(S5) },

	{ "T1: own PTE present after prepare",
	  .edits = { SET(PREPARED, own.present, 1), SET(PREPARED, own.first_present, 5),
		     SET(PREPARED, own.pte_present, 0x1005163) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T1), .finding = CW_FIND_WINDOW_OWN_PRESENT },
	{ "T1: alias present after prepare",
	  .edits = { SET(PREPARED, alias.present, 8), SET(PREPARED, alias.first_present, 0) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T1), .finding = CW_FIND_WINDOW_ALIAS_PRESENT },
	{ "T1: present again before the host has answered",
	  .edits = { SET(HOST_DONE, own.present, 1), SET(HOST_DONE, own.first_present, 7) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T1), .finding = CW_FIND_WINDOW_OWN_PRESENT },
	{ "T1: a walk that failed is no evidence",
	  .edits = { SET(PREPARED, own.failed, 1), SET(HOST_DONE, alias.walked, 0) },
	  .checked = (WINDOW & ~BIT(T1)) | BIT(S5), .no_evidence = BIT(T1) },
	{ "T1: the direct map has no alias to walk",
	  .edits = { SET(PREPARED, flags, CW_STEP_DIRECT | CW_STEP_RET), SET(PREPARED, alias.walked, 0) },
	  .checked = WINDOW | BIT(S5) },
	{ "T1: an own PTE that could not be read", .edits = { SET(PREPARED, own.failed, 1) },
	  .checked = WINDOW | BIT(S5), .no_evidence = BIT(T1) },
	{ "T1: aliases that were not walked", .edits = { SET(HOST_DONE, alias.walked, 7) },
	  .checked = WINDOW | BIT(S5), .no_evidence = BIT(T1) },
	{ "T1: pages beyond the budget", .edits = { SET(PREPARED, nr_unwalked, 1) },
	  .checked = WINDOW | BIT(S5), .no_evidence = BIT(T1) },
	{ "T1: the host's answer not seen is no evidence", .edits = { DROP(HOST_DONE) },
	  .checked = WINDOW | BIT(S5), .no_evidence = BIT(T1) },
	{ "T1: a prepare that failed opens no window",
	  .edits = { SET(PREPARED, ret, -ENOMEM), SET(PREPARED, own.present, 8), DROP(HOST_CALL),
		     DROP(HOST_ANSWER), DROP(HOST_DONE), DROP(FINISHED), SET(END, ret, -ENOMEM) },
	  .checked = BIT(T4) | BIT(T5) | BIT(S5) },
	{ "T1: prepare not seen is no evidence", .edits = { DROP(PREPARED) },
	  .checked = (WINDOW & ~BIT(T1)) | BIT(S5), .no_evidence = BIT(T1) },

	{ "T2: no flush", .edits = { DROP(FLUSHED) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T2), .finding = CW_FIND_FLUSH_MISSING },
	{ "T2: a flush before present was cleared on the last page", .edits = { SET(FLUSHED, own.present, 1) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T2), .finding = CW_FIND_FLUSH_EARLY },
	{ "T2: a flush before the alias was cleared", .edits = { SET(FLUSHED, alias.present, 8) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T2), .finding = CW_FIND_FLUSH_EARLY },
	{ "T2: what prepare left present is T1's matter",
	  .edits = { SET(FLUSHED, own.present, 1), SET(PREPARED, own.present, 1) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T1), .finding = CW_FIND_WINDOW_OWN_PRESENT },
	{ "T2: a flush whose walk failed is no evidence", .edits = { SET(FLUSHED, own.failed, 1) },
	  .checked = (WINDOW & ~BIT(T2)) | BIT(S5), .no_evidence = BIT(T2) },
	{ "T2: CPUs that were not tried are no evidence", .edits = { SET(PROBED, cpus_probed, 3) },
	  .checked = (WINDOW & ~BIT(T2)) | BIT(S5), .no_evidence = BIT(T2) },
	{ "T2: a source that counts CPUs and tries none is no evidence", .edits = { DROP(PROBED) },
	  .checked = (WINDOW & ~BIT(T2)) | BIT(S5), .no_evidence = BIT(T2) },
	{ "T2: three of four CPUs flushed", .edits = { SET(FLUSHED, cpus_flushed, 3) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T2), .finding = CW_FIND_FLUSH_PARTIAL },
	{ "T2: flush claimed, one CPU reads through",  .edits = { SET(PROBED, cpus_stale, 1) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T2), .finding = CW_FIND_FLUSH_STALE },
	{ "T2: a source that does not count CPUs",
	  .edits = { SET(FLUSHED, cpus_flushed, 0), SET(FLUSHED, cpus_online, 0), DROP(PROBED) },
	  .checked = WINDOW | BIT(S5) },
	{ "T1, T2: a host step that was never seen is no evidence",
	  .edits = { DROP(HOST_CALL), DROP(HOST_ANSWER), DROP(HOST_DONE) },
	  .checked = BIT(T1) | BIT(T3) | BIT(T5) | BIT(S5),
	  .no_evidence = BIT(T1) | BIT(T2) | BIT(T6) },

	{ "T3: own PTE absent after success",
	  .edits = { SET(END, own.present, 7), SET(END, own.first_absent, 2) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T3), .finding = CW_FIND_END_OWN_ABSENT },
	{ "T3: own PTE private after sharing",
	  .edits = { SET(END, own.shared, 7), SET(END, own.first_private, 4) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T3), .finding = CW_FIND_END_OWN_BIT },
	{ "T3: own PTE shared after making private", .to_private = true,
	  .edits = { SET(END, own.shared, 1), SET(END, own.first_shared, 4) },
	  .checked = WINDOW, .violated = BIT(T3), .finding = CW_FIND_END_OWN_BIT },
	{ "T3: alias absent", .edits = { SET(END, alias.present, 0), SET(END, alias.first_absent, 0) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T3), .finding = CW_FIND_END_ALIAS_ABSENT },
	{ "T3: alias private after sharing",
	  .edits = { SET(END, alias.shared, 0), SET(END, alias.first_private, 0) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T3), .finding = CW_FIND_END_ALIAS_BIT },
	{ "T3: alias names another frame",
	  .edits = { SET(END, alias.differ, 1), SET(END, alias.differ_want, GFN),
		     SET(END, alias.differ_seen, GFN + 1) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T3), .finding = CW_FIND_END_ALIAS_FRAME },
	{ "T3: other frames than those told", .edits = { SET(END, frames_sum, 1) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T3), .finding = CW_FIND_END_OTHER_FRAMES },
	{ "T3: the end's own word for the direction does not count",
	  .edits = { SET(END, to_shared, 0) }, .checked = WINDOW | BIT(S5) },
	{ "T3: nothing walked is no evidence", .edits = { SET(END, own.walked, 0), SET(END, own.present, 0),
							    SET(END, own.shared, 0) },
	  .checked = (WINDOW & ~BIT(T3)) | BIT(S5), .no_evidence = BIT(T3) },

	{ "T4: host refuses, error returned",
	  .edits = { SET(HOST_ANSWER, host_status, 5), SET(HOST_ANSWER, host_reps, 0),
		     SET(FINISHED, ret, -EIO), SET(END, ret, -EIO) },
	  .checked = (WINDOW & ~(BIT(T3) | BIT(T6))) | BIT(T4) | BIT(S5) },
	{ "T4: host refuses, success returned",
	  .edits = { SET(HOST_ANSWER, host_status, 5), SET(HOST_ANSWER, host_reps, PAGES) },
	  .checked = (WINDOW & ~BIT(T6)) | BIT(T4) | BIT(S5), .violated = BIT(T4),
	  .finding = CW_FIND_FAILURE_HIDDEN },
	{ "T4: host does nothing at all, success returned",
	  .edits = { SET(HOST_ANSWER, host_status, 6), SET(HOST_ANSWER, host_reps, 0) },
	  .checked = (WINDOW & ~BIT(T6)) | BIT(T4) | BIT(S5), .violated = BIT(T4),
	  .finding = CW_FIND_FAILURE_HIDDEN },
	{ "T4: part of the repetitions, success returned",
	  .edits = { SET(HOST_ANSWER, host_reps, 3) },
	  .checked = (WINDOW & ~BIT(T6)) | BIT(T4) | BIT(S5), .violated = BIT(T4),
	  .finding = CW_FIND_PARTIAL_HIDDEN },
	{ "T4: prepare fails, success returned", .edits = { SET(PREPARED, ret, -ENOMEM) },
	  .checked = (WINDOW & ~BIT(T6)) | BIT(T4) | BIT(S5), .violated = BIT(T4),
	  .finding = CW_FIND_FAILURE_HIDDEN },
	{ "T4: the change fails, success returned", .edits = { SET(CHANGED, ret, -ENOMEM) },
	  .checked = (WINDOW & ~BIT(T6)) | BIT(T4) | BIT(S5), .violated = BIT(T4),
	  .finding = CW_FIND_FAILURE_HIDDEN },
	{ "T4: finish fails, success returned", .edits = { SET(FINISHED, ret, -EFAULT) },
	  .checked = (WINDOW & ~BIT(T6)) | BIT(T4) | BIT(S5), .violated = BIT(T4),
	  .finding = CW_FIND_FAILURE_HIDDEN },

	{ "T5: a frame in transit, another has it open",
	  .edits = { SET(BEGIN, before[CW_PG_TRANSIT], 1), SET(BEGIN, overlaps, 1),
		     SET(BEGIN, overlap_task, OTHER) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T5), .finding = CW_FIND_OVERLAP },
	{ "T5: an unknown frame that another has open",
	  .edits = { SET(BEGIN, before[CW_PG_UNKNOWN], 1), SET(BEGIN, overlaps, 1) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T5), .finding = CW_FIND_OVERLAP },
	{ "T5: a PTE that could not be read is no evidence", .edits = { SET(BEGIN, own.failed, 1) },
	  .checked = (WINDOW & ~BIT(T5)) | BIT(S5), .no_evidence = BIT(T5) },
	{ "T5: a frame in transit that nobody has open",
	  .edits = { SET(BEGIN, before[CW_PG_TRANSIT], 1) }, .checked = WINDOW | BIT(S5) },
	{ "T5: unconfirmed is no evidence",
	  .edits = { SET(BEGIN, before[CW_PG_TRANSIT], 1),
		     SET(BEGIN, flags, CW_STEP_WINDOW | CW_STEP_UNCONFIRMED) },
	  .checked = (WINDOW & ~BIT(T5)) | BIT(S5), .no_evidence = BIT(T5) },
	{ "T5: nothing walked is no evidence", .edits = { SET(BEGIN, own.walked, 0) },
	  .checked = (WINDOW & ~BIT(T5)) | BIT(S5), .no_evidence = BIT(T5) },

	{ "T6: another frame told",
	  .edits = { SET(HOST_CALL, told_differ, 1), SET(HOST_CALL, told_want, GFN),
		     SET(HOST_CALL, told_seen, 0x9999), SET(HOST_CALL, told_sum, 1) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T6), .finding = CW_FIND_TOLD_OTHER_FRAME },
	{ "T6: the list was not read to its end", .edits = { SET(HOST_CALL, told, 7) },
	  .checked = (WINDOW & ~BIT(T6)) | BIT(S5), .no_evidence = BIT(T6) },
	{ "T6: two batches", .batches = 2, .checked = WINDOW | BIT(S5) },
	{ "T4: the second of two batches in part", .batches = 2,
	  .edits = { SET(HOST_ANSWER, host_reps, 3) },
	  .checked = (WINDOW & ~BIT(T6)) | BIT(T4) | BIT(S5), .violated = BIT(T4),
	  .finding = CW_FIND_PARTIAL_HIDDEN },
	{ "T6: too few frames told",
	  .edits = { SET(HOST_CALL, told_count, 7), SET(HOST_CALL, told, 7),
		     SET(HOST_ANSWER, told_count, 7), SET(HOST_ANSWER, host_reps, 7) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T6), .finding = CW_FIND_TOLD_TOO_FEW },
	{ "T6: too many frames told",
	  .edits = { SET(HOST_CALL, told_count, 9), SET(HOST_CALL, told, 9),
		     SET(HOST_ANSWER, told_count, 9), SET(HOST_ANSWER, host_reps, 9) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T6), .finding = CW_FIND_TOLD_TOO_MANY },
	{ "T6: shared was asked for, private was told", .edits = { SET(HOST_CALL, visibility, 0) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T6), .finding = CW_FIND_TOLD_OTHER_WAY },
	{ "T6: private was asked for, shared was told", .to_private = true,
	  .edits = { SET(HOST_CALL, visibility, 3) },
	  .checked = WINDOW, .violated = BIT(T6), .finding = CW_FIND_TOLD_OTHER_WAY },
	{ "T6: a list that could not be read is no evidence",
	  .edits = { SET(HOST_CALL, flags, CW_STEP_CONTIG), SET(HOST_CALL, told, 0) },
	  .checked = (WINDOW & ~BIT(T6)) | BIT(S5), .no_evidence = BIT(T6) },

	{ "S5: a slab page in part",
	  .edits = { SET(BEGIN, nr_slab_part, 1), SET(BEGIN, first_type, 0) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(S5), .finding = CW_FIND_SLAB_PART },
	{ "S5: a whole slab page is a warning",
	  .edits = { SET(BEGIN, nr_slab_whole, 8), SET(BEGIN, first_type, 0) },
	  .checked = WINDOW | BIT(S5), .warned = BIT(S5), .finding = CW_FIND_SLAB_WHOLE },
	{ "S5: a page table", .edits = { SET(BEGIN, nr_table, 1), SET(BEGIN, first_type, 6) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(S5), .finding = CW_FIND_PAGE_TABLE },
	{ "S5: a slab page made private is in order", .to_private = true,
	  .edits = { SET(BEGIN, nr_slab_part, 1) }, .checked = WINDOW },
	{ "S5: types not read are no evidence", .edits = { SET(BEGIN, types_read, 7) },
	  .checked = WINDOW, .no_evidence = BIT(S5) },
};

static const struct edit *edit_of(const struct row *row, __u16 step, int nr)
{
	int i;

	for (i = 0; i < MAX_EDITS; i++)
		if (row->edits[i].step == step && nr-- == 0)
			return &row->edits[i];
	return NULL;
}

/* The step as the row wants it; false when the row leaves it out. */
static bool row_step(const struct row *row, __u16 step, struct cw_ev_step *ev)
{
	const struct edit *e;
	int i;

	honest(ev, step, !row->to_private);
	for (i = 0; (e = edit_of(row, step, i)); i++) {
		if (!e->size)
			return false;
		memcpy((char *)ev + e->off, &e->value, e->size);
	}
	return true;
}

static bool has_finding(const struct cw_out *out, int finding)
{
	__u32 i;

	for (i = 0; i < out->nr_details && i < CW_DETAIL_MAX; i++)
		if (out->detail[i].finding == finding)
			return true;
	return false;
}

struct row_run {
	struct cw_out sum;
	bool agree, found, both;	/* both: one event said "checked" and "no evidence" */
};

static void run_step(const struct row *row, struct vector_io *io, struct row_run *run)
{
	run->agree &= both_event(io) && !io->ret;
	run->sum.checked |= io->out.checked;
	run->sum.violated |= io->out.violated;
	run->sum.warned |= io->out.warned;
	run->sum.no_evidence |= io->out.no_evidence;
	run->found |= has_finding(&io->out, row->finding);
	run->both |= (io->out.checked & io->out.no_evidence) != 0;
}

/* The hypercall in two halves; what the row edits is the second one. */
static void run_halves(const struct row *row, struct row_run *run)
{
	static const __u16 calls[] = { CW_EV_HOST_CALL, CW_EV_HOST_ANSWER };
	__u32 half, i;

	for (half = 0; half < 2; half++) {
		for (i = 0; i < 2; i++) {
			struct vector_io io = { .fmt = fmt };
			struct cw_ev_step *ev = &io.ev.step;

			honest(ev, calls[i], !row->to_private);
			ev->told = ev->told_count = ev->host_reps = PAGES / 2;
			ev->told_sum = frames_sum(GFN, PAGES / 2 * (half + 1));
			if (half && edit_of(row, calls[i], 0))
				memcpy((char *)ev + edit_of(row, calls[i], 0)->off,
				       &edit_of(row, calls[i], 0)->value, edit_of(row, calls[i], 0)->size);
			run_step(row, &io, run);
		}
	}
}

static void run_row(const struct row *row)
{
	struct row_run run = { .agree = true, .found = !row->finding };
	size_t i;

	for (i = 0; i < NR_STEPS; i++) {
		struct vector_io io = { .fmt = fmt };

		if (row->batches == 2 && steps[i] == CW_EV_HOST_CALL)
			run_halves(row, &run);
		else if (row->batches == 2 && steps[i] == CW_EV_HOST_ANSWER)
			continue;
		else if (row_step(row, steps[i], &io.ev.step))
			run_step(row, &io, &run);
	}
	/* a rule may be without evidence at one step and checked at another, never both at one */
	if (!report(run.agree && run.found && !run.both &&
		    (run.sum.checked | run.sum.no_evidence) == (row->checked | row->no_evidence) &&
		    run.sum.no_evidence == row->no_evidence && run.sum.violated == row->violated &&
		    run.sum.warned == row->warned, "%s", row->name))
		printf("# agree %d found %d both %d checked %#llx violated %#llx warned %#llx no_evidence %#llx\n",
		       run.agree, run.found, run.both, run.sum.checked, run.sum.violated, run.sum.warned,
		       run.sum.no_evidence);
}

/* ---- rows of frees and zeropads ---- */

struct free_row {
	const char *name;
	__u8 state, have_pte;
	__u64 pte;
	__u64 checked, violated, no_evidence;
	__u32 need;
	int finding;
	__u8 in_flight;
};

#define PTE_PRIVATE (0x1000ULL << 12 | 0x163)
#define PTE_SHARED  (PTE_PRIVATE | SHARED)
#define PTE_WINDOW  ((~(0x1000ULL << 12) & CW_PTE_FRAME) | 0x062)

static const struct free_row free_rows[] = {
	{ "S3: a private page goes back", CW_PG_PRIVATE, 0, 0, BIT(S3), 0, 0, 0, 0, 0 },
	{ "S3: a shared one asks for a walk first", CW_PG_SHARED, 0, 0, 0, 0, 0, CW_NEED_PTE, 0, 0 },
	{ "S3: shared, and the PTE says so", CW_PG_SHARED, 1, PTE_SHARED, BIT(S3), BIT(S3), 0,
	  CW_DO_ACCUSED, CW_FIND_FREED_SHARED, 0 },
	{ "S3: shared, and the PTE says private: repaired", CW_PG_SHARED, 1, PTE_PRIVATE, BIT(S3), 0, 0,
	  CW_DO_REPAIR, 0, 0 },
	{ "S3: in transit and not present", CW_PG_TRANSIT, 1, PTE_WINDOW, BIT(S3), BIT(S3), 0,
	  CW_DO_ACCUSED, CW_FIND_FREED_TRANSIT, 0 },
	{ "S3: in transit, private, and another has it open", CW_PG_TRANSIT, 1, PTE_PRIVATE, BIT(S3), BIT(S3),
	  0, CW_DO_ACCUSED, CW_FIND_FREED_TRANSIT, 1 },
	{ "S3: in transit, and the PTE says private: repaired", CW_PG_TRANSIT, 1, PTE_PRIVATE, BIT(S3), 0,
	  0, CW_DO_REPAIR, 0, 0 },
	{ "S3: unknown is never repaired by a walk", CW_PG_UNKNOWN, 1, PTE_PRIVATE, BIT(S3), BIT(S3), 0,
	  CW_DO_ACCUSED, CW_FIND_FREED_UNKNOWN, 0 },
	{ "S3: a PTE that could not be read is no evidence", CW_PG_SHARED, 2, 0, 0, 0, BIT(S3), 0, 0, 0 },
};

static void run_free(const struct free_row *row)
{
	struct vector_io io = { .fmt = fmt };
	bool agree;

	io.ev.free = (struct cw_ev_free) {
		.hdr = { .type = CW_EV_PAGE_FREE, .len = sizeof(struct cw_ev_free), .task = TASK },
		.gfn = GFN, .bad_gfn = GFN, .nr_pages = 1, .nr_bad = row->state != CW_PG_PRIVATE,
		.state = row->state, .have_pte = row->have_pte, .pte = row->pte,
		.in_flight = row->in_flight,
	};
	agree = both_event(&io);
	report(agree && io.out.checked == row->checked && io.out.violated == row->violated &&
	       io.out.no_evidence == row->no_evidence && io.out.need == row->need &&
	       (!row->finding || has_finding(&io.out, row->finding)), "%s", row->name);
}

struct zeropad_row {
	const char *name;
	__u8 state, have_pte, fixed;
	__u32 trapnr;
	__u64 checked, violated, no_evidence;
	int finding;
};

static const struct zeropad_row zeropad_rows[] = {
	{ "T8: fixed up through #PF", CW_PG_TRANSIT, 1, 1, 14, BIT(T8), 0, 0, 0 },
	{ "T8: through #VC", CW_PG_TRANSIT, 1, 1, 29, BIT(T8), BIT(T8), 0, CW_FIND_ZEROPAD_TRAP },
	{ "T8: through #VE", CW_PG_TRANSIT, 1, 1, 20, BIT(T8), BIT(T8), 0, CW_FIND_ZEROPAD_TRAP },
	{ "T8: not fixed up", CW_PG_TRANSIT, 1, 0, 14, BIT(T8), BIT(T8), 0, CW_FIND_ZEROPAD_OOPS },
	{ "T8: outside any window it says nothing", CW_PG_PRIVATE, 1, 1, 29, 0, 0, 0, 0 },
	{ "T8: without a PTE there is no evidence", CW_PG_TRANSIT, 0, 1, 14, 0, 0, BIT(T8), 0 },
};

static void run_zeropad(const struct zeropad_row *row)
{
	struct vector_io io = { .fmt = fmt };
	bool agree;

	io.ev.zeropad = (struct cw_ev_zeropad) {
		.hdr = { .type = CW_EV_ZEROPAD, .len = sizeof(struct cw_ev_zeropad), .task = TASK },
		.gfn = GFN, .pte = PTE_WINDOW, .trapnr = row->trapnr, .state = row->state,
		.have_pte = row->have_pte, .fixed = row->fixed,
	};
	agree = both_event(&io);
	report(agree && io.out.checked == row->checked && io.out.violated == row->violated &&
	       io.out.no_evidence == row->no_evidence &&
	       (!row->finding || has_finding(&io.out, row->finding)), "%s", row->name);
}

/* ---- frames: the state table through the store, words and all ---- */

struct frame_row {
	const char *name;
	__u32 events[4], nr, want;
};

static const struct frame_row frame_rows[] = {
	{ "shared in order", { CW_FR_BEGIN, CW_FR_DONE_SHARED }, 2, CW_PG_SHARED },
	{ "and private again", { CW_FR_BEGIN, CW_FR_DONE_SHARED, CW_FR_BEGIN, CW_FR_DONE_PRIVATE }, 4,
	  CW_PG_PRIVATE },
	{ "failed share", { CW_FR_BEGIN, CW_FR_FAIL }, 2, CW_PG_UNKNOWN },
	{ "unknown is not repaired by a walk", { CW_FR_BEGIN, CW_FR_FAIL, CW_FR_SEEN_PRIVATE }, 3,
	  CW_PG_UNKNOWN },
	{ "unknown stays so when a transition is refused", { CW_FR_FAIL, CW_FR_BEGIN, CW_FR_SEEN_PRIVATE }, 3,
	  CW_PG_UNKNOWN },
	{ "unknown ends with a full transition", { CW_FR_FAIL, CW_FR_BEGIN, CW_FR_DONE_PRIVATE }, 3,
	  CW_PG_PRIVATE },
	{ "an end without a beginning", { CW_FR_DONE_SHARED }, 1, CW_PG_UNKNOWN },
	{ "two ends", { CW_FR_BEGIN, CW_FR_DONE_PRIVATE, CW_FR_DONE_PRIVATE }, 3, CW_PG_UNKNOWN },
	{ "seen shared by the inventory", { CW_FR_SEEN_SHARED }, 1, CW_PG_SHARED },
	{ "accused while unknown", { CW_FR_FAIL, CW_FR_ACCUSED }, 2, CW_PG_SHARED },
	{ "an event that the table does not have", { CW_FR_BEGIN, CW_FR_NR }, 2, CW_PG_TRANSIT },
};

static void run_frame(const struct frame_row *row, __u64 gfn)
{
	struct vector_io io = { .gfn = gfn };
	bool agree = true;
	__u32 i;

	for (i = 0; i < row->nr; i++) {
		io.frame_event = row->events[i];
		agree &= both_frame(&io);
	}
	/* a step that changes nothing tells the state */
	io.frame_event = CW_FR_NONE;
	agree &= both_frame(&io);
	report(agree && io.ret == (int)row->want && !io.lost, "frame: %s", row->name);
}

static void run_frames(void)
{
	struct vector_io io = { .gfn = FRAMES, .frame_event = CW_FR_BEGIN };
	bool agree, neighbours = true;
	size_t i;

	for (i = 0; i < sizeof(frame_rows) / sizeof(frame_rows[0]); i++)
		run_frame(&frame_rows[i], 3 * i);
	for (i = 0; i < sizeof(frame_rows) / sizeof(frame_rows[0]); i++) {
		struct vector_io near = { .gfn = 3 * i + 1, .frame_event = CW_FR_NONE };

		neighbours &= both_frame(&near) && near.ret == CW_PG_PRIVATE;
	}
	report(neighbours, "frame: the neighbours in the word are untouched");
	agree = both_frame(&io);
	report(agree && io.ret == -1 && !io.lost, "frame: beyond the map nothing is written");
}

/* ---- open transitions ---- */

static void run_open(void)
{
	struct vector_io io;
	bool agree = true;
	int i, opened = 0;

	memset(&io, 0, sizeof(io));
	io.fmt = fmt;
	honest(&io.ev.step, CW_EV_END, true);
	agree &= both_event(&io);
	report(agree && io.ret == CW_STEP_NO_OPEN && !io.out.checked,
	       "open: an end without a beginning is judged by nothing");

	for (i = 0; i < CW_DEPTH_MAX + 1; i++) {
		honest(&io.ev.step, CW_EV_BEGIN, true);
		agree &= both_event(&io);
		opened += !io.ret;
	}
	report(agree && opened == CW_DEPTH_MAX && io.ev.step.depth == CW_DEPTH_MAX, "open: %d transitions of a task enclose each other",
	       CW_DEPTH_MAX);
	/* one that is too deep is not taken for the one around it */
	honest(&io.ev.step, CW_EV_HOST_CALL, true);
	agree &= both_event(&io) && io.ret == CW_STEP_NO_OPEN;
	honest(&io.ev.step, CW_EV_END, true);
	agree &= both_event(&io) && io.ret == CW_STEP_NO_OPEN;
	report(agree, "open: the steps and the end of one that is too deep are nobody's");
	for (i = 0; i < CW_DEPTH_MAX; i++) {
		honest(&io.ev.step, CW_EV_TASK_EXIT, true);
		agree &= both_event(&io);
		opened -= !io.ret;
	}
	honest(&io.ev.step, CW_EV_TASK_EXIT, true);
	agree &= both_event(&io);
	report(agree && !opened && io.ret == CW_STEP_NO_OPEN, "open: an exiting task leaves none of them");

	honest(&io.ev.step, CW_EV_BEGIN, true);
	io.ev.hdr.type = 999;
	agree &= both_event(&io);
	report(agree && io.ret == CW_STEP_SKIPPED, "a type that is not known is skipped");
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static void open_bpf(void)
{
	int err;

	libbpf_set_print(quiet);
	skel = vectors_bpf__open();
	if (!skel)
		return;
	bpf_map__set_max_entries(skel->maps.cw_pages, FRAMES / CW_FRAMES_PER_WORD);
	err = vectors_bpf__load(skel);
	if (!err)
		return;
	printf("# BPF programs refused: %s\n", strerror(-err));
	vectors_bpf__destroy(skel);
	skel = NULL;
}

int main(void)
{
	size_t i;

	store.nr_frames = FRAMES;
	store.words = calloc(FRAMES / CW_FRAMES_PER_WORD, sizeof(*store.words));
	if (!store.words)
		return 1;
	open_bpf();
	tests++;
	if (skel)
		printf("ok 1 - the engine loads as a program that needs no tracing rights\n");
	else
		printf("ok 1 - the engine in BPF # SKIP this machine refuses socket-type BPF programs\n");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run_row(&rows[i]);
	for (i = 0; i < sizeof(free_rows) / sizeof(free_rows[0]); i++)
		run_free(&free_rows[i]);
	for (i = 0; i < sizeof(zeropad_rows) / sizeof(zeropad_rows[0]); i++)
		run_zeropad(&zeropad_rows[i]);
	run_frames();
	run_open();
	printf("1..%d\n", tests);
	vectors_bpf__destroy(skel);
	free(store.words);
	return failed != 0;
}
