/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the referee share: its state, and the lines that it writes. */
#ifndef CW_BOX_REFEREE_IMPL_H
#define CW_BOX_REFEREE_IMPL_H

#include <pthread.h>
#include <stdio.h>
#include <sys/types.h>

#include "box.h"
#include "loop.h"
#include "referee.h"

/* What was said already of a frame, a byte each; cleared when it changes sides. */
enum {
	CW_SAID_HANDED		= 1,		/* shifted by enum cw_handed */
	CW_SAID_WRONG_ALIAS	= 1 << CW_HANDED_NR,
	CW_SAID_SUPPLIED	= 2 << CW_HANDED_NR, /* the paravisor's own */
};

_Static_assert(CW_SAID_SUPPLIED < 256, "a byte a frame");

enum cw_line {
	CW_LINE_VISIBILITY,
	CW_LINE_NOTE,
	CW_LINE_LEFT_VISIBLE,
	CW_LINE_SUMMARY,
	CW_LINE_WRONG_ALIAS,	/* from here on: findings */
	CW_LINE_HANDED_PRIVATE,
	CW_LINE_CANARY,
	CW_LINE_NR,
};

#define CW_LINES_MAX	10000	/* of one type: none takes another's share */
#define CW_CANARIES_MAX	256	/* told apart; more are not counted */

struct cw_canary_seen {
	__u64 gfn;
	__u64 id;
};

/* The wrong alias is watched by userfaultfd; see referee_alias.c. */
struct cw_alias_watch {
	bool on;
	char why_not[96];
	int fd;
	int stop_fd;
	pthread_t thread;
	bool running;		/* until the thread was waited for; what comes to stop_fd ends it */
	__u64 events;		/* faults that were looked at */
};

struct cw_referee {
	struct cw_box *box;
	pthread_mutex_t lock;	/* all below; after the box's, not held while waiting for a vCPU */
	FILE *out;
	__u64 start_ns;
	__u8 *said;
	pid_t tid[CW_CPUS_MAX];	/* 0: not there yet */
	bool closed;

	__u64 nr_lines[CW_LINE_NR];	/* all, written or not */
	__u64 nr_left_out;		/* lines that were not written */
	__u64 nr_handed[CW_HANDED_NR];
	__u64 nr_refused;		/* visibility calls with an error status */
	__u64 nr_converted;		/* frames that changed sides */
	__u64 nr_visible;
	__u64 nr_visible_max;
	__u64 nr_supplied;
	__u64 nr_deeds;			/* of a hostile host */

	struct cw_alias_watch watch;

	struct cw_watch timer;
	__u64 canary_magic;
	__u64 canary_next;	/* gfn at which the next tick goes on */
	struct cw_canary_seen canary[CW_CANARIES_MAX];
	unsigned int nr_canaries;
	bool canaries_full;	/* and there was one more */
};

/* ---- referee.c ---- */
/* Frame at an offset of the memfd. */
__u64 cw_referee_gfn(const struct cw_mem *mem, __u64 offset);
/* Marks the frame with a CW_SAID_*; true when it was not since it is on this side.  Lock held. */
bool cw_referee_say_once(struct cw_referee *r, __u64 gfn, unsigned int what);
__u64 cw_referee_findings(const struct cw_referee *r);

/* ---- referee_alias.c; all but init do nothing when there is no watch ---- */
/* Begins to watch, or leaves the reason in why_not. */
void cw_alias_init(struct cw_referee *r);
void cw_alias_exit(struct cw_referee *r);	/* when its thread has ended */
/* Frames change sides: the old alias loses its mapping first, the new one gets it last.  Lock
 * held.
 */
void cw_alias_drop(struct cw_referee *r, int alias, __u64 offset, __u64 len);
void cw_alias_fill(struct cw_referee *r, int alias, __u64 offset, __u64 len);

/* ---- referee_canary.c; lock held ---- */
/* Looks into the frames of [gfn, gfn + nr) that are visible; true when something new was found. */
bool cw_canary_search(struct cw_referee *r, __u64 gfn, __u64 nr);
/* The next bit of a search that goes round and round. */
bool cw_canary_tick(struct cw_referee *r);

/* ---- referee_out.c; lock held ---- */
int cw_out_open(struct cw_referee *r, const char *path);
void cw_out_close(struct cw_referee *r);
void cw_out_visibility(struct cw_referee *r, bool visible, __u32 asked, __u32 done, __u16 status);
void cw_out_note(struct cw_referee *r, const char *what, const char *detail);
/* vp < 0 and rip NULL: not known */
void cw_out_wrong_alias(struct cw_referee *r, int alias, __u64 gfn, int vp, const __u64 *rip);
void cw_out_handed(struct cw_referee *r, enum cw_handed by, __u64 gfn, bool is_ram);
void cw_out_canary(struct cw_referee *r, __u64 gfn, unsigned int offset, __u64 id);
void cw_out_left_visible(struct cw_referee *r, __u64 gfn, __u64 nr);
void cw_out_summary(struct cw_referee *r);

#endif
