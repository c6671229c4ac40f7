/* SPDX-License-Identifier: GPL-2.0-only */
/* Which device a VMBus channel belongs to, from sysfs. */
#ifndef CW_DEVICES_H
#define CW_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

/* "hv_netvsc 4487b255-..." for the channel of this relid: the driver, where one is bound, and the
 * instance.  False when there is none.  root is "" on a live system.
 */
bool cw_device_of_channel(const char *root, __u32 relid, char *buf, size_t size);

#endif
