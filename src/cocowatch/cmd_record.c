// SPDX-License-Identifier: GPL-2.0-only
/* cocowatch record: a session into a file, all of it or what came before a violation. */
#include "cmd.h"
#include "err.h"
#include "exit.h"
#include "rules.h"
#include "run.h"

enum {
	KEY_LAST = 0x200,
	KEY_NO_HOT,
};

static const struct argp_option options[] = {
	{ "last", KEY_LAST, "TIME", 0,
	  "keep the last TIME in memory, and write it when a violation comes or at SIGUSR1", 1 },
	{ "no-hot", KEY_NO_HOT, NULL, 0, "leave out packets, bounces and hypercalls that are in order", 1 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct cw_run *r = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		return cw_run_inputs(state, cw_gate_children, r);
	case KEY_LAST:
		return cw_option_duration("--last", arg, &r->last_ns);
	case KEY_NO_HOT:
		r->session.record_hot = false;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.children = cw_gate_children,
	.args_doc = "-o FILE.ccw [-- COMMAND [ARG...]]",
	.doc = "Watch, and record everything that is judged into FILE.ccw, for replay and report.  With "
	       "COMMAND until it ends, and with the verdict that gate would give; else until SIGINT or "
	       "SIGTERM.\v"
	       "Exit status: 0 held, 1 violated, 2 usage, 3 no verdict (something was lost, on the way to "
	       "the file too), 4 the rules held and COMMAND failed.",
};

int cw_cmd_record(int argc, char **argv)
{
	struct cw_run r = {
		.slow_limit_ns = CW_SLOW_LIMIT_NS,
		.common.records = true,
		.session = { .asked = cw_rules_of_profile("io"), .record_frees = true,
			     .record_hot = true, .record_steps = true, .record_stacks = true },
	};
	int status;

	if (!cw_options_parse(&argp, argc, argv, true, &r, &status))
		return status;
	if (!r.common.recording)
		return cw_say(CW_EXIT_USAGE, "record: no file to record to (cocowatch record -o FILE.ccw)");
	return cw_run(&r);
}
