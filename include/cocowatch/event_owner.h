/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ABI, continued: shared pages and whose they are, as the inventory finds
 * them.  The rules of event.h hold here: fields are appended, padding is named and zero.
 */
#ifndef CW_EVENT_OWNER_H
#define CW_EVENT_OWNER_H

#include <cocowatch/event.h>

/* Confidential modes. */
enum cw_mode {
	CW_MODE_NONE = 0,
	CW_MODE_VBS = 1,	/* Hyper-V, virtualisation-based security */
	CW_MODE_SNP_VTOM = 2,	/* SNP with vTOM and a paravisor */
	CW_MODE_TDX_VTOM = 3,	/* TDX partitioning with a paravisor */
	CW_MODE_SNP = 4,	/* fully enlightened, on Hyper-V */
	CW_MODE_TDX = 5,
	CW_MODE_SNP_OTHER = 6,	/* on another hypervisor */
	CW_MODE_TDX_OTHER = 7,
	CW_MODE_NR,
};

/* Classes of owners. */
enum cw_owner {
	CW_OWNER_UNKNOWN = 0,
	CW_OWNER_BOUNCE = 1,	/* bounce buffer (swiotlb) */
	CW_OWNER_RING = 2,	/* VMBus ring buffer */
	CW_OWNER_MONITOR = 3,	/* VMBus monitor pages */
	CW_OWNER_NETVSC = 4,	/* netvsc receive and send buffers */
	CW_OWNER_SYNIC = 5,	/* SynIC message and event pages */
	CW_OWNER_POST_MSG = 6,	/* the page that messages to the host are posted from */
	CW_OWNER_HYPERCALL = 7,	/* per-CPU hypercall input and output pages */
	CW_OWNER_GHCB = 8,
	CW_OWNER_VP_ASSIST = 9,	/* virtual processor assist page */
	CW_OWNER_KVM = 10,	/* kvmclock and KVM's other per-CPU data */
	CW_OWNER_BSS = 11,	/* the kernel's section of decrypted variables */
	CW_OWNER_DMA_POOL = 12,	/* pools for atomic DMA allocations */
	CW_OWNER_DMA = 13,	/* coherent DMA memory that is mapped once more */
	/* what no mode shares */
	CW_OWNER_INT_PAGE = 14,	/* VMBus interrupt page */
	CW_OWNER_PACKET_COPY = 15,	/* a channel's private packet buffer */
	CW_OWNER_PARA_SYNIC = 16,	/* SynIC pages between guest and paravisor */
	CW_OWNER_KERNEL = 17,	/* kernel text and read-only data */
	CW_OWNER_NR,
};

#define CW_OWNER_CONFIDENTIAL	(1U << 0)	/* private by agreement with the paravisor */
#define CW_OWNER_NO_DIRECT	(1U << 1)	/* the direct map does not show it as shared */
#define CW_OWNER_UNMAPPED	(1U << 2)	/* in no shared mapping: its owner's word (6.1) */
#define CW_OWNER_SUPPLIED	(1U << 3)	/* not memory of this guest: the paravisor's */
#define CW_OWNER_UNCONFIRMED	(1U << 4)	/* a second look did not find it so */

/* A run of shared frames that have one owner. */
struct cw_ev_owner {
	struct cw_rec_hdr hdr;
	__u64 gfn;		/* first frame */
	__u64 vaddr;		/* of a shared mapping of it, 0: none (never printed unasked) */
	__u64 pte;		/* of the first page in that mapping, 0: not kept */
	__u32 nr_pages;
	__u32 owner;		/* enum cw_owner */
	__u32 mode;		/* enum cw_mode: decides what may be shared */
	__u32 relid;		/* of the channel; 0: none */
	__u32 owner_cpu;	/* per-CPU pages: whose; else CW_NO_INDEX */
	__u32 flags;		/* CW_OWNER_* bits */
	__u8 space;		/* enum cw_space */
	__u8 pad[7];
};

_Static_assert(sizeof(struct cw_ev_owner) == 88, "struct cw_ev_owner is ABI");

#endif
