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

int cw_pte_restore(unsigned long va, pteval_t flags)
{
	pte_t *pte = pte_find(va);

	if (!pte)
		return -EFAULT;
	pte_store(pte, flags);
	return 0;
}

/* For a page that is no longer ours: somebody else may be changing the entry. */
void cw_pte_clear_bit(unsigned long va, unsigned int bit)
{
	pte_t *pte = pte_find(va);

	if (pte)
		clear_bit(bit, (unsigned long *)pte);
}

/* Whatever went wrong, no page goes back to the allocator uncached: where that cannot be helped
 * each gets a reference that nobody will drop.
 */
static void direct_cached(struct page **pages, u32 nr)
{
	u32 i;

	if (!set_pages_array_wb(pages, nr))
		return;
	pr_warn("%u pages may have stayed uncached; they are not given back\n", nr);
	for (i = 0; i < nr; i++)
		get_page(pages[i]);
}

/* Leaves each page with a 4 KiB entry in the direct map.  The array calls go page by page and
 * so cannot change a large entry whole, as set_memory_uc() on an aligned block does.
 */
int cw_direct_split(struct page **pages, u32 nr)
{
	unsigned int level;
	u32 i;
	int err;

	err = set_pages_array_uc(pages, nr);
	if (err)
		goto err_cached;
	err = set_pages_array_wb(pages, nr);
	if (err)
		goto err_cached;
	err = -EFAULT;
	for (i = 0; i < nr; i++) {
		pte_t *pte = lookup_address((unsigned long)page_address(pages[i]), &level);

		if (!pte || level != PG_LEVEL_4K || !pte_present(*pte))
			goto err_cached;
	}
	return 0;
err_cached:
	direct_cached(pages, nr);
	return err;
}
