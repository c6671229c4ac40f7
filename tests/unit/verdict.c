// SPDX-License-Identifier: GPL-2.0-only
/* The outcome of each rule, and the one exit status: usage aside, violated comes
 * before no verdict, that before a failed command, and held last.
 */
#include "unit.h"

#include "verdict.h"

#define BIT(rule) CW_RULE_BIT(CW_RULE_##rule)

static struct cw_arming arming;
static struct cw_totals totals;
static struct cw_policy policy;
static struct cw_ending ending;
static struct cw_verdict verdict;

/* T3, S3 and P1 armed; T3 and S3 judged and held. */
static int setup(void **state)
{
	size_t i;

	(void)state;
	memset(&totals, 0, sizeof(totals));
	memset(&policy, 0, sizeof(policy));
	memset(&ending, 0, sizeof(ending));
	cw_arming_init(&arming, &cw_source_module, 0);
	for (i = 0; i < cw_source_module.nr_probes; i++)
		cw_arming_attached(&arming, i);
	cw_arming_finish(&arming);
	totals.rule[CW_RULE_T3].checked = 5;
	totals.rule[CW_RULE_S3].checked = 5;
	return 0;
}

static int judged(void)
{
	cw_verdict_judge(&verdict, &policy, &arming, &totals, &ending);
	return (int)verdict.exit;
}

static void test_held(void **state)
{
	(void)state;
	assert_int_equal(judged(), CW_EXIT_HELD);
	assert_int_equal(verdict.outcome[CW_RULE_T3], CW_OUTCOME_HELD);
	assert_int_equal(verdict.outcome[CW_RULE_T1], CW_OUTCOME_NOT_EXERCISED);
	assert_int_equal(verdict.outcome[CW_RULE_S4], CW_OUTCOME_NOT_ARMED);
	assert_string_equal(verdict.note[CW_RULE_S4], "the module source has no probe for it");
	assert_string_equal(verdict.why, "T3 S3");
}

static void test_violated(void **state)
{
	(void)state;
	totals.rule[CW_RULE_T1].violated = 1;
	assert_int_equal(judged(), CW_EXIT_VIOLATED);
	assert_int_equal(verdict.outcome[CW_RULE_T1], CW_OUTCOME_VIOLATED);
	assert_string_equal(verdict.why, "T1");
}

static void test_never_with_evidence(void **state)
{
	(void)state;
	totals.rule[CW_RULE_T6].no_evidence = 2;
	assert_int_equal(judged(), CW_EXIT_UNKNOWN);
	assert_int_equal(verdict.outcome[CW_RULE_T6], CW_OUTCOME_UNKNOWN);
	totals.rule[CW_RULE_T6].checked = 1;	/* one with evidence is enough */
	assert_int_equal(judged(), CW_EXIT_HELD);
}

static void test_loss_hits_the_rules_it_feeds(void **state)
{
	(void)state;
	totals.loss[CW_EV_PAGE_FREE][CW_LOSS_RING] = 3;
	assert_int_equal(judged(), CW_EXIT_UNKNOWN);
	assert_int_equal(verdict.outcome[CW_RULE_S3], CW_OUTCOME_UNKNOWN);
	assert_int_equal(verdict.outcome[CW_RULE_T3], CW_OUTCOME_HELD);
	assert_string_equal(verdict.note[CW_RULE_S3],
			    "lost at page_free: 3 records that found the event ring full");
}

static void test_loss_never_hides_a_violation(void **state)
{
	(void)state;
	totals.loss[CW_EV_END][CW_LOSS_RING] = 1;
	totals.rule[CW_RULE_T3].violated = 1;
	ending.output_failed = true;
	assert_int_equal(judged(), CW_EXIT_VIOLATED);
	assert_int_equal(verdict.outcome[CW_RULE_T3], CW_OUTCOME_VIOLATED);
}

/* Nobody knows what the counters held: no armed rule is held, exercised or not. */
static void test_unreadable_counters(void **state)
{
	(void)state;
	totals.unreadable = 1;
	assert_int_equal(judged(), CW_EXIT_UNKNOWN);
	assert_int_equal(verdict.outcome[CW_RULE_T3], CW_OUTCOME_UNKNOWN);
	assert_int_equal(verdict.outcome[CW_RULE_T1], CW_OUTCOME_UNKNOWN);
	assert_int_equal(verdict.outcome[CW_RULE_S4], CW_OUTCOME_NOT_ARMED);
	assert_string_equal(verdict.note[CW_RULE_T3], "1 counters could not be read");
	totals.rule[CW_RULE_T1].violated = 1;
	assert_int_equal(judged(), CW_EXIT_VIOLATED);
}

/* T7 tells an end that was turned away from one that left a gap by the steps in between. */
static void test_lost_step_hits_t7(void **state)
{
	static const __u32 steps[] = { CW_EV_PREPARED,	CW_EV_FLUSHED,	   CW_EV_PROBED,
				       CW_EV_CHANGED,	CW_EV_HOST_CALL,   CW_EV_HOST_ANSWER,
				       CW_EV_HOST_DONE, CW_EV_FINISHED };
	size_t i;

	(void)state;
	totals.rule[CW_RULE_T7].checked = 5;
	assert_int_equal(judged(), CW_EXIT_HELD);
	for (i = 0; i < NR(steps); i++) {
		totals.loss[steps[i]][CW_LOSS_RING] = 1;
		judged();
		assert_int_equal(verdict.outcome[CW_RULE_T7], CW_OUTCOME_UNKNOWN);
		totals.loss[steps[i]][CW_LOSS_RING] = 0;
	}
}

static size_t probe_at(const char *prog)
{
	size_t i;

	for (i = 0; i < cw_source_module.nr_probes; i++)
		if (!strcmp(cw_source_module.probes[i].hooks[0].prog, prog))
			return i;
	fail_msg("no probe %s", prog);
	return 0;
}

/* Whoever takes an entry away is there before, and after, the one who makes it. */
static void test_order_of_attaching(void **state)
{
	(void)state;
	assert_true(probe_at("on_fixup_exception") < probe_at("on_zeropad"));
	assert_true(probe_at("on_end") < probe_at("on_begin"));
}

static void test_nothing_exercised(void **state)
{
	(void)state;
	memset(&totals, 0, sizeof(totals));
	assert_int_equal(judged(), CW_EXIT_UNKNOWN);
	assert_string_equal(verdict.why, "nothing was exercised");
	totals.rule[CW_RULE_P1].checked = 1;	/* judged in every session: no exercise */
	assert_int_equal(judged(), CW_EXIT_UNKNOWN);
}

static void test_malformed_blinds_user_judges(void **state)
{
	(void)state;
	totals.rule[CW_RULE_P1].checked = 1;
	ending.user_blind = true;
	assert_int_equal(judged(), CW_EXIT_UNKNOWN);
	assert_int_equal(verdict.outcome[CW_RULE_P1], CW_OUTCOME_UNKNOWN);
	assert_int_equal(verdict.outcome[CW_RULE_T3], CW_OUTCOME_HELD);
}

static void test_output_failed(void **state)
{
	(void)state;
	ending.output_failed = true;
	assert_int_equal(judged(), CW_EXIT_UNKNOWN);
}

static void test_command_failed(void **state)
{
	(void)state;
	policy.gate = true;
	ending.has_command = true;
	assert_int_equal(judged(), CW_EXIT_HELD);
	ending.command_status = 7;
	assert_int_equal(judged(), CW_EXIT_COMMAND);
	ending.output_failed = true;
	assert_int_equal(judged(), CW_EXIT_UNKNOWN);
	totals.rule[CW_RULE_S5].violated = 1;
	assert_int_equal(judged(), CW_EXIT_VIOLATED);
}

static void test_gate_needs_t_and_s(void **state)
{
	(void)state;
	policy.gate = true;
	totals.rule[CW_RULE_S3].checked = 0;
	assert_int_equal(judged(), CW_EXIT_UNKNOWN);
	totals.rule[CW_RULE_S3].checked = 1;
	totals.rule[CW_RULE_T3].checked = 0;
	assert_int_equal(judged(), CW_EXIT_UNKNOWN);
	totals.rule[CW_RULE_T3].checked = 1;
	assert_int_equal(judged(), CW_EXIT_HELD);
	policy.gate = false;	/* watch is content with what was exercised */
	totals.rule[CW_RULE_S3].checked = 0;
	assert_int_equal(judged(), CW_EXIT_HELD);
}

static void test_require(void **state)
{
	(void)state;
	policy.gate = true;
	policy.required = BIT(T3);
	policy.min_checked[CW_RULE_T3] = 5;
	assert_int_equal(judged(), CW_EXIT_HELD);
	policy.min_checked[CW_RULE_T3] = 6;
	assert_int_equal(judged(), CW_EXIT_UNKNOWN);
	policy.required = BIT(S1);	/* not armed */
	assert_int_equal(judged(), CW_EXIT_UNKNOWN);
	assert_string_equal(verdict.why, "required, and not held as often as asked: S1");
}

static void test_waive(void **state)
{
	(void)state;
	policy.gate = true;
	policy.waived = BIT(S5);
	totals.rule[CW_RULE_S5].violated = 3;
	assert_int_equal(judged(), CW_EXIT_HELD);
	assert_int_equal(verdict.outcome[CW_RULE_S5], CW_OUTCOME_VIOLATED);
	policy.waived |= BIT(S3);	/* a waived rule is no pass either */
	assert_int_equal(judged(), CW_EXIT_UNKNOWN);
}

static void test_probe_that_fails_disarms_its_rules_only(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < cw_source_module.nr_probes; i++)
		if (!strcmp(cw_source_module.probes[i].hooks[0].prog, "on_zeropad"))
			cw_arming_failed(&arming, i, "no such function");
	cw_arming_finish(&arming);
	assert_int_equal(judged(), CW_EXIT_HELD);
	assert_int_equal(verdict.outcome[CW_RULE_T8], CW_OUTCOME_NOT_ARMED);
	assert_string_equal(verdict.note[CW_RULE_T8], "no such function");
	assert_int_equal(verdict.outcome[CW_RULE_T1], CW_OUTCOME_NOT_EXERCISED);
}

#define CASE(f) cmocka_unit_test_setup(f, setup)

static const struct CMUnitTest tests[] = {
	CASE(test_held),
	CASE(test_violated),
	CASE(test_never_with_evidence),
	CASE(test_loss_hits_the_rules_it_feeds),
	CASE(test_loss_never_hides_a_violation),
	CASE(test_unreadable_counters),
	CASE(test_lost_step_hits_t7),
	CASE(test_order_of_attaching),
	CASE(test_nothing_exercised),
	CASE(test_malformed_blinds_user_judges),
	CASE(test_output_failed),
	CASE(test_command_failed),
	CASE(test_gate_needs_t_and_s),
	CASE(test_require),
	CASE(test_waive),
	CASE(test_probe_that_fails_disarms_its_rules_only),
};

UNIT_MAIN(tests)
