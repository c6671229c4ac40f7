// SPDX-License-Identifier: GPL-2.0-only
/* Policy files: what they make of rules, waivers and reactions, that the command line wins over
 * them, and the one line for each thing that is wrong with one.
 */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "policy.h"
#include "policy_file.h"

#define BIT(rule) CW_RULE_BIT(CW_RULE_##rule)
#define NOON 1795348800	/* 2026-11-22 12:00 UTC */

static struct cw_policy policy;
static struct cw_reactions reactions;
static char path[] = "/tmp/cw-policy-XXXXXX";
static char message_path[] = "/tmp/cw-message-XXXXXX";

static int setup(void **state)
{
	(void)state;
	memset(&policy, 0, sizeof(policy));
	memset(&reactions, 0, sizeof(reactions));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cw_policy_free(&policy);
	unlink(path);
	unlink(message_path);
	return 0;
}

static void file_make(char *name, const char *text, size_t len)
{
	int fd;

	strcpy(name + strlen(name) - 6, "XXXXXX");
	fd = mkstemp(name);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
}

static int load(const char *text)
{
	file_make(path, text, strlen(text));
	return cw_policy_load(&policy, &reactions, path, NOON);
}

/* What load() says on stderr, without "cocowatch: " or whatever the program is called. */
static const char *complaint(const char *text)
{
	static char said[1024];
	int saved = dup(STDERR_FILENO), err;
	size_t len;
	FILE *f;

	file_make(message_path, "", 0);
	assert_non_null(freopen(message_path, "w", stderr));
	setup(NULL);
	err = load(text);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	assert_true(err < 0);
	cw_policy_free(&policy);
	f = fopen(message_path, "r");
	len = fread(said, 1, sizeof(said) - 1, f);
	fclose(f);
	unlink(message_path);
	unlink(path);
	said[len] = '\0';
	assert_int_equal(len && said[len - 1] == '\n', 1);
	assert_ptr_equal(strchr(said, '\n'), said + len - 1);
	said[len - 1] = '\0';
	return strstr(said, path) ? strstr(said, path) + strlen(path) : said;
}

static void test_whole(void **state)
{
	const struct cw_waiver *w;

	(void)state;
	assert_int_equal(load("version: 1\n"
			      "rules:\n  Z4: off\n  T7: violation\n  S5: warning\n  T1: default\n"
			      "require:\n  T3: 100\n  S1: 1\n"
			      "waivers:\n"
			      "  - rule: same-pages\n    reason: whole\n    expires: 2026-11-22\n"
			      "  - rule: S3\n    finding: freed_shared\n    function: my_free\n    reason: 'a: b'\n"
			      "  - {rule: S8, reason: late, expires: 2026-11-21}\n"
			      "reactions:\n"
			      "  - {rule: T1, action: exec, program: /bin/true}\n"
			      "  - {rule: T1, action: signal, signal: SIGTERM}\n"
			      "  - {rule: S3, action: stop}\n"),
			 0);
	assert_true(policy.off == BIT(Z4) && policy.as_warning == BIT(S5));
	assert_true(policy.as_violation == BIT(T7));
	assert_true(policy.required == (BIT(T3) | BIT(S1)));
	assert_int_equal(policy.min_checked[CW_RULE_T3], 100);
	assert_true(policy.waived == BIT(T6));
	assert_string_equal(policy.reason[CW_RULE_T6], "whole");
	w = cw_policy_waiver(&policy, 1);
	assert_int_equal(w->rule, CW_RULE_S3);
	assert_int_equal(w->finding, CW_FIND_FREED_SHARED);
	assert_string_equal(w->function, "my_free");
	assert_string_equal(w->reason, "a: b");
	assert_false(w->expired);
	assert_true(cw_policy_waiver(&policy, 2)->expired);
	assert_null(cw_policy_waiver(&policy, 3));
	assert_int_equal(reactions.nr, 3);
	assert_string_equal(reactions.reaction[0].program, "/bin/true");
	assert_int_equal(reactions.reaction[1].signal, 15);
	assert_int_equal(reactions.reaction[2].rule, CW_RULE_S3);
}

static void test_command_line_wins(void **state)
{
	(void)state;
	assert_int_equal(cw_policy_require(&policy, "T3:5"), 0);
	assert_int_equal(cw_policy_require(&policy, "Z4"), 0);
	assert_int_equal(cw_policy_require(&policy, "S8"), 0);
	assert_int_equal(cw_policy_waive(&policy, "S5=by hand"), 0);
	assert_int_equal(cw_reactions_add(&reactions, "T1=report"), 0);
	assert_int_equal(load("version: 1\nrules: {Z4: off, T9: off}\nrequire: {T3: 100, S5: 3, T2: 7}\n"
			      "waivers: [{rule: T6, reason: x},\n"
			      "  {rule: S8, reason: out, expires: 2020-01-01}]\n"
			      "reactions: [{rule: T1, action: stop}, {rule: T2, action: stop}]\n"),
			 0);
	assert_int_equal(policy.min_checked[CW_RULE_T3], 5);
	assert_true(policy.required == (BIT(T3) | BIT(Z4) | BIT(S8) | BIT(T2)));
	assert_true(policy.off == BIT(T9));
	assert_true(policy.waived == (BIT(S5) | BIT(T6)));
	assert_string_equal(policy.reason[CW_RULE_S5], "by hand");
	assert_int_equal(cw_policy_waiver(&policy, 0)->rule, CW_RULE_T6);
	assert_null(cw_policy_waiver(&policy, 1));	/* S8 is required now, expired or not */
	assert_int_equal(reactions.nr, 2);
	assert_int_equal(reactions.reaction[1].rule, CW_RULE_T2);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		const char *said;
	} cases[] = {
		{ "", ": nothing is in it" },
		{ "rules: {}\n", ": line 1: 'version' is missing" },
		{ "version: 2\n", ": version 2 is not known (1 is)" },
		{ "version: x\n", ": line 1: 'x' is no count" },
		{ "version: 1\nrule:\n  T1: off\n", ": line 2: unknown key 'rule'" },
		{ "version: 1\nrules:\n  T1: off\n  T99: off\n", ": line 4: unknown key 'T99'" },
		{ "version: 1\nrules:\n  T1: of\n", ": line 3: 'of' is not one of the values that are known here" },
		{ "version: 1\nrules:\n  T1: off\n  T1: off\n", ": line 4: 'T1' is given twice" },
		{ "version: 1\nrequire:\n  T1: -1\n", ": line 3: '-1' is no count" },
		{ "version: 1\nrequire:\n  T1: 4294967296\n", ": line 3: '4294967296' is no count" },
		{ "version: 1\nrequire: {T1: 1}\nrules: {T1: off}\n", ": rule T1 is off and required" },
		{ "version: 1\nrequire: {T1: 1}\nwaivers: [{rule: T1, reason: x}]\n",
		  ": waiver 1: rule T1 is required as well" },
		{ "version: 1\nwaivers:\n  - rule: T1\n", ": line 3: 'reason' is missing" },
		{ "version: 1\nwaivers:\n  - rule: T1\n    reason: ''\n", ": line 4: a text is empty" },
		{ "version: 1\nwaivers:\n  - {rule: T1, reason: x, until: y}\n", ": line 3: unknown key 'until'" },
		{ "version: 1\nwaivers:\n  - {rule: T1, reason: x, expires: 2026-2-1}\n",
		  ": waiver 1: '2026-2-1' is no day (such as 2026-12-31)" },
		{ "version: 1\nwaivers:\n  - {rule: T1, reason: x, expires: 2026-02-29}\n",
		  ": waiver 1: '2026-02-29' is no day (such as 2026-12-31)" },
		{ "version: 1\nwaivers:\n  - {rule: T3, reason: x, finding: end_own_bits}\n",
		  ": waiver 1: T3 has no finding 'end_own_bits' (did you mean 'end_own_bit'?)" },
		{ "version: 1\nreactions:\n  - {rule: T1, action: exec}\n",
		  ": reaction 1: exec needs the full path of a program" },
		{ "version: 1\nreactions:\n  - {rule: T1, action: exec, program: page-me}\n",
		  ": reaction 1: exec needs the full path of a program" },
		{ "version: 1\nreactions:\n  - {rule: T1, action: signal, signal: HULA}\n",
		  ": reaction 1: signal needs the name of one, such as TERM" },
		{ "version: 1\nreactions:\n  - {rule: T1, action: stop, program: /bin/true}\n",
		  ": reaction 1: stop takes nothing, not '/bin/true'" },
		{ "version: 1\nreactions:\n  - {rule: T1, action: exec, program: /a, signal: TERM}\n",
		  ": reaction 1: a program and a signal are two reactions" },
		{ "version: &a 1\nrequire: {T1: *a}\n", ": line 2: aliases are not taken" },
		{ "version: 1\n---\nversion: 1\n", ": it holds more than one document" },
		{ "version: 1\nwaivers: [a, b\n", NULL },
		{ "\t", NULL },
		{ "[]", NULL },
		{ "version: 1\nrules: []\n", NULL },
		{ "version: \x01\n", NULL },
		{ "version: 1\nwaivers: [[[[[[[[[[[[[[[[[[", NULL },
	};
	const char *said;
	size_t i;

	(void)state;
	for (i = 0; i < NR(cases); i++) {
		said = complaint(cases[i].text);
		if (cases[i].said && strcmp(said, cases[i].said) != 0)
			fail_msg("'%s': said '%s', not '%s'", cases[i].text, said, cases[i].said);
	}
}

/* Each list, each text and the whole have an end. */
static void test_limits(void **state)
{
	char *text = malloc(CW_POLICY_BYTES_MAX + 64), *at = text;
	size_t i;

	(void)state;
	at += sprintf(at, "version: 1\nwaivers:\n");
	for (i = 0; i < CW_WAIVERS_MAX; i++)
		at += sprintf(at, "  - {rule: T1, finding: window_own_present, reason: x}\n");
	assert_int_equal(load(text), 0);
	teardown(NULL);
	sprintf(at, "  - {rule: T1, reason: x}\n");
	assert_non_null(strstr(complaint(text), "more entries than are taken (64 max)"));
	memset(text, 'x', CW_REASON_LEN + 64);
	memcpy(text, "version: 1\nwaivers: [{rule: T1, reason: ", 40);
	strcpy(text + 40 + CW_REASON_LEN, "}]");
	assert_non_null(strstr(complaint(text), "a text is longer than"));
	memset(text, '#', CW_POLICY_BYTES_MAX + 1);
	memcpy(text, "version: 1\n", 11);
	text[CW_POLICY_BYTES_MAX + 1] = '\0';
	assert_non_null(strstr(complaint(text), "File too large"));
	text[CW_POLICY_BYTES_MAX] = '\0';
	setup(NULL);
	assert_int_equal(load(text), 0);
	free(text);
}

static void test_no_file(void **state)
{
	(void)state;
	quiet();
	assert_true(cw_policy_load(&policy, &reactions, "/nonexistent", NOON) < 0);
	assert_true(cw_policy_load(&policy, &reactions, "/tmp", NOON) < 0);
}

static void test_dates(void **state)
{
	(void)state;
	assert_int_equal(cw_date_days("1970-01-02"), 1);
	assert_int_equal(cw_date_days("2000-02-29"), 11016);
	assert_int_equal(cw_date_days("2026-13-01"), -EINVAL);
	assert_int_equal(cw_date_days("2026-00-10"), -EINVAL);
	assert_int_equal(cw_date_days("1969-12-31"), -EINVAL);
	assert_int_equal(cw_date_days("2026-11-2x"), -EINVAL);
	assert_int_equal(cw_date_days("2026-11-222"), -EINVAL);
	assert_int_equal(cw_date_days(""), -EINVAL);
}

/* The day itself still counts, to its end. */
static void test_expiry(void **state)
{
	static const char text[] = "version: 1\nwaivers: [{rule: T1, reason: x, expires: 2026-11-22}]\n";

	(void)state;
	file_make(path, text, strlen(text));
	/* 23:59:59 */
	assert_int_equal(cw_policy_load(&policy, &reactions, path, 1795391999), 0);
	assert_true(policy.waived == BIT(T1));
	cw_policy_free(&policy);
	policy.waived = 0;
	assert_int_equal(cw_policy_load(&policy, &reactions, path, 1795392000), 0);
	assert_true(policy.waived == 0);
	assert_true(cw_policy_waiver(&policy, 0)->expired);
}

/* It goes on with another waiver of the rule, and the way back, which is a replay's, is alike. */
static void test_another_day(void **state)
{
	static const char text[] = "version: 1\nwaivers:\n"
				   "  - {rule: T1, reason: for long, expires: 2026-11-24}\n"
				   "  - {rule: T1, reason: x, expires: 2026-11-22}\n"
				   "  - {rule: S3, finding: freed_shared, reason: y, expires: 2026-11-22}\n";
	const int day = 86400;

	(void)state;
	assert_int_equal(load(text), 0);
	assert_string_equal(policy.reason[CW_RULE_T1], "x");
	cw_policy_at(&policy, NOON + day);
	assert_true(policy.waived == BIT(T1));
	assert_string_equal(policy.reason[CW_RULE_T1], "for long");
	assert_true(cw_policy_waiver(&policy, 2)->expired);
	cw_policy_at(&policy, NOON + 3 * day);
	assert_true(policy.waived == 0);
	cw_policy_at(&policy, NOON);
	assert_true(policy.waived == BIT(T1));
	assert_string_equal(policy.reason[CW_RULE_T1], "x");
	assert_false(cw_policy_waiver(&policy, 2)->expired);
}

/* What the command line said about the rule does not expire. */
static void test_command_line_does_not_expire(void **state)
{
	(void)state;
	assert_int_equal(cw_policy_waive(&policy, "T1=by hand"), 0);
	assert_int_equal(load("version: 1\nwaivers: [{rule: T1, reason: x, expires: 2026-11-22}]\n"), 0);
	cw_policy_at(&policy, NOON + 86400);
	assert_true(policy.waived == BIT(T1));
	assert_string_equal(policy.reason[CW_RULE_T1], "by hand");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_whole),
	CASE(test_command_line_wins),
	CASE(test_refused),
	CASE(test_limits),
	CASE(test_no_file),
	CASE(test_dates),
	CASE(test_expiry),
	CASE(test_another_day),
	CASE(test_command_line_does_not_expire),
};

UNIT_MAIN(tests)
