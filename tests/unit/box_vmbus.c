// SPDX-License-Identifier: GPL-2.0-only
/* Messages to cocobox's VMBus host, from honest guests and others: versions, offers, GPADLs. */
#include "box_guest.h"

static void test_versions(void **state)
{
	(void)state;
	assert_false(contact(4 << 16 | 1));
	assert_false(contact(5 << 16 | 1));
	assert_false(contact(6 << 16));
	assert_false(contact(~0U));
	assert_true(contact(5 << 16 | 2));
	assert_true(contact(5 << 16 | 3));
	config.confidential = true;
	assert_true(contact(6 << 16));
	assert_int_equal(nr_bad_frames, 0);
}

static void test_message_lengths(void **state)
{
	__u64 bytes[30] = { 0 };
	__u64 before;

	(void)state;
	connect_all();
	for (__u32 type = 0; type < 40; type++) {
		bytes[0] = type;
		/* UNLOAD and REQUESTOFFERS are complete with 8 bytes */
		before = box.vmbus->nr_ignored;
		post(bytes, 7);
		assert_int_equal(box.vmbus->nr_ignored, before + 1);
		post(bytes, 0);
		if (type != CW_MSG_UNLOAD && type != CW_MSG_REQUEST_OFFERS)
			post(bytes, 8);
	}
	assert_true(dev.ch->is_open);
	assert_int_equal(cw_vmbus_post_message(&box, 4, 1, bytes, 241), 5);
	assert_int_equal(cw_vmbus_post_message(&box, 4, 2, bytes, 8), 5);
	assert_int_equal(cw_vmbus_post_message(&box, 2, 1, bytes, 8), 0x12);
	assert_int_equal(cw_vmbus_signal_event(&box, 0, 0), 0x12);
	assert_int_equal(cw_vmbus_signal_event(&box, CW_VMBUS_CONNECTION, 0), 0x12);
	assert_int_equal(cw_vmbus_signal_event(&box, ~0U, 0), 0x12);
	assert_int_equal(cw_vmbus_signal_event(&box, CW_VMBUS_CONNECTION + 1, 1), 5);
}

/* The account has a limit of its own, and counts what is beyond it: all of them go there. */
static void test_babble(void **state)
{
	__u64 bytes[2] = { 99 };

	(void)state;
	for (int i = 0; i < 20000; i++)
		post(bytes, sizeof(bytes));
	assert_int_equal(box.vmbus->nr_ignored, 20000);
	assert_int_equal(nr_notes, 20000);
}

static void test_before_contact(void **state)
{
	(void)state;
	relid_msg(CW_MSG_REQUEST_OFFERS, 0);
	relid_msg(CW_MSG_CLOSE, 1);
	assert_int_equal(nr_sent, 0);
	assert_int_equal(box.vmbus->nr_ignored, 2);
}

static void test_offer(void **state)
{
	const struct cw_msg_offer *m;

	(void)state;
	contact(5 << 16 | 2);
	offers();
	m = (const void *)sent[nr_sent - 2];
	assert_int_equal(m->h.type, CW_MSG_OFFER);
	assert_memory_equal(&m->type, &ops.type, 16);
	assert_int_equal(m->relid, 1);
	assert_int_equal(m->flags, 0x10);
	assert_int_equal(m->dedicated_interrupt, 1);
	/* asked again: no second offer */
	offers();
	assert_int_equal(nr_sent, 4);
	config.confidential = true;
	contact(6 << 16);
	offers();
	m = (const void *)sent[nr_sent - 2];
	assert_int_equal(m->flags, 0x16);
}

static void test_unknown_relids(void **state)
{
	static const __u32 relids[] = { 0, 2, 255, 256, 0x80000001, ~0U };
	unsigned int i;

	(void)state;
	connect_all();
	for (i = 0; i < NR(relids); i++) {
		assert_int_not_equal(open_channel(relids[i], HANDLE, RING_PAGES), 0);
		assert_int_not_equal(share(relids[i], 5, BUF_GFN, 1), 0);
		relid_msg(CW_MSG_CLOSE, relids[i]);
		relid_msg(CW_MSG_RELID_RELEASED, relids[i]);
		teardown(relids[i], HANDLE);
	}
	assert_true(dev.ch->is_open);
	assert_int_equal(dev.nr_close, 0);
}

/* ---- GPADLs ---- */

static void test_gpadl_headers(void **state)
{
	struct gpadl_msg g;

	(void)state;
	connect_all();
#define REFUSED(len, ...) \
	do { \
		g = gpadl_msg(1, 5, BUF_GFN, 2); \
		__VA_ARGS__; \
		post(&g, sizeof(g.m) + (len)); \
		assert_int_not_equal(created(), 0); \
	} while (0)
	REFUSED(16, g.m.nr_ranges = 0);
	REFUSED(16, g.m.nr_ranges = 2);
	REFUSED(16, g.m.byte_count = 0);
	REFUSED(16, g.m.byte_count = ~0U);
	REFUSED(16, g.m.byte_count = (64U << 20) + 1);
	REFUSED(16, g.m.byte_offset = 4096);
	REFUSED(16, g.m.byte_offset = ~0U);
	REFUSED(16, g.m.byte_count = 4097; g.m.byte_offset = 4095; g.m.ranges_len = 8);
	REFUSED(16, g.m.ranges_len = 0);
	REFUSED(16, g.m.gpadl = HANDLE);
	REFUSED(24, (void)0);
	REFUSED(15, (void)0);
	REFUSED(0, (void)0);
	REFUSED(16, g.gfn[1] = PRIVATE_GFN);
	REFUSED(16, g.gfn[1] = GUEST_BYTES >> 12);
	REFUSED(16, g.gfn[1] = ~0ULL);
	REFUSED(16, g.gfn[1] = 1ULL << 52);
#undef REFUSED
	assert_int_equal(box.vmbus->nr_gpadls, 1);
	assert_int_equal(nr_bad_frames, 1);
	/* the shared bit is none of a frame's number */
	g = gpadl_msg(1, 5, BUF_GFN, 2);
	g.gfn[0] |= SHARED >> 12;
	post(&g, sizeof(g.m) + 16);
	assert_int_equal(created(), 0);
}

static void test_gpadl_bodies(void **state)
{
	struct gpadl_msg g;
	struct { struct cw_msg_gpadl_body m; __u64 gfn[28]; } body = {
		.m = { .h.type = CW_MSG_GPADL_BODY, .gpadl = 5 },
	};
	unsigned int before;

	(void)state;
	connect_all();
	for (unsigned int i = 0; i < 28; i++)
		body.gfn[i] = BUF_GFN + 26 + i;
	g = gpadl_msg(1, 5, BUF_GFN, 60);
	before = nr_sent;
	post(&g, sizeof(g));
	post(&body, sizeof(body));
	assert_int_equal(nr_sent, before);
	/* not finished: it cannot be used, nor torn down by another channel */
	assert_null(cw_gpadl_find(dev.ch, 5));
	post(&body, sizeof(body.m) + 6 * 8);
	assert_int_equal(created(), 0);
	assert_non_null(cw_gpadl_find(dev.ch, 5));
	post(&body, sizeof(body));
	assert_int_equal(nr_sent, before + 1);
	teardown(1, 5);
	answer(CW_MSG_GPADL_TORNDOWN);
	/* more frames than announced */
	post(&g, sizeof(g));
	post(&body, sizeof(body));
	post(&body, sizeof(body));
	assert_int_not_equal(created(), 0);
	assert_null(cw_gpadl_find(dev.ch, 5));
}

static void test_gpadl_flood(void **state)
{
	struct gpadl_msg g;
	__u32 handle = 1;

	(void)state;
	connect_all();
	do {
		g = gpadl_msg(1, handle++, BUF_GFN, 8000);
		g.gfn[0] = g.gfn[1] = BUF_GFN;
		post(&g, sizeof(g.m) + 16);
	} while (handle < 1000);
	assert_true(box.vmbus->gpadl_pages <= CW_GPADL_PAGES_MAX);
	do
		share(1, handle++, BUF_GFN, 1);
	while (handle < 2000);
	assert_true(box.vmbus->nr_gpadls <= CW_GPADLS_MAX);
}

static void test_gpadl_access(void **state)
{
	__u8 in[8192], out[8192];
	struct cw_gpadl *g;

	(void)state;
	connect_all();
	memset(in, 0x5a, sizeof(in));
	assert_int_equal(share(1, 5, BUF_GFN, 4), 0);
	g = cw_gpadl_find(dev.ch, 5);
	assert_non_null(g);
	assert_int_equal(cw_gpadl_bytes(g), 16384);
	assert_int_equal(cw_gpadl_write(g, 4000, in, sizeof(in)), 0);
	assert_int_equal(cw_gpadl_read(g, 4000, out, sizeof(out)), 0);
	assert_memory_equal(in, out, sizeof(in));
	/* backwards, so the second frame of the list is the third in memory */
	assert_int_equal(((__u8 *)at(BUF_GFN + 3))[4000], 0x5a);
	assert_int_equal(((__u8 *)at(BUF_GFN + 2))[0], 0x5a);
	assert_int_equal(cw_gpadl_read(g, 16384, out, 0), 0);
	assert_int_equal(cw_gpadl_read(g, 16384, out, 1), -EFAULT);
	assert_int_equal(cw_gpadl_read(g, 16000, out, 385), -EFAULT);
	assert_int_equal(cw_gpadl_read(g, ~0U, out, ~0U), -EFAULT);
	cw_mem_set_visible(&box.mem, BUF_GFN + 2, false);
	assert_int_equal(cw_gpadl_read(g, 4000, out, 97), -EFAULT);
	assert_int_equal(nr_bad_frames, 1);
	assert_int_equal(cw_gpadl_read(g, 4000, out, 96), 0);
	/* torn down under the device: nothing is left of it but the name */
	teardown(1, 5);
	answer(CW_MSG_GPADL_TORNDOWN);
	assert_int_equal(cw_gpadl_bytes(g), 0);
	assert_int_equal(cw_gpadl_read(g, 0, out, 1), -EFAULT);
	assert_null(cw_gpadl_find(dev.ch, 5));
	relid_msg(CW_MSG_CLOSE, 1);
	assert_int_equal(box.vmbus->nr_gpadls, 1);
}

static const struct CMUnitTest tests[] = {
	TEST(test_versions),
	TEST(test_message_lengths),
	TEST(test_babble),
	TEST(test_before_contact),
	TEST(test_offer),
	TEST(test_unknown_relids),
	TEST(test_gpadl_headers),
	TEST(test_gpadl_bodies),
	TEST(test_gpadl_flood),
	TEST(test_gpadl_access),
};

UNIT_MAIN(tests)
