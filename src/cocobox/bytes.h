/* SPDX-License-Identifier: GPL-2.0-only */
/* Little-endian numbers at any alignment, as the guest and this machine have them. */
#ifndef CW_BOX_BYTES_H
#define CW_BOX_BYTES_H

#include <string.h>
#include <linux/types.h>

#define CW_GET(bits) \
	static inline __u##bits cw_get##bits(const void *p) \
	{ \
		__u##bits v; \
\
		memcpy(&v, p, sizeof(v)); \
		return v; \
	}

CW_GET(16)
CW_GET(32)
CW_GET(64)

#undef CW_GET

#endif
