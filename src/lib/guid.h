/* SPDX-License-Identifier: GPL-2.0-only */
/* A GUID as it is written: its first three fields are little-endian on the wire. */
#ifndef CW_GUID_H
#define CW_GUID_H

#include <stddef.h>
#include <stdio.h>

#include <linux/types.h>

#define CW_GUID_TEXT_LEN 37

/* Returns text. */
static inline const char *cw_guid_text(char *text, size_t len, const __u8 *b)
{
	snprintf(text, len,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[3], b[2],
		 b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		 b[15]);
	return text;
}

#endif
