/* SPDX-License-Identifier: GPL-2.0-only */
/* The page-table entries of a few addresses, read from user space: for what is looked at once,
 * where the inventory's walk over everything says too little.
 */
#ifndef CW_LIB_PAGEWALK_H
#define CW_LIB_PAGEWALK_H

#include <linux/types.h>

#include <cocowatch/check.h>
#include <cocowatch/event.h>

#include "kernel.h"
#include "mode.h"

/* What the tables of this kernel are read by. */
struct cw_pages {
	const struct cw_kernel *k;
	struct cw_pte_fmt fmt;
	__u64 page_offset;
	__u64 table_mask;	/* frame bits of the entries that lead to tables */
	__u32 top_shift;	/* of the highest level; 0: no walk is possible */
};

/* What cannot be read makes every walk fail. */
void cw_pages_init(struct cw_pages *p, const struct cw_kernel *k,
		   const struct cw_mode_state *mode);

/* The digest of nr_pages entries from vaddr on, each page of a large leaf for itself. */
void cw_pages_walk(const struct cw_pages *p, __u64 vaddr, __u32 nr_pages, struct cw_walk *walk);

#endif
