/* SPDX-License-Identifier: GPL-2.0-only */
/* What has no better place: sizes of arrays, the smaller of two, status codes that several devices
 * answer.
 */
#ifndef CW_BOX_UTIL_H
#define CW_BOX_UTIL_H

#include <linux/types.h>

#define CW_NR(array) (sizeof(array) / sizeof((array)[0]))

static inline __u32 cw_min_u32(__u32 a, __u32 b)
{
	return a < b ? a : b;
}

/* NTSTATUS, as Windows defines them; those with the top bit are failures */
#define CW_NT_OK			0U
#define CW_NT_UNSUCCESSFUL		0xc0000001U
#define CW_NT_INVALID_PARAMETER		0xc000000dU
#define CW_NT_NO_SUCH_DEVICE		0xc000000eU
#define CW_NT_REVISION_MISMATCH		0xc0000059U
#define CW_NT_NOT_SUPPORTED		0xc00000bbU
#define CW_NT_INVALID_STATE		0xc0000184U
#define CW_NT_CONNECTION_REFUSED	0xc0000236U

#endif
