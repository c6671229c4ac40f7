// SPDX-License-Identifier: GPL-2.0-only
/* TLB: the full flush, and the proof of it, which is a read on every CPU that has to fault.
 * In process context with interrupts on.
 */
#include <linux/cpu.h>
#include <linux/smp.h>
#include <linux/uaccess.h>
#include <asm/invpcid.h>
#include <asm/special_insns.h>

#include "cocovm.h"

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
