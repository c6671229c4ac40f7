// SPDX-License-Identifier: GPL-2.0-only
/* A recording that somebody sent us.  The first byte of an input says how it is bad: bytes of a
 * good one changed and its end cut off, a block of records that are whatever the rest of the input
 * is, or a table that leads back into itself.  Then it is replayed, all its tables are read, and
 * what a report and the exports make of it is made.
 */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <sqlite3.h>
#include <zlib.h>

#include "../unit/endless.h"
#include "../unit/made.h"
#include "export.h"
#include "policy_file.h"
#include "replay.h"
#include "report_data.h"
#include "report_page.h"

#define FILE_MAX (1 << 20)

int LLVMFuzzerInitialize(int *argc, char ***argv);

static char dir[] = "/dev/shm/cw-fuzz-XXXXXX";
static char good_path[64], path[64], trace[64];
static __u8 good[FILE_MAX], bytes[FILE_MAX];
static size_t good_size;
static FILE *none;

static void trace_remove(void)
{
	static const char *const names[] = { "metadata", "events", "findings" };
	char name[80];
	size_t i;

	for (i = 0; i < NR(names); i++) {
		snprintf(name, sizeof(name), "%s/%s", trace, names[i]);
		unlink(name);
	}
	rmdir(trace);
}

static void clean_up(void)
{
	char name[80];

	trace_remove();
	unlink(path);
	unlink(good_path);
	snprintf(name, sizeof(name), "%s-journal", path);
	unlink(name);
	rmdir(dir);
}

/* A waiver of one finding, and a reaction. */
static void policy_make(struct cw_recording_info *info)
{
	static struct cw_policy_file file = {
		.waiver = { { .rule = CW_RULE_T3, .finding = CW_FIND_END_OWN_BIT, .function = "probe",
			      .reason = "known", .expires = "2026-12-31" } },
		.nr_waivers = 1,
	};

	info->policy.file = &file;
	CHECK(!cw_reactions_add(&info->reactions, "T3=signal:USR1"));
}

static void good_make(void)
{
	const struct cw_recorder_opts opts = { .path = good_path };
	static struct made made;
	struct cw_recording_info *info;
	struct cw_recorder *r;
	char why[128];
	int i;

	CHECK(!cw_recorder_new(&r, &opts, why, sizeof(why)));
	CHECK(!made_init(&made, r));
	info = made_info(&made);
	CHECK(info);
	policy_make(info);
	CHECK(!cw_recorder_start(r, info, made.symbols));
	cw_recorder_pages(r, 0x4000, 512, CW_PG_SHARED);
	for (i = 0; i < 20; i++) {
		made_transition(&made, 0x1000, 8, i % 2 == 0, i == 5);
		made_packet(&made, 3);
	}
	cw_recorder_stop(r);
	made_finish(&made, info);
	CHECK(!cw_recorder_finish(r, info));
	cw_recorder_free(r);
	made_exit(&made);
	free(info);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	FILE *f;

	(void)argc;
	(void)argv;
	CHECK(mkdtemp(dir));
	snprintf(good_path, sizeof(good_path), "%s/good.ccw", dir);
	snprintf(path, sizeof(path), "%s/bad.ccw", dir);
	snprintf(trace, sizeof(trace), "%s/trace", dir);
	atexit(clean_up);
	good_make();
	f = fopen(good_path, "r");
	CHECK(f);
	good_size = fread(good, 1, sizeof(good), f);
	fclose(f);
	CHECK(good_size > 8192 && good_size < sizeof(good));
	none = fopen("/dev/null", "w");
	CHECK(none);
	return 0;
}

static void file_write(size_t size)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	CHECK(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	close(fd);
}

/* Four bytes each: where, in two and a half, and what, in one and a half; 0 cuts the end off. */
static void bytes_change(const uint8_t *data, size_t size)
{
	size_t len = good_size, i;

	memcpy(bytes, good, good_size);
	for (i = 0; i + 4 <= size; i += 4) {
		size_t at = (size_t)data[i] << 12 | (size_t)data[i + 1] << 4 | data[i + 2] >> 4;

		at %= good_size;
		bytes[at] ^= data[i + 3];
		if (!data[i + 3] && at > 100)
			len = at;
	}
	file_write(len);
}

static void block_replace(const uint8_t *data, size_t size)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;

	memcpy(bytes, good, good_size);
	file_write(good_size);
	CHECK(!sqlite3_open(path, &db));
	CHECK(!sqlite3_exec(db, "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF", NULL, NULL, NULL));
	CHECK(!sqlite3_prepare_v2(db, "UPDATE events SET nr = ?, first_ns = 0, last_ns = -1, first_seq = 0, "
				  "last_seq = -1, crc = ?, records = ?", -1, &stmt, NULL));
	sqlite3_bind_int64(stmt, 1, size ? data[0] * 4 + 1 : 1);
	sqlite3_bind_int64(stmt, 2, (sqlite3_int64)crc32(0, data + !!size, (uInt)(size - !!size)));
	sqlite3_bind_blob(stmt, 3, data + !!size, (int)(size - !!size), SQLITE_STATIC);
	sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

static int on_transition(void *ctx, const struct cw_rec_transition *t)
{
	(void)ctx;
	CHECK(strnlen(t->comm, sizeof(t->comm)) < sizeof(t->comm));
	return 0;
}

static int on_violation(void *ctx, const struct cw_rec_violation *v)
{
	__u64 stack[CW_STACK_MAX];
	char text[CW_SYMBOL_LEN];
	__u32 nr = cw_recording_stack(ctx, v->stack, stack), i;

	CHECK(v->detail.rule < CW_RULE_NR && v->detail.finding < CW_FIND_NR);
	for (i = 0; i < nr; i++)
		cw_symbol_text(cw_recording_symbols(ctx), stack[i], text, sizeof(text));
	return 0;
}

static int on_owner(void *ctx, const struct cw_rec_owner *o)
{
	(void)ctx;
	(void)o;
	return 0;
}

static int on_pages(void *ctx, const struct cw_rec_pages *p)
{
	(void)ctx;
	CHECK(p->state < CW_PG_NR);
	return 0;
}

static struct cw_start start_of(struct cw_recording *r)
{
	const struct cw_recording_info *info = cw_recording_info(r);

	return (struct cw_start){ .platform = &info->platform, .arming = &info->arming,
				  .policy = &info->policy, .fmt = info->fmt,
				  .symbols = cw_recording_symbols(r), .command = info->command,
				  .include_addresses = info->include_addresses };
}

static void replay_it(struct cw_recording *r)
{
	static struct cw_replayed replayed;
	static struct cw_verdict verdict;
	const struct cw_recording_info *info = cw_recording_info(r);
	struct cw_writers writers = {
		.writer = { { .ops = &cw_out_text, .path = "a", .file = none },
			    { .ops = &cw_out_ndjson, .path = "b", .file = none } },
		.nr = 2,
	};
	struct cw_ending ending;
	struct cw_finish finish = { .verdict = &verdict, .totals = &replayed.totals,
				    .told = &replayed.told, .ending = &ending,
				    .reactions = &info->reactions,
				    .duration_ns = info->duration_ns };
	const struct cw_start start = start_of(r);

	cw_writers_start(&writers, &start);
	if (cw_replay_run(r, &writers, NULL, &replayed))
		return;
	cw_replay_judge(info, &replayed, false, &ending, &verdict);
	CHECK(!replayed.damaged || verdict.exit != CW_EXIT_HELD);
	cw_writers_finish(&writers, &finish);
	cw_replay_end(&replayed);
}

static void report_it(struct cw_recording *r)
{
	static struct cw_report_data data;
	const struct cw_start start = start_of(r);
	struct cw_life *life = cw_life_new(&start, 0x1003);
	int err;

	CHECK(life);
	if (!cw_recording_rewind(r)) {
		err = cw_report_data_make(&data, r, &start, life);
		CHECK(!err || err == -EBADMSG);
		CHECK(data.chart.nr_rows <= CW_CHART_ROWS);
		CHECK(data.chart.nr_owners <= CW_CHART_OWNERS);
		CHECK(!cw_report_page_write(none, &data));
		CHECK(cw_life_print(life, none) >= 0);
		cw_report_data_free(&data);
	}
	cw_life_free(life);
}

static void export_it(struct cw_recording *r)
{
	static const struct cw_export_ops *const formats[] = {
		&cw_export_ndjson, &cw_export_perfetto, &cw_export_ctf,
	};
	const struct cw_start start = start_of(r);
	size_t i;
	int err;

	for (i = 0; i < NR(formats); i++) {
		struct cw_export x = { .ops = formats[i], .info = cw_recording_info(r),
				       .start = &start,
				       .path = formats[i] == &cw_export_ctf ? trace : "/dev/null" };

		if (cw_recording_rewind(r))
			return;
		err = cw_export_run(&x, r);
		CHECK(!err || err == -EBADMSG);
	}
	trace_remove();
}

/* The first byte says which table, the rest changes bytes before. */
static void table_loop(const uint8_t *data, size_t size)
{
	static const char *const tables[] = { "events", "transitions", "violations", "owners", "pages",
					      "symbols", "stats", "waivers", "reactions", "command" };

	bytes_change(data + !!size, size - !!size);
	endless_make(path, tables[size ? data[0] % NR(tables) : 0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cw_recording *r;
	char why[256] = "";
	int err;

	if (!size)
		return 0;
	if (data[0] % 2)
		block_replace(data + 1, size - 1);
	else if (data[0] % 4 == 2)
		table_loop(data + 1, size - 1);
	else
		bytes_change(data + 1, size - 1);
	err = cw_recording_open(&r, path, why, sizeof(why));
	CHECK(!err == !!r && (!err || (why[0] && !strchr(why, '\n'))));
	if (err)
		return 0;
	replay_it(r);
	cw_recording_transitions(r, on_transition, NULL);
	cw_recording_transitions_of(r, 0x1003, on_transition, NULL);
	cw_recording_violations(r, on_violation, r);
	cw_recording_owners(r, on_owner, NULL);
	cw_recording_pages(r, on_pages, NULL);
	report_it(r);
	export_it(r);
	cw_recording_close(r);
	return 0;
}
