// SPDX-License-Identifier: GPL-2.0-only
/* A recording, opened for a command. */
#include "recorded.h"

#include <errno.h>
#include <string.h>

#include "err.h"
#include "exit.h"

int cw_recorded_open(struct cw_recorded *r, const char *path, const char *what)
{
	char why[256];
	int err;

	memset(r, 0, sizeof(*r));
	r->path = path;
	err = cw_recording_open(&r->recording, path, why, sizeof(why));
	if (err) {
		cw_say(0, "cannot %s %s: %s", what, path, why);
		return err == -EINVAL || err == -ENOENT || err == -EISDIR ? CW_EXIT_USAGE :
									    CW_EXIT_UNKNOWN;
	}
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
