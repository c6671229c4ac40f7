// SPDX-License-Identifier: GPL-2.0-only
/* The rings of cocobox's VMBus host: what goes in comes out, and what a guest can do to them. */
#include "unit.h"

#include <errno.h>

#include "vmbus.h"
#include "vmbus_ring.h"

#define RING_PAGES 4	/* with the header */

static struct cw_mem mem;
static struct cw_ring ring;	/* of the writer; a reader is a copy */
static __u64 gfns[RING_PAGES] = { 0x103, 0x101, 0x102, 0x100 };

static int setup(void **state)
{
	(void)state;
	assert_int_equal(cw_mem_init(&mem, 4 << 20, 39), 0);
	for (unsigned int i = 0; i < NR(gfns); i++)
		cw_mem_set_visible(&mem, gfns[i], true);
	assert_int_equal(cw_ring_init(&ring, &mem, gfns, RING_PAGES, false), 0);
	return 0;
}

static int cleanup(void **state)
{
	(void)state;
	cw_mem_exit(&mem);
	return 0;
}

static void test_wrap_around(void **state)
{
	struct cw_ring reader;
	__u8 out[4096], in[4096];

	(void)state;
	reader = ring;
	/* the sizes share no factor with the ring's: each offset has its turn */
	for (unsigned int i = 0; i < 5000; i++) {
		struct cw_packet_desc desc = { .type = 6, .offset8 = 2, .id = i };
		__u32 len = 16 + 8 * (i * 7 % 401);

		memset(out, (int)i, len);
		desc.len8 = (__u16)(len / 8);
		memcpy(out, &desc, sizeof(desc));
		assert_int_equal(cw_ring_put(&ring, out, len), 0);
		assert_int_equal(cw_ring_get(&reader, in, sizeof(in)), len);
		assert_memory_equal(in, out, len);
		assert_int_equal(cw_ring_get(&reader, in, sizeof(in)), 0);
		assert_int_equal(reader.own, ring.own);
	}
}

static void test_full(void **state)
{
	__u64 packet[64] = { 2 << 16 | 64ULL << 32 }, got[64];
	unsigned int n = 0;
	__u32 room;
	struct cw_ring reader;

	(void)state;
	reader = ring;
	assert_int_equal(cw_ring_room(&ring, &room), 0);
	assert_int_equal(room, 3 * 4096 - 8);
	while (!cw_ring_put(&ring, packet, sizeof(packet)))
		n++;
	assert_int_equal(n, (3 * 4096 - 8) / 520);
	assert_int_equal(cw_ring_put(&ring, packet, 0xfffffff8), -EAGAIN);
	/* the reader tells when it made the room that was waited for, and only then */
	cw_ring_set_pending(&ring, 520);
	for (unsigned int i = 0; i < n; i++) {
		assert_int_equal(cw_ring_get(&reader, got, sizeof(got)), 512);
		assert_int_equal(reader.wake, i == 0);
	}
	assert_int_equal(cw_ring_get(&reader, got, sizeof(got)), 0);
}

static void test_hostile_indices(void **state)
{
	/* the last two are less than any packet */
	static const __u32 bad[] = { 3 * 4096, 3 * 4096 + 8, 4, 1, 12287, 0x80000000, 0xfffffff8,
				     ~0U, 8, 16 };
	__u64 buf[64] = { 2 << 16 | 2ULL << 32 };
	__u32 room;

	(void)state;
	for (unsigned int i = 0; i < NR(bad); i++) {
		struct cw_ring_header *h = cw_ring_header(&ring);

		ring.own = 0;
		h->write_index = bad[i];
		assert_int_equal(cw_ring_get(&ring, buf, sizeof(buf)), -EIO);
		if (bad[i] == 8 || bad[i] == 16)
			continue;
		h->read_index = bad[i];
		assert_int_equal(cw_ring_room(&ring, &room), -EIO);
		assert_int_equal(cw_ring_put(&ring, buf, 16), -EIO);
	}
}

static const struct {
	const char *name;
	__u16 offset8, len8;
	__u32 avail, max;
	int want;
} descs[] = {
	{ "no more than a descriptor", 2, 2, 24, 4096, 16 },
	{ "data", 2, 4, 40, 4096, 32 },
	{ "fills the buffer", 2, 4, 40, 32, 32 },
	{ "too large for the buffer", 2, 4, 40, 24, -EIO },
	{ "shorter than its descriptor", 1, 1, 40, 4096, -EIO },
	{ "empty", 0, 0, 40, 4096, -EIO },
	{ "longer than what is there", 2, 5, 40, 4096, -EIO },
	{ "longer than the ring", 2, 0xffff, 40, CW_PACKET_MAX * 16, -EIO },
	{ "data inside of the descriptor", 1, 4, 40, 4096, -EIO },
	{ "data behind the end", 5, 4, 40, 4096, -EIO },
	{ "data at the end", 4, 4, 40, 4096, 32 },
};

static void test_descriptors(void **state)
{
	static __u64 buf[CW_PACKET_MAX / 8];

	(void)state;
	for (unsigned int i = 0; i < NR(descs); i++) {
		struct cw_packet_desc desc = { 6, descs[i].offset8, descs[i].len8, 0, 0 };
		__u32 run = sizeof(desc);
		int got;

		ring.own = 0;
		memcpy(cw_ring_at(&ring, 0, &run), &desc, sizeof(desc));
		cw_ring_header(&ring)->write_index = descs[i].avail;
		got = cw_ring_get(&ring, buf, descs[i].max);
		if (got != descs[i].want)
			fail_msg("%s: %d", descs[i].name, got);
	}
}

static void test_private_ring(void **state)
{
	__u64 buf[64];
	__u32 room;

	(void)state;
	assert_int_equal(cw_ring_get(&ring, buf, sizeof(buf)), 0);
	cw_mem_set_visible(&mem, gfns[0], false);
	assert_int_equal(cw_ring_get(&ring, buf, sizeof(buf)), -EIO);
	assert_int_equal(cw_ring_room(&ring, &room), -EIO);
	ring.confidential = true;
	assert_int_equal(cw_ring_get(&ring, buf, sizeof(buf)), 0);
	assert_int_equal(cw_ring_init(&ring, &mem, gfns, 1, false), -EINVAL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, cleanup)

static const struct CMUnitTest tests[] = {
	TEST(test_wrap_around),
	TEST(test_full),
	TEST(test_hostile_indices),
	TEST(test_descriptors),
	TEST(test_private_ring),
};

UNIT_MAIN(tests)
