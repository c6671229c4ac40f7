// SPDX-License-Identifier: GPL-2.0-only
/* The rules on rings, devices, completions, values fetched and config space, by rows: an honest
 * event with a few fields edited, and what must be said of it.  Every row runs as native code
 * and as BPF.
 */
#include <stddef.h>
#include <string.h>

#include "engines.h"
#include "../honest.h"

#define BIT(rule) CW_RULE_BIT(CW_RULE_##rule)
#define MAX_EDITS 6

struct edit {
	__u16 off;
	__u16 size;	/* 0: no more edits */
	__u64 value;
};

struct row {
	const char *name;
	__u16 type;
	struct edit edits[MAX_EDITS];
	__u64 checked, violated, observed, no_evidence;
	int finding;		/* one that must be among the details */
	__u64 want, seen;	/* of that finding, where not 0 */
	bool no_bit;		/* PTEs do not tell */
};

#define SET(event, field, v) \
	{ offsetof(struct cw_ev_##event, field), sizeof(((struct cw_ev_##event *)0)->field), (v) }

/* ---- honest events ---- */

#define RING 16384
#define GFN 0x1000
#define PTE_PRIVATE (0x1000ULL << 12 | 0x163)
#define PTE_SHARED (PTE_PRIVATE | HONEST_SHARED)

#define WRITE_FLAGS (CW_RING_VECTORS | CW_RING_PAD | CW_RING_BEFORE | CW_RING_AFTER | CW_RING_RET)
#define READ_FLAGS \
	(CW_RING_BEFORE | CW_RING_AFTER | CW_RING_RETURNED | CW_RING_HEADER | CW_RING_COPY)

static const struct cw_ev_ring_write honest_write = {
	.hdr = { .type = CW_EV_RING_WRITE, .len = sizeof(struct cw_ev_ring_write) },
	.relid = 3, .flags = WRITE_FLAGS, .ring_bytes = RING, .nr_vec = 3, .vec_bytes = 48,
	.pkt_bytes = 48, .pkt_offset = 16, .pkt_type = 6, .pkt_flags = 1, .pad_bytes = 3,
	.pad_first = CW_NO_INDEX, .write_before = 1000, .read_before = 400, .write_after = 1056,
	.read_after = 400,
};

static const struct cw_ev_ring_read honest_read = {
	.hdr = { .type = CW_EV_RING_READ, .len = sizeof(struct cw_ev_ring_read) },
	.gfn = GFN, .pte = PTE_PRIVATE, .relid = 3, .flags = READ_FLAGS, .ring_bytes = RING,
	.read_at = RING - 8, .write_before = 200, .write_after = 200, .pkt_bytes = 64,
	.pkt_offset = 16, .buf_bytes = 4096, .buf_pages = 1, .pkt_type = 11, .have_pte = 1,
};

static const struct cw_ev_device honest_device = {
	.hdr = { .type = CW_EV_DEVICE, .len = sizeof(struct cw_ev_device) },
	.relid = 3, .what = CW_DEVICE_OFFERED, .table = CW_TABLE_KERNEL, .listed = 1, .allowed = 1,
};

static const struct cw_ev_completion honest_completion = {
	.hdr = { .type = CW_EV_COMPLETION, .len = sizeof(struct cw_ev_completion) },
	.id = 7, .relid = 3, .nr_ids = 64, .outcome = CW_COMPLETION_KNOWN,
};

static const struct cw_ev_fetch honest_fetch = {
	.hdr = { .type = CW_EV_FETCH, .len = sizeof(struct cw_ev_fetch) },
	.validated = 64, .used = 64, .relid = 3, .what = CW_FETCH_LENGTH,
};

static const struct cw_ev_config honest_config = {
	.hdr = { .type = CW_EV_CONFIG, .len = sizeof(struct cw_ev_config) },
	.gpa = 0xf8001010, .where = 0x10, .size = 4, .calls = 2, .asked = CW_ASKED_YES,
	.by_calls = 1,
};

static void honest_copy(union vector_event *ev, __u16 type)
{
	memset(ev, 0, sizeof(*ev));
	switch (type) {
	case CW_EV_RING_WRITE:
		memcpy(ev, &honest_write, sizeof(honest_write));
		break;
	case CW_EV_RING_READ:
		memcpy(ev, &honest_read, sizeof(honest_read));
		break;
	case CW_EV_DEVICE:
		memcpy(ev, &honest_device, sizeof(honest_device));
		break;
	case CW_EV_COMPLETION:
		memcpy(ev, &honest_completion, sizeof(honest_completion));
		break;
	case CW_EV_FETCH:
		memcpy(ev, &honest_fetch, sizeof(honest_fetch));
		break;
	case CW_EV_CONFIG:
		memcpy(ev, &honest_config, sizeof(honest_config));
		break;
	}
}

/* ---- rows ---- */

#define W(field, v) SET(ring_write, field, v)
#define R(field, v) SET(ring_read, field, v)
#define WRITE CW_EV_RING_WRITE
#define READ CW_EV_RING_READ
#define Z1H3 (BIT(Z1) | BIT(H3))
#define H123 (BIT(H1) | BIT(H2) | BIT(H3))

static const struct row write_rows[] = {
	{ "write: honest", WRITE, .checked = Z1H3 },
	{ "write: a header alone", WRITE,
	  { W(nr_vec, 1), W(vec_bytes, 16), W(pkt_bytes, 16), W(pad_bytes, 0),
	    W(write_after, 1024) },
	  .checked = Z1H3 },

	{ "Z1: a byte of the padding is set", WRITE, { W(pad_set, 1), W(pad_first, 45) },
	  .checked = Z1H3, .violated = BIT(Z1), .finding = CW_FIND_RING_PAD, .want = 0, .seen = 1 },
	{ "Z1: the header says more than is written", WRITE, { W(pkt_bytes, 56) },
	  .checked = Z1H3, .violated = BIT(Z1),
	  .finding = CW_FIND_RING_LENGTH, .want = 48, .seen = 56 },
	{ "Z1: the header says less", WRITE, { W(pkt_bytes, 40) },
	  .checked = Z1H3, .violated = BIT(Z1),
	  .finding = CW_FIND_RING_LENGTH, .want = 48, .seen = 40 },
	{ "Z1: a packet too long for its 16-bit length", WRITE,
	  { W(vec_bytes, 0x80008), W(pkt_bytes, 8) },
	  .checked = Z1H3, .violated = BIT(Z1), .finding = CW_FIND_RING_LENGTH },
	{ "Z1: the payload begins inside the header", WRITE, { W(pkt_offset, 8) },
	  .checked = Z1H3, .violated = BIT(Z1),
	  .finding = CW_FIND_RING_LENGTH, .want = 48, .seen = 8 },
	{ "Z1: the payload begins behind the packet", WRITE, { W(pkt_offset, 56) },
	  .checked = Z1H3, .violated = BIT(Z1), .finding = CW_FIND_RING_LENGTH },
	{ "Z1: a header as long as the packet", WRITE, { W(pkt_offset, 48) }, .checked = Z1H3 },
	{ "Z1: vectors that could not be read", WRITE,
	  { W(flags, WRITE_FLAGS & ~(CW_RING_VECTORS | CW_RING_PAD)) },
	  .checked = BIT(H3), .no_evidence = BIT(Z1) },
	{ "Z1: padding that could not be read", WRITE, { W(flags, WRITE_FLAGS & ~CW_RING_PAD) },
	  .checked = BIT(H3), .no_evidence = BIT(Z1) },
	{ "Z1: a confidential ring is not judged", WRITE,
	  { W(confidential, 1), W(pad_set, 3), W(pkt_bytes, 8) },
	  .checked = BIT(H3) },
	{ "Z1: also of a write that was refused", WRITE,
	  { W(ret, (__u32)-11), W(pad_set, 2), W(write_after, 1000) },
	  .checked = Z1H3, .violated = BIT(Z1), .finding = CW_FIND_RING_PAD },

	{ "H3: the last index of the ring", WRITE,
	  { W(read_before, RING - 1), W(read_after, RING - 1) },
	  .checked = Z1H3 },
	{ "H3: a read index beyond the ring was used", WRITE,
	  { W(read_before, RING), W(read_after, RING) },
	  .checked = Z1H3, .violated = BIT(H3),
	  .finding = CW_FIND_INDEX_USED, .want = RING, .seen = RING },
	{ "H3: a read index beyond the ring was refused", WRITE,
	  { W(read_before, ~0U), W(read_after, ~0U), W(ret, (__u32)-5), W(write_after, 1000) },
	  .checked = Z1H3, .observed = BIT(H3),
	  .finding = CW_FIND_INDEX_REFUSED, .want = RING, .seen = ~0U },
	{ "H3: a read index that is bad on entry only", WRITE, { W(read_before, RING) },
	  .checked = Z1H3, .observed = BIT(H3), .finding = CW_FIND_INDEX_REFUSED },
	{ "H3: a read index that is bad on exit only", WRITE, { W(read_after, RING) },
	  .checked = Z1H3, .observed = BIT(H3), .finding = CW_FIND_INDEX_REFUSED },
	{ "H3: a write index beyond the ring, and on from there", WRITE,
	  { W(write_before, 2 * RING + 8), W(write_after, 64) },
	  .checked = Z1H3, .violated = BIT(H3),
	  .finding = CW_FIND_INDEX_USED, .seen = 2 * RING + 8 },
	{ "H3: a write index near 2^32, and on from there", WRITE,
	  { W(write_before, 0xfffffff0), W(write_after, 0x28) },
	  .checked = Z1H3, .violated = BIT(H3), .finding = CW_FIND_INDEX_USED, .seen = 0xfffffff0 },
	{ "H3: a write index far beyond it still is when the write ends", WRITE,
	  { W(write_before, 0x80000000), W(write_after, 0x80000038) },
	  .checked = Z1H3, .violated = BIT(H3), .finding = CW_FIND_INDEX_USED },
	{ "H3: a write index put right before it was used", WRITE, { W(write_before, RING + 8) },
	  .checked = Z1H3, .observed = BIT(H3), .finding = CW_FIND_INDEX_REFUSED },
	{ "H3: a bad write index, refused", WRITE,
	  { W(write_before, RING), W(write_after, RING), W(ret, (__u32)-5) },
	  .checked = Z1H3, .observed = BIT(H3), .finding = CW_FIND_INDEX_REFUSED },
	{ "H3: entry not seen", WRITE, { W(flags, CW_RING_AFTER | CW_RING_RET), W(ring_bytes, 0) },
	  .no_evidence = Z1H3 },
	{ "H3: entry not seen, though the ring is known", WRITE,
	  { W(flags, WRITE_FLAGS & ~CW_RING_BEFORE) },
	  .checked = BIT(Z1), .no_evidence = BIT(H3) },
	{ "H3: in order on entry, exit not seen", WRITE,
	  { W(flags, CW_RING_VECTORS | CW_RING_PAD | CW_RING_BEFORE), W(write_after, ~0U) },
	  .checked = Z1H3 },
	{ "H3: bad on entry, exit not seen", WRITE,
	  { W(flags, CW_RING_VECTORS | CW_RING_PAD | CW_RING_BEFORE), W(read_before, ~0U) },
	  .checked = BIT(Z1), .no_evidence = BIT(H3) },
	{ "H3: bad on entry, the channel gone on exit", WRITE,
	  { W(flags, WRITE_FLAGS & ~CW_RING_AFTER), W(ret, (__u32)-19), W(read_before, ~0U) },
	  .checked = BIT(Z1), .no_evidence = BIT(H3) },
	{ "H3: a ring of no size", WRITE,
	  { W(ring_bytes, 0) }, .checked = BIT(Z1), .no_evidence = BIT(H3) },
	{ "H3: a ring of one byte", WRITE, { W(ring_bytes, 1), W(nr_vec, ~0U) },
	  .checked = Z1H3, .violated = BIT(H3), .finding = CW_FIND_INDEX_USED },
};

static const struct row read_rows[] = {
	{ "read: honest, across the end of the ring", READ, .checked = H123 },
	{ "read: nothing there", READ,
	  { R(flags, CW_RING_BEFORE | CW_RING_AFTER), R(pkt_bytes, 0), R(have_pte, 0), R(pte, 0) },
	  .checked = BIT(H3) },

	{ "H1: ends where the double mapping ends", READ,
	  { R(read_at, RING - 1), R(pkt_bytes, RING + 1), R(buf_bytes, 2 * RING) },
	  .checked = H123 },
	{ "H1: ends beyond the double mapping", READ,
	  { R(read_at, RING - 8), R(pkt_bytes, RING + 16), R(buf_bytes, 2 * RING) },
	  .checked = H123, .violated = BIT(H1), .finding = CW_FIND_READ_OUTSIDE_RING,
	  .want = 2 * RING, .seen = 2 * RING + 8 },
	{ "H1: begins beyond the ring", READ, { R(read_at, RING) },
	  .checked = H123, .violated = BIT(H1),
	  .finding = CW_FIND_READ_OUTSIDE_RING, .want = RING, .seen = RING },
	{ "H1: as long as the buffer", READ, { R(pkt_bytes, 4096) }, .checked = H123 },
	{ "H1: longer than the buffer", READ, { R(pkt_bytes, 4104) },
	  .checked = H123, .violated = BIT(H1),
	  .finding = CW_FIND_READ_OUTSIDE_COPY, .want = 4096, .seen = 4104 },
	{ "H1: the payload begins behind the packet", READ, { R(pkt_offset, 72) },
	  .checked = H123, .violated = BIT(H1),
	  .finding = CW_FIND_READ_OUTSIDE_COPY, .want = 64, .seen = 72 },
	{ "H1: a header that could not be read", READ, { R(flags, READ_FLAGS & ~CW_RING_HEADER) },
	  .checked = BIT(H2) | BIT(H3), .no_evidence = BIT(H1) },
	{ "H1: no 32-bit wrap", READ,
	  { R(read_at, RING - 8), R(pkt_bytes, ~7U), R(pkt_offset, 16) },
	  .checked = H123, .violated = BIT(H1), .finding = CW_FIND_READ_OUTSIDE_RING,
	  .want = 2 * RING, .seen = (__u64)RING - 8 + 0xfffffff8 },

	{ "H2: the ring itself was handed out", READ,
	  { R(flags, READ_FLAGS & ~CW_RING_COPY), R(have_pte, 0) },
	  .checked = H123, .violated = BIT(H2), .finding = CW_FIND_NOT_COPIED },
	{ "H2: the copy lies in a shared page", READ,
	  { R(pte, PTE_SHARED), R(state, CW_PG_SHARED) },
	  .checked = H123, .violated = BIT(H2),
	  .finding = CW_FIND_COPY_SHARED, .seen = PTE_SHARED },
	{ "H2: shared by its PTE, whatever its state", READ, { R(pte, PTE_SHARED) },
	  .checked = H123, .violated = BIT(H2), .finding = CW_FIND_COPY_SHARED },
	{ "H2: shared by its state, private by its PTE", READ,
	  { R(state, CW_PG_SHARED) }, .checked = H123 },
	{ "H2: in transit and not present", READ,
	  { R(state, CW_PG_TRANSIT), R(pte, PTE_PRIVATE & ~1ULL) },
	  .checked = H123, .violated = BIT(H2), .finding = CW_FIND_COPY_SHARED },
	{ "H2: unknown is not private, whatever the PTE says", READ, { R(state, CW_PG_UNKNOWN) },
	  .checked = H123, .violated = BIT(H2), .finding = CW_FIND_COPY_SHARED },
	{ "H2: a PTE that could not be read", READ, { R(have_pte, 2) },
	  .checked = BIT(H1) | BIT(H3), .no_evidence = BIT(H2) },
	{ "H2: a PTE that nobody looked for", READ, { R(have_pte, 0) },
	  .checked = BIT(H1) | BIT(H3), .no_evidence = BIT(H2) },
	{ "H2: before 6.4 the state says private", READ, { R(have_pte, 3), R(pte, 0) },
	  .checked = H123, .no_bit = true },
	{ "H2: before 6.4 the state says shared", READ,
	  { R(have_pte, 3), R(pte, 0), R(state, CW_PG_SHARED) },
	  .checked = H123, .violated = BIT(H2), .finding = CW_FIND_COPY_SHARED, .no_bit = true },

	{ "H3: a write index beyond the ring was used", READ,
	  { R(write_before, RING), R(write_after, RING) },
	  .checked = H123, .violated = BIT(H3),
	  .finding = CW_FIND_INDEX_USED, .want = RING, .seen = RING },
	{ "H3: a write index beyond the ring was refused", READ,
	  { R(write_before, ~0U), R(write_after, ~0U), R(flags, CW_RING_BEFORE | CW_RING_AFTER),
	    R(have_pte, 0) },
	  .checked = BIT(H3), .observed = BIT(H3), .finding = CW_FIND_INDEX_REFUSED },
	{ "H3: a write index that is bad on entry only", READ, { R(write_before, ~0U) },
	  .checked = H123, .observed = BIT(H3), .finding = CW_FIND_INDEX_REFUSED },
	{ "H3: a write index that is bad on exit only", READ, { R(write_after, ~0U) },
	  .checked = H123, .observed = BIT(H3), .finding = CW_FIND_INDEX_REFUSED },
	{ "H3: entry not seen, in order on exit", READ,
	  { R(flags, READ_FLAGS & ~CW_RING_BEFORE), R(write_before, ~0U) },
	  .checked = H123 },
	{ "H3: entry not seen, bad on exit", READ,
	  { R(flags, READ_FLAGS & ~CW_RING_BEFORE), R(write_after, RING) },
	  .checked = BIT(H1) | BIT(H2), .no_evidence = BIT(H3) },
	{ "H3: exit not read", READ, { R(flags, READ_FLAGS & ~CW_RING_AFTER) },
	  .checked = BIT(H1) | BIT(H2), .no_evidence = BIT(H3) },
	{ "read: a ring that could not be read", READ, { R(ring_bytes, 0) }, .no_evidence = H123 },
};

#define D(field, v) SET(device, field, v)
#define M(field, v) SET(completion, field, v)
#define C(field, v) SET(config, field, v)
#define F(field, v) SET(fetch, field, v)
#define DEVICE CW_EV_DEVICE
#define COMPLETION CW_EV_COMPLETION
#define CONFIG CW_EV_CONFIG
#define FETCH CW_EV_FETCH

static const struct row other_rows[] = {
	{ "H5: an allowed device is offered", DEVICE, .checked = BIT(H5) },
	{ "H5: an allowed device is bound", DEVICE,
	  { D(what, CW_DEVICE_BOUND) }, .checked = BIT(H5) },
	{ "H5: another is offered", DEVICE, { D(allowed, 0) },
	  .checked = BIT(H5), .observed = BIT(H5), .finding = CW_FIND_DEVICE_REFUSED },
	{ "H5: one that nobody knows is offered", DEVICE,
	  { D(allowed, 0), D(listed, 0), D(table, CW_TABLE_OURS) },
	  .checked = BIT(H5), .observed = BIT(H5), .finding = CW_FIND_DEVICE_REFUSED },
	{ "H5: another is bound", DEVICE, { D(what, CW_DEVICE_BOUND), D(allowed, 0) },
	  .checked = BIT(H5), .violated = BIT(H5), .finding = CW_FIND_DEVICE_BOUND },
	{ "H5: a socket is no device", DEVICE,
	  { D(what, CW_DEVICE_BOUND), D(allowed, 0), D(listed, 0),
	    D(chn_flags, CW_CHANNEL_SOCKET) },
	  .checked = BIT(H5) },
	{ "H5: without a table there is no evidence", DEVICE,
	  { D(table, CW_TABLE_NONE), D(allowed, 0) },
	  .no_evidence = BIT(H5) },
	{ "H5: what happened is not known", DEVICE, { D(what, 9), D(allowed, 0) }, .checked = 0 },

	{ "H6: an open transaction", COMPLETION, .checked = BIT(H6) },
	{ "H6: one that is not open", COMPLETION, { M(outcome, CW_COMPLETION_UNKNOWN) },
	  .checked = BIT(H6), .observed = BIT(H6), .finding = CW_FIND_COMPLETION_UNKNOWN },
	{ "H6: one that is not open, and is used", COMPLETION, { M(outcome, CW_COMPLETION_USED) },
	  .checked = BIT(H6), .violated = BIT(H6), .finding = CW_FIND_COMPLETION_USED },
	{ "H6: id 0 answers nothing", COMPLETION,
	  { M(outcome, CW_COMPLETION_UNKNOWN), M(id, 0) }, .checked = 0 },
	{ "H6: a channel without a list", COMPLETION,
	  { M(outcome, CW_COMPLETION_UNTRACKED) }, .checked = 0 },
	{ "H6: an outcome that is none", COMPLETION, { M(outcome, 0) }, .no_evidence = BIT(H6) },
	{ "H6: one that nobody knows", COMPLETION, { M(outcome, CW_COMPLETION_USED + 1) },
	  .no_evidence = BIT(H6) },

	{ "H4: used as it was validated", FETCH, .checked = BIT(H4) },
	{ "H4: longer when it was used", FETCH, { F(used, 65) },
	  .checked = BIT(H4), .violated = BIT(H4), .finding = CW_FIND_DOUBLE_FETCH,
	  .want = 64, .seen = 65 },
	{ "H4: in the upper half too", FETCH, { F(used, 64 | 1ULL << 32) },
	  .checked = BIT(H4), .violated = BIT(H4), .finding = CW_FIND_DOUBLE_FETCH },

	{ "R2: by hypercall", CONFIG, .checked = BIT(R2) },
	{ "R2: without one", CONFIG, { C(calls, 0), C(gpa, 0) },
	  .checked = BIT(R2), .violated = BIT(R2),
	  .finding = CW_FIND_CONFIG_BY_MMIO, .want = 2, .seen = 0 },
	{ "R2: the driver thinks that it need not", CONFIG, { C(calls, 0), C(by_calls, 0) },
	  .checked = BIT(R2), .violated = BIT(R2), .finding = CW_FIND_CONFIG_BY_MMIO },
	{ "R2: the function chosen by hypercall, read without", CONFIG, { C(calls, 1) },
	  .checked = BIT(R2), .violated = BIT(R2), .finding = CW_FIND_CONFIG_BY_MMIO },
	{ "R2: a write without one", CONFIG, { C(calls, 0), C(write, 1), C(where, 4), C(size, 2) },
	  .checked = BIT(R2), .violated = BIT(R2), .finding = CW_FIND_CONFIG_BY_MMIO },
	{ "R2: the host does not ask for it", CONFIG,
	  { C(calls, 0), C(asked, CW_ASKED_NO) }, .checked = 0 },
	{ "R2: not known whether it asks", CONFIG, { C(calls, 0), C(asked, CW_ASKED_UNKNOWN) },
	  .no_evidence = BIT(R2) },
	{ "R2: entry not seen", CONFIG, { C(calls, CW_NO_INDEX) }, .no_evidence = BIT(R2) },
	{ "R2: ids are answered by the driver", CONFIG,
	  { C(calls, 0), C(where, 0) }, .checked = 0 },
	{ "R2: the class too", CONFIG, { C(calls, 0), C(where, 8) }, .checked = 0 },
	{ "R2: the interrupt pin too", CONFIG,
	  { C(calls, 0), C(where, 0x3d), C(size, 1) }, .checked = 0 },
	{ "R2: both interrupt bytes at once are not", CONFIG,
	  { C(calls, 0), C(where, 0x3c), C(size, 2) },
	  .checked = BIT(R2), .violated = BIT(R2), .finding = CW_FIND_CONFIG_BY_MMIO },
	{ "R2: a write to ids goes nowhere", CONFIG,
	  { C(calls, 0), C(where, 0), C(write, 1) }, .checked = 0 },
	{ "R2: a write to the class does", CONFIG, { C(calls, 0), C(where, 8), C(write, 1) },
	  .checked = BIT(R2), .violated = BIT(R2), .finding = CW_FIND_CONFIG_BY_MMIO },
	{ "R2: beyond config space nothing is reached", CONFIG,
	  { C(calls, 0), C(where, 4094) }, .checked = 0 },
	{ "R2: nor by a negative offset", CONFIG,
	  { C(calls, 0), C(where, (__u32)-4) }, .checked = 0 },
};

static void run_row(const struct row *row)
{
	struct vector_io io = { .fmt = honest_fmt };
	const struct cw_detail *d = NULL;
	bool agree, found;
	__u32 i;

	io.fmt.no_bit = row->no_bit;
	honest_copy(&io.ev, row->type);
	for (i = 0; i < MAX_EDITS && row->edits[i].size; i++)
		memcpy(io.ev.bytes + row->edits[i].off, &row->edits[i].value, row->edits[i].size);
	agree = both_event(&io) && !io.ret;
	for (i = 0; i < io.out.nr_details && i < CW_DETAIL_MAX; i++)
		if (io.out.detail[i].finding == row->finding)
			d = &io.out.detail[i];
	found = row->finding ? has_finding(&io.out, row->finding) : !io.out.nr_details;
	if (d && row->want)
		found &= d->want == row->want;
	if (d && row->seen)
		found &= d->seen == row->seen;
	if (!report(agree && found && io.out.checked == row->checked &&
		    io.out.violated == row->violated && io.out.observed == row->observed &&
		    io.out.no_evidence == row->no_evidence && !io.out.warned &&
		    !(io.out.checked & io.out.no_evidence), "%s", row->name))
		printf("# agree %d found %d checked %#llx violated %#llx observed %#llx no_evidence %#llx\n",
		       agree, found, io.out.checked, io.out.violated, io.out.observed,
		       io.out.no_evidence);
}

/* Any bytes at all: both engines say the same, and never "checked" with "no evidence". */
static void run_garbage(void)
{
	static const __u16 types[] = { WRITE, READ, DEVICE, COMPLETION, FETCH, CONFIG };
	__u32 random = 1, nr, i, bad = 0;

	for (nr = 0; nr < 2000; nr++) {
		struct vector_io io = { .fmt = honest_fmt };

		for (i = sizeof(io.ev.hdr); i < sizeof(io.ev); i++) {
			random = random * 1664525 + 1013904223;
			io.ev.bytes[i] = random >> 24;
		}
		io.ev.hdr.type = types[nr % 5];
		bad += !both_event(&io) || io.ret || (io.out.checked & io.out.no_evidence) ||
		       (io.out.violated & ~(io.out.checked | io.out.no_evidence));
	}
	report(!bad, "garbage is judged alike by both, and nothing both ways");
}

static void run_rows(const struct row *rows, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		run_row(&rows[i]);
}

#define RUN(rows) run_rows(rows, sizeof(rows) / sizeof((rows)[0]))

int main(void)
{
	if (engines_open(1 << 16))
		return 1;
	RUN(write_rows);
	RUN(read_rows);
	RUN(other_rows);
	run_garbage();
	return engines_close();
}
