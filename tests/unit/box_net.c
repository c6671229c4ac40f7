// SPDX-License-Identifier: GPL-2.0-only
/* cocobox's network: the peer answers ARP, ping, UDP and TCP with right checksums, over a cable
 * that loses and reorders; and no message of a guest, whatever is in it, gets past its own bytes.
 */
#include "unit.h"

#include <endian.h>
#include <stdlib.h>

#include "box.h"
#include "dev.h"
#include "loop.h"
#include "net_peer.h"
#include "referee.h"
#include "rndis.h"

#define GUEST_IP 0x0a000502U
#define MAXQ 256

static const __u8 guest_mac[6] = { 2, 0xc0, 0xc0, 0xb0, 0, 2 };
static const __u8 peer_mac[6] = { 2, 0xc0, 0xc0, 0xb0, 0, 1 };

/* ---- frames ---- */

struct frame {
	__u32 len;
	__u8 b[CW_NET_FRAME_MAX];
};

static struct frame queue[MAXQ];	/* from the peer */
static unsigned int nr_queue;

static void take(void *arg, const __u8 *frame, __u32 len)
{
	(void)arg;
	assert_true(len >= 60 && len <= CW_NET_FRAME_MAX);
	assert_true(nr_queue < MAXQ);
	queue[nr_queue].len = len;
	memcpy(queue[nr_queue++].b, frame, len);
}

static void put16(__u8 *p, __u32 v)
{
	p[0] = (__u8)(v >> 8);
	p[1] = (__u8)v;
}

static void put32(__u8 *p, __u32 v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static __u32 get16(const __u8 *p)
{
	return (__u32)p[0] << 8 | p[1];
}

static __u32 get32(const __u8 *p)
{
	return get16(p) << 16 | get16(p + 2);
}

/* A second checksum, so that the first is not judged by itself.  1: the bytes hold a right one. */
static int sums_up(__u32 sum, const __u8 *p, __u32 len)
{
	__u32 i;

	for (i = 0; i < len; i++) {
		sum += i & 1 ? p[i] : (__u32)p[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum == 0xffff;
}

static __u32 pseudo(__u8 protocol, __u32 len)
{
	return (CW_PEER_IP >> 16) + (CW_PEER_IP & 0xffff) + (GUEST_IP >> 16) + (GUEST_IP & 0xffff) +
	       protocol + len;
}

/* Makes an IP frame around len bytes of body at f->b + 34; at: where its checksum goes. */
static void ip_make(struct frame *f, __u8 protocol, __u32 len, __u32 at)
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

static struct cw_peer *peer_new(void)
{
	struct cw_peer *peer = cw_peer_new(take, NULL);

	nr_queue = 0;
	assert_non_null(peer);
	return peer;
}

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

static void fill(__u8 *p, __u32 len)
{
	__u32 i;

	for (i = 0; i < len; i++)
		p[i] = (__u8)(i * 7 + len);
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

static void udp_make(struct frame *f, __u32 data)
{
	__u8 *udp = f->b + CW_IP_HEADERS;

	fill(udp, 8 + data);
	put16(udp, 4000);
	put16(udp + 2, CW_PEER_PORT);
	put16(udp + 4, 8 + data);
	ip_make(f, 17, 8 + data, 6);
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

/* ---- TCP: a client that knows as little as it can ---- */

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

struct client {
	struct cw_peer *peer;
	__u64 now;
	__u32 seq, una, nxt, rcv;	/* as RFC 9293 has it, for the guest's side */
	__u32 peer_window;
	__u16 port, window;
	__u8 offset;			/* what to say in place of the header's length */
	bool fin;			/* the peer's came */
	bool reset;
	const __u8 *expect;		/* what is echoed */
	__u32 got;
};

static void segment(struct client *c, __u8 flags, __u32 seq, const __u8 *data, __u32 len)
{
	struct frame f;
	__u8 *t = f.b + CW_IP_HEADERS;
	__u32 header = flags & SYN ? 28 : 20;

	memset(t, 0, header);
	put16(t, c->port);
	put16(t + 2, CW_PEER_PORT);
	put32(t + 4, seq);
	put32(t + 8, c->rcv);
	t[12] = c->offset ? c->offset : (__u8)(header << 2);
	t[13] = flags;
	put16(t + 14, c->window);
	if (flags & SYN)
		memcpy(t + 20, "\x02\x04\x05\xb4\x01\x01\x01\x00", 8);
	if (len)
		memcpy(t + header, data, len);
	ip_make(&f, 6, header + len, 16);
	cw_peer_input(c->peer, f.b, f.len, c->now);
}

/* What the peer sent, one segment; only what is in order counts. */
static void client_take(struct client *c, const struct frame *f)
{
	__u32 len, header, seq, ack, skip;
	const __u8 *t = ip_check(f, 6, &len);

	header = t[12] >> 4 << 2;
	assert_true(header >= 20 && header <= len);
	assert_int_equal(get16(t), CW_PEER_PORT);
	if (get16(t + 2) != c->port)
		return;
	seq = get32(t + 4);
	ack = get32(t + 8);
	if (t[13] & RST) {
		c->reset = true;
		return;
	}
	assert_true(t[13] & ACK);
	if (t[13] & SYN) {
		assert_int_equal(len - header, 0);
		c->rcv = seq + 1;
		c->una = c->nxt = ack;
		c->peer_window = get16(t + 14);
		return;
	}
	if ((__s32)(ack - c->una) >= 0) {
		assert_true((__s32)(ack - c->nxt) <= 0);
		c->una = ack;
		c->peer_window = get16(t + 14);
	}
	skip = c->rcv - seq;
	len -= header;
	if ((__s32)skip < 0 || skip > len)
		return;
	if (c->expect)
		assert_memory_equal(t + header + skip, c->expect + c->got, len - skip);
	c->got += len - skip;
	c->rcv += len - skip;
	if (t[13] & FIN && !c->fin) {
		c->fin = true;
		c->rcv++;
	}
}

static void client_take_all(struct client *c)
{
	unsigned int i, nr = nr_queue;
	static struct frame got[MAXQ];

	memcpy(got, queue, nr * sizeof(*got));
	nr_queue = 0;
	for (i = 0; i < nr; i++)
		client_take(c, &got[i]);
}

static void client_open(struct client *c, __u16 port)
{
	*c = (struct client){ .peer = peer_new(), .now = 1000000000, .port = port, .window = 60000,
			      .seq = 0xfffffff0U };
	segment(c, SYN, c->seq, NULL, 0);
	assert_int_equal(nr_queue, 1);
	client_take_all(c);
	assert_int_equal(c->una, c->seq + 1);
	segment(c, ACK, c->una, NULL, 0);
	assert_int_equal(nr_queue, 0);
}

static void test_tcp_talk(void **state)
{
	static const __u8 hello[] = "hello, peer";
	struct client c;

	(void)state;
	client_open(&c, 5000);
	c.expect = hello;
	segment(&c, PSH | ACK, c.nxt, hello, sizeof(hello));
	c.nxt += sizeof(hello);
	client_take_all(&c);
	assert_int_equal(c.got, sizeof(hello));
	assert_int_equal(c.una, c.nxt);
	segment(&c, ACK, c.nxt, NULL, 0);
	segment(&c, FIN | ACK, c.nxt, NULL, 0);
	c.nxt++;
	client_take_all(&c);
	assert_true(c.fin);
	assert_int_equal(c.una, c.nxt);
	segment(&c, ACK, c.nxt, NULL, 0);
	assert_int_equal(nr_queue, 0);
	segment(&c, ACK, c.nxt, NULL, 0);	/* the connection is gone */
	client_take_all(&c);
	assert_true(c.reset);
	cw_peer_free(c.peer);
}

static void test_tcp_reordered(void **state)
{
	static const __u8 text[] = "abcdefghi";
	struct client c;

	(void)state;
	client_open(&c, 5001);
	c.expect = text;
	c.nxt += 9;
	segment(&c, ACK, c.una + 6, text + 6, 3);	/* early: acknowledged, not taken */
	client_take_all(&c);
	assert_int_equal(c.got, 0);
	segment(&c, ACK, c.una, text, 3);
	segment(&c, ACK, c.nxt - 9, text, 6);		/* overlaps what is there */
	segment(&c, ACK, c.nxt - 9, text, 3);		/* all of it is there */
	segment(&c, ACK, c.nxt - 3, text + 6, 3);
	client_take_all(&c);
	assert_int_equal(c.got, 9);
	assert_int_equal(c.una, c.nxt);
	cw_peer_free(c.peer);
}

static void test_tcp_refused(void **state)
{
	struct client c;

	(void)state;
	client_open(&c, 5002);
	segment(&c, RST, c.nxt + 5, NULL, 0);		/* not exactly next: asked back */
	assert_int_equal(nr_queue, 1);
	client_take_all(&c);
	assert_false(c.reset);
	segment(&c, SYN, c.nxt + 5, NULL, 0);		/* so is a SYN */
	assert_int_equal(nr_queue, 1);
	client_take_all(&c);
	segment(&c, ACK, c.nxt, (const __u8 *)"x", 1);
	assert_int_equal(nr_queue, 1);
	nr_queue = 0;
	segment(&c, RST, c.nxt + 1, NULL, 0);
	assert_int_equal(nr_queue, 0);
	segment(&c, ACK, c.nxt, NULL, 0);
	client_take_all(&c);
	assert_true(c.reset);
	cw_peer_free(c.peer);
}

/* A guest that stops answering is given up, and one that shuts its window is asked again. */
static void test_tcp_timers(void **state)
{
	struct client c;
	unsigned int i;

	(void)state;
	client_open(&c, 5003);
	c.window = 0;
	segment(&c, ACK, c.nxt, (const __u8 *)"four", 4);
	c.nxt += 4;
	client_take_all(&c);
	assert_int_equal(c.got, 0);
	for (i = 0; i < 6 && !nr_queue; i++)
		cw_peer_tick(c.peer, c.now += 100000000);
	assert_int_equal(nr_queue, 1);			/* one byte, as a question */
	assert_int_equal(get16(queue[0].b + 16), 41);
	nr_queue = 0;
	segment(&c, ACK, c.nxt, (const __u8 *)"x", 1);	/* not answered past the window */
	c.nxt++;
	assert_int_equal(get32(queue[0].b + 38), c.rcv);
	client_take_all(&c);
	segment(&c, ACK, c.nxt, NULL, 0);		/* still shut */
	c.window = 1000;
	segment(&c, ACK, c.nxt, NULL, 0);
	client_take_all(&c);
	for (i = 0; i < 20 && c.got < 5; i++) {
		cw_peer_tick(c.peer, c.now += 100000000);
		client_take_all(&c);
	}
	assert_int_equal(c.got, 5);
	for (i = 0; i < 1000 && !c.reset; i++) {
		cw_peer_tick(c.peer, c.now += 100000000);
		client_take_all(&c);
	}
	assert_true(c.reset && i > 300);		/* later each time */
	cw_peer_free(c.peer);
}

/* A guest that talks and never listens: the peer keeps a window of it and says so. */
static void test_tcp_deaf(void **state)
{
	static const __u8 zeros[1000];
	struct client c;
	__u32 first, i;

	(void)state;
	client_open(&c, 5005);
	first = c.una;
	c.window = 0;
	for (i = 0; i < 80; i++) {
		segment(&c, ACK, c.nxt, zeros, sizeof(zeros));
		c.nxt += sizeof(zeros);
	}
	client_take_all(&c);
	assert_int_equal(c.una, first + 65535);
	assert_int_equal(c.peer_window, 0);
	c.window = 60000;
	c.nxt = c.una;
	for (i = 0; i < 10; i++) {
		segment(&c, ACK, c.nxt, NULL, 0);
		client_take_all(&c);
	}
	assert_int_equal(c.got, 65535);
	assert_true(c.peer_window >= 60000);
	cw_peer_free(c.peer);
}

/* Three that say the same: the first segment is sent again at once, and only once. */
static void test_tcp_dups(void **state)
{
	struct client c;

	(void)state;
	client_open(&c, 5006);
	segment(&c, ACK, c.nxt, (const __u8 *)"lost", 4);
	c.nxt += 4;
	nr_queue = 0;
	segment(&c, ACK, c.nxt, NULL, 0);
	segment(&c, ACK, c.nxt, NULL, 0);
	assert_int_equal(nr_queue, 0);
	segment(&c, ACK, c.nxt, NULL, 0);
	segment(&c, ACK, c.nxt, NULL, 0);
	assert_int_equal(nr_queue, 1);
	c.una = c.nxt;
	client_take_all(&c);
	assert_int_equal(c.got, 4);
	cw_peer_free(c.peer);
}

/* Headers of any length but their own, and acknowledgements of what was never sent. */
static void test_tcp_hostile(void **state)
{
	struct client c;
	unsigned int i;

	(void)state;
	client_open(&c, 5007);
	for (i = 0; i < 16; i++) {
		if (i == 5)
			continue;
		c.offset = i ? (__u8)(i << 4) : 1;
		segment(&c, ACK, c.nxt, NULL, 0);
		assert_int_equal(nr_queue, 0);
	}
	c.offset = 0;
	c.rcv += 1000;
	segment(&c, ACK, c.nxt, (const __u8 *)"x", 1);
	assert_int_equal(nr_queue, 1);
	c.rcv -= 1000;
	client_take_all(&c);
	assert_int_equal(c.una, c.nxt);		/* nothing was taken */
	cw_peer_free(c.peer);
}

#define BULK (3 * 1024 * 1024)

/* One round of a client that sends a window and takes what came; one frame of `loss` is lost. */
static void bulk_round(struct client *c, const __u8 *data, __u32 first, unsigned int loss)
{
	__u32 window = c->peer_window < 16 * 1024 ? c->peer_window : 16 * 1024;
	__u32 seq = c->una, end = c->una + window, last = first + BULK;
	unsigned int i, nr;
	static struct frame got[MAXQ];

	while ((__s32)(end - seq) > 0 && (__s32)(last - seq) > 0) {
		__u32 len = last - seq < end - seq ? last - seq : end - seq;

		len = len < 1460 ? len : 1460;
		if (!loss || random() % loss)
			segment(c, ACK, seq, data + (seq - first), len);
		seq += len;
		if ((__s32)(seq - c->nxt) > 0)
			c->nxt = seq;
	}
	nr = nr_queue;
	memcpy(got, queue, nr * sizeof(*got));
	nr_queue = 0;
	for (i = 0; i < nr; i++) {
		if (loss && i + 1 < nr && random() % 16 == 0) {
			client_take(c, &got[i + 1]);	/* overtaken */
			client_take(c, &got[i]);
			i++;
		} else if (!loss || random() % loss) {
			client_take(c, &got[i]);
		}
	}
	segment(c, ACK, c->nxt, NULL, 0);
	cw_peer_tick(c->peer, c->now += loss ? 300000000 : 1000000);
}

static void tcp_bulk(unsigned int loss)
{
	__u8 *data = malloc(BULK);
	struct client c;
	__u32 first, i;

	assert_non_null(data);
	srandom(loss);
	for (i = 0; i < BULK; i++)
		data[i] = (__u8)(random() >> 8);
	client_open(&c, 5004);
	c.expect = data;
	first = c.una;
	for (i = 0; i < 20000 && (c.got < BULK || c.una != first + BULK); i++)
		bulk_round(&c, data, first, loss);
	assert_false(c.reset);
	assert_int_equal(c.got, BULK);
	for (i = 0; i < 100 && !c.fin; i++) {
		c.nxt = first + BULK + 1;
		segment(&c, FIN | ACK, first + BULK, NULL, 0);
		client_take_all(&c);
		cw_peer_tick(c.peer, c.now += 300000000);
	}
	assert_true(c.fin);
	cw_peer_free(c.peer);
	free(data);
}

static void test_tcp_bulk(void **state)
{
	(void)state;
	tcp_bulk(0);
}

static void test_tcp_lossy(void **state)
{
	(void)state;
	tcp_bulk(20);
}

/* Every slot taken: the next is refused, and nothing else suffers. */
static void test_tcp_full(void **state)
{
	struct client c, d;
	unsigned int i;

	(void)state;
	client_open(&c, 6000);
	d = c;
	for (i = 1; i < 40; i++) {
		d.port = (__u16)(6000 + i);
		d.reset = false;
		segment(&d, SYN, d.seq, NULL, 0);
		client_take_all(&d);
		assert_int_equal(d.reset, i >= 32);
	}
	segment(&c, ACK, c.nxt, (const __u8 *)"x", 1);
	c.nxt++;
	client_take_all(&c);
	assert_int_equal(c.got, 1);
	cw_peer_free(c.peer);
}

/* ---- the channel, as far as the device sees it ---- */

#define RECV_HANDLE 0x11
#define SEND_HANDLE 0x22
#define NVSP_RNDIS 107

struct cw_gpadl {
	__u32 handle, bytes;
	__u8 *mem;
};

static struct cw_gpadl gpadls[] = {
	{ RECV_HANDLE, 10 * 1728 + 100, NULL },
	{ SEND_HANDLE, 3 * 6144 + 100, NULL },
	{ 0x33, 1000, NULL },		/* too small for anything */
};

static struct sent {
	__u16 type;
	__u64 id;
	__u16 pageset;
	__u32 words[10];
	__u32 len;
	struct cw_xfer_range range;
} sent[64];
static unsigned int nr_sent, nr_notes;
static bool no_room;

struct cw_gpadl *cw_gpadl_find(struct cw_channel *ch, __u32 handle)
{
	size_t i;

	(void)ch;
	for (i = 0; i < NR(gpadls); i++) {
		if (gpadls[i].mem && gpadls[i].handle == handle)
			return &gpadls[i];
	}
	return NULL;
}

__u32 cw_gpadl_bytes(const struct cw_gpadl *gpadl)
{
	return gpadl->bytes;
}

int cw_gpadl_read(struct cw_gpadl *gpadl, __u32 offset, void *buf, __u32 len)
{
	if (offset > gpadl->bytes || len > gpadl->bytes - offset)
		return -14;
	memcpy(buf, gpadl->mem + offset, len);
	return 0;
}

int cw_gpadl_write(struct cw_gpadl *gpadl, __u32 offset, const void *buf, __u32 len)
{
	if (offset > gpadl->bytes || len > gpadl->bytes - offset)
		return -14;
	memcpy(gpadl->mem + offset, buf, len);
	return 0;
}

static struct sent *sent_add(__u16 type, __u64 id, const void *data, __u32 len)
{
	struct sent *s = &sent[nr_sent++];

	assert_true(nr_sent < NR(sent));
	assert_true(len <= sizeof(s->words));
	*s = (struct sent){ .type = type, .id = id, .len = len };
	if (len)
		memcpy(s->words, data, len);
	return s;
}

int cw_channel_complete(struct cw_channel *ch, __u64 id, const void *data, __u32 len)
{
	assert_non_null(ch);
	sent_add(CW_PKT_COMP, id, data, len);
	return 0;
}

int cw_channel_send_xfer(struct cw_channel *ch, __u64 id, __u16 pageset_id,
			 const struct cw_xfer_range *range, __u32 nr_ranges, const void *data,
			 __u32 len)
{
	struct sent *s = sent_add(CW_PKT_XFER_PAGES, id, data, len);

	assert_non_null(ch);
	assert_int_equal(nr_ranges, 1);
	s->pageset = pageset_id;
	s->range = *range;
	return 0;
}

bool cw_channel_has_room(struct cw_channel *ch, __u32 len)
{
	(void)ch;
	(void)len;
	return !no_room;
}

void cw_referee_note(struct cw_box *box, const char *what, const char *detail)
{
	(void)box;
	assert_string_equal(what, "net");
	assert_non_null(detail);
	nr_notes++;
}

__u64 cw_now_ns(void)
{
	return 1;
}

int cw_loop_add(struct cw_box *box, struct cw_watch *watch, __u32 events)
{
	(void)box;
	(void)watch;
	(void)events;
	return 0;
}

void cw_loop_remove(struct cw_box *box, struct cw_watch *watch)
{
	(void)box;
	(void)watch;
}

static struct cw_box honest;	/* no host behaviour */
static struct cw_dev dev;
static struct cw_channel channel;

static int dev_setup(void **state)
{
	size_t i;

	(void)state;
	dev = (struct cw_dev){ .ops = &cw_dev_net, .box = &honest };
	channel = (struct cw_channel){ .dev = &dev, .is_open = true };
	nr_sent = nr_notes = 0;
	no_room = false;
	for (i = 0; i < NR(gpadls); i++)
		gpadls[i].mem = calloc(1, gpadls[i].bytes);
	return cw_dev_net.init(&dev) || cw_dev_net.open(&channel);
}

static int dev_teardown(void **state)
{
	size_t i;

	(void)state;
	cw_dev_net.close(&channel);
	cw_dev_net.exit(&dev);
	for (i = 0; i < NR(gpadls); i++) {
		free(gpadls[i].mem);
		gpadls[i].mem = NULL;
	}
	return 0;
}

static void packet(__u16 type, __u64 id, const void *data, __u32 len, struct iovec *iov,
		   unsigned int nr)
{
	__u8 *copy = malloc(len ? len : 1);
	struct cw_packet p = { .type = type, .flags = CW_PKT_WANTS_COMP, .id = id, .data = copy,
			       .len = len, .iov = iov, .nr_iov = nr };

	assert_non_null(copy);
	if (len)
		memcpy(copy, data, len);
	nr_sent = 0;
	cw_dev_net.packet(&channel, &p);
	free(copy);
}

/* One NVSP message and its completion's words. */
static const __u32 *nvsp(__u32 type, __u32 a, __u32 b, __u32 c)
{
	const __u32 words[10] = { type, a, b, c };

	packet(CW_PKT_INBAND, 77, words, sizeof(words), NULL, 0);
	assert_true(nr_sent > 0);
	assert_int_equal(sent[0].type, CW_PKT_COMP);
	assert_int_equal(sent[0].id, 77);
	return sent[0].words;
}

/* RNDIS control by page buffer, as the driver sends it; returns the answer, or NULL. */
static const __u8 *control(__u32 *words, __u32 nr)
{
	const __u32 message[10] = { NVSP_RNDIS, 1, 0xffffffff };
	struct iovec iov = { words, nr * 4 };

	packet(CW_PKT_GPA_DIRECT, 78, message, sizeof(message), &iov, 1);
	assert_int_equal(sent[0].type, CW_PKT_COMP);
	assert_int_equal(sent[0].words[0], 108);
	assert_int_equal(sent[0].words[1], 1);
	if (nr_sent < 2)
		return NULL;
	assert_int_equal(sent[1].type, CW_PKT_XFER_PAGES);
	assert_int_equal(sent[1].pageset, 0xcafe);
	assert_int_equal(sent[1].words[0], NVSP_RNDIS);
	assert_int_equal(sent[1].words[1], 1);
	assert_int_equal(sent[1].range.offset % 1728, 0);
	assert_true(sent[1].range.offset / 1728 < 10);
	return gpadls[0].mem + sent[1].range.offset;
}

static void complete_all(void)
{
	static const __u32 done[2] = { 108, 1 };
	struct sent copy[NR(sent)];
	unsigned int i, nr = nr_sent;

	memcpy(copy, sent, sizeof(copy));
	for (i = 0; i < nr; i++) {
		if (copy[i].type == CW_PKT_XFER_PAGES)
			packet(CW_PKT_COMP, copy[i].id, done, sizeof(done), NULL, 0);
	}
}

static __u32 word(const __u8 *p, unsigned int i)
{
	__u32 w;

	memcpy(&w, p + 4 * i, 4);
	return w;
}

static void bring_up(void)
{
	__u32 init[] = { 2, 24, 1, 1, 0, 0x4000 };
	__u32 filter[] = { 5, 32, 2, 0x1010e, 4, 20, 0, 0xb };
	const __u8 *reply;

	nr_notes = 0;
	assert_int_equal(nvsp(1, 0x60001, 0x60001, 0)[3], 1);
	assert_int_equal(sent[0].words[1], 0x60001);
	assert_int_equal(nvsp(101, RECV_HANDLE, 0xcafe, 0)[1], 1);
	assert_int_equal(sent[0].words[2], 1);
	assert_int_equal(sent[0].words[4], 1728);
	assert_int_equal(sent[0].words[5], 10);
	assert_int_equal(nvsp(104, SEND_HANDLE, 0, 0)[1], 1);
	assert_int_equal(sent[0].words[2], 6144);
	reply = control(init, NR(init));
	assert_non_null(reply);
	assert_int_equal(word(reply, 0), 0x80000002);
	assert_int_equal(word(reply, 1), sent[1].range.len);
	assert_int_equal(word(reply, 2), 1);
	assert_int_equal(word(reply, 3), 0);
	complete_all();
	reply = control(filter, NR(filter));
	assert_non_null(reply);
	assert_int_equal(word(reply, 0), 0x80000005);
	assert_int_equal(word(reply, 3), 0);
	assert_int_equal(nr_sent, 3);	/* and the link is up */
	assert_int_equal(word(gpadls[0].mem + sent[2].range.offset, 0), 7);
	assert_int_equal(word(gpadls[0].mem + sent[2].range.offset, 2), 0x4001000b);
	complete_all();
	assert_int_equal(nr_notes, 0);
}

static void test_versions(void **state)
{
	static const struct {
		__u32 low, high, status, version;
	} rows[] = {
		{ 2, 2, 4, 0 },
		{ 0x40000, 0x40000, 4, 0 },
		{ 0x70000, 0x70000, 3, 0 },
		{ 0x60001, 0x50000, 7, 0 },
		{ 0x50001, 0x50002, 7, 0 },
		{ 0x50000, 0x50000, 1, 0x50000 },
		{ 2, 0x60000, 1, 0x60000 },
		{ 0, 0xffffffff, 1, 0x60001 },
	};
	size_t i;

	(void)state;
	assert_int_equal(nvsp(101, RECV_HANDLE, 0xcafe, 0)[1], 2);	/* before any version */
	for (i = 0; i < NR(rows); i++) {
		assert_int_equal(nvsp(1, rows[i].low, rows[i].high, 0)[3], rows[i].status);
		assert_int_equal(sent[0].words[1], rows[i].version);
	}
}

static void test_buffers(void **state)
{
	(void)state;
	nvsp(1, 0x60001, 0x60001, 0);
	assert_int_equal(nvsp(101, 0x99, 0xcafe, 0)[1], 2);		/* no such GPADL */
	assert_int_equal(nvsp(101, 0x33, 0xcafe, 0)[1], 2);		/* too small */
	assert_int_equal(nvsp(104, 0x33, 0, 0)[1], 2);
	assert_int_equal(nvsp(101, RECV_HANDLE, 0xcafe, 0)[1], 1);
	assert_int_equal(nvsp(101, RECV_HANDLE, 0xcafe, 0)[1], 2);	/* twice */
	assert_int_equal(nvsp(1, 0x60001, 0x60001, 0)[3], 2);		/* and no new version now */
	nr_notes = 0;
	nvsp(103, 0xbeef, 0, 0);					/* another's id */
	assert_int_equal(nr_notes, 1);
	nvsp(103, 0xcafe, 0, 0);
	assert_int_equal(nr_notes, 1);
	assert_int_equal(nvsp(101, RECV_HANDLE, 0xcafe, 0)[1], 1);
}

/* Queries the driver makes, and what it does with the answers: rndis_filter_device_add(). */
static void test_queries(void **state)
{
	static const struct {
		__u32 oid, status, len, first;
	} rows[] = {
		{ 0x00010106, 0, 4, 1500 },
		{ 0x01010101, 0, 6, 0xb0c0c002 },
		{ 0x00020216, 0xc00000bb, 0, 0 },
		{ 0xfc01020d, 0, 112, 112u << 16 | 0x1a7 },
		{ 0x00010114, 0, 4, 0 },
		{ 0x00010107, 0, 4, 10000000 },
		{ 0x00010203, 0xc00000bb, 0, 0 },
	};
	size_t i;

	(void)state;
	bring_up();
	for (i = 0; i < NR(rows); i++) {
		__u32 query[7] = { 4, 28, 100 + (__u32)i, rows[i].oid, 0, 20, 0 };
		const __u8 *reply = control(query, 7);

		assert_non_null(reply);
		assert_int_equal(word(reply, 0), 0x80000004);
		assert_int_equal(word(reply, 1), 24 + rows[i].len);
		assert_int_equal(word(reply, 2), 100 + i);
		assert_int_equal(word(reply, 3), rows[i].status);
		assert_int_equal(word(reply, 4), rows[i].len);
		if (rows[i].len) {
			assert_int_equal(word(reply, 5), 16);
			assert_int_equal(word(reply, 6), rows[i].first);
		}
		complete_all();
	}
	assert_int_equal(nr_notes, 0);
}

static void test_control_hostile(void **state)
{
	static const struct {
		const char *name;
		__u32 words[8];
		__u32 nr;
	} rows[] = {
		{ "nothing", { 0 }, 0 },
		{ "half a header", { 4 }, 1 },
		{ "longer than its bytes", { 4, 29, 1, 0x10106, 0, 20, 0 }, 7 },
		{ "a length of zero", { 4, 0, 1, 0x10106, 0, 20, 0 }, 7 },
		{ "a short query", { 4, 24, 1, 0x10106, 0, 20, 0 }, 7 },
		{ "a completion", { 0x80000004, 28, 1, 0, 0, 0, 0 }, 7 },
		{ "type 0", { 0, 28, 1, 0, 0, 0, 0 }, 7 },
		{ "type 7", { 7, 28, 1, 0, 0, 0, 0 }, 7 },
		{ "type 9", { 9, 28, 1, 0, 0, 0, 0 }, 7 },
		{ "type 0xffffffff", { 0xffffffff, 28, 1, 0, 0, 0, 0 }, 7 },
	};
	static const struct {
		__u32 len, offset, status;
	} sets[] = {
		{ 4, 21, 0xc0010015 }, { 5, 20, 0xc0010015 }, { 0xffffffff, 20, 0xc0010015 },
		{ 4, 0xffffffff, 0xc0010015 }, { 3, 20, 0xc0010014 }, { 0, 24, 0xc0010014 },
		{ 4, 20, 0 },
	};
	size_t i;

	(void)state;
	bring_up();
	for (i = 0; i < NR(rows); i++) {
		__u32 copy[8];

		memcpy(copy, rows[i].words, sizeof(copy));
		nr_notes = 0;
		if (control(copy, rows[i].nr) || nr_notes != 1)
			fail_msg("%s: was taken", rows[i].name);
	}
	for (i = 0; i < NR(sets); i++) {
		__u32 set[8] = { 5, 32, 9, 0x1010e, sets[i].len, sets[i].offset, 0, 1 };

		assert_int_equal(word(control(set, 8), 3), sets[i].status);
		complete_all();
	}
}

/* An RNDIS data message around a frame in the send buffer; returns the NVSP status. */
static __u32 data_send(__u32 section, __u32 len, const void *bytes, __u32 at)
{
	const __u32 message[10] = { NVSP_RNDIS, 0, section, len };

	if (bytes)
		memcpy(gpadls[1].mem + at, bytes, len);
	packet(CW_PKT_INBAND, 79, message, sizeof(message), NULL, 0);
	assert_true(nr_sent > 0);
	return sent[nr_sent - 1].words[1];
}

static __u32 data_make(__u8 *msg)
{
	struct frame f;

	udp_make(&f, 100);
	cw_rndis_packet_header(msg, f.len);
	memcpy(msg + 44, f.b, f.len);
	return 44 + f.len;
}

static void test_data(void **state)
{
	__u8 msg[2 * 256];
	__u32 len = data_make(msg), body;
	struct frame f;

	(void)state;
	bring_up();
	assert_int_equal(data_send(2, len, msg, 2 * 6144), 1);
	assert_int_equal(nr_sent, 2);
	assert_int_equal(sent[0].type, CW_PKT_XFER_PAGES);
	assert_int_equal(sent[0].words[1], 0);
	assert_int_equal(sent[0].range.len, len);
	f.len = sent[0].range.len - 44;
	memcpy(f.b, gpadls[0].mem + sent[0].range.offset + 44, f.len);
	ip_check(&f, 17, &body);
	assert_int_equal(body, 108);
	complete_all();
	/* two in one section */
	memcpy(msg + len, msg, len);
	assert_int_equal(data_send(0, 2 * len, msg, 0), 1);
	assert_int_equal(nr_sent, 3);
	complete_all();
	/* header in the section, frame in two page buffers */
	{
		struct iovec iov[2] = { { msg + 44, 10 }, { msg + 54, len - 54 } };
		const __u32 message[10] = { NVSP_RNDIS, 0, 1, 44 };

		memcpy(gpadls[1].mem + 6144, msg, 44);
		packet(CW_PKT_GPA_DIRECT, 80, message, sizeof(message), iov, 2);
		assert_int_equal(nr_sent, 2);
		assert_int_equal(sent[1].words[1], 1);
		complete_all();
	}
	assert_int_equal(nr_notes, 0);
}

static void test_data_hostile(void **state)
{
	/* fields of the header: words, and a value that must not be taken */
	static const __u32 rows[][2] = {
		{ 0, 2 }, { 0, 0 }, { 1, 0 }, { 1, 43 }, { 1, 0xffffffff }, { 1, 200 }, { 2, 0 },
		{ 2, 35 }, { 2, 400 }, { 2, 0xffffffff }, { 3, 400 }, { 3, 0xffffffff },
		{ 3, 0xfffffff0 },
	};
	__u8 msg[256];
	__u32 len = data_make(msg), keep, i;
	struct iovec big = { msg, 1u << 30 };
	const __u32 message[10] = { NVSP_RNDIS, 0, 0xffffffff };

	(void)state;
	assert_int_equal(data_send(0, len, msg, 0), 5);		/* no buffer yet */
	bring_up();
	for (i = 0; i < NR(rows); i++) {
		memcpy(&keep, msg + 4 * rows[i][0], 4);
		memcpy(msg + 4 * rows[i][0], &rows[i][1], 4);
		nr_notes = 0;
		assert_int_equal(data_send(0, len, msg, 0), 5);
		assert_int_equal(nr_sent, 1);
		memcpy(msg + 4 * rows[i][0], &keep, 4);
	}
	for (i = 0; i < len; i++)
		assert_int_equal(data_send(0, i, msg, 0), 5);
	cw_rndis_packet_header(msg, 0);				/* behind the last section */
	assert_int_equal(data_send(3, 44, msg, 3 * 6144), 5);
	data_make(msg);
	assert_int_equal(data_send(0xfffffffe, 44, NULL, 0), 5);
	assert_int_equal(data_send(0, len, msg, 0), 1);
	complete_all();
	assert_int_equal(data_send(0, 6145, NULL, 0), 5);	/* longer than a section */
	assert_int_equal(nr_sent, 1);
	assert_int_equal(data_send(0, 0xffffffff, NULL, 0), 5);
	packet(CW_PKT_GPA_DIRECT, 80, message, sizeof(message), &big, 1);
	assert_int_equal(sent[0].words[1], 5);
	gpadls[1].handle = 0x999;				/* torn down behind our back */
	assert_int_equal(data_send(0, len, msg, 0), 5);
	gpadls[1].handle = SEND_HANDLE;
	assert_int_equal(data_send(0, len, msg, 0), 1);
}

/* Ten sections: the eleventh frame is dropped, and a completion makes room for exactly one. */
static void test_sections(void **state)
{
	static const __u32 done[2] = { 108, 1 };
	__u8 msg[256];
	__u32 len = data_make(msg), i;
	__u64 id = 0;

	(void)state;
	bring_up();
	for (i = 0; i < 12; i++) {
		assert_int_equal(data_send(0, len, msg, 0), 1);
		assert_int_equal(nr_sent, i < 10 ? 2 : 1);
		if (nr_sent == 2)
			id = sent[0].id;
	}
	packet(CW_PKT_COMP, id, done, sizeof(done), NULL, 0);
	assert_int_equal(nr_notes, 0);
	packet(CW_PKT_COMP, id, done, sizeof(done), NULL, 0);	/* again */
	packet(CW_PKT_COMP, 10, done, sizeof(done), NULL, 0);
	packet(CW_PKT_COMP, ~0ULL, done, sizeof(done), NULL, 0);
	assert_int_equal(nr_notes, 3);
	data_send(0, len, msg, 0);
	assert_int_equal(nr_sent, 2);
	no_room = true;
	packet(CW_PKT_COMP, sent[0].id, done, sizeof(done), NULL, 0);
	data_send(0, len, msg, 0);
	assert_int_equal(nr_sent, 1);
}

/* Every NVSP type in every length, and packets of any type; noise in the words. */
static void test_nvsp_noise(void **state)
{
	static const __u16 types[] = { CW_PKT_INBAND, CW_PKT_INBAND, CW_PKT_GPA_DIRECT,
				       CW_PKT_COMP, 0 };
	static const __u32 values[] = { 0, 1, 2, 0xcafe, RECV_HANDLE, SEND_HANDLE, 0x60001, 6144,
					0xffffffff, 0x80000000 };
	__u32 words[12], i, j;

	(void)state;
	srandom(7);
	for (i = 0; i < 300000; i++) {
		struct iovec iov = { words, (__u32)random() % sizeof(words) };

		if (i % 1000 == 0) {
			cw_dev_net.close(&channel);
			assert_int_equal(cw_dev_net.open(&channel), 0);
		}
		words[0] = random() % 8 ? 98 + (__u32)random() % 40 : (__u32)random() % 10;
		for (j = 1; j < NR(words); j++)
			words[j] = values[(__u32)random() % NR(values)];
		packet(types[(__u32)random() % NR(types)], (__u64)random() % 20, words,
		       (__u32)random() % (sizeof(words) + 1), &iov, random() & 1);
	}
}

#define dev_test(f) cmocka_unit_test_setup_teardown(f, dev_setup, dev_teardown)

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_arp),
	cmocka_unit_test(test_ping),
	cmocka_unit_test(test_long),
	cmocka_unit_test(test_udp),
	cmocka_unit_test(test_damaged),
	cmocka_unit_test(test_noise),
	cmocka_unit_test(test_tcp_talk),
	cmocka_unit_test(test_tcp_reordered),
	cmocka_unit_test(test_tcp_refused),
	cmocka_unit_test(test_tcp_timers),
	cmocka_unit_test(test_tcp_deaf),
	cmocka_unit_test(test_tcp_dups),
	cmocka_unit_test(test_tcp_hostile),
	cmocka_unit_test(test_tcp_bulk),
	cmocka_unit_test(test_tcp_lossy),
	cmocka_unit_test(test_tcp_full),
	dev_test(test_versions),
	dev_test(test_buffers),
	dev_test(test_queries),
	dev_test(test_control_hostile),
	dev_test(test_data),
	dev_test(test_data_hostile),
	dev_test(test_sections),
	dev_test(test_nvsp_noise),
};

UNIT_MAIN(tests)
