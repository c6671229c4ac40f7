/* SPDX-License-Identifier: GPL-2.0-only */
/* Who asked for a transition: the innermost function of its stack that is no part of the way that
 * every transition takes.
 */
#ifndef CW_CALLER_H
#define CW_CALLER_H

#include <stddef.h>
#include <linux/types.h>

#include "symbols.h"

/* "vmbus_alloc_ring [hv_vmbus]"; without a stack that tells, "task insmod", or "?".  Returns buf. */
const char *cw_caller_text(struct cw_symbols *symbols, const __u64 *stack, __u32 nr_stack,
			   const char *comm, char *buf, size_t size);

#endif
