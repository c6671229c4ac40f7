/* SPDX-License-Identifier: GPL-2.0-only */
/* A session: the BPF programs loaded and attached, their records fed to the
 * judges and the writers, and what they have counted.
 */
#ifndef CW_SESSION_H
#define CW_SESSION_H

#include <stdbool.h>
#include <linux/types.h>

#include <cocowatch/check.h>

#include "feed.h"
#include "platform.h"
#include "source.h"
#include "totals.h"

#define CW_MAX_WALK 262144	/* page-table entries walked for one event: a range of 1 GiB */

struct cw_session_opts {
	const struct cw_source *source;
	__u32 max_walk;		/* PTEs walked for one event, 0: the default */
	bool record_frees;	/* send frees of watched pages, */
	bool record_hot;	/* packets, bounces and hypercalls, */
	bool record_stacks;	/* whose each transition and free is */
	bool record_steps;	/* and each step inside a transition, also where all is well */
	bool no_pin;		/* hold no kernel module */
	__u64 asked;		/* rules that are wanted, as a mask; 0: all */
	bool try_only;		/* doctor: attach, feed nothing, ask the module nothing */
};

struct cw_session;

/* Loads and attaches everything that can be; the arming says what could not.  p outlives the
 * session.  0 or
 * -errno, with *out NULL and the reason on one line in why.
 */
int cw_session_open(struct cw_session **out, const struct cw_platform *p,
		    const struct cw_session_opts *opts, struct cw_arming *arming,
		    struct cw_feed *feed, char *why, size_t size);

/* How PTEs of the space watched are read. */
struct cw_pte_fmt cw_session_fmt(const struct cw_source *source, const struct cw_platform *p);

/* Becomes readable when there are records. */
int cw_session_fd(const struct cw_session *s);

/* Attaches probes whose kernel module has come since, once a second at most.  The rules that are
 * armed by it, as a mask.
 */
__u64 cw_session_late(struct cw_session *s);

/* Whether a module is waited for: privileges are needed until it has come. */
bool cw_session_waits(const struct cw_session *s);

/* States of pages as they are now: every run of frames that are not private. */
void cw_session_pages(const struct cw_session *s,
		      void (*fn)(void *ctx, __u64 gfn, __u64 nr, __u32 state), void *ctx);

/* Feeds the records that are there, then the time.  False when there may be more. */
bool cw_session_drain(struct cw_session *s);

/* Detaches every program and feeds what was left; counting is over after this. */
void cw_session_stop(struct cw_session *s);

void cw_session_totals(const struct cw_session *s, struct cw_totals *t);

/* How long the session's programs have run, and how often: while BPF_ENABLE_STATS is on. */
void cw_session_run_time(const struct cw_session *s, __u64 *ns, __u64 *runs);

void cw_session_close(struct cw_session *s);	/* NULL is fine */

#endif
