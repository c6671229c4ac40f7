/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the probes inside hv_vmbus have in common: their scratch, how a ring is read, and
 * the way out.  On packet paths a record is built only for who asked for it.
 */
#ifndef CW_RING_BPF_H
#define CW_RING_BPF_H

#include <linux/ptrace.h>

#include "engine.bpf.h"
#include "kern_vmbus.h"
#include <cocowatch/engine_ring.h>
#include <cocowatch/event_share.h>

/* One scratch for each program, and behind it that of its second program: any two of them may
 * interrupt each other.
 */
enum ring_prog {
	RING_WRITE_IN,
	RING_WRITE_OUT = RING_WRITE_IN + 2,
	RING_OFFER = RING_WRITE_OUT + 2,
	RING_BIND = RING_OFFER + 2,
	RING_MAPPING = RING_BIND + 2,
	RING_READ_IN = RING_MAPPING + 2,
	RING_READ_OUT,
	RING_COMPLETION,
	RING_PROG_NR,
};

/* Hooks with a second program. */
enum ring_pair { PAIR_WRITE_IN, PAIR_WRITE_OUT, PAIR_OFFER, PAIR_BIND, PAIR_RING_INIT };

#define RING_INFO_MAX 96	/* struct hv_ring_buffer_info is 80 bytes or fewer */
#define RING_VEC_MAX 3

struct ring_scratch {
	struct cw_out out;
	struct {
		struct cw_rec_verdict verdict;
		union {
			struct cw_ev_ring_write write;
			struct cw_ev_ring_read read;
			struct cw_ev_device device;
			struct cw_ev_completion completion;
			struct cw_ev_mapping mapping;
		} ev;
	} sent;
	struct cw_chunk chunk;
	__u64 info[RING_INFO_MAX / 8];
	struct {
		__u64 base;
		__u64 len;
	} vec[RING_VEC_MAX];	/* struct kvec */
	__u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, RING_PROG_NR);
	__type(key, __u32);
	__type(value, struct ring_scratch);
} ring_scratches SEC(".maps");

/* struct hv_ring_buffer, shared with the host (hyperv.h): what is read of it at once. */
struct ring_indices {
	__u32 write;
	__u32 read;
};

/* struct vmpacket_descriptor, likewise. */
struct ring_packet {
	__u16 type;
	__u16 offset8;
	__u16 len8;
	__u16 flags;
};

/* NULL where the session is over. */
static __always_inline struct ring_scratch *ring_get(__u32 prog)
{
	struct ring_scratch *s = work_get(&ring_scratches, &prog);

	if (s)
		__builtin_memset(&s->out, 0, sizeof(s->out));
	return s;
}

/* An argument as a number: one loaded from the context is a pointer, with which the
 * verifier lets nobody calculate.
 */
static __always_inline __u64 ring_arg(void *ctx, __u32 nr)
{
	__u64 value = 0;

	bpf_get_func_arg(ctx, nr, &value);
	return value;
}

static __always_inline __u64 ring_ret(void *ctx)
{
	__u64 value = 0;

	bpf_get_func_ret(ctx, &value);
	return value;
}

/* Reads a struct hv_ring_buffer_info with one read; its fields are then RING_INFO(). */
static __always_inline int ring_info_read(struct ring_scratch *s, __u64 info)
{
	__u32 size = bpf_core_type_size(struct hv_ring_buffer_info___cw);

	if (size > sizeof(s->info))
		return -1;
	return bpf_probe_read_kernel(s->info, size, (void *)info);
}

#define RING_INFO(s, type, field) \
	(*(type *)((char *)(s)->info + \
		   bpf_core_field_offset(struct hv_ring_buffer_info___cw, field)))

/* The indices that the host can write, both with one read: nothing of it is read twice. */
static __always_inline int ring_indices_read(struct ring_indices *indices, __u64 ring)
{
	return bpf_probe_read_kernel(indices, sizeof(*indices), (void *)ring);
}

static __always_inline __u32 ring_relid(__u64 channel)
{
	struct vmbus_channel___cw *c = (void *)channel;
	__u32 relid = 0;

	bpf_core_read(&relid, sizeof(relid), &c->offermsg.child_relid);
	return relid;
}

static __always_inline __u8 ring_is_confidential(__u64 channel)
{
	struct vmbus_channel___cw *c = (void *)channel;
	__u8 confidential = 0;

	if (bpf_core_field_exists(c->co_ring_buffer))
		bpf_core_read(&confidential, 1, &c->co_ring_buffer);
	return confidential;
}

/* Whether anybody will read the record of a hot event. */
static __always_inline bool ring_is_wanted(const struct ring_scratch *s)
{
	return cfg_record_hot || out_reports(&s->out);
}

/* Sends the event in sent.ev and, where the engine found something, its verdict. */
static __always_inline void ring_send(void *ctx, struct ring_scratch *s, __u32 type, __u32 len)
{
	struct cw_rec_hdr *hdr = (void *)&s->sent.ev;

	hdr_fill(hdr, type, len);
	rec_send(type, hdr, len);
	if (out_reports(&s->out))
		verdict_send(ctx, type, &s->sent.verdict, hdr, &s->out, len);
}

#endif
