/* SPDX-License-Identifier: GPL-2.0-only */
/* Small files of /proc and /sys. */
#ifndef CW_FILE_H
#define CW_FILE_H

#include <stddef.h>
#include <linux/types.h>

/* First line of root/path, without its newline.  0 or -errno. */
int cw_file_line(const char *root, const char *path, char *buf, size_t size);

/* The number in root/path.  0 or -errno. */
int cw_file_u64(const char *root, const char *path, __u64 *out);

#endif
