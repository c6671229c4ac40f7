/* SPDX-License-Identifier: GPL-2.0-only */
/* Places that are known by name and were there before the session: what S5 keeps private, and the
 * device pages that S8 wants private.
 */
#ifndef CW_PLACES_H
#define CW_PLACES_H

#include <stddef.h>
#include <linux/types.h>

#include <cocowatch/check.h>
#include <cocowatch/event_share.h>

#include "inventory.h"
#include "kernel.h"
#include "mode.h"

/* One event for each, with the digest of its entries; headers lack time, task and number. */
struct cw_places {
	struct cw_ev_mapping *ev;
	size_t nr;
	size_t room;
	struct cw_pte_fmt fmt;	/* by which they are judged */
};

/* Looks at the places that feed these rules (S5, S8, as a mask), twice where the first look
 * accuses: what only the second accuses is left without evidence.  Places that this kernel or mode
 * does not have are passed over; those that cannot be read are events without evidence.
 * 0 or -ENOMEM.
 */
int cw_places_find(struct cw_places *p, const struct cw_kernel *k,
		   const struct cw_mode_state *mode, const struct cw_shared *shared, __u32 nr_cpus,
		   __u64 rules);

void cw_places_free(struct cw_places *p);

#endif
