// SPDX-License-Identifier: GPL-2.0-only
/* States of frames in memory: set and told by runs, over the borders of chunks, and not without
 * end.
 */
#include "unit.h"

#include "pagemap.h"

#define CHUNK (1ULL << CW_PAGEMAP_SHIFT)
#define RUNS 8

static struct cw_pagemap map;
static struct run {
	__u64 gfn;
	__u64 nr;
	__u32 state;
} runs[RUNS];
static size_t nr_runs;

static int teardown(void **state)
{
	(void)state;
	cw_pagemap_free(&map);
	return 0;
}

static void on_run(void *ctx, __u64 gfn, __u64 nr, __u32 state)
{
	(void)ctx;
	if (nr_runs < RUNS)
		runs[nr_runs] = (struct run){ gfn, nr, state };
	nr_runs++;
}

static void assert_runs(const struct run *want, size_t nr)
{
	size_t i;

	nr_runs = 0;
	cw_pagemap_runs(&map, on_run, NULL);
	assert_int_equal(nr_runs, nr);
	for (i = 0; i < nr; i++) {
		assert_int_equal(runs[i].gfn, want[i].gfn);
		assert_int_equal(runs[i].nr, want[i].nr);
		assert_int_equal(runs[i].state, want[i].state);
	}
}

static void test_empty(void **state)
{
	(void)state;
	assert_int_equal(cw_pagemap_state(&map, 0x1000), CW_PG_PRIVATE);
	/* as all of them are: nothing is kept */
	cw_pagemap_set(&map, 0x1000, 64, CW_PG_PRIVATE);
	assert_int_equal(map.nr, 0);
	assert_runs(NULL, 0);
}

static void test_runs(void **state)
{
	static const struct run want[] = {
		{ 0x100, 8, CW_PG_SHARED }, { 0x108, 1, CW_PG_UNKNOWN }, { 0x109, 7, CW_PG_SHARED },
		{ 0x200, 1, CW_PG_TRANSIT },
	};

	(void)state;
	cw_pagemap_set(&map, 0x100, 16, CW_PG_SHARED);
	cw_pagemap_set(&map, 0x108, 1, CW_PG_UNKNOWN);
	cw_pagemap_set(&map, 0x200, 4, CW_PG_TRANSIT);
	cw_pagemap_set(&map, 0x201, 3, CW_PG_PRIVATE);
	assert_runs(want, NR(want));
	assert_int_equal(cw_pagemap_state(&map, 0xff), CW_PG_PRIVATE);
	assert_int_equal(cw_pagemap_state(&map, 0x108), CW_PG_UNKNOWN);
	assert_int_equal(cw_pagemap_state(&map, 0x110), CW_PG_PRIVATE);
}

/* The first frame, a run over two chunks, and another behind chunks that were never needed. */
static void test_borders(void **state)
{
	static const struct run want[] = {
		{ 0, 1, CW_PG_SHARED },
		{ CHUNK - 2, 4, CW_PG_SHARED },
		{ 9 * CHUNK - 1, 1, CW_PG_UNKNOWN },
	};

	(void)state;
	cw_pagemap_set(&map, 9 * CHUNK - 1, 1, CW_PG_UNKNOWN);
	cw_pagemap_set(&map, CHUNK - 2, 4, CW_PG_SHARED);
	cw_pagemap_set(&map, 0, 1, CW_PG_SHARED);
	assert_runs(want, NR(want));
	assert_null(map.chunk[5]);
	assert_int_equal(cw_pagemap_state(&map, 5 * CHUNK), CW_PG_PRIVATE);
	assert_int_equal(cw_pagemap_state(&map, 100 * CHUNK), CW_PG_PRIVATE);
}

/* Frames that no machine has come from a record that is none: they are counted, at once. */
static void test_beyond(void **state)
{
	const __u64 end = (__u64)CW_PAGEMAP_MAX << CW_PAGEMAP_SHIFT;

	(void)state;
	cw_pagemap_set(&map, end - 1, 3, CW_PG_SHARED);
	assert_int_equal(map.nr_beyond, 2);
	assert_int_equal(cw_pagemap_state(&map, end - 1), CW_PG_SHARED);
	assert_int_equal(cw_pagemap_state(&map, end), CW_PG_PRIVATE);
	cw_pagemap_set(&map, end, 1ULL << 50, CW_PG_SHARED);
	assert_int_equal(map.nr_beyond, 2 + (1ULL << 50));
	cw_pagemap_set(&map, ~0ULL, 4, CW_PG_SHARED);	/* and none that wraps around */
	assert_int_equal(cw_pagemap_state(&map, 0), CW_PG_PRIVATE);
}

#define CASE(fn) cmocka_unit_test_teardown(fn, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_empty),
	CASE(test_runs),
	CASE(test_borders),
	CASE(test_beyond),
};

UNIT_MAIN(tests)
