// SPDX-License-Identifier: GPL-2.0-only
/* Spans of shared frames: put, taken, cut in all ways, looked at again; and the same as an array
 * of frames, over many random steps.
 */
#include "unit.h"

#include <stdlib.h>

#include "spans.h"

static struct cw_span a_span(__u64 gfn, __u64 nr_pages, __u32 owner, __u64 since_ns)
{
	return (struct cw_span){
		.gfn = gfn,
		.nr_pages = nr_pages,
		.owner = owner,
		.since_ns = since_ns,
	};
}

static void put(struct cw_spans *s, __u64 gfn, __u64 nr_pages, __u32 owner, __u64 since_ns)
{
	struct cw_span span = a_span(gfn, nr_pages, owner, since_ns);

	cw_spans_put(s, &span);
}

static void is_span(const struct cw_spans *s, size_t i, __u64 gfn, __u64 nr_pages, __u32 owner)
{
	assert_true(i < s->nr);
	assert_int_equal(s->span[i].gfn, gfn);
	assert_int_equal(s->span[i].nr_pages, nr_pages);
	assert_int_equal(s->span[i].owner, owner);
}

static void test_put_and_take(void **state)
{
	struct cw_spans s = { .nr = 0 };

	(void)state;
	put(&s, 100, 10, 1, 5);
	put(&s, 110, 10, 1, 5);	/* goes on where the other ends */
	assert_int_equal(s.nr, 1);
	is_span(&s, 0, 100, 20, 1);
	cw_spans_take(&s, 105, 2);	/* out of the middle */
	is_span(&s, 0, 100, 5, 1);
	is_span(&s, 1, 107, 13, 1);
	put(&s, 104, 4, 2, 6);	/* over an end and a beginning */
	assert_int_equal(s.nr, 3);
	is_span(&s, 0, 100, 4, 1);
	is_span(&s, 1, 104, 4, 2);
	is_span(&s, 2, 108, 12, 1);
	assert_int_equal(s.nr_pages, 20);
	cw_spans_take(&s, 0, 1000);
	assert_int_equal(s.nr, 0);
	assert_int_equal(s.nr_pages, 0);
	cw_spans_take(&s, 0, 1000);
	put(&s, 5, 0, 1, 1);
	assert_int_equal(s.nr, 0);
	cw_spans_free(&s);
}

/* What was known keeps its age, what is new has that of the look. */
static void test_renew(void **state)
{
	struct cw_span seen[] = { a_span(90, 30, 4, 77), a_span(300, 5, 2, 77) };
	struct cw_spans s = { .nr = 0 };

	(void)state;
	put(&s, 100, 10, 0, 5);
	strcpy(s.span[0].comm, "insmod");
	put(&s, 200, 10, 1, 6);
	cw_spans_renew(&s, seen, NR(seen));
	assert_int_equal(s.nr, 4);
	is_span(&s, 0, 90, 10, 4);
	is_span(&s, 1, 100, 10, 4);
	is_span(&s, 2, 110, 10, 4);
	is_span(&s, 3, 300, 5, 2);
	assert_int_equal(s.span[0].since_ns, 77);
	assert_int_equal(s.span[1].since_ns, 5);
	assert_string_equal(s.span[1].comm, "insmod");
	assert_int_equal(s.span[2].since_ns, 77);
	assert_string_equal(s.span[2].comm, "");
	assert_int_equal(s.nr_pages, 35);
	cw_spans_renew(&s, NULL, 0);
	assert_int_equal(s.nr_pages, 0);
	cw_spans_free(&s);
}

#define FRAMES 512

static void compare(const struct cw_spans *s, const __u32 *owner)
{
	__u64 frame = 0, sum = 0;
	size_t i;

	for (i = 0; i < s->nr; i++) {
		for (; frame < s->span[i].gfn; frame++)
			assert_int_equal(owner[frame], 0);
		for (; frame < s->span[i].gfn + s->span[i].nr_pages; frame++)
			assert_int_equal(owner[frame], s->span[i].owner);
		sum += s->span[i].nr_pages;
	}
	for (; frame < FRAMES; frame++)
		assert_int_equal(owner[frame], 0);
	assert_int_equal(s->nr_pages, sum);
}

static void test_random(void **state)
{
	struct cw_spans s = { .nr = 0 };
	__u32 owner[FRAMES] = { 0 };
	int step;

	(void)state;
	srand(1);
	for (step = 0; step < 20000; step++) {
		__u64 gfn = (__u64)rand() % FRAMES, nr = (__u64)rand() % 40, i;
		__u32 what = (__u32)rand() % 4;	/* 0: take */

		nr = gfn + nr > FRAMES ? FRAMES - gfn : nr;
		for (i = gfn; i < gfn + nr; i++)
			owner[i] = what;
		if (what)
			put(&s, gfn, nr, what, what);
		else
			cw_spans_take(&s, gfn, nr);
		compare(&s, owner);
	}
	cw_spans_free(&s);
}

/* More than there is room for is counted, and what is there stays right. */
static void test_full(void **state)
{
	struct cw_spans s = { .nr = 0 };
	__u64 i;

	(void)state;
	for (i = 0; i < CW_SPANS_MAX + 10; i++)
		put(&s, 2 * i, 1, 1, 1);
	assert_int_equal(s.nr, CW_SPANS_MAX);
	assert_int_equal(s.nr_unseen, 10);
	assert_int_equal(s.nr_pages, CW_SPANS_MAX);
	cw_spans_free(&s);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_put_and_take),
	cmocka_unit_test(test_renew),
	cmocka_unit_test(test_random),
	cmocka_unit_test(test_full),
};

UNIT_MAIN(tests)
