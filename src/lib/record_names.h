/* SPDX-License-Identifier: GPL-2.0-only */
/* Return addresses to the numbers that stand for them in a recording, and stacks of such numbers to
 * a number of their own: each is told once.
 */
#ifndef CW_RECORD_NAMES_H
#define CW_RECORD_NAMES_H

#include <stdbool.h>
#include <linux/types.h>

#include "record_side.h"
#include "symbols.h"

#define CW_NAMES_MAX 16384	/* places, of which three quarters are used */
#define CW_STACKS_MAX 4096

struct cw_names {
	struct cw_symbols *symbols;	/* the caller's */
	bool include_addresses;
	__u64 addr[CW_NAMES_MAX];	/* 0: free */
	__u32 id[CW_NAMES_MAX];
	__u32 nr;
	__u64 stack[CW_STACKS_MAX];	/* hash of it, 0: free */
	__u32 number[CW_STACKS_MAX];
	__u32 nr_stacks;
};

/* Number of an address, 0 when there are too many.  *fresh: s is to be told. */
__u32 cw_names_symbol(struct cw_names *n, __u64 addr, struct cw_rec_symbol *s, bool *fresh);

/* Number of a stack whose entries are numbers already. */
__u32 cw_names_stack(struct cw_names *n, const __u64 *ids, __u32 nr, struct cw_stack_row *s,
		     bool *fresh);

#endif
