/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Pure checks on page-table entries: values in, values out, nothing read or
 * written elsewhere.  Bit positions are those of the x86-64 page tables (Intel
 * SDM volume 3, "Paging"; arch/x86/include/asm/pgtable_types.h).
 */
#ifndef CW_CHECK_H
#define CW_CHECK_H

#include <linux/types.h>

#define CW_PTE_PRESENT	(1ULL << 0)
#define CW_PTE_ACCESSED	(1ULL << 5)	/* set by the CPU itself */
#define CW_PTE_LARGE	(1ULL << 7)	/* at the 1 GiB and 2 MiB levels */
#define CW_PTE_GLOBAL	(1ULL << 8)	/* in a not-present entry: PROT_NONE */
#define CW_PTE_FRAME	0x000ffffffffff000ULL	/* bits 12 to 51 */
#define CW_PAGE_SHIFT	12
#define CW_PAGE_SIZE	(1ULL << CW_PAGE_SHIFT)

/* How entries of one kernel, or of the module's emulated platform, are read. */
struct cw_pte_fmt {
	__u64 shared_mask;	/* the bit that tells shared from private */
	__u64 frame_mask;	/* frame bits; never contains shared_mask */
	__u32 set_is_private;	/* 1: AMD C-bit polarity, 0: vTOM and Intel */
	__u32 no_bit;		/* 1: none tells, shared is a second mapping (before 6.4) */
};

static inline int cw_pte_is_present(__u64 pte)
{
	return (pte & CW_PTE_PRESENT) != 0;
}

/* An entry that maps nothing.  Never "shared" nor "private". */
static inline int cw_pte_is_none(__u64 pte)
{
	return pte == 0;
}

/* Whether the entry maps its frame as shared, present or not. */
static inline int cw_pte_is_shared(const struct cw_pte_fmt *fmt, __u64 pte)
{
	return ((pte & fmt->shared_mask) != 0) != (fmt->set_is_private != 0);
}

/* Frame number of an entry.  Linux inverts the frame bits of an entry that is
 * not present and not empty (against L1TF, arch/x86/include/asm/pgtable-invert.h);
 * the shared bit lies outside the frame bits and is never inverted.
 */
static inline __u64 cw_pte_gfn(const struct cw_pte_fmt *fmt, __u64 pte)
{
	if (!cw_pte_is_present(pte) && !cw_pte_is_none(pte))
		pte = ~pte;
	return (pte & fmt->frame_mask) >> CW_PAGE_SHIFT;
}

/* Whether an entry is what a successful transition must leave. */
static inline int cw_pte_agrees(const struct cw_pte_fmt *fmt, __u64 pte, int to_shared)
{
	if (fmt->no_bit)
		return cw_pte_is_present(pte);
	return cw_pte_is_present(pte) && cw_pte_is_shared(fmt, pte) == (to_shared != 0);
}

#endif
