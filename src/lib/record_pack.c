// SPDX-License-Identifier: GPL-2.0-only
/* Packed records: type, length, a bit for each 8-byte word that differs from the last record of the
 * type, and for each such word a mask of its bytes that differ, and these, exclusive-ored.
 */
#include "record_pack.h"

#include <string.h>

#define HEAD 4	/* type and length */

static __u64 word_load(const void *at)
{
	__u64 word;

	memcpy(&word, at, sizeof(word));
	return word;
}

const __u64 *cw_record_stack(const struct cw_rec_hdr *rec, __u32 *nr)
{
	const struct cw_rec_verdict *v = (const struct cw_rec_verdict *)rec;

	if (rec->type != CW_REC_VERDICT)
		return NULL;
	*nr = v->nr_stack < CW_STACK_MAX ? v->nr_stack : CW_STACK_MAX;
	return v->stack;
}

void cw_pack_init(struct cw_pack *p)
{
	size_t i;

	for (i = 0; i < CW_PACK_TYPES; i++)
		memset(p->last[i], 0, p->used[i]);
	memset(p->used, 0, sizeof(p->used));
}

bool cw_pack_takes(const struct cw_rec_hdr *rec)
{
	return rec->len >= sizeof(*rec) && rec->len <= CW_RECORD_MAX && !(rec->len % 8);
}

/* What a type of this number is compared with.  A high one shares the last place, from zero on. */
static __u8 *last_of(struct cw_pack *p, __u16 type, __u16 len)
{
	__u32 at = type < CW_PACK_TYPES ? type : CW_PACK_TYPES - 1;

	if (type >= CW_PACK_TYPES - 1)
		memset(p->last[at], 0, p->used[at]);
	if (p->used[at] < len)
		p->used[at] = len;
	return p->last[at];
}

size_t cw_pack_record(struct cw_pack *p, const struct cw_rec_hdr *rec, __u8 *out)
{
	size_t words = rec->len / 8, map = (words + 7) / 8, len = HEAD + map, i;
	__u8 *last = last_of(p, rec->type, rec->len);
	const __u8 *in = (const __u8 *)rec;

	memcpy(out, &rec->type, 2);
	memcpy(out + 2, &rec->len, 2);
	memset(out + HEAD, 0, map);
	for (i = 0; i < words; i++) {
		__u64 diff = word_load(in + 8 * i) ^ word_load(last + 8 * i);
		__u8 *mask = out + len;
		int byte;

		if (!diff)
			continue;
		out[HEAD + i / 8] |= (__u8)(1U << i % 8);
		*mask = 0;
		len++;
		for (byte = 0; diff; byte++, diff >>= 8) {
			if (!(diff & 0xff))
				continue;
			*mask |= (__u8)(1U << byte);
			out[len++] = (__u8)diff;
		}
	}
	memcpy(last, in, rec->len);
	return len;
}

/* One word at in; how many bytes it took, 0 when there are too few. */
static size_t word_unpack(__u8 *last, const __u8 *in, size_t left)
{
	__u64 diff = 0, word;
	size_t len = 1;
	__u32 mask;

	if (!left)
		return 0;
	mask = in[0];
	if (!mask || len + (size_t)__builtin_popcount(mask) > left)
		return 0;
	for (; mask; mask &= mask - 1)
		diff |= (__u64)in[len++] << 8 * __builtin_ctz(mask);
	word = word_load(last) ^ diff;
	memcpy(last, &word, sizeof(word));
	return len;
}

const struct cw_rec_hdr *cw_unpack_record(struct cw_pack *p, const __u8 *in, size_t size,
					  size_t *at)
{
	struct cw_rec_hdr head = { .type = 0 };
	size_t words, map, pos, i;
	__u8 *last;

	if (size - *at < HEAD)
		return NULL;
	memcpy(&head.type, in + *at, 2);
	memcpy(&head.len, in + *at + 2, 2);
	words = head.len / 8;
	map = (words + 7) / 8;
	if (!cw_pack_takes(&head) || size - *at < HEAD + map)
		return NULL;
	last = last_of(p, head.type, head.len);
	pos = *at + HEAD + map;
	for (i = 0; i < map; i++) {
		__u32 bits = in[*at + HEAD + i];

		for (; bits; bits &= bits - 1) {
			size_t word = 8 * i + (size_t)__builtin_ctz(bits), used = 0;

			if (word < words)
				used = word_unpack(last + 8 * word, in + pos, size - pos);
			if (!used)
				return NULL;
			pos += used;
		}
	}
	memcpy(&head, last, 4);
	if (memcmp(&head, in + *at, 4))	/* what was unpacked says otherwise */
		return NULL;
	*at = pos;
	return (const struct cw_rec_hdr *)last;
}
