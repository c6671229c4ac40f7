/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that somebody names to be read: recordings, snapshots, policies.  A pipe or a device among
 * them would be waited for, or read, for ever.
 */
#ifndef CW_REGULAR_H
#define CW_REGULAR_H

#include <stddef.h>
#include <stdio.h>

/* A descriptor to read from, or -errno with the reason in why: -EISDIR, and -EINVAL for what else
 * is no regular file.
 */
int cw_regular_open(const char *path, char *why, size_t size);

/* As a stream: 0 with *out, or -errno likewise. */
int cw_regular_fopen(FILE **out, const char *path, char *why, size_t size);

#endif
