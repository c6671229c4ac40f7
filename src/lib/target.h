/* SPDX-License-Identifier: GPL-2.0-only */
/* Where outputs go, told by what is there and not by its name: a file has many (./a, links). */
#ifndef CW_TARGET_H
#define CW_TARGET_H

#include <stdbool.h>

/* Whether what is written to both goes to one place, a file that is there or is to be made; NULL is
 * stdout.  Devices are told by their names alone: a terminal and /dev/null have room for many.
 */
bool cw_target_same(const char *a, const char *b);

/* Whether what is written to target would end up in this file, or where that is a recording, in
 * what SQLite keeps beside it.
 */
bool cw_target_spoils(const char *target, const char *file);

/* Whether it leaves alone a file that is read; else false after a message.  what: "the recording". */
bool cw_target_spares(const char *target, const char *file, const char *what);

#endif
