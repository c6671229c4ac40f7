/* SPDX-License-Identifier: GPL-2.0-only */
/* What watch, gate and record have in common: one session from start to verdict. */
#ifndef CW_RUN_H
#define CW_RUN_H

#include <stdbool.h>
#include <linux/types.h>

#include "options.h"
#include "policy.h"
#include "react.h"
#include "session.h"
#include "way.h"

/* A session that runs, for those who show it. */
struct cw_watched {
	struct cw_session *session;
	const struct cw_platform *platform;
	const struct cw_arming *arming;
	const struct cw_policy *policy;
	const struct cw_start *start;
	struct cw_feed *feed;
};

/* What a command does with a running session beside what the writers do. */
struct cw_view_ops {
	/* Everything is attached, and privileges are still there.  0, or an exit status after a
	 * message; w outlives the view.
	 */
	int (*open)(void *view, const struct cw_watched *w);
	int (*fd)(const void *view);	/* to be polled for the view; -1: none */
	bool (*turn)(void *view);	/* each turn of the loop; false: end the session */
	void (*finish)(void *view, const struct cw_finish *f);
	void (*close)(void *view);	/* after open, whatever it said */
};

struct cw_run {
	const struct cw_view_ops *view_ops;	/* or NULL */
	void *view;
	const char *view_file;	/* one that the view writes; NULL: none */
	struct cw_common common;
	struct cw_policy policy;
	const char *policy_path;	/* of a file below what the options say; NULL: none */
	struct cw_reactions reactions;
	struct cw_react_hooks hooks;	/* a flight recorder's; the others are cw_run()'s own */
	struct cw_session_opts session;
	enum cw_source_wish wish;
	bool force;		/* also on a machine that is no confidential VM */
	bool include_addresses;
	__u64 slow_limit_ns;
	__u64 for_ns;		/* end after this time (the command first), 0: never */
	__u64 max_violations;	/* end after so many, 0: never */
	char *const *command;	/* under gate, else NULL */
	__u64 last_ns;		/* record: a flight recorder that keeps so much, 0: all of it */
};

#define CW_SLOW_LIMIT_NS 1000000000ULL

/* Runs the session.  Returns an exit status. */
int cw_run(struct cw_run *r);

#endif
