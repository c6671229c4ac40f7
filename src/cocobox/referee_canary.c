// SPDX-License-Identifier: GPL-2.0-only
/* Looks for canaries in what the host can see.  Guest memory changes meanwhile: what is found is
 * copied and looked at again, and no byte of it but the planter's id is ever printed.
 */
#include "referee_impl.h"

#include <string.h>

#include "referee_canary.h"

#define TICK_FRAMES	1024	/* some 6 ms under software emulation, with the lock held */

/* The first visible frame of [gfn, end), or end; in whole words where none is. */
static __u64 next_visible(const struct cw_mem *mem, __u64 gfn, __u64 end)
{
	while (gfn < end && !cw_mem_is_visible(mem, gfn)) {
		if (!__atomic_load_n(&mem->visible[gfn / 64], __ATOMIC_RELAXED))
			gfn |= 63;
		gfn++;
	}
	return gfn < end ? gfn : end;
}

/* Ends at the hole too: no frame there has its bit set. */
static __u64 run_end(const struct cw_mem *mem, __u64 gfn, __u64 end)
{
	while (gfn < end && cw_mem_is_visible(mem, gfn))
		gfn++;
	return gfn;
}

static bool is_new(struct cw_referee *r, __u64 gfn, __u64 id)
{
	unsigned int i;

	for (i = 0; i < r->nr_canaries; i++) {
		if (r->canary[i].gfn == gfn && r->canary[i].id == id)
			return false;
	}
	if (r->nr_canaries == CW_CANARIES_MAX) {
		r->canaries_full = true;
		return false;
	}
	r->canary[r->nr_canaries++] = (struct cw_canary_seen){ gfn, id };
	return true;
}

static bool search_run(struct cw_referee *r, __u64 gfn, __u64 end)
{
	const struct cw_mem *mem = &r->box->mem;
	/* one that begins in the last bytes of this run ends in the next frame */
	__u64 more = cw_mem_is_visible(mem, end) ? CW_CANARY_BYTES - 1 : 0;
	__u64 len = ((end - gfn) << CW_PAGE_SHIFT) + more, at[2], offset;
	const __u8 *base = cw_mem_at(mem, gfn << CW_PAGE_SHIFT, len), *pos = base;
	bool found = false;

	if (!base)
		return false;
	while ((pos = memmem(pos, base + len - pos, &r->canary_magic, CW_CANARY_MAGIC_BYTES))) {
		offset = pos++ - base;
		if (len - offset < CW_CANARY_BYTES)
			break;
		memcpy(at, base + offset, sizeof(at));
		if (at[0] != r->canary_magic || !is_new(r, gfn + (offset >> CW_PAGE_SHIFT), at[1]))
			continue;
		cw_out_canary(r, gfn + (offset >> CW_PAGE_SHIFT), offset % CW_PAGE_SIZE, at[1]);
		found = true;
	}
	return found;
}

bool cw_canary_search(struct cw_referee *r, __u64 gfn, __u64 nr)
{
	const struct cw_mem *mem = &r->box->mem;
	__u64 end = gfn + nr, stop;
	bool found = false;

	if (!r->canary_magic)
		r->canary_magic = cw_canary_magic();
	while ((gfn = next_visible(mem, gfn, end)) < end) {
		stop = run_end(mem, gfn, end);
		found |= search_run(r, gfn, stop);
		gfn = stop;
	}
	return found;
}

bool cw_canary_tick(struct cw_referee *r)
{
	const struct cw_mem *mem = &r->box->mem;
	__u64 budget = TICK_FRAMES, gfn = r->canary_next, stop;
	bool found = false;

	while (budget) {
		gfn = next_visible(mem, gfn, mem->nr_gfns);
		if (gfn >= mem->nr_gfns) {
			gfn = 0;
			break;
		}
		stop = run_end(mem, gfn, gfn + budget);
		found |= cw_canary_search(r, gfn, stop - gfn);
		budget -= stop - gfn;
		gfn = stop;
	}
	r->canary_next = gfn;
	return found;
}
