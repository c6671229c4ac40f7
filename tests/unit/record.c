// SPDX-License-Identifier: GPL-2.0-only
/* A session into a recording and out again: every record comes back, in order and as it was but for
 * addresses, with the tables beside them; replayed, it gives the verdicts of the session.
 */
#include "record_file.h"

#include <sqlite3.h>

#include <dirent.h>
#include <sys/stat.h>

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

/* The four sets of a thread together, from its status; how many sets were found. */
static int caps_of(const char *task, __u64 *all)
{
	char name[300], line[256];
	unsigned long long caps;
	int nr = 0;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/self/task/%s/status", task);
	f = fopen(name, "r");
	assert_non_null(f);
	*all = 0;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "CapInh: %llx", &caps) != 1 && sscanf(line, "CapPrm: %llx", &caps) != 1 &&
		    sscanf(line, "CapEff: %llx", &caps) != 1 && sscanf(line, "CapAmb: %llx", &caps) != 1)
			continue;
		*all |= caps;
		nr++;
	}
	fclose(f);
	return nr;
}

/* Threads other than this one, and those of them that have a capability. */
static int others_with_caps(int *nr)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *entry;
	int with = 0;
	__u64 caps;

	assert_non_null(tasks);
	*nr = 0;
	while ((entry = readdir(tasks))) {
		if (entry->d_name[0] == '.' || atoi(entry->d_name) == getpid())
			continue;
		assert_int_equal(caps_of(entry->d_name, &caps), 4);
		(*nr)++;
		with += caps != 0;
	}
	closedir(tasks);
	return with;
}

/* A session that waits for a module keeps its privileges, and its recorder's thread does not. */
static void thread_drops(__u64 last_ns)
{
	char self[16];
	int nr, tries = 200;
	__u64 caps;

	snprintf(self, sizeof(self), "%d", getpid());
	assert_int_equal(caps_of(self, &caps), 4);
	if (!caps)
		skip();
	record_begin(last_ns, false);
	while (others_with_caps(&nr) && --tries)
		usleep(10000);
	assert_int_equal(nr, 1);
	assert_int_not_equal(tries, 0);
	assert_int_equal(caps_of(self, &caps), 4);
	assert_int_not_equal(caps, 0);
	record_end();
}

static void test_thread_has_no_capability(void **state)
{
	(void)state;
	thread_drops(0);
}

static void test_flight_thread_has_no_capability(void **state)
{
	(void)state;
	thread_drops(1000000000ULL);
}

/* A column that is in the format and in no use. */
static void test_no_notes(void **state)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;

	(void)state;
	record_begin(0, false);
	made_transition(made, 0x1000, 8, true, true);
	assert_int_equal(record_end(), 0);
	assert_int_equal(sqlite3_open(path, &db), 0);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*), count(outcome), count(note) "
					    "FROM rules", -1, &stmt, NULL), 0);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(stmt, 0), CW_RULE_NR);
	assert_int_equal(sqlite3_column_int(stmt, 1), CW_RULE_NR);
	assert_int_equal(sqlite3_column_int(stmt, 2), 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

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
	CASE(test_thread_has_no_capability),
	CASE(test_flight_thread_has_no_capability),
	CASE(test_no_notes),
};

UNIT_MAIN(tests)
