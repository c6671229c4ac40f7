/* SPDX-License-Identifier: GPL-2.0-only */
/* The hooks that rows of the table of hosts are made of, by job. */
#ifndef CW_BOX_HOSTILE_IMPL_H
#define CW_BOX_HOSTILE_IMPL_H

#include "hostile.h"

/* Whether the row may act once more; then it is told to the referee. */
bool cw_lie(const struct cw_host *host, struct cw_box *box);

/* ---- hostile_visibility.c; arg: an enum cw_lie_when ---- */
enum cw_lie_when {
	CW_WHEN_ALWAYS,
	CW_WHEN_SINGLE,		/* calls of one frame: VMBus' monitor pages */
	CW_WHEN_OFFERED,	/* once channels are offered: rings and buffers */
	CW_WHEN_LARGE,		/* of these, calls of many frames: network buffers */
	CW_WHEN_TO_SHARED,
	CW_WHEN_TO_PRIVATE,
};
typedef void cw_lie_visibility(const struct cw_host *host, struct cw_box *box,
			       struct cw_visibility_call *call);
cw_lie_visibility cw_lie_refuse;
cw_lie_visibility cw_lie_part_told;	/* half, with success: the guest asks again */
cw_lie_visibility cw_lie_part_failed;	/* half, with an error */
cw_lie_visibility cw_lie_part_claimed;	/* half, and says all */
cw_lie_visibility cw_lie_garbage;	/* all, with a status that there is none of */
cw_lie_visibility cw_lie_over_told;	/* all, and more repetitions than asked for */
cw_lie_visibility cw_lie_stall;		/* nothing, with success */

/* ---- hostile_ring.c ---- */
enum cw_lie_extra {	/* arg of cw_lie_extra: what is sent before the honest packet */
	CW_EXTRA_UNKNOWN_ID,	/* it, with an id that nobody uses */
	CW_EXTRA_ZERO_ID,
	CW_EXTRA_TWICE,		/* it */
	CW_EXTRA_SHORT,		/* it, without data */
	CW_EXTRA_TYPE,		/* it, with a packet type that there is none of */
	CW_EXTRA_WORDS,		/* an in-band packet of the row's words */
};
typedef bool cw_lie_packet(const struct cw_host *host, struct cw_channel *ch,
			   struct cw_packet_out *p);
cw_lie_packet cw_lie_poke;	/* the row's pokes */
cw_lie_packet cw_lie_extra;
cw_lie_packet cw_lie_drop;
typedef void cw_lie_written(const struct cw_host *host, struct cw_channel *ch, __u8 *bytes,
			    __u32 len);
cw_lie_written cw_lie_index;	/* the first poke into the header of the ring to the guest */
cw_lie_written cw_lie_index_from_guest;	/* or of that from it */
cw_lie_written cw_lie_flip;	/* the packet's length changes for a while */
void cw_lie_rndis(const struct cw_host *host, struct cw_channel *ch, __u8 *head, __u32 len);

/* ---- hostile_bus.c ---- */
enum cw_lie_offer {	/* arg of cw_lie_offers */
	CW_LIE_OFFER_TWICE,	/* all, as they were */
	CW_LIE_OFFER_TAKEN,	/* a controller with the relid of another device */
	CW_LIE_OFFER_ZERO,	/* one with relid 0 */
	CW_LIE_OFFER_BEYOND,	/* one with a relid that has no event flag */
	CW_LIE_OFFER_GHOST,	/* one that does not answer */
	CW_LIE_OFFER_PRIVATE,	/* one with flags of confidential VMBus */
	CW_LIE_OFFER_SOCKET,	/* a Hyper-V socket */
	CW_LIE_OFFER_UNKNOWN,	/* a type that nobody knows */
	CW_LIE_OFFER_REFUSED,	/* what a confidential guest must refuse */
};
typedef void cw_lie_stage(const struct cw_host *host, struct cw_box *box, enum cw_stage stage,
			  struct cw_channel *ch);
cw_lie_stage cw_lie_message;	/* the row's words */
cw_lie_stage cw_lie_short;	/* of each type, a message of its type alone */
cw_lie_stage cw_lie_offers;
cw_lie_stage cw_lie_rescind;	/* takes the stage's channel back; arg: says it again */
/* Says each message of the type in the first word once more. */
void cw_lie_again(const struct cw_host *host, struct cw_box *box, const void *message, __u32 len);
cw_lie_stage cw_lie_flags;	/* event flags from the first word to the second */
cw_lie_stage cw_lie_interrupt;	/* with nothing in any page */

#endif
