// SPDX-License-Identifier: GPL-2.0-only
/* JUnit XML: xmllint reads it whatever the text holds, and finds what was put in. */
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "junit.h"

static char path[] = "/tmp/cw-junit-XXXXXX";

static const char nasty[] = "a<b>&\"'\x01\x1b[2J\xff\xc3\xa9]]>\n\ttail";

static void write_suite(const struct cw_junit_suite *s)
{
	FILE *f;

	strcpy(path + strlen(path) - 6, "XXXXXX");
	close(mkstemp(path));
	f = fopen(path, "w");
	assert_non_null(f);
	cw_junit_write(f, s);
	assert_int_equal(fclose(f), 0);
}

/* What xmllint says to an XPath expression; fails where it refuses the file. */
static const char *ask(const char *xpath)
{
	static char answer[4096];
	char command[512];
	size_t len;
	FILE *p;

	snprintf(command, sizeof(command), "xmllint --xpath '%s' %s", xpath, path);
	p = popen(command, "r");
	assert_non_null(p);
	len = fread(answer, 1, sizeof(answer) - 1, p);
	answer[len] = '\0';
	assert_int_equal(pclose(p), 0);
	if (len && answer[len - 1] == '\n')
		answer[len - 1] = '\0';
	return answer;
}

static const struct cw_junit_case cases[] = {
	{ .class_name = "c", .name = "passed", .duration_ns = 1500000000, .type = "never", .message = "never" },
	{ .class_name = "c", .name = "passed and said", .out = nasty },
	{ .class_name = "c", .name = "failed", .result = CW_JUNIT_FAILED, .type = nasty, .message = nasty, .text = nasty },
	{ .class_name = "c", .name = "error", .result = CW_JUNIT_ERROR, .message = "m" },
	{ .class_name = "c", .name = "skipped", .result = CW_JUNIT_SKIPPED, .type = "never", .message = "why" },
	{ .class_name = nasty, .name = nasty, .result = CW_JUNIT_SKIPPED },
};

static const struct cw_junit_property properties[] = { { "kernel", nasty }, { "mode", "vbs" } };

static const struct cw_junit_suite suite = {
	.name = "cocowatch",
	.wall_ns = 1700000000123456789ULL,
	.duration_ns = 61000001000ULL,
	.properties = properties,
	.nr_properties = NR(properties),
	.cases = cases,
	.nr_cases = NR(cases),
};

static void test_counts(void **state)
{
	(void)state;
	write_suite(&suite);
	assert_string_equal(ask("string(/testsuites/testsuite/@tests)"), "6");
	assert_string_equal(ask("string(/testsuites/testsuite/@failures)"), "1");
	assert_string_equal(ask("string(/testsuites/testsuite/@errors)"), "1");
	assert_string_equal(ask("string(/testsuites/testsuite/@skipped)"), "2");
	assert_string_equal(ask("string(/testsuites/testsuite/@time)"), "61.000001");
	assert_string_equal(ask("string(/testsuites/testsuite/@timestamp)"), "2023-11-14T22:13:20");
	assert_string_equal(ask("count(/testsuites/testsuite/testcase)"), "6");
	assert_string_equal(ask("count(//properties/property)"), "2");
	assert_string_equal(ask("string(//testcase[@name=\"passed\"]/@time)"), "1.500000");
	assert_string_equal(ask("count(//testcase[@name=\"passed\"]/*)"), "0");
	assert_string_equal(ask("count(//skipped/@type)"), "0");
	unlink(path);
}

/* Text comes back as it went in, but for what XML cannot hold. */
static void test_escapes(void **state)
{
	static const char kept[] = "a<b>&\"'??[2J?\xc3\xa9]]>\n\ttail";

	(void)state;
	write_suite(&suite);
	assert_string_equal(ask("string(//testcase[@name=\"failed\"]/failure)"), kept);
	assert_string_equal(ask("string(//testcase[@name=\"failed\"]/failure/@message)"), kept);
	assert_string_equal(ask("string(//property[@name=\"kernel\"]/@value)"), kept);
	assert_string_equal(ask("string(//system-out)"), kept);
	unlink(path);
}

static void test_empty(void **state)
{
	static const struct cw_junit_suite none = { .name = "none" };

	(void)state;
	write_suite(&none);
	assert_string_equal(ask("string(/testsuites/testsuite/@tests)"), "0");
	assert_string_equal(ask("count(//properties)"), "0");
	unlink(path);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_counts),
	cmocka_unit_test(test_escapes),
	cmocka_unit_test(test_empty),
};

UNIT_MAIN(tests)
