/* SPDX-License-Identifier: GPL-2.0-only */
/* The events of cocowatch/event.h as a table: what is in one, and which rules can be judged by
 * it.
 */
#ifndef CW_LIB_EVENTS_H
#define CW_LIB_EVENTS_H

#include <stdbool.h>
#include <linux/types.h>

#include "event_fields.h"

struct cw_event_info {
	const char *name;	/* "host_call" */
	const char *step;	/* "when a batch was handed to the host" */
	const struct cw_event_shape *shape;	/* its size and fields */
	__u64 rules;		/* whose findings can be said of it, as a mask */
};

/* The row of a record type; NULL when it is no event. */
const struct cw_event_info *cw_event_info(__u32 type);

/* Whether it is a step of a transition, or what else is a struct cw_ev_step. */
bool cw_event_is_step(__u32 type);

#endif
