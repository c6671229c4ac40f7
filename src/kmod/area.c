// SPDX-License-Identifier: GPL-2.0-only
/* Memory: a counter that makes one of all allocations fail, and areas, which are pages with a
 * mapping of their own and a split direct map, known to the host.  The flags of an area's PTEs are
 * remembered, so that it can be given back as it was found.  All areas are on a list, for those who
 * come to watch later.
 */
#include <linux/bitmap.h>
#include <linux/vmalloc.h>
#include <asm/pgtable.h>

#include "cocovm.h"
#include "trace.h"

#define ANNOUNCE_PAGES	512	/* at most, in one cocovm_pool_range */

static LIST_HEAD(areas);
static DEFINE_MUTEX(areas_lock);

/* ---- allocations ---- */

static atomic_t fail_in;	/* allocations until the one that fails, it included; 0: none */

void cw_alloc_fail(u32 nth)
{
	atomic_set(&fail_in, nth);
}

bool cw_alloc_fails(void)
{
	/* below 1 it stays where it is */
	if (atomic_dec_if_positive(&fail_in) != 0)
		return false;
	atomic64_inc(&cw_counters.alloc_failed);
	return true;
}

void *cw_zalloc(size_t nr, size_t size)
{
	return cw_alloc_fails() ? NULL : kvcalloc(nr, size, GFP_KERNEL);
}

void *cw_vmap(struct page **pages, u32 nr)
{
	return cw_alloc_fails() ? NULL : vmap(pages, nr, VM_MAP, PAGE_KERNEL);
}

/* ---- pages ---- */

/* Pages inside the kernel image (freed .init) have a third mapping, which nobody can split. */
static bool block_in_image(struct page *block, unsigned int order)
{
	unsigned long offset = page_to_phys(block) - phys_base, end = offset + (PAGE_SIZE << order);
	unsigned int level;
	pte_t *pte;

	for (; offset != end && offset < KERNEL_IMAGE_SIZE; offset += PAGE_SIZE) {
		pte = lookup_address(__START_KERNEL_map + offset, &level);
		if (pte && (pte_flags(*pte) & _PAGE_PRESENT))
			return true;
	}
	return false;
}

static struct page *block_alloc(unsigned int order)
{
	/* a pool is not worth the OOM killer */
	gfp_t gfp = GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN;

	if (cw_alloc_fails())
		return NULL;
	return alloc_pages(gfp | (order ? __GFP_NORETRY : __GFP_RETRY_MAYFAIL), order);
}

static void pages_give(const struct cw_area *area, u32 nr)
{
	u32 i;

	for (i = 0; i < nr && !area->direct; i++)
		__free_page(area->pages[i]);
}

/* Blocks of the kernel image are put aside until no other can be taken for them. */
static int pages_take(struct cw_area *area, unsigned int order)
{
	struct page *block, *next;
	LIST_HEAD(aside);
	u32 got = 0, i;

	while (got < area->nr) {
		while (order && 1U << order > area->nr - got)
			order--;
		block = block_alloc(order);
		if (!block && order) {
			order--;
			continue;
		}
		if (!block)
			break;
		if (block_in_image(block, order)) {
			set_page_private(block, order);
			list_add(&block->lru, &aside);
			continue;
		}
		split_page(block, order);
		for (i = 0; i < 1U << order; i++)
			area->pages[got++] = block + i;
	}
	list_for_each_entry_safe(block, next, &aside, lru) {
		order = page_private(block);
		set_page_private(block, 0);
		__free_pages(block, order);
	}
	if (got == area->nr)
		return 0;
	pages_give(area, got);
	return -ENOMEM;
}

/* ---- areas ---- */

/* As private: a page that was just freed while shared may still have the other bit. */
static int area_save(struct cw_area *area)
{
	u64 mask = cw_platform.pte_mask;
	u32 i;
	int err = 0;

	for (i = 0; i < area->nr && !err; i++) {
		err = cw_pte_flags(cw_area_own(area, i), &area->own[i]) ?:
		      cw_pte_flags(cw_area_alias(area, i), &area->alias[i]);
		area->own[i] = cw_platform_mkenc(area->own[i], mask);
		area->alias[i] = cw_platform_mkenc(area->alias[i], mask);
	}
	return err;
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

void cw_area_release(struct cw_area *area)
{
	kvfree(area->pages);
	kvfree(area->own);
	kvfree(area->alias);
	kvfree(area->busy);
	kvfree(area);
}

static struct cw_area *area_alloc(u32 nr)
{
	struct cw_area *area = cw_zalloc(1, sizeof(*area));

	if (!area)
		return NULL;
	area->nr = nr;
	area->pages = cw_zalloc(nr, sizeof(*area->pages));
	area->own = cw_zalloc(nr, sizeof(*area->own));
	area->alias = cw_zalloc(nr, sizeof(*area->alias));
	area->busy = cw_zalloc(BITS_TO_LONGS(nr), sizeof(long));
	if (area->pages && area->own && area->alias && area->busy)
		return area;
	cw_area_release(area);
	return NULL;
}

static void area_unmap(struct cw_area *area)
{
	if (!area->direct && area->vaddr)
		vunmap((void *)area->vaddr);
}

static int area_map(struct cw_area *area)
{
	int err = cw_direct_split(area->pages, area->nr);

	if (err)
		return err;
	area->vaddr = area->direct ? cw_area_alias(area, 0) :
				     (unsigned long)cw_vmap(area->pages, area->nr);
	err = area->vaddr ? area_save(area) ?: area_tell_host(area) : -ENOMEM;
	if (err)
		area_unmap(area);
	return err;
}

struct cw_area *cw_area_new(u32 nr, unsigned int order, struct page *foreign)
{
	struct cw_area *area = area_alloc(nr);
	int err = 0;

	if (!area)
		return ERR_PTR(-ENOMEM);
	area->direct = foreign;
	area->pages[0] = foreign;
	if (!foreign)
		err = pages_take(area, order);
	if (err)
		goto err_area;
	err = area_map(area);
	if (err)
		goto err_pages;
	mutex_lock(&areas_lock);
	list_add_tail(&area->link, &areas);
	mutex_unlock(&areas_lock);
	return area;
err_pages:
	pages_give(area, area->nr);
err_area:
	cw_area_release(area);
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
			cw_pte_edit(cw_area_own(area, i), area->own[i], ~area->own[i]);
		cw_pte_edit(cw_area_alias(area, i), area->alias[i], ~area->alias[i]);
	}
}

void cw_area_undo(struct cw_area *area)
{
	u32 i;

	mutex_lock(&areas_lock);
	list_del(&area->link);
	mutex_unlock(&areas_lock);
	for (i = 0; i < area->nr; i++)
		cw_host_del(page_to_pfn(area->pages[i]));
	/* vunmap() warns about entries that are not present */
	cw_area_restore(area, 0, area->nr);
	area_unmap(area);
}

void cw_area_free(struct cw_area *area)
{
	cw_area_undo(area);
	pages_give(area, area->nr);
	cw_area_release(area);
}

void cw_area_supply(struct cw_area *area, u32 index, bool shared)
{
	cw_pte_share(cw_area_own(area, index), shared);
	cw_pte_share(cw_area_alias(area, index), shared);
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
		trace_cocovm_pool_range(cw_range_vaddr(&range), cw_range_gfn(&range, 0), range.nr);
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
