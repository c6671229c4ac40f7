// SPDX-License-Identifier: GPL-2.0-only
/* The wire format of protocol buffers: varints, and fields with a length. */
#include "protobuf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WIRE_VARINT 0	/* Protocol Buffers, "Encoding": wire types */
#define WIRE_LEN    2

void cw_pb_free(struct cw_pb *b)
{
	free(b->bytes);
	*b = (struct cw_pb){ .bytes = NULL };
}

void cw_pb_reset(struct cw_pb *b)
{
	b->size = 0;
}

static void put(struct cw_pb *b, const void *bytes, size_t size)
{
	size_t room = b->room ? b->room : 256;
	__u8 *more;

	while (room - b->size < size)
		room *= 2;
	if (room != b->room) {
		more = realloc(b->bytes, room);
		if (!more) {
			b->err = -ENOMEM;
			return;
		}
		b->bytes = more;
		b->room = room;
	}
	if (size)
		memcpy(b->bytes + b->size, bytes, size);
	b->size += size;
}

static void varint(struct cw_pb *b, __u64 value)
{
	__u8 byte;

	do {
		byte = (__u8)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
		put(b, &byte, 1);
		value >>= 7;
	} while (value);
}

void cw_pb_u64(struct cw_pb *b, __u32 field, __u64 value)
{
	varint(b, (__u64)field << 3 | WIRE_VARINT);
	varint(b, value);
}

static void with_length(struct cw_pb *b, __u32 field, const void *bytes, size_t size)
{
	varint(b, (__u64)field << 3 | WIRE_LEN);
	varint(b, size);
	put(b, bytes, size);
}

void cw_pb_text(struct cw_pb *b, __u32 field, const char *text)
{
	with_length(b, field, text, strlen(text));
}

void cw_pb_message(struct cw_pb *b, __u32 field, const struct cw_pb *inner)
{
	if (inner->err)
		b->err = inner->err;
	with_length(b, field, inner->bytes, inner->size);
}
