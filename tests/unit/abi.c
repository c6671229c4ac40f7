// SPDX-License-Identifier: GPL-2.0-only
/* The ABI does not move: sizes and offsets stand here a second time, and cocowatch-record(5) has
 * the same.
 */
#include "abi.h"

#include <cocowatch/event_owner.h>
#include <cocowatch/event_ring.h>
#include <cocowatch/event_share.h>

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

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_fields_stay),
	cmocka_unit_test(test_page_has_every_field),
};

UNIT_MAIN(tests)
