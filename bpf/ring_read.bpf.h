/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets that the host writes: where the driver's copy lies, how long it is, and the
 * host's index on entry and exit.  Four reads a packet; the page of the copy is walked to
 * again every READ_WALK_EVERY packets, and at once when its state is not private.
 */
#ifndef CW_RING_READ_BPF_H
#define CW_RING_READ_BPF_H

#include "pagewalk.bpf.h"
#include "ring.bpf.h"

#define READ_SLOTS 128	/* a power of two */
#define READ_WALK_EVERY 256
#define READ_PAGES_MAX 8	/* of a packet buffer: the largest so far is 16 KiB */

/* What was seen of a channel on entry, and what is known of its packet buffer. */
struct read_slot {
	__u64 channel;	/* 0: being filled, or taken */
	__u64 ring;
	__u64 buf;
	__u32 ring_bytes;
	__u32 buf_bytes;
	__u32 read_at;
	__u32 write_before;
	__u32 flags;
	/* written on exit only */
	__u32 age;		/* packets since the walk */
	__u64 walked;		/* buffer that was walked to */
	__u64 gfn;
	__u64 pte;
	__u32 have_pte;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, READ_SLOTS);
	__type(key, __u32);
	__type(value, struct read_slot);
} ring_reads SEC(".maps");

static __always_inline struct read_slot *read_slot_get(__u64 channel)
{
	__u32 key = ((channel >> 6) * 0x9e3779b97f4a7c15ULL) >> 57;

	return bpf_map_lookup_elem(&ring_reads, &key);
}

/* The host's index on entry; the rest of the slot is filled. */
static __always_inline void read_entered(struct read_slot *slot, __u64 channel)
{
	struct ring_indices indices;

	slot->flags = 0;
	if (!ring_indices_read(&indices, slot->ring)) {
		slot->write_before = indices.write;
		slot->flags = CW_RING_BEFORE;
	}
	cw_write_once(slot->channel, channel);
}

struct read_ctx {
	struct ring_scratch *s;
	__u64 ring;
	__u64 buf;
};

/* Takes over what was seen on entry; false when the slot went to another channel. */
static __always_inline bool read_take(struct read_slot *slot, __u64 channel, struct read_ctx *c,
				      struct cw_ev_ring_read *ev)
{
	if (cw_read_once(slot->channel) != channel)
		return false;
	c->ring = cw_read_once(slot->ring);
	c->buf = cw_read_once(slot->buf);
	ev->ring_bytes = cw_read_once(slot->ring_bytes);
	ev->buf_bytes = cw_read_once(slot->buf_bytes);
	ev->read_at = cw_read_once(slot->read_at);
	ev->write_before = cw_read_once(slot->write_before);
	ev->flags = cw_read_once(slot->flags);
	if (cw_read_once(slot->channel) != channel)
		return false;
	cw_write_once(slot->channel, 0);
	return true;
}

/* First frame of the buffer whose state is not private, or its first. */
static __always_inline void read_state(struct cw_ev_ring_read *ev, __u64 gfn)
{
	struct cw_store st = {};
	__u32 i, state;
	__u64 *word;

	ev->gfn = gfn;
	for (i = 0; i < READ_PAGES_MAX && i < ev->buf_pages; i++) {
		word = cw_store_word(&st, gfn + i);
		state = word ? cw_state_of(cw_read_once(*word), gfn + i) : CW_PG_PRIVATE;
		if (state == CW_PG_PRIVATE)
			continue;
		ev->gfn = gfn + i;
		ev->state = state;
		return;
	}
}

/* Walks to each page of the buffer, and keeps the PTE of the first that is not private, else
 * that of the frame which its state accuses.
 */
static __always_inline void read_walk(struct read_slot *slot, struct cw_kern *kern,
				      struct cw_pte_fmt *fmt, struct read_ctx *c,
				      struct cw_ev_ring_read *ev)
{
	__u64 first = (c->buf - kern->page_offset) >> CW_PAGE_SHIFT, pte = 0;
	__u32 i;

	slot->walked = 0;
	slot->age = 0;
	slot->gfn = ev->gfn;
	slot->pte = 0;
	slot->have_pte = CW_PTE_READ;
	c->s->chunk.tag = 0;
	for (i = 0; i < READ_PAGES_MAX && i < ev->buf_pages; i++) {
		if (chunk_pte(kern, fmt, &c->s->chunk, c->buf + i * CW_PAGE_SIZE, &pte)) {
			slot->have_pte = CW_PTE_UNREAD;
			break;
		}
		if (first + i == ev->gfn)
			slot->pte = pte;
		if (!cw_pte_agrees(fmt, pte, 0)) {
			slot->gfn = first + i;
			slot->pte = pte;
			break;
		}
	}
	slot->walked = c->buf;
}

/* A state that the walk has proved wrong would have every packet walk again. */
static __always_inline void read_repair(const struct read_slot *slot,
					struct cw_pte_fmt *fmt,
					struct cw_ev_ring_read *ev)
{
	struct cw_store st = {};
	__u32 lost = 0;

	if (ev->state != CW_PG_SHARED || slot->have_pte != CW_PTE_READ || slot->gfn != ev->gfn ||
	    !cw_pte_agrees(fmt, slot->pte, 0))
		return;
	cw_frame_step(&st, ev->gfn, CW_FR_SEEN_PRIVATE, &lost);
	stat_add(CW_STAT_REPAIRED, 1);
	if (lost)
		loss_add(CW_EV_RING_READ, CW_LOSS_CONTENDED, lost);
}

/* Whether the copy's pages are private: by their state each time, by their PTEs now and then. */
static __always_inline void read_look(struct read_slot *slot, struct cw_kern *kern,
				      struct cw_pte_fmt *fmt, struct read_ctx *c,
				      struct cw_ev_ring_read *ev)
{
	ev->have_pte = CW_PTE_UNREAD;
	ev->buf_pages = ((c->buf & (CW_PAGE_SIZE - 1)) + ev->buf_bytes + CW_PAGE_SIZE - 1) >>
			CW_PAGE_SHIFT;
	if (!kern || c->buf < kern->page_offset || ev->buf_pages > READ_PAGES_MAX)
		return;
	read_state(ev, (c->buf - kern->page_offset) >> CW_PAGE_SHIFT);
	if (cfg_no_bit) {
		ev->have_pte = CW_PTE_MUTE;
		return;
	}
	if (slot->walked != c->buf || ++slot->age >= READ_WALK_EVERY ||
	    ev->state != CW_PG_PRIVATE) {
		read_walk(slot, kern, fmt, c, ev);
		read_repair(slot, fmt, ev);
	}
	ev->gfn = slot->gfn;
	ev->pte = slot->pte;
	ev->have_pte = slot->have_pte;
	ev->pte_age = slot->age;
}

static __always_inline void read_packet(struct cw_ev_ring_read *ev, __u64 desc, __u64 buf)
{
	struct ring_packet pkt;

	ev->flags |= CW_RING_RETURNED;
	if (desc == buf)
		ev->flags |= CW_RING_COPY;
	if (bpf_probe_read_kernel(&pkt, sizeof(pkt), (void *)desc))
		return;
	ev->pkt_type = pkt.type;
	ev->pkt_bytes = (__u32)pkt.len8 << 3;
	ev->pkt_offset = (__u32)pkt.offset8 << 3;
	ev->flags |= CW_RING_HEADER;
}

/* What the driver got, and the host's index on exit. */
static __always_inline void read_judge(struct read_slot *slot, struct read_ctx *c,
				       struct cw_ev_ring_read *ev, __u64 desc)
{
	struct cw_kern *kern = kern_get();
	struct cw_pte_fmt fmt = {};
	struct ring_indices indices;

	if (c->ring && !ring_indices_read(&indices, c->ring)) {
		ev->write_after = indices.write;
		ev->flags |= CW_RING_AFTER;
	}
	if (kern)
		fmt_fill(kern, &fmt);
	if (desc)
		read_packet(ev, desc, c->buf);
	if (ev->flags & CW_RING_COPY)
		read_look(slot, kern, &fmt, c, ev);
	cw_step_ring_read(&fmt, ev, &c->s->out);
	out_count(&c->s->out);
}

#endif
