// SPDX-License-Identifier: GPL-2.0-only
/* Pieces of memory are planned from stretches of 2 MiB blocks: first those seen are put in order,
 * then the ones with known frames are cut to single blocks, and what lies across fills the gaps.
 */
#include "chart_pieces.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define GFN_MAX ((1ULL << 52) - 1)	/* of a physical address of 64 bits */

/* ---- stretches ---- */

static int stretch_order(const void *a, const void *b)
{
	const struct cw_stretch *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* In order, and none touches another. */
static void stretches_sort(struct cw_stretches *s)
{
	size_t i, nr = 0;

	if (s->nr)
		qsort(s->stretch, s->nr, sizeof(*s->stretch), stretch_order);
	for (i = 0; i < s->nr; i++) {
		struct cw_stretch *last = nr ? &s->stretch[nr - 1] : NULL;

		if (!last || s->stretch[i].first > last->last + 1)
			s->stretch[nr++] = s->stretch[i];
		else if (s->stretch[i].last > last->last)
			last->last = s->stretch[i].last;
	}
	s->nr = nr;
}

/* Room for one more; a full array may hold the same ones many times.  0, -ENOMEM or -ENOSPC. */
static int stretches_room(struct cw_stretches *s)
{
	size_t more = s->room ? s->room * 2 : 64;
	struct cw_stretch *moved;

	if (s->nr < s->room)
		return 0;
	stretches_sort(s);
	if (s->nr <= s->room / 2 && s->room)
		return 0;
	if (more > 2 * CW_PIECES_MAX)
		return s->nr < s->room ? 0 : -ENOSPC;
	moved = reallocarray(s->stretch, more, sizeof(*moved));
	if (!moved)
		return -ENOMEM;
	s->stretch = moved;
	s->room = more;
	return 0;
}

static int stretch_add(struct cw_stretches *s, __u64 gfn_min, __u64 gfn_max)
{
	const struct cw_stretch add = { gfn_min >> CW_PIECE_SHIFT, gfn_max >> CW_PIECE_SHIFT };
	struct cw_stretch *last = s->nr ? &s->stretch[s->nr - 1] : NULL;
	int err;

	if (gfn_min > gfn_max || gfn_max > GFN_MAX)
		return 0;
	if (last && last->first <= add.first && add.last <= last->last)
		return 0;
	err = stretches_room(s);
	if (!err)
		s->stretch[s->nr++] = add;
	return err == -ENOSPC ? 0 : err;
}

int cw_pieces_see(struct cw_pieces *p, __u64 gfn_min, __u64 gfn_max)
{
	return stretch_add(&p->known, gfn_min, gfn_max);
}

int cw_pieces_see_across(struct cw_pieces *p, __u64 gfn_min, __u64 gfn_max)
{
	return stretch_add(&p->across, gfn_min, gfn_max);
}

/* Of the known ones as many blocks as there may be. */
static size_t known_cut(struct cw_stretches *known)
{
	size_t i, nr = 0;

	for (i = 0; i < known->nr; i++) {
		struct cw_stretch *s = &known->stretch[i];
		__u64 blocks = s->last - s->first + 1;

		if (blocks > CW_PIECES_MAX - nr)
			blocks = CW_PIECES_MAX - nr;
		if (!blocks)
			break;
		s->last = s->first + blocks - 1;
		nr += blocks;
	}
	known->nr = i;
	return nr;
}

/* ---- the plan ---- */

/* A walk over the pieces that there are when none in a gap is longer than so many blocks. */
struct plan {
	struct cw_pieces *p;
	__u64 longest;
	struct cw_piece *out;	/* NULL: they are only counted */
	size_t nr;
	__u64 frames;
	__u8 *mine;
};

static void piece_put(struct plan *plan, __u64 first, __u64 last, bool known)
{
	struct cw_piece *piece = &plan->out[plan->nr++];

	piece->gfn_min = first << CW_PIECE_SHIFT;
	piece->gfn_max = (last << CW_PIECE_SHIFT) + CW_PIECE_FRAMES - 1;
	piece->before = plan->frames;
	plan->frames += cw_piece_frames(piece);
	piece->mine = NULL;
	if (known) {
		piece->mine = plan->mine;
		plan->mine += CW_PIECE_FRAMES;
	}
}

/* Blocks from first to last, none longer than longest. */
static void stretch_put(struct plan *plan, __u64 first, __u64 last, __u64 longest, bool known)
{
	if (!plan->out) {
		plan->nr += (last - first) / longest + 1;
		return;
	}
	for (; last - first >= longest; first += longest)
		piece_put(plan, first, first + longest - 1, known);
	piece_put(plan, first, last, known);
}

/* Both lists are in order: each stretch across is what is left of it between known ones. */
static void plan_walk(struct plan *plan)
{
	const struct cw_stretches *known = &plan->p->known, *across = &plan->p->across;
	size_t i = 0, k;
	__u64 at = 0;	/* all below has been put */

	plan->nr = 0;
	for (k = 0; k < across->nr; k++) {
		if (across->stretch[k].first > at)
			at = across->stretch[k].first;
		for (; i < known->nr && known->stretch[i].first <= across->stretch[k].last; i++) {
			const struct cw_stretch *s = &known->stretch[i];

			if (s->first > at)
				stretch_put(plan, at, s->first - 1, plan->longest, false);
			stretch_put(plan, s->first, s->last, 1, true);
			at = s->last + 1 > at ? s->last + 1 : at;
		}
		if (at <= across->stretch[k].last)
			stretch_put(plan, at, across->stretch[k].last, plan->longest, false);
	}
	for (; i < known->nr; i++)
		stretch_put(plan, known->stretch[i].first, known->stretch[i].last, 1, true);
}

int cw_pieces_plan(struct cw_pieces *p, size_t max)
{
	struct plan plan = { .p = p, .longest = 1 };
	size_t nr_known;

	stretches_sort(&p->known);
	stretches_sort(&p->across);
	nr_known = known_cut(&p->known);
	plan_walk(&plan);
	while (plan.nr > max && plan.longest <= GFN_MAX >> CW_PIECE_SHIFT) {
		plan.longest *= 2;
		plan_walk(&plan);
	}
	if (!plan.nr)
		return 0;
	p->piece = calloc(plan.nr, sizeof(*p->piece));
	p->mine = calloc(nr_known + 1, CW_PIECE_FRAMES);
	if (!p->piece || !p->mine)
		return -ENOMEM;
	plan.out = p->piece;
	plan.mine = p->mine;
	plan_walk(&plan);
	p->nr = plan.nr;
	return 0;
}

static int piece_order(const void *key, const void *element)
{
	const struct cw_piece *piece = element;
	const __u64 *gfn = key;

	return (*gfn > piece->gfn_max) - (*gfn < piece->gfn_min);
}

struct cw_piece *cw_pieces_find(const struct cw_pieces *p, __u64 gfn)
{
	if (!p->nr)
		return NULL;
	return bsearch(&gfn, p->piece, p->nr, sizeof(*p->piece), piece_order);
}

__u64 cw_piece_frames(const struct cw_piece *piece)
{
	return piece->gfn_max - piece->gfn_min + 1;
}

void cw_pieces_exit(struct cw_pieces *p)
{
	free(p->known.stretch);
	free(p->across.stretch);
	free(p->piece);
	free(p->mine);
	memset(p, 0, sizeof(*p));
}
