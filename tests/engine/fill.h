/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes that are none in particular, many of them zero. */
#ifndef FILL_H
#define FILL_H

static inline void fill(unsigned char *msg, unsigned int seed)
{
	int i;

	for (i = 0; i < CW_POST_BYTES; i++) {
		seed = seed * 1103515245 + 12345;
		msg[i] = seed >> 16 & 3 ? 0 : seed >> 24;
	}
}

#endif
