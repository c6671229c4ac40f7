// SPDX-License-Identifier: GPL-2.0-only
/* From trials to a verdict.  A rule passes when each of its misbehaviours was found for what it
 * is, and each honest twin was judged and found innocent.
 */
#include "selftest.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules.h"

static const struct {
	const char *name;
	enum cw_exit exit;
} results[CW_TRIAL_NR] = {
	[CW_TRIAL_HELD] = { "held", CW_EXIT_HELD },
	[CW_TRIAL_FIRED] = { "fired", CW_EXIT_HELD },
	[CW_TRIAL_IMPOSSIBLE] = { "cannot be done here", CW_EXIT_HELD },
	[CW_TRIAL_NOT_ARMED] = { "the rule is not armed", CW_EXIT_UNKNOWN },
	[CW_TRIAL_LOST] = { "events were lost", CW_EXIT_UNKNOWN },
	[CW_TRIAL_REFUSED] = { "the module could not run it", CW_EXIT_UNKNOWN },
	[CW_TRIAL_BLIND] = { "the rule had no evidence", CW_EXIT_UNKNOWN },
	[CW_TRIAL_UNSEEN] = { "the rule was not exercised", CW_EXIT_VIOLATED },
	[CW_TRIAL_SILENT] = { "did not fire", CW_EXIT_VIOLATED },
	[CW_TRIAL_ACCUSED] = { "honest, and accused", CW_EXIT_VIOLATED },
	[CW_TRIAL_OTHER] = { "something else fired", CW_EXIT_VIOLATED },
};

const char *cw_trial_name(enum cw_trial_result result)
{
	return result < CW_TRIAL_NR ? results[result].name : "unknown";
}

enum cw_exit cw_trial_exit(enum cw_trial_result result)
{
	return result < CW_TRIAL_NR ? results[result].exit : CW_EXIT_UNKNOWN;
}

/* ---- one trial ---- */

static __u64 bit_of(const struct cw_trial *t)
{
	return t->sc->rule == CW_NO_RULE ? 0 : CW_RULE_BIT(t->sc->rule);
}

/* A host that misbehaved and was coped with (O) accuses nobody. */
static bool accused(const struct cw_trial *t, __u32 rule)
{
	return t->count[rule].violated || t->count[rule].warned;
}

/* Adds " T3 (end_own_bit)" to the note. */
static void note_rule(struct cw_trial *t, __u32 rule)
{
	size_t len = strlen(t->note), from;
	__u32 i;

	snprintf(t->note + len, sizeof(t->note) - len, "%s%s", len ? ", " : "",
		 cw_rule_info(rule)->id);
	for (i = CW_FIND_NONE + 1; i < CW_FIND_NR; i++) {
		if (!t->found[i] || cw_finding_info(i)->rule != rule)
			continue;
		len = strlen(t->note);
		snprintf(t->note + len, sizeof(t->note) - len, " (%s)", cw_finding_info(i)->id);
		for (from = len; t->note[from]; from++)
			t->note[from] = (char)tolower((unsigned char)t->note[from]);
	}
}

/* Notes the rules that accuse, apart from those of the mask.  Whether there are any. */
static bool note_accused(struct cw_trial *t, __u64 but)
{
	bool any = false;
	__u32 i;

	for (i = 0; i < CW_RULE_NR; i++) {
		if ((but & CW_RULE_BIT(i)) || !accused(t, i))
			continue;
		note_rule(t, i);
		any = true;
	}
	return any;
}

static enum cw_trial_result misbehaved_judge(struct cw_trial *t)
{
	const struct cw_count *c = &t->count[t->sc->rule];
	__u64 bit = bit_of(t);

	if (note_accused(t, bit))
		return CW_TRIAL_OTHER;
	if (t->found[t->sc->finding])
		return CW_TRIAL_FIRED;
	if (!(t->armed & bit))
		return CW_TRIAL_NOT_ARMED;
	/* another finding of the same rule says that it was taken for something else */
	if (accused(t, (__u32)t->sc->rule))
		note_rule(t, (__u32)t->sc->rule);
	else if (t->lost & bit)
		return CW_TRIAL_LOST;
	else if (c->no_evidence)
		snprintf(t->note, sizeof(t->note), "the rule had no evidence %llu times",
			 c->no_evidence);
	return CW_TRIAL_SILENT;
}

static enum cw_trial_result honest_judge(struct cw_trial *t)
{
	const struct cw_count *c;

	if (note_accused(t, 0))
		return CW_TRIAL_ACCUSED;
	if (t->sc->rule == CW_NO_RULE)
		return t->lost ? CW_TRIAL_LOST : CW_TRIAL_HELD;
	c = &t->count[t->sc->rule];
	/* of a rule that only observes: the twin must not bring it about */
	if (t->found[t->sc->finding]) {
		note_rule(t, (__u32)t->sc->rule);
		return CW_TRIAL_ACCUSED;
	}
	if (!(t->armed & bit_of(t)))
		return CW_TRIAL_NOT_ARMED;
	if (t->lost & bit_of(t))
		return CW_TRIAL_LOST;
	if (c->checked)
		return CW_TRIAL_HELD;
	return c->no_evidence ? CW_TRIAL_BLIND : CW_TRIAL_UNSEEN;
}

void cw_trial_judge(struct cw_trial *t)
{
	t->note[0] = '\0';
	t->found[CW_FIND_NONE] = false;
	if (t->err == -EOPNOTSUPP) {
		t->result = CW_TRIAL_IMPOSSIBLE;
	} else if (t->err) {
		t->result = CW_TRIAL_REFUSED;
		snprintf(t->note, sizeof(t->note), "%s", strerror(-t->err));
	} else {
		t->result = t->misbehave ? misbehaved_judge(t) : honest_judge(t);
	}
}

/* ---- rules, and the whole ---- */

/* Violated outweighs no verdict, which outweighs held. */
static enum cw_exit worse(enum cw_exit a, enum cw_exit b)
{
	if (a == CW_EXIT_VIOLATED || b == CW_EXIT_VIOLATED)
		return CW_EXIT_VIOLATED;
	return a == CW_EXIT_HELD ? b : a;
}

const struct cw_trial *cw_selftest_worst(const struct cw_selftest *s, const struct cw_scenario *sc,
					 bool misbehave)
{
	const struct cw_trial *worst = NULL, *t;
	size_t i;

	for (i = 0; i < s->nr; i++) {
		t = &s->trial[i];
		if (t->sc != sc || t->misbehave != misbehave)
			continue;
		if (!worst || worse(cw_trial_exit(worst->result), cw_trial_exit(t->result)) !=
				      cw_trial_exit(worst->result))
			worst = t;
	}
	return worst;
}

static struct cw_rule_result *rule_of(struct cw_selftest *s, const struct cw_scenario *sc)
{
	return &s->rule[sc->rule == CW_NO_RULE ? CW_RULE_NR : sc->rule];
}

static void scenario_count(struct cw_selftest *s, const struct cw_scenario *sc, bool misbehave)
{
	const struct cw_trial *t = cw_selftest_worst(s, sc, misbehave);
	struct cw_rule_result *r = rule_of(s, sc);
	bool passed;

	if (!t)
		return;
	if (sc->rule != CW_NO_RULE)
		s->named |= CW_RULE_BIT(sc->rule);
	if (t->result == CW_TRIAL_IMPOSSIBLE) {
		r->impossible++;
		return;
	}
	passed = cw_trial_exit(t->result) == CW_EXIT_HELD;
	r->exit = worse(r->exit, cw_trial_exit(t->result));
	if (misbehave) {
		r->misbehaving++;
		r->fired += passed;
	} else {
		r->honest++;
		r->held += passed;
	}
}

static int ns_compare(const void *a, const void *b)
{
	__u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return x < y ? -1 : x > y;
}

/* 0 when nothing was reported, or there is no memory to sort it. */
static __u64 median_of(const struct cw_selftest *s, int rule)
{
	__u64 *ns = calloc(s->nr ? s->nr : 1, sizeof(*ns)), median;
	size_t i, nr = 0;

	for (i = 0; ns && i < s->nr; i++)
		if (s->trial[i].sc->rule == rule && s->trial[i].report_ns)
			ns[nr++] = s->trial[i].report_ns;
	if (nr)
		qsort(ns, nr, sizeof(*ns), ns_compare);
	median = nr ? (ns[(nr - 1) / 2] + ns[nr / 2]) / 2 : 0;
	free(ns);
	return median;
}

void cw_selftest_judge(struct cw_selftest *s, const struct cw_catalogue *c)
{
	bool any = false;
	size_t i;
	int rule;

	memset(s->rule, 0, sizeof(s->rule));
	s->named = 0;
	s->exit = s->ended_early ? CW_EXIT_UNKNOWN : CW_EXIT_HELD;
	for (i = 0; i < c->nr; i++) {
		scenario_count(s, &c->row[i], false);
		scenario_count(s, &c->row[i], true);
	}
	for (rule = 0; rule <= CW_RULE_NR; rule++) {
		struct cw_rule_result *r = &s->rule[rule];

		any |= r->honest || r->misbehaving;
		r->median_ns = rule < CW_RULE_NR ? median_of(s, rule) : 0;
		s->exit = worse(s->exit, r->exit);
	}
	/* of what this machine or mode cannot do, nothing is known;
	 * of that alone, nothing at all
	 */
	if (!any)
		s->exit = worse(s->exit, CW_EXIT_UNKNOWN);
}
