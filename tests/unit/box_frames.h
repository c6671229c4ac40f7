/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames for the tests of cocobox's peer: made, taken from it and looked at by other code than the
 * peer's own.
 */
#ifndef CW_UNIT_BOX_FRAMES_H
#define CW_UNIT_BOX_FRAMES_H

#include "unit.h"

#include "net_peer.h"

#define GUEST_IP 0x0a000502U
#define MAXQ 256

static const __u8 guest_mac[6] = { 2, 0xc0, 0xc0, 0xb0, 0, 2 };
static const __u8 peer_mac[6] = { 2, 0xc0, 0xc0, 0xb0, 0, 1 };

struct frame {
	__u32 len;
	__u8 b[CW_NET_FRAME_MAX];
};

static struct frame queue[MAXQ];	/* from the peer */
static unsigned int nr_queue;

static inline void take(void *arg, const __u8 *frame, __u32 len)
{
	(void)arg;
	assert_true(len >= 60 && len <= CW_NET_FRAME_MAX);
	assert_true(nr_queue < MAXQ);
	queue[nr_queue].len = len;
	memcpy(queue[nr_queue++].b, frame, len);
}

static inline void put16(__u8 *p, __u32 v)
{
	p[0] = (__u8)(v >> 8);
	p[1] = (__u8)v;
}

static inline void put32(__u8 *p, __u32 v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static inline __u32 get16(const __u8 *p)
{
	return (__u32)p[0] << 8 | p[1];
}

static inline __u32 get32(const __u8 *p)
{
	return get16(p) << 16 | get16(p + 2);
}

/* A second checksum, so that the first is not judged by itself.  1: the bytes hold a right one. */
static inline int sums_up(__u32 sum, const __u8 *p, __u32 len)
{
	__u32 i;

	for (i = 0; i < len; i++) {
		sum += i & 1 ? p[i] : (__u32)p[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum == 0xffff;
}

static inline __u32 pseudo(__u8 protocol, __u32 len)
{
	return (CW_PEER_IP >> 16) + (CW_PEER_IP & 0xffff) + (GUEST_IP >> 16) + (GUEST_IP & 0xffff) +
	       protocol + len;
}

/* Makes an IP frame around len bytes of body at f->b + 34; at: where its checksum goes. */
static inline void ip_make(struct frame *f, __u8 protocol, __u32 len, __u32 at)
{
	__u8 *ip = f->b + 14, *body = f->b + CW_IP_HEADERS;

	memcpy(f->b, peer_mac, 6);
	memcpy(f->b + 6, guest_mac, 6);
	put16(f->b + 12, 0x0800);
	memset(ip, 0, 20);
	ip[0] = 0x45;
	put16(ip + 2, 20 + len);
	ip[8] = 64;
	ip[9] = protocol;
	put32(ip + 12, GUEST_IP);
	put32(ip + 16, CW_PEER_IP);
	put16(ip + 10, cw_inet_fold(cw_inet_sum(0, ip, 20)));
	f->len = CW_IP_HEADERS + len;
	put16(body + at, 0);
	len = cw_inet_sum(protocol == 1 ? 0 : pseudo(protocol, len), body, len);
	put16(body + at, cw_inet_fold(len));
}

/* The body of an answer whose addresses and checksums are right, and its length. */
static const __u8 *ip_check(const struct frame *f, __u8 protocol, __u32 *len)
{
	const __u8 *ip = f->b + 14;

	assert_memory_equal(f->b, guest_mac, 6);
	assert_memory_equal(f->b + 6, peer_mac, 6);
	assert_int_equal(get16(f->b + 12), 0x0800);
	assert_int_equal(ip[0], 0x45);
	assert_int_equal(ip[9], protocol);
	assert_int_equal(get32(ip + 12), CW_PEER_IP);
	assert_int_equal(get32(ip + 16), GUEST_IP);
	assert_true(sums_up(0, ip, 20));
	*len = get16(ip + 2) - 20;
	assert_true(CW_IP_HEADERS + *len <= f->len);
	assert_true(sums_up(protocol == 1 ? 0 : pseudo(protocol, *len), ip + 20, *len));
	return ip + 20;
}

static inline struct cw_peer *peer_new(void)
{
	struct cw_peer *peer = cw_peer_new(take, NULL);

	nr_queue = 0;
	assert_non_null(peer);
	return peer;
}

static inline void fill(__u8 *p, __u32 len)
{
	__u32 i;

	for (i = 0; i < len; i++)
		p[i] = (__u8)(i * 7 + len);
}

static inline void udp_make(struct frame *f, __u32 data)
{
	__u8 *udp = f->b + CW_IP_HEADERS;

	fill(udp, 8 + data);
	put16(udp, 4000);
	put16(udp + 2, CW_PEER_PORT);
	put16(udp + 4, 8 + data);
	ip_make(f, 17, 8 + data, 6);
}

#endif
