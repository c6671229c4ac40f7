/* SPDX-License-Identifier: GPL-2.0-only */
/* What a session on the kernel's own functions begins with: the mode, every page that is shared
 * already, entered into the page state and told to the judges, and the places that are to be
 * private.
 */
#ifndef CW_BASELINE_H
#define CW_BASELINE_H

#include "feed.h"
#include "loader.h"
#include "owners.h"
#include "places.h"
#include "platform.h"
#include "source.h"

struct cw_baseline {
	bool taken;
	__u64 ts_ns;
	struct cw_account account;
	struct cw_places places;
};

/* Looks through the page tables, after everything is attached; marks the probes of the arming
 * that look as attached or failed.  seed: enter what is found into the page state.
 */
void cw_baseline_take(struct cw_baseline *b, struct cw_arming *arming,
		      const struct cw_loader *loader, const struct cw_platform *p, bool seed);

/* Tells the judges what was found, once. */
void cw_baseline_feed(struct cw_baseline *b, struct cw_feed *feed);

void cw_baseline_free(struct cw_baseline *b);

#endif
