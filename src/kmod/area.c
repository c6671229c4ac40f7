// SPDX-License-Identifier: GPL-2.0-only
/* An area: pages with a mapping of their own and a split direct map, known to the host.  The
 * flags of its PTEs are remembered, so that it can be given back as it was found.  All areas
 * are on a list, for those who come to watch later.
 */
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <asm/pgtable.h>

#include "cocovm.h"
#include "trace.h"

#define ANNOUNCE_PAGES	512	/* at most, in one cocovm_pool_range */

static LIST_HEAD(areas);
static DEFINE_MUTEX(areas_lock);

unsigned long cw_area_own(const struct cw_area *area, u32 index)
{
	return area->vaddr + ((unsigned long)index << PAGE_SHIFT);
}

unsigned long cw_area_alias(const struct cw_area *area, u32 index)
{
	return (unsigned long)page_address(area->pages[index]);
}

unsigned long cw_range_vaddr(const struct cw_range *range)
{
	return cw_area_own(range->area, range->first);
}

u64 cw_range_gfn(const struct cw_range *range)
{
	return page_to_pfn(range->area->pages[range->first]);
}

/* As private: a page that was just freed while shared may still have the other bit. */
static int area_save(struct cw_area *area)
{
	u32 i;
	int err;

	for (i = 0; i < area->nr; i++) {
		err = cw_pte_flags(cw_area_own(area, i), &area->own[i]);
		if (err)
			return err;
		err = cw_pte_flags(cw_area_alias(area, i), &area->alias[i]);
		if (err)
			return err;
		area->own[i] = cw_platform_mkenc(area->own[i], cw_platform.pte_mask);
		area->alias[i] = cw_platform_mkenc(area->alias[i], cw_platform.pte_mask);
	}
	return 0;
}

static int area_tell_host(struct cw_area *area)
{
	u32 i;
	int err;

	for (i = 0; i < area->nr; i++) {
		err = cw_host_add(page_to_pfn(area->pages[i]));
		if (err)
			goto err_del;
	}
	return 0;
err_del:
	while (i--)
		cw_host_del(page_to_pfn(area->pages[i]));
	return err;
}

static void area_release(struct cw_area *area)
{
	kvfree(area->own);
	kvfree(area->alias);
	kvfree(area->busy);
	kvfree(area);
}

static struct cw_area *area_alloc(struct page **pages, u32 nr, bool direct)
{
	struct cw_area *area = cw_zalloc(1, sizeof(*area));

	if (!area)
		return NULL;
	area->nr = nr;
	area->direct = direct;
	area->pages = pages;
	area->own = cw_zalloc(nr, sizeof(*area->own));
	area->alias = cw_zalloc(nr, sizeof(*area->alias));
	area->busy = cw_zalloc(BITS_TO_LONGS(nr), sizeof(long));
	if (area->own && area->alias && area->busy)
		return area;
	area_release(area);
	return NULL;
}

struct cw_area *cw_area_new(struct page **pages, u32 nr, bool direct)
{
	struct cw_area *area = area_alloc(pages, nr, direct);
	void *map = NULL;
	int err;

	if (!area)
		return ERR_PTR(-ENOMEM);
	err = cw_direct_split(pages, nr);
	if (err)
		goto err_area;
	if (!direct) {
		map = cw_vmap(pages, nr);
		err = map ? 0 : -ENOMEM;
		if (err)
			goto err_area;
	}
	area->vaddr = direct ? cw_area_alias(area, 0) : (unsigned long)map;
	err = area_save(area);
	if (err)
		goto err_map;
	err = area_tell_host(area);
	if (err)
		goto err_map;
	mutex_lock(&areas_lock);
	list_add_tail(&area->link, &areas);
	mutex_unlock(&areas_lock);
	return area;
err_map:
	if (map)
		vunmap(map);
err_area:
	area_release(area);
	return ERR_PTR(err);
}

/* Present, private, and with the GLOBAL flag that the first transition took. */
void cw_area_restore(struct cw_area *area, u32 first, u32 nr)
{
	u32 i;

	if (cw_platform.native)
		return;
	for (i = first; i < first + nr; i++) {
		if (!area->direct)
			cw_pte_restore(cw_area_own(area, i), area->own[i]);
		cw_pte_restore(cw_area_alias(area, i), area->alias[i]);
	}
}

void cw_area_free(struct cw_area *area)
{
	u32 i;

	if (IS_ERR_OR_NULL(area))
		return;
	mutex_lock(&areas_lock);
	list_del(&area->link);
	mutex_unlock(&areas_lock);
	for (i = 0; i < area->nr; i++)
		cw_host_del(page_to_pfn(area->pages[i]));
	/* vunmap() warns about entries that are not present */
	cw_area_restore(area, 0, area->nr);
	if (!area->direct)
		vunmap((void *)area->vaddr);
	area_release(area);
}

void cw_area_supply(struct cw_area *area, u32 index, bool shared)
{
	u64 mask = cw_platform.pte_mask;
	pteval_t set = shared ? cw_platform_mkdec(0, mask) : cw_platform_mkenc(0, mask);

	cw_pte_edit(cw_area_own(area, index), set, mask & ~set);
	cw_pte_edit(cw_area_alias(area, index), set, mask & ~set);
	cw_host_supply(page_to_pfn(area->pages[index]), shared);
}

/* All pages or none. */
int cw_area_claim(struct cw_area *area, u32 first, u32 nr)
{
	u32 i;

	for (i = first; i < first + nr; i++) {
		if (!test_and_set_bit(i, area->busy))
			continue;
		cw_area_unclaim(area, first, i - first);
		return -EBUSY;
	}
	return 0;
}

void cw_area_unclaim(struct cw_area *area, u32 first, u32 nr)
{
	u32 i;

	for (i = first; i < first + nr; i++) {
		smp_mb__before_atomic();
		clear_bit(i, area->busy);
	}
}

static void area_announce(struct cw_area *area)
{
	struct cw_range range = { .area = area };

	for (; range.first < area->nr; range.first += range.nr) {
		range.nr = min_t(u32, area->nr - range.first, ANNOUNCE_PAGES);
		trace_cocovm_pool_range(cw_range_vaddr(&range), cw_range_gfn(&range), range.nr);
	}
}

/* Also those that a scenario is about to free: what is shared already has to be known by then. */
void cw_areas_announce(void)
{
	struct cw_area *area;

	mutex_lock(&areas_lock);
	list_for_each_entry(area, &areas, link)
		area_announce(area);
	mutex_unlock(&areas_lock);
}
