/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the steps of a transition have in common, whatever source they come from:
 * filling, walking, judging, and the search for a transition that overlaps.  The
 * includer defines CW_SPACE, the space that its events speak of.
 */
#ifndef CW_STEP_BPF_H
#define CW_STEP_BPF_H

#include "engine.bpf.h"
#include "range.bpf.h"

static __always_inline struct cw_scratch *step_get(__u32 type, __u64 vaddr, __u32 nr_pages,
						   __u32 to_shared)
{
	struct cw_scratch *s = scratch_get(type);

	if (!s)
		return NULL;
	hdr_fill(&s->ev.hdr, type, sizeof(s->ev));
	s->ev.vaddr = vaddr;
	s->ev.nr_pages = nr_pages;
	s->ev.to_shared = !!to_shared;
	s->ev.space = CW_SPACE;
	return s;
}

static __always_inline void step_ret(struct cw_scratch *s, __s32 ret)
{
	s->ev.flags |= CW_STEP_RET;
	s->ev.ret = ret;
}

static __always_inline void step_walk(struct cw_scratch *s, __u32 type, __u32 mode,
				      __u32 end, __u32 nr_pages)
{
	struct range_ctx ctx = {
		.s = s,
		.end = end,
		.vaddr = s->ev.vaddr,
		.type = type,
		.mode = mode,
		.types = type == CW_EV_BEGIN,
	};

	range_walk(&ctx, nr_pages);
}

/* Judges a step inside a transition, and sends it. */
static __always_inline void step_inside(void *ctx, __u32 type, struct cw_scratch *s)
{
	struct cw_store st = {};
	struct cw_open *open;
	__u32 depth;

	open = cw_open_find(&st, s->ev.hdr.task, &depth);
	if (!open) {
		stat_add(CW_STAT_UNPAIRED, 1);
		return;
	}
	s->ev.depth = depth;
	s->ev.to_shared = open->to_shared;
	cw_step_inside(type, open, &s->ev, &s->out);
	step_send(ctx, type, s);
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

#endif
