// SPDX-License-Identifier: GPL-2.0-only
/* Options that commands share, and which formats each takes. */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "args.h"
#include "err.h"
#include "exit.h"
#include "parse.h"
#include "rules.h"
#include "run.h"

enum {
	KEY_DEBUG = 0x100,
	KEY_INCLUDE_ADDRESSES,
	KEY_SLOW_LIMIT,
	KEY_MAX_WALK,
	KEY_SOURCE,
	KEY_FORCE,
	KEY_NO_PIN,
	KEY_PROFILE,
	KEY_POLICY,
	KEY_WAIVE,
	KEY_ON,
	KEY_ALLOW_PANIC,
	KEY_FOR,
	KEY_REQUIRE,
};

/* ---- values ---- */

error_t cw_option_bad(const char *option, const char *arg, const char *wanted)
{
	cw_say(0, "%s: '%s' is not %s", option, arg, wanted);
	return EINVAL;
}

error_t cw_option_duration(const char *option, const char *arg, __u64 *ns)
{
	return cw_parse_duration(arg, ns) ?
	       cw_option_bad(option, arg, "a duration (such as 500ms, 30s or 5m)") : 0;
}

error_t cw_option_count(const char *option, const char *arg, __u64 max, __u64 *count)
{
	char wanted[64] = "a count from 1";
	__u64 value;

	if (max != CW_ANY_COUNT)
		snprintf(wanted, sizeof(wanted), "a count from 1 to %llu", max);
	if (cw_parse_u64(arg, &value) || !value || value > max)
		return cw_option_bad(option, arg, wanted);
	*count = value;
	return 0;
}

error_t cw_no_arguments(const char *command, const char *arg)
{
	cw_say(0, "%s takes no arguments: '%s'", command, arg);
	return EINVAL;
}

/* argv[0] is "cocowatch watch". */
static const char *command_name(const struct argp_state *state)
{
	const char *space = strrchr(state->argv[0], ' ');

	return space ? space + 1 : state->argv[0];
}

/* ---- outputs ---- */

const struct cw_outputs cw_outputs[] = {
	{ "map", { "text", "ndjson" } },
	{ "doctor", { "text", "ndjson" } },
	{ "rules", { "text", "ndjson" } },
	{ "selftest", { "text", "ndjson", "junit" } },
	{ "selftest --list", { "text", "ndjson" } },
	{ .command = NULL },
};

static bool is_taken(const struct cw_outputs *o, const char *format)
{
	size_t i;

	for (i = 0; o->format[i]; i++)
		if (!strcmp(o->format[i], format))
			return true;
	return false;
}

bool cw_outputs_check(const struct cw_writers *ws, const char *command)
{
	const struct cw_outputs *o;
	size_t i;

	for (o = cw_outputs; o->command && strcmp(o->command, command); o++)
		;
	for (i = 0; o->command && i < ws->nr; i++)
		if (!is_taken(o, ws->writer[i].ops->name))
			return cw_say(false, "%s writes %s%s%s%s, not %s", command, o->format[0],
				      o->format[2] ? ", " : " or ", o->format[1],
				      o->format[2] ? " or junit" : "", ws->writer[i].ops->name);
	return true;
}

/* A file *.ccw, or a directory for what a flight recorder writes. */
static bool names_recording(const char *arg)
{
	size_t len = strlen(arg);
	struct stat st;

	if (cw_writers_know(arg))
		return false;
	return (len > 4 && !strcmp(arg + len - 4, ".ccw")) || (!stat(arg, &st) && S_ISDIR(st.st_mode));
}

static error_t output_take(struct cw_common *c, const char *arg)
{
	if (!c->records || !names_recording(arg))
		return cw_writers_add(&c->writers, arg) ? EINVAL : 0;
	if (c->recording) {
		cw_say(0, "two recordings: '%s' and '%s'", c->recording, arg);
		return EINVAL;
	}
	c->recording = arg;
	return 0;
}

#define ALL_FORMATS "text, ndjson, junit, tap, sarif or journal"
#define OUTPUT(formats, unasked) \
	{ "output", 'o', "FORMAT[=FILE]", 0, \
	  formats ", to FILE or stdout; may be given several times (default: " unasked ")", 10 }
#define DEBUG { "debug", KEY_DEBUG, NULL, 0, "show what libbpf says", 11 }

static const struct argp_option common_options[] = { OUTPUT(ALL_FORMATS, "text"), DEBUG, { 0 } };
static const struct argp_option quiet_options[] = { OUTPUT(ALL_FORMATS, "none"), DEBUG, { 0 } };
static const struct argp_option plain_options[] = { OUTPUT("text or ndjson", "text"), DEBUG, { 0 } };
static const struct argp_option trial_options[] = { OUTPUT("text, ndjson or junit", "text"), DEBUG,
						    { 0 } };

static error_t common_parse(int key, char *arg, struct argp_state *state)
{
	struct cw_common *c = state->input;

	switch (key) {
	case 'o':
		return output_take(c, arg);
	case KEY_DEBUG:
		c->debug = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp cw_common_argp = { .options = common_options, .parser = common_parse };
static const struct argp quiet_argp = { .options = quiet_options, .parser = common_parse };
const struct argp cw_plain_argp = { .options = plain_options, .parser = common_parse };
const struct argp cw_trial_argp = { .options = trial_options, .parser = common_parse };

/* ---- what is watched ---- */

static const struct argp_option watching_options[] = {
	{ "include-addresses", KEY_INCLUDE_ADDRESSES, NULL, 0,
	  "print kernel addresses and raw page-table entries too", 5 },
	{ "source", KEY_SOURCE, "WHICH", 0,
	  "stock (hooks on the kernel's own functions), module (tracepoints of cocovm.ko) or auto (default)", 5 },
	{ "force", KEY_FORCE, NULL, 0, "watch a machine that is no confidential VM too", 5 },
	{ "no-pin", KEY_NO_PIN, NULL, 0, "hold no kernel module: rules that need it are not armed", 5 },
	{ "profile", KEY_PROFILE, "NAME", 0,
	  "which rules: pages, io (packet paths too) or all; watch takes pages, gate io", 5 },
	{ "slow-limit", KEY_SLOW_LIMIT, "TIME", 0,
	  "how long a transition may stay open before T7 warns (default: 1s)", 5 },
	{ "max-walk", KEY_MAX_WALK, "N", 0,
	  "page-table entries read for one event (default: 262144, a range of 1 GiB)", 5 },
	{ 0 },
};

static error_t watching_parse(int key, char *arg, struct argp_state *state)
{
	struct cw_run *r = state->input;
	__u64 value;
	int wish;

	switch (key) {
	case KEY_SOURCE:
		wish = cw_source_parse(arg);
		if (wish < 0)
			return cw_option_bad("--source", arg, "auto, stock or module");
		r->wish = (enum cw_source_wish)wish;
		return 0;
	case KEY_FORCE:
		r->force = true;
		return 0;
	case KEY_PROFILE:
		r->session.asked = cw_rules_of_profile(arg);
		return r->session.asked ? 0 : cw_option_bad("--profile", arg, "pages, io or all");
	case KEY_NO_PIN:
		r->session.no_pin = true;
		return 0;
	case KEY_INCLUDE_ADDRESSES:
		r->include_addresses = true;
		return 0;
	case KEY_SLOW_LIMIT:
		return cw_option_duration("--slow-limit", arg, &r->slow_limit_ns);
	case KEY_MAX_WALK:
		if (cw_option_count("--max-walk", arg, CW_MAX_WALK_LIMIT, &value))
			return EINVAL;
		r->session.max_walk = (__u32)value;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp watching_argp = { .options = watching_options, .parser = watching_parse };

/* ---- what is judged ---- */

static const struct argp_option policy_options[] = {
	{ "policy", KEY_POLICY, "FILE", 0,
	  "severities, required rules, waivers and reactions, see cocowatch-policy(5)", 3 },
	{ "waive", KEY_WAIVE, "RULE=REASON", 0, "a violation of RULE does not fail; said in every output", 3 },
	{ "on", KEY_ON, "RULE=ACTION", 0,
	  "when RULE is violated: report, exec:PROGRAM, signal:NAME, stop, snapshot or panic", 3 },
	{ "allow-panic", KEY_ALLOW_PANIC, NULL, 0, "the action panic may crash this machine", 3 },
	{ 0 },
};

static error_t policy_parse(int key, char *arg, struct argp_state *state)
{
	struct cw_run *r = state->input;

	switch (key) {
	case KEY_POLICY:
		if (r->policy_path) {
			cw_say(0, "--policy: given twice");
			return EINVAL;
		}
		r->policy_path = arg;
		return 0;
	case KEY_WAIVE:
		return cw_policy_waive(&r->policy, arg) ? EINVAL : 0;
	case KEY_ON:
		return cw_reactions_add(&r->reactions, arg) ? EINVAL : 0;
	case KEY_ALLOW_PANIC:
		r->reactions.allow_panic = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp policy_argp = { .options = policy_options, .parser = policy_parse };

/* ---- how long ---- */

static const struct argp_option until_options[] = {
	{ "for", KEY_FOR, "TIME", 0, "end after this time, such as 30s or 5m", 1 },
	{ 0 },
};

static error_t until_parse(int key, char *arg, struct argp_state *state)
{
	struct cw_run *r = state->input;

	switch (key) {
	case KEY_FOR:
		return cw_option_duration("--for", arg, &r->for_ns);
	case ARGP_KEY_ARG:
		cw_say(0, "%s takes no arguments: '%s' (a command is run by gate)",
		       command_name(state), arg);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp until_argp = { .options = until_options, .parser = until_parse };

static const struct argp_option command_options[] = {
	{ "for", KEY_FOR, "TIME", 0, "watch so long; COMMAND, if there is one, is ended then", 1 },
	{ "require", KEY_REQUIRE, "RULE[:N]", 0, "RULE must have held, judged at least N times (default: 1)", 1 },
	{ 0 },
};

static error_t command_parse(int key, char *arg, struct argp_state *state)
{
	struct cw_run *r = state->input;

	switch (key) {
	case KEY_REQUIRE:
		return cw_policy_require(&r->policy, arg) ? EINVAL : 0;
	case ARGP_KEY_ARG:
		/* everything from here on is the command */
		r->command = &state->argv[state->next - 1];
		r->policy.gate = true;
		state->next = state->argc;
		return 0;
	default:
		return key == KEY_FOR ? until_parse(key, arg, state) : ARGP_ERR_UNKNOWN;
	}
}

static const struct argp command_argp = { .options = command_options, .parser = command_parse };

/* ---- what is read back ---- */

static error_t recording_parse(int key, char *arg, struct argp_state *state)
{
	const char *name = command_name(state), **path = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (*path)
			return cw_say(EINVAL, "%s takes one recording: '%s'", name, arg);
		*path = arg;
		return 0;
	case ARGP_KEY_END:
		if (*path)
			return 0;
		return cw_say(EINVAL, "%s: no recording given (cocowatch %s FILE.ccw)", name, name);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp cw_recording_argp = { .parser = recording_parse };

/* ---- who takes which ---- */

const struct argp_child cw_watch_children[] = {
	{ &until_argp, 0, NULL, 0 },
	{ &watching_argp, 0, NULL, 0 },
	{ &policy_argp, 0, NULL, 0 },
	{ &cw_common_argp, 0, NULL, 0 },
	{ 0 },
};

const struct argp_child cw_gate_children[] = {
	{ &command_argp, 0, NULL, 0 },
	{ &watching_argp, 0, NULL, 0 },
	{ &policy_argp, 0, NULL, 0 },
	{ &cw_common_argp, 0, NULL, 0 },
	{ 0 },
};

const struct argp_child cw_metrics_children[] = {
	{ &until_argp, 0, NULL, 0 },
	{ &watching_argp, 0, NULL, 0 },
	{ &policy_argp, 0, NULL, 0 },
	{ &quiet_argp, 0, NULL, 0 },
	{ 0 },
};

const struct argp_child cw_top_children[] = {
	{ &until_argp, 0, NULL, 0 },
	{ &watching_argp, 0, NULL, 0 },
	{ &quiet_argp, 0, NULL, 0 },
	{ 0 },
};

error_t cw_run_inputs(struct argp_state *state, const struct argp_child *children, struct cw_run *r)
{
	size_t i;

	for (i = 0; children[i].argp; i++)
		state->child_inputs[i] =
			children[i].argp->parser == common_parse ? (void *)&r->common : r;
	return 0;
}

/* ---- parsing ---- */

bool cw_options_parse(const struct argp *argp, int argc, char **argv, bool in_order, void *input,
		      int *status)
{
	int got = cw_args_parse(argp, argc, argv, in_order, input);

	*status = CW_EXIT_USAGE;
	if (got == CW_ARGS_HELP)
		*status = CW_EXIT_HELD;
	else if (got == -EIO)
		*status = CW_EXIT_UNKNOWN;
	return !got;
}
