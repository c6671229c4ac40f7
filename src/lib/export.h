/* SPDX-License-Identifier: GPL-2.0-only */
/* Recordings for other tools.  A format is a table of functions; it is told every event and every
 * finding, and writes them down.
 */
#ifndef CW_EXPORT_H
#define CW_EXPORT_H

#include <stdio.h>
#include <linux/types.h>

#include <cocowatch/event.h>

#include "out.h"
#include "record_schema.h"

struct cw_export {
	const struct cw_export_ops *ops;
	const char *path;		/* a file, or a directory for formats that need one */
	const struct cw_recording_info *info;
	const struct cw_start *start;
	FILE *file;			/* opened by the format */
	void *own;			/* the format's */
};

struct cw_export_ops {
	const char *name;
	const char *help;
	/* 0 or -errno; close is called whenever open was, and tells what writing said at last */
	int (*open)(struct cw_export *x);
	int (*event)(struct cw_export *x, const struct cw_rec_hdr *ev);
	int (*finding)(struct cw_export *x, const struct cw_rec_violation *v);
	int (*close)(struct cw_export *x);
};

/* NULL behind the last. */
extern const struct cw_export_ops *const cw_exports[];

extern const struct cw_export_ops cw_export_ndjson;
extern const struct cw_export_ops cw_export_perfetto;
extern const struct cw_export_ops cw_export_ctf;

struct cw_recording;

/* Tells everything in a recording to the format.  0, -EBADMSG for a damaged recording (what could
 * be read has been written), or -errno of writing.
 */
int cw_export_run(struct cw_export *x, struct cw_recording *r);

/* What the formats that write one file have in common. */
int cw_export_file_open(struct cw_export *x);
int cw_export_file_close(struct cw_export *x);

#endif
