// SPDX-License-Identifier: GPL-2.0-only
/* The emulated host's ends of rings, and its devices: a network that echoes frames, a disk. */
#include "vmbus_peer.h"

struct hv_ring_buffer *cw_peer_header(const struct cw_peer_channel *ch, bool inbound)
{
	return (struct hv_ring_buffer *)(ch->ring->va + (inbound ? ch->in_page * PAGE_SIZE : 0));
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
	struct hv_ring_buffer *header = cw_peer_header(ch, true);
	u32 size = ring_bytes(ch, true), used, at = ch->write_at;
	u64 trailer = (u64)at << 32;

	used = (at + size - READ_ONCE(header->read_index) % size) % size;
	if (used + bytes + sizeof(trailer) >= size)
		return;
	at = ring_copy(ch, true, at, (void *)image, bytes);
	ch->write_at = ring_copy(ch, true, at, &trailer, sizeof(trailer));
	smp_store_release(&header->write_index, ch->write_at);
}

static void packet_send(struct cw_peer *peer, struct cw_peer_channel *ch, u32 type, u64 id,
			const void *payload, u32 payload_bytes)
{
	u8 image[sizeof(struct cw_packet_ranges)] = {};
	struct vmpacket_descriptor *head = (void *)image;
	u32 bytes = round_up(sizeof(*head) + payload_bytes, 8);

	*head = (struct vmpacket_descriptor){ type, sizeof(*head) >> 3, bytes >> 3, 0, id };
	memcpy(head + 1, payload, payload_bytes);
	if (cw_peer_lie(peer, CW_STAGE_PACKET, ch, image, bytes))
		cw_peer_write(ch, image, bytes);
	cw_peer_lie(peer, CW_STAGE_WRITTEN, ch, image, bytes);
}

/* ---- memory that a packet names ---- */

/* Copies to or from the frames of a GPA packet; false where the guest does not share one. */
static bool gpa_copy(const struct cw_packet_gpa *gpa, void *bytes, u32 len, bool to_guest)
{
	u32 offset = gpa->range.offset, nr = PFN_UP((u64)offset + gpa->range.len);
	struct cw_view view = { .nr = nr, .gfn = cw_zalloc(1, sizeof(gpa->range.pfn_array)) };
	bool ok = false;

	if (view.gfn && gpa->nr_ranges == 1 && offset < PAGE_SIZE && nr &&
	    nr <= ARRAY_SIZE(gpa->range.pfn_array) && len <= gpa->range.len) {
		memcpy(view.gfn, gpa->range.pfn_array, 8 * nr);
		ok = cw_view_map(&view);
	}
	if (ok && to_guest)
		memcpy(view.va + offset, bytes, len);
	else if (ok)
		memcpy(bytes, view.va + offset, len);
	cw_view_drop(&view);
	return ok;
}

/* ---- the network ---- */

/* Each frame comes back, in the section of the receive buffer that has its turn. */
static void net_echo(struct cw_peer *peer, struct cw_peer_channel *ch, u8 *frame, u32 bytes)
{
	u32 section = ch->write_at / 64 % (ch->recv->nr * PAGE_SIZE / CW_NET_SECTION);
	struct cw_packet_ranges packet = {
		.set = 1, .nr = 1, .range = { { bytes, section * CW_NET_SECTION } },
	};

	cw_peer_lie(peer, CW_STAGE_FRAME, ch, frame, bytes);
	memcpy(ch->recv->va + section * CW_NET_SECTION, frame, bytes);
	packet_send(peer, ch, VM_PKT_DATA_USING_XFER_PAGES, section + 1, &packet.set,
		    offsetofend(struct cw_packet_ranges, range[0]) - sizeof(packet.head));
}

/* The frame that a message of the guest carries, or names. */
static u32 net_frame(struct cw_peer *peer, const struct cw_peer_channel *ch,
		     const struct cw_net_msg *msg, u8 *frame)
{
	const struct cw_packet_gpa *gpa = (void *)peer->image;
	u32 section = msg->arg[0], bytes = min_t(u32, msg->arg[1], CW_NET_SECTION);

	if (section == CW_NET_INLINE)
		return gpa->head.type == VM_PKT_DATA_USING_GPA_DIRECT && bytes &&
		       gpa_copy(gpa, frame, bytes, false) ? bytes : 0;
	if (!ch->send || section >= ch->send->nr * PAGE_SIZE / CW_NET_SECTION)
		return 0;
	memcpy(frame, ch->send->va + section * CW_NET_SECTION, bytes);
	return bytes;
}

static void net_packet(struct cw_peer *peer, struct cw_peer_channel *ch,
		       const struct vmpacket_descriptor *head, const void *payload)
{
	struct cw_net_msg msg = *(const struct cw_net_msg *)payload;
	u8 *frame = cw_zalloc(1, CW_NET_SECTION);
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
	if (head->trans_id)
		packet_send(peer, ch, VM_PKT_COMP, head->trans_id, &msg, sizeof(msg));
	if (bytes && ch->recv)
		net_echo(peer, ch, frame, bytes);
	kvfree(frame);
}

/* ---- the disk ---- */

static void disk_packet(struct cw_peer *peer, struct cw_peer_channel *ch,
			const struct vmpacket_descriptor *head, const void *payload)
{
	const struct cw_packet_gpa *gpa = (void *)peer->image;
	struct cw_disk_msg msg = *(const struct cw_disk_msg *)payload;
	u32 at = msg.sector * 512, len = gpa->range.len;

	msg.operation = 1;
	msg.status = head->type != VM_PKT_DATA_USING_GPA_DIRECT || at + len > CW_DISK_BYTES ||
		     !gpa_copy(gpa, peer->disk + at, len, !msg.write);
	msg.transfer_bytes = msg.status ? 0 : len;
	packet_send(peer, ch, VM_PKT_COMP, head->trans_id, &msg, sizeof(msg));
}

/* ---- packets of the guest ---- */

static void packet_take(struct cw_peer *peer, struct cw_peer_channel *ch, u32 bytes)
{
	const struct vmpacket_descriptor *head = (void *)peer->image;
	u32 offset = head->offset8 << 3;

	/* that the guest has taken a frame is no message */
	if (offset < sizeof(*head) || offset > bytes || head->type == VM_PKT_COMP)
		return;
	/* what is behind the packet is zero, or of an earlier one of the guest's own */
	offset = min_t(u32, offset, CW_IMAGE_BYTES - sizeof(struct cw_disk_msg));
	if (ch->device == CW_DEVICE_NET)
		net_packet(peer, ch, head, peer->image + offset);
	else if (ch->device == CW_DEVICE_DISK)
		disk_packet(peer, ch, head, peer->image + offset);
}

void cw_peer_ring(struct cw_peer *peer, u32 relid)
{
	struct cw_peer_channel *ch = &peer->channel[relid];
	struct hv_ring_buffer *header = cw_peer_header(ch, false);
	u32 write = smp_load_acquire(&header->write_index), size = ring_bytes(ch, false), bytes, at;
	struct vmpacket_descriptor head;

	while (write < size && ch->read_at != write) {
		ring_copy(ch, false, ch->read_at, &head, sizeof(head));
		bytes = head.len8 << 3;
		if (bytes < sizeof(head) || bytes > CW_IMAGE_BYTES)
			return;
		at = ring_copy(ch, false, ch->read_at, peer->image, bytes);
		ch->read_at = (at + CW_PACKET_TRAILER) % size;
		WRITE_ONCE(header->read_index, ch->read_at);
		packet_take(peer, ch, bytes);
	}
}
