/* SPDX-License-Identifier: GPL-2.0-only */
/* What top and metrics have in common: a running session, followed and sampled. */
#ifndef CW_LIVE_VIEW_H
#define CW_LIVE_VIEW_H

#include "live.h"
#include "looker.h"
#include "run.h"

struct live_view {
	const struct cw_watched *w;
	struct cw_live live;
	struct cw_looker looker;
	int stats_fd;		/* BPF_ENABLE_STATS, -1: not timed */
};

/* Follows a session that is about to run; what it cannot have it goes without.  time_programs: let
 * the kernel time BPF programs, all of them.
 */
void live_view_open(struct live_view *v, const struct cw_watched *w, bool time_programs);

/* Looks at the page tables, when it is time. */
void live_view_turn(struct live_view *v, __u64 now_ns);

/* Reads every counter. */
void live_view_sample(struct live_view *v, __u64 now_ns);
void live_view_close(struct live_view *v);

#endif
