/* SPDX-License-Identifier: GPL-2.0-only */
/* Options that commands share, and messages for those that do not exist. */
#ifndef CW_OPTIONS_H
#define CW_OPTIONS_H

#include <stdbool.h>
#include <argp.h>

#include "out.h"

struct cw_common {
	struct cw_writers writers;
	bool debug;
	bool records;		/* -o may name a recording as well */
	const char *recording;	/* it did */
};

/* Child parser of every command: -o, --debug.  Its input is a struct cw_common. */
extern const struct argp cw_common_argp;

/* Child parser of commands that watch: --include-addresses, --slow-limit, --max-walk.
 * Its input is a struct cw_run, see run.h.
 */
extern const struct argp cw_watching_argp;

/* Child parser of commands that judge: --policy, --waive, --on, --allow-panic.  Its input is a
 * struct cw_run.
 */
extern const struct argp cw_policy_argp;

/* Checks argv against the options of argp and its children, then parses it.
 * in_order: options end at the first argument.  False: leave with *status, since a message
 * or the help that was asked for has been printed.
 */
bool cw_options_parse(const struct argp *argp, int argc, char **argv, bool in_order, void *input,
		      int *status);

/* Message for a value that is no number or duration.  Returns EINVAL. */
error_t cw_option_bad(const char *option, const char *arg, const char *wanted);

#endif
