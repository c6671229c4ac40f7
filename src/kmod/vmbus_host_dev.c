// SPDX-License-Identifier: GPL-2.0-only
/* The emulated host's ends of rings, and its devices: a network that echoes frames, a disk. */
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "vmbus_peer.h"

#define SECTION_BYTES	2048	/* of the buffers that frames lie in */

struct cw_ring_header *cw_peer_header(const struct cw_peer_channel *ch, bool inbound)
{
	return (struct cw_ring_header *)(ch->ring->va + (inbound ? ch->in_page * PAGE_SIZE : 0));
}

static u32 ring_bytes(const struct cw_peer_channel *ch, bool inbound)
{
	return ((inbound ? ch->ring->nr - ch->in_page : ch->in_page) - 1) * PAGE_SIZE;
}

/* Copies between the ring's data and bytes, around its end.  The index behind them. */
static u32 ring_copy(const struct cw_peer_channel *ch, bool inbound, u32 at, void *bytes, u32 len)
{
	u8 *data = (u8 *)cw_peer_header(ch, inbound) + PAGE_SIZE;
	u32 size = ring_bytes(ch, inbound), here = min(len, size - at);

	if (inbound) {
		memcpy(data + at, bytes, here);
		memcpy(data, bytes + here, len - here);
	} else {
		memcpy(bytes, data + at, here);
		memcpy(bytes + here, data, len - here);
	}
	return (at + len) % size;
}

void cw_peer_write(struct cw_peer_channel *ch, const void *image, u32 bytes)
{
	struct cw_ring_header *header = cw_peer_header(ch, true);
	u32 size = ring_bytes(ch, true), used, at = ch->write_at;
	u64 trailer = (u64)at << 32;

	used = (at + size - READ_ONCE(header->read) % size) % size;
	if (used + bytes + sizeof(trailer) >= size)
		return;
	at = ring_copy(ch, true, at, (void *)image, bytes);
	ch->write_at = ring_copy(ch, true, at, &trailer, sizeof(trailer));
	smp_store_release(&header->write, ch->write_at);
}

static void packet_send(struct cw_peer *peer, struct cw_peer_channel *ch, u32 type, u64 id,
			const void *payload, u32 payload_bytes)
{
	u8 image[sizeof(struct cw_packet_ranges)] = {};
	struct cw_packet *head = (struct cw_packet *)image;
	u32 bytes = round_up(sizeof(*head) + payload_bytes, 8);

	*head = (struct cw_packet){ type, sizeof(*head) >> 3, bytes >> 3, 0, id };
	memcpy(head + 1, payload, payload_bytes);
	if (cw_peer_lie(peer, CW_STAGE_PACKET, ch, image, &bytes))
		cw_peer_write(ch, image, bytes);
	cw_peer_lie(peer, CW_STAGE_WRITTEN, ch, image, &bytes);
}

/* ---- memory that a packet names ---- */

/* Copies to or from the frames of a GPA packet; false where the guest does not share one. */
static bool gpa_copy(const struct cw_packet_gpa *gpa, void *bytes, u32 len, bool to_guest)
{
	u32 nr = PFN_UP((u64)gpa->offset + gpa->bytes);
	struct cw_view view = { .nr = nr, .gfn = cw_zalloc(CW_GPA_PAGES, 8) };
	bool ok = false;

	if (view.gfn && gpa->nr_ranges == 1 && gpa->offset < PAGE_SIZE && nr &&
	    nr <= CW_GPA_PAGES && len <= gpa->bytes) {
		memcpy(view.gfn, gpa->gfn, 8 * nr);
		ok = cw_view_map(&view);
	}
	if (ok) {
		memcpy(to_guest ? view.va + gpa->offset : bytes,
		       to_guest ? bytes : view.va + gpa->offset, len);
	}
	cw_view_drop(&view);
	return ok;
}

/* ---- the network ---- */

/* Each frame comes back, in the section of the receive buffer that has its turn. */
static void net_echo(struct cw_peer *peer, struct cw_peer_channel *ch, u8 *frame, u32 bytes)
{
	u32 section = ch->write_at / 64 % (ch->recv->nr * PAGE_SIZE / SECTION_BYTES);
	struct cw_packet_ranges packet = {
		.set = 1, .nr = 1, .range = { { bytes, section * SECTION_BYTES } },
	};

	cw_peer_lie(peer, CW_STAGE_FRAME, ch, frame, &bytes);
	memcpy(ch->recv->va + section * SECTION_BYTES, frame, bytes);
	packet_send(peer, ch, CW_PT_RANGES, section + 1, &packet.set,
		    offsetofend(struct cw_packet_ranges, range[0]) - sizeof(packet.packet));
}

/* The frame that a message of the guest carries, or names. */
static u32 net_frame(struct cw_peer *peer, const struct cw_peer_channel *ch,
		     const struct cw_net_msg *msg, u8 *frame)
{
	const struct cw_packet_gpa *gpa = (struct cw_packet_gpa *)peer->image;
	u32 section = msg->arg[0], bytes = min_t(u32, msg->arg[1], SECTION_BYTES);

	if (section == CW_NET_INLINE)
		return gpa->packet.type == CW_PT_GPA_DIRECT && bytes &&
		       gpa_copy(gpa, frame, bytes, false) ? bytes : 0;
	if (!ch->send || section >= ch->send->nr * PAGE_SIZE / SECTION_BYTES)
		return 0;
	memcpy(frame, ch->send->va + section * SECTION_BYTES, bytes);
	return bytes;
}

static void net_packet(struct cw_peer *peer, struct cw_peer_channel *ch,
		       const struct cw_packet *head, const void *payload)
{
	struct cw_net_msg msg = *(const struct cw_net_msg *)payload;
	u8 *frame = cw_zalloc(1, SECTION_BYTES);
	u32 bytes = 0;

	if (msg.type == CW_NET_RECV_BUF)
		ch->recv = cw_peer_view(peer, msg.arg[0]);
	else if (msg.type == CW_NET_SEND_BUF)
		ch->send = cw_peer_view(peer, msg.arg[0]);
	else if (msg.type == CW_NET_SEND && frame)
		bytes = net_frame(peer, ch, &msg, frame);
	msg.status = msg.type == CW_NET_INIT || bytes ||
		     (msg.type == CW_NET_RECV_BUF && ch->recv) ||
		     (msg.type == CW_NET_SEND_BUF && ch->send);
	if (head->id)
		packet_send(peer, ch, CW_PT_COMPLETION, head->id, &msg, sizeof(msg));
	if (bytes && ch->recv)
		net_echo(peer, ch, frame, bytes);
	kvfree(frame);
}

/* ---- the disk ---- */

static void disk_packet(struct cw_peer *peer, struct cw_peer_channel *ch,
			const struct cw_packet *head, const void *payload)
{
	const struct cw_packet_gpa *gpa = (struct cw_packet_gpa *)peer->image;
	struct cw_disk_msg msg = *(const struct cw_disk_msg *)payload;
	u32 at = msg.sector * 512;

	msg.operation = 1;
	msg.status = head->type != CW_PT_GPA_DIRECT || at + gpa->bytes > CW_DISK_BYTES ||
		     !gpa_copy(gpa, peer->disk + at, gpa->bytes, !msg.write);
	msg.transfer_bytes = msg.status ? 0 : gpa->bytes;
	packet_send(peer, ch, CW_PT_COMPLETION, head->id, &msg, sizeof(msg));
}

/* ---- packets of the guest ---- */

static void packet_take(struct cw_peer *peer, struct cw_peer_channel *ch, u32 bytes)
{
	const struct cw_packet *head = (struct cw_packet *)peer->image;
	u32 offset = (u32)head->offset8 << 3;

	/* that the guest has taken a frame is no message */
	if (offset < sizeof(*head) || offset > bytes || head->type == CW_PT_COMPLETION)
		return;
	/* what is behind the packet is zero, or of an earlier one of the guest's own */
	offset = min_t(u32, offset, CW_IMAGE_BYTES - sizeof(struct cw_disk_msg));
	if (ch->device == cw_guid_net)
		net_packet(peer, ch, head, peer->image + offset);
	else if (ch->device == cw_guid_disk)
		disk_packet(peer, ch, head, peer->image + offset);
}

void cw_peer_ring(struct cw_peer *peer, u32 relid)
{
	struct cw_peer_channel *ch = &peer->channel[relid];
	struct cw_ring_header *header = cw_peer_header(ch, false);
	u32 write = smp_load_acquire(&header->write), size = ring_bytes(ch, false), bytes, at;
	struct cw_packet head;

	while (write < size && ch->read_at != write) {
		ring_copy(ch, false, ch->read_at, &head, sizeof(head));
		bytes = (u32)head.len8 << 3;
		if (bytes < sizeof(head) || bytes > CW_IMAGE_BYTES)
			return;
		at = ring_copy(ch, false, ch->read_at, peer->image, bytes);
		ch->read_at = (at + CW_PACKET_TRAILER) % size;
		WRITE_ONCE(header->read, ch->read_at);
		packet_take(peer, ch, bytes);
	}
}
