/* SPDX-License-Identifier: GPL-2.0-only */
/* Findings kept as text, by rule, for writers that can say nothing before the end.  The blocks
 * are the text writer's; how many there are at most says group.h.
 */
#ifndef CW_BLOCKS_H
#define CW_BLOCKS_H

#include "out.h"

struct cw_block_text {
	FILE *file;
	char *text;
	size_t len;
};

struct cw_blocks {
	/* for each rule: what fails, and what does not: waived, warnings, observations */
	struct cw_block_text fails[CW_RULE_NR];
	struct cw_block_text rest[CW_RULE_NR];
	bool no_memory;
};

struct cw_blocks *cw_blocks_new(void);	/* NULL without memory */
void cw_blocks_free(struct cw_blocks *b);

/* Adds what the text writer says of a finding; w gives what holds for the session. */
void cw_blocks_add(struct cw_blocks *b, const struct cw_writer *w, const struct cw_report *r);

/* All that was added, NULL: nothing.  The blocks keep it. */
const char *cw_block_text(struct cw_block_text *t);

/* What a rule is as a test. */
enum cw_result {
	CW_RESULT_PASS,
	CW_RESULT_FAIL,
	CW_RESULT_ERROR,	/* nobody knows, or not often enough */
	CW_RESULT_SKIP,		/* not armed, not exercised */
	CW_RESULT_EXCUSED,	/* it would fail, and is waived or a warning by the policy */
};

enum cw_result cw_rule_result(const struct cw_verdict *v, __u32 rule);

/* What writers say of a rule at the end, on one line: what became of it, why it is excused, that a
 * waiver has expired.  Returns buf.
 */
const char *cw_rule_line(const struct cw_start *start, const struct cw_finish *f, __u32 rule,
			 char *buf, size_t size);

#endif
