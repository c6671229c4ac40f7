// SPDX-License-Identifier: GPL-2.0-only
/* cocowatch watch: follow a running kernel until somebody ends it. */
#include <errno.h>

#include "cmd.h"
#include "err.h"
#include "exit.h"
#include "parse.h"
#include "rules.h"
#include "run.h"

enum {
	KEY_FOR = 0x200,
	KEY_COUNT,
};

static const struct argp_option options[] = {
	{ "for", KEY_FOR, "TIME", 0, "end after this time, such as 30s or 5m", 1 },
	{ "count", KEY_COUNT, "N", 0, "end after N violations", 1 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct cw_run *r = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = r;
		state->child_inputs[1] = r;
		state->child_inputs[2] = &r->common;
		return 0;
	case KEY_FOR:
		if (cw_parse_duration(arg, &r->for_ns))
			return cw_option_bad("--for", arg, "a duration (such as 500ms, 30s or 5m)");
		return 0;
	case KEY_COUNT:
		if (cw_parse_u64(arg, &r->max_violations) || !r->max_violations)
			return cw_option_bad("--count", arg, "a count from 1");
		return 0;
	case ARGP_KEY_ARG:
		cw_say(0, "watch takes no arguments: '%s' (a command is run by gate)", arg);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = { { &cw_watching_argp, 0, NULL, 0 },
					      { &cw_policy_argp, 0, NULL, 0 },
					      { &cw_common_argp, 0, NULL, 0 }, { 0 } };

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.children = children,
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
