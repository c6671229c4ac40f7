// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The source "module", continued: rings (Z1, H1 to H4), their second mappings (S2), devices (H5),
 * completions (H6), packets that name frames (S6), bounce slots (S7), PCI config space (R2), the
 * SynIC's page (S1).  Arguments: cocovm(4), src/kmod/trace.h.
 */
#include "compat.bpf.h"

#define CW_SPACE CW_SPACE_EMULATED

#include "bounce.bpf.h"
#include "device.bpf.h"
#include "mapping.bpf.h"
#include "packet.bpf.h"
#include "ring_read.bpf.h"
#include "ring_write.bpf.h"

/* ---- packets that the guest writes ---- */

SEC("raw_tp/cocovm_ring_write_begin")
int on_ring_write_begin(struct bpf_raw_tracepoint_args *ctx)
{
	struct ring_scratch *s = ring_get(RING_WRITE_IN);
	struct write_slot *slot = write_slot_claim(ctx->args[0]);

	if (!s || !slot)
		return 0;
	slot->channel = ctx->args[3];
	slot->ring = ctx->args[1];
	__builtin_memset(&slot->ev, 0, sizeof(slot->ev));
	slot->ev.ring_bytes = ctx->args[2];
	write_indices_read(slot);
	write_vectors_read(s, &slot->ev, ctx->args[0], ctx->args[4]);
	write_slot_fill(slot, ctx->args[0]);
	return 0;
}

SEC("raw_tp/cocovm_ring_write_end")
int on_ring_write_end(struct bpf_raw_tracepoint_args *ctx)
{
	struct ring_scratch *s = ring_get(RING_WRITE_OUT);
	struct cw_ev_ring_write *ev;
	__u64 ring;

	if (!s)
		return 0;
	ev = &s->sent.ev.write;
	write_take(ctx->args[0], ev, &ring);
	write_result(ev, ring, ctx->args[5]);
	cw_step_ring_write(ev, &s->out);
	out_count(&s->out);
	if (!ring_is_wanted(s))
		return 0;
	ev->relid = ctx->args[3];
	bpf_get_current_comm(ev->comm, sizeof(ev->comm));
	ring_send(ctx, s, CW_EV_RING_WRITE, sizeof(*ev));
	return 0;
}

/* ---- packets that the host writes: begin and end on one CPU ---- */

SEC("raw_tp/cocovm_ring_read_begin")
int on_ring_read_begin(struct bpf_raw_tracepoint_args *ctx)
{
	struct read_slot *slot = read_slot_get(ctx->args[0]);

	if (!slot)
		return 0;
	cw_write_once(slot->channel, 0);
	slot->ring = ctx->args[1];
	slot->ring_bytes = ctx->args[2];
	slot->read_at = ctx->args[3];
	slot->buf = ctx->args[4];
	slot->buf_bytes = ctx->args[5];
	/* a buffer that comes and goes with each run may be another one at the same address */
	slot->walked = 0;
	read_entered(slot, ctx->args[0]);
	return 0;
}

SEC("raw_tp/cocovm_ring_read_end")
int on_ring_read_end(struct bpf_raw_tracepoint_args *ctx)
{
	struct ring_scratch *s = ring_get(RING_READ_OUT);
	struct read_slot *slot = read_slot_get(ctx->args[0]);
	struct read_ctx c = { .s = s };
	struct cw_ev_ring_read *ev;

	if (!s || !slot)
		return 0;
	ev = &s->sent.ev.read;
	__builtin_memset(ev, 0, sizeof(*ev));
	ev->space = CW_SPACE;
	read_take(slot, ctx->args[0], &c, ev);
	read_judge(slot, &c, ev, ctx->args[1]);
	if (!ring_is_wanted(s))
		return 0;
	ev->relid = ctx->args[2];
	ring_send(ctx, s, CW_EV_RING_READ, sizeof(*ev));
	return 0;
}

/* ---- what was validated, and what was used ---- */

struct other_scratch {
	struct cw_out out;
	struct cw_looker looker;
	struct {
		struct cw_rec_verdict verdict;
		union {
			struct cw_rec_hdr hdr;
			struct cw_ev_fetch fetch;
			struct cw_ev_device device;
			struct cw_ev_completion completion;
			struct cw_ev_mapping mapping;
			struct cw_ev_config config;
			struct cw_ev_handover handover;
		} ev;
	} sent;
};

enum other_user {
	OTHER_FETCH,
	OTHER_OFFERED,
	OTHER_BOUND,
	OTHER_COMPLETION,
	OTHER_MAPPING,
	OTHER_CONFIG,
	OTHER_SYNIC,
	OTHER_USERS,
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, OTHER_USERS);
	__type(key, __u32);
	__type(value, struct other_scratch);
} other_scratches SEC(".maps");

static __always_inline struct other_scratch *other_get(__u32 user)
{
	struct other_scratch *s = work_get(&other_scratches, &user);

	if (!s)
		return NULL;
	__builtin_memset(&s->out, 0, sizeof(s->out));
	__builtin_memset(&s->sent.ev, 0, sizeof(s->sent.ev));
	return s;
}

/* Counts, and sends what was found or is wanted. */
static __always_inline void other_send(void *ctx, struct other_scratch *s, __u32 type, __u32 len,
				       bool wanted)
{
	out_count(&s->out);
	if (!wanted && !out_reports(&s->out))
		return;
	hdr_fill(&s->sent.ev.hdr, type, len);
	rec_send(type, &s->sent.ev, len);
	if (out_reports(&s->out))
		verdict_send(ctx, type, &s->sent.verdict, &s->sent.ev.hdr, &s->out, len);
}

SEC("raw_tp/cocovm_value_used")
int on_value_used(struct bpf_raw_tracepoint_args *ctx)
{
	struct other_scratch *s = other_get(OTHER_FETCH);
	struct cw_ev_fetch *ev;

	if (!s)
		return 0;
	ev = &s->sent.ev.fetch;
	ev->relid = ctx->args[0];
	ev->what = ctx->args[1];
	ev->validated = ctx->args[2];
	ev->used = ctx->args[3];
	ev->space = CW_SPACE;
	bpf_get_current_comm(ev->comm, sizeof(ev->comm));
	cw_step_fetch(ev, &s->out);
	other_send(ctx, s, CW_EV_FETCH, sizeof(*ev), cfg_record_hot);
	return 0;
}

/* ---- devices ---- */

#define OFFER_TYPE	8	/* in struct vmbus_channel_offer_channel: GUIDs */
#define OFFER_INSTANCE	24

static __always_inline int device_see(void *ctx, __u32 user, __u8 what, __u64 offer, __u32 relid,
				      __u32 flags)
{
	struct other_scratch *s = other_get(user);
	struct cw_ev_device *ev;

	if (!s)
		return 0;
	ev = &s->sent.ev.device;
	ev->what = what;
	ev->space = CW_SPACE;
	ev->relid = relid;
	ev->chn_flags = flags;
	bpf_probe_read_kernel(ev->instance, 16, (void *)(offer + OFFER_INSTANCE));
	/* a type that cannot be read is in no table */
	if (!bpf_probe_read_kernel(ev->type, 16, (void *)(offer + OFFER_TYPE)))
		device_find_ours(ev);
	bpf_get_current_comm(ev->comm, sizeof(ev->comm));
	cw_step_device(ev, &s->out);
	other_send(ctx, s, CW_EV_DEVICE, sizeof(*ev), true);
	return 0;
}

SEC("raw_tp/cocovm_device_offered")
int on_device_offered(struct bpf_raw_tracepoint_args *ctx)
{
	return device_see(ctx, OTHER_OFFERED, CW_DEVICE_OFFERED, ctx->args[0], ctx->args[1],
			  ctx->args[2]);
}

SEC("raw_tp/cocovm_device_bound")
int on_device_bound(struct bpf_raw_tracepoint_args *ctx)
{
	return device_see(ctx, OTHER_BOUND, CW_DEVICE_BOUND, ctx->args[0], ctx->args[1],
			  ctx->args[2]);
}

/* ---- completions: whether the transaction was open is read in the channel's own list ---- */

static __always_inline __u8 completion_outcome(__u64 ids, __u32 nr_ids, __u64 id, __u64 request)
{
	__u64 word, nr = id - 1;

	if (!id || nr >= nr_ids)
		return request ? CW_COMPLETION_USED : CW_COMPLETION_UNKNOWN;
	if (cw_kread(&word, 8, ids + nr / 64 * 8))
		return 0;
	if (word >> (nr & 63) & 1)
		return CW_COMPLETION_KNOWN;
	return request ? CW_COMPLETION_USED : CW_COMPLETION_UNKNOWN;
}

SEC("raw_tp/cocovm_completion_seen")
int on_completion_seen(struct bpf_raw_tracepoint_args *ctx)
{
	struct other_scratch *s = other_get(OTHER_COMPLETION);
	struct cw_ev_completion *ev;

	if (!s)
		return 0;
	ev = &s->sent.ev.completion;
	ev->nr_ids = ctx->args[1];
	ev->id = ctx->args[2];
	ev->relid = ctx->args[4];
	ev->space = CW_SPACE;
	ev->outcome = completion_outcome(ctx->args[0], ctx->args[1], ctx->args[2], ctx->args[3]);
	cw_step_completion(ev, &s->out);
	other_send(ctx, s, CW_EV_COMPLETION, sizeof(*ev), cfg_record_hot);
	return 0;
}

/* ---- the second mapping of a ring ---- */

SEC("raw_tp/cocovm_ring_mapped")
int on_ring_mapped(struct bpf_raw_tracepoint_args *ctx)
{
	struct other_scratch *s = other_get(OTHER_MAPPING);
	struct cw_kern *kern = kern_get();
	struct cw_pte_fmt fmt = {};
	struct cw_ev_mapping *ev;

	if (!s)
		return 0;
	ev = &s->sent.ev.mapping;
	ev->vaddr = ctx->args[0];
	ev->nr_pages = ctx->args[1];
	ev->relid = ctx->args[2];
	ev->kind = ctx->args[3] ? CW_MAP_RING_IN : CW_MAP_RING_OUT;
	ev->space = CW_SPACE;
	ev->confidential = ctx->args[4];
	ev->nr_unwalked = mapping_walk(&ev->own, &s->looker.chunk, CW_EV_MAPPING,
				       ev->vaddr, ev->nr_pages);
	bpf_get_current_comm(ev->comm, sizeof(ev->comm));
	if (kern)
		fmt_fill(kern, &fmt);
	cw_step_mapping(&fmt, ev, &s->out);
	other_send(ctx, s, CW_EV_MAPPING, sizeof(*ev), true);
	return 0;
}

/* ---- the SynIC's page, where the guest supplies it: one frame, walked whatever its state ---- */

SEC("raw_tp/cocovm_synic_named")
int on_synic_named(struct bpf_raw_tracepoint_args *ctx)
{
	struct other_scratch *s = other_get(OTHER_SYNIC);
	struct cw_ev_handover *ev;
	struct cw_kern *kern;

	if (!s)
		return 0;
	ev = &s->sent.ev.handover;
	ev->gfn = ctx->args[0];
	ev->nr_named = 1;
	ev->kind = CW_HAND_SYNIC;
	ev->space = CW_SPACE;
	kern = look_begin(&s->looker, true);
	if (kern)
		cw_look_frame(kern, &s->looker, ev->gfn, 0);
	look_end(&s->looker, CW_EV_HANDOVER);
	__builtin_memcpy(&ev->look, &s->looker.look, sizeof(ev->look));
	bpf_get_current_comm(ev->comm, sizeof(ev->comm));
	cw_step_handover(ev, &s->out);
	other_send(ctx, s, CW_EV_HANDOVER, sizeof(*ev), true);
	return 0;
}

/* ---- packets that name frames, and bounce slots ---- */

SEC("raw_tp/cocovm_packet_named")
int on_packet_named(struct bpf_raw_tracepoint_args *ctx)
{
	/* a frame that was freed while it was shared is in use again, and still called shared */
	packet_see(ctx, 0, ctx->args[2], 0, ctx->args[0], ctx->args[1], true);
	return 0;
}

SEC("raw_tp/cocovm_bounce_mapped")
int on_bounce_mapped(struct bpf_raw_tracepoint_args *ctx)
{
	bounce_map(ctx, BOUNCE_MAP, ctx->args[0], ctx->args[1], ctx->args[2]);
	return 0;
}

SEC("raw_tp/cocovm_bounce_unmapped")
int on_bounce_unmapped(struct bpf_raw_tracepoint_args *ctx)
{
	bounce_unmap(ctx, BOUNCE_UNMAP, ctx->args[0], ctx->args[1], ctx->args[2]);
	return 0;
}

/* ---- config space: the hypercalls of an access are counted from its begin to its end ---- */

struct config_open {
	__u64 gpa;
	__u32 calls;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u64);
	__type(value, struct config_open);
} config_opens SEC(".maps");

SEC("raw_tp/cocovm_config_begin")
int on_config_begin(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 task = bpf_get_current_pid_tgid();
	struct config_open open = {};

	if (bpf_map_update_elem(&config_opens, &task, &open, BPF_ANY))
		loss_add_alone(CW_EV_CONFIG, CW_LOSS_TABLE);
	return 0;
}

/* A call counts with the address that its input has. */
static __always_inline int config_call(__u16 code, __u64 input)
{
	__u64 task = bpf_get_current_pid_tgid();
	struct config_open *open;

	if (code != CW_CALL_MMIO_READ && code != CW_CALL_MMIO_WRITE)
		return 0;
	open = bpf_map_lookup_elem(&config_opens, &task);
	if (open && !cw_kread(&open->gpa, 8, input))
		open->calls++;
	return 0;
}

SEC("raw_tp/cocovm_paravisor_call")
int on_config_call(struct bpf_raw_tracepoint_args *ctx)
{
	return config_call(ctx->args[0], ctx->args[1]);
}

SEC("raw_tp/cocovm_hypervisor_call")
int on_config_call_direct(struct bpf_raw_tracepoint_args *ctx)
{
	return config_call(ctx->args[0], ctx->args[1]);
}

SEC("raw_tp/cocovm_config_end")
int on_config_end(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 task = bpf_get_current_pid_tgid();
	struct config_open *open = bpf_map_lookup_elem(&config_opens, &task);
	struct other_scratch *s = other_get(OTHER_CONFIG);
	struct cw_ev_config *ev;

	if (!s)
		return 0;
	ev = &s->sent.ev.config;
	ev->slot = ctx->args[0];
	ev->where = ctx->args[1];
	ev->size = ctx->args[2];
	ev->write = ctx->args[3];
	ev->asked = ctx->args[4];
	ev->space = CW_SPACE;
	ev->calls = open ? open->calls : CW_NO_INDEX;
	ev->gpa = open ? open->gpa : 0;
	ev->by_calls = ev->calls != CW_NO_INDEX && ev->calls;
	bpf_map_delete_elem(&config_opens, &task);
	bpf_get_current_comm(ev->comm, sizeof(ev->comm));
	cw_step_config(ev, &s->out);
	other_send(ctx, s, CW_EV_CONFIG, sizeof(*ev), cfg_record_hot);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
