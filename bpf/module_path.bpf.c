// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The source "module", continued: hypercalls by who receives them (R1, Z2, Z3, S1, S5), pages
 * that stay private (S5), device memory (S8), interrupts (R3) and the hand-over by kexec (T9).
 * Arguments: cocovm(4), src/kmod/trace.h.
 */
#include "compat.bpf.h"

#define CW_SPACE CW_SPACE_EMULATED

#include "call.bpf.h"

#define INPUT_MAX 4096

/* ---- hypercalls ---- */

/* Bytes of the input are read where they lie at the moment of the call. */
static __always_inline struct call_scratch *call_read_all(__u32 via, __u64 control, __u64 input,
							  __u32 bytes, __u32 paravisor)
{
	struct call_scratch *s = call_get(via, 0, control, paravisor);

	if (!s)
		return NULL;
	s->call.ev.len_bytes = bytes < INPUT_MAX ? bytes : INPUT_MAX;
	call_read(s, input, bytes);
	call_bytes(s);
	return s;
}

static __always_inline void call_see_all(void *ctx, struct call_scratch *s)
{
	call_judge(ctx, s);
	if (s->call.ev.code == CW_CALL_POST_MESSAGE)
		message_judge(ctx, &s->m, s->call.ev.payload_bytes, false);
}

/* Who traps to the paravisor hands over a page of its own, and that stays private. */
SEC("raw_tp/cocovm_paravisor_call")
int on_paravisor_call(struct bpf_raw_tracepoint_args *ctx)
{
	struct call_scratch *s = call_read_all(CW_VIA_STD, ctx->args[0], ctx->args[1],
					       ctx->args[2], 1);

	if (!s)
		return 0;
	call_see_all(ctx, s);
	call_kept(ctx, s, ctx->args[1]);
	return 0;
}

SEC("raw_tp/cocovm_hypervisor_call")
int on_hypervisor_call(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 via = ctx->args[3];
	struct call_scratch *s;

	if (via > CW_VIA_SNP)
		return 0;
	s = call_read_all(via, ctx->args[0], ctx->args[1], ctx->args[2], ctx->args[4]);
	if (s)
		call_see_all(ctx, s);
	return 0;
}

/* ---- mappings ---- */

#define IOAPIC_PAGE 0xfec00000ULL
#define VTPM_PAGE   0xfed40000ULL

struct path_scratch {
	struct cw_out out;
	struct cw_chunk chunk;
	struct {
		struct cw_rec_verdict verdict;
		struct cw_ev_mapping ev;
	} sent;
};

enum path_user { PATH_KEPT, PATH_MMIO, PATH_KEXEC, PATH_USERS };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PATH_USERS);
	__type(key, __u32);
	__type(value, struct path_scratch);
} path_scratches SEC(".maps");

/* Walks a mapping; NULL where nothing can be read. */
static __always_inline struct path_scratch *path_walk(__u32 user, __u32 type, __u32 kind,
						      __u64 vaddr, __u32 nr_pages)
{
	struct path_scratch *s = work_get(&path_scratches, &user);
	struct cw_ev_mapping *ev;

	if (!s)
		return NULL;
	ev = &s->sent.ev;
	__builtin_memset(ev, 0, sizeof(*ev));
	__builtin_memset(&s->out, 0, sizeof(s->out));
	ev->vaddr = vaddr;
	ev->nr_pages = nr_pages;
	ev->kind = kind;
	ev->space = CW_SPACE;
	ev->nr_unwalked = mapping_walk(&ev->own, &s->chunk, type, vaddr, nr_pages);
	return s;
}

static __always_inline void path_send(void *ctx, struct path_scratch *s, __u32 type, __u32 rule)
{
	struct cw_ev_mapping *ev = &s->sent.ev;

	rule_count(rule, &s->out);
	if (!cfg_record_hot && !out_reports(&s->out))
		return;
	hdr_fill(&ev->hdr, type, sizeof(*ev));
	bpf_get_current_comm(ev->comm, sizeof(ev->comm));
	rec_send(type, ev, sizeof(*ev));
	if (out_reports(&s->out))
		verdict_send(ctx, type, &s->sent.verdict, &ev->hdr, &s->out, sizeof(*ev));
}

static __always_inline void path_fmt(struct cw_pte_fmt *fmt)
{
	struct cw_kern *kern = kern_get();

	__builtin_memset(fmt, 0, sizeof(*fmt));
	if (kern)
		fmt_fill(kern, fmt);
}

SEC("raw_tp/cocovm_page_kept")
int on_page_kept(struct bpf_raw_tracepoint_args *ctx)
{
	struct path_scratch *s = path_walk(PATH_KEPT, CW_EV_KEPT, ctx->args[2], ctx->args[0],
					   ctx->args[1]);
	struct cw_pte_fmt fmt;

	if (!s)
		return 0;
	path_fmt(&fmt);
	cw_step_kept(&fmt, &s->sent.ev, &s->out);
	path_send(ctx, s, CW_EV_KEPT, CW_RULE_S5);
	return 0;
}

/* Without a paravisor it is the host that has the IO-APIC and the TPM. */
static __always_inline __u32 mmio_kind(__u64 gpa, __u32 paravisor)
{
	__u64 page = gpa & ~(CW_PAGE_SIZE - 1);

	if (paravisor && page == IOAPIC_PAGE)
		return CW_MAP_IOAPIC;
	if (paravisor && page == VTPM_PAGE)
		return CW_MAP_VTPM;
	return CW_MAP_DEVICE;
}

SEC("raw_tp/cocovm_mmio_mapped")
int on_mmio(struct bpf_raw_tracepoint_args *ctx)
{
	struct path_scratch *s = path_walk(PATH_MMIO, CW_EV_MAPPING,
					   mmio_kind(ctx->args[1], ctx->args[3]), ctx->args[0],
					   ctx->args[2]);
	struct cw_pte_fmt fmt;

	if (!s)
		return 0;
	s->sent.ev.phys = ctx->args[1];
	path_fmt(&fmt);
	cw_step_mapping(&fmt, &s->sent.ev, &s->out);
	path_send(ctx, s, CW_EV_MAPPING, CW_RULE_S8);
	return 0;
}

SEC("raw_tp/cocovm_kexec_range")
int on_kexec(struct bpf_raw_tracepoint_args *ctx)
{
	struct path_scratch *s = path_walk(PATH_KEXEC, CW_EV_KEPT, CW_MAP_KEXEC, ctx->args[0],
					   ctx->args[2]);
	struct cw_pte_fmt fmt;

	if (!s)
		return 0;
	path_fmt(&fmt);
	cw_step_kept(&fmt, &s->sent.ev, &s->out);
	path_send(ctx, s, CW_EV_KEPT, CW_RULE_T9);
	return 0;
}

/* ---- interrupts ---- */

struct interrupt_scratch {
	struct cw_out out;
	struct {
		struct cw_rec_verdict verdict;
		struct cw_ev_interrupt ev;
	} sent;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct interrupt_scratch);
} interrupt_scratches SEC(".maps");

SEC("raw_tp/cocovm_interrupt_delivered")
int on_interrupt(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 key = 0, vector = (__u32)ctx->args[1] & 255;
	struct interrupt_scratch *s = work_get(&interrupt_scratches, &key);
	struct cw_ev_interrupt *ev;

	if (!s)
		return 0;
	ev = &s->sent.ev;
	__builtin_memset(ev, 0, sizeof(*ev));
	__builtin_memset(&s->out, 0, sizeof(s->out));
	ev->vector = vector;
	ev->paravisor = !!ctx->args[2];
	ev->space = CW_SPACE;
	ev->have = !cw_kread(&ev->enabled, sizeof(ev->enabled), ctx->args[0] + vector / 64 * 8);
	cw_step_interrupt(ev, &s->out);
	rule_count(CW_RULE_R3, &s->out);
	if (!cfg_record_hot && !out_reports(&s->out))
		return 0;
	hdr_fill(&ev->hdr, CW_EV_INTERRUPT, sizeof(*ev));
	bpf_get_current_comm(ev->comm, sizeof(ev->comm));
	rec_send(CW_EV_INTERRUPT, ev, sizeof(*ev));
	if (out_reports(&s->out))
		verdict_send(ctx, CW_EV_INTERRUPT, &s->sent.verdict, &ev->hdr, &s->out,
			     sizeof(*ev));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
