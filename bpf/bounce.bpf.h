/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Slots of a bounce buffer (S7): what is remembered of each that is mapped, and the judgement.  The
 * includer defines CW_SPACE.
 */
#ifndef CW_BOUNCE_BPF_H
#define CW_BOUNCE_BPF_H

#include "engine.bpf.h"
#include <cocowatch/engine_share.h>

#define SLOTS_MAX 65536

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SLOTS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct cw_slot);
} slots SEC(".maps");

struct bounce_scratch {
	struct cw_out out;
	struct {
		struct cw_rec_verdict verdict;
		struct cw_ev_bounce ev;
	} sent;
};

enum bounce_user {
	BOUNCE_MAP,
	BOUNCE_MAP_NESTED,
	BOUNCE_UNMAP,
	BOUNCE_UNMAP_NESTED,
	BOUNCE_USERS,
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, BOUNCE_USERS);
	__type(key, __u32);
	__type(value, struct bounce_scratch);
} bounce_scratches SEC(".maps");

static __always_inline struct cw_ev_bounce *bounce_get(struct bounce_scratch *s, __u8 op,
						       __u64 phys, __u64 bytes)
{
	struct cw_ev_bounce *ev = &s->sent.ev;

	__builtin_memset(ev, 0, sizeof(*ev));
	__builtin_memset(&s->out, 0, sizeof(s->out));
	ev->phys = phys;
	ev->bytes = bytes;
	ev->op = op;
	ev->space = CW_SPACE;
	return ev;
}

static __always_inline void bounce_judge(void *ctx, struct bounce_scratch *s)
{
	struct cw_ev_bounce *ev = &s->sent.ev;

	cw_step_bounce(ev, &s->out);
	rule_count(CW_RULE_S7, &s->out);
	if (!cfg_record_hot && !out_reports(&s->out))
		return;
	hdr_fill(&ev->hdr, CW_EV_BOUNCE, sizeof(*ev));
	bpf_get_current_comm(ev->comm, sizeof(ev->comm));
	rec_send(CW_EV_BOUNCE, ev, sizeof(*ev));
	if (out_reports(&s->out))
		verdict_send(ctx, CW_EV_BOUNCE, &s->sent.verdict, &ev->hdr, &s->out, sizeof(*ev));
}

static __always_inline void bounce_map(void *ctx, __u32 user, __u64 dev, __u64 phys, __u64 bytes)
{
	struct cw_slot fresh = { .dev = dev, .ts_ns = bpf_ktime_get_ns() };
	struct bounce_scratch *s = work_get(&bounce_scratches, &user);
	struct cw_ev_bounce *ev;

	if (!s || phys == ~0ULL)	/* DMA_MAPPING_ERROR */
		return;
	ev = bounce_get(s, CW_BOUNCE_MAP, phys, bytes);
	cw_slot_map(bpf_map_lookup_elem(&slots, &phys), &fresh, ev);
	if (bpf_map_update_elem(&slots, &phys, &fresh, BPF_ANY))
		loss_add(CW_EV_BOUNCE, CW_LOSS_TABLE, 1);
	bounce_judge(ctx, s);
}

static __always_inline void bounce_unmap(void *ctx, __u32 user, __u64 dev, __u64 phys, __u64 bytes)
{
	struct bounce_scratch *s = work_get(&bounce_scratches, &user);
	struct cw_ev_bounce *ev;
	struct cw_slot *slot;

	if (!s)
		return;
	ev = bounce_get(s, CW_BOUNCE_UNMAP, phys, bytes);
	slot = bpf_map_lookup_elem(&slots, &phys);
	if (slot && cw_slot_unmap(slot, dev, bpf_ktime_get_ns(), ev))
		bpf_map_delete_elem(&slots, &phys);
	bounce_judge(ctx, s);
}

#endif
