// SPDX-License-Identifier: GPL-2.0-only
/* A flight recorder keeps the last of a session, and writes it when it is wanted. */
#include "record_file.h"

#include <sys/stat.h>

#include "recorder_impl.h"

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

static const struct CMUnitTest tests[] = {
	CASE(test_history),
	CASE(test_when_it_is_written),
	CASE(test_not_written_for_what_is_excused),
};

UNIT_MAIN(tests)
