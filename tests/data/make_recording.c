// SPDX-License-Identifier: GPL-2.0-only
/* Makes a recording of a session that never was, for tests of what reads recordings.
 *
 * Usage: make_recording FILE TRANSITIONS    (some of them are broken, and one page is freed shared)
 *        make_recording --endless FILE TABLE    (a table of a recording: it is damaged from now on)
 */
#include <stdio.h>
#include <unistd.h>

#include "../unit/endless.h"
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

static int record(const char *path, unsigned long nr)
{
	struct made *m = calloc(1, sizeof(*m));
	struct cw_recorder_opts opts = { .path = path };
	struct cw_recording_info *info;
	struct cw_recorder *recorder;
	char why[256];

	if (!m)
		return 3;
	if (cw_recorder_new(&recorder, &opts, why, sizeof(why))) {
		fprintf(stderr, "%s: %s\n", path, why);
		return 3;
	}
	made_init(m, recorder);
	m->stacks = true;
	info = made_info(m);
	if (!info || cw_recorder_start(recorder, info, m->symbols))
		return 3;
	session(m, nr);
	cw_recorder_stop(recorder);
	made_finish(m, info);
	return cw_recorder_finish(recorder, info) ? 3 : 0;
}

int main(int argc, char **argv)
{
	if (argc == 3)
		return record(argv[1], strtoul(argv[2], NULL, 10));
	if (argc == 4 && !strcmp(argv[1], "--endless")) {
		if (!endless_make(argv[2], argv[3]))
			return 0;
		fprintf(stderr, "%s: there is no such table to change\n", argv[2]);
		return 3;
	}
	fprintf(stderr, "usage: make_recording FILE TRANSITIONS\n"
			"       make_recording --endless FILE TABLE\n");
	return 2;
}
