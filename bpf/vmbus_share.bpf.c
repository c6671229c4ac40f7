// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The source "stock", what hv_vmbus hands to the host: the GPA lists of packets (S6), and who
 * posts messages and for which channel.  The frames in messages are looked at on the
 * transport (stock_share.bpf.c), or here where no transport can be traced.  All
 * programs come as fentry/fexit and as kprobes, which do not hold the module.
 */
#include "compat.bpf.h"

#include <linux/ptrace.h>

#define CW_SPACE CW_SPACE_KERNEL

#include "kern_vmbus.h"
#include "message.bpf.h"
#include "nested.bpf.h"
#include "packet.bpf.h"

/* Hooks with a second program; of what only one kernel or another has, the same pair. */
enum vmbus_share_pair {
	PAIR_PACKET,
	PAIR_POST,
	PAIR_POST_ENTER,
	PAIR_POST_LEAVE,
	PAIR_SIGNAL_ENTER,
	PAIR_SIGNAL_LEAVE,
	PAIR_GPADL_ENTER,
	PAIR_GPADL_LEAVE,
	PAIR_OPEN_ENTER,
	PAIR_OPEN_LEAVE,
};

/* ---- channels ---- */

static __always_inline __u32 channel_relid(const struct vmbus_channel___cw *channel)
{
	return BPF_CORE_READ(channel, offermsg.child_relid);
}

/* Memory that the paravisor is the host of is rightly private (6.19 and later). */
static __always_inline bool channel_ring_is_confidential(const struct vmbus_channel___cw *channel)
{
	if (!bpf_core_field_exists(channel->co_ring_buffer))
		return false;
	return BPF_CORE_READ(channel, co_ring_buffer);
}

static __always_inline bool
channel_external_is_confidential(const struct vmbus_channel___cw *channel)
{
	if (!bpf_core_field_exists(channel->co_external_memory))
		return false;
	return BPF_CORE_READ(channel, co_external_memory);
}

/* ---- packets that name frames ---- */

static __always_inline void sendpacket(void *ctx, __u32 nested, struct vmbus_channel___cw *channel,
				       __u64 desc, __u32 desc_size)
{
	/* packets are many: a frame that the state calls shared is believed to be */
	packet_see(ctx, nested, channel_relid(channel), channel_external_is_confidential(channel),
		   desc, desc_size, false);
}

/* int vmbus_sendpacket_mpb_desc(struct vmbus_channel *channel, struct vmbus_packet_mpb_array *desc,
 *	u32 desc_size, void *buffer, u32 bufferlen, u64 requestid)
 */
static __always_inline void sendpacket_see(__u64 *ctx, __u32 nested)
{
	sendpacket(ctx, nested, (struct vmbus_channel___cw *)ctx[0], ctx[1], ctx[2]);
}
CW_PAIR("fentry/vmbus_sendpacket_mpb_desc", on_packet, PAIR_PACKET, CW_EV_HANDOVER, sendpacket_see)

SEC("kprobe/vmbus_sendpacket_mpb_desc")
int BPF_KPROBE(on_packet_k, void *channel, void *desc, __u32 desc_size)
{
	sendpacket(ctx, 0, channel, (__u64)desc, desc_size);
	return 0;
}

/* ---- messages ---- */

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);	/* the other is the second program's */
	__type(key, __u32);
	__type(value, struct cw_message);
} message_scratches SEC(".maps");

/* S1 where no transport can be traced: the message before it is copied. */
static __always_inline void post_judge(void *ctx, __u32 nested, __u64 payload, __u64 payload_size)
{
	__u32 n = payload_size;
	struct cw_message *m = work_get(&message_scratches, &nested);

	barrier_var(n);
	/* longer ones are refused */
	if (!m || payload_size > CW_POST_BYTES - CW_POST_PAYLOAD ||
	    n > CW_POST_BYTES - CW_POST_PAYLOAD)
		return;
	__builtin_memset(m->words, 0, sizeof(m->words));
	if (!n || bpf_probe_read_kernel((__u8 *)m->words + CW_POST_PAYLOAD, n, (void *)payload)) {
		loss_add(CW_EV_HANDOVER, CW_LOSS_UNWALKED, 1);
		return;
	}
	message_judge(ctx, m, CW_POST_PAYLOAD + n, vmbus_is_confidential());
}

/* int hv_post_message(union hv_connection_id connection_id, enum hv_message_type message_type,
 *	void *payload, size_t payload_size).  Kernels up to 6.12 refuse fentry on a function that
 *	takes a union; int vmbus_post_msg(void *buffer, size_t buflen, bool can_sleep) is its only
 *	caller, which tries again where the host is busy.
 */
static __always_inline void post_see(__u64 *ctx, __u32 nested)
{
	post_judge(ctx, nested, ctx[2], ctx[3]);
}
CW_PAIR("fentry/hv_post_message", on_post, PAIR_POST, CW_EV_HANDOVER, post_see)

static __always_inline void post_msg_see(__u64 *ctx, __u32 nested)
{
	post_judge(ctx, nested, ctx[0], ctx[1]);
}
CW_PAIR("fentry/vmbus_post_msg", on_post_msg, PAIR_POST, CW_EV_HANDOVER, post_msg_see)

SEC("kprobe/hv_post_message")
int BPF_KPROBE(on_post_k, __u64 connection, __u32 type, void *payload, __u64 payload_size)
{
	post_judge(ctx, 0, (__u64)payload, payload_size);
	return 0;
}

/* ---- a post or signal whose transport was not seen ---- */

struct unseen_scratch {
	struct cw_out out;
	struct cw_ev_hypercall call;
	struct cw_ev_handover hand;
};

/* Posts, then signals; of each the first program, then the second. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct unseen_scratch);
} unseen_scratches SEC(".maps");

static __always_inline void posting_enter(__u32 type)
{
	struct cw_posting fresh = { .depth = 1, .type = type }, *p;
	__u64 key = task_key();

	p = bpf_map_lookup_elem(&cw_postings, &key);
	if (!p) {
		if (bpf_map_update_elem(&cw_postings, &key, &fresh, BPF_NOEXIST))
			loss_add_alone(CW_EV_HYPERCALL, CW_LOSS_TABLE);
		return;
	}
	p->depth++;
	p->seen &= ~(1U << ((p->depth - 1) & 31));
	if (type)
		p->type = type;
}

/* True when the entry was seen, and the transport was not. */
static __always_inline bool posting_leave(__u32 *type)
{
	__u64 key = task_key();
	struct cw_posting *p = bpf_map_lookup_elem(&cw_postings, &key);
	bool unseen;

	if (!p || !p->depth)
		return false;
	unseen = !(p->seen & (1U << ((p->depth - 1) & 31)));
	*type = p->type;
	p->depth--;
	return unseen;
}

/* What the message named cannot be judged any more: the host knows it. */
static __always_inline void unseen_frames(struct unseen_scratch *s, __u32 type)
{
	if (type != CW_MSG_GPADL_HEADER && type != CW_MSG_GPADL_BODY && type != CW_MSG_CONTACT)
		return;
	__builtin_memset(&s->hand, 0, sizeof(s->hand));
	__builtin_memset(&s->out, 0, sizeof(s->out));
	s->hand.kind = type == CW_MSG_CONTACT ? CW_HAND_CONTACT : CW_HAND_GPADL;
	s->hand.space = CW_SPACE;
	cw_step_handover(&s->hand, &s->out);
	rule_count(CW_RULE_S1, &s->out);
	hdr_fill(&s->hand.hdr, CW_EV_HANDOVER, sizeof(s->hand));
	rec_send(CW_EV_HANDOVER, &s->hand, sizeof(s->hand));
}

static __always_inline void unseen(__u32 nested, __u16 code, __u32 type)
{
	bool signal = code == CW_CALL_SIGNAL_EVENT;
	__u32 nr = 2 * signal + nested;
	struct unseen_scratch *s = work_get(&unseen_scratches, &nr);

	if (!s)
		return;
	__builtin_memset(&s->call, 0, sizeof(s->call));
	__builtin_memset(&s->out, 0, sizeof(s->out));
	s->call.code = code;
	s->call.via = CW_VIA_UNSEEN;
	s->call.space = CW_SPACE;
	s->call.flags = cfg_paravisor ? CW_CALL_PARAVISOR : 0;
	if (vmbus_is_confidential())
		s->call.flags |= CW_CALL_CONFIDENTIAL;
	cw_step_hypercall(&s->call, &s->out);
	cw_call_count(&s->out);
	hdr_fill(&s->call.hdr, CW_EV_HYPERCALL, sizeof(s->call));
	rec_send(CW_EV_HYPERCALL, &s->call, sizeof(s->call));
	if (!signal)
		unseen_frames(s, type);
}

static __always_inline void post_enter(__u64 payload)
{
	__u32 type = 0;

	bpf_probe_read_kernel(&type, sizeof(type), (void *)payload);
	posting_enter(type);
}

#define REFUSED_SIZE (-90)	/* EMSGSIZE: nothing was posted */

static __always_inline void post_leave(__u32 nested, __s32 ret)
{
	__u32 type = 0;

	if (posting_leave(&type) && ret != REFUSED_SIZE)
		unseen(nested, CW_CALL_POST_MESSAGE, type);
}

static __always_inline void signal_leave(__u32 nested)
{
	__u32 type;

	if (posting_leave(&type))
		unseen(nested, CW_CALL_SIGNAL_EVENT, 0);
}

static __always_inline void post_enter_see(__u64 *ctx, __u32 nested)
{
	post_enter(ctx[2]);
}
CW_PAIR("fentry/hv_post_message", on_post_enter, PAIR_POST_ENTER, CW_EV_HYPERCALL, post_enter_see)

static __always_inline void post_leave_see(__u64 *ctx, __u32 nested)
{
	post_leave(nested, ctx[4]);
}
CW_PAIR("fexit/hv_post_message", on_post_leave, PAIR_POST_LEAVE, CW_EV_HYPERCALL, post_leave_see)

static __always_inline void post_msg_enter_see(__u64 *ctx, __u32 nested)
{
	post_enter(ctx[0]);
}
CW_PAIR("fentry/vmbus_post_msg", on_post_msg_enter, PAIR_POST_ENTER, CW_EV_HYPERCALL,
	post_msg_enter_see)

static __always_inline void post_msg_leave_see(__u64 *ctx, __u32 nested)
{
	post_leave(nested, ctx[3]);
}
CW_PAIR("fexit/vmbus_post_msg", on_post_msg_leave, PAIR_POST_LEAVE, CW_EV_HYPERCALL,
	post_msg_leave_see)

SEC("kprobe/hv_post_message")
int BPF_KPROBE(on_post_enter_k, __u64 connection, __u32 type, void *payload)
{
	post_enter((__u64)payload);
	return 0;
}

SEC("kretprobe/hv_post_message")
int BPF_KRETPROBE(on_post_leave_k, int ret)
{
	post_leave(0, ret);
	return 0;
}

/* void vmbus_set_event(struct vmbus_channel *channel) */
static __always_inline void signal_enter_see(__u64 *ctx, __u32 nested)
{
	posting_enter(0);
}
CW_PAIR("fentry/vmbus_set_event", on_signal_enter, PAIR_SIGNAL_ENTER, CW_EV_HYPERCALL,
	signal_enter_see)

static __always_inline void signal_leave_see(__u64 *ctx, __u32 nested)
{
	signal_leave(nested);
}
CW_PAIR("fexit/vmbus_set_event", on_signal_leave, PAIR_SIGNAL_LEAVE, CW_EV_HYPERCALL,
	signal_leave_see)

SEC("kprobe/vmbus_set_event")
int on_signal_enter_k(void *ctx)
{
	posting_enter(0);
	return 0;
}

SEC("kretprobe/vmbus_set_event")
int on_signal_leave_k(void *ctx)
{
	signal_leave(0);
	return 0;
}

/* ---- whose memory is handed over ---- */

static __always_inline void sharer_enter(bool confidential)
{
	__u64 key = task_key();
	__u32 mark = confidential;

	if (bpf_map_update_elem(&cw_sharers, &key, &mark, BPF_ANY))
		loss_add_alone(CW_EV_HANDOVER, CW_LOSS_TABLE);
}

static __always_inline void sharer_leave(void)
{
	__u64 key = task_key();

	bpf_map_delete_elem(&cw_sharers, &key);
}

/* int vmbus_establish_gpadl(struct vmbus_channel *channel, void *kbuffer, u32 size,
 *	struct vmbus_gpadl *gpadl): a buffer
 */
static __always_inline void gpadl_enter_see(__u64 *ctx, __u32 nested)
{
	sharer_enter(channel_external_is_confidential((struct vmbus_channel___cw *)ctx[0]));
}
CW_PAIR("fentry/vmbus_establish_gpadl", on_gpadl_enter, PAIR_GPADL_ENTER, CW_EV_HANDOVER,
	gpadl_enter_see)

static __always_inline void sharer_leave_see(__u64 *ctx, __u32 nested)
{
	sharer_leave();
}
CW_PAIR("fexit/vmbus_establish_gpadl", on_gpadl_leave, PAIR_GPADL_LEAVE, CW_EV_HANDOVER,
	sharer_leave_see)

SEC("kprobe/vmbus_establish_gpadl")
int BPF_KPROBE(on_gpadl_enter_k, void *channel)
{
	sharer_enter(channel_external_is_confidential(channel));
	return 0;
}

SEC("kretprobe/vmbus_establish_gpadl")
int on_gpadl_leave_k(void *ctx)
{
	sharer_leave();
	return 0;
}

/* int __vmbus_open(struct vmbus_channel *newchannel, ...): the ring */
static __always_inline void open_enter_see(__u64 *ctx, __u32 nested)
{
	sharer_enter(channel_ring_is_confidential((struct vmbus_channel___cw *)ctx[0]));
}
CW_PAIR("fentry/__vmbus_open", on_open_enter, PAIR_OPEN_ENTER, CW_EV_HANDOVER, open_enter_see)
CW_PAIR("fexit/__vmbus_open", on_open_leave, PAIR_OPEN_LEAVE, CW_EV_HANDOVER, sharer_leave_see)

SEC("kprobe/__vmbus_open")
int BPF_KPROBE(on_open_enter_k, void *channel)
{
	sharer_enter(channel_ring_is_confidential(channel));
	return 0;
}

SEC("kretprobe/__vmbus_open")
int on_open_leave_k(void *ctx)
{
	sharer_leave();
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
