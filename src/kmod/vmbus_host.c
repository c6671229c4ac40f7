// SPDX-License-Identifier: GPL-2.0-only
/* The emulated VMBus host: connections, messages, offers and GPADLs.  It verifies what it is told
 * like any host would, and lies where its row says so.
 */
#include <linux/vmalloc.h>
#include <linux/xarray.h>

#include "vmbus_peer.h"

#define CONNECTION_SHIFT 8	/* above: the peer; below: 0 for messages, else the relid */
#define WINDOW_BYTES	(2 * PAGE_SIZE)

static DEFINE_XARRAY_ALLOC1(peers);

/* ---- views of guest memory ---- */

bool cw_view_map(struct cw_view *view)
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

void cw_view_drop(struct cw_view *view)
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

const struct cw_view *cw_peer_view(struct cw_peer *peer, u32 handle)
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
	u32 nr = min(room, view->nr - view->got);

	memcpy(view->gfn + view->got, gfn, 8 * nr);
	view->got += nr;
	if (view->got < view->nr)
		return;
	cw_peer_lie(peer, CW_STAGE_GPADL, &peer->channel[view->relid], NULL, 0);
	cw_peer_say(peer, CHANNELMSG_GPADL_CREATED, view->relid, view->handle, !cw_view_map(view));
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
		cw_view_drop(view);
	cw_peer_say(peer, CHANNELMSG_GPADL_TORNDOWN, handle, 0, 0);
}

static void on_open(struct cw_peer *peer, const union cw_message *in)
{
	struct cw_peer_channel *ch = peer_channel(peer, in->open.child_relid);
	const struct cw_view *ring = cw_peer_view(peer, in->open.ringbuffer_gpadlhandle);
	u32 in_page = in->open.downstream_ringbuffer_pageoffset;
	bool ok = ch && ring && in_page > 1 && in_page < ring->nr - 1;

	if (ok) {
		ch->opened = true;
		ch->ring = ring;
		ch->in_page = in_page;
		ch->read_at = 0;
		ch->write_at = 0;
		cw_peer_lie(peer, CW_STAGE_OPEN, ch, NULL, 0);
	}
	cw_peer_say(peer, CHANNELMSG_OPENCHANNEL_RESULT, in->open.child_relid, in->open.openid,
		    !ok);
	if (ok)
		cw_peer_lie(peer, CW_STAGE_OPENED, ch, NULL, 0);
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
			cw_peer_ring(peer, relid);
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
	u32 value = call->data[0];

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
	struct cw_peer *peer = cw_zalloc(1, sizeof(*peer));
	int err = -ENOMEM;
	u32 id;

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
	if (!cw_view_map(&peer->synic))
		goto err_peer;
	/* ids and class of a function, as config space begins */
	memcpy(peer->config, "\x36\x14\x01\x00\x06\x04\x10\x00\x00\x00\x00\x02", 12);
	err = xa_alloc(&peers, &id, peer, XA_LIMIT(1, 0xffff), GFP_KERNEL);
	if (err)
		goto err_peer;
	peer->connection = id << CONNECTION_SHIFT;
	*connection = peer->connection;
	return peer;
err_peer:
	cw_view_drop(&peer->synic);
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
		cw_view_drop(&peer->view[i]);
	cw_view_drop(&peer->synic);
	kvfree(peer);
}
