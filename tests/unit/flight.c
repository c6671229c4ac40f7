// SPDX-License-Identifier: GPL-2.0-only
/* The flight recorder's history: how far it reaches back, what of before is kept as a baseline, and
 * how much memory it takes, while it is written too.
 */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "flight.h"
#include "record_read.h"

#define SECOND 1000000000ULL

static char path[] = "/tmp/cw-flight-XXXXXX/a.ccw";
static struct cw_flight *flight;
static struct cw_batcher batcher;
static struct cw_record_side side;
static struct cw_record_file *file;
static struct cw_recording_info info;
static struct cw_recording *rec;
static __u64 seq;

static int setup(void **state)
{
	char *slash = strrchr(path, '/');

	(void)state;
	memcpy(slash - 6, "XXXXXX", 6);
	*slash = '\0';
	if (!mkdtemp(path))
		return -1;
	*slash = '/';
	seq = 0;
	file = NULL;
	rec = NULL;
	memset(&side, 0, sizeof(side));
	return cw_batcher_init(&batcher, false);
}

static int teardown(void **state)
{
	char *slash = strrchr(path, '/');

	(void)state;
	cw_recording_close(rec);
	cw_record_file_close(file);
	cw_flight_free(flight);
	cw_batcher_exit(&batcher);
	unlink(path);
	*slash = '\0';
	rmdir(path);
	*slash = '/';
	return 0;
}

static struct cw_ev_step step(__u32 type, __u64 sec, __u64 task)
{
	struct cw_ev_step ev = a_step(type, ++seq, sec * SECOND);

	ev.hdr.task = task;
	return ev;
}

/* One batch of one record. */
static int add(const void *ev)
{
	int err;

	cw_batcher_clear(&batcher);
	assert_int_equal(cw_batcher_add(&batcher, ev), 0);
	err = cw_flight_add(flight, &batcher.batch);
	return err;
}

/* A record a second. */
static void seconds_pass(__u64 from, __u64 to)
{
	struct cw_ev_free ev = { .hdr = { .type = CW_EV_PAGE_FREE, .len = sizeof(ev) } };

	for (; from < to; from++) {
		ev.hdr.ts_ns = from * SECOND;
		ev.hdr.seq = ++seq;
		assert_int_equal(add(&ev), 0);
	}
}

static void write_begin(void)
{
	char why[128];

	info = (struct cw_recording_info){ .abi_major = CW_ABI_MAJOR, .source = "stock", .complete = true };
	assert_int_equal(cw_record_file_create(&file, path, why, sizeof(why)), 0);
	info.nr_baseline = cw_flight_write_begin(flight, file, &side);
}

static void write_rest(void)
{
	while (cw_flight_write_some(flight, file))
		;
	cw_record_file_info(file, &info);
	assert_int_equal(cw_record_file_commit(file), 0);
	assert_int_equal(cw_record_file_close(file), 0);
	file = NULL;
}

/* Writes it all, and opens it. */
static void written(void)
{
	char why[128];

	write_begin();
	write_rest();
	if (cw_recording_open(&rec, path, why, sizeof(why)))
		fail_msg("%s", why);
}

/* The next record of the file that is written, which must be of that type and time. */
static void assert_next(__u32 type, __u64 sec)
{
	const struct cw_rec_hdr *r;

	assert_int_equal(cw_recording_next(rec, &r), 1);
	assert_int_equal(r->type, type);
	assert_int_equal(r->ts_ns, sec * SECOND);
}

/* At least as long as asked, and by no more than a batch longer. */
static void test_span(void **state)
{
	(void)state;
	flight = cw_flight_new(10 * SECOND, 1 << 20);
	seconds_pass(1, 11);
	assert_int_equal(cw_flight_since_ns(flight), 0);	/* all of the session */
	assert_int_equal(cw_flight_nr_dropped(flight), 0);
	seconds_pass(11, 100);
	assert_int_equal(cw_flight_since_ns(flight), 89 * SECOND);
	assert_int_equal(cw_flight_nr_records(flight), 11);
	assert_int_equal(cw_flight_nr_dropped(flight), 88);
}

/* From a violation on that waits for its turn nothing is dropped, until it is written. */
static void test_hold(void **state)
{
	(void)state;
	flight = cw_flight_new(10 * SECOND, 1 << 20);
	seconds_pass(1, 50);
	cw_flight_hold(flight);
	seconds_pass(50, 70);
	assert_int_equal(cw_flight_since_ns(flight), 39 * SECOND);
	write_begin();
	write_rest();
	seconds_pass(70, 71);
	assert_int_equal(cw_flight_since_ns(flight), 60 * SECOND);
}

static void test_memory(void **state)
{
	(void)state;
	flight = cw_flight_new(3600 * SECOND, 64 << 10);
	seconds_pass(1, 2000);
	assert_in_range(cw_flight_bytes(flight), 32 << 10, 64 << 10);
	cw_flight_hold(flight);	/* however much it is wanted */
	seconds_pass(2000, 3000);
	assert_in_range(cw_flight_bytes(flight), 32 << 10, 64 << 10);
}

/* While it is written it grows by a part, and what is through makes room; then records are lost,
 * and that is said.
 */
static void test_memory_while_written(void **state)
{
	const struct cw_ev_free ev = { .hdr = { .type = CW_EV_PAGE_FREE, .len = sizeof(ev),
						.ts_ns = 5000 * SECOND } };
	int i, refused = 0;

	(void)state;
	flight = cw_flight_new(3600 * SECOND, 64 << 10);
	seconds_pass(1, 2000);
	write_begin();
	for (i = 0; i < 2000; i++)
		refused += add(&ev) == -ENOBUFS;
	assert_in_range(refused, 1500, 1999);
	assert_in_range(cw_flight_bytes(flight), 64 << 10, (80 << 10) + 1024);
	assert_true(cw_flight_write_some(flight, file));
	/* a few of them are through, and nobody has dropped them */
	assert_int_equal(add(&ev), -ENOBUFS);
	while (cw_flight_write_some(flight, file))
		;
	assert_int_equal(add(&ev), 0);
	assert_in_range(cw_flight_bytes(flight), 32 << 10, 64 << 10);
}

/* What was true before and still is: the platform, transitions that are open, states of pages. */
static void test_baseline(void **state)
{
	struct cw_ev_platform platform = { .hdr = { .type = CW_EV_PLATFORM, .len = sizeof(platform),
						    .ts_ns = SECOND } };
	struct cw_ev_step ev;

	(void)state;
	flight = cw_flight_new(10 * SECOND, 1 << 20);
	cw_flight_pages(flight, 0x9000, 1, CW_PG_SHARED);
	assert_int_equal(add(&platform), 0);
	ev = step(CW_EV_BEGIN, 2, 7);	/* ends, and is forgotten but for its pages */
	assert_int_equal(add(&ev), 0);
	ev = step(CW_EV_BEGIN, 3, 8);	/* stays open */
	assert_int_equal(add(&ev), 0);
	ev = step(CW_EV_PREPARED, 4, 8);
	assert_int_equal(add(&ev), 0);
	ev = step(CW_EV_END, 5, 7);
	assert_int_equal(add(&ev), 0);
	ev = step(CW_EV_PREPARED, 5, 7);	/* of none that is open */
	assert_int_equal(add(&ev), 0);
	ev = step(CW_EV_BEGIN, 6, 9);	/* its task went away */
	assert_int_equal(add(&ev), 0);
	ev = step(CW_EV_TASK_EXIT, 7, 9);
	assert_int_equal(add(&ev), 0);
	seconds_pass(50, 70);
	written();
	assert_int_equal(cw_recording_info(rec)->nr_baseline, 3);
	assert_next(CW_EV_PLATFORM, 1);
	assert_next(CW_EV_BEGIN, 3);
	assert_next(CW_EV_PREPARED, 4);
	assert_next(CW_EV_PAGE_FREE, 59);
}

static struct cw_rec_pages pages[4];
static int nr_pages;

static int on_pages(void *ctx, const struct cw_rec_pages *p)
{
	(void)ctx;
	if (nr_pages < 4)
		pages[nr_pages] = *p;
	nr_pages++;
	return 0;
}

/* Pages as they were when the history begins, not as they are when it ends. */
static void test_pages(void **state)
{
	struct cw_ev_step ev;

	(void)state;
	flight = cw_flight_new(10 * SECOND, 1 << 20);
	cw_flight_pages(flight, 0x9000, 2, CW_PG_SHARED);
	ev = step(CW_EV_END, 1, 7);
	assert_int_equal(add(&ev), 0);
	ev = step(CW_EV_END, 2, 7);	/* failed: nobody knows */
	ev.gfn_min = ev.gfn_max = 0x9001;
	ev.nr_pages = 1;
	ev.ret = -5;
	assert_int_equal(add(&ev), 0);
	seconds_pass(50, 60);
	ev = step(CW_EV_END, 60, 7);
	ev.to_shared = 0;
	assert_int_equal(add(&ev), 0);
	written();
	nr_pages = 0;
	assert_int_equal(cw_recording_pages(rec, on_pages, NULL), 0);
	assert_int_equal(nr_pages, 3);
	assert_int_equal(pages[0].gfn, 0x100);
	assert_int_equal(pages[0].nr_pages, 4);
	assert_int_equal(pages[0].state, CW_PG_SHARED);
	assert_int_equal(pages[1].gfn, 0x9000);
	assert_int_equal(pages[2].gfn, 0x9001);
	assert_int_equal(pages[2].state, CW_PG_UNKNOWN);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_span),
	CASE(test_hold),
	CASE(test_memory),
	CASE(test_memory_while_written),
	CASE(test_baseline),
	CASE(test_pages),
};

UNIT_MAIN(tests)
