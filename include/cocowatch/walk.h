/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a walk over page-table entries tells of them: the digest in struct cw_walk, and what
 * a large entry amounts to at one page.  Pure, like check.h.
 */
#ifndef CW_WALK_H
#define CW_WALK_H

#include <cocowatch/check.h>
#include <cocowatch/event.h>

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

static __always_inline void cw_walk_init(struct cw_walk *w)
{
	w->first_present = CW_NO_INDEX;
	w->first_absent = CW_NO_INDEX;
	w->first_shared = CW_NO_INDEX;
	w->first_private = CW_NO_INDEX;
	w->first_differ = CW_NO_INDEX;
}

/* Adds one entry to the digest. */
static __always_inline void cw_walk_see(struct cw_walk *w, const struct cw_pte_fmt *fmt,
					__u32 index, __u64 pte)
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

/* The entry that a large leaf amounts to at va, in the form of a last-level entry. */
static __always_inline __u64 cw_leaf_pte(const struct cw_pte_fmt *fmt, __u64 leaf, __u32 shift,
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

#endif
