// SPDX-License-Identifier: GPL-2.0-only
/* JUnit XML for CI servers: a case for each rule and one for the verdict, since a session in which
 * nothing was exercised would be all skipped, and look green.
 */
#include "out.h"

#include <errno.h>
#include <stdlib.h>

#include "blocks.h"
#include "err.h"
#include "junit.h"
#include "version.h"

#define LINE_LEN 1024
#define PROPERTIES_MAX 16
#define VALUE_LEN 1024

struct property_list {
	struct cw_junit_property property[PROPERTIES_MAX + CW_RULE_NR];
	char value[PROPERTIES_MAX + CW_RULE_NR][VALUE_LEN];
	char name[PROPERTIES_MAX + CW_RULE_NR][32];
	size_t nr;
};

/* All of one document; large, and so on the heap. */
struct junit_document {
	struct property_list properties;
	struct cw_junit_case cases[CW_RULE_NR + 1];
	char name[CW_RULE_NR + 1][64];
	char message[CW_RULE_NR + 1][LINE_LEN];
};

static void junit_start(struct cw_writer *w, const struct cw_start *start)
{
	(void)start;
	w->kept = cw_blocks_new();
}

static void junit_armed(struct cw_writer *w, __u64 rules, __u64 ts_ns)
{
	(void)w;
	(void)rules;
	(void)ts_ns;
}

static void junit_report(struct cw_writer *w, const struct cw_report *r)
{
	if (w->kept)
		cw_blocks_add(w->kept, w, r);
}

static void property_add(struct property_list *p, const char *name, const char *value)
{
	if (p->nr == sizeof(p->property) / sizeof(p->property[0]))
		return;
	snprintf(p->name[p->nr], sizeof(p->name[0]), "%s", name);
	snprintf(p->value[p->nr], VALUE_LEN, "%s", value);
	p->property[p->nr] = (struct cw_junit_property){ p->name[p->nr], p->value[p->nr] };
	p->nr++;
}

static void property_command(struct property_list *p, char *const *command)
{
	char line[VALUE_LEN] = "";
	size_t len = 0, i;

	for (i = 0; command && command[i] && len < sizeof(line); i++)
		len += (size_t)snprintf(line + len, sizeof(line) - len, "%s%s", i ? " " : "", command[i]);
	if (command)
		property_add(p, "command", line);
}

static void property_waivers(struct property_list *p, const struct cw_policy *policy)
{
	const struct cw_waiver *w;
	char name[32], value[VALUE_LEN], what[160];
	size_t i;

	for (i = 0; i < CW_RULE_NR; i++) {
		if (!(policy->waived & CW_RULE_BIT(i)))
			continue;
		snprintf(name, sizeof(name), "waived %s", cw_rule_info((__u32)i)->id);
		property_add(p, name, policy->reason[i]);
	}
	for (i = 0; (w = cw_policy_waiver(policy, i)); i++) {
		if (!w->expired && !w->finding && !w->function[0])
			continue;	/* said above */
		snprintf(value, sizeof(value), "%s: %s%s%s", cw_waiver_text(w, what, sizeof(what)),
			 w->reason, w->expires[0] ? ", until " : "", w->expires);
		property_add(p, w->expired ? "waiver expired" : "waiver", value);
	}
}

static void properties_fill(struct property_list *p, const struct cw_writer *w,
			    const struct cw_finish *f)
{
	const struct cw_start *s = w->start;
	bool module = s->arming->source == &cw_source_module;
	char exit[16];

	property_add(p, "cocowatch", CW_VERSION);
	property_add(p, "kernel", s->platform->release);
	property_add(p, "mode", cw_platform_watched_mode(s->platform, module));
	if (module && s->platform->module.emulate[0])
		property_add(p, "emulated", "by cocovm");
	property_add(p, "source", s->arming->source->name);
	property_command(p, s->command);
	property_add(p, "verdict", cw_exit_name(f->verdict->exit));
	snprintf(exit, sizeof(exit), "%d", f->verdict->exit);
	property_add(p, "exit", exit);
	property_waivers(p, s->policy);
}

static const struct {
	enum cw_junit_result result;
	const char *type;
} results[] = {
	[CW_RESULT_PASS] = { CW_JUNIT_PASSED, NULL },
	[CW_RESULT_FAIL] = { CW_JUNIT_FAILED, "violation" },
	[CW_RESULT_ERROR] = { CW_JUNIT_ERROR, "unknown" },
	[CW_RESULT_SKIP] = { CW_JUNIT_SKIPPED, NULL },
	[CW_RESULT_EXCUSED] = { CW_JUNIT_SKIPPED, NULL },
};

static void case_rule(struct junit_document *d, struct cw_writer *w, const struct cw_finish *f,
		      __u32 rule)
{
	enum cw_result result = cw_rule_result(f->verdict, rule);
	struct cw_blocks *blocks = w->kept;
	struct cw_junit_case *c = &d->cases[rule];

	snprintf(d->name[rule], sizeof(d->name[0]), "%s %s", cw_rule_info(rule)->id,
		 cw_rule_info(rule)->name);
	cw_rule_line(w->start, f, rule, d->message[rule], LINE_LEN);
	*c = (struct cw_junit_case){
		.class_name = "cocowatch.rules",
		.name = d->name[rule],
		.result = results[result].result,
		.type = results[result].type,
		.message = d->message[rule],
		.text = blocks ? cw_block_text(&blocks->fails[rule]) : NULL,
		.out = blocks ? cw_block_text(&blocks->rest[rule]) : NULL,
	};
	if (result == CW_RESULT_FAIL && !(f->verdict->outcome[rule] == CW_OUTCOME_VIOLATED))
		c->type = "expired waiver";
}

static void case_verdict(struct junit_document *d, const struct cw_finish *f)
{
	static const enum cw_junit_result by_exit[] = {
		[CW_EXIT_HELD] = CW_JUNIT_PASSED,
		[CW_EXIT_VIOLATED] = CW_JUNIT_FAILED,
		[CW_EXIT_USAGE] = CW_JUNIT_ERROR,
		[CW_EXIT_UNKNOWN] = CW_JUNIT_ERROR,
		[CW_EXIT_COMMAND] = CW_JUNIT_FAILED,
	};
	const struct cw_verdict *v = f->verdict;

	snprintf(d->message[CW_RULE_NR], LINE_LEN, "%s: %s", cw_exit_name(v->exit), v->why);
	d->cases[CW_RULE_NR] = (struct cw_junit_case){
		.class_name = "cocowatch",
		.name = "verdict",
		.result = by_exit[v->exit],
		.type = cw_exit_name(v->exit),
		.message = d->message[CW_RULE_NR],
		.duration_ns = f->duration_ns,
	};
}

static void junit_finish(struct cw_writer *w, const struct cw_finish *f)
{
	struct junit_document *d = calloc(1, sizeof(*d));
	struct cw_junit_suite suite;
	__u32 i;

	if (!d) {
		cw_err(-ENOMEM, "cannot write junit output");
		w->failed = true;
		return;
	}
	properties_fill(&d->properties, w, f);
	for (i = 0; i < CW_RULE_NR; i++)
		case_rule(d, w, f, i);
	case_verdict(d, f);
	suite = (struct cw_junit_suite){
		.name = "cocowatch",
		.wall_ns = w->start->ts_ns + w->start->wall_offset_ns,
		.duration_ns = f->duration_ns,
		.properties = d->properties.property,
		.nr_properties = d->properties.nr,
		.cases = d->cases,
		.nr_cases = CW_RULE_NR + 1,
	};
	cw_junit_write(w->file, &suite);
	free(d);
}

static void junit_free(struct cw_writer *w)
{
	cw_blocks_free(w->kept);
}

const struct cw_writer_ops cw_out_junit = {
	.name = "junit",
	.help = "XML for CI servers, written at the end",
	.start = junit_start,
	.armed = junit_armed,
	.report = junit_report,
	.finish = junit_finish,
	.free = junit_free,
};
