// SPDX-License-Identifier: GPL-2.0-only
/* Edits of last-level PTEs, as the kernel's own change_page_attr makes them, and the split of
 * the direct map that they need.  Whoever edits owns the page; nothing here locks.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/set_memory.h>
#include <asm/pgtable.h>

#include "cocovm.h"

static pte_t *pte_find(unsigned long va)
{
	unsigned int level;
	pte_t *pte = lookup_address(va, &level);

	return pte && level == PG_LEVEL_4K && !pte_none(*pte) ? pte : NULL;
}

/* pte_pfn() and pfn_pte() invert the frame of an entry that is not present (L1TF).  In such an
 * entry GLOBAL would read as PROT_NONE, so it goes; like set_memory_p() nothing brings it back.
 */
static void pte_store(pte_t *pte, pteval_t flags)
{
	if (!(flags & _PAGE_PRESENT))
		flags &= ~(pteval_t)_PAGE_GLOBAL;
	set_pte(pte, pfn_pte(pte_pfn(*pte), __pgprot(flags)));
}

int cw_pte_edit(unsigned long va, pteval_t set, pteval_t clear)
{
	pte_t *pte = pte_find(va);

	if (!pte)
		return -EFAULT;
	pte_store(pte, (pte_flags(*pte) | set) & ~clear);
	return 0;
}

int cw_pte_flags(unsigned long va, pteval_t *flags)
{
	pte_t *pte = pte_find(va);

	if (!pte)
		return -EFAULT;
	*flags = pte_flags(*pte);
	return 0;
}

int cw_pte_gfn(unsigned long va, u64 *gfn)
{
	pte_t *pte = pte_find(va);

	if (!pte)
		return -EFAULT;
	*gfn = pte_pfn(*pte);
	return 0;
}

int cw_pte_share(unsigned long va, bool shared)
{
	u64 mask = cw_platform.pte_mask;
	pteval_t set = shared ? cw_platform_mkdec(0, mask) : cw_platform_mkenc(0, mask);

	return cw_pte_edit(va, set, mask & ~set);
}

/* For a page that is no longer ours: somebody else may be changing the entry. */
void cw_pte_clear_bit(unsigned long va, unsigned int bit)
{
	pte_t *pte = pte_find(va);

	if (pte)
		clear_bit(bit, (unsigned long *)pte);
}

/* Leaves each page with a 4 KiB entry in the direct map.  The array calls go page by page and
 * so cannot change a large entry whole, as set_memory_uc() on an aligned block does.  Whatever goes
 * wrong, no page goes back to the allocator uncached: where that cannot be helped each gets a
 * reference that nobody will drop.
 */
int cw_direct_split(struct page **pages, u32 nr)
{
	int err = set_pages_array_uc(pages, nr) ?: set_pages_array_wb(pages, nr);
	pteval_t flags;
	u32 i;

	for (i = 0; i < nr && !err; i++) {
		err = cw_pte_flags((unsigned long)page_address(pages[i]), &flags);
		if (!err && !(flags & _PAGE_PRESENT))
			err = -EFAULT;
	}
	if (!err || !set_pages_array_wb(pages, nr))
		return err;
	pr_warn("%u pages may have stayed uncached; they are not given back\n", nr);
	for (i = 0; i < nr; i++)
		get_page(pages[i]);
	return err;
}
