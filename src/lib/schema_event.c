// SPDX-License-Identifier: GPL-2.0-only
/* The fields of events in NDJSON, in the order of json_event.c.  A test holds the two together. */
#include "schema_fields.h"

#include <stddef.h>

#include <cocowatch/event.h>

#define END { .name = NULL }

static const struct cw_schema_field step_fields[] = {
	CW_MAYBE("vaddr", HEX, "start of the range, with --include-addresses"),
	CW_FIELD("gfn", INT, "first frame of the range"),
	CW_FIELD("gfn_min", INT, "lowest frame of the range"),
	CW_FIELD("gfn_max", INT, "highest frame of the range"),
	CW_FIELD("nr_pages", INT, "pages of the range"),
	CW_FIELD("nr_unwalked", INT, "pages whose entries were not read"),
	CW_MAYBE("ret", INT, "what the step returned"),
	CW_FIELD("to_shared", INT, "1: to be shared, 0: to be private"),
	CW_FIELD("depth", INT, "transitions open in the task before this one"),
	CW_FIELD_REF("before", OBJECT, "before", "states of the frames before the step"),
	END,
};

static const struct cw_schema_field free_fields[] = {
	CW_FIELD("gfn", INT, "first frame freed"),
	CW_FIELD("nr_pages", INT, "frames freed at once"),
	CW_FIELD("bad_gfn", INT, "first frame that is not private"),
	CW_FIELD("nr_bad", INT, "frames that are not private"),
	CW_FIELD("state", TEXT, "its state"),
	END,
};

static const struct cw_schema_field zeropad_fields[] = {
	CW_FIELD("gfn", INT, "frame that was read"),
	CW_FIELD("trapnr", INT, "exception vector"),
	CW_FIELD("fixed", INT, "1: it was fixed up"),
	CW_FIELD("state", TEXT, "state of the frame"),
	END,
};

static const struct cw_schema_field platform_fields[] = {
	CW_FIELD("cc_mask", HEX, "bit that the kernel takes for shared or encrypted"),
	CW_FIELD("physical_mask", HEX, "physical address bits of the kernel"),
	CW_FIELD("sev_status", HEX, "SEV_STATUS as the kernel keeps it"),
	CW_FIELD("boundary", HEX, "shared GPA boundary of the isolation leaf"),
	CW_FIELD("pte_mask", HEX, "bit of an entry that tells shared from private"),
	CW_FIELD("isolation", TEXT, "type of isolation in the leaf"),
	CW_FIELD("paravisor", INT, "1: there is one"),
	CW_FIELD("vendor", TEXT, "cc_vendor"),
	CW_FIELD("callbacks", TEXT, "which callbacks are installed"),
	END,
};

static const struct cw_schema_field owner_fields[] = {
	CW_FIELD("gfn", INT, "first frame of the range"),
	CW_FIELD("nr_pages", INT, "frames of the range"),
	CW_FIELD("owner", TEXT, "whose they are"),
	CW_MAYBE("relid", INT, "channel"),
	CW_MAYBE("owner_cpu", INT, "CPU whose page it is"),
	CW_FIELD("flags", INT, "CW_OWNER_* of event_share.h"),
	END,
};

static const struct cw_schema_field handover_fields[] = {
	CW_FIELD("kind", TEXT, "how the frames were named"),
	CW_FIELD("relid", INT, "channel"),
	CW_FIELD("gpadl", INT, "its handle"),
	CW_FIELD("gfn", INT, "first frame that is not shared"),
	CW_FIELD("nr_named", INT, "frames named"),
	CW_FIELD("looked", INT, "frames whose state was read"),
	CW_FIELD("shared", INT, "of them shared"),
	CW_FIELD("priv", INT, "of them private"),
	CW_FIELD("unknown", INT, "of them unknown"),
	CW_FIELD("untold", INT, "frames beyond the budget"),
	CW_FIELD("repaired", INT, "states corrected by a walk"),
	CW_FIELD("confidential", INT, "1: the channel's memory may be private"),
	END,
};

static const struct cw_schema_field hypercall_fields[] = {
	CW_FIELD("code", INT, "of the hypercall"),
	CW_FIELD("via", TEXT, "function that makes it"),
	CW_FIELD("len_bytes", INT, "bytes handed over"),
	CW_FIELD("payload_bytes", INT, "of them used"),
	CW_FIELD("tail_set", INT, "bytes beyond that are not zero"),
	CW_MAYBE("tail_first", INT, "offset of the first"),
	CW_FIELD("reserved_set", INT, "reserved bytes that are not zero"),
	CW_MAYBE("reserved_first", INT, "offset of the first"),
	END,
};

static const struct cw_schema_field mapping_fields[] = {
	CW_MAYBE("vaddr", HEX, "start of the mapping, with --include-addresses"),
	CW_FIELD("kind", TEXT, "what is mapped"),
	CW_FIELD("phys", HEX, "physical address"),
	CW_FIELD("nr_pages", INT, "pages of the mapping"),
	CW_FIELD("nr_unwalked", INT, "pages whose entries were not read"),
	CW_FIELD("relid", INT, "channel"),
	CW_FIELD("confidential", INT, "1: the channel's memory may be private"),
	END,
};

static const struct cw_schema_field bounce_fields[] = {
	CW_FIELD("op", TEXT, "map or unmap"),
	CW_FIELD("phys", HEX, "physical address of the slot"),
	CW_FIELD("bytes", INT, "size of the request"),
	CW_FIELD("owner_bytes", INT, "size that was mapped"),
	CW_FIELD("age_ns", INT, "since it was mapped"),
	END,
};

static const struct cw_schema_field config_fields[] = {
	CW_FIELD("slot", INT, "PCI slot"),
	CW_FIELD("where", INT, "offset in config space"),
	CW_FIELD("size", INT, "bytes"),
	CW_FIELD("write", INT, "1: written"),
	CW_MAYBE("calls", INT, "hypercalls seen meanwhile"),
	CW_FIELD("by_calls", INT, "1: the host asks for hypercalls"),
	END,
};

static const struct cw_schema_field ring_write_fields[] = {
	CW_FIELD("relid", INT, "channel"),
	CW_FIELD("ring_bytes", INT, "size of the ring"),
	CW_MAYBE("ret", INT, "what the write returned"),
	CW_FIELD("vec_bytes", INT, "bytes given to be written"),
	CW_FIELD("pkt_bytes", INT, "length in the packet's header"),
	CW_FIELD("pkt_offset", INT, "offset of its data"),
	CW_FIELD("pkt_type", INT, "type in its header"),
	CW_FIELD("pad_bytes", INT, "bytes that pad it"),
	CW_FIELD("pad_set", INT, "of them not zero"),
	CW_FIELD("write_before", INT, "write index before"),
	CW_FIELD("read_before", INT, "read index before"),
	CW_FIELD("write_after", INT, "write index after"),
	CW_FIELD("read_after", INT, "read index after"),
	CW_FIELD("confidential", INT, "1: the ring may be private"),
	END,
};

static const struct cw_schema_field ring_read_fields[] = {
	CW_FIELD("relid", INT, "channel"),
	CW_FIELD("ring_bytes", INT, "size of the ring"),
	CW_FIELD("read_at", INT, "read index"),
	CW_FIELD("write_before", INT, "write index before"),
	CW_FIELD("write_after", INT, "write index after"),
	CW_FIELD("returned", BOOL, "a packet was returned"),
	CW_FIELD("pkt_bytes", INT, "length of the packet"),
	CW_FIELD("pkt_offset", INT, "offset of its data"),
	CW_FIELD("pkt_type", INT, "type in its header"),
	CW_FIELD("buf_bytes", INT, "size of the packet buffer"),
	CW_FIELD("gfn", INT, "frame of the packet"),
	CW_FIELD("state", TEXT, "its state"),
	CW_FIELD("confidential", INT, "1: the ring may be private"),
	END,
};

static const struct cw_schema_field device_fields[] = {
	CW_FIELD("relid", INT, "channel"),
	CW_FIELD("guid_type", TEXT, "type of the device"),
	CW_FIELD("guid_instance", TEXT, "this device"),
	CW_FIELD("chn_flags", INT, "flags of the offer"),
	CW_FIELD("listed", INT, "1: the kernel knows the type"),
	CW_FIELD("allowed", INT, "1: marked allowed_in_isolated"),
	END,
};

static const struct cw_schema_field completion_fields[] = {
	CW_FIELD("relid", INT, "channel"),
	CW_FIELD("id", INT, "that the host completes"),
	CW_FIELD("nr_ids", INT, "ids that the channel has"),
	END,
};

static const struct cw_schema_field fetch_fields[] = {
	CW_FIELD("relid", INT, "channel"),
	CW_FIELD("what", INT, "1: a length, 2: an offset, 3: an index of a ring"),
	CW_FIELD("validated", INT, "value when it was validated"),
	CW_FIELD("used", INT, "value when it was used"),
	END,
};

static const struct cw_schema_field interrupt_fields[] = {
	CW_FIELD("vector", INT, "that was taken"),
	CW_FIELD("paravisor", INT, "1: there is one"),
	END,
};

static const struct cw_schema_field *const by_event[CW_EV_NR] = {
	[CW_EV_BEGIN] = step_fields,
	[CW_EV_PREPARED] = step_fields,
	[CW_EV_FLUSHED] = step_fields,
	[CW_EV_PROBED] = step_fields,
	[CW_EV_CHANGED] = step_fields,
	[CW_EV_HOST_CALL] = step_fields,
	[CW_EV_HOST_ANSWER] = step_fields,
	[CW_EV_HOST_DONE] = step_fields,
	[CW_EV_FINISHED] = step_fields,
	[CW_EV_END] = step_fields,
	[CW_EV_TASK_EXIT] = step_fields,
	[CW_EV_PAGE_FREE] = free_fields,
	[CW_EV_ZEROPAD] = zeropad_fields,
	[CW_EV_PLATFORM] = platform_fields,
	[CW_EV_SEED] = step_fields,
	[CW_EV_WITHHELD] = step_fields,
	[CW_EV_OWNER] = owner_fields,
	[CW_EV_HANDOVER] = handover_fields,
	[CW_EV_HYPERCALL] = hypercall_fields,
	[CW_EV_MAPPING] = mapping_fields,
	[CW_EV_BOUNCE] = bounce_fields,
	[CW_EV_CONFIG] = config_fields,
	[CW_EV_KEPT] = mapping_fields,
	[CW_EV_RING_WRITE] = ring_write_fields,
	[CW_EV_RING_READ] = ring_read_fields,
	[CW_EV_DEVICE] = device_fields,
	[CW_EV_COMPLETION] = completion_fields,
	[CW_EV_FETCH] = fetch_fields,
	[CW_EV_INTERRUPT] = interrupt_fields,
};

const struct cw_schema_field *cw_schema_event_fields(__u32 type)
{
	return type < CW_EV_NR ? by_event[type] : NULL;
}
