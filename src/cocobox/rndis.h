/* SPDX-License-Identifier: GPL-2.0-only */
/* Remote NDIS, the language inside the network device's packets: control messages and their
 * answers, and the header that each Ethernet frame has.  Knows no channel and no guest memory.
 */
#ifndef CW_BOX_RNDIS_H
#define CW_BOX_RNDIS_H

#include <stdbool.h>
#include <linux/types.h>

#define CW_ETH_ALEN		6
#define CW_NET_MTU		1500
#define CW_NET_FRAME_MAX	1514	/* with its Ethernet header, which has no VLAN tag */
#define CW_RNDIS_PACKET_HEADER	44	/* what cw_rndis_packet_header() writes */
#define CW_RNDIS_REPLY_MAX	256	/* no answer is longer */

struct cw_rndis {
	__u8 mac[CW_ETH_ALEN];	/* the guest's */
	bool is_init;		/* between INITIALIZE and HALT */
	__u32 filter;		/* packet filter; 0: the guest wants no frames */
};

/* Back to what it was before INITIALIZE; the address stays. */
void cw_rndis_reset(struct cw_rndis *r);

/* Answers one control message of len bytes.  Returns the length of the answer in reply
 * (CW_RNDIS_REPLY_MAX bytes), 0 when there is none to give, -EINVAL for a message that is none.
 */
int cw_rndis_control(struct cw_rndis *r, const __u8 *msg, __u32 len, __u8 *reply);

/* Takes one data message off the front of len bytes.  Returns its whole length, padding included,
 * and points *frame at the Ethernet frame of *frame_len bytes in it; -EINVAL when it does not hold
 * together.
 */
int cw_rndis_packet(const __u8 *msg, __u32 len, const __u8 **frame, __u32 *frame_len);

/* Writes the header of a data message whose frame follows at CW_RNDIS_PACKET_HEADER. */
void cw_rndis_packet_header(__u8 *msg, __u32 frame_len);

/* Writes the message that says whether the cable is plugged in.  Returns its length. */
__u32 cw_rndis_link(__u8 *msg, bool up);

#endif
