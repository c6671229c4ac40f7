// SPDX-License-Identifier: GPL-2.0-only
/* The nearest right name: found for a slip, not made up for something else. */
#include "unit.h"

#include "parse.h"

static const char *const names[] = { "watch", "gate", "doctor", "rules", "T1", "T3", "ndjson", "text" };

static const struct {
	const char *typed;
	const char *nearest;
} cases[] = {
	{ "wach", "watch" },
	{ "watchh", "watch" },
	{ "wtach", "watch" },
	{ "WATCH", "watch" },
	{ "wat", "watch" },
	{ "gaet", "gate" },
	{ "docter", "doctor" },
	{ "t3", "T3" },
	{ "jsn", "ndjson" },
	{ "json", "ndjson" },
	{ "xyzzy", NULL },
	{ "", NULL },
	{ "qq", NULL },
	{ "a-name-that-is-far-too-long-for-any-of-these-commands-and-for-the-table-of-distances", NULL },
};

static void test_nearest(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < NR(cases); i++) {
		const char *got = cw_nearest(cases[i].typed, names, NR(names));

		if (cases[i].nearest)
			assert_string_equal(got ? got : "nothing", cases[i].nearest);
		else
			assert_null(got);
	}
}

static void test_hint(void **state)
{
	char buf[64];

	(void)state;
	assert_string_equal(cw_nearest_hint(buf, sizeof(buf), "watch"), " (did you mean 'watch'?)");
	assert_string_equal(cw_nearest_hint(buf, sizeof(buf), NULL), "");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_nearest),
	cmocka_unit_test(test_hint),
};

UNIT_MAIN(tests)
