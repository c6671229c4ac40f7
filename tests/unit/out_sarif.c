// SPDX-License-Identifier: GPL-2.0-only
/* A session as SARIF 2.1.0: every property that the standard requires is there, indices and levels
 * are right, findings alike are one result, and waivers are suppressions.
 */
#include "unit.h"

#include <regex.h>

#include <jansson.h>

#include "outputs.h"
#include "version.h"

static json_t *document;

static int setup(void **state)
{
	(void)state;
	document = NULL;
	return session_open("sarif");
}

static int teardown(void **state)
{
	(void)state;
	json_decref(document);
	return session_close();
}

/* "runs.0.results.1.level": the value there, or NULL. */
static json_t *at(json_t *o, const char *where)
{
	char name[64];
	size_t len;

	for (; o && *where; where += len + !!where[len]) {
		len = strcspn(where, ".");
		snprintf(name, sizeof(name), "%.*s", (int)len, where);
		o = json_is_array(o) ? json_array_get(o, (size_t)atoi(name)) :
				       json_object_get(o, name);
	}
	return o;
}

static const char *text_at(json_t *o, const char *where)
{
	const char *text = json_string_value(at(o, where));

	return text ? text : "(none)";
}

static bool matches(const char *text, const char *pattern)
{
	regex_t re;
	bool good;

	assert_int_equal(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
	good = !regexec(&re, text, 0, NULL, 0);
	regfree(&re);
	return good;
}

#define UTC "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$"

static void result_check(json_t *result, json_t *rules)
{
	static const char *const levels[] = { "none", "note", "warning", "error" };
	json_t *rule = json_array_get(rules, (size_t)json_integer_value(at(result, "ruleIndex"))), *one;
	size_t i, nr = 0;

	assert_non_null(rule);
	assert_string_equal(text_at(result, "ruleId"), text_at(rule, "id"));
	for (i = 0; i < NR(levels); i++)
		nr += !strcmp(text_at(result, "level"), levels[i]);
	assert_int_equal(nr, 1);
	assert_true(strlen(text_at(result, "message.text")) > 10);
	assert_true(json_array_size(at(result, "locations.0.logicalLocations")) > 0);
	json_array_foreach(at(result, "stacks.0.frames"), i, one)
		assert_non_null(at(one, "location.logicalLocations.0.name"));
	json_array_foreach(at(result, "suppressions"), i, one) {
		assert_string_equal(text_at(one, "kind"), "external");
		assert_string_equal(text_at(one, "status"), "accepted");
	}
	one = at(result, "occurrenceCount");
	assert_true(!one || json_integer_value(one) >= 1);
}

/* What section 3 of the standard requires of the objects that are used. */
static void document_check(void)
{
	json_t *rules, *one;
	size_t i;

	assert_string_equal(text_at(document, "version"), "2.1.0");
	assert_true(matches(text_at(document, "$schema"), "^https://.*sarif.*2\\.1\\.0"));
	assert_int_equal(json_array_size(at(document, "runs")), 1);
	assert_string_equal(text_at(document, "runs.0.tool.driver.name"), "cocowatch");
	assert_string_equal(text_at(document, "runs.0.tool.driver.semanticVersion"), CW_VERSION);
	rules = at(document, "runs.0.tool.driver.rules");
	assert_int_equal(json_array_size(rules), CW_RULE_NR);
	json_array_foreach(rules, i, one) {
		assert_string_equal(text_at(one, "id"), cw_rule_info((__u32)i)->id);
		assert_string_equal(text_at(one, "name"), cw_rule_info((__u32)i)->name);
		assert_string_equal(text_at(one, "fullDescription.text"), cw_rule_info((__u32)i)->text);
		assert_non_null(strstr(text_at(one, "help.text"), "cocowatch rules"));
		assert_true(matches(text_at(one, "defaultConfiguration.level"), "^(note|warning|error)$"));
	}
	json_array_foreach(at(document, "runs.0.results"), i, one)
		result_check(one, rules);
	assert_true(json_is_array(at(document, "runs.0.results")));
	assert_true(json_is_boolean(at(document, "runs.0.invocations.0.executionSuccessful")));
	assert_true(json_is_integer(at(document, "runs.0.invocations.0.exitCode")));
	assert_true(matches(text_at(document, "runs.0.invocations.0.startTimeUtc"), UTC));
	assert_true(matches(text_at(document, "runs.0.invocations.0.endTimeUtc"), UTC));
	json_array_foreach(at(document, "runs.0.invocations.0.toolExecutionNotifications"), i, one)
		assert_true(strlen(text_at(one, "message.text")) > 0);
}

static void finish_and_read(int want)
{
	json_error_t error;

	assert_int_equal(session_finish(), want);
	document = json_load_file(out_path, 0, &error);
	if (!document)
		fail_msg("line %d: %s", error.line, error.text);
	document_check();
	assert_int_equal(json_integer_value(at(document, "runs.0.invocations.0.exitCode")), want);
}

static void test_held(void **state)
{
	(void)state;
	session_start();
	finish_and_read(0);
	assert_int_equal(json_array_size(at(document, "runs.0.results")), 0);
	assert_true(json_is_true(at(document, "runs.0.invocations.0.executionSuccessful")));
	assert_string_equal(text_at(document, "runs.0.invocations.0.properties.kernel"), "6.12.0-<test>&");
	assert_string_equal(text_at(document, "runs.0.invocations.0.arguments.0"), "make");
}

static void test_groups(void **state)
{
	json_t *first, *second;
	int i;

	(void)state;
	session_start();
	for (i = 0; i < 40; i++)
		violate(MY_DRIVER);
	violate(ANOTHER);
	finish_and_read(1);
	assert_int_equal(json_array_size(at(document, "runs.0.results")), 2);
	first = at(document, "runs.0.results.0");
	second = at(document, "runs.0.results.1");
	assert_int_equal(json_integer_value(at(first, "occurrenceCount")), 40);
	assert_int_equal(json_integer_value(at(second, "occurrenceCount")), 1);
	assert_string_equal(text_at(first, "ruleId"), "T3");
	assert_string_equal(text_at(first, "level"), "error");
	assert_string_equal(text_at(first, "locations.0.logicalLocations.1.name"), "my_driver_share");
	assert_string_equal(text_at(first, "locations.0.logicalLocations.1.kind"), "function");
	assert_string_not_equal(text_at(first, "partialFingerprints.cocowatchSite/v1"),
				text_at(second, "partialFingerprints.cocowatchSite/v1"));
	assert_non_null(strstr(text_at(first, "message.text"), "VIOLATION  T3 state-agrees"));
	assert_null(at(first, "suppressions"));
}

/* Neither the load address of the kernel nor an offset in a function makes it another finding. */
static void test_fingerprint_stays(void **state)
{
	char before[64];

	(void)state;
	session_start();
	violate(MY_DRIVER);
	violate(MY_DRIVER + 8);	/* a group of its own */
	finish_and_read(1);
	assert_int_equal(json_array_size(at(document, "runs.0.results")), 2);
	snprintf(before, sizeof(before), "%s",
		 text_at(document, "runs.0.results.0.partialFingerprints.cocowatchSite/v1"));
	assert_true(matches(before, "^[0-9a-f]{16}$"));
	assert_string_equal(text_at(document, "runs.0.results.1.partialFingerprints.cocowatchSite/v1"), before);
}

static void test_waived(void **state)
{
	(void)state;
	session_policy("version: 1\nwaivers: [{rule: T3, function: my_driver_share, reason: 'ticket <1>'}]\n");
	totals.rule[CW_RULE_T2].checked = 1;
	session_start();
	violate(MY_DRIVER);
	finish_and_read(0);
	assert_int_equal(json_array_size(at(document, "runs.0.results")), 1);
	assert_string_equal(text_at(document, "runs.0.results.0.suppressions.0.justification"), "ticket <1>");
}

static void test_not_waived(void **state)
{
	(void)state;
	session_policy("version: 1\nwaivers: [{rule: T3, function: my_driver_share, reason: 'ticket <1>'}]\n");
	session_start();
	violate(ANOTHER);
	finish_and_read(1);
	assert_null(at(document, "runs.0.results.0.suppressions"));
}

static void test_policy_severity(void **state)
{
	(void)state;
	session_policy("version: 1\nrules: {T3: warning, Z4: off}\n");
	totals.rule[CW_RULE_T2].checked = 1;
	session_start();
	violate(MY_DRIVER);
	finish_and_read(0);
	assert_string_equal(text_at(document, "runs.0.results.0.level"), "warning");
	assert_string_equal(text_at(document, "runs.0.tool.driver.rules.2.defaultConfiguration.level"), "warning");
	assert_true(json_is_false(at(document, "runs.0.tool.driver.rules.20.defaultConfiguration.enabled")));
}

static void test_expired(void **state)
{
	(void)state;
	session_policy("version: 1\nwaivers: [{rule: S8, reason: old, expires: 2026-11-21}]\n");
	session_start();
	finish_and_read(1);
	assert_string_equal(text_at(document, "runs.0.results.0.ruleId"), "S8");
	assert_string_equal(text_at(document, "runs.0.results.0.message.text"),
			    "the waiver of S8 expired on 2026-11-21: old");
}

static void test_no_verdict(void **state)
{
	(void)state;
	totals.loss[CW_EV_PAGE_FREE][CW_LOSS_RING] = 3;
	session_start();
	finish_and_read(3);
	assert_true(json_is_false(at(document, "runs.0.invocations.0.executionSuccessful")));
	assert_string_equal(
		text_at(document, "runs.0.invocations.0.toolExecutionNotifications.0.message.text"),
		"S3 private-before-free: unknown; lost at page_free: 3 records that found the event ring full");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_held),
	CASE(test_groups),
	CASE(test_fingerprint_stays),
	CASE(test_waived),
	CASE(test_not_waived),
	CASE(test_policy_severity),
	CASE(test_expired),
	CASE(test_no_verdict),
};

UNIT_MAIN(tests)
