/* SPDX-License-Identifier: GPL-2.0-only */
/* One direction of a channel: a ring of packets in frames that the guest gave.  The guest writes to
 * all of it at any time, so the index that is ours is kept here as well, and the other one is
 * checked whenever it is read.
 */
#ifndef CW_BOX_VMBUS_RING_H
#define CW_BOX_VMBUS_RING_H

#include <stdbool.h>
#include <linux/types.h>

#include "mem.h"

/* struct hv_ring_buffer, include/linux/hyperv.h: the first frame; the data has all others. */
struct cw_ring_header {
	__u32 write_index;
	__u32 read_index;
	__u32 interrupt_mask;
	__u32 pending_send_sz;	/* the writer waits for more room than that */
	__u32 reserved[12];
	__u32 feature_bits;
};

/* struct vmpacket_descriptor, same file */
struct cw_packet_desc {
	__u16 type;
	__u16 offset8;		/* of the data, in units of 8 bytes */
	__u16 len8;		/* of all, without the trailer */
	__u16 flags;
	__u64 id;
};

#define CW_RING_TRAILER	8	/* VMBUS_PKT_TRAILER, drivers/hv/ring_buffer.c */

struct cw_ring {
	const struct cw_mem *mem;
	const __u64 *gfns;	/* the GPADL's: the header's frame, then those of the data */
	__u32 size;		/* of the data, in bytes */
	__u32 own;		/* read index of a ring from the guest, write index of one to it */
	bool confidential;	/* frames are private: they need not be visible */
	bool wake;		/* the last packet taken made room that the guest waits for */
};

/* A ring of nr_gfns frames; -EINVAL for fewer than two. */
int cw_ring_init(struct cw_ring *ring, const struct cw_mem *mem, const __u64 *gfns, __u32 nr_gfns,
		 bool confidential);

/* Copies one packet without its trailer to buf, max bytes large, in which the descriptor is then
 * one that was checked: 16 <= offset8 * 8 <= len8 * 8 = the result.  0: empty; -EIO: damaged or not
 * visible.
 */
int cw_ring_get(struct cw_ring *ring, void *buf, __u32 max);

/* Writes len bytes (a multiple of 8) and a trailer.  -EAGAIN: no room now; -EIO as above. */
int cw_ring_put(struct cw_ring *ring, const void *bytes, __u32 len);

/* Bytes that can be written now, trailer included; -EIO as above. */
int cw_ring_room(const struct cw_ring *ring, __u32 *room);

/* The place of index and how much follows in one piece, at most *len; NULL when not visible. */
__u8 *cw_ring_at(const struct cw_ring *ring, __u32 index, __u32 *len);

/* The header, NULL when not visible. */
struct cw_ring_header *cw_ring_header(const struct cw_ring *ring);

/* Whether the reader of a ring to the guest wants interrupts. */
bool cw_ring_interrupts(const struct cw_ring *ring);
/* Whether we want them from the guest. */
void cw_ring_set_mask(const struct cw_ring *ring, bool masked);
/* We wait for more than bytes of room; 0: no longer. */
void cw_ring_set_pending(const struct cw_ring *ring, __u32 bytes);

#endif
