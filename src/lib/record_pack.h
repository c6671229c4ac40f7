/* SPDX-License-Identifier: GPL-2.0-only */
/* Records into a block and back.  Most of a record is zero, and most of the rest is what the last
 * one of its type had: a block holds the bytes that differ.  Described in cocowatch-record(5).
 */
#ifndef CW_RECORD_PACK_H
#define CW_RECORD_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include <cocowatch/event.h>

#include "record_schema.h"

#define CW_PACK_TYPES 128	/* types from here on are packed as if each were the first */

/* The stack in a verdict, of CW_STACK_MAX entries, *nr of them filled; NULL in other records.  The
 * length of the record has been checked.
 */
const __u64 *cw_record_stack(const struct cw_rec_hdr *rec, __u32 *nr);

/* Bytes that one record can take at most. */
#define CW_PACKED_MAX (4 + CW_RECORD_MAX / 64 + CW_RECORD_MAX / 8 * 9)

/* The record of each type that came last; zeroed for each block. */
struct cw_pack {
	__u8 last[CW_PACK_TYPES][CW_RECORD_MAX] __attribute__((aligned(8)));
	__u32 used[CW_PACK_TYPES];	/* bytes of last that may not be zero */
};

void cw_pack_init(struct cw_pack *p);

/* Whether a record can be packed: its length, and its alignment to 8. */
bool cw_pack_takes(const struct cw_rec_hdr *rec);

/* Packs one record that it takes; out has room for CW_PACKED_MAX.  How many bytes it became. */
size_t cw_pack_record(struct cw_pack *p, const struct cw_rec_hdr *rec, __u8 *out);

/* Unpacks the record at *at of size bytes, and moves *at behind it.  The record, in p until the
 * next call; NULL when the bytes are none.
 */
const struct cw_rec_hdr *cw_unpack_record(struct cw_pack *p, const __u8 *in, size_t size,
					  size_t *at);

#endif
