/* SPDX-License-Identifier: GPL-2.0-only */
/* Honest transitions for the loops in BPF.  That they are honest is checked by whoever
 * times them: every rule judged, none violated.
 */
#ifndef FILL_H
#define FILL_H

#include <bpf/bpf.h>

#include "../honest.h"
#include "loop.h"

/* Fills the map that the loops in BPF go round in: a transition there and back. */
static inline int honest_fill(int map)
{
	struct cw_ev_step ev;
	__u32 i;
	int err = 0;

	for (i = 0; i < LOOP_EVENTS && !err; i++) {
		honest_step(&ev, honest_types[i % HONEST_STEPS], i < HONEST_STEPS,
			    7ULL << 32 | 70);
		err = bpf_map_update_elem(map, &i, &ev, BPF_ANY);
	}
	return err;
}

_Static_assert(LOOP_EVENTS == 2 * HONEST_STEPS, "the loop has a transition each way");

#endif
