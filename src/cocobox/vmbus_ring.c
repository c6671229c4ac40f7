// SPDX-License-Identifier: GPL-2.0-only
/* Ring buffers in guest memory.  Nothing that the guest can change is read twice. */
#include "vmbus_ring.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

_Static_assert(offsetof(struct cw_ring_header, pending_send_sz) == 12, "struct hv_ring_buffer");
_Static_assert(offsetof(struct cw_ring_header, feature_bits) == 64, "struct hv_ring_buffer");
_Static_assert(sizeof(struct cw_packet_desc) == 16, "struct vmpacket_descriptor");

int cw_ring_init(struct cw_ring *ring, const struct cw_mem *mem, const __u64 *gfns, __u32 nr_gfns,
		 bool confidential)
{
	if (nr_gfns < 2)
		return -EINVAL;
	*ring = (struct cw_ring){
		.mem = mem,
		.gfns = gfns,
		.size = (nr_gfns - 1) << CW_PAGE_SHIFT,
		.confidential = confidential,
	};
	return 0;
}

static void *ring_frame(const struct cw_ring *ring, __u32 i)
{
	__u64 gpa = ring->gfns[i] << CW_PAGE_SHIFT;

	return ring->confidential ? cw_mem_at(ring->mem, gpa, CW_PAGE_SIZE) :
				    cw_mem_visible_at(ring->mem, gpa, CW_PAGE_SIZE);
}

struct cw_ring_header *cw_ring_header(const struct cw_ring *ring)
{
	return ring_frame(ring, 0);
}

__u8 *cw_ring_at(const struct cw_ring *ring, __u32 index, __u32 *len)
{
	__u32 i = index >> CW_PAGE_SHIFT, nr = ring->size >> CW_PAGE_SHIFT;
	__u32 in_frame = index & (CW_PAGE_SIZE - 1);
	__u8 *first = ring_frame(ring, 1 + i), *next;
	__u32 run = CW_PAGE_SIZE - in_frame;

	if (!first)
		return NULL;
	for (; run < *len && ++i < nr; run += CW_PAGE_SIZE) {
		next = ring_frame(ring, 1 + i);
		if (next != first + in_frame + run)
			break;
	}
	if (run < *len)
		*len = run;
	return first + in_frame;
}

/* Copies to the ring when src is given, else from it; -EIO when some frame is not visible. */
static int ring_copy(const struct cw_ring *ring, __u32 index, __u8 *dst, const __u8 *src, __u32 len)
{
	__u32 run;
	__u8 *at;

	for (; len; len -= run) {
		run = len;
		at = cw_ring_at(ring, index, &run);
		if (!at)
			return -EIO;
		if (src) {
			memcpy(at, src, run);
			src += run;
		} else {
			memcpy(dst, at, run);
			dst += run;
		}
		index = (index + run) % ring->size;
	}
	return 0;
}

static bool index_is_sane(const struct cw_ring *ring, __u32 index)
{
	return index < ring->size && index % 8 == 0;
}

/* Bytes between a read and a write index. */
static __u32 ring_used(const struct cw_ring *ring, __u32 from, __u32 to)
{
	return to >= from ? to - from : ring->size - from + to;
}

static bool desc_is_sane(const struct cw_packet_desc *desc, __u32 avail, __u32 max)
{
	__u32 len = desc->len8 * 8U;

	return len >= sizeof(*desc) && len <= max && len + CW_RING_TRAILER <= avail &&
	       desc->offset8 >= sizeof(*desc) / 8 && desc->offset8 <= desc->len8;
}

/* Gives used bytes, of which the guest had avail in the ring, back. */
static void ring_taken(struct cw_ring *ring, struct cw_ring_header *header, __u32 used, __u32 avail)
{
	__u32 before = ring->size - avail, waits;

	ring->own = (ring->own + used) % ring->size;
	__atomic_store_n(&header->read_index, ring->own, __ATOMIC_RELEASE);
	/* a guest that finds the ring full looks at the read index after it has set this */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	waits = __atomic_load_n(&header->pending_send_sz, __ATOMIC_RELAXED);
	ring->wake = waits && before <= waits && before + used > waits;
}

int cw_ring_get(struct cw_ring *ring, void *buf, __u32 max)
{
	struct cw_ring_header *header = cw_ring_header(ring);
	struct cw_packet_desc desc;
	__u32 write, avail, len;

	ring->wake = false;
	if (!header)
		return -EIO;
	write = __atomic_load_n(&header->write_index, __ATOMIC_ACQUIRE);
	if (!index_is_sane(ring, write))
		return -EIO;
	avail = ring_used(ring, ring->own, write);
	if (!avail)
		return 0;
	if (avail < sizeof(desc) + CW_RING_TRAILER || max < sizeof(desc) ||
	    ring_copy(ring, ring->own, (__u8 *)&desc, NULL, sizeof(desc)) ||
	    !desc_is_sane(&desc, avail, max))
		return -EIO;
	/* the descriptor is not read again: it might have changed */
	len = desc.len8 * 8U;
	memcpy(buf, &desc, sizeof(desc));
	if (ring_copy(ring, (ring->own + sizeof(desc)) % ring->size, (__u8 *)buf + sizeof(desc),
		      NULL, len - sizeof(desc)))
		return -EIO;
	ring_taken(ring, header, len + CW_RING_TRAILER, avail);
	return (int)len;
}

int cw_ring_room(const struct cw_ring *ring, __u32 *room)
{
	struct cw_ring_header *header = cw_ring_header(ring);
	__u32 read;

	if (!header)
		return -EIO;
	read = __atomic_load_n(&header->read_index, __ATOMIC_ACQUIRE);
	if (!index_is_sane(ring, read))
		return -EIO;
	/* 8 bytes stay free: a full ring would look like an empty one */
	*room = ring->size - ring_used(ring, read, ring->own) - 8;
	return 0;
}

int cw_ring_put(struct cw_ring *ring, const void *bytes, __u32 len)
{
	struct cw_ring_header *header = cw_ring_header(ring);
	__u64 trailer = (__u64)ring->own << 32;	/* prev_indices in hv_ringbuffer_write() */
	__u32 room, next;
	int err;

	err = cw_ring_room(ring, &room);
	if (err)
		return err;
	if (len > room || room - len < CW_RING_TRAILER)
		return -EAGAIN;
	next = (ring->own + len) % ring->size;
	if (ring_copy(ring, ring->own, NULL, bytes, len) ||
	    ring_copy(ring, next, NULL, (const __u8 *)&trailer, sizeof(trailer)))
		return -EIO;
	ring->own = (next + CW_RING_TRAILER) % ring->size;
	__atomic_store_n(&header->write_index, ring->own, __ATOMIC_RELEASE);
	return 0;
}

/* Empty before or not plays no role: the kernel's readers look at the write index before they set
 * the read index (hv_pkt_iter_close), and a packet written in between would find the ring not empty
 * and would never be announced.  A flag that is set already interrupts nobody: it costs little.
 */
bool cw_ring_interrupts(const struct cw_ring *ring)
{
	struct cw_ring_header *header = cw_ring_header(ring);

	/* the guest clears the mask, then looks at the write index */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return header && !__atomic_load_n(&header->interrupt_mask, __ATOMIC_RELAXED);
}

void cw_ring_set_mask(const struct cw_ring *ring, bool masked)
{
	struct cw_ring_header *header = cw_ring_header(ring);

	if (header)
		__atomic_store_n(&header->interrupt_mask, masked, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void cw_ring_set_pending(const struct cw_ring *ring, __u32 bytes)
{
	struct cw_ring_header *header = cw_ring_header(ring);

	if (header)
		__atomic_store_n(&header->pending_send_sz, bytes, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}
