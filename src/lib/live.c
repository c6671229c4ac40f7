// SPDX-License-Identifier: GPL-2.0-only
/* Events and counters, summed up for those who show a running session. */
#include "live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- latency ---- */

#define FIRST_LIMIT_SHIFT 10	/* 1024 ns */

__u64 cw_latency_limit(__u32 bucket)
{
	return bucket + 1 < CW_LATENCY_NR ? 1ULL << (FIRST_LIMIT_SHIFT + bucket) : ~0ULL;
}

static void latency_add(struct cw_latency *l, __u64 ns)
{
	__u32 i = 0;

	while (ns >= cw_latency_limit(i))
		i++;
	l->count[i]++;
	l->nr++;
	l->sum_ns += ns;
	l->max_ns = ns > l->max_ns ? ns : l->max_ns;
}

__u64 cw_latency_below(const struct cw_latency *l, __u32 thousandths)
{
	__u64 seen = 0;
	__u32 i;

	if (!l->nr)
		return 0;
	for (i = 0; i + 1 < CW_LATENCY_NR; i++) {
		seen += l->count[i];
		if (seen * 1000 >= l->nr * thousandths)
			break;
	}
	return i + 1 < CW_LATENCY_NR ? cw_latency_limit(i) : l->max_ns + 1;
}

/* ---- events ---- */

/* As many pages as frames between the ends: they are all of them. */
static bool frames_are_known(const struct cw_ev_step *end)
{
	if (end->flags & CW_STEP_CONTIG)
		return true;
	return !end->nr_unwalked && end->gfn_max - end->gfn_min + 1 == end->nr_pages;
}

static void pages_move(struct cw_live *l, const struct cw_ev_step *end, const char *comm)
{
	struct cw_span span = {
		.gfn = end->gfn_min,
		.nr_pages = end->nr_pages,
		.since_ns = end->hdr.ts_ns,
		.owner = CW_OWNER_UNKNOWN,
	};

	if (!frames_are_known(end)) {
		l->nr_scattered += end->to_shared ? (__s64)end->nr_pages : -(__s64)end->nr_pages;
		return;
	}
	snprintf(span.comm, sizeof(span.comm), "%s", comm);
	if (end->to_shared)
		cw_spans_put(&l->spans, &span);
	else
		cw_spans_take(&l->spans, span.gfn, span.nr_pages);
}

/* A failed transition leaves its pages unknown: they count as what they were. */
static void on_end(struct cw_live *l, const struct cw_ev_step *end, const char *comm,
		   __u64 began_ns)
{
	if (began_ns && end->hdr.ts_ns >= began_ns)
		latency_add(&l->latency, end->hdr.ts_ns - began_ns);
	if (end->ret) {
		l->nr_failed++;
		return;
	}
	l->nr_transitions[!!end->to_shared]++;
	pages_move(l, end, comm);
}

static struct cw_span owner_span(const struct cw_ev_owner *ev, __u64 since_ns)
{
	return (struct cw_span){
		.gfn = ev->gfn,
		.nr_pages = ev->nr_pages,
		.since_ns = since_ns,
		.owner = ev->owner < CW_OWNER_NR ? ev->owner : CW_OWNER_UNKNOWN,
		.relid = ev->relid,
	};
}

static bool is_ours(const struct cw_ev_owner *ev)
{
	return !(ev->flags & CW_OWNER_SUPPLIED);
}

void cw_live_event(struct cw_live *l, const struct cw_rec_hdr *ev, const char *comm,
		   __u64 began_ns)
{
	const struct cw_ev_owner *owner = (const struct cw_ev_owner *)ev;
	struct cw_span span;

	if (ev->type == CW_EV_END)
		on_end(l, (const struct cw_ev_step *)ev, comm, began_ns);
	if (ev->type != CW_EV_OWNER || !is_ours(owner))
		return;
	span = owner_span(owner, 0);
	cw_spans_put(&l->spans, &span);
}

void cw_live_report(struct cw_live *l, const struct cw_report *r)
{
	struct cw_live_finding *f = &l->finding[l->nr_findings++ % CW_LIVE_FINDINGS];

	*f = (struct cw_live_finding){
		.ts_ns = r->event->ts_ns,
		.rule = r->detail->rule,
		.sev = r->sev,
		.seen = r->finding->seen,
		.gfn = r->detail->gfn,
	};
	snprintf(f->comm, sizeof(f->comm), "%s", r->comm);
}

void cw_live_looked(struct cw_live *l, const struct cw_ev_owner *ev, size_t nr, __u64 ts_ns)
{
	struct cw_span *span = calloc(nr ? nr : 1, sizeof(*span));
	size_t i, ours = 0;

	if (!span)	/* the next look may do */
		return;
	for (i = 0; i < nr; i++)
		if (is_ours(&ev[i]))
			span[ours++] = owner_span(&ev[i], ts_ns);
	cw_spans_renew(&l->spans, span, ours);
	l->nr_scattered = 0;
	free(span);
}

/* ---- samples ---- */

void cw_live_sample(struct cw_live *l, const struct cw_sample *s)
{
	l->before = l->now;
	l->now = *s;
	memcpy(l->now.nr_transitions, l->nr_transitions, sizeof(l->nr_transitions));
	l->now.nr_failed = l->nr_failed;
}

void cw_live_exit(struct cw_live *l)
{
	cw_spans_free(&l->spans);
}

double cw_live_rate(const struct cw_live *l, __u64 before, __u64 now)
{
	__u64 ns = l->now.ts_ns - l->before.ts_ns;

	if (!l->before.ts_ns || l->now.ts_ns <= l->before.ts_ns || now < before)
		return 0;
	return (double)(now - before) * 1e9 / (double)ns;
}

/* Each packet written is judged by Z1 once, each read by H1: with evidence or without. */
static __u64 judged(const struct cw_count *c)
{
	return c->checked + c->no_evidence;
}

__u64 cw_packets_out(const struct cw_totals *t)
{
	return judged(&t->rule[CW_RULE_Z1]);
}

__u64 cw_packets_in(const struct cw_totals *t)
{
	return judged(&t->rule[CW_RULE_H1]);
}

__u64 cw_losses_sum(const struct cw_totals *t)
{
	__u64 sum = t->malformed + t->unreadable;
	__u32 event, loss;

	for (event = 0; event < CW_EV_NR; event++)
		for (loss = 0; loss < CW_LOSS_NR; loss++)
			sum += t->loss[event][loss];
	return sum;
}

/* ---- by owner ---- */

static struct cw_live_owner *owner_find(struct cw_live_owner *owner, size_t *nr,
					const struct cw_span *span)
{
	const char *comm = span->owner == CW_OWNER_UNKNOWN ? span->comm : "";
	size_t i;

	for (i = 0; i < *nr; i++)
		if (owner[i].owner == span->owner && !strcmp(owner[i].comm, comm))
			return &owner[i];
	if (*nr == CW_LIVE_OWNERS) {	/* the last row is for all others */
		owner[i - 1].owner = CW_OWNER_UNKNOWN;
		owner[i - 1].comm[0] = '\0';
		return &owner[i - 1];
	}
	owner[i] = (struct cw_live_owner){ .owner = span->owner };
	snprintf(owner[i].comm, sizeof(owner[i].comm), "%s", comm);
	return &owner[(*nr)++];
}

static int pages_order(const void *a, const void *b)
{
	const struct cw_live_owner *x = a, *y = b;

	return x->nr_pages < y->nr_pages ? 1 : -(x->nr_pages > y->nr_pages);
}

size_t cw_live_owners(const struct cw_live *l, struct cw_live_owner owner[CW_LIVE_OWNERS])
{
	size_t i, nr = 0;

	for (i = 0; i < l->spans.nr; i++) {
		const struct cw_span *span = &l->spans.span[i];
		struct cw_live_owner *o = owner_find(owner, &nr, span);

		o->nr_pages += span->nr_pages;
		o->nr_ranges++;
		o->newest_ns = span->since_ns > o->newest_ns ? span->since_ns : o->newest_ns;
	}
	if (nr)
		qsort(owner, nr, sizeof(*owner), pages_order);
	return nr;
}
