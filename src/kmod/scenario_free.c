// SPDX-License-Identifier: GPL-2.0-only
/* Scenarios in which pages go back to the allocator.  They use pages of their own, outside the
 * pool: mapped and split like those, freed one by one.
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/log2.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "cocovm.h"

/* None of these pages is taken while another is free and still has its shared bit. */
static DEFINE_MUTEX(free_lock);

/* The freed page is the next that this CPU hands out, and whoever frees it again with the bit
 * still set would be accused: no other task and no interrupt comes in between.
 */
static void free_dirty(struct page *page)
{
	unsigned long va = (unsigned long)page_address(page), flags;

	cw_pte_share(va, true);
	local_irq_save(flags);
	__free_page(page);
	cw_pte_clear_bit(va, ilog2(cw_platform.pte_mask));
	local_irq_restore(flags);
}

/* The area as it was found, the mapping gone, the host's table clean; dirty: then each page gets
 * its shared bit once more, for as long as freeing it takes.
 */
void cw_sacrifice_put(struct cw_area *area, bool dirty)
{
	if (dirty)
		area->give = free_dirty;
	mutex_lock(&free_lock);
	cw_area_free(area);
	mutex_unlock(&free_lock);
}

struct cw_range *cw_sacrifice_get(u32 nr)
{
	struct cw_range *range;
	struct cw_area *area;

	mutex_lock(&free_lock);
	area = cw_area_new(nr, 0, NULL);
	mutex_unlock(&free_lock);
	if (IS_ERR(area))
		return ERR_CAST(area);
	area->disposable = true;
	range = cw_range_new(area, 0, nr);
	if (range)
		return range;
	cw_sacrifice_put(area, false);
	return ERR_PTR(-ENOMEM);
}

/* Frees what is shared, or what nobody knows anything of since the transition returned `want`. */
static int free_or_finish(const struct cw_run *run, struct cw_range *range, int err, int want)
{
	if (!run->misbehave || err != want)
		return cw_range_finish(run, range, err, want);
	cw_sacrifice_put(range->area, true);
	kvfree(range);
	return 0;
}

/* The row's host refuses to share the pages, in part or whole, or to give them back. */
int cw_run_freed(const struct cw_run *run)
{
	struct cw_range *range = cw_sacrifice_get(run->pages);
	struct cw_quirks quirks = { .host = run->sc->host };
	int err;

	if (IS_ERR(range))
		return PTR_ERR(range);
	err = cw_transition(range, true, &quirks);
	if (!err && quirks.host)
		err = cw_transition(range, false, &quirks);
	return free_or_finish(run, range, err, quirks.host ? -EFAULT : 0);
}

/* The buffer begins with its own size, which the host can write as well. */
int cw_run_freed_host_order(const struct cw_run *run)
{
	struct cw_range *range = cw_sacrifice_get(run->pages), part;
	u32 *size, less = 1;
	int err;

	if (IS_ERR(range))
		return PTR_ERR(range);
	part = *range;
	size = (u32 *)cw_range_vaddr(range);
	err = cw_transition(range, true, NULL);
	if (err)
		return cw_range_finish(run, range, err, 0);
	WRITE_ONCE(*size, range->nr);
	err = cw_host_access(range->area->pages[0], &less, sizeof(less), true);
	if (!run->misbehave || err)
		return cw_range_finish(run, range, 0, 0) ?: err;
	part.nr = READ_ONCE(*size);
	err = cw_transition(&part, false, NULL);
	return free_or_finish(run, range, err, 0);
}
