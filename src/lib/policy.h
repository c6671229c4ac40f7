/* SPDX-License-Identifier: GPL-2.0-only */
/* What a user asks of the rules: --require RULE[:N] and --waive RULE=REASON. */
#ifndef CW_POLICY_H
#define CW_POLICY_H

#include <stdbool.h>
#include <linux/types.h>

#include <cocowatch/rules.h>

struct cw_policy {
	bool gate;			/* a verdict for CI: losses and gaps count */
	__u64 required;			/* rules, as a mask */
	__u64 min_checked[CW_RULE_NR];	/* how often a required rule must have been judged */
	__u64 waived;			/* rules, as a mask */
	const char *reason[CW_RULE_NR];	/* why waived; points into the argument */
};

/* Take one argument into p.  0, or -EINVAL after a message on stderr. */
int cw_policy_require(struct cw_policy *p, const char *arg);
int cw_policy_waive(struct cw_policy *p, const char *arg);

#endif
