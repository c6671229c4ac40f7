/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rules, continued.  What is handed to the host, and what must stay private:
 * S1, S2, S5 (pages by name), S6, S7, S8, T9, Z2, Z3, Z4, R1, R3.  Each is judged on
 * one event alone; nothing here reads or remembers anything.
 */
#ifndef CW_ENGINE_SHARE_H
#define CW_ENGINE_SHARE_H

#include <cocowatch/engine_core.h>
#include <cocowatch/event_share.h>

/* ---- frames named to the host: S1, S6 ---- */

enum cw_look_kind {
	CW_LOOK_SHARED,
	CW_LOOK_REPAIR,		/* shared by its PTE only: the state was wrong */
	CW_LOOK_PRIVATE,
	CW_LOOK_UNKNOWN,
	CW_LOOK_UNTOLD,
};

/* What a frame is.  The state alone says that it is unknown; that it is private its PTE has to
 * confirm, and that it is shared wherever the PTE was asked.  Where PTEs do not tell, the state is
 * believed once every page that was shared before the session has been found (all_found).
 */
static __always_inline __u32 cw_look_kind(const struct cw_pte_fmt *fmt, __u32 state,
					  __u32 have_pte, __u64 pte, int all_found)
{
	if (state == CW_PG_UNKNOWN)
		return CW_LOOK_UNKNOWN;
	if (state == CW_PG_SHARED && (have_pte == CW_PTE_UNASKED || have_pte == CW_PTE_MUTE))
		return CW_LOOK_SHARED;
	if (have_pte == CW_PTE_MUTE)
		return state == CW_PG_PRIVATE && all_found ? CW_LOOK_PRIVATE : CW_LOOK_UNTOLD;
	if (have_pte != CW_PTE_READ)
		return CW_LOOK_UNTOLD;
	if (!cw_pte_is_present(pte))
		return state == CW_PG_TRANSIT ? CW_LOOK_PRIVATE : CW_LOOK_UNTOLD;
	if (!cw_pte_is_shared(fmt, pte))
		return CW_LOOK_PRIVATE;
	/* in transit the end of the transition will say so, if it is the end */
	return state == CW_PG_PRIVATE ? CW_LOOK_REPAIR : CW_LOOK_SHARED;
}

static __always_inline void cw_look_init(struct cw_look *look)
{
	look->first_priv = CW_NO_INDEX;
	look->first_unknown = CW_NO_INDEX;
}

static __always_inline void cw_look_add(struct cw_look *look, __u32 index, __u64 gfn, __u32 kind,
					__u64 pte)
{
	look->looked++;
	switch (kind) {
	case CW_LOOK_REPAIR:
		look->repaired++;
		look->shared++;
		break;
	case CW_LOOK_SHARED:
		look->shared++;
		break;
	case CW_LOOK_PRIVATE:
		if (look->priv++)
			break;
		look->first_priv = index;
		look->gfn_priv = gfn;
		look->pte_priv = pte;
		break;
	case CW_LOOK_UNKNOWN:
		if (look->unknown++)
			break;
		look->first_unknown = index;
		look->gfn_unknown = gfn;
		look->pte_unknown = pte;
		break;
	default:
		look->untold++;
	}
}

static __always_inline int cw_look_complete(const struct cw_ev_handover *ev)
{
	return ev->nr_named && ev->look.looked == ev->nr_named && !ev->look.untold;
}

static __always_inline void cw_rule_s1(const struct cw_ev_handover *ev, struct cw_out *out)
{
	const struct cw_look *look = &ev->look;

	if (cw_look_complete(ev))
		CW_CHECKED(out, S1);
	else
		CW_NO_EVIDENCE(out, S1);
	if (look->priv)
		CW_REPORT(out, HANDED_PRIVATE, look->first_priv, look->gfn_priv, 0, look->pte_priv);
	if (look->unknown)
		CW_REPORT(out, HANDED_UNKNOWN, look->first_unknown, look->gfn_unknown, 0,
			  look->pte_unknown);
}

static __always_inline void cw_rule_s6(const struct cw_ev_handover *ev, struct cw_out *out)
{
	const struct cw_look *look = &ev->look;

	if (cw_look_complete(ev))
		CW_CHECKED(out, S6);
	else
		CW_NO_EVIDENCE(out, S6);
	if (look->priv)
		CW_REPORT(out, DMA_PRIVATE, look->first_priv, look->gfn_priv, 0, look->pte_priv);
	if (look->unknown)
		CW_REPORT(out, DMA_UNKNOWN, look->first_unknown, look->gfn_unknown, 0,
			  look->pte_unknown);
}

/* The host is about to learn frames.  What is confidential is rightly private. */
static __always_inline void cw_step_handover(const struct cw_ev_handover *ev, struct cw_out *out)
{
	if (ev->confidential)
		return;
	switch (ev->kind) {
	case CW_HAND_GPADL:
	case CW_HAND_GPADL_BODY:
	case CW_HAND_CONTACT:
	case CW_HAND_SYNIC:
		cw_rule_s1(ev, out);
		break;
	case CW_HAND_DMA:
		cw_rule_s6(ev, out);
		break;
	}
}

/* ---- mappings: S2, S8, and pages that stay private: S5 ---- */

static __always_inline int cw_mapping_complete(const struct cw_ev_mapping *ev)
{
	return ev->own.walked && ev->own.walked == ev->nr_pages && !ev->own.failed &&
	       !ev->nr_unwalked;
}

/* Entries that map something, and privately. */
static __always_inline __u32 cw_mapping_private(const struct cw_ev_mapping *ev)
{
	return ev->own.walked - ev->own.none - ev->own.shared;
}

static __always_inline void cw_rule_s2(const struct cw_pte_fmt *fmt,
				       const struct cw_ev_mapping *ev, struct cw_out *out)
{
	const struct cw_walk *own = &ev->own;

	if (cw_mapping_complete(ev))
		CW_CHECKED(out, S2);
	else
		CW_NO_EVIDENCE(out, S2);
	if (own->present < own->walked)
		CW_REPORT(out, SECOND_ABSENT, own->first_absent,
			  cw_pte_gfn(fmt, own->pte_absent), 0, own->pte_absent);
	if (cw_mapping_private(ev))
		CW_REPORT(out, SECOND_PRIVATE, own->first_private,
			  cw_pte_gfn(fmt, own->pte_private), 0, own->pte_private);
}

static __always_inline void cw_rule_s8(const struct cw_pte_fmt *fmt,
				       const struct cw_ev_mapping *ev, struct cw_out *out)
{
	const struct cw_walk *own = &ev->own;

	if (ev->no_bit || !cw_mapping_complete(ev)) {
		CW_NO_EVIDENCE(out, S8);
		return;
	}
	CW_CHECKED(out, S8);
	if (ev->kind == CW_MAP_DEVICE) {
		if (cw_mapping_private(ev))
			CW_REPORT(out, MMIO_PRIVATE, own->first_private,
				  cw_pte_gfn(fmt, own->pte_private), 0, own->pte_private);
	} else if (own->shared) {
		CW_REPORT(out, MMIO_SHARED, own->first_shared, cw_pte_gfn(fmt, own->pte_shared), 0,
			  own->pte_shared);
	}
}

/* A second mapping was made. */
static __always_inline void cw_step_mapping(const struct cw_pte_fmt *fmt,
					    const struct cw_ev_mapping *ev, struct cw_out *out)
{
	switch (ev->kind) {
	case CW_MAP_RING_OUT:
	case CW_MAP_RING_IN:
		if (!ev->confidential)
			cw_rule_s2(fmt, ev, out);
		break;
	case CW_MAP_IOAPIC:
	case CW_MAP_VTPM:
	case CW_MAP_DEVICE:
		cw_rule_s8(fmt, ev, out);
		break;
	}
}

/* Memory at the hand-over by kexec: whoever has it next takes all of it for private. */
static __always_inline void cw_rule_t9(const struct cw_pte_fmt *fmt,
				       const struct cw_ev_mapping *ev, struct cw_out *out)
{
	const struct cw_walk *own = &ev->own;

	if (ev->no_bit || !cw_mapping_complete(ev) || own->none) {
		CW_NO_EVIDENCE(out, T9);
		return;
	}
	CW_CHECKED(out, T9);
	if (own->shared)
		CW_REPORT(out, LEFT_SHARED, own->first_shared, cw_pte_gfn(fmt, own->pte_shared), 0,
			  own->shared);
}

/* Pages that this mode keeps private, seen while they are in use. */
static __always_inline void cw_step_kept(const struct cw_pte_fmt *fmt,
					 const struct cw_ev_mapping *ev, struct cw_out *out)
{
	const struct cw_walk *own = &ev->own;

	if (ev->kind == CW_MAP_KEXEC)
		cw_rule_t9(fmt, ev, out);
	if (ev->kind < CW_MAP_HYPERCALL_IN || ev->kind > CW_MAP_RODATA)
		return;
	if (ev->no_bit || !cw_mapping_complete(ev) || own->none) {
		CW_NO_EVIDENCE(out, S5);
		return;
	}
	CW_CHECKED(out, S5);
	if (own->shared)
		CW_REPORT(out, KEPT_SHARED, own->first_shared, cw_pte_gfn(fmt, own->pte_shared), 0,
			  own->pte_shared);
}

/* ---- hypercalls: Z2, Z3, R1 ---- */

/* Codes, TLFS */
#define CW_CALL_SEND_IPI	0x0b
#define CW_CALL_SEND_IPI_EX	0x15
#define CW_CALL_POST_MESSAGE	0x5c
#define CW_CALL_SIGNAL_EVENT	0x5d
#define CW_CALL_VISIBILITY	0xdb
#define CW_CALL_MMIO_READ	0x106
#define CW_CALL_MMIO_WRITE	0x107

#define CW_POST_BYTES	256	/* input of POST_MESSAGE */
#define CW_POST_PAYLOAD	16	/* where its payload begins */
#define CW_RESERVED_WORDS 2	/* all known reserved fields lie in the first 16 bytes */

/* Reserved bits of an input, TLFS: of its 64-bit word number `word`. */
static __always_inline __u64 cw_reserved_mask(__u32 code, __u32 word)
{
	switch (code) {
	case CW_CALL_POST_MESSAGE:	/* reserved at 4 */
	case CW_CALL_SEND_IPI:
	case CW_CALL_SEND_IPI_EX:
		return word == 0 ? 0xffffffff00000000ULL : 0;
	case CW_CALL_SIGNAL_EVENT:	/* at 6, behind the connection and a flag number */
		return word == 0 ? 0xffff000000000000ULL : 0;
	case CW_CALL_VISIBILITY:	/* all but the two bits at 8 */
		return word == 1 ? 0xfffffffffffffffcULL : 0;
	case CW_CALL_MMIO_READ:		/* at 12 */
	case CW_CALL_MMIO_WRITE:
		return word == 1 ? 0xffffffff00000000ULL : 0;
	}
	return 0;
}

/* How many they are; 0 where none are known. */
static __always_inline __u32 cw_reserved_bits(__u32 code)
{
	switch (code) {
	case CW_CALL_POST_MESSAGE:
	case CW_CALL_SEND_IPI:
	case CW_CALL_SEND_IPI_EX:
	case CW_CALL_MMIO_READ:
	case CW_CALL_MMIO_WRITE:
		return 32;
	case CW_CALL_SIGNAL_EVENT:
		return 16;
	case CW_CALL_VISIBILITY:
		return 62;
	}
	return 0;
}

/* Bytes of a word that are not zero. */
static __always_inline __u32 cw_bytes_set(__u64 word)
{
	word = (word | word >> 4) & 0x0f0f0f0f0f0f0f0fULL;
	word = (word | word >> 2) & 0x0303030303030303ULL;
	word = (word | word >> 1) & 0x0101010101010101ULL;
	return (word * 0x0101010101010101ULL) >> 56;
}

/* Offset in a word that is not zero of its first byte that is not, in memory order. */
static __always_inline __u32 cw_byte_first(__u64 word)
{
	__u64 low = word & -word;

	return (low & 0xff00ff00ff00ff00ULL ? 1 : 0) + (low & 0xffff0000ffff0000ULL ? 2 : 0) +
	       (low & 0xffffffff00000000ULL ? 4 : 0);
}

/* Adds one word of an input to what is said of its reserved bits. */
static __always_inline void cw_reserved_add(struct cw_ev_hypercall *ev, __u32 nr, __u64 word)
{
	__u64 mask = cw_reserved_mask(ev->code, nr);

	if (!mask)
		return;
	ev->reserved_bits = cw_reserved_bits(ev->code);	/* no code has them in two words */
	word &= mask;
	if (!word)
		return;
	if (!ev->reserved_set)
		ev->reserved_first = nr * 8 + cw_byte_first(word);
	ev->reserved_set += cw_bytes_set(word);
}

/* Adds one word of a message to what is said of the bytes beyond its payload. */
static __always_inline void cw_tail_add(struct cw_ev_hypercall *ev, __u32 nr, __u64 word)
{
	__u32 at = nr * 8, end = ev->payload_bytes;

	if (at + 8 <= end)
		return;
	if (at < end)
		word &= ~0ULL << (((end - at) & 7) * 8);
	if (!word)
		return;
	if (!ev->tail_set)
		ev->tail_first = at + cw_byte_first(word);
	ev->tail_set += cw_bytes_set(word);
}

static __always_inline void cw_rule_z2(const struct cw_ev_hypercall *ev, struct cw_out *out)
{
	if (!cw_reserved_bits(ev->code))
		return;
	if (ev->reserved_bits < cw_reserved_bits(ev->code)) {
		CW_NO_EVIDENCE(out, Z2);
		return;
	}
	CW_CHECKED(out, Z2);
	if (ev->reserved_set)
		CW_REPORT(out, RESERVED_SET, CW_NO_INDEX, CW_NO_GFN, 0, ev->reserved_set);
}

static __always_inline void cw_rule_z3(const struct cw_ev_hypercall *ev, struct cw_out *out)
{
	if (ev->code != CW_CALL_POST_MESSAGE || (ev->flags & CW_CALL_CONFIDENTIAL))
		return;
	if (ev->payload_bytes < CW_POST_PAYLOAD || ev->payload_bytes > ev->len_bytes ||
	    ev->read_bytes < ev->len_bytes) {
		CW_NO_EVIDENCE(out, Z3);
		return;
	}
	CW_CHECKED(out, Z3);
	if (ev->tail_set)
		CW_REPORT(out, TAIL_SET, CW_NO_INDEX, CW_NO_GFN, 0, ev->tail_set);
}

/* Under a paravisor, two codes go to the hypervisor and all others to the paravisor.  Those of a
 * confidential VMBus may go either way: the paravisor is its host.
 */
static __always_inline void cw_rule_r1(const struct cw_ev_hypercall *ev, struct cw_out *out)
{
	int vmbus = ev->code == CW_CALL_POST_MESSAGE || ev->code == CW_CALL_SIGNAL_EVENT;
	__u64 want = vmbus ? 1U << CW_VIA_GHCB | 1U << CW_VIA_TDX : 1U << CW_VIA_STD;

	if (!(ev->flags & CW_CALL_PARAVISOR) || (vmbus && (ev->flags & CW_CALL_CONFIDENTIAL)))
		return;
	if (ev->via == CW_VIA_UNSEEN || ev->via > CW_VIA_SNP) {
		CW_NO_EVIDENCE(out, R1);
		return;
	}
	CW_CHECKED(out, R1);
	if (!(want & (1U << ev->via)))
		CW_REPORT(out, ROUTE, CW_NO_INDEX, CW_NO_GFN, want, 1U << ev->via);
}

/* A hypercall is about to be made. */
static __always_inline void cw_step_hypercall(const struct cw_ev_hypercall *ev, struct cw_out *out)
{
	cw_rule_z2(ev, out);
	cw_rule_z3(ev, out);
	cw_rule_r1(ev, out);
}

/* ---- interrupts: R3 ---- */

/* An interrupt is about to be taken.  Without a paravisor nobody stands between it and the host. */
static __always_inline void cw_step_interrupt(const struct cw_ev_interrupt *ev,
					      struct cw_out *out)
{
	if (!ev->paravisor)
		return;
	if (ev->have != 1) {
		CW_NO_EVIDENCE(out, R3);
		return;
	}
	CW_CHECKED(out, R3);
	if (!(ev->enabled >> (ev->vector & 63) & 1))
		CW_REPORT(out, INTERRUPT_STRAY, CW_NO_INDEX, CW_NO_GFN, 0, 0);
}

/* ---- bounce slots: S7 ---- */

/* What is remembered of a slot that is mapped, by its address. */
struct cw_slot {
	__u64 dev;	/* any number that stands for the device */
	__u64 bytes;
	__u64 ts_ns;
	__u32 nr;	/* mappings open: 1, or 2 where one of them is doubtful */
	__u32 gone;	/* of two mappings one was unmapped */
};

/* A slot is mapped.  old is what is remembered of it, or NULL; fresh replaces it. */
static __always_inline void cw_slot_map(const struct cw_slot *old, struct cw_slot *fresh,
					struct cw_ev_bounce *ev)
{
	fresh->bytes = ev->bytes;
	fresh->nr = 1;
	fresh->gone = 0;
	if (!old)
		return;
	ev->open = old->nr;
	ev->owner_bytes = old->bytes;
	/* with an unmap in between, it was an earlier unmap that was not seen */
	if (!old->gone)
		fresh->nr = 2;
}

/* A slot is unmapped by dev.  True when nothing is to be remembered of it any more. */
static __always_inline int cw_slot_unmap(struct cw_slot *old, __u64 dev, __u64 ts_ns,
					 struct cw_ev_bounce *ev)
{
	ev->open = old->nr;
	ev->gone = old->gone;
	ev->foreign = old->dev != dev;
	ev->owner_bytes = old->bytes;
	ev->age_ns = ts_ns - old->ts_ns;
	if (old->nr < 2)
		return 1;
	old->nr = 1;
	old->gone = 1;
	return 0;
}

/* A slot that is taken while it is open accuses only: an unmap that was not seen leaves the same
 * picture.  Two unmaps without a map between them prove that both mappings were real.
 */
static __always_inline void cw_step_bounce(const struct cw_ev_bounce *ev, struct cw_out *out)
{
	if (ev->op != CW_BOUNCE_MAP && ev->op != CW_BOUNCE_UNMAP)
		return;
	if (ev->op == CW_BOUNCE_MAP ? ev->open != 0 : ev->open != 1) {
		CW_NO_EVIDENCE(out, S7);
		return;
	}
	CW_CHECKED(out, S7);
	if (ev->op == CW_BOUNCE_MAP)
		return;
	if (ev->gone) {
		CW_REPORT(out, BOUNCE_TWICE, CW_NO_INDEX, ev->phys >> CW_PAGE_SHIFT,
			  ev->owner_bytes, ev->bytes);
		return;
	}
	if (ev->foreign)
		CW_REPORT(out, BOUNCE_FOREIGN, CW_NO_INDEX, ev->phys >> CW_PAGE_SHIFT, 0, 0);
	if (ev->bytes != ev->owner_bytes)
		CW_REPORT(out, BOUNCE_SIZE, CW_NO_INDEX, ev->phys >> CW_PAGE_SHIFT,
			  ev->owner_bytes, ev->bytes);
}

/* ---- stale data: Z4 ---- */

/* What a sample of the pages that are about to be shared held; pages count from the start. */
struct cw_stale {
	__u32 read;		/* pages sampled */
	__u32 failed;		/* pages whose sample could not be read */
	__u32 set;		/* bytes that are not zero, over all samples */
	__u32 first;		/* first page that holds some, or CW_NO_INDEX */
};

/* To be called with the beginning of a transition to shared. */
static __always_inline void cw_rule_z4(const struct cw_stale *stale, __u64 first_gfn,
				       struct cw_out *out)
{
	if (!stale->read || stale->failed) {
		CW_NO_EVIDENCE(out, Z4);
		return;
	}
	CW_CHECKED(out, Z4);
	if (stale->set)
		CW_REPORT(out, STALE, stale->first, first_gfn, 0, stale->set);
}

/* ---- any event of this family, as it was recorded ---- */

/* False when it is of another. */
static __always_inline int cw_engine_share(const struct cw_pte_fmt *fmt,
					   const struct cw_rec_hdr *rec, struct cw_out *out)
{
	switch (rec->type) {
	case CW_EV_HANDOVER:
		cw_step_handover((const struct cw_ev_handover *)rec, out);
		return 1;
	case CW_EV_HYPERCALL:
		cw_step_hypercall((const struct cw_ev_hypercall *)rec, out);
		return 1;
	case CW_EV_MAPPING:
		cw_step_mapping(fmt, (const struct cw_ev_mapping *)rec, out);
		return 1;
	case CW_EV_KEPT:
		cw_step_kept(fmt, (const struct cw_ev_mapping *)rec, out);
		return 1;
	case CW_EV_INTERRUPT:
		cw_step_interrupt((const struct cw_ev_interrupt *)rec, out);
		return 1;
	case CW_EV_BOUNCE:
		cw_step_bounce((const struct cw_ev_bounce *)rec, out);
		return 1;
	}
	return 0;
}

#endif
