// SPDX-License-Identifier: GPL-2.0-only
/* --require RULE[:N] and --waive RULE=REASON: what is taken and what is refused. */
#include "unit.h"

#include <errno.h>

#include "policy.h"

static void test_require(void **state)
{
	struct cw_policy p = { .gate = true };

	(void)state;
	assert_int_equal(cw_policy_require(&p, "T1"), 0);
	assert_int_equal(cw_policy_require(&p, "S3:40"), 0);
	assert_int_equal(cw_policy_require(&p, "same-pages:2"), 0);
	assert_true(p.required == (CW_RULE_BIT(CW_RULE_T1) | CW_RULE_BIT(CW_RULE_S3) |
				   CW_RULE_BIT(CW_RULE_T6)));
	assert_int_equal(p.min_checked[CW_RULE_T1], 1);
	assert_int_equal(p.min_checked[CW_RULE_S3], 40);
}

static void test_waive(void **state)
{
	struct cw_policy p = { .gate = true };

	(void)state;
	assert_int_equal(cw_policy_waive(&p, "S5=known, see bug 12 = 3"), 0);
	assert_true(p.waived == CW_RULE_BIT(CW_RULE_S5));
	assert_string_equal(p.reason[CW_RULE_S5], "known, see bug 12 = 3");
}

static void test_refused(void **state)
{
	static const char *const require[] = { "", ":", "T1:", "T1:0", "T1:-1", "T1:x", "T99", "t1", "S5",
		"a-name-that-is-longer-than-any-rule-could-ever-be-and-then-some-more:1" };
	static const char *const waive[] = { "", "=", "T1", "T1=", "T99=x", "T2=required as well" };
	struct cw_policy p = { .gate = true };
	size_t i;

	(void)state;
	quiet();
	assert_int_equal(cw_policy_require(&p, "T2"), 0);
	assert_int_equal(cw_policy_waive(&p, "S5=x"), 0);
	for (i = 0; i < NR(require); i++)
		assert_int_equal(cw_policy_require(&p, require[i]), -EINVAL);
	for (i = 0; i < NR(waive); i++)
		assert_int_equal(cw_policy_waive(&p, waive[i]), -EINVAL);
	assert_true(p.required == CW_RULE_BIT(CW_RULE_T2) && p.waived == CW_RULE_BIT(CW_RULE_S5));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_require),
	cmocka_unit_test(test_waive),
	cmocka_unit_test(test_refused),
};

UNIT_MAIN(tests)
