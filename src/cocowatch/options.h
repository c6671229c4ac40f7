/* SPDX-License-Identifier: GPL-2.0-only */
/* Options that commands share, as groups that a command includes among the children of its argp,
 * and what their parsers have in common.
 */
#ifndef CW_OPTIONS_H
#define CW_OPTIONS_H

#include <stdbool.h>
#include <argp.h>
#include <linux/types.h>

#include "out.h"

struct cw_run;

struct cw_common {
	struct cw_writers writers;
	bool debug;
	bool records;		/* -o may name a recording as well */
	const char *recording;	/* it did */
};

/* ---- groups ---- */

/* -o and --debug; the input is a struct cw_common.  They differ in what their help says of -o. */
extern const struct argp cw_common_argp;	/* every format */
extern const struct argp cw_plain_argp;		/* text or ndjson */
extern const struct argp cw_trial_argp;		/* text, ndjson or junit */

/* All that commands with a session share; the input is a struct cw_run.
 *   what is watched and how (--source, --profile ...), and -o: all of them
 *   what is judged and what follows (--policy, --waive, --on ...): watch, gate, record, metrics
 *   --for, and no arguments: watch, top, metrics
 *   --for and --require, and a command to run, which the arguments are: gate, record
 */
extern const struct argp_child cw_watch_children[];
extern const struct argp_child cw_gate_children[];	/* and record's */
extern const struct argp_child cw_metrics_children[];
extern const struct argp_child cw_top_children[];

/* One argument, a recording; the input is a const char *, NULL until it is given. */
extern const struct argp cw_recording_argp;

/* At ARGP_KEY_INIT: gives each of these its input.  Returns 0. */
error_t cw_run_inputs(struct argp_state *state, const struct argp_child *children,
		      struct cw_run *r);

/* ---- which formats ---- */

/* A command that does not take every format of -o, and which it takes; NULL ends either. */
struct cw_outputs {
	const char *command;	/* "map", or with an option that leaves fewer */
	const char *format[4];
};

extern const struct cw_outputs cw_outputs[];

/* Whether the command takes all of them; else false after a message. */
bool cw_outputs_check(const struct cw_writers *ws, const char *command);

/* ---- parsing ---- */

/* Checks argv against the options of argp and its children, then parses it.
 * in_order: options end at the first argument.  False: leave with *status, since a message
 * or the help that was asked for has been printed.
 */
bool cw_options_parse(const struct argp *argp, int argc, char **argv, bool in_order, void *input,
		      int *status);

/* Message for a value that makes no sense.  Returns EINVAL. */
error_t cw_option_bad(const char *option, const char *arg, const char *wanted);

/* A duration; a count from 1 to max (CW_ANY_COUNT: without end).  0, or EINVAL after a message. */
#define CW_ANY_COUNT (~0ULL)
#define CW_MAX_WALK_LIMIT (1ULL << 30)	/* what --max-walk takes at most */
error_t cw_option_duration(const char *option, const char *arg, __u64 *ns);
error_t cw_option_count(const char *option, const char *arg, __u64 max, __u64 *count);

/* An argument where there can be none.  Returns EINVAL after a message. */
error_t cw_no_arguments(const char *command, const char *arg);

#endif
