/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the programs of bpf/inventory.bpf.c and the one who runs them hand each
 * other.  No ABI: both are of one build.
 */
#ifndef CW_INVENTORY_H
#define CW_INVENTORY_H

#include <linux/types.h>

#define CW_INV_RUNS	4096	/* runs that one call returns; a power of two */
#define CW_INV_BYTES	4096	/* bytes that one call reads */
#define CW_INV_LEVELS	5
#define CW_INV_ENTRIES	512	/* of a page table */

/* Argument of read_memory: the bytes are in inv_bytes after it. */
struct cw_inv_read {
	__u64 addr;
	__u32 len;		/* at most CW_INV_BYTES */
	__s32 err;		/* 0 or -errno */
};

#define CW_INV_SEED	(1U << 0)	/* enter what is found into the page state, and watch it */
#define CW_INV_NO_BIT	(1U << 1)	/* shared is a second mapping (before 6.4) */

/* Argument of walk_tables.  Addresses are those of a stretch of kernel space. */
struct cw_inv_walk {
	__u64 va;		/* where to begin; after the call, where to go on */
	__u64 last;		/* last address of the stretch */
	__u64 shared_mask;	/* how entries are read: struct cw_pte_fmt */
	__u32 set_is_private;
	__u32 flags;		/* CW_INV_* */
	__u32 nr_steps;		/* entries to look at in this call */
	__u32 nr_runs;		/* filled in inv_runs */
	__u32 done;		/* 1: the stretch is walked to its end */
	__s32 err;		/* what the programs need of this kernel could not be read */
};

#define CW_INV_ABSENT	(1U << 0)	/* the entry is not present */

/* Shared pages whose addresses and frames both follow each other. */
struct cw_inv_run {
	__u64 vaddr;
	__u64 gfn;
	__u64 nr_pages;
	__u64 pte;		/* of the first page; a large leaf in the form of a small one */
	__u32 shift;		/* size of the entry: 12, 21, 30 */
	__u32 flags;		/* CW_INV_ABSENT */
};

/* Counted over all calls of one walk. */
struct cw_inv_count {
	__u64 tables;		/* tables read */
	__u64 entries;		/* entries looked at */
	__u64 pages;		/* 4 KiB pages that they map */
	__u64 shared;		/* of these, shared ones; a page mapped twice counts twice */
	__u64 seeded;		/* frames entered into the page state */
	__u64 contended;	/* frames whose state others kept changing */
	__u64 changed;		/* tables that were replaced under the reader, read again */
	__u64 failed;		/* tables that could not be read, or kept changing: passed over */
};

#endif
