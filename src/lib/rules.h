/* SPDX-License-Identifier: GPL-2.0-only */
/* The catalogue of cocowatch/rules.h as arrays that can be looked up and printed. */
#ifndef CW_LIB_RULES_H
#define CW_LIB_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include <cocowatch/rules.h>

enum cw_judge_by { CW_JUDGE_K, CW_JUDGE_U };	/* the BPF program, user space */
enum cw_profile { CW_PROFILE_NONE, CW_PROFILE_PAGES, CW_PROFILE_IO };

/* How the values "want" and "seen" of a finding are to be read. */
enum cw_values {
	CW_VALUES_PTE,		/* seen: a page-table entry */
	CW_VALUES_NONE,		/* the finding says it all */
	CW_VALUES_CPUS,
	CW_VALUES_PAGES,
	CW_VALUES_REPS,		/* repetitions of a hypercall */
	CW_VALUES_FRAME,
	CW_VALUES_ERRNO,	/* 0 or -errno, signed */
	CW_VALUES_TASK,		/* tgid << 32 | tid */
	CW_VALUES_VISIBILITY,	/* HV_MAP_GPA_* */
	CW_VALUES_NSEC,
	CW_VALUES_TRAP,		/* exception vector */
	CW_VALUES_MASK,
	CW_VALUES_BYTES,	/* lengths, offsets and counts of bytes */
};

struct cw_rule_info {
	const char *id;		/* "T1" */
	const char *name;	/* "not-present-window" */
	__u32 sev;		/* CW_SEV_* it can report, or'ed */
	enum cw_judge_by judge;
	enum cw_profile profile;
	const char *text;
};

struct cw_finding_info {
	const char *id;		/* "END_OWN_BIT" */
	__u32 rule;		/* enum cw_rule */
	__u32 sev;
	enum cw_values values;
	const char *expected;
	const char *seen;
};

/* The row of a rule or finding; NULL beyond the table (records are not trusted). */
const struct cw_rule_info *cw_rule_info(__u32 rule);
const struct cw_finding_info *cw_finding_info(__u32 finding);

/* Rule of exactly this id or name, or -ENOENT. */
int cw_rule_find(const char *id_or_name);

/* The id or name closest to what was typed, or NULL. */
const char *cw_rule_nearest(const char *typed);

const char *cw_sev_name(__u32 sev);		/* "violation" */
const char *cw_sev_letters(__u32 sev);		/* "V", "V/W" */
const char *cw_profile_name(enum cw_profile profile);
const char *cw_judge_name(enum cw_judge_by judge);

/* Rules of one letter, as a mask: 'T', 'S', ... */
__u64 cw_rules_of_family(char letter);

/* Rules of a profile, as a mask: "pages", "io" (those of pages too) or "all".  0: no such profile. */
__u64 cw_rules_of_profile(const char *name);

/* Rules that can report a violation, as a mask. */
__u64 cw_rules_that_fail(void);

#endif
