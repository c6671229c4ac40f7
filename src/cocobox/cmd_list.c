// SPDX-License-Identifier: GPL-2.0-only
/* `cocobox list`: the host behaviours. */
#include <stdio.h>
#include <string.h>

#include "box.h"
#include "cmd.h"
#include "err.h"
#include "hostile.h"

int cw_cmd_list(int argc, char **argv)
{
	size_t i;

	if (argc > 1 && !strcmp(argv[1], "--help")) {
		printf("Usage: cocobox list\nName what --host can be: what that host does, and what a safe guest does.\n");
		return fflush(stdout) ? CW_BOX_CANNOT : CW_BOX_OK;
	}
	if (argc > 1)
		return cw_say(CW_BOX_USAGE, "list takes no arguments: '%s'", argv[1]);
	for (i = 0; i < cw_nr_hosts; i++)
		printf("%-22s %-11s %s\n%34s %s\n", cw_hosts[i].name, cw_hosts[i].class, cw_hosts[i].what, "",
		       cw_hosts[i].safe);
	return fflush(stdout) ? CW_BOX_CANNOT : CW_BOX_OK;
}
