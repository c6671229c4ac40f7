/* SPDX-License-Identifier: GPL-2.0-only */
/* Stable tracepoints of cocovm, continued: hypercalls by who receives them, pages that stay
 * private, device memory, interrupts and the hand-over by kexec.  The rules of trace.h hold here.
 *	paravisor_call hypervisor_call page_kept mmio_mapped interrupt_delivered kexec_range
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM cocovm
#undef TRACE_SYSTEM_VAR
#define TRACE_SYSTEM_VAR cocovm_path

#if !defined(COCOVM_TRACE_PATH_H) || defined(TRACE_HEADER_MULTI_READ)
#define COCOVM_TRACE_PATH_H

#include <linux/tracepoint.h>
#include <linux/types.h>

/* A hypercall has reached the paravisor.  input: kernel address of its input, whole */
TRACE_EVENT(cocovm_paravisor_call,
	TP_PROTO(u64 control, u64 input, u32 bytes),
	TP_ARGS(control, input, bytes),
	TP_STRUCT__entry(
		__field(u64, control)
		__field(u32, bytes)
	),
	TP_fast_assign(
		__entry->control = control;
		__entry->bytes = bytes;
	),
	TP_printk("control=0x%llx bytes=%u", __entry->control, __entry->bytes)
);

/* A hypercall has reached the hypervisor.  via: enum cw_via of event_share.h */
TRACE_EVENT(cocovm_hypervisor_call,
	TP_PROTO(u64 control, u64 input, u32 bytes, u32 via, u32 paravisor),
	TP_ARGS(control, input, bytes, via, paravisor),
	TP_STRUCT__entry(
		__field(u64, control)
		__field(u32, bytes)
		__field(u32, via)
		__field(u32, paravisor)
	),
	TP_fast_assign(
		__entry->control = control;
		__entry->bytes = bytes;
		__entry->via = via;
		__entry->paravisor = paravisor;
	),
	TP_printk("control=0x%llx bytes=%u via=%u paravisor=%u", __entry->control,
		  __entry->bytes, __entry->via, __entry->paravisor)
);

/* Pages that this mode keeps private, in use.  kind: enum cw_mapping_kind of event_share.h */
TRACE_EVENT(cocovm_page_kept,
	TP_PROTO(u64 vaddr, u32 nr_pages, u32 kind),
	TP_ARGS(vaddr, nr_pages, kind),
	TP_STRUCT__entry(
		__field(u32, nr_pages)
		__field(u32, kind)
	),
	TP_fast_assign(
		__entry->nr_pages = nr_pages;
		__entry->kind = kind;
	),
	TP_printk("nr_pages=%u kind=%u", __entry->nr_pages, __entry->kind)
);

/* Device memory was mapped. */
TRACE_EVENT(cocovm_mmio_mapped,
	TP_PROTO(u64 vaddr, u64 gpa, u32 nr_pages, u32 paravisor),
	TP_ARGS(vaddr, gpa, nr_pages, paravisor),
	TP_STRUCT__entry(
		__field(u64, gpa)
		__field(u32, nr_pages)
		__field(u32, paravisor)
	),
	TP_fast_assign(
		__entry->gpa = gpa;
		__entry->nr_pages = nr_pages;
		__entry->paravisor = paravisor;
	),
	TP_printk("gpa=0x%llx nr_pages=%u paravisor=%u", __entry->gpa, __entry->nr_pages,
		  __entry->paravisor)
);

/* An interrupt is about to be taken.  enabled: kernel address of the CPU's vectors, a bit each */
TRACE_EVENT(cocovm_interrupt_delivered,
	TP_PROTO(u64 enabled, u32 vector, u32 paravisor),
	TP_ARGS(enabled, vector, paravisor),
	TP_STRUCT__entry(
		__field(u32, vector)
		__field(u32, paravisor)
	),
	TP_fast_assign(
		__entry->vector = vector;
		__entry->paravisor = paravisor;
	),
	TP_printk("vector=%u paravisor=%u", __entry->vector, __entry->paravisor)
);

/* Memory of a kernel that hands over to the next one, at the moment of it. */
TRACE_EVENT(cocovm_kexec_range,
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

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace_path
#include <trace/define_trace.h>
