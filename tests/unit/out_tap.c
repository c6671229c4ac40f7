// SPDX-License-Identifier: GPL-2.0-only
/* A session as TAP: prove reads it and comes to the verdict that the exit status tells. */
#include "unit.h"

#include "outputs.h"

static int setup(void **state)
{
	(void)state;
	return session_open("tap");
}

static int teardown(void **state)
{
	(void)state;
	return session_close();
}

/* What prove says, with its options. */
static const char *prove(const char *opts, int *status)
{
	char line[128];

	snprintf(line, sizeof(line), "env -u HARNESS_OPTIONS prove %s -e cat %%s 2>&1", opts);
	return ask_shell(line, status);
}

static const char *grep(const char *pattern)
{
	char line[256];
	int status;

	snprintf(line, sizeof(line), "grep -E '%s' %%s", pattern);
	return ask_shell(line, &status);
}

static void test_held(void **state)
{
	int status;

	(void)state;
	session_start();
	assert_int_equal(session_finish(), 0);
	prove("", &status);
	assert_int_equal(status, 0);
	assert_string_equal(grep(" - T3 "), "ok 3 - T3 state-agrees");
	assert_string_equal(grep(" - T1 "), "ok 1 - T1 not-present-window # SKIP not exercised");
	assert_string_equal(grep("verdict:"), "ok 33 - verdict: held: T3 S3");
	assert_string_equal(ask_shell("head -n 1 %s", &status), "TAP version 13");
}

static void test_violated(void **state)
{
	const char *said;
	int status;

	(void)state;
	session_start();
	violate(MY_DRIVER);
	/* at once, as a comment */
	assert_string_equal(grep("^# violation"),
			    "# violation of T3 state-agrees: the range's own PTE has the other value");
	assert_int_equal(session_finish(), 1);
	said = prove("", &status);
	assert_int_not_equal(status, 0);
	assert_non_null(strstr(said, "Failed tests:  3, 33"));
	assert_string_equal(grep("^not ok 3 "), "not ok 3 - T3 state-agrees: 1 violation");
	assert_non_null(strstr(grep("my_driver_share"), "    "));
}

static void test_waived(void **state)
{
	int status;

	(void)state;
	session_policy("version: 1\nwaivers: [{rule: T3, finding: end_own_bit, reason: 'a # b \\ c'}]\n");
	totals.rule[CW_RULE_T2].checked = 1;
	session_start();
	violate(MY_DRIVER);
	assert_int_equal(session_finish(), 0);
	prove("", &status);
	assert_int_equal(status, 0);
	assert_string_equal(grep("^not ok 3 "), "not ok 3 - T3 state-agrees # TODO 1 violation; "
						"waived (T3 end_own_bit): a # b \\ c");
}

/* What a name holds ends no line and begins no directive. */
static void test_nasty(void **state)
{
	int status;

	(void)state;
	session_policy("version: 1\nwaivers: [{rule: S8, reason: \"x # SKIP\\nok 99\", expires: 2026-11-21}]\n");
	session_start();
	violate(MY_DRIVER);
	assert_int_equal(session_finish(), 1);
	assert_non_null(strstr(prove("", &status), "Result: FAIL"));
	assert_non_null(strstr(grep(" - S8 "), "expired on 2026-11-21: x \\# SKIP?ok 99"));
	assert_string_equal(grep("^ok 99"), "");
	assert_string_equal(ask_shell("LC_ALL=C grep -c \"$(printf '[\\001\\033]')\" %s", &status), "0");
}

static void test_unknown(void **state)
{
	int status;

	(void)state;
	policy.required = CW_RULE_BIT(CW_RULE_T3);
	policy.min_checked[CW_RULE_T3] = 6;
	session_start();
	assert_int_equal(session_finish(), 3);
	prove("", &status);
	assert_int_not_equal(status, 0);
	assert_string_equal(grep("^not ok 3 "), "not ok 3 - T3 state-agrees: judged 5 times, required 6");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_held),
	CASE(test_violated),
	CASE(test_waived),
	CASE(test_nasty),
	CASE(test_unknown),
};

UNIT_MAIN(tests)
