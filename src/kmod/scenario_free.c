// SPDX-License-Identifier: GPL-2.0-only
/* Scenarios in which pages go back to the allocator.  They use pages of their own, outside the
 * pool: mapped and split like those, freed one by one.  And slab-shared: a slab page of the
 * module's own cache is shared.
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

/* ---- slab-shared ---- */

/* All objects in the page are held from load to unload: the allocator has no reason to touch it. */
#define OBJECT_BYTES	512
#define PER_PAGE	(PAGE_SIZE / OBJECT_BYTES)
#define NR_OBJECTS	128

static struct kmem_cache *cache;
static void *objects[NR_OBJECTS];
static u32 nr_objects;
static struct cw_area *slab_area;
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
	if (!page)
		goto err_objects;
	slab_area = cw_area_new(1, 0, page);
	if (!IS_ERR(slab_area))
		return 0;
	err = PTR_ERR(slab_area);
err_objects:
	objects_free();
	return err;
}

void cw_slab_exit(void)
{
	cw_area_free(slab_area);
	objects_free();
}

/* There is one such page for all workers. */
int cw_on_slab(const struct cw_run *run, struct cw_range *range, int *want)
{
	struct cw_range *slab;

	if (!run->misbehave)
		return cw_transition(range, true, NULL);
	slab = cw_range_new(slab_area, 0, 1);
	mutex_lock(&slab_lock);
	*want = slab ? cw_range_finish(run, slab, cw_transition(slab, true, NULL), 0) : -ENOMEM;
	mutex_unlock(&slab_lock);
	return CW_END_PRIVATE;
}
