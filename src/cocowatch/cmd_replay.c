// SPDX-License-Identifier: GPL-2.0-only
/* cocowatch replay: a recording judged again, on any machine. */
#include <errno.h>
#include <stdlib.h>

#include "cmd.h"
#include "err.h"
#include "exit.h"
#include "options.h"
#include "recorded.h"
#include "replay.h"

struct replay_opts {
	struct cw_common common;
	const char *path;
};

static const struct argp_child children[] = { { &cw_common_argp, 0, NULL, 0 },
					      { &cw_recording_argp, 0, NULL, 0 }, { 0 } };

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct replay_opts *o = state->input;

	(void)arg;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = &o->common;
	state->child_inputs[1] = &o->path;
	return 0;
}

static const struct argp argp = {
	.parser = parse,
	.children = children,
	.args_doc = "FILE.ccw",
	.doc = "Judge a recording again with the engine of this program, and report what was reported when "
	       "it was made.\v"
	       "Exit status: 0 held, 1 violated, 2 usage or no recording, 3 no verdict (the recording is "
	       "damaged, incomplete, or judged otherwise now), 4 the rules held and the command failed.",
};

/* Rules that were armed later are told when their time comes. */
static void arming_begin(struct cw_arming *arming, const struct cw_recording_info *info)
{
	__u32 i;

	*arming = info->arming;
	for (i = 0; i < CW_RULE_NR; i++) {
		if (!arming->since_ns[i])
			continue;
		arming->armed &= ~CW_RULE_BIT(i);
		snprintf(arming->why_rule[i], CW_WHY_LEN, "its kernel module came later");
	}
}

static void differences_tell(const char *path, struct cw_recording *r,
			     const struct cw_replayed *replayed)
{
	if (replayed->damaged)
		cw_say(0, "%s is damaged: %s", path, cw_recording_why(r));
	if (replayed->nr_differ)
		cw_say(0, "%s: the replay differs from the recording in %llu places: %s", path,
		       replayed->nr_differ, replayed->differs);
}

static int replay(const struct cw_recorded *rec, struct cw_writers *writers)
{
	const struct cw_recording_info *info = rec->info;
	struct cw_start start = rec->start;
	struct cw_replayed replayed;
	struct cw_verdict verdict;
	struct cw_arming arming;
	struct cw_ending ending;
	struct cw_finish finish = {
		.verdict = &verdict,
		.totals = &replayed.totals,
		.told = &replayed.told,
		.ending = &ending,
		.reactions = &info->reactions,
		.duration_ns = info->duration_ns,
	};
	bool good;
	int err;

	arming_begin(&arming, info);
	start.arming = &arming;
	cw_writers_start(writers, &start);
	err = cw_replay_run(rec->recording, writers, NULL, &replayed);
	if (err)
		return cw_err(err, "cannot replay %s", rec->path);
	arming = info->arming;
	if (!info->complete && replayed.last_ns > info->ts_ns)
		finish.duration_ns = replayed.last_ns - info->ts_ns;
	differences_tell(rec->path, rec->recording, &replayed);
	cw_replay_judge(info, &replayed, cw_writers_failed(writers), &ending, &verdict);
	good = cw_writers_finish(writers, &finish);
	cw_replay_end(&replayed);
	return good || verdict.exit == CW_EXIT_VIOLATED ? (int)verdict.exit : CW_EXIT_UNKNOWN;
}

int cw_cmd_replay(int argc, char **argv)
{
	struct replay_opts o = { .path = NULL };
	struct cw_recorded rec;
	int status;

	if (!cw_options_parse(&argp, argc, argv, false, &o, &status))
		return status;
	status = cw_recorded_open(&rec, o.path, "replay");
	if (status)
		return status;
	status = cw_writers_spare(&o.common.writers, o.path, "the recording") ? 0 : CW_EXIT_USAGE;
	if (!status)
		status = cw_writers_open(&o.common.writers);
	if (!status)
		status = replay(&rec, &o.common.writers);
	if (!cw_writers_close(&o.common.writers) &&
	    (status == CW_EXIT_HELD || status == CW_EXIT_COMMAND))
		status = CW_EXIT_UNKNOWN;
	cw_recorded_close(&rec);
	return status;
}
