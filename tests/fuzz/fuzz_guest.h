/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest that gets a bus and its devices to work, so that an input begins where it is deep. */
#ifndef CW_FUZZ_GUEST_H
#define CW_FUZZ_GUEST_H

#include "fuzz_box.h"

#define RING_PAGES	3U		/* each way, with the header */
#define RING_BYTES	((RING_PAGES - 1) * 4096)
#define RING_HANDLE(relid)	(0xe1e00U + (relid))
#define RING_GFN(relid)	(VISIBLE_GFN + 8ULL + (relid) * 2 * RING_PAGES)
#define RECV_HANDLE	0xe2000U
#define RECV_GFN	0x70ULL
#define SEND_HANDLE	0xe2001U
#define SEND_GFN	0x80ULL
#define BUFFER_PAGES	16U		/* of net's, each */

_Static_assert(RING_GFN(RELID_MAX + 1) <= RECV_GFN, "rings and buffers do not overlap");

static void post(const void *msg, __u32 len)
{
	cw_vmbus_post_message(&box, 4, 1, msg, len);
}

static void contact(void)
{
	struct cw_msg_contact m = {
		.h.type = CW_MSG_CONTACT,
		.version = config.confidential ? 6U << 16 : 5U << 16 | 3,
		.target_vp = 1,
		.sint = CW_VMBUS_SINT,
		.features = 0x10,
	};
	struct cw_msg request = { .type = CW_MSG_REQUEST_OFFERS };

	post(&m, sizeof(m));
	post(&request, sizeof(request));
}

static void share(__u32 relid, __u32 handle, __u64 gfn, __u32 nr)
{
	struct {
		struct cw_msg_gpadl_header m;
		__u64 gfn[26];
	} __attribute__((packed)) g = { .m = {
		.h.type = CW_MSG_GPADL_HEADER,
		.relid = relid,
		.gpadl = handle,
		.ranges_len = (__u16)(8 + 8 * nr),
		.nr_ranges = 1,
		.byte_count = nr * 4096,
	} };

	for (__u32 i = 0; i < nr; i++)
		g.gfn[i] = gfn + nr - 1 - i;	/* scattered, as far as the host can tell */
	post(&g, (__u32)sizeof(g.m) + nr * 8);
}

static void open_channel(__u32 relid)
{
	static const __u8 zeroes[CW_PAGE_SIZE];
	struct cw_msg_open m = {
		.h.type = CW_MSG_OPEN,
		.relid = relid,
		.gpadl = RING_HANDLE(relid),
		.target_vp = relid % NR_VPS,
		.downstream_page = RING_PAGES,
	};

	for (__u32 i = 0; i < 2 * RING_PAGES; i++)
		guest_write((RING_GFN(relid) + i) << CW_PAGE_SHIFT, zeroes, CW_PAGE_SIZE);
	share(relid, RING_HANDLE(relid), RING_GFN(relid), 2 * RING_PAGES);
	post(&m, sizeof(m));
	serve();
}

/* ---- the guest's end of the rings ---- */

/* Byte `at` of the ring's frame i; the list of frames runs backwards. */
static __u64 ring_gpa(__u32 relid, bool to_guest, __u32 i, __u32 at)
{
	__u32 frame = i + (to_guest ? RING_PAGES : 0);

	return ((RING_GFN(relid) + 2 * RING_PAGES - 1 - frame) << CW_PAGE_SHIFT) + at;
}

static void ring_write(__u32 relid, __u32 at, const void *from, __u32 len)
{
	const __u8 *bytes = from;
	__u32 run;

	for (; len; len -= run, bytes += run, at = (at + run) % RING_BYTES) {
		run = 4096 - at % 4096 < len ? 4096 - at % 4096 : len;
		guest_write(ring_gpa(relid, false, 1 + at / 4096, at % 4096), bytes, run);
	}
}

/* Bytes as they are, and a trailer; the host is told. */
static void ring_put(__u32 relid, const void *bytes, __u32 len)
{
	__u64 index = ring_gpa(relid, false, 0, 0);
	__u32 at = guest_read32(index) % RING_BYTES / 8 * 8;
	__u64 trailer = (__u64)at << 32;

	ring_write(relid, at, bytes, len);
	at = (at + len) % RING_BYTES;
	ring_write(relid, at, &trailer, sizeof(trailer));
	at = (at + 8) % RING_BYTES;
	guest_write(index, &at, sizeof(at));
	cw_vmbus_signal_event(&box, CW_VMBUS_CONNECTION + relid, 0);
	serve();
}

/* A packet; head is what its descriptor has before the data (a multiple of 8). */
static void packet_put(__u32 relid, __u16 type, __u64 id, const void *head, __u32 head_len,
		       const void *data, __u32 len)
{
	__u64 buf[512] = { 0 };
	__u32 all = (__u32)sizeof(struct cw_packet_desc) + head_len + (len + 7) / 8 * 8;
	struct cw_packet_desc desc = {
		.type = type,
		.offset8 = (__u16)(2 + head_len / 8),
		.len8 = (__u16)(all / 8),
		.flags = CW_PKT_WANTS_COMP,
		.id = id,
	};

	CHECK(all <= sizeof(buf));
	memcpy(buf, &desc, sizeof(desc));
	if (head_len)
		memcpy(buf + 2, head, head_len);
	if (len)
		memcpy((__u8 *)buf + sizeof(desc) + head_len, data, len);
	ring_put(relid, buf, all);
}

/* Gives back all that came, completes nothing. */
static void ring_drain(__u32 relid)
{
	__u64 index = ring_gpa(relid, true, 0, 0);
	__u32 write = guest_read32(index);

	guest_write(index + 4, &write, sizeof(write));
	cw_vmbus_signal_event(&box, CW_VMBUS_CONNECTION + relid, 0);
	serve();
}

/* ---- devices begin ---- */

/* A message of 32-bit words */
static void words_put(__u32 relid, const __u32 *words, __u32 nr)
{
	packet_put(relid, CW_PKT_INBAND, 1, NULL, 0, words, nr * 4);
}

static void scsi_begin(void)
{
	static const __u32 ops[] = { 7, 9, 10, 8 };	/* begin, version, properties, end */

	for (size_t i = 0; i < NR(ops); i++) {
		const __u32 words[16] = { ops[i], 1, 0, ops[i] == 9 ? 0x602 : 0 };

		words_put(RELID_SCSI, words, NR(words));
	}
}

static void net_begin(void)
{
	static const __u32 init[10] = { 1, 0x60001, 0x60001 };
	static const __u32 recv[10] = { 101, RECV_HANDLE, 1 }, send[10] = { 104, SEND_HANDLE, 2 };
	static const __u32 control[10] = { 107, 1, 0, 32 };	/* from the first send section */
	static const __u32 rndis_init[] = { 2, 24, 1, 1, 0, 0x4000 };
	static const __u32 rndis_filter[] = { 5, 32, 2, 0x1010e, 4, 20, 0, 0xd };

	share(RELID_NET, RECV_HANDLE, RECV_GFN, BUFFER_PAGES);
	share(RELID_NET, SEND_HANDLE, SEND_GFN, BUFFER_PAGES);
	words_put(RELID_NET, init, NR(init));
	words_put(RELID_NET, recv, NR(recv));
	words_put(RELID_NET, send, NR(send));
	guest_write((SEND_GFN + BUFFER_PAGES - 1) << CW_PAGE_SHIFT, rndis_init, sizeof(rndis_init));
	words_put(RELID_NET, control, NR(control));
	guest_write((SEND_GFN + BUFFER_PAGES - 1) << CW_PAGE_SHIFT, rndis_filter,
		    sizeof(rndis_filter));
	words_put(RELID_NET, control, NR(control));
	ring_drain(RELID_NET);
}

static void pci_begin(void)
{
	static const __u32 version[] = { 0x42490013, 0x10003 };
	static const __u32 d0[] = { 0x42490007, 0, CW_MMIO_LOW & 0xffffffff, 0 };

	words_put(RELID_PCI, version, NR(version));
	words_put(RELID_PCI, d0, NR(d0));
}

/* Answers the first request, which asks for versions: 3.0 of all. */
static void util_begin(__u32 relid)
{
	static const struct {	/* struct vmbuspipe_hdr, icmsg_hdr, icmsg_negotiate */
		__u32 pipe[2];
		__u16 frame[2], type, service[2], size;
		__u32 status;
		__u8 transaction, flags, pad[2];
		__u16 nr_frames, nr_services;
		__u32 pad2;
		__u16 versions[4];
	} m = { .pipe = { 1, 36 }, .size = 16, .transaction = 1, .flags = 5,
		.nr_frames = 1, .nr_services = 1, .versions = { 3, 0, 3, 0 } };

	packet_put(relid, CW_PKT_INBAND, 1, NULL, 0, &m, sizeof(m));
}

static void guest_begin(void)
{
	contact();
	for (__u32 relid = 1; relid < RELID_NEXT; relid++)
		open_channel(relid);
	tick(1, false);
	for (__u32 relid = RELID_HEARTBEAT; relid <= RELID_SHUTDOWN; relid++)
		util_begin(relid);
	scsi_begin();
	net_begin();
	pci_begin();
	tick(3000000000, false);
	messages_take();
}

#endif
