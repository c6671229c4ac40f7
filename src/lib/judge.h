/* SPDX-License-Identifier: GPL-2.0-only */
/* The rules that user space judges, from recorded facts fed in order: T7 needs
 * time, P1 and P2 need the table of modes.
 */
#ifndef CW_JUDGE_H
#define CW_JUDGE_H

#include <stdbool.h>
#include <linux/types.h>

#include <cocowatch/event.h>
#include <cocowatch/event_owner.h>
#include <cocowatch/rules.h>

struct cw_judge;

/* A transition that stays open for longer than slow_limit_ns is a warning.  NULL without memory. */
struct cw_judge *cw_judge_new(__u64 slow_limit_ns);
void cw_judge_free(struct cw_judge *j);

/* Judges one event whose length has been checked.  *out is cleared first. */
void cw_judge_event(struct cw_judge *j, const struct cw_rec_hdr *ev, struct cw_out *out);

/* Judges how long transitions have been open by now, each once: the next one's
 * beginning and what is said of it, or false when there are no more.
 */
bool cw_judge_tick(struct cw_judge *j, __u64 now_ns, struct cw_ev_step *begin, struct cw_out *out);

/* Ends may have been lost: forget what is open, rather than accuse it of being slow. */
void cw_judge_forget(struct cw_judge *j);

/* Name of the task that began an open transition; "" when it is not known. */
const char *cw_judge_comm(const struct cw_judge *j, __u64 task, __u32 depth);

/* When that transition began, on the clock of its event; 0 when it is not known. */
__u64 cw_judge_began(const struct cw_judge *j, __u64 task, __u32 depth);

/* Transitions open now, and beginnings that found no room. */
__u32 cw_judge_nr_open(const struct cw_judge *j);
__u64 cw_judge_nr_dropped(const struct cw_judge *j);

/* P1 and P2 (judge_platform.c). */
void cw_judge_platform(const struct cw_ev_platform *ev, struct cw_out *out);

/* S4, on one run of shared frames; T9, on how many a kexec would leave (judge_owner.c). */
void cw_judge_owner(const struct cw_ev_owner *ev, struct cw_out *out);
void cw_judge_left(__u64 nr_left, __u64 gfn, struct cw_out *out);

/* Sources that P1 compares; "want" and "seen" of MODE_MIXED are masks of them:
 * those compared, and those that agree with the isolation leaf.
 */
enum cw_mode_source {
	CW_MODE_LEAF,
	CW_MODE_VENDOR,
	CW_MODE_CALLBACKS,
	CW_MODE_SEV_STATUS,
	CW_MODE_CC_MASK,
	CW_MODE_BOUNDARY,
	CW_MODE_SOURCE_NR,
};

const char *cw_mode_source_name(__u32 source);

/* Adds one finding to out, as cw_report() of the engine does. */
void cw_judge_report(struct cw_out *out, enum cw_finding finding, __u32 index, __u64 gfn,
		     __u64 want, __u64 seen);

#endif
