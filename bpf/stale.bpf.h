/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Z4: a sample of what pages hold just before they become shared.  Only for the entry of
 * a transition, before its frames are marked: inside a window, or through the private
 * alias of a page that is shared, nothing may be read.
 */
#ifndef CW_STALE_BPF_H
#define CW_STALE_BPF_H

#include "engine.bpf.h"
#include "pagewalk.bpf.h"

const volatile __u32 cfg_stale;	/* 1: sample; off by default, since some allocators clear later */

#define CW_STALE_WORDS	32	/* of each page */
#define CW_STALE_PAGES	256	/* of each transition */

/* In map memory of the caller's. */
struct cw_stale_scratch {
	struct cw_stale stale;
	__u64 first_gfn;	/* of the first page that holds something */
	__u64 words[CW_STALE_WORDS];
	struct cw_chunk chunk;
};

struct stale_ctx {
	struct cw_stale_scratch *s;
	struct cw_kern *kern;
	struct cw_pte_fmt fmt;
	__u64 vaddr;
};

/* Whether the frame is private beyond doubt, so that its contents may be read. */
static __always_inline bool stale_is_readable(const struct stale_ctx *ctx, __u64 pte)
{
	__u64 gfn = cw_pte_gfn(&ctx->fmt, pte), *word;
	struct cw_store st = {};

	if (!cw_pte_is_present(pte) || cw_pte_is_shared(&ctx->fmt, pte))
		return false;
	word = cw_store_word(&st, gfn);
	return word && cw_state_of(cw_read_once(*word), gfn) == CW_PG_PRIVATE;
}

static long stale_page(__u64 nr, void *data)
{
	struct stale_ctx *ctx = data;
	struct cw_stale_scratch *s = ctx->s;
	__u64 va = ctx->vaddr + (nr << CW_PAGE_SHIFT), pte;
	/* another place in each page, so that a range is sampled all over */
	__u64 at = nr * sizeof(s->words) & (CW_PAGE_SIZE - 1);
	__u32 set = 0, i;

	if (chunk_pte(ctx->kern, &ctx->fmt, &s->chunk, va, &pte) || !stale_is_readable(ctx, pte) ||
	    bpf_probe_read_kernel(s->words, sizeof(s->words), (void *)(va + at))) {
		s->stale.failed++;
		return 0;
	}
	s->stale.read++;
	for (i = 0; i < CW_STALE_WORDS; i++)
		set += cw_bytes_set(s->words[i]);
	if (set && !s->stale.set) {
		s->stale.first = nr;
		s->first_gfn = cw_pte_gfn(&ctx->fmt, pte);
	}
	s->stale.set += set;
	return 0;
}

/* Samples a range.  False when that was not asked for, or cannot be done. */
static __always_inline bool stale_look(struct cw_stale_scratch *s, __u64 vaddr, __u32 nr_pages)
{
	struct stale_ctx ctx = { .s = s, .vaddr = vaddr & ~(CW_PAGE_SIZE - 1) };

	/* where PTEs do not tell, the state is no proof that a page may be read */
	if (!cfg_stale || cfg_no_bit)
		return false;
	__builtin_memset(&s->stale, 0, sizeof(s->stale));
	s->stale.first = CW_NO_INDEX;
	s->first_gfn = CW_NO_GFN;
	s->chunk.tag = 0;
	ctx.kern = kern_get();
	if (ctx.kern) {
		fmt_fill(ctx.kern, &ctx.fmt);
		if (nr_pages > CW_STALE_PAGES)
			nr_pages = CW_STALE_PAGES;
		bpf_loop(nr_pages, stale_page, &ctx, 0);
	}
	return true;
}

static __always_inline void stale_judge(const struct cw_stale_scratch *s, struct cw_out *out)
{
	cw_rule_z4(&s->stale, s->first_gfn, out);
}

#endif
