// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The source "module": probes on the tracepoints of cocovm.ko (arguments: cocovm(4),
 * src/kmod/trace.h) and on the kernel's own hooks that complete them.  Each
 * translates what it sees into an event and hands it to the engine.
 */
#include "compat.bpf.h"

#define CW_SPACE CW_SPACE_EMULATED
#define CW_PAIR_FREE 0

#include "exit.bpf.h"
#include "free.bpf.h"
#include "step.bpf.h"
#include "zeropad.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cw_stale_scratch);
} stale_scratches SEC(".maps");

SEC("raw_tp/cocovm_transition_begin")
int on_begin(struct bpf_raw_tracepoint_args *ctx)
{
	struct cw_scratch *s = step_get(CW_EV_BEGIN, ctx->args[0], ctx->args[2], ctx->args[3]);
	struct cw_stale_scratch *stale = NULL;
	__u32 key = 0;

	if (!s)
		return 0;
	if (ctx->args[4])
		s->ev.flags |= CW_STEP_WINDOW;
	if (cfg_stale && s->ev.to_shared)
		stale = bpf_map_lookup_elem(&stale_scratches, &key);
	if (stale && !stale_look(stale, s->ev.vaddr, s->ev.nr_pages))
		stale = NULL;
	step_begin(ctx, s, stale);
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
	step_inner(ctx, CW_EV_PREPARED, s);
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
	step_inner(ctx, CW_EV_FLUSHED, s);
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
	step_inner(ctx, CW_EV_PROBED, s);
	return 0;
}

SEC("raw_tp/cocovm_transition_changed")
int on_changed(struct bpf_raw_tracepoint_args *ctx)
{
	struct cw_scratch *s = step_get(CW_EV_CHANGED, ctx->args[0], ctx->args[1], ctx->args[2]);

	if (!s)
		return 0;
	step_ret(s, ctx->args[3]);
	step_inner(ctx, CW_EV_CHANGED, s);
	return 0;
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
	step_told(s, ctx->args[1], open->nr_told, s->ev.told_count);
	step_inner(ctx, CW_EV_HOST_CALL, s);
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
	step_inner(ctx, CW_EV_HOST_ANSWER, s);
	return 0;
}

SEC("raw_tp/cocovm_transition_host_done")
int on_host_done(struct bpf_raw_tracepoint_args *ctx)
{
	struct cw_scratch *s = step_get(CW_EV_HOST_DONE, ctx->args[0], ctx->args[1], ctx->args[2]);

	if (!s)
		return 0;
	step_walk(s, CW_EV_HOST_DONE, RANGE_LOOK, 0, s->ev.nr_pages);
	step_inner(ctx, CW_EV_HOST_DONE, s);
	return 0;
}

SEC("raw_tp/cocovm_transition_finished")
int on_finished(struct bpf_raw_tracepoint_args *ctx)
{
	struct cw_scratch *s = step_get(CW_EV_FINISHED, ctx->args[0], ctx->args[1], ctx->args[2]);

	if (!s)
		return 0;
	step_ret(s, ctx->args[3]);
	step_inner(ctx, CW_EV_FINISHED, s);
	return 0;
}

SEC("raw_tp/cocovm_transition_end")
int on_end(struct bpf_raw_tracepoint_args *ctx)
{
	struct cw_scratch *s = step_get(CW_EV_END, ctx->args[0], ctx->args[2], ctx->args[3]);

	if (!s)
		return 0;
	step_ret(s, (__s32)ctx->args[4]);
	step_end(ctx, s);
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

	if (session_is_over())
		return 0;
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
