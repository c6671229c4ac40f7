// SPDX-License-Identifier: GPL-2.0-only
/* cocowatch metrics: a running session for Prometheus, by HTTP or in a file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "cmd.h"
#include "err.h"
#include "exit.h"
#include "listen.h"
#include "live_view.h"
#include "metrics.h"
#include "metrics_http.h"
#include "parse.h"
#include "rules.h"
#include "run.h"
#include "target.h"

#define SAMPLE_NS 100000000ULL	/* however often somebody asks */
#define INTERVAL_MIN_NS 1000000000ULL

enum {
	KEY_INTERVAL = 0x200,
	KEY_LAST,
	KEY_LISTEN,
	KEY_ANYWHERE,
	KEY_TEXTFILE,
};

struct metrics {
	struct cw_run run;
	struct live_view view;
	struct cw_metrics_head head;
	const char *listen_text;	/* NULL: no endpoint */
	struct cw_listen listen;
	bool anywhere;
	int listen_fd;
	struct http http;
	const char *textfile;		/* NULL: none */
	__u64 interval_ns;
	__u64 next_ns;			/* when to write it again */
	bool file_failed;		/* told once */
};

static const struct argp_option options[] = {
	{ "listen", KEY_LISTEN, "ADDRESS", 0,
	  "serve /metrics on 127.0.0.1:PORT, [::1]:PORT or unix:PATH (usual port: 9464)", 1 },
	{ "listen-anywhere", KEY_ANYWHERE, NULL, 0,
	  "let --listen take an address that other machines reach; there is no password and no encryption", 1 },
	{ "textfile", KEY_TEXTFILE, "FILE", 0,
	  "write FILE anew at each interval, for the textfile collector of a node exporter", 2 },
	{ "interval", KEY_INTERVAL, "TIME", 0, "between two writes of the file (default: 15s)", 2 },
	{ "last", KEY_LAST, "TIME", 0,
	  "with -o FILE.ccw or -o DIRECTORY: keep the last TIME in memory, and write it there when a violation "
	  "comes or at SIGUSR1", 3 },
	{ 0 },
};

/* What goes on for months keeps a history, and never writes all of it. */
static error_t recorder_check(struct metrics *m)
{
	struct cw_session_opts *s = &m->run.session;

	if (!m->run.common.recording != !m->run.last_ns) {
		cw_say(0, "metrics: a flight recorder has both --last TIME and -o FILE.ccw or -o DIRECTORY");
		return EINVAL;
	}
	if (m->run.last_ns)
		s->record_frees = s->record_hot = s->record_steps = s->record_stacks = true;
	return 0;
}

/* It is replaced whole, whatever has its name. */
static error_t textfile_check(const struct metrics *m)
{
	struct stat st;

	if (m->listen.path[0] && cw_target_same(m->textfile, m->listen.path))
		return cw_say(EINVAL, "two outputs go to %s", m->textfile);
	if (!lstat(m->textfile, &st) && !S_ISREG(st.st_mode))
		return cw_say(EINVAL, "--textfile: '%s' is no regular file", m->textfile);
	return 0;
}

static error_t targets_check(const struct metrics *m)
{
	if (!m->listen_text && !m->textfile) {
		cw_say(0, "metrics: give --listen ADDRESS or --textfile FILE");
		return EINVAL;
	}
	if (m->listen_text && !http_built()) {
		cw_say(0, "--listen: this cocowatch was built without HTTP (make static); --textfile works");
		return EINVAL;
	}
	if (m->listen_text && !m->anywhere && !cw_listen_is_local(&m->listen)) {
		cw_say(0, "--listen: other machines reach '%s' (--listen-anywhere allows that)",
		       m->listen_text);
		return EINVAL;
	}
	return m->textfile ? textfile_check(m) : 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct metrics *m = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		return cw_run_inputs(state, cw_metrics_children, &m->run);
	case KEY_LAST:
		return cw_option_duration("--last", arg, &m->run.last_ns);
	case KEY_INTERVAL:
		if (cw_parse_duration(arg, &m->interval_ns) || m->interval_ns < INTERVAL_MIN_NS)
			return cw_option_bad("--interval", arg, "a duration from 1s");
		return 0;
	case KEY_LISTEN:
		if (m->listen_text)
			return cw_say(EINVAL, "--listen: given twice");
		m->listen_text = arg;
		if (cw_listen_parse(&m->listen, arg))
			return cw_option_bad("--listen", arg, "127.0.0.1:PORT, [::1]:PORT or unix:PATH");
		return 0;
	case KEY_ANYWHERE:
		m->anywhere = true;
		return 0;
	case KEY_TEXTFILE:
		if (m->textfile)
			return cw_say(EINVAL, "--textfile: given twice");
		if (!*arg)
			return cw_say(EINVAL, "--textfile names no file");
		m->textfile = arg;
		return 0;
	case ARGP_KEY_END:
		return targets_check(m) ? EINVAL : recorder_check(m);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.children = cw_metrics_children,
	.doc = "Watch a running kernel, and give the numbers to Prometheus: by HTTP, in a file, or both.\v"
	       "Exit status: that of watch; 3 too where the address cannot be listened on or the file not be "
	       "written.",
};

/* ---- the numbers ---- */

static void metrics_print(void *ctx, FILE *f, bool open)
{
	__u64 now = cw_clock_ns(CLOCK_MONOTONIC);
	struct metrics *m = ctx;

	if (now - m->view.live.now.ts_ns >= SAMPLE_NS)
		live_view_sample(&m->view, now);
	cw_metrics_print(f, &m->view.live, &m->head, open);
}

/* A reader sees the old file or the new one, never half of one.  0 or -errno. */
static int file_write(struct metrics *m)
{
	char temporary[4096];
	FILE *f;
	int err = 0;

	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.%d", m->textfile, getpid()) >=
	    sizeof(temporary))
		return -ENAMETOOLONG;
	unlink(temporary);	/* of one that died, and had our number */
	f = fopen(temporary, "wxe");
	if (!f)
		return -errno;
	metrics_print(m, f, false);
	fchmod(fileno(f), 0644);	/* the exporter is another user */
	if (fflush(f) || ferror(f))
		err = errno ? -errno : -EIO;
	if (fclose(f) && !err)
		err = -errno;
	if (!err && rename(temporary, m->textfile))
		err = -errno;
	if (err)
		unlink(temporary);
	return err;
}

static int file_renew(struct metrics *m)
{
	int err = m->textfile ? file_write(m) : 0;

	if (err && !m->file_failed)
		cw_err(err, "cannot write %s", m->textfile);
	m->file_failed |= !!err;
	return err;
}

/* ---- the view ---- */

static int metrics_open(void *view, const struct cw_watched *w)
{
	bool module = w->arming->source == &cw_source_module;
	struct metrics *m = view;
	int err;

	live_view_open(&m->view, w, false);
	m->head = (struct cw_metrics_head){
		.mode = cw_platform_watched_mode(w->platform, module),
		.source = w->arming->source->name,
		.kernel = w->platform->release,
		.start_wall_ns = cw_clock_ns(CLOCK_REALTIME),
		.arming = w->arming,
		.policy = w->policy,
		.up = true,
	};
	m->next_ns = cw_clock_ns(CLOCK_MONOTONIC) + m->interval_ns;
	if (m->listen_text) {
		m->http.print = metrics_print;
		m->http.ctx = m;
		err = http_start(&m->http, m->listen_fd);
		if (err) {
			cw_err(err, "cannot serve on %s", m->listen_text);
			return CW_EXIT_UNKNOWN;
		}
	}
	return file_renew(m) ? CW_EXIT_UNKNOWN : 0;
}

static int metrics_fd(const void *view)
{
	const struct metrics *m = view;

	return http_fd(&m->http);
}

static bool metrics_turn(void *view)
{
	__u64 now = cw_clock_ns(CLOCK_MONOTONIC);
	struct metrics *m = view;

	live_view_turn(&m->view, now);
	http_serve(&m->http);
	if (m->textfile && now >= m->next_ns) {
		m->next_ns = now + m->interval_ns;
		file_renew(m);
	}
	return true;
}

static void metrics_finish(void *view, const struct cw_finish *f)
{
	struct metrics *m = view;

	(void)f;
	m->head.up = false;
	file_renew(m);
}

static void metrics_close(void *view)
{
	struct metrics *m = view;

	if (m->http.daemon)
		m->listen_fd = -1;	/* it closes that */
	http_stop(&m->http);
	if (m->listen.path[0])
		unlink(m->listen.path);
	live_view_close(&m->view);
}

static const struct cw_view_ops view_ops = {
	.open = metrics_open,
	.fd = metrics_fd,
	.turn = metrics_turn,
	.finish = metrics_finish,
	.close = metrics_close,
};

int cw_cmd_metrics(int argc, char **argv)
{
	struct metrics m = {
		.run = { .slow_limit_ns = CW_SLOW_LIMIT_NS,
			 .session.asked = cw_rules_of_profile("pages"),
			 .common = { .writers.none_is_fine = true, .records = true },
			 .view_ops = &view_ops },
		.view.stats_fd = -1,
		.listen_fd = -1,
		.interval_ns = 15000000000,
	};
	int status;

	if (!cw_options_parse(&argp, argc, argv, false, &m, &status))
		return status;
	m.run.view = &m;
	m.run.view_file = m.textfile;
	if (m.listen_text) {	/* before a minute is spent on attaching */
		m.listen_fd = cw_listen_open(&m.listen);
		if (m.listen_fd < 0) {
			cw_err(m.listen_fd, "cannot listen on %s", m.listen_text);
			return CW_EXIT_UNKNOWN;
		}
	}
	status = cw_run(&m.run);
	cw_listen_close(&m.listen, m.listen_fd);
	return m.file_failed && status == CW_EXIT_HELD ? CW_EXIT_UNKNOWN : status;
}
