/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Pages that go back to the allocator: each frame that took part in a transition is
 * judged by its state, confirmed by a walk.  The includer defines CW_SPACE, and CW_PAIR_FREE among
 * its pairs of programs.
 */
#ifndef CW_FREE_BPF_H
#define CW_FREE_BPF_H

#include "engine.bpf.h"
#include "kern.h"
#include "nested.bpf.h"
#include "pagewalk.bpf.h"
#include "watch.bpf.h"

struct cw_free_scratch {
	struct cw_ev_free ev;
	struct cw_out out;
	struct cw_out worst;	/* of the frames of the block so far, with its event in sent.ev */
	__u32 judged;		/* frames of the block that took part */
	__u32 followed;		/* a transition of this frame was seen; only where cfg_no_bit */
	struct {
		struct cw_rec_verdict verdict;
		struct cw_ev_free ev;
	} sent;
	struct cw_rec_stack stack;
	struct cw_chunk chunk;
};

/* Entry 0 belongs to on_page_free, 1 to on_page_free_nested. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct cw_free_scratch);
} cw_free_scratches SEC(".maps");

struct bpf_map;

struct free_ctx {
	struct cw_free_scratch *s;
	struct cw_kern *kern;
	struct cw_pte_fmt fmt;
};

struct flight_ctx {
	struct cw_ev_free *ev;
};

static long flight_try(struct bpf_map *map, struct cw_open_key *key, struct cw_open *open,
		       struct flight_ctx *ctx)
{
	(void)map;
	(void)key;
	if (open->contig && !cw_open_is_over(open) && ctx->ev->bad_gfn >= open->gfn_min &&
	    ctx->ev->bad_gfn <= open->gfn_max)
		ctx->ev->in_flight = 1;
	return 0;
}

static __always_inline void free_confirm(struct cw_kern *kern, struct cw_pte_fmt *fmt,
					 struct cw_free_scratch *s)
{
	struct flight_ctx flight = { .ev = &s->ev };

	s->chunk.tag = 0;
	if (cfg_no_bit)
		s->ev.have_pte = s->followed ? CW_PTE_MUTE : CW_PTE_MAPPING;
	else if (chunk_pte(kern, fmt, &s->chunk,
			   kern->page_offset + (s->ev.bad_gfn << CW_PAGE_SHIFT), &s->ev.pte))
		s->ev.have_pte = CW_PTE_UNREAD;
	else
		s->ev.have_pte = CW_PTE_READ;
	if (s->ev.state == CW_PG_TRANSIT)
		bpf_for_each_map_elem(&cw_open_txns, flight_try, &flight, 0);
}

static __always_inline void free_apply(struct cw_free_scratch *s)
{
	__u32 event = s->out.need & CW_DO_REPAIR ? CW_FR_SEEN_PRIVATE : CW_FR_ACCUSED, lost = 0;
	struct cw_store st = {};

	if (!(s->out.need & (CW_DO_REPAIR | CW_DO_ACCUSED)))
		return;
	cw_frame_step(&st, s->ev.bad_gfn, event, &lost);
	if ((s->out.need & CW_DO_REPAIR) && s->ev.have_pte == CW_PTE_READ)
		stat_add(CW_STAT_REPAIRED, 1);
	if (lost)
		loss_add(CW_EV_PAGE_FREE, CW_LOSS_CONTENDED, lost);
}

/* Keeps what was said of the first frame that is worse than all before it. */
static __always_inline void free_keep(struct cw_free_scratch *s)
{
	bool worse = out_reports(&s->out) && !out_reports(&s->worst);

	worse |= s->out.no_evidence && !out_reports(&s->worst) && !s->worst.no_evidence;
	if (worse || !s->judged) {
		__builtin_memcpy(&s->worst, &s->out, sizeof(s->out));
		__builtin_memcpy(&s->sent.ev, &s->ev, sizeof(s->ev));
	}
	s->judged++;
}

/* Judges one frame of the block that is freed. */
static long free_frame(__u64 nr, void *data)
{
	struct free_ctx *ctx = data;
	struct cw_free_scratch *s = ctx->s;
	__u64 gfn = s->ev.gfn + nr;
	struct cw_store st = {};
	__u64 *word;

	if (!frame_forget(gfn, &s->followed))
		return 0;
	word = cw_store_word(&st, gfn);
	if (!word)
		return 0;
	s->ev.bad_gfn = gfn;
	s->ev.state = cw_state_of(cw_read_once(*word), gfn);
	s->ev.have_pte = CW_PTE_UNASKED;
	s->ev.in_flight = 0;
	s->ev.pte = 0;
	s->ev.nr_bad += s->ev.state != CW_PG_PRIVATE;
	__builtin_memset(&s->out, 0, sizeof(s->out));
	cw_step_free(&ctx->fmt, &s->ev, &s->out);
	if (s->out.need & CW_NEED_PTE) {
		free_confirm(ctx->kern, &ctx->fmt, s);
		__builtin_memset(&s->out, 0, sizeof(s->out));
		cw_step_free(&ctx->fmt, &s->ev, &s->out);
		free_apply(s);
	}
	free_keep(s);
	return 0;
}

static __always_inline void free_send(void *ctx, struct cw_free_scratch *s)
{
	rule_count(CW_RULE_S3, &s->worst);
	if (!cfg_record_frees && !out_reports(&s->worst))
		return;
	s->sent.ev.nr_bad = s->ev.nr_bad;
	hdr_fill(&s->sent.ev.hdr, CW_EV_PAGE_FREE, sizeof(s->ev));
	rec_send(CW_EV_PAGE_FREE, &s->sent.ev, sizeof(s->ev));
	stack_send(ctx, CW_EV_PAGE_FREE, &s->stack, &s->sent.ev.hdr);
	if (out_reports(&s->worst))
		verdict_send(ctx, CW_EV_PAGE_FREE, &s->sent.verdict, &s->sent.ev.hdr, &s->worst,
			     sizeof(s->ev));
}

static __always_inline void free_judge(void *ctx, struct cw_kern *kern, __u32 nr, __u64 gfn,
				       __u32 order)
{
	struct cw_free_scratch *s = work_get(&cw_free_scratches, &nr);
	struct free_ctx frames = { .s = s, .kern = kern };

	if (!s)
		return;
	__builtin_memset(&s->ev, 0, sizeof(s->ev));
	__builtin_memset(&s->worst, 0, sizeof(s->worst));
	s->judged = 0;
	s->ev.gfn = gfn;
	s->ev.nr_pages = 1U << (order & 31);
	s->ev.space = CW_SPACE;
	fmt_fill(kern, &frames.fmt);
	bpf_loop(s->ev.nr_pages, free_frame, &frames, 0);
	if (!s->judged)
		return;
	stat_add(CW_STAT_FREES, 1);
	free_send(ctx, s);
}

static __always_inline bool free_is_watched(const struct cw_kern *kern, __u64 gfn, __u32 order)
{
	if (gfn + (1ULL << (order & 31)) <= kern->gfn_min || gfn > kern->gfn_max)
		return false;
	return order > CW_BLOCK_SHIFT || block_is_watched(gfn);
}

static __always_inline void free_see(void *ctx, __u32 nr)
{
	const struct bpf_raw_tracepoint_args *free = ctx;
	__u32 zero = 0, order = free->args[1];
	struct cw_kern *kern = bpf_map_lookup_elem(&cw_kerns, &zero);
	__u64 gfn;

	/* before the first transition there is nothing to judge */
	if (!kern || !kern->ready)
		return;
	gfn = (free->args[0] - kern->vmemmap) / bpf_core_type_size(struct page___cw);
	if (free_is_watched(kern, gfn, order))
		free_judge(ctx, kern, nr, gfn, order);
}

/* Of the programs on a tracepoint the kernel runs the one that was attached first first. */
CW_PAIR("raw_tp/mm_page_free", on_page_free, CW_PAIR_FREE, CW_EV_PAGE_FREE, free_see)

#endif
