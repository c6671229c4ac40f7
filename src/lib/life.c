// SPDX-License-Identifier: GPL-2.0-only
/* The life of one frame.  Transitions and findings come from the tables, where they have stacks;
 * everything else that was about the frame comes from the records.
 */
#include "life.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cocowatch/event_owner.h>

#include "events.h"
#include "names.h"
#include "timeline.h"

struct entry {
	__u64 ts_ns;
	__u64 seq;
	char *text;
};

struct cw_life {
	const struct cw_start *start;
	__u64 gfn;
	struct entry *entries;
	size_t nr;
	size_t room;
	int err;
	__u64 waiting;	/* seq of the event whose stack may follow */
};

struct cw_life *cw_life_new(const struct cw_start *start, __u64 gfn)
{
	struct cw_life *l = calloc(1, sizeof(*l));

	if (l) {
		l->start = start;
		l->gfn = gfn;
	}
	return l;
}

void cw_life_free(struct cw_life *l)
{
	size_t i;

	for (i = 0; l && i < l->nr; i++)
		free(l->entries[i].text);
	if (l)
		free(l->entries);
	free(l);
}

/* ---- adding ---- */

struct text {
	char *buf;
	size_t size;
	FILE *file;	/* NULL without memory */
};

static FILE *text_open(struct text *t)
{
	t->buf = NULL;
	t->file = open_memstream(&t->buf, &t->size);
	return t->file;
}

static void entry_add(struct cw_life *l, __u64 ts_ns, __u64 seq, struct text *t)
{
	size_t more = l->room ? l->room * 2 : 64;
	struct entry *list;

	fclose(t->file);
	if (l->nr == l->room) {
		list = reallocarray(l->entries, more, sizeof(*list));
		if (!list || !t->buf) {
			free(t->buf);
			l->err = -ENOMEM;
			return;
		}
		l->entries = list;
		l->room = more;
	}
	l->entries[l->nr++] = (struct entry){ .ts_ns = ts_ns, .seq = seq, .text = t->buf };
}

static void stack_print(const struct cw_life *l, FILE *f, const __u64 *stack, __u32 nr)
{
	__u32 skip = cw_symbols_skip(l->start->symbols, stack, nr), i;
	char text[CW_SYMBOL_LEN];

	for (i = skip; i < nr; i++)
		fprintf(f, "                %s\n", cw_symbol_text(l->start->symbols, stack[i], text,
								   sizeof(text)));
}

/* ---- records ---- */

/* Transitions are told from their table. */
static bool is_told_here(const struct cw_rec_hdr *rec)
{
	return rec->type == CW_EV_PAGE_FREE || rec->type == CW_EV_HANDOVER ||
	       rec->type == CW_EV_RING_READ || rec->type == CW_EV_WITHHELD;
}

static void event_add(struct cw_life *l, const struct cw_rec_hdr *rec)
{
	struct text t;

	if (!text_open(&t)) {
		l->err = -ENOMEM;
		return;
	}
	cw_event_line(t.file, l->start, rec);
	fprintf(t.file, ", by task %u on cpu %u\n", (__u32)rec->task, rec->cpu);
	l->waiting = rec->seq;
	entry_add(l, rec->ts_ns, rec->seq, &t);
}

/* Goes to the entry of its event, which came just before. */
static void stack_add(struct cw_life *l, const struct cw_rec_stack *s)
{
	__u32 nr = s->nr_stack < CW_STACK_MAX ? s->nr_stack : CW_STACK_MAX;
	struct entry *e = l->nr ? &l->entries[l->nr - 1] : NULL;
	struct text t;

	if (!e || e->seq != s->of_seq || !text_open(&t))
		return;
	fprintf(t.file, "%s", e->text);
	if (s->comm[0])
		fprintf(t.file, "            task    %.*s\n", CW_COMM_LEN, s->comm);
	stack_print(l, t.file, s->stack, nr);
	fclose(t.file);
	if (!t.buf)
		return;
	free(e->text);
	e->text = t.buf;
}

void cw_life_record(struct cw_life *l, const struct cw_rec_hdr *rec)
{
	const struct cw_rec_stack *stack = (const struct cw_rec_stack *)rec;

	if (rec->type == CW_REC_STACK && stack->of_seq == l->waiting)
		stack_add(l, stack);
	else if (is_told_here(rec) && cw_event_has_frame(rec, l->gfn))
		event_add(l, rec);
}

/* ---- tables ---- */

struct tables {
	struct cw_life *life;
	struct cw_recording *recording;
};

static int on_transition(void *ctx, const struct cw_rec_transition *tr)
{
	struct tables *c = ctx;
	struct cw_life *l = c->life;
	__u64 stack[CW_STACK_MAX];
	struct text t;

	if (!text_open(&t))
		return -ENOMEM;
	if (!tr->contiguous && l->gfn != tr->gfn_min && l->gfn != tr->gfn_max)
		fprintf(t.file, "perhaps (it lies amid scattered frames) ");
	fprintf(t.file, "%s%s by task %u%s%s%s on cpu %u, %u page%s", tr->ret ? "failed to become " : "made ",
		tr->to_shared ? "shared" : "private", (__u32)tr->task, tr->comm[0] ? " (" : "", tr->comm,
		tr->comm[0] ? ")" : "", tr->cpu, tr->nr_pages, tr->nr_pages == 1 ? "" : "s");
	if (tr->ret)
		fprintf(t.file, ", result %d", tr->ret);
	if (tr->begin_ns && tr->end_ns > tr->begin_ns)
		fprintf(t.file, ", in %llu us", (tr->end_ns - tr->begin_ns) / 1000);
	fputc('\n', t.file);
	stack_print(l, t.file, stack, cw_recording_stack(c->recording, tr->stack, stack));
	entry_add(l, tr->end_ns, tr->seq, &t);
	return 0;
}

static int on_owner(void *ctx, const struct cw_rec_owner *o)
{
	struct tables *c = ctx;
	struct text t;

	if (c->life->gfn < o->gfn || c->life->gfn - o->gfn >= o->nr_pages)
		return 0;
	if (!text_open(&t))
		return -ENOMEM;
	fprintf(t.file, "found shared: %s", cw_owner_name(o->owner));
	if (o->relid)
		fprintf(t.file, ", channel %u", o->relid);
	if (o->cpu != CW_NO_INDEX)
		fprintf(t.file, ", of cpu %u", o->cpu);
	fputc('\n', t.file);
	entry_add(c->life, o->ts_ns, 0, &t);
	return 0;
}

static int on_pages(void *ctx, const struct cw_rec_pages *p)
{
	struct tables *c = ctx;
	struct text t;

	if (c->life->gfn < p->gfn || c->life->gfn - p->gfn >= p->nr_pages)
		return 0;
	if (!text_open(&t))
		return -ENOMEM;
	fprintf(t.file, "%s when the recording begins\n", cw_state_name(p->state));
	entry_add(c->life, c->life->start->ts_ns, 0, &t);
	return 0;
}

static void findings_add(struct cw_life *l, const struct cw_findings *f)
{
	struct text t;
	size_t i;

	for (i = 0; i < f->nr; i++) {
		if (f->found[i].gfn != l->gfn)
			continue;
		if (!text_open(&t)) {
			l->err = -ENOMEM;
			return;
		}
		fprintf(t.file, "%s", f->found[i].text);
		entry_add(l, f->found[i].ts_ns, ~0ULL, &t);
	}
}

int cw_life_tables(struct cw_life *l, struct cw_recording *r, const struct cw_findings *f)
{
	struct tables c = { .life = l, .recording = r };
	int err = cw_recording_pages(r, on_pages, &c);

	if (!err)
		err = cw_recording_owners(r, on_owner, &c);
	if (!err)
		err = cw_recording_transitions_of(r, l->gfn, on_transition, &c);
	findings_add(l, f);
	return err;
}

/* ---- printing ---- */

static int entry_order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->ts_ns != y->ts_ns)
		return x->ts_ns < y->ts_ns ? -1 : 1;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

int cw_life_print(struct cw_life *l, FILE *f)
{
	size_t i;

	if (l->nr)
		qsort(l->entries, l->nr, sizeof(*l->entries), entry_order);
	for (i = 0; i < l->nr; i++)
		fprintf(f, "%+12.6f  %s", ((double)l->entries[i].ts_ns - (double)l->start->ts_ns) / 1e9,
			l->entries[i].text);
	return l->err ? l->err : (int)l->nr;
}
