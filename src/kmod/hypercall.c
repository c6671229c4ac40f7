// SPDX-License-Identifier: GPL-2.0-only
/* The guest's side of hypercalls: an input and an output page for each CPU, a third one that the
 * hypervisor reads where a paravisor stands before it, and the two ways out.
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include <cocowatch/event_share.h>

#include "cocovm.h"
#include "trace.h"

/* TLFS, "Hypercall Inputs" and "Hypercall Outputs" */
#define CONTROL(code, count, start)	((u64)(code) | (u64)(count) << 32 | (u64)(start) << 48)
#define RESULT_REPS(result)		((u32)((result) >> 32 & 0xfff))

/* what an earlier use left in a page, where a misbehaviour needs some */
#define LEFTOVER	0x5a

static_assert(sizeof(struct cw_hv_list) == PAGE_SIZE);
static_assert(sizeof(struct cw_hv_message) == 256);
static_assert(sizeof(struct cw_hv_event) == 8);

/* Pages of one kind for all CPUs, side by side. */
enum page_kind {
	PAGE_INPUT,
	PAGE_OUTPUT,
	PAGE_DIRECT,	/* GHCB of SNP, message page of TDX: behind a paravisor */
	PAGE_KINDS,
};

static struct cw_area *calls;

static struct cw_range kind_range(enum page_kind first, u32 nr_kinds)
{
	return (struct cw_range){
		.area = calls, .first = first * nr_cpu_ids, .nr = nr_kinds * nr_cpu_ids,
	};
}

/* Of this CPU, which the caller does not leave. */
static void *cpu_page(enum page_kind kind)
{
	return (void *)cw_area_own(calls, kind * nr_cpu_ids + smp_processor_id());
}

/* ---- pages: coco.rst, "Guest communication with Hyper-V" ---- */

/* A GHCB comes shared from the paravisor; whatever else the hypervisor reads the guest shares. */
static int pages_share(bool shared)
{
	struct cw_range range;
	u32 i;

	if (cw_platform.direct == CW_VIA_GHCB) {
		range = kind_range(PAGE_DIRECT, 1);
		for (i = 0; i < range.nr; i++)
			cw_area_supply(calls, range.first + i, shared);
		return 0;
	}
	if (cw_platform.shares_calls)
		range = kind_range(PAGE_INPUT, 2);
	else if (cw_platform.paravisor)
		range = kind_range(PAGE_DIRECT, 1);
	else
		return 0;
	return cw_transition(&range, shared, NULL);
}

int cw_hypercall_init(void)
{
	u32 nr = PAGE_KINDS * nr_cpu_ids;
	struct page **pages = cw_zalloc(nr, sizeof(*pages));
	int err;

	if (!pages)
		return -ENOMEM;
	err = cw_pages_alloc(pages, nr, 0);
	if (err)
		goto err_array;
	calls = cw_area_new(pages, nr, false);
	if (IS_ERR(calls)) {
		err = PTR_ERR(calls);
		calls = NULL;
		cw_pages_free(pages, nr);
		goto err_array;
	}
	err = cw_platform.native ? 0 : pages_share(true);
	if (err)
		cw_hypercall_exit();
	return err;
err_array:
	kvfree(pages);
	return err;
}

/* No other transition is under way any more.  The area gives its pages back as it found them. */
void cw_hypercall_exit(void)
{
	struct page **pages = calls->pages;
	u32 nr = calls->nr;

	if (!cw_platform.native)
		pages_share(false);
	cw_area_free(calls);
	calls = NULL;
	cw_pages_free(pages, nr);
	kvfree(pages);
}

/* ---- the two ways out: coco.rst, "Hyper-V Hypercalls" ---- */

/* Post-message and signal-event are for the hypervisor, past a paravisor; all others trap to the
 * paravisor, which may hand them on.
 */
static enum cw_route route_of(u16 code, u32 miscall)
{
	bool direct = code == CW_HVCALL_POST_MESSAGE || code == CW_HVCALL_SIGNAL_EVENT;

	return direct == !(miscall & CW_MISCALL_ROUTE) ? CW_ROUTE_HYPERVISOR : CW_ROUTE_PARAVISOR;
}

/* The input is in a page that is this CPU's for now, and interrupts are off.  Past a paravisor
 * only what is copied into the direct page reaches the hypervisor.
 */
static u64 call_make(u64 control, void *input, u32 bytes, enum cw_route route,
		     enum cw_host_id orders)
{
	void *output = cpu_page(PAGE_OUTPUT);

	if (cw_platform.paravisor && route == CW_ROUTE_PARAVISOR) {
		trace_cocovm_paravisor_call(control, (unsigned long)input, bytes);
		return cw_host_paravisor(control, input, output, orders);
	}
	if (cw_platform.paravisor)
		input = memcpy(cpu_page(PAGE_DIRECT), input, bytes);
	trace_cocovm_hypervisor_call(control, (unsigned long)input, bytes, cw_platform.direct,
				     cw_platform.paravisor);
	return cw_host_hypervisor(control, input, output, cw_platform.direct, orders);
}

static int call_errno(u64 result)
{
	switch (CW_HV_STATUS(result)) {
	case CW_HV_SUCCESS:
		return 0;
	case CW_HV_INVALID_CODE:
		return -EOPNOTSUPP;
	case CW_HV_ACCESS_DENIED:
		return -EACCES;
	case CW_HV_TIMEOUT:
		return -ETIME;
	default:
		return -EINVAL;
	}
}

int cw_hypercall(u16 code, const void *input, u32 bytes, void *output, u32 output_bytes,
		 u32 miscall)
{
	unsigned long flags;
	u64 result;

	if (bytes > PAGE_SIZE || output_bytes > PAGE_SIZE)
		return -EMSGSIZE;
	local_irq_save(flags);
	result = call_make(code, memcpy(cpu_page(PAGE_INPUT), input, bytes), bytes,
			   route_of(code, miscall), CW_HOST_HONEST);
	if (output && CW_HV_STATUS(result) == CW_HV_SUCCESS)
		memcpy(output, cpu_page(PAGE_OUTPUT), output_bytes);
	local_irq_restore(flags);
	return call_errno(result);
}

int cw_hypercall_from(void *page, u16 code, const void *input, u32 bytes)
{
	unsigned long flags;
	u64 result;

	local_irq_save(flags);
	result = call_make(code, memcpy(page, input, bytes), bytes, route_of(code, 0),
			   CW_HOST_HONEST);
	local_irq_restore(flags);
	return call_errno(result);
}

/* All 256 bytes are handed over, so all of them are written. */
int cw_hypercall_post_message(u32 connection, u32 type, const void *payload, u32 bytes,
			      u32 miscall)
{
	struct cw_hv_message *message;
	unsigned long flags;
	u64 result;

	if (bytes > sizeof(message->payload))
		return -EMSGSIZE;
	local_irq_save(flags);
	message = cpu_page(PAGE_INPUT);
	memset(message, miscall & CW_MISCALL_TAIL ? LEFTOVER : 0, sizeof(*message));
	message->connection = connection;
	message->reserved = miscall & CW_MISCALL_RESERVED ? LEFTOVER : 0;
	message->type = type;
	message->payload_bytes = bytes;
	memcpy(message->payload, payload, bytes);
	result = call_make(CW_HVCALL_POST_MESSAGE, message, sizeof(*message),
			   route_of(CW_HVCALL_POST_MESSAGE, miscall), CW_HOST_HONEST);
	local_irq_restore(flags);
	return call_errno(result);
}

int cw_hypercall_signal_event(u32 connection, u16 flag, u32 miscall)
{
	struct cw_hv_event event = {
		.connection = connection,
		.flag = flag,
		.reserved = miscall & CW_MISCALL_RESERVED ? LEFTOVER : 0,
	};

	return cw_hypercall(CW_HVCALL_SIGNAL_EVENT, &event, sizeof(event), NULL, 0, miscall);
}

/* ---- what becomes of pages ---- */

/* Without a paravisor these are no hypercalls, but go the same way. */
static u16 visibility_code(void)
{
	switch (cw_platform.callbacks) {
	case CW_CALLBACKS_AMD:
		return CW_GHCB_PAGE_STATE;
	case CW_CALLBACKS_TDX:
		return CW_TDX_MAP_GPA;
	default:
		return CW_HVCALL_VISIBILITY;
	}
}

/* Repetitions done in total; *status says why they end. */
static u32 list_repeat(struct cw_hv_list *input, u32 count, const struct cw_quirks *quirks,
		       u32 *status)
{
	enum cw_route route = route_of(CW_HVCALL_VISIBILITY,
				       quirks->flags & CW_QUIRK_ROUTE ? CW_MISCALL_ROUTE : 0);
	u32 done = 0, before, bytes = offsetof(struct cw_hv_list, gfn[count]);
	u64 result;

	do {
		before = done;
		result = call_make(CONTROL(visibility_code(), count, done), input, bytes, route,
				   quirks->host);
		done = min(RESULT_REPS(result), count);
		*status = CW_HV_STATUS(result);
	} while (*status == CW_HV_SUCCESS && done < count && done > before);
	return done;
}

/* Frames as the PTEs have them: some are not present, but lose nothing by it. */
static int frames_fill(u64 *frames, unsigned long vaddr, u32 first, u32 count,
		       const struct cw_quirks *quirks)
{
	u32 i;
	int err;

	for (i = 0; i < count; i++) {
		err = cw_pte_gfn(vaddr + PAGE_SIZE * (first + i), &frames[i]);
		if (err)
			return err;
		if (first + i != quirks->page)
			continue;
		if (quirks->flags & CW_QUIRK_WRONG_FRAME)
			frames[i] = quirks->gfn;
		/* in a type that is too narrow for it */
		if (quirks->flags & CW_QUIRK_NARROW_FRAME)
			frames[i] = (u8)frames[i];
	}
	return 0;
}

static int batch_tell(const u64 *frames, unsigned long vaddr, u32 first, u32 count,
		      bool to_shared, const struct cw_quirks *quirks)
{
	struct cw_hv_list *input;
	unsigned long flags;
	u32 reps, status;

	local_irq_save(flags);
	input = cpu_page(PAGE_INPUT);
	input->partition_id = U64_MAX;
	input->visibility = to_shared ? CW_HV_READ_WRITE : CW_HV_NOT_VISIBLE;
	input->reserved = quirks->flags & CW_QUIRK_RESERVED ? LEFTOVER : 0;
	memcpy(input->gfn, frames, sizeof(*frames) * count);
	trace_cocovm_host_call(vaddr, (unsigned long)input, first, count, visibility_code());
	reps = list_repeat(input, count, quirks, &status);
	trace_cocovm_host_answer(vaddr, first, count, reps, status);
	local_irq_restore(flags);
	return status != CW_HV_SUCCESS || reps < count ? -EFAULT : 0;
}

/* The first batch that fails ends it; those before stay converted. */
int cw_hypercall_visibility(unsigned long vaddr, u32 nr, bool to_shared,
			    const struct cw_quirks *quirks)
{
	u64 *frames = cw_zalloc(CW_HV_LIST_MAX, sizeof(*frames));
	u32 first, count;
	int err = 0;

	if (!frames)
		return -ENOMEM;
	for (first = 0; first < nr && !err; first += count) {
		count = min_t(u32, nr - first, CW_HV_LIST_MAX);
		err = frames_fill(frames, vaddr, first, count, quirks);
		if (!err)
			err = batch_tell(frames, vaddr, first, count, to_shared, quirks);
	}
	kvfree(frames);
	return err;
}
