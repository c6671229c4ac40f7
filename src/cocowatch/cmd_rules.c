// SPDX-License-Identifier: GPL-2.0-only
/* cocowatch rules: the catalogue, whole or one rule in full. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cmd.h"
#include "err.h"
#include "exit.h"
#include "options.h"
#include "parse.h"
#include "rules.h"
#include "source.h"

#define KEY_MAN 0x200

struct rules_args {
	struct cw_common common;
	__u64 asked;	/* rules named, as a mask; 0: all */
	bool man;
};

static const struct argp_option options[] = {
	{ "man", KEY_MAN, NULL, 0, "print the manual page cocowatch-rules(7)", 1 },
	{ 0 },
};

static error_t rule_asked(struct rules_args *a, const char *arg)
{
	int rule = cw_rule_find(arg);
	char hint[96];

	if (rule < 0) {
		cw_say(0, "unknown rule '%s'%s", arg,
		       cw_nearest_hint(hint, sizeof(hint), cw_rule_nearest(arg)));
		return EINVAL;
	}
	a->asked |= CW_RULE_BIT(rule);
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct rules_args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_MAN:
		a->man = true;
		return 0;
	case ARGP_KEY_ARG:
		return rule_asked(a, arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = { { &cw_plain_argp, 0, NULL, 0 }, { 0 } };

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.children = children,
	.args_doc = "[RULE...]",
	.doc = "List the rules that cocowatch asserts, or explain each RULE, given by id or name.",
};

/* ---- text ---- */

static void print_list(FILE *f)
{
	__u32 i;

	fprintf(f, "%-4s  %-26s  %-8s  %-10s  %s\n", "rule", "name", "severity", "judge", "profile");
	for (i = 0; i < CW_RULE_NR; i++) {
		const struct cw_rule_info *r = cw_rule_info(i);

		fprintf(f, "%-4s  %-26s  %-8s  %-10s  %s\n", r->id, r->name, cw_sev_letters(r->sev),
			cw_judge_name(r->judge), cw_profile_name(r->profile));
	}
	fprintf(f, "\nV violation, W warning, O observation; `cocowatch rules RULE` explains one\n");
}

static void print_findings(FILE *f, __u32 rule)
{
	__u32 i;

	for (i = CW_FIND_NONE + 1; i < CW_FIND_NR; i++) {
		const struct cw_finding_info *info = cw_finding_info(i);

		if (info->rule == rule)
			fprintf(f, "  %-11s %s\n              expected: %s\n", cw_sev_name(info->sev),
				info->seen, info->expected);
	}
}

/* A probe's hooks: the first that can be had is used. */
static void print_hooks(FILE *f, const struct cw_probe *probe)
{
	size_t i;

	for (i = 0; i < CW_HOOKS_MAX && probe->hooks[i].prog; i++)
		fprintf(f, "%s%s %s", i ? ", or " : "", cw_hook_kind_name(probe->hooks[i].kind),
			probe->hooks[i].target);
	fputc('\n', f);
}

static void print_probes(FILE *f, const struct cw_source *s, __u32 rule)
{
	char head[16];
	const char *sep = head;
	size_t i;

	snprintf(head, sizeof(head), "  %-12s", s->name);
	for (i = 0; i < s->nr_probes; i++) {
		if (!(s->probes[i].rules & CW_RULE_BIT(rule)))
			continue;
		fprintf(f, "%s", sep);
		print_hooks(f, &s->probes[i]);
		sep = "              ";
	}
	if (sep == head)
		fprintf(f, "%sno probe: not armed\n", head);
}

static void print_rule(FILE *f, __u32 rule)
{
	const struct cw_rule_info *r = cw_rule_info(rule);

	fprintf(f, "%s %s\n  %s\n", r->id, r->name, r->text);
	fprintf(f, "  severity    %s\n  judged by   %s\n  profile     %s\n", cw_sev_letters(r->sev),
		cw_judge_name(r->judge), cw_profile_name(r->profile));
	print_probes(f, &cw_source_stock, rule);
	print_probes(f, &cw_source_module, rule);
	print_findings(f, rule);
}

static void print_text(FILE *f, __u64 asked)
{
	const char *sep = "";
	__u32 i;

	if (!asked) {
		print_list(f);
		return;
	}
	for (i = 0; i < CW_RULE_NR; i++) {
		if (!(asked & CW_RULE_BIT(i)))
			continue;
		fprintf(f, "%s", sep);
		print_rule(f, i);
		sep = "\n";
	}
}

/* ---- ndjson ---- */

static json_t *findings_of(__u32 rule)
{
	json_t *list = json_array();
	__u32 i;

	for (i = CW_FIND_NONE + 1; i < CW_FIND_NR; i++) {
		const struct cw_finding_info *info = cw_finding_info(i);

		if (info->rule == rule)
			json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "severity",
					      cw_sev_name(info->sev), "expected", info->expected,
					      "found", info->seen));
	}
	return list;
}

static void print_ndjson(FILE *f, __u64 asked)
{
	__u32 i;

	for (i = 0; i < CW_RULE_NR; i++) {
		const struct cw_rule_info *r = cw_rule_info(i);
		json_t *o;

		if (asked && !(asked & CW_RULE_BIT(i)))
			continue;
		o = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:o}", "type", "rule", "rule", r->id,
			      "name", r->name, "severity", cw_sev_letters(r->sev), "judge",
			      cw_judge_name(r->judge), "profile", cw_profile_name(r->profile), "text",
			      r->text, "findings", findings_of(i));
		json_dumpf(o, f, JSON_COMPACT);
		fputc('\n', f);
		json_decref(o);
	}
}

static int rules_print(struct rules_args *a)
{
	struct cw_writers *ws = &a->common.writers;
	size_t i;

	if (a->man) {
		cw_rules_man();
		return cw_stdout_flush();
	}
	if (cw_writers_open(ws))
		return -EIO;
	for (i = 0; i < ws->nr; i++) {
		if (ws->writer[i].ops == &cw_out_ndjson)
			print_ndjson(ws->writer[i].file, a->asked);
		else
			print_text(ws->writer[i].file, a->asked);
	}
	return cw_writers_flush(ws) ? 0 : -EIO;
}

int cw_cmd_rules(int argc, char **argv)
{
	struct rules_args a = { .asked = 0 };
	int err;

	if (!cw_options_parse(&argp, argc, argv, false, &a, &err))
		return err;
	if (!cw_outputs_check(&a.common.writers, "rules"))
		return CW_EXIT_USAGE;
	err = rules_print(&a);
	return cw_writers_close(&a.common.writers) ? err : -EIO;
}
