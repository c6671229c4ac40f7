// SPDX-License-Identifier: GPL-2.0-only
/* Edits of last-level PTEs, as the kernel's own change_page_attr makes them, and the split of
 * the direct map that they need.  Whoever edits owns the page; nothing here locks.  And the TLB:
 * its full flush, and the proof of it, which is a read on every CPU that has to fault; in process
 * context with interrupts on.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/printk.h>
#include <linux/set_memory.h>
#include <linux/smp.h>
#include <linux/uaccess.h>
#include <asm/invpcid.h>
#include <asm/pgtable.h>
#include <asm/special_insns.h>

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

/* Whole, flags and all; not flushed. */
int cw_pte_swap(unsigned long va, unsigned long other)
{
	pte_t *pte = pte_find(va), *other_pte = pte_find(other), was;

	if (!pte || !other_pte)
		return -EFAULT;
	was = *pte;
	set_pte(pte, *other_pte);
	set_pte(other_pte, was);
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
	if (err)
		pr_err("cannot give each of %u pages an entry of its own in the direct map: %d\n", nr, err);
	if (!err || !set_pages_array_wb(pages, nr))
		return err;
	pr_warn("%u pages may have stayed uncached; they are not given back\n", nr);
	for (i = 0; i < nr; i++)
		get_page(pages[i]);
	return err;
}

/* ---- the TLB ---- */

/* Global entries and those of every PCID: an invlpg would leave the other PCIDs of a kernel
 * with page-table isolation.  The move to CR4 is a plain one, so that pinned bits stay.
 */
static void flush_local(void)
{
	unsigned long cr4, flags;

	if (boot_cpu_has(X86_FEATURE_INVPCID)) {
		invpcid_flush_all();
		return;
	}
	raw_local_irq_save(flags);
	cr4 = __read_cr4();
	asm volatile("mov %0, %%cr4" : : "r"(cr4 ^ X86_CR4_PGE) : "memory");
	asm volatile("mov %0, %%cr4" : : "r"(cr4) : "memory");
	raw_local_irq_restore(flags);
}

static void on_flush(void *flushed)
{
	flush_local();
	atomic_inc(flushed);
}

void cw_tlb_flush(bool here, u32 *cpus_flushed, u32 *cpus_online)
{
	atomic_t flushed = ATOMIC_INIT(0);

	cpus_read_lock();
	on_each_cpu_mask(here ? cpumask_of(raw_smp_processor_id()) : cpu_online_mask, on_flush,
			 &flushed, true);
	*cpus_online = num_online_cpus();
	cpus_read_unlock();
	*cpus_flushed = atomic_read(&flushed);
}

/* Without fault handling a read of a page that is out returns -EFAULT, in any context. */
static void on_probe(void *arg)
{
	struct cw_probe *probe = arg;
	bool stale = false;
	u64 val;
	u32 i;

	for (i = 0; i < probe->nr; i++)
		if (!copy_from_kernel_nofault(&val, (void *)probe->addr[i], sizeof(val)))
			stale = true;
	atomic_inc(&probe->cpus);
	if (stale)
		atomic_inc(&probe->stale);
}

void cw_tlb_probe(struct cw_probe *probe)
{
	atomic_set(&probe->cpus, 0);
	atomic_set(&probe->stale, 0);
	on_each_cpu(on_probe, probe, 1);
}
