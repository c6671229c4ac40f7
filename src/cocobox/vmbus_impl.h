/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside of the VMBus host: its state, and the messages as they are on the wire (structs
 * vmbus_channel_* in include/linux/hyperv.h; little-endian, as we are).
 */
#ifndef CW_BOX_VMBUS_IMPL_H
#define CW_BOX_VMBUS_IMPL_H

#include "box.h"
#include "hostile.h"
#include "loop.h"
#include "referee.h"
#include "synic.h"
#include "util.h"
#include "vmbus.h"
#include "vmbus_ring.h"

#define CW_VMBUS_DEVS_MAX	24
#define CW_VMBUS_RELIDS_MAX	255	/* the kernel's MAX_CHANNEL_RELIDS is 2048 */
#define CW_VMBUS_SUBS_MAX	16
#define CW_VMBUS_CONNECTION	0x2000	/* connection id of relid 0 */
#define CW_VMBUS_BACKLOG_MAX	(1 << 20)	/* bytes that may wait for room in one ring */
#define CW_VMBUS_ROUND		64	/* packets of a channel before others have their turn */

#define CW_GPADL_BYTES_MAX	(64U << 20)
#define CW_GPADLS_MAX		256
#define CW_GPADL_PAGES_MAX	(256U << 10)	/* of all GPADLs together: their lists take 2 MiB */

enum {	/* enum vmbus_channel_message_type */
	CW_MSG_OFFER		= 1,
	CW_MSG_RESCIND		= 2,
	CW_MSG_REQUEST_OFFERS	= 3,
	CW_MSG_OFFERS_DONE	= 4,
	CW_MSG_OPEN		= 5,
	CW_MSG_OPEN_RESULT	= 6,
	CW_MSG_CLOSE		= 7,
	CW_MSG_GPADL_HEADER	= 8,
	CW_MSG_GPADL_BODY	= 9,
	CW_MSG_GPADL_CREATED	= 10,
	CW_MSG_GPADL_TEARDOWN	= 11,
	CW_MSG_GPADL_TORNDOWN	= 12,
	CW_MSG_RELID_RELEASED	= 13,
	CW_MSG_CONTACT		= 14,
	CW_MSG_VERSION		= 15,
	CW_MSG_UNLOAD		= 16,
	CW_MSG_UNLOAD_DONE	= 17,
	CW_MSG_TL_CONNECT	= 21,
	CW_MSG_MODIFY		= 22,
	CW_MSG_TL_RESULT	= 23,
	CW_MSG_MODIFY_DONE	= 24,
};

struct cw_msg {
	__u32 type;
	__u32 padding;
};

/* RESCIND, CLOSE, RELID_RELEASED */
struct cw_msg_relid {
	struct cw_msg h;
	__u32 relid;
};

struct cw_msg_offer {
	struct cw_msg h;
	struct cw_guid type;
	struct cw_guid instance;
	__u32 reserved[4];
	__u16 flags;
	__u16 mmio_mb;
	__u8 user[120];
	__u16 sub_index;
	__u16 reserved2;
	__u32 relid;
	__u8 monitor;
	__u8 monitor_allocated;
	__u16 dedicated_interrupt;
	__u32 connection;
};
_Static_assert(offsetof(struct cw_msg_offer, flags) == 56, "vmbus_channel_offer");
_Static_assert(offsetof(struct cw_msg_offer, sub_index) == 180, "vmbus_channel_offer");
_Static_assert(offsetof(struct cw_msg_offer, connection) == 192, "vmbus_channel_offer_channel");
_Static_assert(sizeof(struct cw_msg_offer) == 196, "vmbus_channel_offer_channel");

struct cw_msg_open {
	struct cw_msg h;
	__u32 relid;
	__u32 open_id;
	__u32 gpadl;
	__u32 target_vp;
	__u32 downstream_page;	/* where the ring to the guest begins */
	__u8 user[120];
};
_Static_assert(sizeof(struct cw_msg_open) == 148, "vmbus_channel_open_channel");

struct cw_msg_open_result {
	struct cw_msg h;
	__u32 relid;
	__u32 open_id;
	__u32 status;
};

struct cw_msg_gpadl_header {
	struct cw_msg h;
	__u32 relid;
	__u32 gpadl;
	__u16 ranges_len;	/* modulo 65536 */
	__u16 nr_ranges;
	__u32 byte_count;
	__u32 byte_offset;
	/* frame numbers follow, not aligned */
};
_Static_assert(sizeof(struct cw_msg_gpadl_header) == 28, "vmbus_channel_gpadl_header");

struct cw_msg_gpadl_body {
	struct cw_msg h;
	__u32 number;
	__u32 gpadl;
	/* frame numbers follow */
};

struct cw_msg_gpadl_created {
	struct cw_msg h;
	__u32 relid;
	__u32 gpadl;
	__u32 status;
};

struct cw_msg_gpadl_teardown {
	struct cw_msg h;
	__u32 relid;
	__u32 gpadl;
};

struct cw_msg_gpadl_torndown {
	struct cw_msg h;
	__u32 gpadl;
};

struct cw_msg_contact {
	struct cw_msg h;
	__u32 version;
	__u32 target_vp;
	__u8 sint;		/* from 5.0 on */
	__u8 vtl;
	__u8 reserved[2];
	__u32 features;		/* from 6.0 on */
	__u64 monitor[2];
};
_Static_assert(sizeof(struct cw_msg_contact) == 40, "vmbus_channel_initiate_contact");

struct cw_msg_version {
	struct cw_msg h;
	__u8 supported;
	__u8 state;
	__u16 padding;
	__u32 connection;	/* for messages from now on */
};
_Static_assert(sizeof(struct cw_msg_version) == 16, "vmbus_channel_version_response");

struct cw_msg_tl_connect {
	struct cw_msg h;
	struct cw_guid endpoint;
	struct cw_guid service;
};

struct cw_msg_tl_result {
	struct cw_msg h;
	struct cw_guid endpoint;
	struct cw_guid service;
	__u32 status;
};

struct cw_msg_modify {
	struct cw_msg h;
	__u32 relid;
	__u32 target_vp;
};

struct cw_msg_modify_done {
	struct cw_msg h;
	__u32 relid;
	__u32 status;
};

struct cw_gpadl {
	struct cw_gpadl *next;
	struct cw_channel_impl *channel;
	__u32 handle;
	__u32 bytes;
	__u32 offset;		/* of the first byte in the first frame */
	__u32 nr_gfns;
	__u32 filled;		/* of these the guest has sent so many so far */
	bool handed;		/* the referee knows of its frames */
	bool found;		/* a device may hold it until the channel closes */
	bool gone;
	__u64 *gfns;		/* without the shared bit */
};

struct cw_queued {	/* a packet on its way to the guest */
	struct cw_queued *next;
	__u32 len;
	__u64 bytes[];
};

struct cw_channel_impl {
	struct cw_channel ch;
	struct cw_vmbus *bus;
	__u16 flags;		/* as offered */
	__u32 target_vp;
	bool opened;		/* from the guest's open to its close */
	bool rescinded;		/* waits for the guest to release the relid */
	bool dead;		/* guest memory is left alone, close() comes next */
	bool holding;		/* packets wait until the guest knows that the channel is open */
	bool due;		/* the loop has to look at it */
	struct cw_gpadl *ring_gpadl;	/* as long as the rings are in use */
	struct cw_ring in;	/* from the guest */
	struct cw_ring out;
	bool waiting;		/* for room in out: the guest was told how much */
	struct cw_queued *first;	/* the backlog */
	struct cw_queued **last;
	__u32 backlog;		/* bytes of it */
};

struct cw_vmbus {
	struct cw_box *box;
	struct cw_watch event;
	struct cw_watch timer;
	__u32 version;		/* 0: not connected */
	bool confidential;
	__u32 message_vp;
	__u64 nr_ignored;	/* messages and packets of the guest that made no sense */
	bool is_over;		/* nothing is noted any more */
	struct cw_dev *dev[CW_VMBUS_DEVS_MAX];
	unsigned int nr_devs;
	struct cw_channel_impl *channel[CW_VMBUS_RELIDS_MAX + 1];	/* by relid */
	__u32 last_relid;
	struct cw_gpadl *gpadls;
	unsigned int nr_gpadls;
	__u32 gpadl_pages;
	/* the packet that is being served */
	struct iovec iov[CW_PACKET_MAX / 8];
	__u64 packet[CW_PACKET_MAX / 8];
};

/* ---- vmbus_host.c ---- */
void cw_vmbus_note(struct cw_vmbus *bus, const char *what, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same for what the guest should not have sent; it is counted. */
void cw_vmbus_ignore(struct cw_vmbus *bus, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Offered and not released; NULL for any other relid. */
struct cw_channel_impl *cw_vmbus_channel(struct cw_vmbus *bus, __u32 relid);
void cw_vmbus_stage(struct cw_vmbus *bus, enum cw_stage stage, struct cw_channel *ch);
/* Has the loop look at a channel soon. */
void cw_vmbus_kick(struct cw_channel_impl *impl);

/* ---- vmbus_gpadl.c ---- */
void cw_gpadl_on_header(struct cw_vmbus *bus, const void *msg, __u32 len);
void cw_gpadl_on_body(struct cw_vmbus *bus, const void *msg, __u32 len);
void cw_gpadl_on_teardown(struct cw_vmbus *bus, const void *msg, __u32 len);
/* A complete one of this channel, or NULL. */
struct cw_gpadl *cw_gpadl_get(struct cw_channel_impl *impl, __u32 handle);
/* Frees those of a channel: all, or just those that were torn down already. */
void cw_gpadl_drop(struct cw_channel_impl *impl, bool all);

/* ---- vmbus_channel.c ---- */
void cw_channel_on_open(struct cw_vmbus *bus, const void *msg, __u32 len);
void cw_channel_on_close(struct cw_vmbus *bus, const void *msg, __u32 len);
/* Ends it for the device and forgets its rings; never from inside of a device's function. */
void cw_channel_shut(struct cw_channel_impl *impl);
/* Serves packets both ways, a bounded number, or ends a dead channel. */
void cw_channel_serve(struct cw_channel_impl *impl);
/* Finds the ranges of a GPA-direct packet, and the guest's memory that they mean, in the first
 * data_offset of its bytes.  -EINVAL when they are malformed.
 */
int cw_packet_ranges(struct cw_channel_impl *impl, const __u8 *bytes, __u32 data_offset,
		     struct cw_packet *p);

#endif
