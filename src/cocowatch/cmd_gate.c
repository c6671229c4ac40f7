// SPDX-License-Identifier: GPL-2.0-only
/* cocowatch gate: watch while a command runs, and give one verdict for CI. */
#include <errno.h>

#include "child.h"
#include "cmd.h"
#include "err.h"
#include "exit.h"
#include "parse.h"
#include "rules.h"
#include "run.h"
#include "schema.h"

enum {
	KEY_REQUIRE = 0x200,
	KEY_FOR,
	KEY_SCHEMA,
};

struct gate_args {
	struct cw_run run;
	bool schema;
};

static const struct argp_option options[] = {
	{ "require", KEY_REQUIRE, "RULE[:N]", 0, "RULE must have held, judged at least N times (default: 1)", 1 },
	{ "for", KEY_FOR, "TIME", 0, "watch so long; COMMAND, if there is one, is ended then", 1 },
	{ "schema", KEY_SCHEMA, NULL, 0, "print the JSON Schema of the NDJSON output and end", 2 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct gate_args *a = state->input;
	struct cw_run *r = &a->run;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = r;
		state->child_inputs[1] = r;
		state->child_inputs[2] = &r->common;
		return 0;
	case KEY_REQUIRE:
		return cw_policy_require(&r->policy, arg) ? EINVAL : 0;
	case KEY_FOR:
		if (cw_parse_duration(arg, &r->for_ns))
			return cw_option_bad("--for", arg, "a duration (such as 500ms, 30s or 5m)");
		return 0;
	case KEY_SCHEMA:
		a->schema = true;
		return 0;
	case ARGP_KEY_ARG:
		/* everything from here on is the command */
		r->command = &state->argv[state->next - 1];
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		if (a->schema || r->for_ns)
			return 0;
		cw_say(0, "gate: no command given (cocowatch gate [OPTION...] -- COMMAND [ARG...])");
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
	.args_doc = "-- COMMAND [ARG...]\n--for=TIME",
	.doc = "Run COMMAND and watch meanwhile.  Passes when no armed rule was violated or is unknown, at "
	       "least one rule on transitions (T) and one on what is shared (S) held, and COMMAND ended "
	       "with status 0.\v"
	       "Exit status: 0 held, 1 violated, 2 usage, 3 no verdict, 4 the rules held and COMMAND failed.",
};

static int schema_print(void)
{
	json_t *schema = cw_schema_make();

	if (!schema)
		return cw_err(-ENOMEM, "cannot make the schema");
	json_dumpf(schema, stdout, JSON_INDENT(2));
	fputc('\n', stdout);
	json_decref(schema);
	return cw_stdout_flush() ? CW_EXIT_UNKNOWN : CW_EXIT_HELD;
}

int cw_cmd_gate(int argc, char **argv)
{
	struct gate_args a = { .run = { .slow_limit_ns = CW_SLOW_LIMIT_NS,
					.policy = { .gate = true },
					.session.asked = cw_rules_of_profile("io") } };
	int err, status;

	if (!cw_options_parse(&argp, argc, argv, true, &a, &status))
		return status;
	if (a.schema)
		return schema_print();
	err = a.run.command ? cw_child_check(a.run.command[0]) : 0;
	if (err) {
		cw_err(err, "cannot run '%s'", a.run.command[0]);
		return CW_EXIT_USAGE;
	}
	return cw_run(&a.run);
}
