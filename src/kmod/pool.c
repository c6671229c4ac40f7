// SPDX-License-Identifier: GPL-2.0-only
/* The pool: pages in blocks as large as the allocator gives, under one mapping, handed out as
 * ranges.  Ranges whose conversion failed are withheld: never reused before they are restored.
 */
#include <linux/bitmap.h>
#include <linux/semaphore.h>
#include <linux/wait.h>

#include "cocovm.h"
#include "trace.h"

#define BLOCK_ORDER	9	/* 2 MiB */
#define BUS_SHARE	256	/* pages of the pool for one bus: it takes a hundred, in pieces */

static struct cw_area *pool;
static unsigned long *pool_used;
static u32 pool_in_use;		/* pages out that will come back on their own */
static DEFINE_SPINLOCK(pool_lock);
static DEFINE_MUTEX(pool_turn);	/* first come, first served: a long range is not starved */
static DECLARE_WAIT_QUEUE_HEAD(pool_wait);
/* Buses, which hold pages and ask for more: so many at once that the pool has room for all of
 * each.
 */
static struct semaphore pool_buses;
static u32 pool_with_buses;	/* of the pages in use */

static LIST_HEAD(kept);
static DEFINE_MUTEX(kept_lock);

/* ---- the pool ---- */

int cw_pool_init(unsigned int nr_pages)
{
	/* leave the machine the greater part */
	if (nr_pages > si_mem_available() / 2)
		return -ENOMEM;
	pool_used = cw_zalloc(BITS_TO_LONGS(nr_pages), sizeof(long));
	if (!pool_used)
		return -ENOMEM;
	sema_init(&pool_buses, max(nr_pages / BUS_SHARE, 1U));
	pool = cw_area_new(nr_pages, BLOCK_ORDER, NULL);
	if (!IS_ERR(pool))
		return 0;
	kvfree(pool_used);
	return PTR_ERR(pool);
}

/* Whatever is still withheld had no memory for its last transition; its PTEs are restored here. */
static void kept_drop(void)
{
	struct cw_range *range, *next;
	u32 i;

	list_for_each_entry_safe(range, next, &kept, link) {
		/* what a real host may still have nobody gets: a reference that is not dropped */
		for (i = 0; cw_platform.native && i < range->nr; i++)
			get_page(range->area->pages[range->first + i]);
		if (range->area->disposable)
			cw_sacrifice_put(range->area, false);
		kvfree(range);
	}
}

void cw_pool_exit(void)
{
	kept_drop();
	cw_area_free(pool);
	kvfree(pool_used);
}

u32 cw_pool_size(void)
{
	return pool->nr;
}

/* ---- ranges ---- */

struct cw_range *cw_range_new(struct cw_area *area, u32 first, u32 nr)
{
	struct cw_range *range = cw_zalloc(1, sizeof(*range));

	if (!range)
		return NULL;
	INIT_LIST_HEAD(&range->link);
	range->area = area;
	range->first = first;
	range->nr = nr;
	return range;
}

/* Pages that are out and will come back.  Under pool_lock. */
static void pool_count(const struct cw_range *range, bool out)
{
	u32 nr = out ? range->nr : -range->nr;

	pool_in_use += nr;
	pool_with_buses += range->bus ? nr : 0;
}

/* 0; -EAGAIN while waiting may help; -ENOMEM when nobody will give anything back.  Buses, which
 * have some already and wait for each other, will not.
 */
static int pool_take(struct cw_range *range)
{
	unsigned long at;
	int err = 0;

	spin_lock(&pool_lock);
	at = bitmap_find_next_zero_area(pool_used, pool->nr, 0, range->nr, 0);
	if (at + range->nr <= pool->nr) {
		bitmap_set(pool_used, at, range->nr);
		pool_count(range, true);
		range->first = at;
	} else {
		err = pool_in_use > (range->bus ? pool_with_buses : 0) ? -EAGAIN : -ENOMEM;
	}
	spin_unlock(&pool_lock);
	return err;
}

/* Free again, or kept for long: whoever waits for pages has to know. */
static void pool_give(struct cw_range *range, bool keep)
{
	spin_lock(&pool_lock);
	if (!keep)
		bitmap_clear(pool_used, range->first, range->nr);
	if (!range->kept)
		pool_count(range, false);
	range->kept = keep;
	spin_unlock(&pool_lock);
	wake_up_all(&pool_wait);
}

static struct cw_range *pool_get(u32 nr, bool bus)
{
	struct cw_range *range;
	int err;

	if (nr > pool->nr)
		return ERR_PTR(-ENOMEM);
	range = cw_range_new(pool, 0, nr);
	if (!range)
		return ERR_PTR(-ENOMEM);
	range->bus = bus;
	/* whoever holds some must not stand behind those who wait for just these */
	if (!bus)
		mutex_lock(&pool_turn);
	wait_event(pool_wait, (err = pool_take(range)) != -EAGAIN);
	if (!bus)
		mutex_unlock(&pool_turn);
	if (!err) {
		/* what an earlier user left is nothing to share */
		memset((void *)cw_range_vaddr(range), 0, PAGE_SIZE * nr);
		return range;
	}
	kvfree(range);
	return ERR_PTR(err);
}

struct cw_range *cw_pool_get(u32 nr)
{
	return pool_get(nr, false);
}

struct cw_range *cw_pool_get_more(u32 nr)
{
	return pool_get(nr, true);
}

/* Not past whoever waits for a long range: buses that come and go would never leave room for it. */
void cw_pool_enter(void)
{
	mutex_lock(&pool_turn);
	mutex_unlock(&pool_turn);
	down(&pool_buses);
}

void cw_pool_leave(void)
{
	up(&pool_buses);
}

void cw_range_put(struct cw_range *range)
{
	if (range->area == pool)
		pool_give(range, false);
	else if (range->area->disposable)
		cw_sacrifice_put(range->area, false);
	kvfree(range);
}

/* ---- withheld ranges ---- */

static void withheld_announce(const struct cw_range *range)
{
	trace_cocovm_pages_withheld(cw_range_vaddr(range), cw_range_gfn(range, 0), range->nr,
				    range->err);
}

void cw_range_withhold(struct cw_range *range, int err)
{
	range->err = err;
	atomic64_add(range->nr, &cw_counters.withheld);
	withheld_announce(range);
}

void cw_range_keep(struct cw_range *range)
{
	mutex_lock(&kept_lock);
	list_add_tail(&range->link, &kept);
	if (range->area == pool)
		pool_give(range, true);
	mutex_unlock(&kept_lock);
}

/* The PTEs first, whatever state they are in; then a transition like any other, which puts the
 * host's table right, and which everybody who watches understands.  Of slab-shared's one page there
 * may be several ranges, and another of them in a transition.
 */
int cw_range_restore(struct cw_range *range)
{
	static const struct cw_quirks claimed = { .flags = CW_QUIRK_CLAIMED };
	u32 i;
	int err;

	while (cw_area_claim(range->area, range->first, range->nr))
		schedule_timeout_uninterruptible(1);
	cw_area_restore(range->area, range->first, range->nr);
	for (i = 0; i < range->nr && !cw_platform.window; i++)
		cw_host_invalidate(cw_range_gfn(range, i));
	err = cw_transition(range, false, &claimed);
	if (err || !range->err)
		return err;
	atomic64_sub(range->nr, &cw_counters.withheld);
	range->err = 0;
	return 0;
}

/* What cannot be restored stays; the first error is returned. */
int cw_pool_restore_kept(void)
{
	struct cw_range *range, *next;
	int err = 0, range_err;

	mutex_lock(&kept_lock);
	list_for_each_entry_safe(range, next, &kept, link) {
		range_err = cw_range_restore(range);
		if (!err)
			err = range_err;
		if (range_err)
			continue;
		list_del_init(&range->link);
		cw_range_put(range);
	}
	mutex_unlock(&kept_lock);
	return err;
}

void cw_pool_announce_kept(void)
{
	struct cw_range *withheld;

	mutex_lock(&kept_lock);
	list_for_each_entry(withheld, &kept, link)
		withheld_announce(withheld);
	mutex_unlock(&kept_lock);
}
