// SPDX-License-Identifier: GPL-2.0-only
/* A writer that keeps what it is told, for reports that are made of all of it. */
#include "findings.h"

#include <stdlib.h>
#include <string.h>

static void found_begin(struct cw_findings *f, const struct cw_report *r)
{
	f->now = (struct cw_found){
		.ts_ns = r->event->ts_ns, .gfn = r->detail->gfn, .rule = r->detail->rule,
		.sev = r->finding->sev, .mark = -1,
	};
	f->file = open_memstream(&f->text, &f->size);
}

static void found_end(struct cw_findings *f, const struct cw_report *r)
{
	size_t more = f->room ? f->room * 2 : 64;
	struct cw_found *list = f->found;

	if (f->file)
		fclose(f->file);
	if (f->nr == f->room)
		list = reallocarray(f->found, more, sizeof(*list));
	if (!f->file || !list) {
		if (f->file)
			free(f->text);
		f->nr_dropped++;
		return;
	}
	if (f->nr == f->room)
		f->room = more;
	f->found = list;
	f->now.text = f->text;
	if (f->timeline)
		f->now.mark = cw_timeline_mark(f->timeline, r->event, f->now.gfn);
	f->found[f->nr++] = f->now;
}

/* Findings of one rule in one event come one after the other, and make one block. */
static void findings_report(struct cw_writer *w, const struct cw_report *r)
{
	struct cw_findings *f = w->own;
	struct cw_writer text = { .ops = &cw_out_text, .start = w->start };

	if (!r->before)
		found_begin(f, r);
	if (r->finding->sev < f->now.sev)
		f->now.sev = r->finding->sev;
	text.file = f->file;
	if (f->file)
		cw_out_text.report(&text, r);
	if (!r->more)
		found_end(f, r);
}

static void findings_start(struct cw_writer *w, const struct cw_start *start)
{
	(void)w;
	(void)start;
}

static void findings_armed(struct cw_writer *w, __u64 rules, __u64 ts_ns)
{
	(void)w;
	(void)rules;
	(void)ts_ns;
}

static void findings_finish(struct cw_writer *w, const struct cw_finish *f)
{
	(void)w;
	(void)f;
}

static const struct cw_writer_ops findings_ops = {
	.name = "findings",
	.help = "kept in memory",
	.start = findings_start,
	.armed = findings_armed,
	.report = findings_report,
	.finish = findings_finish,
};

void cw_findings_writer(struct cw_findings *f, struct cw_writer *w)
{
	*w = (struct cw_writer){ .ops = &findings_ops, .own = f };
}

void cw_findings_exit(struct cw_findings *f)
{
	size_t i;

	for (i = 0; i < f->nr; i++)
		free(f->found[i].text);
	free(f->found);
	f->found = NULL;
	f->nr = 0;
}
