// SPDX-License-Identifier: GPL-2.0-only
/* `cocobox list`: the host behaviours. */
#include <stdio.h>
#include <string.h>

#include "box.h"
#include "cmd.h"
#include "err.h"
#include "hostile.h"

/* --plain: name, class, what the tests expect, what else a run may show; a tab between them. */
static void print_plain(const struct cw_host *host)
{
	static const char *const shows[] = { "-", "finding", "warning", "finding,warning" };

	printf("%s\t%s\t%s\t%s\n", host->name, host->class, cw_expect_names[host->expect],
	       shows[host->shows]);
}

static void print_host(const struct cw_host *host)
{
	printf("%-22s %-11s %s\n%34s %s\n", host->name, host->class, host->what, "", host->safe);
}

int cw_cmd_list(int argc, char **argv)
{
	bool plain = argc == 2 && !strcmp(argv[1], "--plain");
	size_t i;

	if (argc > 1 && !strcmp(argv[1], "--help")) {
		printf("Usage: cocobox list [--plain]\n"
		       "Name what --host can be: what that host does, what a safe guest does.\n\n"
		       "      --plain   a line each for programs, tabs between: name, class,\n"
		       "                what Linux 6.12 does (works, degraded, stops),\n"
		       "                what else its run shows (finding, warning)\n");
		return cw_stdout_flush() ? CW_BOX_CANNOT : CW_BOX_OK;
	}
	if (argc > 1 && !plain)
		return cw_say(CW_BOX_USAGE, "list takes no arguments: '%s'", argv[1]);
	for (i = 0; i < cw_nr_hosts; i++)
		(plain ? print_plain : print_host)(&cw_hosts[i]);
	return cw_stdout_flush() ? CW_BOX_CANNOT : CW_BOX_OK;
}
