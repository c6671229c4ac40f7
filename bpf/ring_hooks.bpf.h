/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The hooks of hv_vmbus on rings: where a channel keeps what ring_write.bpf.h and ring_read.bpf.h
 * want to know, by its BTF, and the programs.
 */
#ifndef CW_RING_HOOKS_BPF_H
#define CW_RING_HOOKS_BPF_H

#include "nested.bpf.h"
#include "ring_read.bpf.h"
#include "ring_write.bpf.h"

/* ---- packets that the guest writes ---- */

static __always_inline void write_before_read(struct ring_scratch *s, struct write_slot *slot)
{
	slot->ring = 0;
	if (ring_info_read(s, slot->channel + bpf_core_field_offset(struct vmbus_channel___cw,
								    outbound)))
		return;
	slot->ring = RING_INFO(s, __u64, ring_buffer);
	slot->ev.ring_bytes = RING_INFO(s, __u32, ring_datasize);
	write_indices_read(slot);
}

static __always_inline int write_in(__u32 prog, __u64 tag, __u64 channel, __u64 kv_list, __u32 nr)
{
	struct ring_scratch *s = ring_get(prog);
	struct write_slot *slot = write_slot_claim(tag);

	if (!s || !slot)
		return 0;
	slot->channel = channel;
	__builtin_memset(&slot->ev, 0, sizeof(slot->ev));
	slot->ev.space = CW_SPACE;
	slot->ev.confidential = ring_is_confidential(channel);
	write_before_read(s, slot);
	write_vectors_read(s, &slot->ev, kv_list, nr);
	write_slot_fill(slot, tag);
	return 0;
}

static __always_inline int write_out(void *ctx, __u32 prog, __u64 tag, __s32 ret)
{
	struct ring_scratch *s = ring_get(prog);
	struct cw_ev_ring_write *ev;
	__u64 channel, ring;

	if (!s)
		return 0;
	ev = &s->sent.ev.write;
	channel = write_take(tag, ev, &ring);
	write_result(ev, ring, ret);
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
static __always_inline void write_in_see(__u64 *ctx, __u32 nested)
{
	__u64 kv_list = ring_arg(ctx, 1);

	write_in(RING_WRITE_IN + nested, kv_list, ring_arg(ctx, 0), kv_list, ring_arg(ctx, 2));
}
CW_PAIR("fentry/hv_ringbuffer_write", on_ring_write_in, PAIR_WRITE_IN, CW_EV_RING_WRITE,
	write_in_see)

static __always_inline void write_out_see(__u64 *ctx, __u32 nested)
{
	write_out(ctx, RING_WRITE_OUT + nested, ring_arg(ctx, 1), ring_ret(ctx));
}
CW_PAIR("fexit/hv_ringbuffer_write", on_ring_write_out, PAIR_WRITE_OUT, CW_EV_RING_WRITE,
	write_out_see)

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

/* ---- packets that the host writes ---- */

static __always_inline int read_info(struct ring_scratch *s, __u64 channel)
{
	__u32 inbound = bpf_core_field_offset(struct vmbus_channel___cw, inbound);

	return ring_info_read(s, channel + inbound);
}

static __always_inline int read_in(__u64 channel)
{
	struct ring_scratch *s = ring_get(RING_READ_IN);
	struct read_slot *slot = read_slot_get(channel);

	if (!s || !slot)
		return 0;
	cw_write_once(slot->channel, 0);
	if (read_info(s, channel))
		return 0;
	slot->ring = RING_INFO(s, __u64, ring_buffer);
	slot->buf = RING_INFO(s, __u64, pkt_buffer);
	slot->ring_bytes = RING_INFO(s, __u32, ring_datasize);
	slot->buf_bytes = RING_INFO(s, __u32, pkt_buffer_size);
	slot->read_at = RING_INFO(s, __u32, priv_read_index);
	read_entered(slot, channel);
	return 0;
}

/* What is there without an entry: all but the index as it was then. */
static __always_inline void read_late(__u64 channel, struct read_ctx *c,
				      struct cw_ev_ring_read *ev)
{
	c->ring = 0;
	ev->ring_bytes = 0;
	ev->flags = 0;
	if (read_info(c->s, channel))
		return;
	c->ring = RING_INFO(c->s, __u64, ring_buffer);
	c->buf = RING_INFO(c->s, __u64, pkt_buffer);
	ev->ring_bytes = RING_INFO(c->s, __u32, ring_datasize);
	ev->buf_bytes = RING_INFO(c->s, __u32, pkt_buffer_size);
	ev->read_at = RING_INFO(c->s, __u32, priv_read_index);
}

static __always_inline int read_out(void *ctx, __u64 channel, __u64 desc)
{
	struct ring_scratch *s = ring_get(RING_READ_OUT);
	struct read_slot *slot = read_slot_get(channel);
	struct read_ctx c = { .s = s };
	struct cw_ev_ring_read *ev;

	if (!s || !slot)
		return 0;
	ev = &s->sent.ev.read;
	__builtin_memset(ev, 0, sizeof(*ev));
	ev->space = CW_SPACE;
	if (!read_take(slot, channel, &c, ev))
		read_late(channel, &c, ev);
	read_judge(slot, &c, ev, desc);
	if (!ring_is_wanted(s))
		return 0;
	ev->relid = ring_relid(channel);
	ev->confidential = ring_is_confidential(channel);
	ring_send(ctx, s, CW_EV_RING_READ, sizeof(*ev));
	return 0;
}

/* struct vmpacket_descriptor *hv_pkt_iter_first(struct vmbus_channel *), to which
 * __hv_pkt_iter_next() jumps
 */
SEC("fentry/hv_pkt_iter_first")
int on_ring_read_in(__u64 *ctx)
{
	return read_in(ring_arg(ctx, 0));
}

SEC("fexit/hv_pkt_iter_first")
int on_ring_read_out(__u64 *ctx)
{
	return read_out(ctx, ring_arg(ctx, 0), ring_ret(ctx));
}

SEC("kprobe/hv_pkt_iter_first")
int on_ring_read_in_k(struct pt_regs *ctx)
{
	return read_in(PT_REGS_PARM1(ctx));
}

/* struct vmpacket_descriptor *__hv_pkt_iter_next(struct vmbus_channel *,
 *						   const struct vmpacket_descriptor *desc)
 * A return probe does not know the channel; here the driver gives the packet back, with both.
 */
SEC("kprobe/__hv_pkt_iter_next")
int on_ring_read_out_k(struct pt_regs *ctx)
{
	return read_out(ctx, PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx));
}

#endif
