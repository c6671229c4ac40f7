/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A stray load_unaligned_zeropad() that ran into a fault: which trap it was, and
 * whether the page was in transition.  The includer defines CW_SPACE.
 */
#ifndef CW_ZEROPAD_BPF_H
#define CW_ZEROPAD_BPF_H

#include "engine.bpf.h"
#include "pagewalk.bpf.h"

struct cw_zeropad_key {
	__u64 task;
};

struct cw_zeropad_seen {
	__u64 fault_addr;
	__u8 fixed;
	__u8 pad[7];
};

/* From the exit of ex_handler_zeropad to that of fixup_exception, which calls it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct cw_zeropad_key);
	__type(value, struct cw_zeropad_seen);
} cw_zeropads SEC(".maps");

/* bool ex_handler_zeropad(const struct exception_table_entry *, struct pt_regs *,
 *			   unsigned long fault_addr)
 */
SEC("fexit/ex_handler_zeropad")
int on_zeropad(__u64 *ctx)
{
	struct cw_zeropad_key key = { .task = bpf_get_current_pid_tgid() };
	struct cw_zeropad_seen seen = { .fault_addr = ctx[2], .fixed = (__u8)ctx[3] };

	if (bpf_map_update_elem(&cw_zeropads, &key, &seen, BPF_ANY))
		loss_add_alone(CW_EV_ZEROPAD, CW_LOSS_TABLE);
	return 0;
}

struct cw_zeropad_scratch {
	struct cw_chunk chunk;
	struct cw_out out;
	struct {
		struct cw_rec_verdict verdict;
		struct cw_ev_zeropad ev;
	} sent;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cw_zeropad_scratch);
} cw_zeropad_scratches SEC(".maps");

static __always_inline void zeropad_walk(struct cw_zeropad_scratch *s, struct cw_ev_zeropad *ev)
{
	struct cw_kern *kern = kern_get();
	struct cw_pte_fmt fmt;
	struct cw_store st = {};
	__u64 *word;

	if (!kern)
		return;
	fmt_fill(kern, &fmt);
	s->chunk.tag = 0;
	if (chunk_pte(kern, &fmt, &s->chunk, ev->fault_addr, &ev->pte))
		return;
	ev->have_pte = 1;
	if (cw_pte_is_none(ev->pte))
		return;
	ev->gfn = cw_pte_gfn(&fmt, ev->pte);
	word = cw_store_word(&st, ev->gfn);
	if (word)
		ev->state = cw_state_of(cw_read_once(*word), ev->gfn);
}

/* int fixup_exception(struct pt_regs *, int trapnr, unsigned long error_code,
 *		       unsigned long fault_addr)
 */
SEC("fexit/fixup_exception")
int on_fixup_exception(__u64 *ctx)
{
	struct cw_zeropad_key key = { .task = bpf_get_current_pid_tgid() };
	struct cw_zeropad_seen *seen = bpf_map_lookup_elem(&cw_zeropads, &key);
	struct cw_zeropad_scratch *s;
	struct cw_ev_zeropad *ev;
	__u32 zero = 0;

	if (!seen)
		return 0;
	s = work_get(&cw_zeropad_scratches, &zero);
	if (!s)
		return 0;
	ev = &s->sent.ev;
	__builtin_memset(ev, 0, sizeof(*ev));
	__builtin_memset(&s->out, 0, sizeof(s->out));
	ev->fault_addr = seen->fault_addr;
	ev->fixed = seen->fixed;
	ev->trapnr = ctx[1];
	ev->space = CW_SPACE;
	bpf_map_delete_elem(&cw_zeropads, &key);
	zeropad_walk(s, ev);
	if (ev->have_pte && ev->state != CW_PG_TRANSIT)
		return 0;
	hdr_fill(&ev->hdr, CW_EV_ZEROPAD, sizeof(*ev));
	cw_step_zeropad(ev, &s->out);
	out_count(&s->out);
	rec_send(CW_EV_ZEROPAD, ev, sizeof(*ev));
	if (out_reports(&s->out))
		verdict_send(ctx, CW_EV_ZEROPAD, &s->sent.verdict, &ev->hdr, &s->out, sizeof(*ev));
	return 0;
}

#endif
