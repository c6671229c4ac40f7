/* SPDX-License-Identifier: GPL-2.0-only */
/* Command lines, and messages for options that do not exist. */
#ifndef CW_ARGS_H
#define CW_ARGS_H

#include <stdbool.h>
#include <argp.h>

#define CW_ARGS_HELP 1

/* Alone after a command: its options are listed, a line each, for scripts/completion. */
#define CW_ARGS_LIST "--list-options"

/* Checks argv against the options of argp and its children, then parses it; argv[0] is the name
 * that help shows.  in_order: options end at the first argument.  0, CW_ARGS_HELP after the help
 * (or list) that was asked for, -EIO when that could not be written, -EINVAL; errors are printed.
 */
int cw_args_parse(const struct argp *argp, int argc, char **argv, bool in_order, void *input);

#endif
