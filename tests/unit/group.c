// SPDX-License-Identifier: GPL-2.0-only
/* Findings are grouped by what was found and by site, and the table is bounded. */
#include "unit.h"

#include <stdlib.h>

#include "group.h"
#include "rules.h"

static const __u64 here[] = { 0xffffffff81000010ULL, 0xffffffff81000020ULL };
static const __u64 there[] = { 0xffffffff81000010ULL, 0xffffffff81000030ULL };

static void test_apart(void **state)
{
	struct cw_groups *g = calloc(1, sizeof(*g));

	(void)state;
	assert_non_null(g);
	assert_int_equal(cw_groups_count(g, CW_FIND_OVERLAP, here, 2)->count, 1);
	assert_int_equal(cw_groups_count(g, CW_FIND_OVERLAP, here, 2)->count, 2);
	assert_int_equal(cw_groups_count(g, CW_FIND_OVERLAP, there, 2)->count, 1);
	assert_int_equal(cw_groups_count(g, CW_FIND_SLOW, here, 2)->count, 1);
	assert_int_equal(cw_groups_count(g, CW_FIND_SLOW, NULL, 0)->count, 1);
	assert_int_equal(g->nr, 4);
	free(g);
}

static void test_bounded(void **state)
{
	struct cw_groups *g = calloc(1, sizeof(*g));
	__u64 site, last = 0;

	(void)state;
	assert_non_null(g);
	for (site = 1; site <= CW_GROUP_MAX + 50; site++)
		last = cw_groups_count(g, CW_FIND_OVERLAP, &site, 1)->count;
	assert_int_equal(g->nr, CW_GROUP_MAX);
	assert_int_equal(last, 51);
	free(g);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_apart),
	cmocka_unit_test(test_bounded),
};

UNIT_MAIN(tests)
