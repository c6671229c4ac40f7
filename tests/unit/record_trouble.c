// SPDX-License-Identifier: GPL-2.0-only
/* What a recording is when something goes wrong: the writer killed, the disk full, the file no
 * recording, written to by somebody, or damaged.
 */
#include "record_file.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <sqlite3.h>
#include <zlib.h>

#include "endless.h"

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

/* The session was one of "sh -c true". */
static void command_add(void)
{
	static char *words[] = { "sh", "-c", "true", NULL };

	info->has_command = true;
	info->command = words;
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
		{ "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = "
		  "'CREATE TABLE owners(a \"I' || char(10) || '\") STRICT' WHERE name = 'owners'",
		  "it is damaged: malformed database schema (owners) - unknown datatype for owners.a: "
		  "\"I?\"" },
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
		{ "DELETE FROM stacks WHERE depth = 0",
		  "it is damaged: stacks: frame 0 of stack 1 is missing" },
		{ "UPDATE stacks SET depth = 2 WHERE depth = 1",
		  "it is damaged: stacks: frame 1 of stack 1 is missing" },
		{ "UPDATE stacks SET symbol = 99 WHERE depth = 1",
		  "it is damaged: stacks: a symbol of stack 1 is missing" },
		{ "UPDATE stacks SET stack = 1 << 33",
		  "it is damaged: stacks: there is no stack of such a number" },
		{ "INSERT INTO stacks VALUES(0, 0, 1)",
		  "it is damaged: stacks: there is no stack of such a number" },
		{ "DELETE FROM command WHERE nr = 0", "it is damaged: command: word 0 is missing" },
		{ "DELETE FROM command WHERE nr = 1", "it is damaged: command: word 1 is missing" },
		{ "DELETE FROM command",
		  "it is damaged: command: the session had one, and it is missing" },
		{ "UPDATE session SET value = 0 WHERE name = 'has_command'",
		  "it is damaged: command: there is one, and the session had none" },
	};
	char command[160];
	sqlite3 *db;
	size_t i;

	(void)state;
	record_begin(0, false);
	command_add();
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

static void sql_run(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), 0);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), 0);
	sqlite3_close(db);
}

/* A stack that rows name is gone: said of findings when it is opened, of transitions by who reads
 * them, and no trouble where something was lost when it was recorded.
 */
static void test_stack_missing(void **state)
{
	(void)state;
	record_begin(0, false);
	made->stacks = true;
	made_transition(made, 0x1000, 8, true, true);
	assert_int_equal(record_end(), 0);
	open_it();
	assert_int_equal(cw_recording_transitions(rec, on_transition, NULL), 0);
	cw_recording_close(rec);
	sql_run("UPDATE stacks SET stack = 2");
	assert_int_equal(cw_recording_open(&rec, path, why, sizeof(why)), -EBADMSG);
	assert_string_equal(why, "it is damaged: stacks: stack 1 is missing");
	sql_run("DELETE FROM stacks");
	assert_int_equal(cw_recording_open(&rec, path, why, sizeof(why)), -EBADMSG);
	assert_string_equal(why,
			    "it is damaged: stacks: stack 1, which violations name, is missing");
	sql_run("UPDATE violations SET stack = 0");
	open_it();
	assert_int_equal(cw_recording_transitions(rec, on_transition, NULL), -EBADMSG);
	assert_string_equal(cw_recording_why(rec),
			    "stacks: stack 1, which transitions name, is missing");
	cw_recording_close(rec);
	sql_run("UPDATE session SET value = 1 WHERE name = 'nr_lost'; "
		"UPDATE violations SET stack = 1");
	open_it();
	assert_int_equal(cw_recording_transitions(rec, on_transition, NULL), 0);
	assert_int_equal(cw_recording_violations(rec, on_violation, NULL), 0);
}

/* ---- tables that lead back into themselves ---- */

static int on_owner(void *ctx, const struct cw_rec_owner *o)
{
	(void)ctx;
	(void)o;
	return 0;
}

static int on_pages(void *ctx, const struct cw_rec_pages *p)
{
	(void)ctx;
	(void)p;
	return 0;
}

static int transitions_read(void)
{
	return cw_recording_transitions(rec, on_transition, NULL);
}

static int no_transitions_read(void)
{
	return cw_recording_transitions_of(rec, 5, on_transition, NULL);
}

static int violations_read(void)
{
	return cw_recording_violations(rec, on_violation, NULL);
}

static int owners_read(void)
{
	return cw_recording_owners(rec, on_owner, NULL);
}

static int pages_read(void)
{
	return cw_recording_pages(rec, on_pages, NULL);
}

/* 300 ^ 6 rows: it is said at once, by who reads them first. */
static void test_endless(void **state)
{
	static const struct {
		const char *table;
		int (*read)(void);	/* NULL: whoever opens it */
		const char *why;
	} cases[] = {
		{ "events", NULL, "it is damaged: events: its rows are not in order" },
		{ "symbols", NULL, "it is damaged: symbols: they are not numbered from 1 on" },
		{ "transitions", transitions_read, "transitions: its rows are not in order" },
		{ "transitions", no_transitions_read, "a table does not end" },
		{ "violations", violations_read, "violations: its rows are not in order" },
		{ "owners", owners_read, "a table does not end" },	/* as they are sorted */
		{ "pages", pages_read, "pages: its rows are not in order" },
		{ "command", NULL, "it is damaged: command: word 3 is missing" },
	};
	char command[160];
	sqlite3 *db;
	size_t i;

	(void)state;
	record_begin(0, false);
	command_add();
	made_transition(made, 0x1000, 8, true, true);
	made_transition(made, 0x1000, 8, false, true);
	assert_int_equal(record_end(), 0);
	assert_int_equal(sqlite3_open(path, &db), 0);
	assert_int_equal(sqlite3_exec(db, "INSERT INTO owners VALUES(1, 1, 7, 8, 1, '', 0, 0, 0, 0); "
				      "INSERT INTO pages VALUES(7, 8, 2)", NULL, NULL, NULL), 0);
	sqlite3_close(db);
	alarm(60);	/* it is no error to hang, otherwise */
	for (i = 0; i < NR(cases); i++) {
		snprintf(command, sizeof(command), "cp %s %s/copy", path, dir);
		assert_int_equal(system(command), 0);
		snprintf(command, sizeof(command), "%s/copy", dir);
		assert_int_equal(endless_make(command, cases[i].table), 0);
		assert_int_equal(cw_recording_open(&rec, command, why, sizeof(why)),
				 cases[i].read ? 0 : -EBADMSG);
		if (cases[i].read) {
			assert_int_equal(cases[i].read(), -EBADMSG);
			snprintf(why, sizeof(why), "%s", cw_recording_why(rec));
		}
		assert_string_equal(why, cases[i].why);
		cw_recording_close(rec);
		rec = NULL;
	}
	alarm(0);
}

/* ---- bits that are flipped ---- */

static unsigned char bytes[1 << 20];	/* of a good recording */
static size_t size;
static uLong sum;	/* of the heads of all records that were read */
static char copy[96];

static void good_load(void)
{
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	size = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	assert_in_range(size, 8192, sizeof(bytes) - 1);
	snprintf(copy, sizeof(copy), "%s/copy", dir);
}

#define NO_BIT 8	/* none is flipped */
#define PAGE 4096	/* of SQLite */

/* A copy with one bit flipped, and of this length. */
static void copy_write(size_t at, int bit, size_t len)
{
	FILE *f = fopen(copy, "w");

	assert_non_null(f);
	bytes[at] ^= (unsigned char)(1 << bit);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	bytes[at] ^= (unsigned char)(1 << bit);
	fclose(f);
}

/* Reads all there is; how many records, or -1 when the recording was found to be damaged. */
static long read_all(const char *file)
{
	const struct cw_rec_hdr *r;
	bool damaged = false;
	long nr = 0;
	int got;

	sum = 0;
	if (cw_recording_open(&rec, file, why, sizeof(why)))
		return -1;
	while ((got = cw_recording_next(rec, &r)) != 0) {
		damaged |= got < 0;
		if (got > 0)
			sum = crc32(sum, (const Bytef *)r, sizeof(*r));
		nr++;
	}
	nr_rows = 8;
	damaged |= cw_recording_transitions(rec, on_transition, NULL) < 0;
	damaged |= cw_recording_violations(rec, on_violation, NULL) < 0;
	snprintf(why, sizeof(why), "%s", cw_recording_why(rec));
	cw_recording_close(rec);
	rec = NULL;
	return damaged ? -1 : nr;
}

/* A bit flipped anywhere: said, or all records are there as they were.  It is not said where
 * nothing is read, on free pages and behind the rows of others, and where there is no checksum: in
 * the tables beside the records.
 */
static void test_flipped(void **state)
{
	int i, found = 0;
	uLong good;
	long nr;

	(void)state;
	record_begin(0, false);
	for (i = 0; i < 200; i++)
		made_transition(made, 0x1000, 8, i % 2 == 0, i == 5);
	assert_int_equal(record_end(), 0);
	good_load();
	nr = read_all(path);
	assert_int_equal(nr, made->records);
	good = sum;
	srandom(3);
	for (i = 0; i < 450; i++) {
		copy_write((size_t)random() % size, i % 8, size);
		if (read_all(copy) < 0)
			found++;
		else
			assert_int_equal(sum, good);
	}
	assert_in_range(found, 50, 449);
}

/* The file cut off anywhere is always found, but in its last page: what is missing of that is zero
 * to SQLite, and not all of it may have been in use.
 */
static void test_cut(void **state)
{
	uLong good;
	size_t len;
	long nr;
	int i;

	(void)state;
	record_begin(0, false);
	for (i = 0; i < 200; i++)
		made_transition(made, 0x1000, 8, i % 2 == 0, false);
	assert_int_equal(record_end(), 0);
	good_load();
	assert_int_equal(read_all(path), made->records);
	good = sum;
	srandom(3);
	for (i = 0; i < 150; i++) {
		len = i ? (size_t)random() % size : size - 1;
		copy_write(0, NO_BIT, len);
		nr = read_all(copy);
		if (len > size - PAGE && nr >= 0)
			assert_int_equal(sum, good);
		else
			assert_int_equal(nr, -1);
	}
}

/* Each bit of a block counts. */
static void test_flipped_in_a_block(void **state)
{
	unsigned char block[1024], *at;
	sqlite3_stmt *stmt;
	size_t len, i;
	sqlite3 *db;

	(void)state;
	record_begin(0, false);
	made_transition(made, 0x1000, 8, true, false);
	assert_int_equal(record_end(), 0);
	assert_int_equal(sqlite3_open(path, &db), 0);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT records FROM events", -1, &stmt, NULL), 0);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	len = (size_t)sqlite3_column_bytes(stmt, 0);
	assert_in_range(len, 100, sizeof(block));
	memcpy(block, sqlite3_column_blob(stmt, 0), len);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	good_load();
	at = memmem(bytes, size, block, len);
	assert_non_null(at);
	assert_int_equal(read_all(path), 9);
	for (i = 0; i < len; i++) {
		copy_write((size_t)(at - bytes) + i, i % 8, size);
		assert_int_equal(read_all(copy), -1);
		assert_string_equal(why, "block 1 of its records is damaged");
	}
}

static const struct CMUnitTest tests[] = {
	CASE(test_no_second_time),
	CASE(test_killed),
	CASE(test_disk_full),
	CASE(test_not_a_recording),
	CASE(test_tampered),
	CASE(test_stack_missing),
	CASE(test_endless),
	CASE(test_flipped),
	CASE(test_cut),
	CASE(test_flipped_in_a_block),
};

UNIT_MAIN(tests)
