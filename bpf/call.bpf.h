/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inputs of hypercalls, whatever source shows them: what is read of them (Z2, Z3), the way that
 * they take (R1), and the page that they lie in (S5).  The includer defines CW_SPACE.
 */
#ifndef CW_CALL_BPF_H
#define CW_CALL_BPF_H

#include "mapping.bpf.h"
#include "message.bpf.h"

#define CALL_FAST	(1ULL << 16)	/* TLFS: the input is in registers */
#define CALL_SMALL	(8 * CW_RESERVED_WORDS)

struct call_scratch {
	struct cw_message m;	/* its words hold the input of any hypercall */
	struct cw_out out;
	struct cw_chunk chunk;
	struct {
		struct cw_rec_verdict verdict;
		struct cw_ev_hypercall ev;
	} call;
	struct {
		struct cw_rec_verdict verdict;
		struct cw_ev_mapping ev;
	} kept;
};

/* One for each transport, and one for its second program: see call_get(). */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2 * (CW_VIA_SNP + 1));
	__type(key, __u32);
	__type(value, struct call_scratch);
} call_scratches SEC(".maps");

struct tail_ctx {
	struct call_scratch *s;
};

static long tail_word(__u64 nr, void *data)
{
	struct call_scratch *s = ((struct tail_ctx *)data)->s;

	cw_tail_add(&s->call.ev, nr, s->m.words[nr & (CW_MSG_WORDS - 1)]);
	return 0;
}

/* Reads what is handed over, as far as it can matter. */
static __always_inline void call_read(struct call_scratch *s, __u64 from, __u32 len)
{
	__u32 n = len < CW_POST_BYTES ? len : CW_POST_BYTES;

	/* the verifier of 6.1 wants the bound on the very register that is the size */
	barrier_var(n);
	if (n > CW_POST_BYTES)
		return;
	__builtin_memset(s->m.words, 0, sizeof(s->m.words));
	if (n && !bpf_probe_read_kernel(s->m.words, n, (void *)from))
		s->call.ev.read_bytes = n;
}

static __always_inline void call_bytes(struct call_scratch *s)
{
	struct cw_ev_hypercall *ev = &s->call.ev;
	struct tail_ctx tail = { .s = s };
	__u32 i, payload;

	for (i = 0; i < CW_RESERVED_WORDS; i++)
		if (ev->read_bytes >= 8 * (i + 1))
			cw_reserved_add(ev, i, s->m.words[i]);
	if (ev->code != CW_CALL_POST_MESSAGE || ev->read_bytes < CW_POST_PAYLOAD)
		return;
	/* struct hv_input_post_message: the type at 8, the size of the payload at 12 */
	payload = s->m.words[1] >> 32;
	if (payload > CW_POST_BYTES - CW_POST_PAYLOAD)
		return;
	ev->payload_bytes = CW_POST_PAYLOAD + payload;
	bpf_loop(CW_MSG_WORDS, tail_word, &tail, 0);
}

/* The page that the input of this CPU's hypercalls is in: private under a paravisor. */
static __always_inline void call_kept(void *ctx, struct call_scratch *s, __u64 vaddr)
{
	struct cw_ev_mapping *ev = &s->kept.ev;
	struct cw_pte_fmt fmt;
	struct cw_kern *kern = kern_get();

	/* where PTEs do not tell there is nothing to look at */
	if (!kern || cfg_no_bit)
		return;
	fmt_fill(kern, &fmt);
	__builtin_memset(ev, 0, sizeof(*ev));
	__builtin_memset(&s->out, 0, sizeof(s->out));
	ev->vaddr = vaddr & ~(CW_PAGE_SIZE - 1);
	ev->nr_pages = 1;
	ev->kind = CW_MAP_HYPERCALL_IN;
	ev->space = CW_SPACE;
	ev->nr_unwalked = mapping_walk(&ev->own, &s->chunk, CW_EV_KEPT, vaddr, 1);
	cw_step_kept(&fmt, ev, &s->out);
	rule_count(CW_RULE_S5, &s->out);
	if (!cfg_record_hot && !out_reports(&s->out))
		return;
	hdr_fill(&ev->hdr, CW_EV_KEPT, sizeof(*ev));
	bpf_get_current_comm(ev->comm, sizeof(ev->comm));
	rec_send(CW_EV_KEPT, ev, sizeof(*ev));
	if (out_reports(&s->out))
		verdict_send(ctx, CW_EV_KEPT, &s->kept.verdict, &ev->hdr, &s->out, sizeof(*ev));
}

static __always_inline void call_judge(void *ctx, struct call_scratch *s)
{
	struct cw_ev_hypercall *ev = &s->call.ev;

	__builtin_memset(&s->out, 0, sizeof(s->out));
	cw_step_hypercall(ev, &s->out);
	cw_call_count(&s->out);
	if (!cfg_record_hot && !out_reports(&s->out))
		return;
	hdr_fill(&ev->hdr, CW_EV_HYPERCALL, sizeof(*ev));
	bpf_get_current_comm(ev->comm, sizeof(ev->comm));
	rec_send(CW_EV_HYPERCALL, ev, sizeof(*ev));
	if (out_reports(&s->out))
		verdict_send(ctx, CW_EV_HYPERCALL, &s->call.verdict, &ev->hdr, &s->out,
			     sizeof(*ev));
}

/* nested: in an interrupt of the same transport */
static __always_inline struct call_scratch *call_get(__u32 via, __u32 nested, __u64 control,
						     __u32 paravisor)
{
	__u32 key = 2 * via + nested;
	struct call_scratch *s = work_get(&call_scratches, &key);
	struct cw_ev_hypercall *ev;

	if (!s)
		return NULL;
	ev = &s->call.ev;
	__builtin_memset(ev, 0, sizeof(*ev));
	ev->control = control;
	ev->code = control;
	ev->via = via;
	ev->space = CW_SPACE;
	ev->tail_first = CW_NO_INDEX;
	ev->reserved_first = CW_NO_INDEX;
	if (paravisor)
		ev->flags |= CW_CALL_PARAVISOR;
	return s;
}

static __always_inline bool code_is_vmbus(__u16 code)
{
	return code == CW_CALL_POST_MESSAGE || code == CW_CALL_SIGNAL_EVENT;
}

#endif
