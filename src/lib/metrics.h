/* SPDX-License-Identifier: GPL-2.0-only */
/* A session as metrics, in the text format of Prometheus or as OpenMetrics 1.0. */
#ifndef CW_METRICS_H
#define CW_METRICS_H

#include <stdbool.h>
#include <stdio.h>
#include <linux/types.h>

#include "live.h"
#include "policy.h"
#include "source.h"

/* What does not change while a session runs. */
struct cw_metrics_head {
	const char *mode;
	const char *source;
	const char *kernel;
	__u64 start_wall_ns;	/* CLOCK_REALTIME */
	const struct cw_arming *arming;
	const struct cw_policy *policy;
	bool up;		/* false: the session has ended */
};

#define CW_METRICS_TEXT "text/plain; version=0.0.4; charset=utf-8"
#define CW_METRICS_OPEN "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* Prints every metric; open: as OpenMetrics, with its end. */
void cw_metrics_print(FILE *f, const struct cw_live *l, const struct cw_metrics_head *h, bool open);

#endif
