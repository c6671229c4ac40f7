// SPDX-License-Identifier: GPL-2.0-only
/* Channels: open and close, packets between guest and device, and those that wait for room. */
#include "vmbus_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ALIGN8(len)	(((len) + 7) & ~(size_t)7)

/* What a hostile host may add to a packet (see struct cw_packet_out). */
#define OUT_SLACK	256

/* ---- open and close ---- */

static void backlog_free(struct cw_channel_impl *impl)
{
	struct cw_queued *out, *next;

	for (out = impl->first; out; out = next) {
		next = out->next;
		free(out);
	}
	impl->first = NULL;
	impl->last = &impl->first;
	impl->backlog = 0;
}

void cw_channel_shut(struct cw_channel_impl *impl)
{
	struct cw_channel *ch = &impl->ch;

	impl->dead = true;
	if (ch->is_open) {
		ch->is_open = false;
		if (ch->dev->ops->close)
			ch->dev->ops->close(ch);
		cw_vmbus_note(impl->bus, "close", "%s relid=%u sub=%u", ch->dev->ops->name,
			      ch->relid, ch->sub_index);
	}
	impl->ring_gpadl = NULL;
	impl->holding = false;
	impl->waiting = false;
	backlog_free(impl);
	cw_gpadl_drop(impl, false);
}

/* The guest broke the rings.  The device may be at work right now: close() waits for the loop. */
static int channel_break(struct cw_channel_impl *impl, const char *why)
{
	if (!impl->dead) {
		cw_vmbus_ignore(impl->bus, "channel %u: %s", impl->ch.relid, why);
		impl->dead = true;
		cw_vmbus_kick(impl);
	}
	return -EIO;
}

/* The referee hears of frames of the rings that went private while the channel is open. */
static int channel_break_ring(struct cw_channel_impl *impl)
{
	const struct cw_gpadl *g = impl->ring_gpadl;
	struct cw_box *box = impl->bus->box;

	for (__u32 i = 0; g && !impl->ch.confidential && i < g->nr_gfns; i++)
		if (!cw_mem_is_visible(&box->mem, g->gfns[i]))
			cw_referee_handed(box, CW_HANDED_GPADL, g->gfns[i]);
	return channel_break(impl, "its ring is damaged");
}

static int channel_set_rings(struct cw_channel_impl *impl, const struct cw_msg_open *m)
{
	const struct cw_mem *mem = &impl->bus->box->mem;
	struct cw_gpadl *g = cw_gpadl_get(impl, m->gpadl);
	bool confidential = impl->ch.confidential;
	int err;

	if (impl->rescinded || impl->opened || impl->ch.is_open || !g || g->offset ||
	    g->bytes % CW_PAGE_SIZE || m->downstream_page > g->nr_gfns ||
	    m->target_vp >= impl->bus->box->config->nr_cpus)
		return -EINVAL;
	err = cw_ring_init(&impl->in, mem, g->gfns, m->downstream_page, confidential);
	if (!err)
		err = cw_ring_init(&impl->out, mem, g->gfns + m->downstream_page,
				   g->nr_gfns - m->downstream_page, confidential);
	if (err)
		return err;
	impl->ring_gpadl = g;
	impl->target_vp = m->target_vp;
	impl->dead = false;
	return 0;
}

/* The device's turn; what it sends at once is held back until the guest has its answer. */
static int channel_open(struct cw_channel_impl *impl)
{
	struct cw_channel *ch = &impl->ch;
	int err = 0;

	impl->holding = true;
	ch->is_open = true;
	if (ch->dev->ops->open)
		err = ch->dev->ops->open(ch);
	if (err < 0) {
		ch->is_open = false;
		impl->ring_gpadl = NULL;
		backlog_free(impl);
	}
	return err;
}

void cw_channel_on_open(struct cw_vmbus *bus, const void *msg, __u32 len)
{
	const struct cw_msg_open *m = msg;
	struct cw_channel_impl *impl = cw_vmbus_channel(bus, m->relid);
	struct cw_msg_open_result result = {
		.h.type = CW_MSG_OPEN_RESULT,
		.relid = m->relid,
		.open_id = m->open_id,
	};
	int err = -ENOENT;

	(void)len;
	if (impl)
		err = channel_set_rings(impl, m);
	if (err) {
		cw_vmbus_ignore(bus, "open of channel %u is not possible", m->relid);
	} else {
		cw_vmbus_stage(bus, CW_STAGE_OPEN, &impl->ch);
		/* a rescind is the answer then */
		if (impl->rescinded)
			return;
		err = channel_open(impl);
		impl->opened = err >= 0;
	}
	result.status = err < 0 ? CW_NT_UNSUCCESSFUL : 0;
	cw_vmbus_note(bus, err < 0 ? "refuse" : "open", "%s relid=%u sub=%u",
		      impl ? impl->ch.dev->ops->name : "nothing", m->relid,
		      impl ? impl->ch.sub_index : 0);
	cw_vmbus_send(bus->box, &result, sizeof(result));
	if (!impl)
		return;
	if (err >= 0)
		cw_vmbus_stage(bus, CW_STAGE_OPENED, &impl->ch);
	impl->holding = false;
	cw_vmbus_kick(impl);
}

/* Sub-channels end with their primary's: a driver that binds again asks for new ones. */
static void subchannels_end(struct cw_dev *dev)
{
	struct cw_channel *ch = NULL;

	while ((ch = cw_vmbus_next(dev->box, ch))) {
		if (ch->dev != dev || !ch->sub_index)
			continue;
		cw_channel_shut(ch->impl);
		cw_vmbus_rescind(ch);
	}
}

void cw_channel_on_close(struct cw_vmbus *bus, const void *msg, __u32 len)
{
	const struct cw_msg_relid *m = msg;
	struct cw_channel_impl *impl = cw_vmbus_channel(bus, m->relid);

	(void)len;
	if (!impl || !impl->opened) {
		cw_vmbus_ignore(bus, "close of channel %u, which is not open", m->relid);
		return;
	}
	impl->opened = false;
	if (!impl->ch.sub_index)
		subchannels_end(impl->ch.dev);
	cw_channel_shut(impl);
}

/* ---- to the guest ---- */

static void channel_interrupt(struct cw_channel_impl *impl)
{
	cw_synic_signal(impl->bus->box, impl->target_vp, impl->ch.relid);
}

static void written_hook(struct cw_channel_impl *impl, __u32 index, __u32 len)
{
	const struct cw_host *host = impl->bus->box->host;
	__u8 *at;

	if (!host || !host->written)
		return;
	at = cw_ring_at(&impl->out, index, &len);
	if (at)
		host->written(host, &impl->ch, at, len);
}

/* Moves the oldest packet into the ring.  -EAGAIN: no room; the guest will signal once there is. */
static int backlog_put(struct cw_channel_impl *impl)
{
	struct cw_queued *out = impl->first;
	__u32 index = impl->out.own;
	int err;

	err = cw_ring_put(&impl->out, out->bytes, out->len);
	if (err == -EAGAIN) {
		impl->waiting = true;
		cw_ring_set_pending(&impl->out, out->len + CW_RING_TRAILER);
		/* the guest may have made room before it could see that */
		err = cw_ring_put(&impl->out, out->bytes, out->len);
	}
	if (err)
		return err == -EAGAIN ? err : channel_break_ring(impl);
	impl->first = out->next;
	if (!impl->first)
		impl->last = &impl->first;
	impl->backlog -= out->len;
	written_hook(impl, index, out->len);
	free(out);
	return 0;
}

/* Sends what waits.  0: all of it is in the ring; -EAGAIN or -EIO as above. */
static int channel_flush(struct cw_channel_impl *impl)
{
	bool sent = false;
	int err = 0;

	if (impl->holding || !impl->first)
		return impl->holding ? -EAGAIN : 0;
	while (!err && !impl->dead && impl->first) {
		err = backlog_put(impl);
		sent |= !err;
	}
	if (impl->dead)
		return -EIO;
	if (!err && impl->waiting) {
		impl->waiting = false;
		cw_ring_set_pending(&impl->out, 0);
		/* there may be packets of the guest that had to wait, too */
		cw_vmbus_kick(impl);
	}
	if (sent && cw_ring_interrupts(&impl->out))
		channel_interrupt(impl);
	return err;
}

/* Lets a hostile host change the packet; false when it drops it. */
static bool packet_hook(struct cw_channel_impl *impl, struct cw_queued *out)
{
	const struct cw_host *host = impl->bus->box->host;
	struct cw_packet_out p = { .bytes = (__u8 *)out->bytes, .len = out->len };
	__u32 max = out->len + OUT_SLACK;

	if (!host || !host->packet)
		return true;
	if (!host->packet(host, &impl->ch, &p))
		return false;
	if (p.len >= 8 && p.len <= max)
		out->len = p.len & ~7U;
	return true;
}

static int channel_queue(struct cw_channel_impl *impl, struct cw_queued *out)
{
	int err;

	if (!packet_hook(impl, out) || !impl->ch.is_open || impl->dead) {
		free(out);
		return 0;
	}
	*impl->last = out;
	impl->last = &out->next;
	impl->backlog += out->len;
	err = channel_flush(impl);
	return err == -EAGAIN ? 0 : err;
}

/* Sends a descriptor, head_len bytes of the descriptor's own (a multiple of 8), and data. */
static int channel_send(struct cw_channel *ch, struct cw_packet_desc desc, const void *head,
			__u32 head_len, const void *data, __u32 len)
{
	struct cw_channel_impl *impl = ch->impl;
	size_t start = sizeof(desc) + head_len, all = ALIGN8(start + (size_t)len);
	struct cw_queued *out;

	if (!ch->is_open || impl->dead)
		return -ENOTCONN;
	if (all > CW_PACKET_MAX || all > impl->out.size / 2)
		return -EMSGSIZE;
	if (all > CW_VMBUS_BACKLOG_MAX - impl->backlog)
		return -ENOSPC;
	out = calloc(1, sizeof(*out) + all + OUT_SLACK);
	if (!out)
		return -ENOMEM;
	desc.offset8 = (__u16)(start / 8);
	desc.len8 = (__u16)(all / 8);
	out->len = (__u32)all;
	memcpy(out->bytes, &desc, sizeof(desc));
	if (head_len)
		memcpy((__u8 *)out->bytes + sizeof(desc), head, head_len);
	if (len)
		memcpy((__u8 *)out->bytes + start, data, len);
	return channel_queue(impl, out);
}

int cw_channel_send(struct cw_channel *ch, __u16 type, __u16 flags, __u64 id, const void *data,
		    __u32 len)
{
	struct cw_packet_desc desc = { .type = type, .flags = flags, .id = id };

	return channel_send(ch, desc, NULL, 0, data, len);
}

int cw_channel_complete(struct cw_channel *ch, __u64 id, const void *data, __u32 len)
{
	return cw_channel_send(ch, CW_PKT_COMP, 0, id, data, len);
}

int cw_channel_send_xfer(struct cw_channel *ch, __u64 id, __u16 pageset_id,
			 const struct cw_xfer_range *range, __u32 nr_ranges, const void *data,
			 __u32 len)
{
	struct cw_packet_desc desc = {
		.type = CW_PKT_XFER_PAGES,
		.flags = CW_PKT_WANTS_COMP,
		.id = id,
	};
	struct {	/* struct vmtransfer_page_packet_header */
		__u16 pageset;
		__u8 sender_owns;
		__u8 reserved;
		__u32 nr;
		struct cw_xfer_range range[CW_XFER_RANGES_MAX];
	} head = { .pageset = pageset_id, .nr = nr_ranges };

	if (nr_ranges > CW_XFER_RANGES_MAX)
		return -EMSGSIZE;
	memcpy(head.range, range, nr_ranges * sizeof(*range));
	return channel_send(ch, desc, &head, 8 + nr_ranges * 8, data, len);
}

bool cw_channel_has_room(struct cw_channel *ch, __u32 len)
{
	struct cw_channel_impl *impl = ch->impl;
	__u32 room;

	return ch->is_open && !impl->dead && !impl->holding && !impl->first &&
	       !cw_ring_room(&impl->out, &room) &&
	       room >= sizeof(struct cw_packet_desc) + ALIGN8((__u64)len) + CW_RING_TRAILER;
}

volatile __u32 *cw_channel_indices(struct cw_channel *ch, bool from_guest)
{
	struct cw_ring_header *header = NULL;

	if (ch->is_open && !ch->impl->dead)
		header = cw_ring_header(from_guest ? &ch->impl->in : &ch->impl->out);
	return header ? &header->write_index : NULL;
}

/* ---- from the guest ---- */

/* Adds one frame's part of a range; false when the host may not look at it. */
static bool packet_add(struct cw_channel_impl *impl, struct cw_packet *p, __u64 pfn, __u32 offset,
		       __u32 len)
{
	struct cw_box *box = impl->bus->box;
	__u64 gpa = cw_mem_gpa(&box->mem, pfn << CW_PAGE_SHIFT);
	struct iovec *last = p->nr_iov ? &p->iov[p->nr_iov - 1] : NULL;
	__u8 *at = NULL;

	if (!(pfn >> (64 - CW_PAGE_SHIFT))) {
		if (impl->flags & CW_OFFER_PRIVATE_MEMORY)
			at = cw_mem_at(&box->mem, gpa, CW_PAGE_SIZE);
		else if (cw_referee_handed(box, CW_HANDED_BUFFER, gpa >> CW_PAGE_SHIFT))
			at = cw_mem_visible_at(&box->mem, gpa, CW_PAGE_SIZE);
	}
	if (!at)
		return false;
	if (last && (__u8 *)last->iov_base + last->iov_len == at + offset)
		last->iov_len += len;
	else
		p->iov[p->nr_iov++] = (struct iovec){ .iov_base = at + offset, .iov_len = len };
	p->iov_bytes += len;
	return true;
}

/* One range: a header, then a number for each frame that it touches.  Bytes used, or -EINVAL. */
static int packet_range(struct cw_channel_impl *impl, const __u8 *bytes, __u32 avail,
			struct cw_packet *p)
{
	struct { __u32 len, offset; } range;	/* struct gpa_range */
	__u32 nr, part, offset;
	__u64 pfn;

	if (avail < sizeof(range))
		return -EINVAL;
	memcpy(&range, bytes, sizeof(range));
	if (!range.len || range.offset >= CW_PAGE_SIZE)
		return -EINVAL;
	nr = (__u32)(((__u64)range.offset + range.len + CW_PAGE_SIZE - 1) >> CW_PAGE_SHIFT);
	if (nr > (avail - sizeof(range)) / sizeof(pfn))
		return -EINVAL;
	offset = range.offset;
	for (__u32 i = 0; i < nr; i++) {
		memcpy(&pfn, bytes + sizeof(range) + i * sizeof(pfn), sizeof(pfn));
		part = CW_PAGE_SIZE - offset < range.len ? CW_PAGE_SIZE - offset : range.len;
		p->iov_bad |= !packet_add(impl, p, pfn, offset, part);
		range.len -= part;
		offset = 0;
	}
	return (int)(sizeof(range) + nr * sizeof(pfn));
}

int cw_packet_ranges(struct cw_channel_impl *impl, const __u8 *bytes, __u32 data_offset,
		     struct cw_packet *p)
{
	__u32 at = sizeof(struct cw_packet_desc) + 8, nr;	/* struct vmdata_gpa_direct */
	int used;

	p->iov = impl->bus->iov;
	if (data_offset < at)
		return -EINVAL;
	memcpy(&nr, bytes + at - sizeof(nr), sizeof(nr));
	while (nr--) {
		used = packet_range(impl, bytes + at, data_offset - at, p);
		if (used < 0)
			return used;
		at += (__u32)used;
	}
	if (p->iov_bad) {
		p->nr_iov = 0;
		p->iov_bytes = 0;
	}
	return 0;
}

static void channel_packet(struct cw_channel_impl *impl, const __u8 *bytes)
{
	struct cw_packet p = { 0 };
	struct cw_packet_desc desc;
	__u32 start;
	int err = -EINVAL;

	memcpy(&desc, bytes, sizeof(desc));
	start = desc.offset8 * 8U;
	p.type = desc.type;
	p.flags = desc.flags;
	p.id = desc.id;
	p.data = bytes + start;
	p.len = desc.len8 * 8U - start;
	if (desc.type == CW_PKT_GPA_DIRECT)
		err = cw_packet_ranges(impl, bytes, start, &p);
	else if (desc.type == CW_PKT_INBAND || desc.type == CW_PKT_COMP)
		err = 0;
	if (err)
		cw_vmbus_ignore(impl->bus, "channel %u: bad packet of type %u", impl->ch.relid,
				desc.type);
	else if (impl->ch.dev->ops->packet)
		impl->ch.dev->ops->packet(&impl->ch, &p);
}

/* One packet: 1; none: 0; -errno when the channel is dead or waits for room in the other ring. */
static int channel_take(struct cw_channel_impl *impl)
{
	struct cw_vmbus *bus = impl->bus;
	int err, len;

	err = impl->dead ? -EIO : channel_flush(impl);
	if (err)
		return err;
	len = cw_ring_get(&impl->in, bus->packet, sizeof(bus->packet));
	if (len < 0)
		return channel_break_ring(impl);
	if (impl->in.wake)
		channel_interrupt(impl);
	if (len)
		channel_packet(impl, (const __u8 *)bus->packet);
	return len > 0;
}

/* At most CW_VMBUS_ROUND packets; true when there may be more. */
static bool channel_drain(struct cw_channel_impl *impl)
{
	bool masked = true;
	int got = 1;

	cw_ring_set_mask(&impl->in, true);
	for (unsigned int n = 0; n < CW_VMBUS_ROUND && got >= 0; n++) {
		got = channel_take(impl);
		if (got)
			continue;
		if (!masked)
			return false;
		/* one more look: the guest may have written while interrupts were masked */
		cw_ring_set_mask(&impl->in, false);
		masked = false;
	}
	if (got < 0 && !impl->dead)
		cw_ring_set_mask(&impl->in, false);
	return got >= 0;
}

void cw_channel_serve(struct cw_channel_impl *impl)
{
	if (impl->dead && impl->ch.is_open)
		cw_channel_shut(impl);
	else if (impl->ch.is_open && channel_drain(impl))
		cw_vmbus_kick(impl);
}
