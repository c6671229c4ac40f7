/* SPDX-License-Identifier: GPL-2.0-only */
/* States of frames in memory: two bits each, allocated where something is not private. */
#ifndef CW_PAGEMAP_H
#define CW_PAGEMAP_H

#include <stddef.h>
#include <linux/types.h>

#include <cocowatch/state.h>

struct cw_pagemap {
	__u64 **chunk;	/* by gfn >> CW_PAGEMAP_SHIFT; NULL: all private */
	size_t nr;
	__u64 nr_beyond;	/* frames for which there was no room */
};

#define CW_PAGEMAP_SHIFT 15
#define CW_PAGEMAP_MAX (1U << 18)	/* chunks: 32 TiB of frames */

void cw_pagemap_free(struct cw_pagemap *m);

/* Sets nr frames from gfn on. */
void cw_pagemap_set(struct cw_pagemap *m, __u64 gfn, __u64 nr, __u32 state);
__u32 cw_pagemap_state(const struct cw_pagemap *m, __u64 gfn);

/* Every run of frames that are not private, in order. */
void cw_pagemap_runs(const struct cw_pagemap *m,
		     void (*fn)(void *ctx, __u64 gfn, __u64 nr, __u32 state), void *ctx);

#endif
