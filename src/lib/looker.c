// SPDX-License-Identifier: GPL-2.0-only
/* Looking again: at most every ten seconds, and at most a hundredth of the time. */
#include "looker.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"

#define EVERY_NS 10000000000ULL
#define SHARE 100	/* of the time that a look took, before the next one */

bool cw_looker_open(struct cw_looker *l, const struct cw_platform *p, char *why, size_t size)
{
	const struct cw_inventory_opts opts = { .nr_frames = 0 };

	memset(l, 0, sizeof(*l));
	l->platform = p;
	if (!cw_ram_read(&l->ram, "")) {
		snprintf(why, size, "/proc/iomem hides the memory map");
		return false;
	}
	l->inv = cw_inventory_open(&opts, why, size);
	return l->inv != NULL;
}

bool cw_looker_look(struct cw_looker *l, __u64 now_ns, struct cw_account *a)
{
	__u64 took_ns;
	char why[256];
	int err;

	if (!l->inv || now_ns < l->next_ns)
		return false;
	err = cw_account_look(a, l->inv, l->platform, &l->ram, false, why, sizeof(why));
	took_ns = cw_clock_ns(CLOCK_MONOTONIC) - now_ns;
	l->next_ns = now_ns + (took_ns * SHARE > EVERY_NS ? took_ns * SHARE : EVERY_NS);
	if (err || a->shared.count.failed || a->claims_failed) {
		cw_account_free(a);	/* half a look would take owners away */
		return false;
	}
	return true;
}

void cw_looker_close(struct cw_looker *l)
{
	cw_inventory_close(l->inv);
	l->inv = NULL;
}
