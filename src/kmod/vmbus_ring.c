// SPDX-License-Identifier: GPL-2.0-only
/* Rings.  The host can write every byte of them at any moment: an index or a length is read once,
 * validated, and then used from where it was read to; packets are copied out before a driver
 * sees them.
 */
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include <cocowatch/event_ring.h>

#include "vmbus.h"

#define COPY_BYTES	PAGE_SIZE
#define PACKET_BYTES	sizeof(struct vmpacket_descriptor)

static_assert(sizeof(struct hv_ring_buffer) == PAGE_SIZE);

/* ---- mapping ---- */

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

int cw_ring_init(struct cw_channel *ch, struct cw_ring *ring, u32 first, u32 nr, bool inbound)
{
	unsigned long map = (unsigned long)ring_vmap(ch, first, nr, ring_prot(ch));
	pteval_t mask = cw_platform.pte_mask;
	int err = 0;

	if (!map)
		return -ENOMEM;
	if (cw_bus_is(ch->bus, CW_GUEST_SECOND_PART))
		err = cw_pte_edit(map + (2 * nr - 2) * PAGE_SIZE, cw_platform_mkenc(0, mask),
				  mask & ~cw_platform_mkenc(0, mask));
	ring->header = (struct hv_ring_buffer *)map;
	ring->data = (u8 *)map + PAGE_SIZE;
	ring->bytes = (nr - 1) * PAGE_SIZE;
	memset(ring->header, 0, PAGE_SIZE);
	ring->header->feature_bits.value = 1;
	trace_cocovm_ring_mapped(map, 2 * nr - 1, ch->relid, inbound, 0);
	return err ?: inbound ? copy_alloc(ch, ring) : 0;
}

void cw_ring_exit(struct cw_channel *ch, struct cw_ring *ring)
{
	if (IS_ERR_OR_NULL(ring->copy_range))
		kfree(ring->copy);
	else
		cw_range_finish(ch->bus->run, ring->copy_range, 0, 0);
	vunmap(ring->header);
	*ring = (struct cw_ring){};
}

/* ---- writing ---- */

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

static int ring_write(struct cw_channel *ch, const struct kvec *vec, u32 nr)
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

int cw_ring_write(struct cw_channel *ch, const struct kvec *vec, u32 nr)
{
	struct cw_ring *ring = &ch->out;
	int err;

	/* as under the lock that a ring has where several tasks write to it */
	preempt_disable();
	trace_cocovm_ring_write_begin((unsigned long)vec, (unsigned long)ring->header,
				      ring->bytes, ch->relid, nr, vec[0].iov_len);
	err = ring_write(ch, vec, nr);
	trace_cocovm_ring_write_end((unsigned long)vec, (unsigned long)ring->header,
				    ring->bytes, ch->relid, nr, err);
	preempt_enable();
	return err;
}

/* ---- reading ---- */

/* What is validated and what is used are one value, unless the scenario fetches it twice. */
static u32 fetch_used(struct cw_channel *ch, u32 what, u32 quirk, u32 validated,
		      const u16 *field)
{
	u32 used = cw_bus_is(ch->bus, quirk) ? READ_ONCE(*field) << 3 : validated;

	trace_cocovm_value_used(ch->relid, what, validated, used);
	return used;
}

/* The packet at desc, of which avail bytes are there. */
static struct vmpacket_descriptor *packet_take(struct cw_channel *ch,
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
	cw_peer_meanwhile(ch->bus->peer, ch->relid, &desc->offset8);
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

static struct vmpacket_descriptor *ring_first(struct cw_channel *ch)
{
	struct cw_ring *ring = &ch->in;
	u32 write = smp_load_acquire(&ring->header->write_index), avail;

	if (write >= ring->bytes && !cw_bus_is(ch->bus, CW_GUEST_WRITE_TRUSTED))
		return NULL;
	avail = write >= ring->at ? write - ring->at : ring->bytes - (ring->at - write);
	if (avail < PACKET_BYTES)
		return NULL;
	return packet_take(ch, (void *)(ring->data + ring->at), avail);
}

struct vmpacket_descriptor *cw_ring_first(struct cw_channel *ch)
{
	struct cw_ring *ring = &ch->in;
	struct vmpacket_descriptor *packet;

	preempt_disable();	/* as in a tasklet */
	trace_cocovm_ring_read_begin((unsigned long)ch, (unsigned long)ring->header, ring->bytes,
				     ring->at, (unsigned long)ring->copy, COPY_BYTES, ch->relid);
	packet = ring_first(ch);
	trace_cocovm_ring_read_end((unsigned long)ch, (unsigned long)packet, ch->relid, !!packet,
				   ring->at, packet ? packet->len8 << 3 : 0);
	preempt_enable();
	return packet;
}

void cw_ring_next(struct cw_channel *ch, const struct vmpacket_descriptor *packet)
{
	struct cw_ring *ring = &ch->in;
	u32 step = (packet->len8 << 3) + CW_PACKET_TRAILER;

	/* a length that was believed may lead anywhere; the index stays in the ring */
	ring->at = (ring->at + step) % ring->bytes;
	smp_store_release(&ring->header->read_index, ring->at);
}
