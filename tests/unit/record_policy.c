// SPDX-License-Identifier: GPL-2.0-only
/* A recording of a session with a policy: replayed, by the command itself, it ends as the session
 * did and says the same in every format, although the policy's file is not there any more.
 */
#include "unit.h"

#include <sqlite3.h>
#include <unistd.h>

#include "../../src/cocowatch/options.c"
#include "../../src/cocowatch/cmd_replay.c"
#include "../../src/cocowatch/recorded.c"
#include "made.h"
#include "policy_file.h"

#define NOW 1700000000	/* 2023-11-14 */

static const char *const formats[] = { "ndjson", "tap", "junit", "sarif", "text" };
static char *const command[] = { "make", "check", NULL };
static char dir[32], path[64], policy[64];
static struct made *made;
static struct cw_recorder *recorder;
static struct cw_recording_info *info;
static struct cw_reactions reactions;

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/cw-policy-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/a.ccw", dir);
	snprintf(policy, sizeof(policy), "%s/policy", dir);
	memset(&reactions, 0, sizeof(reactions));
	recorder = NULL;
	info = NULL;
	made = calloc(1, sizeof(*made));
	return made ? 0 : -1;
}

static int teardown(void **state)
{
	char rm[64];

	(void)state;
	cw_recorder_free(recorder);
	made_exit(made);
	cw_policy_free(&made->policy);
	free(made);
	free(info);
	snprintf(rm, sizeof(rm), "rm -rf '%s'", dir);
	return system(rm);
}

/* -o FORMAT=FILE of each format, for the session or for the replay of it; kept by who takes it. */
static char *output(size_t format, const char *whose)
{
	static char args[2][NR(formats)][96];
	char *arg = args[whose[0] == 't'][format];

	snprintf(arg, sizeof(args[0][0]), "%s=%s/%s.%s", formats[format], dir, whose, formats[format]);
	return arg;
}

/* What cw_run() does with a policy. */
static void policy_take(const char *yaml)
{
	FILE *f = fopen(policy, "w");
	__u32 i;

	assert_non_null(f);
	fputs(yaml, f);
	fclose(f);
	assert_int_equal(cw_policy_load(&made->policy, &reactions, policy, NOW), 0);
	unlink(policy);
	made->arming.armed &= ~made->policy.off;
	for (i = 0; i < CW_RULE_NR; i++)
		if (made->policy.off & CW_RULE_BIT(i))
			strcpy(made->arming.why_rule[i], "off, by the policy");
}

static void session_begin(const char *yaml)
{
	const struct cw_recorder_opts opts = { .path = path };
	char why[256];
	size_t i;

	assert_int_equal(cw_recorder_new(&recorder, &opts, why, sizeof(why)), 0);
	for (i = 0; i < NR(formats); i++)
		assert_int_equal(cw_writers_add(&made->writers, output(i, "then")), 0);
	assert_int_equal(cw_writers_open(&made->writers), 0);
	assert_int_equal(made_init(made, recorder), 0);
	made->feed.policy = &made->policy;
	policy_take(yaml);
	made->start.command = command;
	cw_writers_start(&made->writers, &made->start);
	info = made_info(made);
	assert_non_null(info);
	info->has_command = true;
	info->command = (char **)command;
	assert_int_equal(cw_recorder_start(recorder, info, made->symbols), 0);
}

/* A broken transition, one in order, and one that takes longer than it may. */
static void session_run(void)
{
	struct cw_ev_step ev;

	made_transition(made, 0x1000, 8, true, true);
	made_transition(made, 0x1000, 8, false, false);
	made_free(made, 0x1000, false);
	ev = made_step(made, CW_EV_BEGIN, 0x2000, 8, true);
	ev.hdr.task = 9;
	made_send(made, &ev.hdr);
	made->ts_ns += 3000000000ULL;
	cw_feed_tick(&made->feed, made->ts_ns);
}

#define MIDNIGHT_NS (6400 * 1000000000ULL)	/* after NOW */

/* Ends the session as cw_run() does; its exit status. */
static int session_end(struct cw_ending *ending)
{
	static struct cw_verdict verdict;
	const struct cw_finish finish = { .verdict = &verdict, .totals = &info->totals,
					  .told = &made->feed.told, .ending = ending,
					  .reactions = &reactions,
					  .duration_ns = made->ts_ns + 2000000000ULL -
							 made->start.ts_ns };
	__u32 i;

	cw_policy_at(&made->policy,
		     cw_start_wall(&made->start, made->start.ts_ns + finish.duration_ns));
	cw_recorder_stop(recorder);
	info->totals = made->totals;
	cw_feed_totals(&made->feed, &info->totals);
	cw_verdict_judge(&verdict, &made->policy, &made->arming, &info->totals, ending);
	assert_true(cw_writers_finish(&made->writers, &finish));
	info->complete = true;
	info->policy = made->policy;
	info->duration_ns = finish.duration_ns;
	info->exit = verdict.exit;
	info->ending = *ending;
	info->reactions = reactions;
	for (i = 0; i < CW_RULE_NR; i++)
		info->outcome[i] = verdict.outcome[i];
	assert_int_equal(cw_recorder_finish(recorder, info), 0);
	assert_true(cw_writers_close(&made->writers));
	return (int)verdict.exit;
}

/* cocowatch replay -o FORMAT=FILE... a.ccw */
static int replay_run(void)
{
	char *argv[2 * NR(formats) + 3];
	int argc = 0;
	size_t i;

	argv[argc++] = "replay";
	for (i = 0; i < NR(formats); i++) {
		argv[argc++] = "-o";
		argv[argc++] = output(i, "again");
	}
	argv[argc++] = path;
	argv[argc] = NULL;
	return cw_cmd_replay(argc, argv);
}

static void assert_same_outputs(const char *name)
{
	char cmp[192];
	size_t i;

	for (i = 0; i < NR(formats); i++) {
		snprintf(cmp, sizeof(cmp), "diff %s/then.%s %s/again.%s >&2", dir, formats[i], dir, formats[i]);
		if (system(cmp))
			fail_msg("%s: the replay says other things in %s", name, formats[i]);
	}
}

/* Whether the session's text says it. */
static bool says(const char *what)
{
	static char text[16384];
	char file[64];
	size_t len;
	FILE *f;

	snprintf(file, sizeof(file), "%s/then.text", dir);
	f = fopen(file, "r");
	assert_non_null(f);
	len = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[len] = '\0';
	return strstr(text, what);
}

#define X15 "123456789012345"
#define X51 X15 X15 X15 "123456"

static const struct {
	const char *name;
	const char *yaml;
	int exit;
	struct cw_ending ending;
} cases[] = {
	{ "nothing asked", "version: 1\n", CW_EXIT_VIOLATED, { .has_command = true } },
	{ "a warning", "version: 1\nrules: {T3: warning}\n", CW_EXIT_HELD, { .has_command = true } },
	{ "off", "version: 1\nrules: {T3: off}\n", CW_EXIT_HELD, { .has_command = true } },
	{ "a violation after all", "version: 1\nrules: {T3: off, T7: violation}\n", CW_EXIT_VIOLATED,
	  { .has_command = true } },
	{ "waived by its function",
	  "version: 1\nwaivers: [{rule: T3, function: probe, reason: known}]\n", CW_EXIT_HELD,
	  { .has_command = true } },
	{ "waived in another function",
	  "version: 1\nwaivers: [{rule: T3, function: prob, reason: known}]\n", CW_EXIT_VIOLATED,
	  { .has_command = true } },
	{ "waived by its finding",
	  "version: 1\nwaivers: [{rule: T3, finding: end_own_bit, reason: known, expires: 2023-11-14}]\n",
	  CW_EXIT_HELD, { .has_command = true } },
	{ "waived until yesterday",
	  "version: 1\nwaivers: [{rule: T3, reason: known, expires: 2023-11-13}]\n", CW_EXIT_VIOLATED,
	  { .has_command = true } },
	{ "waived as a whole", "version: 1\nwaivers: [{rule: T3, reason: 'a, \"b\" and c'}]\n", CW_EXIT_HELD,
	  { .has_command = true } },
	{ "waived for the longest reason", "version: 1\nwaivers: [{rule: T3, reason: '" X51 X51 X51 X51 X51 "'}]\n",
	  CW_EXIT_HELD, { .has_command = true } },
	{ "required too often", "version: 1\nrules: {T3: off}\nrequire: {S3: 99}\n", CW_EXIT_UNKNOWN,
	  { .has_command = true } },
	{ "the command was ended", "version: 1\nrules: {T3: off}\n", CW_EXIT_COMMAND,
	  { .has_command = true, .command_stopped = true, .command_status = 143 } },
	{ "reactions", "version: 1\nreactions: [{rule: T3, action: signal, signal: USR1},\n"
	  "  {rule: T1, action: exec, program: /bin/page}]\n", CW_EXIT_VIOLATED, { .has_command = true } },
};

static void test_replays_as_it_was(void **state)
{
	struct cw_ending ending;
	size_t i;

	teardown(state);
	for (i = 0; i < NR(cases); i++) {
		assert_int_equal(setup(state), 0);
		session_begin(cases[i].yaml);
		session_run();
		if (reactions.nr)
			reactions.reaction[0].done = 3;
		ending = cases[i].ending;
		if (session_end(&ending) != cases[i].exit)
			fail_msg("%s: exit status %d", cases[i].name, session_end(&ending));
		assert_int_equal(replay_run(), cases[i].exit);
		assert_same_outputs(cases[i].name);
		if (i + 1 < NR(cases))
			teardown(state);
	}
}

/* A waiver's last day ends while the session goes on: what it covered before stays covered, what
 * came after does not, and the replay says the same of each.
 */
static void test_expires_between(void **state)
{
	static const char *const yamls[] = {
		"version: 1\nwaivers: [{rule: T3, reason: known, expires: 2023-11-14}]\n",
		"version: 1\nwaivers: [{rule: T3, function: probe, reason: known, expires: 2023-11-14}]\n",
	};
	struct cw_ending ending = { .has_command = true };
	size_t i;
	int again;

	teardown(state);
	for (i = 0; i < 2 * NR(yamls); i++) {
		again = i % 2;
		assert_int_equal(setup(state), 0);
		session_begin(yamls[i / 2]);
		session_run();
		assert_int_equal(made->feed.excused[CW_RULE_T3], 1);
		made->ts_ns += MIDNIGHT_NS;
		if (again)
			made_transition(made, 0x3000, 8, true, true);
		assert_int_equal(session_end(&ending), CW_EXIT_VIOLATED);
		assert_int_equal(made->feed.excused[CW_RULE_T3], 1);
		assert_int_equal(info->totals.rule[CW_RULE_T3].violated, 1 + again);
		assert_int_equal(replay_run(), CW_EXIT_VIOLATED);
		assert_same_outputs(yamls[i / 2]);
		assert_int_equal(says("waived (T3"), !again);
		assert_int_equal(says("violated: waivers have expired: T3"), !again);
		assert_int_equal(says("violated: T3; waivers have expired: T3"), again);
		if (i + 1 < 2 * NR(yamls))
			teardown(state);
	}
}

/* A waiver that somebody wrote into the file covers what was no waiver's business then, and is
 * seen.
 */
static void test_tampered(void **state)
{
	static const struct {
		const char *sql;
		int exit;
	} changes[] = {
		{ "INSERT INTO waivers VALUES(0, 'T3', '', 'probe', 'x', '', 0)", CW_EXIT_UNKNOWN },
		{ "UPDATE rules SET excused = 1 WHERE rule = 'T3'", CW_EXIT_VIOLATED },
		{ "INSERT INTO waivers VALUES(0, 'T3', 'FREED_SHARED', '', 'x', '', 0)", CW_EXIT_UNKNOWN },
		{ "INSERT INTO waivers VALUES(0, 'T99', '', '', 'x', '', 0)", CW_EXIT_UNKNOWN },
		{ "INSERT INTO reactions VALUES(0, 'T3', 'explode', '', 0, 0, 0)", CW_EXIT_UNKNOWN },
		{ "INSERT INTO reactions VALUES(0, 'T3', 'signal', 'HULA', 0, 0, 0)", CW_EXIT_UNKNOWN },
		{ "UPDATE rules SET severity = 'mild' WHERE rule = 'T3'", CW_EXIT_UNKNOWN },
		{ "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 70) "
		  "INSERT INTO waivers SELECT i, 'T3', '', '', 'x', '', 0 FROM n", CW_EXIT_UNKNOWN },
	};
	struct cw_ending ending = { .has_command = true };
	char whole[64], copy[160];
	sqlite3 *db;
	size_t i;

	quiet();
	(void)state;
	session_begin("version: 1\n");
	session_run();
	assert_int_equal(session_end(&ending), CW_EXIT_VIOLATED);
	strcpy(whole, path);
	for (i = 0; i < NR(changes); i++) {
		snprintf(path, sizeof(path), "%s/b.ccw", dir);
		snprintf(copy, sizeof(copy), "cp %s %s", whole, path);
		assert_int_equal(system(copy), 0);
		assert_int_equal(sqlite3_open(path, &db), 0);
		assert_int_equal(sqlite3_exec(db, changes[i].sql, NULL, NULL, NULL), 0);
		sqlite3_close(db);
		if (replay_run() != changes[i].exit)
			fail_msg("%s: another exit status", changes[i].sql);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(test_replays_as_it_was, setup, teardown),
	cmocka_unit_test_setup_teardown(test_expires_between, setup, teardown),
	cmocka_unit_test_setup_teardown(test_tampered, setup, teardown),
};

UNIT_MAIN(tests)
