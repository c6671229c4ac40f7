// SPDX-License-Identifier: GPL-2.0-only
/* cocowatch selftest: every scenario of cocovm.ko, honest and misbehaving, rule by rule. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "err.h"
#include "exit.h"
#include "file.h"
#include "kmodule.h"
#include "libbpf_log.h"
#include "parse.h"
#include "rules.h"
#include "selftest_run.h"
#include "way.h"

#define MODULE "cocovm"
#define DEVICE "/dev/cocovm"
#define EMULATE "/sys/module/cocovm/parameters/emulate"
#define REMOVE_MS 20000		/* what a session held may be let go of later */
#define REPEAT_MAX 1000
#define SLOW_LIMIT_NS 60000000000ULL	/* how fast the machine is, is not what is tested */

enum {
	KEY_MODULE = 0x200,
	KEY_EMULATE,
	KEY_RULE,
	KEY_SEED,
	KEY_REPEAT,
	KEY_LIST,
	KEY_JUNIT,
	KEY_SLOW_LIMIT,
	KEY_MAX_WALK,
};

static const struct argp_option options[] = {
	{ "list", KEY_LIST, NULL, 0, "say what would be tried, and try nothing", 1 },
	{ "rule", KEY_RULE, "RULE", 0, "only the scenarios of RULE; may be given several times", 1 },
	{ "seed", KEY_SEED, "N", 0, "in an order made of N, not that of the module's table", 1 },
	{ "repeat", KEY_REPEAT, "N", 0, "run each misbehaviour N times (default: 3)", 1 },
	{ "junit", KEY_JUNIT, "FILE", 0, "the same as -o junit=FILE", 1 },
	{ "module", KEY_MODULE, "FILE", 0, "insert this cocovm.ko, and take it out at the end", 2 },
	{ "emulate", KEY_EMULATE, "MODE", 0, "have it emulate MODE, such as snp-vtom", 2 },
	{ "slow-limit", KEY_SLOW_LIMIT, "TIME", 0,
	  "how long a transition may stay open before T7 warns (default: 60s)", 5 },
	{ "max-walk", KEY_MAX_WALK, "N", 0,
	  "page-table entries read for one event (default: 262144, a range of 1 GiB)", 5 },
	{ 0 },
};

static error_t rule_add(struct selftest *t, const char *arg)
{
	int rule = cw_rule_find(arg);
	char hint[96];

	if (rule < 0) {
		cw_say(0, "--rule: unknown rule '%s'%s", arg,
		       cw_nearest_hint(hint, sizeof(hint), cw_rule_nearest(arg)));
		return EINVAL;
	}
	t->rules |= CW_RULE_BIT(rule);
	return 0;
}

/* Under the name that -o knows it by; nothing but selftest_print() ever asks it to write. */
static const struct cw_writer_ops junit_ops = { .name = "junit" };

static error_t junit_add(struct selftest *t, const char *file)
{
	struct cw_writers *ws = &t->common.writers;
	size_t i;

	for (i = 0; i < ws->nr; i++) {
		if (!ws->writer[i].path || strcmp(ws->writer[i].path, file))
			continue;
		cw_say(0, "two outputs go to %s", file);
		return EINVAL;
	}
	if (ws->nr == CW_WRITERS_MAX || !*file) {
		cw_say(0, *file ? "more than %d outputs" : "--junit names no file", CW_WRITERS_MAX);
		return EINVAL;
	}
	ws->writer[ws->nr++] = (struct cw_writer){ .ops = &junit_ops, .path = file };
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct selftest *t = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &t->common;
		return 0;
	case KEY_LIST:
		t->list = true;
		return 0;
	case KEY_RULE:
		return rule_add(t, arg);
	case KEY_SEED:
		t->shuffled = true;
		return cw_parse_u64(arg, &t->seed) ? cw_option_bad("--seed", arg, "a number") : 0;
	case KEY_REPEAT:
		return cw_option_count("--repeat", arg, REPEAT_MAX, &t->repeat);
	case KEY_JUNIT:
		return junit_add(t, arg);
	case KEY_MODULE:
		t->module = arg;
		return 0;
	case KEY_EMULATE:
		t->emulate = arg;
		return 0;
	case KEY_SLOW_LIMIT:
		return cw_option_duration("--slow-limit", arg, &t->slow_limit_ns);
	case KEY_MAX_WALK:
		return cw_option_count("--max-walk", arg, CW_MAX_WALK_LIMIT, &t->max_walk);
	case ARGP_KEY_ARG:
		return cw_no_arguments("selftest", arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = { { &cw_trial_argp, 0, NULL, 0 }, { 0 } };

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.children = children,
	.doc = "Have cocovm.ko misbehave in every way that it knows, and see that each is found for what it "
	       "is; then behave, and see that nothing is found.  Uses the module that is loaded, or loads "
	       "the one that is installed.  For test machines, not for production.\v"
	       "Exit status: 0 every rule that has a scenario fired on it and held with its honest twin, "
	       "1 one did not, 2 usage, 3 no verdict (the module or the programs could not be loaded, or "
	       "events were lost).",
};

/* ---- the module ---- */

/* The one that is there already.  0, or -errno after a message. */
static int module_use(const struct selftest *t)
{
	char mode[32];

	if (t->module)
		return cw_say(-EEXIST, "--module: cocovm is loaded already (rmmod cocovm, or leave the option out)");
	if (!t->emulate)
		return 0;
	if (!cw_file_line("", EMULATE, mode, sizeof(mode)) && !strcmp(mode, t->emulate))
		return 0;
	return cw_say(-EEXIST, "--emulate: cocovm is loaded already, in another mode (rmmod cocovm)");
}

/* *inserted: it is to be taken out again.  0, or -errno after a message. */
static int module_get(const struct selftest *t, bool *inserted)
{
	char why[512], params[64] = "";
	int err;

	*inserted = false;
	if (cw_kmodule_is_loaded(MODULE))
		return module_use(t);
	if (t->emulate && snprintf(params, sizeof(params), "emulate=%s", t->emulate) >= (int)sizeof(params))
		return cw_say(-EINVAL, "--emulate: no mode has so long a name");
	if (t->module) {
		err = cw_kmodule_insert(t->module, params, why, sizeof(why));
		if (err)
			return cw_say(err, "cannot insert %s", why);
	} else if (cw_kmodule_probe(MODULE, params)) {
		return cw_say(-ENOENT, "the module cocovm is neither loaded nor installed (--module FILE inserts one)");
	}
	*inserted = true;
	return 0;
}

static void module_put(bool inserted)
{
	int err = inserted ? cw_kmodule_remove(MODULE, REMOVE_MS) : 0;

	if (err)
		cw_err(err, "cannot take cocovm out again");
}

static int catalogue_get(struct selftest *t)
{
	FILE *f = fopen(DEVICE, "re");
	char why[256];
	int err;

	if (!f)
		return cw_err(-errno, "cannot read " DEVICE);
	err = cw_catalogue_read(&t->catalogue, f, why, sizeof(why));
	fclose(f);
	return err ? cw_say(err, "cannot use the catalogue in " DEVICE ": %s", why) : 0;
}

/* ---- the command ---- */

/* A rule without a scenario would pass unseen. */
static int rules_check(const struct selftest *t)
{
	__u64 missing = t->rules;
	size_t i;

	for (i = 0; i < t->catalogue.nr; i++)
		if (t->catalogue.row[i].rule != CW_NO_RULE)
			missing &= ~CW_RULE_BIT(t->catalogue.row[i].rule);
	if (!missing)
		return 0;
	return cw_say(-ENOENT, "--rule: the module has no scenario for %s",
		      cw_rule_info((__u32)__builtin_ctzll(missing))->id);
}

static int try_all(struct selftest *t)
{
	char why[512];

	cw_platform_read(&t->platform, "");
	cw_way_find(&t->platform);
	if (cw_platform_check(&t->platform, true, false, why, sizeof(why)))
		return cw_say(CW_EXIT_UNKNOWN, "cannot watch: %s", why);
	if (selftest_run(t))
		return CW_EXIT_UNKNOWN;
	return t->result.exit;
}

/* What there is to say goes to every output. */
static int print_all(struct selftest *t, int status)
{
	struct cw_writers *ws = &t->common.writers;
	size_t i;

	for (i = 0; i < ws->nr; i++) {
		if (t->list)
			selftest_print_list(t, &ws->writer[i]);
		else
			selftest_print(t, &ws->writer[i]);
	}
	if (!cw_writers_flush(ws) && status != CW_EXIT_VIOLATED)
		return CW_EXIT_UNKNOWN;
	return status;
}

static int selftest(struct selftest *t)
{
	bool inserted;
	int ret = CW_EXIT_HELD;

	if (module_get(t, &inserted))
		return CW_EXIT_UNKNOWN;
	if (catalogue_get(t) || rules_check(t))
		ret = CW_EXIT_UNKNOWN;
	else if (!t->list)
		ret = try_all(t);
	module_put(inserted);
	/* what could not even begin has said why */
	if (t->list ? t->catalogue.nr : t->result.nr)
		ret = print_all(t, ret);
	free(t->result.trial);
	cw_catalogue_free(&t->catalogue);
	return ret;
}

int cw_cmd_selftest(int argc, char **argv)
{
	static struct selftest t = { .repeat = 3, .slow_limit_ns = SLOW_LIMIT_NS };
	int status;

	if (!cw_options_parse(&argp, argc, argv, false, &t, &status))
		return status;
	if (!cw_outputs_check(&t.common.writers, t.list ? "selftest --list" : "selftest"))
		return CW_EXIT_USAGE;
	cw_libbpf_init(t.common.debug);
	if (cw_writers_open(&t.common.writers))
		return CW_EXIT_UNKNOWN;
	status = selftest(&t);
	if (!cw_writers_close(&t.common.writers) && status != CW_EXIT_VIOLATED)
		status = CW_EXIT_UNKNOWN;
	return status;
}
