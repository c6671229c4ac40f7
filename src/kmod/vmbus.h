/* SPDX-License-Identifier: GPL-2.0-only */
/* Internal interface of the VMBus half of cocovm.ko: the guest's bus, channels, rings and devices,
 * and the emulated host at the other end (the peer).  Each run of a scenario has a bus of its own,
 * which one task uses.  Functions that can fail return 0 or -errno.
 */
#ifndef COCOVM_VMBUS_H
#define COCOVM_VMBUS_H

#include <linux/uio.h>

#include "cocovm.h"
#include "trace.h"

/* What guest and host lay out in shared memory and in messages is VMBus 5.2 as <linux/hyperv.h> has
 * it, and here what that leaves to its users, as far as this module speaks it.
 */

/* ---- messages ---- */

#define CW_VERSION_MIN	VERSION_WIN10_V5_2	/* under isolation nothing older is spoken */

#define CW_MSR_SIMP	0x40000083	/* TLFS: where the SynIC's message page is */
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

/* ---- misbehaviours of the guest: flags of the scenarios ---- */

#define CW_GUEST_PAD_DIRTY	BIT(0)	/* the bytes that pad a packet are what lay around */
#define CW_GUEST_LENGTH_WRONG	BIT(1)	/* len8 is more than what is written */
#define CW_GUEST_READ_TRUSTED	BIT(2)	/* the host's read index is not validated */
#define CW_GUEST_WRITE_TRUSTED	BIT(3)	/* nor is its write index */
#define CW_GUEST_LENGTH_TRUSTED	BIT(4)	/* nor the length of a packet */
#define CW_GUEST_OFFSET_TRUSTED	BIT(5)	/* nor where its data begins */
#define CW_GUEST_NO_COPY	BIT(6)	/* drivers get packets in the ring itself */
#define CW_GUEST_COPY_SHARED	BIT(7)	/* packets are copied to a shared page */
#define CW_GUEST_LENGTH_TWICE	BIT(8)	/* the length is fetched again after validation */
#define CW_GUEST_OFFSET_TWICE	BIT(9)
#define CW_GUEST_ID_TWICE	BIT(10)	/* likewise the number of a transaction */
#define CW_GUEST_GPADL_PRIVATE	BIT(11)	/* frames are named and not shared */
#define CW_GUEST_GPADL_LATE	BIT(12)	/* frames are named, and shared then */
#define CW_GUEST_GPADL_HIDDEN	BIT(13)	/* that sharing failed is ignored */
#define CW_GUEST_MONITOR_PRIVATE BIT(14)
#define CW_GUEST_SECOND_PRIVATE	BIT(15)	/* the second mapping of a ring has the wrong attribute */
#define CW_GUEST_SECOND_PART	BIT(16)	/* in its last page */
#define CW_GUEST_SECOND_ABSENT	BIT(17)	/* it is not present, for a moment */
#define CW_GUEST_INT_SHARED	BIT(18)	/* the interrupt page is shared */
#define CW_GUEST_BIND_ANY	BIT(19)	/* any device that is offered */
#define CW_GUEST_ID_TRUSTED	BIT(20)	/* completions of transactions that are not open */
#define CW_GUEST_NO_BOUNCE	BIT(21)	/* the host gets the frames of private memory */
#define CW_GUEST_SLOT_FOREIGN	BIT(22)	/* a bounce slot is given back by another device */
#define CW_GUEST_SLOT_SIZE	BIT(23)	/* or with another size */
#define CW_GUEST_SLOT_TWICE	BIT(24)	/* or handed out twice */
#define CW_GUEST_CONFIG_MMIO	BIT(25)	/* config space is reached by memory access */
#define CW_GUEST_FREE_RING	BIT(26)	/* a ring is freed that could not be made private */
#define CW_GUEST_STALE		BIT(27)	/* buffers are shared with what they hold */
#define CW_GUEST_UNTRACKED	BIT(28)	/* that a conversion back failed is forgotten */
#define CW_GUEST_FRAME_TWICE	BIT(29)	/* a frame's head is read where the host can write it */
#define CW_GUEST_BOUNCE_PART	BIT(30)	/* the last frame named is of private memory */
#define CW_GUEST_POOL_HIDDEN	BIT(31)	/* that sharing the bounce slots failed is ignored */
#define CW_GUEST_SLOT_BEYOND	BIT(32)	/* a slot begins in the pool and ends behind it */
#define CW_GUEST_SYNIC_PRIVATE	BIT(33)
#define CW_GUEST_FREE_BUFFER	BIT(34)	/* or a buffer beside the rings */
#define CW_GUEST_FREE_MONITOR	BIT(35)	/* or the monitor pages */
/* Of these, pages are freed that the pool would not part with. */
#define CW_GUEST_FREES \
	(CW_GUEST_FREE_RING | CW_GUEST_FREE_BUFFER | CW_GUEST_FREE_MONITOR | CW_GUEST_UNTRACKED)

/* ---- vmbus_bus.c: the connection ---- */

#define CW_CHANNELS_MAX	16	/* relids are below */
#define CW_OPEN_IDS	64	/* transactions of a channel */

struct cw_peer;
struct cw_channel;

/* The kinds of devices that a confidential VM uses here. */
enum cw_device { CW_DEVICE_NET, CW_DEVICE_DISK, CW_DEVICE_PCI, CW_DEVICES };

extern const struct hv_vmbus_device_id cw_devices[CW_DEVICES];

/* What the host answered to what was asked last. */
struct cw_answer {
	u32 type;	/* that is waited for; 0: nothing is */
	u32 key;	/* GPADL handle, open id or, in a version response, 0 */
	bool there;
	u32 status;
};

struct cw_bus {
	const struct cw_run *run;
	u64 quirks;		/* CW_GUEST_* of a run that misbehaves */
	enum cw_host_id host;
	u32 connection;
	u32 version;
	struct cw_peer *peer;
	struct cw_range *synic;	/* message page; shared, by the paravisor where there is one */
	struct cw_range *monitor;	/* two pages; shared */
	struct cw_range *int_page;	/* private */
	struct cw_answer answer;
	struct cw_channel *channel[CW_CHANNELS_MAX];
	u32 gpadls;		/* handles given */
	u32 opens;
	u32 dropped;		/* messages, and offers */
};

/* A bus that has agreed on a version and got its offers. */
struct cw_bus *cw_bus_new(const struct cw_run *run, enum cw_host_id host);
int cw_bus_free(struct cw_bus *bus);	/* takes NULL; the first thing that went wrong */
/* First channel of that device that was bound, or NULL. */
struct cw_channel *cw_bus_channel(const struct cw_bus *bus, enum cw_device device);
/* Posts a message; answer: type of the message to wait for, 0 for none.  -ENODEV when the channel
 * (or NULL) was taken back, -ETIMEDOUT when the host is silent, -EDQUOT when it says no.
 */
int cw_bus_ask(struct cw_bus *bus, const struct cw_channel *ch, const union cw_message *msg,
	       u32 bytes, u32 answer, u32 key);
/* One of no more than the channel's relid and a GPADL, those that are not NULL and 0. */
int cw_bus_say(struct cw_bus *bus, const struct cw_channel *ch, u32 type, u32 gpadl, u32 answer);
/* Lets the host run, and takes its messages. */
void cw_bus_poll(struct cw_bus *bus);
bool cw_bus_is(const struct cw_bus *bus, u64 quirk);	/* any of them */

/* ---- vmbus_gpadl.c ---- */

struct cw_gpadl {
	u32 handle;		/* 0: there is none */
	bool unclean;		/* the range may be shared: it must not be reused */
	struct cw_range *range;
};

/* Shares a range and names it to the host.  The range stays with the GPADL, also after an error. */
int cw_gpadl_establish(struct cw_channel *ch, struct cw_range *range, struct cw_gpadl *gpadl);
/* Hands the range back too: put, withheld, or as the scenario's misbehaviour has it. */
int cw_gpadl_teardown(struct cw_channel *ch, struct cw_gpadl *gpadl);
/* Makes a range private, or shares it, as the scenario lets the host answer. */
int cw_bus_transition(struct cw_bus *bus, struct cw_range *range, bool to_shared);
/* Pages for what the bus shares: of the pool, or such as can be freed. */
struct cw_range *cw_bus_pages(struct cw_bus *bus, u32 nr);
/* quirk: the one that frees this range, though unclean.
 * In line, since a watcher tells findings apart by the innermost frames: here, by who frees.
 */
static __always_inline int cw_bus_pages_put(struct cw_bus *bus, struct cw_range *range,
					    bool unclean, u64 quirk)
{
	if (unclean && !cw_bus_is(bus, quirk))
		return cw_range_finish(bus->run, range, -EFAULT, -EFAULT);
	if (!unclean) {
		cw_range_put(range);
	} else {
		cw_sacrifice_put(range->area, true);
		kvfree(range);
	}
	return 0;
}

/* ---- vmbus_channel.c ---- */

struct cw_ring {
	struct hv_ring_buffer *header;	/* NULL: not mapped */
	u8 *data;		/* mapped twice, one behind the other */
	u32 bytes;
	u32 at;			/* in: the guest's own read index */
	u8 *copy;		/* in: private packet buffer, in the direct map */
	struct cw_range *copy_range;	/* where it is not private */
};

struct cw_channel {
	struct cw_bus *bus;
	struct vmbus_channel_offer_channel offer;	/* a private copy */
	u32 relid;
	bool opened;
	bool rescinded;
	u32 openid;
	struct cw_gpadl gpadl;
	struct cw_ring out;
	struct cw_ring in;
	DECLARE_BITMAP(ids, CW_OPEN_IDS);
	void *request[CW_OPEN_IDS];	/* where the answer to each goes */
	u32 answer_bytes;
	bool answered;
	void *driver;
	void (*take)(void *driver, const struct vmpacket_descriptor *packet, const void *data,
		     u32 bytes);
};

int cw_channel_open(struct cw_channel *ch, u32 pages);	/* of each ring */
int cw_channel_close(struct cw_channel *ch);
/* Sends a message, in band or with the frames that gpa names, and waits for the answer that its
 * completion brings; others among the packets are the driver's to take.
 */
int cw_channel_call(struct cw_channel *ch, struct cw_packet_gpa *gpa, const void *msg, u32 bytes,
		    void *answer, u32 answer_bytes);
/* Completes what the host asked for. */
int cw_channel_answer(struct cw_channel *ch, u64 id, const void *payload, u32 bytes);

/* ---- bounce.c: slots of shared memory ---- */

#define CW_SLOT_BYTES	2048
#define CW_BOUNCE_SLOTS	32

struct cw_bounce {
	struct cw_range *range;	/* the slots, and a page behind them */
	struct cw_range pool;	/* the slots: shared */
	u64 quirks;		/* CW_GUEST_SLOT_*, _POOL_* */
	DECLARE_BITMAP(used, CW_BOUNCE_SLOTS + 1);
	struct {
		u64 dev;
		u32 bytes;
	} slot[CW_BOUNCE_SLOTS];
};

/* The struct is zero before, but for its quirks; cw_bounce_exit() is due after an error too. */
int cw_bounce_init(struct cw_bounce *b);
int cw_bounce_exit(struct cw_bounce *b);	/* -EPROTO: slots were not given back */
/* Slots for that many bytes, filled from private memory, cleared behind it.
 * The first, or -ENOSPC.
 */
int cw_bounce_map(struct cw_bounce *b, u64 dev, const void *from, u32 bytes);
/* Copies back where `to` is given, and frees the slots.  -EINVAL: they are not dev's, or not so, or
 * nobody's any more.
 */
int cw_bounce_unmap(struct cw_bounce *b, u64 dev, int slot, void *to, u32 bytes);
/* Names the slots in the head of a packet. */
void cw_bounce_name(const struct cw_bounce *b, int slot, u32 bytes, struct cw_packet_gpa *gpa);

/* ---- the peer: vmbus_host.c, vmbus_lie.c ---- */

/* -EACCES: the host is not to see that page. */
struct cw_peer *cw_peer_new(enum cw_host_id host, u64 synic_gfn, u32 *connection);
void cw_peer_free(struct cw_peer *peer);
/* What hypercalls reach is queued, since they do not sleep; the host acts on it here. */
void cw_peer_work(struct cw_peer *peer);
void cw_peer_eom(struct cw_peer *peer);	/* the message slot is empty again */
/* Time passes between two reads of the guest: what another CPU of the host may do meanwhile, to the
 * four bytes at that offset of the ring's data, or of the receive buffer.
 */
void cw_peer_meanwhile(struct cw_peer *peer, u32 relid, bool ring, u32 offset);
/* A window of two pages: the function that is chosen, its config space. */
u64 cw_peer_window(const struct cw_peer *peer);
int cw_peer_mmio(struct cw_peer *peer, u64 gpa, u32 size, u32 *value, bool write);

/* ---- dev_*.c: the drivers; each opens its channel, moves data both ways, compares, closes ---- */

bool cw_device_is_allowed(const guid_t *kind);
int cw_net_run(struct cw_bus *bus);
int cw_disk_run(struct cw_bus *bus);
int cw_pci_run(struct cw_bus *bus);

#endif
