/* SPDX-License-Identifier: GPL-2.0-only */
/* From records to reports: every record is checked, told to the judges and the
 * history, and what was found goes to the writers.
 */
#ifndef CW_FEED_H
#define CW_FEED_H

#include <stddef.h>
#include <linux/types.h>

#include <cocowatch/event_share.h>

#include "group.h"
#include "history.h"
#include "judge.h"
#include "out.h"
#include "recorder.h"
#include "symbols.h"
#include "totals.h"

/* Somebody who is told of all that passes, beside the writers. */
struct cw_feed_watcher {
	/* Before the judges see it.  began_ns: of an end, when its transition began; 0: unknown. */
	void (*event)(void *ctx, const struct cw_rec_hdr *ev, const char *comm,
		      __u64 began_ns);
	void (*report)(void *ctx, const struct cw_report *r);
	void *ctx;
};

struct cw_feed {
	struct cw_feed_watcher watcher;	/* without functions: nobody; set after cw_feed_init() */
	struct cw_judge *judge;
	struct cw_history *history;
	struct cw_symbols *symbols;
	struct cw_symbols *own_symbols;		/* to be freed */
	struct cw_writers *writers;
	struct cw_recorder *recorder;		/* the caller's; NULL: nothing is recorded */
	struct cw_policy *policy;		/* the session's; its waivers expire.  NULL: none */
	struct cw_groups groups;
	struct cw_count user[CW_RULE_NR];	/* rules judged here */
	struct cw_told told;
	__u64 nr_records;
	__u64 malformed;
	__u64 unknown;
	__u64 nr_violations;			/* judgements of severity V, shown or not */
	__u64 excused[CW_RULE_NR];		/* of them, those that a waiver covers whole */

	/* Told of the first finding of each rule in a judgement that is a violation and not waived,
	 * after the writers; NULL: nobody.
	 */
	void (*on_violation)(void *ctx, const struct cw_report *r);
	void *on_violation_ctx;
};

/* Takes over symbols, judge and history; writers stay the caller's.  0 or -ENOMEM. */
int cw_feed_init(struct cw_feed *f, struct cw_writers *writers, __u64 slow_limit_ns);

/* The same with other symbols, which stay the caller's. */
int cw_feed_init_with(struct cw_feed *f, struct cw_writers *writers, __u64 slow_limit_ns,
		      struct cw_symbols *symbols);
void cw_feed_exit(struct cw_feed *f);

/* One record as it came; size is what the ring says. */
void cw_feed_record(struct cw_feed *f, const void *data, size_t size);

/* Judges a mapping that user space looked at by itself: what the kernel's programs judge comes as a
 * record, with their verdict.
 */
void cw_feed_mapping(struct cw_feed *f, const struct cw_pte_fmt *fmt,
		     const struct cw_ev_mapping *ev);

/* Adds to the kernel's counts what was judged and lost here.  Of each rule no fewer violations
 * are left than arrived, whatever the kernel's counter said.
 */
void cw_feed_totals(const struct cw_feed *f, struct cw_totals *t);

/* All records up to now_ns have been fed. */
void cw_feed_tick(struct cw_feed *f, __u64 now_ns);

/* Ends may have been lost: what is open is forgotten (see judge.h). */
void cw_feed_forget(struct cw_feed *f, __u64 now_ns);

/* Task of a recorded CW_REC_TICK after which what was open was forgotten; else 0. */
#define CW_TICK_FORGET 1

#endif
