// SPDX-License-Identifier: GPL-2.0-only
/* Bounce slots: shared memory that data of devices goes through, so that nothing private has to be
 * shared for it.  A slot has one owner, and is given back as it was taken.
 */
#include <linux/bitmap.h>

#include "vmbus.h"

#define POOL_PAGES	(CW_BOUNCE_SLOTS * CW_SLOT_BYTES / PAGE_SIZE)

static u32 slots_for(u32 bytes)
{
	return DIV_ROUND_UP(bytes, CW_SLOT_BYTES);
}

static u8 *slot_at(const struct cw_bounce *b, int slot)
{
	return (u8 *)cw_range_vaddr(b->range) + slot * CW_SLOT_BYTES;
}

static u64 slot_phys(const struct cw_bounce *b, int slot)
{
	u32 at = slot * CW_SLOT_BYTES;

	return PFN_PHYS(cw_range_gfn(b->range, at >> PAGE_SHIFT)) + offset_in_page(at);
}

int cw_bounce_init(struct cw_bounce *b)
{
	struct cw_quirks quirks = {
		.host = b->quirks & CW_GUEST_POOL_HIDDEN ? CW_HOST_REFUSE_TO_SHARED : 0,
	};
	int err;

	b->range = cw_pool_get_more(POOL_PAGES + 1);
	if (IS_ERR(b->range))
		return PTR_ERR(b->range);
	b->pool = *b->range;
	b->pool.nr = POOL_PAGES;
	memset((void *)cw_range_vaddr(b->range), 0, POOL_PAGES * PAGE_SIZE);
	err = cw_transition(&b->pool, true, &quirks);
	return quirks.host ? 0 : err;
}

int cw_bounce_exit(struct cw_bounce *b)
{
	int err = bitmap_empty(b->used, CW_BOUNCE_SLOTS) ? 0 : -EPROTO, pool_err;

	if (IS_ERR_OR_NULL(b->range))
		return 0;
	pool_err = cw_transition(&b->pool, false, NULL);
	if (pool_err) {
		cw_range_withhold(b->range, pool_err);
		cw_range_keep(b->range);
	} else {
		cw_range_put(b->range);
	}
	return cw_first(err, pool_err);
}

int cw_bounce_map(struct cw_bounce *b, u64 dev, const void *from, u32 bytes)
{
	u32 nr = slots_for(bytes), room = nr * CW_SLOT_BYTES;
	bool beyond = b->quirks & CW_GUEST_SLOT_BEYOND;
	unsigned long slot, end = CW_BOUNCE_SLOTS + beyond;

	slot = b->quirks & CW_GUEST_SLOT_TWICE ? 0 :
	       bitmap_find_next_zero_area(b->used, end, beyond ? end - nr : 0, nr, 0);
	if (!nr || slot + nr > end)
		return -ENOSPC;
	bitmap_set(b->used, slot, nr);
	b->slot[slot].dev = dev;
	b->slot[slot].bytes = bytes;
	/* whoever had it before left something */
	memcpy(slot_at(b, slot), from, bytes);
	memset(slot_at(b, slot) + bytes, 0, room - bytes);
	trace_cocovm_bounce_mapped(dev, slot_phys(b, slot), bytes, slot, nr);
	return slot;
}

int cw_bounce_unmap(struct cw_bounce *b, u64 dev, int slot, void *to, u32 bytes)
{
	bool is_owner = b->slot[slot].dev == dev, is_whole = b->slot[slot].bytes == bytes;

	if ((!is_owner && !(b->quirks & CW_GUEST_SLOT_FOREIGN)) ||
	    (!is_whole && !(b->quirks & CW_GUEST_SLOT_SIZE)) ||
	    (!test_bit(slot, b->used) && !(b->quirks & CW_GUEST_SLOT_TWICE)))
		return -EINVAL;
	trace_cocovm_bounce_unmapped(dev, slot_phys(b, slot), bytes, slot, slots_for(bytes));
	if (to)
		memcpy(to, slot_at(b, slot), min(bytes, b->slot[slot].bytes));
	bitmap_clear(b->used, slot, slots_for(b->slot[slot].bytes));
	return 0;
}

void cw_bounce_name(const struct cw_bounce *b, int slot, u32 bytes, struct cw_packet_gpa *gpa)
{
	u32 at = slot * CW_SLOT_BYTES, i;

	gpa->range.len = bytes;
	gpa->range.offset = offset_in_page(at);
	for (i = 0; i < PFN_UP(offset_in_page(at) + bytes); i++)
		gpa->range.pfn_array[i] = cw_range_gfn(b->range, (at >> PAGE_SHIFT) + i);
}
