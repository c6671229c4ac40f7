// SPDX-License-Identifier: GPL-2.0-only
/* The emulated VMBus host: connections, messages, offers and GPADLs.  It verifies what it is told
 * like any host would, and lies where its row says so.
 */
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/xarray.h>

#include "vmbus_peer.h"

#define CONNECTION_SHIFT 8	/* above: the peer; below: 0 for messages, else the relid */
#define WINDOW_BYTES	(2 * PAGE_SIZE)
#define CONFIG_MMIO	PAGE_SIZE	/* where config space begins in its window */

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

const struct cw_view *cw_peer_view(const struct cw_peer *peer, u32 handle)
{
	u32 i;

	for (i = 0; i < CW_PEER_GPADLS && handle; i++)
		if (peer->view[i].handle == handle && peer->view[i].va)
			return &peer->view[i];
	return NULL;
}

/* ---- messages to the guest ---- */

/* One at a time fits into the slot; the others wait for its end. */
void cw_peer_eom(struct cw_peer *peer)
{
	struct cw_synic_slot *slot = (struct cw_synic_slot *)peer->synic.va + CW_MESSAGE_SINT;

	if (!peer->nr_waiting || READ_ONCE(slot->type))
		return;
	*slot = peer->waiting[0];
	peer->nr_waiting--;
	memmove(peer->waiting, peer->waiting + 1, peer->nr_waiting * sizeof(*slot));
}

void cw_peer_send(struct cw_peer *peer, const void *msg, u32 bytes)
{
	struct cw_synic_slot *slot = &peer->waiting[peer->nr_waiting];

	if (peer->nr_waiting == ARRAY_SIZE(peer->waiting))
		return;
	*slot = (struct cw_synic_slot){ .type = CW_MESSAGE_CHANNEL, .bytes = bytes };
	memcpy(slot->payload, msg, bytes);
	peer->nr_waiting++;
	cw_peer_eom(peer);
	cw_peer_lie(peer, CW_STAGE_SENT, NULL, (void *)msg, &bytes);
}

void cw_peer_say(struct cw_peer *peer, u32 type, u32 word0, u32 word1, u32 word2)
{
	struct cw_msg msg = { .type = type, .word = { word0, word1, word2 } };

	cw_peer_send(peer, &msg, 8 + 12);
}

void cw_peer_offer(struct cw_peer *peer, const u8 *device, u32 relid, u16 flags)
{
	struct cw_msg_offer msg = {
		.type = CW_MT_OFFER,
		.flags = flags,
		.relid = relid,
		.dedicated_interrupt = 1,
		.connection = peer->connection | relid,
	};

	memcpy(msg.device, device, sizeof(msg.device));
	memset(msg.instance, 0xc0, sizeof(msg.instance));
	memcpy(msg.instance, &msg.connection, sizeof(msg.connection));
	cw_peer_send(peer, &msg, sizeof(msg));
}

/* ---- messages of the guest; each is a copy ---- */

static void on_contact(struct cw_peer *peer, const void *payload)
{
	const struct cw_msg_contact *in = payload;
	struct cw_msg_version msg = {
		.type = CW_MT_VERSION,
		.supported = in->version <= CW_VERSION(5, 2) &&
			     cw_host_sees(in->monitor[0] >> PAGE_SHIFT) &&
			     cw_host_sees(in->monitor[1] >> PAGE_SHIFT),
		.connection = peer->connection,
	};

	cw_peer_send(peer, &msg, sizeof(msg));
}

static void on_request_offers(struct cw_peer *peer, const void *payload)
{
	static const u8 *const devices[] = { cw_guid_net, cw_guid_disk, cw_guid_pci };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(devices); i++) {
		peer->channel[i + 1].device = devices[i];
		cw_peer_offer(peer, devices[i], i + 1, 0);
	}
	cw_peer_lie(peer, CW_STAGE_OFFERED, NULL, NULL, NULL);
	cw_peer_say(peer, CW_MT_OFFERS_DONE, 0, 0, 0);
}

static struct cw_peer_channel *peer_channel(struct cw_peer *peer, u32 relid)
{
	return relid < CW_CHANNELS_MAX && peer->channel[relid].device ? &peer->channel[relid] :
									NULL;
}

static void gpadl_add(struct cw_peer *peer, struct cw_view *view, const u64 *gfn, u32 nr)
{
	nr = min(nr, view->nr - view->got);
	memcpy(view->gfn + view->got, gfn, 8 * nr);
	view->got += nr;
	if (view->got < view->nr)
		return;
	cw_peer_lie(peer, CW_STAGE_GPADL, &peer->channel[view->relid], NULL, NULL);
	cw_peer_say(peer, CW_MT_GPADL_CREATED, view->relid, view->handle, !cw_view_map(view));
}

static void on_gpadl(struct cw_peer *peer, const void *payload)
{
	const struct cw_msg_gpadl *msg = payload;
	struct cw_view *view = peer->view;
	u64 gfn[ARRAY_SIZE(msg->gfn)];

	memcpy(gfn, msg->gfn, sizeof(gfn));
	while (view < peer->view + CW_PEER_GPADLS && view->handle)
		view++;
	if (view == peer->view + CW_PEER_GPADLS || !peer_channel(peer, msg->relid) ||
	    msg->nr_ranges != 1 || msg->range_bytes <= 8 || msg->range_bytes % 8)
		return cw_peer_say(peer, CW_MT_GPADL_CREATED, msg->relid, msg->gpadl, 1);
	*view = (struct cw_view){ msg->gpadl, msg->relid, msg->range_bytes / 8 - 1 };
	view->gfn = cw_zalloc(view->nr, 8);
	if (view->gfn)
		return gpadl_add(peer, view, gfn, ARRAY_SIZE(gfn));
	cw_view_drop(view);
	cw_peer_say(peer, CW_MT_GPADL_CREATED, msg->relid, msg->gpadl, 1);
}

static void on_gpadl_body(struct cw_peer *peer, const void *payload)
{
	const struct cw_msg_gpadl_body *msg = payload;
	u32 i;

	for (i = 0; i < CW_PEER_GPADLS; i++)
		if (peer->view[i].handle == msg->gpadl && peer->view[i].got < peer->view[i].nr)
			gpadl_add(peer, &peer->view[i], msg->gfn, ARRAY_SIZE(msg->gfn));
}

static void on_teardown(struct cw_peer *peer, const void *payload)
{
	u32 handle = ((const struct cw_msg *)payload)->word[1], i;

	for (i = 0; i < CW_PEER_GPADLS; i++)
		if (peer->view[i].handle == handle)
			cw_view_drop(&peer->view[i]);
	cw_peer_say(peer, CW_MT_GPADL_TORNDOWN, handle, 0, 0);
}

static void on_open(struct cw_peer *peer, const void *payload)
{
	const struct cw_msg_open *msg = payload;
	struct cw_peer_channel *ch = peer_channel(peer, msg->relid);
	const struct cw_view *ring = cw_peer_view(peer, msg->gpadl);
	bool ok = ch && ring && msg->in_page > 1 && msg->in_page < ring->nr - 1;

	if (ok) {
		ch->opened = true;
		ch->ring = ring;
		ch->in_page = msg->in_page;
		ch->read_at = 0;
		ch->write_at = 0;
		cw_peer_lie(peer, CW_STAGE_OPEN, ch, NULL, NULL);
	}
	cw_peer_say(peer, CW_MT_OPENED, msg->relid, msg->openid, !ok);
	if (ok)
		cw_peer_lie(peer, CW_STAGE_OPENED, ch, NULL, NULL);
}

static void on_close(struct cw_peer *peer, const void *payload)
{
	struct cw_peer_channel *ch = peer_channel(peer, ((const struct cw_msg *)payload)->word[0]);

	if (ch)
		ch->opened = false;
}

static void on_unload(struct cw_peer *peer, const void *payload)
{
	cw_peer_say(peer, CW_MT_UNLOADED, 0, 0, 0);
}

static void (*const handlers[CW_MT_NR])(struct cw_peer *peer, const void *payload) = {
	[CW_MT_CONTACT] = on_contact,
	[CW_MT_REQUEST_OFFERS] = on_request_offers,
	[CW_MT_GPADL_HEADER] = on_gpadl,
	[CW_MT_GPADL_BODY] = on_gpadl_body,
	[CW_MT_GPADL_TEARDOWN] = on_teardown,
	[CW_MT_OPEN] = on_open,
	[CW_MT_CLOSE] = on_close,
	[CW_MT_UNLOAD] = on_unload,
};

static bool peer_take(struct cw_peer *peer, struct cw_hv_message *message)
{
	unsigned long flags;
	bool any;

	spin_lock_irqsave(&peer->lock, flags);
	any = peer->nr_queue;
	if (any) {
		*message = peer->queue[0];
		peer->nr_queue--;
		memmove(peer->queue, peer->queue + 1, peer->nr_queue * sizeof(*message));
	}
	spin_unlock_irqrestore(&peer->lock, flags);
	return any;
}

void cw_peer_work(struct cw_peer *peer)
{
	struct cw_hv_message message;
	u32 relid, type;

	while (peer_take(peer, &message)) {
		type = ((const struct cw_msg *)message.payload)->type;
		if (message.type == CW_MESSAGE_CHANNEL && type < CW_MT_NR && handlers[type])
			handlers[type](peer, message.payload);
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
	u32 status = HV_STATUS_SUCCESS;
	unsigned long flags;

	if (!peer || message->connection != peer->connection)
		return HV_STATUS_INVALID_PARAMETER;
	spin_lock_irqsave(&peer->lock, flags);
	if (peer->nr_queue < CW_PEER_QUEUE)
		peer->queue[peer->nr_queue++] = *message;
	else
		status = CW_HV_TIMEOUT;
	spin_unlock_irqrestore(&peer->lock, flags);
	return status;
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
	u8 *at = where ? peer->config + where - CONFIG_MMIO : (u8 *)&peer->function;

	if (!size || size > 4 || (where && (where < CONFIG_MMIO ||
					    where + size > CONFIG_MMIO + sizeof(peer->config))))
		return -EINVAL;
	if (write)
		memcpy(at, value, size);
	else
		memcpy(value, at, size);
	return 0;
}

/* MMIO: address and size, and what is written behind them (TLFS) */
u32 cw_peer_other(u16 code, const void *input, void *output)
{
	bool write = code == CW_HVCALL_MMIO_WRITE;
	u64 gpa = *(const u64 *)input;
	u32 size = *(const u32 *)(input + 8), value = *(const u32 *)(input + 16);
	struct cw_peer *peer = xa_load(&peers, (gpa - CW_PCI_GPA) / WINDOW_BYTES);

	if (code != CW_HVCALL_MMIO_READ && !write)
		return HV_STATUS_INVALID_HYPERCALL_CODE;
	if (!peer || cw_peer_mmio(peer, gpa, size, &value, write))
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
	peer->synic = (struct cw_view){ .nr = 1, .got = 1 };
	peer->synic.gfn = cw_zalloc(1, 8);
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
