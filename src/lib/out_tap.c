// SPDX-License-Identifier: GPL-2.0-only
/* TAP 13, as prove reads it: a test for each rule and one for the verdict.  Findings come as
 * comments when they happen, and once more under the test that they fail.
 */
#include "out.h"

#include <string.h>

#include "blocks.h"
#include "text.h"

#define LINE_LEN 1024

static void tap_start(struct cw_writer *w, const struct cw_start *start)
{
	bool module = start->arming->source == &cw_source_module;

	w->kept = cw_blocks_new();
	fprintf(w->file, "TAP version 13\n1..%d\n# watching %s, Linux ", CW_RULE_NR + 1,
		cw_platform_watched_mode(start->platform, module));
	cw_text_print(w->file, start->platform->release);
	fputc('\n', w->file);
}

static void tap_armed(struct cw_writer *w, __u64 rules, __u64 ts_ns)
{
	__u32 i;

	(void)ts_ns;
	fprintf(w->file, "# armed late:");
	for (i = 0; i < CW_RULE_NR; i++)
		if (rules & CW_RULE_BIT(i))
			fprintf(w->file, " %s", cw_rule_info(i)->id);
	fputc('\n', w->file);
}

static void tap_report(struct cw_writer *w, const struct cw_report *r)
{
	fprintf(w->file, "# %s of %s %s: %s%s\n", cw_sev_name(r->sev), r->rule->id, r->rule->name,
		r->finding->seen, r->excuse ? " (waived)" : "");
	if (w->kept)
		cw_blocks_add(w->kept, w, r);
}

/* A "#" would begin a directive: it's escaped, and so is what escapes. */
static void print_description(FILE *f, const char *text)
{
	char part[LINE_LEN];
	size_t len;

	for (; *text; text += len) {
		len = strcspn(text, "#\\");
		if (!len) {
			fprintf(f, "\\%c", *text);
			len = 1;
			continue;
		}
		len = len < sizeof(part) ? len : sizeof(part) - 1;
		snprintf(part, sizeof(part), "%.*s", (int)len, text);
		cw_text_print(f, part);
	}
}

/* A YAML block of the lines of a text, which a harness shows to whoever asks. */
static void print_yaml(FILE *f, const char *text)
{
	size_t len;

	if (!text)
		return;
	fprintf(f, "  ---\n  findings: |\n");
	for (; *text; text += len + !!text[len]) {
		len = strcspn(text, "\n");
		fprintf(f, "    %.*s\n", (int)len, text);
	}
	fprintf(f, "  ...\n");
}

/* How each result reads.  What is excused is a test that is known to fail. */
static const struct {
	const char *word;
	const char *directive;	/* NULL: none */
} lines[] = {
	[CW_RESULT_PASS] = { "ok", NULL },
	[CW_RESULT_FAIL] = { "not ok", NULL },
	[CW_RESULT_ERROR] = { "not ok", NULL },
	[CW_RESULT_SKIP] = { "ok", "SKIP" },
	[CW_RESULT_EXCUSED] = { "not ok", "TODO" },
};

static void print_rule(struct cw_writer *w, const struct cw_finish *f, __u32 rule)
{
	enum cw_result result = cw_rule_result(f->verdict, rule);
	struct cw_blocks *blocks = w->kept;
	char text[LINE_LEN];

	cw_rule_line(w->start, f, rule, text, sizeof(text));
	fprintf(w->file, "%s %u - %s %s", lines[result].word, rule + 1, cw_rule_info(rule)->id,
		cw_rule_info(rule)->name);
	if (lines[result].directive) {
		fprintf(w->file, " # %s ", lines[result].directive);
		cw_text_print(w->file, text);
	} else if (text[0]) {
		fprintf(w->file, ": ");
		print_description(w->file, text);
	}
	fputc('\n', w->file);
	if (!blocks)
		return;
	print_yaml(w->file, cw_block_text(&blocks->fails[rule]));
	print_yaml(w->file, cw_block_text(&blocks->rest[rule]));
}

static void tap_finish(struct cw_writer *w, const struct cw_finish *f)
{
	const struct cw_verdict *v = f->verdict;
	__u32 i;

	for (i = 0; i < CW_RULE_NR; i++)
		print_rule(w, f, i);
	fprintf(w->file, "%s %d - verdict: %s: ", v->exit == CW_EXIT_HELD ? "ok" : "not ok",
		CW_RULE_NR + 1, cw_exit_name(v->exit));
	print_description(w->file, v->why);
	fputc('\n', w->file);
}

static void tap_free(struct cw_writer *w)
{
	cw_blocks_free(w->kept);
}

const struct cw_writer_ops cw_out_tap = {
	.name = "tap",
	.help = "a test for each rule, for prove",
	.start = tap_start,
	.armed = tap_armed,
	.report = tap_report,
	.finish = tap_finish,
	.free = tap_free,
};
