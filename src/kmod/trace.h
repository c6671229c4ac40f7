/* SPDX-License-Identifier: GPL-2.0-only */
/* Stable tracepoints of cocovm, all of them; see cocovm(4).  Names, arguments and their order do
 * not change; what is new comes as a new tracepoint.
 *	transition_begin flushed prepared probed changed host_done finished end: one task, in order
 *	(flushed before prepared; each batch is a host_call and a host_answer before host_done)
 * Each event is a list of its arguments, in order.  Those that an entry keeps and shows by their
 * names say how; what a raw tracepoint program is to read is passed only.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM cocovm

#if !defined(COCOVM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define COCOVM_TRACE_H

#include <linux/kernel.h>
#include <linux/tracepoint.h>
#include <linux/types.h>

#ifndef COCOVM_EVENT
/* What an argument is:      what becomes of it, its type, the entry's, how it is shown, its name */
#define CW_TRACE_addr(name)	CW_PASSED, u64, u64, "", name	/* in the kernel */
#define CW_TRACE_mode(name)	CW_PASSED, u32, u32, "", name
#define CW_TRACE_hex(name)	CW_KEPT, u64, u64, "0x%llx", name
#define CW_TRACE_code(name)	CW_KEPT, u32, u32, "0x%x", name
#define CW_TRACE_num(name)	CW_KEPT, u32, u32, "%u", name
#define CW_TRACE_err(name)	CW_KEPT, int, int, "%d", name
#define CW_TRACE_wide(name)	CW_KEPT, u64, s64, "%lld", name	/* VMBus: all entries are s64 */
#define CW_TRACE_n(name)	CW_KEPT, u32, s64, "%lld", name
#define CW_TRACE_e(name)	CW_KEPT, int, s64, "%lld", name

/* What is made of it, in each part of a TRACE_EVENT; sep is empty after the last one. */
#define CW_KEPT(...)		__VA_ARGS__
#define CW_PASSED(...)
#define CW_AS_PROTO(sep, become, type, entry, fmt, name)	, type name
#define CW_AS_ARG(sep, become, type, entry, fmt, name)		, name
#define CW_AS_FIELD(sep, become, type, entry, fmt, name)	become(__field(entry, name))
#define CW_AS_ASSIGN(sep, become, type, entry, fmt, name)	become(__entry->name = name;)
#define CW_AS_FORMAT(sep, become, type, entry, fmt, name)	become(#name "=" fmt sep)
#define CW_AS_VALUE(sep, become, type, entry, fmt, name)	become(, __entry->name)

/* The same of each argument in a list of up to nine. */
#define CW_DO(op, ...)		op(__VA_ARGS__)
#define CW_EACH1(op, arg)	CW_DO(op, "", CW_TRACE_##arg)
#define CW_EACH2(op, arg, ...)	CW_DO(op, " ", CW_TRACE_##arg) CW_EACH1(op, __VA_ARGS__)
#define CW_EACH3(op, arg, ...)	CW_DO(op, " ", CW_TRACE_##arg) CW_EACH2(op, __VA_ARGS__)
#define CW_EACH4(op, arg, ...)	CW_DO(op, " ", CW_TRACE_##arg) CW_EACH3(op, __VA_ARGS__)
#define CW_EACH5(op, arg, ...)	CW_DO(op, " ", CW_TRACE_##arg) CW_EACH4(op, __VA_ARGS__)
#define CW_EACH6(op, arg, ...)	CW_DO(op, " ", CW_TRACE_##arg) CW_EACH5(op, __VA_ARGS__)
#define CW_EACH7(op, arg, ...)	CW_DO(op, " ", CW_TRACE_##arg) CW_EACH6(op, __VA_ARGS__)
#define CW_EACH8(op, arg, ...)	CW_DO(op, " ", CW_TRACE_##arg) CW_EACH7(op, __VA_ARGS__)
#define CW_EACH9(op, arg, ...)	CW_DO(op, " ", CW_TRACE_##arg) CW_EACH8(op, __VA_ARGS__)
#define CW_EACH(op, ...)	CONCATENATE(CW_EACH, COUNT_ARGS(__VA_ARGS__))(op, __VA_ARGS__)
#define CW_REST(first, ...)	__VA_ARGS__	/* of a list in which each has a comma before it */
#define CW_PRINTK(...)		TP_printk(__VA_ARGS__)

#define COCOVM_EVENT(name, ...) \
	TRACE_EVENT(name, \
		TP_PROTO(CW_DO(CW_REST, CW_EACH(CW_AS_PROTO, __VA_ARGS__))), \
		TP_ARGS(CW_DO(CW_REST, CW_EACH(CW_AS_ARG, __VA_ARGS__))), \
		TP_STRUCT__entry(CW_EACH(CW_AS_FIELD, __VA_ARGS__)), \
		TP_fast_assign(CW_EACH(CW_AS_ASSIGN, __VA_ARGS__)), \
		CW_PRINTK(CW_EACH(CW_AS_FORMAT, __VA_ARGS__) CW_EACH(CW_AS_VALUE, __VA_ARGS__)))
#endif

/* ---- transitions ---- */

COCOVM_EVENT(cocovm_transition_begin,
	     addr(vaddr), hex(gfn), num(nr_pages), num(to_shared), num(window));
COCOVM_EVENT(cocovm_transition_flushed,
	     addr(vaddr), num(nr_pages), num(cpus_flushed), num(cpus_online));
COCOVM_EVENT(cocovm_transition_prepared, addr(vaddr), num(nr_pages), num(to_shared), err(err));
COCOVM_EVENT(cocovm_transition_probed,
	     addr(vaddr), num(nr_pages), num(cpus_probed), num(cpus_stale));
COCOVM_EVENT(cocovm_transition_changed, addr(vaddr), num(nr_pages), num(to_shared), err(err));
/* input: the hypercall's input page, filled; the host has not acted yet */
COCOVM_EVENT(cocovm_host_call, addr(vaddr), addr(input), num(first), num(count), code(code));
COCOVM_EVENT(cocovm_host_answer, addr(vaddr), num(first), num(count), num(reps), code(status));
COCOVM_EVENT(cocovm_transition_host_done, addr(vaddr), num(nr_pages), num(to_shared));
COCOVM_EVENT(cocovm_transition_finished, addr(vaddr), num(nr_pages), num(to_shared), err(err));
COCOVM_EVENT(cocovm_transition_end,
	     addr(vaddr), hex(gfn), num(nr_pages), num(to_shared), err(err));

/* ---- the platform, the pool, scenarios ---- */

/* isolation, vendor, callbacks: enum cw_isolation, cw_vendor, cw_callbacks of event.h */
COCOVM_EVENT(cocovm_platform_state,
	     num(isolation), num(paravisor), num(vendor), num(callbacks), hex(boundary),
	     hex(cc_mask), hex(physical_mask), hex(sev_status), hex(pte_mask));
/* a mapped range outside any transition; emitted by the device command "announce" */
COCOVM_EVENT(cocovm_pool_range, addr(vaddr), hex(gfn), num(nr_pages));
COCOVM_EVENT(cocovm_pages_withheld, addr(vaddr), hex(gfn), num(nr_pages), err(err));
COCOVM_EVENT(cocovm_zeropad_read, num(reads), num(fixed));
COCOVM_EVENT(cocovm_scenario_begin, num(nr), num(misbehave));
COCOVM_EVENT(cocovm_scenario_end, num(nr), num(misbehave), err(err));

/* ---- hypercalls, pages that stay private, device memory, interrupts, hand-over ---- */

/* A hypercall has reached the paravisor, or the hypervisor.  input: all that it is given; via: enum
 * cw_via of event_share.h
 */
COCOVM_EVENT(cocovm_paravisor_call, hex(control), addr(input), num(bytes));
COCOVM_EVENT(cocovm_hypervisor_call,
	     hex(control), addr(input), num(bytes), num(via), num(paravisor));
/* pages that this mode keeps private, in use; kind: enum cw_mapping_kind of event_share.h */
COCOVM_EVENT(cocovm_page_kept, addr(vaddr), num(nr_pages), num(kind));
COCOVM_EVENT(cocovm_mmio_mapped, addr(vaddr), hex(gpa), num(nr_pages), num(paravisor));
/* an interrupt is about to be taken; enabled: the CPU's vectors, a bit each */
COCOVM_EVENT(cocovm_interrupt_delivered, addr(enabled), num(vector), num(paravisor));
/* memory of a kernel that hands over to the next one, at the moment of it */
COCOVM_EVENT(cocovm_kexec_range, addr(vaddr), hex(gfn), num(nr_pages));

/* ---- VMBus and its devices ---- */

/* the guest is about to name a SynIC page of its own to the host, by this MSR (TLFS) */
COCOVM_EVENT(cocovm_synic_named, hex(gfn), code(msr));
/* answer: type of the message that is waited for, 0: none */
COCOVM_EVENT(cocovm_message_posted, n(connection), n(type), n(bytes), n(answer));
COCOVM_EVENT(cocovm_message_taken, n(connection), n(type), n(bytes), n(taken));
COCOVM_EVENT(cocovm_version_asked, n(connection), n(major), n(minor), e(err));
COCOVM_EVENT(cocovm_gpadl_established, n(relid), n(gpadl), n(nr_pages), e(err));
COCOVM_EVENT(cocovm_gpadl_torndown, n(relid), n(gpadl), n(nr_pages), e(err));
COCOVM_EVENT(cocovm_channel_opened, n(relid), n(openid), n(nr_pages), e(err));
COCOVM_EVENT(cocovm_channel_closed, n(relid), n(openid), n(rescinded), e(err));
/* vaddr: the second mapping of a ring: its header, and the other pages twice */
COCOVM_EVENT(cocovm_ring_mapped,
	     addr(vaddr), n(nr_pages), n(relid), n(inbound), n(confidential));
/* vec: the vectors (struct kvec) of header, payload and padding; ring: its header */
COCOVM_EVENT(cocovm_ring_write_begin,
	     addr(vec), addr(ring), n(ring_bytes), n(relid), n(nr_vec), n(bytes));
COCOVM_EVENT(cocovm_ring_write_end,
	     addr(vec), addr(ring), n(ring_bytes), n(relid), n(nr_vec), e(err));
/* channel: any number that stands for it; at: the guest's own read index; copy: packet buffer */
COCOVM_EVENT(cocovm_ring_read_begin,
	     addr(channel), addr(ring), n(ring_bytes), n(at), addr(copy), n(copy_bytes), n(relid));
/* packet: what the driver gets, 0: nothing */
COCOVM_EVENT(cocovm_ring_read_end,
	     addr(channel), addr(packet), n(relid), n(found), n(at), n(bytes));
/* what: enum cw_fetch_what of event_ring.h */
COCOVM_EVENT(cocovm_value_used, n(relid), n(what), wide(validated), wide(used));
/* offer: the message, a private copy */
COCOVM_EVENT(cocovm_device_offered,
	     addr(offer), n(relid), n(flags), n(connection), n(sub_index));
COCOVM_EVENT(cocovm_device_bound,
	     addr(offer), n(relid), n(flags), n(connection), n(sub_index));
/* ids: bitmap of open transactions, bit 0 for id 1, before this one is closed; request: what the
 * driver goes on with, 0: nothing
 */
COCOVM_EVENT(cocovm_completion_seen,
	     addr(ids), n(nr_ids), wide(id), addr(request), n(relid), n(used));
/* packet: a head that names frames (struct vmbus_packet_mpb_array) */
COCOVM_EVENT(cocovm_packet_named,
	     addr(packet), n(bytes), n(relid), n(data_bytes), n(offset));
/* phys: of the slot, in guest memory; dev: any number that stands for the device */
COCOVM_EVENT(cocovm_bounce_mapped, addr(dev), wide(phys), wide(bytes), n(slot), n(nr_slots));
COCOVM_EVENT(cocovm_bounce_unmapped, addr(dev), wide(phys), wide(bytes), n(slot), n(nr_slots));
/* asked: enum cw_config_asked of event_ring.h */
COCOVM_EVENT(cocovm_config_begin, n(slot), n(where), n(size), n(write), mode(asked));
COCOVM_EVENT(cocovm_config_end, n(slot), n(where), n(size), n(write), mode(asked));

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
