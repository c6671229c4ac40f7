// SPDX-License-Identifier: GPL-2.0-only
/* cocowatch watch: follow a running kernel until somebody ends it. */
#include "cmd.h"
#include "rules.h"
#include "run.h"

#define KEY_COUNT 0x200

static const struct argp_option options[] = {
	{ "count", KEY_COUNT, "N", 0, "end after N violations", 1 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct cw_run *r = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		return cw_run_inputs(state, cw_watch_children, r);
	case KEY_COUNT:
		return cw_option_count("--count", arg, CW_ANY_COUNT, &r->max_violations);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.children = cw_watch_children,
	.doc = "Follow every transition of pages between private and shared, and report each violated "
	       "rule as it happens, until SIGINT or SIGTERM.\v"
	       "Exit status: 0 held, 1 violated, 2 usage, 3 no verdict (could not run, something was "
	       "lost, or nothing was exercised).",
};

int cw_cmd_watch(int argc, char **argv)
{
	struct cw_run r = { .slow_limit_ns = CW_SLOW_LIMIT_NS,
			    .session.asked = cw_rules_of_profile("pages") };
	int status;

	if (!cw_options_parse(&argp, argc, argv, false, &r, &status))
		return status;
	return cw_run(&r);
}
