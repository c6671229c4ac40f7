/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* VMBus messages on their way to the host: the frames that they name (S1), and who posts
 * them.  Shared by the hooks on the transports and those inside hv_vmbus.  The
 * includer defines CW_SPACE.
 */
#ifndef CW_MESSAGE_BPF_H
#define CW_MESSAGE_BPF_H

#include "engine.bpf.h"
#include "look.bpf.h"

/* 1: there is a paravisor between this kernel and the hypervisor */
const volatile __u32 cfg_paravisor;
/* Address of hv_vmbus' bool is_confidential (7.x); 0: there is none */
const volatile __u64 cfg_sym_is_confidential;

/* Message types and layouts: include/linux/hyperv.h, the same on all kernels.  Offsets
 * below are from the start of the hypercall's input, whose payload begins at 16.
 */
#define CW_MSG_GPADL_HEADER	8
#define CW_MSG_GPADL_BODY	9
#define CW_MSG_CONTACT		14

#define CW_MSG_TYPE_OFF		(CW_POST_PAYLOAD + 0)
#define CW_MSG_RELID_OFF	(CW_POST_PAYLOAD + 8)	/* GPADL_HEADER; in BODY a number */
#define CW_MSG_GPADL_OFF	(CW_POST_PAYLOAD + 12)
#define CW_MSG_BUFLEN_OFF	(CW_POST_PAYLOAD + 16)	/* u16: the range with all its frames */
#define CW_MSG_HEADER_PFNS	(CW_POST_PAYLOAD + 28)
#define CW_MSG_BODY_PFNS	(CW_POST_PAYLOAD + 16)
#define CW_MSG_MONITORS_OFF	(CW_POST_PAYLOAD + 24)

#define CW_MSG_WORDS (CW_POST_BYTES / 8)

/* Counts the rules of a hypercall.  Global, so that it is verified once: the general way over all
 * rules costs the verifier of 7.x a hundred thousand instructions in each program.
 */
__noinline int cw_call_count(struct cw_out *out)
{
	if (!out)
		return 0;
	rule_count(CW_RULE_Z2, out);
	rule_count(CW_RULE_Z3, out);
	rule_count(CW_RULE_R1, out);
	return 0;
}

/* ---- who posts ---- */

/* Posts and signals under way, by task.  An entry stays for the next one, and the oldest makes
 * room: to delete it would cost each signal more than all the rest.
 */
struct cw_posting {
	__u32 depth;	/* nested in each other by interrupts */
	__u32 seen;	/* bit for each depth: its transport was seen */
	__u32 type;	/* of the message */
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct cw_posting);
} cw_postings SEC(".maps");

/* Tasks that hand over the memory of a channel: 1 where that is confidential. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, __u32);
} cw_sharers SEC(".maps");

/* Idle tasks have one id on all CPUs, but do not leave theirs. */
static __always_inline __u64 task_key(void)
{
	__u64 task = bpf_get_current_pid_tgid();

	return task ? task : 1ULL << 63 | bpf_get_smp_processor_id();
}

static __always_inline void posting_seen(void)
{
	__u64 key = task_key();
	struct cw_posting *p = bpf_map_lookup_elem(&cw_postings, &key);

	if (p && p->depth)
		p->seen |= 1U << ((p->depth - 1) & 31);
}

static __always_inline bool vmbus_is_confidential(void)
{
	__u8 is = 0;

	if (cfg_sym_is_confidential)
		bpf_probe_read_kernel(&is, sizeof(is), (void *)cfg_sym_is_confidential);
	return is != 0;
}

/* ---- the frames of one message ---- */

/* In the scratch of a program that posts; words holds the input, the rest is ours. */
struct cw_message {
	__u64 words[CW_MSG_WORDS];
	struct cw_looker looker;
	struct cw_out out;
	struct {
		struct cw_rec_verdict verdict;
		struct cw_ev_handover ev;
	} sent;
};

struct message_ctx {
	struct cw_message *m;
	struct cw_kern *kern;
	__u32 off;	/* of the first frame or address */
	__u32 address;	/* the list holds addresses, with the shared bit */
};

static long message_frame(__u64 nr, void *data)
{
	struct message_ctx *ctx = data;
	struct cw_message *m = ctx->m;
	__u32 off = ctx->off + nr * 8;
	__u64 gfn;

	/* also keeps the verifier's bound */
	if (off > CW_POST_BYTES - 8)
		return 1;
	gfn = *(__u64 *)((__u8 *)m->words + off);
	if (ctx->address)
		gfn = (gfn & m->looker.fmt.frame_mask) >> CW_PAGE_SHIFT;
	if (!nr)
		m->sent.ev.gfn = gfn;
	cw_look_frame(ctx->kern, &m->looker, gfn, nr);
	return 0;
}

/* Reads off the message what it names; false when it names nothing. */
static __always_inline bool message_parse(struct cw_message *m, __u32 payload_bytes,
					  struct message_ctx *ctx)
{
	struct cw_ev_handover *ev = &m->sent.ev;
	__u8 *bytes = (__u8 *)m->words;
	__u32 total;

	switch (*(__u32 *)(bytes + CW_MSG_TYPE_OFF)) {
	case CW_MSG_GPADL_HEADER:
		ev->kind = CW_HAND_GPADL;
		ev->relid = *(__u32 *)(bytes + CW_MSG_RELID_OFF);
		ctx->off = CW_MSG_HEADER_PFNS;
		break;
	case CW_MSG_GPADL_BODY:
		ev->kind = CW_HAND_GPADL_BODY;
		ctx->off = CW_MSG_BODY_PFNS;
		break;
	case CW_MSG_CONTACT:
		ev->kind = CW_HAND_CONTACT;
		ev->nr_named = 2;
		ctx->off = CW_MSG_MONITORS_OFF;
		ctx->address = 1;
		return true;
	default:
		return false;
	}
	ev->gpadl = *(__u32 *)(bytes + CW_MSG_GPADL_OFF);
	if (payload_bytes > ctx->off)
		ev->nr_named = (payload_bytes - ctx->off) / 8;
	if (ev->kind == CW_HAND_GPADL) {
		/* behind the frames there may be a tail that is not theirs */
		total = *(__u16 *)(bytes + CW_MSG_BUFLEN_OFF) / 8;
		if (total && ev->nr_named > total - 1)
			ev->nr_named = total - 1;
	}
	return true;
}

/* What the paravisor's own VMBus may keep private is known only to who saw the channel. */
static __always_inline bool message_is_judged(struct cw_ev_handover *ev, bool confidential)
{
	__u64 key = task_key();
	__u32 *mark;

	if (!confidential || ev->kind == CW_HAND_CONTACT)
		return true;
	mark = bpf_map_lookup_elem(&cw_sharers, &key);
	if (mark)
		ev->confidential = *mark;
	return mark != NULL;
}

static __always_inline void handover_send(void *ctx, struct cw_message *m)
{
	struct cw_ev_handover *ev = &m->sent.ev;

	hdr_fill(&ev->hdr, CW_EV_HANDOVER, sizeof(*ev));
	bpf_get_current_comm(ev->comm, sizeof(ev->comm));
	rec_send(CW_EV_HANDOVER, ev, sizeof(*ev));
	if (out_reports(&m->out))
		verdict_send(ctx, CW_EV_HANDOVER, &m->sent.verdict, &ev->hdr, &m->out, sizeof(*ev));
}

/* Judges the message in m->words, whose payload ends at payload_bytes. */
static __always_inline void message_judge(void *ctx, struct cw_message *m, __u32 payload_bytes,
					  bool confidential)
{
	struct message_ctx frames = { .m = m };
	struct cw_ev_handover *ev = &m->sent.ev;

	__builtin_memset(ev, 0, sizeof(*ev));
	__builtin_memset(&m->out, 0, sizeof(m->out));
	ev->space = CW_SPACE;
	if (!message_parse(m, payload_bytes, &frames))
		return;
	frames.kern = look_begin(&m->looker, true);
	if (frames.kern && message_is_judged(ev, confidential))
		bpf_loop(ev->nr_named, message_frame, &frames, 0);
	look_end(&m->looker, CW_EV_HANDOVER);
	__builtin_memcpy(&ev->look, &m->looker.look, sizeof(ev->look));
	cw_step_handover(ev, &m->out);
	rule_count(CW_RULE_S1, &m->out);
	handover_send(ctx, m);
}

#endif
