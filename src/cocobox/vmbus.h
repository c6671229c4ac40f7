/* SPDX-License-Identifier: GPL-2.0-only */
/* The VMBus host: offers, GPADLs, channels and their rings, as devices see them
 * (include/linux/hyperv.h has the guest's side of it).  All is called with the box's lock held.
 */
#ifndef CW_BOX_VMBUS_H
#define CW_BOX_VMBUS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>
#include <linux/types.h>

struct cw_box;
struct cw_vmbus;
struct cw_channel;
struct cw_gpadl;

struct cw_guid {
	__u8 b[16];	/* as on the wire: the first three fields little-endian */
};

/* CW_GUID(0xf8615163, 0xdf3e, 0x46c5, 0x91, 0x3f, ...) */
#define CW_GUID(a, b, c, ...) \
	{ { (a) & 0xff, (a) >> 8 & 0xff, (a) >> 16 & 0xff, (a) >> 24 & 0xff, \
	    (b) & 0xff, (b) >> 8 & 0xff, (c) & 0xff, (c) >> 8 & 0xff, __VA_ARGS__ } }

/* enum vmbus_packet_type and VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED */
enum {
	CW_PKT_INBAND		= 6,
	CW_PKT_XFER_PAGES	= 7,
	CW_PKT_GPA_DIRECT	= 9,
	CW_PKT_COMP		= 0xb,
	CW_PKT_WANTS_COMP	= 1,
};

#define CW_PACKET_MAX	(64 * 1024)

/* One packet from the guest's ring, in private memory; good until the device's packet() returns. */
struct cw_packet {
	__u16 type;
	__u16 flags;
	__u64 id;
	const __u8 *data;	/* what follows the descriptor and its ranges */
	__u32 len;
	struct iovec *iov;	/* GPA_DIRECT: the guest's buffers, all visible */
	unsigned int nr_iov;
	__u32 iov_bytes;
	bool iov_bad; /* some buffer was no visible RAM: iov is empty, the referee knows */
};

/* Offer flags VMBUS_CHANNEL_CONFIDENTIAL_*: offered only to a guest that takes confidential
 * channels */
enum {
	CW_OFFER_PRIVATE_RING	= 0x2,
	CW_OFFER_PRIVATE_MEMORY	= 0x4,
};

/* A device on the bus.  One static row of operations for each kind. */
struct cw_dev;
struct cw_dev_ops {
	const char *name;
	struct cw_guid type;
	__u16 chn_flags;	/* offer flags, enum in include/linux/hyperv.h */
	__u16 mmio_mb;
	int (*init)(struct cw_dev *dev); /* before the guest starts; may be NULL */
	void (*exit)(struct cw_dev *dev);			/* may be NULL */
	int (*open)(struct cw_channel *ch); /* < 0: the open is refused; may be NULL */
	void (*close)(struct cw_channel *ch);			/* may be NULL */
	void (*packet)(struct cw_channel *ch, struct cw_packet *p);
	void (*tick)(struct cw_dev *dev, __u64 now_ns); /* about ten times a second; may be NULL */
};

struct cw_dev {
	const struct cw_dev_ops *ops;
	struct cw_box *box;
	struct cw_guid instance;
	unsigned int index;		/* among those of its kind */
	struct cw_channel *primary;
	void *priv;			/* the device's */
};

/* What a device may look at. */
struct cw_channel {
	struct cw_dev *dev;
	__u32 relid;
	__u16 sub_index;	/* 0: the primary channel */
	bool is_open;
	bool confidential;	/* its ring stays private: the paravisor relays */
	void *priv;		/* the device's, for this channel */
	struct cw_channel_impl *impl;
};

/* 0, or -errno after a message. */
int cw_vmbus_init(struct cw_box *box);
void cw_vmbus_exit(struct cw_box *box);

/* Adds a device before the guest starts; arg is handed to init() as dev->priv.  0, or -errno
 * after a message, which is init()'s when it fails.
 */
int cw_vmbus_add(struct cw_box *box, const struct cw_dev_ops *ops, void *arg);

/* Offers sub-channels 1..nr of an open primary channel; they end with its open.  0 or -errno. */
int cw_vmbus_offer_subchannels(struct cw_dev *dev, unsigned int nr);

/* Takes a channel back: nothing goes through it from now on.  close() follows from the loop, and ch
 * ends when the guest releases its relid.
 */
void cw_vmbus_rescind(struct cw_channel *ch);

/* Offers a device again whose primary channel was taken back and released.  0, -EBUSY when it still
 * has one, -ENOTCONN, -ENOSPC.
 */
int cw_vmbus_offer(struct cw_dev *dev);

/* ---- from hypercalls; both return an HV_STATUS_* ---- */
__u16 cw_vmbus_post_message(struct cw_box *box, __u32 connection_id, __u32 type,
			    const void *payload, __u32 len);
__u16 cw_vmbus_signal_event(struct cw_box *box, __u32 connection_id, __u16 flag);

/* ---- packets to the guest.  What does not fit into the ring waits, and the channel takes no
 * packets from the guest until it has gone out; so these fail only when the channel is closed
 * (-ENOTCONN), the packet is larger than half of the ring or 64 KiB (-EMSGSIZE), the ring is
 * damaged (-EIO; close() follows from the loop), or 1 MiB waits already because a device sends on
 * its own to a guest that does not read (-ENOSPC).  len is in bytes. Packets from inside of open()
 * go out right after the guest was told that the channel is open. ----
 */
int cw_channel_send(struct cw_channel *ch, __u16 type, __u16 flags, __u64 id, const void *data,
		    __u32 len);
int cw_channel_complete(struct cw_channel *ch, __u64 id, const void *data, __u32 len);

/* Room for one more packet of len bytes right now: for devices that would rather drop than wait. */
bool cw_channel_has_room(struct cw_channel *ch, __u32 len);

#define CW_XFER_RANGES_MAX	64

struct cw_xfer_range {
	__u32 len;
	__u32 offset;
};

/* VM_PKT_DATA_USING_XFER_PAGES, as netvsc receives it. */
int cw_channel_send_xfer(struct cw_channel *ch, __u64 id, __u16 pageset_id,
			 const struct cw_xfer_range *range, __u32 nr_ranges, const void *data,
			 __u32 len);

/* ---- for hostile hosts: past all honest checks ---- */
/* A message to the guest as it is (a struct vmbus_channel_message_header and what follows), at most
 * 240 bytes. */
int cw_vmbus_send(struct cw_box *box, const void *message, __u32 len);
/* The header page of the ring to the guest, or from it (struct hv_ring_buffer: write_index,
 * read_index, ...); NULL when closed.
 */
volatile __u32 *cw_channel_indices(struct cw_channel *ch, bool from_guest);

/* Every channel that was offered and not taken back, in turn; NULL begins and ends. */
struct cw_channel *cw_vmbus_next(struct cw_box *box, struct cw_channel *ch);

/* ---- GPADLs ---- */
/* NULL when ch has none of that handle, or not all of it is visible.  Good until close(): when the
 * guest tears it down before that, it has no bytes any more.
 */
struct cw_gpadl *cw_gpadl_find(struct cw_channel *ch, __u32 handle);
__u32 cw_gpadl_bytes(const struct cw_gpadl *gpadl);
/* -EFAULT outside of it or when a frame is not visible (told to the referee). */
int cw_gpadl_read(struct cw_gpadl *gpadl, __u32 offset, void *buf, __u32 len);
int cw_gpadl_write(struct cw_gpadl *gpadl, __u32 offset, const void *buf, __u32 len);

#endif
