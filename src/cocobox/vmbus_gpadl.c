// SPDX-License-Identifier: GPL-2.0-only
/* GPADLs: lists of frames that the guest gives a handle.  The list is collected in private memory;
 * each access to a frame asks again whether it is visible.
 */
#include "vmbus_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct cw_gpadl *gpadl_by_handle(struct cw_vmbus *bus, __u32 handle)
{
	struct cw_gpadl *g = bus->gpadls;

	while (g && (g->gone || g->handle != handle))
		g = g->next;
	return g;
}

/* Takes the list away; the handle is free for the guest from now on. */
static void gpadl_empty(struct cw_vmbus *bus, struct cw_gpadl *g)
{
	if (g->gone)
		return;
	free(g->gfns);
	g->gfns = NULL;
	bus->gpadl_pages -= g->nr_gfns;
	g->gone = true;
}

static void gpadl_unlink(struct cw_vmbus *bus, struct cw_gpadl *g)
{
	struct cw_gpadl **at = &bus->gpadls;

	while (*at != g)
		at = &(*at)->next;
	*at = g->next;
	gpadl_empty(bus, g);
	bus->nr_gpadls--;
	free(g);
}

void cw_gpadl_drop(struct cw_channel_impl *impl, bool all)
{
	struct cw_gpadl *g, *next;

	for (g = impl->bus->gpadls; g; g = next) {
		next = g->next;
		if (g->channel == impl && (all || g->gone))
			gpadl_unlink(impl->bus, g);
	}
}

static struct cw_gpadl *gpadl_new(struct cw_channel_impl *impl, const struct cw_msg_gpadl_header *m)
{
	struct cw_vmbus *bus = impl->bus;
	struct cw_gpadl *g;
	__u64 nr_gfns;

	if (m->nr_ranges != 1 || !m->byte_count || m->byte_count > CW_GPADL_BYTES_MAX ||
	    m->byte_offset >= CW_PAGE_SIZE || gpadl_by_handle(bus, m->gpadl))
		return NULL;
	nr_gfns = ((__u64)m->byte_offset + m->byte_count + CW_PAGE_SIZE - 1) >> CW_PAGE_SHIFT;
	if (m->ranges_len != (__u16)(8 + 8 * nr_gfns) || bus->nr_gpadls == CW_GPADLS_MAX ||
	    nr_gfns > CW_GPADL_PAGES_MAX - bus->gpadl_pages)
		return NULL;
	g = calloc(1, sizeof(*g));
	if (!g)
		return NULL;
	g->gfns = malloc(nr_gfns * sizeof(*g->gfns));
	if (!g->gfns) {
		free(g);
		return NULL;
	}
	g->channel = impl;
	g->handle = m->gpadl;
	g->bytes = m->byte_count;
	g->offset = m->byte_offset;
	g->nr_gfns = (__u32)nr_gfns;
	g->next = bus->gpadls;
	bus->gpadls = g;
	bus->nr_gpadls++;
	bus->gpadl_pages += g->nr_gfns;
	return g;
}

/* Tells the referee of all frames, once.  False when one of them is not visible. */
static bool gpadl_hand(struct cw_gpadl *g)
{
	struct cw_box *box = g->channel->bus->box;
	bool visible = true;

	if (g->handed)
		return true;
	for (__u32 i = 0; i < g->nr_gfns; i++)
		visible &= cw_referee_handed(box, CW_HANDED_GPADL, g->gfns[i]);
	g->handed = visible;
	return visible;
}

static void gpadl_answer(struct cw_vmbus *bus, __u32 relid, __u32 handle, __u32 status)
{
	struct cw_msg_gpadl_created m = {
		.h.type = CW_MSG_GPADL_CREATED,
		.relid = relid,
		.gpadl = handle,
		.status = status,
	};

	cw_vmbus_send(bus->box, &m, sizeof(m));
}

/* The list is complete.  One for the ring of a confidential channel need not be visible; which one
 * that is, the guest says later, so there the referee hears of it when a device asks for it
 * (cw_gpadl_find).
 */
static void gpadl_finish(struct cw_vmbus *bus, struct cw_gpadl *g)
{
	struct cw_channel_impl *impl = g->channel;
	__u32 relid = impl->ch.relid, handle = g->handle;

	if (!(impl->flags & CW_OFFER_PRIVATE_RING) && !gpadl_hand(g)) {
		cw_vmbus_ignore(bus, "GPADL 0x%x of channel %u is not all visible", handle, relid);
		gpadl_unlink(bus, g);
		gpadl_answer(bus, relid, handle, CW_NT_UNSUCCESSFUL);
		return;
	}
	cw_vmbus_stage(bus, CW_STAGE_GPADL, &impl->ch);
	gpadl_answer(bus, relid, handle, 0);
}

/* Adds the frame numbers of one message.  -EINVAL when they are too many, or no frames of RAM. */
static int gpadl_fill(struct cw_vmbus *bus, struct cw_gpadl *g, const __u8 *list, __u32 len)
{
	const struct cw_mem *mem = &bus->box->mem;
	__u32 nr = len / 8;
	__u64 gfn, gpa;

	if (len % 8 || !nr || nr > g->nr_gfns - g->filled)
		return -EINVAL;
	for (__u32 i = 0; i < nr; i++) {
		memcpy(&gfn, list + 8 * i, sizeof(gfn));
		gpa = cw_mem_gpa(mem, gfn << CW_PAGE_SHIFT);
		if (gfn >> (64 - CW_PAGE_SHIFT) || !cw_mem_at(mem, gpa, CW_PAGE_SIZE))
			return -EINVAL;
		g->gfns[g->filled++] = gpa >> CW_PAGE_SHIFT;
	}
	return 0;
}

/* Both messages end here. */
static void gpadl_take(struct cw_vmbus *bus, struct cw_gpadl *g, const __u8 *list, __u32 len)
{
	__u32 relid = g->channel->ch.relid, handle = g->handle;

	if (gpadl_fill(bus, g, list, len)) {
		cw_vmbus_ignore(bus, "GPADL 0x%x of channel %u has a bad list", handle, relid);
		gpadl_unlink(bus, g);
		gpadl_answer(bus, relid, handle, CW_NT_UNSUCCESSFUL);
	} else if (g->filled == g->nr_gfns) {
		gpadl_finish(bus, g);
	}
}

void cw_gpadl_on_header(struct cw_vmbus *bus, const void *msg, __u32 len)
{
	const struct cw_msg_gpadl_header *m = msg;
	struct cw_channel_impl *impl = cw_vmbus_channel(bus, m->relid);
	struct cw_gpadl *g = impl && !impl->rescinded ? gpadl_new(impl, m) : NULL;

	if (!g) {
		cw_vmbus_ignore(bus, "GPADL 0x%x of channel %u is not possible", m->gpadl,
				m->relid);
		gpadl_answer(bus, m->relid, m->gpadl, CW_NT_UNSUCCESSFUL);
		return;
	}
	gpadl_take(bus, g, (const __u8 *)msg + sizeof(*m), len - sizeof(*m));
}

void cw_gpadl_on_body(struct cw_vmbus *bus, const void *msg, __u32 len)
{
	const struct cw_msg_gpadl_body *m = msg;
	struct cw_gpadl *g = gpadl_by_handle(bus, m->gpadl);

	if (!g || g->filled == g->nr_gfns)
		cw_vmbus_ignore(bus, "body of no unfinished GPADL 0x%x", m->gpadl);
	else
		gpadl_take(bus, g, (const __u8 *)msg + sizeof(*m), len - sizeof(*m));
}

void cw_gpadl_on_teardown(struct cw_vmbus *bus, const void *msg, __u32 len)
{
	const struct cw_msg_gpadl_teardown *m = msg;
	struct cw_msg_gpadl_torndown done = { .h.type = CW_MSG_GPADL_TORNDOWN, .gpadl = m->gpadl };
	struct cw_gpadl *g = gpadl_by_handle(bus, m->gpadl);

	(void)len;
	if (!g || g->channel->ch.relid != m->relid) {
		cw_vmbus_ignore(bus, "teardown of no GPADL 0x%x of channel %u", m->gpadl, m->relid);
		return;
	}
	if (g == g->channel->ring_gpadl) {
		cw_vmbus_ignore(bus, "teardown of the ring of channel %u, which is open", m->relid);
		cw_channel_shut(g->channel);
	}
	if (g->found && g->channel->ch.is_open)
		gpadl_empty(bus, g);
	else
		gpadl_unlink(bus, g);
	cw_vmbus_send(bus->box, &done, sizeof(done));
}

struct cw_gpadl *cw_gpadl_get(struct cw_channel_impl *impl, __u32 handle)
{
	struct cw_gpadl *g = gpadl_by_handle(impl->bus, handle);

	return g && g->channel == impl && g->filled == g->nr_gfns ? g : NULL;
}

struct cw_gpadl *cw_gpadl_find(struct cw_channel *ch, __u32 handle)
{
	struct cw_gpadl *g = ch->impl->dead ? NULL : cw_gpadl_get(ch->impl, handle);

	if (!g || (!(ch->impl->flags & CW_OFFER_PRIVATE_MEMORY) && !gpadl_hand(g)))
		return NULL;
	g->found = true;
	return g;
}

__u32 cw_gpadl_bytes(const struct cw_gpadl *gpadl)
{
	return gpadl->gone ? 0 : gpadl->bytes;
}

static __u8 *gpadl_frame(struct cw_gpadl *g, __u32 i)
{
	struct cw_box *box = g->channel->bus->box;
	__u64 gpa = g->gfns[i] << CW_PAGE_SHIFT;
	__u8 *at;

	if (g->channel->flags & CW_OFFER_PRIVATE_MEMORY)
		return cw_mem_at(&box->mem, gpa, CW_PAGE_SIZE);
	at = cw_mem_visible_at(&box->mem, gpa, CW_PAGE_SIZE);
	if (!at)
		cw_referee_handed(box, CW_HANDED_GPADL, g->gfns[i]);
	return at;
}

/* Copies to the guest when src is given, else from it. */
static int gpadl_copy(struct cw_gpadl *g, __u32 offset, __u8 *dst, const __u8 *src, __u32 len)
{
	__u64 at = (__u64)g->offset + offset;
	__u32 in_frame, run;
	__u8 *frame;

	if (g->gone || g->channel->dead || offset > g->bytes || len > g->bytes - offset)
		return -EFAULT;
	for (; len; len -= run, at += run) {
		in_frame = at & (CW_PAGE_SIZE - 1);
		run = CW_PAGE_SIZE - in_frame < len ? CW_PAGE_SIZE - in_frame : len;
		frame = gpadl_frame(g, (__u32)(at >> CW_PAGE_SHIFT));
		if (!frame)
			return -EFAULT;
		if (src) {
			memcpy(frame + in_frame, src, run);
			src += run;
		} else {
			memcpy(dst, frame + in_frame, run);
			dst += run;
		}
	}
	return 0;
}

int cw_gpadl_read(struct cw_gpadl *gpadl, __u32 offset, void *buf, __u32 len)
{
	return gpadl_copy(gpadl, offset, buf, NULL, len);
}

int cw_gpadl_write(struct cw_gpadl *gpadl, __u32 offset, const void *buf, __u32 len)
{
	return gpadl_copy(gpadl, offset, NULL, buf, len);
}
