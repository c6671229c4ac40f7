// SPDX-License-Identifier: GPL-2.0-only
/* A list of packed batches.  The first is unpacked once more when it is dropped, and what still
 * matters of it is kept.
 */
#include "flight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cocowatch/event_owner.h>

#define KEPT_MAX 4096	/* records of a baseline, of each kind */
#define SOME 16		/* batches written at a time */
#define LEEWAY 4	/* this part of the limit is for what comes while a slow disk writes */

struct entry {
	struct entry *next;
	struct cw_batch *batch;
};

/* Records kept whole, in their order. */
struct kept {
	struct cw_rec_hdr **rec;
	size_t nr;
};

struct cw_flight {
	__u64 last_ns;
	size_t limit, bytes;
	struct entry *first, **end;
	struct entry *writing;	/* the next to be written, while a snapshot is made */
	struct entry *stop;	/* the last one of the snapshot */
	bool held;	/* it is about to be written */
	__u64 nr_dropped, nr_records;
	__u64 newest_ns;
	struct cw_pagemap pages;
	struct kept told;	/* platform, owners, seeds: true for the whole session */
	struct kept open;	/* steps of transitions that have not ended */
	struct cw_pack pack;
	struct cw_batcher batcher;	/* for the baseline's own records */
};

struct cw_flight *cw_flight_new(__u64 last_ns, size_t bytes)
{
	struct cw_flight *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->last_ns = last_ns;
	f->limit = bytes;
	f->end = &f->first;
	f->told.rec = calloc(KEPT_MAX, sizeof(*f->told.rec));
	f->open.rec = calloc(KEPT_MAX, sizeof(*f->open.rec));
	/* what comes here has no addresses any more, or shall have them */
	if (f->told.rec && f->open.rec && !cw_batcher_init(&f->batcher, true))
		return f;
	cw_flight_free(f);
	return NULL;
}

static void kept_free(struct kept *k)
{
	size_t i;

	for (i = 0; i < k->nr; i++)
		free(k->rec[i]);
	free(k->rec);
}

void cw_flight_free(struct cw_flight *f)
{
	struct entry *e, *next;

	if (!f)
		return;
	for (e = f->first; e; e = next) {
		next = e->next;
		cw_batch_free(e->batch);
		free(e);
	}
	kept_free(&f->told);
	kept_free(&f->open);
	cw_pagemap_free(&f->pages);
	cw_batcher_exit(&f->batcher);
	free(f);
}

void cw_flight_pages(struct cw_flight *f, __u64 gfn, __u64 nr_pages, __u32 state)
{
	cw_pagemap_set(&f->pages, gfn, nr_pages, state);
}

/* ---- the baseline ---- */

static void kept_add(struct kept *k, const struct cw_rec_hdr *rec)
{
	struct cw_rec_hdr *copy = k->nr < KEPT_MAX ? malloc(rec->len) : NULL;

	if (!copy)
		return;
	memcpy(copy, rec, rec->len);
	k->rec[k->nr++] = copy;
}

/* The transition of this depth, and those inside it, are open no more. */
static void open_forget(struct cw_flight *f, const struct cw_ev_step *ev)
{
	size_t i, left = 0;

	for (i = 0; i < f->open.nr; i++) {
		struct cw_ev_step *step = (struct cw_ev_step *)f->open.rec[i];

		if (step->hdr.task == ev->hdr.task && step->depth >= ev->depth)
			free(step);
		else
			f->open.rec[left++] = f->open.rec[i];
	}
	f->open.nr = left;
}

static bool open_has(const struct cw_flight *f, __u64 task)
{
	size_t i;

	for (i = 0; i < f->open.nr; i++)
		if (f->open.rec[i]->task == task)
			return true;
	return false;
}

/* How the frames of a transition are when it has ended; scattered frames are not told by it. */
static void pages_note(struct cw_flight *f, const struct cw_ev_step *ev)
{
	__u32 state = ev->ret ? CW_PG_UNKNOWN : ev->to_shared ? CW_PG_SHARED : CW_PG_PRIVATE;

	if (ev->gfn_max >= ev->gfn_min && ev->gfn_max - ev->gfn_min + 1 == ev->nr_pages)
		cw_pagemap_set(&f->pages, ev->gfn_min, ev->nr_pages, state);
}

static void baseline_note(struct cw_flight *f, const struct cw_rec_hdr *rec)
{
	const struct cw_ev_step *step = (const struct cw_ev_step *)rec;

	switch (rec->type) {
	case CW_EV_PLATFORM:
	case CW_EV_OWNER:
	case CW_EV_SEED:
	case CW_EV_WITHHELD:
		kept_add(&f->told, rec);
		break;
	case CW_EV_MAPPING:
	case CW_EV_KEPT:
		if (!rec->seq)	/* looked at when the session began */
			kept_add(&f->told, rec);
		break;
	case CW_EV_BEGIN:
		open_forget(f, step);
		kept_add(&f->open, rec);
		break;
	case CW_EV_END:
		pages_note(f, step);
		open_forget(f, step);
		break;
	case CW_EV_TASK_EXIT:
		open_forget(f, step);
		break;
	default:
		if (rec->type < CW_EV_TASK_EXIT && open_has(f, rec->task))
			kept_add(&f->open, rec);
		break;
	}
}

static void first_drop(struct cw_flight *f)
{
	struct entry *e = f->first;
	const struct cw_rec_hdr *rec;
	size_t at = 0;

	cw_pack_init(&f->pack);
	while ((rec = cw_unpack_record(&f->pack, e->batch->bytes, e->batch->block.size, &at)))
		baseline_note(f, rec);
	f->first = e->next;
	if (!f->first)
		f->end = &f->first;
	f->bytes -= cw_batch_bytes(e->batch);
	f->nr_dropped += e->batch->block.nr;
	f->nr_records -= e->batch->block.nr;
	cw_batch_free(e->batch);
	free(e);
}

static bool first_is_old(const struct cw_flight *f)
{
	const struct entry *e = f->first;

	/* of what is being written, the baseline has been: who is through may go */
	if (!e || !e->next || e == f->writing)
		return false;
	if (f->bytes > f->limit)
		return true;
	return !f->held && e->batch->block.last_ns + f->last_ns < f->newest_ns;
}

int cw_flight_add(struct cw_flight *f, const struct cw_batch *b)
{
	struct entry *e;

	if (!b->block.nr)
		return 0;
	if (f->writing && f->bytes > f->limit + f->limit / LEEWAY)
		return -ENOBUFS;
	e = calloc(1, sizeof(*e));
	if (e)
		e->batch = cw_batch_copy(b);
	if (!e || !e->batch) {
		free(e);
		return -ENOMEM;
	}
	*f->end = e;
	f->end = &e->next;
	f->bytes += cw_batch_bytes(e->batch);
	f->nr_records += b->block.nr;
	if (b->block.last_ns > f->newest_ns)
		f->newest_ns = b->block.last_ns;
	while (first_is_old(f))
		first_drop(f);
	return 0;
}

void cw_flight_hold(struct cw_flight *f)
{
	f->held = true;
}

__u64 cw_flight_nr_dropped(const struct cw_flight *f)
{
	return f->nr_dropped;
}

__u64 cw_flight_nr_records(const struct cw_flight *f)
{
	return f->nr_records;
}

__u64 cw_flight_since_ns(const struct cw_flight *f)
{
	return f->nr_dropped && f->first ? f->first->batch->block.first_ns : 0;
}

size_t cw_flight_bytes(const struct cw_flight *f)
{
	return f->bytes;
}

/* ---- writing ---- */

static void run_write(void *ctx, __u64 gfn, __u64 nr, __u32 state)
{
	const struct cw_rec_pages p = { .gfn = gfn, .nr_pages = nr, .state = state };

	cw_record_file_pages(ctx, &p);
}

static __u64 kept_write(struct cw_flight *f, const struct kept *k, struct cw_record_file *file)
{
	size_t i;

	for (i = 0; i < k->nr; i++) {
		if (f->batcher.batch.block.nr == CW_BLOCK_RECORDS) {
			cw_record_file_block(file, &f->batcher.batch.block);
			cw_batcher_clear(&f->batcher);
		}
		cw_batcher_add(&f->batcher, k->rec[i]);
	}
	if (f->batcher.batch.block.nr)
		cw_record_file_block(file, &f->batcher.batch.block);
	cw_batcher_clear(&f->batcher);
	return k->nr;
}

__u64 cw_flight_write_begin(struct cw_flight *f, struct cw_record_file *file,
			    const struct cw_record_side *side)
{
	__u64 nr;

	cw_side_write_all(side, file, cw_flight_since_ns(f));
	cw_pagemap_runs(&f->pages, run_write, file);
	nr = kept_write(f, &f->told, file);
	nr += kept_write(f, &f->open, file);
	f->held = false;
	f->writing = f->first;
	for (f->stop = f->first; f->stop && f->stop->next; f->stop = f->stop->next)
		;
	return nr;
}

bool cw_flight_write_some(struct cw_flight *f, struct cw_record_file *file)
{
	int i;

	for (i = 0; i < SOME && f->writing; i++) {
		cw_batch_write(f->writing->batch, file);
		f->writing = f->writing == f->stop ? NULL : f->writing->next;
	}
	return f->writing;
}

void cw_flight_write_stop(struct cw_flight *f)
{
	f->writing = NULL;
}
