/* SPDX-License-Identifier: GPL-2.0-only */
/* What happened around each finding of a recording: what came before it and after it, as far as it
 * has to do with it (the same frame, the same task, the same channel), a line each.
 */
#ifndef CW_TIMELINE_H
#define CW_TIMELINE_H

#include <stddef.h>
#include <linux/types.h>

#include "out.h"

#define CW_TIMELINE_BEFORE 12
#define CW_TIMELINE_AFTER  12

struct cw_timeline;

/* start: how events are printed; outlives the timeline.  NULL without memory. */
struct cw_timeline *cw_timeline_new(const struct cw_start *start);
void cw_timeline_free(struct cw_timeline *t);	/* NULL is fine */

/* Each event of the recording, in its order, whether anything was found in it or not. */
void cw_timeline_event(struct cw_timeline *t, const struct cw_rec_hdr *ev);

/* A finding in the last event; gfn: the frame that it is about, 0 or ~0: none.  Its number, or -1
 * without memory.
 */
int cw_timeline_mark(struct cw_timeline *t, const struct cw_rec_hdr *ev, __u64 gfn);

/* The lines around a finding, when all events have been told; "" when there are none. */
const char *cw_timeline_text(struct cw_timeline *t, int number);

/* Whether an event is about a frame: one of its range, or amid its frames when they are
 * scattered.
 */
bool cw_event_has_frame(const struct cw_rec_hdr *ev, __u64 gfn);

/* "begin: 4 pages, frames 0x10 to 0x13, to be shared" */
void cw_event_line(FILE *f, const struct cw_start *start, const struct cw_rec_hdr *ev);

#endif
