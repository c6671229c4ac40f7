/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel modules, put in and taken out. */
#ifndef CW_KMODULE_H
#define CW_KMODULE_H

#include <stdbool.h>
#include <stddef.h>

bool cw_kmodule_is_loaded(const char *name);

/* Inserts the .ko file.  0, or -errno with the reason, and a cure where there is one, on one line
 * in why.
 */
int cw_kmodule_insert(const char *path, const char *params, char *why, size_t size);

/* Has modprobe find and insert a module that is installed.  0 or -errno. */
int cw_kmodule_probe(const char *name, const char *params);

/* Takes it out, waiting up to timeout_ms for the last user to let go.  0 or -errno. */
int cw_kmodule_remove(const char *name, unsigned int timeout_ms);

#endif
