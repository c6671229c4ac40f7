/* SPDX-License-Identifier: GPL-2.0-only */
/* The other end of the guest's cable, inside cocobox: 10.0.5.1/24 answers ARP, ping, and echoes UDP
 * and TCP on port 7.  The guest takes 10.0.5.2.  Frames in, frames out; no clock, no file and no
 * channel of its own.
 */
#ifndef CW_BOX_NET_PEER_H
#define CW_BOX_NET_PEER_H

#include <stdbool.h>
#include <linux/types.h>

#include "rndis.h"

#define CW_PEER_IP	0x0a000501U	/* 10.0.5.1 */
#define CW_PEER_PORT	7		/* echo, RFC 862 */
#define CW_IP_HEADERS	34		/* Ethernet and IP without options */

struct cw_peer;

/* Takes a frame for the guest; it may drop it. */
typedef void (*cw_peer_send)(void *arg, const __u8 *frame, __u32 len);

/* NULL without memory.  Free takes NULL. */
struct cw_peer *cw_peer_new(cw_peer_send send, void *arg);
void cw_peer_free(struct cw_peer *peer);

/* A frame from the guest, of any content; what is not for the peer or not whole is dropped. */
void cw_peer_input(struct cw_peer *peer, const __u8 *frame, __u32 len, __u64 now_ns);

/* Drives retransmission: to be called about ten times a second. */
void cw_peer_tick(struct cw_peer *peer, __u64 now_ns);

/* Forgets all connections without a word, as if the cable had been pulled. */
void cw_peer_reset(struct cw_peer *peer);

/* ---- between net_peer.c and net_tcp.c; addresses and ports are in host order ---- */

struct cw_remote {
	__u8 mac[CW_ETH_ALEN];
	__u32 ip;
};

/* Sends len bytes of IP payload at frame + CW_IP_HEADERS; fills in what is before that. */
void cw_peer_send_ip(struct cw_peer *peer, const struct cw_remote *to, __u8 protocol, __u8 *frame,
		     __u32 len);

/* The Internet checksum (RFC 1071) of len bytes on top of sum, to be folded by cw_inet_fold(). */
__u32 cw_inet_sum(__u32 sum, const __u8 *bytes, __u32 len);
__u16 cw_inet_fold(__u32 sum);
/* Of the pseudo header of UDP and TCP between the peer and ip. */
__u32 cw_inet_pseudo(__u32 ip, __u8 protocol, __u32 len);

struct cw_tcp;

struct cw_tcp *cw_tcp_new(struct cw_peer *peer);
void cw_tcp_free(struct cw_tcp *tcp);
void cw_tcp_reset(struct cw_tcp *tcp);
/* A segment whose checksum is right. */
void cw_tcp_input(struct cw_tcp *tcp, const struct cw_remote *from, const __u8 *seg, __u32 len,
		  __u64 now_ns);
void cw_tcp_tick(struct cw_tcp *tcp, __u64 now_ns);

#endif
