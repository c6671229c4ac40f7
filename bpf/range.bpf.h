/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One pass over the range of a transition: its own PTEs, their direct-map alias,
 * the state of each frame, and on request the list handed to the host and the
 * types of the pages.
 */
#ifndef CW_RANGE_BPF_H
#define CW_RANGE_BPF_H

#include "engine.bpf.h"
#include "kern.h"
#include "pagewalk.bpf.h"
#include "watch.bpf.h"

#define CW_GPA_LIST_OFF 16	/* of gpa_page_list in struct hv_gpa_range_for_visibility, TLFS */

/* What the pass does with the state of each frame. */
enum range_mode {
	RANGE_LOOK,	/* nothing */
	RANGE_BEGIN,	/* count the states before, then CW_FR_BEGIN */
	RANGE_END,	/* what the engine says of the end */
	RANGE_SEED,	/* what the walk sees, outside any transition */
	RANGE_WITHHELD,	/* CW_FR_FAIL */
};

/* What a loop's callback is given: pointers only.  What the pass is and what it counts stands in
 * the scratch, since a value on the stack that changes with each page keeps the verifier from
 * ever seeing two equal rounds.
 */
struct range_ctx {
	struct cw_scratch *s;
	struct cw_kern *kern;
};

/* ---- page types ---- */

/* 1, 0, or -1 where this kernel does not say. */
static __always_inline int page_is_slab(const struct page___cw *head)
{
	if (bpf_core_enum_value_exists(enum pagetype___cw, PGTY_slab___cw)) {
		__u32 type = BPF_CORE_READ(head, page_type);

		return type >> 24 == bpf_core_enum_value(enum pagetype___cw, PGTY_slab___cw);
	}
	if (bpf_core_enum_value_exists(enum pageflags___cw, PG_slab___cw)) {
		unsigned long flags = BPF_CORE_READ(head, flags);

		return flags >> bpf_core_enum_value(enum pageflags___cw, PG_slab___cw) & 1;
	}
	return -1;
}

/* Before the page types had an enum (6.11) a cleared bit of page_type said it:
 * PAGE_TYPE_BASE 0xf0000000 and PG_table 0x200, include/linux/page-flags.h.
 */
static __always_inline bool page_is_table(const struct page___cw *page)
{
	__u32 type = BPF_CORE_READ(page, page_type);

	if (bpf_core_enum_value_exists(enum pagetype___cw, PGTY_table___cw))
		return type >> 24 == bpf_core_enum_value(enum pagetype___cw, PGTY_table___cw);
	return (type & 0xf0000200) == 0xf0000000;
}

/* Address of the page's head, 0 when it cannot be read.  Bit 0 of the word says that the page is
 * a tail (include/linux/page-flags.h); the rest is the head's address, or on 7.x a mask that leads
 * to it, which no address of a struct page is as high as.
 */
static __always_inline __u64 page_head(__u64 page)
{
	struct page___info *info = (void *)page;
	struct page___cw *old = (void *)page;
	__u64 link;

	if (bpf_core_field_exists(old->compound_head)) {
		if (cw_kread(&link, sizeof(link), (__u64)&old->compound_head))
			return 0;
	} else if (cw_kread(&link, sizeof(link), (__u64)&info->compound_info)) {
		return 0;
	}
	if (!(link & 1))
		return page;
	return link >> 32 == 0xffffffff ? page & (link - 1) : link - 1;
}

/* Adds the type of one page to the event.  Global functions, here and below, are verified on their
 * own and not once for each path that leads to them.
 */
__noinline int cw_page_type(struct cw_kern *kern, struct cw_ev_step *ev, __u32 index, __u64 gfn)
{
	const struct page___cw *page, *head;
	__u32 size = 0;
	int slab;

	if (!kern || !ev)
		return 0;
	page = (void *)(kern->vmemmap + gfn * bpf_core_type_size(struct page___cw));
	head = (void *)page_head((__u64)page);
	if (!head)
		return 0;
	slab = page_is_slab(head);
	if (slab < 0)
		return 0;
	ev->types_read++;
	if (slab) {
		const struct kmem_cache___cw *cache;

		cache = BPF_CORE_READ((struct slab___cw *)head, slab_cache);
		if (cache)
			size = BPF_CORE_READ(cache, size);
		if (size && size < CW_PAGE_SIZE)
			ev->nr_slab_part++;
		else
			ev->nr_slab_whole++;
	} else if (page_is_table(page)) {
		ev->nr_table++;
	} else {
		return 0;
	}
	if (ev->first_type == CW_NO_INDEX)
		ev->first_type = index;
	return 0;
}

/* ---- one page ---- */

/* The state before, or -1 beyond the map, or -2 when the word kept changing. */
__noinline int cw_frame_apply(__u64 gfn, __u32 event)
{
	struct cw_store st = {};
	__u32 lost = 0;
	int before;

	/* 6.1 loses the bound of a copy of event: it has to be there from the start */
	event &= 7;
	barrier_var(event);
	before = cw_frame_step(&st, gfn, event, &lost);
	return lost ? -2 : before;
}

/* Whether the PTE still says what was entered; if not, that is taken back.  -1: it could not be. */
static __always_inline int seed_again(struct cw_kern *kern, struct cw_scratch *s, __u64 *word,
				      __u64 va, __u64 gfn, __u32 event, __u32 before)
{
	__u64 pte;

	s->own.tag = 0;
	if (!chunk_pte(kern, &s->pass.fmt, &s->own, va, &pte) &&
	    cw_pte_gfn(&s->pass.fmt, pte) == gfn && cw_seed_frame_event(&s->pass.fmt, pte) == event)
		return 0;
	return cw_frame_unseed(word, gfn, cw_state_next(before, event), before);
}

/* Seeding races with transitions that begin: the word is taken first, the PTE read after
 * it, and a frame whose own state changed meanwhile is left to whoever changed it.  The PTE is then
 * read again, since a whole transition leaves the state as it was.
 */
static __always_inline void seed_frame(struct cw_kern *kern, struct cw_scratch *s, __u64 va,
				       __u64 gfn)
{
	struct cw_store st = {};
	__u64 *word = cw_store_word(&st, gfn);
	__u64 old, pte;
	__u32 event, state;
	int ret;

	if (!word) {
		s->beyond++;
		return;
	}
	old = cw_read_once(*word);
	state = cw_state_of(old, gfn);
	s->own.tag = 0;
	if (chunk_pte(kern, &s->pass.fmt, &s->own, va, &pte)) {
		s->lost++;
		return;
	}
	if (state == CW_PG_TRANSIT || cw_pte_gfn(&s->pass.fmt, pte) != gfn)
		return;
	event = cw_seed_frame_event(&s->pass.fmt, pte) & 7;
	barrier_var(event);
	ret = cw_frame_seed(word, gfn, &old, event);
	if (ret > 0)
		ret = seed_again(kern, s, word, va, gfn, event, state);
	if (ret < 0)
		s->lost++;
}

/* What the end means for one frame, by its own PTE and the alias (or its own again). */
__noinline __u32 cw_end_event(struct cw_pte_fmt *fmt, __u32 end, __u64 own, __u64 alias)
{
	__u32 event;

	if (!fmt)
		return CW_FR_NONE;
	event = cw_end_frame_event(end, fmt, own);
	if (own == alias || event == cw_end_frame_event(end, fmt, alias))
		return event;
	/* of a refused transition it is the other one that is half way */
	if (end == CW_END_REFUSED || end == CW_END_UNSEEN)
		return CW_FR_NONE;
	return CW_FR_FAIL;
}

static __always_inline void range_state(struct cw_kern *kern, struct cw_scratch *s, __u64 va,
					__u64 gfn, __u64 own, __u64 alias)
{
	struct cw_ev_step *ev = &s->ev;
	__u32 event = CW_FR_NONE;
	int before;

	if (s->pass.mode != RANGE_END)
		cw_frame_watch(kern, gfn, cfg_no_bit && s->pass.mode == RANGE_BEGIN);
	switch (s->pass.mode) {
	case RANGE_BEGIN:
		event = CW_FR_BEGIN;
		break;
	case RANGE_WITHHELD:
		event = CW_FR_FAIL;
		break;
	case RANGE_SEED:
		seed_frame(kern, s, va, gfn);
		return;
	case RANGE_END:
		event = cw_end_event(&s->pass.fmt, s->pass.end, own, alias);
		break;
	}
	before = cw_frame_apply(gfn, event);
	if (before >= 0) {
		ev->before[before & 3]++;
		if ((before & 1) && !ev->overlap_gfn)	/* TRANSIT or UNKNOWN */
			ev->overlap_gfn = gfn;
	} else if (before == -1) {
		s->beyond++;
	} else {
		s->lost++;
	}
}

static __always_inline void range_told(struct cw_scratch *s, __u32 i, __u64 gfn)
{
	struct cw_ev_step *ev = &s->ev;
	__u32 chunk = i / CW_TOLD_CHUNK, at = i % CW_TOLD_CHUNK;

	if (s->told_tag != chunk + 1) {
		s->told_tag = 0;
		if (bpf_probe_read_kernel(s->told, sizeof(s->told),
					  (void *)(s->pass.told_list + chunk * sizeof(s->told))))
			return;
		s->told_tag = chunk + 1;
	}
	/* the verifier does not follow the remainder, and the compiler drops what it thinks idle */
	barrier_var(at);
	if (at >= CW_TOLD_CHUNK)
		return;
	ev->told++;
	ev->told_sum = CW_SUM_NEXT(ev->told_sum, s->told[at]);
	if (s->told[at] == gfn)
		return;
	if (!ev->told_differ++) {
		ev->told_first = s->pass.first + i;
		ev->told_want = gfn;
		ev->told_seen = s->told[at];
	}
}

static __always_inline void range_frames(struct cw_ev_step *ev, __u32 i, __u64 gfn)
{
	if (!i)
		ev->gfn = gfn;
	if (!ev->gfn_max || gfn < ev->gfn_min)
		ev->gfn_min = gfn;
	if (gfn > ev->gfn_max)
		ev->gfn_max = gfn;
	ev->frames_sum = CW_SUM_NEXT(ev->frames_sum, gfn);
	if (gfn != ev->gfn + i)
		ev->flags &= ~CW_STEP_CONTIG;
}

static __always_inline bool range_alias(struct cw_kern *kern, struct cw_scratch *s, __u32 index,
					__u64 gfn, __u64 *alias)
{
	struct cw_ev_step *ev = &s->ev;

	if (chunk_pte(kern, &s->pass.fmt, &s->alias,
		      kern->page_offset + (gfn << CW_PAGE_SHIFT), alias)) {
		ev->alias.failed++;
		return false;
	}
	cw_walk_add(&ev->alias, &s->pass.fmt, index, *alias);
	if (cw_pte_gfn(&s->pass.fmt, *alias) != gfn && !ev->alias.differ++) {
		ev->alias.first_differ = index;
		ev->alias.differ_want = gfn;
		ev->alias.differ_seen = cw_pte_gfn(&s->pass.fmt, *alias);
	}
	return true;
}

/* One page of the pass.  A global function, verified once: inside of the loop it would be for each
 * way through every page.
 */
__noinline int cw_range_page(struct cw_kern *kern, struct cw_scratch *s, __u32 i)
{
	struct cw_ev_step *ev;
	__u32 index;
	__u64 va, own, alias, gfn;

	if (!kern || !s)
		return 0;
	ev = &s->ev;
	index = s->pass.first + i;
	va = s->pass.vaddr + ((__u64)index << CW_PAGE_SHIFT);
	if (chunk_pte(kern, &s->pass.fmt, &s->own, va, &own)) {
		ev->own.failed++;
		ev->flags &= ~CW_STEP_CONTIG;
		return 0;
	}
	cw_walk_add(&ev->own, &s->pass.fmt, index, own);
	if (cw_pte_is_none(own)) {
		ev->flags &= ~CW_STEP_CONTIG;
		return 0;
	}
	gfn = cw_pte_gfn(&s->pass.fmt, own);
	range_frames(ev, i, gfn);
	if (s->pass.told_list) {
		range_told(s, i, gfn);
		return 0;
	}
	if ((ev->flags & CW_STEP_DIRECT) || !range_alias(kern, s, index, gfn, &alias))
		alias = own;
	if (s->pass.types)
		cw_page_type(kern, ev, index, gfn);
	if (s->pass.mode != RANGE_LOOK)
		range_state(kern, s, va, gfn, own, alias);
	return 0;
}

static long range_page(__u64 nr, void *data)
{
	struct range_ctx *ctx = data;

	return cw_range_page(ctx->kern, ctx->s, nr);
}

static __always_inline void pass_begin(const struct cw_kern *kern, struct cw_scratch *s,
				       __u32 nr_pages)
{
	struct cw_ev_step *ev = &s->ev;
	__u64 end = kern->page_offset + (1ULL << (kern->levels == 5 ? 55 : 46));

	fmt_fill(kern, &s->pass.fmt);
	s->own.tag = 0;
	s->alias.tag = 0;
	s->own.few = s->alias.few = nr_pages <= CW_CHUNK_FEW;
	s->told_tag = 0;
	s->lost = 0;
	s->beyond = 0;
	cw_walk_init(&ev->own);
	cw_walk_init(&ev->alias);
	ev->first_type = CW_NO_INDEX;
	ev->flags |= CW_STEP_CONTIG;
	if (s->pass.vaddr >= kern->page_offset && s->pass.vaddr < end)
		ev->flags |= CW_STEP_DIRECT;
}

/* Walks nr_pages of the event's range, as s->pass says.  Losses are the type's. */
static __always_inline void range_walk(struct cw_scratch *s, __u32 type, __u32 nr_pages)
{
	struct range_ctx ctx = { .s = s, .kern = kern_get() };
	struct cw_ev_step *ev = &s->ev;
	__u64 max = cfg_max_walk;

	if (!ctx.kern)
		return;
	pass_begin(ctx.kern, s, nr_pages);
	if (nr_pages > max) {
		ev->nr_unwalked = nr_pages - max;
		loss_add(type, CW_LOSS_UNWALKED, nr_pages - max);
		nr_pages = max;
	}
	bpf_loop(nr_pages, range_page, &ctx, 0);
	if (ev->own.failed)
		loss_add(type, CW_LOSS_UNWALKED, ev->own.failed);
	if (s->lost)
		loss_add(type, CW_LOSS_CONTENDED, s->lost);
	if (s->beyond)
		loss_add(type, CW_LOSS_RANGE, s->beyond);
}

#endif
