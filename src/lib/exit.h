/* SPDX-License-Identifier: GPL-2.0-only */
/* Exit status of every command.  Precedence, worst first: usage, violated, no
 * verdict, command failed, held.
 */
#ifndef CW_EXIT_H
#define CW_EXIT_H

enum cw_exit {
	CW_EXIT_HELD = 0,	/* what was asked for was done, and every rule held */
	CW_EXIT_VIOLATED = 1,
	CW_EXIT_USAGE = 2,
	CW_EXIT_UNKNOWN = 3,	/* no verdict: could not run, or what was needed was lost */
	CW_EXIT_COMMAND = 4,	/* the rules held, the command under gate failed */
};

#endif
