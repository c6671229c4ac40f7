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

void cw_misses_add(const struct cw_arming *a, const struct cw_misses *m, struct cw_totals *t)
{
	const struct cw_source *source = a->source;
	__u64 missed[CW_EV_NR] = { 0 };
	size_t i;

	for (i = 0; i < source->nr_probes; i++) {
		const struct cw_probe *probe = &source->probes[i];

		if (!probe->spare)
			missed[probe->event] += m->refused[i];
	}
	for (i = 0; i < CW_EV_NR; i++) {
		missed[i] += m->left[i];
		t->loss[i][CW_LOSS_MISSED] += missed[i] - at_most(m->acted[i], missed[i]);
	}
}
