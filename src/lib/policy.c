// SPDX-License-Identifier: GPL-2.0-only
/* What a user asks of the rules, from the command line. */
#include "policy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "err.h"
#include "parse.h"
#include "rules.h"

/* The rule named by the first len bytes of arg, or -EINVAL after a message. */
static int rule_parse(const char *option, const char *arg, size_t len)
{
	char name[64], hint[96];
	int rule;

	if (len >= sizeof(name))
		len = sizeof(name) - 1;
	memcpy(name, arg, len);
	name[len] = '\0';
	rule = cw_rule_find(name);
	if (rule >= 0)
		return rule;
	cw_nearest_hint(hint, sizeof(hint), cw_rule_nearest(name));
	cw_say(0, "%s: unknown rule '%s'%s", option, name, hint);
	return -EINVAL;
}

int cw_policy_require(struct cw_policy *p, const char *arg)
{
	const char *colon = strchr(arg, ':');
	int rule = rule_parse("--require", arg, colon ? (size_t)(colon - arg) : strlen(arg));
	__u64 min = 1;

	if (rule < 0)
		return rule;
	if (colon && (cw_parse_u64(colon + 1, &min) || !min)) {
		cw_say(0, "--require: '%s' is no count (RULE[:N], N from 1)", colon + 1);
		return -EINVAL;
	}
	if (p->waived & CW_RULE_BIT(rule)) {
		cw_say(0, "--require: rule %s is waived as well", cw_rule_info((__u32)rule)->id);
		return -EINVAL;
	}
	p->required |= CW_RULE_BIT(rule);
	p->min_checked[rule] = min;
	return 0;
}

int cw_policy_waive(struct cw_policy *p, const char *arg)
{
	const char *equals = strchr(arg, '=');
	int rule = rule_parse("--waive", arg, equals ? (size_t)(equals - arg) : strlen(arg));

	if (rule < 0)
		return rule;
	if (!equals || !equals[1]) {
		cw_say(0, "--waive: '%s' gives no reason (RULE=REASON)", arg);
		return -EINVAL;
	}
	if (p->required & CW_RULE_BIT(rule)) {
		cw_say(0, "--waive: rule %s is required as well", cw_rule_info((__u32)rule)->id);
		return -EINVAL;
	}
	p->waived |= CW_RULE_BIT(rule);
	p->reason[rule] = equals + 1;
	return 0;
}
