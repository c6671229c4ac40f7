// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The source "module": probes on the tracepoints of cocovm.ko (arguments: cocovm(4),
 * src/kmod/trace.h) and on the kernel's own hooks that complete them.  Each
 * translates what it sees into an event and hands it to the engine.
 */
#include "compat.bpf.h"

#define CW_SPACE CW_SPACE_EMULATED

#include "free.bpf.h"
#include "step.bpf.h"
#include "zeropad.bpf.h"

SEC("raw_tp/cocovm_transition_begin")
int on_begin(struct bpf_raw_tracepoint_args *ctx)
{
	struct cw_scratch *s = step_get(CW_EV_BEGIN, ctx->args[0], ctx->args[2], ctx->args[3]);
	struct cw_store st = {};

	if (!s)
		return 0;
	if (ctx->args[4])
		s->ev.flags |= CW_STEP_WINDOW;
	if (cw_open_add(&st, &s->ev)) {
		loss_add(CW_EV_BEGIN, CW_LOSS_TABLE, 1);
		return 0;
	}
	step_walk(s, CW_EV_BEGIN, RANGE_BEGIN, 0, s->ev.nr_pages);
	begin_range(&s->ev);
	bpf_get_current_comm(s->ev.comm, sizeof(s->ev.comm));
	cw_step_begin(&s->ev, &s->out, 0);
	if (s->out.need & CW_NEED_OVERLAP) {
		overlap_find(&s->ev);
		__builtin_memset(&s->out, 0, sizeof(s->out));
		cw_step_begin(&s->ev, &s->out, 1);
	}
	step_send(ctx, CW_EV_BEGIN, s);
	return 0;
}

SEC("raw_tp/cocovm_transition_prepared")
int on_prepared(struct bpf_raw_tracepoint_args *ctx)
{
	struct cw_scratch *s = step_get(CW_EV_PREPARED, ctx->args[0], ctx->args[1], ctx->args[2]);

	if (!s)
		return 0;
	step_ret(s, ctx->args[3]);
	step_walk(s, CW_EV_PREPARED, RANGE_LOOK, 0, s->ev.nr_pages);
	step_inside(ctx, CW_EV_PREPARED, s);
	return 0;
}

SEC("raw_tp/cocovm_transition_flushed")
int on_flushed(struct bpf_raw_tracepoint_args *ctx)
{
	struct cw_scratch *s = step_get(CW_EV_FLUSHED, ctx->args[0], ctx->args[1], 0);

	if (!s)
		return 0;
	s->ev.cpus_flushed = ctx->args[2];
	s->ev.cpus_online = ctx->args[3];
	step_walk(s, CW_EV_FLUSHED, RANGE_LOOK, 0, s->ev.nr_pages);
	step_inside(ctx, CW_EV_FLUSHED, s);
	return 0;
}

SEC("raw_tp/cocovm_transition_probed")
int on_probed(struct bpf_raw_tracepoint_args *ctx)
{
	struct cw_scratch *s = step_get(CW_EV_PROBED, ctx->args[0], ctx->args[1], 0);

	if (!s)
		return 0;
	s->ev.cpus_probed = ctx->args[2];
	s->ev.cpus_stale = ctx->args[3];
	step_inside(ctx, CW_EV_PROBED, s);
	return 0;
}

SEC("raw_tp/cocovm_transition_changed")
int on_changed(struct bpf_raw_tracepoint_args *ctx)
{
	struct cw_scratch *s = step_get(CW_EV_CHANGED, ctx->args[0], ctx->args[1], ctx->args[2]);

	if (!s)
		return 0;
	step_ret(s, ctx->args[3]);
	step_inside(ctx, CW_EV_CHANGED, s);
	return 0;
}

/* Reads the visibility of the input page, and compares its list with the range, from where
 * the batch before it ended.
 */
static __always_inline void host_call_read(struct cw_scratch *s, __u64 input, __u32 first)
{
	struct range_ctx ctx = {
		.s = s,
		.vaddr = s->ev.vaddr,
		.told_list = input + CW_GPA_LIST_OFF,
		.type = CW_EV_HOST_CALL,
		.mode = RANGE_LOOK,
		.first = first,
	};
	__u32 visibility;

	/* struct hv_gpa_range_for_visibility, TLFS: partition u64, then visibility in two bits */
	if (bpf_probe_read_kernel(&visibility, sizeof(visibility), (void *)(input + 8)))
		return;
	s->ev.visibility = visibility & 3;
	range_walk(&ctx, s->ev.told_count);
	if (s->ev.told == s->ev.told_count)
		s->ev.flags |= CW_STEP_TOLD;
}

SEC("raw_tp/cocovm_host_call")
int on_host_call(struct bpf_raw_tracepoint_args *ctx)
{
	struct cw_scratch *s = step_get(CW_EV_HOST_CALL, ctx->args[0], 0, 0);
	struct cw_store st = {};
	struct cw_open *open;
	__u32 depth;

	if (!s)
		return 0;
	open = cw_open_find(&st, s->ev.hdr.task, &depth);
	if (!open) {
		stat_add(CW_STAT_UNPAIRED, 1);
		return 0;
	}
	s->ev.told_sum = open->told_sum;
	s->ev.told_count = ctx->args[3];
	s->ev.nr_pages = s->ev.told_count;
	s->ev.host_code = ctx->args[4];
	host_call_read(s, ctx->args[1], open->nr_told);
	step_inside(ctx, CW_EV_HOST_CALL, s);
	return 0;
}

SEC("raw_tp/cocovm_host_answer")
int on_host_answer(struct bpf_raw_tracepoint_args *ctx)
{
	struct cw_scratch *s = step_get(CW_EV_HOST_ANSWER, ctx->args[0], ctx->args[2], 0);

	if (!s)
		return 0;
	s->ev.told_count = ctx->args[2];
	s->ev.host_reps = ctx->args[3];
	s->ev.host_status = ctx->args[4];
	step_inside(ctx, CW_EV_HOST_ANSWER, s);
	return 0;
}

SEC("raw_tp/cocovm_transition_host_done")
int on_host_done(struct bpf_raw_tracepoint_args *ctx)
{
	struct cw_scratch *s = step_get(CW_EV_HOST_DONE, ctx->args[0], ctx->args[1], ctx->args[2]);

	if (!s)
		return 0;
	step_walk(s, CW_EV_HOST_DONE, RANGE_LOOK, 0, s->ev.nr_pages);
	step_inside(ctx, CW_EV_HOST_DONE, s);
	return 0;
}

SEC("raw_tp/cocovm_transition_finished")
int on_finished(struct bpf_raw_tracepoint_args *ctx)
{
	struct cw_scratch *s = step_get(CW_EV_FINISHED, ctx->args[0], ctx->args[1], ctx->args[2]);

	if (!s)
		return 0;
	step_ret(s, ctx->args[3]);
	step_inside(ctx, CW_EV_FINISHED, s);
	return 0;
}

SEC("raw_tp/cocovm_transition_end")
int on_end(struct bpf_raw_tracepoint_args *ctx)
{
	struct cw_scratch *s = step_get(CW_EV_END, ctx->args[0], ctx->args[2], ctx->args[3]);
	struct cw_store st = {};
	struct cw_open *open;
	__u32 depth;

	if (!s)
		return 0;
	step_ret(s, (__s32)ctx->args[4]);
	open = cw_open_find(&st, s->ev.hdr.task, &depth);
	s->ev.depth = depth;
	if (open) {
		/* judged by what was begun, not by what the end says of it */
		s->ev.vaddr = open->vaddr;
		s->ev.nr_pages = open->nr_pages;
		s->ev.to_shared = open->to_shared;
	}
	step_walk(s, CW_EV_END, RANGE_END, cw_end_kind(open, s->ev.ret), s->ev.nr_pages);
	if (!open) {
		if (depth)
			cw_open_drop(&st, s->ev.hdr.task, depth);
		stat_add(CW_STAT_UNPAIRED, 1);
		return 0;
	}
	cw_step_end(open, &s->ev, &s->out);
	cw_open_drop(&st, s->ev.hdr.task, depth);
	step_send(ctx, CW_EV_END, s);
	return 0;
}

/* A task that exits in the middle of a transition; user space judges it (T7). */
SEC("raw_tp/sched_process_exit")
int on_task_exit(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 task = bpf_get_current_pid_tgid();
	struct cw_store st = {};
	struct cw_scratch *s;
	struct cw_open *open;
	__u32 depth;
	int i;

	for (i = 0; i <= CW_DEPTH_MAX; i++) {
		open = cw_open_find(&st, task, &depth);
		if (!open && !depth)
			return 0;
		if (!open) {
			cw_open_drop(&st, task, CW_DEPTH_MAX);
			continue;
		}
		s = step_get(CW_EV_TASK_EXIT, open->vaddr, open->nr_pages, open->to_shared);
		if (!s)
			return 0;
		s->ev.depth = depth;
		s->ev.gfn = open->gfn_min;
		s->ev.gfn_min = open->gfn_min;
		s->ev.gfn_max = open->gfn_max;
		bpf_get_current_comm(s->ev.comm, sizeof(s->ev.comm));
		cw_open_drop(&st, task, depth);
		rec_send(CW_EV_TASK_EXIT, &s->ev, sizeof(s->ev));
	}
	return 0;
}

/* ---- pages outside transitions ---- */

SEC("raw_tp/cocovm_pool_range")
int on_seed(struct bpf_raw_tracepoint_args *ctx)
{
	struct cw_scratch *s = step_get(CW_EV_SEED, ctx->args[0], ctx->args[2], 0);

	if (!s)
		return 0;
	step_walk(s, CW_EV_SEED, RANGE_SEED, 0, s->ev.nr_pages);
	rec_send(CW_EV_SEED, &s->ev, sizeof(s->ev));
	return 0;
}

SEC("raw_tp/cocovm_pages_withheld")
int on_withheld(struct bpf_raw_tracepoint_args *ctx)
{
	struct cw_scratch *s = step_get(CW_EV_WITHHELD, ctx->args[0], ctx->args[2], 0);

	if (!s)
		return 0;
	step_ret(s, ctx->args[3]);
	step_walk(s, CW_EV_WITHHELD, RANGE_WITHHELD, 0, s->ev.nr_pages);
	rec_send(CW_EV_WITHHELD, &s->ev, sizeof(s->ev));
	return 0;
}

SEC("raw_tp/cocovm_platform_state")
int on_platform(struct bpf_raw_tracepoint_args *ctx)
{
	struct cw_ev_platform ev;

	__builtin_memset(&ev, 0, sizeof(ev));
	hdr_fill(&ev.hdr, CW_EV_PLATFORM, sizeof(ev));
	ev.isolation = ctx->args[0];
	ev.paravisor = ctx->args[1];
	ev.vendor = ctx->args[2];
	ev.callbacks = ctx->args[3];
	ev.boundary = ctx->args[4];
	ev.cc_mask = ctx->args[5];
	ev.physical_mask = ctx->args[6];
	ev.sev_status = ctx->args[7];
	ev.pte_mask = ctx->args[8];
	ev.space = CW_SPACE;
	bpf_get_current_comm(ev.comm, sizeof(ev.comm));
	rec_send(CW_EV_PLATFORM, &ev, sizeof(ev));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
