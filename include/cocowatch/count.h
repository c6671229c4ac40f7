/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the BPF programs count per CPU: how often each rule was judged, and what
 * was lost on the way.  A loss turns the rules that the probe feeds from "held"
 * into "unknown"; it never hides a violation, which is counted before it is sent.
 */
#ifndef CW_COUNT_H
#define CW_COUNT_H

#include <linux/types.h>

/* One for each rule and CPU, indexed by enum cw_rule. */
struct cw_count {
	__u64 checked;
	__u64 violated;
	__u64 warned;
	__u64 observed;
	__u64 no_evidence;
};

/* X(loss, text); counted by event type and CPU at index type * CW_LOSS_NR + loss. */
#define CW_LOSSES(X) \
	X(RING, "records that found the event ring full") \
	X(MISSED, "runs refused because the program was already running, or missed by a kprobe") \
	X(TABLE, "transitions that found their table full, or whose begin or end was not seen") \
	X(CONTENDED, "frame states that other CPUs kept changing") \
	X(UNWALKED, "frames beyond the budget of one walk") \
	X(RANGE, "frames beyond the state map") \
	X(QUEUE, "records that user space could not take") \
	X(RELOADED, "probes whose module was unloaded and loaded again")

#define CW_LOSS_ENUM(id, text) CW_LOSS_##id,
enum cw_loss { CW_LOSSES(CW_LOSS_ENUM) CW_LOSS_NR };

/* Sums over the session that are no losses. */
#define CW_STATS(X) \
	X(REPAIRED, "frame states corrected by a page walk") \
	X(NESTED, "events judged by a second program while the first was interrupted") \
	X(FREES, "frees of pages that took part") \
	X(STEPS, "transition steps judged") \
	X(UNPAIRED, "steps of transitions that were not seen to begin")

#define CW_STAT_ENUM(id, text) CW_STAT_##id,
enum cw_stat { CW_STATS(CW_STAT_ENUM) CW_STAT_NR };

/* What the programs read of the running kernel at their first event. */
struct cw_kern {
	__u64 page_offset;	/* start of the direct map */
	__u64 vmemmap;		/* start of the array of struct page */
	__u64 frame_mask;	/* frame bits of a PTE: physical_mask, page aligned */
	__u64 gfn_min;		/* frames that took part lie in [gfn_min, gfn_max] */
	__u64 gfn_max;
	__u32 levels;		/* of the page tables: 4 or 5 */
	__u32 ready;		/* 0 until all of the above were read */
};

#endif
