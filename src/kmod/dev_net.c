// SPDX-License-Identifier: GPL-2.0-only
/* A network like netvsc's: buffers shared once for short frames, bounce slots for long ones.  What
 * the host says of a frame is validated, the frame is copied, and only then its head is read.
 */
#include <cocowatch/event_ring.h>

#include "vmbus.h"

#define BUFFER_PAGES	30	/* more than a GPADL header can name */
#define RING_PAGES	3
#define FRAMES		4
#define FRAME_SHORT	100
#define FRAME_LONG	2000
#define RECV_SET	1
#define NET_DEV		0x1e7ULL	/* whose slots they are */

struct net {
	struct cw_channel *ch;
	struct cw_gpadl recv;
	struct cw_gpadl send;
	struct cw_bounce bounce;
	u32 echoed;		/* frames that came back as they were sent */
	u8 sent[CW_NET_SECTION];
	u8 frame[CW_NET_SECTION];	/* private copy of a frame received */
};

/* ---- receiving ---- */

/* The length in the head of a frame: of the copy, or as a misbehaviour where the host can write. */
static void frame_length(struct net *net, u32 offset)
{
	struct cw_rndis *head = (struct cw_rndis *)net->frame;
	struct cw_rndis *shared = (void *)cw_range_vaddr(net->recv.range) + offset;
	u32 validated = head->bytes;

	cw_peer_meanwhile(net->ch->bus->peer, net->ch->relid, false,
			  offset + offsetof(struct cw_rndis, bytes));
	if (cw_bus_is(net->ch->bus, CW_GUEST_FRAME_TWICE))
		head->bytes = READ_ONCE(shared->bytes);
	trace_cocovm_value_used(net->ch->relid, CW_FETCH_LENGTH, validated, head->bytes);
}

static bool frame_is_good(const struct net *net, u32 bytes)
{
	const struct cw_rndis *head = (const struct cw_rndis *)net->frame;

	if (bytes < sizeof(*head) || head->type != CW_RNDIS_FRAME || head->bytes > bytes ||
	    head->data_offset < sizeof(*head) || head->data_offset > head->bytes ||
	    head->data_bytes > head->bytes - head->data_offset)
		return false;
	return !memcmp(net->frame, net->sent, bytes);
}

static void net_ranges(struct net *net, const struct cw_packet_ranges *packet, u32 bytes)
{
	u32 room = net->recv.range->nr * PAGE_SIZE, i, len, offset;
	u32 named = offsetof(struct cw_packet_ranges, range) - sizeof(packet->head);
	struct cw_net_msg done = { .status = 1 };

	if (bytes < named || packet->set != RECV_SET || !packet->nr ||
	    packet->nr > (bytes - named) / sizeof(packet->range[0]))
		return;
	for (i = 0; i < packet->nr; i++) {
		len = packet->range[i].byte_count;
		offset = packet->range[i].byte_offset;
		if (len > sizeof(net->frame) || offset > room || len > room - offset)
			continue;
		memcpy(net->frame, (void *)cw_range_vaddr(net->recv.range) + offset, len);
		if (!frame_is_good(net, len))
			continue;
		frame_length(net, offset);
		net->echoed++;
	}
	cw_channel_answer(net->ch, packet->head.trans_id, &done, sizeof(done));
}

static void net_packet(void *driver, const struct vmpacket_descriptor *packet, const void *data,
		       u32 bytes)
{
	if (packet->type == VM_PKT_DATA_USING_XFER_PAGES && data == &packet[1])
		net_ranges(driver, (const void *)packet, bytes);
}

/* ---- sending ---- */

static int net_call(struct net *net, struct cw_packet_gpa *gpa, const struct cw_net_msg *msg,
		    u32 bytes)
{
	struct cw_net_msg answer = {};
	int err = cw_channel_call(net->ch, gpa, msg, bytes, &answer, sizeof(answer));

	return err ?: answer.status == 1 ? 0 : -EIO;
}

static int net_ask(struct net *net, u32 type, u32 arg)
{
	struct cw_net_msg msg = { .type = type, .arg = { arg } };

	return net_call(net, NULL, &msg, sizeof(msg));
}

static void frame_fill(struct net *net, u32 nr, u32 bytes)
{
	struct cw_rndis *head = (struct cw_rndis *)net->sent;

	memset(net->sent, 'a' + nr % 26, sizeof(net->sent));
	*head = (struct cw_rndis){ CW_RNDIS_FRAME, bytes, sizeof(*head), bytes - sizeof(*head) };
}

/* Zero up to the section's end: what an earlier frame left there is not this one's. */
static int send_short(struct net *net, u32 nr, u32 bytes)
{
	u32 section = nr % (net->send.range->nr * PAGE_SIZE / CW_NET_SECTION);
	struct cw_net_msg msg = { .type = CW_NET_SEND, .arg = { section, bytes } };
	u8 *at = (u8 *)cw_range_vaddr(net->send.range) + section * CW_NET_SECTION;

	memcpy(at, net->sent, bytes);
	memset(at + bytes, 0, CW_NET_SECTION - bytes);
	/* an odd length, so that there is something to pad */
	return net_call(net, NULL, &msg, sizeof(msg) - 3);
}

static int send_long(struct net *net, u32 bytes)
{
	struct cw_net_msg msg = { .type = CW_NET_SEND, .arg = { CW_NET_INLINE, bytes } };
	int slot = cw_bounce_map(&net->bounce, NET_DEV, net->sent, bytes), err;
	struct cw_packet_gpa gpa = {};

	if (slot < 0)
		return slot;
	cw_bounce_name(&net->bounce, slot, bytes, &gpa);
	if (cw_bus_is(net->ch->bus, CW_GUEST_BOUNCE_PART)) {
		gpa.range.len = 2 * PAGE_SIZE - gpa.range.offset;
		gpa.range.pfn_array[1] = cw_range_gfn(net->ch->bus->int_page, 0);
	}
	err = net_call(net, &gpa, &msg, sizeof(msg));
	cw_bounce_unmap(&net->bounce, NET_DEV, slot, NULL, bytes);
	return err;
}

static int net_frame(struct net *net, u32 nr)
{
	u32 bytes = nr & 1 ? FRAME_LONG : FRAME_SHORT, before = net->echoed;
	int err;

	frame_fill(net, nr, bytes);
	err = nr & 1 ? send_long(net, bytes) : send_short(net, nr, bytes);
	return err ?: net->echoed == before + 1 ? 0 : -EPROTO;
}

/* ---- life ---- */

static int buffer_init(struct net *net, struct cw_gpadl *gpadl)
{
	struct cw_range *range = cw_bus_pages(net->ch->bus, BUFFER_PAGES);

	if (IS_ERR(range))
		return PTR_ERR(range);
	/* before it is shared, while what it held is still nobody else's business */
	memset((void *)cw_range_vaddr(range),
	       cw_bus_is(net->ch->bus, CW_GUEST_STALE) ? 0x5a : 0, BUFFER_PAGES * PAGE_SIZE);
	return cw_gpadl_establish(net->ch, range, gpadl);
}

static int net_init(struct net *net)
{
	int err = cw_channel_open(net->ch, RING_PAGES);

	err = err ?: cw_bounce_init(&net->bounce);
	err = err ?: buffer_init(net, &net->recv);
	err = err ?: buffer_init(net, &net->send);
	err = err ?: net_ask(net, CW_NET_INIT, CW_NET_VERSION);
	err = err ?: net_ask(net, CW_NET_RECV_BUF, net->recv.handle);
	return err ?: net_ask(net, CW_NET_SEND_BUF, net->send.handle);
}

static int net_exit(struct net *net)
{
	int err = cw_gpadl_teardown(net->ch, &net->recv);

	err = cw_first(err, cw_gpadl_teardown(net->ch, &net->send));
	err = cw_first(err, cw_channel_close(net->ch));
	return cw_first(err, cw_bounce_exit(&net->bounce));
}

int cw_net_run(struct cw_bus *bus)
{
	struct cw_channel *ch = cw_bus_channel(bus, CW_DEVICE_NET);
	struct net *net;
	int err;
	u32 i;

	if (!ch)
		return -ENODEV;
	net = cw_zalloc(1, sizeof(*net));
	if (!net)
		return -ENOMEM;
	net->ch = ch;
	ch->take = net_packet;
	ch->driver = net;
	err = net_init(net);
	for (i = 0; i < FRAMES && !err; i++)
		err = net_frame(net, i);
	err = cw_first(err, net_exit(net));
	kvfree(net);
	return err;
}
