// SPDX-License-Identifier: GPL-2.0-only
/* The previous transition of a frame: the last one before an event, among as many
 * as are remembered.
 */
#include "unit.h"

#include "history.h"

static struct cw_history *h;

static int setup(void **state)
{
	(void)state;
	h = cw_history_new();
	return h ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	cw_history_free(h);
	return 0;
}

static void add(__u64 seq, __u64 gfn, __u32 nr_pages, int to_shared)
{
	struct cw_ev_step ev = a_step(CW_EV_END, seq, seq * 10);

	ev.gfn = ev.gfn_min = gfn;
	ev.gfn_max = gfn + nr_pages - 1;
	ev.nr_pages = nr_pages;
	ev.to_shared = (__u8)to_shared;
	cw_history_add(h, &ev, "insmod");
}

static void test_last_before(void **state)
{
	const struct cw_past *p;

	(void)state;
	assert_null(cw_history_find(h, 0x100, 1));
	add(1, 0x100, 4, 1);
	add(5, 0x102, 2, 0);
	p = cw_history_find(h, 0x103, 9);
	assert_non_null(p);
	assert_int_equal(p->seq, 5);
	assert_int_equal(p->to_shared, 0);
	assert_string_equal(p->comm, "insmod");
	assert_int_equal(cw_history_find(h, 0x103, 5)->seq, 1);	/* not the event itself */
	assert_int_equal(cw_history_find(h, 0x101, 9)->seq, 1);
	assert_null(cw_history_find(h, 0x104, 9));
	assert_null(cw_history_find(h, 0xff, 9));
}

static void add_scattered(__u64 seq, __u64 gfn_min, __u64 gfn_max)
{
	struct cw_ev_step ev = a_step(CW_EV_END, seq, seq * 10);

	ev.gfn = ev.gfn_min = gfn_min;
	ev.gfn_max = gfn_max;
	ev.flags = 0;
	cw_history_add(h, &ev, "insmod");
}

/* Of four pages anywhere from 0x200 to 0x2ff only the ends are known. */
static void test_scattered(void **state)
{
	const struct cw_past *p;

	(void)state;
	add(1, 0x210, 1, 1);
	add_scattered(2, 0x200, 0x2ff);
	assert_int_equal(cw_history_find(h, 0x210, 9)->seq, 1);
	assert_int_equal(cw_history_find(h, 0x200, 9)->seq, 2);
	assert_true(cw_past_is_certain(cw_history_find(h, 0x2ff, 9), 0x2ff));
	p = cw_history_find(h, 0x211, 9);
	assert_int_equal(p->seq, 2);
	assert_false(cw_past_is_certain(p, 0x211));
	add_scattered(3, 0x300, 0x303);	/* in another order, but all of them */
	assert_true(cw_past_is_certain(cw_history_find(h, 0x302, 9), 0x302));
}

static void test_bounded(void **state)
{
	__u64 i;

	(void)state;
	add(1, 0x5000, 1, 1);
	for (i = 0; i < CW_HISTORY_MAX - 1; i++)
		add(2 + i, 0x100, 1, 1);
	assert_non_null(cw_history_find(h, 0x5000, ~0ULL));
	add(2 + i, 0x100, 1, 1);
	assert_null(cw_history_find(h, 0x5000, ~0ULL));
	assert_int_equal(cw_history_find(h, 0x100, ~0ULL)->seq, 2 + i);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(test_last_before, setup, teardown),
	cmocka_unit_test_setup_teardown(test_scattered, setup, teardown),
	cmocka_unit_test_setup_teardown(test_bounded, setup, teardown),
};

UNIT_MAIN(tests)
