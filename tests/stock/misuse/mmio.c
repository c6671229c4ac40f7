// SPDX-License-Identifier: GPL-2.0-only
/* Device memory mapped with the wrong kind: its address range is described as a table of the
 * firmware, which ioremap() takes for private.  Nobody reads or writes through the mapping.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>

#include "misuse.h"

/* the hole below 4 GiB, where the windows of devices are */
#define HOLE_START	0xd0000000
#define HOLE_END	0xfebfffff

static int mapping_check(const void __iomem *va)
{
	bool is_private = !(cw_pte_of((const void __force *)va) & cw_shared_mask());

	if (is_private == !cw_honest)
		return 0;
	pr_err("the mapping is %s\n", is_private ? "private" : "shared");
	return -EPROTO;
}

int cw_run_mmio(const struct cw_misuse *m)
{
	struct resource res = {
		.name = "cw_misuse",
		.flags = IORESOURCE_MEM | IORESOURCE_BUSY,
		.desc = cw_honest ? IORES_DESC_NONE : IORES_DESC_ACPI_TABLES,
	};
	void __iomem *va;
	int err;

	if (!cw_shared_mask()) {
		pr_warn("PTEs do not tell private from shared on this kernel\n");
		return -EOPNOTSUPP;
	}
	err = allocate_resource(&iomem_resource, &res, PAGE_SIZE, HOLE_START, HOLE_END, PAGE_SIZE,
				NULL, NULL);
	if (err)
		return err;
	va = ioremap(res.start, PAGE_SIZE);
	err = va ? mapping_check(va) : -ENOMEM;
	if (va)
		iounmap(va);
	release_resource(&res);
	return err;
}
