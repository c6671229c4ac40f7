/* SPDX-License-Identifier: GPL-2.0-only */
/* What a session has counted so far: rules, losses, statistics. */
#ifndef CW_TOTALS_H
#define CW_TOTALS_H

#include <linux/types.h>

#include <cocowatch/count.h>
#include <cocowatch/event.h>
#include <cocowatch/rules.h>

struct cw_totals {
	struct cw_count rule[CW_RULE_NR];	/* judged in the kernel and in user space */
	__u64 excused[CW_RULE_NR];		/* violations that a waiver of one finding covers */
	__u64 loss[CW_EV_NR][CW_LOSS_NR];
	__u64 stat[CW_STAT_NR];
	__u64 malformed;	/* records shorter than their type says */
	__u64 unknown;		/* records of a type that this version does not know */
	__u64 unreadable;	/* counters that could not be read, and are 0 above */
};

#endif
