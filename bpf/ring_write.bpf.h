/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets that the guest writes: the vectors on entry, while nobody but the caller has
 * them (once the host has the packet it may complete it, and the memory goes), the indices
 * on entry and exit.  Six reads a packet, one more where channels can be confidential.
 */
#ifndef CW_RING_WRITE_BPF_H
#define CW_RING_WRITE_BPF_H

#include "nested.bpf.h"
#include "ring.bpf.h"

#define WRITE_SLOTS 64	/* a power of two */

/* What was seen on entry, until the exit.  A write of another channel that interrupts this
 * one has another tag and mostly another slot; where it took this one, the exit sees that.
 */
struct write_slot {
	__u64 tag;	/* 0: being filled, or taken */
	__u64 channel;
	__u64 ring;
	struct cw_ev_ring_write ev;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, WRITE_SLOTS);
	__type(key, __u32);
	__type(value, struct write_slot);
} ring_writes SEC(".maps");

static __always_inline struct write_slot *write_slot_get(__u64 tag)
{
	/* Fibonacci hashing: tags are addresses on kernel stacks */
	__u32 key = ((tag >> 3) * 0x9e3779b97f4a7c15ULL) >> 58;

	return bpf_map_lookup_elem(&ring_writes, &key);
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

static __always_inline void write_before_read(struct ring_scratch *s, struct write_slot *slot)
{
	struct cw_ev_ring_write *ev = &slot->ev;
	struct ring_indices indices;

	slot->ring = 0;
	if (ring_info_read(s, slot->channel + bpf_core_field_offset(struct vmbus_channel___cw,
								    outbound)))
		return;
	slot->ring = RING_INFO(s, __u64, ring_buffer);
	ev->ring_bytes = RING_INFO(s, __u32, ring_datasize);
	if (ring_indices_read(&indices, slot->ring))
		return;
	ev->write_before = indices.write;
	ev->read_before = indices.read;
	ev->flags |= CW_RING_BEFORE;
}

static __always_inline int write_in(__u32 prog, __u64 tag, __u64 channel, __u64 kv_list, __u32 nr)
{
	struct ring_scratch *s = ring_get(prog);
	struct write_slot *slot = write_slot_get(tag);

	if (!s || !slot)
		return 0;
	cw_write_once(slot->tag, 0);
	slot->channel = channel;
	__builtin_memset(&slot->ev, 0, sizeof(slot->ev));
	slot->ev.space = CW_SPACE;
	slot->ev.confidential = ring_is_confidential(channel);
	write_before_read(s, slot);
	write_vectors_read(s, &slot->ev, kv_list, nr);
	cw_write_once(slot->tag, tag);
	return 0;
}

/* Takes over what was seen on entry.  The channel, or 0 when its slot went to another. */
static __always_inline __u64 write_take(struct write_slot *slot, __u64 tag,
					struct cw_ev_ring_write *ev, __u64 *ring)
{
	__u64 channel;

	*ring = 0;
	if (cw_read_once(slot->tag) != tag) {
		__builtin_memset(ev, 0, sizeof(*ev));
		return 0;
	}
	__builtin_memcpy(ev, &slot->ev, sizeof(*ev));
	*ring = cw_read_once(slot->ring);
	channel = cw_read_once(slot->channel);
	if (cw_read_once(slot->tag) == tag) {
		cw_write_once(slot->tag, 0);
		return channel;
	}
	__builtin_memset(ev, 0, sizeof(*ev));
	*ring = 0;
	return 0;
}

static __always_inline int write_out(void *ctx, __u32 prog, __u64 tag, __s32 ret)
{
	struct ring_scratch *s = ring_get(prog);
	struct write_slot *slot = write_slot_get(tag);
	struct cw_ev_ring_write *ev;
	struct ring_indices indices;
	__u64 channel, ring;

	if (!s || !slot)
		return 0;
	ev = &s->sent.ev.write;
	channel = write_take(slot, tag, ev, &ring);
	ev->space = CW_SPACE;
	ev->ret = ret;
	ev->flags |= CW_RING_RET;
	/* -ENODEV: the host took the channel back, and its ring may be going */
	if (ring && ret != -19 && !ring_indices_read(&indices, ring)) {
		ev->write_after = indices.write;
		ev->read_after = indices.read;
		ev->flags |= CW_RING_AFTER;
	}
	cw_step_ring_write(ev, &s->out);
	out_count(&s->out);
	if (!ring_is_wanted(s))
		return 0;
	ev->relid = channel ? ring_relid(channel) : 0;
	bpf_get_current_comm(ev->comm, sizeof(ev->comm));
	ring_send(ctx, s, CW_EV_RING_WRITE, sizeof(*ev));
	return 0;
}

/* int hv_ringbuffer_write(struct vmbus_channel *, const struct kvec *kv_list, u32 kv_count,
 *			   u64 requestid, u64 *trans_id)
 * The vectors lie on the caller's stack, so their address tells one call from another.
 */
SEC("fentry/hv_ringbuffer_write")
int on_ring_write_in(__u64 *ctx)
{
	__u64 kv_list = ring_arg(ctx, 1);

	busy_set(RING_WRITE_IN, 1);
	write_in(RING_WRITE_IN, kv_list, ring_arg(ctx, 0), kv_list, ring_arg(ctx, 2));
	busy_set(RING_WRITE_IN, 0);
	return 0;
}

/* These two are attached after the first, and act in an interrupt that broke into it: the
 * kernel then refuses the first.
 */
SEC("fentry/hv_ringbuffer_write")
int on_ring_write_in_nested(__u64 *ctx)
{
	__u64 kv_list = ring_arg(ctx, 1);

	if (!busy_is(RING_WRITE_IN, CW_EV_RING_WRITE))
		return 0;
	return write_in(RING_WRITE_IN_NESTED, kv_list, ring_arg(ctx, 0), kv_list, ring_arg(ctx, 2));
}

SEC("fexit/hv_ringbuffer_write")
int on_ring_write_out_nested(__u64 *ctx)
{
	if (!busy_is(RING_WRITE_OUT, CW_EV_RING_WRITE))
		return 0;
	return write_out(ctx, RING_WRITE_OUT_NESTED, ring_arg(ctx, 1), ring_ret(ctx));
}

SEC("fexit/hv_ringbuffer_write")
int on_ring_write_out(__u64 *ctx)
{
	busy_set(RING_WRITE_OUT, 1);
	write_out(ctx, RING_WRITE_OUT, ring_arg(ctx, 1), ring_ret(ctx));
	busy_set(RING_WRITE_OUT, 0);
	return 0;
}

/* A return probe knows no arguments: there the stack pointer tells one call from another,
 * 8 lower on entry, with the return address on top.
 */
SEC("kprobe/hv_ringbuffer_write")
int on_ring_write_in_k(struct pt_regs *ctx)
{
	return write_in(RING_WRITE_IN, PT_REGS_SP(ctx) + 8, PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx),
			PT_REGS_PARM3(ctx));
}

SEC("kretprobe/hv_ringbuffer_write")
int on_ring_write_out_k(struct pt_regs *ctx)
{
	return write_out(ctx, RING_WRITE_OUT, PT_REGS_SP(ctx), PT_REGS_RC(ctx));
}

#endif
