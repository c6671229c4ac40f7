// SPDX-License-Identifier: GPL-2.0-only
/* The queue between the reader of the ring and the thread that writes: bounded, in order, and
 * nothing of one use is left in a buffer for the next.
 */
#include "unit.h"

#include <time.h>

#include "record_queue.h"

#define NR_PUT 5000U

static struct cw_queue q;

static int setup(void **state)
{
	(void)state;
	return cw_queue_init(&q, 3);
}

static int teardown(void **state)
{
	(void)state;
	cw_queue_exit(&q);
	cw_queue_exit(&q);	/* twice is fine */
	return 0;
}

static void test_bounded(void **state)
{
	struct cw_buffer *b[3];
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		b[i] = cw_queue_empty(&q);
		assert_non_null(b[i]);
	}
	assert_null(cw_queue_empty(&q));
	cw_queue_put(&q, b[1]);
	assert_null(cw_queue_empty(&q));	/* it has not been written yet */
	cw_queue_give_back(&q, b[0]);
	assert_ptr_equal(cw_queue_empty(&q), b[0]);
}

static void test_in_order(void **state)
{
	struct cw_buffer *b[3];
	bool over;
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		b[i] = cw_queue_empty(&q);
	cw_queue_put(&q, b[2]);
	cw_queue_put(&q, b[0]);
	assert_ptr_equal(cw_queue_take(&q, 0, &over), b[2]);
	cw_queue_put(&q, b[1]);
	assert_ptr_equal(cw_queue_take(&q, 0, &over), b[0]);
	assert_ptr_equal(cw_queue_take(&q, 0, &over), b[1]);
	assert_null(cw_queue_take(&q, 0, &over));
	assert_false(over);
	cw_queue_put(&q, b[0]);	/* the list begins anew */
	assert_ptr_equal(cw_queue_take(&q, 0, &over), b[0]);
}

static void test_nothing_is_left(void **state)
{
	struct cw_buffer *b;

	(void)state;
	b = cw_queue_empty(&q);
	b->used = 64;
	b->nr_records = 1;
	b->mark = b->hold = true;
	cw_queue_give_back(&q, b);
	assert_ptr_equal(cw_queue_empty(&q), b);	/* the one that is in the cache */
	assert_int_equal(b->used, 0);
	assert_int_equal(b->nr_records, 0);
	assert_false(b->mark || b->hold);
}

/* What was put before the end is taken before it is over. */
static void test_end(void **state)
{
	struct cw_buffer *b;
	bool over;

	(void)state;
	b = cw_queue_empty(&q);
	cw_queue_put(&q, b);
	cw_queue_end(&q);
	assert_ptr_equal(cw_queue_take(&q, 1000, &over), b);
	assert_false(over);
	assert_null(cw_queue_take(&q, 1000, &over));
	assert_true(over);
}

static __u64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (__u64)ts.tv_sec * 1000 + (__u64)ts.tv_nsec / 1000000;
}

static void test_waits(void **state)
{
	__u64 start = now_ms();
	bool over;

	(void)state;
	assert_null(cw_queue_take(&q, 60, &over));
	assert_false(over);
	assert_true(now_ms() - start >= 55);
}

static void *put_all(void *arg)
{
	__u32 i = 0;

	(void)arg;
	while (i < NR_PUT) {
		struct cw_buffer *b = cw_queue_empty(&q);

		if (!b)
			continue;
		b->nr_records = i++;
		cw_queue_put(&q, b);
	}
	cw_queue_end(&q);
	return NULL;
}

static void test_two_threads(void **state)
{
	struct cw_buffer *b;
	bool over = false;
	pthread_t thread;
	__u32 next = 0;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, put_all, NULL), 0);
	while (!over) {
		b = cw_queue_take(&q, 100, &over);
		if (!b)
			continue;
		assert_int_equal(b->nr_records, next++);
		cw_queue_give_back(&q, b);
	}
	pthread_join(thread, NULL);
	assert_int_equal(next, NR_PUT);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_bounded),
	CASE(test_in_order),
	CASE(test_nothing_is_left),
	CASE(test_end),
	CASE(test_waits),
	CASE(test_two_threads),
};

UNIT_MAIN(tests)
