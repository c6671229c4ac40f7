// SPDX-License-Identifier: GPL-2.0-only
/* Channels of cocobox's VMBus host: their life, packets both ways, and what breaks or ends them. */
#include "box_guest.h"

static void test_life(void **state)
{
	char text[64] = "";
	__u64 id = 0;

	(void)state;
	dev.greets = dev.echoes = true;
	connect_all();
	assert_int_equal(nr_signals, 0);
	serve();
	assert_int_equal(nr_signals, 1);
	assert_int_equal(last_flag, 1);
	assert_int_equal(guest_get(&id, text), 8);
	assert_string_equal(text, "hello");
	for (__u64 i = 0; i < 1000; i++) {
		assert_int_equal(guest_put(CW_PKT_INBAND, i, 2, "echo this", 10), 0);
		signal_host();
		assert_int_equal(guest_get(&id, text), 16);
		assert_int_equal(id, i);
		assert_string_equal(text, "echo this");
	}
	relid_msg(CW_MSG_CLOSE, 1);
	assert_int_equal(dev.nr_close, 1);
	assert_int_equal(cw_channel_send(dev.ch, CW_PKT_INBAND, 0, 0, "x", 1), -ENOTCONN);
	/* its GPADL still stands, so it can be opened again */
	rings_reset();
	assert_int_equal(open_channel(1, HANDLE, RING_PAGES), 0);
	assert_int_not_equal(open_channel(1, HANDLE, RING_PAGES), 0);
	assert_int_equal(dev.nr_open, 2);
	/* the guest takes the ring away without a close */
	teardown(1, HANDLE);
	answer(CW_MSG_GPADL_TORNDOWN);
	assert_int_equal(dev.nr_close, 2);
	assert_null(cw_channel_indices(dev.ch, false));
}

static unsigned int nr_opened;

static void count_opened(const struct cw_host *h, struct cw_box *b, enum cw_stage stage,
			 struct cw_channel *ch)
{
	(void)h;
	(void)b;
	(void)ch;
	nr_opened += stage == CW_STAGE_OPENED;
}

/* A hostile host acts on channels that were opened, not on those that it refused. */
static void test_refused_stage(void **state)
{
	(void)state;
	nr_opened = 0;
	host.stage = count_opened;
	contact(5 << 16 | 3);
	offers();
	rings_reset();
	assert_int_equal(share(1, HANDLE, RING_GFN, 2 * RING_PAGES), 0);
	assert_int_not_equal(open_channel(1, HANDLE, 0), 0);
	assert_int_equal(nr_opened, 0);
	assert_int_equal(open_channel(1, HANDLE, RING_PAGES), 0);
	assert_int_equal(nr_opened, 1);
}

static void test_refused_open(void **state)
{
	(void)state;
	dev.open_result = -EACCES;
	dev.greets = true;
	contact(5 << 16 | 3);
	offers();
	rings_reset();
	assert_int_equal(share(1, HANDLE, RING_GFN, 2 * RING_PAGES), 0);
	assert_int_not_equal(open_channel(1, HANDLE, 0), 0);
	assert_int_not_equal(open_channel(1, HANDLE, 1), 0);
	assert_int_not_equal(open_channel(1, HANDLE, 2 * RING_PAGES - 1), 0);
	assert_int_not_equal(open_channel(1, HANDLE, 2 * RING_PAGES), 0);
	assert_int_not_equal(open_channel(1, HANDLE, ~0U), 0);
	assert_int_not_equal(open_channel(1, HANDLE + 1, RING_PAGES), 0);
	assert_int_equal(dev.nr_open, 0);
	assert_int_not_equal(open_channel(1, HANDLE, RING_PAGES), 0);
	assert_int_equal(dev.nr_open, 1);
	serve();
	assert_int_equal(nr_signals, 0);
}

static void test_rounds(void **state)
{
	(void)state;
	connect_all();
	for (__u64 i = 0; i < 100; i++)
		assert_int_equal(guest_put(CW_PKT_INBAND, i, 2, "12345678", 8), 0);
	signal_host();
	assert_int_equal(dev.nr_packets, CW_VMBUS_ROUND);
	assert_int_equal(cw_ring_interrupts(&guest_out), false);
	serve();
	assert_int_equal(dev.nr_packets, 100);
	assert_int_equal(cw_ring_interrupts(&guest_out), true);
}

static void test_backlog(void **state)
{
	__u8 data[2048], got[CW_PACKET_MAX];
	unsigned int n = 0, received = 0;
	__u64 id;
	int err, len;

	(void)state;
	connect_all();
	serve();
	memset(data, 1, sizeof(data));
	assert_int_equal(cw_channel_send(dev.ch, 6, 0, 0, got, 12288), -EMSGSIZE);
	while (!(err = cw_channel_send(dev.ch, 6, 0, n, data, sizeof(data))))
		n++;
	assert_int_equal(err, -ENOSPC);
	assert_true(n * sizeof(data) <= CW_VMBUS_BACKLOG_MAX + 12288);
	assert_false(cw_channel_has_room(dev.ch, 8));
	assert_int_equal(cw_ring_header(&guest_in)->pending_send_sz, 2048 + 16 + 8);
	/* it takes nothing from the guest as long as that goes on */
	assert_int_equal(guest_put(CW_PKT_INBAND, 1, 2, "12345678", 8), 0);
	signal_host();
	assert_int_equal(dev.nr_packets, 0);
	while ((len = guest_get(&id, got)) >= 0) {
		assert_int_equal(id, received++);
		assert_int_equal(len, 2048);
		if (guest_in.wake)
			signal_host();
	}
	assert_int_equal(received, n);
	assert_int_equal(dev.nr_packets, 1);
	assert_int_equal(cw_ring_header(&guest_in)->pending_send_sz, 0);
	assert_true(cw_channel_has_room(dev.ch, 8));
}

/* The tick helps out a guest that forgets to signal; devices get theirs. */
static void test_tick(void **state)
{
	__u8 data[2048] = { 0 }, got[CW_PACKET_MAX];
	unsigned int n = 0;
	__u64 id;

	(void)state;
	connect_all();
	serve();
	for (unsigned int i = 0; i < 7; i++)
		assert_int_equal(cw_channel_send(dev.ch, 6, 0, i, data, sizeof(data)), 0);
	while (guest_get(&id, got) >= 0)
		n++;
	assert_int_equal(n, 5);
	timer_watch->ready(timer_watch, 1);
	serve();
	assert_int_equal(dev.nr_ticks, 1);
	while (guest_get(&id, got) >= 0)
		n++;
	assert_int_equal(n, 7);
}

static void test_damage(void **state)
{
	(void)state;
	connect_all();
	cw_ring_header(&guest_in)->read_index = 7;
	assert_int_equal(cw_channel_send(dev.ch, 6, 0, 0, "x", 1), -EIO);
	/* the device is told from the loop, not from inside of its call */
	assert_int_equal(dev.nr_close, 0);
	assert_int_equal(cw_channel_send(dev.ch, 6, 0, 0, "x", 1), -ENOTCONN);
	serve();
	assert_int_equal(dev.nr_close, 1);
	assert_int_not_equal(open_channel(1, HANDLE, RING_PAGES), 0);
	relid_msg(CW_MSG_CLOSE, 1);
	rings_reset();
	assert_int_equal(open_channel(1, HANDLE, RING_PAGES), 0);
	cw_ring_header(&guest_out)->write_index = 12288;
	signal_host();
	serve();
	assert_int_equal(dev.nr_close, 2);
	relid_msg(CW_MSG_CLOSE, 1);
	/* a frame of the ring goes private while it is in use */
	rings_reset();
	assert_int_equal(open_channel(1, HANDLE, RING_PAGES), 0);
	assert_int_equal(nr_bad_frames, 0);
	cw_mem_set_visible(&box.mem, ring_gfns[0], false);
	signal_host();
	serve();
	assert_int_equal(dev.nr_close, 3);
	assert_int_equal(nr_bad_frames, 1);
}

static void test_rescind(void **state)
{
	struct cw_channel *ch;

	(void)state;
	connect_all();
	assert_int_equal(share(1, 5, BUF_GFN, 1), 0);
	ch = dev.ch;
	cw_vmbus_rescind(ch);
	cw_vmbus_rescind(ch);
	answer(CW_MSG_RESCIND);
	assert_null(cw_vmbus_next(&box, NULL));
	assert_int_equal(cw_channel_send(ch, 6, 0, 0, "x", 1), -ENOTCONN);
	assert_null(cw_gpadl_find(ch, 5));
	assert_int_equal(cw_vmbus_signal_event(&box, CW_VMBUS_CONNECTION + 1, 0), 0x12);
	serve();
	assert_int_equal(dev.nr_close, 1);
	assert_int_equal(cw_vmbus_offer(ch->dev), -EBUSY);
	struct cw_dev *d = ch->dev;

	relid_msg(CW_MSG_CLOSE, 1);
	relid_msg(CW_MSG_RELID_RELEASED, 1);
	assert_int_equal(box.vmbus->nr_gpadls, 0);
	assert_int_equal(cw_vmbus_offer(d), 0);
	assert_int_equal(((const struct cw_msg_offer *)answer(CW_MSG_OFFER))->relid, 2);
}

static void test_subchannels(void **state)
{
	struct cw_dev *d;

	(void)state;
	connect_all();
	d = dev.ch->dev;
	assert_int_equal(cw_vmbus_offer_subchannels(d, 1000), -EINVAL);
	assert_int_equal(cw_vmbus_offer_subchannels(d, 2), 0);
	assert_int_equal(((const struct cw_msg_offer *)answer(CW_MSG_OFFER))->sub_index, 2);
	assert_int_equal(((const struct cw_msg_offer *)answer(CW_MSG_OFFER))->relid, 3);
	/* they are there already */
	unsigned int before = nr_sent;

	assert_int_equal(cw_vmbus_offer_subchannels(d, 2), 0);
	assert_int_equal(nr_sent, before);
	relid_msg(CW_MSG_RELID_RELEASED, 2);
	assert_int_equal(cw_vmbus_offer_subchannels(d, 2), 0);
	assert_int_equal(nr_sent, before + 1);
	/* they end with the primary channel's open, and come anew with the next */
	before = nr_sent;
	relid_msg(CW_MSG_CLOSE, 1);
	assert_int_equal(nr_sent, before + 2);
	answer(CW_MSG_RESCIND);
	assert_ptr_equal(cw_vmbus_next(&box, NULL), d->primary);
	assert_null(cw_vmbus_next(&box, d->primary));
	rings_reset();
	assert_int_equal(open_channel(1, HANDLE, RING_PAGES), 0);
	assert_int_equal(cw_vmbus_offer_subchannels(d, 1), 0);
	answer(CW_MSG_OFFER);
	assert_int_equal(cw_vmbus_offer_subchannels(d, 1), 0);
}

static void test_unload(void **state)
{
	struct cw_msg m = { .type = CW_MSG_UNLOAD };

	(void)state;
	connect_all();
	post(&m, sizeof(m));
	answer(CW_MSG_UNLOAD_DONE);
	assert_int_equal(dev.nr_close, 1);
	assert_int_equal(box.vmbus->nr_gpadls, 0);
	assert_null(cw_vmbus_next(&box, NULL));
	serve();
	connect_all();
	/* a new kernel that was never told of the old one's connection */
	connect_all();
	assert_int_equal(dev.nr_open, 3);
	assert_int_equal(dev.nr_close, 2);
}

/* ---- GPA-direct packets ---- */

struct ranges {
	__u32 reserved, nr;
	struct { __u32 len, offset; __u64 pfn[2]; } range[2];
	__u64 data;
};

static void test_ranges(void **state)
{
	const struct ranges good = { 0, 2, {
		{ 5000, 100, { BUF_GFN, BUF_GFN + 1 } },
		{ 4096, 4095, { BUF_GFN + 5, BUF_GFN + 9 } },
	}, 0x1122334455667788 };

	(void)state;
	connect_all();
	assert_int_equal(guest_put(CW_PKT_GPA_DIRECT, 9, 9, &good, sizeof(good)), 0);
	signal_host();
	assert_int_equal(dev.nr_packets, 1);
	assert_int_equal(dev.packet.nr_iov, 3);
	assert_int_equal(dev.packet.iov_bytes, 9096);
	assert_ptr_equal(dev.iov[0].iov_base, (__u8 *)at(BUF_GFN) + 100);
	assert_int_equal(dev.iov[0].iov_len, 5000);
	assert_ptr_equal(dev.iov[1].iov_base, (__u8 *)at(BUF_GFN + 5) + 4095);
	assert_int_equal(dev.iov[1].iov_len, 1);
	assert_ptr_equal(dev.iov[2].iov_base, at(BUF_GFN + 9));
	assert_int_equal(dev.packet.len, 8);
	assert_memory_equal(dev.data, &good.data, 8);
#define BAD(offset8, count, ...) \
	do { \
		struct ranges r = good; \
		unsigned int before = dev.nr_packets; \
		__VA_ARGS__; \
		assert_int_equal(guest_put(CW_PKT_GPA_DIRECT, 9, offset8, &r, sizeof(r)), 0); \
		signal_host(); \
		assert_int_equal(dev.nr_packets, before + (count)); \
	} while (0)
	BAD(9, 0, r.nr = 3);
	BAD(9, 0, r.nr = ~0U);
	BAD(9, 0, r.range[0].len = 0);
	BAD(9, 0, r.range[1].len = ~0U);
	BAD(9, 0, r.range[1].len = 4098);
	BAD(9, 0, r.range[0].offset = 4096);
	BAD(9, 0, r.range[0].offset = ~0U);
	BAD(8, 0, (void)0);
	BAD(4, 0, (void)0);
	BAD(2, 0, (void)0);
	BAD(3, 1, r.nr = 0);
	assert_int_equal(dev.packet.nr_iov, 0);
	BAD(9, 1, r.range[0].pfn[1] = PRIVATE_GFN);
	assert_true(dev.packet.iov_bad);
	assert_int_equal(dev.packet.nr_iov, 0);
	BAD(9, 1, r.range[0].pfn[1] = GUEST_BYTES);
	assert_true(dev.packet.iov_bad);
	BAD(9, 1, r.range[0].pfn[1] = BUF_GFN | 1ULL << 52);
	assert_true(dev.packet.iov_bad);
	BAD(9, 1, r.range[0].pfn[1] |= SHARED >> 12);
	assert_false(dev.packet.iov_bad);
#undef BAD
	assert_true(dev.ch->is_open);
	assert_int_equal(guest_put(CW_PKT_XFER_PAGES, 9, 9, &good, sizeof(good)), 0);
	signal_host();
	assert_true(dev.ch->is_open);
}

/* The rings of a confidential channel, and what its packets point at, stay private. */
static void test_confidential(void **state)
{
	const struct ranges r = { 0, 1, { { 100, 0, { PRIVATE_GFN, 0 } } }, 7 };
	struct cw_gpadl *g;
	char text[64];
	__u64 id;

	(void)state;
	config.confidential = true;
	dev.echoes = true;
	for (__u64 i = 0; i < NR(ring_gfns); i++)
		cw_mem_set_visible(&box.mem, RING_GFN + i, false);
	connect_all();
	assert_true(dev.ch->confidential);
	assert_int_equal(share(1, 5, PRIVATE_GFN, 2), 0);
	g = cw_gpadl_find(dev.ch, 5);
	assert_non_null(g);
	assert_int_equal(cw_gpadl_write(g, 8000, "private", 8), 0);
	assert_string_equal((char *)at(PRIVATE_GFN) + 8000 - 4096, "private");
	assert_int_equal(guest_put(CW_PKT_GPA_DIRECT, 3, 5, &r, 32), 0);
	signal_host();
	assert_int_equal(guest_get(&id, text), 8);
	assert_int_equal(dev.packet.nr_iov, 1);
	assert_ptr_equal(dev.iov[0].iov_base, at(PRIVATE_GFN));
	assert_int_equal(nr_bad_frames, 0);
}

/* ---- hooks ---- */

static unsigned int nr_hooked;

static bool drop_packet(const struct cw_host *h, struct cw_channel *ch, struct cw_packet_out *p)
{
	(void)h;
	(void)ch;
	nr_hooked++;
	p->len = ~0U;
	return p->bytes[16] != 'd';
}

static void rescind_written(const struct cw_host *h, struct cw_channel *ch, __u8 *bytes, __u32 len)
{
	(void)h;
	assert_int_equal(len, 24);
	assert_int_equal(bytes[16], 'k');
	cw_vmbus_rescind(ch);
}

static void test_packet_hooks(void **state)
{
	char text[64];
	__u64 id;

	(void)state;
	host.packet = drop_packet;
	connect_all();
	serve();
	assert_int_equal(cw_channel_send(dev.ch, 6, 0, 1, "drop", 4), 0);
	assert_int_equal(guest_get(&id, text), -1);
	assert_int_equal(cw_channel_send(dev.ch, 6, 0, 2, "keep", 4), 0);
	assert_int_equal(guest_get(&id, text), 8);
	host.written = rescind_written;
	assert_int_equal(cw_channel_send(dev.ch, 6, 0, 3, "keep", 4), -EIO);
	assert_int_equal(nr_hooked, 3);
	serve();
	assert_int_equal(dev.nr_close, 1);
}

static void rescind_at(const struct cw_host *h, struct cw_box *b, enum cw_stage stage,
		       struct cw_channel *ch)
{
	(void)b;
	if ((long)stage == h->arg)
		cw_vmbus_rescind(ch ? ch : cw_vmbus_next(b, NULL));
}

static void test_stage_hooks(void **state)
{
	static const enum cw_stage stages[] = { CW_STAGE_OFFERS, CW_STAGE_GPADL, CW_STAGE_OPEN,
						CW_STAGE_OPENED };
	struct cw_msg_open m = {
		.h.type = CW_MSG_OPEN,
		.relid = 1,
		.gpadl = HANDLE,
		.downstream_page = RING_PAGES,
	};

	(void)state;
	host.stage = rescind_at;
	for (unsigned int i = 0; i < NR(stages); i++) {
		host.arg = stages[i];
		assert_true(contact(5 << 16 | 3));
		offers();
		rings_reset();
		share(1, HANDLE, RING_GFN, 2 * RING_PAGES);
		post(&m, sizeof(m));
		serve();
		assert_int_equal(dev.nr_open, stages[i] == CW_STAGE_OPENED);
		relid_msg(CW_MSG_CLOSE, 1);
		relid_msg(CW_MSG_RELID_RELEASED, 1);
	}
}

static const struct CMUnitTest tests[] = {
	TEST(test_life),
	TEST(test_refused_open),
	TEST(test_refused_stage),
	TEST(test_rounds),
	TEST(test_backlog),
	TEST(test_tick),
	TEST(test_damage),
	TEST(test_rescind),
	TEST(test_subchannels),
	TEST(test_unload),
	TEST(test_ranges),
	TEST(test_confidential),
	TEST(test_packet_hooks),
	TEST(test_stage_hooks),
};

UNIT_MAIN(tests)
