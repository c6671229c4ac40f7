/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* State of one 4 KiB frame, as the transitions seen so far leave it: two bits a
 * frame, 32 frames to a 64-bit word.  The same table is read by the BPF
 * programs, by replay and by the tests.
 */
#ifndef CW_STATE_H
#define CW_STATE_H

#include <linux/types.h>

enum cw_page_state {
	CW_PG_PRIVATE = 0,	/* the initial state of every frame */
	CW_PG_TRANSIT = 1,	/* inside a transition */
	CW_PG_SHARED  = 2,	/* visible to the host */
	CW_PG_UNKNOWN = 3,	/* a conversion failed: nobody can say who reads it */
	CW_PG_NR      = 4,
};

enum cw_frame_event {
	CW_FR_BEGIN = 0,	/* a transition of the frame begins */
	CW_FR_DONE_SHARED,	/* it ended well, and the PTE agrees */
	CW_FR_DONE_PRIVATE,
	CW_FR_FAIL,		/* it failed, or reported success and the PTE disagrees */
	CW_FR_SEEN_SHARED,	/* a page walk found it so outside any transition */
	CW_FR_SEEN_PRIVATE,
	CW_FR_ACCUSED,		/* its free was reported: a new life begins, judged by its PTE */
	CW_FR_NR,
	CW_FR_NONE = CW_FR_NR,	/* this step changes no state */
};

#define CW_FRAMES_PER_WORD 32

/* Columns of the table: more than three bits can reach, so that a masked event is in
 * bounds for the verifier, and not 8, since clang 14 puts a table of exactly 32 bytes
 * where its BTF does not say.
 */
#define CW_FR_COLUMNS 9

/* Rows are states, columns events.  A failed conversion leaves the frame
 * UNKNOWN, and only the end of a full successful one leads out, not the beginning of
 * one that may yet be refused, nor a walk that happens to find the PTE in order: it
 * proves nothing about the host's side.  An end that had
 * no beginning proves that two transitions crossed, so it leads to UNKNOWN too.
 */
#define CW_NEXT(a, b, c, d, e, f, g) \
	{ CW_PG_##a, CW_PG_##b, CW_PG_##c, CW_PG_##d, CW_PG_##e, CW_PG_##f, CW_PG_##g }
static const unsigned char cw_page_next[CW_PG_NR][CW_FR_COLUMNS] = {
	/*                          BEGIN    DONE_    DONE_    FAIL     SEEN_    SEEN_    ACCUSED
	 *                                   SHARED   PRIVATE           SHARED   PRIVATE
	 */
	[CW_PG_PRIVATE] = CW_NEXT(TRANSIT, UNKNOWN, UNKNOWN, UNKNOWN, SHARED,  PRIVATE, PRIVATE),
	[CW_PG_TRANSIT] = CW_NEXT(TRANSIT, SHARED,  PRIVATE, UNKNOWN, SHARED,  PRIVATE, SHARED),
	[CW_PG_SHARED]  = CW_NEXT(TRANSIT, UNKNOWN, UNKNOWN, UNKNOWN, SHARED,  PRIVATE, SHARED),
	[CW_PG_UNKNOWN] = CW_NEXT(UNKNOWN, SHARED,  PRIVATE, UNKNOWN, UNKNOWN, UNKNOWN, SHARED),
};

/* Next state; an event that the table does not have changes nothing. */
static inline __u32 cw_state_next(__u32 state, __u32 event)
{
	if (event >= CW_FR_NR)
		return state & 3;
	return cw_page_next[state & 3][event];
}

static inline __u32 cw_state_shift(__u64 gfn)
{
	return (__u32)(gfn % CW_FRAMES_PER_WORD) * 2;
}

static inline __u32 cw_state_of(__u64 word, __u64 gfn)
{
	return (__u32)(word >> cw_state_shift(gfn)) & 3;
}

/* The word with the state of one frame replaced. */
static inline __u64 cw_state_put(__u64 word, __u64 gfn, __u32 state)
{
	__u32 shift = cw_state_shift(gfn);

	return (word & ~(3ULL << shift)) | ((__u64)(state & 3) << shift);
}

#endif
