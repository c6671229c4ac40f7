// SPDX-License-Identifier: GPL-2.0-only
/* The manual page cocowatch-rules(7), made from the catalogue. */
#include <stdio.h>

#include "cmd.h"
#include "rules.h"

static const struct {
	char letter;
	const char *title;
} families[] = {
	{ 'T', "Transitions between private and shared" },
	{ 'S', "What is shared, and what must not be" },
	{ 'Z', "Nothing unintended is written to shared memory" },
	{ 'H', "What comes from the host is not trusted" },
	{ 'R', "Control paths" },
	{ 'P', "Platform" },
};

static const char head[] =
	".\\\" SPDX-License-Identifier: GPL-2.0-only\n"
	".\\\" Made by `cocowatch rules --man` from include/cocowatch/rules.h; do not edit.\n"
	".TH COCOWATCH-RULES 7 \"\" \"cocowatch\" \"Miscellaneous Information Manual\"\n"
	".SH NAME\n"
	"cocowatch-rules \\- the rules that cocowatch asserts\n"
	".SH DESCRIPTION\n"
	"A rule is one sentence that must always be true in a confidential VM.\n"
	"Ids are stable for ever.\n"
	"A rule is checked on what is really there: page-table entries that are walked, bytes that are\n"
	"read, values that are returned; never only on what the observed code says about itself.\n"
	".PP\n"
	"Each rule below names its severity\n"
	"(V violation, W warning, O observation: the host misbehaved and the guest coped),\n"
	"who judges it (the BPF program in the kernel, or user space from recorded facts) and its profile\n"
	"(\\fIpages\\fR is the default of\n"
	".BR cocowatch-watch (1),\n"
	"\\fIio\\fR adds packet paths).\n"
	"Below it stand the findings that it can report.\n";

static const char tail[] =
	".SH OUTCOMES\n"
	"Over a session each rule has one outcome; only\n"
	".B held\n"
	"counts as a pass.\n"
	".TP\n.B held\nArmed, judged at least once with evidence, never broken.\n"
	".TP\n.B violated\nBroken at least once.\n"
	".TP\n.B not exercised\nArmed, but nothing happened that it judges.\n"
	".TP\n.B not armed\nIts evidence cannot be had here; the report says why.\n"
	".TP\n.B unknown\nEvents that it needs were lost, or it never had evidence.\n"
	".SH SEE ALSO\n"
	".BR cocowatch (1),\n"
	".BR cocowatch-rules (1),\n"
	".BR cocowatch-watch (1),\n"
	".BR cocowatch-gate (1)\n";

/* Text with what troff would take for markup escaped. */
static void print_escaped(const char *text)
{
	if (*text == '.' || *text == '\'')
		printf("\\&");
	for (; *text; text++) {
		if (*text == '-')
			printf("\\-");
		else if (*text == '\\')
			printf("\\e");
		else
			putchar(*text);
	}
	putchar('\n');
}

static void print_rule(__u32 rule)
{
	const struct cw_rule_info *r = cw_rule_info(rule);
	__u32 i;

	printf(".TP\n.B ");
	printf("%s ", r->id);
	print_escaped(r->name);
	print_escaped(r->text);
	printf("(%s; judged by the %s; profile %s)\n", cw_sev_letters(r->sev),
	       r->judge == CW_JUDGE_K ? "kernel" : "user-space program", cw_profile_name(r->profile));
	for (i = CW_FIND_NONE + 1; i < CW_FIND_NR; i++) {
		const struct cw_finding_info *f = cw_finding_info(i);

		if (f->rule != rule)
			continue;
		printf(".RS\n.IP \\(bu 2\n");
		printf("%s: ", cw_sev_name(f->sev));
		print_escaped(f->seen);
		printf(".RE\n");
	}
}

void cw_rules_man(void)
{
	__u32 rule;
	size_t i;

	fputs(head, stdout);
	printf(".SH RULES\n");
	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		printf(".SS ");
		print_escaped(families[i].title);
		for (rule = 0; rule < CW_RULE_NR; rule++)
			if (cw_rule_info(rule)->id[0] == families[i].letter)
				print_rule(rule);
	}
	fputs(tail, stdout);
}
