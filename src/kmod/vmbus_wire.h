/* SPDX-License-Identifier: GPL-2.0-only */
/* What guest and host lay out in shared memory and in messages: VMBus 5.2 as <linux/hyperv.h> has
 * it.  Here is what that leaves to its users, as far as this module speaks it.
 */
#ifndef COCOVM_VMBUS_WIRE_H
#define COCOVM_VMBUS_WIRE_H

#include <linux/hyperv.h>

/* ---- messages ---- */

#define CW_VERSION_MIN	VERSION_WIN10_V5_2	/* under isolation nothing older is spoken */

#define CW_MESSAGE_SINT	2	/* of VMBus: which slot of the SynIC's message page */
#define CW_MESSAGE_CHANNEL 1	/* type of a message from a VMBus host, and to it */

/* The payload of a message either way. */
union cw_message {
	struct vmbus_channel_message_header header;
	struct vmbus_channel_offer_channel offer;
	struct vmbus_channel_initiate_contact contact;
	struct vmbus_channel_version_response version;
	struct vmbus_channel_gpadl_header gpadl;
	struct vmbus_channel_gpadl_body body;
	struct vmbus_channel_open_channel open;
	struct {
		struct vmbus_channel_message_header header;
		u32 word[6];	/* relid, gpadl or open id, status: those of them that it has */
	} plain;
	u8 bytes[HV_MESSAGE_PAYLOAD_BYTE_COUNT];
};

/* Bytes of a message that has that many words behind its head. */
#define CW_MESSAGE_WORDS(nr) (sizeof(struct vmbus_channel_message_header) + 4 * (nr))

/* Frames of a GPADL stand in a header and in bodies, each behind so many bytes. */
#define CW_GPADL_HEADER_BYTES offsetof(struct vmbus_channel_gpadl_header, range[0].pfn_array)
#define CW_GPADL_BODY_BYTES offsetof(struct vmbus_channel_gpadl_body, pfn)
#define CW_GPADL_ROOM(bytes) ((u32)(HV_MESSAGE_PAYLOAD_BYTE_COUNT - (bytes)) / 8)

#define CW_OFFER_PRIVATE 0x0002	/* confidential ring, VMBus 6.0 */

/* ---- packets ---- */

#define CW_PACKET_TRAILER 8	/* where the packet began, behind each */

/* struct vmbus_packet_mpb_array with room for its frames: what the host may read and write */
struct cw_packet_gpa {
	struct vmpacket_descriptor head;
	u32 reserved;
	u32 nr_ranges;
	struct hv_multipage_buffer range;
};

/* struct vmtransfer_page_packet_header with room for its ranges, of the receive buffer */
struct cw_packet_ranges {
	struct vmpacket_descriptor head;
	u16 set;
	u8 sender_owns;
	u8 reserved;
	u32 nr;
	struct vmtransfer_page_range range[8];
};

/* ---- devices, as their drivers know them ---- */

/* Input of the hypercalls that read and write device memory (TLFS). */
struct cw_mmio_call {
	u64 gpa;
	u32 size;
	u32 reserved;
	u32 data[16];
};

#define CW_PCI_CONFIG	PAGE_SIZE	/* where config space begins in a function's window */

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

#define CW_NET_VERSION	(6 << 16 | 1)
#define CW_NET_INLINE	0xffffffffU	/* no section: the frame is in the pages named */
#define CW_NET_TABLE_ENTRIES 16
#define CW_NET_SECTION	2048	/* bytes of a section, in either buffer */

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
