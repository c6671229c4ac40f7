// SPDX-License-Identifier: GPL-2.0-only
/* The synthetic network device: NVSP over its channel (drivers/net/hyperv/hyperv_net.h has the
 * guest's side), the receive and send buffers, and what RNDIS says in them.  Behind it is the peer
 * inside cocobox or a TAP device.
 */
#include "dev.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "box.h"
#include "err.h"
#include "hostile.h"
#include "net_peer.h"
#include "net_tap.h"
#include "referee.h"
#include "rndis.h"

enum {
	NVSP_INIT			= 1,
	NVSP_INIT_COMPLETE		= 2,
	NVSP_NDIS_VERSION		= 100,
	NVSP_RECV_BUF			= 101,
	NVSP_RECV_BUF_COMPLETE		= 102,
	NVSP_REVOKE_RECV_BUF		= 103,
	NVSP_SEND_BUF			= 104,
	NVSP_SEND_BUF_COMPLETE		= 105,
	NVSP_REVOKE_SEND_BUF		= 106,
	NVSP_RNDIS			= 107,
	NVSP_RNDIS_COMPLETE		= 108,
	NVSP_NDIS_CONFIG		= 125,
	NVSP_SWITCH_DATA_PATH		= 129,
	NVSP_SUBCHANNEL			= 133,
};

enum {
	NVSP_OK				= 1,
	NVSP_FAIL			= 2,
	NVSP_TOO_NEW			= 3,
	NVSP_TOO_OLD			= 4,
	NVSP_BAD_RNDIS			= 5,
	NVSP_UNSUPPORTED		= 7,
};

enum { RMC_DATA, RMC_CONTROL };

#define NVSP_WORDS	10		/* a whole struct nvsp_message: answers are copied so */
#define NVSP_NO_SECTION	0xffffffffU	/* NETVSC_INVALID_INDEX */
#define RECV_SECTION	1728U		/* NETVSC_RECV_SECTION_SIZE */
#define SEND_SECTION	6144U		/* NETVSC_SEND_SECTION_SIZE */
#define SECTIONS_MAX	16384U		/* of the receive buffer; its default size has 9709 */
#define XFER_BYTES	(16 + 16 + NVSP_WORDS * 4 + 8)	/* in the ring, with trailer */
#define GATHER_MAX	(SEND_SECTION + 66 * 1024)	/* and a frame as long as IP has */
#define MESSAGES_MAX	64		/* RNDIS messages in one packet */
#define NOTES_MAX	16

_Static_assert(CW_RNDIS_PACKET_HEADER + CW_NET_FRAME_MAX <= RECV_SECTION, "a frame fits a section");
_Static_assert(CW_RNDIS_REPLY_MAX <= RECV_SECTION, "an answer fits a section");

struct net_counts {
	__u64 in, out;		/* frames from and to the guest */
	__u64 dropped;		/* for the guest, without room or before it wanted any */
	__u64 refused;		/* from the guest, that the TAP device did not take */
	__u64 bad;		/* messages of the guest's that made no sense */
};

/* The GPADL is looked up for each use, since the guest can tear it down at any time. */
struct net_buffer {
	bool is_set;
	__u32 handle;
	__u16 id;
};

struct net {
	struct cw_dev *dev;
	struct cw_channel *ch;		/* NULL: closed */
	struct cw_peer *peer;		/* this or the next */
	struct cw_tap *tap;
	struct cw_rndis rndis;
	__u32 version;			/* 0: not negotiated */
	bool link_told;
	struct net_buffer recv, send;
	__u32 nr_sections, next_section;
	__u64 busy[SECTIONS_MAX / 64];	/* sections whose completion has not come */
	struct net_counts counts;
	__u8 gather[GATHER_MAX];
};

static void net_bad(struct net *net, const char *what)
{
	if (net->counts.bad++ < NOTES_MAX)
		cw_referee_note(net->dev->box, "net", what);
}

/* ---- to the guest ---- */

static bool section_take(struct net *net, __u32 *section)
{
	__u32 i, at;

	for (i = 0; i < net->nr_sections; i++) {
		at = (net->next_section + i) % net->nr_sections;
		if (net->busy[at / 64] >> at % 64 & 1)
			continue;
		net->busy[at / 64] |= 1ULL << at % 64;
		net->next_section = at + 1;
		*section = at;
		return true;
	}
	return false;
}

static bool section_free(struct net *net, __u64 section)
{
	if (section >= net->nr_sections || !(net->busy[section / 64] >> section % 64 & 1))
		return false;
	net->busy[section / 64] &= ~(1ULL << section % 64);
	return true;
}

/* Puts a message of two parts into the receive buffer and tells the guest.  false: dropped. */
static bool net_deliver(struct net *net, __u32 kind, const void *head, __u32 head_len,
			const void *body, __u32 body_len)
{
	const __u32 nvsp[NVSP_WORDS] = { NVSP_RNDIS, kind, NVSP_NO_SECTION };
	struct cw_gpadl *gpadl;
	struct cw_xfer_range range;
	__u32 section;

	gpadl = net->ch && net->recv.is_set ? cw_gpadl_find(net->ch, net->recv.handle) : NULL;
	if (!gpadl || !section_take(net, &section))
		return false;
	range.len = head_len + body_len;
	range.offset = section * RECV_SECTION;
	if (cw_gpadl_write(gpadl, range.offset, head, head_len) ||
	    (body_len && cw_gpadl_write(gpadl, range.offset + head_len, body, body_len)) ||
	    cw_channel_send_xfer(net->ch, section, net->recv.id, &range, 1, nvsp, sizeof(nvsp))) {
		section_free(net, section);
		return false;
	}
	return true;
}

/* A hostile host's turn at an RNDIS message that is about to go out. */
static void net_rndis_hook(struct net *net, __u8 *msg, __u32 len)
{
	const struct cw_host *host = net->dev->box->host;

	if (host && host->rndis && net->ch)
		host->rndis(host, net->ch, msg, len);
}

static void net_frame_out(void *arg, const __u8 *frame, __u32 len)
{
	struct net *net = arg;
	__u8 head[CW_RNDIS_PACKET_HEADER];

	cw_rndis_packet_header(head, len);
	net_rndis_hook(net, head, sizeof(head));
	if (net->ch && net->rndis.filter && cw_channel_has_room(net->ch, XFER_BYTES) &&
	    net_deliver(net, RMC_DATA, head, sizeof(head), frame, len))
		net->counts.out++;
	else
		net->counts.dropped++;
}

/* ---- RNDIS from the guest; the result is an NVSP status ---- */

static void net_control(struct net *net, const __u8 *msg, __u32 len)
{
	__u8 reply[CW_RNDIS_REPLY_MAX];
	int n = cw_rndis_control(&net->rndis, msg, len, reply);

	if (n < 0)
		net_bad(net, "malformed RNDIS control message");
	else if (n > 0 && !net_deliver(net, RMC_CONTROL, reply, (__u32)n, NULL, 0))
		net_bad(net, "no room for an RNDIS answer");
	if (net->rndis.filter && !net->link_told) {
		net->link_told = true;
		net_deliver(net, RMC_CONTROL, reply, cw_rndis_link(reply, true), NULL, 0);
	}
}

static __u32 net_frames_in(struct net *net, const __u8 *msg, __u32 len)
{
	const __u8 *frame;
	__u32 frame_len;
	int i, n;

	if (!net->rndis.is_init)
		return NVSP_FAIL;
	for (i = 0; i < MESSAGES_MAX; i++) {
		n = cw_rndis_packet(msg, len, &frame, &frame_len);
		if (n < 0)
			break;
		net->counts.in++;
		if (net->peer)
			cw_peer_input(net->peer, frame, frame_len, cw_now_ns());
		else if (!cw_tap_input(net->tap, frame, frame_len))
			net->counts.refused++;
		msg += n;
		len -= (__u32)n;
	}
	/* what is left and is shorter than any message is padding */
	if (i && len < CW_RNDIS_PACKET_HEADER)
		return NVSP_OK;
	net_bad(net, "malformed RNDIS data message");
	return NVSP_BAD_RNDIS;
}

/* Copies what the guest sent into private memory: the part in its send buffer, then the page
 * buffers.  Returns the length, or -errno.
 */
static int net_gather(struct net *net, const struct cw_packet *p, __u32 section, __u32 section_len)
{
	struct cw_gpadl *gpadl;
	__u32 len = 0;
	unsigned int i;
	int err;

	if (p->iov_bad)
		return -EFAULT;
	if (section != NVSP_NO_SECTION) {
		gpadl = net->send.is_set ? cw_gpadl_find(net->ch, net->send.handle) : NULL;
		if (!gpadl || section_len > SEND_SECTION ||
		    section >= cw_gpadl_bytes(gpadl) / SEND_SECTION)
			return -EINVAL;
		err = cw_gpadl_read(gpadl, section * SEND_SECTION, net->gather, section_len);
		if (err)
			return err;
		len = section_len;
	}
	for (i = 0; i < p->nr_iov; i++) {
		if (p->iov[i].iov_len > GATHER_MAX - len)
			return -EMSGSIZE;
		memcpy(net->gather + len, p->iov[i].iov_base, p->iov[i].iov_len);
		len += (__u32)p->iov[i].iov_len;
	}
	return (int)len;
}

/* ---- NVSP from the guest ---- */

static void nvsp_complete(struct net *net, const struct cw_packet *p, const __u32 *words)
{
	if (p->flags & CW_PKT_WANTS_COMP)
		cw_channel_complete(net->ch, p->id, words, NVSP_WORDS * sizeof(*words));
}

static void nvsp_init(struct net *net, const struct cw_packet *p, const __u32 *in)
{
	/* 5, 6 and 6.1; a confidential guest insists on the last */
	static const __u32 known[] = { 0x60001, 0x60000, 0x50000 };
	__u32 out[NVSP_WORDS] = { NVSP_INIT_COMPLETE };
	__u32 lowest = in[1], highest = in[2];
	size_t i;

	out[2] = 34;	/* pages in a chain, unused */
	out[3] = highest < known[2] ? NVSP_TOO_OLD :
		 lowest > known[0]  ? NVSP_TOO_NEW : NVSP_UNSUPPORTED;
	for (i = 0; i < sizeof(known) / sizeof(*known) && !out[1]; i++) {
		if (known[i] < lowest || known[i] > highest)
			continue;
		out[1] = known[i];
		out[3] = NVSP_OK;
	}
	if (net->recv.is_set || net->send.is_set) {
		net_bad(net, "NVSP version asked for again");
		out[3] = NVSP_FAIL;
	} else {
		net->version = out[1];
	}
	nvsp_complete(net, p, out);
}

/* The buffer that a message names, when it may be set now and is of at least min bytes. */
static struct cw_gpadl *buffer_set(struct net *net, struct net_buffer *b, const __u32 *in,
				   __u32 min)
{
	struct cw_gpadl *gpadl = cw_gpadl_find(net->ch, in[1]);

	if (!net->version || b->is_set || !gpadl || cw_gpadl_bytes(gpadl) < min) {
		net_bad(net, "buffer refused");
		return NULL;
	}
	*b = (struct net_buffer){ true, in[1], (__u16)in[2] };
	return gpadl;
}

static void nvsp_recv_buf(struct net *net, const struct cw_packet *p, const __u32 *in)
{
	__u32 out[NVSP_WORDS] = { NVSP_RECV_BUF_COMPLETE, NVSP_FAIL };
	struct cw_gpadl *gpadl = buffer_set(net, &net->recv, in, RECV_SECTION);

	if (gpadl) {
		__u32 nr = cw_gpadl_bytes(gpadl) / RECV_SECTION;

		net->nr_sections = nr < SECTIONS_MAX ? nr : SECTIONS_MAX;
		net->next_section = 0;
		memset(net->busy, 0, sizeof(net->busy));
		out[1] = NVSP_OK;
		out[2] = 1;	/* one area: from 0, so large, so many, up to */
		out[4] = RECV_SECTION;
		out[5] = net->nr_sections;
		out[6] = net->nr_sections * RECV_SECTION;
	}
	nvsp_complete(net, p, out);
}

static void nvsp_send_buf(struct net *net, const struct cw_packet *p, const __u32 *in)
{
	__u32 out[NVSP_WORDS] = { NVSP_SEND_BUF_COMPLETE, NVSP_FAIL };

	if (buffer_set(net, &net->send, in, SEND_SECTION)) {
		out[1] = NVSP_OK;
		out[2] = SEND_SECTION;
	}
	nvsp_complete(net, p, out);
}

static void nvsp_revoke(struct net *net, const struct cw_packet *p, const __u32 *in)
{
	struct net_buffer *b = in[0] == NVSP_REVOKE_RECV_BUF ? &net->recv : &net->send;

	if (!b->is_set || b->id != (__u16)in[1])
		net_bad(net, "revokes a buffer that is not set");
	else
		b->is_set = false;
	if (!net->recv.is_set)
		net->nr_sections = 0;
	if (p->flags & CW_PKT_WANTS_COMP)
		cw_channel_complete(net->ch, p->id, NULL, 0);
}

static void nvsp_rndis(struct net *net, const struct cw_packet *p, const __u32 *in)
{
	__u32 out[NVSP_WORDS] = { NVSP_RNDIS_COMPLETE, NVSP_BAD_RNDIS };
	int len = net_gather(net, p, in[2], in[3]);

	if (len < 0)
		net_bad(net, "RNDIS message outside of the guest's buffers");
	else if (in[1] == RMC_DATA)
		out[1] = net_frames_in(net, net->gather, (__u32)len);
	else if (in[1] == RMC_CONTROL)
		out[1] = NVSP_OK;
	nvsp_complete(net, p, out);
	/* its answer is a message of its own, behind the completion */
	if (len >= 0 && in[1] == RMC_CONTROL)
		net_control(net, net->gather, (__u32)len);
}

/* There is only the channel that is: none allocated, which is no failure. */
static void nvsp_subchannel(struct net *net, const struct cw_packet *p, const __u32 *in)
{
	const __u32 out[NVSP_WORDS] = { NVSP_SUBCHANNEL, NVSP_OK };

	(void)in;
	nvsp_complete(net, p, out);
}

/* What nobody needs to know; also the switch to a virtual function that was never offered. */
static void nvsp_ignore(struct net *net, const struct cw_packet *p, const __u32 *in)
{
	(void)in;
	if (p->flags & CW_PKT_WANTS_COMP)
		cw_channel_complete(net->ch, p->id, NULL, 0);
}

/* len: bytes that the message has at least, its type included. */
static const struct {
	__u32 type;
	__u32 len;
	void (*handle)(struct net *net, const struct cw_packet *p, const __u32 *in);
} nvsp[] = {
	{ NVSP_INIT,		12, nvsp_init },
	{ NVSP_NDIS_VERSION,	12, nvsp_ignore },
	{ NVSP_RECV_BUF,	10, nvsp_recv_buf },
	{ NVSP_REVOKE_RECV_BUF,	 6, nvsp_revoke },
	{ NVSP_SEND_BUF,	10, nvsp_send_buf },
	{ NVSP_REVOKE_SEND_BUF,	 6, nvsp_revoke },
	{ NVSP_RNDIS,		16, nvsp_rndis },
	{ NVSP_NDIS_CONFIG,	20, nvsp_ignore },
	{ NVSP_SWITCH_DATA_PATH, 8, nvsp_ignore },
	{ NVSP_SUBCHANNEL,	12, nvsp_subchannel },
};

static void nvsp_input(struct net *net, const struct cw_packet *p)
{
	__u32 in[NVSP_WORDS] = { 0 };
	size_t i;

	memcpy(in, p->data, p->len < sizeof(in) ? p->len : sizeof(in));
	for (i = 0; i < sizeof(nvsp) / sizeof(*nvsp); i++) {
		if (nvsp[i].type != in[0] || p->len < nvsp[i].len)
			continue;
		nvsp[i].handle(net, p, in);
		return;
	}
	net_bad(net, "unknown or short NVSP message");
	nvsp_ignore(net, p, in);
}

static void net_packet(struct cw_channel *ch, struct cw_packet *p)
{
	struct net *net = ch->dev->priv;

	if (net->ch != ch)
		return;
	if (p->type == CW_PKT_INBAND || p->type == CW_PKT_GPA_DIRECT)
		nvsp_input(net, p);
	else if (p->type != CW_PKT_COMP)
		net_bad(net, "unknown packet type");
	else if (!section_free(net, p->id))
		net_bad(net, "completes what was not sent");
}

/* ---- the device ---- */

static int net_open(struct cw_channel *ch)
{
	struct net *net = ch->dev->priv;

	if (ch->sub_index)
		return -EINVAL;
	net->ch = ch;
	return 0;
}

static void net_account(struct net *net)
{
	const struct net_counts *c = &net->counts;
	char line[160];

	snprintf(line, sizeof(line), "in %llu, out %llu, dropped %llu, refused %llu, bad %llu",
		 c->in, c->out, c->dropped, c->refused, c->bad);
	cw_referee_note(net->dev->box, "net", line);
}

static void net_close(struct cw_channel *ch)
{
	struct net *net = ch->dev->priv;

	if (net->ch != ch)
		return;
	net_account(net);
	net->ch = NULL;
	net->version = 0;
	net->link_told = false;
	net->recv.is_set = false;
	net->send.is_set = false;
	net->nr_sections = 0;
	cw_rndis_reset(&net->rndis);
	if (net->peer)
		cw_peer_reset(net->peer);
}

static void net_tick(struct cw_dev *dev, __u64 now_ns)
{
	struct net *net = dev->priv;

	if (net->ch && net->peer)
		cw_peer_tick(net->peer, now_ns);
}

static void net_exit(struct cw_dev *dev)
{
	struct net *net = dev->priv;

	if (!net)
		return;
	cw_peer_free(net->peer);
	cw_tap_free(net->tap);
	free(net);
	dev->priv = NULL;
}

static int net_init(struct cw_dev *dev)
{
	const __u8 mac[CW_ETH_ALEN] = { 0x02, 0xc0, 0xc0, 0xb0, 0x00, (__u8)(2 + dev->index) };
	const char *tap = dev->priv;
	struct net *net = calloc(1, sizeof(*net));
	int err = 0;

	dev->priv = NULL;
	if (!net)
		return cw_err(-ENOMEM, "cannot make a network device");
	net->dev = dev;
	memcpy(net->rndis.mac, mac, sizeof(mac));
	if (tap)
		err = cw_tap_new(&net->tap, dev->box, tap, net_frame_out, net);
	else
		net->peer = cw_peer_new(net_frame_out, net);
	if (!tap && !net->peer)
		err = cw_err(-ENOMEM, "cannot make a network peer");
	if (err) {
		free(net);
		return err;
	}
	dev->priv = net;
	return 0;
}

const struct cw_dev_ops cw_dev_net = {
	.name = "net",
	/* HV_NIC_GUID, include/linux/hyperv.h */
	.type = CW_GUID(0xf8615163, 0xdf3e, 0x46c5, 0x91, 0x3f, 0xf2, 0xd2, 0xf9, 0x65, 0xed, 0x0e),
	.init = net_init,
	.exit = net_exit,
	.open = net_open,
	.close = net_close,
	.packet = net_packet,
	.tick = net_tick,
};
