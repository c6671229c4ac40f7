// SPDX-License-Identifier: GPL-2.0-only
/* A channel to play with: the heartbeat's, taken from hv_utils for a moment. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/hyperv.h>
#include <linux/module.h>

#include "misuse.h"

#define RING_BYTES	(4 * PAGE_SIZE)
#define READ_MS		2000	/* within that the host has read what was sent to it */

static const struct hv_vmbus_device_id ids[] = {
	{ HV_HEART_BEAT_GUID },
	{ },
};

static u8 incoming[VMBUS_DEFAULT_MAX_PKT_SIZE];
static struct device *dev;	/* with a reference */
static bool is_open;

/* The host may ask what it likes: it is read and thrown away. */
static void channel_event(void *arg)
{
	u32 len;
	u64 id;

	while (!vmbus_recvpacket(arg, incoming, sizeof(incoming), &len, &id) && len)
		;
}

static int driver_probe(struct hv_device *hv, const struct hv_vmbus_device_id *id)
{
	return 0;
}

static struct hv_driver driver = {
	.name = "cw_misuse",
	.id_table = ids,
	.probe = driver_probe,
	.driver = { .probe_type = PROBE_FORCE_SYNCHRONOUS },
};

static int device_is_heartbeat(struct device *d, const void *data)
{
	return guid_equal(&device_to_hv_device(d)->dev_type, &ids[0].guid);
}

static int device_is_other(struct device *d, const void *data)
{
	return d != data && d->dma_mask && *d->dma_mask;
}

static int device_bind(void)
{
	dev = bus_find_device(driver.driver.bus, NULL, NULL, device_is_heartbeat);
	if (!dev) {
		pr_warn("the host offers no heartbeat device\n");
		return -EOPNOTSUPP;
	}
	if (dev->driver == &driver.driver)
		return 0;
	device_release_driver(dev);
	return device_driver_attach(&driver.driver, dev);
}

static int channel_open(struct vmbus_channel *channel)
{
	int err = vmbus_open(channel, RING_BYTES, RING_BYTES, NULL, 0, channel_event, channel);

	is_open = !err;
	return err;
}

struct hv_device *cw_channel_get(bool open)
{
	int err = vmbus_driver_register(&driver);

	if (err)
		return ERR_PTR(err);
	err = device_bind();
	if (!err && open)
		err = channel_open(device_to_hv_device(dev)->channel);
	if (!err)
		return device_to_hv_device(dev);
	if (err != -EOPNOTSUPP)
		pr_err("cannot use the heartbeat's channel: %d\n", err);
	cw_channel_put();
	return ERR_PTR(err);
}

/* What the host has not read before the channel closes it does not see. */
static void channel_close(struct vmbus_channel *channel)
{
	unsigned int ms;

	for (ms = 0; ms < READ_MS && hv_get_bytes_to_read(&channel->outbound); ms += 20)
		msleep(20);
	vmbus_close(channel);
}

void cw_channel_put(void)
{
	if (is_open)
		channel_close(device_to_hv_device(dev)->channel);
	is_open = false;
	vmbus_driver_unregister(&driver);
	if (!dev)
		return;
	if (device_attach(dev) < 0)
		pr_warn("no driver takes the heartbeat back\n");
	put_device(dev);
	dev = NULL;
}

struct device *cw_channel_other(void)
{
	return bus_find_device(driver.driver.bus, NULL, dev, device_is_other);
}
