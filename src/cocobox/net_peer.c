// SPDX-License-Identifier: GPL-2.0-only
/* The peer below TCP: Ethernet, ARP, IP without fragments and options, ICMP echo, UDP echo.  A
 * checksum that is wrong drops the packet, since it is the guest's data path that is on trial.
 */
#include "net_peer.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/icmp.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

struct cw_peer {
	cw_peer_send send;
	void *arg;
	struct cw_tcp *tcp;
	__u64 now_ns;
};

/* RFC 826, for IPv4 over Ethernet */
struct arp {
	__be16 hw, protocol;
	__u8 hw_len, protocol_len;
	__be16 op;
	__u8 from_mac[CW_ETH_ALEN];
	__be32 from_ip;
	__u8 to_mac[CW_ETH_ALEN];
	__be32 to_ip;
} __attribute__((packed));

_Static_assert(sizeof(struct arp) == 28, "RFC 826");
_Static_assert(sizeof(struct ethhdr) + sizeof(struct iphdr) == CW_IP_HEADERS, "headers");

static const __u8 peer_mac[CW_ETH_ALEN] = { 0x02, 0xc0, 0xc0, 0xb0, 0x00, 0x01 };
static const __u8 broadcast[CW_ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

struct cw_peer *cw_peer_new(cw_peer_send send, void *arg)
{
	struct cw_peer *peer = calloc(1, sizeof(*peer));

	if (!peer)
		return NULL;
	peer->send = send;
	peer->arg = arg;
	peer->tcp = cw_tcp_new(peer);
	if (!peer->tcp) {
		free(peer);
		return NULL;
	}
	return peer;
}

void cw_peer_free(struct cw_peer *peer)
{
	if (!peer)
		return;
	cw_tcp_free(peer->tcp);
	free(peer);
}

void cw_peer_reset(struct cw_peer *peer)
{
	cw_tcp_reset(peer->tcp);
}

void cw_peer_tick(struct cw_peer *peer, __u64 now_ns)
{
	cw_tcp_tick(peer->tcp, now_ns);
}

__u32 cw_inet_sum(__u32 sum, const __u8 *bytes, __u32 len)
{
	__u64 wide = sum;
	__u32 i;

	for (i = 0; i + 1 < len; i += 2)
		wide += (__u32)bytes[i] << 8 | bytes[i + 1];
	if (len & 1)
		wide += (__u32)bytes[len - 1] << 8;
	while (wide >> 32)
		wide = (wide & 0xffffffff) + (wide >> 32);
	return (__u32)wide;
}

__u16 cw_inet_fold(__u32 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

__u32 cw_inet_pseudo(__u32 ip, __u8 protocol, __u32 len)
{
	return (CW_PEER_IP >> 16) + (CW_PEER_IP & 0xffff) + (ip >> 16) + (ip & 0xffff) +
	       protocol + len;
}

static void frame_send(struct cw_peer *peer, const __u8 *to, __u16 type, __u8 *frame, __u32 len)
{
	struct ethhdr eth = { .h_proto = htobe16(type) };

	memcpy(eth.h_dest, to, CW_ETH_ALEN);
	memcpy(eth.h_source, peer_mac, CW_ETH_ALEN);
	memcpy(frame, &eth, sizeof(eth));
	if (len < ETH_ZLEN) {
		memset(frame + len, 0, ETH_ZLEN - len);
		len = ETH_ZLEN;
	}
	peer->send(peer->arg, frame, len);
}

void cw_peer_send_ip(struct cw_peer *peer, const struct cw_remote *to, __u8 protocol, __u8 *frame,
		     __u32 len)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = sizeof(ip) / 4,
		.tot_len = htobe16((__u16)(sizeof(ip) + len)),
		.frag_off = htobe16(0x4000),	/* do not fragment */
		.ttl = 64,
		.protocol = protocol,
		.saddr = htobe32(CW_PEER_IP),
		.daddr = htobe32(to->ip),
	};

	ip.check = htobe16(cw_inet_fold(cw_inet_sum(0, (const __u8 *)&ip, sizeof(ip))));
	memcpy(frame + ETH_HLEN, &ip, sizeof(ip));
	frame_send(peer, to->mac, ETH_P_IP, frame, CW_IP_HEADERS + len);
}

static void arp_input(struct cw_peer *peer, const __u8 *body, __u32 len)
{
	__u8 frame[ETH_ZLEN];
	struct arp in, out;

	if (len < sizeof(in))
		return;
	memcpy(&in, body, sizeof(in));
	if (in.hw != htobe16(ARPHRD_ETHER) || in.protocol != htobe16(ETH_P_IP) ||
	    in.hw_len != CW_ETH_ALEN || in.protocol_len != 4 || in.op != htobe16(ARPOP_REQUEST) ||
	    in.to_ip != htobe32(CW_PEER_IP))
		return;
	out = in;
	out.op = htobe16(ARPOP_REPLY);
	memcpy(out.from_mac, peer_mac, CW_ETH_ALEN);
	out.from_ip = in.to_ip;
	memcpy(out.to_mac, in.from_mac, CW_ETH_ALEN);
	out.to_ip = in.from_ip;
	memcpy(frame + ETH_HLEN, &out, sizeof(out));
	frame_send(peer, in.from_mac, ETH_P_ARP, frame, ETH_HLEN + sizeof(out));
}

static void icmp_input(struct cw_peer *peer, const struct cw_remote *from, const __u8 *body,
		       __u32 len)
{
	__u8 frame[CW_NET_FRAME_MAX];
	struct icmphdr icmp;

	if (len < sizeof(icmp) || cw_inet_fold(cw_inet_sum(0, body, len)))
		return;
	memcpy(&icmp, body, sizeof(icmp));
	if (icmp.type != ICMP_ECHO || icmp.code)
		return;
	icmp.type = ICMP_ECHOREPLY;
	icmp.checksum = 0;
	memcpy(frame + CW_IP_HEADERS, body, len);
	memcpy(frame + CW_IP_HEADERS, &icmp, sizeof(icmp));
	icmp.checksum = htobe16(cw_inet_fold(cw_inet_sum(0, frame + CW_IP_HEADERS, len)));
	memcpy(frame + CW_IP_HEADERS, &icmp, sizeof(icmp));
	cw_peer_send_ip(peer, from, IPPROTO_ICMP, frame, len);
}

static void udp_input(struct cw_peer *peer, const struct cw_remote *from, const __u8 *body,
		      __u32 len)
{
	__u8 frame[CW_NET_FRAME_MAX];
	struct udphdr udp;
	__u32 pseudo;
	__be16 port;
	__u16 sum;

	if (len < sizeof(udp))
		return;
	memcpy(&udp, body, sizeof(udp));
	if (be16toh(udp.len) < sizeof(udp) || be16toh(udp.len) > len)
		return;
	len = be16toh(udp.len);
	pseudo = cw_inet_pseudo(from->ip, IPPROTO_UDP, len);
	if (udp.dest != htobe16(CW_PEER_PORT) ||
	    (udp.check && cw_inet_fold(cw_inet_sum(pseudo, body, len))))
		return;
	port = udp.source;
	udp.source = udp.dest;
	udp.dest = port;
	udp.check = 0;
	memcpy(frame + CW_IP_HEADERS, body, len);
	memcpy(frame + CW_IP_HEADERS, &udp, sizeof(udp));
	sum = cw_inet_fold(cw_inet_sum(pseudo, frame + CW_IP_HEADERS, len));
	udp.check = htobe16(sum ? sum : 0xffff);	/* 0 means "none" */
	memcpy(frame + CW_IP_HEADERS, &udp, sizeof(udp));
	cw_peer_send_ip(peer, from, IPPROTO_UDP, frame, len);
}

static void tcp_input(struct cw_peer *peer, const struct cw_remote *from, const __u8 *body,
		      __u32 len)
{
	if (!cw_inet_fold(cw_inet_sum(cw_inet_pseudo(from->ip, IPPROTO_TCP, len), body, len)))
		cw_tcp_input(peer->tcp, from, body, len, peer->now_ns);
}

static const struct {
	__u8 protocol;
	void (*input)(struct cw_peer *peer, const struct cw_remote *from, const __u8 *body,
		      __u32 len);
} protocols[] = {
	{ IPPROTO_ICMP, icmp_input },
	{ IPPROTO_UDP, udp_input },
	{ IPPROTO_TCP, tcp_input },
};

static void ip_input(struct cw_peer *peer, const __u8 *mac, const __u8 *body, __u32 len)
{
	struct cw_remote from;
	struct iphdr ip;
	__u32 header, total;
	size_t i;

	if (len < sizeof(ip))
		return;
	memcpy(&ip, body, sizeof(ip));
	header = ip.ihl * 4U;
	total = be16toh(ip.tot_len);
	if (ip.version != 4 || header < sizeof(ip) || total < header || total > len ||
	    cw_inet_fold(cw_inet_sum(0, body, header)))
		return;
	/* no fragments: neither "more of them" nor an offset */
	if (ip.daddr != htobe32(CW_PEER_IP) || be16toh(ip.frag_off) & 0x3fff)
		return;
	memcpy(from.mac, mac, CW_ETH_ALEN);
	from.ip = be32toh(ip.saddr);
	for (i = 0; i < sizeof(protocols) / sizeof(*protocols); i++) {
		if (protocols[i].protocol == ip.protocol)
			protocols[i].input(peer, &from, body + header, total - header);
	}
}

void cw_peer_input(struct cw_peer *peer, const __u8 *frame, __u32 len, __u64 now_ns)
{
	struct ethhdr eth;

	/* the answers are as long as the questions, and have to fit as well */
	if (len < sizeof(eth) || len > CW_NET_FRAME_MAX)
		return;
	memcpy(&eth, frame, sizeof(eth));
	if (memcmp(eth.h_dest, peer_mac, CW_ETH_ALEN) && memcmp(eth.h_dest, broadcast, CW_ETH_ALEN))
		return;
	peer->now_ns = now_ns;
	if (eth.h_proto == htobe16(ETH_P_ARP))
		arp_input(peer, frame + sizeof(eth), len - sizeof(eth));
	else if (eth.h_proto == htobe16(ETH_P_IP))
		ip_input(peer, eth.h_source, frame + sizeof(eth), len - sizeof(eth));
}
