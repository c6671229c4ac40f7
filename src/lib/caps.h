/* SPDX-License-Identifier: GPL-2.0-only */
/* Giving up what a running session no longer needs. */
#ifndef CW_CAPS_H
#define CW_CAPS_H

#include <stdbool.h>

/* Drops every capability for good, but with keep_kill CAP_KILL (passing signals on to a command
 * that changed its user).  What was opened before stays as it was: maps, links, /proc/kallsyms.
 * 0 or -errno.
 */
int cw_caps_drop(bool keep_kill);

#endif
