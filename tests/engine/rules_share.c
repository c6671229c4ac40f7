// SPDX-License-Identifier: GPL-2.0-only
/* The rules on what is handed to the host and on what stays private, by rows: an
 * honest event with a few fields edited, and what must be said of it.  Every row runs
 * twice, through native code and through the same text as BPF.
 */
#include "engines.h"
#include "fill.h"

#define FRAMES	  (1 << 10)
#define TASK	  (7ULL << 32 | 70)
#define BOUNDARY  (1ULL << 47)
#define BIT(rule) CW_RULE_BIT(CW_RULE_##rule)
#define NR(a)	  (sizeof(a) / sizeof((a)[0]))
#define MAX_EDITS 8

static const struct cw_pte_fmt fmt = {
	.shared_mask = BOUNDARY,
	.frame_mask = CW_PTE_FRAME & ~BOUNDARY,
};

#define PTE_PRIVATE (0x1000ULL << 12 | 0x163)
#define PTE_SHARED  (PTE_PRIVATE | BOUNDARY)
#define PTE_WINDOW  ((~(0x1000ULL << 12) & CW_PTE_FRAME & ~BOUNDARY) | 0x062)

/* ---- rows: any event of the family ---- */

struct edit {
	__u16 off;
	__u16 size;	/* 0 ends the edits */
	__u64 value;
};

struct row {
	const char *name;
	const void *honest;	/* the event that the edits begin with */
	struct edit edits[MAX_EDITS];
	__u64 checked, violated, no_evidence;
	int finding;
};

#define SET(type, field, v) \
	{ offsetof(struct type, field), sizeof(((struct type *)0)->field), (__u64)(v) }
#define HAND(field, v) SET(cw_ev_handover, field, v)
#define CALL(field, v) SET(cw_ev_hypercall, field, v)
#define MAP(field, v)  SET(cw_ev_mapping, field, v)
#define IRQ(field, v)  SET(cw_ev_interrupt, field, v)
#define SLOT(field, v) SET(cw_ev_bounce, field, v)
#define HDR(t, s) { .type = t, .len = sizeof(struct s), .task = TASK }

static const struct cw_ev_handover honest_gpadl = {
	.hdr = HDR(CW_EV_HANDOVER, cw_ev_handover),
	.gfn = 0x1000, .nr_named = 26, .relid = 3, .gpadl = 0xe1e10, .kind = CW_HAND_GPADL,
	.look = { .looked = 26, .shared = 26, .first_priv = CW_NO_INDEX,
		  .first_unknown = CW_NO_INDEX },
};

static const struct cw_ev_handover honest_synic = {
	.hdr = HDR(CW_EV_HANDOVER, cw_ev_handover),
	.gfn = 0x1000, .nr_named = 1, .kind = CW_HAND_SYNIC,
	.look = { .looked = 1, .shared = 1, .first_priv = CW_NO_INDEX,
		  .first_unknown = CW_NO_INDEX },
};

static const struct cw_ev_handover honest_dma = {
	.hdr = HDR(CW_EV_HANDOVER, cw_ev_handover),
	.gfn = 0x1000, .nr_named = 3, .nr_ranges = 2, .kind = CW_HAND_DMA,
	.look = { .looked = 3, .shared = 3, .first_priv = CW_NO_INDEX,
		  .first_unknown = CW_NO_INDEX },
};

/* POST_MESSAGE with a payload of 40 bytes, through the GHCB under a paravisor. */
static const struct cw_ev_hypercall honest_post = {
	.hdr = HDR(CW_EV_HYPERCALL, cw_ev_hypercall),
	.control = 0x5c, .code = 0x5c, .flags = CW_CALL_PARAVISOR, .via = CW_VIA_GHCB,
	.len_bytes = 256, .read_bytes = 256, .payload_bytes = 56, .tail_first = CW_NO_INDEX,
	.reserved_bits = 32, .reserved_first = CW_NO_INDEX,
};

static const struct cw_ev_hypercall honest_flush = {
	.hdr = HDR(CW_EV_HYPERCALL, cw_ev_hypercall),
	.control = 0x02, .code = 0x02, .flags = CW_CALL_PARAVISOR, .via = CW_VIA_STD,
	.tail_first = CW_NO_INDEX, .reserved_first = CW_NO_INDEX,
};

static const struct cw_ev_hypercall honest_visibility = {
	.hdr = HDR(CW_EV_HYPERCALL, cw_ev_hypercall),
	.control = 510ULL << 32 | 0xdb, .code = 0xdb, .flags = CW_CALL_PARAVISOR, .via = CW_VIA_STD,
	.len_bytes = 16, .read_bytes = 16, .tail_first = CW_NO_INDEX,
	.reserved_bits = 62, .reserved_first = CW_NO_INDEX,
};

#define WALK(n, sh, none_) { .walked = n, .present = (n) - (none_), .shared = sh, .none = none_, \
	.first_present = 0, .first_absent = CW_NO_INDEX, .first_shared = CW_NO_INDEX, \
	.first_private = CW_NO_INDEX, .first_differ = CW_NO_INDEX }

static const struct cw_ev_mapping honest_ring = {
	.hdr = HDR(CW_EV_MAPPING, cw_ev_mapping),
	.nr_pages = 9, .kind = CW_MAP_RING_OUT, .own = WALK(9, 9, 0),
};

static const struct cw_ev_mapping honest_window = {
	.hdr = HDR(CW_EV_MAPPING, cw_ev_mapping),
	.phys = 0xf8000000, .nr_pages = 2, .kind = CW_MAP_DEVICE, .own = WALK(2, 2, 0),
};

static const struct cw_ev_mapping honest_vtpm = {
	.hdr = HDR(CW_EV_MAPPING, cw_ev_mapping),
	.phys = 0xfed40000, .nr_pages = 1, .kind = CW_MAP_VTPM, .own = WALK(1, 0, 0),
};

static const struct cw_ev_mapping honest_kept = {
	.hdr = HDR(CW_EV_KEPT, cw_ev_mapping),
	.nr_pages = 1, .kind = CW_MAP_HYPERCALL_IN, .own = WALK(1, 0, 0),
};

static const struct cw_ev_bounce honest_map = {
	.hdr = HDR(CW_EV_BOUNCE, cw_ev_bounce),
	.phys = 0x4000800, .bytes = 1514, .op = CW_BOUNCE_MAP,
};

static const struct cw_ev_bounce honest_unmap = {
	.hdr = HDR(CW_EV_BOUNCE, cw_ev_bounce),
	.phys = 0x4000800, .bytes = 1514, .owner_bytes = 1514, .op = CW_BOUNCE_UNMAP, .open = 1,
};

static const struct cw_ev_mapping honest_kexec = {
	.hdr = HDR(CW_EV_KEPT, cw_ev_mapping),
	.nr_pages = 8, .kind = CW_MAP_KEXEC, .own = WALK(8, 0, 0),
};

static const struct cw_ev_interrupt honest_interrupt = {
	.hdr = HDR(CW_EV_INTERRUPT, cw_ev_interrupt),
	.enabled = 1ULL << 7, .vector = 64 + 7, .have = 1, .paravisor = 1,
};

static const struct row rows[] = {
	{ "T9: honest", &honest_kexec, .checked = BIT(T9) },
	{ "T9: pages are left shared", &honest_kexec,
	  { MAP(own.shared, 3), MAP(own.first_shared, 2), MAP(own.pte_shared, PTE_SHARED) },
	  .checked = BIT(T9), .violated = BIT(T9), .finding = CW_FIND_LEFT_SHARED },
	{ "T9: pages that were not walked", &honest_kexec, { MAP(own.walked, 7) },
	  .no_evidence = BIT(T9) },
	{ "T9: PTEs that do not tell", &honest_kexec, { MAP(no_bit, 1) }, .no_evidence = BIT(T9) },
	{ "R3: honest", &honest_interrupt, .checked = BIT(R3) },
	{ "R3: a vector that is not enabled", &honest_interrupt, { IRQ(vector, 64 + 8) },
	  .checked = BIT(R3), .violated = BIT(R3), .finding = CW_FIND_INTERRUPT_STRAY },
	{ "R3: none is", &honest_interrupt, { IRQ(enabled, 0) },
	  .checked = BIT(R3), .violated = BIT(R3), .finding = CW_FIND_INTERRUPT_STRAY },
	{ "R3: what is enabled was not read", &honest_interrupt, { IRQ(have, 0) },
	  .no_evidence = BIT(R3) },
	{ "R3: nobody mediates", &honest_interrupt, { IRQ(paravisor, 0), IRQ(enabled, 0) },
	  .checked = 0 },
	{ "S1: honest", &honest_gpadl, .checked = BIT(S1) },
	{ "S1: honest body", &honest_gpadl, { HAND(kind, CW_HAND_GPADL_BODY) },
	  .checked = BIT(S1) },
	{ "S1: honest, the state of one was wrong", &honest_gpadl, { HAND(look.repaired, 1) },
	  .checked = BIT(S1) },
	{ "S1: a private frame in a GPADL", &honest_gpadl,
	  { HAND(look.shared, 25), HAND(look.priv, 1), HAND(look.first_priv, 25),
	    HAND(look.gfn_priv, 0x1019), HAND(look.pte_priv, PTE_PRIVATE) },
	  .checked = BIT(S1), .violated = BIT(S1), .finding = CW_FIND_HANDED_PRIVATE },
	{ "S1: a private monitor page", &honest_gpadl,
	  { HAND(kind, CW_HAND_CONTACT), HAND(nr_named, 2), HAND(look.looked, 2), HAND(look.shared,
	  1),
	    HAND(look.priv, 1), HAND(look.first_priv, 0) },
	  .checked = BIT(S1), .violated = BIT(S1), .finding = CW_FIND_HANDED_PRIVATE },
	{ "S1: honest SynIC page", &honest_synic, .checked = BIT(S1) },
	{ "S1: a private SynIC page", &honest_synic,
	  { HAND(look.shared, 0), HAND(look.priv, 1), HAND(look.first_priv, 0),
	    HAND(look.gfn_priv, 0x1000), HAND(look.pte_priv, PTE_PRIVATE) },
	  .checked = BIT(S1), .violated = BIT(S1), .finding = CW_FIND_HANDED_PRIVATE },
	{ "S1: an unknown SynIC page", &honest_synic,
	  { HAND(look.shared, 0), HAND(look.unknown, 1), HAND(look.first_unknown, 0) },
	  .checked = BIT(S1), .violated = BIT(S1), .finding = CW_FIND_HANDED_UNKNOWN },
	{ "S1: a SynIC page that was not looked at", &honest_synic,
	  { HAND(look.looked, 0), HAND(look.shared, 0) }, .no_evidence = BIT(S1) },
	{ "S1: an unknown frame", &honest_gpadl,
	  { HAND(look.shared, 25), HAND(look.unknown, 1), HAND(look.first_unknown, 3) },
	  .checked = BIT(S1), .violated = BIT(S1), .finding = CW_FIND_HANDED_UNKNOWN },
	{ "S1: what could not be told is no evidence", &honest_gpadl,
	  { HAND(look.shared, 25), HAND(look.untold, 1) }, .no_evidence = BIT(S1) },
	{ "S1: a message that was not read to its end", &honest_gpadl, { HAND(look.looked, 25) },
	  .no_evidence = BIT(S1) },
	{ "S1: a message of which nothing was read", &honest_gpadl,
	  { HAND(nr_named, 0), HAND(look.looked, 0), HAND(look.shared, 0) },
	  .no_evidence = BIT(S1) },
	{ "S1: a private frame counts also where another could not be told", &honest_gpadl,
	  { HAND(look.shared, 24), HAND(look.priv, 1), HAND(look.untold, 1) },
	  .violated = BIT(S1), .no_evidence = BIT(S1), .finding = CW_FIND_HANDED_PRIVATE },
	{ "S1: confidential memory is rightly private", &honest_gpadl,
	  { HAND(confidential, 1), HAND(look.shared, 0), HAND(look.priv, 26) }, .checked = 0 },
	{ "S1: a kind that is not known", &honest_gpadl, { HAND(kind, 77), HAND(look.priv, 26) },
	  .checked = 0 },

	{ "S6: honest", &honest_dma, .checked = BIT(S6) },
	{ "S6: a frame that was not bounced", &honest_dma,
	  { HAND(look.shared, 2), HAND(look.priv, 1), HAND(look.first_priv, 1) },
	  .checked = BIT(S6), .violated = BIT(S6), .finding = CW_FIND_DMA_PRIVATE },
	{ "S6: an unknown frame", &honest_dma,
	  { HAND(look.shared, 2), HAND(look.unknown, 1), HAND(look.first_unknown, 2) },
	  .checked = BIT(S6), .violated = BIT(S6), .finding = CW_FIND_DMA_UNKNOWN },
	{ "S6: a list that was not read to its end", &honest_dma, { HAND(nr_named, 4) },
	  .no_evidence = BIT(S6) },
	{ "S6: confidential external memory", &honest_dma,
	  { HAND(confidential, 1), HAND(look.shared, 0), HAND(look.priv, 3) }, .checked = 0 },

	{ "S2: honest", &honest_ring, .checked = BIT(S2) },
	{ "S2: honest receive ring", &honest_ring, { MAP(kind, CW_MAP_RING_IN) },
	  .checked = BIT(S2) },
	{ "S2: a PTE without the attribute", &honest_ring,
	  { MAP(own.shared, 8), MAP(own.first_private, 8), MAP(own.pte_private, PTE_PRIVATE) },
	  .checked = BIT(S2), .violated = BIT(S2), .finding = CW_FIND_SECOND_PRIVATE },
	{ "S2: a PTE that is empty", &honest_ring,
	  { MAP(own.shared, 8), MAP(own.none, 1), MAP(own.present, 8), MAP(own.first_absent, 4) },
	  .checked = BIT(S2), .violated = BIT(S2), .finding = CW_FIND_SECOND_ABSENT },
	{ "S2: nothing walked is no evidence", &honest_ring,
	  { MAP(own.walked, 0), MAP(own.present, 0), MAP(own.shared, 0) }, .no_evidence = BIT(S2) },
	{ "S2: a part not walked is no evidence", &honest_ring, { MAP(nr_unwalked, 1) },
	  .no_evidence = BIT(S2) },
	{ "S2: a PTE that could not be read", &honest_ring,
	  { MAP(own.walked, 8), MAP(own.present, 8), MAP(own.shared, 8), MAP(own.failed, 1) },
	  .no_evidence = BIT(S2) },
	{ "S2: before 6.4 a frame above the boundary", &honest_ring, { MAP(no_bit, 1) },
	  .checked = BIT(S2) },
	{ "S2: a confidential ring", &honest_ring, { MAP(confidential, 1), MAP(own.shared, 0) },
	  .checked = 0 },

	{ "S8: honest window", &honest_window, .checked = BIT(S8) },
	{ "S8: a private window", &honest_window,
	  { MAP(own.shared, 1), MAP(own.first_private, 1), MAP(own.pte_private, PTE_PRIVATE) },
	  .checked = BIT(S8), .violated = BIT(S8), .finding = CW_FIND_MMIO_PRIVATE },
	{ "S8: honest vTPM", &honest_vtpm, .checked = BIT(S8) },
	{ "S8: a shared vTPM", &honest_vtpm,
	  { MAP(own.shared, 1), MAP(own.first_shared, 0), MAP(own.pte_shared, PTE_SHARED) },
	  .checked = BIT(S8), .violated = BIT(S8), .finding = CW_FIND_MMIO_SHARED },
	{ "S8: a shared IO-APIC", &honest_vtpm,
	  { MAP(kind, CW_MAP_IOAPIC), MAP(own.shared, 1), MAP(own.first_shared, 0) },
	  .checked = BIT(S8), .violated = BIT(S8), .finding = CW_FIND_MMIO_SHARED },
	{ "S8: firmware either way", &honest_window, { MAP(kind, CW_MAP_FIRMWARE), MAP(own.shared,
	  1) }, .checked = 0 },
	{ "S8: a kernel whose PTEs do not tell", &honest_vtpm, { MAP(no_bit, 1), MAP(own.shared,
	  1) },
	  .no_evidence = BIT(S8) },
	{ "S8: nothing walked is no evidence", &honest_vtpm,
	  { MAP(own.walked, 0), MAP(own.present, 0) }, .no_evidence = BIT(S8) },
	{ "S2, S8: a kind that is not known", &honest_ring, { MAP(kind, 200), MAP(own.shared, 0) },
	  .checked = 0 },

	{ "S5: a hypercall page is private", &honest_kept, .checked = BIT(S5) },
	{ "S5: a hypercall page is shared", &honest_kept,
	  { MAP(own.shared, 1), MAP(own.first_shared, 0), MAP(own.pte_shared, PTE_SHARED) },
	  .checked = BIT(S5), .violated = BIT(S5), .finding = CW_FIND_KEPT_SHARED },
	{ "S5: a page that is not mapped is no evidence", &honest_kept,
	  { MAP(own.none, 1), MAP(own.present, 0) }, .no_evidence = BIT(S5) },
	{ "S5: PTEs that do not tell are no evidence", &honest_kept, { MAP(no_bit, 1) },
	  .no_evidence = BIT(S5) },
	{ "S5: kernel text is private", &honest_kept, { MAP(kind, CW_MAP_TEXT) },
	  .checked = BIT(S5) },
	{ "S5: read-only data is shared", &honest_kept,
	  { MAP(kind, CW_MAP_RODATA), MAP(own.shared, 1), MAP(own.first_shared, 0),
	    MAP(own.pte_shared, PTE_SHARED) },
	  .checked = BIT(S5), .violated = BIT(S5), .finding = CW_FIND_KEPT_SHARED },
	{ "S5: a kind that is not known", &honest_kept,
	  { MAP(kind, CW_MAP_KEXEC + 1), MAP(own.shared, 1) }, .checked = 0 },
	{ "S5: a kind that is no kept page", &honest_kept,
	  { MAP(kind, CW_MAP_DEVICE), MAP(own.shared, 1) }, .checked = 0 },

	{ "Z2, Z3, R1: honest message", &honest_post, .checked = BIT(Z2) | BIT(Z3) | BIT(R1) },
	{ "Z2: reserved bytes set", &honest_post, { CALL(reserved_set, 2), CALL(reserved_first,
	  4) },
	  .checked = BIT(Z2) | BIT(Z3) | BIT(R1), .violated = BIT(Z2),
	  .finding = CW_FIND_RESERVED_SET },
	{ "Z2: honest visibility call", &honest_visibility, .checked = BIT(Z2) | BIT(R1) },
	{ "Z2: reserved bits of it set", &honest_visibility, { CALL(reserved_set, 1) },
	  .checked = BIT(Z2) | BIT(R1), .violated = BIT(Z2), .finding = CW_FIND_RESERVED_SET },
	{ "Z2: an input that was not read", &honest_visibility,
	  { CALL(reserved_bits, 0), CALL(read_bytes, 0) }, .checked = BIT(R1),
	  .no_evidence = BIT(Z2) },
	{ "Z2: a code without reserved fields", &honest_flush, .checked = BIT(R1) },
	{ "Z3: bytes behind the payload", &honest_post, { CALL(tail_set, 30), CALL(tail_first,
	  56) },
	  .checked = BIT(Z2) | BIT(Z3) | BIT(R1), .violated = BIT(Z3),
	  .finding = CW_FIND_TAIL_SET },
	{ "Z3: a full message has no tail", &honest_post, { CALL(payload_bytes, 256) },
	  .checked = BIT(Z2) | BIT(Z3) | BIT(R1) },
	{ "Z3: a buffer that was not read to its end", &honest_post, { CALL(read_bytes, 255) },
	  .checked = BIT(Z2) | BIT(R1), .no_evidence = BIT(Z3) },
	{ "Z3: a payload longer than the buffer", &honest_post, { CALL(payload_bytes, 0xffffffff) },
	  .checked = BIT(Z2) | BIT(R1), .no_evidence = BIT(Z3) },
	{ "Z3: a confidential message may hold anything", &honest_post,
	  { CALL(flags, CW_CALL_PARAVISOR | CW_CALL_CONFIDENTIAL), CALL(tail_set, 30),
	    CALL(via, CW_VIA_STD) }, .checked = BIT(Z2) },
	{ "R1: a message through the paravisor", &honest_post, { CALL(via, CW_VIA_STD) },
	  .checked = BIT(Z2) | BIT(Z3) | BIT(R1), .violated = BIT(R1), .finding = CW_FIND_ROUTE },
	{ "R1: a message by VMMCALL", &honest_post, { CALL(via, CW_VIA_SNP) },
	  .checked = BIT(Z2) | BIT(Z3) | BIT(R1), .violated = BIT(R1), .finding = CW_FIND_ROUTE },
	{ "R1: a message by TDVMCALL", &honest_post, { CALL(via, CW_VIA_TDX) },
	  .checked = BIT(Z2) | BIT(Z3) | BIT(R1) },
	{ "R1: another hypercall through the GHCB", &honest_flush, { CALL(via, CW_VIA_GHCB) },
	  .checked = BIT(R1), .violated = BIT(R1), .finding = CW_FIND_ROUTE },
	{ "R1: another hypercall by TDVMCALL", &honest_visibility, { CALL(via, CW_VIA_TDX) },
	  .checked = BIT(Z2) | BIT(R1), .violated = BIT(R1), .finding = CW_FIND_ROUTE },
	{ "R1: another one through the GHCB, with a confidential VMBus", &honest_flush,
	  { CALL(via, CW_VIA_GHCB), CALL(flags, CW_CALL_PARAVISOR | CW_CALL_CONFIDENTIAL) },
	  .checked = BIT(R1), .violated = BIT(R1), .finding = CW_FIND_ROUTE },
	{ "R1: without a paravisor there is one way", &honest_post,
	  { CALL(via, CW_VIA_STD), CALL(flags, 0) }, .checked = BIT(Z2) | BIT(Z3) },
	{ "Z2, Z3, R1: a transport that was not seen", &honest_post,
	  { CALL(via, CW_VIA_UNSEEN), CALL(len_bytes, 0), CALL(read_bytes, 0), CALL(payload_bytes,
	  0),
	    CALL(reserved_bits, 0) }, .no_evidence = BIT(Z2) | BIT(Z3) | BIT(R1) },
	{ "R1: a way that is not known", &honest_flush, { CALL(via, 99) }, .no_evidence = BIT(R1) },

	{ "S7: honest map", &honest_map, .checked = BIT(S7) },
	{ "S7: honest unmap", &honest_unmap, .checked = BIT(S7) },
	{ "S7: mapped while it is open accuses only", &honest_map, { SLOT(open, 1) },
	  .no_evidence = BIT(S7) },
	{ "S7: the first unmap of two mappings tells nothing", &honest_unmap, { SLOT(open, 2) },
	  .no_evidence = BIT(S7) },
	{ "S7: the second one convicts", &honest_unmap, { SLOT(gone, 1), SLOT(bytes, 66) },
	  .checked = BIT(S7), .violated = BIT(S7), .finding = CW_FIND_BOUNCE_TWICE },
	{ "S7: mapped before the session", &honest_unmap, { SLOT(open, 0), SLOT(owner_bytes, 0) },
	  .no_evidence = BIT(S7) },
	{ "S7: unmapped by another device", &honest_unmap, { SLOT(foreign, 1) },
	  .checked = BIT(S7), .violated = BIT(S7), .finding = CW_FIND_BOUNCE_FOREIGN },
	{ "S7: unmapped with another size", &honest_unmap, { SLOT(bytes, 1513) },
	  .checked = BIT(S7), .violated = BIT(S7), .finding = CW_FIND_BOUNCE_SIZE },
	{ "S7: an operation that is not known", &honest_unmap, { SLOT(op, 9), SLOT(foreign, 1) },
	  .checked = 0 },
};

static void run_row(const struct row *row)
{
	struct vector_io io = { .fmt = fmt };
	const struct cw_rec_hdr *hdr = row->honest;
	bool agree;
	int i;

	memcpy(io.ev.bytes, row->honest, hdr->len);
	for (i = 0; i < MAX_EDITS && row->edits[i].size; i++)
		memcpy(io.ev.bytes + row->edits[i].off, &row->edits[i].value, row->edits[i].size);
	agree = both_event(&io) && !io.ret;
	if (!report(agree && io.out.checked == row->checked && io.out.violated == row->violated &&
		    !io.out.warned && !io.out.observed && io.out.no_evidence == row->no_evidence &&
		    (row->finding ? has_finding(&io.out, row->finding) : !io.out.nr_details), "%s",
		    row->name))
		printf("# agree %d checked %#llx violated %#llx no_evidence %#llx details %u\n",
		       agree, io.out.checked, io.out.violated, io.out.no_evidence,
		       io.out.nr_details);
}

/* ---- one frame: what state and PTE make of it ---- */

struct look_row {
	const char *name;
	__u32 state, have_pte;
	__u64 pte;
	int all_found;
	__u32 want;
};

static const struct look_row look_rows[] = {
	{ "shared by its state", CW_PG_SHARED, CW_PTE_UNASKED, 0, 1, CW_LOOK_SHARED },
	{ "private, and the PTE says so", CW_PG_PRIVATE, CW_PTE_READ, PTE_PRIVATE, 0,
	  CW_LOOK_PRIVATE },
	{ "private, and the PTE says shared: repaired", CW_PG_PRIVATE, CW_PTE_READ, PTE_SHARED, 0,
	  CW_LOOK_REPAIR },
	{ "private, and not present", CW_PG_PRIVATE, CW_PTE_READ, PTE_WINDOW, 1, CW_LOOK_UNTOLD },
	{ "private, and not mapped: no memory of ours", CW_PG_PRIVATE, CW_PTE_READ, 0, 1,
	  CW_LOOK_UNTOLD },
	{ "private, PTE unreadable", CW_PG_PRIVATE, CW_PTE_UNREAD, PTE_PRIVATE, 1, CW_LOOK_UNTOLD },
	{ "in transit, and not present", CW_PG_TRANSIT, CW_PTE_READ, PTE_WINDOW, 0,
	  CW_LOOK_PRIVATE },
	{ "in transit, and private", CW_PG_TRANSIT, CW_PTE_READ, PTE_PRIVATE, 0, CW_LOOK_PRIVATE },
	{ "in transit, and shared: not repaired", CW_PG_TRANSIT, CW_PTE_READ, PTE_SHARED, 0,
	  CW_LOOK_SHARED },
	{ "unknown is never repaired", CW_PG_UNKNOWN, CW_PTE_READ, PTE_SHARED, 1, CW_LOOK_UNKNOWN },
	{ "unknown where PTEs do not tell", CW_PG_UNKNOWN, CW_PTE_MUTE, 0, 0, CW_LOOK_UNKNOWN },
	{ "private where PTEs do not tell", CW_PG_PRIVATE, CW_PTE_MUTE, PTE_PRIVATE, 1,
	  CW_LOOK_PRIVATE },
	{ "private there, and not all were found", CW_PG_PRIVATE, CW_PTE_MUTE, PTE_PRIVATE, 0,
	  CW_LOOK_UNTOLD },
	{ "in transit where PTEs do not tell", CW_PG_TRANSIT, CW_PTE_MUTE, PTE_SHARED, 1,
	  CW_LOOK_UNTOLD },
	{ "shared, and the PTE says so", CW_PG_SHARED, CW_PTE_READ, PTE_SHARED, 1, CW_LOOK_SHARED },
	{ "shared, and the PTE says private", CW_PG_SHARED, CW_PTE_READ, PTE_PRIVATE, 1,
	  CW_LOOK_PRIVATE },
	{ "shared, and not present", CW_PG_SHARED, CW_PTE_READ, PTE_WINDOW | BOUNDARY, 1,
	  CW_LOOK_UNTOLD },
	{ "shared, PTE unreadable", CW_PG_SHARED, CW_PTE_UNREAD, PTE_SHARED, 1, CW_LOOK_UNTOLD },
	{ "shared where PTEs do not tell", CW_PG_SHARED, CW_PTE_MUTE, PTE_PRIVATE, 0,
	  CW_LOOK_SHARED },
};

static void run_looks(void)
{
	struct cw_look look = {};
	size_t i;

	cw_look_init(&look);
	for (i = 0; i < NR(look_rows); i++) {
		const struct look_row *row = &look_rows[i];
		__u32 kind = cw_look_kind(&fmt, row->state, row->have_pte, row->pte,
					  row->all_found);

		report(kind == row->want, "frame: %s", row->name);
		cw_look_add(&look, i, 0x1000 + i, kind, row->pte);
	}
	report(look.looked == NR(look_rows) && look.shared == 5 && look.priv == 5 &&
	       look.unknown == 2 && look.untold == 7 && look.repaired == 1 &&
	       look.first_priv == 1 &&
	       look.gfn_priv == 0x1001 && look.pte_priv == PTE_PRIVATE && look.first_unknown == 9 &&
	       look.gfn_unknown == 0x1009,
	  "frames: the digest counts each kind, and keeps the first");
}

/* ---- one slot: what is remembered of it, and what its calls then amount to ---- */

#define SEQ_MAX 6

struct slot_row {
	const char *name;
	struct {
		char op;	/* 'm'ap or 'u'nmap; 0 ends the sequence */
		int dev;
		__u32 bytes;
		__u64 violated, no_evidence;
	} seq[SEQ_MAX];
	int finding;	/* of the last call with a violation */
};

static const struct slot_row slot_rows[] = {
	{ "honest, twice", { { 'm', 1, 64, 0, 0 }, { 'u', 1, 64, 0, 0 }, { 'm', 2, 128, 0, 0 },
			     { 'u', 2, 128, 0, 0 } }, 0 },
	{ "mapped before the session", { { 'u', 1, 64, 0, BIT(S7) }, { 'm', 1, 64, 0, 0 },
					 { 'u', 1, 64, 0, 0 } }, 0 },
	{ "an unmap that was not seen accuses nobody",
	  { { 'm', 1, 64, 0, 0 }, { 'm', 2, 128, 0, BIT(S7) }, { 'u', 2, 128, 0, BIT(S7) },
	    { 'm', 1, 96, 0, BIT(S7) }, { 'u', 1, 96, 0, 0 } }, 0 },
	{ "a map that was not seen accuses nobody",
	  { { 'm', 1, 64, 0, 0 }, { 'u', 1, 64, 0, 0 }, { 'u', 2, 128, 0, BIT(S7) },
	    { 'm', 1, 64, 0, 0 }, { 'u', 1, 64, 0, 0 } }, 0 },
	{ "mapped twice, and unmapped twice",
	  { { 'm', 1, 64, 0, 0 }, { 'm', 2, 128, 0, BIT(S7) }, { 'u', 1, 64, 0, BIT(S7) },
	    { 'u', 2, 128, BIT(S7), 0 }, { 'm', 1, 64, 0, 0 } }, CW_FIND_BOUNCE_TWICE },
	{ "another device", { { 'm', 1, 64, 0, 0 }, { 'u', 2, 64, BIT(S7), 0 } },
	  CW_FIND_BOUNCE_FOREIGN },
	{ "another size", { { 'm', 1, 64, 0, 0 }, { 'u', 1, 63, BIT(S7), 0 } }, CW_FIND_BOUNCE_SIZE },
};

static void run_slot(const struct slot_row *row)
{
	struct cw_slot slot = {}, fresh;
	bool known = false, right = true;
	int i, finding = 0;

	for (i = 0; i < SEQ_MAX && row->seq[i].op; i++) {
		struct cw_ev_bounce ev = { .bytes = row->seq[i].bytes, .phys = 0x1000 };
		struct cw_out out = {};

		if (row->seq[i].op == 'm') {
			ev.op = CW_BOUNCE_MAP;
			fresh = (struct cw_slot){ .dev = row->seq[i].dev, .ts_ns = i };
			cw_slot_map(known ? &slot : NULL, &fresh, &ev);
			slot = fresh;
			known = true;
		} else {
			ev.op = CW_BOUNCE_UNMAP;
			if (known && cw_slot_unmap(&slot, row->seq[i].dev, i, &ev))
				known = false;
		}
		cw_step_bounce(&ev, &out);
		right &= out.violated == row->seq[i].violated &&
			 out.no_evidence == row->seq[i].no_evidence &&
			 out.checked == (row->seq[i].no_evidence ? 0 : BIT(S7));
		if (out.nr_details)
			finding = out.detail[0].finding;
	}
	report(right && finding == row->finding, "slot: %s", row->name);
}

/* Whatever is in an event, nothing is both checked and without evidence. */
static void run_garbage(void)
{
	static const __u16 types[] = { CW_EV_HANDOVER, CW_EV_HYPERCALL, CW_EV_MAPPING, CW_EV_BOUNCE,
				       CW_EV_KEPT, CW_EV_INTERRUPT };
	struct vector_io io;
	bool agree = true, both = false;
	int i;

	for (i = 0; i < 2000; i++) {
		memset(&io, 0, sizeof(io));
		fill(io.ev.bytes, i);
		fill(io.ev.bytes + CW_POST_BYTES, ~i);
		io.fmt = fmt;
		io.ev.hdr.type = types[i % NR(types)];
		agree &= both_event(&io) && !io.ret;
		both |= (io.out.checked & io.out.no_evidence) != 0;
	}
	report(agree && !both, "garbage: both engines agree, no rule is checked without evidence");
}

int main(void)
{
	size_t i;

	if (engines_open(FRAMES))
		return 1;
	for (i = 0; i < NR(rows); i++)
		run_row(&rows[i]);
	run_looks();
	for (i = 0; i < NR(slot_rows); i++)
		run_slot(&slot_rows[i]);
	run_garbage();
	return engines_close();
}
