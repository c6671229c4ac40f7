// SPDX-License-Identifier: GPL-2.0-only
/* A walk through the kernel's page tables from outside, as bpf/pagewalk.bpf.h does it inside. */
#include "pagewalk.h"

#include <string.h>

#include <cocowatch/walk.h>

#define ENTRIES	  64	/* read at a time; divides those of a table */
#define TRIES	  4	/* readings of a table that keeps changing */
#define LAST	  12	/* bits below the index of each level, Intel SDM volume 3, "Paging" */
#define LAST_BUT_ONE 21
#define LARGEST	  30	/* largest leaf */
#define TOP_4	  39
#define TOP_5	  48
#define HW_BITS	  0x60ULL	/* accessed and dirty: set by the CPU itself */

/* Entries that lie together, or one that stands for all of them. */
struct run {
	__u64 from;	/* addresses that it is good for; none while end is 0 */
	__u64 end;	/* last of them */
	__u32 shift;	/* above LAST: a large leaf, or nothing */
	__u64 entry[ENTRIES];
};

void cw_pages_init(struct cw_pages *p, const struct cw_kernel *k,
		   const struct cw_mode_state *mode)
{
	__u64 mask = mode->ev.physical_mask ? mode->ev.physical_mask : ~0ULL, l5 = 0;

	memset(p, 0, sizeof(*p));
	p->k = k;
	p->table_mask = mask & CW_PTE_FRAME;
	p->fmt = (struct cw_pte_fmt){
		.shared_mask = mode->shared_mask,
		.frame_mask = p->table_mask & ~mode->shared_mask,
		.set_is_private = mode->set_is_private,
		.no_bit = mode->no_bit,
	};
	if (!k->sym[CW_SYM_init_top_pgt] ||
	    cw_kernel_var(k, CW_SYM_page_offset_base, 8, &p->page_offset))
		return;
	/* a kernel built for four levels has no such variable */
	if (k->sym[CW_SYM___pgtable_l5_enabled] &&
	    cw_kernel_var(k, CW_SYM___pgtable_l5_enabled, 4, &l5))
		return;
	p->top_shift = l5 ? TOP_5 : TOP_4;
}

static void run_span(struct run *r, __u64 va, __u64 span)
{
	r->from = va & ~(span - 1);
	r->end = r->from + (span - 1);
}

/* Descends once.  0; 1: what led to the entries has changed meanwhile; -errno. */
static int run_try(const struct cw_pages *p, __u64 va, struct run *r)
{
	__u64 table = p->k->sym[CW_SYM_init_top_pgt], slot, entry, again;
	__u32 shift;
	int err;

	for (shift = p->top_shift;; shift -= 9) {
		slot = table + (va >> shift & 511) * 8;
		err = cw_kernel_read_num(p->k, slot, 8, &entry);
		if (err)
			return err;
		/* an entry that is neither empty nor present is a leaf taken out of use */
		if (!cw_pte_is_present(entry) || (shift <= LARGEST && (entry & CW_PTE_LARGE))) {
			r->shift = shift;
			r->entry[0] = entry;
			run_span(r, va, 1ULL << shift);
			return 0;
		}
		table = p->page_offset + (entry & p->table_mask);
		if (shift == LAST_BUT_ONE)
			break;
	}
	r->shift = LAST;
	run_span(r, va, (__u64)ENTRIES << LAST);
	err = cw_kernel_read(p->k, table + (r->from >> LAST & 511) * 8, r->entry, sizeof(r->entry));
	if (!err)
		err = cw_kernel_read_num(p->k, slot, 8, &again);
	if (err)
		return err;
	return ((entry ^ again) & ~HW_BITS) != 0;
}

/* Whether the run could be had. */
static bool run_load(const struct cw_pages *p, __u64 va, struct run *r)
{
	int i, ret = 1;

	for (i = 0; i < TRIES && ret > 0; i++)
		ret = run_try(p, va, r);
	if (ret)
		r->end = 0;
	return !ret;
}

void cw_pages_walk(const struct cw_pages *p, __u64 vaddr, __u32 nr_pages, struct cw_walk *walk)
{
	struct run r = { .end = 0 };
	__u64 va = vaddr & ~(CW_PAGE_SIZE - 1), pte;
	__u32 i;

	memset(walk, 0, sizeof(*walk));
	cw_walk_init(walk);
	for (i = 0; i < nr_pages; i++, va += CW_PAGE_SIZE) {
		bool known = r.end && va >= r.from && va <= r.end;

		if (!p->top_shift || (!known && !run_load(p, va, &r))) {
			walk->failed += nr_pages - i;	/* one failure is enough */
			return;
		}
		pte = r.shift == LAST ? r.entry[va >> LAST & (ENTRIES - 1)] :
					cw_leaf_pte(&p->fmt, r.entry[0], r.shift, va);
		cw_walk_see(walk, &p->fmt, i, pte);
	}
}
