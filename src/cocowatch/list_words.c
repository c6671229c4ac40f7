// SPDX-License-Identifier: GPL-2.0-only
/* The words that options take as values, a line each, for scripts/completion: under the name that
 * the option has for its value (the first word of that, or all of it), or under the option where
 * that name says too little.
 */
#include <stdio.h>

#include "cmd.h"
#include "err.h"
#include "exit.h"
#include "export.h"
#include "out.h"
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

int cw_list_words(void)
{
	const struct cw_writer_ops *format;
	size_t i;
	__u32 rule;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		print_word(words[i].of, words[i].word, words[i].help);
	for (i = 0; (format = cw_writers_format(i)); i++)
		print_word("FORMAT", format->name, format->help);
	for (i = 0; cw_exports[i]; i++)
		print_word("FORMAT=PATH", cw_exports[i]->name, cw_exports[i]->help);
	for (rule = 0; rule < CW_RULE_NR; rule++)
		print_word("RULE", cw_rule_info(rule)->id, cw_rule_info(rule)->name);
	for (rule = 0; rule < CW_RULE_NR; rule++)
		print_word("RULE", cw_rule_info(rule)->name, cw_rule_info(rule)->id);
	return cw_stdout_flush() ? CW_EXIT_UNKNOWN : CW_EXIT_HELD;
}
