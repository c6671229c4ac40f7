// SPDX-License-Identifier: GPL-2.0-only
/* A network like netvsc's: buffers shared once for short frames, bounce slots for long ones.  What
 * the host says of a frame is validated, the frame is copied, and only then its head is read.
 */
#include <linux/err.h>
#include <linux/slab.h>

#include <cocowatch/event_ring.h>

#include "trace.h"
#include "vmbus.h"

#define BUFFER_PAGES	30	/* more than a GPADL header can name */
#define RING_PAGES	3
#define SECTION_BYTES	2048
#define FRAME_SHORT	100
#define FRAME_LONG	2000
#define RECV_SET	1
#define NET_DEV		0x1e7ULL	/* whose slots they are */
#define POLLS		40	/* packets that are taken for one sent */

struct net {
	struct cw_channel *ch;
	struct cw_gpadl recv;
	struct cw_gpadl send;
	struct cw_bounce bounce;
	struct cw_net_msg answer;
	bool answered;
	u32 echoed;		/* frames that came back as they were sent */
	u8 sent[SECTION_BYTES];
	u8 frame[SECTION_BYTES];	/* private copy of a frame received */
};

/* ---- receiving ---- */

/* The length in the head of a frame: of the copy, or as a misbehaviour where the host can write. */
static void frame_length(struct net *net, struct cw_rndis *shared)
{
	struct cw_rndis *head = (struct cw_rndis *)net->frame;
	u32 validated = head->bytes;

	cw_peer_meanwhile(net->ch->bus->peer, net->ch->relid, &shared->bytes);
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
	u32 named = offsetof(struct cw_packet_ranges, range) - sizeof(packet->packet);
	void *shared;

	if (bytes < named || packet->set != RECV_SET || !packet->nr ||
	    packet->nr > (bytes - named) / sizeof(packet->range[0]))
		return;
	for (i = 0; i < packet->nr; i++) {
		len = packet->range[i].bytes;
		offset = packet->range[i].offset;
		if (len > sizeof(net->frame) || offset > room || len > room - offset)
			continue;
		shared = (void *)cw_range_vaddr(net->recv.range) + offset;
		memcpy(net->frame, shared, len);
		frame_length(net, shared);
		net->echoed += frame_is_good(net, len);
	}
	cw_channel_answer(net->ch, packet->packet.id, &net->answer, sizeof(net->answer));
}

static void net_completion(struct net *net, const struct cw_packet *packet, const void *data,
			   u32 bytes)
{
	/* what is too short answers nothing, and its transaction stays open */
	if (bytes < sizeof(net->answer) || !cw_channel_request(net->ch, packet->id))
		return;
	memcpy(&net->answer, data, sizeof(net->answer));
	net->answered = true;
}

static void net_poll(struct net *net)
{
	/* who believes the host finds packets without end: two are enough to show it */
	bool believes = cw_bus_is(net->ch->bus, CW_GUEST_WRITE_TRUSTED | CW_GUEST_LENGTH_TRUSTED);
	u32 max = believes ? 2 : POLLS, bytes, i;
	struct cw_packet *packet;
	void *data;

	for (i = 0; i < max && net->ch->in.header && (packet = cw_ring_first(net->ch)); i++) {
		data = cw_packet_data(packet, &bytes);
		if (packet->type == CW_PT_COMPLETION)
			net_completion(net, packet, data, bytes);
		else if (packet->type == CW_PT_RANGES && data == &packet[1])
			net_ranges(net, (void *)packet, bytes);
		cw_ring_next(net->ch, packet);
	}
}

static int net_wait(struct net *net)
{
	cw_bus_poll(net->ch->bus);
	net_poll(net);
	if (net->ch->rescinded)
		return -ENODEV;
	if (!net->answered)
		return -ETIMEDOUT;
	return net->answer.status == 1 ? 0 : -EIO;
}

/* ---- sending ---- */

static int net_ask(struct net *net, u32 type, u32 arg)
{
	struct cw_net_msg msg = { .type = type, .arg = { arg } };
	int err;

	net->answered = false;
	err = cw_channel_send(net->ch, CW_PT_INBAND, &msg, sizeof(msg), net);
	return err ?: net_wait(net);
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
	u32 section = nr % (net->send.range->nr * PAGE_SIZE / SECTION_BYTES);
	struct cw_net_msg msg = { .type = CW_NET_SEND, .arg = { section, bytes } };
	u8 *at = (u8 *)cw_range_vaddr(net->send.range) + section * SECTION_BYTES;

	memcpy(at, net->sent, bytes);
	memset(at + bytes, 0, SECTION_BYTES - bytes);
	return cw_channel_send(net->ch, CW_PT_INBAND, &msg, sizeof(msg) - 3, net);
}

static int send_long(struct net *net, u32 bytes, int *slot)
{
	struct cw_net_msg msg = { .type = CW_NET_SEND, .arg = { CW_NET_INLINE, bytes } };
	struct cw_packet_gpa gpa = {};
	int err;

	*slot = cw_bounce_map(&net->bounce, NET_DEV, net->sent, bytes, 0);
	if (*slot < 0)
		return *slot;
	err = cw_bounce_name(&net->bounce, *slot, bytes, &gpa);
	if (cw_bus_is(net->ch->bus, CW_GUEST_BOUNCE_PART)) {
		gpa.bytes = 2 * PAGE_SIZE - gpa.offset;
		gpa.gfn[1] = page_to_pfn(virt_to_page(net->ch->bus->int_page));
	}
	return err ?: cw_channel_send_gpa(net->ch, &gpa, &msg, sizeof(msg), net);
}

static int net_frame(struct net *net, u32 nr)
{
	u32 bytes = nr & 1 ? FRAME_LONG : FRAME_SHORT, before = net->echoed;
	int err, slot = -1;

	frame_fill(net, nr, bytes);
	net->answered = false;
	err = nr & 1 ? send_long(net, bytes, &slot) : send_short(net, nr, bytes);
	if (!err)
		err = net_wait(net);
	if (slot >= 0)
		cw_bounce_unmap(&net->bounce, NET_DEV, slot, NULL, bytes, 0);
	if (!err && net->echoed != before + 1)
		err = -EPROTO;
	return err;
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

	if (!err)
		err = cw_bounce_init(&net->bounce);
	if (!err)
		err = buffer_init(net, &net->recv);
	if (!err)
		err = buffer_init(net, &net->send);
	if (!err)
		err = net_ask(net, CW_NET_INIT, CW_VERSION(6, 1));
	if (!err)
		err = net_ask(net, CW_NET_RECV_BUF, net->recv.handle);
	return err ?: net_ask(net, CW_NET_SEND_BUF, net->send.handle);
}

static int net_exit(struct net *net)
{
	int err, ret;

	cw_gpadl_teardown(net->ch, &net->recv);
	cw_gpadl_teardown(net->ch, &net->send);
	err = cw_gpadl_release(net->ch->bus, &net->recv);
	ret = cw_gpadl_release(net->ch->bus, &net->send);
	err = err ?: ret;
	ret = cw_channel_close(net->ch);
	err = err ?: ret;
	ret = cw_bounce_exit(&net->bounce);
	return err ?: ret;
}

int cw_net_run(struct cw_bus *bus, u32 frames)
{
	struct net *net = cw_zalloc(1, sizeof(*net));
	int err, exit_err;
	u32 i;

	if (!net)
		return -ENOMEM;
	net->ch = cw_bus_channel(bus, cw_guid_net);
	if (!net->ch) {
		kvfree(net);
		return -ENODEV;
	}
	err = net_init(net);
	for (i = 0; i < frames && !err; i++)
		err = net_frame(net, i);
	exit_err = net_exit(net);
	kvfree(net);
	return err ?: exit_err;
}
