/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The engine's store, made of maps: two bits a frame, and the open transitions. */
#ifndef CW_STORE_BPF_H
#define CW_STORE_BPF_H

#include "compat.bpf.h"
#include <cocowatch/engine.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);	/* user space sets the number of state words before the load */
	__type(key, __u32);
	__type(value, __u64);
} cw_pages SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CW_OPEN_MAX);
	__type(key, struct cw_open_key);
	__type(value, struct cw_open);
} cw_open_txns SEC(".maps");

struct cw_store {
	__u32 unused;
};

static __always_inline __u64 *cw_store_word(struct cw_store *st, __u64 gfn)
{
	__u64 nr = gfn / CW_FRAMES_PER_WORD;
	__u32 key = nr;

	(void)st;
	if (nr >> 32)
		return NULL;
	return bpf_map_lookup_elem(&cw_pages, &key);
}

static __always_inline struct cw_open *cw_store_open(struct cw_store *st,
						     const struct cw_open_key *key)
{
	(void)st;
	return bpf_map_lookup_elem(&cw_open_txns, key);
}

static __always_inline int cw_store_open_add(struct cw_store *st, const struct cw_open_key *key,
					     const struct cw_open *open)
{
	(void)st;
	return bpf_map_update_elem(&cw_open_txns, key, open, BPF_NOEXIST);
}

static __always_inline void cw_store_open_del(struct cw_store *st, const struct cw_open_key *key)
{
	(void)st;
	bpf_map_delete_elem(&cw_open_txns, key);
}

#endif
