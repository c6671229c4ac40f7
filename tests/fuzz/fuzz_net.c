// SPDX-License-Identifier: GPL-2.0-only
/* What a guest sends to the peer at the other end of its cable, and in RNDIS: frames of any
 * content, and TCP segments around the numbers that the peer expects.  Each piece is in memory of
 * its size.
 */
#include "fuzz.h"

#include <endian.h>

#include "net_peer.h"
#include "rndis.h"

#define GUEST_IP	0x0a000502U
#define TCP_HEADER	20U
#define IP_TCP		6
#define ETH_BYTES	14U

static struct cw_peer *peer;
static struct cw_rndis rndis;
static __u64 now_ns;
static __u32 peer_seq, peer_ack;	/* as its last segment had them */

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

static __u32 get32(const __u8 *p)
{
	return (__u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* Takes all of it, and remembers what the next segment is to answer. */
static void on_frame(void *arg, const __u8 *frame, __u32 len)
{
	static __u8 copy[CW_NET_FRAME_MAX];

	CHECK(!arg && len >= 60 && len <= CW_NET_FRAME_MAX);
	memcpy(copy, frame, len);
	if (copy[23] == IP_TCP && copy[12] == 8 && !copy[13]) {
		peer_seq = get32(copy + CW_IP_HEADERS + 4);
		peer_ack = get32(copy + CW_IP_HEADERS + 8);
	}
}

/* The headers before len bytes of body at frame + CW_IP_HEADERS; at: where its checksum goes. */
static void ip_fill(__u8 *frame, __u8 protocol, __u32 len, __u32 at)
{
	static const __u8 head[] = { 2, 0xc0, 0xc0, 0xb0, 0, 1, 2, 0xc0, 0xc0, 0xb0, 0, 2, 8, 0 };
	__u8 *ip = frame + ETH_BYTES, *body = frame + CW_IP_HEADERS;
	__u32 sum = protocol == 1 ? 0 : cw_inet_pseudo(GUEST_IP, protocol, len);

	memcpy(frame, head, sizeof(head));
	memset(ip, 0, 20);
	ip[0] = 0x45;
	put16(ip + 2, 20 + len);
	ip[8] = 64;
	ip[9] = protocol;
	put32(ip + 12, GUEST_IP);
	put32(ip + 16, CW_PEER_IP);
	put16(ip + 10, cw_inet_fold(cw_inet_sum(0, ip, 20)));
	if (len < at + 2)
		return;
	put16(body + at, 0);
	put16(body + at, cw_inet_fold(cw_inet_sum(sum, body, len)));
}

static void do_frame(struct input *in)
{
	__u32 len;
	__u8 *frame = take_bytes(in, &len);

	cw_peer_input(peer, frame, len, now_ns);
	free(frame);
}

/* A body of any content, whole and with right checksums */
static void do_ip(struct input *in)
{
	static const struct {
		__u8 protocol, at;
	} kinds[] = { { 1, 2 }, { 17, 6 }, { IP_TCP, 16 } };
	__u8 kind = take8(in) % NR(kinds), *frame;
	__u32 len = take8(in), more = take8(in) & 1 ? 1200 : 0;

	frame = calloc(1, CW_IP_HEADERS + len + more);
	CHECK(frame);
	take(in, frame + CW_IP_HEADERS, len);
	ip_fill(frame, kinds[kind].protocol, len + more, kinds[kind].at);
	cw_peer_input(peer, frame, CW_IP_HEADERS + len + more, now_ns);
	free(frame);
}

/* A segment near to what the peer waits for */
static void do_tcp(struct input *in)
{
	__u8 flags = take8(in), port = take8(in), seq = take8(in), ack = take8(in), *frame, *tcp;
	__u16 window = take16(in);
	__u32 len = take16(in) % (CW_NET_FRAME_MAX - CW_IP_HEADERS - TCP_HEADER + 1);

	frame = calloc(1, CW_IP_HEADERS + TCP_HEADER + len);
	CHECK(frame);
	tcp = frame + CW_IP_HEADERS;
	put16(tcp, 1000U + port % 40);
	put16(tcp + 2, CW_PEER_PORT);
	put32(tcp + 4, peer_ack + (__u32)((__s8)seq * (__s8)seq * (__s8)seq));
	put32(tcp + 8, peer_seq + (__u32)((__s8)ack * (__s8)ack * (__s8)ack));
	tcp[12] = 0x50;
	tcp[13] = flags;
	put16(tcp + 14, window);
	ip_fill(frame, IP_TCP, TCP_HEADER + len, 16);
	cw_peer_input(peer, frame, CW_IP_HEADERS + TCP_HEADER + len, now_ns);
	free(frame);
}

static void do_tick(struct input *in)
{
	now_ns += take8(in) * 100000000ULL;
	cw_peer_tick(peer, now_ns);
}

static void do_reset(struct input *in)
{
	(void)in;
	cw_peer_reset(peer);
}

static void do_control(struct input *in)
{
	__u32 len;
	__u8 *msg = take_bytes(in, &len), *reply = malloc(CW_RNDIS_REPLY_MAX);
	int n;

	CHECK(reply);
	n = cw_rndis_control(&rndis, msg, len, reply);
	CHECK(n <= CW_RNDIS_REPLY_MAX);
	free(reply);
	free(msg);
}

/* Frames as the device takes them out of one packet */
static void do_data(struct input *in)
{
	__u32 len, frame_len;
	__u8 *msg = take_bytes(in, &len), *at = msg;
	const __u8 *frame;
	int n;

	while ((n = cw_rndis_packet(at, len, &frame, &frame_len)) > 0) {
		CHECK((__u32)n <= len && frame >= at && frame + frame_len <= at + n);
		cw_peer_input(peer, frame, frame_len, now_ns);
		at += n;
		len -= (__u32)n;
	}
	free(msg);
}

static void (*const deeds[])(struct input *in) = {
	do_frame, do_ip, do_tcp, do_tick, do_reset, do_control, do_data,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	now_ns = 1000000000;
	peer_seq = 0;
	peer_ack = 0x1000;
	rndis = (struct cw_rndis){ .mac = { 2, 0xc0, 0xc0, 0xb0, 0, 2 } };
	peer = cw_peer_new(on_frame, NULL);
	CHECK(peer);
	while (in.left)
		deeds[take8(&in) % NR(deeds)](&in);
	cw_peer_free(peer);
	return 0;
}
