// SPDX-License-Identifier: GPL-2.0-only
/* A session as JUnit XML: what failed, what is waived, what was not seen, read back by xmllint. */
#include "unit.h"

#include "outputs.h"

static int setup(void **state)
{
	(void)state;
	return session_open("junit");
}

static int teardown(void **state)
{
	(void)state;
	return session_close();
}

static const char *ask(const char *xpath)
{
	char command_line[512];
	const char *answer;
	int status;

	snprintf(command_line, sizeof(command_line), "xmllint --xpath '%s' %%s", xpath);
	answer = ask_shell(command_line, &status);
	if (status)
		fail_msg("xmllint refuses the file, or %s", xpath);
	return answer;
}

static void test_held(void **state)
{
	(void)state;
	session_start();
	assert_int_equal(session_finish(), 0);
	assert_int_equal(atoi(ask("string(//testsuite/@tests)")), CW_RULE_NR + 1);
	assert_string_equal(ask("string(//testsuite/@failures)"), "0");
	assert_string_equal(ask("string(//testsuite/@errors)"), "0");
	assert_string_equal(ask("count(//testcase[not(*)])"), "3");	/* T3, S3 and the verdict */
	assert_string_equal(ask("string(//property[@name=\"kernel\"]/@value)"), "6.12.0-<test>&");
	assert_string_equal(ask("string(//property[@name=\"command\"]/@value)"),
			    "make a<b>&\"'??[2J?\xc3\xa9]]> # \\ \ttail");
	assert_string_equal(ask("string(//testcase[@name=\"S4 expected-owner\"]/skipped/@message)"),
			    "not armed; the module source has no probe for it");
	assert_string_equal(ask("string(//testcase[@name=\"T1 not-present-window\"]/skipped/@message)"),
			    "not exercised");
}

static void test_violated(void **state)
{
	int i;

	(void)state;
	session_start();
	for (i = 0; i < 20; i++)
		violate(MY_DRIVER);
	assert_int_equal(session_finish(), 1);
	assert_string_equal(ask("string(//testsuite/@failures)"), "2");
	assert_string_equal(ask("string(//testcase[@name=\"T3 state-agrees\"]/failure/@message)"),
			    "20 violations");
	assert_string_equal(ask("string(//testcase[@name=\"T3 state-agrees\"]/failure/@type)"), "violation");
	/* 16 in full, as in the text */
	assert_string_equal(
		ask("count(//testcase[@name=\"T3 state-agrees\"]/failure/text()[contains(., \"my_driver_share\")])"),
		"1");
	assert_string_equal(ask("string(//testcase[@name=\"verdict\"]/failure/@message)"), "violated: T3");
	assert_string_equal(ask("string(//property[@name=\"exit\"]/@value)"), "1");
}

/* Nothing was exercised: all skipped, and still not green. */
static void test_no_verdict(void **state)
{
	(void)state;
	memset(&totals, 0, sizeof(totals));
	session_start();
	assert_int_equal(session_finish(), 3);
	assert_string_equal(ask("string(//testsuite/@errors)"), "1");
	assert_string_equal(ask("string(//testcase[@name=\"verdict\"]/error/@message)"),
			    "no verdict: nothing was exercised");
}

static void test_unknown(void **state)
{
	(void)state;
	totals.loss[CW_EV_PAGE_FREE][CW_LOSS_RING] = 3;
	session_start();
	assert_int_equal(session_finish(), 3);
	assert_string_equal(ask("string(//testcase[@name=\"S3 private-before-free\"]/error/@message)"),
			    "unknown; lost at page_free: 3 records that found the event ring full");
}

static void test_waived(void **state)
{
	(void)state;
	session_policy("version: 1\nwaivers: [{rule: T3, function: my_driver_share, reason: 'ticket <1>'}]\n");
	totals.rule[CW_RULE_T2].checked = 1;
	session_start();
	violate(MY_DRIVER);
	assert_int_equal(session_finish(), 0);
	assert_string_equal(ask("string(//testsuite/@failures)"), "0");
	assert_string_equal(ask("string(//testcase[@name=\"T3 state-agrees\"]/skipped/@message)"),
			    "1 violation; waived (T3 in my_driver_share): ticket <1>");
	assert_string_equal(
		ask("count(//testcase[@name=\"T3 state-agrees\"]/system-out[contains(., \"(waived)\")])"), "1");
	assert_string_equal(ask("string(//property[@name=\"waiver\"]/@value)"),
			    "T3 in my_driver_share: ticket <1>");
}

/* The honest twin: the same at another place is not waived. */
static void test_not_waived(void **state)
{
	(void)state;
	session_policy("version: 1\nwaivers: [{rule: T3, function: my_driver_share, reason: 'ticket <1>'}]\n");
	totals.rule[CW_RULE_T2].checked = 1;
	session_start();
	violate(MY_DRIVER);
	violate(ANOTHER);
	assert_int_equal(session_finish(), 1);
	assert_string_equal(ask("string(//testcase[@name=\"T3 state-agrees\"]/failure/@message)"),
			    "2 violations");
	assert_string_equal(
		ask("count(//testcase[@name=\"T3 state-agrees\"]/system-out[contains(., \"my_driver_share\")])"),
		"1");
}

static void test_expired(void **state)
{
	(void)state;
	session_policy("version: 1\nwaivers: [{rule: S8, reason: old, expires: 2026-11-21}]\n");
	session_start();
	assert_int_equal(session_finish(), 1);
	assert_string_equal(ask("string(//testcase[@name=\"S8 private-mmio\"]/failure/@type)"), "expired waiver");
	assert_string_equal(
		ask("contains(//testcase[@name=\"S8 private-mmio\"]/failure/@message, \"the waiver of S8 expired on 2026-11-21: old\")"),
		"true");
	assert_string_equal(ask("string(//testcase[@name=\"verdict\"]/failure/@message)"),
			    "violated: waivers have expired: S8");
}

static void test_command_failed(void **state)
{
	(void)state;
	ending.command_status = 7;
	session_start();
	assert_int_equal(session_finish(), 4);
	assert_string_equal(ask("string(//testcase[@name=\"verdict\"]/failure/@message)"),
			    "command failed: the rules held, the command ended with status 7");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_held),
	CASE(test_violated),
	CASE(test_no_verdict),
	CASE(test_unknown),
	CASE(test_waived),
	CASE(test_not_waived),
	CASE(test_expired),
	CASE(test_command_failed),
};

UNIT_MAIN(tests)
