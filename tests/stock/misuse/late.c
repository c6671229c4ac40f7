// SPDX-License-Identifier: GPL-2.0-only
/* Second mappings that outlive the sharing: pages are made private again, the host is told, and a
 * while later the mapping through which they were shared goes, as drivers do it before 6.4.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>
#include <asm/mshyperv.h>

#include "misuse.h"

#define NR_PAGES	16
#define LATE_MS		20	/* from private to unmapped; netvsc takes so long */

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

static int late_once(void)
{
	void *va = vmalloc(NR_PAGES * PAGE_SIZE), *shared;
	int err;

	if (!va)
		return -ENOMEM;
	err = cw_share(va, NR_PAGES);
	if (err)
		return err;
	shared = pages_map(va);
	err = pages_give_back(va, shared);
	if (err)
		return err;
	vfree(va);
	return shared ? 0 : -ENOMEM;
}

int cw_run_late(const struct cw_misuse *m)
{
	unsigned int i;
	int err = 0;

	/* vmap_pfn() is where Hyper-V's code needs it: before 6.4 */
	if (!IS_ENABLED(CONFIG_VMAP_PFN) || cw_shared_mask()) {
		pr_warn("no second mapping is needed, a page is shared by its PTE\n");
		return -EOPNOTSUPP;
	}
	for (i = 0; !err && i < m->arg; i++)
		err = late_once();
	return err;
}
