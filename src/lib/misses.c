// SPDX-License-Identifier: GPL-2.0-only
/* From runs that the kernel refused to events that were lost.  An event whose first program was
 * refused, or left it to its spare, is none if the spare acted; a spare that was refused has lost
 * nothing by that, since either the first had acted or it is counted with the first.
 */
#include "misses.h"

static __u64 at_most(__u64 n, __u64 limit)
{
	return n < limit ? n : limit;
}

void cw_misses_since(struct cw_misses *m, const struct cw_misses *begun)
{
	size_t i;

	/* of a module that was loaded again the count may begin anew */
	for (i = 0; i < CW_PROBES_MAX; i++)
		m->refused[i] -= at_most(begun->refused[i], m->refused[i]);
	for (i = 0; i < CW_EV_NR; i++) {
		m->left[i] -= at_most(begun->left[i], m->left[i]);
		m->acted[i] -= at_most(begun->acted[i], m->acted[i]);
	}
}

__u64 cw_misses_of(const struct cw_source *source, const struct cw_misses *m, __u32 event)
{
	__u64 missed = m->left[event];
	size_t i;

	for (i = 0; i < source->nr_probes; i++)
		if (source->probes[i].event == event && !source->probes[i].spare)
			missed += m->refused[i];
	return missed - at_most(m->acted[event], missed);
}

void cw_misses_add(const struct cw_arming *a, const struct cw_misses *m, struct cw_totals *t)
{
	__u32 i;

	for (i = 0; i < CW_EV_NR; i++)
		t->loss[i][CW_LOSS_MISSED] += cw_misses_of(a->source, m, i);
}
