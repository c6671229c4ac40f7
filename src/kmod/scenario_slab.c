// SPDX-License-Identifier: GPL-2.0-only
/* Scenario slab-shared: a slab page of the module's own cache is shared.  All objects in that
 * page are held from load to unload, so that the allocator has no reason to touch it.
 */
#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "cocovm.h"

#define OBJECT_BYTES	512
#define PER_PAGE	(PAGE_SIZE / OBJECT_BYTES)
#define NR_OBJECTS	128

static struct kmem_cache *cache;
static void *objects[NR_OBJECTS];
static struct cw_area *slab_area;
static DEFINE_MUTEX(slab_lock);

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
	if (cw_alloc_fails() ||
	    !kmem_cache_alloc_bulk(cache, GFP_KERNEL | __GFP_ZERO, NR_OBJECTS, objects))
		goto err_cache;
	page = page_find();
	if (!page)
		goto err_objects;
	slab_area = cw_area_new(1, 0, page);
	if (!IS_ERR(slab_area))
		return 0;
	err = PTR_ERR(slab_area);
err_objects:
	kmem_cache_free_bulk(cache, NR_OBJECTS, objects);
err_cache:
	kmem_cache_destroy(cache);
	return err;
}

void cw_slab_exit(void)
{
	cw_area_free(slab_area);
	kmem_cache_free_bulk(cache, NR_OBJECTS, objects);
	kmem_cache_destroy(cache);
}

int cw_run_slab(const struct cw_run *run)
{
	struct cw_range *range = run->misbehave ? cw_range_new(slab_area, 0, 1) : cw_pool_get(1);
	int err;

	if (!range)
		return -ENOMEM;
	if (IS_ERR(range))
		return PTR_ERR(range);
	/* there is one such page for all workers */
	mutex_lock(&slab_lock);
	err = cw_transition(range, true, NULL);
	err = cw_range_finish(run, range, err, 0);
	mutex_unlock(&slab_lock);
	return err;
}
