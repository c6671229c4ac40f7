/* SPDX-License-Identifier: GPL-2.0-only */
/* The inventory: what the kernel's page tables map as shared right now.  It has a BPF
 * object of its own, whose programs are run and never attached.
 */
#ifndef CW_LIB_INVENTORY_H
#define CW_LIB_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include <cocowatch/inventory.h>

#include "kernel.h"
#include "mode.h"

/* Maps of a session that the inventory is to fill; a descriptor that is not positive: none. */
struct cw_inventory_opts {
	__u64 nr_frames;	/* of the page state map; needed with pages_fd */
	int pages_fd;		/* cw_pages */
	int kerns_fd;		/* cw_kerns */
	int blocks_fd;		/* cw_blocks */
	int losses_fd;		/* cw_losses */
	int stats_fd;		/* cw_stats */
};

/* What a walk found, in the order of addresses. */
struct cw_shared {
	struct cw_inv_run *run;
	size_t nr;
	size_t room;
	struct cw_inv_count count;
	__u64 direct_first;	/* the direct map */
	__u64 direct_last;
	__u64 took_ns;
};

struct cw_inventory;

/* Loads the programs.  NULL with errno, and the reason on one line in why. */
struct cw_inventory *cw_inventory_open(const struct cw_inventory_opts *opts, char *why,
				       size_t size);
void cw_inventory_close(struct cw_inventory *inv);

/* What can be read of this kernel through the inventory's programs; owned by it. */
const struct cw_kernel *cw_inventory_kernel(const struct cw_inventory *inv);

/* Walks the direct map, the vmalloc area and the kernel's own mapping for shared pages; with seed
 * they are entered into the page state and watched.  0 or -errno; shared is then partly filled.
 */
int cw_inventory_walk(struct cw_inventory *inv, const struct cw_mode_state *mode, bool seed,
		      struct cw_shared *shared);

void cw_shared_free(struct cw_shared *s);

/* Adds a run, merged with the one before where they touch.  0 or -ENOMEM. */
int cw_shared_add(struct cw_shared *s, const struct cw_inv_run *run);

/* The run that maps this address, or NULL. */
const struct cw_inv_run *cw_shared_at(const struct cw_shared *s, __u64 vaddr);

bool cw_shared_is_direct(const struct cw_shared *s, __u64 vaddr);

#endif
