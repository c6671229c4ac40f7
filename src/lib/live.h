/* SPDX-License-Identifier: GPL-2.0-only */
/* A running session in numbers: what is shared and by whom, how often and how fast pages change,
 * what was found last, what watching costs.  Fed with events and with samples of the counters;
 * read by `cocowatch top` and `cocowatch metrics`.
 */
#ifndef CW_LIVE_H
#define CW_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "out.h"
#include "spans.h"
#include "totals.h"
#include "verdict.h"

/* How long transitions took, begin to end: bucket i has those of less than 1024 << i ns that were
 * in none before; the last has all that took longer.
 */
#define CW_LATENCY_NR 24

struct cw_latency {
	__u64 count[CW_LATENCY_NR];
	__u64 nr;
	__u64 sum_ns;
	__u64 max_ns;
};

/* Upper limit of a bucket in ns; ~0 for the last. */
__u64 cw_latency_limit(__u32 bucket);

/* A limit that this share of all (in thousandths) stayed below; 0 when there are none. */
__u64 cw_latency_below(const struct cw_latency *l, __u32 thousandths);

#define CW_LIVE_FINDINGS 64
#define CW_LIVE_OWNERS 32

/* A finding as one line tells it. */
struct cw_live_finding {
	__u64 ts_ns;
	__u32 rule;		/* enum cw_rule */
	__u32 sev;		/* CW_SEV_* */
	const char *seen;	/* of the table of findings */
	__u64 gfn;		/* ~0: none */
	char comm[CW_COMM_LEN];
};

/* All that one owner shares, or one task of what has no known owner. */
struct cw_live_owner {
	__u32 owner;		/* enum cw_owner */
	char comm[CW_COMM_LEN];	/* owner unknown: task that shared it, "" when not known either */
	__u64 nr_pages;
	__u64 nr_ranges;
	__u64 newest_ns;	/* when the last of it became shared; 0: before anybody looked */
};

/* What watching costs, since the session began. */
struct cw_cost {
	__u64 cpu_ns;		/* of this process */
	__u64 rss_kib;
	bool bpf_known;		/* the kernel times the programs */
	__u64 bpf_ns;
	__u64 bpf_runs;
};

/* The counters at one time. */
struct cw_sample {
	__u64 ts_ns;		/* CLOCK_MONOTONIC */
	struct cw_totals totals;
	enum cw_outcome outcome[CW_RULE_NR];
	struct cw_cost cost;
	__u64 nr_transitions[2];	/* that succeeded: to private, to shared */
	__u64 nr_failed;
};

struct cw_live {
	struct cw_spans spans;
	struct cw_latency latency;
	__u64 nr_transitions[2];
	__u64 nr_failed;
	__s64 nr_scattered;	/* pages whose frames are not known, shared less given back */
	struct cw_live_finding finding[CW_LIVE_FINDINGS];	/* a ring */
	__u64 nr_findings;	/* ever */
	struct cw_sample now;
	struct cw_sample before;	/* the sample before, ts_ns 0: none */
};

/* One event that passed; comm is its task's name, began_ns when the transition that it ends
 * began, 0: not known.
 */
void cw_live_event(struct cw_live *l, const struct cw_rec_hdr *ev, const char *comm,
		   __u64 began_ns);
void cw_live_report(struct cw_live *l, const struct cw_report *r);

/* What a look at the page tables found at ts_ns. */
void cw_live_looked(struct cw_live *l, const struct cw_ev_owner *ev, size_t nr, __u64 ts_ns);

/* A sample whose counts of transitions are filled here. */
void cw_live_sample(struct cw_live *l, const struct cw_sample *s);
void cw_live_exit(struct cw_live *l);

/* A second's worth of what grew from before to now, between the last two samples. */
double cw_live_rate(const struct cw_live *l, __u64 before, __u64 now);

/* Packets that passed through rings that the host shares, by what was judged of them. */
__u64 cw_packets_out(const struct cw_totals *t);
__u64 cw_packets_in(const struct cw_totals *t);

/* All that was lost, of every kind. */
__u64 cw_losses_sum(const struct cw_totals *t);

/* Sums by owner, most pages first, what has no room in one of unknown owner.  How many. */
size_t cw_live_owners(const struct cw_live *l, struct cw_live_owner owner[CW_LIVE_OWNERS]);

#endif
