// SPDX-License-Identifier: GPL-2.0-only
/* The referee: frames that change sides, frames that are handed over, canaries, and the account of
 * it all.
 */
#include "box_referee.h"

#include "referee_canary.h"

/* ---- frames that change sides ---- */

static void test_convert_sets(void **state)
{
	(void)state;
	assert_int_equal(cw_referee_convert(&box, 10, 4, true), 0);
	assert_false(cw_mem_is_visible(&box.mem, 9));
	assert_true(cw_mem_is_visible(&box.mem, 10));
	assert_true(cw_mem_is_visible(&box.mem, 13));
	assert_false(cw_mem_is_visible(&box.mem, 14));
	assert_int_equal(cw_referee_convert(&box, 12, 10, true), 0);
	assert_int_equal(cw_referee_convert(&box, SHARED_GFN | 11, 1, false), 0);
	assert_false(cw_mem_is_visible(&box.mem, 11));
	cw_referee_call(&box, true, 14, 13, 0);
	cw_referee_call(&box, true, 1, 0, 5);
	assert_int_equal(cw_referee_close(&box), 0);
	assert_number("visibility", 0, "done", 13);
	assert_number("summary", 0, "visible_max", 12);
	assert_number("summary", 0, "visible_now", 11);
	assert_number("summary", 0, "converted", 13);
	assert_number("summary", 0, "calls", 2);
	assert_number("summary", 0, "calls_refused", 1);
	assert_number("left_visible", 0, "gfn", 10);
	assert_number("left_visible", 0, "nr_pages", 1);
	assert_number("left_visible", 1, "gfn", 12);
	assert_number("left_visible", 1, "nr_pages", 10);
}

static void test_convert_refuses(void **state)
{
	static const struct {
		__u64 gfn;
		__u64 nr;
	} bad[] = {
		{ 0, 0 },
		{ SIZE >> CW_PAGE_SHIFT, 1 },
		{ (SIZE >> CW_PAGE_SHIFT) - 1, 2 },
		{ 0, ~0ULL },
		{ 1, ~0ULL },
		{ 1, 1ULL << 52 },
		{ ~0ULL, 1 },
		{ 1ULL << 52, 1 },
		{ CW_HOLE_START >> CW_PAGE_SHIFT, 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NR(bad); i++) {
		assert_int_equal(cw_referee_convert(&box, bad[i].gfn, bad[i].nr, true), -EINVAL);
		assert_int_equal(cw_referee_supply(&box, bad[i].gfn, bad[i].nr), -EINVAL);
	}
	assert_int_equal(box.referee->nr_visible, 0);
}

static void test_convert_loses_contents(void **state)
{
	static const __u8 zero[CW_PAGE_SIZE];
	__u8 old[CW_PAGE_SIZE];

	(void)state;
	memset(old, 0x5a, sizeof(old));
	memcpy(host(20), old, sizeof(old));
	assert_int_equal(cw_referee_convert(&box, 20, 1, true), 0);
	assert_memory_not_equal(host(20), old, 8);
	assert_memory_not_equal(host(20) + 4088, old, 8);
	assert_memory_not_equal(host(20), zero, 8);
	/* it is there already: nothing is lost */
	memcpy(host(20), old, sizeof(old));
	assert_int_equal(cw_referee_convert(&box, 19, 3, true), 0);
	assert_memory_equal(host(20), old, sizeof(old));
	assert_int_equal(cw_referee_convert(&box, 20, 1, false), 0);
	assert_memory_not_equal(host(20), old, 8);
	assert_memory_not_equal(host(20), zero, 8);
}

/* More than one write can take. */
static void test_convert_many(void **state)
{
	__u64 nr = SIZE >> CW_PAGE_SHIFT, gfn;

	(void)state;
	assert_int_equal(cw_referee_convert(&box, 0, nr, true), 0);
	for (gfn = 1; gfn < nr; gfn++)
		assert_memory_equal(host(0), host(gfn), CW_PAGE_SIZE);
	assert_int_equal(box.referee->nr_visible, nr);
	assert_int_equal(cw_referee_convert(&box, 0, nr, false), 0);
	assert_int_equal(box.referee->nr_visible, 0);
}

static void test_supplied(void **state)
{
	(void)state;
	*host(100) = 1;
	assert_int_equal(cw_referee_supply(&box, 100, 2), 0);
	assert_int_equal(*host(100), 0);
	assert_int_equal(*host(101), 0);
	assert_true(cw_mem_is_visible(&box.mem, 101));
	assert_true(cw_referee_handed(&box, CW_HANDED_SYNIC, 100));
	assert_int_equal(cw_referee_close(&box), 0);
	assert_false(has_line("left_visible", 0));
	assert_number("summary", 0, "supplied", 2);
}

/* ---- frames that are handed over ---- */

static void test_handed(void **state)
{
	(void)state;
	assert_false(cw_referee_handed(&box, CW_HANDED_GPADL, 30));
	assert_number("handed_private", 0, "gfn", 30);
	assert_text("handed_private", 0, "by", "gpadl");
	/* once for each way until it changes sides */
	assert_false(cw_referee_handed(&box, CW_HANDED_GPADL, SHARED_GFN | 30));
	assert_int_equal(findings(), 1);
	assert_false(cw_referee_handed(&box, CW_HANDED_MONITOR, 30));
	assert_int_equal(findings(), 2);
	cw_referee_convert(&box, 30, 1, true);
	assert_true(cw_referee_handed(&box, CW_HANDED_GPADL, 30));
	assert_int_equal(findings(), 2);
	cw_referee_convert(&box, 30, 1, false);
	assert_false(cw_referee_handed(&box, CW_HANDED_GPADL, 30));
	assert_int_equal(findings(), 3);
	assert_int_equal(cw_referee_close(&box), 3);
	assert_number("summary", 0, "handed_private", 3);
}

static void test_handed_no_ram(void **state)
{
	(void)state;
	assert_false(cw_referee_handed(&box, CW_HANDED_BUFFER, ~0ULL));
	assert_false(cw_referee_handed(&box, CW_HANDED_BUFFER, SIZE >> CW_PAGE_SHIFT));
	assert_int_equal(findings(), 2);
}

static void test_stop_on_finding(void **state)
{
	(void)state;
	config.stop_on_finding = true;
	cw_referee_convert(&box, 30, 1, true);
	cw_referee_handed(&box, CW_HANDED_GPADL, 30);
	assert_false(box.ended);
	cw_referee_handed(&box, CW_HANDED_GPADL, 31);
	assert_true(box.ended);
	assert_int_equal(box.status, CW_BOX_CANNOT);
}

/* ---- a guest that causes lines without end ---- */

static unsigned int count_lines(const char *type)
{
	FILE *f = fopen(path, "re");
	char text[4096], want[64];
	unsigned int nr = 0;

	snprintf(want, sizeof(want), "{\"type\":\"%s\"", type);
	while (fgets(text, sizeof(text), f))
		nr += !strncmp(text, want, strlen(want));
	fclose(f);
	return nr;
}

/* Notes and calls leave findings their room, and the summary counts what was not written. */
static void test_lines_left_out(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < CW_LINES_MAX + 7; i++) {
		cw_referee_note(&box, "babble", "again");
		cw_referee_call(&box, true, 1, 1, 0);
	}
	for (i = 0; i < CW_LINES_MAX + 3; i++)
		cw_referee_handed(&box, CW_HANDED_BUFFER, ~0ULL);
	cw_referee_convert(&box, 9, 1, true);
	keep_said();
	assert_int_equal(cw_referee_close(&box), CW_LINES_MAX + 3);
	assert_int_equal(count_lines("note"), CW_LINES_MAX);
	assert_int_equal(count_lines("visibility"), CW_LINES_MAX);
	assert_int_equal(count_lines("handed_private"), CW_LINES_MAX);
	assert_int_equal(count_lines("left_visible"), 1);
	assert_number("summary", 0, "lines_left_out", 7 + 7 + 3);
	assert_number("summary", 0, "notes", CW_LINES_MAX + 7);
	assert_number("summary", 0, "findings", CW_LINES_MAX + 3);
	assert_said("; 17 lines left out of the account");
}

/* ---- canaries ---- */

static void plant(__u64 gfn, unsigned int offset, __u64 id)
{
	__u64 canary[2] = { cw_canary_magic(), id };

	memcpy(host(gfn) + offset, canary, sizeof(canary));
}

static void test_canary_found(void **state)
{
	(void)state;
	cw_referee_convert(&box, 40, 2, true);
	plant(40, 1001, 0x77);
	plant(41, 0, 0x77);
	plant(41, 16, 0x78);
	plant(41, 64, 0x78);
	plant(41, 4080, 0x79);
	assert_int_equal(cw_referee_close(&box), 4);
	assert_number("canary", 0, "gfn", 40);
	assert_number("canary", 0, "offset", 1001);
	assert_text("canary", 0, "id", "0x77");
	assert_number("canary", 3, "offset", 4080);
	assert_false(has_line("canary", 4));
}

/* The honest twin: planted all over, but where the host cannot look. */
static void test_canary_private(void **state)
{
	__u64 gfn;

	(void)state;
	for (gfn = 0; gfn < 500; gfn++)
		plant(gfn, 8 * gfn, gfn);
	cw_referee_convert(&box, 100, 50, true);
	cw_referee_convert(&box, 100, 25, false);
	assert_int_equal(cw_referee_close(&box), 0);
}

static void test_canary_straddles(void **state)
{
	(void)state;
	cw_referee_convert(&box, 63, 2, true);
	plant(63, 4091, 5);
	assert_int_equal(cw_referee_close(&box), 1);
	assert_number("canary", 0, "gfn", 63);
	assert_number("canary", 0, "offset", 4091);
}

/* Half of it in a frame that the host cannot see. */
static void test_canary_cut(void **state)
{
	(void)state;
	cw_referee_convert(&box, 63, 1, true);
	plant(63, 4091, 5);
	plant(62, 4091, 5);
	plant(63, 4082, 6);
	assert_int_equal(cw_referee_close(&box), 0);
}

static void test_canary_handed(void **state)
{
	(void)state;
	cw_referee_convert(&box, 50, 2, true);
	plant(50, 4, 1);
	plant(51, 4, 1);
	assert_true(cw_referee_handed(&box, CW_HANDED_BUFFER, 50));
	assert_true(cw_referee_handed(&box, CW_HANDED_BUFFER, 50));
	assert_int_equal(findings(), 1);
	assert_int_equal(cw_referee_close(&box), 2);
}

/* Ticks get round all visible memory, a bit each. */
static void test_canary_ticks(void **state)
{
	int ticks = 0;

	(void)state;
	cw_referee_convert(&box, 0, SIZE >> CW_PAGE_SHIFT, true);
	plant((SIZE >> CW_PAGE_SHIFT) - 1, 4080, 1);
	plant(511, 4090, 2);
	assert_true(cw_canary_tick(box.referee));
	assert_int_equal(findings(), 1);
	while (findings() < 2 && ticks++ < 100)
		cw_canary_tick(box.referee);
	assert_in_range(ticks, 10, 40);
	plant(0, 0, 3);
	for (ticks = 0; findings() < 3 && ticks < 100; ticks++)
		cw_canary_tick(box.referee);
	assert_int_equal(findings(), 3);
}

/* How many are found of so many in the memory that is shared. */
static unsigned int flood(unsigned int nr)
{
	unsigned int i;

	cw_referee_convert(&box, 0, 64, true);
	for (i = 0; i < nr; i++)
		plant(i / 256, i % 256 * 16, i);
	return cw_referee_close(&box);
}

static void test_canary_flood(void **state)
{
	(void)state;
	assert_int_equal(flood(64 * 256), CW_CANARIES_MAX);
	assert_true(box.referee->canaries_full);
}

/* As many as there is room for: none is left out. */
static void test_canary_room(void **state)
{
	(void)state;
	assert_int_equal(flood(CW_CANARIES_MAX), CW_CANARIES_MAX);
	assert_false(box.referee->canaries_full);
}

static const struct CMUnitTest tests[] = {
	RUN(test_convert_sets),
	RUN(test_convert_refuses),
	RUN(test_convert_loses_contents),
	RUN(test_convert_many),
	RUN(test_supplied),
	RUN(test_handed),
	RUN(test_handed_no_ram),
	RUN(test_stop_on_finding),
	RUN(test_lines_left_out),
	RUN(test_canary_found),
	RUN(test_canary_private),
	RUN(test_canary_straddles),
	RUN(test_canary_cut),
	RUN(test_canary_handed),
	RUN(test_canary_ticks),
	RUN(test_canary_flood),
	RUN(test_canary_room),
};

UNIT_MAIN(tests)
