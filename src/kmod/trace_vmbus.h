/* SPDX-License-Identifier: GPL-2.0-only */
/* Stable tracepoints of cocovm, the VMBus half; see cocovm(4) and trace.h, whose rules hold here.
 * Addresses, of what a raw tracepoint program is to read, are arguments and no fields.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM cocovm
#undef TRACE_SYSTEM_VAR
#define TRACE_SYSTEM_VAR cocovm_vmbus

#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace_vmbus

#if !defined(COCOVM_TRACE_VMBUS_H) || defined(TRACE_HEADER_MULTI_READ)
#define COCOVM_TRACE_VMBUS_H

#include <linux/tracepoint.h>
#include <linux/types.h>

#ifndef COCOVM_EVENT
/* An event whose entry holds four of its arguments, and shows them by their names. */
#define COCOVM_EVENT(name, proto, args, a, b, c, d) \
	TRACE_EVENT(name, PARAMS(proto), PARAMS(args), \
		TP_STRUCT__entry( \
			__field(s64, a) __field(s64, b) __field(s64, c) __field(s64, d) \
		), \
		TP_fast_assign( \
			__entry->a = a; __entry->b = b; __entry->c = c; __entry->d = d; \
		), \
		TP_printk(#a "=%lld " #b "=%lld " #c "=%lld " #d "=%lld", \
			  __entry->a, __entry->b, __entry->c, __entry->d))
#endif

/* answer: type of the message that is waited for, 0: none */
COCOVM_EVENT(cocovm_message_posted,
	TP_PROTO(u32 connection, u32 type, u32 bytes, u32 answer),
	TP_ARGS(connection, type, bytes, answer), connection, type, bytes, answer);

COCOVM_EVENT(cocovm_message_taken,
	TP_PROTO(u32 connection, u32 type, u32 bytes, u32 taken),
	TP_ARGS(connection, type, bytes, taken), connection, type, bytes, taken);

COCOVM_EVENT(cocovm_version_asked,
	TP_PROTO(u32 connection, u32 major, u32 minor, int err),
	TP_ARGS(connection, major, minor, err), connection, major, minor, err);

COCOVM_EVENT(cocovm_gpadl_established,
	TP_PROTO(u32 relid, u32 gpadl, u32 nr_pages, int err),
	TP_ARGS(relid, gpadl, nr_pages, err), relid, gpadl, nr_pages, err);

COCOVM_EVENT(cocovm_gpadl_torndown,
	TP_PROTO(u32 relid, u32 gpadl, u32 nr_pages, int err),
	TP_ARGS(relid, gpadl, nr_pages, err), relid, gpadl, nr_pages, err);

COCOVM_EVENT(cocovm_channel_opened,
	TP_PROTO(u32 relid, u32 openid, u32 nr_pages, int err),
	TP_ARGS(relid, openid, nr_pages, err), relid, openid, nr_pages, err);

COCOVM_EVENT(cocovm_channel_closed,
	TP_PROTO(u32 relid, u32 openid, u32 rescinded, int err),
	TP_ARGS(relid, openid, rescinded, err), relid, openid, rescinded, err);

/* vaddr: the second mapping of a ring: its header, and the other pages twice */
COCOVM_EVENT(cocovm_ring_mapped,
	TP_PROTO(u64 vaddr, u32 nr_pages, u32 relid, u32 inbound, u32 confidential),
	TP_ARGS(vaddr, nr_pages, relid, inbound, confidential),
	nr_pages, relid, inbound, confidential);

/* vec: the vectors (struct kvec) of header, payload and padding; ring: its header */
COCOVM_EVENT(cocovm_ring_write_begin,
	TP_PROTO(u64 vec, u64 ring, u32 ring_bytes, u32 relid, u32 nr_vec, u32 bytes),
	TP_ARGS(vec, ring, ring_bytes, relid, nr_vec, bytes), ring_bytes, relid, nr_vec, bytes);

COCOVM_EVENT(cocovm_ring_write_end,
	TP_PROTO(u64 vec, u64 ring, u32 ring_bytes, u32 relid, u32 nr_vec, int err),
	TP_ARGS(vec, ring, ring_bytes, relid, nr_vec, err), ring_bytes, relid, nr_vec, err);

/* channel: any number that stands for it; at: the guest's own read index; copy: packet buffer */
COCOVM_EVENT(cocovm_ring_read_begin,
	TP_PROTO(u64 channel, u64 ring, u32 ring_bytes, u32 at, u64 copy, u32 copy_bytes,
		 u32 relid),
	TP_ARGS(channel, ring, ring_bytes, at, copy, copy_bytes, relid),
	ring_bytes, at, copy_bytes, relid);

/* packet: what the driver gets, 0: nothing */
COCOVM_EVENT(cocovm_ring_read_end,
	TP_PROTO(u64 channel, u64 packet, u32 relid, u32 found, u32 at, u32 bytes),
	TP_ARGS(channel, packet, relid, found, at, bytes), relid, found, at, bytes);

/* what: enum cw_fetch_what of event_ring.h */
COCOVM_EVENT(cocovm_value_used,
	TP_PROTO(u32 relid, u32 what, u64 validated, u64 used),
	TP_ARGS(relid, what, validated, used), relid, what, validated, used);

/* offer: the message, a private copy */
COCOVM_EVENT(cocovm_device_offered,
	TP_PROTO(u64 offer, u32 relid, u32 flags, u32 connection, u32 sub_index),
	TP_ARGS(offer, relid, flags, connection, sub_index), relid, flags, connection, sub_index);

COCOVM_EVENT(cocovm_device_bound,
	TP_PROTO(u64 offer, u32 relid, u32 flags, u32 connection, u32 sub_index),
	TP_ARGS(offer, relid, flags, connection, sub_index), relid, flags, connection, sub_index);

/* ids: bitmap of open transactions, bit 0 for id 1, before this one is closed; request: what the
 * driver goes on with, 0: nothing
 */
COCOVM_EVENT(cocovm_completion_seen,
	TP_PROTO(u64 ids, u32 nr_ids, u64 id, u64 request, u32 relid, u32 used),
	TP_ARGS(ids, nr_ids, id, request, relid, used), nr_ids, id, relid, used);

/* packet: a head that names frames (struct vmbus_packet_mpb_array) */
COCOVM_EVENT(cocovm_packet_named,
	TP_PROTO(u64 packet, u32 bytes, u32 relid, u32 data_bytes, u32 offset),
	TP_ARGS(packet, bytes, relid, data_bytes, offset), bytes, relid, data_bytes, offset);

/* phys: of the slot, in guest memory; dev: any number that stands for the device */
COCOVM_EVENT(cocovm_bounce_mapped,
	TP_PROTO(u64 dev, u64 phys, u64 bytes, u32 slot, u32 nr_slots),
	TP_ARGS(dev, phys, bytes, slot, nr_slots), phys, bytes, slot, nr_slots);

COCOVM_EVENT(cocovm_bounce_unmapped,
	TP_PROTO(u64 dev, u64 phys, u64 bytes, u32 slot, u32 nr_slots),
	TP_ARGS(dev, phys, bytes, slot, nr_slots), phys, bytes, slot, nr_slots);

/* asked: enum cw_config_asked of event_ring.h */
COCOVM_EVENT(cocovm_config_begin,
	TP_PROTO(u32 slot, u32 where, u32 size, u32 write, u32 asked),
	TP_ARGS(slot, where, size, write, asked), slot, where, size, write);

COCOVM_EVENT(cocovm_config_end,
	TP_PROTO(u32 slot, u32 where, u32 size, u32 write, u32 asked),
	TP_ARGS(slot, where, size, write, asked), slot, where, size, write);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#include <trace/define_trace.h>
