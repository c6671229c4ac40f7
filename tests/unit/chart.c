// SPDX-License-Identifier: GPL-2.0-only
/* Shared memory over time: who has how much, which pieces of memory, and what is not known. */
#include "unit.h"

#include "chart.h"

static struct cw_chart chart;

struct deed {
	struct cw_chart_move m;
	__u64 freed;	/* this frame was freed instead */
};

#define MOVE(begin, end, min, nr, shared, by) \
	{ .m = { .begin_ns = begin, .end_ns = end, .gfn_min = min, .gfn_max = (min) + (nr) - 1, \
		 .nr_pages = nr, .to_shared = shared, .who = by } }

/* From 1000 to 1240 ns, so that a column is one of them. */
static void fill(const struct deed *deeds, size_t nr)
{
	size_t i;

	assert_int_equal(cw_chart_init(&chart, 1000, 1240), 0);
	for (i = 0; i < nr; i++)
		if (!deeds[i].freed)
			assert_int_equal(cw_chart_survey(&chart, &deeds[i].m), 0);
	assert_int_equal(cw_chart_plan(&chart), 0);
	for (i = 0; i < nr; i++)
		if (deeds[i].freed)
			cw_chart_freed(&chart, deeds[i].m.end_ns, deeds[i].freed);
		else
			assert_int_equal(cw_chart_move(&chart, &deeds[i].m), 0);
	cw_chart_finish(&chart);
}

static int teardown(void **state)
{
	(void)state;
	cw_chart_exit(&chart);
	return 0;
}

static void test_who_has_it(void **state)
{
	static const struct deed deeds[] = {
		MOVE(0, 0, 0x10000, 1024, true, "bounce buffer"),
		MOVE(1010, 1020, 0x100, 8, true, "vmbus_alloc_ring"),
		MOVE(1030, 1060, 0x100, 8, false, "vmbus_free_ring"),
		MOVE(1100, 1101, 0x108, 2, true, "vmbus_alloc_ring"),
	};

	(void)state;
	fill(deeds, NR(deeds));
	assert_int_equal(chart.nr_owners, 3);
	assert_string_equal(chart.owner[0].name, "bounce buffer");
	assert_int_equal(chart.owner[0].pages[0], 1024);
	assert_int_equal(chart.owner[0].to_shared, 0);	/* nobody was seen to ask for it */
	assert_string_equal(chart.owner[1].name, "vmbus_alloc_ring");
	assert_int_equal(chart.owner[1].pages[19], 0);
	assert_int_equal(chart.owner[1].pages[20], 8);
	assert_int_equal(chart.owner[1].pages[59], 8);
	assert_int_equal(chart.owner[1].pages[60], 0);	/* taken back by another */
	assert_int_equal(chart.owner[1].pages[239], 2);
	assert_int_equal(chart.owner[1].most, 8);
	assert_int_equal(chart.owner[1].to_shared, 2);
	assert_int_equal(chart.owner[1].median_ns, 10);
	assert_int_equal(chart.owner[1].slowest_ns, 10);
	assert_string_equal(chart.owner[2].name, "vmbus_free_ring");
	assert_int_equal(chart.owner[2].to_private, 1);
	assert_int_equal(chart.owner[2].most, 0);
}

static void test_map(void **state)
{
	static const struct deed deeds[] = {
		MOVE(0, 0, 0x10000, 1024, true, "bounce buffer"),
		MOVE(1010, 1020, 0x1fe, 4, true, "f"),
		MOVE(1200, 1210, 0x1fe, 2, false, "f"),
	};

	(void)state;
	fill(deeds, NR(deeds));
	assert_int_equal(chart.nr_rows, 4);
	assert_int_equal(chart.row[0].gfn_min, 0);
	assert_int_equal(chart.row[0].gfn_max, 0x1ff);
	assert_int_equal(chart.row[3].gfn_max, 0x103ff);
	assert_int_equal(chart.cell[2][0], 100);
	assert_int_equal(chart.cell[0][19], 0);
	assert_int_equal(chart.cell[0][20], 1);	/* 2 of 512: little, and not nothing */
	assert_int_equal(chart.cell[1][20], 1);
	assert_int_equal(chart.cell[0][210], 0);
	assert_int_equal(chart.cell[1][239], 1);
	assert_int_equal(cw_chart_row(&chart, 0x10200), 3);
	assert_int_equal(cw_chart_row(&chart, 0x10400), -1);
	assert_int_equal(cw_chart_column(&chart, 5), 0);
	assert_int_equal(cw_chart_column(&chart, 99999), CW_CHART_COLUMNS - 1);
}

/* A failed conversion leaves frames unknown until a full one succeeds; a free ends it. */
static void test_unknown(void **state)
{
	struct deed deeds[] = {
		MOVE(1001, 1010, 0x200, 4, true, "f"),
		MOVE(1020, 1030, 0x200, 4, false, "f"),
		MOVE(1040, 1050, 0x200, 3, false, "f"),
		{ .m = { .end_ns = 1060 }, .freed = 0x203 },
	};

	(void)state;
	deeds[1].m.failed = true;
	fill(deeds, NR(deeds));
	assert_int_equal(chart.cell[0][10], 1);
	assert_int_equal(chart.cell[0][30], CW_CELL_UNKNOWN);
	assert_int_equal(chart.cell[0][50], CW_CELL_UNKNOWN);
	assert_int_equal(chart.cell[0][60], 0);
	assert_int_equal(chart.owner[0].failed, 1);
	assert_int_equal(chart.owner[0].pages[30], 0);
}

static struct cw_chart_move scattered(__u64 begin, __u64 min, __u64 max, __u32 nr, bool shared)
{
	return (struct cw_chart_move){ .begin_ns = begin, .end_ns = begin + 9, .gfn_min = min,
				       .gfn_max = max, .nr_pages = nr, .to_shared = shared,
				       .who = "vmalloc" };
}

/* How much of the rows is shared in a column, by what the cells say: hundredths of all rows. */
static unsigned int cells_sum(size_t column)
{
	unsigned int sum = 0;
	size_t i;

	for (i = 0; i < chart.nr_rows; i++)
		sum += chart.cell[i][column] & (CW_CELL_SPREAD - 1);
	return sum;
}

/* Frames that do not follow each other: spread evenly from the lowest to the highest. */
static void test_scattered(void **state)
{
	struct deed deeds[] = {
		{ .m = scattered(1001, 0x200, 0x9ff, 1024, true) },
		{ .m = scattered(1021, 0x200, 0x9ff, 1024, false) },
	};
	size_t i;

	(void)state;
	fill(deeds, NR(deeds));
	assert_int_equal(chart.nr_scattered, 2048);
	assert_int_equal(chart.nr_beyond, 0);
	assert_int_equal(chart.owner[0].pages[10], 1024);
	assert_int_equal(chart.owner[0].pages[30], 0);
	assert_int_equal(chart.nr_rows, 4);
	for (i = 0; i < chart.nr_rows; i++) {
		assert_int_equal(chart.row[i].gfn_min, (i + 1) * 512);
		assert_int_equal(chart.cell[i][9], 0);
		assert_int_equal(chart.cell[i][10], CW_CELL_SPREAD + 50);
		assert_int_equal(chart.cell[i][30], 0);
	}
	assert_int_equal(cw_chart_row(&chart, 0x400), 1);
	assert_int_equal(cw_chart_row(&chart, 0xa00), -1);
}

/* Thousands of ranges of single pages, all over 64 GiB, beside one whose frames are known: each
 * can be seen where it may lie, and none takes the others' room.
 */
static void test_scattered_many(void **state)
{
	static struct deed deeds[3001];
	size_t i;

	(void)state;
	for (i = 0; i < NR(deeds) - 1; i++)
		deeds[i].m = scattered(1001, i * 0x1400, i * 0x1400 + 0x13ff, 5, true);
	deeds[i] = (struct deed)MOVE(1100, 1110, 0x700400, 512, true, "known");
	fill(deeds, NR(deeds));
	assert_in_range(chart.nr_rows, CW_CHART_ROWS / 2, CW_CHART_ROWS);
	assert_int_equal(chart.nr_beyond, 0);
	assert_int_equal(chart.owner[0].pages[20], 3000 * 5);
	assert_int_equal(cells_sum(0), 0);
	for (i = 0; i < chart.nr_rows; i++)
		assert_true(chart.cell[i][20] == CW_CELL_SPREAD + 1);	/* 0.1 of a hundredth */
	i = (size_t)cw_chart_row(&chart, 0x700400);
	assert_int_equal(chart.row[i].gfn_min, 0x700400);
	assert_int_equal(chart.row[i].gfn_max, 0x7005ff);
	assert_int_equal(chart.cell[i][110], CW_CELL_SPREAD + 100);
}

/* Where scattered pages lie close the row is darker than where few do. */
static void test_scattered_dense(void **state)
{
	struct deed deeds[] = {
		{ .m = scattered(1001, 0, 0x3fffff, 4096, true) },	/* one in 1,024 */
		{ .m = scattered(1011, 0x100000, 0x107fff, 16384, true) },	/* every second */
	};
	int dense;

	(void)state;
	fill(deeds, NR(deeds));
	assert_int_equal(chart.nr_rows, CW_CHART_ROWS);
	dense = cw_chart_row(&chart, 0x100000);
	assert_int_equal(chart.cell[dense][20], CW_CELL_SPREAD + 50);
	assert_int_equal(chart.cell[dense + 1][20], CW_CELL_SPREAD + 1);
	assert_int_equal(chart.cell[0][20], CW_CELL_SPREAD + 1);
}

/* Of a failed one nobody knows which frames it left how, but for its ends. */
static void test_scattered_unknown(void **state)
{
	struct deed deeds[] = {
		{ .m = scattered(1001, 0x200, 0x9ff, 8, true) },
		{ .m = scattered(1021, 0x200, 0x9ff, 8, false) },
		{ .m = scattered(1041, 0x200, 0x9ff, 8, false) },
	};

	(void)state;
	deeds[1].m.failed = true;
	fill(deeds, NR(deeds));
	assert_int_equal(chart.cell[0][10], CW_CELL_SPREAD + 1);
	assert_int_equal(chart.cell[0][30], CW_CELL_UNKNOWN);
	assert_int_equal(chart.cell[1][30], 0);
	assert_int_equal(chart.cell[3][30], CW_CELL_UNKNOWN);
	assert_int_equal(chart.cell[3][50], 0);
	assert_int_equal(chart.owner[0].pages[30], 0);
}

/* What a damaged recording may say of a range. */
static void test_scattered_nonsense(void **state)
{
	struct deed deeds[] = {
		{ .m = scattered(1001, 0x9000, 0x200, 4, true) },	/* upside down */
		{ .m = scattered(1001, 0, ~0ULL, 4, true) },	/* beyond every machine */
		{ .m = scattered(1001, 0x200, 0x9000, 0, true) },
		/* more than there is room for */
		{ .m = scattered(1001, 0x200, 0x3ff, ~0U, true) },
	};

	(void)state;
	fill(deeds, NR(deeds));
	assert_int_equal(chart.nr_beyond, 4);
	assert_int_equal(chart.cell[0][10], CW_CELL_SPREAD + 100);
}

/* A look at the page tables later on: what nobody was seen to share is the owner's from then on. */
static void test_looked(void **state)
{
	struct deed deeds[] = {
		MOVE(1001, 1010, 0x200, 8, true, "f"),
		{ .m = scattered(1021, 0x400, 0x5ff, 8, true) },
		MOVE(0, 1100, 0x200, 16, true, "VMBus rings"),
		MOVE(0, 1100, 0x480, 4, true, "VMBus rings"),
		MOVE(0, 1100, 0x5fe, 4, true, "VMBus rings"),
	};
	size_t i;

	(void)state;
	for (i = 2; i < NR(deeds); i++)
		deeds[i].m.looked = true;
	fill(deeds, NR(deeds));
	for (i = 0; i < chart.nr_owners; i++)
		if (!strcmp(chart.owner[i].name, "VMBus rings"))
			break;
	assert_true(i < chart.nr_owners);
	assert_int_equal(chart.owner[i].pages[99], 0);
	/* 8 of the first, and the two behind the scattered range, which keeps its own */
	assert_int_equal(chart.owner[i].pages[100], 8 + 2);
	assert_int_equal(chart.owner[i].to_shared, 0);
	for (i = 0; i < chart.nr_owners; i++)
		if (strcmp(chart.owner[i].name, "VMBus rings"))
			assert_int_equal(chart.owner[i].pages[239], 8);
}

/* As many as have a place, and one for all others. */
static void test_many(void **state)
{
	static char names[20][8];
	static struct deed deeds[20];
	size_t i;

	(void)state;
	for (i = 0; i < NR(deeds); i++) {
		snprintf(names[i], sizeof(names[i]), "f%zu", i);
		deeds[i] = (struct deed)MOVE(1001 + i, 1002 + i, (i + 1) * 0x1000, i + 1, true,
					     names[i]);
	}
	fill(deeds, NR(deeds));
	assert_int_equal(chart.nr_owners, CW_CHART_OWNERS);
	assert_string_equal(chart.owner[0].name, "f19");
	assert_string_equal(chart.owner[CW_CHART_OWNERS - 1].name, "others");
	assert_int_equal(chart.owner[CW_CHART_OWNERS - 1].pages[239], 13 * 14 / 2);
	assert_int_equal(chart.nr_rows, 20);
}

/* More pieces than rows share rows. */
static void test_wide(void **state)
{
	static const struct deed deeds[] = {
		MOVE(1001, 1010, 0, 256 * 512, true, "f"),
		MOVE(1020, 1030, 0, 256 * 512 - 512, false, "f"),
	};

	(void)state;
	fill(deeds, NR(deeds));
	assert_int_equal(chart.nr_rows, CW_CHART_ROWS);
	assert_int_equal(chart.row[1].gfn_min, 1024);
	assert_int_equal(chart.row[1].gfn_max, 2047);
	assert_int_equal(chart.cell[0][10], 100);
	assert_int_equal(chart.cell[0][30], 0);
	assert_int_equal(chart.cell[CW_CHART_ROWS - 1][30], 50);
	assert_int_equal(chart.nr_beyond, 0);
}

/* What there is no room for is said. */
static void test_beyond(void **state)
{
	static const struct deed deeds[] = {
		MOVE(1040, 1050, 1ULL << 40, 4000000000U, true, "hostile"),
	};

	(void)state;
	fill(deeds, NR(deeds));
	assert_int_equal(chart.nr_beyond, 4000000000U - 65536 * 512);
	assert_int_equal(chart.owner[0].pages[239], 65536 * 512);
}

static void test_nothing(void **state)
{
	(void)state;
	fill(NULL, 0);
	assert_int_equal(chart.nr_rows, 0);
	assert_int_equal(chart.nr_owners, 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_teardown(test_who_has_it, teardown),
	cmocka_unit_test_teardown(test_map, teardown),
	cmocka_unit_test_teardown(test_unknown, teardown),
	cmocka_unit_test_teardown(test_scattered, teardown),
	cmocka_unit_test_teardown(test_scattered_many, teardown),
	cmocka_unit_test_teardown(test_scattered_dense, teardown),
	cmocka_unit_test_teardown(test_scattered_unknown, teardown),
	cmocka_unit_test_teardown(test_scattered_nonsense, teardown),
	cmocka_unit_test_teardown(test_looked, teardown),
	cmocka_unit_test_teardown(test_many, teardown),
	cmocka_unit_test_teardown(test_wide, teardown),
	cmocka_unit_test_teardown(test_beyond, teardown),
	cmocka_unit_test_teardown(test_nothing, teardown),
};

UNIT_MAIN(tests)
