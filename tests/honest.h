/* SPDX-License-Identifier: GPL-2.0-only */
/* The events of an honest transition, with the evidence that a probe fills in: what the
 * vectors edit and the benchmarks time.
 */
#ifndef HONEST_H
#define HONEST_H

#include <stdbool.h>
#include <string.h>

#include <cocowatch/check.h>
#include <cocowatch/event.h>
#include <cocowatch/rules.h>
#include <cocowatch/state.h>

#define HONEST_PAGES  8
#define HONEST_STEPS  10
#define HONEST_GFN    0x1000
#define HONEST_SHARED (1ULL << 57)
#define HONEST_CPUS   4

#define HONEST_RULE(rule) CW_RULE_BIT(CW_RULE_##rule)
/* what ought to have been checked after one transition each way */
#define HONEST_CHECKED \
	(HONEST_RULE(T1) | HONEST_RULE(T2) | HONEST_RULE(T3) | HONEST_RULE(T5) | HONEST_RULE(T6) | \
	 HONEST_RULE(S5))

static const struct cw_pte_fmt honest_fmt = {
	.shared_mask = HONEST_SHARED,
	.frame_mask = CW_PTE_FRAME,
};

/* A not-present entry keeps its frame inverted, as the kernel does against L1TF. */
static inline __u64 honest_pte(bool present, bool shared)
{
	__u64 frame = (__u64)HONEST_GFN << CW_PAGE_SHIFT;

	if (!present)
		frame = ~frame & CW_PTE_FRAME;
	return frame | (present ? 0x163 : 0x062) | (shared ? HONEST_SHARED : 0);
}

static inline struct cw_walk honest_walk(bool present, bool shared)
{
	__u64 pte = honest_pte(present, shared);

	return (struct cw_walk){
		.walked = HONEST_PAGES,
		.present = present ? HONEST_PAGES : 0,
		.shared = shared ? HONEST_PAGES : 0,
		.first_present = present ? 0 : CW_NO_INDEX,
		.first_absent = present ? CW_NO_INDEX : 0,
		.first_shared = shared ? 0 : CW_NO_INDEX,
		.first_private = shared ? CW_NO_INDEX : 0,
		.first_differ = CW_NO_INDEX,
		.pte_present = present ? pte : 0,
		.pte_absent = present ? 0 : pte,
		.pte_shared = shared ? pte : 0,
		.pte_private = shared ? 0 : pte,
	};
}

static inline void honest_host_call(struct cw_ev_step *ev)
{
	ev->flags |= CW_STEP_TOLD;
	ev->told = HONEST_PAGES;
	ev->told_sum = ev->frames_sum;
	ev->host_code = 0xdb;
	ev->visibility = ev->to_shared ? 3 : 0;
}

/* Sum over nr frames from gfn on, as a probe makes it. */
static inline __u64 honest_sum(__u64 gfn, __u32 nr)
{
	__u64 sum = 0;

	while (nr--)
		sum = CW_SUM_NEXT(sum, gfn++);
	return sum;
}

/* What only a step of its type knows. */
static inline void honest_details(struct cw_ev_step *ev)
{
	switch (ev->hdr.type) {
	case CW_EV_BEGIN:
		ev->flags |= CW_STEP_WINDOW;
		ev->before[ev->to_shared ? CW_PG_PRIVATE : CW_PG_SHARED] = HONEST_PAGES;
		ev->types_read = HONEST_PAGES;
		memcpy(ev->comm, "honest", sizeof("honest"));
		break;
	case CW_EV_FLUSHED:
		ev->cpus_flushed = HONEST_CPUS;
		ev->cpus_online = HONEST_CPUS;
		break;
	case CW_EV_PROBED:
		ev->cpus_probed = HONEST_CPUS;
		break;
	case CW_EV_HOST_CALL:
		honest_host_call(ev);
		ev->told_count = HONEST_PAGES;
		break;
	case CW_EV_HOST_ANSWER:
		ev->told_count = HONEST_PAGES;
		ev->host_reps = HONEST_PAGES;
		break;
	case CW_EV_PREPARED:
	case CW_EV_CHANGED:
	case CW_EV_FINISHED:
	case CW_EV_END:
		ev->flags |= CW_STEP_RET;
		break;
	}
}

static const __u16 honest_types[HONEST_STEPS] = {
	CW_EV_BEGIN, CW_EV_FLUSHED, CW_EV_PREPARED, CW_EV_PROBED, CW_EV_CHANGED,
	CW_EV_HOST_CALL, CW_EV_HOST_ANSWER, CW_EV_HOST_DONE, CW_EV_FINISHED, CW_EV_END,
};

/* One step of a transition, by its type. */
static inline void honest_step(struct cw_ev_step *ev, __u16 type, bool to_shared, __u64 task)
{
	bool present = type == CW_EV_BEGIN || type == CW_EV_END;
	bool shared = (type >= CW_EV_CHANGED) == to_shared;

	*ev = (struct cw_ev_step){
		.hdr = { .type = type, .len = sizeof(*ev), .task = task },
		.vaddr = 0xffffc90000100000ULL,
		.gfn = HONEST_GFN,
		.gfn_min = HONEST_GFN,
		.gfn_max = HONEST_GFN + HONEST_PAGES - 1,
		.nr_pages = HONEST_PAGES,
		.flags = CW_STEP_CONTIG,
		.to_shared = to_shared,
		.first_type = CW_NO_INDEX,
		.frames_sum = honest_sum(HONEST_GFN, HONEST_PAGES),
		.own = honest_walk(present, shared),
		.alias = honest_walk(present, shared),
	};
	honest_details(ev);
}

#endif
