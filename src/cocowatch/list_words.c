// SPDX-License-Identifier: GPL-2.0-only
/* The words that options take as values, a line each, for scripts/completion: under the name that
 * the option has for its value (the first word of that, or all of it), or under the option where
 * that name says too little: of one command (map.--output), or of any.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "err.h"
#include "exit.h"
#include "export.h"
#include "options.h"
#include "react.h"
#include "rules.h"

static const struct {
	const char *of, *word, *help;
} words[] = {
	{ "--source", "auto", "the module's events where it is loaded, or else the kernel's own" },
	{ "--source", "stock", "hooks on the kernel's own functions" },
	{ "--source", "module", "tracepoints of cocovm.ko" },
	{ "--profile", "pages", "rules on pages" },
	{ "--profile", "io", "those, and rules on packet paths" },
	{ "--profile", "all", "those, and rules on request" },
};

static void print_word(const char *of, const char *word, const char *help)
{
	printf("word\t%s\t%s\t%s\n", of, word, help);
}

/* Of commands that do not take every format. */
static void print_outputs(const struct cw_outputs *o)
{
	const struct cw_writer_ops *format;
	char of[32];
	size_t i, k;

	if (strchr(o->command, ' '))	/* which of its options are given is not looked at */
		return;
	snprintf(of, sizeof(of), "%s.--output", o->command);
	for (i = 0; o->format[i]; i++)
		for (k = 0; (format = cw_writers_format(k)); k++)
			if (!strcmp(format->name, o->format[i]))
				print_word(of, format->name, format->help);
}

/* A colon at the end: a file follows. */
static void print_actions(void)
{
#define ACTION(id, name, help) { CW_ACTION_##id, name, help },
	static const struct {
		enum cw_action action;
		const char *name, *help;
	} actions[] = { CW_ACTIONS(ACTION) };
	char word[32];
	size_t i;
	int signal;

	for (i = 0; i < CW_ACTION_NR; i++) {
		snprintf(word, sizeof(word), "%s%s", actions[i].name,
			 actions[i].action == CW_ACTION_EXEC ? ":" : "");
		if (actions[i].action != CW_ACTION_SIGNAL)
			print_word("ACTION", word, actions[i].help);
	}
	for (signal = 1; signal < NSIG; signal++) {
		if (!sigabbrev_np(signal))
			continue;
		snprintf(word, sizeof(word), "signal:%s", sigabbrev_np(signal));
		print_word("ACTION", word, actions[CW_ACTION_SIGNAL].help);
	}
}

int cw_list_words(void)
{
	const struct cw_outputs *o;
	const struct cw_writer_ops *format;
	size_t i;
	__u32 rule;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		print_word(words[i].of, words[i].word, words[i].help);
	for (i = 0; (format = cw_writers_format(i)); i++)
		print_word("FORMAT", format->name, format->help);
	for (o = cw_outputs; o->command; o++)
		print_outputs(o);
	for (i = 0; cw_exports[i]; i++)
		print_word("FORMAT=PATH", cw_exports[i]->name, cw_exports[i]->help);
	print_actions();
	for (rule = 0; rule < CW_RULE_NR; rule++)
		print_word("RULE", cw_rule_info(rule)->id, cw_rule_info(rule)->name);
	for (rule = 0; rule < CW_RULE_NR; rule++)
		print_word("RULE", cw_rule_info(rule)->name, cw_rule_info(rule)->id);
	return cw_stdout_flush() ? CW_EXIT_UNKNOWN : CW_EXIT_HELD;
}
