/* SPDX-License-Identifier: GPL-2.0-only */
/* What this process costs. */
#ifndef CW_LIB_COST_H
#define CW_LIB_COST_H

#include "live.h"

/* Processor time, and memory now; leaves the BPF part of cost alone.  root is "" on a live
 * system.
 */
void cw_cost_read(struct cw_cost *cost, const char *root);

/* Asks the kernel to time BPF programs, all of them, until the descriptor is closed.  It, or
 * -errno.
 */
int cw_bpf_stats_open(void);

#endif
