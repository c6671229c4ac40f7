// SPDX-License-Identifier: GPL-2.0-only
/* top's grid on a terminal, through ncurses. */
#include "top_screen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <ncurses.h>
#include <term.h>

#include "err.h"

#define PAIR_HEAD 1

static int terminal_unknown(void)
{
	const char *name = getenv("TERM");

	return cw_say(-ENOTTY, "the terminal '%s' cannot be painted on (see TERM; --once and --batch "
		      "need none)", name ? name : "");
}

bool screen_check(void)
{
	int error;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		cw_say(0, "top needs a terminal (--once and --batch print for a pipe or a file)");
		return false;
	}
	if (setupterm(NULL, STDOUT_FILENO, &error) == ERR || !cursor_address || !clear_screen) {
		terminal_unknown();
		return false;
	}
	return true;
}

static bool wants_colors(void)
{
	const char *no_color = getenv("NO_COLOR");

	return !(no_color && *no_color) && has_colors();
}

int screen_open(struct screen *s)
{
	s->terminal = newterm(NULL, stdout, stdin);
	if (!s->terminal)
		return terminal_unknown();
	set_term(s->terminal);
	cbreak();
	noecho();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	set_escdelay(25);
	curs_set(0);
	s->colors = wants_colors();
	if (s->colors) {
		start_color();
		use_default_colors();
		init_pair(PAIR_HEAD, COLOR_CYAN, -1);
	}
	return 0;
}

enum top_key screen_key(struct screen *s, int *move)
{
	int page = LINES > 10 ? LINES - 10 : 1;

	(void)s;
	*move = 0;
	switch (getch()) {
	case ERR:
		return TOP_KEY_NONE;
	case 'q':
	case 'Q':
		return TOP_KEY_QUIT;
	case 'r':
		return TOP_KEY_RANGES;
	case KEY_UP:
		*move = -1;
		return TOP_KEY_MOVE;
	case KEY_DOWN:
		*move = 1;
		return TOP_KEY_MOVE;
	case KEY_PPAGE:
		*move = -page;
		return TOP_KEY_MOVE;
	case KEY_NPAGE:
		*move = page;
		return TOP_KEY_MOVE;
	case 'L' & 0x1f:
		clearok(curscr, TRUE);
		return TOP_KEY_DRAW;
	default:	/* KEY_RESIZE too */
		return TOP_KEY_DRAW;
	}
}

void screen_size(const struct screen *s, int *rows, int *cols)
{
	(void)s;
	*rows = LINES;
	*cols = COLS;
}

static attr_t attr_of(const struct screen *s, __u8 look)
{
	if (look == TOP_ALERT)
		return A_BOLD | A_REVERSE;
	if (look == TOP_HEAD)
		return A_BOLD | (s->colors ? (attr_t)COLOR_PAIR(PAIR_HEAD) : 0);
	return A_NORMAL;
}

void screen_paint(struct screen *s, const struct top_grid *g)
{
	int row, col;

	erase();
	for (row = 0; row < g->rows && row < LINES; row++) {
		move(row, 0);
		for (col = 0; col < g->cols && col < COLS; col++)
			addch((unsigned char)g->text[row][col] | attr_of(s, g->look[row][col]));
	}
	refresh();
}

void screen_close(struct screen *s)
{
	if (!s->terminal)
		return;
	endwin();
	delscreen(s->terminal);
	s->terminal = NULL;
}
