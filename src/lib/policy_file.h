/* SPDX-License-Identifier: GPL-2.0-only */
/* What cocowatch-policy(5) describes, as libcyaml fills it in: no pointers, so that nothing of it
 * is allocated but the whole.
 */
#ifndef CW_POLICY_FILE_H
#define CW_POLICY_FILE_H

#include "policy.h"

#define CW_POLICY_VERSION 1
#define CW_POLICY_BYTES_MAX (64 << 10)
#define CW_WAIVERS_MAX 64

/* What findings of a rule amount to: X(severity, name) */
#define CW_SEVERITIES(X) \
	X(DEFAULT, "default") \
	X(VIOLATION, "violation") \
	X(WARNING, "warning") \
	X(OFF, "off")

#define CW_SEVERITY_ENUM(id, name) CW_SEVERITY_##id,
enum cw_severity { CW_SEVERITIES(CW_SEVERITY_ENUM) CW_SEVERITY_NR };

struct cw_policy_waiver_row {
	enum cw_rule rule;
	char finding[40];
	char function[64];
	char reason[CW_REASON_LEN];
	char expires[CW_DATE_LEN];
};

struct cw_policy_reaction_row {
	enum cw_rule rule;
	enum cw_action action;
	char program[CW_PROGRAM_LEN];
	char signal[16];
};

struct cw_policy_file {
	__u32 version;
	struct cw_policy_rules {
		enum cw_severity of[CW_RULE_NR];
	} rules;
	struct cw_policy_require {
		__u32 of[CW_RULE_NR];
	} require;
	struct cw_policy_waiver_row waivers[CW_WAIVERS_MAX];
	__u32 waivers_count;
	struct cw_policy_reaction_row reactions[CW_REACTIONS_MAX];
	__u32 reactions_count;

	struct cw_waiver waiver[CW_WAIVERS_MAX];	/* made of the rows, not of the YAML */
	size_t nr_waivers;
	long day;		/* since 1970, on which the waivers were looked at; 0: never */
};

/* Parses bytes into a file that policy_file_free() frees.  NULL with why filled, on one line, where
 * they are no policy: bad syntax, keys or values that are not known, aliases, more than fits.
 */
struct cw_policy_file *cw_policy_file_parse(const char *bytes, size_t len, char *why, size_t size);

/* "END_OWN_BIT" as the outputs and policies spell it: "end_own_bit". */
void cw_finding_lower(const char *id, char *buf, size_t size);

/* What the policy makes of a rule's findings, as such a file names it; and the other way round.
 * 0 or -EINVAL.
 */
const char *cw_policy_severity(const struct cw_policy *p, __u32 rule);
int cw_policy_severity_set(struct cw_policy *p, __u32 rule, const char *name);

/* Dates that are in the calendar: days since 1970, or -EINVAL. */
long cw_date_days(const char *text);

#endif
