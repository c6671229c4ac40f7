// SPDX-License-Identifier: GPL-2.0-only
/* The table of scenarios, and those that work on the pool.  A scenario and its honest twin are
 * the same code, with the misbehaviour on and off; both leave everything private.
 */
#include <linux/cpumask.h>

#include <cocowatch/event.h>

#include "cocovm.h"
#include "trace.h"

/* A range that could not even be made private stays withheld. */
int cw_range_finish(const struct cw_run *run, struct cw_range *range, int err, int want)
{
	int ret = err == want ? 0 : err ?: -EPROTO, restore_err;

	if (err) {
		cw_range_withhold(range, err);
		if (run->keep) {
			cw_range_keep(range);
			return ret;
		}
		restore_err = cw_range_restore(range);
	} else {
		restore_err = cw_transition(range, false, NULL);
		if (restore_err)
			cw_range_withhold(range, restore_err);
	}
	if (restore_err) {
		cw_range_keep(range);
		return ret ?: restore_err;
	}
	cw_range_put(range);
	return ret;
}

/* Of these the host itself sees that they are wrong. */
#define REFUSED (CW_QUIRK_NARROW_FRAME | CW_QUIRK_ROUTE | CW_QUIRK_RESERVED)

static struct cw_range *get_with_spare(u32 nr)
{
	return cw_pool_get(nr + 1);
}

/* With the quirks of the table. */
int cw_on_share(const struct cw_run *run, struct cw_range *range, int *want)
{
	const struct cw_scenario *sc = run->sc;
	struct cw_quirks quirks = { .page = run->pages / 2, .host = sc->host };
	bool is_refused = run->misbehave ? sc->flags & REFUSED : sc->host != CW_HOST_HONEST;
	struct cw_range part = *range;

	*want = is_refused ? -EFAULT : 0;
	part.nr = run->pages;
	if (part.nr < range->nr)
		quirks.gfn = cw_range_gfn(range, part.nr);
	if (run->misbehave || !sc->has_twin)
		quirks.flags = sc->flags;
	return cw_transition(&part, true, &quirks);
}

/* ---- overlap ---- */

struct overlap {
	const struct cw_range *range;
	bool misbehave;
	bool opened;			/* the first transition came as far as its window */
	struct completion go;		/* the second may begin */
	struct completion begun;	/* it has, and found the pages busy */
	struct completion ended;	/* the first has ended */
};

static void overlap_in_window(void *arg)
{
	struct overlap *o = arg;

	o->opened = true;
	complete(&o->go);
	wait_for_completion(&o->begun);
}

/* Stays in its transition until the first has ended: refused, with nothing touched. */
static void overlap_on_busy(void *arg)
{
	struct overlap *o = arg;

	complete(&o->begun);
	wait_for_completion(&o->ended);
}

static int overlap_second(void *arg)
{
	struct overlap *o = arg;
	struct cw_quirks quirks = { .on_busy = overlap_on_busy, .arg = o };

	wait_for_completion(&o->go);
	if (!o->misbehave)
		return cw_transition(o->range, false, NULL);
	return o->opened ? cw_transition(o->range, true, &quirks) : -EBUSY;
}

static int on_overlap(const struct cw_run *run, struct cw_range *range, int *want)
{
	struct overlap o = { .range = range, .misbehave = run->misbehave };
	struct cw_quirks quirks = { .arg = &o };
	struct cw_task second;
	int err, second_err;

	init_completion(&o.go);
	init_completion(&o.begun);
	init_completion(&o.ended);
	if (run->misbehave)
		quirks.in_window = overlap_in_window;
	*want = cw_task_start(&second, overlap_second, &o, "overlap");
	if (*want)
		return CW_END_PRIVATE;
	err = cw_transition(range, true, &quirks);
	complete_all(&o.ended);
	complete_all(&o.go);
	second_err = cw_task_join(&second);
	/* the honest second has made it private */
	if (!run->misbehave && !err && !second_err)
		return CW_END_PRIVATE;
	*want = err || second_err == (run->misbehave ? -EBUSY : 0) ? 0 : second_err ?: -EPROTO;
	return err ?: CW_END_SHARED;
}

/* ---- never-finished ---- */

struct goner {
	const struct cw_range *range;
	struct cw_quirks quirks;
};

static int goner_fn(void *arg)
{
	struct goner *g = arg;

	return cw_transition(g->range, true, &g->quirks);
}

static int on_never_finished(const struct cw_run *run, struct cw_range *range, int *want)
{
	struct goner g = { .range = range, .quirks.flags = run->misbehave ? run->sc->flags : 0 };
	struct cw_task task;

	*want = cw_task_start(&task, goner_fn, &g, "never-finished");
	if (*want)
		return CW_END_PRIVATE;
	*want = run->misbehave ? -ECANCELED : 0;
	return cw_task_join(&task);
}

/* ---- steps that fail ---- */

/* One step after the other fails, on the page in the middle. */
static int on_failing_steps(const struct cw_run *run, struct cw_range *range, int *want)
{
	static const u32 flags[] = { CW_QUIRK_FAIL_PREPARE, CW_QUIRK_FAIL_CHANGE };
	struct cw_quirks quirks = {
		.flags = flags[run->loop % ARRAY_SIZE(flags)],
		.page = run->pages / 2,
	};

	if (run->misbehave)
		quirks.flags |= run->sc->flags;
	*want = -ENOMEM;
	return cw_transition(range, true, &quirks);
}

/* ---- page tables ---- */

/* A page of a page table by its type alone: no processor walks it. */
static int on_table(const struct cw_run *run, struct cw_range *range, int *want)
{
	struct page *page = range->area->pages[range->first];
	int err;

	if (run->misbehave)
		__SetPageTable(page);
	err = cw_transition(range, true, NULL);
	if (run->misbehave)
		__ClearPageTable(page);
	return err;
}

/* ---- platform: what it says of itself that is not so ---- */

enum { PLATFORM_VENDOR, PLATFORM_MASK, PLATFORM_PHYSICAL };

static int run_platform(const struct cw_run *run)
{
	struct cw_platform p = cw_platform;

	if (run->misbehave && run->sc->flags == PLATFORM_VENDOR)
		p.vendor = p.vendor == CW_VENDOR_AMD ? CW_VENDOR_INTEL : CW_VENDOR_AMD;
	if (run->misbehave && run->sc->flags == PLATFORM_MASK)
		p.cc_mask >>= 1;
	if (run->misbehave && run->sc->flags == PLATFORM_PHYSICAL)
		p.physical_mask |= p.cc_mask;
	cw_platform_announce(&p);
	return 0;
}

/* ---- honest only ---- */

/* What the guest writes into its shared pages is what the host reads. */
static int plain_exchange(const struct cw_range *range, u32 salt)
{
	unsigned long va = cw_range_vaddr(range);
	u64 word;
	int err = 0;
	u32 i;

	for (i = 0; i < range->nr; i++)
		WRITE_ONCE(*(u64 *)(va + PAGE_SIZE * i), (u64)salt << 32 | i);
	for (i = 0; i < range->nr && !err; i++) {
		err = cw_host_access(range->area->pages[range->first + i], &word, sizeof(word),
				     false);
		if (!err && word != ((u64)salt << 32 | i))
			err = -EPROTO;
	}
	return err;
}

static int on_plain(const struct cw_run *run, struct cw_range *range, int *want)
{
	struct cw_quirks quirks = { .host = run->loop & 1 ? CW_HOST_PART_TOLD : CW_HOST_HONEST };
	int err = cw_transition(range, true, &quirks);
	u64 word;

	if (err)
		return err;
	*want = cw_platform.native ? 0 : plain_exchange(range, run->loop);
	err = cw_transition(range, false, &quirks);
	if (err)
		return err;
	if (!*want && !cw_platform.native &&
	    cw_host_access(range->area->pages[range->first], &word, sizeof(word), false) != -EACCES)
		*want = -EPROTO;
	return CW_END_PRIVATE;
}

/* ---- the table ---- */

/* Few pages: the frees of all these rows look alike to a watcher, which shows the first of such
 * findings in full and counts the others.
 */
#define FREES(name_, rule_, finding_, on_, text_, ...) \
	CW_TWIN(name_, rule_, finding_, .on = on_, 0, text_, .get = cw_sacrifice_get, \
		.pages_max = 64, __VA_ARGS__)

/* clang-format off */
static const struct cw_scenario scenarios[] = {
	CW_SHARES("window-present", "T1", WINDOW_OWN_PRESENT, LEAVE_PRESENT,
		  "one page stays present while the host is told",
		  .pages_min = 3, .bug = "0f34d1123486", .needs = CW_NEEDS_WINDOW),
	CW_SHARES("alias-present", "T1", WINDOW_ALIAS_PRESENT, LEAVE_ALIAS,
		  "one page stays present in the direct map while the host is told",
		  .pages_min = 3, .needs = CW_NEEDS_WINDOW),
	CW_SHARES("no-flush", "T2", FLUSH_MISSING, NO_FLUSH,
		  "the TLB is not flushed before the host is told", .needs = CW_NEEDS_WINDOW),
	CW_SHARES("flush-one-cpu", "T2", FLUSH_PARTIAL, FLUSH_HERE,
		  "the TLB is flushed on one CPU of several",
		  .needs = CW_NEEDS_WINDOW | CW_NEEDS_CPUS),
	CW_SHARES("flush-early", "T2", FLUSH_EARLY, FLUSH_EARLY,
		  "the TLB is flushed while the pages are still present",
		  .needs = CW_NEEDS_WINDOW),
	CW_SHARES("flush-undone", "T2", FLUSH_STALE, SLIP,
		  "after the flush the pages are present for a moment, and nobody flushes again",
		  .needs = CW_NEEDS_WINDOW),
	CW_SHARES("wrong-bit", "T3", END_ALIAS_BIT, KEEP_ALIAS,
		  "the direct map keeps its shared bit as it was, success is returned"),
	CW_SHARES("page-skipped", "T3", END_OWN_BIT, SKIP_PAGE,
		  "one page of the range is told to the host and not converted", .pages_min = 3),
	CW_SHARES("alias-frame", "T3", END_ALIAS_FRAME, SWAP_ALIAS,
		  "the direct map has two frames the wrong way round when success is returned",
		  .pages_min = 2),
	CW_SHARES("frames-swapped", "T3", END_OTHER_FRAMES, SWAP_OWN,
		  "the range maps its frames in another order than the host was told",
		  .pages_min = 2),
	CW_SHARES("wrong-frame", "T6", TOLD_OTHER_FRAME, WRONG_FRAME,
		  "the host is told a frame that the range does not map",
		  .needs = CW_NEEDS_WINDOW, .get = get_with_spare),
	CW_SHARES("narrow-frame", "T6", TOLD_OTHER_FRAME, NARROW_FRAME,
		  "a frame number goes through a type that is too narrow for it",
		  .bug = "CVE-2023-52659"),
	CW_SHARES("told-too-few", "T6", TOLD_TOO_FEW, TELL_LESS,
		  "a page too little is told, its number taken for another quantity",
		  .pages_min = 2, .bug = "CVE-2023-53996"),
	CW_SHARES("told-too-many", "T6", TOLD_TOO_MANY, TELL_MORE,
		  "the page behind the range is told to the host with it",
		  .needs = CW_NEEDS_WINDOW, .get = get_with_spare),
	CW_SHARES("told-other-way", "T6", TOLD_OTHER_WAY, TELL_OTHER,
		  "the host is told to make private what the guest shares"),
	CW_SHARES("answer-inverted", "T4", FAILURE_HIDDEN, INVERT,
		  "the test of the host's answer is the wrong way round",
		  .bug = "e792d843aa3c", .host = CW_HOST_REFUSE_ALL),
	CW_SHARES("hidden-failure", "T4", FAILURE_HIDDEN, HIDE_FAILURE,
		  "the host refuses, success is returned", .host = CW_HOST_REFUSE_ALL),
	CW_SHARES("hidden-partial", "T4", PARTIAL_HIDDEN, HIDE_FAILURE,
		  "the host completes a part of the repetitions, success is returned",
		  .pages_min = 2, .host = CW_HOST_PART_FAILED),
	CW_TWIN("overlap", "T5", OVERLAP, .on = on_overlap, 0,
		"a second task begins a transition on pages that are in one", .pages = 8),
	CW_TWIN("never-finished", "T7", TASK_GONE, .on = on_never_finished, CW_QUIRK_ABANDON,
		"the task exits after the host has answered, the pages stay not present",
		.pages = 8),
	CW_TWIN("left-absent", "T7", LEFT_ABSENT, .on = on_failing_steps, CW_QUIRK_LEAVE_ABSENT,
		"a step fails, and its pages stay not present",
		.pages = 8, .pages_min = 3, .needs = CW_NEEDS_WINDOW),
	FREES("freed-shared", "S3", FREED_SHARED, cw_on_freed,
	      "pages are freed while they are shared", .pages = 1),
	FREES("freed-half", "S3", FREED_UNKNOWN, cw_on_freed,
	      "pages are freed after the host converted the half of them",
	      .pages = 2, .pages_min = 2, .bug = "CVE-2026-64104", .host = CW_HOST_PART_FAILED),
	FREES("freed-unrestored", "S3", FREED_UNKNOWN, cw_on_freed,
	      "shared pages are freed after the host refused to give them back",
	      .pages = 1, .bug = "CVE-2024-57793", .host = CW_HOST_REFUSE_TO_PRIVATE),
	FREES("freed-host-order", "S3", FREED_SHARED, cw_on_freed_host_order,
	      "how many pages are made private before the free is read from shared memory",
	      .pages = 2, .pages_min = 2, .bug = "CVE-2026-52959"),
	FREES("freed-unknown", "S3", FREED_UNKNOWN, cw_on_freed,
	      "pages are freed after the host refused their conversion",
	      .pages = 1, .bug = "CVE-2024-35939", .host = CW_HOST_REFUSE_ALL),
	CW_TWIN("freed-transit", "S3", FREED_TRANSIT, .run = cw_run_freed_transit, 0,
		"a page is freed before its transition has ended"),
	CW_TWIN("slab-shared", "S5", SLAB_PART, .on = cw_on_slab, CW_SLAB_PART,
		"a slab page with objects smaller than a page is shared",
		.pages = 1, .pages_max = 1),
	CW_TWIN("slab-whole", "S5", SLAB_WHOLE, .on = cw_on_slab, CW_SLAB_WHOLE,
		"a slab page that is one object is shared", .pages = 1, .pages_max = 1),
	CW_TWIN("table-shared", "S5", PAGE_TABLE, .on = on_table, 0,
		"a page of a page table is shared", .pages = 1, .pages_max = 1),
	CW_TWIN("platform-mixed", "P1", MODE_MIXED, .run = run_platform, PLATFORM_VENDOR,
		"the platform's vendor contradicts its isolation type"),
	CW_TWIN("mask-not-boundary", "P2", MASK_NOT_BOUNDARY, .run = run_platform, PLATFORM_MASK,
		"the bit that tells shared is not the shared GPA boundary",
		.needs = CW_NEEDS_WINDOW),
	CW_TWIN("mask-in-physical", "P2", MASK_IN_PHYSICAL, .run = run_platform, PLATFORM_PHYSICAL,
		"the physical mask contains the shared GPA boundary", .needs = CW_NEEDS_WINDOW),
	CW_HONEST("zeropad", "T8", .run = cw_run_zeropad, 0,
		  "stray reads into the window, repaired by the page-fault fixup",
		  .pages = 8, .needs = CW_NEEDS_WINDOW),
	CW_HONEST("failing-steps", "T4", .on = on_failing_steps, 0,
		  "a step of the guest fails, which is returned, and the pages are withheld",
		  .pages = 8, .pages_min = 3, .needs = CW_NEEDS_WINDOW),
	CW_HONEST("plain", "-", .on = on_plain, 0,
		  "pages are shared, written, read by the host, and made private", .native = true),
	{ }
};
/* clang-format on */

static const struct cw_scenario *const tables[] = {
	scenarios, cw_scenarios_path, cw_scenarios_vmbus,
};

const struct cw_scenario *cw_scenario_get(u32 nr)
{
	const struct cw_scenario *sc;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		for (sc = tables[i]; sc->name; sc++)
			if (!nr--)
				return sc;
	return NULL;
}

/* Among those that the mode has: its line in /dev/cocovm. */
static u32 scenario_line(const struct cw_scenario *sc)
{
	const struct cw_scenario *other;
	u32 i, line = 0;

	for (i = 0; (other = cw_scenario_get(i)) && other != sc; i++)
		line += cw_scenario_fits(other);
	return line;
}

const struct cw_scenario *cw_scenario_find(const char *name)
{
	const struct cw_scenario *sc;
	u32 i;

	for (i = 0; (sc = cw_scenario_get(i)); i++)
		if (!strcmp(sc->name, name))
			return sc;
	return NULL;
}

bool cw_scenario_fits(const struct cw_scenario *sc)
{
	u32 has = CW_NEEDS_CPUS | (cw_platform.window ? CW_NEEDS_WINDOW : 0) |
		  (cw_platform.paravisor ? CW_NEEDS_PARAVISOR : CW_NEEDS_OWN_SYNIC) |
		  (cw_platform.callbacks == CW_CALLBACKS_TDX ? CW_NEEDS_TDX : 0);

	return !(sc->needs & ~has) && (sc->native || !cw_platform.native);
}

/* Plain takes one page, a few, and around the 510 frames of a hypercall. */
static u32 pages_of(const struct cw_run *run)
{
	static const u32 sizes[] = { 1, 3, 510, 511, 1100 };

	return run->pages ?: min(sizes[run->loop % ARRAY_SIZE(sizes)], cw_pool_size());
}

static int run_on_range(const struct cw_run *run)
{
	struct cw_range *range = (run->sc->get ?: cw_pool_get)(pages_of(run));
	int want = 0, err;

	if (IS_ERR(range))
		return PTR_ERR(range);
	err = run->sc->on(run, range, &want);
	if (err == CW_END_SHARED)
		return cw_range_finish(run, range, 0, 0) ?: want;
	if (err != CW_END_PRIVATE)
		return cw_range_finish(run, range, err, want);
	cw_range_put(range);
	return want;
}

int cw_scenario_run(const struct cw_run *run)
{
	u32 nr = scenario_line(run->sc);
	int err;

	if (!cw_scenario_fits(run->sc))
		return -EOPNOTSUPP;
	if (run->misbehave && run->sc->needs & CW_NEEDS_CPUS && num_online_cpus() == 1)
		return -EOPNOTSUPP;

	trace_cocovm_scenario_begin(nr, run->misbehave);
	err = run->sc->run ? run->sc->run(run) : run_on_range(run);
	if (err && err != -EOPNOTSUPP)
		atomic64_inc(&cw_counters.errors);
	trace_cocovm_scenario_end(nr, run->misbehave, err);
	return err;
}
