// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Hooks inside hv_vmbus that see rings, devices and completions.  Everything that is read
 * of a ring or a message was written by the host: it is evidence, nothing here trusts it.
 */
#include "compat.bpf.h"

#define CW_SPACE CW_SPACE_KERNEL

#include "device.bpf.h"
#include "mapping.bpf.h"
#include "ring_hooks.bpf.h"
#include <cocowatch/engine_share.h>

const volatile __u64 cfg_sym_vmbus_devs;	/* the kernel's table of devices, 0: not known */

/* ---- devices (H5) ---- */

#define DEVS_MAX 32	/* vmbus_devs has 17 rows and ends with a GUID of zeros */

static __always_inline bool guid_equal(const __u8 *a, const __u8 *b)
{
	const __u64 *x = (const __u64 *)a, *y = (const __u64 *)b;

	return x[0] == y[0] && x[1] == y[1];
}

static __always_inline void device_find(struct ring_scratch *s, struct cw_ev_device *ev)
{
	__u32 size = bpf_core_type_size(struct vmbus_device___cw), i;
	struct vmbus_device___cw *row;

	if (!cfg_sym_vmbus_devs) {
		device_find_ours(ev);
		return;
	}
	for (i = 0; i < DEVS_MAX; i++) {
		row = (void *)(cfg_sym_vmbus_devs + i * size);
		if (bpf_core_read(s->info, 16, &row->guid))
			return;
		if (!s->info[0] && !s->info[1])
			break;
		if (!guid_equal((__u8 *)s->info, ev->type))
			continue;
		ev->listed = 1;
		bpf_core_read(&ev->allowed, 1, &row->allowed_in_isolated);
		break;
	}
	ev->table = CW_TABLE_KERNEL;
}

static __always_inline int device_see(void *ctx, __u32 prog, __u8 what, __u64 offermsg)
{
	struct vmbus_channel_offer_channel___cw *offer = (void *)offermsg;
	struct ring_scratch *s = ring_get(prog);
	struct cw_ev_device *ev;

	if (!s)
		return 0;
	ev = &s->sent.ev.device;
	__builtin_memset(ev, 0, sizeof(*ev));
	ev->what = what;
	ev->space = CW_SPACE;
	bpf_core_read(ev->instance, 16, &offer->offer.if_instance);
	bpf_core_read(&ev->chn_flags, 2, &offer->offer.chn_flags);
	bpf_core_read(&ev->relid, 4, &offer->child_relid);
	if (!bpf_core_read(ev->type, 16, &offer->offer.if_type))
		device_find(s, ev);
	bpf_get_current_comm(ev->comm, sizeof(ev->comm));
	cw_step_device(ev, &s->out);
	out_count(&s->out);
	ring_send(ctx, s, CW_EV_DEVICE, sizeof(*ev));
	return 0;
}

/* void vmbus_onoffer(struct vmbus_channel_message_header *): the message is a private copy */
static __always_inline void offer_see(__u64 *ctx, __u32 nested)
{
	device_see(ctx, RING_OFFER + nested, CW_DEVICE_OFFERED, ring_arg(ctx, 0));
}
CW_PAIR("fentry/vmbus_onoffer", on_offer, PAIR_OFFER, CW_EV_DEVICE, offer_see)

SEC("kprobe/vmbus_onoffer")
int on_offer_k(struct pt_regs *ctx)
{
	return device_see(ctx, RING_OFFER, CW_DEVICE_OFFERED, PT_REGS_PARM1(ctx));
}

/* int vmbus_probe(struct device *): a driver is about to get the device, whatever it then
 * makes of it
 */
static __always_inline int device_bind(void *ctx, __u32 nested, __u64 device)
{
	struct hv_device___cw *dev;
	__u64 channel = 0;

	dev = (void *)(device - bpf_core_field_offset(struct hv_device___cw, device));
	bpf_core_read(&channel, sizeof(channel), &dev->channel);
	channel += bpf_core_field_offset(struct vmbus_channel___cw, offermsg);
	return device_see(ctx, RING_BIND + nested, CW_DEVICE_BOUND, channel);
}

static __always_inline void bind_see(__u64 *ctx, __u32 nested)
{
	device_bind(ctx, nested, ring_arg(ctx, 0));
}
CW_PAIR("fentry/vmbus_probe", on_bind, PAIR_BIND, CW_EV_DEVICE, bind_see)

SEC("kprobe/vmbus_probe")
int on_bind_k(struct pt_regs *ctx)
{
	return device_bind(ctx, 0, PT_REGS_PARM1(ctx));
}

/* ---- completions (H6) ---- */

/* hyperv.h: what the look-up returns instead of an address, and what it is asked with when
 * the host gave the id; drivers also call it themselves, for an id that they give up.
 */
#define NO_REQUESTOR	(~0ULL)
#define REQUEST_ERROR	(~0ULL - 1)
#define ANY_ADDRESS	(~0ULL)

static __always_inline int completion_see(void *ctx, __u64 channel, __u64 id, __u64 ret)
{
	struct ring_scratch *s = ring_get(RING_COMPLETION);
	struct vmbus_channel___cw *c = (void *)channel;
	struct cw_ev_completion *ev;

	if (!s)
		return 0;
	ev = &s->sent.ev.completion;
	__builtin_memset(ev, 0, sizeof(*ev));
	ev->id = id;
	ev->space = CW_SPACE;
	ev->outcome = CW_COMPLETION_KNOWN;
	if (ret == REQUEST_ERROR)
		ev->outcome = CW_COMPLETION_UNKNOWN;
	else if (ret == NO_REQUESTOR)
		ev->outcome = CW_COMPLETION_UNTRACKED;
	cw_step_completion(ev, &s->out);
	out_count(&s->out);
	if (!ring_is_wanted(s))
		return 0;
	ev->relid = ring_relid(channel);
	bpf_core_read(&ev->nr_ids, sizeof(ev->nr_ids), &c->rqstor_size);
	ring_send(ctx, s, CW_EV_COMPLETION, sizeof(*ev));
	return 0;
}

/* u64 __vmbus_request_addr_match(struct vmbus_channel *, u64 trans_id, u64 rqst_addr), with
 * the channel's lock held; all other look-ups call it
 */
SEC("fexit/__vmbus_request_addr_match")
int on_completion(__u64 *ctx)
{
	if (ring_arg(ctx, 2) != ANY_ADDRESS)
		return 0;
	return completion_see(ctx, ring_arg(ctx, 0), ring_arg(ctx, 1), ring_ret(ctx));
}

/* The same by kprobes: what was asked on this CPU, which can't change meanwhile, since the lock
 * keeps interrupts off.
 */
struct completion_asked {
	__u64 sp;	/* of the call; 0: nothing asked */
	__u64 channel;
	__u64 id;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct completion_asked);
} ring_asked SEC(".maps");

SEC("kprobe/__vmbus_request_addr_match")
int on_completion_in_k(struct pt_regs *ctx)
{
	__u32 key = 0;
	struct completion_asked *asked = bpf_map_lookup_elem(&ring_asked, &key);

	if (!asked)
		return 0;
	asked->sp = PT_REGS_PARM3(ctx) == ANY_ADDRESS ? PT_REGS_SP(ctx) + 8 : 0;
	asked->channel = PT_REGS_PARM1(ctx);
	asked->id = PT_REGS_PARM2(ctx);
	return 0;
}

SEC("kretprobe/__vmbus_request_addr_match")
int on_completion_out_k(struct pt_regs *ctx)
{
	__u32 key = 0;
	struct completion_asked *asked = bpf_map_lookup_elem(&ring_asked, &key);

	if (!asked || asked->sp != PT_REGS_SP(ctx))
		return 0;
	asked->sp = 0;
	return completion_see(ctx, asked->channel, asked->id, PT_REGS_RC(ctx));
}

/* ---- the second mapping of a ring (S2) ---- */

static __always_inline void mapping_judge(void *ctx, struct ring_scratch *s)
{
	struct cw_ev_mapping *ev = &s->sent.ev.mapping;
	struct cw_kern *kern = kern_get();
	struct cw_pte_fmt fmt = {};

	if (kern)
		fmt_fill(kern, &fmt);
	cw_step_mapping(&fmt, ev, &s->out);
	out_count(&s->out);
	ring_send(ctx, s, CW_EV_MAPPING, sizeof(*ev));
}

static __always_inline int init_judge(void *ctx, __u32 nested, __u64 info, __u32 nr_pages,
				      bool inbound)
{
	struct ring_scratch *s = ring_get(RING_MAPPING + nested);
	struct cw_ev_mapping *ev;
	__u64 channel;

	if (!s)
		return 0;
	ev = &s->sent.ev.mapping;
	__builtin_memset(ev, 0, sizeof(*ev));
	if (inbound)
		channel = info - bpf_core_field_offset(struct vmbus_channel___cw, inbound);
	else
		channel = info - bpf_core_field_offset(struct vmbus_channel___cw, outbound);
	ev->kind = inbound ? CW_MAP_RING_IN : CW_MAP_RING_OUT;
	ev->space = CW_SPACE;
	ev->relid = ring_relid(channel);
	ev->confidential = ring_is_confidential(channel);
	/* the header page, and the others twice */
	ev->nr_pages = 2 * nr_pages - 1;
	bpf_get_current_comm(ev->comm, sizeof(ev->comm));
	if (ring_info_read(s, info)) {
		ev->nr_unwalked = ev->nr_pages;
	} else {
		ev->vaddr = RING_INFO(s, __u64, ring_buffer);
		ev->nr_unwalked = mapping_walk(&ev->own, &s->chunk, CW_EV_MAPPING, ev->vaddr,
					       ev->nr_pages);
	}
	mapping_judge(ctx, s);
	return 0;
}

/* int hv_ringbuffer_init(struct hv_ring_buffer_info *, struct page *pages, u32 page_cnt,
 *			  u32 max_pkt_size, ...)
 * Only the inbound ring has room for a packet.
 */
static __always_inline void init_see(__u64 *ctx, __u32 nested)
{
	if (!(__s32)ring_ret(ctx))
		init_judge(ctx, nested, ring_arg(ctx, 0), ring_arg(ctx, 2),
			   !!(__u32)ring_arg(ctx, 3));
}
CW_PAIR("fexit/hv_ringbuffer_init", on_ring_init, PAIR_RING_INIT, CW_EV_MAPPING, init_see)

/* The same by kprobes: what the task asked for; the call may sleep. */
struct ring_init {
	__u64 info;
	__u32 nr_pages;
	__u32 inbound;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u64);
	__type(value, struct ring_init);
} ring_inits SEC(".maps");

SEC("kprobe/hv_ringbuffer_init")
int on_ring_init_in_k(struct pt_regs *ctx)
{
	struct ring_init init = {
		.info = PT_REGS_PARM1(ctx),
		.nr_pages = PT_REGS_PARM3(ctx),
		.inbound = !!(__u32)PT_REGS_PARM4(ctx),
	};
	__u64 task = bpf_get_current_pid_tgid();

	if (bpf_map_update_elem(&ring_inits, &task, &init, BPF_ANY))
		loss_add_alone(CW_EV_MAPPING, CW_LOSS_TABLE);
	return 0;
}

SEC("kretprobe/hv_ringbuffer_init")
int on_ring_init_out_k(struct pt_regs *ctx)
{
	__u64 task = bpf_get_current_pid_tgid();
	struct ring_init *init = bpf_map_lookup_elem(&ring_inits, &task), copy;

	if (!init)
		return 0;
	copy = *init;
	bpf_map_delete_elem(&ring_inits, &task);
	if ((__s32)PT_REGS_RC(ctx))
		return 0;
	return init_judge(ctx, 0, copy.info, copy.nr_pages, copy.inbound);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
