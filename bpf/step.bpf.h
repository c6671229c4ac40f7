/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the steps of a transition have in common, whatever source they come from:
 * filling, walking, judging, and the search for a transition that overlaps.  The
 * includer defines CW_SPACE, the space that its events speak of.
 */
#ifndef CW_STEP_BPF_H
#define CW_STEP_BPF_H

#include "engine.bpf.h"
#include "range.bpf.h"
#include "stale.bpf.h"

/* nested: for the type's second program */
static __always_inline struct cw_scratch *step_get_for(__u32 nested, __u32 type, __u64 vaddr,
						       __u32 nr_pages, __u32 to_shared)
{
	struct cw_scratch *s = scratch_get(type, nested);

	if (!s)
		return NULL;
	hdr_fill(&s->ev.hdr, type, sizeof(s->ev));
	s->ev.vaddr = vaddr;
	s->ev.nr_pages = nr_pages;
	s->ev.to_shared = !!to_shared;
	s->ev.space = CW_SPACE;
	return s;
}

static __always_inline struct cw_scratch *step_get(__u32 type, __u64 vaddr, __u32 nr_pages,
						   __u32 to_shared)
{
	return step_get_for(0, type, vaddr, nr_pages, to_shared);
}

static __always_inline void step_ret(struct cw_scratch *s, __s32 ret)
{
	s->ev.flags |= CW_STEP_RET;
	s->ev.ret = ret;
}

static __always_inline void step_walk(struct cw_scratch *s, __u32 type, __u32 mode,
				      __u32 end, __u32 nr_pages)
{
	s->pass = (struct cw_pass){
		.vaddr = s->ev.vaddr,
		.mode = mode,
		.end = end,
		.types = type == CW_EV_BEGIN,
	};
	range_walk(s, type, nr_pages);
}

/* Reads the visibility in the input of a visibility hypercall, and compares nr entries of
 * its list with the range, from page first on.
 */
static __always_inline void step_told(struct cw_scratch *s, __u64 input, __u32 first, __u32 nr)
{
	__u32 visibility;

	/* struct hv_gpa_range_for_visibility, TLFS: partition u64, then visibility in two bits */
	if (cw_kread(&visibility, sizeof(visibility), input + 8))
		return;
	s->ev.visibility = visibility & 3;
	s->pass = (struct cw_pass){
		.vaddr = s->ev.vaddr,
		.told_list = input + CW_GPA_LIST_OFF,
		.first = first,
	};
	range_walk(s, CW_EV_HOST_CALL, nr);
	if (s->ev.told == nr)
		s->ev.flags |= CW_STEP_TOLD;
}

/* Judges a step inside of an open transition, and sends it where it is wanted. */
static __always_inline void step_inside(void *ctx, __u32 type, struct cw_scratch *s,
					struct cw_open *open)
{
	s->ev.depth = open->depth;
	s->ev.to_shared = open->to_shared;
	cw_step_inside(type, open, &s->ev, &s->out);
	step_send(ctx, type, s, cfg_record_steps);
}

/* The same for the task's innermost transition. */
static __always_inline void step_inner(void *ctx, __u32 type, struct cw_scratch *s)
{
	struct cw_store st = {};
	struct cw_open *open;
	__u32 depth;

	open = cw_open_find(&st, s->ev.hdr.task, &depth);
	if (open)
		step_inside(ctx, type, s, open);
	else
		stat_add(CW_STAT_UNPAIRED, 1);
}

/* ---- overlap: another open transition on the frames of this one ---- */

struct bpf_map;

/* Results go into the event, not onto the stack: a value there that changes with
 * each entry keeps the verifier from ever seeing two equal rounds.
 */
struct overlap_ctx {
	struct cw_ev_step *ev;
};

static long overlap_try(struct bpf_map *map, struct cw_open_key *key, struct cw_open *open,
			struct overlap_ctx *ctx)
{
	struct cw_ev_step *ev = ctx->ev;
	__u64 bytes = (__u64)ev->nr_pages << CW_PAGE_SHIFT;
	__u64 open_bytes = (__u64)open->nr_pages << CW_PAGE_SHIFT;

	(void)map;
	if (key->task == ev->hdr.task)
		return 0;
	if (cw_open_is_over(open)) {
		/* it may have ended long ago */
		ev->flags |= CW_STEP_UNCONFIRMED;
		return 0;
	}
	if (!cw_read_once(open->gfn_max)) {
		/* its first walk is still under way: only the addresses can be compared */
		if (open->vaddr >= ev->vaddr + bytes || ev->vaddr >= open->vaddr + open_bytes) {
			ev->flags |= CW_STEP_UNCONFIRMED;
			return 0;
		}
	} else if (ev->overlap_gfn < open->gfn_min || ev->overlap_gfn > open->gfn_max) {
		return 0;
	} else if (!open->contig) {
		/* the frame lies between its frames, which need not be all of them */
		ev->flags |= CW_STEP_UNCONFIRMED;
		return 0;
	}
	ev->overlaps++;
	ev->overlap_task = key->task;
	return 0;
}

static __always_inline void overlap_find(struct cw_ev_step *ev)
{
	struct overlap_ctx ctx = { .ev = ev };

	bpf_for_each_map_elem(&cw_open_txns, overlap_try, &ctx, 0);
	if (ev->overlaps)
		ev->flags &= ~CW_STEP_UNCONFIRMED;
}

/* The transition is opened before its frames are marked, so that whoever finds one
 * of them in transit also finds who has it; its frames are entered after the walk.
 */
static __always_inline void begin_range(struct cw_ev_step *ev)
{
	struct cw_open_key key = { .task = ev->hdr.task, .depth = ev->depth };
	struct cw_open *open = bpf_map_lookup_elem(&cw_open_txns, &key);

	if (!open)
		return;
	open->gfn_min = ev->gfn_min;
	open->contig = !!(ev->flags & CW_STEP_CONTIG);
	cw_write_once(open->gfn_max, ev->gfn_max);
}

/* ---- begin and end ---- */

/* Opens the transition that the event describes, judges its beginning and sends it.  stale: a
 * sample of the pages, taken before, or NULL.
 */
static __always_inline void step_begin(void *ctx, struct cw_scratch *s,
				       struct cw_stale_scratch *stale)
{
	struct cw_store st = {};

	if (cw_open_add(&st, &s->ev)) {
		loss_add(CW_EV_BEGIN, CW_LOSS_TABLE, 1);
		return;
	}
	step_walk(s, CW_EV_BEGIN, RANGE_BEGIN, 0, s->ev.nr_pages);
	begin_range(&s->ev);
	bpf_get_current_comm(s->ev.comm, sizeof(s->ev.comm));
	cw_step_begin(&s->ev, &s->out, 0);
	if (s->out.need & CW_NEED_OVERLAP) {
		overlap_find(&s->ev);
		__builtin_memset(&s->out, 0, sizeof(s->out));
		cw_step_begin(&s->ev, &s->out, 1);
	}
	if (stale)
		stale_judge(stale, &s->out);
	step_send(ctx, CW_EV_BEGIN, s, true);
	stack_send(ctx, CW_EV_BEGIN, &s->stack, &s->ev.hdr);
}

/* Judges the end of the task's transition of these pages, sends it and forgets the transition. */
static __always_inline void step_end(void *ctx, struct cw_scratch *s)
{
	struct cw_store st = {};
	struct cw_open *open;
	__u32 depth, lost;

	open = cw_open_end(&st, s->ev.hdr.task, s->ev.vaddr, s->ev.nr_pages, &depth, &lost);
	if (lost)
		loss_add(CW_EV_END, CW_LOSS_TABLE, lost);
	s->ev.depth = depth;
	if (open)	/* judged by what was begun, not by what the end says of it */
		s->ev.to_shared = open->to_shared;
	step_walk(s, CW_EV_END, RANGE_END, cw_end_kind(open, s->ev.ret), s->ev.nr_pages);
	if (!open) {
		stat_add(CW_STAT_UNPAIRED, 1);
		return;
	}
	if (open->seen & ~CW_SEEN(CW_EV_BEGIN))
		s->ev.flags |= CW_STEP_STEPPED;
	cw_step_end(open, &s->ev, &s->out);
	cw_open_drop(&st, s->ev.hdr.task, depth);
	step_send(ctx, CW_EV_END, s, true);
}

#endif
