// SPDX-License-Identifier: GPL-2.0-only
/* The recording of a session that runs. */
#include "running.h"

#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "err.h"

int cw_running_record_open(struct running *s)
{
	const struct cw_run *r = s->run;
	const struct cw_recorder_opts opts = {
		.path = r->common.recording,
		.last_ns = r->last_ns,
		.include_addresses = r->include_addresses,
	};
	char why[256];
	int err;

	if (!opts.path)
		return 0;
	err = cw_recorder_new(&s->recorder, &opts, why, sizeof(why));
	if (err)
		cw_say(0, "cannot record to %s: %s", opts.path, why);
	return err;
}

/* All that holds for the session, as it is now. */
static struct cw_recording_info *info_make(const struct running *s)
{
	struct cw_recording_info *info = calloc(1, sizeof(*info));
	const struct cw_run *r = s->run;

	if (!info)
		return NULL;
	info->abi_major = CW_ABI_MAJOR;
	info->abi_minor = CW_ABI_MINOR;
	info->record_hot = r->session.record_hot;
	info->record_steps = r->session.record_steps;
	info->record_frees = r->session.record_frees;
	info->include_addresses = r->include_addresses;
	info->has_command = r->command;
	info->last_ns = r->last_ns;
	info->slow_limit_ns = r->slow_limit_ns;
	info->ts_ns = s->start.ts_ns;
	info->wall_offset_ns = s->start.wall_offset_ns;
	info->duration_ns = cw_clock_ns(CLOCK_MONOTONIC) - s->start.ts_ns;
	info->platform = s->platform;
	snprintf(info->mode, sizeof(info->mode), "%s", s->platform.mode);
	snprintf(info->source, sizeof(info->source), "%s", s->arming.source->name);
	info->fmt = s->start.fmt;
	info->arming = s->arming;
	info->policy = r->policy;
	info->reactions = r->reactions;
	info->command = (char **)r->command;
	return info;
}

static void verdict_note(struct cw_recording_info *info, const struct cw_verdict *verdict,
			 const struct cw_totals *totals, const struct cw_ending *ending)
{
	__u32 i;

	info->complete = true;
	info->totals = *totals;
	info->ending = *ending;
	info->exit = verdict->exit;
	for (i = 0; i < CW_RULE_NR; i++)
		info->outcome[i] = verdict->outcome[i];
}

static void pages_note(void *ctx, __u64 gfn, __u64 nr, __u32 state)
{
	cw_recorder_pages(ctx, gfn, nr, state);
}

int cw_running_record(struct running *s)
{
	struct cw_recording_info *info;
	int err = -ENOMEM;

	if (!s->recorder)
		return 0;
	info = info_make(s);
	if (info)
		err = cw_recorder_start(s->recorder, info, s->feed.symbols);
	free(info);
	if (err)
		return cw_err(err, "cannot record to %s", s->run->common.recording);
	cw_session_pages(s->session, pages_note, s->recorder);
	return 0;
}

bool cw_running_want(struct running *s)
{
	if (!s->recorder || !cw_recorder_is_flight(s->recorder))
		return false;
	cw_recorder_want(s->recorder);
	return true;
}

/* A snapshot ends with the verdict that a session ending now would have. */
static void snapshot(struct running *s, __u64 now_ns)
{
	struct cw_recording_info *info = info_make(s);
	struct cw_ending ending = { .user_blind = s->feed.malformed };
	struct cw_verdict *verdict = malloc(sizeof(*verdict));
	struct cw_totals totals;

	if (info && verdict) {
		cw_session_totals(s->session, &totals);
		cw_recorder_totals(s->recorder, &totals);
		cw_verdict_judge(verdict, &s->run->policy, &s->arming, &totals, &ending);
		verdict_note(info, verdict, &totals, &ending);
		info->stopped_early = true;
		/* it lives on elsewhere, and may be gone when this is written */
		info->command = NULL;
		info->has_command = false;
		cw_recorder_snapshot(s->recorder, info, now_ns);
	}
	free(info);
	free(verdict);
}

void cw_running_attend(struct running *s, __u64 now_ns)
{
	cw_running_expire(s, now_ns);
	if (s->recorder && cw_recorder_is_wanted(s->recorder, now_ns))
		snapshot(s, now_ns);
}

static void totals_take(const struct running *s, struct cw_totals *t)
{
	cw_session_totals(s->session, t);
	if (s->recorder)
		cw_recorder_totals(s->recorder, t);
}

void cw_running_totals(struct running *s, struct cw_totals *t)
{
	if (s->recorder) {
		/* what came since the last snapshot, and may have been too early for another */
		if (cw_recorder_is_wanted(s->recorder, ~0ULL))
			snapshot(s, cw_clock_ns(CLOCK_MONOTONIC));
		cw_recorder_stop(s->recorder);
	}
	totals_take(s, t);
}

int cw_running_recorded(struct running *s, const struct cw_finish *finish,
			struct cw_totals *totals)
{
	struct cw_recording_info *info;
	int err = -ENOMEM;

	if (!s->recorder)
		return 0;
	info = info_make(s);
	if (info) {
		verdict_note(info, finish->verdict, finish->totals, finish->ending);
		info->duration_ns = finish->duration_ns;
		err = cw_recorder_finish(s->recorder, info);
	}
	free(info);
	if (err)
		totals_take(s, totals);
	return err;
}
