// SPDX-License-Identifier: GPL-2.0-only
/* Claims set against what is shared: each shared frame once, with its owner. */
#include "owners.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cocowatch/check.h>

/* ---- memory of this guest ---- */

/* How many of the frames from gfn on are alike in being memory of this guest or not. */
static __u64 ram_alike(const struct cw_ram *ram, __u64 gfn, __u64 nr)
{
	size_t i;

	for (i = 0; i < ram->nr; i++) {
		if (ram->range[i].first > gfn && ram->range[i].first - gfn < nr)
			nr = ram->range[i].first - gfn;
		if (ram->range[i].last >= gfn && ram->range[i].last - gfn + 1 < nr)
			nr = ram->range[i].last - gfn + 1;
	}
	return nr;
}

/* ---- claims ---- */

static int grow(void **array, size_t *room, size_t size)
{
	size_t more = *room ? 2 * *room : 64;
	void *p = realloc(*array, more * size);

	if (!p)
		return -ENOMEM;
	*array = p;
	*room = more;
	return 0;
}

int cw_claims_add(struct cw_claims *c, const struct cw_claim *claim)
{
	if (c->nr == c->room && grow((void **)&c->claim, &c->room, sizeof(*c->claim)))
		return -ENOMEM;
	c->claim[c->nr++] = *claim;
	return 0;
}

void cw_claims_free(struct cw_claims *c)
{
	free(c->claim);
	memset(c, 0, sizeof(*c));
}

static int claim_order(const void *a, const void *b)
{
	const struct cw_claim *x = a, *y = b;

	return x->gfn < y->gfn ? -1 : x->gfn > y->gfn;
}

void cw_claims_sort(struct cw_claims *c)
{
	__u64 reach = 0;
	size_t i;

	if (c->nr)
		qsort(c->claim, c->nr, sizeof(*c->claim), claim_order);
	for (i = 0; i < c->nr; i++) {
		if (c->claim[i].gfn + c->claim[i].nr_pages > reach)
			reach = c->claim[i].gfn + c->claim[i].nr_pages;
		c->claim[i].reach = reach;
	}
}

/* The claim on a frame, or NULL; *nr is cut down to the frames that it holds for.  Where several
 * hold, the one that begins last: it is the most particular.
 */
static const struct cw_claim *claim_find(const struct cw_claims *c, __u64 gfn, __u64 *nr)
{
	size_t low = 0, high = c->nr;
	const struct cw_claim *found = NULL;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (c->claim[mid].gfn <= gfn)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < c->nr && c->claim[low].gfn - gfn < *nr)
		*nr = c->claim[low].gfn - gfn;
	while (low && !found && c->claim[low - 1].reach > gfn) {
		const struct cw_claim *claim = &c->claim[--low];

		if (claim->gfn + claim->nr_pages > gfn)
			found = claim;
	}
	if (found && found->gfn + found->nr_pages - gfn < *nr)
		*nr = found->gfn + found->nr_pages - gfn;
	return found;
}

/* ---- what belongs to whom ---- */

void cw_owned_free(struct cw_owned *o)
{
	free(o->ev);
	memset(o, 0, sizeof(*o));
}

/* Whether ev goes on where last ends, by its frames; vaddr and pte are those of the first. */
static bool owned_follows(const struct cw_ev_owner *last, const struct cw_ev_owner *ev)
{
	return last->gfn + last->nr_pages == ev->gfn && last->owner == ev->owner &&
	       last->relid == ev->relid && last->owner_cpu == ev->owner_cpu &&
	       last->flags == ev->flags;
}

static int owned_add(struct cw_owned *o, const struct cw_ev_owner *ev)
{
	struct cw_ev_owner *last = o->nr ? &o->ev[o->nr - 1] : NULL;

	if (last && owned_follows(last, ev) && last->nr_pages + ev->nr_pages > ev->nr_pages) {
		last->nr_pages += ev->nr_pages;
		return 0;
	}
	if (o->nr == o->room && grow((void **)&o->ev, &o->room, sizeof(*o->ev)))
		return -ENOMEM;
	o->ev[o->nr++] = *ev;
	return 0;
}

/* Frames that follow each other in a shared mapping; vaddr 0: in none. */
struct extent {
	__u64 gfn;
	__u64 nr_pages;
	__u64 vaddr;
	__u64 pte;
	__u32 flags;
};

struct finder {
	struct cw_owned *o;
	const struct cw_claims *c;
	const struct cw_ram *ram;
	const struct cw_mode_state *mode;
};

/* One owner's part of an extent; *nr is how many pages that is. */
static int part_add(struct finder *f, const struct extent *x, __u64 done, __u64 *nr)
{
	__u64 gfn = x->gfn + done;
	const struct cw_claim *claim;
	struct cw_ev_owner ev = {
		.hdr = { .type = CW_EV_OWNER, .len = sizeof(ev) },
		.gfn = gfn,
		.vaddr = x->vaddr ? x->vaddr + (done << CW_PAGE_SHIFT) : 0,
		.pte = done ? 0 : x->pte,
		.mode = f->mode->mode,
		.owner_cpu = CW_NO_INDEX,
		.flags = x->flags,
		.space = CW_SPACE_KERNEL,
	};
	bool is_ram = cw_ram_has(f->ram, gfn);

	*nr = ram_alike(f->ram, gfn, x->nr_pages - done);
	claim = claim_find(f->c, gfn, nr);
	if (*nr > 0xffffffffU)
		*nr = 0xffffffffU;
	if (!is_ram && !claim) {
		f->o->nr_device += *nr;
		return 0;
	}
	if (claim) {
		ev.owner = claim->owner;
		ev.relid = claim->relid;
		ev.owner_cpu = claim->cpu;
		ev.flags |= claim->flags;
	}
	if (!is_ram)
		ev.flags |= CW_OWNER_SUPPLIED;
	ev.nr_pages = (__u32)*nr;
	*(is_ram ? &f->o->nr_pages : &f->o->nr_supplied) += *nr;
	return owned_add(f->o, &ev);
}

static int extent_add(struct finder *f, const struct extent *x)
{
	__u64 done = 0, nr;
	int err = 0;

	for (; !err && done < x->nr_pages; done += nr)
		err = part_add(f, x, done, &nr);
	return err;
}

static int extent_order(const void *a, const void *b)
{
	const struct extent *x = a, *y = b;

	if (x->gfn != y->gfn)
		return x->gfn < y->gfn ? -1 : 1;
	return (int)(x->flags & CW_OWNER_NO_DIRECT) - (int)(y->flags & CW_OWNER_NO_DIRECT);
}

/* Extents of direct mappings overlap none of each other; of the rest only what they leave out is
 * of interest, so they come first.
 */
static size_t extents_fill(struct extent *x, const struct cw_shared *s, bool direct)
{
	size_t i, nr = 0;

	for (i = 0; i < s->nr; i++) {
		const struct cw_inv_run *run = &s->run[i];

		if (cw_shared_is_direct(s, run->vaddr) != direct)
			continue;
		x[nr++] = (struct extent){
			.gfn = run->gfn,
			.nr_pages = run->nr_pages,
			.vaddr = run->vaddr,
			.pte = run->pte,
			.flags = direct ? 0 : CW_OWNER_NO_DIRECT,
		};
	}
	return nr;
}

/* Cuts from the front of x what the extents of by (sorted) cover.  False when nothing is left;
 * *next is where to go on with the rest of it, which *rest then holds.
 */
static bool extent_cut(struct extent *x, struct extent *rest, const struct extent *by, size_t nr)
{
	size_t i, low = 0, high = nr;

	rest->nr_pages = 0;
	/* the last that begins at or before x, and those that follow */
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (by[mid].gfn <= x->gfn)
			low = mid + 1;
		else
			high = mid;
	}
	for (i = low ? low - 1 : 0; i < nr && by[i].gfn < x->gfn + x->nr_pages; i++) {
		__u64 end = by[i].gfn + by[i].nr_pages, cut;

		if (end <= x->gfn)
			continue;
		if (by[i].gfn > x->gfn) {
			/* the front is free; the rest is looked at again */
			*rest = *x;
			cut = by[i].gfn - x->gfn;
			rest->gfn += cut;
			rest->vaddr += cut << CW_PAGE_SHIFT;
			rest->pte = 0;	/* only that of the first page was kept */
			rest->nr_pages -= cut;
			x->nr_pages = cut;
			return true;
		}
		cut = end - x->gfn;
		if (cut >= x->nr_pages)
			return false;
		x->gfn += cut;
		x->vaddr += cut << CW_PAGE_SHIFT;
		x->pte = 0;
		x->nr_pages -= cut;
	}
	return true;
}

static int others_add(struct finder *f, struct extent *other, size_t nr_other,
		      const struct extent *direct, size_t nr_direct)
{
	__u64 until = 0;	/* others before here are told already */
	size_t i;
	int err = 0;

	for (i = 0; !err && i < nr_other; i++) {
		struct extent x = other[i], rest, front = { .gfn = 0, .nr_pages = until };
		__u64 end = x.gfn + x.nr_pages;

		if (!extent_cut(&x, &rest, &front, 1))
			continue;
		while (!err && x.nr_pages && extent_cut(&x, &rest, direct, nr_direct)) {
			err = extent_add(f, &x);
			x = rest;
		}
		if (end > until)
			until = end;
	}
	return err;
}

/* Before 6.4: what its owner shares whenever it has it, and no second mapping shows. */
static bool is_shared_unmapped(__u32 owner)
{
	return owner == CW_OWNER_MONITOR || owner == CW_OWNER_DMA_POOL;
}

static int unmapped_add(struct finder *f, const struct extent *seen, size_t nr_seen)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < f->c->nr; i++) {
		const struct cw_claim *claim = &f->c->claim[i];
		struct extent x = { .gfn = claim->gfn, .nr_pages = claim->nr_pages,
				    .flags = CW_OWNER_NO_DIRECT | CW_OWNER_UNMAPPED }, rest;

		if (!is_shared_unmapped(claim->owner))
			continue;
		while (!err && x.nr_pages && extent_cut(&x, &rest, seen, nr_seen)) {
			x.vaddr = 0;
			x.pte = 0;
			err = extent_add(f, &x);
			x = rest;
		}
	}
	return err;
}

static int owned_order(const void *a, const void *b)
{
	const struct cw_ev_owner *x = a, *y = b;

	return x->gfn < y->gfn ? -1 : x->gfn > y->gfn;
}

int cw_owned_find(struct cw_owned *o, const struct cw_claims *c, const struct cw_shared *s,
		  const struct cw_ram *ram, const struct cw_mode_state *mode)
{
	struct finder f = { .o = o, .c = c, .ram = ram, .mode = mode };
	struct extent *x = calloc(s->nr ? s->nr : 1, sizeof(*x));
	size_t nr_direct, nr_other, i;
	int err = 0;

	memset(o, 0, sizeof(*o));
	if (!x)
		return -ENOMEM;
	nr_direct = extents_fill(x, s, true);
	nr_other = extents_fill(x + nr_direct, s, false);
	qsort(x, nr_direct, sizeof(*x), extent_order);
	qsort(x + nr_direct, nr_other, sizeof(*x), extent_order);
	for (i = 0; !err && i < nr_direct; i++)
		err = extent_add(&f, &x[i]);
	if (!err)
		err = others_add(&f, x + nr_direct, nr_other, x, nr_direct);
	if (!err && mode->no_bit)
		err = unmapped_add(&f, x + nr_direct, nr_other);
	free(x);
	if (o->nr)
		qsort(o->ev, o->nr, sizeof(*o->ev), owned_order);
	return err;
}

/* ---- what a kexec undoes ---- */

/* With vTOM it is the kernel's list that counts; SNP and TDX look through the direct map. */
bool cw_kexec_undoes(const struct cw_mode_state *mode, const struct cw_claims *list,
		     const struct cw_ev_owner *ev, __u64 gfn)
{
	__u64 nr = 1;

	switch (mode->kexec_by) {
	case CW_CALLBACKS_VTOM:
		return claim_find(list, gfn, &nr) != NULL;
	case CW_CALLBACKS_AMD:
	case CW_CALLBACKS_TDX:
		return !(ev->flags & CW_OWNER_NO_DIRECT);
	}
	return false;
}
