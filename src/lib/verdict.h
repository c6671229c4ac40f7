/* SPDX-License-Identifier: GPL-2.0-only */
/* From counts to the outcome of each rule, and from outcomes to the exit status. */
#ifndef CW_VERDICT_H
#define CW_VERDICT_H

#include <stdbool.h>
#include <linux/types.h>

#include "exit.h"
#include "policy.h"
#include "source.h"
#include "totals.h"

enum cw_outcome {
	CW_OUTCOME_HELD,
	CW_OUTCOME_VIOLATED,
	CW_OUTCOME_NOT_EXERCISED,
	CW_OUTCOME_NOT_ARMED,
	CW_OUTCOME_UNKNOWN,
};

/* What else, apart from the rules, decides the exit status. */
struct cw_ending {
	bool output_failed;	/* something that was to be reported could not be written */
	bool recording_failed;	/* it does not hold all that it should; itself not recorded */
	bool user_blind;	/* records were malformed: what user space judges is unknown */
	bool has_command;
	bool command_stopped;	/* by us: its time was over, or a violation was to stop it */
	int command_status;	/* exit status of the command under gate, 128 + signal */
};

#define CW_NOTE_LEN 256
#define CW_EXCUSE_LEN 512

struct cw_verdict {
	enum cw_outcome outcome[CW_RULE_NR];
	char note[CW_RULE_NR][CW_NOTE_LEN];	/* why not armed, what was lost */
	char excuse[CW_RULE_NR][CW_EXCUSE_LEN];	/* why a violation of it does not fail, or "" */
	char expired[CW_RULE_NR][CW_EXCUSE_LEN];	/* that a waiver of it has expired, or "" */
	__u64 failed;				/* rules that make the exit status 1 */
	__u64 unsure;				/* rules without which there is no verdict */
	enum cw_exit exit;
	char why[CW_EXCUSE_LEN];		/* what decided it, after the status's name */
};

void cw_verdict_judge(struct cw_verdict *v, const struct cw_policy *policy,
		      const struct cw_arming *arming, const struct cw_totals *totals,
		      const struct cw_ending *ending);

const char *cw_outcome_name(enum cw_outcome outcome);
const char *cw_exit_name(enum cw_exit status);

#endif
