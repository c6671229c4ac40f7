// SPDX-License-Identifier: GPL-2.0-only
/* The text writer, continued: what a finding is about, for each kind of event. */
#include "out_text.h"

#include <string.h>

#include <cocowatch/event_owner.h>
#include <cocowatch/event_ring.h>
#include <cocowatch/event_share.h>

#include "guid.h"
#include "names.h"

void cw_text_frames(FILE *f, __u32 nr_pages, __u64 min, __u64 max, bool contiguous)
{
	fprintf(f, "%u page%s, ", nr_pages, nr_pages == 1 ? "" : "s");
	if (min == max)
		fprintf(f, "frame 0x%llx", min);
	else
		fprintf(f, "frames 0x%llx to 0x%llx%s", min, max, contiguous ? "" : " (scattered)");
}

static void print_step_range(FILE *f, const struct cw_ev_step *ev, bool addresses)
{
	if (!ev->nr_pages)
		return;
	fprintf(f, "  range     ");
	if (ev->own.walked || ev->gfn_max)
		cw_text_frames(f, ev->nr_pages, ev->gfn_min, ev->gfn_max,
			     !ev->own.walked || ev->flags & CW_STEP_CONTIG);
	else
		fprintf(f, "%u pages", ev->nr_pages);
	fprintf(f, ", to be %s", ev->to_shared ? "shared" : "private");
	if (addresses)
		fprintf(f, ", at 0x%llx", ev->vaddr);
	if (ev->space == CW_SPACE_EMULATED)
		fprintf(f, ", emulated");
	fputc('\n', f);
}

/* "packet of 48 bytes (type 6)", or "nothing" where none was read. */
static void print_packet(FILE *f, bool known, __u32 bytes, __u32 type)
{
	if (known)
		fprintf(f, "packet of %u bytes (type %u)", bytes, type);
	else
		fprintf(f, "nothing");
}

static void print_ring_write(FILE *f, const struct cw_ev_ring_write *ev)
{
	fprintf(f, "  channel   %u, ", ev->relid);
	print_packet(f, ev->flags & CW_RING_VECTORS, ev->pkt_bytes, ev->pkt_type);
	fprintf(f, " written to a ring of %u bytes, result %d%s\n", ev->ring_bytes, ev->ret,
		ev->confidential ? ", confidential" : "");
}

static void print_ring_read(FILE *f, const struct cw_ev_ring_read *ev)
{
	fprintf(f, "  channel   %u, ", ev->relid);
	print_packet(f, ev->flags & CW_RING_HEADER, ev->pkt_bytes, ev->pkt_type);
	fprintf(f, " read at %u from a ring of %u bytes%s\n", ev->read_at, ev->ring_bytes,
		ev->confidential ? ", confidential" : "");
}

static void print_device(FILE *f, const struct cw_ev_device *ev)
{
	char type[CW_GUID_TEXT_LEN], instance[CW_GUID_TEXT_LEN];

	fprintf(f, "  channel   %u, device {%s} of type {%s}\n", ev->relid,
		cw_guid_text(instance, sizeof(instance), ev->instance),
		cw_guid_text(type, sizeof(type), ev->type));
}

static void print_config(FILE *f, const struct cw_ev_config *ev)
{
	fprintf(f, "  function  slot 0x%x, %u bytes %s at offset 0x%x", ev->slot, ev->size,
		ev->write ? "written" : "read", ev->where);
	if (ev->calls != CW_NO_INDEX)
		fprintf(f, ", %u hypercalls", ev->calls);
	fputc('\n', f);
}

static void print_handover(FILE *f, const struct cw_ev_handover *ev)
{
	fprintf(f, "  handed    %u frames from 0x%llx in a %s", ev->nr_named, ev->gfn,
		cw_handover_name(ev->kind));
	if (ev->relid)
		fprintf(f, ", channel %u", ev->relid);
	fprintf(f, ": %u shared, %u private, %u unknown", ev->look.shared, ev->look.priv,
		ev->look.unknown);
	if (ev->look.untold)
		fprintf(f, ", %u not told", ev->look.untold);
	fputc('\n', f);
}

static void print_hypercall(FILE *f, const struct cw_ev_hypercall *ev)
{
	fprintf(f, "  hypercall 0x%x through %s, input of %u bytes", ev->code, cw_via_name(ev->via),
		ev->len_bytes);
	if (ev->payload_bytes)
		fprintf(f, ", message ends at %u", ev->payload_bytes);
	if (ev->tail_set)
		fprintf(f, ", first byte set behind it at %u", ev->tail_first);
	if (ev->reserved_set)
		fprintf(f, ", first reserved byte set at %u", ev->reserved_first);
	fputc('\n', f);
}

static void print_mapping(FILE *f, const struct cw_ev_mapping *ev, bool addresses)
{
	fprintf(f, "  mapping   %s, %u pages", cw_mapping_name(ev->kind), ev->nr_pages);
	if (ev->phys)
		fprintf(f, " of physical address 0x%llx", ev->phys);
	if (ev->relid)
		fprintf(f, ", channel %u", ev->relid);
	if (addresses)
		fprintf(f, ", at 0x%llx", ev->vaddr);
	fputc('\n', f);
}

static void print_bounce(FILE *f, const struct cw_ev_bounce *ev)
{
	fprintf(f, "  slot      0x%llx, %llu bytes %s", ev->phys, ev->bytes,
		ev->op == CW_BOUNCE_MAP ? "mapped" : "unmapped");
	if (ev->open)
		fprintf(f, ", mapped before with %llu bytes", ev->owner_bytes);
	fputc('\n', f);
}

static void print_owner(FILE *f, const struct cw_ev_owner *ev)
{
	fprintf(f, "  shared    ");
	cw_text_frames(f, ev->nr_pages, ev->gfn, ev->gfn + ev->nr_pages - 1, true);
	fprintf(f, "; owner: %s", cw_owner_name(ev->owner));
	if (ev->relid)
		fprintf(f, ", channel %u", ev->relid);
	if (ev->owner_cpu != CW_NO_INDEX)
		fprintf(f, ", of cpu %u", ev->owner_cpu);
	fputc('\n', f);
}

void cw_text_event(struct cw_writer *w, const struct cw_report *r)
{
	const struct cw_ev_free *fr = (const struct cw_ev_free *)r->event;
	FILE *f = w->file;

	switch (r->event->type) {
	case CW_EV_PAGE_FREE:
		fprintf(f, "  freed     ");
		cw_text_frames(f, fr->nr_pages, fr->gfn, fr->gfn + fr->nr_pages - 1, true);
		fprintf(f, "; frame 0x%llx was %s%s\n", fr->bad_gfn, cw_state_name(fr->state),
			fr->space == CW_SPACE_EMULATED ? ", emulated" : "");
		break;
	case CW_EV_HANDOVER:
		print_handover(f, (const struct cw_ev_handover *)r->event);
		break;
	case CW_EV_HYPERCALL:
		print_hypercall(f, (const struct cw_ev_hypercall *)r->event);
		break;
	case CW_EV_MAPPING:
	case CW_EV_KEPT:
		print_mapping(f, (const struct cw_ev_mapping *)r->event,
			      w->start->include_addresses);
		break;
	case CW_EV_BOUNCE:
		print_bounce(f, (const struct cw_ev_bounce *)r->event);
		break;
	case CW_EV_RING_WRITE:
		print_ring_write(f, (const struct cw_ev_ring_write *)r->event);
		break;
	case CW_EV_RING_READ:
		print_ring_read(f, (const struct cw_ev_ring_read *)r->event);
		break;
	case CW_EV_DEVICE:
		print_device(f, (const struct cw_ev_device *)r->event);
		break;
	case CW_EV_COMPLETION:
		fprintf(f, "  channel   %u, transaction %llu\n",
			((const struct cw_ev_completion *)r->event)->relid,
			((const struct cw_ev_completion *)r->event)->id);
		break;
	case CW_EV_CONFIG:
		print_config(f, (const struct cw_ev_config *)r->event);
		break;
	case CW_EV_OWNER:
		print_owner(f, (const struct cw_ev_owner *)r->event);
		break;
	case CW_EV_ZEROPAD:
	case CW_EV_PLATFORM:
		break;
	default:
		print_step_range(f, (const struct cw_ev_step *)r->event,
				 w->start->include_addresses);
	}
}
