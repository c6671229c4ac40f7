// SPDX-License-Identifier: GPL-2.0-only
/* From a recording to a format. */
#include "export.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "events.h"
#include "record_read.h"

const struct cw_export_ops *const cw_exports[] = {
	&cw_export_perfetto, &cw_export_ctf, &cw_export_ndjson, NULL,
};

static int on_finding(void *ctx, const struct cw_rec_violation *v)
{
	struct cw_export *x = ctx;

	return x->ops->finding(x, v);
}

/* Stacks and verdicts are told as findings, which have more. */
static int events_tell(struct cw_export *x, struct cw_recording *r)
{
	const struct cw_rec_hdr *ev;
	int more, err = 0, bad = 0;

	while (!err && (more = cw_recording_next(r, &ev)) != 0) {
		if (more < 0)
			bad = more;
		else if (cw_event_info(ev->type))
			err = x->ops->event(x, ev);
	}
	return err ? err : bad;
}

int cw_export_run(struct cw_export *x, struct cw_recording *r)
{
	int err = x->ops->open(x), bad = 0, closed;

	if (!err) {
		bad = events_tell(x, r);
		err = bad == -EBADMSG ? 0 : bad;
	}
	if (!err) {
		err = cw_recording_violations(r, on_finding, x);
		if (err == -EBADMSG) {
			bad = err;
			err = 0;
		}
	}
	closed = x->ops->close(x);
	if (!err)
		err = closed;
	return err ? err : bad;
}

int cw_export_file_open(struct cw_export *x)
{
	int fd = open(x->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	x->file = fdopen(fd, "w");
	if (x->file)
		return 0;
	close(fd);
	return -ENOMEM;
}

int cw_export_file_close(struct cw_export *x)
{
	int failed, err = 0;

	if (!x->file)
		return 0;
	failed = ferror(x->file);
	if (fclose(x->file) || failed)
		err = errno ? -errno : -EIO;
	x->file = NULL;
	return err;
}
