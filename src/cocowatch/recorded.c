// SPDX-License-Identifier: GPL-2.0-only
/* A recording, opened for a command. */
#include "recorded.h"

#include <errno.h>
#include <string.h>

#include "err.h"
#include "exit.h"

int cw_recorded_open(struct cw_recorded *r, const char *path)
{
	char why[256];
	int err;

	memset(r, 0, sizeof(*r));
	r->path = path;
	err = cw_recording_open(&r->recording, path, why, sizeof(why));
	if (err)
		return cw_say(err == -EINVAL ? CW_EXIT_USAGE : CW_EXIT_UNKNOWN, "%s: %s", path, why);
	r->info = cw_recording_info(r->recording);
	r->start = (struct cw_start){
		.platform = &r->info->platform,
		.arming = &r->info->arming,
		.policy = &r->info->policy,
		.fmt = r->info->fmt,
		.symbols = cw_recording_symbols(r->recording),
		.wall_offset_ns = r->info->wall_offset_ns,
		.ts_ns = r->info->ts_ns,
		.command = r->info->command,
		.include_addresses = r->info->include_addresses,
	};
	return 0;
}

void cw_recorded_close(struct cw_recorded *r)
{
	cw_recording_close(r->recording);
	r->recording = NULL;
}
