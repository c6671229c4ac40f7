// SPDX-License-Identifier: GPL-2.0-only
/* Second mappings that outlive the sharing: pages are made private again, the host is told, and a
 * while later the mapping through which they were shared goes, as drivers do it before 6.4.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>
#include <asm/mshyperv.h>

#include "misuse.h"

#define NR_PAGES	16
#define LATE_MS		20	/* from private to unmapped, as seen of an emulated netvsc */

/* The pages as the host sees them: their frames above the boundary. */
static void *pages_map(const void *va)
{
	unsigned long pfns[NR_PAGES];
	unsigned int i;

	for (i = 0; i < NR_PAGES; i++)
		pfns[i] = vmalloc_to_pfn(va + i * PAGE_SIZE) +
			  (ms_hyperv.shared_gpa_boundary >> PAGE_SHIFT);
	return vmap_pfn(pfns, NR_PAGES, PAGE_KERNEL);
}

/* The honest twin unmaps first. */
static int pages_give_back(const void *va, void *shared)
{
	int err;

	if (cw_honest && shared)
		vunmap(shared);
	err = cw_unshare(va, NR_PAGES);
	msleep(LATE_MS);
	if (!cw_honest && shared)
		vunmap(shared);
	return err;
}

/* Pages that are shared and mapped so.  ERR_PTR after a line. */
static void *pages_share(void **shared)
{
	void *va = vmalloc(NR_PAGES * PAGE_SIZE);
	int err;

	if (!va)
		return ERR_PTR(-ENOMEM);
	err = cw_share(va, NR_PAGES);
	if (err)
		return ERR_PTR(err);
	*shared = pages_map(va);
	return va;
}

static int late_once(void)
{
	void *shared, *va = pages_share(&shared);
	int err;

	if (IS_ERR(va))
		return PTR_ERR(va);
	err = pages_give_back(va, shared);
	if (err)
		return err;
	vfree(va);
	return shared ? 0 : -ENOMEM;
}

/* vmap_pfn() is where Hyper-V's code needs it: before 6.4. */
static bool mapping_is_needed(void)
{
	if (IS_ENABLED(CONFIG_VMAP_PFN) && !cw_shared_mask())
		return true;
	pr_warn("no second mapping is needed, a page is shared by its PTE\n");
	return false;
}

int cw_run_late(const struct cw_misuse *m)
{
	unsigned int i;
	int err = 0;

	if (!mapping_is_needed())
		return -EOPNOTSUPP;
	for (i = 0; !err && i < m->arg; i++)
		err = late_once();
	return err;
}

/* ---- kept until the module goes ---- */

static void *kept, *kept_shared;

int cw_run_kept(const struct cw_misuse *m)
{
	void *va;
	int err;

	if (!mapping_is_needed())
		return -EOPNOTSUPP;
	va = pages_share(&kept_shared);
	if (IS_ERR(va))
		return PTR_ERR(va);
	err = cw_unshare(va, NR_PAGES);
	if (!err)
		kept = va;
	return err;
}

void cw_kept_end(void)
{
	if (kept_shared)
		vunmap(kept_shared);
	vfree(kept);
}
