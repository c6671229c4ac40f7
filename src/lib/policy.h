/* SPDX-License-Identifier: GPL-2.0-only */
/* What a user asks of the rules: a policy file, and --require RULE[:N] and --waive RULE=REASON
 * of the command line, which win over it.
 */
#ifndef CW_POLICY_H
#define CW_POLICY_H

#include <stdbool.h>
#include <time.h>
#include <linux/types.h>

#include <cocowatch/rules.h>

#include "react.h"
#include "symbols.h"

struct cw_policy_file;

#define CW_REASON_LEN 256	/* of a file or the command line: recordings keep it whole */
#define CW_DATE_LEN 11		/* "2026-12-31" */

/* Of a file: a whole rule, or what matches of it. */
struct cw_waiver {
	__u32 rule;
	__u32 finding;		/* enum cw_finding; CW_FIND_NONE: any */
	char function[64];	/* somewhere in the kernel stack; "": any */
	char reason[CW_REASON_LEN];
	char expires[CW_DATE_LEN];	/* the last day on which it counts, UTC; "": never */
	bool expired;
	bool overruled;		/* the command line said something else */
};

struct cw_policy {
	bool gate;			/* a verdict for CI: losses and gaps count */
	__u64 required;			/* rules, as a mask */
	__u64 min_checked[CW_RULE_NR];	/* how often a required rule must have been judged */
	__u64 waived;			/* rules, as a mask */
	const char *reason[CW_RULE_NR];	/* why waived; points into the argument or the file */
	__u64 as_warning;		/* rules whose violations are warnings */
	__u64 as_violation;		/* rules whose warnings are violations */
	__u64 off;			/* rules that are not to be judged */
	struct cw_policy_file *file;	/* NULL: none */
};

/* Take one argument into p.  0, or -EINVAL after a message on stderr. */
int cw_policy_require(struct cw_policy *p, const char *arg);
int cw_policy_waive(struct cw_policy *p, const char *arg);

/* The rule named by the first len bytes of arg, or -EINVAL after a message with the option. */
int cw_policy_rule(const char *option, const char *arg, size_t len);

/* Reads a policy file under what the command line has said already, which must be in p and in
 * reactions.  now tells which waivers have expired.  0, or -errno after a message.
 */
int cw_policy_load(struct cw_policy *p, struct cw_reactions *reactions, const char *path,
		   time_t now);
void cw_policy_free(struct cw_policy *p);

/* Has the waivers of the file count, or not, as they do at that time; earlier or later than before.
 * Cheap while the day is the same.
 */
void cw_policy_at(struct cw_policy *p, time_t now);

/* Waivers of the file that count, in its order; NULL after the last.  Expired ones are among them,
 * and excuse nothing.
 */
const struct cw_waiver *cw_policy_waiver(const struct cw_policy *p, size_t n);

/* "T3", "T3 wrong_bit", "T3 in set_memory_p": what a waiver is for.  Returns buf. */
const char *cw_waiver_text(const struct cw_waiver *w, char *buf, size_t size);

/* Why a finding with this stack does not count, or NULL when it does. */
const char *cw_policy_excuse(const struct cw_policy *p, __u32 rule, __u32 finding,
			     struct cw_symbols *symbols, const __u64 *stack, __u32 nr_stack);

/* What a finding of this severity (CW_SEV_*) amounts to under the policy. */
__u32 cw_policy_sev(const struct cw_policy *p, __u32 rule, __u32 sev);

#endif
