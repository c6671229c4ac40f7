// SPDX-License-Identifier: GPL-2.0-only
/* Refused runs against lost events: what a spare acted on is none, what nobody acted on is one,
 * and what is not known counts as lost.
 */
#include "unit.h"

#include "misses.h"

#define E CW_EV_RING_WRITE

/* A spare and what it is of, and one that has none. */
static const struct cw_probe probes[] = {
	{ .event = E, .spare = true },
	{ .event = E },
	{ .event = E },
};
enum { SPARE, FIRST, ALONE };

static const struct cw_source source = { .probes = probes, .nr_probes = NR(probes) };

struct row {
	__u64 refused[NR(probes)];
	__u64 left, acted;	/* of E */
	__u64 lost;
};

static const struct row rows[] = {
	{ .lost = 0 },
	{ .refused = { [FIRST] = 7 }, .acted = 7, .lost = 0 },
	{ .refused = { [FIRST] = 7 }, .acted = 5, .lost = 2 },
	{ .refused = { [FIRST] = 7 }, .lost = 7 },
	/* where the second was refused the first had acted */
	{ .refused = { [SPARE] = 3 }, .lost = 0 },
	{ .refused = { [FIRST] = 7, [SPARE] = 3 }, .acted = 7, .lost = 0 },
	/* no room for a token */
	{ .left = 4, .acted = 4, .lost = 0 },
	{ .left = 4, .acted = 3, .refused = { [SPARE] = 1 }, .lost = 1 },
	{ .refused = { [FIRST] = 2 }, .left = 4, .acted = 5, .lost = 1 },
	/* nobody acts in its stead */
	{ .refused = { [FIRST] = 2, [ALONE] = 6 }, .acted = 2, .lost = 6 },
	/* read one after the other while all goes on: never less than nothing */
	{ .refused = { [FIRST] = 2 }, .acted = 3, .lost = 0 },
};

static void test_rows(void **state)
{
	static struct cw_arming arming;
	static struct cw_totals totals;
	static struct cw_misses misses;
	size_t i;

	(void)state;
	for (i = 0; i < NR(rows); i++) {
		cw_arming_init(&arming, &source, 0);
		memset(&totals, 0, sizeof(totals));
		memset(&misses, 0, sizeof(misses));
		memcpy(misses.refused, rows[i].refused, sizeof(rows[i].refused));
		misses.left[E] = rows[i].left;
		misses.acted[E] = rows[i].acted;
		totals.loss[E][CW_LOSS_MISSED] = 100;	/* what programs have counted stays */
		cw_misses_add(&arming, &misses, &totals);
		if (totals.loss[E][CW_LOSS_MISSED] != 100 + rows[i].lost)
			fail_msg("row %zu: %llu lost", i, totals.loss[E][CW_LOSS_MISSED] - 100);
		assert_int_equal(cw_misses_of(&source, &misses, E), rows[i].lost);
		assert_int_equal(cw_misses_of(&source, &misses, E + 1), 0);
	}
}

/* What the first left while it was alone is no loss of the session. */
static void test_since(void **state)
{
	static struct cw_misses begun, now;

	(void)state;
	begun.left[E] = 20;
	begun.refused[FIRST] = 3;
	begun.acted[E] = 1;
	now = begun;
	assert_int_equal(cw_misses_of(&source, &now, E), 22);
	now.left[E] += 4;
	now.acted[E] += 3;
	cw_misses_since(&now, &begun);
	assert_int_equal(cw_misses_of(&source, &now, E), 1);
	assert_int_equal(now.refused[FIRST], 0);
	begun.refused[FIRST] = 9;	/* more than there are now */
	cw_misses_since(&now, &begun);
	assert_int_equal(now.refused[FIRST], 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_since),
	cmocka_unit_test(test_rows),
};

UNIT_MAIN(tests)
