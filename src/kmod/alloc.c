// SPDX-License-Identifier: GPL-2.0-only
/* All memory that the module takes, and a counter that makes one of these allocations fail. */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "cocovm.h"

static atomic_t fail_in;	/* allocations until the one that fails, it included; 0: none */

void cw_alloc_fail(u32 nth)
{
	atomic_set(&fail_in, nth);
}

bool cw_alloc_fails(void)
{
	/* below 1 it stays where it is */
	if (atomic_dec_if_positive(&fail_in) != 0)
		return false;
	atomic64_inc(&cw_counters.alloc_failed);
	return true;
}

void *cw_zalloc(size_t nr, size_t size)
{
	return cw_alloc_fails() ? NULL : kvcalloc(nr, size, GFP_KERNEL);
}

void *cw_vmap(struct page **pages, u32 nr)
{
	return cw_alloc_fails() ? NULL : vmap(pages, nr, VM_MAP, PAGE_KERNEL);
}
