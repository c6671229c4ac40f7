// SPDX-License-Identifier: GPL-2.0-only
/* Channels: opened on a GPADL that holds both rings, packets with their padding, and the
 * transactions that are open.
 */
#include <linux/bitmap.h>
#include <linux/err.h>

#include <cocowatch/event_ring.h>

#include "trace.h"
#include "vmbus.h"

/* ---- opening ---- */

static int channel_ask_open(struct cw_channel *ch, u32 pages)
{
	struct cw_msg_open msg = {
		.type = CW_MT_OPEN,
		.relid = ch->relid,
		.openid = ++ch->bus->opens,
		.gpadl = ch->gpadl.handle,
		.in_page = pages,
	};

	ch->openid = msg.openid;
	return cw_bus_ask(ch->bus, ch, &msg, sizeof(msg), CW_MT_OPENED, msg.openid);
}

static int channel_setup(struct cw_channel *ch, u32 pages)
{
	struct cw_range *range = cw_bus_pages(ch->bus, 2 * pages);
	int err;

	if (IS_ERR(range))
		return PTR_ERR(range);
	err = cw_gpadl_establish(ch, range, &ch->gpadl);
	if (err)
		return err;
	err = cw_ring_init(ch, &ch->out, 0, pages, false);
	if (!err)
		err = cw_ring_init(ch, &ch->in, pages, pages, true);
	return err ?: channel_ask_open(ch, pages);
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
	struct cw_msg msg = { .type = CW_MT_CLOSE, .word = { ch->relid } };
	int err;

	if (ch->opened)
		cw_bus_ask(ch->bus, ch, &msg, 12, 0, 0);
	ch->opened = false;
	cw_ring_exit(&ch->out);
	cw_ring_exit(&ch->in);
	bitmap_zero(ch->ids, CW_OPEN_IDS);
	cw_gpadl_teardown(ch, &ch->gpadl);
	err = cw_gpadl_release(ch->bus, &ch->gpadl);
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

void cw_channel_forget(struct cw_channel *ch, u64 id)
{
	if (id && id <= CW_OPEN_IDS)
		clear_bit(id - 1, ch->ids);
}

void *cw_channel_request(struct cw_channel *ch, u64 id)
{
	bool is_open = id && id <= CW_OPEN_IDS && test_bit(id - 1, ch->ids);
	bool is_trusted = cw_bus_is(ch->bus, CW_GUEST_ID_TRUSTED);
	struct cw_packet *desc = (struct cw_packet *)(ch->in.data + ch->in.at);
	void *request = NULL;
	u64 used = id;

	cw_peer_meanwhile(ch->bus->peer, ch->relid, &desc->id);
	if (cw_bus_is(ch->bus, CW_GUEST_ID_TWICE))
		used = READ_ONCE(desc->id);
	trace_cocovm_value_used(ch->relid, CW_FETCH_INDEX, id, used);

	/* whoever takes an id for an index stays in the table here */
	if (is_open || (id && is_trusted))
		request = ch->request[(used - 1) % CW_OPEN_IDS] ?: ch;
	trace_cocovm_completion_seen((unsigned long)ch->ids, CW_OPEN_IDS, id,
				     (unsigned long)request, ch->relid, !!request);
	if (is_open)
		cw_channel_forget(ch, id);
	return is_open ? request : NULL;
}

/* ---- sending ---- */

static void channel_signal(struct cw_channel *ch)
{
	cw_hypercall_signal_event(ch->offer.connection, 0, 0);
	cw_peer_work(ch->bus->peer);
}

static int packet_write(struct cw_channel *ch, struct cw_packet *head, u32 head_bytes,
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

	if (!ch->opened)
		return -ENODEV;
	head->offset8 = head_bytes >> 3;
	head->len8 = padded >> 3;
	if (cw_bus_is(ch->bus, CW_GUEST_LENGTH_WRONG))
		head->len8++;
	err = cw_ring_write(ch, vec, ARRAY_SIZE(vec));
	if (!err)
		channel_signal(ch);
	return err;
}

static int packet_send(struct cw_channel *ch, struct cw_packet *head, u32 head_bytes,
		       const void *payload, u32 bytes, void *request)
{
	int err;

	if (ch->rescinded)
		return -ENODEV;
	if (request) {
		head->flags = CW_PACKET_FLAG_COMPLETE;
		head->id = request_open(ch, request);
		if (!head->id)
			return -EAGAIN;
	}
	err = packet_write(ch, head, head_bytes, payload, bytes);
	if (err && request)
		cw_channel_forget(ch, head->id);
	return err;
}

int cw_channel_send(struct cw_channel *ch, u32 type, const void *payload, u32 bytes,
		    void *request)
{
	struct cw_packet head = { .type = type };

	return packet_send(ch, &head, sizeof(head), payload, bytes, request);
}

int cw_channel_send_gpa(struct cw_channel *ch, struct cw_packet_gpa *gpa, const void *payload,
			u32 bytes, void *request)
{
	u32 nr = PFN_UP(gpa->offset + gpa->bytes);

	gpa->packet.type = CW_PT_GPA_DIRECT;
	gpa->nr_ranges = 1;
	if (nr > CW_GPA_PAGES)
		return -EINVAL;
	trace_cocovm_packet_named((unsigned long)gpa, offsetof(struct cw_packet_gpa, gfn) + 8 * nr,
				  ch->relid, gpa->bytes, gpa->offset);
	return packet_send(ch, &gpa->packet, offsetof(struct cw_packet_gpa, gfn) + 8 * nr,
			   payload, bytes, request);
}

int cw_channel_answer(struct cw_channel *ch, u64 id, const void *payload, u32 bytes)
{
	struct cw_packet head = { .type = CW_PT_COMPLETION, .id = id };

	return packet_send(ch, &head, sizeof(head), payload, bytes, NULL);
}

/* Its lengths were made good when it was copied. */
void *cw_packet_data(const struct cw_packet *packet, u32 *bytes)
{
	u32 offset = (u32)packet->offset8 << 3, whole = (u32)packet->len8 << 3;

	*bytes = whole > offset ? whole - offset : 0;
	return (u8 *)packet + offset;
}
