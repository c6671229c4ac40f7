// SPDX-License-Identifier: GPL-2.0-only
/* Channels, opened on a GPADL that holds both rings, and the transactions that are open.  The host
 * can write every byte of the rings at any moment: an index or a length is read once, validated,
 * and then used from where it was read to; packets are copied out before a driver sees them.
 */
#include <linux/bitmap.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include <cocowatch/event_ring.h>

#include "vmbus.h"

#define PACKETS_MAX	40	/* taken at a time */
#define COPY_BYTES	PAGE_SIZE
#define PACKET_BYTES	sizeof(struct vmpacket_descriptor)

static_assert(sizeof(struct hv_ring_buffer) == PAGE_SIZE);

/* ---- rings: mapping ---- */

/* The header, and the data twice, so that a packet at the end of the ring is in one piece. */
static void *ring_vmap(const struct cw_channel *ch, u32 first, u32 nr, pgprot_t prot)
{
	const struct cw_range *range = ch->gpadl.range;
	struct page **from = range->area->pages + range->first + first, **pages;
	u32 nr_map = 2 * nr - 1, i;
	void *map;

	pages = cw_zalloc(nr_map, sizeof(*pages));
	if (!pages)
		return NULL;
	for (i = 0; i < nr_map; i++)
		pages[i] = from[i < nr ? i : i - nr + 1];
	map = cw_alloc_fails() ? NULL : vmap(pages, nr_map, VM_MAP, prot);
	kvfree(pages);
	return map;
}

static pgprot_t ring_prot(const struct cw_channel *ch)
{
	u64 prot = pgprot_val(PAGE_KERNEL);

	if (cw_bus_is(ch->bus, CW_GUEST_SECOND_PRIVATE))
		return __pgprot(cw_platform_mkenc(prot, cw_platform.pte_mask));
	return __pgprot(cw_platform_mkdec(prot, cw_platform.pte_mask));
}

/* Bytes of the packet buffer: whoever believes a length needs room for what lies there. */
static u32 copy_room(const struct cw_channel *ch, const struct cw_ring *ring)
{
	return COPY_BYTES + (cw_bus_is(ch->bus, CW_GUEST_LENGTH_TRUSTED) ? 2 * ring->bytes : 0);
}

/* In the direct map, where whoever watches can find its frames. */
static int copy_alloc(struct cw_channel *ch, struct cw_ring *ring)
{
	int err;

	if (!cw_bus_is(ch->bus, CW_GUEST_COPY_SHARED)) {
		ring->copy = cw_alloc_fails() ? NULL : kzalloc(copy_room(ch, ring), GFP_KERNEL);
		return ring->copy ? 0 : -ENOMEM;
	}
	ring->copy_range = cw_pool_get_more(1);
	if (IS_ERR(ring->copy_range))
		return PTR_ERR(ring->copy_range);
	err = cw_bus_transition(ch->bus, ring->copy_range, true);
	ring->copy = (u8 *)cw_area_alias(ring->copy_range->area, ring->copy_range->first);
	return err;
}

static int ring_init(struct cw_channel *ch, struct cw_ring *ring, u32 first, u32 nr, bool inbound)
{
	unsigned long map = (unsigned long)ring_vmap(ch, first, nr, ring_prot(ch));
	unsigned long last = map + (2 * nr - 2) * PAGE_SIZE;
	bool absent = cw_bus_is(ch->bus, CW_GUEST_SECOND_ABSENT);
	pteval_t mask = cw_platform.pte_mask;
	int err = 0;

	if (!map)
		return -ENOMEM;
	if (cw_bus_is(ch->bus, CW_GUEST_SECOND_PART))
		err = cw_pte_edit(last, cw_platform_mkenc(0, mask),
				  mask & ~cw_platform_mkenc(0, mask));
	ring->header = (struct hv_ring_buffer *)map;
	ring->data = (u8 *)map + PAGE_SIZE;
	ring->bytes = (nr - 1) * PAGE_SIZE;
	memset(ring->header, 0, PAGE_SIZE);
	ring->header->feature_bits.value = 1;
	if (absent)
		err = cw_pte_edit(last, 0, _PAGE_PRESENT);
	trace_cocovm_ring_mapped(map, 2 * nr - 1, ch->relid, inbound, 0);
	/* vunmap() would warn */
	if (absent)
		err = cw_first(err, cw_pte_edit(last, _PAGE_PRESENT, 0));
	return err ?: inbound ? copy_alloc(ch, ring) : 0;
}

static void ring_exit(struct cw_channel *ch, struct cw_ring *ring)
{
	if (IS_ERR_OR_NULL(ring->copy_range))
		kfree(ring->copy);
	else
		cw_range_finish(ch->bus->run, ring->copy_range, 0, 0);
	vunmap(ring->header);
	*ring = (struct cw_ring){};
}

/* ---- rings: writing ---- */

static u32 ring_room(const struct cw_ring *ring, u32 write, u32 read)
{
	return read > write ? read - write : ring->bytes - (write - read);
}

/* Copies through the second mapping, which is long enough from every index on. */
static u32 ring_put(struct cw_ring *ring, u32 at, const struct kvec *vec)
{
	memcpy(ring->data + at, vec->iov_base, vec->iov_len);
	at += vec->iov_len;
	return at < ring->bytes ? at : at - ring->bytes;
}

static int packet_put(struct cw_channel *ch, const struct kvec *vec, u32 nr)
{
	struct cw_ring *ring = &ch->out;
	u32 write = READ_ONCE(ring->header->write_index);
	u32 read = READ_ONCE(ring->header->read_index);
	u64 trailer = (u64)write << 32;
	struct kvec last = { &trailer, sizeof(trailer) };
	u32 bytes = sizeof(trailer), at = write, i;

	if (write >= ring->bytes)
		return -EIO;
	if (read >= ring->bytes && !cw_bus_is(ch->bus, CW_GUEST_READ_TRUSTED))
		return -EIO;
	for (i = 0; i < nr; i++)
		bytes += vec[i].iov_len;
	/* indices that are equal mean empty, so a ring is never filled up */
	if (bytes >= ring->bytes || bytes >= ring_room(ring, write, read))
		return -EAGAIN;
	for (i = 0; i < nr; i++)
		at = ring_put(ring, at, &vec[i]);
	at = ring_put(ring, at, &last);
	/* the packet before the index that shows it */
	smp_store_release(&ring->header->write_index, at);
	return 0;
}

static int ring_write(struct cw_channel *ch, const struct kvec *vec, u32 nr)
{
	struct cw_ring *ring = &ch->out;
	int err;

	/* as under the lock that a ring has where several tasks write to it */
	preempt_disable();
	trace_cocovm_ring_write_begin((unsigned long)vec, (unsigned long)ring->header,
				      ring->bytes, ch->relid, nr, vec[0].iov_len);
	err = packet_put(ch, vec, nr);
	trace_cocovm_ring_write_end((unsigned long)vec, (unsigned long)ring->header,
				    ring->bytes, ch->relid, nr, err);
	preempt_enable();
	return err;
}

/* ---- rings: reading ---- */

/* What is validated and what is used are one value, unless the scenario fetches it twice. */
static u32 fetch_used(struct cw_channel *ch, u32 what, u64 quirk, u32 validated,
		      const u16 *field)
{
	u32 used = cw_bus_is(ch->bus, quirk) ? READ_ONCE(*field) << 3 : validated;

	trace_cocovm_value_used(ch->relid, what, validated, used);
	return used;
}

/* Meanwhile the host writes to what is read here, through its own view of the ring. */
static void host_writes(struct cw_channel *ch, const void *at)
{
	u32 offset = (const u8 *)at - ch->in.data;

	cw_peer_meanwhile(ch->bus->peer, ch->relid, true, offset % ch->in.bytes);
}

/* The packet at desc, of which avail bytes are there. */
static struct vmpacket_descriptor *packet_copy(struct cw_channel *ch,
					       struct vmpacket_descriptor *desc, u32 avail)
{
	struct vmpacket_descriptor *copy = (void *)ch->in.copy;
	u32 max = min_t(u32, avail, COPY_BYTES);
	u32 bytes = READ_ONCE(desc->len8) << 3, offset = READ_ONCE(desc->offset8) << 3;

	if (!cw_bus_is(ch->bus, CW_GUEST_LENGTH_TRUSTED) && (bytes < PACKET_BYTES || bytes > max))
		bytes = max;
	if (!cw_bus_is(ch->bus, CW_GUEST_OFFSET_TRUSTED) &&
	    (offset < PACKET_BYTES || offset > bytes))
		offset = PACKET_BYTES;
	host_writes(ch, &desc->offset8);
	bytes = fetch_used(ch, CW_FETCH_LENGTH, CW_GUEST_LENGTH_TWICE, bytes, &desc->len8);
	offset = fetch_used(ch, CW_FETCH_OFFSET, CW_GUEST_OFFSET_TWICE, offset, &desc->offset8);
	if (cw_bus_is(ch->bus, CW_GUEST_NO_COPY))
		return desc;
	/* what a wrong length would have overwritten ends at the room that was made for it */
	copy_from_kernel_nofault(copy, desc, min(bytes, copy_room(ch, &ch->in)));
	copy->len8 = bytes >> 3;
	copy->offset8 = offset >> 3;
	return copy;
}

static struct vmpacket_descriptor *packet_find(struct cw_channel *ch)
{
	struct cw_ring *ring = &ch->in;
	u32 write = smp_load_acquire(&ring->header->write_index), avail;

	if (write >= ring->bytes && !cw_bus_is(ch->bus, CW_GUEST_WRITE_TRUSTED))
		return NULL;
	avail = write >= ring->at ? write - ring->at : ring->bytes - (ring->at - write);
	if (avail < PACKET_BYTES)
		return NULL;
	return packet_copy(ch, (void *)(ring->data + ring->at), avail);
}

static struct vmpacket_descriptor *ring_first(struct cw_channel *ch)
{
	struct cw_ring *ring = &ch->in;
	struct vmpacket_descriptor *packet;

	preempt_disable();	/* as in a tasklet */
	trace_cocovm_ring_read_begin((unsigned long)ch, (unsigned long)ring->header, ring->bytes,
				     ring->at, (unsigned long)ring->copy, COPY_BYTES, ch->relid);
	packet = packet_find(ch);
	trace_cocovm_ring_read_end((unsigned long)ch, (unsigned long)packet, ch->relid, !!packet,
				   ring->at, packet ? packet->len8 << 3 : 0);
	preempt_enable();
	return packet;
}

static void ring_next(struct cw_channel *ch, const struct vmpacket_descriptor *packet)
{
	struct cw_ring *ring = &ch->in;
	u32 step = (packet->len8 << 3) + CW_PACKET_TRAILER;

	/* a length that was believed may lead anywhere; the index stays in the ring */
	ring->at = (ring->at + step) % ring->bytes;
	smp_store_release(&ring->header->read_index, ring->at);
}

/* ---- channels: opening ---- */

static int channel_setup(struct cw_channel *ch, u32 pages)
{
	struct cw_range *range = cw_bus_pages(ch->bus, 2 * pages);
	union cw_message msg;
	int err;

	if (IS_ERR(range))
		return PTR_ERR(range);
	err = cw_gpadl_establish(ch, range, &ch->gpadl);
	err = err ?: ring_init(ch, &ch->out, 0, pages, false);
	err = err ?: ring_init(ch, &ch->in, pages, pages, true);
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
	ring_exit(ch, &ch->out);
	ring_exit(ch, &ch->in);
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

	host_writes(ch, &desc->trans_id);
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
	err = ring_write(ch, vec, ARRAY_SIZE(vec));
	if (err)
		return err;
	err = cw_hypercall_signal_event(ch->offer.connection_id, 0, 0);
	cw_peer_work(ch->bus->peer);
	return err;
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
	while (left-- && ch->in.header && (packet = ring_first(ch))) {
		packet_take(ch, packet);
		ring_next(ch, packet);
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
