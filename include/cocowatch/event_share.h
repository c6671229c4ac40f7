/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ABI, continued: what is shared, and what is handed to the host.  The rules
 * of event.h hold here: fields are appended, padding is named and zero.
 */
#ifndef CW_EVENT_SHARE_H
#define CW_EVENT_SHARE_H

#include <cocowatch/event.h>

/* What was mapped, for cw_ev_mapping. */
enum cw_mapping_kind {
	CW_MAP_RING_OUT = 1,	/* the two halves of a ring's second mapping; S2 */
	CW_MAP_RING_IN = 2,
	CW_MAP_IOAPIC = 3,	/* S8: private */
	CW_MAP_VTPM = 4,	/* S8: private */
	CW_MAP_DEVICE = 5,	/* S8: shared */
	CW_MAP_FIRMWARE = 6,	/* ACPI, EFI, described reserved memory: either way */
	CW_MAP_HYPERCALL_IN = 7,	/* CW_EV_KEPT, S5: per-CPU hypercall pages under a paravisor */
	CW_MAP_HYPERCALL_OUT = 8,
	CW_MAP_INT_PAGE = 9,	/* VMBus interrupt page */
	CW_MAP_PACKET_COPY = 10,	/* a channel's private packet buffer */
};

/* A mapping beside the direct map that was made, or pages that this mode keeps private. */
struct cw_ev_mapping {
	struct cw_rec_hdr hdr;
	__u64 vaddr;		/* (never printed unasked) */
	__u64 phys;		/* MMIO: physical address asked for; else 0 */
	__u32 nr_pages;
	__u32 nr_unwalked;
	__u32 relid;		/* rings: child_relid of the channel */
	__u8 kind;		/* enum cw_mapping_kind */
	__u8 space;
	__u8 confidential;	/* the channel's ring is private by agreement with the paravisor */
	__u8 pad;
	struct cw_walk own;	/* of the mapping's PTEs */
	char comm[CW_COMM_LEN];
};

#endif
