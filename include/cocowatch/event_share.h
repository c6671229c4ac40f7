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
	CW_MAP_HYPERCALL_IN = 7,	/* CW_EV_KEPT, S5: per-CPU hypercall pages, paravisor */
	CW_MAP_HYPERCALL_OUT = 8,
	CW_MAP_INT_PAGE = 9,	/* VMBus interrupt page */
	CW_MAP_PACKET_COPY = 10,	/* a channel's private packet buffer */
	CW_MAP_TEXT = 11,	/* the kernel's own text */
	CW_MAP_RODATA = 12,	/* its read-only data */
	CW_MAP_KEXEC = 13,	/* CW_EV_KEPT, T9: memory at the hand-over by kexec; module only */
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
	__u8 no_bit;		/* PTEs do not tell: device memory is not judged (before 6.4) */
	struct cw_walk own;	/* of the mapping's PTEs */
	char comm[CW_COMM_LEN];
};

/* ---- frames named to the host ---- */

/* What was found of a list of frames: the state of each, and the direct-map PTE of those
 * that are not SHARED by it; of all in a message, since it comes seldom (S1).
 */
struct cw_look {
	__u32 looked;		/* frames whose state was looked up */
	__u32 shared;		/* of looked: by their PTE where it was read, else by their state */
	__u32 priv;		/* of looked: private, and the PTE says so where it tells */
	__u32 unknown;		/* of looked: an earlier conversion failed */
	__u32 untold;		/* of looked: none of these, for want of a PTE that tells */
	__u32 repaired;		/* of shared: the PTE says so, the state did not */
	__u32 first_priv;	/* index in the list, or CW_NO_INDEX */
	__u32 first_unknown;
	__u64 gfn_priv;		/* the frame there */
	__u64 gfn_unknown;
	__u64 pte_priv;		/* its PTE; 0 where it could not be read */
	__u64 pte_unknown;
};

enum cw_handover_kind {
	CW_HAND_GPADL = 1,	/* message GPADL_HEADER; S1 */
	CW_HAND_GPADL_BODY = 2,	/* message GPADL_BODY; S1 */
	CW_HAND_CONTACT = 3,	/* message INITIATE_CONTACT: the monitor pages; S1 */
	CW_HAND_DMA = 4,	/* the GPA list of a packet; S6 */
	CW_HAND_SYNIC = 5,	/* MSR SIMP or SIEFP: a SynIC page that the guest supplies; S1 */
};

/* The host is about to learn frames. */
struct cw_ev_handover {
	struct cw_rec_hdr hdr;
	__u64 gfn;		/* first frame named */
	__u32 nr_named;		/* frames that the message, packet or MSR names */
	__u32 nr_ranges;	/* DMA: ranges that the packet says it has */
	__u32 relid;		/* channel; messages: as they say, 0 where they do not */
	__u32 gpadl;		/* handle, in GPADL messages */
	__u8 kind;		/* enum cw_handover_kind */
	__u8 space;
	__u8 confidential;	/* the memory is private by agreement with the paravisor */
	__u8 pad[5];
	struct cw_look look;
	char comm[CW_COMM_LEN];
};

/* ---- inputs of hypercalls ---- */

/* Which way a hypercall goes; a mask of these stands in the finding. */
enum cw_via {
	CW_VIA_UNSEEN = 0,	/* the message was posted, and no transport was seen */
	CW_VIA_GHCB = 1,	/* hv_ghcb_hypercall: to the hypervisor */
	CW_VIA_TDX = 2,		/* hv_tdx_hypercall: to the hypervisor */
	CW_VIA_STD = 3,		/* hv_std_hypercall: to the paravisor, where there is one */
	CW_VIA_SNP = 4,		/* hv_snp_hypercall: to the hypervisor, without a paravisor */
};

#define CW_CALL_FAST	  (1U << 0)	/* the input is in registers */
#define CW_CALL_PARAVISOR (1U << 1)	/* there is a paravisor */
#define CW_CALL_CONFIDENTIAL (1U << 2)	/* the VMBus is the paravisor's (7.x) */

/* A hypercall is about to be made.  Of its input only counts and offsets are kept. */
struct cw_ev_hypercall {
	struct cw_rec_hdr hdr;
	__u64 control;		/* TLFS: code, flags, repetitions */
	__u32 flags;		/* CW_CALL_* */
	__u32 len_bytes;	/* handed over, as far as that is known */
	__u32 read_bytes;	/* of these, read here */
	__u32 payload_bytes;	/* post message: up to the end of its payload; else 0 */
	__u32 tail_set;		/* bytes beyond the payload that are not zero */
	__u32 tail_first;	/* offset of the first of them, or CW_NO_INDEX */
	__u32 reserved_bits;	/* reserved bits looked at; 0: none are known for this code */
	__u32 reserved_set;	/* bytes that have some of them set */
	__u32 reserved_first;	/* offset of the first of them, or CW_NO_INDEX */
	__u16 code;
	__u8 via;		/* enum cw_via */
	__u8 space;
	char comm[CW_COMM_LEN];
};

/* ---- bounce slots ---- */

#define CW_BOUNCE_MAP	1
#define CW_BOUNCE_UNMAP	2

/* A slot of the bounce buffer is taken or given back. */
struct cw_ev_bounce {
	struct cw_rec_hdr hdr;
	__u64 phys;		/* address of the slot */
	__u64 bytes;		/* of this call */
	__u64 owner_bytes;	/* of the mapping that is open */
	__u64 age_ns;		/* UNMAP: of the mapping */
	__u8 op;		/* CW_BOUNCE_* */
	__u8 space;
	__u8 open;		/* mappings of the slot before: 0 none is known, 2 doubtful */
	__u8 gone;		/* UNMAP: one of two was unmapped already: both were real */
	__u8 foreign;		/* UNMAP: by another device than the one that mapped it */
	__u8 pad[3];
	char comm[CW_COMM_LEN];
};

/* ---- interrupts ---- */

/* An interrupt is about to be taken; module only. */
struct cw_ev_interrupt {
	struct cw_rec_hdr hdr;
	__u64 enabled;		/* of the CPU's enabled vectors the 64 that this one is among */
	__u32 vector;
	__u8 have;		/* 1: enabled was read */
	__u8 paravisor;		/* there is one, and it mediates interrupts */
	__u8 space;
	__u8 pad;
	char comm[CW_COMM_LEN];
};

_Static_assert(sizeof(struct cw_ev_mapping) == 176, "struct cw_ev_mapping is ABI");
_Static_assert(sizeof(struct cw_look) == 64, "struct cw_look is ABI");
_Static_assert(sizeof(struct cw_ev_handover) == 144, "struct cw_ev_handover is ABI");
_Static_assert(sizeof(struct cw_ev_hypercall) == 96, "struct cw_ev_hypercall is ABI");
_Static_assert(sizeof(struct cw_ev_bounce) == 88, "struct cw_ev_bounce is ABI");
_Static_assert(sizeof(struct cw_ev_interrupt) == 64, "struct cw_ev_interrupt is ABI");

#endif
