// SPDX-License-Identifier: GPL-2.0-only
/* cocobox's peer speaks TCP, over a cable that loses and reorders, with guests that are slow, deaf
 * or hostile.  The client here knows as little as it can.
 */
#include <stdlib.h>

#include "box_frames.h"

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

static const struct CMUnitTest tests[] = {
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
};

UNIT_MAIN(tests)
