// SPDX-License-Identifier: GPL-2.0-only
/* From a recording to what a report shows of it. */
#include "report_data.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cocowatch/event_owner.h>

#include "caller.h"
#include "names.h"

/* ---- notes ---- */

static void note(struct cw_report_data *d, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void note(struct cw_report_data *d, const char *fmt, ...)
{
	va_list ap;

	if (d->nr_notes == CW_NOTES_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(d->note[d->nr_notes++], CW_NOTE_TEXT, fmt, ap);
	va_end(ap);
}

/* What whoever reads the report must not take for having been looked at. */
static void notes_make(struct cw_report_data *d, struct cw_recording *r)
{
	const struct cw_recording_info *info = d->info;

	if (d->replayed.damaged)
		note(d, "damaged: %s; the rest is shown", cw_recording_why(r));
	if (!info->complete && info->stopped_early)
		note(d, "a snapshot: the session went on after it");
	else if (!info->complete)
		note(d, "incomplete: the session died, or is still running; counts and losses at its end are "
		     "missing");
	if (info->nr_dropped)
		note(d, "the flight recorder had dropped %llu records of before this history", info->nr_dropped);
	if (info->nr_lost)
		note(d, "%llu records could not be written", info->nr_lost);
	if (!info->record_hot)
		note(d, "packets, bounces and hypercalls that were in order are not in it, their counts are");
	if (!info->record_steps)
		note(d, "steps inside transitions are not in it");
	if (!info->record_frees)
		note(d, "frees that were in order are not in it");
	if (d->findings.nr_dropped)
		note(d, "%zu findings are left out: there was no memory for them", d->findings.nr_dropped);
	if (d->replayed.nr_differ)
		note(d, "judged again, it differs: %s", d->replayed.differs);
}

/* ---- one pass over the records ---- */

struct pass {
	struct cw_report_data *data;
	struct cw_life *life;
};

static void on_record(void *ctx, const struct cw_rec_hdr *rec)
{
	struct pass *p = ctx;

	cw_timeline_event(p->data->timeline, rec);
	if (p->life)
		cw_life_record(p->life, rec);
}

static int records_read(struct cw_report_data *d, struct cw_recording *r,
			const struct cw_start *start, struct cw_life *life)
{
	struct pass pass = { .data = d, .life = life };
	const struct cw_replay_tap tap = { .record = on_record, .ctx = &pass };
	struct cw_writers writers = { .nr = 1 };
	int err;

	d->findings.timeline = d->timeline;
	cw_findings_writer(&d->findings, &writers.writer[0]);
	cw_writers_start(&writers, start);
	err = cw_replay_run(r, &writers, &tap, &d->replayed);
	if (!err)
		cw_replay_judge(d->info, &d->replayed, false, &d->ending, &d->verdict);
	cw_replay_end(&d->replayed);	/* the findings have been written by now */
	return err;
}

/* ---- the chart ---- */

struct charting {
	struct cw_report_data *data;
	struct cw_recording *recording;
	bool survey;		/* first pass */
	size_t next_freed;	/* finding that may end a frame's life */
	struct cw_rec_owner *owner;	/* what looks at the page tables found, by time */
	size_t nr_owners, room_owners;
	size_t next_owner;
};

/* Frames whose free was a violation begin a new life there. */
static void freed_until(struct charting *c, __u64 ts_ns)
{
	const struct cw_findings *f = &c->data->findings;

	for (; c->next_freed < f->nr && f->found[c->next_freed].ts_ns <= ts_ns; c->next_freed++)
		if (f->found[c->next_freed].rule == CW_RULE_S3)
			cw_chart_freed(&c->data->chart, f->found[c->next_freed].ts_ns,
				       f->found[c->next_freed].gfn);
}

static int chart_take(struct charting *c, const struct cw_chart_move *m)
{
	return c->survey ? cw_chart_survey(&c->data->chart, m) : cw_chart_move(&c->data->chart, m);
}

/* What the first look found had been shared when the session began. */
static int owner_take(struct charting *c, const struct cw_rec_owner *o)
{
	bool first = o->ts_ns == c->owner[0].ts_ns;
	const struct cw_chart_move m = {
		.end_ns = first ? c->data->chart.start_ns : o->ts_ns, .gfn_min = o->gfn,
		.gfn_max = o->gfn + o->nr_pages - 1, .nr_pages = o->nr_pages, .to_shared = true,
		.looked = !first, .who = cw_owner_name(o->owner),
	};

	return chart_take(c, &m);
}

/* Everything up to a time that is no transition. */
static int others_until(struct charting *c, __u64 ts_ns)
{
	int err = 0;

	for (; !err && c->next_owner < c->nr_owners; c->next_owner++) {
		const struct cw_rec_owner *o = &c->owner[c->next_owner];

		if (o->ts_ns > ts_ns && o->ts_ns != c->owner[0].ts_ns)
			break;
		if (!c->survey)
			freed_until(c, o->ts_ns);
		err = owner_take(c, o);
	}
	if (!err && !c->survey)
		freed_until(c, ts_ns);
	return err;
}

static int on_owner(void *ctx, const struct cw_rec_owner *o)
{
	struct charting *c = ctx;
	size_t room = c->room_owners ? 2 * c->room_owners : 64;
	struct cw_rec_owner *owner = c->owner;

	if (!o->nr_pages || o->flags & CW_OWNER_SUPPLIED)
		return 0;
	if (c->nr_owners == c->room_owners) {
		owner = reallocarray(owner, room, sizeof(*owner));
		if (!owner)
			return -ENOMEM;
		c->owner = owner;
		c->room_owners = room;
	}
	owner[c->nr_owners++] = *o;
	return 0;
}

static int owner_order(const void *a, const void *b)
{
	const struct cw_rec_owner *x = a, *y = b;

	if (x->ts_ns != y->ts_ns)
		return x->ts_ns < y->ts_ns ? -1 : 1;
	return (x->gfn > y->gfn) - (x->gfn < y->gfn);
}

static int owners_read(struct charting *c)
{
	int err = cw_recording_owners(c->recording, on_owner, c);

	if (c->nr_owners)
		qsort(c->owner, c->nr_owners, sizeof(*c->owner), owner_order);
	return err;
}

static int on_transition(void *ctx, const struct cw_rec_transition *t)
{
	struct charting *c = ctx;
	__u64 stack[CW_STACK_MAX];
	__u32 nr = cw_recording_stack(c->recording, t->stack, stack);
	struct cw_symbols *symbols = cw_recording_symbols(c->recording);
	char who[CW_CHART_NAME];
	const struct cw_chart_move m = {
		.begin_ns = t->begin_ns ? t->begin_ns : t->end_ns, .end_ns = t->end_ns,
		.gfn_min = t->gfn_min, .gfn_max = t->gfn_max, .nr_pages = t->nr_pages,
		.to_shared = t->to_shared, .failed = t->ret != 0,
		.who = cw_caller_text(symbols, stack, nr, t->comm, who, sizeof(who)),
	};

	int err = others_until(c, m.end_ns);

	c->data->nr_transitions += c->survey;
	return err ? err : chart_take(c, &m);
}

static int chart_pass(struct charting *c, bool survey)
{
	int err;

	c->survey = survey;
	c->next_owner = 0;
	err = cw_recording_transitions(c->recording, on_transition, c);
	return err ? err : others_until(c, ~0ULL);
}

static int chart_fill(struct charting *c)
{
	int err = owners_read(c);

	if (!err)
		err = chart_pass(c, true);
	if (!err)
		err = cw_chart_plan(&c->data->chart);
	if (!err)
		err = chart_pass(c, false);
	if (!err)
		cw_chart_finish(&c->data->chart);
	return err;
}

static int chart_make(struct cw_report_data *d, struct cw_recording *r)
{
	struct charting c = { .data = d, .recording = r };
	__u64 end_ns = d->info->ts_ns + d->info->duration_ns;
	int err;

	if (d->replayed.last_ns > end_ns)
		end_ns = d->replayed.last_ns;
	err = cw_chart_init(&d->chart, d->info->ts_ns, end_ns);
	if (!err)
		err = chart_fill(&c);
	free(c.owner);
	return err;
}

int cw_report_data_make(struct cw_report_data *d, struct cw_recording *r,
			const struct cw_start *start, struct cw_life *life)
{
	int err;

	memset(d, 0, sizeof(*d));
	d->info = cw_recording_info(r);
	d->timeline = cw_timeline_new(start);
	err = d->timeline ? records_read(d, r, start, life) : -ENOMEM;
	if (!err)
		err = chart_make(d, r);
	if (!err && life)
		err = cw_life_tables(life, r, &d->findings);
	if (err == -EBADMSG)
		note(d, "damaged: %s", cw_recording_why(r));
	notes_make(d, r);
	return err;
}

void cw_report_data_free(struct cw_report_data *d)
{
	cw_findings_exit(&d->findings);
	cw_timeline_free(d->timeline);
	cw_chart_exit(&d->chart);
}
