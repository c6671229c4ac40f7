// SPDX-License-Identifier: GPL-2.0-only
/* The text writer, continued: what a finding is about, for each kind of event. */
#include "out_text.h"

#include <string.h>

#include <cocowatch/event_owner.h>
#include <cocowatch/event_ring.h>
#include <cocowatch/event_share.h>

#include "events.h"
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

static void print_step(struct cw_writer *w, const struct cw_rec_hdr *hdr)
{
	const struct cw_ev_step *ev = (const struct cw_ev_step *)hdr;
	FILE *f = w->file;

	if (ev->own.walked || ev->gfn_max)
		cw_text_frames(f, ev->nr_pages, ev->gfn_min, ev->gfn_max,
			     !ev->own.walked || ev->flags & CW_STEP_CONTIG);
	else
		fprintf(f, "%u pages", ev->nr_pages);
	fprintf(f, ", to be %s", ev->to_shared ? "shared" : "private");
	if (w->start->include_addresses)
		fprintf(f, ", at 0x%llx", ev->vaddr);
	if (ev->space == CW_SPACE_EMULATED)
		fprintf(f, ", emulated");
}

/* "packet of 48 bytes (type 6)", or "nothing" where none was read. */
static void print_packet(FILE *f, bool known, __u32 bytes, __u32 type)
{
	if (known)
		fprintf(f, "packet of %u bytes (type %u)", bytes, type);
	else
		fprintf(f, "nothing");
}

static void print_ring_write(struct cw_writer *w, const struct cw_rec_hdr *hdr)
{
	const struct cw_ev_ring_write *ev = (const struct cw_ev_ring_write *)hdr;
	FILE *f = w->file;
	fprintf(f, "%u, ", ev->relid);
	print_packet(f, ev->flags & CW_RING_VECTORS, ev->pkt_bytes, ev->pkt_type);
	fprintf(f, " written to a ring of %u bytes, result %d%s", ev->ring_bytes, ev->ret,
		ev->confidential ? ", confidential" : "");
}

static void print_ring_read(struct cw_writer *w, const struct cw_rec_hdr *hdr)
{
	const struct cw_ev_ring_read *ev = (const struct cw_ev_ring_read *)hdr;
	FILE *f = w->file;
	fprintf(f, "%u, ", ev->relid);
	print_packet(f, ev->flags & CW_RING_HEADER, ev->pkt_bytes, ev->pkt_type);
	fprintf(f, " read at %u from a ring of %u bytes%s", ev->read_at, ev->ring_bytes,
		ev->confidential ? ", confidential" : "");
}

static void print_device(struct cw_writer *w, const struct cw_rec_hdr *hdr)
{
	const struct cw_ev_device *ev = (const struct cw_ev_device *)hdr;
	FILE *f = w->file;
	char type[CW_GUID_TEXT_LEN], instance[CW_GUID_TEXT_LEN];

	fprintf(f, "%u, device {%s} of type {%s}", ev->relid,
		cw_guid_text(instance, sizeof(instance), ev->instance),
		cw_guid_text(type, sizeof(type), ev->type));
}

static void print_config(struct cw_writer *w, const struct cw_rec_hdr *hdr)
{
	const struct cw_ev_config *ev = (const struct cw_ev_config *)hdr;
	FILE *f = w->file;
	fprintf(f, "slot 0x%x, %u bytes %s at offset 0x%x", ev->slot, ev->size,
		ev->write ? "written" : "read", ev->where);
	if (ev->calls != CW_NO_INDEX)
		fprintf(f, ", %u hypercalls", ev->calls);
}

static void print_handover(struct cw_writer *w, const struct cw_rec_hdr *hdr)
{
	const struct cw_ev_handover *ev = (const struct cw_ev_handover *)hdr;
	FILE *f = w->file;
	fprintf(f, "%u frames from 0x%llx in a %s", ev->nr_named, ev->gfn,
		cw_handover_name(ev->kind));
	if (ev->relid)
		fprintf(f, ", channel %u", ev->relid);
	fprintf(f, ": %u shared, %u private, %u unknown", ev->look.shared, ev->look.priv,
		ev->look.unknown);
	if (ev->look.untold)
		fprintf(f, ", %u not told", ev->look.untold);
}

static void print_hypercall(struct cw_writer *w, const struct cw_rec_hdr *hdr)
{
	const struct cw_ev_hypercall *ev = (const struct cw_ev_hypercall *)hdr;
	FILE *f = w->file;
	fprintf(f, "0x%x through %s, input of %u bytes", ev->code, cw_via_name(ev->via),
		ev->len_bytes);
	if (ev->payload_bytes)
		fprintf(f, ", message ends at %u", ev->payload_bytes);
	if (ev->tail_set)
		fprintf(f, ", first byte set behind it at %u", ev->tail_first);
	if (ev->reserved_set)
		fprintf(f, ", first reserved byte set at %u", ev->reserved_first);
}

static void print_mapping(struct cw_writer *w, const struct cw_rec_hdr *hdr)
{
	const struct cw_ev_mapping *ev = (const struct cw_ev_mapping *)hdr;
	FILE *f = w->file;
	fprintf(f, "%s, %u pages", cw_mapping_name(ev->kind), ev->nr_pages);
	if (ev->phys)
		fprintf(f, " of physical address 0x%llx", ev->phys);
	if (ev->relid)
		fprintf(f, ", channel %u", ev->relid);
	if (w->start->include_addresses)
		fprintf(f, ", at 0x%llx", ev->vaddr);
}

static void print_fetch(struct cw_writer *w, const struct cw_rec_hdr *hdr)
{
	const struct cw_ev_fetch *ev = (const struct cw_ev_fetch *)hdr;

	fprintf(w->file, "%u, %s of a packet: %llu when it was validated, %llu when it was used",
		ev->relid, ev->what == CW_FETCH_LENGTH ? "length" : "offset or index", ev->validated,
		ev->used);
}

static void print_bounce(struct cw_writer *w, const struct cw_rec_hdr *hdr)
{
	const struct cw_ev_bounce *ev = (const struct cw_ev_bounce *)hdr;
	FILE *f = w->file;
	fprintf(f, "0x%llx, %llu bytes %s", ev->phys, ev->bytes,
		ev->op == CW_BOUNCE_MAP ? "mapped" : "unmapped");
	if (ev->open)
		fprintf(f, ", mapped before with %llu bytes", ev->owner_bytes);
}

static void print_owner(struct cw_writer *w, const struct cw_rec_hdr *hdr)
{
	const struct cw_ev_owner *ev = (const struct cw_ev_owner *)hdr;
	FILE *f = w->file;
	cw_text_frames(f, ev->nr_pages, ev->gfn, ev->gfn + ev->nr_pages - 1, true);
	fprintf(f, "; owner: %s", cw_owner_name(ev->owner));
	if (ev->relid)
		fprintf(f, ", channel %u", ev->relid);
	if (ev->owner_cpu != CW_NO_INDEX)
		fprintf(f, ", of cpu %u", ev->owner_cpu);
}

static void print_free(struct cw_writer *w, const struct cw_rec_hdr *hdr)
{
	const struct cw_ev_free *ev = (const struct cw_ev_free *)hdr;

	cw_text_frames(w->file, ev->nr_pages, ev->gfn, ev->gfn + ev->nr_pages - 1, true);
	fprintf(w->file, "; frame 0x%llx was %s%s", ev->bad_gfn, cw_state_name(ev->state),
		ev->space == CW_SPACE_EMULATED ? ", emulated" : "");
}

static void print_completion(struct cw_writer *w, const struct cw_rec_hdr *hdr)
{
	const struct cw_ev_completion *ev = (const struct cw_ev_completion *)hdr;

	fprintf(w->file, "%u, transaction %llu", ev->relid, ev->id);
}

static void print_interrupt(struct cw_writer *w, const struct cw_rec_hdr *hdr)
{
	const struct cw_ev_interrupt *ev = (const struct cw_ev_interrupt *)hdr;

	fprintf(w->file, "vector %u", ev->vector);
}

/* clang-format off */
static const struct {
	const char *label;
	void (*print)(struct cw_writer *w, const struct cw_rec_hdr *hdr);
} abouts[CW_EV_NR] = {
	[CW_EV_PAGE_FREE]  = { "freed", print_free },
	[CW_EV_HANDOVER]   = { "handed", print_handover },
	[CW_EV_HYPERCALL]  = { "hypercall", print_hypercall },
	[CW_EV_MAPPING]    = { "mapping", print_mapping },
	[CW_EV_KEPT]       = { "mapping", print_mapping },
	[CW_EV_BOUNCE]     = { "slot", print_bounce },
	[CW_EV_RING_WRITE] = { "channel", print_ring_write },
	[CW_EV_RING_READ]  = { "channel", print_ring_read },
	[CW_EV_DEVICE]     = { "channel", print_device },
	[CW_EV_COMPLETION] = { "channel", print_completion },
	[CW_EV_FETCH]      = { "channel", print_fetch },
	[CW_EV_INTERRUPT]  = { "interrupt", print_interrupt },
	[CW_EV_CONFIG]     = { "function", print_config },
	[CW_EV_OWNER]      = { "shared", print_owner },
};
/* clang-format on */

/* What an event is about, and the word for it; NULL for one that is about the whole machine. */
static const char *about_print(struct cw_writer *w, const struct cw_rec_hdr *ev, bool labelled)
{
	bool range = cw_event_is_step(ev->type) && ((const struct cw_ev_step *)ev)->nr_pages;
	const char *label = range ? "range" : ev->type < CW_EV_NR ? abouts[ev->type].label : NULL;

	if (label && labelled)
		fprintf(w->file, "  %-9s ", label);
	if (range)
		print_step(w, ev);
	else if (label)
		abouts[ev->type].print(w, ev);
	return label;
}

void cw_text_event(struct cw_writer *w, const struct cw_report *r)
{
	if (about_print(w, r->event, true))
		fputc('\n', w->file);
}

bool cw_text_about(struct cw_writer *w, const struct cw_rec_hdr *ev)
{
	return about_print(w, ev, false);
}
