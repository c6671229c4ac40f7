/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kinds of devices that a confidential VM uses (H5). */
#ifndef CW_DEVICE_BPF_H
#define CW_DEVICE_BPF_H

#include "compat.bpf.h"
#include <cocowatch/event_ring.h>

#define GUID(a, b, c, ...) \
	{ (a) & 0xff, (a) >> 8 & 0xff, (a) >> 16 & 0xff, (a) >> 24, (b) & 0xff, (b) >> 8, \
	  (c) & 0xff, (c) >> 8, __VA_ARGS__ }

/* What 6.4 and later allow, for when the kernel's own table is out of reach. */
static const __u8 allowed_types[][16] = {
	/* SCSI */
	GUID(0xba6163d9, 0x04a1, 0x4d29, 0xb6, 0x05, 0x72, 0xe2, 0xff, 0xb1, 0xdc, 0x7f),
	/* network */
	GUID(0xf8615163, 0xdf3e, 0x46c5, 0x91, 0x3f, 0xf2, 0xd2, 0xf9, 0x65, 0xed, 0x0e),
	/* PCI Express pass-through */
	GUID(0x44c4f61d, 0x4444, 0x4400, 0x9d, 0x52, 0x80, 0x2e, 0x27, 0xed, 0xe1, 0x9f),
	/* time synchronisation, heartbeat, shutdown */
	GUID(0x9527e630, 0xd0ae, 0x497b, 0xad, 0xce, 0xe8, 0x0a, 0xb0, 0x17, 0x5c, 0xaf),
	GUID(0x57164f39, 0x9115, 0x4e78, 0xab, 0x55, 0x38, 0x2f, 0x3b, 0xd5, 0x42, 0x2d),
	GUID(0x0e0b6031, 0x5213, 0x4934, 0x81, 0x8b, 0x38, 0xd9, 0x0c, 0xed, 0x39, 0xdb),
};

static __always_inline void device_find_ours(struct cw_ev_device *ev)
{
	__u32 i, k;
	__u8 differ;

	ev->table = CW_TABLE_OURS;
	for (i = 0; i < sizeof(allowed_types) / sizeof(allowed_types[0]); i++) {
		differ = 0;
		for (k = 0; k < 16; k++)
			differ |= allowed_types[i][k] ^ ev->type[k];
		if (differ)
			continue;
		ev->listed = 1;
		ev->allowed = 1;
		return;
	}
}

#endif
