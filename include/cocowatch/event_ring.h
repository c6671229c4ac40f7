/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ABI, continued: rings, and what comes from the host.  The rules of event.h
 * hold here: fields are appended, padding is named and zero.
 */
#ifndef CW_EVENT_RING_H
#define CW_EVENT_RING_H

#include <cocowatch/event.h>

#define CW_RING_VECTORS	 (1U << 0)	/* WRITE: vectors and header were read */
#define CW_RING_PAD	 (1U << 1)	/* WRITE: the padding was found and read */
#define CW_RING_BEFORE	 (1U << 2)	/* indices were read on entry */
#define CW_RING_AFTER	 (1U << 3)	/* and on exit */
#define CW_RING_RET	 (1U << 4)	/* WRITE: ret is filled */
#define CW_RING_RETURNED (1U << 5)	/* READ: a packet was returned */
#define CW_RING_HEADER	 (1U << 6)	/* READ: its header was read */
#define CW_RING_COPY	 (1U << 7)	/* READ: it is the start of the channel's packet buffer */

/* A packet put into the ring that the host reads. */
struct cw_ev_ring_write {
	struct cw_rec_hdr hdr;
	__u32 relid;		/* child_relid of the channel */
	__u32 flags;		/* CW_RING_* */
	__s32 ret;		/* 0 or -errno */
	__u32 ring_bytes;	/* of the ring's data; indices are below it.  0: not read */
	__u32 nr_vec;
	__u32 vec_bytes;	/* what the vectors hold together */
	__u32 pkt_bytes;	/* len8 of the header, in bytes */
	__u32 pkt_offset;	/* offset8 of the header, in bytes */
	__u16 pkt_type;		/* 6 in-band, 7 transfer pages, 9 GPA direct, 11 completion */
	__u16 pkt_flags;
	__u32 pad_bytes;	/* that pad the packet to 8 */
	__u32 pad_set;		/* of them: not zero */
	__u32 pad_first;	/* offset in the packet of the first of these, or CW_NO_INDEX */
	__u32 write_before;	/* indices in the header that the host can write */
	__u32 read_before;
	__u32 write_after;
	__u32 read_after;
	__u8 space;
	__u8 confidential;	/* the ring is private by agreement with the paravisor */
	__u8 pad[6];
	char comm[CW_COMM_LEN];
};

/* What a driver got of the ring that the host writes, or that it got nothing. */
struct cw_ev_ring_read {
	struct cw_rec_hdr hdr;
	__u64 gfn;		/* packet buffer: first frame that is not private, or first */
	__u64 pte;		/* its direct-map PTE, when have_pte */
	__u32 relid;
	__u32 flags;		/* CW_RING_* */
	__u32 ring_bytes;	/* 0: not read */
	__u32 read_at;		/* where in the ring the packet begins: the guest's own index */
	__u32 write_before;	/* the host's index, in the header that it can write */
	__u32 write_after;
	__u32 pkt_bytes;	/* len8 of the copy, in bytes */
	__u32 pkt_offset;	/* offset8 of the copy, in bytes */
	__u32 buf_bytes;	/* room in the packet buffer */
	__u32 buf_pages;	/* pages that it touches */
	__u32 pte_age;		/* packets of the channel, on this CPU, since the PTE was read */
	__u16 pkt_type;
	__u8 space;
	__u8 confidential;
	__u8 state;		/* enum cw_page_state of gfn, read for this packet */
	__u8 have_pte;		/* CW_PTE_*, not MAPPING; UNASKED: not looked for */
	__u8 pad[6];
};

/* What happened to a device, for cw_ev_device. */
enum cw_device_what {
	CW_DEVICE_OFFERED = 1,	/* by the host; stock: entry of vmbus_onoffer */
	CW_DEVICE_BOUND = 2,	/* given to a driver; stock: entry of vmbus_probe */
};

/* Where what is known of a kind of device comes from. */
enum cw_device_table {
	CW_TABLE_NONE = 0,	/* neither could be asked */
	CW_TABLE_KERNEL = 1,	/* the kernel's own vmbus_devs */
	CW_TABLE_OURS = 2,	/* the kinds that 6.4 and later allow */
};

#define CW_CHANNEL_SOCKET 0x2000	/* in chn_flags: a socket, no device */

/* A device that the host offers, or that a driver gets. */
struct cw_ev_device {
	struct cw_rec_hdr hdr;
	__u8 type[16];		/* GUIDs, in the byte order of the wire */
	__u8 instance[16];
	__u32 relid;
	__u16 chn_flags;	/* flags of the offer, CW_CHANNEL_SOCKET among them */
	__u8 what;		/* enum cw_device_what */
	__u8 table;		/* enum cw_device_table */
	__u8 listed;		/* the table knows the type */
	__u8 allowed;		/* and allows it in a confidential VM */
	__u8 space;
	__u8 pad[5];
	char comm[CW_COMM_LEN];
};

enum cw_completion_outcome {
	CW_COMPLETION_KNOWN = 1,	/* the transaction was open */
	CW_COMPLETION_UNKNOWN = 2,	/* it was not */
	CW_COMPLETION_UNTRACKED = 3,	/* the channel keeps no list of transactions */
	CW_COMPLETION_USED = 4,	/* it was not, and the driver went on with it; module only */
};

/* A transaction that the host says is complete; stock: exit of __vmbus_request_addr_match. */
struct cw_ev_completion {
	struct cw_rec_hdr hdr;
	__u64 id;		/* as the host gave it */
	__u32 relid;
	__u32 nr_ids;		/* that the channel can have open */
	__u8 outcome;		/* enum cw_completion_outcome */
	__u8 space;
	__u8 pad[6];
};

enum cw_fetch_what {
	CW_FETCH_LENGTH = 1,	/* of a packet */
	CW_FETCH_OFFSET = 2,	/* of its data */
	CW_FETCH_INDEX = 3,	/* of a ring */
};

/* A value in memory that the host can write: what was validated, and what was used.
 * Module only.
 */
struct cw_ev_fetch {
	struct cw_rec_hdr hdr;
	__u64 validated;
	__u64 used;
	__u32 relid;
	__u8 what;		/* enum cw_fetch_what */
	__u8 space;
	__u8 pad[2];
	char comm[CW_COMM_LEN];
};

enum cw_config_asked {
	CW_ASKED_UNKNOWN = 0,
	CW_ASKED_YES = 1,	/* the host asks for hypercalls: CPUID 0x40000004 EAX bit 21 */
	CW_ASKED_NO = 2,
};

/* An access to the config space of a PCI function; stock: exit of _hv_pcifront_*_config. */
struct cw_ev_config {
	struct cw_rec_hdr hdr;
	__u64 gpa;		/* of the last hypercall, 0 without one */
	__u32 slot;		/* function, as the host numbers it */
	__u32 where;		/* offset in config space */
	__u32 size;
	__u32 calls;		/* MMIO hypercalls made inside, CW_NO_INDEX: not counted */
	__u8 write;
	__u8 asked;		/* enum cw_config_asked */
	__u8 by_calls;		/* what the driver means to do, whatever the host asks for */
	__u8 space;
	__u8 pad[4];
	char comm[CW_COMM_LEN];
};

_Static_assert(sizeof(struct cw_ev_ring_write) == 120, "struct cw_ev_ring_write is ABI");
_Static_assert(sizeof(struct cw_ev_ring_read) == 104, "struct cw_ev_ring_read is ABI");
_Static_assert(sizeof(struct cw_ev_device) == 96, "struct cw_ev_device is ABI");
_Static_assert(sizeof(struct cw_ev_completion) == 56, "struct cw_ev_completion is ABI");
_Static_assert(sizeof(struct cw_ev_fetch) == 72, "struct cw_ev_fetch is ABI");
_Static_assert(sizeof(struct cw_ev_config) == 80, "struct cw_ev_config is ABI");

#endif
