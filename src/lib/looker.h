/* SPDX-License-Identifier: GPL-2.0-only */
/* Looks at the page tables now and then while a session runs, since a transition does not say
 * whose its pages are, nor which frames, where they are scattered.
 */
#ifndef CW_LOOKER_H
#define CW_LOOKER_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "inventory.h"
#include "owners.h"
#include "platform.h"

struct cw_looker {
	struct cw_inventory *inv;	/* NULL: cannot look */
	const struct cw_platform *platform;	/* the caller's */
	struct cw_ram ram;
	__u64 next_ns;		/* when it is time again */
};

/* Loads what looking needs, while we may.  False with the reason in why. */
bool cw_looker_open(struct cw_looker *l, const struct cw_platform *p, char *why, size_t size);

/* Looks, when it is time.  True with what was found, to be freed with cw_account_free(). */
bool cw_looker_look(struct cw_looker *l, __u64 now_ns, struct cw_account *a);
void cw_looker_close(struct cw_looker *l);

#endif
