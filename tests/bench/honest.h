/* SPDX-License-Identifier: GPL-2.0-only */
/* The events of an honest transition, with the evidence that a probe fills in.  That
 * it is honest is checked by whoever times it: every rule judged, none violated.
 */
#ifndef HONEST_H
#define HONEST_H

#include <stdbool.h>
#include <string.h>

#include <bpf/bpf.h>

#include <cocowatch/check.h>
#include <cocowatch/event.h>
#include <cocowatch/rules.h>
#include <cocowatch/state.h>

#include "loop.h"

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
	ev->host_code = 0xdb;
	ev->visibility = ev->to_shared ? 3 : 0;
}

/* What only a step of its type knows. */
static inline void honest_details(struct cw_ev_step *ev)
{
	switch (ev->hdr.type) {
	case CW_EV_BEGIN:
		ev->flags |= CW_STEP_WINDOW;
		ev->before[ev->to_shared ? CW_PG_PRIVATE : CW_PG_SHARED] = HONEST_PAGES;
		ev->types_read = HONEST_PAGES;
		memcpy(ev->comm, "bench", sizeof("bench"));
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

/* Step nr (0 to HONEST_STEPS - 1) of a transition. */
static inline void honest_step(struct cw_ev_step *ev, unsigned int nr, bool to_shared, __u64 task)
{
	static const __u16 types[HONEST_STEPS] = {
		CW_EV_BEGIN, CW_EV_FLUSHED, CW_EV_PREPARED, CW_EV_PROBED, CW_EV_CHANGED,
		CW_EV_HOST_CALL, CW_EV_HOST_ANSWER, CW_EV_HOST_DONE, CW_EV_FINISHED, CW_EV_END,
	};
	__u16 type = types[nr];
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
		.own = honest_walk(present, shared),
		.alias = honest_walk(present, shared),
	};
	honest_details(ev);
}

/* Fills the map that the loops in BPF go round in: a transition there and back. */
static inline int honest_fill(int map)
{
	struct cw_ev_step ev;
	__u32 i;
	int err = 0;

	for (i = 0; i < LOOP_EVENTS && !err; i++) {
		honest_step(&ev, i % HONEST_STEPS, i < HONEST_STEPS, 7ULL << 32 | 70);
		err = bpf_map_update_elem(map, &i, &ev, BPF_ANY);
	}
	return err;
}

_Static_assert(LOOP_EVENTS == 2 * HONEST_STEPS, "the loop has a transition each way");

#endif
