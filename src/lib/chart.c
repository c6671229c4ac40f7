// SPDX-License-Identifier: GPL-2.0-only
/* Shared memory over time.  A byte for each frame of the 2 MiB blocks that took part says who had
 * it shared, so that who takes it back is not taken for its owner.
 */
#include "chart.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SHIFT 9		/* frames of 2 MiB */
#define BLOCK_FRAMES (1U << BLOCK_SHIFT)
#define BLOCKS_MAX 65536	/* 128 GiB that took part */
#define NAMES_MAX 4096		/* who is told apart; later ones are "others" */
#define SCATTERED_MAX 65536

#define MINE_NONE 0
#define MINE_UNKNOWN 0xff
#define OTHERS "others"

struct block {
	__u64 nr;			/* of 2 MiB */
	__u8 mine[BLOCK_FRAMES];	/* owner + 1, MINE_NONE or MINE_UNKNOWN */
};

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
};

struct times {
	__u64 *ns;
	size_t nr;
	size_t room;
};

struct cw_chart_work {
	__u64 *seen;		/* numbers of blocks, in the first pass */
	size_t nr_seen;
	size_t room_seen;
	struct block *blocks;
	size_t nr_blocks;
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
	__u32 row_blocks[CW_CHART_ROWS];
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
	free(w->seen);
	free(w->blocks);
	free(w->names);
	free(w->scattered);
	free(w);
	c->work = NULL;
}

/* ---- first pass ---- */

static int block_order(const void *a, const void *b)
{
	const struct block *x = a, *y = b;

	return (x->nr > y->nr) - (x->nr < y->nr);
}

static struct block *block_find(const struct cw_chart_work *w, __u64 nr)
{
	const struct block key = { .nr = nr };

	if (!w->nr_blocks)
		return NULL;
	return bsearch(&key, w->blocks, w->nr_blocks, sizeof(key), block_order);
}

static int number_order(const void *a, const void *b)
{
	const __u64 *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Leaves each number once, in order. */
static void seen_sort(struct cw_chart_work *w)
{
	size_t i, nr = 0;

	if (w->nr_seen)
		qsort(w->seen, w->nr_seen, sizeof(*w->seen), number_order);
	for (i = 0; i < w->nr_seen; i++)
		if (!nr || w->seen[nr - 1] != w->seen[i])
			w->seen[nr++] = w->seen[i];
	w->nr_seen = nr;
}

/* False when there are more than can be shown. */
static bool seen_has_room(struct cw_chart_work *w)
{
	if (w->nr_seen == w->room_seen)
		seen_sort(w);
	return w->nr_seen < BLOCKS_MAX;
}

static int block_add(struct cw_chart_work *w, __u64 nr)
{
	int err;

	if (w->nr_seen && w->seen[w->nr_seen - 1] == nr)
		return 0;
	err = grow(&w->seen, &w->room_seen, w->nr_seen, sizeof(*w->seen));
	if (!err)
		w->seen[w->nr_seen++] = nr;
	return err;
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
	int err = name_add(c->work, m);
	__u64 nr = m->gfn_min >> BLOCK_SHIFT;

	if (!is_contiguous(m))
		return err;
	for (; !err && nr <= m->gfn_max >> BLOCK_SHIFT && seen_has_room(c->work); nr++)
		err = block_add(c->work, nr);
	return err;
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

static int blocks_plan(struct cw_chart_work *w)
{
	size_t i;

	seen_sort(w);
	if (!w->nr_seen)
		return 0;
	w->blocks = calloc(w->nr_seen, sizeof(*w->blocks));
	if (!w->blocks)
		return -ENOMEM;
	for (i = 0; i < w->nr_seen; i++)
		w->blocks[i].nr = w->seen[i];
	w->nr_blocks = w->nr_seen;
	return 0;
}

static size_t row_of_block(const struct cw_chart *c, size_t block)
{
	return block * c->nr_rows / c->work->nr_blocks;
}

int cw_chart_plan(struct cw_chart *c)
{
	struct cw_chart_work *w = c->work;
	size_t i, row;

	if (blocks_plan(w))
		return -ENOMEM;
	owners_plan(c);
	c->nr_rows = w->nr_blocks < CW_CHART_ROWS ? w->nr_blocks : CW_CHART_ROWS;
	for (i = 0; i < w->nr_blocks; i++) {
		row = row_of_block(c, i);
		if (!w->row_blocks[row]++)
			c->row[row].gfn_min = w->blocks[i].nr << BLOCK_SHIFT;
		c->row[row].gfn_max = (w->blocks[i].nr << BLOCK_SHIFT) + BLOCK_FRAMES - 1;
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
	const struct block *b = block_find(c->work, gfn >> BLOCK_SHIFT);

	return b ? (int)row_of_block(c, (size_t)(b - c->work->blocks)) : -1;
}

static __u8 cell_value(const struct cw_chart_work *w, size_t row)
{
	__u64 frames = (__u64)w->row_blocks[row] * BLOCK_FRAMES, part;

	if (w->row_unknown[row])
		return CW_CELL_UNKNOWN;
	part = w->row_shared[row] * 100ULL / frames;
	return (__u8)(part || !w->row_shared[row] ? part : 1);
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
static void frame_set(struct cw_chart *c, struct block *b, size_t row, __u64 gfn, __u8 mine)
{
	struct cw_chart_work *w = c->work;
	__u8 *was = &b->mine[gfn & (BLOCK_FRAMES - 1)];

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
	struct block *b = NULL;
	size_t row = 0;
	__u64 gfn;

	for (gfn = m->gfn_min; gfn - m->gfn_min < m->nr_pages; gfn++) {
		if (!b || b->nr != gfn >> BLOCK_SHIFT) {
			b = block_find(c->work, gfn >> BLOCK_SHIFT);
			if (!b) {	/* none of the later ones is there either */
				c->nr_beyond += m->nr_pages - (gfn - m->gfn_min);
				return;
			}
			row = row_of_block(c, (size_t)(b - c->work->blocks));
		}
		frame_set(c, b, row, gfn, mine);
	}
}

/* Its frames are not known: whoever takes the same range back takes it from its owner. */
static int scattered_set(struct cw_chart *c, const struct cw_chart_move *m, __u32 owner)
{
	struct cw_chart_work *w = c->work;
	struct scattered *s;
	size_t i;
	int err;

	c->nr_scattered += m->nr_pages;
	for (i = w->nr_scattered; i-- > 0;) {
		s = &w->scattered[i];
		if (s->gfn_min != m->gfn_min || s->gfn_max != m->gfn_max ||
		    s->nr_pages != m->nr_pages)
			continue;
		shared_add(c, s->owner, -(__s64)s->nr_pages);
		*s = w->scattered[--w->nr_scattered];
		break;
	}
	if (!m->to_shared || m->failed || w->nr_scattered == SCATTERED_MAX)
		return 0;
	err = grow(&w->scattered, &w->room_scattered, w->nr_scattered, sizeof(*s));
	if (err)
		return err;
	w->scattered[w->nr_scattered++] = (struct scattered){
		.gfn_min = m->gfn_min, .gfn_max = m->gfn_max,
		.nr_pages = m->nr_pages, .owner = owner,
	};
	shared_add(c, owner, m->nr_pages);
	return 0;
}

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
	if (is_contiguous(m))
		range_set(c, m, m->failed ? MINE_UNKNOWN : mine);
	else if (scattered_set(c, m, owner))
		return -ENOMEM;
	return m->begin_ns ? asked_count(c, m, owner) : 0;
}

void cw_chart_freed(struct cw_chart *c, __u64 ts_ns, __u64 gfn)
{
	struct block *b = block_find(c->work, gfn >> BLOCK_SHIFT);

	columns_fill(c, cw_chart_column(c, ts_ns));
	if (b)
		frame_set(c, b, row_of_block(c, (size_t)(b - c->work->blocks)), gfn, MINE_NONE);
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
