/* SPDX-License-Identifier: GPL-2.0-only */
/* Giving up what a running session no longer needs. */
#ifndef CW_CAPS_H
#define CW_CAPS_H

#include <stdbool.h>

/* Keeps CAP_SYSLOG (names of kernel addresses) and, with keep_kill, CAP_KILL (passing
 * signals on to a command that changed its user); drops every other capability for good.
 * Maps stay readable through their descriptors.  0 or -errno.
 */
int cw_caps_drop(bool keep_kill);

#endif
