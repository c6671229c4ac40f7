/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames that are memory of this guest. */
#ifndef CW_RAM_H
#define CW_RAM_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#define CW_RAM_RANGES 64

struct cw_ram {
	struct {
		__u64 first;
		__u64 last;
	} range[CW_RAM_RANGES];
	size_t nr;
};

/* From /proc/iomem; where that hides the addresses (they are for CAP_SYS_ADMIN) from the memory map
 * of the firmware.  root is "" on a live system.  False when neither says.
 */
bool cw_ram_read(struct cw_ram *ram, const char *root);
bool cw_ram_has(const struct cw_ram *ram, __u64 gfn);

/* What to say when neither does. */
extern const char cw_ram_unknown[];

/* Number of 4 KiB frames up to the end of that memory; 0 when nothing says. */
__u64 cw_ram_nr_frames(const char *root);

#endif
