/* SPDX-License-Identifier: GPL-2.0-only */
/* The canary: 8 bytes that are always the same and 8 that are the planter's.  tests/box/canary.c
 * plants it in private memory of the guest, the referee looks for it in what the host can see.
 */
#ifndef CW_BOX_REFEREE_CANARY_H
#define CW_BOX_REFEREE_CANARY_H

#include <linux/types.h>

#define CW_CANARY_BYTES		16
#define CW_CANARY_MAGIC_BYTES	8

/* On the wire: magic, then the planter's id, both little-endian.  No file may hold the magic, or a
 * program that is read from a disk would be found in the bounce buffer: it is put together at run
 * time.
 */
static inline __u64 cw_canary_magic(void)
{
	/* volatile, or the compiler puts the result into the program */
	volatile __u64 half = 0x6b1fd29a05c7e483ULL;

	return half ^ 0x9a3c07e5b8d14f62ULL;
}

#endif
