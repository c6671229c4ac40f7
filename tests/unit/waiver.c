// SPDX-License-Identifier: GPL-2.0-only
/* What a policy makes of judgements: which of them a waiver covers, what severities turn into, and
 * who is told of a violation so that something is done about it.
 */
#include "unit.h"

#include "outputs.h"

static unsigned int nr_accused;
static __u32 last_accused;

static void on_violation(void *ctx, const struct cw_report *r)
{
	(void)ctx;
	nr_accused++;
	last_accused = r->detail->finding;
}

static int setup(void **state)
{
	(void)state;
	nr_accused = 0;
	return session_open("ndjson");
}

static int teardown(void **state)
{
	(void)state;
	return session_close();
}

static void begin(const char *policy_text)
{
	if (policy_text)
		session_policy(policy_text);
	totals.rule[CW_RULE_T2].checked = 1;
	feed.on_violation = on_violation;
	session_start();
}

/* A judgement of T3 (and T1) with these findings, by function my_driver_share(). */
static void judge(const __u32 *finding, __u32 nr, __u32 nr_details)
{
	struct verdict_rec r = { .ev = a_step(CW_EV_END, 3, 1000) };
	__u32 i;

	r.v.hdr = r.ev.hdr;
	r.v.hdr.type = CW_REC_VERDICT;
	r.v.hdr.len = sizeof(r);
	r.v.event_off = sizeof(r.v);
	r.v.stack[0] = MY_DRIVER;
	r.v.nr_stack = 1;
	r.v.out.nr_details = nr_details;
	for (i = 0; i < nr; i++) {
		const struct cw_finding_info *info = cw_finding_info(finding[i]);

		r.v.out.detail[i] = (struct cw_detail){ .rule = (__u8)info->rule, .gfn = i,
							.finding = (__u16)finding[i] };
		if (info->sev == CW_SEV_V)
			r.v.out.violated |= CW_RULE_BIT(info->rule);
		else
			r.v.out.warned |= CW_RULE_BIT(info->rule);
	}
	for (i = 0; i < CW_RULE_NR; i++) {
		totals.rule[i].violated += !!(r.v.out.violated & CW_RULE_BIT(i));
		totals.rule[i].warned += !!(r.v.out.warned & CW_RULE_BIT(i));
	}
	cw_feed_record(&feed, &r, sizeof(r));
}

static const __u32 own[] = { CW_FIND_END_OWN_BIT };
static const __u32 both[] = { CW_FIND_END_OWN_BIT, CW_FIND_END_ALIAS_BIT };
static const __u32 two_rules[] = { CW_FIND_WINDOW_OWN_PRESENT, CW_FIND_END_OWN_BIT,
				   CW_FIND_END_ALIAS_BIT };
static const __u32 slow[] = { CW_FIND_SLOW };

static const char of_finding[] = "version: 1\nwaivers: [{rule: T3, finding: end_own_bit, reason: x}]\n";

static void test_all_of_it(void **state)
{
	(void)state;
	begin(of_finding);
	judge(own, 1, 1);
	assert_int_equal(feed.excused[CW_RULE_T3], 1);
	assert_int_equal(nr_accused, 0);
	assert_int_equal(session_finish(), 0);
}

static void test_one_of_two(void **state)
{
	(void)state;
	begin(of_finding);
	judge(own, 1, 1);
	judge(both, 2, 2);
	assert_int_equal(feed.excused[CW_RULE_T3], 1);
	assert_int_equal(nr_accused, 1);
	assert_int_equal(last_accused, CW_FIND_END_ALIAS_BIT);
	assert_int_equal(session_finish(), 1);
}

/* Nobody knows what the others were. */
static void test_more_than_told(void **state)
{
	static const __u32 four[] = { CW_FIND_END_OWN_BIT, CW_FIND_END_OWN_BIT, CW_FIND_END_OWN_BIT,
				      CW_FIND_END_OWN_BIT };

	(void)state;
	begin(of_finding);
	judge(four, 4, 5);
	assert_int_equal(feed.excused[CW_RULE_T3], 0);
	assert_int_equal(session_finish(), 1);
}

/* What the kernel counted and never arrived is not covered either. */
static void test_more_than_arrived(void **state)
{
	(void)state;
	begin(of_finding);
	judge(own, 1, 1);
	totals.rule[CW_RULE_T3].violated++;
	assert_int_equal(session_finish(), 1);
}

/* Beyond those that are shown, too. */
static void test_flood(void **state)
{
	int i;

	(void)state;
	begin(of_finding);
	for (i = 0; i < 100; i++)
		judge(own, 1, 1);
	assert_int_equal(feed.excused[CW_RULE_T3], 100);
	assert_int_equal(session_finish(), 0);
}

static void test_function(void **state)
{
	(void)state;
	begin("version: 1\nwaivers: [{rule: T3, function: my_driver_share, reason: x}]\n");
	judge(both, 2, 2);
	assert_int_equal(session_finish(), 0);
}

/* A name that only begins like it is another one. */
static void test_another_function(void **state)
{
	(void)state;
	begin("version: 1\nwaivers: [{rule: T3, function: my_driver, reason: x}]\n");
	judge(both, 2, 2);
	assert_int_equal(session_finish(), 1);
}

/* Once for each rule of a judgement. */
static void test_told_once(void **state)
{
	(void)state;
	begin(NULL);
	judge(two_rules, 3, 3);
	assert_int_equal(nr_accused, 2);
	assert_int_equal(last_accused, CW_FIND_END_OWN_BIT);
	assert_int_equal(session_finish(), 1);
}

static void test_warning(void **state)
{
	(void)state;
	begin("version: 1\nrules: {T3: warning, T1: off}\n");
	judge(two_rules, 3, 3);
	assert_int_equal(nr_accused, 0);
	assert_int_equal(feed.nr_violations, 0);
	assert_int_equal(session_finish(), 0);
	assert_int_equal(verdict.outcome[CW_RULE_T1], CW_OUTCOME_NOT_ARMED);
	assert_string_equal(verdict.excuse[CW_RULE_T3], "a warning, by the policy");
}

static void test_slow_is_a_warning(void **state)
{
	(void)state;
	begin(NULL);
	judge(slow, 1, 1);
	assert_int_equal(nr_accused, 0);
	assert_int_equal(session_finish(), 0);
}

static void test_slow_as_violation(void **state)
{
	(void)state;
	begin("version: 1\nrules: {T7: violation}\n");
	judge(slow, 1, 1);
	assert_int_equal(nr_accused, 1);
	assert_int_equal(session_finish(), 1);
	assert_string_equal(verdict.why, "T7");
}

/* All of it waived is as good as held, where it was judged often enough. */
static void test_required(void **state)
{
	(void)state;
	begin("version: 1\nrequire: {T3: 5}\nwaivers: [{rule: T3, finding: end_own_bit, reason: x}]\n");
	judge(own, 1, 1);
	assert_int_equal(session_finish(), 0);
	policy.min_checked[CW_RULE_T3] = 6;
	assert_int_equal(session_finish(), 3);
}

/* A waiver that has expired excuses nothing, and both are said. */
static void test_expired(void **state)
{
	(void)state;
	begin("version: 1\nwaivers: [{rule: T3, reason: x, expires: 2026-11-21}]\n");
	judge(own, 1, 1);
	assert_int_equal(nr_accused, 1);
	assert_int_equal(session_finish(), 1);
	assert_string_equal(verdict.why, "T3; waivers have expired: T3");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_all_of_it),
	CASE(test_one_of_two),
	CASE(test_more_than_told),
	CASE(test_more_than_arrived),
	CASE(test_flood),
	CASE(test_function),
	CASE(test_another_function),
	CASE(test_told_once),
	CASE(test_warning),
	CASE(test_slow_is_a_warning),
	CASE(test_slow_as_violation),
	CASE(test_required),
	CASE(test_expired),
};

UNIT_MAIN(tests)
