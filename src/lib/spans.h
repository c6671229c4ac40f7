/* SPDX-License-Identifier: GPL-2.0-only */
/* What is shared at this moment, frame by frame, whose it is and since when: begun by a look at
 * the page tables, kept up to date by the transitions that follow.
 */
#ifndef CW_SPANS_H
#define CW_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include <cocowatch/event.h>
#include <cocowatch/event_owner.h>

#define CW_SPANS_MAX 65536	/* beyond, pages are counted as lost sight of */

/* Frames in a row with one owner that became shared together. */
struct cw_span {
	__u64 gfn;
	__u64 nr_pages;
	__u64 since_ns;		/* CLOCK_MONOTONIC; 0: before anybody looked */
	__u32 owner;		/* enum cw_owner */
	__u32 relid;		/* of the channel, 0: none */
	char comm[CW_COMM_LEN];	/* task that shared them, "" when it is not known */
};

struct cw_spans {
	struct cw_span *span;	/* by frame; none overlaps another */
	size_t nr;
	size_t room;
	__u64 nr_pages;		/* of all */
	__u64 nr_unseen;	/* pages for which there was no room */
};

/* The frames of a span are shared from now on; what was known of them is replaced. */
void cw_spans_put(struct cw_spans *s, const struct cw_span *span);

/* These frames are private from now on. */
void cw_spans_take(struct cw_spans *s, __u64 gfn, __u64 nr_pages);

/* Another look: exactly this is shared, by frame.  What was known to be keeps its age and its
 * task; what is new since the look before is as old as its own since_ns says.
 */
void cw_spans_renew(struct cw_spans *s, const struct cw_span *seen, size_t nr);

void cw_spans_free(struct cw_spans *s);

#endif
