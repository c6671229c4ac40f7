// SPDX-License-Identifier: GPL-2.0-only
/* cocowatch top: a running session on a terminal, drawn anew once a second. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "cmd.h"
#include "err.h"
#include "exit.h"
#include "live_view.h"
#include "parse.h"
#include "rules.h"
#include "run.h"
#include "top_draw.h"
#include "top_screen.h"

#define INTERVAL_MIN_NS 100000000ULL
#define PACKET_RULES (CW_RULE_BIT(CW_RULE_Z1) | CW_RULE_BIT(CW_RULE_H1))

enum {
	KEY_INTERVAL = 0x200,
	KEY_BATCH,
	KEY_ONCE,
	KEY_RANGES,
};

struct top {
	struct cw_run run;
	struct live_view view;
	struct screen screen;
	struct top_head head;
	struct top_grid *grid;
	__u64 interval_ns;
	__u64 next_ns;		/* when to sample again */
	__u64 batch;		/* pictures to print, 0: on a terminal */
	__u64 printed;
};

static const struct argp_option options[] = {
	{ "interval", KEY_INTERVAL, "TIME", 0, "between two pictures (default: 1s)", 1 },
	{ "ranges", KEY_RANGES, NULL, 0, "begin with every range and its age, not the sums", 1 },
	{ "once", KEY_ONCE, NULL, 0, "print one picture after one interval and end; needs no terminal", 2 },
	{ "batch", KEY_BATCH, "N", 0, "print N pictures and end; needs no terminal", 2 },
	{ 0 },
};

/* top has stdout for itself. */
static error_t outputs_check(const struct cw_writers *ws)
{
	size_t i;

	for (i = 0; i < ws->nr; i++) {
		if (ws->writer[i].path)
			continue;
		cw_say(0, "top has stdout for itself: give the output a file (-o %s=FILE)",
		       ws->writer[i].ops->name);
		return EINVAL;
	}
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct top *t = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		return cw_run_inputs(state, cw_top_children, &t->run);
	case KEY_INTERVAL:
		if (cw_parse_duration(arg, &t->interval_ns) || t->interval_ns < INTERVAL_MIN_NS)
			return cw_option_bad("--interval", arg, "a duration from 100ms");
		return 0;
	case KEY_BATCH:
		return cw_option_count("--batch", arg, CW_ANY_COUNT, &t->batch);
	case KEY_ONCE:
		t->batch = 1;
		return 0;
	case KEY_RANGES:
		t->head.ranges = true;
		return 0;
	case ARGP_KEY_END:
		return outputs_check(&t->run.common.writers);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.children = cw_top_children,
	.doc = "Show a running kernel live: what is shared and by whom, how often and how fast pages "
	       "change, what became of each rule, what was lost, and what watching costs.  q ends it, r shows "
	       "every range.\v"
	       "Exit status: that of watch.",
};

/* ---- the view ---- */

static int top_open(void *view, const struct cw_watched *w)
{
	bool module = w->arming->source == &cw_source_module;
	struct top *t = view;
	int err;

	live_view_open(&t->view, w, true);
	t->head.mode = cw_platform_watched_mode(w->platform, module);
	t->head.source = w->arming->source->name;
	t->head.kernel = w->platform->release;
	t->head.start_ns = cw_clock_ns(CLOCK_MONOTONIC);
	t->head.keys = !t->batch;
	err = t->batch ? 0 : screen_open(&t->screen);
	live_view_sample(&t->view, t->head.start_ns);
	t->next_ns = t->head.start_ns + (t->batch ? t->interval_ns : 0);
	return err ? CW_EXIT_USAGE : 0;
}

static int top_fd(const void *view)
{
	const struct top *t = view;

	return t->batch ? -1 : STDIN_FILENO;
}

static void draw(struct top *t)
{
	int rows = top_rows_wanted(&t->view.live, &t->head), cols = TOP_COLS_MIN;

	t->head.armed = t->view.w->arming->armed;
	t->head.packets = t->head.armed & PACKET_RULES;
	if (!t->batch)
		screen_size(&t->screen, &rows, &cols);
	top_draw(t->grid, rows, cols, &t->view.live, &t->head);
	if (!t->batch) {
		screen_paint(&t->screen, t->grid);
		return;
	}
	if (t->printed++)
		putchar('\n');
	top_print(stdout, t->grid);
}

static void list_move(struct top *t, int by)
{
	size_t nr = t->view.live.spans.nr, first = t->head.first;

	if (by < 0)
		first = first > (size_t)-by ? first - (size_t)-by : 0;
	else
		first += (size_t)by;
	t->head.first = first < nr ? first : nr ? nr - 1 : 0;
}

/* Whether something is to be drawn; *quit when it is over. */
static bool keys_take(struct top *t, bool *quit)
{
	enum top_key key;
	bool any = false;
	int move;

	while (!t->batch && (key = screen_key(&t->screen, &move)) != TOP_KEY_NONE) {
		any = true;
		if (key == TOP_KEY_QUIT)
			*quit = true;
		else if (key == TOP_KEY_RANGES)
			t->head.ranges = !t->head.ranges;
		else if (key == TOP_KEY_MOVE)
			list_move(t, move);
	}
	return any;
}

static bool top_turn(void *view)
{
	__u64 now = cw_clock_ns(CLOCK_MONOTONIC);
	struct top *t = view;
	bool quit = false, wanted = keys_take(t, &quit);

	live_view_turn(&t->view, now);
	if (now >= t->next_ns) {
		live_view_sample(&t->view, now);
		t->next_ns = now + t->interval_ns;
		wanted = true;
	}
	if (wanted && !quit)
		draw(t);
	if (!t->batch)
		return !quit;
	return !(fflush(stdout) || t->printed >= t->batch);
}

/* The terminal is given back first. */
static void top_finish(void *view, const struct cw_finish *f)
{
	struct top *t = view;

	screen_close(&t->screen);
	printf("%s%s%s\n", cw_exit_name(f->verdict->exit), f->verdict->why[0] ? ": " : "",
	       f->verdict->why);
}

static void top_close(void *view)
{
	struct top *t = view;

	screen_close(&t->screen);
	live_view_close(&t->view);
}

static const struct cw_view_ops view_ops = {
	.open = top_open,
	.fd = top_fd,
	.turn = top_turn,
	.finish = top_finish,
	.close = top_close,
};

int cw_cmd_top(int argc, char **argv)
{
	struct top t = {
		.run = { .slow_limit_ns = CW_SLOW_LIMIT_NS,
			 .session.asked = cw_rules_of_profile("io"),
			 .common.writers.none_is_fine = true,
			 .view_ops = &view_ops },
		.view.stats_fd = -1,
		.interval_ns = 1000000000,
	};
	int status;

	if (!cw_options_parse(&argp, argc, argv, false, &t, &status))
		return status;
	if (!t.batch && !screen_check())
		return CW_EXIT_USAGE;
	t.run.view = &t;
	t.grid = malloc(sizeof(*t.grid));
	if (!t.grid)
		return cw_err(-ENOMEM, "cannot begin");
	status = cw_run(&t.run);
	free(t.grid);
	return cw_stdout_flush() && status == CW_EXIT_HELD ? CW_EXIT_UNKNOWN : status;
}
