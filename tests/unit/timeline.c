// SPDX-License-Identifier: GPL-2.0-only
/* What is told around a finding: what has to do with it, before and after, and nothing else. */
#include "unit.h"

#include "timeline.h"

static const struct cw_policy policy;
static struct cw_start start;
static struct cw_timeline *timeline;

static int setup(void **state)
{
	(void)state;
	start.policy = &policy;
	timeline = cw_timeline_new(&start);
	assert_non_null(timeline);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cw_timeline_free(timeline);
	return 0;
}

static struct cw_ev_step step_of(__u64 task, __u64 gfn, __u64 seq, unsigned int type)
{
	struct cw_ev_step ev = a_step(type, seq, seq * 1000000);

	ev.hdr.task = task << 32 | task;
	ev.gfn = ev.gfn_min = gfn;
	ev.gfn_max = gfn + 3;
	return ev;
}

static size_t nr_lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void test_related(void **state)
{
	struct cw_ev_step other = step_of(9, 0x900, 1, CW_EV_BEGIN);
	struct cw_ev_step frame = step_of(8, 0x102, 2, CW_EV_END);
	struct cw_ev_step task = step_of(7, 0x500, 3, CW_EV_BEGIN);
	struct cw_ev_step own = step_of(7, 0x100, 4, CW_EV_END);
	struct cw_ev_step after = step_of(6, 0x103, 5, CW_EV_END);
	const char *text;
	int mark;

	(void)state;
	frame.flags |= CW_STEP_RET;
	frame.ret = -16;
	cw_timeline_event(timeline, &other.hdr);
	cw_timeline_event(timeline, &frame.hdr);
	cw_timeline_event(timeline, &task.hdr);
	cw_timeline_event(timeline, &own.hdr);
	mark = cw_timeline_mark(timeline, &own.hdr, 0x103);
	assert_int_equal(mark, 0);
	cw_timeline_event(timeline, &other.hdr);
	cw_timeline_event(timeline, &after.hdr);
	text = cw_timeline_text(timeline, mark);
	assert_int_equal(nr_lines(text), 4);
	assert_non_null(strstr(text, "       -2.000 ms cpu 0   task 8       end: 4 pages, frames 0x102 to 0x105"));
	assert_non_null(strstr(text, "failed with -16\n"));
	assert_non_null(strstr(text, "-1.000 ms cpu 0   task 7       begin: "));
	assert_non_null(strstr(text, "            here cpu 0   task 7       end: "));
	assert_non_null(strstr(text, "+1.000 ms cpu 0   task 6       end: "));
	assert_null(strstr(text, "0x900"));
}

static void test_bounds(void **state)
{
	struct cw_ev_step ev;
	int mark = -1;
	__u64 i;

	(void)state;
	for (i = 1; i <= 60; i++) {
		ev = step_of(7, 0x100, i, CW_EV_END);
		cw_timeline_event(timeline, &ev.hdr);
		if (i == 30)
			mark = cw_timeline_mark(timeline, &ev.hdr, 0x100);
	}
	assert_int_equal(nr_lines(cw_timeline_text(timeline, mark)),
			 CW_TIMELINE_BEFORE + CW_TIMELINE_AFTER);
	assert_string_equal(cw_timeline_text(timeline, 77), "");
	assert_string_equal(cw_timeline_text(timeline, -1), "");
}

/* What comes long after has nothing to do with it any more. */
static void test_late(void **state)
{
	struct cw_ev_step ev = step_of(7, 0x100, 1, CW_EV_END);
	int mark;

	(void)state;
	cw_timeline_event(timeline, &ev.hdr);
	mark = cw_timeline_mark(timeline, &ev.hdr, 0x100);
	ev = step_of(7, 0x100, 5000, CW_EV_END);
	cw_timeline_event(timeline, &ev.hdr);
	assert_int_equal(nr_lines(cw_timeline_text(timeline, mark)), 1);
}

static void test_many_findings(void **state)
{
	struct cw_ev_step ev;
	__u64 i;

	(void)state;
	for (i = 1; i <= 300; i++) {
		ev = step_of(i, i << 12, i, CW_EV_END);
		cw_timeline_event(timeline, &ev.hdr);
		assert_int_equal(cw_timeline_mark(timeline, &ev.hdr, i << 12), i - 1);
	}
	for (i = 0; i < 300; i++)
		assert_int_equal(nr_lines(cw_timeline_text(timeline, (int)i)), 1);
}

static void test_frames(void **state)
{
	struct cw_ev_free freed = {
		.hdr = { .type = CW_EV_PAGE_FREE }, .gfn = 0x10, .nr_pages = 4,
	};
	struct cw_ev_step ev = step_of(7, 0x100, 1, CW_EV_END);
	struct cw_ev_zeropad read = { .hdr = { .type = CW_EV_ZEROPAD }, .gfn = 0x20 };
	struct cw_rec_hdr none = { .type = 9999 };

	(void)state;
	assert_true(cw_event_has_frame(&freed.hdr, 0x13));
	assert_false(cw_event_has_frame(&freed.hdr, 0x14));
	assert_true(cw_event_has_frame(&ev.hdr, 0x100));
	assert_false(cw_event_has_frame(&ev.hdr, 0xff));
	assert_false(cw_event_has_frame(&ev.hdr, 0));
	assert_false(cw_event_has_frame(&ev.hdr, ~0ULL));
	assert_true(cw_event_has_frame(&read.hdr, 0x20));
	assert_false(cw_event_has_frame(&read.hdr, 0x21));
	assert_false(cw_event_has_frame(&none, 1));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_related),
	CASE(test_bounds),
	CASE(test_late),
	CASE(test_many_findings),
	CASE(test_frames),
};

UNIT_MAIN(tests)
