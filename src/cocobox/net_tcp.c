// SPDX-License-Identifier: GPL-2.0-only
/* A small TCP (RFC 9293) that echoes: what the guest sends is kept in one ring for each connection,
 * and is both its receive buffer and its send buffer, until the guest has acknowledged the echo.
 * In order only, a window of 64 KiB, go-back-N; no congestion control, since there is only a cable.
 */
#include "net_peer.h"

#include <endian.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <linux/in.h>

#include "util.h"

#define CONNS		32
#define RING		65536U			/* a power of two */
#define WINDOW		(RING - 1)		/* the most that a header without scaling can say */
#define MSS		(CW_NET_MTU - 40)
#define MSS_DEFAULT	536			/* RFC 9293, 3.7.1 */
#define MSS_MIN		64			/* a guest that says less is not believed */
#define RTO_NS		500000000ULL
#define RTO_MAX_NS	8000000000ULL
#define TRIES_MAX	10
#define DUPS		3			/* RFC 5681, fast retransmit */
#define UPDATE		(16 * 1024U)		/* room that is worth a segment of its own */

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

struct tcp_header {
	__be16 source, dest;
	__be32 seq, ack;
	__u8 offset, flags;	/* offset: upper four bits, in words */
	__be16 window, check, urgent;
};

_Static_assert(sizeof(struct tcp_header) == 20, "RFC 9293, 3.1");

/* A segment of the guest's, in host order */
struct segment {
	__u16 port;
	__u32 seq, ack;
	__u8 flags;
	__u16 window;
	__u16 mss;		/* of a SYN */
	const __u8 *data;
	__u32 len;
};

struct conn {
	__u8 *ring;		/* NULL: a free slot */
	__u32 head, len;	/* in ring: head is the byte of sequence number una */
	struct cw_remote remote;
	__u16 port;
	bool open;		/* our SYN was acknowledged */
	bool fin;		/* the guest has said all; ours follows behind the last byte */
	__u32 una, nxt, top;	/* to be acknowledged, to be sent, highest ever sent */
	__u32 rcv, edge;	/* to be received, right edge of the window that the guest knows */
	__u32 wl1, wl2;		/* seq and ack of the segment that gave window */
	__u32 window;
	__u16 mss;
	__u8 dups, tries;
	__u64 rto_ns, due_ns;	/* due_ns 0: no timer */
};

struct cw_tcp {
	struct cw_peer *peer;
	__u64 now_ns;
	struct conn conn[CONNS];
};

static bool before(__u32 a, __u32 b)
{
	return (__s32)(a - b) < 0;
}

struct cw_tcp *cw_tcp_new(struct cw_peer *peer)
{
	struct cw_tcp *tcp = calloc(1, sizeof(*tcp));

	if (tcp)
		tcp->peer = peer;
	return tcp;
}

static void conn_free(struct conn *c)
{
	free(c->ring);
	memset(c, 0, sizeof(*c));
}

void cw_tcp_reset(struct cw_tcp *tcp)
{
	size_t i;

	for (i = 0; i < CONNS; i++)
		conn_free(&tcp->conn[i]);
}

void cw_tcp_free(struct cw_tcp *tcp)
{
	if (!tcp)
		return;
	cw_tcp_reset(tcp);
	free(tcp);
}

/* ---- out ---- */

/* Fills in the header at frame + CW_IP_HEADERS; len bytes of options and data are behind it. */
static void header_send(struct cw_tcp *tcp, const struct cw_remote *to, struct tcp_header *h,
			__u8 *frame, __u32 len)
{
	__u8 *at = frame + CW_IP_HEADERS;
	__u32 sum;

	len += sizeof(*h);
	h->source = htobe16(CW_PEER_PORT);
	h->check = 0;
	memcpy(at, h, sizeof(*h));
	sum = cw_inet_sum(cw_inet_pseudo(to->ip, IPPROTO_TCP, len), at, len);
	h->check = htobe16(cw_inet_fold(sum));
	memcpy(at, h, sizeof(*h));
	cw_peer_send_ip(tcp->peer, to, IPPROTO_TCP, frame, len);
}

static void ring_copy(const struct conn *c, __u32 offset, __u8 *to, __u32 len)
{
	__u32 at = (c->head + offset) % RING;
	__u32 first = cw_min_u32(len, RING - at);

	memcpy(to, c->ring + at, first);
	memcpy(to + first, c->ring, len - first);
}

/* One segment with len bytes of the ring that begin at seq. */
static void conn_send(struct cw_tcp *tcp, struct conn *c, __u8 flags, __u32 seq, __u32 len)
{
	static const __u8 option[] = { 2, 4, MSS >> 8, MSS & 0xff };
	__u8 frame[CW_NET_FRAME_MAX];
	__u8 *data = frame + CW_IP_HEADERS + sizeof(struct tcp_header);
	__u32 extra = flags & SYN ? sizeof(option) : 0;
	__u32 room = WINDOW - c->len;
	struct tcp_header h = {
		.dest = htobe16(c->port),
		.seq = htobe32(seq),
		.ack = htobe32(c->rcv),
		.offset = (__u8)((sizeof(h) + extra) / 4 << 4),
		.flags = flags | ACK,
		.window = htobe16((__u16)room),
	};

	memcpy(data, option, extra);
	if (len)
		ring_copy(c, seq - c->una, data + extra, len);
	c->edge = c->rcv + room;
	header_send(tcp, &c->remote, &h, frame, extra + len);
	seq += len + !!(flags & (SYN | FIN));
	if (before(c->top, seq))
		c->top = seq;
}

/* Nothing but an acknowledgement.  Its number is one that the guest takes: not behind what it has,
 * nor beyond its window, where a probe may have been.
 */
static void conn_send_ack(struct cw_tcp *tcp, struct conn *c)
{
	__u32 end = c->una + c->window;

	conn_send(tcp, c, 0, before(end, c->top) ? end : c->top, 0);
}

static void conn_arm(struct cw_tcp *tcp, struct conn *c)
{
	c->due_ns = tcp->now_ns + c->rto_ns;
}

/* Sends what the window lets out, and the FIN behind all of it.  Returns whether anything went. */
static bool conn_output(struct cw_tcp *tcp, struct conn *c, __u32 window)
{
	__u32 end = c->una + c->len;
	bool sent = false;

	while (before(c->nxt, end) && before(c->nxt, c->una + window)) {
		__u32 len = cw_min_u32(end - c->nxt, c->una + window - c->nxt);

		len = cw_min_u32(len, c->mss);
		conn_send(tcp, c, PSH, c->nxt, len);
		c->nxt += len;
		sent = true;
	}
	if (c->fin && c->nxt == end) {
		conn_send(tcp, c, FIN, end, 0);
		c->nxt++;
		sent = true;
	}
	/* also with nothing out: a window that stays shut is probed by the timer */
	if (!c->due_ns && (c->len || c->fin))
		conn_arm(tcp, c);
	return sent;
}

/* For a segment that no connection wants. */
static void refuse(struct cw_tcp *tcp, const struct cw_remote *to, const struct segment *s)
{
	__u8 frame[CW_NET_FRAME_MAX];
	__u32 len = s->len + !!(s->flags & SYN) + !!(s->flags & FIN);
	struct tcp_header h = {
		.dest = htobe16(s->port),
		.offset = sizeof(h) / 4 << 4,
		.flags = RST,
	};

	if (s->flags & RST)
		return;
	if (s->flags & ACK) {
		h.seq = htobe32(s->ack);
	} else {
		h.flags |= ACK;
		h.ack = htobe32(s->seq + len);
	}
	header_send(tcp, to, &h, frame, 0);
}

/* ---- in ---- */

static struct conn *conn_find(struct cw_tcp *tcp, const struct cw_remote *from, __u16 port)
{
	struct conn *c;

	for (c = tcp->conn; c < tcp->conn + CONNS; c++) {
		if (c->ring && c->port == port && c->remote.ip == from->ip)
			return c;
	}
	return NULL;
}

/* It comes first wherever there is one; without it small segments do as well. */
static __u16 option_mss(const __u8 *option, __u32 len)
{
	__u32 mss = MSS_DEFAULT;

	if (len >= 4 && option[0] == 2 && option[1] == 4)
		mss = (__u32)option[2] << 8 | option[3];
	return (__u16)(mss < MSS_MIN ? MSS_MIN : cw_min_u32(mss, MSS));
}

static struct conn *conn_slot(struct cw_tcp *tcp)
{
	struct conn *c;

	for (c = tcp->conn; c < tcp->conn + CONNS; c++) {
		if (!c->ring) {
			c->ring = malloc(RING);
			return c->ring ? c : NULL;
		}
	}
	return NULL;
}

static void conn_new(struct cw_tcp *tcp, const struct cw_remote *from, const struct segment *s)
{
	struct conn *c = conn_slot(tcp);

	if (!c) {
		refuse(tcp, from, s);
		return;
	}
	c->remote = *from;
	c->port = s->port;
	c->mss = s->mss;
	c->window = s->window;
	c->rcv = s->seq + 1;
	c->wl1 = s->seq;
	c->una = (__u32)(tcp->now_ns / 4000);	/* RFC 9293, 3.4.1: a clock of 4 us */
	c->nxt = c->una + 1;
	c->top = c->una;
	c->wl2 = c->una;
	c->rto_ns = RTO_NS;
	conn_send(tcp, c, SYN, c->una, 0);
	conn_arm(tcp, c);
}

static void window_take(struct conn *c, const struct segment *s)
{
	if (!before(c->wl1, s->seq) && (c->wl1 != s->seq || before(s->ack, c->wl2)))
		return;
	c->window = s->window;
	c->wl1 = s->seq;
	c->wl2 = s->ack;
}

static void ack_progress(struct cw_tcp *tcp, struct conn *c, __u32 ack)
{
	__u32 bytes = cw_min_u32(ack - c->una - !c->open, c->len);

	c->open = true;
	c->head = (c->head + bytes) % RING;
	c->len -= bytes;
	c->una = ack;
	if (before(c->nxt, ack))
		c->nxt = ack;
	c->dups = 0;
	c->rto_ns = RTO_NS;
	c->due_ns = 0;
	if (c->top != ack)
		conn_arm(tcp, c);
}

/* RFC 5681, 2: something is out, and this says only that it has not come. */
static bool is_dup(const struct conn *c, const struct segment *s)
{
	return c->top != c->una && c->len && c->window && !s->len && !(s->flags & FIN) &&
	       s->window == c->window;
}

/* false: the connection is over, and freed. */
static bool conn_ack(struct cw_tcp *tcp, struct conn *c, const struct segment *s)
{
	if (before(s->ack, c->una))
		return true;
	if (c->fin && c->open && s->ack == c->una + c->len + 1) {
		conn_free(c);
		return false;
	}
	if (s->ack != c->una)
		ack_progress(tcp, c, s->ack);
	else if (is_dup(c, s) && ++c->dups == DUPS)
		conn_send(tcp, c, PSH, c->una, cw_min_u32(cw_min_u32(c->len, c->mss), c->window));
	window_take(c, s);
	return true;
}

static void ring_put(struct conn *c, const __u8 *from, __u32 len)
{
	__u32 at = (c->head + c->len) % RING;
	__u32 first = cw_min_u32(len, RING - at);

	memcpy(c->ring + at, from, first);
	memcpy(c->ring, from + first, len - first);
	c->len += len;
	c->rcv += len;
}

/* Takes what is next in order and fits; the rest will come again. */
static void conn_data(struct conn *c, const struct segment *s)
{
	__u32 skip = c->rcv - s->seq;
	__u32 len;

	if (c->fin || skip > s->len)	/* a later segment's skip is less than 0 */
		return;
	len = cw_min_u32(s->len - skip, WINDOW - c->len);
	ring_put(c, s->data + skip, len);
	if (s->flags & FIN && skip + len == s->len) {
		c->fin = true;
		c->rcv++;
	}
}

static void conn_input(struct cw_tcp *tcp, struct conn *c, const struct segment *s)
{
	bool owes = s->len || s->flags & FIN || s->seq != c->rcv;
	__u32 known;

	if (s->flags & RST) {
		if (s->seq == c->rcv)
			conn_free(c);
		else
			conn_send_ack(tcp, c);	/* RFC 5961, 3.2 */
		return;
	}
	if (s->flags & SYN) {
		if (!c->open && s->seq + 1 == c->rcv)
			conn_send(tcp, c, SYN, c->una, 0);
		else
			conn_send_ack(tcp, c);	/* RFC 5961, 4.2 */
		return;
	}
	if (before(c->edge, s->seq)) {
		conn_send_ack(tcp, c);	/* RFC 9293, 3.4: beyond the window */
		return;
	}
	if (!(s->flags & ACK))
		return;
	if (before(c->top, s->ack) || (!c->open && s->ack != c->una + 1)) {
		if (c->open)
			conn_send_ack(tcp, c);
		else
			refuse(tcp, &c->remote, s);
		return;
	}
	c->tries = 0;
	if (!conn_ack(tcp, c, s))
		return;
	conn_data(c, s);
	known = c->edge - c->rcv;
	owes |= WINDOW - c->len - known >= UPDATE || (known < MSS && WINDOW - c->len >= MSS);
	if (!conn_output(tcp, c, c->window) && owes)
		conn_send_ack(tcp, c);
}

void cw_tcp_input(struct cw_tcp *tcp, const struct cw_remote *from, const __u8 *seg, __u32 len,
		  __u64 now_ns)
{
	struct tcp_header h;
	struct segment s;
	struct conn *c;
	__u32 header;

	if (len < sizeof(h))
		return;
	memcpy(&h, seg, sizeof(h));
	header = (h.offset >> 4) * 4U;
	if (header < sizeof(h) || header > len || !h.source)
		return;
	s = (struct segment){
		.port = be16toh(h.source),
		.seq = be32toh(h.seq),
		.ack = be32toh(h.ack),
		.flags = h.flags,
		.window = be16toh(h.window),
		.mss = option_mss(seg + sizeof(h), header - (__u32)sizeof(h)),
		.data = seg + header,
		.len = len - header,
	};
	tcp->now_ns = now_ns;
	if (h.dest != htobe16(CW_PEER_PORT))
		return;
	c = conn_find(tcp, from, s.port);
	if (c)
		conn_input(tcp, c, &s);
	else if ((s.flags & (SYN | ACK | RST | FIN)) == SYN)
		conn_new(tcp, from, &s);
	else
		refuse(tcp, from, &s);
}

static void conn_expire(struct cw_tcp *tcp, struct conn *c)
{
	if (++c->tries > TRIES_MAX) {
		conn_send(tcp, c, RST, c->nxt, 0);
		conn_free(c);
		return;
	}
	if (c->rto_ns < RTO_MAX_NS)
		c->rto_ns *= 2;
	conn_arm(tcp, c);
	if (!c->open) {
		conn_send(tcp, c, SYN, c->una, 0);
		return;
	}
	c->nxt = c->una;
	c->dups = 0;
	/* one byte into a window that is shut: its answer says when it opens */
	conn_output(tcp, c, c->window ? c->window : 1);
}

void cw_tcp_tick(struct cw_tcp *tcp, __u64 now_ns)
{
	struct conn *c;

	tcp->now_ns = now_ns;
	for (c = tcp->conn; c < tcp->conn + CONNS; c++) {
		if (c->ring && c->due_ns && now_ns >= c->due_ns)
			conn_expire(tcp, c);
	}
}
