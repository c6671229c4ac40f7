// SPDX-License-Identifier: GPL-2.0-only
/* Shared memory over time.  A byte for each frame of the 2 MiB pieces that took part says who had
 * it shared, so that who takes it back is not taken for its owner.  Of a range of scattered frames
 * only the lowest and the highest are known: it counts as spread evenly between them.
 */
#include "chart.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chart_pieces.h"

#define NAMES_MAX 4096		/* who is told apart; later ones are "others" */
#define SCATTERED_MAX 4096	/* shared at once; each is looked for in all of them */
#define SPREAD_UNITS 65536	/* of a page, in a row of the map */

#define MINE_NONE 0
#define MINE_UNKNOWN 0xff
#define OTHERS "others"

struct name {
	char text[CW_CHART_NAME];
	__u64 nr_pages;		/* made shared */
	__u32 owner;		/* place in the chart */
};

/* A range whose frames are not known one by one. */
struct scattered {
	__u64 gfn_min;
	__u64 gfn_max;
	__u32 nr_pages;
	__u32 owner;
	bool unknown;		/* a transition of it failed */
};

struct times {
	__u64 *ns;
	size_t nr;
	size_t room;
};

struct cw_chart_work {
	struct cw_pieces pieces;
	struct name *names;
	size_t nr_names;
	size_t room_names;
	struct scattered *scattered;
	size_t nr_scattered;
	size_t room_scattered;
	struct times times[CW_CHART_OWNERS];
	__u64 shared[CW_CHART_OWNERS];
	__u32 row_shared[CW_CHART_ROWS];
	__u32 row_unknown[CW_CHART_ROWS];
	__u64 row_spread[CW_CHART_ROWS];	/* SPREAD_UNITS */
	__u64 row_before[CW_CHART_ROWS];	/* frames of all rows below */
	__u64 row_frames[CW_CHART_ROWS];
	int column;		/* filled up to here */
	size_t last;		/* name that was looked for last */
};

/* Room for one more of size bytes.  0 or -ENOMEM. */
static int grow(void *array, size_t *room, size_t nr, size_t size)
{
	void **p = array;
	size_t more = *room ? *room * 2 : 64;
	void *moved;

	if (nr < *room)
		return 0;
	moved = reallocarray(*p, more, size);
	if (!moved)
		return -ENOMEM;
	*p = moved;
	*room = more;
	return 0;
}

int cw_chart_init(struct cw_chart *c, __u64 start_ns, __u64 end_ns)
{
	memset(c, 0, sizeof(*c));
	c->start_ns = start_ns;
	c->end_ns = end_ns > start_ns ? end_ns : start_ns + 1;
	c->work = calloc(1, sizeof(*c->work));
	return c->work ? 0 : -ENOMEM;
}

void cw_chart_exit(struct cw_chart *c)
{
	struct cw_chart_work *w = c->work;
	size_t i;

	if (!w)
		return;
	for (i = 0; i < CW_CHART_OWNERS; i++)
		free(w->times[i].ns);
	cw_pieces_exit(&w->pieces);
	free(w->names);
	free(w->scattered);
	free(w);
	c->work = NULL;
}

/* ---- first pass ---- */

static int number_order(const void *a, const void *b)
{
	const __u64 *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static struct name *name_find(struct cw_chart_work *w, const char *text)
{
	size_t i;

	if (w->last < w->nr_names && !strncmp(w->names[w->last].text, text, CW_CHART_NAME - 1))
		return &w->names[w->last];
	for (i = 0; i < w->nr_names; i++) {
		if (strncmp(w->names[i].text, text, CW_CHART_NAME - 1))
			continue;
		w->last = i;
		return &w->names[i];
	}
	return NULL;
}

static int name_add(struct cw_chart_work *w, const struct cw_chart_move *m)
{
	struct name *name = name_find(w, m->who);
	int err;

	if (!name && w->nr_names < NAMES_MAX) {
		err = grow(&w->names, &w->room_names, w->nr_names, sizeof(*w->names));
		if (err)
			return err;
		name = &w->names[w->nr_names++];
		memset(name, 0, sizeof(*name));
		strncpy(name->text, m->who, CW_CHART_NAME - 1);
	}
	if (name && m->to_shared)
		name->nr_pages += m->nr_pages;
	return 0;
}

static bool is_contiguous(const struct cw_chart_move *m)
{
	return m->nr_pages && m->gfn_max - m->gfn_min == m->nr_pages - 1;
}

int cw_chart_survey(struct cw_chart *c, const struct cw_chart_move *m)
{
	struct cw_pieces *pieces = &c->work->pieces;
	int err = name_add(c->work, m);

	if (err)
		return err;
	return is_contiguous(m) ? cw_pieces_see(pieces, m->gfn_min, m->gfn_max) :
				  cw_pieces_see_across(pieces, m->gfn_min, m->gfn_max);
}

/* ---- between ---- */

static int name_order(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	if (x->nr_pages != y->nr_pages)
		return x->nr_pages < y->nr_pages ? 1 : -1;
	return strcmp(x->text, y->text);
}

static void owners_plan(struct cw_chart *c)
{
	struct cw_chart_work *w = c->work;
	size_t i, own = CW_CHART_OWNERS;

	if (w->nr_names)
		qsort(w->names, w->nr_names, sizeof(*w->names), name_order);
	w->last = 0;
	if (w->nr_names > CW_CHART_OWNERS || w->nr_names == NAMES_MAX)
		own = CW_CHART_OWNERS - 1;
	for (i = 0; i < w->nr_names; i++) {
		w->names[i].owner = (__u32)(i < own ? i : own);
		if (i < own)
			memcpy(c->owner[i].name, w->names[i].text, CW_CHART_NAME);
	}
	c->nr_owners = w->nr_names < own ? w->nr_names : own;
	if (w->nr_names > own) {
		strcpy(c->owner[own].name, OTHERS);
		c->nr_owners++;
	}
}

static size_t row_of_piece(const struct cw_chart *c, const struct cw_piece *piece)
{
	const struct cw_pieces *p = &c->work->pieces;

	return (size_t)(piece - p->piece) * c->nr_rows / p->nr;
}

int cw_chart_plan(struct cw_chart *c)
{
	struct cw_chart_work *w = c->work;
	size_t i, row;

	if (cw_pieces_plan(&w->pieces, CW_CHART_ROWS))
		return -ENOMEM;
	owners_plan(c);
	c->nr_rows = w->pieces.nr < CW_CHART_ROWS ? w->pieces.nr : CW_CHART_ROWS;
	for (i = 0; i < w->pieces.nr; i++) {
		const struct cw_piece *piece = &w->pieces.piece[i];

		row = row_of_piece(c, piece);
		if (!w->row_frames[row]) {
			c->row[row].gfn_min = piece->gfn_min;
			w->row_before[row] = piece->before;
		}
		c->row[row].gfn_max = piece->gfn_max;
		w->row_frames[row] += cw_piece_frames(piece);
	}
	return 0;
}

/* ---- second pass ---- */

int cw_chart_column(const struct cw_chart *c, __u64 ts_ns)
{
	double part;

	if (ts_ns <= c->start_ns)
		return 0;
	part = (double)(ts_ns - c->start_ns) / (double)(c->end_ns - c->start_ns);
	return part < 1 ? (int)(part * CW_CHART_COLUMNS) : CW_CHART_COLUMNS - 1;
}

int cw_chart_row(const struct cw_chart *c, __u64 gfn)
{
	const struct cw_piece *piece = cw_pieces_find(&c->work->pieces, gfn);

	return piece ? (int)row_of_piece(c, piece) : -1;
}

static __u8 cell_value(const struct cw_chart_work *w, size_t row)
{
	__u64 spread = w->row_spread[row];
	double part;

	if (w->row_unknown[row])
		return CW_CELL_UNKNOWN;
	part = ((double)w->row_shared[row] + (double)spread / SPREAD_UNITS) * 100 /
	       (double)w->row_frames[row];
	if (part > 100)
		part = 100;
	if (part < 1 && (w->row_shared[row] || spread))
		part = 1;	/* little, and not nothing */
	return (__u8)((__u8)part + (spread ? CW_CELL_SPREAD : 0));
}

/* What is so now was so at the end of every column before this one. */
static void columns_fill(struct cw_chart *c, int column)
{
	struct cw_chart_work *w = c->work;
	size_t i;

	for (; w->column < column; w->column++) {
		for (i = 0; i < c->nr_owners; i++)
			c->owner[i].pages[w->column] = w->shared[i];
		for (i = 0; i < c->nr_rows; i++)
			c->cell[i][w->column] = cell_value(w, i);
	}
}

static void shared_add(struct cw_chart *c, __u32 owner, __s64 nr)
{
	__u64 *n = &c->work->shared[owner];

	*n += (__u64)nr;
	if (*n > c->owner[owner].most)
		c->owner[owner].most = *n;
}

/* The frame is of who now: owner + 1, MINE_NONE or MINE_UNKNOWN. */
static void frame_set(struct cw_chart *c, struct cw_piece *piece, size_t row, __u64 gfn, __u8 mine)
{
	struct cw_chart_work *w = c->work;
	__u8 *was = &piece->mine[gfn - piece->gfn_min];

	if (*was == mine)
		return;
	if (*was == MINE_UNKNOWN)
		w->row_unknown[row]--;
	else if (*was != MINE_NONE) {
		w->row_shared[row]--;
		shared_add(c, *was - 1U, -1);
	}
	if (mine == MINE_UNKNOWN)
		w->row_unknown[row]++;
	else if (mine != MINE_NONE) {
		w->row_shared[row]++;
		shared_add(c, mine - 1U, 1);
	}
	*was = mine;
}

static void range_set(struct cw_chart *c, const struct cw_chart_move *m, __u8 mine)
{
	struct cw_piece *piece = NULL;
	size_t row = 0;
	__u64 gfn;

	for (gfn = m->gfn_min; gfn - m->gfn_min < m->nr_pages; gfn++) {
		if (!piece || gfn > piece->gfn_max) {
			piece = cw_pieces_find(&c->work->pieces, gfn);
			if (!piece || !piece->mine) {	/* none of the later ones is there either */
				c->nr_beyond += m->nr_pages - (gfn - m->gfn_min);
				return;
			}
			row = row_of_piece(c, piece);
		}
		frame_set(c, piece, row, gfn, mine);
	}
}

/* ---- scattered ranges ---- */

/* Puts it on the map, or takes it off again: the same numbers either way. */
static void scattered_spread(struct cw_chart *c, const struct scattered *s, bool on)
{
	const struct cw_piece *low = cw_pieces_find(&c->work->pieces, s->gfn_min);
	const struct cw_piece *high = cw_pieces_find(&c->work->pieces, s->gfn_max);
	__u64 from = low->before + (s->gfn_min - low->gfn_min);
	__u64 to = high->before + (s->gfn_max - high->gfn_min) + 1;
	struct cw_chart_work *w = c->work;
	size_t row, last = row_of_piece(c, high);

	for (row = row_of_piece(c, low); row <= last; row++) {
		__u64 begin = w->row_before[row], end = begin + w->row_frames[row], units;

		begin = begin > from ? begin : from;
		end = end < to ? end : to;
		units = (__u64)((double)s->nr_pages * SPREAD_UNITS * (double)(end - begin) /
				(double)(to - from)) + 1;
		w->row_spread[row] += on ? units : -units;
	}
}

/* Of a failed one the two frames that are known are unknown now, the others are somewhere. */
static void scattered_count(struct cw_chart *c, const struct scattered *s, bool on)
{
	if (!s->unknown) {
		scattered_spread(c, s, on);
		shared_add(c, s->owner, on ? s->nr_pages : -(__s64)s->nr_pages);
		return;
	}
	c->work->row_unknown[cw_chart_row(c, s->gfn_min)] += on ? 1 : -1U;
	c->work->row_unknown[cw_chart_row(c, s->gfn_max)] += on ? 1 : -1U;
}

/* The latest of the same range, which is whose it is now. */
static struct scattered *scattered_find(struct cw_chart_work *w, const struct cw_chart_move *m)
{
	size_t i;

	for (i = w->nr_scattered; i-- > 0;) {
		struct scattered *s = &w->scattered[i];

		if (s->gfn_min == m->gfn_min && s->gfn_max == m->gfn_max &&
		    s->nr_pages == m->nr_pages)
			return s;
	}
	return NULL;
}

/* Whoever takes the same range back takes it from its owner. */
static int scattered_set(struct cw_chart *c, const struct cw_chart_move *m, __u32 owner)
{
	struct cw_chart_work *w = c->work;
	struct scattered *s = scattered_find(w, m);
	int err;

	if (!m->nr_pages || m->gfn_min > m->gfn_max)
		return 0;
	if (s) {
		scattered_count(c, s, false);
		*s = w->scattered[--w->nr_scattered];
	}
	c->nr_scattered += m->nr_pages;
	if (!m->to_shared && !m->failed)
		return 0;
	if (w->nr_scattered == SCATTERED_MAX || cw_chart_row(c, m->gfn_min) < 0 ||
	    cw_chart_row(c, m->gfn_max) < 0) {
		c->nr_beyond += m->nr_pages;
		return 0;
	}
	err = grow(&w->scattered, &w->room_scattered, w->nr_scattered, sizeof(*s));
	if (err)
		return err;
	s = &w->scattered[w->nr_scattered++];
	*s = (struct scattered){
		.gfn_min = m->gfn_min, .gfn_max = m->gfn_max,
		.nr_pages = m->nr_pages, .owner = owner, .unknown = m->failed,
	};
	scattered_count(c, s, true);
	return 0;
}

/* The scattered range that a frame may be of. */
static const struct scattered *scattered_around(const struct cw_chart_work *w, __u64 gfn)
{
	size_t i;

	for (i = 0; i < w->nr_scattered; i++)
		if (w->scattered[i].gfn_min <= gfn && gfn <= w->scattered[i].gfn_max)
			return &w->scattered[i];
	return NULL;
}

/* Whose a frame was stays; those that may be of a scattered range have been counted with that. */
static void looked_set(struct cw_chart *c, const struct cw_chart_move *m, __u8 mine)
{
	const struct scattered *around;
	struct cw_piece *piece;
	__u64 gfn;

	for (gfn = m->gfn_min; gfn - m->gfn_min < m->nr_pages; gfn++) {
		piece = cw_pieces_find(&c->work->pieces, gfn);
		if (!piece || !piece->mine) {
			c->nr_beyond += m->nr_pages - (gfn - m->gfn_min);
			return;
		}
		if (piece->mine[gfn - piece->gfn_min] != MINE_NONE)
			continue;
		around = scattered_around(c->work, gfn);
		if (around)
			gfn = around->gfn_max;
		else
			frame_set(c, piece, row_of_piece(c, piece), gfn, mine);
	}
}

/* ---- who asked ---- */

static int times_add(struct times *t, __u64 ns)
{
	int err = grow(&t->ns, &t->room, t->nr, sizeof(*t->ns));

	if (!err)
		t->ns[t->nr++] = ns;
	return err;
}

static int asked_count(struct cw_chart *c, const struct cw_chart_move *m, __u32 owner)
{
	struct cw_chart_owner *o = &c->owner[owner];

	if (m->failed)
		o->failed++;
	else if (m->to_shared)
		o->to_shared++;
	else
		o->to_private++;
	if (m->end_ns <= m->begin_ns)
		return 0;
	return times_add(&c->work->times[owner], m->end_ns - m->begin_ns);
}

int cw_chart_move(struct cw_chart *c, const struct cw_chart_move *m)
{
	const struct name *name = name_find(c->work, m->who);
	__u32 owner = name ? name->owner : CW_CHART_OWNERS - 1;
	__u8 mine = m->to_shared ? (__u8)(owner + 1) : MINE_NONE;

	columns_fill(c, cw_chart_column(c, m->end_ns));
	if (m->looked)
		looked_set(c, m, mine);
	else if (is_contiguous(m))
		range_set(c, m, m->failed ? MINE_UNKNOWN : mine);
	else if (scattered_set(c, m, owner))
		return -ENOMEM;
	return m->begin_ns ? asked_count(c, m, owner) : 0;
}

void cw_chart_freed(struct cw_chart *c, __u64 ts_ns, __u64 gfn)
{
	struct cw_piece *piece = cw_pieces_find(&c->work->pieces, gfn);

	columns_fill(c, cw_chart_column(c, ts_ns));
	if (piece && piece->mine)
		frame_set(c, piece, row_of_piece(c, piece), gfn, MINE_NONE);
}

void cw_chart_finish(struct cw_chart *c)
{
	size_t i;

	columns_fill(c, CW_CHART_COLUMNS);
	for (i = 0; i < c->nr_owners; i++) {
		struct times *t = &c->work->times[i];

		if (!t->nr)
			continue;
		qsort(t->ns, t->nr, sizeof(*t->ns), number_order);
		c->owner[i].median_ns = t->ns[t->nr / 2];
		c->owner[i].slowest_ns = t->ns[t->nr - 1];
	}
}
