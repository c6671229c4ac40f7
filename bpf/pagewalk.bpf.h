/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Walks the live page tables of the kernel: 4 and 5 levels, large leaves, and
 * entries that are not present.  Page-table pages are always private, so reading
 * them is safe at any moment; a table that changes under the reader is noticed by
 * reading the entry above it twice.
 */
#ifndef CW_PAGEWALK_BPF_H
#define CW_PAGEWALK_BPF_H

#include "engine.bpf.h"

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

static __always_inline int entry_read(__u64 *entry, __u64 table, __u64 va, __u32 shift)
{
	return cw_kread(entry, 8, table + ((va >> shift) & 511) * 8);
}

/* Descends to the table that holds the last-level entries of va.  Returns 0 with
 * *table set; 1 with *entry and *shift set where a large leaf or nothing ends the
 * walk above it; negative when a read failed.
 */
static __always_inline int walk_down(const struct cw_kern *kern, __u64 va, __u64 *table,
				     __u64 *entry, __u32 *shift)
{
	__u64 t = cfg_sym_init_top_pgt;
	__u32 sh = kern->levels == 5 ? 48 : 39;
	int i;

	for (i = 0; i < 4; i++) {
		if (entry_read(entry, t, va, sh))
			return -1;
		*shift = sh;
		/* an entry that is neither empty nor present is a leaf taken out of use */
		if (!cw_pte_is_present(*entry) || (sh < 39 && (*entry & CW_PTE_LARGE)))
			return 1;
		t = table_va(kern, *entry);
		if (sh == 21)
			break;
		sh -= 9;
	}
	*table = t;
	return 0;
}

/* Fills a chunk with the 64 entries around va.  A global function, so that the
 * verifier looks at it once and not in every program at every call.
 */
__noinline int cw_chunk_load(struct cw_kern *kern, struct cw_chunk *c, __u64 va)
{
	__u64 off = ((va >> 12) & 511 & ~(CW_CHUNK - 1ULL)) * 8;
	__u64 table = 0, entry = 0, table2 = 0, entry2 = 0;
	__u32 shift = 0, shift2 = 0;
	int i, ret;

	/* the verifier takes the arguments of a global function for possibly NULL */
	if (!kern || !c)
		return 0;
	c->tag = (va >> 18) + 1;
	for (i = 0; i < CW_WALK_TRIES; i++) {
		ret = walk_down(kern, va, &table, &entry, &shift);
		if (ret < 0)
			break;
		c->leaf = entry;
		c->leaf_shift = shift;
		if (ret == 1)
			return 0;
		if (cw_kread(c->pte, sizeof(c->pte), table + off))
			break;
		/* the table may have been replaced by a leaf, or a leaf split, meanwhile */
		if (!walk_down(kern, va, &table2, &entry2, &shift2) && table2 == table) {
			c->leaf_shift = 0;
			return 0;
		}
	}
	c->leaf_shift = CW_CHUNK_FAILED;
	return 0;
}

/* The entry that a large leaf amounts to at va, in the form of a last-level entry. */
static __always_inline __u64 leaf_pte(const struct cw_pte_fmt *fmt, __u64 leaf, __u32 shift,
				      __u64 va)
{
	__u64 low = (1ULL << (shift & 63)) - 1, frame;

	if (cw_pte_is_none(leaf))
		return 0;
	frame = (cw_pte_gfn(fmt, leaf) << CW_PAGE_SHIFT & ~low) | (va & low & fmt->frame_mask);
	if (!cw_pte_is_present(leaf))
		frame = ~frame & fmt->frame_mask;
	return (leaf & ~fmt->frame_mask & ~CW_PTE_LARGE) | frame;
}

/* Reads the PTE of va through a chunk.  0, or -1 when it could not be read. */
static __always_inline int chunk_pte(struct cw_kern *kern, const struct cw_pte_fmt *fmt,
				     struct cw_chunk *c, __u64 va, __u64 *pte)
{
	if (c->tag != (va >> 18) + 1)
		cw_chunk_load(kern, c, va);
	if (c->leaf_shift == CW_CHUNK_FAILED)
		return -1;
	if (c->leaf_shift)
		*pte = leaf_pte(fmt, c->leaf, c->leaf_shift, va);
	else
		*pte = c->pte[(va >> 12) & (CW_CHUNK - 1)];
	return 0;
}

static __always_inline void fmt_fill(const struct cw_kern *kern, struct cw_pte_fmt *fmt)
{
	fmt->shared_mask = cfg_shared_mask;
	fmt->frame_mask = kern->frame_mask & ~cfg_shared_mask;
	fmt->set_is_private = cfg_set_is_private;
	fmt->no_bit = cfg_no_bit;
}

/* ---- digests ---- */

static __always_inline void walk_init(struct cw_walk *w)
{
	w->first_present = CW_NO_INDEX;
	w->first_absent = CW_NO_INDEX;
	w->first_shared = CW_NO_INDEX;
	w->first_private = CW_NO_INDEX;
	w->first_differ = CW_NO_INDEX;
}

static __always_inline void walk_add(struct cw_walk *w, const struct cw_pte_fmt *fmt, __u32 index,
				     __u64 pte)
{
	w->walked++;
	if (cw_pte_is_none(pte))
		w->none++;
	if (cw_pte_is_present(pte)) {
		w->present++;
		if (w->first_present == CW_NO_INDEX) {
			w->first_present = index;
			w->pte_present = pte;
		}
	} else if (w->first_absent == CW_NO_INDEX) {
		w->first_absent = index;
		w->pte_absent = pte;
	}
	if (cw_pte_is_none(pte))
		return;
	if (cw_pte_is_shared(fmt, pte)) {
		w->shared++;
		if (w->first_shared == CW_NO_INDEX) {
			w->first_shared = index;
			w->pte_shared = pte;
		}
	} else if (w->first_private == CW_NO_INDEX) {
		w->first_private = index;
		w->pte_private = pte;
	}
}

#endif
