/* SPDX-License-Identifier: GPL-2.0-only */
/* What replay, report and export have in common: a recording, opened, and the session it was. */
#ifndef CW_RECORDED_H
#define CW_RECORDED_H

#include "out.h"
#include "record_read.h"

struct cw_recorded {
	const char *path;
	struct cw_recording *recording;
	const struct cw_recording_info *info;
	struct cw_start start;		/* as writers were told of it */
};

/* what: the command, for the message.  0, or an exit status after it: 2 for what is no recording
 * or no file, 3 for one that cannot be read.
 */
int cw_recorded_open(struct cw_recorded *r, const char *path, const char *what);
void cw_recorded_close(struct cw_recorded *r);

#endif
