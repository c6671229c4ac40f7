/* SPDX-License-Identifier: GPL-2.0-only */
/* What guest and host lay out in shared memory and in messages: VMBus 5.2 as include/linux/hyperv.h
 * and the drivers know it, as far as this module speaks it.  Little endian, all padding is named.
 */
#ifndef COCOVM_VMBUS_WIRE_H
#define COCOVM_VMBUS_WIRE_H

#include <linux/types.h>

/* ---- messages ---- */

#define CW_VERSION(major, minor) ((u32)(major) << 16 | (minor))
#define CW_VERSION_MIN	CW_VERSION(5, 2)	/* under isolation nothing older is spoken */

#define CW_MESSAGE_MAX	240	/* payload of a message either way */
#define CW_MESSAGE_SLOTS 16	/* in a SynIC message page */
#define CW_MESSAGE_SINT	2	/* the one of VMBus */
#define CW_MESSAGE_CHANNEL 1	/* type of a message from a VMBus host */

/* A slot of the SynIC message page (TLFS). */
struct cw_synic_slot {
	u32 type;	/* 0: empty */
	u8 bytes;
	u8 flags;	/* bit 0: more are waiting */
	u16 pad;
	u64 sender;
	u8 payload[CW_MESSAGE_MAX];
};

enum cw_message_type {
	CW_MT_OFFER = 1,
	CW_MT_RESCIND = 2,
	CW_MT_REQUEST_OFFERS = 3,
	CW_MT_OFFERS_DONE = 4,
	CW_MT_OPEN = 5,
	CW_MT_OPENED = 6,
	CW_MT_CLOSE = 7,
	CW_MT_GPADL_HEADER = 8,
	CW_MT_GPADL_BODY = 9,
	CW_MT_GPADL_CREATED = 10,
	CW_MT_GPADL_TEARDOWN = 11,
	CW_MT_GPADL_TORNDOWN = 12,
	CW_MT_CONTACT = 14,
	CW_MT_VERSION = 15,
	CW_MT_UNLOAD = 16,
	CW_MT_UNLOADED = 17,
	CW_MT_MODIFIED = 24,
	CW_MT_NR = 28,
};

/* type and pad begin every message. */
struct cw_msg {
	u32 type;
	u32 pad;
	u32 word[6];	/* of those that have no structure below: relid, gpadl, status */
};

struct cw_msg_offer {
	u32 type;
	u32 pad;
	u8 device[16];		/* GUIDs */
	u8 instance[16];
	u64 reserved[2];
	u16 flags;
	u16 mmio_mb;
	u8 user[120];
	u16 sub_index;
	u16 reserved2;
	u32 relid;
	u8 monitor;
	u8 monitor_allocated;
	u16 dedicated_interrupt;
	u32 connection;
};

#define CW_OFFER_SOCKET		0x2000
#define CW_OFFER_PRIVATE	0x0002	/* confidential ring, VMBus 6.0 */

struct cw_msg_contact {
	u32 type;
	u32 pad;
	u32 version;
	u32 target_vcpu;
	u64 interrupt_page;
	u64 monitor[2];
};

struct cw_msg_version {
	u32 type;
	u32 pad;
	u8 supported;
	u8 state;
	u16 pad2;
	u32 connection;
};

struct cw_msg_gpadl {
	u32 type;
	u32 pad;
	u32 relid;
	u32 gpadl;
	u16 range_bytes;	/* of the range with all its frames */
	u16 nr_ranges;
	u32 bytes;		/* of memory, and where in the first frame it begins */
	u32 offset;
	u64 gfn[26];
} __packed;

struct cw_msg_gpadl_body {
	u32 type;
	u32 pad;
	u32 number;
	u32 gpadl;
	u64 gfn[28];
};

struct cw_msg_open {
	u32 type;
	u32 pad;
	u32 relid;
	u32 openid;
	u32 gpadl;
	u32 target_vcpu;
	u32 in_page;		/* of the ring to the guest, in the GPADL */
	u8 user[120];
};

/* ---- rings ---- */

struct cw_ring_header {
	u32 write;
	u32 read;
	u32 interrupt_mask;
	u32 pending_bytes;
	u32 reserved[12];
	u32 features;
	u32 pad[1007];
};

enum cw_packet_type {
	CW_PT_INBAND = 6,
	CW_PT_RANGES = 7,	/* ranges of the receive buffer */
	CW_PT_GPA_DIRECT = 9,
	CW_PT_COMPLETION = 11,
};

#define CW_PACKET_FLAG_COMPLETE	1	/* a completion is asked for */

struct cw_packet {
	u16 type;
	u16 offset8;
	u16 len8;
	u16 flags;
	u64 id;
};

#define CW_PACKET_TRAILER 8	/* where the packet began, behind each */

/* One range of single pages, behind struct cw_packet: what the host may read and write. */
#define CW_GPA_PAGES 32

struct cw_packet_gpa {
	struct cw_packet packet;
	u32 reserved;
	u32 nr_ranges;
	u32 bytes;
	u32 offset;
	u64 gfn[CW_GPA_PAGES];
};

#define CW_RANGES_MAX 8

struct cw_packet_ranges {
	struct cw_packet packet;
	u16 set;
	u8 sender_owns;
	u8 reserved;
	u32 nr;
	struct {
		u32 bytes;
		u32 offset;
	} range[CW_RANGES_MAX];
};

/* ---- devices ---- */

/* The head of a frame, as RNDIS has it. */
struct cw_rndis {
	u32 type;	/* 1: a frame */
	u32 bytes;	/* of the message, this head included */
	u32 data_offset;	/* from its own place on */
	u32 data_bytes;
};

#define CW_RNDIS_FRAME 1

/* In-band messages of the network device, and their answers. */
enum cw_net_type {
	CW_NET_INIT = 1,
	CW_NET_RECV_BUF = 101,
	CW_NET_SEND_BUF = 104,
	CW_NET_SEND = 107,
	CW_NET_TABLE = 135,	/* send indirection: number of entries, and where they begin */
};

#define CW_NET_INLINE	0xffffffffU	/* no section: the frame is in the pages named */
#define CW_NET_TABLE_ENTRIES 16

struct cw_net_msg {
	u32 type;
	u32 status;	/* 1: success */
	/* INIT: version; BUF: GPADL, then sections, their size; SEND: section, size */
	u32 arg[4];
};

/* A command to a disk, and its completion. */
struct cw_disk_msg {
	u32 operation;	/* 3: a command, 1: its completion */
	u32 status;	/* 0: success */
	u32 transfer_bytes;
	u8 sense_bytes;
	u8 write;
	u16 sector;
	u8 sense[20];
	u32 pad;
};

#endif
