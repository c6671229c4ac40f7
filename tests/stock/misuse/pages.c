// SPDX-License-Identifier: GPL-2.0-only
/* Pages: freed while shared, shared though they are the kernel's own, and conversions that are
 * unusual but right.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "misuse.h"

/* ---- freed ---- */

#define TAKE_TRIES	64

/* Takes one block off the allocator, if it is the next or one of the next; others that came
 * instead wait on a list until the end.
 */
static bool block_take_from(struct page *want, unsigned int order, gfp_t gfp,
			    struct list_head *others)
{
	unsigned int i;

	for (i = 0; i < TAKE_TRIES; i++) {
		struct page *page = alloc_pages(gfp | GFP_ATOMIC | __GFP_NOWARN, order);

		if (page == want)
			return true;
		if (!page)
			return false;
		list_add(&page->lru, others);
	}
	return false;
}

/* A freed block is on a list of its own block's mobility, whatever it was allocated for. */
static bool block_take(struct page *want, unsigned int order, struct list_head *others)
{
	return block_take_from(want, order, 0, others) ||
	       block_take_from(want, order, __GFP_MOVABLE, others) ||
	       block_take_from(want, order, __GFP_RECLAIMABLE, others);
}

/* Nobody else may get the block while it is free: what was freed last is handed out first, and
 * this CPU does nothing in between.
 */
static bool block_free_and_take(struct page *page, unsigned int order)
{
	struct page *other, *next;
	unsigned long flags;
	LIST_HEAD(others);
	bool taken;

	local_irq_save(flags);
	__free_pages(page, order);
	taken = block_take(page, order, &others);
	local_irq_restore(flags);
	list_for_each_entry_safe(other, next, &others, lru)
		__free_pages(other, order);
	return taken;
}

int cw_run_freed(const struct cw_misuse *m)
{
	struct page *page = alloc_pages(GFP_KERNEL, m->arg);
	void *va;
	int err;

	if (!page)
		return -ENOMEM;
	/* not the first of several */
	va = page_address(page + (1U << m->arg) / 2);
	err = cw_share(va, 1);
	if (err)
		return err;
	if (cw_honest) {
		err = cw_unshare(va, 1);
		if (!err)
			__free_pages(page, m->arg);
		return err;
	}
	if (!block_free_and_take(page, m->arg)) {
		pr_warn("what was freed did not come back, it is made private where it is\n");
		return cw_unshare(va, 1);
	}
	err = cw_unshare(va, 1);
	if (!err)
		__free_pages(page, m->arg);
	return err;
}

/* ---- what is the kernel's own ---- */

#define NR_OBJECTS	128

static struct page *objects_page(void **objects, unsigned int bytes)
{
	unsigned int i, j, found;

	for (i = 0; i < NR_OBJECTS; i++) {
		for (found = 0, j = 0; j < NR_OBJECTS; j++)
			found += PAGE_ALIGN_DOWN((unsigned long)objects[i]) ==
				 PAGE_ALIGN_DOWN((unsigned long)objects[j]);
		if (found == PAGE_SIZE / bytes)
			return virt_to_page(objects[i]);
	}
	return NULL;
}

/* The page loses its contents on the way, so all objects on it have to be ours and in use. */
static int objects_share(void **objects, unsigned int bytes)
{
	struct page *page = objects_page(objects, bytes);
	int err;

	if (!page)
		return -ENOMEM;
	err = cw_share(page_address(page), 1);
	return err ?: cw_unshare(page_address(page), 1);
}

static int slab_share(struct kmem_cache *cache, unsigned int bytes)
{
	void **objects = kcalloc(NR_OBJECTS, sizeof(*objects), GFP_KERNEL);
	int err = objects ? 0 : -ENOMEM;
	unsigned int i;

	for (i = 0; !err && i < NR_OBJECTS; i++) {
		objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
		if (!objects[i])
			err = -ENOMEM;
	}
	if (!err)
		err = objects_share(objects, bytes);
	for (i = 0; objects && i < NR_OBJECTS; i++)
		if (objects[i])
			kmem_cache_free(cache, objects[i]);
	kfree(objects);
	return err;
}

static int page_share(void)
{
	struct page *page = alloc_page(GFP_KERNEL);
	int err;

	if (!page)
		return -ENOMEM;
	err = cw_share(page_address(page), 1);
	if (!err)
		cw_page_put(page, true);
	return err;
}

int cw_run_slab(const struct cw_misuse *m)
{
	struct kmem_cache *cache;
	int err;

	if (cw_honest)
		return page_share();
	/* a region for user copies keeps the cache from being merged with another */
	cache = kmem_cache_create_usercopy("cw_misuse_object", m->arg, m->arg, 0, 0, m->arg, NULL);
	if (!cache)
		return -ENOMEM;
	err = slab_share(cache, m->arg);
	kmem_cache_destroy(cache);
	return err;
}

int cw_run_table(const struct cw_misuse *m)
{
	struct page *page;
	int err;

	if (cw_honest)
		return page_share();
	page = alloc_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	__SetPageTable(page);
	err = cw_share(page_address(page), 1);
	if (!err)
		err = cw_unshare(page_address(page), 1);
	__ClearPageTable(page);
	if (!err)
		__free_page(page);
	return err;
}

/* ---- unusual, but right ---- */

int cw_run_twice(const struct cw_misuse *m)
{
	struct page *page = alloc_page(GFP_KERNEL);
	void *va;
	int err = 0, again;

	if (!page)
		return -ENOMEM;
	va = page_address(page);
	for (again = 0; !err && m->arg && again < 2; again++)
		err = cw_share(va, 1);
	for (again = 0; !err && again < 2; again++)
		err = cw_unshare(va, 1);
	if (!err)
		__free_page(page);
	return err;
}

int cw_run_vmalloc(const struct cw_misuse *m)
{
	void *va = vmalloc(m->arg * PAGE_SIZE);
	int err;

	if (!va)
		return -ENOMEM;
	err = cw_share(va, m->arg);
	if (!err)
		err = cw_unshare(va, m->arg);
	if (!err)
		vfree(va);
	return err;
}

int cw_run_huge(const struct cw_misuse *m)
{
	unsigned int order = PMD_SHIFT - PAGE_SHIFT, nr = 1U << order;
	struct page *page = alloc_pages(GFP_KERNEL, order);
	int err;

	if (!page)
		return -ENOMEM;
	err = cw_share(page_address(page), nr);
	if (!err)
		err = cw_unshare(page_address(page), nr);
	if (!err)
		err = cw_share(page_address(page + nr / 2), 1);
	if (!err)
		err = cw_unshare(page_address(page + nr / 2), 1);
	if (!err)
		__free_pages(page, order);
	return err;
}
