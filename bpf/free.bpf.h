/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Pages that go back to the allocator: a test of the state words, confirmed by a
 * walk before anybody is accused.  The includer defines CW_SPACE.
 */
#ifndef CW_FREE_BPF_H
#define CW_FREE_BPF_H

#include "engine.bpf.h"
#include "kern.h"
#include "pagewalk.bpf.h"

/* Set while on_page_free runs: its second run on the same CPU is refused by the kernel. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} cw_free_busy SEC(".maps");

struct cw_free_scratch {
	struct cw_ev_free ev;
	struct cw_out out;
	struct {
		struct cw_rec_verdict verdict;
		struct cw_ev_free ev;
	} sent;
	struct cw_chunk chunk;
};

/* Entry 0 belongs to on_page_free, 1 to on_page_free_nested. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct cw_free_scratch);
} cw_free_scratches SEC(".maps");

/* Odd bits of a state word that is not all PRIVATE, one for each frame. */
static __always_inline __u64 word_not_private(__u64 word)
{
	return (word | word >> 1) & 0x5555555555555555ULL;
}

struct free_ctx {
	struct cw_free_scratch *s;
	__u64 gfn;
};

/* One state word of the block that is freed. */
static long free_word(__u64 nr, void *data)
{
	struct free_ctx *ctx = data;
	struct cw_ev_free *ev = &ctx->s->ev;
	__u64 gfn = (ctx->gfn & ~(CW_FRAMES_PER_WORD - 1ULL)) + nr * CW_FRAMES_PER_WORD;
	struct cw_store st = {};
	__u64 *word = cw_store_word(&st, gfn), bad;
	int i;

	if (!word)
		return 0;
	bad = word_not_private(cw_read_once(*word));
	if (!bad)
		return 0;
	for (i = 0; i < CW_FRAMES_PER_WORD; i++) {
		__u64 frame = gfn + i;

		if (!(bad >> (2 * i) & 1) || frame < ev->gfn || frame >= ev->gfn + ev->nr_pages)
			continue;
		if (!ev->nr_bad++) {
			ev->bad_gfn = frame;
			ev->state = cw_state_of(cw_read_once(*word), frame);
		}
	}
	return 0;
}

static __always_inline bool free_is_watched(struct cw_kern *kern, __u64 gfn, __u32 order)
{
	__u64 block = gfn >> CW_BLOCK_SHIFT;

	if (gfn + (1ULL << order) <= kern->gfn_min || gfn > kern->gfn_max)
		return false;
	return order >= CW_BLOCK_SHIFT || bpf_map_lookup_elem(&cw_blocks, &block);
}

static __always_inline void free_confirm(struct cw_kern *kern, const struct cw_pte_fmt *fmt,
					 struct cw_free_scratch *s)
{
	s->chunk.tag = 0;
	if (chunk_pte(kern, fmt, &s->chunk, kern->page_offset + (s->ev.bad_gfn << CW_PAGE_SHIFT),
		      &s->ev.pte))
		s->ev.have_pte = 2;
	else
		s->ev.have_pte = 1;
}

static __always_inline void free_apply(struct cw_free_scratch *s)
{
	__u32 event = s->out.need & CW_DO_REPAIR ? CW_FR_SEEN_PRIVATE : CW_FR_ACCUSED, lost = 0;
	struct cw_store st = {};

	if (!(s->out.need & (CW_DO_REPAIR | CW_DO_ACCUSED)))
		return;
	cw_frame_step(&st, s->ev.bad_gfn, event, &lost);
	if (s->out.need & CW_DO_REPAIR)
		stat_add(CW_STAT_REPAIRED, 1);
	if (lost)
		loss_add(CW_EV_PAGE_FREE, CW_LOSS_CONTENDED, lost);
}

static __always_inline void free_judge(void *ctx, struct cw_kern *kern, __u32 nr, __u64 gfn,
				       __u32 order)
{
	struct cw_free_scratch *s = bpf_map_lookup_elem(&cw_free_scratches, &nr);
	struct free_ctx words = { .s = s, .gfn = gfn };
	struct cw_pte_fmt fmt;

	if (!s)
		return;
	__builtin_memset(&s->ev, 0, sizeof(s->ev));
	__builtin_memset(&s->out, 0, sizeof(s->out));
	s->ev.gfn = gfn;
	s->ev.nr_pages = 1U << (order & 31);
	s->ev.space = CW_SPACE;
	bpf_loop((gfn % CW_FRAMES_PER_WORD + s->ev.nr_pages + CW_FRAMES_PER_WORD - 1) /
		 CW_FRAMES_PER_WORD, free_word, &words, 0);
	fmt_fill(kern, &fmt);
	cw_step_free(&fmt, &s->ev, &s->out);
	if (s->out.need & CW_NEED_PTE) {
		free_confirm(kern, &fmt, s);
		__builtin_memset(&s->out, 0, sizeof(s->out));
		cw_step_free(&fmt, &s->ev, &s->out);
		free_apply(s);
	}
	stat_add(CW_STAT_FREES, 1);
	rule_count(CW_RULE_S3, &s->out);
	if (!cfg_record_frees && !out_reports(&s->out))
		return;
	hdr_fill(&s->ev.hdr, CW_EV_PAGE_FREE, sizeof(s->ev));
	rec_send(CW_EV_PAGE_FREE, &s->ev, sizeof(s->ev));
	if (!out_reports(&s->out))
		return;
	__builtin_memcpy(&s->sent.ev, &s->ev, sizeof(s->ev));
	verdict_send(ctx, CW_EV_PAGE_FREE, &s->sent.verdict, &s->ev.hdr, &s->out, sizeof(s->ev));
}

static __always_inline void free_see(struct bpf_raw_tracepoint_args *ctx, __u32 nr)
{
	__u32 zero = 0, order = ctx->args[1];
	struct cw_kern *kern = bpf_map_lookup_elem(&cw_kerns, &zero);
	__u64 gfn;

	/* before the first transition there is nothing to judge */
	if (!kern || !kern->ready)
		return;
	gfn = (ctx->args[0] - kern->vmemmap) / bpf_core_type_size(struct page___cw);
	if (free_is_watched(kern, gfn, order))
		free_judge(ctx, kern, nr, gfn, order);
}

SEC("raw_tp/mm_page_free")
int on_page_free(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 zero = 0, *busy = bpf_map_lookup_elem(&cw_free_busy, &zero);

	if (!busy)
		return 0;
	cw_write_once(*busy, 1);
	free_see(ctx, 0);
	cw_write_once(*busy, 0);
	return 0;
}

/* Attached after on_page_free and run right after it.  It acts only in an interrupt
 * that broke into on_page_free, whose second run the kernel then refused.
 */
SEC("raw_tp/mm_page_free")
int on_page_free_nested(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 zero = 0, *busy = bpf_map_lookup_elem(&cw_free_busy, &zero);

	if (!busy || !cw_read_once(*busy))
		return 0;
	stat_add(CW_STAT_NESTED, 1);
	free_see(ctx, 1);
	return 0;
}

#endif
