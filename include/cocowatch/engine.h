/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rules, judged on evidence: one text for the BPF programs, replay and the
 * tests.  A step is pure apart from the store (open.h).  Nothing here reads a clock,
 * a page or a PTE: all of that is in the event.
 */
#ifndef CW_ENGINE_H
#define CW_ENGINE_H

#include <linux/types.h>
#include <cocowatch/check.h>
#include <cocowatch/engine_core.h>
#include <cocowatch/engine_ring.h>
#include <cocowatch/engine_share.h>
#include <cocowatch/event.h>
#include <cocowatch/open.h>
#include <cocowatch/rules.h>
#include <cocowatch/state.h>

/* Frame of one page of the range, where the event alone tells it. */
static __always_inline __u64 cw_step_gfn(const struct cw_ev_step *ev, __u32 index)
{
	if (index == CW_NO_INDEX)
		return ev->gfn;
	if (ev->flags & CW_STEP_CONTIG)
		return ev->gfn + index;
	return index ? CW_NO_GFN : ev->gfn;
}

/* ---- the rules, one function each ---- */

static __always_inline int cw_walk_complete(const struct cw_ev_step *ev)
{
	if (!ev->own.walked || ev->own.failed || ev->nr_unwalked)
		return 0;
	return (ev->flags & CW_STEP_DIRECT) ||
	       (ev->alias.walked == ev->own.walked && !ev->alias.failed);
}

static __always_inline void cw_rule_t1(const struct cw_ev_step *ev, struct cw_out *out)
{
	if (!cw_walk_complete(ev))
		CW_NO_EVIDENCE(out, T1);
	else
		CW_CHECKED(out, T1);
	if (ev->own.present)
		CW_REPORT(out, WINDOW_OWN_PRESENT, ev->own.first_present,
			  cw_step_gfn(ev, ev->own.first_present), 0, ev->own.pte_present);
	if (ev->alias.present)
		CW_REPORT(out, WINDOW_ALIAS_PRESENT, ev->alias.first_present,
			  cw_step_gfn(ev, ev->alias.first_present), 0, ev->alias.pte_present);
}

/* Whether what is known of the flush is evidence.  A source that counts CPUs also tries them. */
static __always_inline int cw_flush_known(const struct cw_open *open)
{
	return !open->flush_unread && open->cpus_probed >= open->cpus_online;
}

/* Judged once, when the host is about to be told or, where that is not seen, has been told.
 * What was already present when prepare returned is T1's matter.
 */
static __always_inline void cw_rule_t2(struct cw_open *open, const struct cw_ev_step *ev,
				       struct cw_out *out)
{
	int unseen = !(open->seen & CW_SEEN(CW_EV_FLUSHED));

	if (open->flush_judged || !open->window)
		return;
	open->flush_judged = 1;
	if (unseen ? ev->flags & CW_STEP_UNSEEN : !cw_flush_known(open))
		CW_NO_EVIDENCE(out, T2);
	else
		CW_CHECKED(out, T2);
	if (unseen && !(ev->flags & CW_STEP_UNSEEN))
		CW_REPORT(out, FLUSH_MISSING, CW_NO_INDEX, ev->gfn, 1, 0);
	else if (!unseen && open->flush_present != ~0U &&
		 open->flush_present > open->prepared_present)
		CW_REPORT(out, FLUSH_EARLY, CW_NO_INDEX, ev->gfn, open->prepared_present,
			  open->flush_present);
	else if (!unseen && open->cpus_flushed < open->cpus_online)
		CW_REPORT(out, FLUSH_PARTIAL, CW_NO_INDEX, ev->gfn, open->cpus_online,
			  open->cpus_flushed);
	if (open->cpus_stale)
		CW_REPORT(out, FLUSH_STALE, CW_NO_INDEX, ev->gfn, 0, open->cpus_stale);
}

static __always_inline void cw_rule_t3(const struct cw_open *open, const struct cw_ev_step *ev,
				       struct cw_out *out)
{
	const struct cw_walk *own = &ev->own, *alias = &ev->alias;
	int to_shared = open->to_shared;
	__u32 own_bit = to_shared ? own->first_private : own->first_shared;
	__u32 alias_bit = to_shared ? alias->first_private : alias->first_shared;

	if (!cw_walk_complete(ev))
		CW_NO_EVIDENCE(out, T3);
	else
		CW_CHECKED(out, T3);
	if (own->present < own->walked)
		CW_REPORT(out, END_OWN_ABSENT, own->first_absent,
			  cw_step_gfn(ev, own->first_absent), 0, own->pte_absent);
	if (to_shared ? own->shared + own->none < own->walked : own->shared > 0)
		CW_REPORT(out, END_OWN_BIT, own_bit, cw_step_gfn(ev, own_bit), 0,
			  to_shared ? own->pte_private : own->pte_shared);
	if (alias->present < alias->walked)
		CW_REPORT(out, END_ALIAS_ABSENT, alias->first_absent,
			  cw_step_gfn(ev, alias->first_absent), 0, alias->pte_absent);
	if (to_shared ? alias->shared + alias->none < alias->walked : alias->shared > 0)
		CW_REPORT(out, END_ALIAS_BIT, alias_bit, cw_step_gfn(ev, alias_bit), 0,
			  to_shared ? alias->pte_private : alias->pte_shared);
	if (alias->differ)
		CW_REPORT(out, END_ALIAS_FRAME, alias->first_differ, alias->differ_want,
			  alias->differ_want, alias->differ_seen);
	/* where the list was wrong or cut short T6 has said so */
	if (cw_walk_complete(ev) && open->nr_told == ev->own.walked && !open->told_unread &&
	    !open->told_wrong && open->told_sum != ev->frames_sum)
		CW_REPORT(out, END_OTHER_FRAMES, CW_NO_INDEX, ev->gfn, 0, 0);
}

/* A transition in which no step failed says nothing about T4. */
static __always_inline void cw_rule_t4(const struct cw_open *open, const struct cw_ev_step *ev,
				       struct cw_out *out)
{
	if (!cw_open_failed(open))
		return;
	CW_CHECKED(out, T4);
	if (ev->ret)
		return;
	if (open->host_done && open->host_done < open->host_asked)
		CW_REPORT(out, PARTIAL_HIDDEN, open->host_done, cw_step_gfn(ev, open->host_done),
			  open->host_asked, open->host_done);
	else
		CW_REPORT(out, FAILURE_HIDDEN, CW_NO_INDEX, ev->gfn,
			  (__u64)(__s64)open->failed_ret, 0);
}

/* A frame in transit, or unknown and so perhaps in transit, accuses; only another open
 * transition that covers it convicts.
 */
static __always_inline void cw_rule_t5(const struct cw_ev_step *ev, struct cw_out *out,
				       int confirmed)
{
	if (!ev->own.walked || ev->own.failed || ev->nr_unwalked) {
		CW_NO_EVIDENCE(out, T5);
		return;
	}
	if (!ev->before[CW_PG_TRANSIT] && !ev->before[CW_PG_UNKNOWN]) {
		CW_CHECKED(out, T5);
		return;
	}
	if (!confirmed) {
		out->need |= CW_NEED_OVERLAP;
		return;
	}
	if (ev->flags & CW_STEP_UNCONFIRMED) {
		CW_NO_EVIDENCE(out, T5);
		return;
	}
	CW_CHECKED(out, T5);
	if (ev->overlaps)
		CW_REPORT(out, OVERLAP, CW_NO_INDEX, ev->overlap_gfn, ev->hdr.task,
			  ev->overlap_task);
}

static __always_inline void cw_rule_t6_batch(struct cw_open *open, const struct cw_ev_step *ev,
					     struct cw_out *out)
{
	__u32 visibility = ev->to_shared ? 3 : 0;

	if (!(ev->flags & CW_STEP_TOLD) || ev->told < ev->told_count) {
		open->told_unread = 1;
		CW_NO_EVIDENCE(out, T6);
		return;
	}
	open->told_wrong |= !!ev->told_differ;
	if (ev->told_differ)
		CW_REPORT(out, TOLD_OTHER_FRAME, ev->told_first, ev->told_want, ev->told_want,
			  ev->told_seen);
	if (ev->visibility != visibility)
		CW_REPORT(out, TOLD_OTHER_WAY, CW_NO_INDEX, ev->gfn, visibility, ev->visibility);
}

/* Whether all of the range was told makes sense only where the host was to be told all of it. */
static __always_inline void cw_rule_t6_end(const struct cw_open *open, const struct cw_ev_step *ev,
					   struct cw_out *out)
{
	if (ev->ret || cw_open_failed(open))
		return;
	if (open->told_unread || !(open->seen & CW_SEEN(CW_EV_HOST_CALL))) {
		CW_NO_EVIDENCE(out, T6);
		return;
	}
	CW_CHECKED(out, T6);
	if (open->nr_told < open->nr_pages)
		CW_REPORT(out, TOLD_TOO_FEW, open->nr_told, cw_step_gfn(ev, open->nr_told),
			  open->nr_pages, open->nr_told);
	else if (open->nr_told > open->nr_pages)
		CW_REPORT(out, TOLD_TOO_MANY, CW_NO_INDEX, ev->gfn, open->nr_pages, open->nr_told);
}

static __always_inline void cw_rule_s5(const struct cw_ev_step *ev, struct cw_out *out)
{
	if (!ev->to_shared)
		return;
	if (ev->types_read < ev->nr_pages - ev->nr_unwalked || !ev->types_read) {
		CW_NO_EVIDENCE(out, S5);
		return;
	}
	CW_CHECKED(out, S5);
	if (ev->nr_table)
		CW_REPORT(out, PAGE_TABLE, ev->first_type, cw_step_gfn(ev, ev->first_type), 0,
			  ev->nr_table);
	if (ev->nr_slab_part)
		CW_REPORT(out, SLAB_PART, ev->first_type, cw_step_gfn(ev, ev->first_type), 0,
			  ev->nr_slab_part);
	if (ev->nr_slab_whole)
		CW_REPORT(out, SLAB_WHOLE, ev->first_type, cw_step_gfn(ev, ev->first_type), 0,
			  ev->nr_slab_whole);
}

/* ---- steps ---- */

/* A transition begins.  With confirmed unset an overlap only asks for CW_NEED_OVERLAP. */
static __always_inline void cw_step_begin(const struct cw_ev_step *ev, struct cw_out *out,
					  int confirmed)
{
	cw_rule_t5(ev, out, confirmed);
	cw_rule_s5(ev, out);
}

/* A step of an open transition, of a type that is constant where this is inlined. */
static __always_inline void cw_step_inside(__u32 type, struct cw_open *open,
					   const struct cw_ev_step *ev, struct cw_out *out)
{
	if ((ev->flags & CW_STEP_RET) && ev->ret)
		cw_open_fail(open, ev->ret);

	switch (type) {
	case CW_EV_PREPARED:
		open->prepared_present = ev->own.present + ev->alias.present;
		if (open->window && !ev->ret)
			cw_rule_t1(ev, out);
		break;
	case CW_EV_FLUSHED:
		if (!cw_walk_complete(ev))
			open->flush_unread = 1;
		else if (ev->own.present + ev->alias.present < open->flush_present)
			open->flush_present = ev->own.present + ev->alias.present;
		open->cpus_flushed = ev->cpus_flushed;
		open->cpus_online = ev->cpus_online;
		break;
	case CW_EV_PROBED:
		open->cpus_probed = ev->cpus_probed;
		open->cpus_stale += ev->cpus_stale;
		break;
	case CW_EV_HOST_CALL:
		cw_rule_t2(open, ev, out);
		cw_rule_t6_batch(open, ev, out);
		open->nr_told += ev->told_count;
		open->told_sum = ev->told_sum;
		break;
	case CW_EV_HOST_ANSWER:
		open->host_asked += ev->told_count;
		open->host_done += ev->host_reps;
		if (ev->host_status)
			cw_open_fail(open, -CW_EIO);
		/* the call was not seen: what it named nobody knows, but where the next begins */
		if (open->nr_told < open->host_asked) {
			open->nr_told = open->host_asked;
			open->told_unread = 1;
		}
		break;
	case CW_EV_HOST_DONE:
		cw_rule_t2(open, ev, out);
		if (open->window && (open->seen & CW_SEEN(CW_EV_PREPARED)))
			cw_rule_t1(ev, out);
		else if (open->window)
			CW_NO_EVIDENCE(out, T1);
		break;
	}
	open->seen |= CW_SEEN(type);
}

/* A transition ends.  The caller then drops it with cw_open_drop(). */
static __always_inline void cw_step_end(struct cw_open *open, const struct cw_ev_step *ev,
					struct cw_out *out)
{
	/* a step that was not seen is no evidence, whatever was seen before it */
	if (!ev->ret && open->window) {
		if (!(open->seen & CW_SEEN(CW_EV_HOST_DONE)))
			CW_NO_EVIDENCE(out, T1);
		if (!open->flush_judged)
			CW_NO_EVIDENCE(out, T2);
	}
	cw_rule_t4(open, ev, out);
	cw_rule_t6_end(open, ev, out);
	if (!ev->ret && !(ev->flags & CW_STEP_NO_BIT))
		cw_rule_t3(open, ev, out);
}

/* A free.  Without a PTE a frame that is not private asks for CW_NEED_PTE first.
 * After it out->need may hold CW_DO_REPAIR or CW_DO_ACCUSED for bad_gfn.
 */
static __always_inline void cw_step_free(const struct cw_pte_fmt *fmt, const struct cw_ev_free *ev,
					 struct cw_out *out)
{
	if (ev->state == CW_PG_PRIVATE) {
		CW_CHECKED(out, S3);
		return;
	}
	if (ev->have_pte == CW_PTE_UNASKED) {
		out->need |= CW_NEED_PTE;
		return;
	}
	if (ev->have_pte == CW_PTE_UNREAD ||
	    (ev->have_pte >= CW_PTE_MUTE && ev->state == CW_PG_TRANSIT && !ev->in_flight)) {
		CW_NO_EVIDENCE(out, S3);
		return;
	}
	/* the mapping may have outlived the sharing, and what it said ends with the free */
	if (ev->have_pte == CW_PTE_MAPPING && ev->state == CW_PG_SHARED) {
		CW_NO_EVIDENCE(out, S3);
		out->need |= CW_DO_REPAIR;
		return;
	}
	CW_CHECKED(out, S3);
	if (ev->state == CW_PG_UNKNOWN) {
		CW_REPORT(out, FREED_UNKNOWN, CW_NO_INDEX, ev->bad_gfn, 0, ev->pte);
	} else if (ev->have_pte == CW_PTE_READ && !ev->in_flight &&
		   cw_pte_agrees(fmt, ev->pte, 0)) {
		out->need |= CW_DO_REPAIR;
		return;
	} else if (ev->state == CW_PG_TRANSIT) {
		CW_REPORT(out, FREED_TRANSIT, CW_NO_INDEX, ev->bad_gfn, 0, ev->pte);
	} else {
		CW_REPORT(out, FREED_SHARED, CW_NO_INDEX, ev->bad_gfn, 0, ev->pte);
	}
	out->need |= CW_DO_ACCUSED;
}

/* A zeropad fixup.  Reads that did not run into a window are nobody's business. */
static __always_inline void cw_step_zeropad(const struct cw_ev_zeropad *ev, struct cw_out *out)
{
	if (!ev->have_pte) {
		CW_NO_EVIDENCE(out, T8);
		return;
	}
	if (ev->state != CW_PG_TRANSIT)
		return;
	CW_CHECKED(out, T8);
	if (!ev->fixed)
		CW_REPORT(out, ZEROPAD_OOPS, CW_NO_INDEX, ev->gfn, 1, ev->trapnr);
	else if (ev->trapnr != 14)
		CW_REPORT(out, ZEROPAD_TRAP, CW_NO_INDEX, ev->gfn, 14, ev->trapnr);
}

/* ---- any event, as it was recorded: replay and the tests ---- */

#define CW_STEP_NO_OPEN	1	/* a step of a transition whose beginning was not recorded */
#define CW_STEP_SKIPPED	2	/* a type that the engine does not judge */

static __always_inline int cw_engine_end(struct cw_store *st, const struct cw_ev_step *ev,
					 struct cw_out *out)
{
	__u32 depth, lost;
	struct cw_open *open = cw_open_end(st, ev->hdr.task, ev->vaddr, ev->nr_pages, &depth,
					   &lost);

	if (!open)
		return CW_STEP_NO_OPEN;
	cw_step_end(open, ev, out);
	cw_open_drop(st, ev->hdr.task, depth);
	return 0;
}

/* An event inside a transition, or the exit of its task. */
static __always_inline int cw_engine_txn(struct cw_store *st, const struct cw_ev_step *ev,
					 struct cw_out *out)
{
	__u32 depth;
	struct cw_open *open = cw_open_find(st, ev->hdr.task, &depth);

	if (!open) {
		if (depth && ev->hdr.type == CW_EV_TASK_EXIT)
			cw_open_drop(st, ev->hdr.task, depth);
		return CW_STEP_NO_OPEN;
	}
	switch (ev->hdr.type) {
	case CW_EV_PREPARED:
		cw_step_inside(CW_EV_PREPARED, open, ev, out);
		return 0;
	case CW_EV_FLUSHED:
		cw_step_inside(CW_EV_FLUSHED, open, ev, out);
		return 0;
	case CW_EV_HOST_CALL:
		cw_step_inside(CW_EV_HOST_CALL, open, ev, out);
		return 0;
	case CW_EV_HOST_ANSWER:
		cw_step_inside(CW_EV_HOST_ANSWER, open, ev, out);
		return 0;
	case CW_EV_HOST_DONE:
		cw_step_inside(CW_EV_HOST_DONE, open, ev, out);
		return 0;
	case CW_EV_PROBED:
	case CW_EV_CHANGED:
	case CW_EV_FINISHED:
		cw_step_inside(ev->hdr.type, open, ev, out);
		return 0;
	default:
		cw_open_drop(st, ev->hdr.task, depth);
		return 0;
	}
}

/* Judges one recorded event from the evidence in it; the length of the record has
 * been checked.  0, CW_STEP_*, or a negative errno when the open table is full.
 */
static __always_inline int cw_engine_step(struct cw_store *st, const struct cw_pte_fmt *fmt,
					  struct cw_rec_hdr *rec, struct cw_out *out)
{
	int err;

	switch (rec->type) {
	case CW_EV_BEGIN:
		err = cw_open_add(st, (struct cw_ev_step *)rec);
		if (!err)
			cw_step_begin((struct cw_ev_step *)rec, out, 1);
		return err;
	case CW_EV_PREPARED:
	case CW_EV_FLUSHED:
	case CW_EV_PROBED:
	case CW_EV_CHANGED:
	case CW_EV_HOST_CALL:
	case CW_EV_HOST_ANSWER:
	case CW_EV_HOST_DONE:
	case CW_EV_FINISHED:
	case CW_EV_TASK_EXIT:
		return cw_engine_txn(st, (struct cw_ev_step *)rec, out);
	case CW_EV_END:
		return cw_engine_end(st, (struct cw_ev_step *)rec, out);
	case CW_EV_PAGE_FREE:
		cw_step_free(fmt, (struct cw_ev_free *)rec, out);
		return 0;
	case CW_EV_ZEROPAD:
		cw_step_zeropad((struct cw_ev_zeropad *)rec, out);
		return 0;
	}
	if (cw_engine_share(fmt, rec, out) || cw_engine_ring(fmt, rec, out))
		return 0;
	return CW_STEP_SKIPPED;
}

#endif
