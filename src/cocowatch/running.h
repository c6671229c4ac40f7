/* SPDX-License-Identifier: GPL-2.0-only */
/* A session that runs: run.c has its loop, run_record.c its recording. */
#ifndef CW_RUNNING_H
#define CW_RUNNING_H

#include <signal.h>
#include <stdbool.h>

#include "child.h"
#include "recorder.h"
#include "run.h"

struct running {
	struct cw_run *run;
	struct cw_platform platform;
	struct cw_arming arming;
	struct cw_feed feed;
	struct cw_session *session;
	struct cw_child child;
	struct cw_start start;
	struct cw_watched watched;
	struct cw_recorder *recorder;	/* NULL: nothing is recorded */
	sigset_t old_mask;
	int signal_fd;
	bool stop;
	__u64 ending_ns;	/* when the command was told to end, 0: it was not */
	bool killed;
	__u64 waivers_told;	/* of those that expired, by number */
};

/* Makes the recording that was asked for.  0, or -errno after a message. */
int cw_running_record_open(struct running *s);

/* The session begins: all that is known of it, and the states of pages.  Likewise. */
int cw_running_record(struct running *s);

/* The history is wanted, by a signal; false when there is none. */
bool cw_running_want(struct running *s);

/* What time brings: waivers expire, and the history is written where that is wanted. */
void cw_running_attend(struct running *s, __u64 now_ns);

/* Waivers whose last day is over count no longer, and each is told once on stderr. */
void cw_running_expire(struct running *s, __u64 now_ns);

/* What was counted, with what did not get into the recording. */
void cw_running_totals(struct running *s, struct cw_totals *t);

/* Ends the recording with the verdict.  0, or -errno after a message; what was lost at the end is
 * in the totals then.
 */
int cw_running_recorded(struct running *s, const struct cw_finish *finish,
			struct cw_totals *totals);

#endif
