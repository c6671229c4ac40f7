/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Frames that are named to the host: the state of each, and the direct-map PTE of
 * those that it does not call shared, or of all.  Confirm before accusing; a state that the PTE
 * proves wrong is repaired, but never UNKNOWN, and never where PTEs do not tell.
 */
#ifndef CW_LOOK_BPF_H
#define CW_LOOK_BPF_H

#include "engine.bpf.h"
#include "pagewalk.bpf.h"
#include "range.bpf.h"
#include "watch.bpf.h"

/* 1 once user space has found every page that was shared before the session: from then on a
 * frame whose state is PRIVATE is private, also where no PTE can confirm it.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} cw_all_found SEC(".maps");

/* Lives in the scratch of whoever looks; look_begin() first. */
struct cw_looker {
	struct cw_look look;
	struct cw_pte_fmt fmt;
	__u32 all_found;
	__u32 lost;	/* states that kept changing while they were to be repaired */
	__u32 beyond;	/* frames beyond the state map */
	__u32 walks_all;	/* also what its state calls shared */
	struct cw_chunk chunk;
};

static __always_inline struct cw_kern *look_begin(struct cw_looker *l, bool walks_all)
{
	struct cw_kern *kern = kern_get();
	__u32 key = 0, *found = bpf_map_lookup_elem(&cw_all_found, &key);

	__builtin_memset(&l->look, 0, sizeof(l->look));
	cw_look_init(&l->look);
	l->all_found = found && *found;
	l->lost = 0;
	l->beyond = 0;
	l->walks_all = walks_all;
	l->chunk.tag = 0;
	if (kern)
		fmt_fill(kern, &l->fmt);
	return kern;
}

/* Only from PRIVATE: what a transition does meanwhile is its own to say. */
static __always_inline bool look_repair(__u64 *word, __u64 gfn)
{
	__u64 old = cw_read_once(*word), seen;
	int i;

	for (i = 0; i < CW_CAS_TRIES; i++) {
		if (cw_state_of(old, gfn) != CW_PG_PRIVATE)
			return true;
		seen = __sync_val_compare_and_swap(word, old, cw_state_put(old, gfn, CW_PG_SHARED));
		if (seen == old)
			return true;
		old = seen;
	}
	return false;
}

/* Looks at one frame, number `index` of the list.  A global function: verified once. */
__noinline int cw_look_frame(struct cw_kern *kern, struct cw_looker *l, __u64 gfn, __u32 index)
{
	__u32 state, kind, have_pte = CW_PTE_UNASKED;
	struct cw_store st = {};
	__u64 *word, pte = 0;

	if (!kern || !l)
		return 0;
	word = cw_store_word(&st, gfn);
	if (!word) {
		l->beyond++;
		cw_look_add(&l->look, index, gfn, CW_LOOK_UNTOLD, 0);
		return 0;
	}
	state = cw_state_of(cw_read_once(*word), gfn);
	if (state != CW_PG_SHARED || l->walks_all)
		have_pte = chunk_pte(kern, &l->fmt, &l->chunk,
				     kern->page_offset + (gfn << CW_PAGE_SHIFT), &pte) ?
				   CW_PTE_UNREAD : CW_PTE_READ;
	/* it is then shown, and decides nothing */
	if (cfg_no_bit)
		have_pte = CW_PTE_MUTE;
	kind = cw_look_kind(&l->fmt, state, have_pte, pte, l->all_found);
	cw_look_add(&l->look, index, gfn, kind, pte);
	if (kind != CW_LOOK_REPAIR)
		return 0;
	stat_add(CW_STAT_REPAIRED, 1);
	if (!look_repair(word, gfn))
		l->lost++;
	cw_frame_watch(kern, gfn, 0);
	return 0;
}

/* What could not be looked at counts against the event's rules. */
static __always_inline void look_end(const struct cw_looker *l, __u32 type)
{
	if (l->lost)
		loss_add(type, CW_LOSS_CONTENDED, l->lost);
	if (l->beyond)
		loss_add(type, CW_LOSS_RANGE, l->beyond);
}

#endif
