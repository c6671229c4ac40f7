/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets that the guest writes: the vectors on entry, while nobody but the caller has
 * them (once the host has the packet it may complete it, and the memory goes), the indices
 * on entry and exit.  Six reads a packet, one more where channels can be confidential.
 */
#ifndef CW_RING_WRITE_BPF_H
#define CW_RING_WRITE_BPF_H

#include "ring.bpf.h"

#define WRITE_SLOTS 256	/* a power of two */
#define WRITE_FREE 0
#define WRITE_FILLING 1	/* else the tag of the write that it is of */

/* What was seen on entry, until the exit; for all CPUs, since the task may be moved meanwhile.  A
 * write has two places to choose from; where both are taken it takes one from another, whose exit
 * sees that.
 */
struct write_slot {
	__u64 tag;
	__u64 channel;
	__u64 ring;
	struct cw_ev_ring_write ev;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, WRITE_SLOTS);
	__type(key, __u32);
	__type(value, struct write_slot);
} ring_writes SEC(".maps");

static __always_inline struct write_slot *write_slot_get(__u64 tag, __u32 place)
{
	/* Fibonacci hashing: tags are addresses on kernel stacks */
	__u32 key = (((tag >> 3) * 0x9e3779b97f4a7c15ULL) >> 56) ^ place;

	return bpf_map_lookup_elem(&ring_writes, &key);
}

static __always_inline bool write_slot_turn(struct write_slot *slot, __u64 from, __u64 to)
{
	return __sync_val_compare_and_swap(&slot->tag, from, to) == from;
}

/* A slot to be filled; NULL where both are just being filled by others. */
static __always_inline struct write_slot *write_slot_claim(__u64 tag)
{
	struct write_slot *one = write_slot_get(tag, 0), *two = write_slot_get(tag, 1);
	__u64 old;

	if (!one || !two)
		return NULL;
	/* left by an earlier write, from the same place of this stack, whose exit was not seen */
	write_slot_turn(one, tag, WRITE_FREE);
	write_slot_turn(two, tag, WRITE_FREE);
	if (write_slot_turn(one, WRITE_FREE, WRITE_FILLING))
		return one;
	if (write_slot_turn(two, WRITE_FREE, WRITE_FILLING))
		return two;
	old = cw_read_once(one->tag);
	if (old != WRITE_FILLING && write_slot_turn(one, old, WRITE_FILLING))
		return one;
	return NULL;
}

/* What was filled in is complete: the tag says so. */
static __always_inline void write_slot_fill(struct write_slot *slot, __u64 tag)
{
	barrier();
	cw_write_once(slot->tag, tag);
}

/* The bytes of the last vector, if it is what fills the packet up to 8. */
static __always_inline void write_pad_read(struct ring_scratch *s, struct cw_ev_ring_write *ev)
{
	__u64 len = s->vec[RING_VEC_MAX - 1].len;
	__u32 i;

	if (len > 7)
		return;
	s->bytes = 0;
	if (len && bpf_probe_read_kernel(&s->bytes, len & 7, (void *)s->vec[RING_VEC_MAX - 1].base))
		return;
	ev->pad_bytes = len;
	ev->flags |= CW_RING_PAD;
	for (i = 0; s->bytes && i < 7; i++) {
		if (!((s->bytes >> 8 * i) & 0xff))
			continue;
		if (ev->pad_first == CW_NO_INDEX)
			ev->pad_first = ev->vec_bytes - len + i;
		ev->pad_set++;
	}
}

/* The callers in hv_vmbus write a header alone, or header, payload and padding. */
static __always_inline void write_vectors_read(struct ring_scratch *s, struct cw_ev_ring_write *ev,
					       __u64 kv_list, __u32 nr)
{
	struct ring_packet pkt;

	ev->nr_vec = nr;
	ev->pad_first = CW_NO_INDEX;
	if (nr != 1 && nr != RING_VEC_MAX)
		return;
	s->vec[1].len = 0;
	s->vec[2].len = 0;
	if (bpf_probe_read_kernel(s->vec, nr == 1 ? sizeof(s->vec[0]) : sizeof(s->vec),
				  (void *)kv_list))
		return;
	ev->vec_bytes = s->vec[0].len + s->vec[1].len + s->vec[2].len;
	if (s->vec[0].len < CW_PKT_HEADER ||
	    bpf_probe_read_kernel(&pkt, sizeof(pkt), (void *)s->vec[0].base))
		return;
	ev->pkt_type = pkt.type;
	ev->pkt_flags = pkt.flags;
	ev->pkt_bytes = (__u32)pkt.len8 << 3;
	ev->pkt_offset = (__u32)pkt.offset8 << 3;
	ev->flags |= CW_RING_VECTORS;
	write_pad_read(s, ev);
}

/* The indices on entry, of the ring in the slot. */
static __always_inline void write_indices_read(struct write_slot *slot)
{
	struct ring_indices indices;

	if (ring_indices_read(&indices, slot->ring))
		return;
	slot->ev.write_before = indices.write;
	slot->ev.read_before = indices.read;
	slot->ev.flags |= CW_RING_BEFORE;
}

/* What came of it, and the indices on exit.  -ENODEV: the host took the channel back, and its ring
 * may be going.
 */
static __always_inline void write_result(struct cw_ev_ring_write *ev, __u64 ring, __s32 ret)
{
	struct ring_indices indices;

	ev->space = CW_SPACE;
	ev->ret = ret;
	ev->flags |= CW_RING_RET;
	if (!ring || ret == -19 || ring_indices_read(&indices, ring))
		return;
	ev->write_after = indices.write;
	ev->read_after = indices.read;
	ev->flags |= CW_RING_AFTER;
}

/* Takes over what one slot holds of the entry; false when that is another's, or becomes it. */
static __always_inline bool write_slot_take(struct write_slot *slot, __u64 tag,
					    struct cw_ev_ring_write *ev, __u64 *ring,
					    __u64 *channel)
{
	if (!slot || cw_read_once(slot->tag) != tag)
		return false;
	__builtin_memcpy(ev, &slot->ev, sizeof(*ev));
	*ring = cw_read_once(slot->ring);
	*channel = cw_read_once(slot->channel);
	return write_slot_turn(slot, tag, WRITE_FREE);
}

/* What was seen on entry.  The channel, or 0 when its slot went to another. */
static __always_inline __u64 write_take(__u64 tag, struct cw_ev_ring_write *ev, __u64 *ring)
{
	__u64 channel;

	if (write_slot_take(write_slot_get(tag, 0), tag, ev, ring, &channel) ||
	    write_slot_take(write_slot_get(tag, 1), tag, ev, ring, &channel))
		return channel;
	__builtin_memset(ev, 0, sizeof(*ev));
	*ring = 0;
	return 0;
}

#endif
