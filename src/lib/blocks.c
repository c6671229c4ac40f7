// SPDX-License-Identifier: GPL-2.0-only
/* Findings as text, by rule. */
#include "blocks.h"

#include <stdlib.h>
#include <string.h>

struct cw_blocks *cw_blocks_new(void)
{
	return calloc(1, sizeof(struct cw_blocks));
}

static void text_free(struct cw_block_text *t)
{
	if (t->file)
		fclose(t->file);
	free(t->text);
}

void cw_blocks_free(struct cw_blocks *b)
{
	__u32 i;

	if (!b)
		return;
	for (i = 0; i < CW_RULE_NR; i++) {
		text_free(&b->fails[i]);
		text_free(&b->rest[i]);
	}
	free(b);
}

void cw_blocks_add(struct cw_blocks *b, const struct cw_writer *w, const struct cw_report *r)
{
	bool fails = r->sev == CW_SEV_V && !r->excuse;
	struct cw_block_text *t = &(fails ? b->fails : b->rest)[r->detail->rule];
	struct cw_writer text = { .ops = &cw_out_text, .start = w->start };
	struct cw_report alone = *r;

	if (!t->file)
		t->file = open_memstream(&t->text, &t->len);
	if (!t->file) {
		b->no_memory = true;
		return;
	}
	/* findings of one event may go to both: each with all that belongs to it */
	alone.before = NULL;
	alone.more = false;
	text.file = t->file;
	cw_out_text.report(&text, &alone);
}

const char *cw_block_text(struct cw_block_text *t)
{
	if (!t->file || fflush(t->file))
		return NULL;
	return t->text;
}

static void line_add(char *buf, size_t size, const char *text)
{
	size_t len = strlen(buf);

	if (*text)
		snprintf(buf + len, size - len, "%s%s", len ? "; " : "", text);
}

static void line_count(char *buf, size_t size, __u64 n, const char *what)
{
	char text[64] = "";

	if (n)
		snprintf(text, sizeof(text), "%llu %s%s", n, what, n == 1 ? "" : "s");
	line_add(buf, size, text);
}

enum cw_result cw_rule_result(const struct cw_verdict *v, __u32 rule)
{
	if (v->failed & CW_RULE_BIT(rule))
		return CW_RESULT_FAIL;
	if (v->unsure & CW_RULE_BIT(rule))
		return CW_RESULT_ERROR;
	switch (v->outcome[rule]) {
	case CW_OUTCOME_HELD: return CW_RESULT_PASS;
	case CW_OUTCOME_VIOLATED:
	case CW_OUTCOME_UNKNOWN: return CW_RESULT_EXCUSED;
	default: return CW_RESULT_SKIP;
	}
}

static void line_required(char *buf, size_t size, const struct cw_policy *p,
			  const struct cw_finish *f, __u32 rule)
{
	char text[128];

	if (!(p->required & CW_RULE_BIT(rule)))
		return;
	snprintf(text, sizeof(text), "judged %llu times, required %llu", f->totals->rule[rule].checked,
		 p->min_checked[rule]);
	line_add(buf, size, text);
}

const char *cw_rule_line(const struct cw_start *start, const struct cw_finish *f, __u32 rule,
			 char *buf, size_t size)
{
	const struct cw_verdict *v = f->verdict;
	const struct cw_count *c = &f->totals->rule[rule];

	buf[0] = '\0';
	line_count(buf, size, c->violated, "violation");
	line_count(buf, size, c->warned, "warning");
	line_count(buf, size, c->observed, "observation");
	if (v->outcome[rule] != CW_OUTCOME_VIOLATED && v->outcome[rule] != CW_OUTCOME_HELD)
		line_add(buf, size, cw_outcome_name(v->outcome[rule]));
	line_add(buf, size, v->note[rule]);
	line_required(buf, size, start->policy, f, rule);
	line_add(buf, size, v->excuse[rule]);
	if (!v->excuse[rule][0] && start->policy->waived & CW_RULE_BIT(rule)) {
		line_add(buf, size, "waived");
		line_add(buf, size, start->policy->reason[rule]);
	}
	line_add(buf, size, v->expired[rule]);
	return buf;
}
