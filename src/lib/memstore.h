/* SPDX-License-Identifier: GPL-2.0-only */
/* The engine's store in memory, for replay and the tests.  The functions are static
 * because the engine, which is one text for BPF and for user space, wants them so.
 */
#ifndef CW_MEMSTORE_H
#define CW_MEMSTORE_H

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <cocowatch/engine.h>

#define CW_MEMSTORE_OPEN_MAX 1024	/* a power of two */

struct cw_store {
	__u64 *words;		/* owned by the caller; nr_frames / 32 of them */
	__u64 nr_frames;
	struct {
		struct cw_open_key key;
		struct cw_open open;
		int used;
	} slots[CW_MEMSTORE_OPEN_MAX];
};

static inline __u64 *cw_store_word(struct cw_store *st, __u64 gfn)
{
	return gfn < st->nr_frames ? &st->words[gfn / CW_FRAMES_PER_WORD] : NULL;
}

static inline size_t memstore_hash(const struct cw_open_key *key)
{
	__u64 h = (key->task * 4 + key->depth) * 0x9e3779b97f4a7c15ULL;

	return (h >> 32) & (CW_MEMSTORE_OPEN_MAX - 1);
}

static inline struct cw_open *cw_store_open(struct cw_store *st, const struct cw_open_key *key)
{
	size_t i, at = memstore_hash(key);

	for (i = 0; i < CW_MEMSTORE_OPEN_MAX; i++, at = (at + 1) & (CW_MEMSTORE_OPEN_MAX - 1)) {
		if (!st->slots[at].used)
			return NULL;
		if (st->slots[at].used > 0 && st->slots[at].key.task == key->task &&
		    st->slots[at].key.depth == key->depth)
			return &st->slots[at].open;
	}
	return NULL;
}

static inline int cw_store_open_add(struct cw_store *st, const struct cw_open_key *key,
				    const struct cw_open *open)
{
	size_t i, at = memstore_hash(key);

	if (cw_store_open(st, key))
		return -EEXIST;
	for (i = 0; i < CW_MEMSTORE_OPEN_MAX; i++, at = (at + 1) & (CW_MEMSTORE_OPEN_MAX - 1)) {
		if (st->slots[at].used > 0)
			continue;
		st->slots[at].key = *key;
		st->slots[at].open = *open;
		st->slots[at].used = 1;
		return 0;
	}
	return -E2BIG;
}

/* A slot that was in use stays a stepping stone (-1) for those behind it, unless nobody is. */
static inline void cw_store_open_del(struct cw_store *st, const struct cw_open_key *key)
{
	size_t i, at = memstore_hash(key), next;

	for (i = 0; i < CW_MEMSTORE_OPEN_MAX; i++, at = (at + 1) & (CW_MEMSTORE_OPEN_MAX - 1)) {
		if (!st->slots[at].used)
			return;
		if (st->slots[at].used < 0 || st->slots[at].key.task != key->task ||
		    st->slots[at].key.depth != key->depth)
			continue;
		next = (at + 1) & (CW_MEMSTORE_OPEN_MAX - 1);
		st->slots[at].used = st->slots[next].used ? -1 : 0;
		return;
	}
}

#endif
