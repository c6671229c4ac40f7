// SPDX-License-Identifier: GPL-2.0-only
/* Options that commands share. */
#include "options.h"

#include <errno.h>
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
};

error_t cw_option_bad(const char *option, const char *arg, const char *wanted)
{
	cw_say(0, "%s: '%s' is not %s", option, arg, wanted);
	return EINVAL;
}

/* ---- shared by all commands ---- */

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

static const struct argp_option common_options[] = {
	{ "output", 'o', "FORMAT[=FILE]", 0,
	  "text or ndjson, for sessions junit, tap, sarif or journal too, to FILE or stdout; may be given several "
	  "times (default: text)", 10 },
	{ "debug", KEY_DEBUG, NULL, 0, "show what libbpf says", 11 },
	{ 0 },
};

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

/* ---- shared by commands that watch ---- */

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
		if (cw_parse_duration(arg, &r->slow_limit_ns))
			return cw_option_bad("--slow-limit", arg, "a duration (such as 500ms, 30s or 5m)");
		return 0;
	case KEY_MAX_WALK:
		if (cw_parse_u64(arg, &value) || !value || value > 1 << 30)
			return cw_option_bad("--max-walk", arg, "a count from 1 to 1073741824");
		r->session.max_walk = (__u32)value;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp cw_watching_argp = { .options = watching_options, .parser = watching_parse };

/* ---- shared by commands that judge ---- */

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

const struct argp cw_policy_argp = { .options = policy_options, .parser = policy_parse };

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
