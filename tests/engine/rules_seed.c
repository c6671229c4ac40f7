// SPDX-License-Identifier: GPL-2.0-only
/* Seeding between transitions: what a walk saw is entered only where nothing happened to the frame
 * meanwhile, and taken back when its entry turns out to have changed.
 */
#include "engines.h"

#define GFN 0x105
#define FRAMES (1 << 16)

/* What others do to the frame, one after another, up to CW_FR_NONE. */
typedef const __u32 meanwhile[3];

struct seed_row {
	const char *name;
	__u32 before;
	meanwhile between;	/* the copy of the word and its exchange */
	meanwhile after;	/* that, and the second look at the entry */
	bool still_shared;	/* what that says */
	int seeded, unseeded;	/* what is returned */
	__u32 want;
};

#define NOTHING	    { CW_FR_NONE }
#define BEGUN	    { CW_FR_BEGIN, CW_FR_NONE }
#define MADE_PRIVATE { CW_FR_BEGIN, CW_FR_DONE_PRIVATE, CW_FR_NONE }
#define MADE_SHARED { CW_FR_BEGIN, CW_FR_DONE_SHARED, CW_FR_NONE }
#define FAILED	    { CW_FR_BEGIN, CW_FR_FAIL, CW_FR_NONE }

static const struct seed_row rows[] = {
	{ "nothing happened", CW_PG_PRIVATE, NOTHING, NOTHING, true, 1, 0, CW_PG_SHARED },
	{ "it was known", CW_PG_SHARED, NOTHING, NOTHING, true, 1, 0, CW_PG_SHARED },
	{ "a transition had begun", CW_PG_PRIVATE, BEGUN, NOTHING, false, 0, 0, CW_PG_TRANSIT },
	{ "another was first", CW_PG_PRIVATE, MADE_SHARED, NOTHING, true, 0, 0, CW_PG_SHARED },
	{ "a transition had failed", CW_PG_PRIVATE, FAILED, NOTHING, true, 0, 0, CW_PG_UNKNOWN },
	{ "made private: the state is as it was, the entry is not", CW_PG_PRIVATE, MADE_PRIVATE,
	  NOTHING, false, 1, 1, CW_PG_PRIVATE },
	{ "made private after it was entered", CW_PG_PRIVATE, NOTHING, MADE_PRIVATE, false, 1, 0,
	  CW_PG_PRIVATE },
	{ "a transition began after that", CW_PG_PRIVATE, NOTHING, BEGUN, false, 1, 0,
	  CW_PG_TRANSIT },
	{ "one failed after that", CW_PG_PRIVATE, NOTHING, FAILED, false, 1, 0, CW_PG_UNKNOWN },
	{ "unknown stays so", CW_PG_UNKNOWN, NOTHING, NOTHING, true, 1, 0, CW_PG_UNKNOWN },
	{ "unknown stays so, whatever the entry says", CW_PG_UNKNOWN, NOTHING, NOTHING, false, 1, 1,
	  CW_PG_UNKNOWN },
};

static void apply(meanwhile events)
{
	__u32 i, lost = 0;

	for (i = 0; events[i] != CW_FR_NONE; i++)
		cw_frame_step(&store, GFN, events[i], &lost);
}

static void run_row(const struct seed_row *row)
{
	__u64 *word = cw_store_word(&store, GFN), old;
	int seeded, unseeded = 0;
	bool neighbours;

	/* every neighbour in another state than the frame is ever in at that moment */
	*word = cw_state_put(0x1b1b1b1b1b1b1b1bULL, GFN, row->before);
	old = *word;
	apply(row->between);
	/* the neighbours may change at will */
	*word = cw_state_put(*word, GFN + 1, CW_PG_SHARED);
	seeded = cw_frame_seed(word, GFN, &old, CW_FR_SEEN_SHARED);
	apply(row->after);
	*word = cw_state_put(*word, GFN + 2, CW_PG_TRANSIT);
	if (seeded > 0 && !row->still_shared)
		unseeded = cw_frame_unseed(word, GFN,
					   cw_state_next(row->before, CW_FR_SEEN_SHARED),
					   row->before);
	neighbours = cw_state_put(*word, GFN, 0) ==
		     cw_state_put(cw_state_put(cw_state_put(0x1b1b1b1b1b1b1b1bULL, GFN, 0), GFN + 1,
					       CW_PG_SHARED), GFN + 2, CW_PG_TRANSIT);
	if (!report(seeded == row->seeded && unseeded == row->unseeded && neighbours &&
			    cw_state_of(*word, GFN) == row->want, "seed: %s", row->name))
		printf("# seeded %d unseeded %d state %u neighbours %d\n", seeded, unseeded,
		       cw_state_of(*word, GFN), neighbours);
}

int main(void)
{
	size_t i;

	if (engines_open(FRAMES))
		return 1;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run_row(&rows[i]);
	return engines_close();
}
