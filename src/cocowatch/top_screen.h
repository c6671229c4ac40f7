/* SPDX-License-Identifier: GPL-2.0-only */
/* The terminal that top paints on. */
#ifndef CW_TOP_SCREEN_H
#define CW_TOP_SCREEN_H

#include <stdbool.h>

#include "top_draw.h"

struct screen {
	void *terminal;		/* ncurses' SCREEN; NULL: not open */
	bool colors;
};

/* What a key asks for. */
enum top_key { TOP_KEY_NONE, TOP_KEY_QUIT, TOP_KEY_RANGES, TOP_KEY_MOVE, TOP_KEY_DRAW };

/* Whether stdin and stdout are a terminal that can be painted on.  False after a message. */
bool screen_check(void);

/* Takes the terminal over.  0, or -ENOTTY after a message. */
int screen_open(struct screen *s);

/* The next key that was pressed, or a new size; *move is by how many rows to go. */
enum top_key screen_key(struct screen *s, int *move);

void screen_size(const struct screen *s, int *rows, int *cols);
void screen_paint(struct screen *s, const struct top_grid *g);

/* Gives the terminal back as it was; once is enough, more do no harm. */
void screen_close(struct screen *s);

#endif
