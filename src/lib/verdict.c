// SPDX-License-Identifier: GPL-2.0-only
/* The outcome of each rule over a session and the one verdict that they make.
 * Only "held" counts as a pass: what was lost, never judged or never armed
 * doesn't.
 */
#include "verdict.h"

#include <stdio.h>
#include <string.h>

#include "names.h"
#include "rules.h"

const char *cw_outcome_name(enum cw_outcome outcome)
{
	static const char *const names[] = {
		[CW_OUTCOME_HELD] = "held",
		[CW_OUTCOME_VIOLATED] = "violated",
		[CW_OUTCOME_NOT_EXERCISED] = "not exercised",
		[CW_OUTCOME_NOT_ARMED] = "not armed",
		[CW_OUTCOME_UNKNOWN] = "unknown",
	};

	return names[outcome];
}

const char *cw_exit_name(enum cw_exit status)
{
	static const char *const names[] = {
		[CW_EXIT_HELD] = "held",
		[CW_EXIT_VIOLATED] = "violated",
		[CW_EXIT_USAGE] = "usage",
		[CW_EXIT_UNKNOWN] = "no verdict",
		[CW_EXIT_COMMAND] = "command failed",
	};

	return names[status];
}

/* The first loss, or what may have been one, that makes the rule unknown, written to note;
 * false when there was none.
 */
static bool rule_lost(__u32 rule, const struct cw_arming *arming, const struct cw_totals *totals,
		      const struct cw_ending *ending, char *note)
{
	__u32 event, loss;

	if (totals->unreadable) {
		snprintf(note, CW_NOTE_LEN, "%llu counters could not be read", totals->unreadable);
		return true;
	}
	for (event = 0; event < CW_EV_NR; event++) {
		if (!(cw_source_fed_by(arming->source, event) & CW_RULE_BIT(rule)))
			continue;
		for (loss = 0; loss < CW_LOSS_NR; loss++) {
			if (!totals->loss[event][loss])
				continue;
			snprintf(note, CW_NOTE_LEN, "lost at %s: %llu %s", cw_event_name(event),
				 totals->loss[event][loss], cw_loss_text(loss));
			return true;
		}
	}
	if (ending->user_blind && cw_rule_info(rule)->judge == CW_JUDGE_U) {
		snprintf(note, CW_NOTE_LEN, "records that could not be read");
		return true;
	}
	return false;
}

/* Judgements that are violations under the policy. */
static __u64 nr_violated(__u32 rule, const struct cw_policy *policy, const struct cw_totals *totals)
{
	const struct cw_count *c = &totals->rule[rule];

	return c->violated + (policy->as_violation & CW_RULE_BIT(rule) ? c->warned : 0);
}

static enum cw_outcome outcome_of(__u32 rule, const struct cw_policy *policy,
				  const struct cw_arming *arming, const struct cw_totals *totals,
				  const struct cw_ending *ending, char *note)
{
	const struct cw_count *c = &totals->rule[rule];

	note[0] = '\0';
	if (policy->off & CW_RULE_BIT(rule)) {
		snprintf(note, CW_NOTE_LEN, "off, by the policy");
		return CW_OUTCOME_NOT_ARMED;
	}
	if (nr_violated(rule, policy, totals))
		return CW_OUTCOME_VIOLATED;
	if (!(arming->armed & CW_RULE_BIT(rule))) {
		snprintf(note, CW_NOTE_LEN, "%s", arming->why_rule[rule]);
		return CW_OUTCOME_NOT_ARMED;
	}
	if (rule_lost(rule, arming, totals, ending, note))
		return CW_OUTCOME_UNKNOWN;
	if (arming->since_ns[rule] && (c->checked || !c->no_evidence))
		snprintf(note, CW_NOTE_LEN, "armed late, when its kernel module had come");
	if (c->checked)
		return CW_OUTCOME_HELD;
	if (!c->no_evidence)
		return CW_OUTCOME_NOT_EXERCISED;
	snprintf(note, CW_NOTE_LEN, "%llu times to be judged, never with evidence", c->no_evidence);
	return CW_OUTCOME_UNKNOWN;
}

static __u64 rules_with(const struct cw_verdict *v, enum cw_outcome outcome)
{
	__u64 mask = 0;
	int i;

	for (i = 0; i < CW_RULE_NR; i++)
		if (v->outcome[i] == outcome)
			mask |= CW_RULE_BIT(i);
	return mask;
}

/* " T1 S3" */
static void rules_print(char *buf, size_t size, __u64 rules)
{
	size_t len = 0;
	__u32 i;

	buf[0] = '\0';
	for (i = 0; i < CW_RULE_NR && len + 8 < size; i++)
		if (rules & CW_RULE_BIT(i))
			len += (size_t)snprintf(buf + len, size - len, " %s", cw_rule_info(i)->id);
}

static int conclude(struct cw_verdict *v, enum cw_exit status, const char *what, __u64 rules)
{
	char list[160];

	rules_print(list, sizeof(list), rules);
	v->exit = status;
	snprintf(v->why, sizeof(v->why), "%s%s", what, *what ? list : list + !!*list);
	return 1;
}

/* Rules that were required and did not hold as often as they had to. */
static __u64 required_missing(const struct cw_verdict *v, const struct cw_policy *policy,
			      const struct cw_totals *totals)
{
	__u64 missing = 0;
	int i;

	for (i = 0; i < CW_RULE_NR; i++) {
		if (!(policy->required & CW_RULE_BIT(i)))
			continue;
		/* violated, and all of it waived, is as good as held: it was judged */
		if ((v->outcome[i] != CW_OUTCOME_HELD && !v->excuse[i][0]) ||
		    totals->rule[i].checked < policy->min_checked[i])
			missing |= CW_RULE_BIT(i);
	}
	return missing;
}

/* Rules that count, and of which nobody knows whether they held. */
static __u64 counting_unknown(const struct cw_verdict *v, const struct cw_policy *policy)
{
	__u64 failing = (cw_rules_that_fail() & ~policy->as_warning) | policy->as_violation;
	__u64 counting = policy->gate ? failing : CW_RULE_ALL;

	return rules_with(v, CW_OUTCOME_UNKNOWN) & counting & ~policy->waived;
}

/* The reasons for "no verdict", in the order in which they are worth telling. */
static int no_verdict(struct cw_verdict *v, const struct cw_policy *policy,
		      const struct cw_totals *totals, const struct cw_ending *ending)
{
	__u64 unknown = counting_unknown(v, policy);
	__u64 held = rules_with(v, CW_OUTCOME_HELD) & ~policy->waived;
	__u64 missing = required_missing(v, policy, totals);

	if (missing)
		return conclude(v, CW_EXIT_UNKNOWN, "required, and not held as often as asked:", missing);
	if (unknown)
		return conclude(v, CW_EXIT_UNKNOWN, "something was lost, or had no evidence, for", unknown);
	/* what the platform says of itself is judged in every session, whatever happens in it */
	if (!(held & ~cw_rules_of_family('P')))
		return conclude(v, CW_EXIT_UNKNOWN, "nothing was exercised", 0);
	if (policy->gate && !(held & cw_rules_of_family('T')))
		return conclude(v, CW_EXIT_UNKNOWN, "no rule on transitions (T) was exercised", 0);
	if (policy->gate && !(held & cw_rules_of_family('S')))
		return conclude(v, CW_EXIT_UNKNOWN, "no rule on what is shared (S) was exercised", 0);
	if (ending->recording_failed)
		return conclude(v, CW_EXIT_UNKNOWN, "the recording could not be written", 0);
	if (ending->output_failed)
		return conclude(v, CW_EXIT_UNKNOWN, "a report could not be written", 0);
	return 0;
}

/* "waived (T3 in f): reason; waived ..." */
static void excuse_waivers(const struct cw_policy *policy, __u32 rule, bool expired, char *buf,
			   size_t size)
{
	const struct cw_waiver *w;
	size_t len = 0, i;
	char what[160];

	for (i = 0; (w = cw_policy_waiver(policy, i)) && len < size; i++) {
		if (w->rule != rule || w->expired != expired)
			continue;
		cw_waiver_text(w, what, sizeof(what));
		len += (size_t)snprintf(buf + len, size - len, "%swaived (%s%s%s): %s", len ? "; " : "",
					what, expired ? ", until " : "", expired ? w->expires : "",
					w->reason);
	}
}

/* Why the violations of a rule do not fail, if none of them does. */
static void excuse_fill(struct cw_verdict *v, __u32 rule, const struct cw_policy *policy,
			const struct cw_totals *totals)
{
	__u64 bit = CW_RULE_BIT(rule), nr = nr_violated(rule, policy, totals);

	if (v->outcome[rule] != CW_OUTCOME_VIOLATED)
		return;
	if (policy->waived & bit)
		snprintf(v->excuse[rule], CW_EXCUSE_LEN, "waived: %s", policy->reason[rule]);
	else if (policy->as_warning & bit)
		snprintf(v->excuse[rule], CW_EXCUSE_LEN, "a warning, by the policy");
	else if (totals->excused[rule] >= nr)
		excuse_waivers(policy, rule, false, v->excuse[rule], CW_EXCUSE_LEN);
	/* all of them while it still counted */
	if (!v->excuse[rule][0] && totals->excused[rule] >= nr)
		excuse_waivers(policy, rule, true, v->excuse[rule], CW_EXCUSE_LEN);
}

static void expired_fill(struct cw_verdict *v, const struct cw_policy *policy)
{
	const struct cw_waiver *w;
	char what[160];
	size_t i;

	for (i = 0; (w = cw_policy_waiver(policy, i)); i++)
		if (w->expired && !v->expired[w->rule][0])
			snprintf(v->expired[w->rule], CW_EXCUSE_LEN, "the waiver of %s expired on %s: %s",
				 cw_waiver_text(w, what, sizeof(what)), w->expires, w->reason);
}

static __u64 rules_expired(const struct cw_verdict *v)
{
	__u64 mask = 0;
	int i;

	for (i = 0; i < CW_RULE_NR; i++)
		if (v->expired[i][0])
			mask |= CW_RULE_BIT(i);
	return mask;
}

static __u64 rules_accused(const struct cw_verdict *v)
{
	__u64 mask = rules_with(v, CW_OUTCOME_VIOLATED);
	int i;

	for (i = 0; i < CW_RULE_NR; i++)
		if (v->excuse[i][0])
			mask &= ~CW_RULE_BIT(i);
	return mask;
}

static void conclude_violated(struct cw_verdict *v, __u64 violated, __u64 expired)
{
	char list[160], violations[160] = "";

	v->exit = CW_EXIT_VIOLATED;
	if (violated)
		rules_print(violations, sizeof(violations), violated);
	if (!expired) {
		snprintf(v->why, sizeof(v->why), "%s", violations + 1);
		return;
	}
	rules_print(list, sizeof(list), expired);
	snprintf(v->why, sizeof(v->why), "%s%swaivers have expired:%s", violated ? violations + 1 : "",
		 violated ? "; " : "", list);
}

static void decide(struct cw_verdict *v, const struct cw_policy *policy,
		   const struct cw_totals *totals, const struct cw_ending *ending)
{
	__u64 violated = rules_accused(v), expired = rules_expired(v);

	v->failed = violated | expired;
	v->unsure = required_missing(v, policy, totals) | counting_unknown(v, policy);
	v->unsure &= ~v->failed;
	if (v->failed) {
		conclude_violated(v, violated, expired);
		return;
	}
	if (no_verdict(v, policy, totals, ending))
		return;
	if (ending->has_command && ending->command_status) {
		snprintf(v->why, sizeof(v->why), "the rules held, the command %s with status %d",
			 ending->command_stopped ? "was ended and left" : "ended",
			 ending->command_status);
		v->exit = CW_EXIT_COMMAND;
		return;
	}
	conclude(v, CW_EXIT_HELD, "", rules_with(v, CW_OUTCOME_HELD) & ~policy->waived);
}

void cw_verdict_judge(struct cw_verdict *v, const struct cw_policy *policy,
		      const struct cw_arming *arming, const struct cw_totals *totals,
		      const struct cw_ending *ending)
{
	__u32 i;

	memset(v, 0, sizeof(*v));
	for (i = 0; i < CW_RULE_NR; i++) {
		v->outcome[i] = outcome_of(i, policy, arming, totals, ending, v->note[i]);
		excuse_fill(v, i, policy, totals);
	}
	expired_fill(v, policy);
	decide(v, policy, totals, ending);
}
