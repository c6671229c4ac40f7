/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages in the protocol-buffers wire format, built in memory: libraries want a schema and its
 * compiler, and what is written here are a dozen fields.
 */
#ifndef CW_PROTOBUF_H
#define CW_PROTOBUF_H

#include <stddef.h>
#include <linux/types.h>

struct cw_pb {
	__u8 *bytes;
	size_t size;
	size_t room;
	int err;	/* 0 or -ENOMEM, which stays */
};

void cw_pb_free(struct cw_pb *b);

/* Empties it for the next message; its memory stays. */
void cw_pb_reset(struct cw_pb *b);

void cw_pb_u64(struct cw_pb *b, __u32 field, __u64 value);
void cw_pb_text(struct cw_pb *b, __u32 field, const char *text);
void cw_pb_message(struct cw_pb *b, __u32 field, const struct cw_pb *inner);

#endif
