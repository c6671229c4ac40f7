// SPDX-License-Identifier: GPL-2.0-only
/* cocowatch export: a recording for other tools. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "err.h"
#include "exit.h"
#include "export.h"
#include "options.h"
#include "recorded.h"
#include "target.h"

#define TARGETS_MAX 8

struct target {
	const struct cw_export_ops *ops;
	const char *path;
};

struct export_opts {
	struct target target[TARGETS_MAX];
	size_t nr;
	const char *recording;
};

static const struct argp_option options[] = {
	{ "output", 'o', "FORMAT=PATH", 0, "perfetto=FILE, ctf=DIRECTORY or ndjson=FILE; repeat for several", 1 },
	{ 0 },
};

static const struct cw_export_ops *format_find(const char *arg, size_t len)
{
	size_t i;

	for (i = 0; cw_exports[i]; i++)
		if (strlen(cw_exports[i]->name) == len && !strncmp(cw_exports[i]->name, arg, len))
			return cw_exports[i];
	return NULL;
}

static error_t output_add(struct export_opts *o, const char *arg)
{
	const char *path = strchr(arg, '=');
	const struct cw_export_ops *ops = path ? format_find(arg, (size_t)(path - arg)) : NULL;
	size_t i;

	if (!ops || !path[1]) {
		cw_say(0, "--output '%s': expected perfetto=FILE, ctf=DIRECTORY or ndjson=FILE", arg);
		return EINVAL;
	}
	path++;
	for (i = 0; i < o->nr; i++)
		if (cw_target_same(o->target[i].path, path))
			return cw_say(EINVAL, "two outputs go to %s", path);
	if (o->nr == TARGETS_MAX) {
		cw_say(0, "--output '%s': at most %d outputs", arg, TARGETS_MAX);
		return EINVAL;
	}
	o->target[o->nr++] = (struct target){ .ops = ops, .path = path };
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct export_opts *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->recording;
		return 0;
	case 'o':
		return output_add(o, arg);
	case ARGP_KEY_END:
		return o->nr ? 0 : cw_say(EINVAL, "export needs an --output");
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = { { &cw_recording_argp, 0, NULL, 0 }, { 0 } };

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.children = children,
	.args_doc = "RECORDING",
	.doc = "Write a recording in the formats of other tools.\v"
	       "Exit status: 0 written, 2 usage or no recording, 3 damaged (what could be read is written) or it "
	       "could not be written.",
};

static int target_write(const struct target *t, struct cw_recorded *rec)
{
	struct cw_export x = {
		.ops = t->ops, .path = t->path, .info = rec->info, .start = &rec->start,
	};
	int err = cw_recording_rewind(rec->recording);

	if (!err)
		err = cw_export_run(&x, rec->recording);
	if (err == -EBADMSG)
		return cw_say(CW_EXIT_UNKNOWN, "%s: %s", rec->path, cw_recording_why(rec->recording));
	return err ? cw_say(CW_EXIT_UNKNOWN, "cannot write %s: %s", t->path, strerror(-err)) : CW_EXIT_HELD;
}

static bool outputs_check(const struct export_opts *o)
{
	size_t i;

	for (i = 0; i < o->nr; i++)
		if (!cw_target_spares(o->target[i].path, o->recording, "the recording"))
			return false;
	return true;
}

int cw_cmd_export(int argc, char **argv)
{
	struct export_opts o = { .nr = 0 };
	struct cw_recorded rec;
	int status = CW_EXIT_HELD, one;
	size_t i;

	if (!cw_options_parse(&argp, argc, argv, false, &o, &status))
		return status;
	status = cw_recorded_open(&rec, o.recording, "export");
	if (status)
		return status;
	status = outputs_check(&o) ? CW_EXIT_HELD : CW_EXIT_USAGE;
	for (i = 0; i < o.nr && status != CW_EXIT_USAGE; i++) {
		one = target_write(&o.target[i], &rec);
		if (one)
			status = one;
	}
	cw_recorded_close(&rec);
	return status;
}
