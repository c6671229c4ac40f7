// SPDX-License-Identifier: GPL-2.0-only
/* A ring of the last transitions, searched backwards when a violation asks. */
#include "history.h"

#include <stdio.h>
#include <stdlib.h>

struct cw_history {
	__u64 nr;	/* ever added */
	struct cw_past past[CW_HISTORY_MAX];
};

struct cw_history *cw_history_new(void)
{
	return calloc(1, sizeof(struct cw_history));
}

void cw_history_free(struct cw_history *h)
{
	free(h);
}

/* As many pages as frames between the ends: all of them, in whatever order. */
static bool is_contiguous(const struct cw_ev_step *end)
{
	if (end->flags & CW_STEP_CONTIG)
		return true;
	return !end->nr_unwalked && end->gfn_max - end->gfn_min + 1 == end->nr_pages;
}

void cw_history_add(struct cw_history *h, const struct cw_ev_step *end, const char *comm)
{
	struct cw_past *p = &h->past[h->nr++ % CW_HISTORY_MAX];

	*p = (struct cw_past){
		.seq = end->hdr.seq,
		.ts_ns = end->hdr.ts_ns,
		.task = end->hdr.task,
		.gfn_min = end->gfn_min,
		.gfn_max = end->gfn_max,
		.cpu = end->hdr.cpu,
		.nr_pages = end->nr_pages,
		.ret = end->ret,
		.to_shared = end->to_shared,
		.space = end->space,
		.contiguous = is_contiguous(end),
	};
	snprintf(p->comm, sizeof(p->comm), "%s", comm);
}

const struct cw_past *cw_history_find(const struct cw_history *h, __u64 gfn, __u64 seq)
{
	__u64 oldest = h->nr > CW_HISTORY_MAX ? h->nr - CW_HISTORY_MAX : 0, i;
	const struct cw_past *around = NULL;

	for (i = h->nr; i-- > oldest;) {
		const struct cw_past *p = &h->past[i % CW_HISTORY_MAX];

		if (p->seq >= seq || gfn < p->gfn_min || gfn > p->gfn_max)
			continue;
		if (cw_past_is_certain(p, gfn))
			return p;
		if (!around)
			around = p;
	}
	return around;
}
