// SPDX-License-Identifier: GPL-2.0-only
/* Device memory: mapped shared, except for the devices that the paravisor emulates inside the
 * guest (__ioremap_caller() and its is_private_mmio callback).  Nothing is ever read through
 * these mappings.
 */
#include <linux/io.h>
#include <linux/kernel.h>

#include "cocovm.h"
#include "trace.h"

static const u64 gpas[] = {
	[CW_MMIO_IO_APIC] = CW_IO_APIC_GPA,
	[CW_MMIO_VTPM] = CW_VTPM_GPA,
	[CW_MMIO_PCI] = CW_PCI_GPA,
};

int cw_run_mmio(const struct cw_run *run)
{
	u64 gpa = gpas[run->sc->flags];
	void __iomem *map = cw_alloc_fails() ? NULL : ioremap(gpa, PAGE_SIZE);
	unsigned long va = (unsigned long)map;
	int err;

	if (!map)
		return -ENOMEM;
	err = cw_pte_share(va, cw_platform_is_private_mmio(gpa) == run->misbehave);
	if (!err)
		trace_cocovm_mmio_mapped(va, gpa, 1, cw_platform.paravisor);
	/* as it was found: without either attribute */
	cw_pte_edit(va, 0, cw_platform.pte_mask);
	iounmap(map);
	return err;
}
