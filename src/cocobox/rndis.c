// SPDX-License-Identifier: GPL-2.0-only
/* Remote NDIS: checks what the guest says and answers it.  Numbers as in include/linux/rndis.h and
 * drivers/net/hyperv/hyperv_net.h of the kernel.  Messages are rows of words: type, length, then
 * the body, from whose begin offsets count.
 */
#include "rndis.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

enum {
	MSG_PACKET	= 1,
	MSG_INIT	= 2,
	MSG_HALT	= 3,
	MSG_QUERY	= 4,
	MSG_SET		= 5,
	MSG_RESET	= 6,
	MSG_INDICATE	= 7,
	MSG_KEEPALIVE	= 8,
};

#define MSG_COMPLETION		0x80000000U

#define STATUS_SUCCESS		0U
#define STATUS_MEDIA_CONNECT	0x4001000bU
#define STATUS_MEDIA_DISCONNECT	0x4001000cU
#define STATUS_NOT_SUPPORTED	0xc00000bbU
#define STATUS_INVALID_LENGTH	0xc0010014U
#define STATUS_INVALID_DATA	0xc0010015U

#define OID_SUPPORTED_LIST	0x00010101U
#define OID_MAXIMUM_FRAME_SIZE	0x00010106U
#define OID_LINK_SPEED		0x00010107U
#define OID_PACKET_FILTER	0x0001010eU
#define OID_MAXIMUM_TOTAL_SIZE	0x00010111U
#define OID_MEDIA_CONNECT	0x00010114U
#define OID_PERMANENT_ADDRESS	0x01010101U
#define OID_CURRENT_ADDRESS	0x01010102U
#define OID_OFFLOAD_PARAMETERS	0xfc01020cU
#define OID_OFFLOAD_HARDWARE	0xfc01020dU

#define LINK_SPEED_100BPS	10000000U	/* 1 Gbit/s in the unit of the OID */
#define MAX_TRANSFER		0x4000U		/* what the driver proposes in INITIALIZE */
#define MAX_PACKETS		8U		/* of the guest in one, as a real host says */
#define ALIGNMENT_LOG2		3U
#define BODY			8U		/* bytes before the body */
#define QUERY_ANSWER		24U		/* bytes before what a QUERY asks for */

/* A struct ndis_offload in its shortest form, NDIS_OFFLOAD_SIZE_6_0: it offers nothing, so that
 * every checksum is computed by the guest and can be checked here.
 */
static const struct {
	__u8 type, revision;
	__u16 size;
	__u32 none[27];
} no_offload = { .type = 0xa7, .revision = 1, .size = sizeof(no_offload) };

_Static_assert(sizeof(no_offload) == 112, "NDIS_OFFLOAD_SIZE_6_0");

static const __u32 supported[] = {
	OID_SUPPORTED_LIST, OID_MAXIMUM_FRAME_SIZE, OID_LINK_SPEED, OID_PACKET_FILTER,
	OID_MAXIMUM_TOTAL_SIZE, OID_MEDIA_CONNECT, OID_PERMANENT_ADDRESS, OID_CURRENT_ADDRESS,
	OID_OFFLOAD_PARAMETERS, OID_OFFLOAD_HARDWARE,
};

static const __u32 frame_size = CW_NET_MTU, total_size = CW_NET_FRAME_MAX;
static const __u32 link_speed = LINK_SPEED_100BPS, connected;	/* 0 is connected */

void cw_rndis_reset(struct cw_rndis *r)
{
	r->is_init = false;
	r->filter = 0;
}

/* Puts the answer behind *len bytes of the message.  Returns the status. */
static __u32 control_query(const struct cw_rndis *r, __u32 oid, __u8 *reply, __u32 *len)
{
	const struct {
		__u32 oid;
		const void *bytes;
		__u32 len;
	} answers[] = {
		{ OID_SUPPORTED_LIST, supported, sizeof(supported) },
		{ OID_MAXIMUM_FRAME_SIZE, &frame_size, 4 },
		{ OID_MAXIMUM_TOTAL_SIZE, &total_size, 4 },
		{ OID_LINK_SPEED, &link_speed, 4 },
		{ OID_PACKET_FILTER, &r->filter, 4 },
		{ OID_MEDIA_CONNECT, &connected, 4 },
		{ OID_PERMANENT_ADDRESS, r->mac, CW_ETH_ALEN },
		{ OID_CURRENT_ADDRESS, r->mac, CW_ETH_ALEN },
		{ OID_OFFLOAD_HARDWARE, &no_offload, sizeof(no_offload) },
	};
	size_t i;

	for (i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		if (answers[i].oid != oid)
			continue;
		memcpy(reply + *len, answers[i].bytes, answers[i].len);
		*len += answers[i].len;
		return STATUS_SUCCESS;
	}
	return STATUS_NOT_SUPPORTED;
}

static __u32 control_set(struct cw_rndis *r, const __u32 *in, const __u8 *msg)
{
	__u32 oid = in[3], len = in[4], at = in[5], body = in[1] - BODY;

	if (at > body || len > body - at)
		return STATUS_INVALID_DATA;
	if (oid == OID_OFFLOAD_PARAMETERS)
		return STATUS_SUCCESS;	/* none was offered, so all can be turned off */
	if (oid != OID_PACKET_FILTER)
		return STATUS_NOT_SUPPORTED;
	if (len < sizeof(r->filter))
		return STATUS_INVALID_LENGTH;
	memcpy(&r->filter, msg + BODY + at, sizeof(r->filter));
	return STATUS_SUCCESS;
}

/* Words that a message has at least; 0: it is none of the guest's. */
static const __u8 min_words[] = {
	[MSG_INIT] = 6, [MSG_HALT] = 3, [MSG_QUERY] = 7,
	[MSG_SET] = 7, [MSG_RESET] = 3, [MSG_KEEPALIVE] = 3,
};

int cw_rndis_control(struct cw_rndis *r, const __u8 *msg, __u32 len, __u8 *reply)
{
	__u32 in[7] = { 0 }, out[13] = { 0 };

	memcpy(in, msg, len < sizeof(in) ? len : sizeof(in));
	if (len < BODY || in[1] > len || in[0] >= sizeof(min_words) || !min_words[in[0]] ||
	    in[1] < min_words[in[0]] * sizeof(*in))
		return -EINVAL;
	/* most answers are these four words: type, length, the request's id, status */
	out[0] = in[0] | MSG_COMPLETION;
	out[1] = 16;
	out[2] = in[2];
	switch (in[0]) {
	case MSG_INIT:
		cw_rndis_reset(r);
		r->is_init = true;
		out[1] = sizeof(out);
		out[4] = 1;	/* major version */
		out[6] = 1;	/* connectionless; then the medium, Ethernet */
		out[8] = MAX_PACKETS;
		out[9] = MAX_TRANSFER;
		out[10] = ALIGNMENT_LOG2;
		break;
	case MSG_HALT:
		cw_rndis_reset(r);
		return 0;
	case MSG_QUERY:
		out[1] = QUERY_ANSWER;
		out[3] = control_query(r, in[3], reply, &out[1]);
		out[4] = out[1] - QUERY_ANSWER;
		out[5] = QUERY_ANSWER - BODY;
		memcpy(reply, out, QUERY_ANSWER);
		return (int)out[1];
	case MSG_SET:
		out[3] = control_set(r, in, msg);
		break;
	case MSG_RESET:
		r->filter = 0;
		out[2] = STATUS_SUCCESS;	/* it has no id, */
		out[3] = 1;			/* and asks for all to be set again */
		break;
	default:
		break;
	}
	memcpy(reply, out, out[1]);
	return (int)out[1];
}

int cw_rndis_packet(const __u8 *msg, __u32 len, const __u8 **frame, __u32 *frame_len)
{
	__u32 in[CW_RNDIS_PACKET_HEADER / 4], body;

	if (len < sizeof(in))
		return -EINVAL;
	memcpy(in, msg, sizeof(in));
	if (in[0] != MSG_PACKET || in[1] < sizeof(in) || in[1] > len)
		return -EINVAL;
	body = in[1] - BODY;
	if (in[2] < sizeof(in) - BODY || in[2] > body || in[3] > body - in[2])
		return -EINVAL;
	*frame = msg + BODY + in[2];
	*frame_len = in[3];
	return (int)in[1];
}

void cw_rndis_packet_header(__u8 *msg, __u32 frame_len)
{
	const __u32 out[CW_RNDIS_PACKET_HEADER / 4] = {
		MSG_PACKET, sizeof(out) + frame_len, sizeof(out) - BODY, frame_len,
	};

	memcpy(msg, out, sizeof(out));
}

__u32 cw_rndis_link(__u8 *msg, bool up)
{
	const __u32 out[5] = {
		MSG_INDICATE, sizeof(out), up ? STATUS_MEDIA_CONNECT : STATUS_MEDIA_DISCONNECT,
	};

	memcpy(msg, out, sizeof(out));
	return sizeof(out);
}
