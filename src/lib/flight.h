/* SPDX-License-Identifier: GPL-2.0-only */
/* The flight recorder: the last seconds of a session in bounded memory.  What is dropped becomes a
 * baseline: states of pages, what is known of the platform, and the transitions still open.
 */
#ifndef CW_FLIGHT_H
#define CW_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "pagemap.h"
#include "record_batch.h"
#include "record_side.h"
#include "record_write.h"

struct cw_flight;

/* Keeps the batches of the last last_ns, and no more of them than bytes.  NULL without memory. */
struct cw_flight *cw_flight_new(__u64 last_ns, size_t bytes);
void cw_flight_free(struct cw_flight *f);

/* How pages were when the session began. */
void cw_flight_pages(struct cw_flight *f, __u64 gfn, __u64 nr_pages, __u32 state);

/* Keeps a copy of the batch.  0, -ENOMEM, or -ENOBUFS: a snapshot is being written, and there is no
 * room beside it.
 */
int cw_flight_add(struct cw_flight *f, const struct cw_batch *b);

/* From now on until the next writing only want of memory drops history. */
void cw_flight_hold(struct cw_flight *f);

/* Records that came to be older than the history, and when it begins (0: with the session). */
__u64 cw_flight_nr_dropped(const struct cw_flight *f);
__u64 cw_flight_since_ns(const struct cw_flight *f);
__u64 cw_flight_nr_records(const struct cw_flight *f);
size_t cw_flight_bytes(const struct cw_flight *f);

/* Begins to write the history as it is now: the baseline, and all that is known beside the records.
 * How many records the baseline has; nothing is dropped before it is written.
 */
__u64 cw_flight_write_begin(struct cw_flight *f, struct cw_record_file *file,
			    const struct cw_record_side *side);

/* Writes a few batches.  False when that was the last of them. */
bool cw_flight_write_some(struct cw_flight *f, struct cw_record_file *file);
void cw_flight_write_stop(struct cw_flight *f);	/* it failed */

#endif
