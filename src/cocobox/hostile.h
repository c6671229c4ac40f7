/* SPDX-License-Identifier: GPL-2.0-only */
/* Host behaviours: a table, the honest one first.  The honest code calls these hooks at the few places where a host
 * can lie; a row without a hook there is honest there.
 */
#ifndef CW_BOX_HOSTILE_H
#define CW_BOX_HOSTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "vmbus.h"

struct cw_visibility_call {
	bool visible;	/* shared with the host, or taken back */
	__u32 asked;	/* frames, from the rep start on */
	__u64 nth;	/* of all such calls of this run, from 1 */
	/* the answer; honest values are filled in before the hook */
	__u32 done;	/* frames really converted */
	__u32 told;	/* reps completed, as told to the guest */
	__u16 status;
};

/* A packet that is about to be written into the guest's ring: header and payload are private copies. */
struct cw_packet_out {
	__u8 *bytes;		/* struct vmpacket_descriptor and what follows */
	__u32 len;		/* bytes to copy, a multiple of 8 */
};

/* Points of a run at which messages can be injected. */
enum cw_stage {
	CW_STAGE_CONTACT,	/* the guest asked for a version */
	CW_STAGE_OFFERS,	/* it asked for offers */
	CW_STAGE_OPEN,		/* it opens a channel, before the answer */
	CW_STAGE_OPENED,	/* after the answer */
	CW_STAGE_GPADL,		/* it made a GPADL, before the answer */
	CW_STAGE_TICK,		/* about ten times a second */
};

struct cw_host {
	const char *name;
	const char *class;	/* honest, visibility, ring, message, completion, interrupt, offer */
	const char *what;	/* what this host does, one sentence */
	const char *safe;	/* what a safe guest does, one sentence */
	long arg;
	void (*visibility)(const struct cw_host *host, struct cw_visibility_call *call);
	/* ch is NULL for stages of the bus */
	void (*stage)(const struct cw_host *host, struct cw_box *box, enum cw_stage stage, struct cw_channel *ch);
	/* false: the packet is not sent */
	bool (*packet)(const struct cw_host *host, struct cw_channel *ch, struct cw_packet_out *p);
	/* after a packet went into the ring at bytes, which the guest sees as well, before the interrupt */
	void (*written)(const struct cw_host *host, struct cw_channel *ch, __u8 *bytes, __u32 len);
};

extern const struct cw_host cw_hosts[];
extern const size_t cw_nr_hosts;

/* NULL when there is none of that name. */
const struct cw_host *cw_host_find(const char *name);

#endif
