// SPDX-License-Identifier: GPL-2.0-only
/* Frames that are memory of this guest: from the kernel's own list, or from the firmware's, which
 * anybody may read.
 */
#include "ram.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <cocowatch/check.h>

#include "file.h"

#define MEMMAP "/sys/firmware/memmap/"

const char cw_ram_unknown[] = "neither /proc/iomem nor /sys/firmware/memmap says where memory is (run as root, or with "
			      "CAP_SYS_ADMIN)";

static void range_add(struct cw_ram *ram, __u64 start, __u64 end)
{
	ram->range[ram->nr].first = start >> CW_PAGE_SHIFT;
	ram->range[ram->nr++].last = end >> CW_PAGE_SHIFT;
}

static void iomem_read(struct cw_ram *ram, const char *root)
{
	unsigned long long start, end;
	char path[PATH_MAX], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/proc/iomem", root);
	f = fopen(path, "re");
	if (!f)
		return;
	while (ram->nr < CW_RAM_RANGES && fgets(line, sizeof(line), f))
		if (strstr(line, ": System RAM") && sscanf(line, "%llx-%llx", &start, &end) == 2 && end)
			range_add(ram, start, end);
	fclose(f);
}

/* One folder for each range, from 0 on, with the files start, end and type. */
static void memmap_read(struct cw_ram *ram, const char *root)
{
	char path[64], type[32];
	__u64 start, end;
	int i;

	for (i = 0; ram->nr < CW_RAM_RANGES; i++) {
		snprintf(path, sizeof(path), MEMMAP "%d/type", i);
		if (cw_file_line(root, path, type, sizeof(type)))
			return;
		if (strcmp(type, "System RAM"))
			continue;
		snprintf(path, sizeof(path), MEMMAP "%d/start", i);
		if (cw_file_u64(root, path, &start))
			return;
		snprintf(path, sizeof(path), MEMMAP "%d/end", i);
		if (cw_file_u64(root, path, &end))
			return;
		if (end > start)
			range_add(ram, start, end);
	}
}

bool cw_ram_read(struct cw_ram *ram, const char *root)
{
	memset(ram, 0, sizeof(*ram));
	iomem_read(ram, root);
	if (!ram->nr)
		memmap_read(ram, root);
	return ram->nr;
}

bool cw_ram_has(const struct cw_ram *ram, __u64 gfn)
{
	size_t i;

	for (i = 0; i < ram->nr; i++)
		if (gfn >= ram->range[i].first && gfn <= ram->range[i].last)
			return true;
	return false;
}

__u64 cw_ram_nr_frames(const char *root)
{
	__u64 highest = 0;
	struct cw_ram ram;
	size_t i;

	if (!cw_ram_read(&ram, root))
		return 0;
	for (i = 0; i < ram.nr; i++)
		if (ram.range[i].last > highest)
			highest = ram.range[i].last;
	return highest + 1;
}
