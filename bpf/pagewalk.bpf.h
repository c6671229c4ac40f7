/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Walks the live page tables of the kernel: 4 and 5 levels, large leaves, and
 * entries that are not present.  Page-table pages are always private, so reading
 * them is safe at any moment; a table that changes under the reader is noticed by
 * reading the entry above it twice.
 */
#ifndef CW_PAGEWALK_BPF_H
#define CW_PAGEWALK_BPF_H

#include "engine.bpf.h"
#include <cocowatch/walk.h>

/* Addresses of the kernel's own variables, from /proc/kallsyms; 0 where there is none.
 * User space looks them up once: libbpf's own way reads that file for each object.
 */
const volatile __u64 cfg_sym_init_top_pgt;
const volatile __u64 cfg_sym_page_offset_base;
const volatile __u64 cfg_sym_vmemmap_base;
const volatile __u64 cfg_sym_physical_mask;
const volatile __u64 cfg_sym_pgtable_l5_enabled;

#define CW_WALK_TRIES 2

/* What was read of this kernel, read once; NULL while it cannot be read. */
static __always_inline struct cw_kern *kern_get(void)
{
	__u32 key = 0, l5 = 0;
	struct cw_kern *kern = bpf_map_lookup_elem(&cw_kerns, &key);
	__u64 mask = ~0ULL;

	if (cfg_no_read)
		return NULL;
	if (!kern || cw_read_once(kern->ready))
		return kern;
	if (cw_kread(&kern->page_offset, 8, cfg_sym_page_offset_base) ||
	    cw_kread(&kern->vmemmap, 8, cfg_sym_vmemmap_base))
		return NULL;
	if (cfg_sym_physical_mask && cw_kread(&mask, 8, cfg_sym_physical_mask))
		return NULL;
	if (cfg_sym_pgtable_l5_enabled && cw_kread(&l5, 4, cfg_sym_pgtable_l5_enabled))
		return NULL;
	kern->frame_mask = mask & CW_PTE_FRAME;
	kern->levels = l5 ? 5 : 4;
	/* gfn_min is set by the first watched block: an empty span has min above max */
	__sync_val_compare_and_swap(&kern->gfn_min, 0, ~0ULL);
	cw_write_once(kern->ready, 1);
	return kern;
}

/* Format of the kernel's own upper-level entries: they carry no shared bit of the watched space. */
static __always_inline __u64 table_va(const struct cw_kern *kern, __u64 entry)
{
	return kern->page_offset + (entry & kern->frame_mask);
}

/* Where a descent ended: the last entry read, and where it stands. */
struct walk_end {
	__u64 slot;
	__u64 entry;
	__u32 shift;
	__u32 pad;
};

/* Descends to the entry above the last level's.  0 when it leads to a table of last-level entries;
 * 1 where a large leaf or nothing ends the walk; negative when a read failed.
 */
static __always_inline int walk_down(const struct cw_kern *kern, __u64 va, struct walk_end *end)
{
	__u64 t = cfg_sym_init_top_pgt;
	__u32 sh = kern->levels == 5 ? 48 : 39;
	int i;

	for (i = 0; i < 4; i++) {
		end->slot = t + ((va >> sh) & 511) * 8;
		end->shift = sh;
		if (cw_kread(&end->entry, 8, end->slot))
			return -1;
		/* an entry that is neither empty nor present is a leaf taken out of use */
		if (!cw_pte_is_present(end->entry) || (sh < 39 && (end->entry & CW_PTE_LARGE)))
			return 1;
		if (sh == 21)
			break;
		t = table_va(kern, end->entry);
		sh -= 9;
	}
	return 0;
}

static __always_inline __u64 chunk_tag(const struct cw_chunk *c, __u64 va)
{
	return (c->few ? va >> 15 : va >> 18) + 1;
}

/* Reads the entries around va from their table. */
static __always_inline long chunk_read(struct cw_chunk *c, __u64 table, __u64 va)
{
	__u64 nr = va >> CW_PAGE_SHIFT & 511;

	if (!c->few)
		return cw_kread(c->pte, sizeof(c->pte), table + (nr & ~(CW_CHUNK - 1ULL)) * 8);
	nr &= ~(CW_CHUNK_FEW - 1ULL);
	return cw_kread(c->pte, CW_CHUNK_FEW * 8, table + nr * 8);
}

/* Fills a chunk with the entries around va.  A global function, so that the
 * verifier looks at it once and not in every program at every call.
 */
__noinline int cw_chunk_load(struct cw_kern *kern, struct cw_chunk *c, __u64 va)
{
	struct walk_end end = {};
	__u64 again = 0;
	int i, ret;

	/* the verifier takes the arguments of a global function for possibly NULL */
	if (!kern || !c)
		return 0;
	c->tag = chunk_tag(c, va);
	for (i = 0; i < CW_WALK_TRIES; i++) {
		ret = walk_down(kern, va, &end);
		if (ret < 0)
			break;
		c->leaf = end.entry;
		c->leaf_shift = end.shift;
		if (ret == 1)
			return 0;
		if (chunk_read(c, table_va(kern, end.entry), va))
			break;
		/* the table may have been replaced by a leaf, or a leaf split, meanwhile */
		if (cw_kread(&again, 8, end.slot))
			break;
		if (!((again ^ end.entry) & ~CW_PTE_ACCESSED)) {
			c->leaf_shift = 0;
			return 0;
		}
	}
	c->leaf_shift = CW_CHUNK_FAILED;
	return 0;
}

/* The entry of va, through the chunk; nothing where leaf_shift says that it failed. */
__noinline __u64 cw_chunk_entry(struct cw_kern *kern, struct cw_pte_fmt *fmt, struct cw_chunk *c,
				__u64 va)
{
	if (!kern || !fmt || !c)
		return 0;
	if (c->tag != chunk_tag(c, va))
		cw_chunk_load(kern, c, va);
	if (c->leaf_shift)
		return cw_leaf_pte(fmt, c->leaf, c->leaf_shift, va);
	return c->pte[va >> CW_PAGE_SHIFT & (c->few ? CW_CHUNK_FEW - 1 : CW_CHUNK - 1)];
}

/* Reads the PTE of va through a chunk.  0, or -1 when it could not be read. */
static __always_inline int chunk_pte(struct cw_kern *kern, struct cw_pte_fmt *fmt,
				     struct cw_chunk *c, __u64 va, __u64 *pte)
{
	*pte = cw_chunk_entry(kern, fmt, c, va);
	return c->leaf_shift == CW_CHUNK_FAILED ? -1 : 0;
}

static __always_inline void fmt_fill(const struct cw_kern *kern, struct cw_pte_fmt *fmt)
{
	fmt->shared_mask = cfg_shared_mask;
	fmt->frame_mask = kern->frame_mask & ~cfg_shared_mask;
	fmt->set_is_private = cfg_set_is_private;
	fmt->no_bit = cfg_no_bit;
}

/* ---- digests ---- */

/* Adds one entry to the digest: a global function, for the same reason as above. */
__noinline int cw_walk_add(struct cw_walk *w, struct cw_pte_fmt *fmt, __u32 index, __u64 pte)
{
	if (w && fmt)
		cw_walk_see(w, fmt, index, pte);
	return 0;
}

#endif
