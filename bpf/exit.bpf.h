/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A task that exits with a transition open.  The includer defines CW_SPACE. */
#ifndef CW_EXIT_BPF_H
#define CW_EXIT_BPF_H

#include "step.bpf.h"

/* A task that exits in the middle of a transition; user space judges it (T7). */
SEC("raw_tp/sched_process_exit")
int on_task_exit(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 task = bpf_get_current_pid_tgid();
	struct cw_store st = {};
	struct cw_scratch *s;
	struct cw_open *open;
	__u32 depth;
	int i;

	for (i = 0; i <= CW_DEPTH_MAX; i++) {
		open = cw_open_find(&st, task, &depth);
		if (!open && !depth)
			return 0;
		if (!open) {
			cw_open_drop(&st, task, depth < CW_DEPTH_MAX ? depth : CW_DEPTH_MAX);
			continue;
		}
		s = step_get(CW_EV_TASK_EXIT, open->vaddr, open->nr_pages, open->to_shared);
		if (!s)
			return 0;
		s->ev.depth = depth;
		/* it may have ended, and the end was not seen */
		if (cw_open_is_over(open))
			s->ev.flags |= CW_STEP_UNCONFIRMED;
		s->ev.gfn = open->gfn_min;
		s->ev.gfn_min = open->gfn_min;
		s->ev.gfn_max = open->gfn_max;
		bpf_get_current_comm(s->ev.comm, sizeof(s->ev.comm));
		cw_open_drop(&st, task, depth);
		rec_send(CW_EV_TASK_EXIT, &s->ev, sizeof(s->ev));
	}
	return 0;
}

#endif
