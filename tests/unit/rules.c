// SPDX-License-Identifier: GPL-2.0-only
/* The catalogue: ids are unique, grouped and in order, and each finding belongs to
 * a rule that may report it.
 */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>

#include "rules.h"

static void test_ids_in_order(void **state)
{
	const char *families = "TSZHRP";
	const char *family = families;
	int number = 0;
	__u32 i;

	(void)state;
	for (i = 0; i < CW_RULE_NR; i++) {
		const char *id = cw_rule_info(i)->id;

		if (id[0] != *family) {
			family++;
			number = 0;
		}
		assert_int_equal(id[0], *family);
		assert_int_equal(atoi(id + 1), ++number);
	}
	assert_string_equal(family, "P");
	assert_true(CW_RULE_NR < 64);
}

static void test_rows_complete(void **state)
{
	__u32 i;

	(void)state;
	for (i = 0; i < CW_RULE_NR; i++) {
		const struct cw_rule_info *r = cw_rule_info(i);

		assert_true(strlen(r->name) > 3 && strlen(r->name) <= 26);
		assert_true(r->sev && !(r->sev & ~7U));
		assert_int_equal(r->text[strlen(r->text) - 1], '.');
	}
	assert_null(cw_rule_info(CW_RULE_NR));
	assert_null(cw_rule_info(~0U));
}

static void test_find(void **state)
{
	__u32 i;

	(void)state;
	for (i = 0; i < CW_RULE_NR; i++) {
		assert_int_equal(cw_rule_find(cw_rule_info(i)->id), i);
		assert_int_equal(cw_rule_find(cw_rule_info(i)->name), i);
	}
	assert_int_equal(cw_rule_find("T99"), -ENOENT);
	assert_int_equal(cw_rule_find("t1"), -ENOENT);
	assert_int_equal(cw_rule_find(""), -ENOENT);
	assert_string_equal(cw_rule_nearest("t1"), "T1");
	assert_string_equal(cw_rule_nearest("state-agree"), "state-agrees");
}

static void test_findings_belong(void **state)
{
	__u32 i;

	(void)state;
	for (i = CW_FIND_NONE + 1; i < CW_FIND_NR; i++) {
		const struct cw_finding_info *f = cw_finding_info(i);

		assert_non_null(f->id);
		assert_true(f->rule < CW_RULE_NR);
		assert_true(cw_rule_info(f->rule)->sev & f->sev);
		assert_true(*f->expected && *f->seen);
	}
	assert_null(cw_finding_info(CW_FIND_NONE));
	assert_null(cw_finding_info(CW_FIND_NR));
}

static void test_families(void **state)
{
	(void)state;
	assert_true(cw_rules_of_family('P') == (CW_RULE_BIT(CW_RULE_P1) | CW_RULE_BIT(CW_RULE_P2)));
	assert_true(cw_rules_of_family('X') == 0);
	assert_false(cw_rules_that_fail() & CW_RULE_BIT(CW_RULE_Z4));
	assert_true(cw_rules_that_fail() & CW_RULE_BIT(CW_RULE_T7));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_ids_in_order),
	cmocka_unit_test(test_rows_complete),
	cmocka_unit_test(test_find),
	cmocka_unit_test(test_findings_belong),
	cmocka_unit_test(test_families),
};

UNIT_MAIN(tests)
