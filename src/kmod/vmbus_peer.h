/* SPDX-License-Identifier: GPL-2.0-only */
/* The inside of the emulated VMBus host.  It sees the guest's memory through views of its own, each
 * checked against the visibility table; one task runs it, the one whose bus it is.
 */
#ifndef COCOVM_VMBUS_PEER_H
#define COCOVM_VMBUS_PEER_H

#include <linux/kfifo.h>
#include <linux/spinlock.h>

#include "vmbus.h"

#define CW_PEER_GPADLS	8
#define CW_PEER_QUEUE	16	/* messages, either way */
#define CW_IMAGE_BYTES	1024	/* longest packet */
#define CW_DISK_BYTES	8192

struct cw_view {
	u32 handle;		/* 0: free */
	u32 relid;
	u32 nr;			/* pages, all there are to be */
	u32 got;
	u64 *gfn;
	u8 *va;			/* NULL until all are there */
};

struct cw_peer_channel {
	bool offered;
	bool opened;
	enum cw_device device;
	const struct cw_view *ring;
	u32 in_page;
	u32 read_at;		/* indices of the host's own */
	u32 write_at;
	const struct cw_view *recv;
	const struct cw_view *send;
};

struct cw_peer {
	enum cw_host_id host;
	u32 connection;
	bool is_lying;
	spinlock_t lock;	/* of the queue */
	DECLARE_KFIFO(queue, struct cw_hv_message, CW_PEER_QUEUE);
	DECLARE_BITMAP(flags, CW_CHANNELS_MAX);
	struct cw_view synic;
	DECLARE_KFIFO(waiting, struct hv_message, 2 * CW_PEER_QUEUE);	/* for the slot */
	struct cw_view view[CW_PEER_GPADLS];
	struct cw_peer_channel channel[CW_CHANNELS_MAX];	/* by relid */
	u32 function;		/* chosen in config space */
	u8 config[256];
	u8 disk[CW_DISK_BYTES];
	u8 image[CW_IMAGE_BYTES] __aligned(8);	/* of a packet from the guest */
};

/* ---- vmbus_host.c ---- */

void cw_peer_send(struct cw_peer *peer, const void *msg, u32 bytes);
void cw_peer_offer(struct cw_peer *peer, const guid_t *kind, u32 relid, u16 flags);
void cw_peer_say(struct cw_peer *peer, u32 type, u32 word0, u32 word1, u32 word2);
void cw_peer_forget(struct cw_peer *peer, struct cw_peer_channel *ch);
/* The rings' headers, of the host's view. */
struct hv_ring_buffer *cw_peer_header(const struct cw_peer_channel *ch, bool inbound);
/* A packet to the guest as it stands: its head is in image. */
void cw_peer_write(struct cw_peer_channel *ch, const void *image, u32 bytes);

/* ---- vmbus_lie.c: what this host does otherwise, by its row ---- */

enum cw_stage {
	CW_STAGE_NONE,
	CW_STAGE_OFFERED,	/* offers were sent */
	CW_STAGE_GPADL,		/* one is being made; before the answer */
	CW_STAGE_OPEN,		/* likewise a channel */
	CW_STAGE_OPENED,
	CW_STAGE_PACKET,	/* an image is about to be written */
	CW_STAGE_WRITTEN,
	CW_STAGE_FRAME,		/* the head of a frame, in the receive buffer */
	CW_STAGE_SENT,		/* a message */
	CW_STAGE_MEANWHILE,
};

/* False: the packet is dropped.  ch and image may be NULL. */
bool cw_peer_lie(struct cw_peer *peer, enum cw_stage stage, struct cw_peer_channel *ch,
		 void *image, u32 bytes);

#endif
