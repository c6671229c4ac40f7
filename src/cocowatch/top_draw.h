/* SPDX-License-Identifier: GPL-2.0-only */
/* top's picture of a session: a grid of characters, each with how it is to stand out.  Whoever
 * has a terminal paints it; for a pipe its lines are printed.
 */
#ifndef CW_TOP_DRAW_H
#define CW_TOP_DRAW_H

#include <stdbool.h>
#include <stdio.h>
#include <linux/types.h>

#include "live.h"

#define TOP_ROWS_MIN 24
#define TOP_COLS_MIN 80
#define TOP_ROWS_MAX 256
#define TOP_COLS_MAX 256

/* Never the only sign of anything: words and characters say the same. */
enum top_look {
	TOP_PLAIN,
	TOP_HEAD,	/* of a table */
	TOP_ALERT,	/* something is wrong */
};

struct top_grid {
	int rows;
	int cols;
	char text[TOP_ROWS_MAX][TOP_COLS_MAX];
	__u8 look[TOP_ROWS_MAX][TOP_COLS_MAX];	/* enum top_look */
};

/* What is shown beside the numbers. */
struct top_head {
	const char *mode;	/* "snp-vtom" */
	const char *source;	/* "stock" */
	const char *kernel;
	__u64 start_ns;
	__u64 armed;		/* rules, as a mask */
	bool packets;		/* the rules that see packets are armed */
	bool ranges;		/* every range, not the sums */
	size_t first;		/* range on top */
	bool keys;		/* somebody can press them */
};

/* Draws all of it for a window of so many rows and columns; one that is too small says so. */
void top_draw(struct top_grid *g, int rows, int cols, const struct cw_live *live,
	      const struct top_head *head);

/* How many rows hold everything. */
int top_rows_wanted(const struct cw_live *live, const struct top_head *head);

/* Prints the lines, without blanks at their ends. */
void top_print(FILE *f, const struct top_grid *g);

#endif
