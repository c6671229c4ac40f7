// SPDX-License-Identifier: GPL-2.0-only
/* The ABI does not move: sizes, offsets and numbers stand here a second time, and
 * cocowatch-record(5) has the same; a stream of version 1.0 is read as it always was.
 */
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include <cocowatch/event_owner.h>
#include <cocowatch/event_ring.h>
#include <cocowatch/event_share.h>
#include <cocowatch/state.h>

#include "feed.h"

#define PAGE "man/cocowatch-record.5"
#define STREAM "tests/data/records-1.0.hex"

/* ---- structures ---- */

struct field {
	const char *type;	/* NULL ends a structure */
	const char *name;	/* NULL: bytes without a name */
	size_t offset;
	size_t size;
	size_t is_offset;
	size_t is_size;
};

#define F(s, f, off, len) \
	{ #s, #f, off, len, offsetof(struct s, f), sizeof(((struct s *)0)->f) }
#define END(s, len) { NULL, #s, len, 0, sizeof(struct s), 0 }

/* Every byte of every structure, in order.  What is appended gets a row; no other row changes. */
/* clang-format off */
static const struct field fields[] = {
	F(cw_rec_hdr, type, 0, 2),
	F(cw_rec_hdr, len, 2, 2),
	F(cw_rec_hdr, cpu, 4, 4),
	F(cw_rec_hdr, ts_ns, 8, 8),
	F(cw_rec_hdr, seq, 16, 8),
	F(cw_rec_hdr, task, 24, 8),
	END(cw_rec_hdr, 32),

	F(cw_walk, walked, 0, 4),
	F(cw_walk, failed, 4, 4),
	F(cw_walk, none, 8, 4),
	F(cw_walk, present, 12, 4),
	F(cw_walk, shared, 16, 4),
	F(cw_walk, differ, 20, 4),
	F(cw_walk, first_present, 24, 4),
	F(cw_walk, first_absent, 28, 4),
	F(cw_walk, first_shared, 32, 4),
	F(cw_walk, first_private, 36, 4),
	F(cw_walk, first_differ, 40, 4),
	F(cw_walk, pad, 44, 4),
	F(cw_walk, pte_present, 48, 8),
	F(cw_walk, pte_absent, 56, 8),
	F(cw_walk, pte_shared, 64, 8),
	F(cw_walk, pte_private, 72, 8),
	F(cw_walk, differ_want, 80, 8),
	F(cw_walk, differ_seen, 88, 8),
	END(cw_walk, 96),

	F(cw_ev_step, hdr, 0, 32),
	F(cw_ev_step, vaddr, 32, 8),
	F(cw_ev_step, gfn, 40, 8),
	F(cw_ev_step, gfn_min, 48, 8),
	F(cw_ev_step, gfn_max, 56, 8),
	F(cw_ev_step, nr_pages, 64, 4),
	F(cw_ev_step, nr_unwalked, 68, 4),
	F(cw_ev_step, flags, 72, 4),
	F(cw_ev_step, ret, 76, 4),
	F(cw_ev_step, space, 80, 1),
	F(cw_ev_step, to_shared, 81, 1),
	F(cw_ev_step, depth, 82, 1),
	F(cw_ev_step, pad0, 83, 1),
	F(cw_ev_step, before, 84, 16),
	F(cw_ev_step, pad1, 100, 4),
	F(cw_ev_step, own, 104, 96),
	F(cw_ev_step, alias, 200, 96),
	F(cw_ev_step, told_want, 296, 8),
	F(cw_ev_step, told_seen, 304, 8),
	F(cw_ev_step, told, 312, 4),
	F(cw_ev_step, told_differ, 316, 4),
	F(cw_ev_step, told_first, 320, 4),
	F(cw_ev_step, told_count, 324, 4),
	F(cw_ev_step, visibility, 328, 4),
	F(cw_ev_step, host_code, 332, 2),
	F(cw_ev_step, host_status, 334, 2),
	F(cw_ev_step, host_reps, 336, 4),
	F(cw_ev_step, cpus_flushed, 340, 4),
	F(cw_ev_step, cpus_online, 344, 4),
	F(cw_ev_step, cpus_probed, 348, 4),
	F(cw_ev_step, cpus_stale, 352, 4),
	F(cw_ev_step, types_read, 356, 4),
	F(cw_ev_step, nr_table, 360, 4),
	F(cw_ev_step, nr_slab_part, 364, 4),
	F(cw_ev_step, nr_slab_whole, 368, 4),
	F(cw_ev_step, first_type, 372, 4),
	F(cw_ev_step, overlaps, 376, 4),
	F(cw_ev_step, pad2, 380, 4),
	F(cw_ev_step, overlap_task, 384, 8),
	F(cw_ev_step, comm, 392, 16),
	F(cw_ev_step, overlap_gfn, 408, 8),
	F(cw_ev_step, frames_sum, 416, 8),
	F(cw_ev_step, told_sum, 424, 8),
	END(cw_ev_step, 432),

	F(cw_ev_free, hdr, 0, 32),
	F(cw_ev_free, gfn, 32, 8),
	F(cw_ev_free, bad_gfn, 40, 8),
	F(cw_ev_free, pte, 48, 8),
	F(cw_ev_free, nr_pages, 56, 4),
	F(cw_ev_free, nr_bad, 60, 4),
	F(cw_ev_free, space, 64, 1),
	F(cw_ev_free, state, 65, 1),
	F(cw_ev_free, have_pte, 66, 1),
	F(cw_ev_free, in_flight, 67, 1),
	F(cw_ev_free, pad, 68, 4),
	END(cw_ev_free, 72),

	F(cw_ev_zeropad, hdr, 0, 32),
	F(cw_ev_zeropad, fault_addr, 32, 8),
	F(cw_ev_zeropad, gfn, 40, 8),
	F(cw_ev_zeropad, pte, 48, 8),
	F(cw_ev_zeropad, trapnr, 56, 4),
	F(cw_ev_zeropad, space, 60, 1),
	F(cw_ev_zeropad, state, 61, 1),
	F(cw_ev_zeropad, have_pte, 62, 1),
	F(cw_ev_zeropad, fixed, 63, 1),
	END(cw_ev_zeropad, 64),

	F(cw_ev_platform, hdr, 0, 32),
	F(cw_ev_platform, cc_mask, 32, 8),
	F(cw_ev_platform, physical_mask, 40, 8),
	F(cw_ev_platform, sev_status, 48, 8),
	F(cw_ev_platform, boundary, 56, 8),
	F(cw_ev_platform, pte_mask, 64, 8),
	F(cw_ev_platform, isolation, 72, 4),
	F(cw_ev_platform, paravisor, 76, 4),
	F(cw_ev_platform, vendor, 80, 4),
	F(cw_ev_platform, callbacks, 84, 4),
	F(cw_ev_platform, space, 88, 1),
	F(cw_ev_platform, pad, 89, 7),
	F(cw_ev_platform, comm, 96, 16),
	END(cw_ev_platform, 112),

	F(cw_ev_owner, hdr, 0, 32),
	F(cw_ev_owner, gfn, 32, 8),
	F(cw_ev_owner, vaddr, 40, 8),
	F(cw_ev_owner, pte, 48, 8),
	F(cw_ev_owner, nr_pages, 56, 4),
	F(cw_ev_owner, owner, 60, 4),
	F(cw_ev_owner, mode, 64, 4),
	F(cw_ev_owner, relid, 68, 4),
	F(cw_ev_owner, owner_cpu, 72, 4),
	F(cw_ev_owner, flags, 76, 4),
	F(cw_ev_owner, space, 80, 1),
	F(cw_ev_owner, pad, 81, 7),
	END(cw_ev_owner, 88),

	F(cw_ev_config, hdr, 0, 32),
	F(cw_ev_config, gpa, 32, 8),
	F(cw_ev_config, slot, 40, 4),
	F(cw_ev_config, where, 44, 4),
	F(cw_ev_config, size, 48, 4),
	F(cw_ev_config, calls, 52, 4),
	F(cw_ev_config, write, 56, 1),
	F(cw_ev_config, asked, 57, 1),
	F(cw_ev_config, by_calls, 58, 1),
	F(cw_ev_config, space, 59, 1),
	F(cw_ev_config, pad, 60, 4),
	F(cw_ev_config, comm, 64, 16),
	END(cw_ev_config, 80),

	F(cw_ev_ring_write, hdr, 0, 32),
	F(cw_ev_ring_write, relid, 32, 4),
	F(cw_ev_ring_write, flags, 36, 4),
	F(cw_ev_ring_write, ret, 40, 4),
	F(cw_ev_ring_write, ring_bytes, 44, 4),
	F(cw_ev_ring_write, nr_vec, 48, 4),
	F(cw_ev_ring_write, vec_bytes, 52, 4),
	F(cw_ev_ring_write, pkt_bytes, 56, 4),
	F(cw_ev_ring_write, pkt_offset, 60, 4),
	F(cw_ev_ring_write, pkt_type, 64, 2),
	F(cw_ev_ring_write, pkt_flags, 66, 2),
	F(cw_ev_ring_write, pad_bytes, 68, 4),
	F(cw_ev_ring_write, pad_set, 72, 4),
	F(cw_ev_ring_write, pad_first, 76, 4),
	F(cw_ev_ring_write, write_before, 80, 4),
	F(cw_ev_ring_write, read_before, 84, 4),
	F(cw_ev_ring_write, write_after, 88, 4),
	F(cw_ev_ring_write, read_after, 92, 4),
	F(cw_ev_ring_write, space, 96, 1),
	F(cw_ev_ring_write, confidential, 97, 1),
	F(cw_ev_ring_write, pad, 98, 6),
	F(cw_ev_ring_write, comm, 104, 16),
	END(cw_ev_ring_write, 120),

	F(cw_ev_ring_read, hdr, 0, 32),
	F(cw_ev_ring_read, gfn, 32, 8),
	F(cw_ev_ring_read, pte, 40, 8),
	F(cw_ev_ring_read, relid, 48, 4),
	F(cw_ev_ring_read, flags, 52, 4),
	F(cw_ev_ring_read, ring_bytes, 56, 4),
	F(cw_ev_ring_read, read_at, 60, 4),
	F(cw_ev_ring_read, write_before, 64, 4),
	F(cw_ev_ring_read, write_after, 68, 4),
	F(cw_ev_ring_read, pkt_bytes, 72, 4),
	F(cw_ev_ring_read, pkt_offset, 76, 4),
	F(cw_ev_ring_read, buf_bytes, 80, 4),
	F(cw_ev_ring_read, buf_pages, 84, 4),
	F(cw_ev_ring_read, pte_age, 88, 4),
	F(cw_ev_ring_read, pkt_type, 92, 2),
	F(cw_ev_ring_read, space, 94, 1),
	F(cw_ev_ring_read, confidential, 95, 1),
	F(cw_ev_ring_read, state, 96, 1),
	F(cw_ev_ring_read, have_pte, 97, 1),
	F(cw_ev_ring_read, pad, 98, 6),
	END(cw_ev_ring_read, 104),

	F(cw_ev_device, hdr, 0, 32),
	F(cw_ev_device, type, 32, 16),
	F(cw_ev_device, instance, 48, 16),
	F(cw_ev_device, relid, 64, 4),
	F(cw_ev_device, chn_flags, 68, 2),
	F(cw_ev_device, what, 70, 1),
	F(cw_ev_device, table, 71, 1),
	F(cw_ev_device, listed, 72, 1),
	F(cw_ev_device, allowed, 73, 1),
	F(cw_ev_device, space, 74, 1),
	F(cw_ev_device, pad, 75, 5),
	F(cw_ev_device, comm, 80, 16),
	END(cw_ev_device, 96),

	F(cw_ev_completion, hdr, 0, 32),
	F(cw_ev_completion, id, 32, 8),
	F(cw_ev_completion, relid, 40, 4),
	F(cw_ev_completion, nr_ids, 44, 4),
	F(cw_ev_completion, outcome, 48, 1),
	F(cw_ev_completion, space, 49, 1),
	F(cw_ev_completion, pad, 50, 6),
	END(cw_ev_completion, 56),
	F(cw_ev_fetch, hdr, 0, 32),
	F(cw_ev_fetch, validated, 32, 8),
	F(cw_ev_fetch, used, 40, 8),
	F(cw_ev_fetch, relid, 48, 4),
	F(cw_ev_fetch, what, 52, 1),
	F(cw_ev_fetch, space, 53, 1),
	F(cw_ev_fetch, pad, 54, 2),
	F(cw_ev_fetch, comm, 56, 16),
	END(cw_ev_fetch, 72),
	F(cw_ev_interrupt, hdr, 0, 32),
	F(cw_ev_interrupt, enabled, 32, 8),
	F(cw_ev_interrupt, vector, 40, 4),
	F(cw_ev_interrupt, have, 44, 1),
	F(cw_ev_interrupt, paravisor, 45, 1),
	F(cw_ev_interrupt, space, 46, 1),
	F(cw_ev_interrupt, pad, 47, 1),
	F(cw_ev_interrupt, comm, 48, 16),
	END(cw_ev_interrupt, 64),

	F(cw_look, looked, 0, 4),
	F(cw_look, shared, 4, 4),
	F(cw_look, priv, 8, 4),
	F(cw_look, unknown, 12, 4),
	F(cw_look, untold, 16, 4),
	F(cw_look, repaired, 20, 4),
	F(cw_look, first_priv, 24, 4),
	F(cw_look, first_unknown, 28, 4),
	F(cw_look, gfn_priv, 32, 8),
	F(cw_look, gfn_unknown, 40, 8),
	F(cw_look, pte_priv, 48, 8),
	F(cw_look, pte_unknown, 56, 8),
	END(cw_look, 64),

	F(cw_ev_handover, hdr, 0, 32),
	F(cw_ev_handover, gfn, 32, 8),
	F(cw_ev_handover, nr_named, 40, 4),
	F(cw_ev_handover, nr_ranges, 44, 4),
	F(cw_ev_handover, relid, 48, 4),
	F(cw_ev_handover, gpadl, 52, 4),
	F(cw_ev_handover, kind, 56, 1),
	F(cw_ev_handover, space, 57, 1),
	F(cw_ev_handover, confidential, 58, 1),
	F(cw_ev_handover, pad, 59, 5),
	F(cw_ev_handover, look, 64, 64),
	F(cw_ev_handover, comm, 128, 16),
	END(cw_ev_handover, 144),

	F(cw_ev_hypercall, hdr, 0, 32),
	F(cw_ev_hypercall, control, 32, 8),
	F(cw_ev_hypercall, flags, 40, 4),
	F(cw_ev_hypercall, len_bytes, 44, 4),
	F(cw_ev_hypercall, read_bytes, 48, 4),
	F(cw_ev_hypercall, payload_bytes, 52, 4),
	F(cw_ev_hypercall, tail_set, 56, 4),
	F(cw_ev_hypercall, tail_first, 60, 4),
	F(cw_ev_hypercall, reserved_bits, 64, 4),
	F(cw_ev_hypercall, reserved_set, 68, 4),
	F(cw_ev_hypercall, reserved_first, 72, 4),
	F(cw_ev_hypercall, code, 76, 2),
	F(cw_ev_hypercall, via, 78, 1),
	F(cw_ev_hypercall, space, 79, 1),
	F(cw_ev_hypercall, comm, 80, 16),
	END(cw_ev_hypercall, 96),

	F(cw_ev_mapping, hdr, 0, 32),
	F(cw_ev_mapping, vaddr, 32, 8),
	F(cw_ev_mapping, phys, 40, 8),
	F(cw_ev_mapping, nr_pages, 48, 4),
	F(cw_ev_mapping, nr_unwalked, 52, 4),
	F(cw_ev_mapping, relid, 56, 4),
	F(cw_ev_mapping, kind, 60, 1),
	F(cw_ev_mapping, space, 61, 1),
	F(cw_ev_mapping, confidential, 62, 1),
	F(cw_ev_mapping, no_bit, 63, 1),
	F(cw_ev_mapping, own, 64, 96),
	F(cw_ev_mapping, comm, 160, 16),
	END(cw_ev_mapping, 176),

	F(cw_ev_bounce, hdr, 0, 32),
	F(cw_ev_bounce, phys, 32, 8),
	F(cw_ev_bounce, bytes, 40, 8),
	F(cw_ev_bounce, owner_bytes, 48, 8),
	F(cw_ev_bounce, age_ns, 56, 8),
	F(cw_ev_bounce, op, 64, 1),
	F(cw_ev_bounce, space, 65, 1),
	F(cw_ev_bounce, open, 66, 1),
	F(cw_ev_bounce, gone, 67, 1),
	F(cw_ev_bounce, foreign, 68, 1),
	F(cw_ev_bounce, pad, 69, 3),
	F(cw_ev_bounce, comm, 72, 16),
	END(cw_ev_bounce, 88),

	F(cw_detail, rule, 0, 1),
	F(cw_detail, sev, 1, 1),
	F(cw_detail, finding, 2, 2),
	F(cw_detail, index, 4, 4),
	F(cw_detail, gfn, 8, 8),
	F(cw_detail, want, 16, 8),
	F(cw_detail, seen, 24, 8),
	END(cw_detail, 32),

	F(cw_out, checked, 0, 8),
	F(cw_out, violated, 8, 8),
	F(cw_out, warned, 16, 8),
	F(cw_out, observed, 24, 8),
	F(cw_out, no_evidence, 32, 8),
	F(cw_out, need, 40, 4),
	F(cw_out, nr_details, 44, 4),
	F(cw_out, detail, 48, 128),
	END(cw_out, 176),

	F(cw_rec_verdict, hdr, 0, 32),
	F(cw_rec_verdict, out, 32, 176),
	F(cw_rec_verdict, comm, 208, 16),
	F(cw_rec_verdict, event_off, 224, 4),
	F(cw_rec_verdict, nr_stack, 228, 4),
	F(cw_rec_verdict, stack, 232, 256),
	END(cw_rec_verdict, 488),
	F(cw_rec_stack, hdr, 0, 32),
	F(cw_rec_stack, of_seq, 32, 8),
	F(cw_rec_stack, of_type, 40, 4),
	F(cw_rec_stack, nr_stack, 44, 4),
	F(cw_rec_stack, comm, 48, 16),
	F(cw_rec_stack, stack, 64, 256),
	END(cw_rec_stack, 320),
};

/* ---- numbers ---- */

struct number {
	const char *name;
	__u64 number;
	__u64 is;
};

#define N(name, number) { #name, number, (__u64)(name) }

static const struct number numbers[] = {
	N(CW_ABI_MAJOR, 1), N(CW_ABI_MINOR, 2),
	N(CW_COMM_LEN, 16), N(CW_STACK_MAX, 32), N(CW_DETAIL_MAX, 4), N(CW_NO_INDEX, 0xffffffff),
	N(CW_SPACE_KERNEL, 0), N(CW_SPACE_EMULATED, 1),
	N(CW_STEP_RET, 1), N(CW_STEP_WINDOW, 2), N(CW_STEP_DIRECT, 4), N(CW_STEP_TOLD, 8),
	N(CW_STEP_CONTIG, 16), N(CW_STEP_UNCONFIRMED, 32), N(CW_STEP_NO_BIT, 64),
	N(CW_STEP_STEPPED, 128),
	N(CW_PG_PRIVATE, 0), N(CW_PG_TRANSIT, 1), N(CW_PG_SHARED, 2), N(CW_PG_UNKNOWN, 3),
	N(CW_ISOLATION_NONE, 0), N(CW_ISOLATION_VBS, 1),
	N(CW_ISOLATION_SNP, 2), N(CW_ISOLATION_TDX, 3),
	N(CW_CALLBACKS_NONE, 0), N(CW_CALLBACKS_VTOM, 1),
	N(CW_CALLBACKS_AMD, 2), N(CW_CALLBACKS_TDX, 3),
	N(CW_VENDOR_NONE, 0), N(CW_VENDOR_AMD, 1), N(CW_VENDOR_INTEL, 2), N(CW_VENDOR_HYPERV, 3),
	N(CW_MODE_NONE, 0), N(CW_MODE_VBS, 1), N(CW_MODE_SNP_VTOM, 2), N(CW_MODE_TDX_VTOM, 3),
	N(CW_MODE_SNP, 4), N(CW_MODE_TDX, 5), N(CW_MODE_SNP_OTHER, 6), N(CW_MODE_TDX_OTHER, 7),
	N(CW_OWNER_UNKNOWN, 0), N(CW_OWNER_BOUNCE, 1), N(CW_OWNER_RING, 2), N(CW_OWNER_MONITOR, 3),
	N(CW_OWNER_NETVSC, 4), N(CW_OWNER_SYNIC, 5), N(CW_OWNER_POST_MSG, 6),
	N(CW_OWNER_HYPERCALL, 7), N(CW_OWNER_GHCB, 8), N(CW_OWNER_VP_ASSIST, 9),
	N(CW_OWNER_KVM, 10), N(CW_OWNER_BSS, 11), N(CW_OWNER_DMA_POOL, 12), N(CW_OWNER_DMA, 13),
	N(CW_OWNER_INT_PAGE, 14),
	N(CW_OWNER_PACKET_COPY, 15), N(CW_OWNER_PARA_SYNIC, 16), N(CW_OWNER_KERNEL, 17),
	N(CW_OWNER_CONFIDENTIAL, 1), N(CW_OWNER_NO_DIRECT, 2), N(CW_OWNER_UNMAPPED, 4),
	N(CW_OWNER_SUPPLIED, 8), N(CW_OWNER_UNCONFIRMED, 16),
	N(CW_SEV_V, 1), N(CW_SEV_W, 2), N(CW_SEV_O, 4),
	N(CW_RING_VECTORS, 1), N(CW_RING_PAD, 2), N(CW_RING_BEFORE, 4), N(CW_RING_AFTER, 8),
	N(CW_RING_RET, 16), N(CW_RING_RETURNED, 32), N(CW_RING_HEADER, 64), N(CW_RING_COPY, 128),
	N(CW_DEVICE_OFFERED, 1), N(CW_DEVICE_BOUND, 2), N(CW_CHANNEL_SOCKET, 0x2000),
	N(CW_TABLE_NONE, 0), N(CW_TABLE_KERNEL, 1), N(CW_TABLE_OURS, 2),
	N(CW_COMPLETION_KNOWN, 1), N(CW_COMPLETION_UNKNOWN, 2), N(CW_COMPLETION_UNTRACKED, 3),
	N(CW_COMPLETION_USED, 4),
	N(CW_FETCH_LENGTH, 1), N(CW_FETCH_OFFSET, 2), N(CW_FETCH_INDEX, 3),
	N(CW_ASKED_UNKNOWN, 0), N(CW_ASKED_YES, 1), N(CW_ASKED_NO, 2),
	N(CW_HAND_GPADL, 1), N(CW_HAND_GPADL_BODY, 2), N(CW_HAND_CONTACT, 3), N(CW_HAND_DMA, 4),
	N(CW_VIA_UNSEEN, 0), N(CW_VIA_GHCB, 1), N(CW_VIA_TDX, 2), N(CW_VIA_STD, 3),
	N(CW_VIA_SNP, 4),
	N(CW_CALL_FAST, 1), N(CW_CALL_PARAVISOR, 2), N(CW_CALL_CONFIDENTIAL, 4),
	N(CW_BOUNCE_MAP, 1), N(CW_BOUNCE_UNMAP, 2),
	N(CW_MAP_RING_OUT, 1), N(CW_MAP_RING_IN, 2), N(CW_MAP_IOAPIC, 3), N(CW_MAP_VTPM, 4),
	N(CW_MAP_DEVICE, 5), N(CW_MAP_FIRMWARE, 6), N(CW_MAP_HYPERCALL_IN, 7),
	N(CW_MAP_HYPERCALL_OUT, 8), N(CW_MAP_INT_PAGE, 9), N(CW_MAP_PACKET_COPY, 10),
	N(CW_MAP_TEXT, 11), N(CW_MAP_RODATA, 12), N(CW_MAP_KEXEC, 13),
	N(CW_NEED_OVERLAP, 1), N(CW_NEED_PTE, 2), N(CW_DO_REPAIR, 4), N(CW_DO_ACCUSED, 8),
};

static const struct number types[] = {
	N(CW_REC_NONE, 0),
	N(CW_EV_BEGIN, 1),
	N(CW_EV_PREPARED, 2),
	N(CW_EV_FLUSHED, 3),
	N(CW_EV_PROBED, 4),
	N(CW_EV_CHANGED, 5),
	N(CW_EV_HOST_CALL, 6),
	N(CW_EV_HOST_ANSWER, 7),
	N(CW_EV_HOST_DONE, 8),
	N(CW_EV_FINISHED, 9),
	N(CW_EV_END, 10),
	N(CW_EV_TASK_EXIT, 11),
	N(CW_EV_PAGE_FREE, 12),
	N(CW_EV_ZEROPAD, 13),
	N(CW_EV_PLATFORM, 14),
	N(CW_EV_SEED, 15),
	N(CW_EV_WITHHELD, 16),
	N(CW_EV_OWNER, 17),
	N(CW_EV_HANDOVER, 18),
	N(CW_EV_HYPERCALL, 19),
	N(CW_EV_MAPPING, 20),
	N(CW_EV_BOUNCE, 21),
	N(CW_EV_CONFIG, 22),
	N(CW_EV_KEPT, 23),
	N(CW_EV_RING_WRITE, 24),
	N(CW_EV_RING_READ, 25),
	N(CW_EV_DEVICE, 26),
	N(CW_EV_COMPLETION, 27),
	N(CW_EV_FETCH, 28),
	N(CW_EV_INTERRUPT, 29),
	N(CW_REC_VERDICT, 64),
	N(CW_REC_TICK, 65),
	N(CW_REC_STACK, 66),
};

#define NR_EVENTS 30	/* CW_EV_NR: one more than the last event above */

/* Bit of each rule; appended only. */
static const char *const rules[] = {
	"T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9",
	"S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8",
	"Z1", "Z2", "Z3", "Z4",
	"H1", "H2", "H3", "H4", "H5", "H6",
	"R1", "R2", "R3",
	"P1", "P2",
};

/* Number of each finding, its rule, severity, and how its two values are read; appended only. */
static const char *const findings[] = {
	"1 WINDOW_OWN_PRESENT T1 V PTE",
	"2 WINDOW_ALIAS_PRESENT T1 V PTE",
	"3 FLUSH_MISSING T2 V NONE",
	"4 FLUSH_PARTIAL T2 V CPUS",
	"5 FLUSH_STALE T2 V CPUS",
	"6 END_OWN_ABSENT T3 V PTE",
	"7 END_OWN_BIT T3 V PTE",
	"8 END_ALIAS_ABSENT T3 V PTE",
	"9 END_ALIAS_BIT T3 V PTE",
	"10 END_ALIAS_FRAME T3 V FRAME",
	"11 FAILURE_HIDDEN T4 V ERRNO",
	"12 PARTIAL_HIDDEN T4 V REPS",
	"13 OVERLAP T5 V TASK",
	"14 TOLD_OTHER_FRAME T6 V FRAME",
	"15 TOLD_TOO_FEW T6 V PAGES",
	"16 TOLD_TOO_MANY T6 V PAGES",
	"17 TOLD_OTHER_WAY T6 V VISIBILITY",
	"18 LEFT_ABSENT T7 V PTE",
	"19 TASK_GONE T7 V TASK",
	"20 SLOW T7 W NSEC",
	"21 ZEROPAD_TRAP T8 V TRAP",
	"22 ZEROPAD_OOPS T8 V TRAP",
	"23 FREED_SHARED S3 V PTE",
	"24 FREED_TRANSIT S3 V PTE",
	"25 FREED_UNKNOWN S3 V PTE",
	"26 SLAB_PART S5 V PAGES",
	"27 SLAB_WHOLE S5 W PAGES",
	"28 PAGE_TABLE S5 V PAGES",
	"29 MODE_MIXED P1 V MASK",
	"30 MASK_NOT_BOUNDARY P2 V MASK",
	"31 MASK_IN_PHYSICAL P2 V MASK",
	"32 FLUSH_EARLY T2 V PAGES",
	"33 END_OTHER_FRAMES T3 V NONE",
	"34 HANDED_PRIVATE S1 V PTE",
	"35 HANDED_UNKNOWN S1 V PTE",
	"36 SECOND_PRIVATE S2 V PTE",
	"37 SECOND_ABSENT S2 V PTE",
	"38 OWNER_FORBIDDEN S4 V PAGES",
	"39 OWNER_UNKNOWN S4 W PAGES",
	"40 KEPT_SHARED S5 V PTE",
	"41 DMA_PRIVATE S6 V PTE",
	"42 DMA_UNKNOWN S6 V PTE",
	"43 BOUNCE_TWICE S7 V BYTES",
	"44 BOUNCE_FOREIGN S7 V NONE",
	"45 BOUNCE_SIZE S7 V BYTES",
	"46 MMIO_SHARED S8 V PTE",
	"47 MMIO_PRIVATE S8 V PTE",
	"48 LEFT_SHARED T9 V PAGES",
	"49 RING_PAD Z1 V BYTES",
	"50 RING_LENGTH Z1 V BYTES",
	"51 RESERVED_SET Z2 V BYTES",
	"52 TAIL_SET Z3 V BYTES",
	"53 STALE Z4 W BYTES",
	"54 READ_OUTSIDE_RING H1 V BYTES",
	"55 READ_OUTSIDE_COPY H1 V BYTES",
	"56 NOT_COPIED H2 V NONE",
	"57 COPY_SHARED H2 V PTE",
	"58 INDEX_USED H3 V BYTES",
	"59 INDEX_REFUSED H3 O BYTES",
	"60 DEVICE_BOUND H5 V NONE",
	"61 DEVICE_REFUSED H5 O NONE",
	"62 COMPLETION_UNKNOWN H6 O NONE",
	"63 ROUTE R1 V MASK",
	"64 CONFIG_BY_MMIO R2 V NONE",
	"65 DOUBLE_FETCH H4 V BYTES",
	"66 COMPLETION_USED H6 V NONE",
	"67 INTERRUPT_STRAY R3 V NONE",
};
/* clang-format on */

static void field_check(const struct field *f, size_t end)
{
	const char *name = f->name ? f->name : "bytes without a name";

	if (!f->type && (f->offset != f->is_offset || f->offset != end))
		fail_msg("struct %s: %zu bytes, must be %zu; its rows end at %zu", name,
			 f->is_offset, f->offset, end);
	if (f->type && (f->offset != f->is_offset || f->size != f->is_size))
		fail_msg("%s.%s: %zu bytes at %zu, must be %zu at %zu", f->type, name, f->is_size,
			 f->is_offset, f->size, f->offset);
	if (f->type && f->offset != end)
		fail_msg("%s.%s: begins at %zu, the row before ends at %zu", f->type, name,
			 f->offset, end);
}

static void test_fields_stay(void **state)
{
	size_t end = 0, i;

	(void)state;
	for (i = 0; i < NR(fields); i++) {
		field_check(&fields[i], end);
		end = fields[i].type ? fields[i].offset + fields[i].size : 0;
	}
}

static void numbers_check(const struct number *n, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (n[i].is != n[i].number)
			fail_msg("%s: %llu, must be %llu", n[i].name, n[i].is, n[i].number);
}

static void test_numbers_stay(void **state)
{
	(void)state;
	numbers_check(numbers, NR(numbers));
	numbers_check(types, NR(types));
	assert_int_equal(CW_EV_NR, NR_EVENTS);
}

static void test_rules_stay(void **state)
{
	__u32 i;

	(void)state;
	assert_int_equal(NR(rules), CW_RULE_NR);
	for (i = 0; i < CW_RULE_NR; i++)
		assert_string_equal(cw_rule_info(i)->id, rules[i]);
}

static void test_findings_stay(void **state)
{
#define FINDING_ROW(id, rule, sev, values, expected, seen) \
	{ CW_FIND_##id, #id " " #rule " " #sev " " #values },
	static const struct {
		int number;
		const char *rest;
	} are[] = { CW_FINDINGS(FINDING_ROW) };
	char row[80];
	size_t i;

	(void)state;
	assert_int_equal(NR(findings), NR(are));
	for (i = 0; i < NR(are); i++) {
		snprintf(row, sizeof(row), "%d %s", are[i].number, are[i].rest);
		assert_string_equal(row, findings[i]);
	}
}

/* ---- the manual page ---- */

static char *file_read(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, 1 << 20);
	size_t nr;

	if (!f)
		fail_msg("cannot read %s (run from the top of the tree)", path);
	assert_non_null(text);
	nr = fread(text, 1, (1 << 20) - 1, f);
	assert_true(nr > 0);
	fclose(f);
	return text;
}

/* Whether a line from here to the end begins with these words and a tab. */
static bool has_row(const char *from, const char *end, const char *row)
{
	size_t len = strlen(row);
	const char *line;

	for (line = strchr(from, '\n'); line && (!end || line < end); line = strchr(line + 1, '\n'))
		if (!strncmp(line + 1, row, len) && line[1 + len] == '\t')
			return true;
	return false;
}

static void test_page_has_every_field(void **state)
{
	char *page = file_read(PAGE), row[80], *section;
	size_t i;

	(void)state;
	for (i = 0; i < NR(fields); i++) {
		if (!fields[i].type || !fields[i].name)
			continue;
		snprintf(row, sizeof(row), "\n.SS struct %s\n", fields[i].type);
		section = strstr(page, row);
		snprintf(row, sizeof(row), "%zu\t%s", fields[i].offset, fields[i].name);
		if (!section || !has_row(section + 1, strstr(section + 1, "\n.S"), row))
			fail_msg(PAGE ": no row for %s.%s at %zu", fields[i].type, fields[i].name,
				 fields[i].offset);
	}
	free(page);
}

static void test_page_has_every_number(void **state)
{
	char *page = file_read(PAGE), row[80], name[40], rule[8];
	size_t i;
	int number;

	(void)state;
	for (i = 0; i < NR(types); i++) {
		snprintf(row, sizeof(row), "%llu\t%s", types[i].number, types[i].name);
		if (!has_row(page, NULL, row))
			fail_msg(PAGE ": no row for %s", types[i].name);
	}
	for (i = 0; i < NR(findings); i++) {
		assert_int_equal(sscanf(findings[i], "%d %39s %7s", &number, name, rule), 3);
		snprintf(row, sizeof(row), "%d\t%s\t%s", number, name, rule);
		if (!has_row(page, NULL, row))
			fail_msg(PAGE ": no row for the finding %s", name);
	}
	free(page);
}

/* ---- the stream ---- */

static struct cw_feed feed;
static struct cw_writers writers;
static char path[] = "/tmp/cw-abi-XXXXXX";
static char output[64];

static int setup(void **state)
{
	static struct cw_platform platform = { .mode = "snp-vtom" };
	static struct cw_arming arming;
	static struct cw_policy policy;
	static struct cw_start start;
	int fd = mkstemp(path);

	(void)state;
	if (fd < 0)
		return -1;
	close(fd);
	snprintf(output, sizeof(output), "ndjson=%s", path);
	if (cw_writers_add(&writers, output) || cw_writers_open(&writers) ||
	    cw_feed_init(&feed, &writers, 1000000000))
		return -1;
	cw_arming_init(&arming, &cw_source_module, 0);
	cw_arming_finish(&arming);
	start = (struct cw_start){.platform = &platform,
				  .arming = &arming,
				  .policy = &policy,
				  .fmt = {.shared_mask = 1ULL << 57, .frame_mask = 0xfffffff000ULL},
				  .symbols = feed.symbols};
	cw_writers_start(&writers, &start);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cw_feed_exit(&feed);
	cw_writers_close(&writers);
	unlink(path);
	return 0;
}

/* Bytes of one line "OFFSET: XX XX ..." into a record of size bytes. */
static void bytes_put(unsigned char *rec, size_t size, const char *line)
{
	char *at;
	size_t offset = strtoul(line, &at, 10);
	unsigned int byte;
	int nr;

	assert_int_equal(*at, ':');
	for (at++; sscanf(at, " %2x%n", &byte, &nr) == 1; at += nr) {
		assert_true(offset < size);
		rec[offset++] = (unsigned char)byte;
	}
	assert_int_equal(*(at + strspn(at, " \t")), '\0');
}

/* Feeds every record of the stream, each in memory of its own size. */
static size_t stream_feed(void)
{
	char *text = file_read(STREAM), *line, *rest = text;
	unsigned char *rec = NULL;
	size_t size = 0, nr = 0;

	while ((line = strsep(&rest, "\n"))) {
		line[strcspn(line, "#")] = '\0';
		if (!line[strspn(line, " \t")])
			continue;
		if (strncmp(line, "record ", 7)) {
			assert_non_null(rec);
			bytes_put(rec, size, line);
			continue;
		}
		if (rec)
			cw_feed_record(&feed, rec, size);
		free(rec);
		size = strtoul(line + 7, NULL, 10);
		rec = calloc(1, size);
		assert_non_null(rec);
		nr++;
	}
	assert_non_null(rec);
	cw_feed_record(&feed, rec, size);
	free(rec);
	free(text);
	return nr;
}

/* The object of one finding. */
static json_t *report(const char *finding)
{
	FILE *f = fopen(path, "r");
	char line[65536];
	json_t *o = NULL;

	assert_non_null(f);
	while (!o && fgets(line, sizeof(line), f)) {
		const char *is;

		o = json_loads(line, 0, NULL);
		assert_non_null(o);
		is = json_string_value(json_object_get(o, "finding"));
		if (is && !strcmp(is, finding))
			break;
		json_decref(o);
		o = NULL;
	}
	fclose(f);
	if (!o)
		fail_msg("no report of %s", finding);
	return o;
}

static void is_number(const json_t *o, const char *key, long long want)
{
	const json_t *value = json_object_get(o, key);

	if (!json_is_integer(value) || json_integer_value(value) != want)
		fail_msg("%s: %lld, must be %lld", key, (long long)json_integer_value(value), want);
}

static void is_text(const json_t *o, const char *key, const char *want)
{
	const char *value = json_string_value(json_object_get(o, key));

	if (!value || strcmp(value, want))
		fail_msg("%s: %s, must be %s", key, value ? value : "(none)", want);
}

/* END of a transition, with the verdict of the kernel behind it. */
static void step_is_reported(void)
{
	json_t *o = report("end_own_bit"), *before;

	is_text(o, "type", "violation");
	is_text(o, "rule", "T3");
	is_text(o, "event", "end");
	is_text(o, "comm", "golden");
	is_text(o, "space", "emulated");
	is_number(o, "ts_ns", 0x10d0);
	is_number(o, "seq", 13);
	is_number(o, "cpu", 3);
	is_number(o, "tgid", 0x51);
	is_number(o, "tid", 0x52);
	is_number(o, "gfn", 0x1234);
	is_number(o, "gfn_min", 0x1230);
	is_number(o, "gfn_max", 0x1237);
	is_number(o, "nr_pages", 7);
	is_number(o, "nr_unwalked", 1);
	is_number(o, "ret", 0);
	is_number(o, "to_shared", 1);
	is_number(o, "depth", 2);
	before = json_object_get(o, "before");
	is_number(before, "private", 0x61);
	is_number(before, "in transition", 0x62);
	is_number(before, "shared", 0x63);
	is_number(before, "unknown", 0x64);
	is_number(o, "index", 5);
	is_number(o, "detail_gfn", 0x1236);
	is_number(json_object_get(o, "seen"), "gfn", 0x1236);
	is_number(o, "nr_untold", 0);
	assert_int_equal(json_array_size(json_object_get(o, "stack")), 2);
	json_decref(o);
}

static void free_is_reported(void)
{
	json_t *o = report("freed_unknown");

	is_text(o, "rule", "S3");
	is_text(o, "event", "page_free");
	is_text(o, "state", "unknown");
	is_text(o, "space", "emulated");
	is_number(o, "gfn", 0x2000);
	is_number(o, "bad_gfn", 0x2003);
	is_number(o, "nr_pages", 4);
	is_number(o, "nr_bad", 1);
	json_decref(o);
}

static void zeropad_is_reported(void)
{
	json_t *o = report("zeropad_trap");

	is_text(o, "rule", "T8");
	is_text(o, "event", "zeropad");
	is_text(o, "state", "in transition");
	is_number(o, "gfn", 0x1235);
	is_number(o, "trapnr", 29);
	is_number(o, "fixed", 1);
	is_number(o, "want", 14);
	is_number(o, "seen", 29);
	json_decref(o);
}

/* Judged here, from the fields. */
static void platform_is_reported(void)
{
	json_t *o = report("mask_in_physical");

	is_text(o, "event", "platform");
	is_text(o, "comm", "golden");
	is_text(o, "isolation", "TDX");
	is_text(o, "vendor", "Intel");
	is_text(o, "callbacks", "hv_vtom_*");
	is_text(o, "sev_status", "0x0");
	is_text(o, "cc_mask", "0x800000000000");
	is_text(o, "boundary", "0x800000000000");
	is_text(o, "physical_mask", "0xffffffffffff");
	is_text(o, "pte_mask", "0x200000000000000");
	is_number(o, "paravisor", 1);
	json_decref(o);
}

static void exit_is_reported(void)
{
	json_t *o = report("task_gone");

	is_text(o, "event", "task_exit");
	is_text(o, "comm", "gone");
	is_number(o, "detail_gfn", 0x3000);
	is_number(json_object_get(o, "seen"), "tid", 0x54);
	json_decref(o);
}

static void test_stream_is_read(void **state)
{
	size_t nr = stream_feed();

	(void)state;
	assert_int_equal(feed.nr_records, nr);
	assert_int_equal(feed.malformed, 2);	/* a short step, a short verdict */
	assert_int_equal(feed.unknown, 2);	/* type 40, and a tick */
	/* T7: the longer end, and a task that exits; of the other end one page was not walked */
	assert_int_equal(feed.user[CW_RULE_T7].checked, 2);
	assert_int_equal(feed.user[CW_RULE_T7].violated, 1);
	assert_int_equal(feed.user[CW_RULE_T7].no_evidence, 1);
	assert_int_equal(feed.user[CW_RULE_P1].checked, 2);
	assert_int_equal(feed.user[CW_RULE_P1].violated, 0);
	assert_int_equal(feed.user[CW_RULE_P2].checked, 2);
	assert_int_equal(feed.user[CW_RULE_P2].violated, 1);
	/* T3, S3 and T8 of the kernel, T7 and P2 of user space */
	assert_int_equal(feed.nr_violations, 5);
	assert_int_equal(cw_judge_nr_open(feed.judge), 0);
	step_is_reported();
	free_is_reported();
	zeropad_is_reported();
	platform_is_reported();
	exit_is_reported();
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_fields_stay),
	cmocka_unit_test(test_numbers_stay),
	cmocka_unit_test(test_rules_stay),
	cmocka_unit_test(test_findings_stay),
	cmocka_unit_test(test_page_has_every_field),
	cmocka_unit_test(test_page_has_every_number),
	cmocka_unit_test_setup_teardown(test_stream_is_read, setup, teardown),
};

UNIT_MAIN(tests)
