/* SPDX-License-Identifier: GPL-2.0-only */
/* What cocowatch selftest makes of its trials: a scenario, run once, is judged by what was counted
 * and reported meanwhile; a rule by its scenarios.  Nothing here runs or prints anything.
 */
#ifndef CW_SELFTEST_H
#define CW_SELFTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include <cocowatch/count.h>
#include <cocowatch/rules.h>

#include "catalogue.h"
#include "exit.h"

#define CW_TRIAL_NOTE 256

enum cw_trial_result {
	CW_TRIAL_HELD,		/* honest: its rule was judged, and nothing was found */
	CW_TRIAL_FIRED,		/* its rule fired with its finding, and no other rule did */
	CW_TRIAL_IMPOSSIBLE,	/* this machine or mode cannot do it */
	CW_TRIAL_NOT_ARMED,
	CW_TRIAL_LOST,
	CW_TRIAL_REFUSED,	/* the module returned an error */
	CW_TRIAL_BLIND,		/* honest: its rule never had evidence */
	CW_TRIAL_UNSEEN,	/* honest: its rule was not judged at all */
	CW_TRIAL_SILENT,	/* misbehaved, and its finding did not come */
	CW_TRIAL_ACCUSED,	/* honest, and something was found all the same */
	CW_TRIAL_OTHER,		/* misbehaved, and another rule fired */
	CW_TRIAL_NR,
};

/* One run of a scenario.  The caller fills it in, up to report_ns; cw_trial_judge() the rest. */
struct cw_trial {
	const struct cw_scenario *sc;
	bool misbehave;
	int err;			/* that the module returned */
	__u64 armed, lost;		/* rules, as masks */
	struct cw_count count[CW_RULE_NR];	/* what this run added */
	bool found[CW_FIND_NR];		/* that were reported */
	__u64 report_ns;		/* from the order to the report of its finding; 0: none */
	enum cw_trial_result result;
	char note[CW_TRIAL_NOTE];	/* what fired, which error; "" when there is nothing to add */
};

void cw_trial_judge(struct cw_trial *t);

/* "held", "did not fire", ...; what it says for an exit status. */
const char *cw_trial_name(enum cw_trial_result result);
enum cw_exit cw_trial_exit(enum cw_trial_result result);

/* One rule over all trials: how many scenarios there were, and how many passed. */
struct cw_rule_result {
	__u32 honest, held;
	__u32 misbehaving, fired;
	__u32 impossible;	/* of either, and counted in neither */
	__u64 median_ns;	/* of report_ns; 0: none */
	enum cw_exit exit;
};

struct cw_selftest {
	struct cw_trial *trial;		/* the repetitions of a scenario need not be neighbours */
	size_t nr;
	struct cw_rule_result rule[CW_RULE_NR + 1];	/* the last: scenarios without a rule */
	__u64 named;			/* rules that have a scenario, as a mask */
	bool ended_early;
	enum cw_exit exit;
};

/* The worst of the trials of one scenario and kind, or NULL when it was not tried. */
const struct cw_trial *cw_selftest_worst(const struct cw_selftest *s, const struct cw_scenario *sc,
					 bool misbehave);

/* Judges every rule, and the whole.  Trials are judged before. */
void cw_selftest_judge(struct cw_selftest *s, const struct cw_catalogue *c);

#endif
