/* SPDX-License-Identifier: GPL-2.0-only */
/* Records on their way into a recording: addresses taken out of them, packed into a block, and the
 * transitions that ended noted beside it.
 */
#ifndef CW_RECORD_BATCH_H
#define CW_RECORD_BATCH_H

#include <stdbool.h>
#include <linux/types.h>

#include "record_pack.h"
#include "record_write.h"

#define CW_OPEN_SLOTS 1024	/* beginnings remembered for the row of their transition */

/* What a block holds, and what is told of it beside. */
struct cw_batch {
	struct cw_block block;
	__u8 *bytes;		/* of the block */
	struct cw_rec_transition *transitions;
	__u32 nr_transitions;
	__u32 nr_of[CW_EV_NR];	/* records by event; verdicts count as theirs */
};

struct cw_batcher {
	struct cw_batch batch;	/* being filled */
	struct cw_pack pack;
	size_t room;
	bool include_addresses;
	__u64 key[2];	/* of the hash that stands for addresses; kept nowhere */
	struct cw_open_slot {
		__u64 task;
		__u64 begin_ns;
		__u64 begin_seq;
		__u32 depth;
		__u32 stack;	/* its number */
		char comm[CW_COMM_LEN];
	} open[CW_OPEN_SLOTS];
};

/* 0 or -errno.  Everything in it is freed by the exit. */
int cw_batcher_init(struct cw_batcher *b, bool include_addresses);
void cw_batcher_exit(struct cw_batcher *b);

/* Adds one record that cw_pack_takes().  0 or -ENOMEM. */
int cw_batcher_add(struct cw_batcher *b, const struct cw_rec_hdr *rec);

/* Empties the batch, for the next. */
void cw_batcher_clear(struct cw_batcher *b);

/* An own copy of the batch, to be given to cw_batch_free(); NULL without memory. */
struct cw_batch *cw_batch_copy(const struct cw_batch *b);
void cw_batch_free(struct cw_batch *b);
size_t cw_batch_bytes(const struct cw_batch *b);	/* that a copy takes */

/* The event that a record is, or is the verdict on; for counting. */
__u32 cw_record_event(const struct cw_rec_hdr *rec);

/* Writes block and transitions. */
void cw_batch_write(const struct cw_batch *b, struct cw_record_file *f);

#endif
