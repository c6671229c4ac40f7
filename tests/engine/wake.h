/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test of wake-ups and its program say to each other. */
#ifndef CW_WAKE_H
#define CW_WAKE_H

#include <linux/types.h>

struct wake_io {
	__u64 violated;	/* rules, as the engine would say it */
	__u64 warned;
	__u64 observed;
};

#endif
