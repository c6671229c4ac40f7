// SPDX-License-Identifier: GPL-2.0-only
/* The emulated hypervisor: a visibility table of its own, hypercalls that verify what they are
 * told, and accesses to guest memory through a view of its own, each checked against the table.
 * Before it, where the mode has one, the paravisor.
 */
#include <linux/limits.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/xarray.h>

#include <cocowatch/event_share.h>

#include "cocovm.h"
#include "host.h"

/* TLFS, "Hypercall Inputs" and "Hypercall Outputs" */
#define CONTROL_CODE(control)		((u32)((control) & 0xffff))
#define CONTROL_REP_COUNT(control)	((u32)((control) >> 32 & 0xfff))
#define CONTROL_REP_START(control)	((u32)((control) >> 48 & 0xfff))
#define CONTROL_UNUSED			(~(0xffffULL | 0xfffULL << 32 | 0xfffULL << 48))
#define RESULT(status, reps)		((u64)(status) | (u64)(reps) << 32)

/* What the table holds of a frame: its visibility, and whether it is validated (SNP) or accepted
 * (TDX).  What is not in it is no memory of the guest.
 */
#define FRAME_VISIBILITY	3UL
#define FRAME_VALID		4UL
#define FRAME_NONE		8UL
static DEFINE_XARRAY(frames);

static const struct cw_host_vmbus *vmbus;

/* ---- the table ---- */

/* Under vTOM all memory is validated before the guest runs; otherwise the guest does it. */
int cw_host_add(u64 gfn)
{
	void *entry = xa_mk_value(cw_platform.window ? FRAME_VALID : 0);
	int err;

	if (cw_alloc_fails())
		return -ENOMEM;
	err = xa_insert(&frames, gfn, entry, GFP_KERNEL);
	if (!err && !cw_platform.window)
		err = cw_host_validate(gfn, true);
	return err;
}

void cw_host_del(u64 gfn)
{
	xa_erase(&frames, gfn);
}

void cw_host_exit(void)
{
	xa_destroy(&frames);
}

/* Replacing an entry needs no memory. */
static bool frame_store(u64 gfn, unsigned long val)
{
	return !xa_is_err(xa_store(&frames, gfn, xa_mk_value(val), GFP_NOWAIT));
}

static unsigned long frame_get(u64 gfn)
{
	void *entry = xa_load(&frames, gfn);

	return entry ? xa_to_value(entry) : FRAME_NONE;
}

/* Without a paravisor no frame is shared while it is validated. */
static bool frame_set(u64 gfn, u32 visibility)
{
	unsigned long val = frame_get(gfn);

	if (val & FRAME_NONE || (!cw_platform.window && visibility && (val & FRAME_VALID)))
		return false;
	return frame_store(gfn, (val & ~FRAME_VISIBILITY) | visibility);
}

void cw_host_supply(u64 gfn, bool shared)
{
	frame_set(gfn, shared ? VMBUS_PAGE_VISIBLE_READ_WRITE : VMBUS_PAGE_NOT_VISIBLE);
}

bool cw_host_sees(u64 gfn)
{
	return (frame_get(gfn) & FRAME_VISIBILITY) == VMBUS_PAGE_VISIBLE_READ_WRITE;
}

/* A shared page cannot be validated, nor one twice: the instruction says so. */
int cw_host_validate(u64 gfn, bool valid)
{
	unsigned long val = frame_get(gfn);

	if (!(val & (FRAME_NONE | FRAME_VISIBILITY)) && valid == !(val & FRAME_VALID))
		return frame_store(gfn, val ^ FRAME_VALID) ? 0 : -EIO;
	atomic64_inc(&cw_counters.host_bad);
	return -EIO;
}

/* Of a private page, in whatever state it is. */
void cw_host_invalidate(u64 gfn)
{
	if (!(frame_get(gfn) & (FRAME_NONE | FRAME_VISIBILITY)))
		frame_store(gfn, 0);
}

/* ---- hypercalls ---- */

static u64 host_bad(u32 status, u32 reps)
{
	atomic64_inc(&cw_counters.host_bad);
	return RESULT(status, reps);
}

static u64 host_visibility(u64 control, const struct hv_gpa_range_for_visibility *input,
			   enum cw_host_id orders)
{
	u32 i = CONTROL_REP_START(control), count = CONTROL_REP_COUNT(control);
	u32 visibility = input->host_visibility;
	struct cw_host_call call = {
		.visible = visibility, .start = i, .count = count, .done = count, .told = count,
	};

	if ((control & CONTROL_UNUSED) || count > HV_MAX_MODIFY_GPA_REP_COUNT || i >= count)
		return host_bad(HV_STATUS_INVALID_HYPERCALL_INPUT, 0);
	if (input->partition_id != HV_PARTITION_ID_SELF || input->reserved0 || input->reserved1 ||
	    (visibility && visibility != VMBUS_PAGE_VISIBLE_READ_WRITE))
		return host_bad(HV_STATUS_INVALID_PARAMETER, 0);
	cw_host_lie(orders, &call);
	for (; i < call.done; i++)
		if (!frame_set(input->gpa_page_list[i], visibility))
			return host_bad(HV_STATUS_INVALID_PARAMETER, i);
	return RESULT(call.status, call.told);
}

static u64 host_other(u32 code, const void *input, void *output)
{
	const struct cw_host_vmbus *v = READ_ONCE(vmbus);
	u32 status = v && v->other ? v->other(code, input, output) : HV_STATUS_INVALID_HYPERCALL_CODE;

	return status ? host_bad(status, 0) : 0;
}

/* Copied first: what lies in shared memory may change while it is looked at. */
static u64 host_message(const void *input)
{
	const struct cw_host_vmbus *v = READ_ONCE(vmbus);
	struct cw_hv_message message;

	memcpy(&message, input, sizeof(message));
	if (message.payload_bytes > sizeof(message.payload))
		return host_bad(HV_STATUS_INVALID_PARAMETER, 0);
	if (message.connection == CW_CONNECTION_TEST)
		return HV_STATUS_SUCCESS;
	return v && v->message ? v->message(&message) : HV_STATUS_SUCCESS;
}

static u64 host_event(const void *input)
{
	const struct cw_host_vmbus *v = READ_ONCE(vmbus);
	struct cw_hv_event event;

	memcpy(&event, input, sizeof(event));
	if (event.connection == CW_CONNECTION_TEST)
		return HV_STATUS_SUCCESS;
	return v && v->event ? v->event(event.connection, event.flag) : HV_STATUS_SUCCESS;
}

static u64 host_call(u64 control, const void *input, void *output, enum cw_host_id orders)
{
	switch (CONTROL_CODE(control)) {
	case HVCALL_MODIFY_SPARSE_GPA_PAGE_HOST_VISIBILITY:
	case CW_GHCB_PAGE_STATE:
	case CW_TDX_MAP_GPA:
		return host_visibility(control, input, orders);
	case HVCALL_POST_MESSAGE:
		return host_message(input);
	case HVCALL_SIGNAL_EVENT:
		return host_event(input);
	case CW_HVCALL_VP_INDEX:
		/* CPUs have one number for all purposes */
		memcpy(output, input, sizeof(u32));
		return HV_STATUS_SUCCESS;
	default:
		return host_other(CONTROL_CODE(control), input, output);
	}
}

static bool code_is_direct(u32 code)
{
	return code == HVCALL_POST_MESSAGE || code == HVCALL_SIGNAL_EVENT;
}

/* In the guest's domain of trust: it reads the guest's private memory, and asks the hypervisor. */
u64 cw_host_paravisor(u64 control, const void *input, void *output, enum cw_host_id orders)
{
	atomic64_inc(&cw_counters.hypercalls);
	if (code_is_direct(CONTROL_CODE(control)))
		return host_bad(HV_STATUS_ACCESS_DENIED, 0);
	return host_call(control, input, output, orders);
}

/* Reads a page of the guest only where that is shared.  A page state change is told in registers
 * or in the GHCB, which the processor itself shares.
 */
u64 cw_host_hypervisor(u64 control, const void *input, void *output, u32 via,
		       enum cw_host_id orders)
{
	bool memory = cw_platform.paravisor || cw_platform.shares_calls;
	u32 code = CONTROL_CODE(control);
	u64 gfn;

	atomic64_inc(&cw_counters.hypercalls);
	if (code == CW_GHCB_PAGE_STATE || code == CW_TDX_MAP_GPA)
		return host_call(control, input, output, orders);
	if (cw_platform.paravisor && !code_is_direct(code))
		return host_bad(HV_STATUS_ACCESS_DENIED, 0);
	if (memory && (cw_pte_gfn((unsigned long)input & PAGE_MASK, &gfn) ||
		       !cw_host_sees(gfn)))
		return host_bad(HV_STATUS_INVALID_PARAMETER, 0);
	return host_call(control, input, output, orders);
}

bool cw_host_vmbus_is(enum cw_host_id id)
{
	const struct cw_host_vmbus *v = READ_ONCE(vmbus);

	return v && v->is && v->is(id);
}

/* The module's code outlives every call that is under way: they are made with interrupts off. */
void cw_host_set_vmbus(const struct cw_host_vmbus *ops)
{
	WRITE_ONCE(vmbus, ops);
	synchronize_rcu();
}

/* ---- accesses to guest memory ---- */

/* An access of the guest through a shared mapping, to pages that the host knows as private: TDX
 * lets the host convert them then, without having been asked.
 */
int cw_host_touch(unsigned long vaddr, u32 nr)
{
	u64 gfn;
	u32 i;
	int err = 0;

	for (i = 0; i < nr && !err; i++) {
		err = cw_pte_gfn(vaddr + PAGE_SIZE * i, &gfn);
		if (!err && !frame_set(gfn, VMBUS_PAGE_VISIBLE_READ_WRITE))
			err = -EIO;
	}
	return err;
}

/* Through a view of its own. */
int cw_host_access(struct page *page, void *bytes, u32 len, bool write)
{
	void *view;

	if (!cw_host_sees(page_to_pfn(page)))
		return -EACCES;
	view = cw_vmap(&page, 1);
	if (!view)
		return -ENOMEM;
	memcpy(write ? view : bytes, write ? bytes : view, len);
	vunmap(view);
	return 0;
}
