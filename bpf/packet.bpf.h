/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets that name frames for DMA (S6): each frame of their lists is looked at.  The includer
 * defines CW_SPACE.
 */
#ifndef CW_PACKET_BPF_H
#define CW_PACKET_BPF_H

#include "engine.bpf.h"
#include "look.bpf.h"

#define GPA_WORDS	32	/* of a list, read at a time */
#define GPA_WORDS_MAX	8192	/* of one packet: 32 MiB in single pages */

/* struct vmbus_packet_mpb_array, the same on all kernels: the packet's descriptor, then the number
 * of ranges at 20, then each range: length and offset, and a frame for each of its pages.
 */
#define MPB_COUNT_OFF	20
#define MPB_RANGES_OFF	24

struct packet_scratch {
	__u64 list[GPA_WORDS];
	__u64 left;		/* frames of the range at hand that are still to come */
	__u32 ranges;		/* that have begun */
	__u32 index;		/* of the next frame */
	__u32 words;		/* of the list, all of it */
	__u32 pad;
	struct cw_looker looker;
	struct cw_out out;
	struct {
		struct cw_rec_verdict verdict;
		struct cw_ev_handover ev;
	} sent;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct packet_scratch);
} packet_scratches SEC(".maps");

struct packet_ctx {
	struct packet_scratch *s;
	struct cw_kern *kern;
	__u64 list;	/* address of the first range */
};

/* Words from number nr on, as many as fit and are there. */
static __always_inline bool packet_read(struct packet_ctx *ctx, __u32 nr)
{
	__u32 bytes = (ctx->s->words - nr) * 8;

	if (bytes > sizeof(ctx->s->list))
		bytes = sizeof(ctx->s->list);
	/* the verifier of 6.1 wants the bound on the very register that is the size */
	barrier_var(bytes);
	if (!bytes || bytes > sizeof(ctx->s->list))
		return false;
	return !bpf_probe_read_kernel(ctx->s->list, bytes, (void *)(ctx->list + nr * 8ULL));
}

/* One word: the head of a range, or a frame of it. */
static long packet_word(__u64 nr, void *data)
{
	struct packet_ctx *ctx = data;
	struct packet_scratch *s = ctx->s;
	struct cw_ev_handover *ev = &s->sent.ev;
	__u32 at = nr & (GPA_WORDS - 1);
	__u64 word;

	if (!at && !packet_read(ctx, nr))
		return 1;
	word = s->list[at];
	if (!s->left) {
		if (s->ranges >= ev->nr_ranges)
			return 1;
		s->ranges++;
		s->left = ((__u32)word + (word >> 32) + CW_PAGE_SIZE - 1) >> CW_PAGE_SHIFT;
		ev->nr_named += s->left;
		return 0;
	}
	s->left--;
	if (!s->index)
		ev->gfn = word;
	cw_look_frame(ctx->kern, &s->looker, word, s->index++);
	return 0;
}

static __always_inline void packet_walk(struct packet_scratch *s, __u64 desc, __u32 desc_size,
					bool walks_all)
{
	struct packet_ctx ctx = { .s = s, .list = desc + MPB_RANGES_OFF };
	struct cw_ev_handover *ev = &s->sent.ev;

	ctx.kern = look_begin(&s->looker, walks_all);
	if (!ctx.kern || desc_size <= MPB_RANGES_OFF ||
	    bpf_probe_read_kernel(&ev->nr_ranges, 4, (void *)(desc + MPB_COUNT_OFF)))
		return;
	s->words = (desc_size - MPB_RANGES_OFF) / 8;
	if (s->words > GPA_WORDS_MAX) {
		loss_add(CW_EV_HANDOVER, CW_LOSS_UNWALKED, s->words - GPA_WORDS_MAX);
		s->words = GPA_WORDS_MAX;
	}
	bpf_loop(s->words, packet_word, &ctx, 0);
	/* ranges the list has no room for, or that were not read: a frame at least is missing */
	if (s->ranges < ev->nr_ranges)
		ev->nr_named++;
	look_end(&s->looker, CW_EV_HANDOVER);
	__builtin_memcpy(&ev->look, &s->looker.look, sizeof(ev->look));
}

static __always_inline void packet_send(void *ctx, struct packet_scratch *s)
{
	struct cw_ev_handover *ev = &s->sent.ev;

	if (!cfg_record_hot && !out_reports(&s->out))
		return;
	hdr_fill(&ev->hdr, CW_EV_HANDOVER, sizeof(*ev));
	bpf_get_current_comm(ev->comm, sizeof(ev->comm));
	rec_send(CW_EV_HANDOVER, ev, sizeof(*ev));
	if (out_reports(&s->out))
		verdict_send(ctx, CW_EV_HANDOVER, &s->sent.verdict, &ev->hdr, &s->out, sizeof(*ev));
}

/* A packet whose head is at desc.  confidential: its memory is rightly private; walks_all: also a
 * frame that its state calls shared is walked to.
 */
static __always_inline void packet_see(void *ctx, __u32 nested, __u32 relid, __u8 confidential,
				       __u64 desc, __u32 desc_size, bool walks_all)
{
	struct packet_scratch *s = work_get(&packet_scratches, &nested);
	struct cw_ev_handover *ev;

	if (!s)
		return;
	ev = &s->sent.ev;
	__builtin_memset(ev, 0, sizeof(*ev));
	__builtin_memset(&s->out, 0, sizeof(s->out));
	s->left = 0;
	s->ranges = 0;
	s->index = 0;
	ev->kind = CW_HAND_DMA;
	ev->space = CW_SPACE;
	ev->relid = relid;
	ev->confidential = confidential;
	if (!ev->confidential)
		packet_walk(s, desc, desc_size, walks_all);
	cw_step_handover(ev, &s->out);
	rule_count(CW_RULE_S6, &s->out);
	packet_send(ctx, s);
}

#endif
