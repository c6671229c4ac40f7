// SPDX-License-Identifier: GPL-2.0-only
/* What happened around each finding.  The last events are kept as they came; a finding takes from
 * them what has to do with it, and stays open for a few that follow.
 */
#include "timeline.h"

#include <stdlib.h>
#include <string.h>

#include "events.h"
#include "names.h"
#include "out_text.h"

#define KEPT 512		/* events, so that what matters is among them */
#define EVENT_MAX 512		/* bytes of the longest event */
#define WAITING_MAX 32		/* findings that wait for what follows */
#define WAITING_NS 1000000000ULL

struct kept {
	__u64 raw[EVENT_MAX / sizeof(__u64)];
};

/* A finding: its lines, and what has to do with it. */
struct mark {
	char *text;
	size_t size;
	FILE *file;	/* NULL: closed */
	__u64 ts_ns;
	__u64 seq;
	__u64 task;
	__u64 gfn;
	__u32 relid;
	__u32 nr_after;
};

struct cw_timeline {
	const struct cw_start *start;
	struct kept kept[KEPT];
	__u64 nr_kept;		/* all time */
	struct mark **marks;	/* each by itself: its stream knows where it is */
	size_t nr_marks;
	size_t room;
	size_t first_open;	/* no mark before it is open */
};

struct cw_timeline *cw_timeline_new(const struct cw_start *start)
{
	struct cw_timeline *t = calloc(1, sizeof(*t));

	if (t)
		t->start = start;
	return t;
}

static void mark_close(struct mark *m)
{
	if (m->file)
		fclose(m->file);
	m->file = NULL;
}

void cw_timeline_free(struct cw_timeline *t)
{
	size_t i;

	for (i = 0; t && i < t->nr_marks; i++) {
		mark_close(t->marks[i]);
		free(t->marks[i]->text);
		free(t->marks[i]);
	}
	if (t)
		free(t->marks);
	free(t);
}

/* ---- what an event is about ---- */

/* The number in the field of that name; other where the event has none. */
static __u64 number_of(const struct cw_rec_hdr *ev, const char *name, __u64 other)
{
	const struct cw_event_info *info = cw_event_info(ev->type);
	const struct cw_event_field *f = info ? cw_event_field_find(info->shape, name) : NULL;

	return f ? cw_event_field_value(f, ev) : other;
}

bool cw_event_has_frame(const struct cw_rec_hdr *ev, __u64 gfn)
{
	const struct cw_ev_step *step = (const struct cw_ev_step *)ev;
	__u64 first;

	if (!gfn || gfn == ~0ULL)
		return false;
	if (cw_event_is_step(ev->type))
		return step->gfn_max && gfn >= step->gfn_min && gfn <= step->gfn_max;
	first = number_of(ev, "gfn", ~0ULL);
	return gfn >= first && gfn - first < number_of(ev, "nr_pages", 1);
}

static __u32 event_relid(const struct cw_rec_hdr *ev)
{
	return (__u32)number_of(ev, "relid", 0);
}

/* Of other transitions of the task the beginning and the end are enough. */
static bool is_inner(const struct cw_rec_hdr *ev)
{
	return ev->type > CW_EV_BEGIN && ev->type < CW_EV_END;
}

static bool is_related(const struct mark *m, const struct cw_rec_hdr *ev)
{
	return cw_event_has_frame(ev, m->gfn) ||
	       (m->task && ev->task == m->task && !is_inner(ev)) ||
	       (m->relid && event_relid(ev) == m->relid);
}

/* ---- lines ---- */

void cw_event_line(FILE *f, const struct cw_start *start, const struct cw_rec_hdr *ev)
{
	const struct cw_ev_step *step = (const struct cw_ev_step *)ev;
	struct cw_writer w = { .file = f, .start = start };

	fprintf(f, "%s: ", cw_event_name(ev->type));
	if (!cw_text_about(&w, ev))
		fprintf(f, "%s", cw_event_step(ev->type));
	if (cw_event_is_step(ev->type) && step->flags & CW_STEP_RET && step->ret)
		fprintf(f, ", failed with %d", step->ret);
}

static void line_print(struct mark *m, const struct cw_start *start, const struct cw_rec_hdr *ev)
{
	double ms = ((double)ev->ts_ns - (double)m->ts_ns) / 1e6;

	if (ev->seq == m->seq && ev->ts_ns == m->ts_ns)
		fprintf(m->file, "  %14s ", "here");
	else
		fprintf(m->file, "  %+11.3f ms ", ms);
	fprintf(m->file, "cpu %-3u task %-7u ", ev->cpu, (__u32)ev->task);
	cw_event_line(m->file, start, ev);
	fputc('\n', m->file);
}

/* ---- keeping ---- */

static void mark_follow(struct cw_timeline *t, struct mark *m, const struct cw_rec_hdr *ev)
{
	if (!m->file)
		return;
	if (ev->ts_ns > m->ts_ns + WAITING_NS) {
		mark_close(m);
	} else if (is_related(m, ev)) {
		line_print(m, t->start, ev);
		if (++m->nr_after == CW_TIMELINE_AFTER)
			mark_close(m);
	}
}

void cw_timeline_event(struct cw_timeline *t, const struct cw_rec_hdr *ev)
{
	const struct cw_event_info *info = cw_event_info(ev->type);
	struct kept *k = &t->kept[t->nr_kept % KEPT];
	size_t i;

	if (!info || info->shape->size > sizeof(k->raw) || ev->len < info->shape->size)
		return;
	memcpy(k->raw, ev, info->shape->size);
	t->nr_kept++;
	for (i = t->first_open; i < t->nr_marks; i++)
		mark_follow(t, t->marks[i], ev);
	while (t->first_open < t->nr_marks && !t->marks[t->first_open]->file)
		t->first_open++;
}

/* The newest of the events kept that have to do with it, oldest first; the last is its own. */
static void before_print(struct cw_timeline *t, struct mark *m)
{
	__u64 nr = t->nr_kept < KEPT ? t->nr_kept : KEPT, at[CW_TIMELINE_BEFORE], i;
	size_t found = 0;

	for (i = 0; i < nr && found < CW_TIMELINE_BEFORE; i++) {
		__u64 slot = (t->nr_kept - 1 - i) % KEPT;

		if (is_related(m, (const struct cw_rec_hdr *)t->kept[slot].raw))
			at[found++] = slot;
	}
	while (found-- > 0)
		line_print(m, t->start, (const struct cw_rec_hdr *)t->kept[at[found]].raw);
}

/* An empty one with its stream, not in the list yet; NULL without memory. */
static struct mark *mark_new(struct cw_timeline *t)
{
	size_t more = t->room ? t->room * 2 : 16;
	struct mark *m = calloc(1, sizeof(*m)), **marks = t->marks;

	if (t->nr_marks == t->room) {
		marks = reallocarray(t->marks, more, sizeof(*marks));
		t->marks = marks ? marks : t->marks;
		t->room = marks ? more : t->room;
	}
	if (m && marks)
		m->file = open_memstream(&m->text, &m->size);
	if (m && m->file)
		return m;
	free(m);
	return NULL;
}

int cw_timeline_mark(struct cw_timeline *t, const struct cw_rec_hdr *ev, __u64 gfn)
{
	struct mark *m = mark_new(t);

	if (!m)
		return -1;
	m->ts_ns = ev->ts_ns;
	m->seq = ev->seq;
	m->task = ev->task;
	m->gfn = gfn;
	m->relid = event_relid(ev);
	before_print(t, m);
	if (t->nr_marks - t->first_open >= WAITING_MAX)
		mark_close(t->marks[t->first_open++]);
	t->marks[t->nr_marks] = m;
	return (int)t->nr_marks++;
}

const char *cw_timeline_text(struct cw_timeline *t, int number)
{
	struct mark *m = number >= 0 && (size_t)number < t->nr_marks ? t->marks[number] : NULL;

	if (!m)
		return "";
	mark_close(m);
	return m->text ? m->text : "";
}
