/* SPDX-License-Identifier: GPL-2.0-only */
/* What watch.c asks of the program in watch.bpf.c. */
#ifndef WATCH_H
#define WATCH_H

#include <linux/types.h>

enum watch_op {
	WATCH_FOUND,	/* by the inventory */
	WATCH_BEGUN,	/* by a transition of it */
	WATCH_FREED,
	WATCH_ASKED,
};

struct watch_io {
	__u64 gfn;
	__u32 op;		/* enum watch_op */
	__u32 watched;		/* WATCH_FREED: whether the free is judged */
	__u32 followed;		/* WATCH_FREED: as it is told */
	__u32 asked;		/* whether it is followed, before anything is done */
	__u32 block;		/* whether frees in its block are looked at, likewise */
	__u32 pad;
};

#endif
