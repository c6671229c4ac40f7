// SPDX-License-Identifier: GPL-2.0-only
/* The table of the fields of events.  A field that is appended to an event gets a row here, and is
 * in every format.
 */
#include "event_fields.h"

#include <string.h>

#include <cocowatch/event_owner.h>
#include <cocowatch/event_ring.h>
#include <cocowatch/event_share.h>

#include "names.h"

/* A field of EVENT, the structure whose table it stands in. */
#define AT(of) .member = #of, .offset = offsetof(EVENT, of), .size = sizeof(((EVENT *)0)->of)
#define ROW(key, kind_of, of, ctf, doc, ...) \
	{ .json.name = key, .json.text = doc, .json.kind = CW_SCHEMA_##kind_of, AT(of), \
	  .base = ctf, ##__VA_ARGS__ }

/* A number: in CTF it is one to the base 10, or 16. */
#define INT(of, doc, ...) ROW(#of, INT, of, 10, doc, ##__VA_ARGS__)
#define INT_16(of, doc) ROW(#of, INT, of, 16, doc)
#define SIGNED(of, doc, ...) ROW(#of, INT, of, 10, doc, .is_signed = true, ##__VA_ARGS__)
#define HEX(of, doc) ROW(#of, HEX, of, 16, doc)
#define WORD(of, names, doc) ROW(#of, TEXT, of, 10, doc, .word = names)
/* Of CTF only. */
#define CTF(of) { AT(of), .base = 10 }
#define CTF_16(of) { AT(of), .base = 16 }
/* Not of CTF. */
#define ADDRESS(of, doc) \
	ROW(#of, HEX, of, 0, doc ", with --include-addresses", .json.optional = true, \
	    .when = CW_WHEN_ASKED)

#define IF_BITS(of, mask) \
	.json.optional = true, .when = CW_WHEN_BITS, .when_at = offsetof(EVENT, of), \
	.when_bits = mask
#define IF_SET(of) IF_BITS(of, ~0U)
#define IF_INDEX(of) \
	.json.optional = true, .when = CW_WHEN_INDEX, .when_at = offsetof(EVENT, of)

/* Sizes are numbers: a structure that has grown since must not make old records malformed. */
#define SHAPE(name, bytes) \
	_Static_assert(sizeof(name) / sizeof(name[0]) <= CW_EVENT_FIELDS_MAX, #name); \
	_Static_assert(bytes <= sizeof(EVENT), #name); \
	const struct cw_event_shape cw_shape_##name = { \
		bytes, offsetof(EVENT, space), name, sizeof(name) / sizeof(name[0]) }

static const char *op_name(__u32 op)
{
	return op == CW_BOUNCE_MAP ? "map" : "unmap";
}

#define EVENT struct cw_ev_step
static const struct cw_event_field step[] = {
	ADDRESS(vaddr, "start of the range"),
	INT_16(gfn, "first frame of the range"),
	INT_16(gfn_min, "lowest frame of the range"),
	INT_16(gfn_max, "highest frame of the range"),
	INT(nr_pages, "pages of the range"),
	INT(nr_unwalked, "pages whose entries were not read"),
	SIGNED(ret, "what the step returned", IF_BITS(flags, CW_STEP_RET)),
	INT(to_shared, "1: to be shared, 0: to be private"),
	INT(depth, "transitions open in the task before this one"),
	ROW("before", OBJECT, before, 0, "states of the frames before the step",
	    .json.ref = "before"),
	CTF_16(flags), CTF(space),
	CTF(own.walked), CTF(own.failed), CTF(own.none), CTF(own.present), CTF(own.shared),
	CTF(alias.walked), CTF(alias.failed), CTF(alias.none), CTF(alias.present),
	CTF(alias.shared), CTF(alias.differ),
	CTF(told), CTF(told_differ), CTF(told_count), CTF(visibility),
	CTF_16(host_code), CTF(host_status), CTF(host_reps),
	CTF(cpus_flushed), CTF(cpus_online), CTF(cpus_probed), CTF(cpus_stale), CTF(overlaps),
};
SHAPE(step, 432);
#undef EVENT

#define EVENT struct cw_ev_free
static const struct cw_event_field page_free[] = {
	INT_16(gfn, "first frame freed"),
	INT(nr_pages, "frames freed at once"),
	INT_16(bad_gfn, "first frame that is not private"),
	INT(nr_bad, "frames that are not private"),
	WORD(state, cw_state_name, "its state"),
	CTF(space), CTF(have_pte), CTF(in_flight),
};
SHAPE(page_free, 72);
#undef EVENT

#define EVENT struct cw_ev_zeropad
static const struct cw_event_field zeropad[] = {
	INT_16(gfn, "frame that was read"),
	INT(trapnr, "exception vector"),
	INT(fixed, "1: it was fixed up"),
	WORD(state, cw_state_name, "state of the frame"),
	CTF(space),
};
SHAPE(zeropad, 64);
#undef EVENT

#define EVENT struct cw_ev_platform
static const struct cw_event_field platform[] = {
	HEX(cc_mask, "bit that the kernel takes for shared or encrypted"),
	HEX(physical_mask, "physical address bits of the kernel"),
	HEX(sev_status, "SEV_STATUS as the kernel keeps it"),
	HEX(boundary, "shared GPA boundary of the isolation leaf"),
	HEX(pte_mask, "bit of an entry that tells shared from private"),
	WORD(isolation, cw_isolation_name, "type of isolation in the leaf"),
	INT(paravisor, "1: there is one"),
	WORD(vendor, cw_vendor_name, "cc_vendor"),
	WORD(callbacks, cw_callbacks_name, "which callbacks are installed"),
	CTF(space),
};
SHAPE(platform, 112);
#undef EVENT

#define EVENT struct cw_ev_owner
static const struct cw_event_field owner[] = {
	INT_16(gfn, "first frame of the range"),
	INT(nr_pages, "frames of the range"),
	WORD(owner, cw_owner_name, "whose they are"),
	INT(relid, "channel", IF_SET(relid)),
	INT(owner_cpu, "CPU whose page it is", IF_INDEX(owner_cpu)),
	INT_16(flags, "CW_OWNER_* of event_share.h"),
	CTF(mode), CTF(space),
};
SHAPE(owner, 88);
#undef EVENT

#define EVENT struct cw_ev_handover
static const struct cw_event_field handover[] = {
	WORD(kind, cw_handover_name, "how the frames were named"),
	INT(relid, "channel"),
	INT(gpadl, "its handle"),
	INT_16(gfn, "first frame of the range"),
	INT(nr_named, "frames named"),
	ROW("looked", INT, look.looked, 10, "frames whose state was read"),
	ROW("shared", INT, look.shared, 10, "of them shared"),
	ROW("priv", INT, look.priv, 10, "of them private"),
	ROW("unknown", INT, look.unknown, 10, "of them unknown"),
	ROW("untold", INT, look.untold, 10, "frames of which no PTE told anything"),
	ROW("repaired", INT, look.repaired, 0, "states corrected by a walk"),
	INT(confidential, "1: the channel's memory may be private"),
	CTF(nr_ranges), CTF(space),
};
SHAPE(handover, 144);
#undef EVENT

#define EVENT struct cw_ev_hypercall
static const struct cw_event_field hypercall[] = {
	INT_16(code, "of the hypercall"),
	WORD(via, cw_via_name, "function that makes it"),
	INT(len_bytes, "bytes handed over"),
	INT(payload_bytes, "of them used"),
	INT(tail_set, "bytes beyond that are not zero"),
	INT(tail_first, "offset of the first", IF_SET(tail_set)),
	INT(reserved_set, "reserved bytes that are not zero"),
	INT(reserved_first, "offset of the first", IF_SET(reserved_set)),
	CTF_16(control), CTF_16(flags), CTF(read_bytes), CTF(reserved_bits), CTF(space),
};
SHAPE(hypercall, 96);
#undef EVENT

#define EVENT struct cw_ev_mapping
static const struct cw_event_field mapping[] = {
	ADDRESS(vaddr, "start of the mapping"),
	WORD(kind, cw_mapping_name, "what is mapped"),
	HEX(phys, "physical address"),
	INT(nr_pages, "pages of the mapping"),
	INT(nr_unwalked, "pages whose entries were not read"),
	INT(relid, "channel"),
	INT(confidential, "1: the channel's memory may be private"),
	CTF(space), CTF(own.walked), CTF(own.present), CTF(own.shared),
	{ AT(own.none), .base = 10, .rank = 1 },
};
SHAPE(mapping, 176);
#undef EVENT

#define EVENT struct cw_ev_bounce
static const struct cw_event_field bounce[] = {
	WORD(op, op_name, "map or unmap"),
	HEX(phys, "physical address of the slot"),
	INT(bytes, "size of the request"),
	INT(owner_bytes, "size that was mapped"),
	INT(age_ns, "since it was mapped"),
	CTF(space), CTF(open), CTF(gone), CTF(foreign),
};
SHAPE(bounce, 88);
#undef EVENT

#define EVENT struct cw_ev_config
static const struct cw_event_field config[] = {
	INT(slot, "PCI slot"),
	INT(where, "offset in config space"),
	INT(size, "bytes"),
	INT(write, "1: written"),
	INT(calls, "hypercalls seen meanwhile", IF_INDEX(calls)),
	INT(by_calls, "1: the driver means to use hypercalls"),
	CTF_16(gpa), CTF(asked), CTF(space),
};
SHAPE(config, 80);
#undef EVENT

#define EVENT struct cw_ev_ring_write
static const struct cw_event_field ring_write[] = {
	INT(relid, "channel"),
	INT(ring_bytes, "size of the ring"),
	SIGNED(ret, "what the write returned", IF_BITS(flags, CW_RING_RET)),
	INT(vec_bytes, "bytes given to be written"),
	INT(pkt_bytes, "length in the packet's header"),
	INT(pkt_offset, "offset of its data"),
	INT(pkt_type, "type in its header"),
	INT(pad_bytes, "bytes that pad it"),
	INT(pad_set, "of them not zero"),
	INT(write_before, "write index before"),
	INT(read_before, "read index before"),
	INT(write_after, "write index after"),
	INT(read_after, "read index after"),
	INT(confidential, "1: the ring may be private"),
	CTF_16(flags), CTF(nr_vec), CTF_16(pkt_flags), CTF(space),
};
SHAPE(ring_write, 120);
#undef EVENT

#define EVENT struct cw_ev_ring_read
static const struct cw_event_field ring_read[] = {
	INT(relid, "channel"),
	INT(ring_bytes, "size of the ring"),
	INT(read_at, "read index"),
	INT(write_before, "write index before"),
	INT(write_after, "write index after"),
	ROW("returned", BOOL, flags, 0, "a packet was returned", .bits = CW_RING_RETURNED),
	INT(pkt_bytes, "length of the packet"),
	INT(pkt_offset, "offset of its data"),
	INT(pkt_type, "type in its header"),
	INT(buf_bytes, "size of the packet buffer"),
	INT_16(gfn, "frame of the packet"),
	WORD(state, cw_state_name, "its state"),
	INT(confidential, "1: the ring may be private"),
	CTF_16(flags), CTF(buf_pages), CTF(pte_age), CTF(space), CTF(have_pte),
};
SHAPE(ring_read, 104);
#undef EVENT

#define EVENT struct cw_ev_device
static const struct cw_event_field device[] = {
	INT(relid, "channel"),
	ROW("guid_type", TEXT, type, 0, "type of the device"),
	ROW("guid_instance", TEXT, instance, 0, "this device"),
	INT_16(chn_flags, "flags of the offer"),
	INT(listed, "1: the kernel knows the type"),
	INT(allowed, "1: marked allowed_in_isolated"),
	CTF(what), CTF(table), CTF(space),
};
SHAPE(device, 96);
#undef EVENT

#define EVENT struct cw_ev_completion
static const struct cw_event_field completion[] = {
	INT(relid, "channel"),
	INT_16(id, "that the host completes"),
	INT(nr_ids, "ids that the channel has"),
	CTF(outcome), CTF(space),
};
SHAPE(completion, 56);
#undef EVENT

#define EVENT struct cw_ev_fetch
static const struct cw_event_field fetch[] = {
	INT(relid, "channel"),
	INT(what, "1: a length, 2: an offset, 3: an index of a ring"),
	INT(validated, "value when it was validated", .rank = 1),
	INT(used, "value when it was used", .rank = 1),
	{ AT(space), .base = 10, .rank = 2 },
};
SHAPE(fetch, 72);
#undef EVENT

#define EVENT struct cw_ev_interrupt
static const struct cw_event_field interrupt[] = {
	INT(vector, "that was taken"),
	INT(paravisor, "1: there is one"),
	CTF(space),
};
SHAPE(interrupt, 64);
#undef EVENT

/* ---- reading it ---- */

__u64 cw_event_field_value(const struct cw_event_field *f, const struct cw_rec_hdr *ev)
{
	unsigned int unused = f->size < 8 ? 64 - f->size * 8U : 0;
	__u64 value = 0;

	memcpy(&value, (const char *)ev + f->offset, f->size < 8 ? f->size : 8);
	if (f->is_signed)
		return (__u64)((__s64)(value << unused) >> unused);
	return value;
}

bool cw_event_field_is_told(const struct cw_event_field *f, const struct cw_rec_hdr *ev,
			    bool include_addresses)
{
	__u32 value;

	memcpy(&value, (const char *)ev + f->when_at, sizeof(value));
	switch (f->when) {
	case CW_WHEN_ALWAYS: return f->json.name;
	case CW_WHEN_ASKED: return include_addresses;
	case CW_WHEN_BITS: return value & f->when_bits;
	case CW_WHEN_INDEX: return value != CW_NO_INDEX;
	}
	return false;
}

const struct cw_event_field *cw_event_field_find(const struct cw_event_shape *shape,
						 const char *name)
{
	size_t i;

	for (i = 0; i < shape->nr; i++)
		if (shape->field[i].json.name && !strcmp(shape->field[i].json.name, name))
			return &shape->field[i];
	return NULL;
}

static bool is_before(const struct cw_event_field *a, const struct cw_event_field *b)
{
	return a->rank == b->rank ? a->offset < b->offset : a->rank < b->rank;
}

void cw_event_fields_ctf(const struct cw_event_shape *shape,
			 const struct cw_event_field *out[CW_EVENT_FIELDS_MAX + 1])
{
	const struct cw_event_field *f;
	size_t nr = 0, at;

	for (f = shape->field; f < shape->field + shape->nr; f++) {
		if (!f->base)
			continue;
		for (at = nr++; at && is_before(f, out[at - 1]); at--)
			out[at] = out[at - 1];
		out[at] = f;
	}
	out[nr] = NULL;
}
