// SPDX-License-Identifier: GPL-2.0-only
/* What `cocowatch map` says of a look that was not whole: never that the rules held. */
#include "unit.h"

#include <stdlib.h>

#include "../../src/cocowatch/map_text.c"

static char *printed(const struct map *m)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	map_text_print(f, m);
	fclose(f);
	return text;
}

/* What cw_account_make() leaves of any machine that it does not refuse. */
#define CONFIDENTIAL .platform.mode = "snp-vtom", .a.mode.shared_mask = 1ULL << 46

/* Rule S4's line ends with the outcome. */
static void s4_is(const struct map *m, const char *outcome)
{
	char want[80], *text = printed(m);

	snprintf(want, sizeof(want), "\nS4    expected-owner              %s\n", outcome);
	if (!strstr(text, want))
		fail_msg("no S4 %s in: %s", outcome, text);
	free(text);
}

static void test_whole(void **state)
{
	struct map m = { CONFIDENTIAL, .kexec = false };

	(void)state;
	assert_true(map_is_whole(&m));
	s4_is(&m, "held");
}

static void test_structures_unread(void **state)
{
	struct map m = { CONFIDENTIAL, .a.claims_failed = 1 };

	(void)state;
	assert_false(map_is_whole(&m));
	s4_is(&m, "unknown");
}

static void test_tables_unread(void **state)
{
	struct map m = { CONFIDENTIAL, .a.shared.count.failed = 1 };

	(void)state;
	assert_false(map_is_whole(&m));
	s4_is(&m, "unknown");
}

static void test_violated_stays_violated(void **state)
{
	struct map m = { CONFIDENTIAL, .a.claims_failed = 1, .violated = 1 };

	(void)state;
	s4_is(&m, "violated");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_whole),
	cmocka_unit_test(test_structures_unread),
	cmocka_unit_test(test_tables_unread),
	cmocka_unit_test(test_violated_stays_violated),
};

UNIT_MAIN(tests)
