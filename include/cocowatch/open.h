/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the engine remembers: the state of each frame, and the transitions that are
 * open.  Both live in the store, which the includer defines (maps in the kernel,
 * memory elsewhere).
 */
#ifndef CW_OPEN_H
#define CW_OPEN_H

#include <linux/types.h>
#include <cocowatch/check.h>
#include <cocowatch/event.h>
#include <cocowatch/state.h>

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

#define CW_DEPTH_MAX	4	/* transitions of one task that enclose each other */
#define CW_CAS_TRIES	16	/* on one state word, before the update is given up and counted */

struct cw_store;

struct cw_open_key {
	__u64 task;
	__u32 depth;
	__u32 pad;
};

/* A transition that has begun and not ended. */
struct cw_open {
	__u64 ts_ns;
	__u64 vaddr;
	__u64 gfn_min;
	__u64 gfn_max;
	__u32 nr_pages;
	__u32 seen;		/* steps so far, 1 << CW_EV_* */
	__u32 nr_told;		/* frames handed to the host */
	__u32 host_asked;	/* repetitions asked for and completed */
	__u32 host_done;
	__s32 failed_ret;	/* first error that a step returned */
	__u64 told_sum;		/* CW_SUM_NEXT over them */
	__u32 cpus_flushed;
	__u32 cpus_online;
	__u32 cpus_probed;
	__u32 cpus_stale;
	__u32 flush_present;	/* PTEs still present at the best flush */
	__u32 prepared_present;	/* and when prepare returned */
	__u32 nested;		/* in the entry of depth 0: how many are open above it */
	__u8 to_shared;
	__u8 window;
	__u8 failed;		/* a step failed, whatever it returned */
	__u8 flush_judged;
	__u8 flush_unread;	/* a flush whose walk failed: T2 has no evidence */
	__u8 told_unread;	/* a batch could not be read: T6 has no evidence */
	__u8 told_wrong;	/* another frame was told: T6 has said so */
	__u8 contig;		/* the frames are all of gfn_min to gfn_max */
	/* stock: translations that the finish step asked for, the frames of the host's list */
	__u32 nr_virt;
	__u32 virt_differ;
	__u32 virt_first;	/* index of the first that differs from its PTE */
	__u32 depth;		/* of this one: 0 is the outermost */
	__u64 virt_sum;
	__u64 virt_want;
	__u64 virt_seen;
	__u64 told_paused;	/* stock: nothing was done of a batch, the next call goes on */
};

/* ---- the store, defined by the includer ---- */

/* State word of a frame; NULL beyond the map. */
static __u64 *cw_store_word(struct cw_store *st, __u64 gfn);
static struct cw_open *cw_store_open(struct cw_store *st, const struct cw_open_key *key);
/* 0, or negative when the key is there already or the table is full. */
static int cw_store_open_add(struct cw_store *st, const struct cw_open_key *key,
			     const struct cw_open *open);
static void cw_store_open_del(struct cw_store *st, const struct cw_open_key *key);

#define CW_SEEN(type) (1U << (type))
#define CW_EBUSY 16	/* errno.h is not to be had everywhere */
#define CW_E2BIG 7
#define CW_EIO 5

/* ---- frame states ---- */

/* Moves one frame by one event.  Returns the state before, or -1 when the word
 * is beyond the map (*lost unchanged) or kept changing (*lost counts up).
 */
static __always_inline int cw_frame_step(struct cw_store *st, __u64 gfn, __u32 event, __u32 *lost)
{
	__u64 *word = cw_store_word(st, gfn);
	__u64 old;
	int i;

	if (!word)
		return -1;
	old = *(volatile __u64 *)word;
	for (i = 0; i < CW_CAS_TRIES; i++) {
		__u32 state = cw_state_of(old, gfn);
		__u64 new = cw_state_put(old, gfn, cw_state_next(state, event));
		__u64 seen = old;

		if (new != old)
			seen = __sync_val_compare_and_swap(word, old, new);
		if (seen == old)
			return (int)state;
		old = seen;
	}
	*lost += 1;
	return -1;
}

/* How a transition ended, as far as the states of its frames go. */
enum cw_end_kind {
	CW_END_UNSEEN,	/* it began before the session: what the walk sees is all that is known */
	CW_END_REFUSED,	/* before its first step: what is absent is another's */
	CW_END_FAILED,	/* returned or hidden */
	CW_END_SHARED,
	CW_END_PRIVATE,
};

/* Whether a step failed, or the host left a part undone. */
static __always_inline int cw_open_failed(const struct cw_open *open)
{
	return open->failed || open->host_done < open->host_asked;
}

static __always_inline __u32 cw_end_kind(const struct cw_open *open, __s32 ret)
{
	int refused = ret == -CW_EBUSY && (!open || !(open->seen & ~CW_SEEN(CW_EV_BEGIN)));

	if (refused)
		return CW_END_REFUSED;
	if (ret || (open && cw_open_failed(open)))
		return CW_END_FAILED;
	if (!open)
		return CW_END_UNSEEN;
	return open->to_shared ? CW_END_SHARED : CW_END_PRIVATE;
}

/* The event that the end means for a frame whose PTE the walk found to be pte. */
static __always_inline __u32 cw_end_frame_event(__u32 kind, const struct cw_pte_fmt *fmt, __u64 pte)
{
	if (kind == CW_END_UNSEEN || kind == CW_END_REFUSED) {
		if (fmt->no_bit || !cw_pte_is_present(pte))
			return CW_FR_NONE;
		return cw_pte_is_shared(fmt, pte) ? CW_FR_SEEN_SHARED : CW_FR_SEEN_PRIVATE;
	}
	if (kind == CW_END_FAILED || !cw_pte_agrees(fmt, pte, kind == CW_END_SHARED))
		return CW_FR_FAIL;
	return kind == CW_END_SHARED ? CW_FR_DONE_SHARED : CW_FR_DONE_PRIVATE;
}

/* Seeding: what a walk outside any transition says of a frame. */
static __always_inline __u32 cw_seed_frame_event(const struct cw_pte_fmt *fmt, __u64 pte)
{
	if (!cw_pte_is_present(pte))
		return CW_FR_NONE;
	return cw_pte_is_shared(fmt, pte) ? CW_FR_SEEN_SHARED : CW_FR_SEEN_PRIVATE;
}

/* Enters what a walk saw of a frame, if its state is what it was in *old: a copy of its word, taken
 * before the walk.  1: entered, and *old is the word now; 0: another has changed the state, and
 * knows better; -1: the word kept changing.
 */
static __always_inline int cw_frame_seed(__u64 *word, __u64 gfn, __u64 *old, __u32 event)
{
	__u32 state = cw_state_of(*old, gfn);
	int i;

	for (i = 0; i < CW_CAS_TRIES; i++) {
		__u64 new = cw_state_put(*old, gfn, cw_state_next(state, event));
		__u64 seen = __sync_val_compare_and_swap(word, *old, new);

		if (seen == *old) {
			*old = new;
			return 1;
		}
		if (cw_state_of(seen, gfn) != state)
			return 0;
		*old = seen;
	}
	return -1;
}

/* Takes back what was entered, from seeded to before: when the entry is read again and is another,
 * a whole transition may have passed between the copy of the word and its exchange.  Returns like
 * cw_frame_seed().
 */
static __always_inline int cw_frame_unseed(__u64 *word, __u64 gfn, __u32 seeded, __u32 before)
{
	__u64 old = *(volatile __u64 *)word;
	int i;

	for (i = 0; i < CW_CAS_TRIES; i++) {
		__u64 seen;

		if (cw_state_of(old, gfn) != seeded)
			return 0;
		seen = __sync_val_compare_and_swap(word, old, cw_state_put(old, gfn, before));
		if (seen == old)
			return 1;
		old = seen;
	}
	return -1;
}

/* ---- open transitions ---- */

/* The innermost open transition of a task; *depth is its depth.  NULL when there is none,
 * or when it is nested too deep to be followed.
 */
static __always_inline struct cw_open *cw_open_find(struct cw_store *st, __u64 task, __u32 *depth)
{
	struct cw_open_key key = { .task = task };
	struct cw_open *open = cw_store_open(st, &key);

	*depth = 0;
	if (!open || !open->nested)
		return open;
	key.depth = open->nested;
	*depth = key.depth;
	return cw_store_open(st, &key);
}

/* Whether nothing but its end can come: one that stays so has had an end that was not seen. */
static __always_inline int cw_open_is_over(const struct cw_open *open)
{
	return !!(open->seen & CW_SEEN(CW_EV_FINISHED));
}

/* Opens a transition for ev, and writes its depth into ev.  0, or a negative errno when it
 * is too deep or the table is full.
 */
static __always_inline int cw_open_add(struct cw_store *st, struct cw_ev_step *ev)
{
	struct cw_open_key key = { .task = ev->hdr.task };
	struct cw_open *outer = cw_store_open(st, &key);
	struct cw_open open = {
		.ts_ns = ev->hdr.ts_ns,
		.vaddr = ev->vaddr,
		.gfn_min = ev->gfn_min,
		.gfn_max = ev->gfn_max,
		.nr_pages = ev->nr_pages,
		.seen = CW_SEEN(CW_EV_BEGIN),
		.to_shared = ev->to_shared,
		.window = !!(ev->flags & CW_STEP_WINDOW),
		.flush_present = ~0U,
	};

	if (outer && !outer->nested && cw_open_is_over(outer)) {
		cw_store_open_del(st, &key);
		outer = 0;
	}
	if (outer) {
		/* counted also when too deep, or without room: its steps are not the outer one's */
		outer->nested++;
		key.depth = outer->nested;
		open.depth = key.depth;
		ev->depth = key.depth;
		if (key.depth >= CW_DEPTH_MAX)
			return -CW_E2BIG;
	}
	return cw_store_open_add(st, &key, &open);
}

/* Ends the transition at a depth that cw_open_find() gave, followed or not. */
static __always_inline void cw_open_drop(struct cw_store *st, __u64 task, __u32 depth)
{
	struct cw_open_key key = { .task = task, .depth = depth };
	struct cw_open *outer;

	cw_store_open_del(st, &key);
	if (!depth)
		return;
	key.depth = 0;
	outer = cw_store_open(st, &key);
	if (outer)
		outer->nested = depth - 1;
}

static __always_inline int cw_open_is_of(const struct cw_open *open, __u64 vaddr, __u32 nr_pages)
{
	return open && open->vaddr == vaddr && open->nr_pages == nr_pages;
}

/* The transition that an end of these pages is the end of; *depth is its depth.  NULL when it is
 * none of the task's: what is open then stays so.  Where ends were not seen, it is one around the
 * innermost; those inside it are dropped, and counted in *lost, as is an end that is nobody's.
 */
static __always_inline struct cw_open *cw_open_end(struct cw_store *st, __u64 task, __u64 vaddr,
						   __u32 nr_pages, __u32 *depth, __u32 *lost)
{
	struct cw_open_key key = { .task = task };
	struct cw_open *open = cw_open_find(st, task, depth);
	int i;

	*lost = 0;
	if (!open) {
		/* too deep, or without room: nobody knows its pages */
		if (*depth)
			cw_open_drop(st, task, *depth);
		return NULL;
	}
	key.depth = *depth;
	for (i = 0; i < CW_DEPTH_MAX && !cw_open_is_of(open, vaddr, nr_pages); i++) {
		if (!key.depth) {
			*lost = 1;
			return NULL;
		}
		key.depth--;
		open = cw_store_open(st, &key);
	}
	for (i = 0; i < CW_DEPTH_MAX && *depth > key.depth; i++) {
		cw_open_drop(st, task, *depth);
		*depth -= 1;
		*lost += 1;
	}
	return open;
}

static __always_inline void cw_open_fail(struct cw_open *open, __s32 ret)
{
	open->failed = 1;
	if (!open->failed_ret)
		open->failed_ret = ret;
}

#endif
