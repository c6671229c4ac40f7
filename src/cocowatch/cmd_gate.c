// SPDX-License-Identifier: GPL-2.0-only
/* cocowatch gate: watch while a command runs, and give one verdict for CI. */
#include <errno.h>

#include "child.h"
#include "cmd.h"
#include "err.h"
#include "exit.h"
#include "rules.h"
#include "run.h"

enum {
	KEY_REQUIRE = 0x200,
	KEY_WAIVE,
};

static const struct argp_option options[] = {
	{ "require", KEY_REQUIRE, "RULE[:N]", 0, "RULE must have held, judged at least N times (default: 1)", 1 },
	{ "waive", KEY_WAIVE, "RULE=REASON", 0, "RULE does not count; said in every output", 1 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct cw_run *r = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = r;
		state->child_inputs[1] = &r->common;
		return 0;
	case KEY_REQUIRE:
		return cw_policy_require(&r->policy, arg) ? EINVAL : 0;
	case KEY_WAIVE:
		return cw_policy_waive(&r->policy, arg) ? EINVAL : 0;
	case ARGP_KEY_ARG:
		/* everything from here on is the command */
		r->command = &state->argv[state->next - 1];
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		cw_say(0, "gate: no command given (cocowatch gate [OPTION...] -- COMMAND [ARG...])");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = { { &cw_watching_argp, 0, NULL, 0 },
					      { &cw_common_argp, 0, NULL, 0 }, { 0 } };

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.children = children,
	.args_doc = "-- COMMAND [ARG...]",
	.doc = "Run COMMAND and watch meanwhile.  Passes when no armed rule was violated or is unknown, at "
	       "least one rule on transitions (T) and one on what is shared (S) held, and COMMAND ended "
	       "with status 0.\v"
	       "Exit status: 0 held, 1 violated, 2 usage, 3 no verdict, 4 the rules held and COMMAND failed.",
};

int cw_cmd_gate(int argc, char **argv)
{
	struct cw_run r = { .slow_limit_ns = CW_SLOW_LIMIT_NS, .policy = { .gate = true },
			    .session.asked = cw_rules_of_profile("io") };
	int err, status;

	if (!cw_options_parse(&argp, argc, argv, true, &r, &status))
		return status;
	err = cw_child_check(r.command[0]);
	if (err) {
		cw_err(err, "cannot run '%s'", r.command[0]);
		return CW_EXIT_USAGE;
	}
	return cw_run(&r);
}
