/* SPDX-License-Identifier: GPL-2.0-only */
/* A writer that keeps what it is told: each finding with its text, and a place in the timeline. */
#ifndef CW_FINDINGS_H
#define CW_FINDINGS_H

#include <stddef.h>
#include <linux/types.h>

#include "out.h"
#include "timeline.h"

/* The findings of one rule in one event. */
struct cw_found {
	__u64 ts_ns;
	__u64 gfn;		/* of the first; 0 or ~0: none */
	__u32 rule;		/* enum cw_rule */
	__u32 sev;		/* CW_SEV_*, of the worst */
	int mark;		/* in the timeline, -1: none */
	char *text;		/* as the text writer says it */
};

struct cw_findings {
	struct cw_found *found;	/* in the order of the recording */
	size_t nr;
	size_t room;
	size_t nr_dropped;	/* for which there was no memory */
	struct cw_timeline *timeline;	/* the caller's, or NULL */
	/* the block that is being told */
	struct cw_found now;
	char *text;
	size_t size;
	FILE *file;
};

/* A writer for f, which outlives it: to be used as the only one, or beside others. */
void cw_findings_writer(struct cw_findings *f, struct cw_writer *w);
void cw_findings_exit(struct cw_findings *f);

#endif
