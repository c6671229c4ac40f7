// SPDX-License-Identifier: GPL-2.0-only
/* The catalogue as arrays, filled from the tables of cocowatch/rules.h. */
#include "rules.h"

#include <errno.h>
#include <string.h>

#include "parse.h"

#define RULE_ROW(rule_id, rule_name, rule_sev, rule_judge, rule_profile, rule_text) \
	[CW_RULE_##rule_id] = { .id = #rule_id, .name = rule_name, .sev = (rule_sev), \
		.judge = CW_JUDGE_##rule_judge, .profile = CW_PROFILE_##rule_profile, \
		.text = rule_text },

static const struct cw_rule_info rules[CW_RULE_NR] = { CW_RULES(RULE_ROW) };

#define FINDING_ROW(find_id, find_rule, find_sev, find_values, find_expected, find_seen) \
	[CW_FIND_##find_id] = { .id = #find_id, .rule = CW_RULE_##find_rule, \
		.sev = CW_SEV_##find_sev, .values = CW_VALUES_##find_values, \
		.expected = find_expected, .seen = find_seen },

static const struct cw_finding_info findings[CW_FIND_NR] = { CW_FINDINGS(FINDING_ROW) };

const struct cw_rule_info *cw_rule_info(__u32 rule)
{
	return rule < CW_RULE_NR ? &rules[rule] : NULL;
}

const struct cw_finding_info *cw_finding_info(__u32 finding)
{
	return finding > CW_FIND_NONE && finding < CW_FIND_NR ? &findings[finding] : NULL;
}

int cw_rule_find(const char *id_or_name)
{
	int i;

	for (i = 0; i < CW_RULE_NR; i++)
		if (!strcmp(rules[i].id, id_or_name) || !strcmp(rules[i].name, id_or_name))
			return i;
	return -ENOENT;
}

const char *cw_rule_nearest(const char *typed)
{
	const char *names[2 * CW_RULE_NR];
	int i;

	for (i = 0; i < CW_RULE_NR; i++) {
		names[i] = rules[i].id;
		names[CW_RULE_NR + i] = rules[i].name;
	}
	return cw_nearest(typed, names, 2 * CW_RULE_NR);
}

const char *cw_sev_name(__u32 sev)
{
	if (sev == CW_SEV_V)
		return "violation";
	return sev == CW_SEV_W ? "warning" : "observation";
}

const char *cw_sev_letters(__u32 sev)
{
	static const char *const letters[8] = { "-", "V", "W", "V/W", "O", "V/O", "W/O", "V/W/O" };

	return letters[sev & 7];
}

const char *cw_profile_name(enum cw_profile profile)
{
	static const char *const names[] = { "on request", "pages", "io" };

	return names[profile];
}

const char *cw_judge_name(enum cw_judge_by judge)
{
	return judge == CW_JUDGE_K ? "kernel" : "user space";
}

__u64 cw_rules_of_family(char letter)
{
	__u64 mask = 0;
	int i;

	for (i = 0; i < CW_RULE_NR; i++)
		if (rules[i].id[0] == letter)
			mask |= CW_RULE_BIT(i);
	return mask;
}

__u64 cw_rules_of_profile(const char *name)
{
	bool all = !strcmp(name, "all"), io = all || !strcmp(name, "io");
	__u64 mask = 0;
	int i;

	if (!io && strcmp(name, "pages"))
		return 0;
	for (i = 0; i < CW_RULE_NR; i++)
		if (all || rules[i].profile == CW_PROFILE_PAGES ||
		    (io && rules[i].profile == CW_PROFILE_IO))
			mask |= CW_RULE_BIT(i);
	return mask;
}

__u64 cw_rules_that_fail(void)
{
	__u64 mask = 0;
	int i;

	for (i = 0; i < CW_RULE_NR; i++)
		if (rules[i].sev & CW_SEV_V)
			mask |= CW_RULE_BIT(i);
	return mask;
}
