// SPDX-License-Identifier: GPL-2.0-only
/* cocobox: boots a stock kernel as a Hyper-V confidential VM on plain KVM.  This file is the table
 * of commands. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "box.h"
#include "cmd.h"
#include "err.h"
#include "hostile.h"
#include "parse.h"
#include "util.h"

#define VERSION "0.1.0"

struct command {
	const char *name;
	const char *help;
	int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
	{ "run", "boot a kernel and end with the guest's status", cw_cmd_run },
	{ "list", "name the host behaviours", cw_cmd_list },
};

static int print_help(void)
{
	size_t i;

	printf("Usage: cocobox COMMAND [OPTION...]\n"
	       "Boot a stock kernel as a Hyper-V confidential VM (SNP, vTOM, paravisor) on plain KVM.\n\n");
	for (i = 0; i < CW_NR(commands); i++)
		printf("  %-6s  %s\n", commands[i].name, commands[i].help);
	printf("\n`cocobox run --help` lists its options, cocobox(1) has all of it.\n\n"
	       "Exit status: the guest's, 0 when it left none; 2 usage, 121 it rebooted, 122 it panicked,\n"
	       "124 the time limit passed, 125 it could not be run, 128+N ended by signal N.\n");
	return cw_stdout_flush() ? CW_BOX_CANNOT : CW_BOX_OK;
}

/* Every command with its options, for scripts/completion. */
static int list_options(void)
{
	char list[] = CW_ARGS_LIST;
	int ret = CW_BOX_OK;
	size_t i;

	for (i = 0; i < cw_nr_hosts; i++)
		printf("word\t--host\t%s\t%s\n", cw_hosts[i].name, cw_hosts[i].what);
	for (i = 0; i < CW_NR(commands) && ret == CW_BOX_OK; i++) {
		char *argv[] = { NULL, list, NULL };

		printf("command\t%s\t%s\n", commands[i].name, commands[i].help);
		ret = commands[i].run(2, argv);
	}
	return ret;
}

static int unknown(const char *typed)
{
	const char *names[CW_NR(commands)];
	char hint[96];
	size_t i;

	for (i = 0; i < CW_NR(commands); i++)
		names[i] = commands[i].name;
	return cw_say(CW_BOX_USAGE, "unknown %s '%s'%s", typed[0] == '-' ? "option" : "command", typed,
		      cw_nearest_hint(hint, sizeof(hint),
				      cw_nearest(typed, names, CW_NR(commands))));
}

int main(int argc, char **argv)
{
	size_t i;

	setlocale(LC_CTYPE, "");
	if (argc < 2)
		return cw_say(CW_BOX_USAGE, "no command (see cocobox --help)");
	if (!strcmp(argv[1], "--help"))
		return print_help();
	if (!strcmp(argv[1], "--version")) {
		printf("cocobox %s\n", VERSION);
		return cw_stdout_flush() ? CW_BOX_CANNOT : CW_BOX_OK;
	}
	if (!strcmp(argv[1], CW_ARGS_LIST))
		return list_options();
	for (i = 0; i < CW_NR(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	return unknown(argv[1]);
}
