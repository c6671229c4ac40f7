/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A walk over the PTEs of a mapping beside the direct map: a ring's second mapping, device
 * memory, pages that are to stay private.
 */
#ifndef CW_MAPPING_BPF_H
#define CW_MAPPING_BPF_H

#include "engine.bpf.h"
#include "pagewalk.bpf.h"

struct mapping_ctx {
	struct cw_kern *kern;
	struct cw_walk *walk;
	struct cw_chunk *chunk;
	struct cw_pte_fmt fmt;
	__u64 vaddr;
};

static long mapping_page(__u64 nr, void *data)
{
	struct mapping_ctx *ctx = data;
	__u64 pte;

	if (chunk_pte(ctx->kern, &ctx->fmt, ctx->chunk, ctx->vaddr + (nr << CW_PAGE_SHIFT), &pte))
		ctx->walk->failed++;
	else
		cw_walk_add(ctx->walk, &ctx->fmt, nr, pte);
	return 0;
}

/* Fills walk, which lies in map memory like chunk.  Returns how many pages lay beyond the
 * budget; a type is given for the loss.
 */
static __always_inline __u32 mapping_walk(struct cw_walk *walk, struct cw_chunk *chunk, __u32 type,
					  __u64 vaddr, __u32 nr_pages)
{
	struct mapping_ctx ctx = {
		.kern = kern_get(),
		.walk = walk,
		.chunk = chunk,
		.vaddr = vaddr & ~(CW_PAGE_SIZE - 1),
	};
	__u32 max = cfg_max_walk, beyond = 0;

	__builtin_memset(walk, 0, sizeof(*walk));
	cw_walk_init(walk);
	if (!ctx.kern)
		return nr_pages;
	fmt_fill(ctx.kern, &ctx.fmt);
	chunk->tag = 0;
	if (nr_pages > max) {
		beyond = nr_pages - max;
		nr_pages = max;
	}
	bpf_loop(nr_pages, mapping_page, &ctx, 0);
	if (beyond + walk->failed)
		loss_add(type, CW_LOSS_UNWALKED, beyond + walk->failed);
	return beyond;
}

#endif
