// SPDX-License-Identifier: GPL-2.0-only
/* Events in JSON, with the field names of cocowatch/event*.h. */
#include "json.h"

#include <string.h>

#include <cocowatch/event_owner.h>
#include <cocowatch/event_ring.h>
#include <cocowatch/event_share.h>

#include "guid.h"
#include "names.h"

static void set_step(json_t *o, const struct cw_start *start, const struct cw_ev_step *ev)
{
	json_t *before = json_object();
	__u32 i;

	if (start->include_addresses)
		cw_json_hex(o, "vaddr", ev->vaddr);
	cw_json_u64(o, "gfn", ev->gfn);
	cw_json_u64(o, "gfn_min", ev->gfn_min);
	cw_json_u64(o, "gfn_max", ev->gfn_max);
	cw_json_u64(o, "nr_pages", ev->nr_pages);
	cw_json_u64(o, "nr_unwalked", ev->nr_unwalked);
	if (ev->flags & CW_STEP_RET)
		cw_json_u64(o, "ret", (__u64)(__s64)ev->ret);
	cw_json_u64(o, "to_shared", ev->to_shared);
	cw_json_u64(o, "depth", ev->depth);
	for (i = 0; i < 4; i++)
		cw_json_u64(before, cw_state_name(i), ev->before[i]);
	json_object_set_new(o, "before", before);
}

static void set_platform(json_t *o, const struct cw_ev_platform *ev)
{
	cw_json_hex(o, "cc_mask", ev->cc_mask);
	cw_json_hex(o, "physical_mask", ev->physical_mask);
	cw_json_hex(o, "sev_status", ev->sev_status);
	cw_json_hex(o, "boundary", ev->boundary);
	cw_json_hex(o, "pte_mask", ev->pte_mask);
	cw_json_text(o, "isolation", cw_isolation_name(ev->isolation));
	cw_json_u64(o, "paravisor", ev->paravisor);
	cw_json_text(o, "vendor", cw_vendor_name(ev->vendor));
	cw_json_text(o, "callbacks", cw_callbacks_name(ev->callbacks));
}

static __u32 set_ring_write(json_t *o, const struct cw_ev_ring_write *ev)
{
	cw_json_u64(o, "relid", ev->relid);
	cw_json_u64(o, "ring_bytes", ev->ring_bytes);
	if (ev->flags & CW_RING_RET)
		cw_json_u64(o, "ret", (__u64)(__s64)ev->ret);
	cw_json_u64(o, "vec_bytes", ev->vec_bytes);
	cw_json_u64(o, "pkt_bytes", ev->pkt_bytes);
	cw_json_u64(o, "pkt_offset", ev->pkt_offset);
	cw_json_u64(o, "pkt_type", ev->pkt_type);
	cw_json_u64(o, "pad_bytes", ev->pad_bytes);
	cw_json_u64(o, "pad_set", ev->pad_set);
	cw_json_u64(o, "write_before", ev->write_before);
	cw_json_u64(o, "read_before", ev->read_before);
	cw_json_u64(o, "write_after", ev->write_after);
	cw_json_u64(o, "read_after", ev->read_after);
	cw_json_u64(o, "confidential", ev->confidential);
	return ev->space;
}

static __u32 set_ring_read(json_t *o, const struct cw_ev_ring_read *ev)
{
	cw_json_u64(o, "relid", ev->relid);
	cw_json_u64(o, "ring_bytes", ev->ring_bytes);
	cw_json_u64(o, "read_at", ev->read_at);
	cw_json_u64(o, "write_before", ev->write_before);
	cw_json_u64(o, "write_after", ev->write_after);
	json_object_set_new(o, "returned", json_boolean(ev->flags & CW_RING_RETURNED));
	cw_json_u64(o, "pkt_bytes", ev->pkt_bytes);
	cw_json_u64(o, "pkt_offset", ev->pkt_offset);
	cw_json_u64(o, "pkt_type", ev->pkt_type);
	cw_json_u64(o, "buf_bytes", ev->buf_bytes);
	cw_json_u64(o, "gfn", ev->gfn);
	cw_json_text(o, "state", cw_state_name(ev->state));
	cw_json_u64(o, "confidential", ev->confidential);
	return ev->space;
}

static __u32 set_device(json_t *o, const struct cw_ev_device *ev)
{
	char text[CW_GUID_TEXT_LEN];

	cw_json_u64(o, "relid", ev->relid);
	cw_json_text(o, "guid_type", cw_guid_text(text, sizeof(text), ev->type));
	cw_json_text(o, "guid_instance", cw_guid_text(text, sizeof(text), ev->instance));
	cw_json_u64(o, "chn_flags", ev->chn_flags);
	cw_json_u64(o, "listed", ev->listed);
	cw_json_u64(o, "allowed", ev->allowed);
	return ev->space;
}

static __u32 set_completion(json_t *o, const struct cw_ev_completion *ev)
{
	cw_json_u64(o, "relid", ev->relid);
	cw_json_u64(o, "id", ev->id);
	cw_json_u64(o, "nr_ids", ev->nr_ids);
	return ev->space;
}

static __u32 set_fetch(json_t *o, const struct cw_ev_fetch *ev)
{
	cw_json_u64(o, "relid", ev->relid);
	cw_json_u64(o, "what", ev->what);
	cw_json_u64(o, "validated", ev->validated);
	cw_json_u64(o, "used", ev->used);
	return ev->space;
}

static __u32 set_config(json_t *o, const struct cw_ev_config *ev)
{
	cw_json_u64(o, "slot", ev->slot);
	cw_json_u64(o, "where", ev->where);
	cw_json_u64(o, "size", ev->size);
	cw_json_u64(o, "write", ev->write);
	if (ev->calls != CW_NO_INDEX)
		cw_json_u64(o, "calls", ev->calls);
	cw_json_u64(o, "by_calls", ev->by_calls);
	return ev->space;
}

static __u32 set_handover(json_t *o, const struct cw_ev_handover *ev)
{
	cw_json_text(o, "kind", cw_handover_name(ev->kind));
	cw_json_u64(o, "relid", ev->relid);
	cw_json_u64(o, "gpadl", ev->gpadl);
	cw_json_u64(o, "gfn", ev->gfn);
	cw_json_u64(o, "nr_named", ev->nr_named);
	cw_json_u64(o, "looked", ev->look.looked);
	cw_json_u64(o, "shared", ev->look.shared);
	cw_json_u64(o, "priv", ev->look.priv);
	cw_json_u64(o, "unknown", ev->look.unknown);
	cw_json_u64(o, "untold", ev->look.untold);
	cw_json_u64(o, "repaired", ev->look.repaired);
	cw_json_u64(o, "confidential", ev->confidential);
	return ev->space;
}

static __u32 set_hypercall(json_t *o, const struct cw_ev_hypercall *ev)
{
	cw_json_u64(o, "code", ev->code);
	cw_json_text(o, "via", cw_via_name(ev->via));
	cw_json_u64(o, "len_bytes", ev->len_bytes);
	cw_json_u64(o, "payload_bytes", ev->payload_bytes);
	cw_json_u64(o, "tail_set", ev->tail_set);
	if (ev->tail_set)
		cw_json_u64(o, "tail_first", ev->tail_first);
	cw_json_u64(o, "reserved_set", ev->reserved_set);
	if (ev->reserved_set)
		cw_json_u64(o, "reserved_first", ev->reserved_first);
	return ev->space;
}

static __u32 set_mapping(json_t *o, const struct cw_start *start, const struct cw_ev_mapping *ev)
{
	if (start->include_addresses)
		cw_json_hex(o, "vaddr", ev->vaddr);
	cw_json_text(o, "kind", cw_mapping_name(ev->kind));
	cw_json_hex(o, "phys", ev->phys);
	cw_json_u64(o, "nr_pages", ev->nr_pages);
	cw_json_u64(o, "nr_unwalked", ev->nr_unwalked);
	cw_json_u64(o, "relid", ev->relid);
	cw_json_u64(o, "confidential", ev->confidential);
	return ev->space;
}

static __u32 set_interrupt(json_t *o, const struct cw_ev_interrupt *ev)
{
	cw_json_u64(o, "vector", ev->vector);
	cw_json_u64(o, "paravisor", ev->paravisor);
	return ev->space;
}

static __u32 set_bounce(json_t *o, const struct cw_ev_bounce *ev)
{
	cw_json_text(o, "op", ev->op == CW_BOUNCE_MAP ? "map" : "unmap");
	cw_json_hex(o, "phys", ev->phys);
	cw_json_u64(o, "bytes", ev->bytes);
	cw_json_u64(o, "owner_bytes", ev->owner_bytes);
	cw_json_u64(o, "age_ns", ev->age_ns);
	return ev->space;
}

static __u32 set_owner(json_t *o, const struct cw_ev_owner *ev)
{
	cw_json_u64(o, "gfn", ev->gfn);
	cw_json_u64(o, "nr_pages", ev->nr_pages);
	cw_json_text(o, "owner", cw_owner_name(ev->owner));
	if (ev->relid)
		cw_json_u64(o, "relid", ev->relid);
	if (ev->owner_cpu != CW_NO_INDEX)
		cw_json_u64(o, "owner_cpu", ev->owner_cpu);
	cw_json_u64(o, "flags", ev->flags);
	return ev->space;
}

__u32 cw_json_event(json_t *o, const struct cw_start *start, const struct cw_rec_hdr *ev)
{
	const struct cw_ev_free *f = (const struct cw_ev_free *)ev;
	const struct cw_ev_zeropad *z = (const struct cw_ev_zeropad *)ev;

	switch (ev->type) {
	case CW_EV_PAGE_FREE:
		cw_json_u64(o, "gfn", f->gfn);
		cw_json_u64(o, "nr_pages", f->nr_pages);
		cw_json_u64(o, "bad_gfn", f->bad_gfn);
		cw_json_u64(o, "nr_bad", f->nr_bad);
		cw_json_text(o, "state", cw_state_name(f->state));
		return f->space;
	case CW_EV_ZEROPAD:
		cw_json_u64(o, "gfn", z->gfn);
		cw_json_u64(o, "trapnr", z->trapnr);
		cw_json_u64(o, "fixed", z->fixed);
		cw_json_text(o, "state", cw_state_name(z->state));
		return z->space;
	case CW_EV_PLATFORM:
		set_platform(o, (const struct cw_ev_platform *)ev);
		return ((const struct cw_ev_platform *)ev)->space;
	case CW_EV_HANDOVER:
		return set_handover(o, (const struct cw_ev_handover *)ev);
	case CW_EV_HYPERCALL:
		return set_hypercall(o, (const struct cw_ev_hypercall *)ev);
	case CW_EV_MAPPING:
	case CW_EV_KEPT:
		return set_mapping(o, start, (const struct cw_ev_mapping *)ev);
	case CW_EV_INTERRUPT:
		return set_interrupt(o, (const struct cw_ev_interrupt *)ev);
	case CW_EV_BOUNCE:
		return set_bounce(o, (const struct cw_ev_bounce *)ev);
	case CW_EV_RING_WRITE:
		return set_ring_write(o, (const struct cw_ev_ring_write *)ev);
	case CW_EV_RING_READ:
		return set_ring_read(o, (const struct cw_ev_ring_read *)ev);
	case CW_EV_DEVICE:
		return set_device(o, (const struct cw_ev_device *)ev);
	case CW_EV_COMPLETION:
		return set_completion(o, (const struct cw_ev_completion *)ev);
	case CW_EV_FETCH:
		return set_fetch(o, (const struct cw_ev_fetch *)ev);
	case CW_EV_CONFIG:
		return set_config(o, (const struct cw_ev_config *)ev);
	case CW_EV_OWNER:
		return set_owner(o, (const struct cw_ev_owner *)ev);
	default:
		set_step(o, start, (const struct cw_ev_step *)ev);
		return ((const struct cw_ev_step *)ev)->space;
	}
}
