// SPDX-License-Identifier: GPL-2.0-only
/* What a user asks of the rules: the options of the command line, and what the policy makes of
 * one finding.
 */
#include "policy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "err.h"
#include "parse.h"
#include "policy_file.h"
#include "rules.h"

int cw_policy_rule(const char *option, const char *arg, size_t len)
{
	char name[64], hint[96];
	int rule;

	snprintf(name, sizeof(name), "%.*s", (int)len, arg);
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
	int rule = cw_policy_rule("--require", arg, colon ? (size_t)(colon - arg) : strlen(arg));
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
	int rule = cw_policy_rule("--waive", arg, equals ? (size_t)(equals - arg) : strlen(arg));

	if (rule < 0)
		return rule;
	if (!equals || !equals[1]) {
		cw_say(0, "--waive: '%s' gives no reason (RULE=REASON)", arg);
		return -EINVAL;
	}
	if (strlen(equals + 1) >= CW_REASON_LEN) {
		cw_say(0, "--waive: the reason for %s is longer than %d bytes",
		       cw_rule_info((__u32)rule)->id, CW_REASON_LEN - 1);
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

/* ---- what a policy says of one finding ---- */

/* "set_memory_p" is "set_memory_p+0x12/0x40" and "set_memory_p.part.0+0x1/0x20". */
static bool is_function(const char *text, const char *function)
{
	size_t len = strlen(function);

	return !strncmp(text, function, len) && (text[len] == '+' || text[len] == '.');
}

static bool is_in_stack(const char *function, struct cw_symbols *symbols, const __u64 *stack,
			__u32 nr_stack)
{
	char text[CW_SYMBOL_LEN];
	__u32 i;

	for (i = 0; i < nr_stack; i++)
		if (is_function(cw_symbol_text(symbols, stack[i], text, sizeof(text)), function))
			return true;
	return false;
}

const char *cw_policy_excuse(const struct cw_policy *p, __u32 rule, __u32 finding,
			     struct cw_symbols *symbols, const __u64 *stack, __u32 nr_stack)
{
	const struct cw_waiver *w;
	size_t i;

	if (p->waived & CW_RULE_BIT(rule))
		return p->reason[rule];
	for (i = 0; (w = cw_policy_waiver(p, i)); i++) {
		if (w->expired || w->rule != rule || (w->finding && w->finding != finding))
			continue;
		if (!w->function[0] || is_in_stack(w->function, symbols, stack, nr_stack))
			return w->reason;
	}
	return NULL;
}

__u32 cw_policy_sev(const struct cw_policy *p, __u32 rule, __u32 sev)
{
	if (sev == CW_SEV_V && p->as_warning & CW_RULE_BIT(rule))
		return CW_SEV_W;
	if (sev == CW_SEV_W && p->as_violation & CW_RULE_BIT(rule))
		return CW_SEV_V;
	return sev;
}

const char *cw_waiver_text(const struct cw_waiver *w, char *buf, size_t size)
{
	const struct cw_finding_info *finding = cw_finding_info(w->finding);
	char lower[64] = "";

	if (finding)
		cw_finding_lower(finding->id, lower, sizeof(lower));
	snprintf(buf, size, "%s%s%s%s%s", cw_rule_info(w->rule)->id, finding ? " " : "", lower,
		 w->function[0] ? " in " : "", w->function);
	return buf;
}
