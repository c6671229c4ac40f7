// SPDX-License-Identifier: GPL-2.0-only
/* The emulated VMBus host: connections, messages, offers and GPADLs, its ends of rings, and its
 * devices: a network that echoes frames, a disk.  It verifies what it is told like any host would,
 * and lies where its row says so.
 */
#include <linux/vmalloc.h>
#include <linux/xarray.h>

#include "vmbus_peer.h"

#define CONNECTION_SHIFT 8	/* above: the peer; below: 0 for messages, else the relid */
#define WINDOW_BYTES	(2 * PAGE_SIZE)

static DEFINE_XARRAY_ALLOC1(peers);

/* ---- views of guest memory ---- */

static bool view_map(struct cw_view *view)
{
	struct page **pages = cw_zalloc(view->nr, sizeof(*pages));
	u32 i;

	for (i = 0; pages && i < view->nr; i++) {
		if (!cw_host_sees(view->gfn[i]))
			goto out_pages;
		pages[i] = pfn_to_page(view->gfn[i]);
	}
	view->va = pages ? cw_vmap(pages, view->nr) : NULL;
out_pages:
	kvfree(pages);
	return view->va;
}

static void view_drop(struct cw_view *view)
{
	vunmap(view->va);
	kvfree(view->gfn);
	*view = (struct cw_view){};
}

/* The one of that handle; of 0: one that is free. */
static struct cw_view *view_find(struct cw_peer *peer, u32 handle)
{
	struct cw_view *view;

	for (view = peer->view; view < peer->view + CW_PEER_GPADLS; view++)
		if (view->handle == handle)
			return view;
	return NULL;
}

static const struct cw_view *peer_view(struct cw_peer *peer, u32 handle)
{
	const struct cw_view *view = view_find(peer, handle);

	return view && view->va ? view : NULL;
}

/* ---- messages to the guest ---- */

/* One at a time fits into the slot; the others wait for its end. */
void cw_peer_eom(struct cw_peer *peer)
{
	struct hv_message_page *page = (struct hv_message_page *)peer->synic.va;
	struct hv_message *slot = &page->sint_message[CW_MESSAGE_SINT], message;

	if (!READ_ONCE(slot->header.message_type) && kfifo_get(&peer->waiting, &message))
		*slot = message;
}

void cw_peer_send(struct cw_peer *peer, const void *msg, u32 bytes)
{
	struct hv_message message = {
		.header = { .message_type = CW_MESSAGE_CHANNEL, .payload_size = bytes },
	};

	memcpy(message.u.payload, msg, bytes);
	if (!kfifo_put(&peer->waiting, message))
		return;
	cw_peer_eom(peer);
	cw_peer_lie(peer, CW_STAGE_SENT, NULL, (void *)msg, bytes);
}

void cw_peer_say(struct cw_peer *peer, u32 type, u32 word0, u32 word1, u32 word2)
{
	union cw_message msg = { .plain = { { type }, { word0, word1, word2 } } };

	cw_peer_send(peer, &msg, CW_MESSAGE_WORDS(3));
}

void cw_peer_offer(struct cw_peer *peer, const guid_t *kind, u32 relid, u16 flags)
{
	struct vmbus_channel_offer_channel msg = {
		.header.msgtype = CHANNELMSG_OFFERCHANNEL,
		.offer = { .if_type = *kind, .chn_flags = flags },
		.child_relid = relid,
		.is_dedicated_interrupt = 1,
		.connection_id = peer->connection | relid,
	};

	memset(&msg.offer.if_instance, 0xc0, sizeof(msg.offer.if_instance));
	memcpy(&msg.offer.if_instance, &msg.connection_id, sizeof(msg.connection_id));
	cw_peer_send(peer, &msg, sizeof(msg));
}

/* ---- messages of the guest; each is a copy ---- */

static void on_contact(struct cw_peer *peer, const union cw_message *in)
{
	struct vmbus_channel_version_response msg = {
		.header.msgtype = CHANNELMSG_VERSION_RESPONSE,
		.version_supported = in->contact.vmbus_version_requested <= VERSION_WIN10_V5_2 &&
				     cw_host_sees(PHYS_PFN(in->contact.monitor_page1)) &&
				     cw_host_sees(PHYS_PFN(in->contact.monitor_page2)),
		.msg_conn_id = peer->connection,
	};

	cw_peer_send(peer, &msg, sizeof(msg));
}

static void on_request_offers(struct cw_peer *peer, const union cw_message *in)
{
	enum cw_device device;

	for (device = 0; device < CW_DEVICES; device++) {
		peer->channel[device + 1].offered = true;
		peer->channel[device + 1].device = device;
		cw_peer_offer(peer, &cw_devices[device].guid, device + 1, 0);
	}
	cw_peer_lie(peer, CW_STAGE_OFFERED, NULL, NULL, 0);
	cw_peer_say(peer, CHANNELMSG_ALLOFFERS_DELIVERED, 0, 0, 0);
}

static struct cw_peer_channel *peer_channel(struct cw_peer *peer, u32 relid)
{
	return relid < CW_CHANNELS_MAX && peer->channel[relid].offered ? &peer->channel[relid] :
									 NULL;
}

static void gpadl_add(struct cw_peer *peer, struct cw_view *view, const u8 *gfn, u32 room)
{
	u32 nr = min(room, view->nr - view->got), relid = view->relid, handle = view->handle;
	bool bad;

	memcpy(view->gfn + view->got, gfn, 8 * nr);
	view->got += nr;
	if (view->got < view->nr)
		return;
	bad = !view_map(view);
	cw_peer_lie(peer, CW_STAGE_GPADL, &peer->channel[relid], NULL, 0);
	cw_peer_say(peer, CHANNELMSG_GPADL_CREATED, relid, handle, bad);
}

static void on_gpadl(struct cw_peer *peer, const union cw_message *in)
{
	u32 bytes = in->gpadl.range_buflen, nr = bytes / 8 - 1;
	struct cw_view *view = view_find(peer, 0);

	if (view && peer_channel(peer, in->gpadl.child_relid) && in->gpadl.rangecount == 1 &&
	    bytes > sizeof(struct gpa_range) && bytes % 8 == 0) {
		view->gfn = cw_zalloc(nr, 8);
		if (view->gfn) {
			view->handle = in->gpadl.gpadl;
			view->relid = in->gpadl.child_relid;
			view->nr = nr;
			return gpadl_add(peer, view, in->bytes + CW_GPADL_HEADER_BYTES,
					 CW_GPADL_ROOM(CW_GPADL_HEADER_BYTES));
		}
	}
	cw_peer_say(peer, CHANNELMSG_GPADL_CREATED, in->gpadl.child_relid, in->gpadl.gpadl, 1);
}

static void on_gpadl_body(struct cw_peer *peer, const union cw_message *in)
{
	struct cw_view *view = view_find(peer, in->body.gpadl);

	if (view && view->got < view->nr)
		gpadl_add(peer, view, in->bytes + CW_GPADL_BODY_BYTES,
			  CW_GPADL_ROOM(CW_GPADL_BODY_BYTES));
}

static void on_teardown(struct cw_peer *peer, const union cw_message *in)
{
	u32 handle = in->plain.word[1];
	struct cw_view *view = view_find(peer, handle);

	if (view)
		view_drop(view);
	cw_peer_say(peer, CHANNELMSG_GPADL_TORNDOWN, handle, 0, 0);
}

static void on_open(struct cw_peer *peer, const union cw_message *in)
{
	struct cw_peer_channel *ch = peer_channel(peer, in->open.child_relid);
	const struct cw_view *ring = peer_view(peer, in->open.ringbuffer_gpadlhandle);
	u32 in_page = in->open.downstream_ringbuffer_pageoffset;
	bool ok = ch && ring && in_page > 1 && in_page < ring->nr - 1;

	if (ok) {
		*ch = (struct cw_peer_channel){
			.offered = true, .opened = true, .device = ch->device,
			.ring = ring, .in_page = in_page,
		};
		cw_peer_lie(peer, CW_STAGE_OPEN, ch, NULL, 0);
	}
	cw_peer_say(peer, CHANNELMSG_OPENCHANNEL_RESULT, in->open.child_relid, in->open.openid,
		    !ok);
	if (ok)
		cw_peer_lie(peer, CW_STAGE_OPENED, ch, NULL, 0);
}

/* A channel that it took back: the guest makes its pages private on that word alone. */
void cw_peer_forget(struct cw_peer *peer, struct cw_peer_channel *ch)
{
	struct cw_view *view;

	for (view = peer->view; view < peer->view + CW_PEER_GPADLS; view++)
		if (view->handle && view->relid == ch - peer->channel)
			view_drop(view);
	*ch = (struct cw_peer_channel){ .device = ch->device };
}

static void on_close(struct cw_peer *peer, const union cw_message *in)
{
	struct cw_peer_channel *ch = peer_channel(peer, in->plain.word[0]);

	if (ch)
		ch->opened = false;
}

static void on_unload(struct cw_peer *peer, const union cw_message *in)
{
	cw_peer_say(peer, CHANNELMSG_UNLOAD_RESPONSE, 0, 0, 0);
}

/* ---- its ends of rings ---- */

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
	struct cw_view view = { .nr = nr, .gfn = (u64 *)gpa->range.pfn_array };

	if (gpa->nr_ranges != 1 || offset >= PAGE_SIZE || !nr || len > gpa->range.len ||
	    nr > ARRAY_SIZE(gpa->range.pfn_array) || !view_map(&view))
		return false;
	memcpy(to_guest ? view.va + offset : bytes, to_guest ? bytes : view.va + offset, len);
	vunmap(view.va);
	return true;
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
		ch->recv = peer_view(peer, msg.arg[0]);
	else if (msg.type == CW_NET_SEND_BUF)
		ch->send = peer_view(peer, msg.arg[0]);
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

static void peer_ring(struct cw_peer *peer, u32 relid)
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

/* ---- who takes what the guest sends ---- */

static void (*const handlers[CHANNELMSG_COUNT])(struct cw_peer *, const union cw_message *) = {
	[CHANNELMSG_INITIATE_CONTACT] = on_contact,
	[CHANNELMSG_REQUESTOFFERS] = on_request_offers,
	[CHANNELMSG_GPADL_HEADER] = on_gpadl,
	[CHANNELMSG_GPADL_BODY] = on_gpadl_body,
	[CHANNELMSG_GPADL_TEARDOWN] = on_teardown,
	[CHANNELMSG_OPENCHANNEL] = on_open,
	[CHANNELMSG_CLOSECHANNEL] = on_close,
	[CHANNELMSG_UNLOAD] = on_unload,
};

void cw_peer_work(struct cw_peer *peer)
{
	const union cw_message *msg;
	struct cw_hv_message message;
	u32 relid, type;

	while (kfifo_out_spinlocked(&peer->queue, &message, 1, &peer->lock)) {
		msg = (const union cw_message *)message.payload;
		type = msg->header.msgtype;
		if (message.type == CW_MESSAGE_CHANNEL && type < CHANNELMSG_COUNT && handlers[type])
			handlers[type](peer, msg);
		else
			atomic64_inc(&cw_counters.host_bad);
	}
	for_each_set_bit(relid, peer->flags, CW_CHANNELS_MAX)
		if (test_and_clear_bit(relid, peer->flags) && peer->channel[relid].opened)
			peer_ring(peer, relid);
}

/* ---- what hypercalls reach: nothing here sleeps ---- */

static struct cw_peer *peer_find(u32 connection)
{
	return xa_load(&peers, connection >> CONNECTION_SHIFT);
}

u32 cw_peer_message(const struct cw_hv_message *message)
{
	struct cw_peer *peer = peer_find(message->connection);

	if (!peer || message->connection != peer->connection)
		return HV_STATUS_INVALID_PARAMETER;
	return kfifo_in_spinlocked(&peer->queue, message, 1, &peer->lock) ? HV_STATUS_SUCCESS :
									    CW_HV_TIMEOUT;
}

u32 cw_peer_event(u32 connection, u16 flag)
{
	struct cw_peer *peer = peer_find(connection);
	u32 relid = connection & ((1 << CONNECTION_SHIFT) - 1);

	if (!peer || !relid || relid >= CW_CHANNELS_MAX)
		return HV_STATUS_INVALID_PARAMETER;
	set_bit(relid, peer->flags);
	return HV_STATUS_SUCCESS;
}

u64 cw_peer_window(const struct cw_peer *peer)
{
	return CW_PCI_GPA + (u64)(peer->connection >> CONNECTION_SHIFT) * WINDOW_BYTES;
}

int cw_peer_mmio(struct cw_peer *peer, u64 gpa, u32 size, u32 *value, bool write)
{
	u64 where = gpa - cw_peer_window(peer);
	u8 *at = where ? peer->config + where - CW_PCI_CONFIG : (u8 *)&peer->function;

	if (!size || size > 4 || (where && (where < CW_PCI_CONFIG ||
					    where + size > CW_PCI_CONFIG + sizeof(peer->config))))
		return -EINVAL;
	if (write)
		memcpy(at, value, size);
	else
		memcpy(value, at, size);
	return 0;
}

u32 cw_peer_other(u16 code, const void *input, void *output)
{
	const struct cw_mmio_call *call = input;
	struct cw_peer *peer = xa_load(&peers, (call->gpa - CW_PCI_GPA) / WINDOW_BYTES);
	bool write = code == CW_HVCALL_MMIO_WRITE;
	u32 value = write ? call->data[0] : 0;

	if (code != CW_HVCALL_MMIO_READ && !write)
		return HV_STATUS_INVALID_HYPERCALL_CODE;
	if (!peer || cw_peer_mmio(peer, call->gpa, call->size, &value, write))
		return HV_STATUS_INVALID_PARAMETER;
	if (!write)
		memcpy(output, &value, sizeof(value));
	return HV_STATUS_SUCCESS;
}

/* ---- life ---- */

struct cw_peer *cw_peer_new(enum cw_host_id host, u64 synic_gfn, u32 *connection)
{
	struct cw_peer *peer;
	int err = -ENOMEM;
	u32 id;

	if (!cw_host_sees(synic_gfn))
		return ERR_PTR(-EACCES);
	peer = cw_zalloc(1, sizeof(*peer));
	if (!peer)
		return ERR_PTR(-ENOMEM);
	peer->host = host;
	spin_lock_init(&peer->lock);
	INIT_KFIFO(peer->queue);
	INIT_KFIFO(peer->waiting);
	peer->synic = (struct cw_view){ .nr = 1, .got = 1, .gfn = cw_zalloc(1, 8) };
	if (!peer->synic.gfn)
		goto err_peer;
	*peer->synic.gfn = synic_gfn;
	if (!view_map(&peer->synic))
		goto err_peer;
	/* ids and class of a function, as config space begins */
	memcpy(peer->config, "\x36\x14\x01\x00\x06\x04\x10\x00\x00\x00\x00\x02", 12);
	if (!cw_alloc_fails())
		err = xa_alloc(&peers, &id, peer, XA_LIMIT(1, 0xffff), GFP_KERNEL);
	if (err)
		goto err_peer;
	peer->connection = id << CONNECTION_SHIFT;
	*connection = peer->connection;
	return peer;
err_peer:
	view_drop(&peer->synic);
	kvfree(peer);
	return ERR_PTR(err);
}

void cw_peer_free(struct cw_peer *peer)
{
	u32 i;

	if (IS_ERR_OR_NULL(peer))
		return;
	xa_erase(&peers, peer->connection >> CONNECTION_SHIFT);
	for (i = 0; i < CW_PEER_GPADLS; i++)
		view_drop(&peer->view[i]);
	view_drop(&peer->synic);
	kvfree(peer);
}
