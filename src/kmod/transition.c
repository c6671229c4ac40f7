// SPDX-License-Identifier: GPL-2.0-only
/* A transition, step by step, in the order of __set_memory_enc_pgtable() and the callbacks of
 * the mode.  Under vTOM these are hv_vtom_*(): out of the page tables, flushed, changed, told, back
 * in.  Misbehaves where it is told to.
 */
#include <linux/set_memory.h>
#include <asm/pgtable_types.h>

#include <cocowatch/event.h>

#include "cocovm.h"
#include "trace.h"

#define SLIPS_MAX 100

static const struct cw_quirks honest;

struct transition {
	const struct cw_range *range;
	const struct cw_quirks *quirks;
	unsigned long vaddr;
	u32 nr;
	bool to_shared;
	struct cw_probe probe;
};

static bool has_quirk(const struct transition *t, u32 flag)
{
	return t->quirks->flags & flag;
}

static unsigned long page_own(const struct transition *t, u32 i)
{
	return t->vaddr + PAGE_SIZE * i;
}

static unsigned long page_alias(const struct transition *t, u32 i)
{
	return cw_area_alias(t->range->area, t->range->first + i);
}

/* Edits both mappings of one page. */
static int page_edit(const struct transition *t, u32 i, pteval_t set, pteval_t clear)
{
	int err = cw_pte_edit(page_own(t, i), set, clear);

	return err || t->range->area->direct ? err : cw_pte_edit(page_alias(t, i), set, clear);
}

/* Every CPU gets the translations cached that the flush has to remove. */
static void probe_warm(struct transition *t)
{
	struct cw_probe *p = &t->probe;
	u32 last = t->nr - 1;

	p->nr = t->range->area->direct ? 2 : 4;
	p->addr[0] = page_own(t, 0);
	p->addr[1] = page_own(t, last);
	p->addr[2] = page_alias(t, 0);
	p->addr[3] = page_alias(t, last);
	cw_tlb_probe(p);
}

static bool is_at(const struct transition *t, u32 flag, u32 i)
{
	return has_quirk(t, flag) && i == t->quirks->page;
}

static int step_clear_present(struct transition *t)
{
	u32 i;
	int err = 0;

	for (i = 0; i < t->nr && !err; i++) {
		if (is_at(t, CW_QUIRK_LEAVE_PRESENT, i))
			continue;
		err = is_at(t, CW_QUIRK_LEAVE_ALIAS, i) ?
			      cw_pte_edit(page_own(t, i), 0, _PAGE_PRESENT) :
			      page_edit(t, i, 0, _PAGE_PRESENT);
		if (!err && is_at(t, CW_QUIRK_FAIL_PREPARE, i))
			err = -ENOMEM;
	}
	return err;
}

static void step_flush(struct transition *t)
{
	u32 flushed, online;

	if (has_quirk(t, CW_QUIRK_NO_FLUSH))
		return;
	cw_tlb_flush(has_quirk(t, CW_QUIRK_FLUSH_HERE), &flushed, &online);
	trace_cocovm_transition_flushed(t->vaddr, t->nr, flushed, online);
}

/* On every page, also after an error on one. */
static int set_present(struct transition *t)
{
	int err = 0, page_err;
	u32 i;

	for (i = 0; i < t->nr; i++) {
		page_err = page_edit(t, i, _PAGE_PRESENT, 0);
		err = err ?: page_err;
	}
	return err;
}

/* Pages that are back for a moment get into the TLBs again.  A CPU that switches to another task
 * just then loses them: so it is done until one has kept them.
 */
static void pages_slip(struct transition *t)
{
	u32 tries;

	for (tries = 0; tries < SLIPS_MAX; tries++) {
		set_present(t);
		cw_tlb_probe(&t->probe);
		step_clear_present(t);
		cw_tlb_probe(&t->probe);
		if (atomic_read(&t->probe.stale))
			break;
	}
}

static int step_prepare(struct transition *t)
{
	bool early = has_quirk(t, CW_QUIRK_FLUSH_EARLY);
	int err;

	probe_warm(t);
	if (early)
		step_flush(t);
	err = step_clear_present(t);
	if (!err && !early)
		step_flush(t);
	trace_cocovm_transition_prepared(t->vaddr, t->nr, t->to_shared, err);
	if (err)
		return err;
	if (has_quirk(t, CW_QUIRK_SLIP))
		pages_slip(t);
	else
		cw_tlb_probe(&t->probe);
	trace_cocovm_transition_probed(t->vaddr, t->nr, atomic_read(&t->probe.cpus),
				       atomic_read(&t->probe.stale));
	return 0;
}

static int page_change(struct transition *t, u32 i)
{
	int err;

	if (is_at(t, CW_QUIRK_SKIP_PAGE, i))
		return 0;
	err = cw_pte_share(page_own(t, i), t->to_shared);
	if (err || t->range->area->direct || has_quirk(t, CW_QUIRK_KEEP_ALIAS))
		return err;
	return cw_pte_share(page_alias(t, i), t->to_shared);
}

static int step_change(struct transition *t)
{
	u32 i;
	int err = 0;

	for (i = 0; i < t->nr && !err; i++) {
		err = page_change(t, i);
		if (!err && is_at(t, CW_QUIRK_FAIL_CHANGE, i))
			err = -ENOMEM;
	}
	trace_cocovm_transition_changed(t->vaddr, t->nr, t->to_shared, err);
	return err;
}

/* ---- vTOM: hv_vtom_clear_present(), hv_vtom_set_host_visibility() ---- */

/* What the host is told, and what is made of its answer. */
static int tell(struct transition *t)
{
	u32 nr = t->nr - has_quirk(t, CW_QUIRK_TELL_LESS) + has_quirk(t, CW_QUIRK_TELL_MORE);
	bool visible = t->to_shared != has_quirk(t, CW_QUIRK_TELL_OTHER);
	int err;

	if (has_quirk(t, CW_QUIRK_IMPLICIT))
		return cw_host_touch(t->vaddr, t->nr);
	err = cw_hypercall_visibility(t->vaddr, nr, visible, t->quirks);
	if (has_quirk(t, CW_QUIRK_INVERT))
		return err ? 0 : -EIO;
	return has_quirk(t, CW_QUIRK_HIDE_FAILURE) ? 0 : err;
}

/* Like hv_vtom_set_host_visibility(): back in, whatever the host says; the first error counts. */
static int step_finish(struct transition *t)
{
	int err = tell(t), present_err;

	if (has_quirk(t, CW_QUIRK_ABANDON))
		return -ECANCELED;
	trace_cocovm_transition_host_done(t->vaddr, t->nr, t->to_shared);
	present_err = set_present(t);
	err = err ?: present_err;
	trace_cocovm_transition_finished(t->vaddr, t->nr, t->to_shared, err);
	return err;
}

static int vtom_steps(struct transition *t)
{
	int err;

	err = step_prepare(t);
	if (err)
		goto err_present;
	if (t->quirks->in_window)
		t->quirks->in_window(t->quirks->arg);
	err = step_change(t);
	if (err)
		goto err_present;
	return step_finish(t);
err_present:
	if (!has_quirk(t, CW_QUIRK_LEAVE_ABSENT))
		set_present(t);
	return err;
}

/* ---- SNP and TDX without a paravisor: the order of steps, and no more ---- */

/* PVALIDATE or TDG.MEM.PAGE.ACCEPT, page by page. */
static int validate(struct transition *t, bool valid)
{
	u64 gfn;
	u32 i;
	int err = 0;

	for (i = 0; i < t->nr && !err; i++) {
		err = cw_pte_gfn(page_own(t, i), &gfn);
		if (!err)
			err = cw_host_validate(gfn, valid);
	}
	return err;
}

/* Pages are invalid before the host has them, and the host has given them back before they are
 * valid: no page is ever shared and valid.
 */
static int convert(struct transition *t)
{
	return t->to_shared ? validate(t, false) ?: tell(t) : tell(t) ?: validate(t, true);
}

/* amd_enc_status_change_prepare() and _finish() convert before the change what becomes shared,
 * tdx_enc_status_change_prepare() and _finish() what becomes private, and the rest after it.
 */
static int enlightened_steps(struct transition *t)
{
	bool snp = cw_platform.callbacks == CW_CALLBACKS_AMD, before = t->to_shared == snp;
	int err;

	if (snp || t->to_shared)
		step_flush(t);
	err = before ? convert(t) : 0;
	trace_cocovm_transition_prepared(t->vaddr, t->nr, t->to_shared, err);
	if (err)
		return err;
	if (t->quirks->in_window)
		t->quirks->in_window(t->quirks->arg);
	err = step_change(t);
	step_flush(t);
	if (err)
		return err;
	err = before ? 0 : convert(t);
	if (has_quirk(t, CW_QUIRK_ABANDON))
		return -ECANCELED;
	trace_cocovm_transition_finished(t->vaddr, t->nr, t->to_shared, err);
	return err;
}

/* ---- all modes ---- */

static int transition_steps(struct transition *t)
{
	/* the kernel's own conversion, of this mapping and the direct map, by its own transport */
	if (cw_platform.native)
		return t->to_shared ? set_memory_decrypted(t->vaddr, t->nr) :
				      set_memory_encrypted(t->vaddr, t->nr);
	return cw_platform.window ? vtom_steps(t) : enlightened_steps(t);
}

/* Two pages of one mapping: done once more they are where they were, once somebody flushes. */
static void pages_swap(const struct transition *t)
{
	u32 page = t->quirks->page;

	if (has_quirk(t, CW_QUIRK_SWAP_OWN))
		cw_pte_swap(page_own(t, 0), page_own(t, page));
	if (has_quirk(t, CW_QUIRK_SWAP_ALIAS))
		cw_pte_swap(page_alias(t, 0), page_alias(t, page));
}

int cw_transition(const struct cw_range *range, bool to_shared, const struct cw_quirks *quirks)
{
	struct transition t = {
		.range = range,
		.quirks = quirks ?: &honest,
		.vaddr = cw_range_vaddr(range),
		.nr = range->nr,
		.to_shared = to_shared,
	};
	bool claimed;
	int err;

	atomic64_inc(&cw_counters.transitions);
	trace_cocovm_transition_begin(t.vaddr, cw_range_gfn(range, 0), t.nr, to_shared,
				      cw_platform.window);
	err = has_quirk(&t, CW_QUIRK_CLAIMED) ? 0 :
						cw_area_claim(range->area, range->first, t.nr);
	claimed = !err;
	if (claimed)
		err = transition_steps(&t);
	else if (t.quirks->on_busy)
		t.quirks->on_busy(t.quirks->arg);
	if (err)
		atomic64_inc(&cw_counters.failed);
	/* whoever claims the pages next begins after this end, with a transition, which flushes */
	pages_swap(&t);
	if (!has_quirk(&t, CW_QUIRK_ABANDON))
		trace_cocovm_transition_end(t.vaddr, cw_range_gfn(range, 0), t.nr, to_shared, err);
	pages_swap(&t);
	if (claimed)
		cw_area_unclaim(range->area, range->first, t.nr);
	return err;
}
