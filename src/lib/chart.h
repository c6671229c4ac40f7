/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared memory over the time of a recording, in columns: who had how much of it, and which pieces
 * of guest memory it was.  Filled in two passes: the first tells what there is to be seen, the
 * second goes through it in the order of time.
 */
#ifndef CW_CHART_H
#define CW_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#define CW_CHART_COLUMNS 240
#define CW_CHART_ROWS	 128
#define CW_CHART_OWNERS	 8	/* the last stands for all that have no place of their own */
#define CW_CHART_NAME	 80
#define CW_CELL_UNKNOWN	 255	/* a failed transition left a frame of the piece unknown */
#define CW_CELL_SPREAD	 128	/* plus hundredths: some of it lies anywhere in a wider range */

/* The end of a transition, or frames that were shared before (begin_ns 0). */
struct cw_chart_move {
	__u64 begin_ns;		/* 0: not seen */
	__u64 end_ns;
	__u64 gfn_min;
	__u64 gfn_max;
	__u32 nr_pages;
	bool to_shared;
	bool failed;
	bool looked;		/* no transition: a later look found them shared, and says whose */
	const char *who;	/* asked for it: a kernel function, a task, or an owner */
};

struct cw_chart_owner {
	char name[CW_CHART_NAME];
	__u64 pages[CW_CHART_COLUMNS];	/* shared at the end of each column */
	__u64 most;
	__u64 to_shared;		/* transitions that were asked for */
	__u64 to_private;
	__u64 failed;
	__u64 median_ns;		/* how long they took; 0: not known */
	__u64 slowest_ns;
};

struct cw_chart_row {
	__u64 gfn_min;
	__u64 gfn_max;
};

struct cw_chart {
	__u64 start_ns;
	__u64 end_ns;
	struct cw_chart_owner owner[CW_CHART_OWNERS];	/* who shared most first */
	size_t nr_owners;
	struct cw_chart_row row[CW_CHART_ROWS];		/* lowest frames first */
	size_t nr_rows;
	__u8 cell[CW_CHART_ROWS][CW_CHART_COLUMNS];	/* hundredths shared, CW_CELL_* */
	__u64 nr_scattered;	/* pages moved whose frames are not in a row: spread evenly */
	__u64 nr_beyond;	/* pages moved that the map had no room for */
	struct cw_chart_work *work;
};

/* 0 or -ENOMEM. */
int cw_chart_init(struct cw_chart *c, __u64 start_ns, __u64 end_ns);
void cw_chart_exit(struct cw_chart *c);

/* First pass, in any order.  0 or -ENOMEM. */
int cw_chart_survey(struct cw_chart *c, const struct cw_chart_move *m);

/* Between the passes.  0 or -ENOMEM. */
int cw_chart_plan(struct cw_chart *c);

/* Second pass, in the order of end_ns.  0 or -ENOMEM. */
int cw_chart_move(struct cw_chart *c, const struct cw_chart_move *m);

/* A frame begins a new life as private at that time (it was freed). */
void cw_chart_freed(struct cw_chart *c, __u64 ts_ns, __u64 gfn);

/* After the second pass. */
void cw_chart_finish(struct cw_chart *c);

/* The column of a time, and the row of a frame: -1 when it is in none. */
int cw_chart_column(const struct cw_chart *c, __u64 ts_ns);
int cw_chart_row(const struct cw_chart *c, __u64 gfn);

#endif
