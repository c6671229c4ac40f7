/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Frames whose frees are judged: those that took part in a transition, or that the inventory found
 * shared.  Where PTEs do not tell (before 6.4) it is also marked which of them it was.
 */
#ifndef CW_WATCH_BPF_H
#define CW_WATCH_BPF_H

#include "engine.bpf.h"

#define CW_BLOCK_MAX	65536
#define CW_BLOCK_SHIFT	9	/* frames of a 2 MiB block */
#define CW_BLOCK_WORDS	((1 << CW_BLOCK_SHIFT) / 64)

/* Bits for each frame of a 2 MiB block. */
struct cw_block {
	__u64 watched[CW_BLOCK_WORDS];
	__u64 followed[CW_BLOCK_WORDS];	/* a transition of it was seen; with cfg_no_bit alone */
};

static const struct cw_block block_empty;	/* on the stack it were too much for 6.1 */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CW_BLOCK_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct cw_block);
} cw_blocks SEC(".maps");

static __always_inline struct cw_block *block_of(__u64 gfn)
{
	__u64 nr = gfn >> CW_BLOCK_SHIFT;

	return bpf_map_lookup_elem(&cw_blocks, &nr);
}

/* The word of a block's bits that has the frame's. */
static __always_inline __u64 *bit_word(__u64 *bits, __u64 gfn)
{
	return &bits[(gfn >> 6) & (CW_BLOCK_WORDS - 1)];
}

/* Sets the bit of a frame; true when it was set already. */
static __always_inline bool bit_set(__u64 *bits, __u64 gfn)
{
	__u64 bit = 1ULL << (gfn & 63), *word = bit_word(bits, gfn);

	if (cw_read_once(*word) & bit)
		return true;
	__sync_fetch_and_or(word, bit);
	return false;
}

/* Clears it; true when it was set. */
static __always_inline bool bit_clear(__u64 *bits, __u64 gfn)
{
	__u64 bit = 1ULL << (gfn & 63), *word = bit_word(bits, gfn);

	if (!(cw_read_once(*word) & bit))
		return false;
	__sync_fetch_and_and(word, ~bit);
	return true;
}

/* The stretch of frames that any watched one lies in. */
static __always_inline void span_extend(struct cw_kern *kern, __u64 gfn)
{
	int i;

	for (i = 0; i < CW_CAS_TRIES; i++) {
		__u64 min = cw_read_once(kern->gfn_min);

		if (gfn >= min || __sync_val_compare_and_swap(&kern->gfn_min, min, gfn) == min)
			break;
	}
	for (i = 0; i < CW_CAS_TRIES; i++) {
		__u64 max = cw_read_once(kern->gfn_max);

		if (gfn <= max || __sync_val_compare_and_swap(&kern->gfn_max, max, gfn) == max)
			break;
	}
	if (gfn < cw_read_once(kern->gfn_min) || gfn > cw_read_once(kern->gfn_max))
		loss_add(CW_EV_PAGE_FREE, CW_LOSS_CONTENDED, 1);
}

/* From now on the frame's free is judged.  follow: a transition of it begins, and is marked. */
__noinline int cw_frame_watch(struct cw_kern *kern, __u64 gfn, __u32 follow)
{
	struct cw_block *block;
	__u64 nr = gfn >> CW_BLOCK_SHIFT;

	if (!kern)
		return 0;
	block = bpf_map_lookup_elem(&cw_blocks, &nr);
	if (!block) {
		/* another CPU may have been first: that is as good */
		bpf_map_update_elem(&cw_blocks, &nr, &block_empty, BPF_NOEXIST);
		block = bpf_map_lookup_elem(&cw_blocks, &nr);
	}
	if (!block) {
		loss_add(CW_EV_PAGE_FREE, CW_LOSS_TABLE, 1);
		return 0;
	}
	if (follow)
		bit_set(block->followed, gfn);
	if (!bit_set(block->watched, gfn))
		span_extend(kern, gfn);
	return 0;
}

static __always_inline bool frame_is_followed(__u64 gfn)
{
	struct cw_block *block = block_of(gfn);

	return block && cw_read_once(*bit_word(block->followed, gfn)) >> (gfn & 63) & 1;
}

/* The frame is freed: with that ends what is known of it.  Whether it was watched, and followed. */
static __always_inline bool frame_forget(__u64 gfn, __u32 *followed)
{
	struct cw_block *block = block_of(gfn);

	*followed = 0;
	if (!block || !bit_clear(block->watched, gfn))
		return false;
	if (cfg_no_bit)
		*followed = bit_clear(block->followed, gfn);
	return true;
}

static __always_inline bool block_is_watched(__u64 gfn)
{
	return block_of(gfn);
}

#endif
