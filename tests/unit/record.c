// SPDX-License-Identifier: GPL-2.0-only
/* A session into a recording and out again: every record comes back, in order and as it was but for
 * addresses, with the tables beside them; replayed, it gives the verdicts of the session.
 */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <signal.h>

#include <sqlite3.h>

#include "made.h"
#include "recorder_impl.h"
#include "replay.h"

static char dir[] = "/tmp/cw-record-XXXXXX";
static char path[64], output[96], again[96], text[64];
static struct made *made;
static struct cw_recorder *recorder;
static struct cw_recording_info *info;
static struct cw_recording *rec;
static char why[256];

static int setup(void **state)
{
	(void)state;
	memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/a.ccw", dir);
	snprintf(text, sizeof(text), "%s/live", dir);
	snprintf(output, sizeof(output), "ndjson=%s", text);
	recorder = NULL;
	info = NULL;
	rec = NULL;
	made = calloc(1, sizeof(*made));
	return made ? 0 : -1;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	cw_recording_close(rec);
	cw_recorder_free(recorder);
	made_exit(made);
	free(made);
	free(info);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

static void record_begin(__u64 last_ns, bool include_addresses)
{
	const struct cw_recorder_opts opts = { .path = path, .last_ns = last_ns,
					       .history_bytes = last_ns ? 1 << 20 : 0,
					       .include_addresses = include_addresses };

	assert_int_equal(cw_recorder_new(&recorder, &opts, why, sizeof(why)), 0);
	assert_int_equal(cw_writers_add(&made->writers, output), 0);
	assert_int_equal(cw_writers_open(&made->writers), 0);
	assert_int_equal(made_init(made, recorder), 0);
	cw_writers_start(&made->writers, &made->start);
	info = made_info(made);
	assert_non_null(info);
	info->include_addresses = include_addresses;
	info->last_ns = last_ns;
	assert_int_equal(cw_recorder_start(recorder, info, made->symbols), 0);
}

static int record_end(void)
{
	cw_recorder_stop(recorder);
	made_finish(made, info);
	return cw_recorder_finish(recorder, info);
}

static void open_it(void)
{
	if (cw_recording_open(&rec, path, why, sizeof(why)))
		fail_msg("%s", why);
}

/* ---- what comes back ---- */

static void test_records_come_back(void **state)
{
	const struct cw_rec_hdr *r;
	__u64 seq = 0, nr = 0, vaddr[2] = { 0, 0 };
	struct stat st;
	int i, got;

	(void)state;
	record_begin(0, false);
	for (i = 0; i < 500; i++)
		made_transition(made, 0x1000 + 8 * (__u64)i, 8, i % 2, i == 77);
	assert_int_equal(record_end(), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	open_it();
	assert_int_equal(cw_recording_nr_records(rec), made->records);
	while ((got = cw_recording_next(rec, &r)) > 0) {
		const struct cw_ev_step *step = (const struct cw_ev_step *)r;

		nr++;
		if (r->type == CW_REC_VERDICT)
			continue;
		assert_int_equal(r->seq, ++seq);
		if (step->gfn == 0x1000)
			vaddr[r->type == CW_EV_END] = step->vaddr;
		/* no address of the kernel is kept, and a range still has one that is its own */
		assert_int_equal(step->vaddr >> 63, 0);
	}
	assert_int_equal(got, 0);
	assert_int_equal(nr, made->records);
	assert_int_equal(vaddr[0], vaddr[1]);
	assert_int_not_equal(vaddr[0], 0);
}

static void test_addresses_on_request(void **state)
{
	const struct cw_rec_hdr *r;
	__u64 stack = 0;

	(void)state;
	record_begin(0, true);
	made_transition(made, 0x1000, 8, true, true);
	assert_int_equal(record_end(), 0);
	open_it();
	while (cw_recording_next(rec, &r) > 0) {
		if (r->type == CW_EV_BEGIN)
			assert_int_equal(((const struct cw_ev_step *)r)->vaddr,
					 0xffff888001000000ULL);
		if (r->type == CW_REC_VERDICT)
			stack = ((const struct cw_rec_verdict *)r)->stack[0];
	}
	assert_int_equal(stack, 0xffffffff81000100ULL);
}

static struct cw_rec_transition transitions[8];
static struct cw_rec_violation violations[8];
static int nr_rows;

static int on_transition(void *ctx, const struct cw_rec_transition *t)
{
	(void)ctx;
	if (nr_rows < 8)
		transitions[nr_rows] = *t;
	nr_rows++;
	return 0;
}

static int on_violation(void *ctx, const struct cw_rec_violation *v)
{
	(void)ctx;
	if (nr_rows < 8)
		violations[nr_rows] = *v;
	nr_rows++;
	return 0;
}

static int on_pages(void *ctx, const struct cw_rec_pages *p)
{
	(void)ctx;
	nr_rows++;
	assert_int_equal(p->gfn, 0x4000);
	assert_int_equal(p->nr_pages, 512);
	assert_int_equal(p->state, CW_PG_SHARED);
	return 0;
}

static void test_tables(void **state)
{
	__u64 stack[CW_STACK_MAX];
	char name[CW_SYMBOL_LEN];

	(void)state;
	record_begin(0, false);
	cw_recorder_pages(recorder, 0x4000, 512, CW_PG_SHARED);
	made_transition(made, 0x1000, 8, true, false);
	made_transition(made, 0x1000, 8, false, true);
	assert_int_equal(record_end(), 0);
	open_it();
	nr_rows = 0;
	assert_int_equal(cw_recording_transitions(rec, on_transition, NULL), 0);
	assert_int_equal(nr_rows, 2);
	assert_int_equal(transitions[0].gfn_min, 0x1000);
	assert_int_equal(transitions[0].gfn_max, 0x1007);
	assert_true(transitions[0].to_shared && transitions[0].contiguous);
	assert_true(transitions[0].begin_ns && transitions[0].begin_ns < transitions[0].end_ns);
	assert_string_equal(transitions[0].comm, "maker");
	nr_rows = 0;
	assert_int_equal(cw_recording_transitions_of(rec, 0x1008, on_transition, NULL), 0);
	assert_int_equal(nr_rows, 0);
	assert_int_equal(cw_recording_transitions_of(rec, 0x1007, on_transition, NULL), 0);
	assert_int_equal(nr_rows, 2);
	nr_rows = 0;
	assert_int_equal(cw_recording_violations(rec, on_violation, NULL), 0);
	assert_int_equal(nr_rows, 1);
	assert_int_equal(violations[0].detail.rule, CW_RULE_T3);
	assert_int_equal(violations[0].past_seq, transitions[0].seq);
	assert_int_equal(cw_recording_stack(rec, violations[0].stack, stack), 2);
	assert_string_equal(cw_symbol_text(cw_recording_symbols(rec), stack[0], name, sizeof(name)),
			    "share_it+0x10/0x40 [driver]");
	nr_rows = 0;
	assert_int_equal(cw_recording_pages(rec, on_pages, NULL), 0);
	assert_int_equal(nr_rows, 1);
}

/* Whose a transition was: sent for recordings only, and named like the stack of a verdict. */
static void test_stack_of_an_event(void **state)
{
	struct cw_rec_stack s = { .hdr = { .type = CW_REC_STACK, .len = sizeof(s), .seq = 9 },
				  .of_seq = 1, .of_type = CW_EV_BEGIN, .nr_stack = 1, .comm = "maker" };
	const struct cw_rec_hdr *r;
	char name[CW_SYMBOL_LEN];

	(void)state;
	record_begin(0, false);
	s.hdr.ts_ns = made->ts_ns;
	s.stack[0] = 0xffffffff81000200ULL;
	cw_feed_record(&made->feed, &s, sizeof(s));
	assert_int_equal(record_end(), 0);
	open_it();
	assert_int_equal(cw_recording_next(rec, &r), 1);
	assert_int_equal(r->type, CW_REC_STACK);
	memcpy(&s, r, sizeof(s));
	assert_int_not_equal(s.stack[0], 0xffffffff81000200ULL);
	assert_string_equal(cw_symbol_text(cw_recording_symbols(rec), s.stack[0], name,
					   sizeof(name)),
			    "probe+0x5/0x90");
}

/* ---- replay ---- */

static struct cw_replayed replayed;

/* Replays into a file of its own; the exit status. */
static int replay_it(void)
{
	static struct cw_writers writers;
	static struct cw_verdict verdict;
	struct cw_ending ending;
	struct cw_start start = made->start;
	const struct cw_recording_info *got = cw_recording_info(rec);

	memset(&writers, 0, sizeof(writers));
	snprintf(again, sizeof(again), "ndjson=%s/again", dir);
	assert_int_equal(cw_writers_add(&writers, again), 0);
	assert_int_equal(cw_writers_open(&writers), 0);
	start.platform = &got->platform;
	start.arming = &got->arming;
	start.policy = &got->policy;
	start.fmt = got->fmt;
	start.symbols = cw_recording_symbols(rec);
	start.ts_ns = got->ts_ns;
	start.wall_offset_ns = got->wall_offset_ns;
	cw_writers_start(&writers, &start);
	assert_int_equal(cw_replay_run(rec, &writers, NULL, &replayed), 0);
	cw_replay_judge(got, &replayed, false, &ending, &verdict);
	cw_writers_close(&writers);
	cw_replay_end(&replayed);
	return verdict.exit;
}

static void assert_same_reports(void)
{
	char command[192];

	snprintf(command, sizeof(command), "cmp -s %s %s/again", text, dir);
	assert_int_equal(system(command), 0);
}

static void test_replay_holds(void **state)
{
	int i;

	(void)state;
	record_begin(0, false);
	for (i = 0; i < 300; i++) {
		made_transition(made, 0x1000, 8, true, false);
		made_packet(made, 3);
		made_transition(made, 0x1000, 8, false, false);
	}
	assert_int_equal(record_end(), 0);
	open_it();
	assert_int_equal(replay_it(), info->exit);
	assert_string_equal(replayed.differs, "");
	assert_int_equal(replayed.from_stored, 0);
	assert_int_equal(replayed.totals.rule[CW_RULE_T3].checked, 600);
	assert_int_equal(replayed.totals.rule[CW_RULE_Z1].checked, 300);
	assert_same_reports();
}

static void test_replay_violates(void **state)
{
	int i;

	(void)state;
	record_begin(0, false);
	for (i = 0; i < 60; i++) {	/* more than are shown of a group */
		made_transition(made, 0x1000, 8, true, i % 2);
		made_transition(made, 0x1000, 8, false, false);
	}
	assert_int_equal(record_end(), 0);
	assert_int_equal(info->exit, CW_EXIT_VIOLATED);
	open_it();
	assert_int_equal(replay_it(), CW_EXIT_VIOLATED);
	assert_string_equal(replayed.differs, "");
	assert_int_equal(replayed.totals.rule[CW_RULE_T3].violated, 30);
	assert_int_equal(replayed.told.grouped[CW_RULE_T3], 14);
	assert_same_reports();
}

/* Time is recorded where it decided something. */
static void test_replay_slow(void **state)
{
	struct cw_ev_step ev;

	(void)state;
	record_begin(0, false);
	ev = made_step(made, CW_EV_BEGIN, 0x1000, 8, true);
	made_send(made, &ev.hdr);
	cw_feed_tick(&made->feed, made->ts_ns + 500);
	made->ts_ns += 3000000000ULL;
	cw_feed_tick(&made->feed, made->ts_ns);
	ev = made_step(made, CW_EV_BEGIN, 0x2000, 8, true);
	ev.hdr.task = 9;
	made_send(made, &ev.hdr);
	cw_feed_forget(&made->feed, made->ts_ns);
	made->ts_ns += 3000000000ULL;
	cw_feed_tick(&made->feed, made->ts_ns);
	assert_int_equal(made->feed.user[CW_RULE_T7].warned, 1);
	assert_int_equal(record_end(), 0);
	open_it();
	replay_it();
	assert_int_equal(replayed.totals.rule[CW_RULE_T7].warned, 1);
	assert_string_equal(replayed.differs, "");
	assert_same_reports();
}

/* A recording that says more than the engine finds in it is no pass, and it is said. */
static void test_replay_differs(void **state)
{
	int i;

	(void)state;
	record_begin(0, false);
	for (i = 0; i < 10; i++)
		made_transition(made, 0x1000, 8, i % 2 == 0, false);
	made->totals.rule[CW_RULE_T3].checked++;
	assert_int_equal(record_end(), 0);
	open_it();
	assert_int_equal(replay_it(), CW_EXIT_UNKNOWN);
	assert_string_equal(replayed.differs, "T3 was judged 11 times with 0 violations, and is now "
			    "10 times with 0");
}

static void test_counts_of_what_was_left_out(void **state)
{
	(void)state;
	record_begin(0, false);
	info->record_hot = false;
	made_transition(made, 0x1000, 8, true, false);
	made->totals.rule[CW_RULE_Z1].checked = 4711;	/* packets that were not sent */
	assert_int_equal(record_end(), 0);
	open_it();
	replay_it();
	assert_int_equal(replayed.totals.rule[CW_RULE_Z1].checked, 4711);
	assert_int_equal(replayed.from_stored, CW_RULE_BIT(CW_RULE_Z1));
	assert_string_equal(replayed.differs, "");
}

/* ---- trouble ---- */

static void test_no_second_time(void **state)
{
	const struct cw_recorder_opts opts = { .path = path };
	struct cw_recorder *second;

	(void)state;
	record_begin(0, false);
	assert_int_equal(cw_recorder_new(&second, &opts, why, sizeof(why)), -EEXIST);
	assert_string_equal(why, "File exists");
	assert_int_equal(record_end(), 0);
}

/* Records that somebody finds who looks now. */
static __u64 nr_there(void)
{
	const struct cw_rec_hdr *r;
	__u64 nr = 0;

	cw_recording_close(rec);
	rec = NULL;
	if (cw_recording_open(&rec, path, why, sizeof(why)))
		return 0;
	while (cw_recording_next(rec, &r) > 0)
		nr++;
	return nr;
}

/* Killed in the middle: what was written is there, as it was a moment before, and is said to be
 * incomplete.
 */
static void test_killed(void **state)
{
	int i, tries = 0;
	pid_t pid;

	(void)state;
	pid = fork();
	if (!pid) {
		record_begin(0, false);
		for (i = 0; i < 1000; i++)
			made_transition(made, 0x1000, 8, i % 2 == 0, false);
		cw_recorder_tick(recorder, ~0ULL);
		pause();
	}
	while (nr_there() < 9000 && tries++ < 600)
		usleep(50000);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(nr_there(), 9000);
	assert_false(cw_recording_info(rec)->complete);
	assert_int_equal(made_init(made, NULL), 0);
	assert_int_equal(cw_recording_rewind(rec), 0);
	assert_int_equal(replay_it(), CW_EXIT_UNKNOWN);
}

/* The disk is full: the session goes on, what is lost is counted, and the file can be read. */
static void test_disk_full(void **state)
{
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit small = { 1200 << 10, RLIM_INFINITY };
	const struct cw_rec_hdr *r;
	__u64 nr = 0, lost = 0;
	__u32 i;

	(void)state;
	quiet();
	signal(SIGXFSZ, SIG_IGN);
	record_begin(0, false);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (i = 0; i < 20000; i++)
		made_transition(made, 0x1000 + i % 999 * 8, 8, i % 3, i % 7 == 0);
	record_end();
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	for (i = 0; i < CW_EV_NR; i++)
		lost += info->totals.loss[i][CW_LOSS_QUEUE];
	assert_int_not_equal(lost, 0);
	open_it();
	while (cw_recording_next(rec, &r) > 0)
		nr++;
	assert_int_equal(nr + lost, made->records);
	/* steps that are missing accuse nobody of having left them out */
	assert_int_equal(cw_recording_rewind(rec), 0);
	assert_int_equal(replay_it(), CW_EXIT_VIOLATED);
	assert_int_not_equal(replayed.told.violated[CW_RULE_T3], 0);
	assert_int_equal(replayed.told.violated[CW_RULE_T1], 0);
	assert_int_equal(replayed.told.violated[CW_RULE_T2], 0);
	assert_int_equal(replayed.told.violated[CW_RULE_T6], 0);
}

static void test_not_a_recording(void **state)
{
	static const char *const sql[] = {
		"CREATE TABLE session(name)",	/* another program's database */
		"PRAGMA application_id = 1128486705; CREATE TABLE session(name)",
		"PRAGMA application_id = 1128486705; PRAGMA user_version = 1; CREATE TABLE session(name)",
		"PRAGMA application_id = 1128486705; PRAGMA user_version = 2",
	};
	static const int want[] = { -EINVAL, -EINVAL, -EBADMSG, -EINVAL };
	sqlite3 *db;
	size_t i;
	FILE *f;

	(void)state;
	assert_int_equal(cw_recording_open(&rec, path, why, sizeof(why)), -ENOENT);
	f = fopen(path, "w");
	fputs("This is no database, and is long enough to be looked at as one: a whole header of it.\n"
	      "This is no database, and is long enough to be looked at as one: a whole header of it.\n", f);
	fclose(f);
	assert_int_equal(cw_recording_open(&rec, path, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "it is no recording of cocowatch");
	assert_int_equal(cw_recording_open(&rec, dir, why, sizeof(why)), -EISDIR);
	assert_int_equal(cw_recording_open(&rec, "/dev/zero", why, sizeof(why)), -EINVAL);
	for (i = 0; i < NR(sql); i++) {
		unlink(path);
		assert_int_equal(sqlite3_open(path, &db), 0);
		assert_int_equal(sqlite3_exec(db, sql[i], NULL, NULL, NULL), 0);
		sqlite3_close(db);
		assert_int_equal(cw_recording_open(&rec, path, why, sizeof(why)), want[i]);
		assert_null(rec);
	}
}

/* What somebody added or changed with sqlite3. */
static void test_tampered(void **state)
{
	static const struct {
		const char *sql;
		const char *why;
	} cases[] = {
		{ "CREATE TRIGGER t AFTER INSERT ON stats BEGIN SELECT 1; END",
		  "it is damaged: its tables are not those of a recording" },
		{ "CREATE VIEW v AS SELECT 1", "it is damaged: its tables are not those of a recording" },
		{ "DROP TABLE stats", "it is damaged: its tables are not those of a recording" },
		{ "DELETE FROM session WHERE name = 'kernel'", "it is damaged: session: 'kernel' is missing" },
		{ "UPDATE session SET value = 7 WHERE name = 'complete'",
		  "it is damaged: session: complete is out of range" },
		{ "UPDATE session SET value = 'x' WHERE name = 'ts_ns'",
		  "it is damaged: session: ts_ns has another type" },
		{ "UPDATE session SET value = 'moon' WHERE name = 'source'",
		  "it is damaged: session: there is no such source" },
		{ "UPDATE session SET value = 9 WHERE name = 'exit'",
		  "it is damaged: session: there is no such exit status" },
		{ "UPDATE session SET value = 2 WHERE name = 'abi_major'",
		  "its records are of ABI 2, and this program reads ABI 1" },
		{ "UPDATE rules SET outcome = 'fine' WHERE rule = 'T1'", "it is damaged: rules: T1 has no outcome" },
		{ "INSERT INTO losses VALUES(99, 0, '', 1)",
		  "it is damaged: losses: there is no such event or loss" },
		{ "UPDATE symbols SET id = 5 WHERE id = 2",
		  "it is damaged: symbols: they are not numbered from 1 on" },
	};
	char command[160];
	sqlite3 *db;
	size_t i;

	(void)state;
	record_begin(0, false);
	made_transition(made, 0x1000, 8, true, true);
	assert_int_equal(record_end(), 0);
	for (i = 0; i < NR(cases); i++) {
		snprintf(command, sizeof(command), "cp %s %s/copy", path, dir);
		assert_int_equal(system(command), 0);
		snprintf(command, sizeof(command), "%s/copy", dir);
		assert_int_equal(sqlite3_open(command, &db), 0);
		assert_int_equal(sqlite3_exec(db, cases[i].sql, NULL, NULL, NULL), 0);
		sqlite3_close(db);
		assert_true(cw_recording_open(&rec, command, why, sizeof(why)) < 0);
		assert_string_equal(why, cases[i].why);
	}
}

/* Reads all there is; how many records, or -1 when the recording was found to be damaged. */
static long read_all(const char *file)
{
	const struct cw_rec_hdr *r;
	bool damaged = false;
	long nr = 0;
	int got;

	if (cw_recording_open(&rec, file, why, sizeof(why)))
		return -1;
	while ((got = cw_recording_next(rec, &r)) != 0) {
		damaged |= got < 0;
		nr++;
	}
	nr_rows = 8;
	damaged |= cw_recording_transitions(rec, on_transition, NULL) < 0;
	damaged |= cw_recording_violations(rec, on_violation, NULL) < 0;
	cw_recording_close(rec);
	rec = NULL;
	return damaged ? -1 : nr;
}

/* Bits flipped anywhere, and the file cut off anywhere: said or without effect, never a crash; and
 * what is flipped in the records themselves is always found.
 */
static void test_flipped_and_cut(void **state)
{
	static unsigned char bytes[1 << 20];
	char copy[96];
	int i, found = 0;
	size_t size;
	FILE *f;

	(void)state;
	record_begin(0, false);
	for (i = 0; i < 200; i++)
		made_transition(made, 0x1000, 8, i % 2 == 0, i == 5);
	assert_int_equal(record_end(), 0);
	f = fopen(path, "r");
	assert_non_null(f);
	size = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	assert_in_range(size, 8192, sizeof(bytes) - 1);
	snprintf(copy, sizeof(copy), "%s/copy", dir);
	srandom(3);
	for (i = 0; i < 600; i++) {
		size_t at = (size_t)random() % size, len = i % 4 ? size : at;

		bytes[at] ^= (unsigned char)(1 << i % 8);
		f = fopen(copy, "w");
		assert_non_null(f);
		assert_int_equal(fwrite(bytes, 1, len, f), len);
		fclose(f);
		bytes[at] ^= (unsigned char)(1 << i % 8);
		found += read_all(copy) < 0;
	}
	assert_in_range(found, 150, 600);
}

static void test_flipped_in_a_block(void **state)
{
	char sql[160];
	sqlite3 *db;
	int i;

	(void)state;
	record_begin(0, false);
	made_transition(made, 0x1000, 8, true, false);
	assert_int_equal(record_end(), 0);
	for (i = 1; i < 200; i += 7) {
		assert_int_equal(sqlite3_open(path, &db), 0);
		snprintf(sql, sizeof(sql), "UPDATE events SET records = CAST(substr(records, 1, %d) || "
			 "x'ff' || substr(records, %d) AS BLOB)", i, i + 2);
		assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), 0);
		sqlite3_close(db);
		assert_int_equal(read_all(path), -1);
		assert_string_equal(why, why);
	}
}

/* ---- flight recorder ---- */

/* Until the writer's thread has taken all that was put, however busy the machine is. */
static void queue_wait(void)
{
	bool full;

	do {
		usleep(1000);
		pthread_mutex_lock(&recorder->queue.lock);
		full = recorder->queue.full;
		pthread_mutex_unlock(&recorder->queue.lock);
	} while (full);
}

static void snapshot(void)
{
	made_finish(made, info);
	info->stopped_early = true;
	cw_recorder_snapshot(recorder, info, made->ts_ns);
}

/* More than the memory holds, with a transition open from before the history: what is kept of it is
 * enough to judge its end.
 */
static void test_history(void **state)
{
	struct cw_ev_step ev;
	int i;

	(void)state;
	quiet();
	record_begin(3600000000000ULL, false);
	cw_recorder_pages(recorder, 0x9000, 16, CW_PG_SHARED);
	ev = made_step(made, CW_EV_BEGIN, 0x5000, 4, true);
	ev.hdr.task = 9ULL << 32 | 9;
	made_send(made, &ev.hdr);
	for (i = 0; i < 12000; i++) {
		made_transition(made, 0x1000 + 8 * (__u64)(i % 100), 8, i < 11900, false);
		if (i % 64 == 0)
			queue_wait();	/* so that nothing is lost on the way */
	}
	ev = made_step(made, CW_EV_END, 0x5000, 4, true);
	ev.hdr.task = 9ULL << 32 | 9;
	ev.own.shared = 3;
	ev.own.first_private = 3;
	made_send(made, &ev.hdr);
	assert_true(cw_recorder_is_wanted(recorder, ~0ULL));
	snapshot();
	cw_recorder_stop(recorder);
	open_it();
	assert_true(cw_recording_info(rec)->complete && cw_recording_info(rec)->stopped_early);
	assert_int_not_equal(cw_recording_info(rec)->nr_dropped, 0);
	assert_int_not_equal(cw_recording_info(rec)->nr_baseline, 0);
	assert_in_range(cw_recording_nr_records(rec), 5000, made->records - 5000);
	assert_int_equal(replay_it(), CW_EXIT_VIOLATED);
	assert_int_equal(replayed.told.violated[CW_RULE_T3], 1);
	assert_int_equal(replayed.totals.rule[CW_RULE_T3].checked, 12001);
	nr_rows = 0;
	assert_int_equal(cw_recording_violations(rec, on_violation, NULL), 0);
	assert_int_equal(nr_rows, 1);
}

/* Without a violation nothing is written; one that follows too soon waits for its turn. */
static void test_when_it_is_written(void **state)
{
	(void)state;
	quiet();
	record_begin(10000000000ULL, false);
	made_transition(made, 0x1000, 8, true, false);
	assert_false(cw_recorder_is_wanted(recorder, made->ts_ns));
	made_transition(made, 0x1000, 8, false, true);
	assert_true(cw_recorder_is_wanted(recorder, made->ts_ns));
	snapshot();
	assert_false(cw_recorder_is_wanted(recorder, made->ts_ns));
	made_transition(made, 0x1000, 8, true, true);
	assert_false(cw_recorder_is_wanted(recorder, made->ts_ns + 9000000000ULL));
	assert_true(cw_recorder_is_wanted(recorder, made->ts_ns + 11000000000ULL));
	cw_recorder_stop(recorder);
	open_it();
	assert_int_equal(cw_recording_info(rec)->nr_dropped, 0);
	assert_int_equal(cw_recording_nr_records(rec), 19);
}

/* What is waived, and what the policy calls a warning, is nothing to write the history for. */
static void test_not_written_for_what_is_excused(void **state)
{
	(void)state;
	quiet();
	made->policy.waived = CW_RULE_BIT(CW_RULE_T3);
	made->policy.reason[CW_RULE_T3] = "known";
	record_begin(10000000000ULL, false);
	made_transition(made, 0x1000, 8, true, true);
	assert_false(cw_recorder_is_wanted(recorder, made->ts_ns));
	made->policy.waived = 0;
	made->policy.as_warning = CW_RULE_BIT(CW_RULE_T3);
	made_transition(made, 0x1000, 8, true, true);
	assert_false(cw_recorder_is_wanted(recorder, made->ts_ns));
	made->policy.as_warning = 0;
	made_transition(made, 0x1000, 8, true, true);
	assert_true(cw_recorder_is_wanted(recorder, made->ts_ns));
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_records_come_back),
	CASE(test_addresses_on_request),
	CASE(test_tables),
	CASE(test_stack_of_an_event),
	CASE(test_replay_holds),
	CASE(test_replay_violates),
	CASE(test_replay_slow),
	CASE(test_replay_differs),
	CASE(test_counts_of_what_was_left_out),
	CASE(test_no_second_time),
	CASE(test_killed),
	CASE(test_disk_full),
	CASE(test_not_a_recording),
	CASE(test_tampered),
	CASE(test_flipped_and_cut),
	CASE(test_flipped_in_a_block),
	CASE(test_history),
	CASE(test_when_it_is_written),
	CASE(test_not_written_for_what_is_excused),
};

UNIT_MAIN(tests)
