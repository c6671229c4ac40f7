// SPDX-License-Identifier: GPL-2.0-only
/* Scenarios in which pages go back to the allocator.  They use pages of their own, outside the
 * pool: mapped and split like those, freed one by one.  And those that share slab pages, of the
 * module's own objects.
 */
#include <linux/irqflags.h>
#include <linux/log2.h>

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
	u32 i;

	mutex_lock(&free_lock);
	cw_area_undo(area);
	for (i = 0; i < area->nr; i++) {
		if (dirty || area->dirty)
			free_dirty(area->pages[i]);
		else
			__free_page(area->pages[i]);
	}
	cw_area_release(area);
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

/* Frees what is shared, or what nobody knows anything of since its transition did as *want says. */
static int free_or_finish(const struct cw_run *run, struct cw_range *range, int err, int *want)
{
	if (!run->misbehave || err != *want)
		return err;
	range->area->dirty = true;
	*want = 0;
	return CW_END_PRIVATE;
}

/* The row's host refuses to share the pages, in part or whole, or to give them back. */
int cw_on_freed(const struct cw_run *run, struct cw_range *range, int *want)
{
	struct cw_quirks quirks = { .host = run->sc->host };
	int err = cw_transition(range, true, &quirks);

	if (!err && quirks.host)
		err = cw_transition(range, false, &quirks);
	*want = quirks.host ? -EFAULT : 0;
	return free_or_finish(run, range, err, want);
}

/* The buffer begins with its own size, which the host can write as well. */
int cw_on_freed_host_order(const struct cw_run *run, struct cw_range *range, int *want)
{
	u32 *size = (u32 *)cw_range_vaddr(range), less = 1;
	struct cw_range part = *range;
	int err = cw_transition(range, true, NULL);

	if (err)
		return err;
	WRITE_ONCE(*size, range->nr);
	*want = cw_host_access(range->area->pages[0], &less, sizeof(less), true);
	if (!run->misbehave || *want)
		return CW_END_SHARED;
	part.nr = READ_ONCE(*size);
	err = cw_transition(&part, false, NULL);
	return free_or_finish(run, range, err, want);
}

/* ---- freed-transit ---- */

/* Of its one page, in the direct map, nothing was changed. */
static void page_leave(void *arg)
{
	struct cw_area *area = arg;

	cw_area_undo(area);
	__free_page(area->pages[0]);
}

/* The page is somebody else's, so the transition is refused; who misbehaves frees it before the
 * transition has ended.
 */
int cw_run_freed_transit(const struct cw_run *run)
{
	struct page *page = cw_alloc_fails() ? NULL : alloc_page(GFP_KERNEL | __GFP_ZERO);
	struct cw_area *area = page ? cw_area_new(1, 0, page) : ERR_PTR(-ENOMEM);
	struct cw_range range = { .area = area, .nr = 1 };
	struct cw_quirks quirks = {
		.on_busy = run->misbehave ? page_leave : NULL, .arg = area,
	};
	int err;

	if (IS_ERR(area)) {
		if (page)
			__free_page(page);
		return PTR_ERR(area);
	}
	err = cw_area_claim(area, 0, 1) ?: cw_transition(&range, true, &quirks);
	if (!run->misbehave)
		page_leave(area);
	cw_area_release(area);
	return err == -EBUSY ? 0 : err ?: -EPROTO;
}

/* ---- slab pages ---- */

/* All objects in the page are held from load to unload: the allocator has no reason to touch it. */
#define OBJECT_BYTES	512
#define PER_PAGE	(PAGE_SIZE / OBJECT_BYTES)
#define NR_OBJECTS	128

static struct kmem_cache *cache;
static void *objects[NR_OBJECTS];
static u32 nr_objects;
static void *whole;	/* an object of a page */
static struct cw_area *slab_area[CW_SLABS];
static DEFINE_MUTEX(slab_lock);

/* One by one: each of them can fail. */
static int objects_alloc(void)
{
	for (; nr_objects < NR_OBJECTS; nr_objects++) {
		objects[nr_objects] = cw_alloc_fails() ? NULL :
							 kmem_cache_zalloc(cache, GFP_KERNEL);
		if (!objects[nr_objects])
			return -ENOMEM;
	}
	return 0;
}

/* A page in which every object is ours. */
static struct page *page_find(void)
{
	u32 i, j, found;

	for (i = 0; i < NR_OBJECTS; i++) {
		for (found = 0, j = 0; j < NR_OBJECTS; j++)
			found += PAGE_ALIGN_DOWN((unsigned long)objects[i]) ==
				 PAGE_ALIGN_DOWN((unsigned long)objects[j]);
		if (found == PER_PAGE)
			return virt_to_page(objects[i]);
	}
	return NULL;
}

static void objects_free(void)
{
	kvfree(whole);
	if (nr_objects)
		kmem_cache_free_bulk(cache, nr_objects, objects);
	kmem_cache_destroy(cache);
}

int cw_slab_init(void)
{
	struct page *page;
	int err = -ENOMEM;

	/* a region for user copies keeps the cache from being merged with another */
	if (!cw_alloc_fails())
		cache = kmem_cache_create_usercopy(CW_NAME "_object", OBJECT_BYTES, OBJECT_BYTES, 0,
						   0, OBJECT_BYTES, NULL);
	if (!cache)
		return -ENOMEM;
	page = objects_alloc() ? NULL : page_find();
	whole = page ? cw_zalloc(1, PAGE_SIZE) : NULL;
	if (!whole)
		goto err_objects;
	slab_area[CW_SLAB_PART] = cw_area_new(1, 0, page);
	err = PTR_ERR_OR_ZERO(slab_area[CW_SLAB_PART]);
	if (err)
		goto err_objects;
	slab_area[CW_SLAB_WHOLE] = cw_area_new(1, 0, virt_to_page(whole));
	err = PTR_ERR_OR_ZERO(slab_area[CW_SLAB_WHOLE]);
	if (!err)
		return 0;
	cw_area_free(slab_area[CW_SLAB_PART]);
err_objects:
	objects_free();
	return err;
}

void cw_slab_exit(void)
{
	cw_area_free(slab_area[CW_SLAB_WHOLE]);
	cw_area_free(slab_area[CW_SLAB_PART]);
	objects_free();
}

/* There is one page of each kind for all workers. */
int cw_on_slab(const struct cw_run *run, struct cw_range *range, int *want)
{
	struct cw_range *slab;

	if (!run->misbehave)
		return cw_transition(range, true, NULL);
	slab = cw_range_new(slab_area[run->sc->flags], 0, 1);
	mutex_lock(&slab_lock);
	*want = slab ? cw_range_finish(run, slab, cw_transition(slab, true, NULL), 0) : -ENOMEM;
	mutex_unlock(&slab_lock);
	return CW_END_PRIVATE;
}
