/* SPDX-License-Identifier: GPL-2.0-only */
/* Stable tracepoints of cocovm, all of them; see cocovm(4).  Names, arguments and their order do
 * not change; what is new comes as a new tracepoint.
 *	transition_begin flushed prepared probed changed host_done finished end: one task, in order
 *	(flushed before prepared; each batch is a host_call and a host_answer before host_done)
 *	platform_state pool_range pages_withheld zeropad_read scenario_begin scenario_end
 * Addresses are arguments for raw tracepoint programs only: the entries leave them out.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM cocovm

#if !defined(COCOVM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define COCOVM_TRACE_H

#include <linux/tracepoint.h>
#include <linux/types.h>

TRACE_EVENT(cocovm_transition_begin,
	TP_PROTO(u64 vaddr, u64 gfn, u32 nr_pages, u32 to_shared, u32 window),
	TP_ARGS(vaddr, gfn, nr_pages, to_shared, window),
	TP_STRUCT__entry(
		__field(u64, gfn)
		__field(u32, nr_pages)
		__field(u32, to_shared)
		__field(u32, window)
	),
	TP_fast_assign(
		__entry->gfn = gfn;
		__entry->nr_pages = nr_pages;
		__entry->to_shared = to_shared;
		__entry->window = window;
	),
	TP_printk("gfn=0x%llx nr_pages=%u to_shared=%u window=%u", __entry->gfn,
		  __entry->nr_pages, __entry->to_shared, __entry->window)
);

DECLARE_EVENT_CLASS(cocovm_step,
	TP_PROTO(u64 vaddr, u32 nr_pages, u32 to_shared, int err),
	TP_ARGS(vaddr, nr_pages, to_shared, err),
	TP_STRUCT__entry(
		__field(u32, nr_pages)
		__field(u32, to_shared)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->nr_pages = nr_pages;
		__entry->to_shared = to_shared;
		__entry->err = err;
	),
	TP_printk("nr_pages=%u to_shared=%u err=%d", __entry->nr_pages, __entry->to_shared,
		  __entry->err)
);

DEFINE_EVENT(cocovm_step, cocovm_transition_prepared,
	TP_PROTO(u64 vaddr, u32 nr_pages, u32 to_shared, int err),
	TP_ARGS(vaddr, nr_pages, to_shared, err)
);

DEFINE_EVENT(cocovm_step, cocovm_transition_changed,
	TP_PROTO(u64 vaddr, u32 nr_pages, u32 to_shared, int err),
	TP_ARGS(vaddr, nr_pages, to_shared, err)
);

DEFINE_EVENT(cocovm_step, cocovm_transition_finished,
	TP_PROTO(u64 vaddr, u32 nr_pages, u32 to_shared, int err),
	TP_ARGS(vaddr, nr_pages, to_shared, err)
);

TRACE_EVENT(cocovm_transition_flushed,
	TP_PROTO(u64 vaddr, u32 nr_pages, u32 cpus_flushed, u32 cpus_online),
	TP_ARGS(vaddr, nr_pages, cpus_flushed, cpus_online),
	TP_STRUCT__entry(
		__field(u32, nr_pages)
		__field(u32, cpus_flushed)
		__field(u32, cpus_online)
	),
	TP_fast_assign(
		__entry->nr_pages = nr_pages;
		__entry->cpus_flushed = cpus_flushed;
		__entry->cpus_online = cpus_online;
	),
	TP_printk("nr_pages=%u cpus_flushed=%u cpus_online=%u", __entry->nr_pages,
		  __entry->cpus_flushed, __entry->cpus_online)
);

TRACE_EVENT(cocovm_transition_probed,
	TP_PROTO(u64 vaddr, u32 nr_pages, u32 cpus_probed, u32 cpus_stale),
	TP_ARGS(vaddr, nr_pages, cpus_probed, cpus_stale),
	TP_STRUCT__entry(
		__field(u32, nr_pages)
		__field(u32, cpus_probed)
		__field(u32, cpus_stale)
	),
	TP_fast_assign(
		__entry->nr_pages = nr_pages;
		__entry->cpus_probed = cpus_probed;
		__entry->cpus_stale = cpus_stale;
	),
	TP_printk("nr_pages=%u cpus_probed=%u cpus_stale=%u", __entry->nr_pages,
		  __entry->cpus_probed, __entry->cpus_stale)
);

/* input: kernel address of the hypercall input page, filled; the host has not acted yet */
TRACE_EVENT(cocovm_host_call,
	TP_PROTO(u64 vaddr, u64 input, u32 first, u32 count, u32 code),
	TP_ARGS(vaddr, input, first, count, code),
	TP_STRUCT__entry(
		__field(u32, first)
		__field(u32, count)
		__field(u32, code)
	),
	TP_fast_assign(
		__entry->first = first;
		__entry->count = count;
		__entry->code = code;
	),
	TP_printk("first=%u count=%u code=0x%x", __entry->first, __entry->count, __entry->code)
);

TRACE_EVENT(cocovm_host_answer,
	TP_PROTO(u64 vaddr, u32 first, u32 count, u32 reps, u32 status),
	TP_ARGS(vaddr, first, count, reps, status),
	TP_STRUCT__entry(
		__field(u32, first)
		__field(u32, count)
		__field(u32, reps)
		__field(u32, status)
	),
	TP_fast_assign(
		__entry->first = first;
		__entry->count = count;
		__entry->reps = reps;
		__entry->status = status;
	),
	TP_printk("first=%u count=%u reps=%u status=0x%x", __entry->first, __entry->count,
		  __entry->reps, __entry->status)
);

TRACE_EVENT(cocovm_transition_host_done,
	TP_PROTO(u64 vaddr, u32 nr_pages, u32 to_shared),
	TP_ARGS(vaddr, nr_pages, to_shared),
	TP_STRUCT__entry(
		__field(u32, nr_pages)
		__field(u32, to_shared)
	),
	TP_fast_assign(
		__entry->nr_pages = nr_pages;
		__entry->to_shared = to_shared;
	),
	TP_printk("nr_pages=%u to_shared=%u", __entry->nr_pages, __entry->to_shared)
);

TRACE_EVENT(cocovm_transition_end,
	TP_PROTO(u64 vaddr, u64 gfn, u32 nr_pages, u32 to_shared, int err),
	TP_ARGS(vaddr, gfn, nr_pages, to_shared, err),
	TP_STRUCT__entry(
		__field(u64, gfn)
		__field(u32, nr_pages)
		__field(u32, to_shared)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->gfn = gfn;
		__entry->nr_pages = nr_pages;
		__entry->to_shared = to_shared;
		__entry->err = err;
	),
	TP_printk("gfn=0x%llx nr_pages=%u to_shared=%u err=%d", __entry->gfn,
		  __entry->nr_pages, __entry->to_shared, __entry->err)
);

/* isolation, vendor, callbacks: enum cw_isolation, cw_vendor, cw_callbacks of event.h */
TRACE_EVENT(cocovm_platform_state,
	TP_PROTO(u32 isolation, u32 paravisor, u32 vendor, u32 callbacks, u64 boundary,
		 u64 cc_mask, u64 physical_mask, u64 sev_status, u64 pte_mask),
	TP_ARGS(isolation, paravisor, vendor, callbacks, boundary, cc_mask, physical_mask,
		sev_status, pte_mask),
	TP_STRUCT__entry(
		__field(u32, isolation)
		__field(u32, paravisor)
		__field(u32, vendor)
		__field(u32, callbacks)
		__field(u64, boundary)
		__field(u64, cc_mask)
		__field(u64, physical_mask)
		__field(u64, sev_status)
		__field(u64, pte_mask)
	),
	TP_fast_assign(
		__entry->isolation = isolation;
		__entry->paravisor = paravisor;
		__entry->vendor = vendor;
		__entry->callbacks = callbacks;
		__entry->boundary = boundary;
		__entry->cc_mask = cc_mask;
		__entry->physical_mask = physical_mask;
		__entry->sev_status = sev_status;
		__entry->pte_mask = pte_mask;
	),
	TP_printk("isolation=%u paravisor=%u vendor=%u callbacks=%u boundary=0x%llx cc_mask=0x%llx physical_mask=0x%llx sev_status=0x%llx pte_mask=0x%llx",
		  __entry->isolation, __entry->paravisor, __entry->vendor, __entry->callbacks,
		  __entry->boundary, __entry->cc_mask, __entry->physical_mask,
		  __entry->sev_status, __entry->pte_mask)
);

/* a mapped range outside any transition; emitted by the device command "announce" */
TRACE_EVENT(cocovm_pool_range,
	TP_PROTO(u64 vaddr, u64 gfn, u32 nr_pages),
	TP_ARGS(vaddr, gfn, nr_pages),
	TP_STRUCT__entry(
		__field(u64, gfn)
		__field(u32, nr_pages)
	),
	TP_fast_assign(
		__entry->gfn = gfn;
		__entry->nr_pages = nr_pages;
	),
	TP_printk("gfn=0x%llx nr_pages=%u", __entry->gfn, __entry->nr_pages)
);

TRACE_EVENT(cocovm_pages_withheld,
	TP_PROTO(u64 vaddr, u64 gfn, u32 nr_pages, int err),
	TP_ARGS(vaddr, gfn, nr_pages, err),
	TP_STRUCT__entry(
		__field(u64, gfn)
		__field(u32, nr_pages)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->gfn = gfn;
		__entry->nr_pages = nr_pages;
		__entry->err = err;
	),
	TP_printk("gfn=0x%llx nr_pages=%u err=%d", __entry->gfn, __entry->nr_pages, __entry->err)
);

TRACE_EVENT(cocovm_zeropad_read,
	TP_PROTO(u32 reads, u32 fixed),
	TP_ARGS(reads, fixed),
	TP_STRUCT__entry(
		__field(u32, reads)
		__field(u32, fixed)
	),
	TP_fast_assign(
		__entry->reads = reads;
		__entry->fixed = fixed;
	),
	TP_printk("reads=%u fixed=%u", __entry->reads, __entry->fixed)
);

TRACE_EVENT(cocovm_scenario_begin,
	TP_PROTO(u32 nr, u32 misbehave),
	TP_ARGS(nr, misbehave),
	TP_STRUCT__entry(
		__field(u32, nr)
		__field(u32, misbehave)
	),
	TP_fast_assign(
		__entry->nr = nr;
		__entry->misbehave = misbehave;
	),
	TP_printk("nr=%u misbehave=%u", __entry->nr, __entry->misbehave)
);

TRACE_EVENT(cocovm_scenario_end,
	TP_PROTO(u32 nr, u32 misbehave, int err),
	TP_ARGS(nr, misbehave, err),
	TP_STRUCT__entry(
		__field(u32, nr)
		__field(u32, misbehave)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->nr = nr;
		__entry->misbehave = misbehave;
		__entry->err = err;
	),
	TP_printk("nr=%u misbehave=%u err=%d", __entry->nr, __entry->misbehave, __entry->err)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
