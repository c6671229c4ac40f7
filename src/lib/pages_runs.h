/* SPDX-License-Identifier: GPL-2.0-only */
/* The page states that the BPF programs keep, read as runs of frames. */
#ifndef CW_PAGES_RUNS_H
#define CW_PAGES_RUNS_H

#include <linux/types.h>

/* fd: a map of state words (state.h), nr_words of them.  Runs of private frames are left out. */
void cw_pages_runs(int fd, __u32 nr_words,
		   void (*fn)(void *ctx, __u64 gfn, __u64 nr, __u32 state), void *ctx);

#endif
