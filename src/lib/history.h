/* SPDX-License-Identifier: GPL-2.0-only */
/* Who did the last transition of a frame, and when: the ends seen lately. */
#ifndef CW_HISTORY_H
#define CW_HISTORY_H

#include <stdbool.h>
#include <linux/types.h>

#include <cocowatch/event.h>

#define CW_HISTORY_MAX 4096	/* transitions remembered; older ones are forgotten */

struct cw_past {
	__u64 seq;
	__u64 ts_ns;
	__u64 task;
	__u64 gfn_min;
	__u64 gfn_max;
	__u32 cpu;
	__u32 nr_pages;
	__s32 ret;
	__u8 to_shared;
	__u8 space;
	__u8 contiguous;	/* the frames are all of gfn_min to gfn_max */
	__u8 pad;
	char comm[CW_COMM_LEN];	/* "" when it is not known */
};

struct cw_history;

struct cw_history *cw_history_new(void);	/* NULL without memory */
void cw_history_free(struct cw_history *h);

/* Remembers the end of a transition, and the name of its task. */
void cw_history_add(struct cw_history *h, const struct cw_ev_step *end, const char *comm);

/* The last transition before event seq that had the frame, or, when none is remembered, the
 * last one on scattered frames around it; NULL without either.
 */
const struct cw_past *cw_history_find(const struct cw_history *h, __u64 gfn, __u64 seq);

/* Whether the frame was in the transition that was found for it, not only amid its frames. */
static inline bool cw_past_is_certain(const struct cw_past *p, __u64 gfn)
{
	return p->contiguous || gfn == p->gfn_min || gfn == p->gfn_max;
}

#endif
