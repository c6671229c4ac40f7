/* SPDX-License-Identifier: GPL-2.0-only */
/* Host behaviours: a table, the honest one first.  The honest code calls these hooks at the few
 * places where a host can lie; a row without a hook there is honest there.
 */
#ifndef CW_BOX_HOSTILE_H
#define CW_BOX_HOSTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include <cocowatch/hosts.h>

#include "vmbus.h"

struct cw_visibility_call {
	bool visible;	/* shared with the host, or taken back */
	__u32 asked;	/* frames, from the rep start on */
	/* the answer; honest values are filled in before the hook */
	__u32 done;	/* frames really converted */
	__u32 told;	/* reps completed, as told to the guest */
	__u16 status;
};

/* A packet that is about to be written into the guest's ring: a private copy. */
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

/* What the tests expect of Linux 6.12 under that host, and what its run may show beside that. */
enum cw_expect {
	CW_EXPECT_WORKS,	/* disk and network do all their work */
	CW_EXPECT_DEGRADED,	/* the guest stays up, some device or feature fails */
	CW_EXPECT_STOPS,	/* panic, reboot, or a wait that only --timeout ends */
	CW_EXPECT_NR,
};

enum {
	CW_SHOWS_FINDING = 1,	/* the referee has findings */
	CW_SHOWS_WARNING = 2,	/* the kernel warns (WARNING, BUG or worse) on its console */
};

/* Packets that a row is about. */
enum cw_target {
	CW_TARGET_ALL,
	CW_TARGET_DISK,		/* completions of SCSI commands */
	CW_TARGET_FRAME,	/* Ethernet frames to the guest */
	CW_TARGET_SENT,		/* completions of what the guest sent */
};

/* Bytes of a packet, from its descriptor on, or of an RNDIS message that get another value. */
struct cw_poke {
	__u8 at;
	__u8 width;		/* 0: none */
	__u32 value;
};

#define CW_POKES_MAX	2
#define CW_LIE_WORDS	6

struct cw_host {
	const char *name;
	enum cw_host_class class;
	const char *what;	/* what this host does, one sentence */
	const char *safe;	/* what a safe guest does, one sentence */
	enum cw_expect expect;
	unsigned int shows;	/* CW_SHOWS_* */
	/* for the hooks: which of its kind, from when, how often at most (0: always), on what */
	long arg;
	unsigned int skip;	/* chances that it lets go by first */
	unsigned int times;
	unsigned int stages;	/* bits of enum cw_stage */
	enum cw_target target;
	const char *dev;	/* NULL: any */
	struct cw_poke poke[CW_POKES_MAX];
	__u32 words[CW_LIE_WORDS];	/* of a message */
	__u32 len;			/* bytes of it that are sent */
	void (*visibility)(const struct cw_host *host, struct cw_box *box,
			   struct cw_visibility_call *call);
	/* ch is NULL for stages of the bus */
	void (*stage)(const struct cw_host *host, struct cw_box *box, enum cw_stage stage,
		      struct cw_channel *ch);
	/* after a VMBus message went to the guest */
	void (*sent)(const struct cw_host *host, struct cw_box *box, const void *message,
		     __u32 len);
	/* false: the packet is not sent */
	bool (*packet)(const struct cw_host *host, struct cw_channel *ch, struct cw_packet_out *p);
	/* after a packet went into the ring at bytes, which the guest sees as well; the
	 * interrupt follows
	 */
	void (*written)(const struct cw_host *host, struct cw_channel *ch, __u8 *bytes, __u32 len);
	/* the header of an RNDIS data message that is about to be sent: a private copy */
	void (*rndis)(const struct cw_host *host, struct cw_channel *ch, __u8 *head, __u32 len);
};

extern const struct cw_host cw_hosts[];
extern const size_t cw_nr_hosts;

extern const char *const cw_host_class_names[CW_HOST_CLASS_NR];
extern const char *const cw_expect_names[CW_EXPECT_NR];

/* NULL when there is none of that name. */
const struct cw_host *cw_host_find(const char *name);

#endif
