// SPDX-License-Identifier: GPL-2.0-only
/* cocobox's peer on the network answers ARP, ping and UDP with right checksums, and no damaged
 * frame or noise gets past its own bytes.
 */
#include <endian.h>
#include <stdlib.h>

#include "box_frames.h"

static void test_arp(void **state)
{
	static const __u8 ask[] = { 0, 1, 8, 0, 6, 4, 0, 1, 2, 0xc0, 0xc0, 0xb0, 0, 2, 10, 0, 5, 2,
				    0, 0, 0, 0, 0, 0, 10, 0, 5, 1 };
	struct cw_peer *peer = peer_new();
	struct frame f = { .len = 42 };
	__u32 i;

	(void)state;
	memset(f.b, 0xff, 6);
	memcpy(f.b + 6, guest_mac, 6);
	put16(f.b + 12, 0x0806);
	memcpy(f.b + 14, ask, sizeof(ask));
	for (i = 0; i < 42; i++)
		cw_peer_input(peer, f.b, i, 1);
	assert_int_equal(nr_queue, 0);
	cw_peer_input(peer, f.b, 42, 1);
	assert_int_equal(nr_queue, 1);
	assert_int_equal(queue[0].len, 60);
	assert_memory_equal(queue[0].b, guest_mac, 6);
	assert_int_equal(get16(queue[0].b + 20), 2);
	assert_memory_equal(queue[0].b + 22, peer_mac, 6);
	assert_int_equal(get32(queue[0].b + 28), CW_PEER_IP);
	assert_int_equal(get32(queue[0].b + 38), GUEST_IP);
	f.b[41] = 9;	/* 10.0.5.9: nobody there */
	cw_peer_input(peer, f.b, 42, 1);
	assert_int_equal(nr_queue, 1);
	cw_peer_free(peer);
}

static void test_ping(void **state)
{
	static const __u32 lens[] = { 8, 9, 64, 1479, 1480 };
	struct cw_peer *peer = peer_new();
	struct frame f;
	const __u8 *body;
	__u32 i, len;

	(void)state;
	for (i = 0; i < NR(lens); i++) {
		fill(f.b + CW_IP_HEADERS, lens[i]);
		put16(f.b + CW_IP_HEADERS, 0x0800);
		ip_make(&f, 1, lens[i], 2);
		nr_queue = 0;
		cw_peer_input(peer, f.b, f.len, 1);
		assert_int_equal(nr_queue, 1);
		body = ip_check(&queue[0], 1, &len);
		assert_int_equal(len, lens[i]);
		assert_int_equal(get16(body), 0);
		assert_memory_equal(body + 4, f.b + CW_IP_HEADERS + 4, len - 4);
	}
	cw_peer_free(peer);
}

/* Whole and right, but longer than any answer may be. */
static void test_long(void **state)
{
	struct cw_peer *peer = peer_new();
	struct { struct frame f; __u8 more[500]; } long_frame = { 0 };

	(void)state;
	put16(long_frame.f.b + CW_IP_HEADERS, 0x0800);
	ip_make(&long_frame.f, 1, 1481, 2);
	cw_peer_input(peer, long_frame.f.b, long_frame.f.len, 1);
	assert_int_equal(nr_queue, 0);
	cw_peer_free(peer);
}

static void test_udp(void **state)
{
	static const __u32 lens[] = { 0, 1, 18, 1471, 1472 };
	struct cw_peer *peer = peer_new();
	struct frame f;
	const __u8 *body;
	__u32 i, len;

	(void)state;
	for (i = 0; i < NR(lens); i++) {
		udp_make(&f, lens[i]);
		nr_queue = 0;
		cw_peer_input(peer, f.b, f.len, 1);
		assert_int_equal(nr_queue, 1);
		body = ip_check(&queue[0], 17, &len);
		assert_int_equal(len, 8 + lens[i]);
		assert_int_equal(get16(body), CW_PEER_PORT);
		assert_int_equal(get16(body + 2), 4000);
		assert_memory_equal(body + 8, f.b + CW_IP_HEADERS + 8, lens[i]);
	}
	cw_peer_free(peer);
}

/* One field of a good UDP frame is wrong, IP's checksum is made right again; nothing comes back. */
static const struct {
	const char *name;
	__u32 at, value;	/* 16 bits */
} damages[] = {
	{ "another host's MAC", 4, 0x0009 },
	{ "no IP", 12, 0x86dd },
	{ "IP version 6", 14, 0x6500 },
	{ "a header of 16 bytes", 14, 0x4400 },
	{ "a header beyond the frame", 14, 0x4f00 },
	{ "longer than the frame", 16, 400 },
	{ "shorter than its header", 16, 19 },
	{ "more fragments", 20, 0x2000 },
	{ "a later fragment", 20, 0x0001 },
	{ "TCP by number", 22, 0x4006 },
	{ "another address", 32, 0x0509 },
	{ "another port", 36, 9 },
	{ "UDP length too long", 38, 200 },
	{ "UDP length too short", 38, 7 },
	{ "a damaged byte", 50, 0x1234 },
};

static void test_damaged(void **state)
{
	struct cw_peer *peer = peer_new();
	struct frame f;
	size_t i;

	(void)state;
	for (i = 0; i < NR(damages); i++) {
		udp_make(&f, 18);
		put16(f.b + damages[i].at, damages[i].value);
		put16(f.b + 24, 0);
		put16(f.b + 24, cw_inet_fold(cw_inet_sum(0, f.b + 14, (f.b[14] & 15) * 4)));
		cw_peer_input(peer, f.b, f.len, 1);
		if (nr_queue)
			fail_msg("%s: was answered", damages[i].name);
	}
	udp_make(&f, 18);
	f.b[24] ^= 1;
	cw_peer_input(peer, f.b, f.len, 1);
	assert_int_equal(nr_queue, 0);
	cw_peer_free(peer);
}

/* Random bytes in every layer, each time in a block of its exact size: for the sanitizers. */
static void test_noise(void **state)
{
	struct cw_peer *peer = peer_new();
	struct frame f;
	__u32 i, n;
	__u8 *copy;

	(void)state;
	srandom(1);
	for (i = 0; i < 200000; i++) {
		udp_make(&f, (__u32)random() % 64);
		if (i % 3 == 0)
			f.b[23] = 6;
		for (n = (__u32)random() % 4; n; n--)
			f.b[12 + (__u32)random() % (f.len - 12)] = (__u8)random();
		if (i & 1)
			f.len = (__u32)random() % (f.len + 1);
		put16(f.b + 24, 0);
		put16(f.b + 24, cw_inet_fold(cw_inet_sum(0, f.b + 14, 20)));
		copy = malloc(f.len ? f.len : 1);
		assert_non_null(copy);
		memcpy(copy, f.b, f.len);
		cw_peer_input(peer, copy, f.len, i);
		free(copy);
		nr_queue = 0;
	}
	cw_peer_free(peer);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_arp),
	cmocka_unit_test(test_ping),
	cmocka_unit_test(test_long),
	cmocka_unit_test(test_udp),
	cmocka_unit_test(test_damaged),
	cmocka_unit_test(test_noise),
};

UNIT_MAIN(tests)
