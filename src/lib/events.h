/* SPDX-License-Identifier: GPL-2.0-only */
/* The events of cocowatch/event.h as a table: how long one is at least, and which
 * rules can be judged by it.
 */
#ifndef CW_LIB_EVENTS_H
#define CW_LIB_EVENTS_H

#include <stddef.h>
#include <linux/types.h>

struct cw_event_info {
	const char *name;	/* "host_call" */
	const char *step;	/* "when a batch was handed to the host" */
	size_t size;		/* in the ABI version that brought it: shorter is malformed */
	__u64 rules;		/* whose findings can be said of it, as a mask */
};

/* The row of a record type; NULL when it is no event. */
const struct cw_event_info *cw_event_info(__u32 type);

#endif
