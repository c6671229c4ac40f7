// SPDX-License-Identifier: GPL-2.0-only
/* Devices of VMBus in sysfs: each has a directory with its channels, named by their relid. */
#include "devices.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

#define DEVICES "/sys/bus/vmbus/devices"

static bool has_channel(const char *root, const char *device, __u32 relid)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s" DEVICES "/%s/channels/%u", root, device, relid);
	return !access(path, F_OK);
}

/* "hv_netvsc ", or "" where no driver is bound. */
static void driver_read(const char *root, const char *device, char *buf, size_t size)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *slash;
	ssize_t len;

	buf[0] = '\0';
	snprintf(path, sizeof(path), "%s" DEVICES "/%s/driver", root, device);
	len = readlink(path, target, sizeof(target) - 1);
	if (len <= 0)
		return;
	target[len] = '\0';
	slash = strrchr(target, '/');
	snprintf(buf, size, "%.60s ", slash ? slash + 1 : target);
}

bool cw_device_of_channel(const char *root, __u32 relid, char *buf, size_t size)
{
	char path[PATH_MAX], driver[64];
	const struct dirent *d;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "%s" DEVICES, root);
	dir = opendir(path);
	while (dir && !found && (d = readdir(dir))) {
		if (d->d_name[0] == '.' || !has_channel(root, d->d_name, relid))
			continue;
		driver_read(root, d->d_name, driver, sizeof(driver));
		snprintf(buf, size, "%s%s", driver, d->d_name);
		cw_text_clean(buf);
		found = true;
	}
	if (dir)
		closedir(dir);
	return found;
}
