// SPDX-License-Identifier: GPL-2.0-only
/* cocowatch: shows and proves what a confidential VM shares with its host.  This
 * file is the table of commands.
 */
#include <argp.h>
#include <errno.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cocowatch/event.h>

#include "args.h"
#include "cmd.h"
#include "err.h"
#include "exit.h"
#include "out.h"
#include "parse.h"
#include "version.h"

struct cw_cmd {
	const char *name;
	const char *help;
	int (*run)(int argc, char **argv);
};

static const struct cw_cmd cmds[] = {
	{ "watch", "follow a running kernel and report violations as they happen", cw_cmd_watch },
	{ "gate", "watch while a command runs, and give one verdict for CI", cw_cmd_gate },
	{ "record", "watch, and record everything that is judged into a file", cw_cmd_record },
	{ "replay", "judge a recording again, on any machine", cw_cmd_replay },
	{ "report", "say what is in a recording: findings, the life of a page, a page for browsers", cw_cmd_report },
	{ "export", "write a recording for Perfetto, CTF readers, or as NDJSON", cw_cmd_export },
	{ "map", "say what is shared with the host right now, and by whom", cw_cmd_map },
	{ "top", "show live what is shared, how fast it changes and what became of each rule", cw_cmd_top },
	{ "metrics", "give the numbers of a running session to Prometheus", cw_cmd_metrics },
	{ "doctor", "say what this machine offers and which rules can be armed", cw_cmd_doctor },
	{ "rules", "list the rules, or explain one", cw_cmd_rules },
	{ "selftest", "have cocovm.ko break every rule, and see each found", cw_cmd_selftest },
};

#define NR_CMDS (sizeof(cmds) / sizeof(cmds[0]))

static int print_help(void)
{
	size_t i;

	printf("Usage: cocowatch COMMAND [OPTION...]\n"
	       "Show and prove what a confidential VM shares with its host.\n\n");
	for (i = 0; i < NR_CMDS; i++)
		printf("  %-8s  %s\n", cmds[i].name, cmds[i].help);
	printf("\n`cocowatch COMMAND --help` lists the options of one, cocowatch-COMMAND(1) has all of it.\n\n"
	       "Exit status: 0 held, 1 violated, 2 usage, 3 no verdict, 4 the rules held and the\n"
	       "command under gate failed.\n");
	return cw_stdout_flush() ? CW_EXIT_UNKNOWN : CW_EXIT_HELD;
}

static int print_version(void)
{
	printf("cocowatch %s (ABI %d.%d)\n", CW_VERSION, CW_ABI_MAJOR, CW_ABI_MINOR);
	return cw_stdout_flush() ? CW_EXIT_UNKNOWN : CW_EXIT_HELD;
}

static const struct cw_cmd *cmd_find(const char *name)
{
	size_t i;

	for (i = 0; i < NR_CMDS; i++)
		if (!strcmp(cmds[i].name, name))
			return &cmds[i];
	return NULL;
}

static int cmd_unknown(const char *typed)
{
	const char *names[NR_CMDS + 2] = { "--help", "--version" };
	bool option = typed[0] == '-';
	char hint[96];
	size_t i;

	for (i = 0; i < NR_CMDS; i++)
		names[i + 2] = cmds[i].name;
	return cw_say(CW_EXIT_USAGE, "unknown %s '%s'%s", option ? "option" : "command", typed,
		      cw_nearest_hint(hint, sizeof(hint), option ? cw_nearest(typed, names, 2) :
				      cw_nearest(typed, names + 2, NR_CMDS)));
}

/* -errno becomes an exit status here and nowhere else. */
static int cmd_run(const struct cw_cmd *c, int argc, char **argv)
{
	char name[64];
	int ret;

	snprintf(name, sizeof(name), "cocowatch %s", c->name);
	argv[0] = name;	/* for argp's usage line */
	ret = c->run(argc, argv);
	return ret < 0 ? CW_EXIT_UNKNOWN : ret;
}

/* Every command with its options, for scripts/completion. */
static int list_options(void)
{
	int ret = cw_list_words();
	char list[] = CW_ARGS_LIST;
	size_t i;

	for (i = 0; i < NR_CMDS && !ret; i++) {
		char *argv[] = { NULL, list, NULL };

		printf("command\t%s\t%s\n", cmds[i].name, cmds[i].help);
		ret = cmd_run(&cmds[i], 2, argv);
	}
	return ret;
}

int main(int argc, char **argv)
{
	const struct cw_cmd *c;

	setlocale(LC_CTYPE, "C.UTF-8");
	/* the kernel's BTF comes and goes: what is mapped leaves no holes that stay resident */
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	signal(SIGPIPE, SIG_IGN);	/* what cannot be written is said, and is an exit status */
	argp_err_exit_status = CW_EXIT_USAGE;
	if (argc < 2)
		return cw_say(CW_EXIT_USAGE, "no command given (cocowatch --help lists them)");
	c = cmd_find(argv[1]);
	if (c)
		return cmd_run(c, argc - 1, argv + 1);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return print_help();
	if (!strcmp(argv[1], "--version"))
		return print_version();
	if (!strcmp(argv[1], CW_ARGS_LIST))
		return list_options();
	return cmd_unknown(argv[1]);
}
