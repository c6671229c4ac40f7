/* SPDX-License-Identifier: GPL-2.0-only */
/* A session that never was, its recording in a directory of its own, and the replay of that. */
#ifndef CW_UNIT_RECORD_FILE_H
#define CW_UNIT_RECORD_FILE_H

#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "made.h"
#include "replay.h"

static char dir[] = "/tmp/cw-record-XXXXXX";
static char path[64], output[96], again[96], text[64];
static struct made *made;
static struct cw_recorder *recorder;
static struct cw_recording_info *info;
static struct cw_recording *rec;
static char why[256];

static inline int setup(void **state)
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

static inline int teardown(void **state)
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

static inline void record_begin(__u64 last_ns, bool include_addresses)
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

static inline int record_end(void)
{
	cw_recorder_stop(recorder);
	made_finish(made, info);
	return cw_recorder_finish(recorder, info);
}

static inline void open_it(void)
{
	if (cw_recording_open(&rec, path, why, sizeof(why)))
		fail_msg("%s", why);
}

static struct cw_rec_transition transitions[8];
static struct cw_rec_violation violations[8];
static int nr_rows;

static inline int on_transition(void *ctx, const struct cw_rec_transition *t)
{
	(void)ctx;
	if (nr_rows < 8)
		transitions[nr_rows] = *t;
	nr_rows++;
	return 0;
}

static inline int on_violation(void *ctx, const struct cw_rec_violation *v)
{
	(void)ctx;
	if (nr_rows < 8)
		violations[nr_rows] = *v;
	nr_rows++;
	return 0;
}

static struct cw_replayed replayed;

/* Replays into a file of its own; the exit status. */
static inline int replay_it(void)
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

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

#endif
