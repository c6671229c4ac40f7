// SPDX-License-Identifier: GPL-2.0-only
/* `cocobox list`: the host behaviours, and the drivers that a guest may need. */
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "boot.h"
#include "box.h"
#include "cmd.h"
#include "err.h"
#include "hostile.h"
#include "util.h"

/* --plain: name, class, what the tests expect, what else a run may show; a tab between them. */
static void print_plain(const struct cw_host *host)
{
	static const char *const shows[] = { "-", "finding", "warning", "finding,warning" };

	printf("%s\t%s\t%s\t%s\n", host->name, cw_host_class_names[host->class],
	       cw_expect_names[host->expect], shows[host->shows]);
}

static void print_host(const struct cw_host *host)
{
	printf("%-22s %-11s %s\n%34s %s\n", host->name, cw_host_class_names[host->class],
	       host->what, "", host->safe);
}

static void print_hosts(void)
{
	size_t i;

	for (i = 0; i < cw_nr_hosts; i++)
		print_host(&cw_hosts[i]);
}

static void print_hosts_plain(void)
{
	size_t i;

	for (i = 0; i < cw_nr_hosts; i++)
		print_plain(&cw_hosts[i]);
}

static void print_drivers(void)
{
	puts(cw_drivers);
}

static void print_help(void)
{
	printf("Usage: cocobox list [--plain | --drivers]\n"
	       "Name what --host can be: what that host does, what a safe guest does.\n\n"
	       "      --plain     a line each for programs, tabs between: name, class,\n"
	       "                  what Linux 6.12 does (works, degraded, stops),\n"
	       "                  what else its run shows (finding, warning)\n"
	       "      --drivers   one line: the drivers that an initramfs should have\n"
	       "      --help      give this help list\n");
}

static void print_options(void);

static const struct {
	const char *option;
	void (*print)(void);
	const char *help;	/* for the list of options */
} lists[] = {
	{ NULL, print_hosts, NULL },
	{ "--plain", print_hosts_plain, "a line each for programs" },
	{ "--drivers", print_drivers, "the drivers that an initramfs should have" },
	{ "--help", print_help, "give this help list" },
	{ CW_ARGS_LIST, print_options, NULL },
};

/* As cw_args_parse() lists those of a table. */
static void print_options(void)
{
	size_t i;

	for (i = 0; i < CW_NR(lists); i++)
		if (lists[i].help)
			printf("option\t%s\t\t\t%s\n", lists[i].option, lists[i].help);
}

int cw_cmd_list(int argc, char **argv)
{
	size_t i = 0;

	if (argc > 1)
		for (i = 1; i < CW_NR(lists) && strcmp(argv[1], lists[i].option); i++)
			;
	if (argc > 2 || i == CW_NR(lists))
		return cw_say(CW_BOX_USAGE, "list takes no arguments: '%s'",
			      argv[argc > 2 ? 2 : 1]);
	lists[i].print();
	return cw_stdout_flush() ? CW_BOX_CANNOT : CW_BOX_OK;
}
