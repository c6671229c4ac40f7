/* SPDX-License-Identifier: GPL-2.0-only */
/* From runs that the kernel refused to events that were lost. */
#ifndef CW_MISSES_H
#define CW_MISSES_H

#include <linux/types.h>

#include "source.h"
#include "totals.h"

/* Runs, since the programs were loaded, or since another count. */
struct cw_misses {
	__u64 refused[CW_PROBES_MAX];	/* of each probe's program */
	__u64 left[CW_EV_NR];		/* first programs that left the event to their spare */
	__u64 acted[CW_EV_NR];		/* spares that acted on an event, since the first had not */
};

/* Takes away what had been counted when the session began. */
void cw_misses_since(struct cw_misses *m, const struct cw_misses *begun);

/* How often no program acted on an event of that type. */
__u64 cw_misses_of(const struct cw_source *source, const struct cw_misses *m, __u32 event);

/* Adds to the losses of each event what no program acted on. */
void cw_misses_add(const struct cw_arming *a, const struct cw_misses *m, struct cw_totals *t);

#endif
