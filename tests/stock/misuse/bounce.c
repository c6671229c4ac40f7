// SPDX-License-Identifier: GPL-2.0-only
/* Bounce slots that are not given back as they were taken.  The buffer is smaller than a slot, and
 * the host is told nothing, so nobody is hurt.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/slab.h>

#include "misuse.h"

#define BYTES		512
#define BYTES_WRONG	256

static int bounce_size(struct device *dev, dma_addr_t addr)
{
	dma_unmap_single(dev, addr, cw_honest ? BYTES : BYTES_WRONG, DMA_TO_DEVICE);
	return 0;
}

static int bounce_foreign(struct device *dev, dma_addr_t addr)
{
	struct device *other = cw_honest ? get_device(dev) : cw_channel_other();

	dma_unmap_single(other ?: dev, addr, BYTES, DMA_TO_DEVICE);
	put_device(other);
	if (other)
		return 0;
	pr_warn("there is no second device on the bus\n");
	return -EOPNOTSUPP;
}

static int bounce_run(const struct cw_misuse *m, struct device *dev)
{
	void *buffer = kzalloc(BYTES, GFP_KERNEL);
	dma_addr_t addr;
	int err;

	if (!buffer)
		return -ENOMEM;
	addr = dma_map_single(dev, buffer, BYTES, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, addr))
		err = -EIO;
	else
		err = m->arg ? bounce_foreign(dev, addr) : bounce_size(dev, addr);
	kfree(buffer);
	return err;
}

int cw_run_bounce(const struct cw_misuse *m)
{
	struct hv_device *hv = cw_channel_get(false);
	int err;

	if (IS_ERR(hv))
		return PTR_ERR(hv);
	err = bounce_run(m, &hv->device);
	cw_channel_put();
	return err;
}
