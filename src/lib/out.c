// SPDX-License-Identifier: GPL-2.0-only
/* The table of writers.  Every write is checked: a full disk is told once, the
 * session goes on, and its verdict is no longer a pass.
 */
#include "out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "parse.h"
#include "target.h"

static const struct cw_writer_ops *const formats[] = { &cw_out_text, &cw_out_ndjson, &cw_out_junit,
						      &cw_out_tap, &cw_out_sarif,
						      &cw_out_journal };

#define BUFFER_BYTES (64 << 10)	/* holds a report, so that the errno of its one write is seen */

#define NR_FORMATS (sizeof(formats) / sizeof(formats[0]))

static const struct cw_writer_ops *format_find(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < NR_FORMATS; i++)
		if (strlen(formats[i]->name) == len && !strncmp(formats[i]->name, name, len))
			return formats[i];
	return NULL;
}

const struct cw_writer_ops *cw_writers_format(size_t i)
{
	return i < NR_FORMATS ? formats[i] : NULL;
}

static int format_unknown(const char *name, size_t len)
{
	const char *names[NR_FORMATS];
	char typed[32], hint[96];
	size_t i;

	snprintf(typed, sizeof(typed), "%.*s", (int)len, name);
	for (i = 0; i < NR_FORMATS; i++)
		names[i] = formats[i]->name;
	cw_nearest_hint(hint, sizeof(hint), cw_nearest(typed, names, NR_FORMATS));
	cw_say(0, "unknown output '%s'%s", typed, hint);
	return -EINVAL;
}

bool cw_writers_know(const char *arg)
{
	return format_find(arg, strcspn(arg, "="));
}

int cw_writers_add(struct cw_writers *ws, const char *arg)
{
	const char *equals = strchr(arg, '=');
	size_t len = equals ? (size_t)(equals - arg) : strlen(arg), i;
	const struct cw_writer_ops *ops = format_find(arg, len);
	const char *path = equals ? equals + 1 : NULL;

	if (!ops)
		return format_unknown(arg, len);
	if (path && !*path) {
		cw_say(0, "output '%s' names no file", arg);
		return -EINVAL;
	}
	path = path ? path : ops->path;
	for (i = 0; i < ws->nr; i++) {
		if (!cw_target_same(ws->writer[i].path, path))
			continue;
		cw_say(0, "two outputs go to %s", path ? path : "stdout");
		return -EINVAL;
	}
	if (ws->nr == CW_WRITERS_MAX) {
		cw_say(0, "more than %d outputs", CW_WRITERS_MAX);
		return -EINVAL;
	}
	ws->writer[ws->nr++] = (struct cw_writer){ .ops = ops, .path = path };
	return 0;
}

bool cw_writers_spare(const struct cw_writers *ws, const char *file, const char *what)
{
	size_t i;

	for (i = 0; file && i < ws->nr; i++)
		if (!cw_target_spares(ws->writer[i].path, file, what))
			return false;
	return !file || ws->nr || ws->none_is_fine || cw_target_spares(NULL, file, what);
}

bool cw_writers_apart(const struct cw_writers *ws, const char *file)
{
	const char *path;
	size_t i;

	for (i = 0; file && i < ws->nr; i++) {
		path = ws->writer[i].path;
		if (cw_target_spoils(path, file))
			return cw_say(false, "two outputs go to %s", path ? path : "stdout");
	}
	return true;
}

static bool wants_color(FILE *f)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (no_color && *no_color)
		return false;
	return isatty(fileno(f)) && term && strcmp(term, "dumb");
}

static FILE *writer_file(const struct cw_writer *w)
{
	if (!w->path)
		return stdout;
	return w->ops->open ? w->ops->open(w->path) : fopen(w->path, "we");
}

int cw_writers_open(struct cw_writers *ws)
{
	size_t i;

	if (!ws->nr && !ws->none_is_fine)
		ws->writer[ws->nr++] = (struct cw_writer){ .ops = &cw_out_text };
	for (i = 0; i < ws->nr; i++) {
		struct cw_writer *w = &ws->writer[i];

		w->file = writer_file(w);
		if (!w->file)
			return cw_err(-errno, "cannot write %s", w->path);
		setvbuf(w->file, NULL, _IOFBF, BUFFER_BYTES);	/* flushed after each report */
		w->color = wants_color(w->file);
	}
	return 0;
}

static bool others_alive(const struct cw_writers *ws)
{
	size_t i;

	for (i = 0; i < ws->nr; i++)
		if (!ws->writer[i].failed)
			return true;
	return false;
}

/* Sees whether what was just printed got through. */
static void writer_check(struct cw_writers *ws, struct cw_writer *w)
{
	int err;

	errno = 0;
	if (!w->file)
		return;
	if (!fflush(w->file) && !ferror(w->file))
		return;
	err = errno ? errno : EIO;
	w->failed = true;
	if (err == EPIPE && !w->path) {
		ws->pipe_closed = !others_alive(ws);
		if (ws->pipe_ends)
			return;
	}
	cw_err(-err, "cannot write %s output to %s", w->ops->name, w->path ? w->path : "stdout");
}

void cw_writers_start(struct cw_writers *ws, const struct cw_start *start)
{
	size_t i;

	ws->start = start;
	for (i = 0; i < ws->nr; i++) {
		struct cw_writer *w = &ws->writer[i];

		w->start = start;
		w->ops->start(w, start);
		writer_check(ws, w);
	}
}

void cw_writers_armed(struct cw_writers *ws, __u64 rules, __u64 ts_ns)
{
	size_t i;

	for (i = 0; i < ws->nr; i++) {
		struct cw_writer *w = &ws->writer[i];

		if (w->failed)
			continue;
		w->ops->armed(w, rules, ts_ns);
		writer_check(ws, w);
	}
}

void cw_writers_report(struct cw_writers *ws, const struct cw_report *r)
{
	size_t i;

	for (i = 0; i < ws->nr; i++) {
		struct cw_writer *w = &ws->writer[i];

		if (w->failed)
			continue;
		w->ops->report(w, r);
		writer_check(ws, w);
	}
}

/* Index of the writer on stdout that still writes; ws->nr without one. */
static size_t stdout_writer(const struct cw_writers *ws)
{
	size_t i;

	for (i = 0; i < ws->nr; i++)
		if (!ws->writer[i].path && !ws->writer[i].failed)
			break;
	return i;
}

int cw_writers_stdout_fd(const struct cw_writers *ws)
{
	return stdout_writer(ws) < ws->nr ? STDOUT_FILENO : -1;
}

void cw_writers_stdout_gone(struct cw_writers *ws)
{
	size_t i = stdout_writer(ws);

	if (i == ws->nr)
		return;
	ws->writer[i].failed = true;
	ws->pipe_closed = !others_alive(ws);
}

bool cw_writers_failed(const struct cw_writers *ws)
{
	size_t i;

	for (i = 0; i < ws->nr; i++)
		if (ws->writer[i].failed)
			return true;
	return false;
}

bool cw_writers_finish(struct cw_writers *ws, const struct cw_finish *f)
{
	bool good = true;
	size_t i;

	for (i = 0; i < ws->nr; i++) {
		struct cw_writer *w = &ws->writer[i];

		if (w->failed)
			continue;
		w->ops->finish(w, f);
		writer_check(ws, w);
		good = good && !w->failed;
	}
	return good;
}

bool cw_writers_flush(struct cw_writers *ws)
{
	size_t i;

	for (i = 0; i < ws->nr; i++)
		if (!ws->writer[i].failed)
			writer_check(ws, &ws->writer[i]);
	return !cw_writers_failed(ws);
}

void cw_writers_sync(const struct cw_writers *ws)
{
	size_t i;

	for (i = 0; i < ws->nr; i++)
		if (ws->writer[i].path && ws->writer[i].file)
			fsync(fileno(ws->writer[i].file));
}

bool cw_writers_close(struct cw_writers *ws)
{
	bool good = true;
	size_t i;

	for (i = 0; i < ws->nr; i++) {
		struct cw_writer *w = &ws->writer[i];

		if (w->path && w->file && fclose(w->file) && !w->failed) {
			cw_err(-errno, "cannot write %s", w->path);
			good = false;
		}
		if (w->kept && w->ops->free)
			w->ops->free(w);
		w->kept = NULL;
		w->file = NULL;
	}
	return good;
}
