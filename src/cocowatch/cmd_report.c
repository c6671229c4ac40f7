// SPDX-License-Identifier: GPL-2.0-only
/* cocowatch report: what is in a recording, for people. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "err.h"
#include "exit.h"
#include "life.h"
#include "options.h"
#include "parse.h"
#include "recorded.h"
#include "report_data.h"
#include "report_page.h"
#include "target.h"

enum {
	KEY_HTML = 0x300,
	KEY_PAGE,
};

struct report_opts {
	const char *recording;
	const char *html;
	bool has_page;
	__u64 gfn;
};

static const struct argp_option options[] = {
	{ "html", KEY_HTML, "FILE", 0, "write one page for browsers, which fetches nothing", 1 },
	{ "page", KEY_PAGE, "GFN", 0, "the whole life of one page: who shared it and who freed it", 1 },
	{ 0 },
};

static error_t page_parse(struct report_opts *o, const char *arg)
{
	if (o->has_page)
		return cw_say(EINVAL, "--page: given twice");
	if (cw_parse_u64(arg, &o->gfn))
		return cw_option_bad("--page", arg, "the number of a frame (0x1f00)");
	o->has_page = true;
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct report_opts *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->recording;
		return 0;
	case KEY_HTML:
		if (o->html)
			return cw_say(EINVAL, "--html: given twice");
		if (!*arg)
			return cw_say(EINVAL, "--html names no file");
		o->html = arg;
		return 0;
	case KEY_PAGE:
		return page_parse(o, arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = { { &cw_recording_argp, 0, NULL, 0 }, { 0 } };

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.children = children,
	.args_doc = "RECORDING",
	.doc = "Say what is in a recording: each finding with what happened around it, and what became of the "
	       "rules; or the life of one page; or all of it as a page for browsers.\v"
	       "Exit status: 0 reported, 2 usage or no recording, 3 damaged (what could be read is reported) or it "
	       "could not be written.  What the rules came to is replay's exit status.",
};

/* ---- text ---- */

static void notes_print(const struct cw_report_data *d)
{
	size_t i;

	for (i = 0; i < d->nr_notes; i++)
		printf("missing     %s\n", d->note[i]);
	if (d->nr_notes)
		putchar('\n');
}

static void found_print(struct cw_report_data *d, const struct cw_found *f)
{
	const char *around = cw_timeline_text(d->timeline, f->mark);
	size_t len = strlen(f->text);

	/* the block ends with an empty line */
	printf("%.*s", (int)(len && f->text[len - 1] == '\n' ? len - 1 : len), f->text);
	if (around[0])
		printf("  around\n%s", around);
	putchar('\n');
}

static void report_print(struct cw_report_data *d, const struct cw_start *start)
{
	struct cw_writer w = { .ops = &cw_out_text, .file = stdout, .start = start };
	const struct cw_finish fin = {
		.verdict = &d->verdict, .totals = &d->replayed.totals, .told = &d->replayed.told,
		.ending = &d->ending, .reactions = &d->info->reactions,
		.duration_ns = d->info->duration_ns,
	};
	size_t i;

	cw_out_text.start(&w, start);
	notes_print(d);
	for (i = 0; i < d->findings.nr; i++)
		found_print(d, &d->findings.found[i]);
	cw_out_text.finish(&w, &fin);
}

static int life_print(struct cw_life *life, const struct cw_report_data *d, __u64 gfn)
{
	int nr;

	printf("frame 0x%llx, seconds from the beginning of the session\n\n", gfn);
	notes_print(d);
	nr = cw_life_print(life, stdout);
	if (nr < 0)
		return nr;
	if (!nr)
		printf("nothing: no transition, no owner, no finding had it\n");
	return 0;
}

/* ---- HTML ---- */

static int html_write(const char *path, const struct cw_report_data *d)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), err;
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (!f)
		return -errno;
	err = cw_report_page_write(f, d);
	if (fclose(f) && !err)
		err = -errno;
	return err;
}

/* ---- the command ---- */

static int report_show(const struct report_opts *o, struct cw_recorded *rec, struct cw_life *life)
{
	struct cw_report_data d;
	int made = cw_report_data_make(&d, rec->recording, &rec->start, life), err = 0;

	if (made && made != -EBADMSG) {
		cw_report_data_free(&d);
		return cw_err(made, "%s cannot be read", o->recording);
	}
	if (o->html)
		err = html_write(o->html, &d);
	if (life && !err)
		err = life_print(life, &d, o->gfn);
	else if (!o->html)
		report_print(&d, &rec->start);
	if (made || d.replayed.damaged)
		made = cw_say(CW_EXIT_UNKNOWN, "%s is damaged: %s", o->recording,
			      cw_recording_why(rec->recording));
	cw_report_data_free(&d);
	if (err)
		return cw_say(CW_EXIT_UNKNOWN, "cannot write %s: %s", o->html ? o->html : "the report",
			      strerror(-err));
	return cw_stdout_flush() ? CW_EXIT_UNKNOWN : made;
}

static bool outputs_check(const struct report_opts *o)
{
	if (o->html && !cw_target_spares(o->html, o->recording, "the recording"))
		return false;
	return (o->html && !o->has_page) || cw_target_spares(NULL, o->recording, "the recording");
}

int cw_cmd_report(int argc, char **argv)
{
	struct report_opts o = { .recording = NULL };
	struct cw_life *life = NULL;
	struct cw_recorded rec;
	int status;

	if (!cw_options_parse(&argp, argc, argv, false, &o, &status))
		return status;
	status = cw_recorded_open(&rec, o.recording, "report");
	if (status)
		return status;
	if (!outputs_check(&o)) {
		cw_recorded_close(&rec);
		return CW_EXIT_USAGE;
	}
	if (o.has_page)
		life = cw_life_new(&rec.start, o.gfn);
	if (o.has_page && !life)
		status = cw_err(-ENOMEM, "%s cannot be read", o.recording);
	else
		status = report_show(&o, &rec, life);
	cw_life_free(life);
	cw_recorded_close(&rec);
	return status;
}
