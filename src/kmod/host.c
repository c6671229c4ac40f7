// SPDX-License-Identifier: GPL-2.0-only
/* The emulated hypervisor: a visibility table of its own, hypercalls that verify what they are
 * told, and accesses to guest memory through a view of its own, each checked against the table.
 */
#include <linux/limits.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/xarray.h>

#include "cocovm.h"

/* TLFS, "Hypercall Inputs" and "Hypercall Outputs" */
#define CONTROL_CODE(control)		((u32)((control) & 0xffff))
#define CONTROL_REP_COUNT(control)	((u32)((control) >> 32 & 0xfff))
#define CONTROL_REP_START(control)	((u32)((control) >> 48 & 0xfff))
#define CONTROL_UNUSED			(~(0xffffULL | 0xfffULL << 32 | 0xfffULL << 48))
#define RESULT(status, reps)		((u64)(status) | (u64)(reps) << 32)

#define PARTITION_SELF	U64_MAX
#define STUTTER_REPS	100	/* done at a time under CW_HOST_STUTTER */

/* Frame to visibility; what is not in it is no memory of the guest. */
static DEFINE_XARRAY(visibility);

int cw_host_add(u64 gfn)
{
	return xa_insert(&visibility, gfn, xa_mk_value(CW_HV_NOT_VISIBLE), GFP_KERNEL);
}

void cw_host_del(u64 gfn)
{
	xa_erase(&visibility, gfn);
}

void cw_host_exit(void)
{
	xa_destroy(&visibility);
}

static u64 host_bad(u32 status, u32 reps)
{
	atomic64_inc(&cw_counters.host_bad);
	return RESULT(status, reps);
}

/* How far the orders let this call go. */
static u32 host_limit(u32 start, u32 count, enum cw_host_orders orders)
{
	switch (orders) {
	case CW_HOST_PART:
		return min(count, max(start, count / 2));
	case CW_HOST_STUTTER:
		return min(count, start + STUTTER_REPS);
	default:
		return count;
	}
}

static bool host_set(u64 gfn, u32 vis)
{
	/* replacing an entry needs no memory */
	return xa_load(&visibility, gfn) &&
	       !xa_is_err(xa_store(&visibility, gfn, xa_mk_value(vis), GFP_NOWAIT));
}

u64 cw_host_hypercall(u64 control, const struct cw_hv_list *input, enum cw_host_orders orders)
{
	u32 i = CONTROL_REP_START(control), count = CONTROL_REP_COUNT(control), limit;

	atomic64_inc(&cw_counters.hypercalls);
	if (CONTROL_CODE(control) != CW_HVCALL_VISIBILITY)
		return host_bad(CW_HV_INVALID_CODE, 0);
	if ((control & CONTROL_UNUSED) || !count || count > CW_HV_LIST_MAX || i >= count)
		return host_bad(CW_HV_INVALID_INPUT, 0);
	if (input->partition_id != PARTITION_SELF || input->reserved ||
	    (input->visibility != CW_HV_NOT_VISIBLE && input->visibility != CW_HV_READ_WRITE))
		return host_bad(CW_HV_INVALID_PARAMETER, 0);
	if (orders == CW_HOST_REFUSE) {
		atomic64_inc(&cw_counters.host_refused);
		return RESULT(CW_HV_ACCESS_DENIED, 0);
	}
	limit = host_limit(i, count, orders);
	for (; i < limit; i++)
		if (!host_set(input->gfn[i], input->visibility))
			return host_bad(CW_HV_INVALID_PARAMETER, i);
	if (orders != CW_HOST_PART || limit == count)
		return RESULT(CW_HV_SUCCESS, limit);
	atomic64_inc(&cw_counters.host_refused);
	return RESULT(CW_HV_TIMEOUT, limit);
}

int cw_host_read(struct page **pages, u32 nr, u64 *words)
{
	void *view;
	u32 i;

	for (i = 0; i < nr; i++)
		if (xa_load(&visibility, page_to_pfn(pages[i])) != xa_mk_value(CW_HV_READ_WRITE))
			return -EACCES;
	view = vmap(pages, nr, VM_MAP, PAGE_KERNEL);
	if (!view)
		return -ENOMEM;
	for (i = 0; i < nr; i++)
		words[i] = *(u64 *)(view + PAGE_SIZE * i);
	vunmap(view);
	return 0;
}
