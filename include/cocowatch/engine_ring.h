/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rules, continued.  Rings, and what comes from the host: Z1, H1 to H6, and R2, how PCI config
 * space is reached.  Each is judged on one event alone; nothing here reads or remembers anything.
 */
#ifndef CW_ENGINE_RING_H
#define CW_ENGINE_RING_H

#include <cocowatch/engine_core.h>
#include <cocowatch/event_ring.h>

#define CW_PKT_HEADER	16	/* struct vmpacket_descriptor */
#define CW_PKT_TRAILER	8	/* written behind each packet */

/* ---- what the guest writes ---- */

static __always_inline void cw_rule_z1(const struct cw_ev_ring_write *ev, struct cw_out *out)
{
	if (ev->confidential)
		return;
	if ((ev->flags & CW_RING_VECTORS) && (ev->flags & CW_RING_PAD))
		CW_CHECKED(out, Z1);
	else
		CW_NO_EVIDENCE(out, Z1);
	if ((ev->flags & CW_RING_PAD) && ev->pad_set)
		CW_REPORT(out, RING_PAD, CW_NO_INDEX, CW_NO_GFN, 0, ev->pad_set);
	if (!(ev->flags & CW_RING_VECTORS))
		return;
	if (ev->pkt_bytes != ev->vec_bytes)
		CW_REPORT(out, RING_LENGTH, CW_NO_INDEX, CW_NO_GFN, ev->vec_bytes, ev->pkt_bytes);
	else if (ev->pkt_offset < CW_PKT_HEADER || ev->pkt_offset > ev->pkt_bytes)
		CW_REPORT(out, RING_LENGTH, CW_NO_INDEX, CW_NO_GFN, ev->pkt_bytes, ev->pkt_offset);
}

/* Whether a write index that was bad on entry led to the one found on exit: each of the
 * vectors and the trailer moves it on, and takes the ring's size off at most once.
 */
static __always_inline int cw_write_index_led(const struct cw_ev_ring_write *ev)
{
	__u32 end = ev->write_before + ev->vec_bytes + CW_PKT_TRAILER;
	__u32 off = end - ev->write_after;

	if (ev->write_after >= ev->ring_bytes)
		return 1;
	return (ev->flags & CW_RING_VECTORS) && off % ev->ring_bytes == 0 &&
	       off / ev->ring_bytes <= ev->nr_vec + 1;
}

/* The host can change an index at any moment: only what was bad at both ends, or left its
 * trace in what the guest wrote itself, was used.
 */
static __always_inline int cw_write_used(const struct cw_ev_ring_write *ev)
{
	if (ev->ret)
		return 0;
	if (ev->read_before >= ev->ring_bytes && ev->read_after >= ev->ring_bytes)
		return 1;
	return ev->write_before >= ev->ring_bytes && cw_write_index_led(ev);
}

/* The index that is out of the ring, of the two that were read; the read index first. */
static __always_inline __u32 cw_index_bad(__u32 ring_bytes, __u32 read, __u32 write)
{
	return read >= ring_bytes ? read : write;
}

static __always_inline void cw_rule_h3_write(const struct cw_ev_ring_write *ev, struct cw_out *out)
{
	int before = ev->read_before >= ev->ring_bytes || ev->write_before >= ev->ring_bytes;
	int after = ev->read_after >= ev->ring_bytes || ev->write_after >= ev->ring_bytes;
	__u32 bad;

	if (!ev->ring_bytes || !(ev->flags & CW_RING_BEFORE)) {
		CW_NO_EVIDENCE(out, H3);
		return;
	}
	after = after && (ev->flags & CW_RING_AFTER);
	if (!before && !after) {
		CW_CHECKED(out, H3);
		return;
	}
	if (!(ev->flags & CW_RING_AFTER) || !(ev->flags & CW_RING_RET)) {
		CW_NO_EVIDENCE(out, H3);
		return;
	}
	CW_CHECKED(out, H3);
	bad = before ? cw_index_bad(ev->ring_bytes, ev->read_before, ev->write_before) :
		       cw_index_bad(ev->ring_bytes, ev->read_after, ev->write_after);
	if (before && cw_write_used(ev))
		CW_REPORT(out, INDEX_USED, CW_NO_INDEX, CW_NO_GFN, ev->ring_bytes, bad);
	else
		CW_REPORT(out, INDEX_REFUSED, CW_NO_INDEX, CW_NO_GFN, ev->ring_bytes, bad);
}

static __always_inline void cw_step_ring_write(const struct cw_ev_ring_write *ev,
					       struct cw_out *out)
{
	cw_rule_z1(ev, out);
	cw_rule_h3_write(ev, out);
}

/* ---- what the host writes ---- */

/* The ring's data is mapped twice, one behind the other. */
static __always_inline void cw_rule_h1(const struct cw_ev_ring_read *ev, struct cw_out *out)
{
	__u64 ring = 2ULL * ev->ring_bytes, end = (__u64)ev->read_at + ev->pkt_bytes;

	if (!(ev->flags & CW_RING_RETURNED))
		return;
	if (!ring || !(ev->flags & CW_RING_HEADER)) {
		CW_NO_EVIDENCE(out, H1);
		return;
	}
	CW_CHECKED(out, H1);
	if (ev->read_at >= ev->ring_bytes)
		CW_REPORT(out, READ_OUTSIDE_RING, CW_NO_INDEX, CW_NO_GFN, ev->ring_bytes,
			  ev->read_at);
	else if (end > ring)
		CW_REPORT(out, READ_OUTSIDE_RING, CW_NO_INDEX, CW_NO_GFN, ring, end);
	if (ev->pkt_bytes > ev->buf_bytes)
		CW_REPORT(out, READ_OUTSIDE_COPY, CW_NO_INDEX, CW_NO_GFN, ev->buf_bytes,
			  ev->pkt_bytes);
	else if (ev->pkt_offset > ev->pkt_bytes)
		CW_REPORT(out, READ_OUTSIDE_COPY, CW_NO_INDEX, CW_NO_GFN, ev->pkt_bytes,
			  ev->pkt_offset);
}

/* A state that is not private accuses, the PTE convicts.  Unknown stays unknown whatever the
 * PTE says; where PTEs do not tell, the state is all there is.
 */
static __always_inline int cw_copy_is_shared(const struct cw_pte_fmt *fmt,
					     const struct cw_ev_ring_read *ev)
{
	if (ev->have_pte == CW_PTE_MUTE)
		return ev->state != CW_PG_PRIVATE;
	return ev->state == CW_PG_UNKNOWN || !cw_pte_agrees(fmt, ev->pte, 0);
}

static __always_inline void cw_rule_h2(const struct cw_pte_fmt *fmt,
				       const struct cw_ev_ring_read *ev, struct cw_out *out)
{
	if (!(ev->flags & CW_RING_RETURNED))
		return;
	if (!ev->ring_bytes) {
		CW_NO_EVIDENCE(out, H2);
		return;
	}
	if (!(ev->flags & CW_RING_COPY)) {
		CW_CHECKED(out, H2);
		CW_REPORT(out, NOT_COPIED, CW_NO_INDEX, CW_NO_GFN, 0, 0);
		return;
	}
	if (ev->have_pte != CW_PTE_READ && ev->have_pte != CW_PTE_MUTE) {
		CW_NO_EVIDENCE(out, H2);
		return;
	}
	CW_CHECKED(out, H2);
	if (cw_copy_is_shared(fmt, ev))
		CW_REPORT(out, COPY_SHARED, CW_NO_INDEX, ev->gfn, 0, ev->pte);
}

static __always_inline void cw_rule_h3_read(const struct cw_ev_ring_read *ev, struct cw_out *out)
{
	int before = (ev->flags & CW_RING_BEFORE) && ev->write_before >= ev->ring_bytes;
	int after = ev->write_after >= ev->ring_bytes;

	if (!ev->ring_bytes || !(ev->flags & CW_RING_AFTER)) {
		CW_NO_EVIDENCE(out, H3);
		return;
	}
	if (!before && !after) {
		CW_CHECKED(out, H3);
		return;
	}
	/* with one end alone nobody can say whether the call saw the bad index */
	if (!(ev->flags & CW_RING_BEFORE)) {
		CW_NO_EVIDENCE(out, H3);
		return;
	}
	CW_CHECKED(out, H3);
	if (before && after && (ev->flags & CW_RING_RETURNED))
		CW_REPORT(out, INDEX_USED, CW_NO_INDEX, CW_NO_GFN, ev->ring_bytes,
			  ev->write_before);
	else
		CW_REPORT(out, INDEX_REFUSED, CW_NO_INDEX, CW_NO_GFN, ev->ring_bytes,
			  before ? ev->write_before : ev->write_after);
}

static __always_inline void cw_step_ring_read(const struct cw_pte_fmt *fmt,
					      const struct cw_ev_ring_read *ev, struct cw_out *out)
{
	cw_rule_h1(ev, out);
	cw_rule_h2(fmt, ev, out);
	cw_rule_h3_read(ev, out);
}

/* ---- devices and completions ---- */

static __always_inline void cw_step_device(const struct cw_ev_device *ev, struct cw_out *out)
{
	if (ev->what != CW_DEVICE_OFFERED && ev->what != CW_DEVICE_BOUND)
		return;
	if (!(ev->chn_flags & CW_CHANNEL_SOCKET) && ev->table == CW_TABLE_NONE) {
		CW_NO_EVIDENCE(out, H5);
		return;
	}
	CW_CHECKED(out, H5);
	if ((ev->chn_flags & CW_CHANNEL_SOCKET) || ev->allowed)
		return;
	if (ev->what == CW_DEVICE_BOUND)
		CW_REPORT(out, DEVICE_BOUND, CW_NO_INDEX, CW_NO_GFN, 0, 0);
	else
		CW_REPORT(out, DEVICE_REFUSED, CW_NO_INDEX, CW_NO_GFN, 0, 0);
}

/* An id of 0 is how the host marks a message that answers nothing. */
static __always_inline void cw_step_completion(const struct cw_ev_completion *ev,
					       struct cw_out *out)
{
	if (!ev->id || ev->outcome == CW_COMPLETION_UNTRACKED)
		return;
	if (!ev->outcome || ev->outcome > CW_COMPLETION_USED) {
		CW_NO_EVIDENCE(out, H6);
		return;
	}
	CW_CHECKED(out, H6);
	if (ev->outcome == CW_COMPLETION_UNKNOWN)
		CW_REPORT(out, COMPLETION_UNKNOWN, CW_NO_INDEX, CW_NO_GFN, 0, 0);
	if (ev->outcome == CW_COMPLETION_USED)
		CW_REPORT(out, COMPLETION_USED, CW_NO_INDEX, CW_NO_GFN, 0, 0);
}

static __always_inline void cw_step_fetch(const struct cw_ev_fetch *ev, struct cw_out *out)
{
	CW_CHECKED(out, H4);
	if (ev->used != ev->validated)
		CW_REPORT(out, DOUBLE_FETCH, CW_NO_INDEX, CW_NO_GFN, ev->validated, ev->used);
}

/* ---- PCI config space ---- */

#define CW_CONFIG_BYTES	4096

/* Whether the driver answers this access from what it knows, and asks nobody: ids and class,
 * subsystem ids and the ROM, the interrupt line and pin (PCI 3.0, 6.1).
 */
static __always_inline int cw_config_is_local(const struct cw_ev_config *ev)
{
	__u32 where = ev->where, size = ev->size;
	__u64 end = (__u64)where + size;

	if (!size || size > 4 || end > CW_CONFIG_BYTES || end <= 0x04)
		return 1;
	if (ev->write)
		return where < 0x04 || (where >= 0x2c && end <= 0x34);
	return (where >= 0x08 && end <= 0x0c) || (where >= 0x2c && end <= 0x30) ||
	       (where >= 0x30 && end <= 0x34) || (where >= 0x3c && end <= 0x3e && size == 1);
}

/* One hypercall chooses the function, one reads or writes. */
static __always_inline void cw_step_config(const struct cw_ev_config *ev, struct cw_out *out)
{
	if (cw_config_is_local(ev) || ev->asked == CW_ASKED_NO)
		return;
	if (ev->asked != CW_ASKED_YES || ev->calls == CW_NO_INDEX) {
		CW_NO_EVIDENCE(out, R2);
		return;
	}
	CW_CHECKED(out, R2);
	if (ev->calls < 2)
		CW_REPORT(out, CONFIG_BY_MMIO, CW_NO_INDEX, CW_NO_GFN, 2, ev->calls);
}

/* An event of this family, as it was recorded.  False when it is of another. */
static __always_inline int cw_engine_ring(const struct cw_pte_fmt *fmt,
					  const struct cw_rec_hdr *rec, struct cw_out *out)
{
	switch (rec->type) {
	case CW_EV_RING_WRITE:
		cw_step_ring_write((const struct cw_ev_ring_write *)rec, out);
		return 1;
	case CW_EV_RING_READ:
		cw_step_ring_read(fmt, (const struct cw_ev_ring_read *)rec, out);
		return 1;
	case CW_EV_DEVICE:
		cw_step_device((const struct cw_ev_device *)rec, out);
		return 1;
	case CW_EV_COMPLETION:
		cw_step_completion((const struct cw_ev_completion *)rec, out);
		return 1;
	case CW_EV_FETCH:
		cw_step_fetch((const struct cw_ev_fetch *)rec, out);
		return 1;
	case CW_EV_CONFIG:
		cw_step_config((const struct cw_ev_config *)rec, out);
		return 1;
	}
	return 0;
}

#endif
