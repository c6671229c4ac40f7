// SPDX-License-Identifier: GPL-2.0-only
/* Makes a recording of a session that never was, for tests of what reads recordings.
 *
 * Usage: make_recording FILE TRANSITIONS    (some of them are broken, and one page is freed shared)
 */
#include <stdio.h>
#include <unistd.h>

#include "../unit/made.h"

#define PLACES 4096		/* ranges that are made shared and private again */
#define BROKEN_EVERY 1000
#define PAUSE_EVERY 100
#define PAUSE_US 10000		/* 100,000 records a second, which a writer is to keep up with */

static void session(struct made *m, unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < nr; i++) {
		__u64 gfn = 0x10000 + i % PLACES * 16;

		made_transition(m, gfn, 1 + (__u32)(i % 16), !(i / PLACES % 2),
				i % BROKEN_EVERY == 77);
		if (i == nr / 2)
			made_free(m, gfn, true);
		else if (i % 64 == 1)
			made_free(m, gfn, false);
		if (i % PAUSE_EVERY == PAUSE_EVERY - 1)
			usleep(PAUSE_US);
	}
}

int main(int argc, char **argv)
{
	struct made *m = calloc(1, sizeof(*m));
	struct cw_recorder_opts opts = { .path = argc == 3 ? argv[1] : NULL };
	struct cw_recording_info *info;
	struct cw_recorder *recorder;
	char why[256];

	if (argc != 3 || !m) {
		fprintf(stderr, "usage: make_recording FILE TRANSITIONS\n");
		return 2;
	}
	if (cw_recorder_new(&recorder, &opts, why, sizeof(why))) {
		fprintf(stderr, "%s: %s\n", argv[1], why);
		return 3;
	}
	made_init(m, recorder);
	m->stacks = true;
	info = made_info(m);
	if (!info || cw_recorder_start(recorder, info, m->symbols))
		return 3;
	session(m, strtoul(argv[2], NULL, 10));
	cw_recorder_stop(recorder);
	made_finish(m, info);
	return cw_recorder_finish(recorder, info) ? 3 : 0;
}
