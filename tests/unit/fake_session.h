/* SPDX-License-Identifier: GPL-2.0-only */
/* What runs a session, and a session that is none: it makes one transition of 4 pages whenever it
 * is read.  For tests of what shows a session.
 */
#ifndef CW_FAKE_SESSION_H
#define CW_FAKE_SESSION_H

#include "unit.h"

/* whether this machine could be watched is not the question */
#define cw_platform_check platform_is_fine

#include "../../src/cocowatch/options.c"

#include "../../src/cocowatch/child.c"
#include "../../src/cocowatch/live_view.c"
#include "../../src/cocowatch/run.c"
#include "../../src/cocowatch/run_record.c"

static struct cw_feed *fed;
static __u64 nr_turns;

int cw_session_open(struct cw_session **out, const struct cw_platform *p,
		    const struct cw_session_opts *opts, struct cw_arming *arming,
		    struct cw_feed *feed, char *why, size_t size)
{
	(void)out;
	(void)p;
	(void)why;
	(void)size;
	cw_arming_init(arming, opts->source, 0);
	cw_arming_finish(arming);
	fed = feed;
	return 0;
}

struct cw_pte_fmt cw_session_fmt(const struct cw_source *source, const struct cw_platform *p)
{
	(void)source;
	(void)p;
	return (struct cw_pte_fmt){ .shared_mask = 1ULL << 57 };
}

int cw_session_fd(const struct cw_session *s)
{
	(void)s;
	return -1;
}

__u64 cw_session_late(struct cw_session *s)
{
	(void)s;
	return 0;
}

bool cw_session_waits(const struct cw_session *s)
{
	(void)s;
	return true;	/* and privileges stay with the test */
}

bool cw_session_drain(struct cw_session *s)
{
	__u64 now = cw_clock_ns(CLOCK_MONOTONIC);
	struct cw_ev_step ev = a_step(CW_EV_BEGIN, 2 * nr_turns + 1, now - 5000);

	(void)s;
	strcpy(ev.comm, "modprobe");
	cw_feed_record(fed, &ev, sizeof(ev));
	ev.hdr.type = CW_EV_END;
	ev.hdr.seq++;
	ev.hdr.ts_ns = now;
	cw_feed_record(fed, &ev, sizeof(ev));
	nr_turns++;
	return true;
}

void cw_session_stop(struct cw_session *s)
{
	(void)s;
}

void cw_session_totals(const struct cw_session *s, struct cw_totals *t)
{
	(void)s;
	memset(t, 0, sizeof(*t));
	t->rule[CW_RULE_T3].checked = nr_turns;
}

void cw_session_pages(const struct cw_session *session,
		      void (*fn)(void *ctx, __u64 gfn, __u64 nr, __u32 state), void *ctx)
{
	(void)session;
	(void)fn;
	(void)ctx;
}

void cw_session_run_time(const struct cw_session *s, __u64 *ns, __u64 *runs)
{
	(void)s;
	*ns = 0;
	*runs = 0;
}

void cw_session_close(struct cw_session *s)
{
	(void)s;
}

int platform_is_fine(const struct cw_platform *p, bool module, bool force, char *why, size_t size)
{
	(void)p;
	(void)module;
	(void)force;
	(void)why;
	(void)size;
	return 0;
}

#endif
