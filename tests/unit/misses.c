// SPDX-License-Identifier: GPL-2.0-only
/* Refused runs against lost events: what a spare acted on is none, what nobody acted on is one,
 * and what is not known counts as lost.
 */
#include "unit.h"

#include "misses.h"

#define E CW_EV_RING_WRITE

/* A spare and what it is of, one that has none, and one whose spare does all of it again. */
static const struct cw_probe probes[] = {
	{ .event = E, .spare = true },
	{ .event = E },
	{ .event = E },
	{ .event = CW_EV_PAGE_FREE },
	{ .event = CW_EV_PAGE_FREE, .spare = true, .again = true },
};
enum { SPARE, FIRST, ALONE, FREE, FREE_AGAIN };

static const struct cw_source source = { .probes = probes, .nr_probes = NR(probes) };

struct row {
	__u64 refused[NR(probes)];
	__u64 left, acted;	/* of E */
	__u64 lost, lost_frees;
	bool no_again;		/* the spare of the frees is not attached */
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
	/* the spare looks at every free, so only what both are refused is lost, at most that */
	{ .refused = { [FREE] = 9 }, .lost_frees = 0 },
	{ .refused = { [FREE] = 9, [FREE_AGAIN] = 2 }, .lost_frees = 2 },
	{ .refused = { [FREE] = 2, [FREE_AGAIN] = 9 }, .lost_frees = 2 },
	{ .refused = { [FREE_AGAIN] = 9 }, .lost_frees = 0 },
	{ .refused = { [FREE] = 9, [FREE_AGAIN] = 2 }, .lost_frees = 9, .no_again = true },
	{ .refused = { [FIRST] = 3, [FREE] = 9, [FREE_AGAIN] = 2 }, .acted = 1, .lost = 2,
	  .lost_frees = 2 },
};

static void test_rows(void **state)
{
	static struct cw_arming arming;
	static struct cw_totals totals;
	static struct cw_misses misses;
	size_t i, k;

	(void)state;
	for (i = 0; i < NR(rows); i++) {
		cw_arming_init(&arming, &source, 0);
		for (k = 0; k < NR(probes); k++)
			arming.attached[k] = k != FREE_AGAIN || !rows[i].no_again;
		memset(&totals, 0, sizeof(totals));
		memset(&misses, 0, sizeof(misses));
		memcpy(misses.refused, rows[i].refused, sizeof(rows[i].refused));
		misses.left[E] = rows[i].left;
		misses.acted[E] = rows[i].acted;
		totals.loss[E][CW_LOSS_MISSED] = 100;	/* what programs have counted stays */
		cw_misses_add(&arming, &misses, &totals);
		if (totals.loss[E][CW_LOSS_MISSED] != 100 + rows[i].lost ||
		    totals.loss[CW_EV_PAGE_FREE][CW_LOSS_MISSED] != rows[i].lost_frees)
			fail_msg("row %zu: %llu lost, and %llu frees", i,
				 totals.loss[E][CW_LOSS_MISSED] - 100,
				 totals.loss[CW_EV_PAGE_FREE][CW_LOSS_MISSED]);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_rows),
};

UNIT_MAIN(tests)
