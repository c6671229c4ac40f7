// SPDX-License-Identifier: GPL-2.0-only
/* A running session, followed for those who show it. */
#include "live_view.h"

#include <unistd.h>

#include "cost.h"

static void on_event(void *ctx, const struct cw_rec_hdr *ev, const char *comm, __u64 began_ns)
{
	struct live_view *v = ctx;

	cw_live_event(&v->live, ev, comm, began_ns);
}

static void on_report(void *ctx, const struct cw_report *r)
{
	struct live_view *v = ctx;

	cw_live_report(&v->live, r);
}

void live_view_open(struct live_view *v, const struct cw_watched *w, bool time_programs)
{
	char why[512];

	v->w = w;
	v->stats_fd = time_programs ? cw_bpf_stats_open() : -1;
	w->feed->watcher = (struct cw_feed_watcher){ on_event, on_report, v };
	/* the module's pool is in no page table that the kernel's structures lead to */
	if (w->arming->source == &cw_source_stock)
		cw_looker_open(&v->looker, w->platform, why, sizeof(why));
}

void live_view_turn(struct live_view *v, __u64 now_ns)
{
	struct cw_account a;

	if (!cw_looker_look(&v->looker, now_ns, &a))
		return;
	cw_live_looked(&v->live, a.owned.ev, a.owned.nr, now_ns);
	cw_account_free(&a);
}

void live_view_sample(struct live_view *v, __u64 now_ns)
{
	const struct cw_ending ending = { .user_blind = v->w->feed->malformed };
	struct cw_sample s = { .ts_ns = now_ns };
	struct cw_verdict verdict;
	__u32 i;

	cw_session_totals(v->w->session, &s.totals);
	cw_verdict_judge(&verdict, v->w->policy, v->w->arming, &s.totals, &ending);
	for (i = 0; i < CW_RULE_NR; i++)
		s.outcome[i] = verdict.outcome[i];
	cw_cost_read(&s.cost, "");
	cw_session_run_time(v->w->session, &s.cost.bpf_ns, &s.cost.bpf_runs);
	/* or somebody else asked for it: sysctl kernel.bpf_stats_enabled */
	s.cost.bpf_known = v->stats_fd >= 0 || s.cost.bpf_runs;
	cw_live_sample(&v->live, &s);
}

void live_view_close(struct live_view *v)
{
	if (v->w)
		v->w->feed->watcher = (struct cw_feed_watcher){ .ctx = NULL };
	cw_looker_close(&v->looker);
	cw_live_exit(&v->live);
	if (v->stats_fd >= 0)
		close(v->stats_fd);
	v->stats_fd = -1;
}
