// SPDX-License-Identifier: GPL-2.0-only
/* cocowatch gate: watch while a command runs, and give one verdict for CI. */
#include <errno.h>

#include "cmd.h"
#include "err.h"
#include "exit.h"
#include "rules.h"
#include "run.h"
#include "schema.h"

#define KEY_SCHEMA 0x200

struct gate_args {
	struct cw_run run;
	bool schema;
};

static const struct argp_option options[] = {
	{ "schema", KEY_SCHEMA, NULL, 0, "print the JSON Schema of the NDJSON output and end", 2 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct gate_args *a = state->input;
	struct cw_run *r = &a->run;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		return cw_run_inputs(state, cw_gate_children, r);
	case KEY_SCHEMA:
		a->schema = true;
		return 0;
	case ARGP_KEY_END:
		if (r->command || a->schema || r->for_ns)
			return 0;
		cw_say(0, "gate: no command given (cocowatch gate [OPTION...] -- COMMAND [ARG...])");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.children = cw_gate_children,
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
	int status;

	if (!cw_options_parse(&argp, argc, argv, true, &a, &status))
		return status;
	if (a.schema)
		return schema_print();
	return cw_run(&a.run);
}
