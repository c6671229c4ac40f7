// SPDX-License-Identifier: GPL-2.0-only
/* Channels: opened on a GPADL that holds both rings, packets with their padding, and the
 * transactions that are open.
 */
#include <linux/bitmap.h>

#include <cocowatch/event_ring.h>

#include "vmbus.h"

#define PACKETS_MAX	40	/* taken at a time */

/* ---- opening ---- */

static int channel_setup(struct cw_channel *ch, u32 pages)
{
	struct cw_range *range = cw_bus_pages(ch->bus, 2 * pages);
	union cw_message msg;
	int err;

	if (IS_ERR(range))
		return PTR_ERR(range);
	err = cw_gpadl_establish(ch, range, &ch->gpadl);
	err = err ?: cw_ring_init(ch, &ch->out, 0, pages, false);
	err = err ?: cw_ring_init(ch, &ch->in, pages, pages, true);
	if (err)
		return err;
	ch->openid = ++ch->bus->opens;
	msg.open = (struct vmbus_channel_open_channel){
		.header.msgtype = CHANNELMSG_OPENCHANNEL,
		.child_relid = ch->relid,
		.openid = ch->openid,
		.ringbuffer_gpadlhandle = ch->gpadl.handle,
		.downstream_ringbuffer_pageoffset = pages,
	};
	return cw_bus_ask(ch->bus, ch, &msg, sizeof(msg.open), CHANNELMSG_OPENCHANNEL_RESULT,
			  ch->openid);
}

int cw_channel_open(struct cw_channel *ch, u32 pages)
{
	int err = channel_setup(ch, pages);

	trace_cocovm_channel_opened(ch->relid, ch->openid, 2 * pages, err);
	ch->opened = !err;
	if (err)
		cw_channel_close(ch);
	return err;
}

/* The second mapping goes first: nobody may reach the pages by it once they are private. */
int cw_channel_close(struct cw_channel *ch)
{
	int err;

	if (ch->opened)
		cw_bus_say(ch->bus, ch, CHANNELMSG_CLOSECHANNEL, 0, 0);
	ch->opened = false;
	cw_ring_exit(ch, &ch->out);
	cw_ring_exit(ch, &ch->in);
	bitmap_zero(ch->ids, CW_OPEN_IDS);
	err = cw_gpadl_teardown(ch, &ch->gpadl);
	trace_cocovm_channel_closed(ch->relid, ch->openid, ch->rescinded, err);
	return err;
}

/* ---- transactions ---- */

/* Number of a transaction, from 1; 0 when there are too many. */
static u64 request_open(struct cw_channel *ch, void *request)
{
	u32 i = find_first_zero_bit(ch->ids, CW_OPEN_IDS);

	if (i == CW_OPEN_IDS)
		return 0;
	set_bit(i, ch->ids);
	ch->request[i] = request;
	return i + 1;
}

static void request_close(struct cw_channel *ch, u64 id)
{
	if (id && id <= CW_OPEN_IDS)
		clear_bit(id - 1, ch->ids);
}

/* The request that a completion names, which is closed; NULL: the host made it up. */
static void *channel_request(struct cw_channel *ch, u64 id)
{
	bool is_open = id && id <= CW_OPEN_IDS && test_bit(id - 1, ch->ids);
	bool is_trusted = cw_bus_is(ch->bus, CW_GUEST_ID_TRUSTED);
	struct vmpacket_descriptor *desc = (void *)(ch->in.data + ch->in.at);
	void *request = NULL;
	u64 used = id;

	cw_peer_meanwhile(ch->bus->peer, ch->relid, &desc->trans_id);
	if (cw_bus_is(ch->bus, CW_GUEST_ID_TWICE))
		used = READ_ONCE(desc->trans_id);
	trace_cocovm_value_used(ch->relid, CW_FETCH_INDEX, id, used);

	/* what is gone on with: whoever takes an id for an index stays in the table here */
	if (is_open || (id && is_trusted))
		request = ch->request[(used - 1) % CW_OPEN_IDS] ?: ch;
	trace_cocovm_completion_seen((unsigned long)ch->ids, CW_OPEN_IDS, id,
				     (unsigned long)request, ch->relid, !!request);
	if (!is_open)
		return NULL;
	request_close(ch, id);
	/* and what is written to, whatever the host said meanwhile */
	return ch->request[id - 1];
}

/* ---- sending ---- */

/* Padded to words of 8 bytes, with zeroes; offset8 and len8 count in these. */
static int packet_send(struct cw_channel *ch, struct vmpacket_descriptor *head, u32 head_bytes,
		       const void *payload, u32 bytes)
{
	u32 whole = head_bytes + bytes, padded = round_up(whole, 8);
	u64 pad = cw_bus_is(ch->bus, CW_GUEST_PAD_DIRTY) ? 0x5a5a5a5a5a5a5a5a : 0;
	struct kvec vec[] = {
		{ head, head_bytes },
		{ (void *)payload, bytes },
		{ &pad, padded - whole },
	};
	int err;

	if (!ch->opened || ch->rescinded)
		return -ENODEV;
	head->offset8 = head_bytes >> 3;
	head->len8 = (padded >> 3) + cw_bus_is(ch->bus, CW_GUEST_LENGTH_WRONG);
	err = cw_ring_write(ch, vec, ARRAY_SIZE(vec));
	if (err)
		return err;
	cw_hypercall_signal_event(ch->offer.connection_id, 0, 0);
	cw_peer_work(ch->bus->peer);
	return 0;
}

int cw_channel_answer(struct cw_channel *ch, u64 id, const void *payload, u32 bytes)
{
	struct vmpacket_descriptor head = { .type = VM_PKT_COMP, .trans_id = id };

	return packet_send(ch, &head, sizeof(head), payload, bytes);
}

/* ---- requests, and what comes of them ---- */

static void packet_take(struct cw_channel *ch, const struct vmpacket_descriptor *packet)
{
	u32 offset = packet->offset8 << 3, whole = packet->len8 << 3;
	u32 bytes = whole > offset ? whole - offset : 0;
	const void *data = (const u8 *)packet + offset;
	void *answer;

	if (packet->type != VM_PKT_COMP) {
		if (ch->take)
			ch->take(ch->driver, packet, data, bytes);
		return;
	}
	/* too short to be an answer: the transaction stays open */
	answer = bytes < ch->answer_bytes ? NULL : channel_request(ch, packet->trans_id);
	if (!answer)
		return;
	memcpy(answer, data, ch->answer_bytes);
	ch->answered = true;
}

static void channel_poll(struct cw_channel *ch)
{
	/* who believes the host finds packets without end: two are enough to show it */
	bool believes = cw_bus_is(ch->bus, CW_GUEST_WRITE_TRUSTED | CW_GUEST_LENGTH_TRUSTED);
	u32 left = believes ? 2 : PACKETS_MAX;
	struct vmpacket_descriptor *packet;

	cw_bus_poll(ch->bus);
	while (left-- && ch->in.header && (packet = cw_ring_first(ch))) {
		packet_take(ch, packet);
		cw_ring_next(ch, packet);
	}
}

/* The head of a packet that names frames; how long it is. */
static u32 gpa_finish(struct cw_channel *ch, struct cw_packet_gpa *gpa)
{
	u32 nr = PFN_UP(gpa->range.offset + gpa->range.len);
	u32 bytes = offsetof(struct cw_packet_gpa, range.pfn_array[nr]);

	gpa->head.type = VM_PKT_DATA_USING_GPA_DIRECT;
	gpa->nr_ranges = 1;
	trace_cocovm_packet_named((unsigned long)gpa, bytes, ch->relid, gpa->range.len,
				  gpa->range.offset);
	return bytes;
}

int cw_channel_call(struct cw_channel *ch, struct cw_packet_gpa *gpa, const void *msg, u32 bytes,
		    void *answer, u32 answer_bytes)
{
	struct vmpacket_descriptor inband = { .type = VM_PKT_DATA_INBAND };
	struct vmpacket_descriptor *head = gpa ? &gpa->head : &inband;
	u32 head_bytes = gpa ? gpa_finish(ch, gpa) : sizeof(inband);
	u64 id = request_open(ch, answer);
	int err;

	if (!id)
		return -EAGAIN;
	head->flags = VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED;
	head->trans_id = id;
	ch->answer_bytes = answer_bytes;
	ch->answered = false;
	err = packet_send(ch, head, head_bytes, msg, bytes);
	if (!err)
		channel_poll(ch);
	/* nobody finds the answer's place by its number any more */
	request_close(ch, id);
	if (err || ch->answered)
		return err;
	return ch->rescinded ? -ENODEV : -ETIMEDOUT;
}
