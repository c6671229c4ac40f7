/* SPDX-License-Identifier: GPL-2.0-only */
/* What a clock says, in nanoseconds. */
#ifndef CW_CLOCK_H
#define CW_CLOCK_H

#include <time.h>
#include <linux/types.h>

static inline __u64 cw_clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (__u64)ts.tv_sec * 1000000000ULL + (__u64)ts.tv_nsec;
}

#endif
