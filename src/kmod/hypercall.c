// SPDX-License-Identifier: GPL-2.0-only
/* The guest's side of hypercalls: an input and an output page for each CPU, a third one that the
 * hypervisor reads where a paravisor stands before it, and the two ways out.
 */
#include <linux/irqflags.h>
#include <linux/smp.h>

#include <cocowatch/event_share.h>

#include "cocovm.h"
#include "trace.h"

/* TLFS, "Hypercall Inputs" and "Hypercall Outputs" */
#define CONTROL(code, count, start)	((u64)(code) | (u64)(count) << 32 | (u64)(start) << 48)
#define RESULT_STATUS(result)		((u32)((result) & 0xffff))
#define RESULT_REPS(result)		((u32)((result) >> 32 & 0xfff))

/* what an earlier use left in a page, where a misbehaviour needs some */
#define LEFTOVER	0x5a

static_assert(sizeof(struct hv_gpa_range_for_visibility) == PAGE_SIZE);
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
	int err;

	calls = cw_area_new(PAGE_KINDS * nr_cpu_ids, 0, NULL);
	if (IS_ERR(calls))
		return PTR_ERR(calls);
	err = cw_platform.native ? 0 : pages_share(true);
	if (err)
		cw_hypercall_exit();
	return err;
}

/* No other transition is under way any more.  The area gives its pages back as it found them. */
void cw_hypercall_exit(void)
{
	if (!cw_platform.native)
		pages_share(false);
	cw_area_free(calls);
}

/* ---- the two ways out: coco.rst, "Hyper-V Hypercalls" ---- */

/* Post-message and signal-event are for the hypervisor, past a paravisor; all others trap to the
 * paravisor, which may hand them on.
 */
static bool goes_past(u16 code, bool misrouted)
{
	bool direct = code == HVCALL_POST_MESSAGE || code == HVCALL_SIGNAL_EVENT;

	return direct != misrouted;
}

/* The input is in a page that is this CPU's for now, and interrupts are off.  Past a paravisor
 * only what is copied into the direct page reaches the hypervisor.
 */
static u64 call_make(u64 control, void *input, u32 bytes, bool past, enum cw_host_id orders)
{
	void *output = cpu_page(PAGE_OUTPUT);

	if (cw_platform.paravisor && !past) {
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
	switch (RESULT_STATUS(result)) {
	case HV_STATUS_SUCCESS:
		return 0;
	case HV_STATUS_INVALID_HYPERCALL_CODE:
		return -EOPNOTSUPP;
	case HV_STATUS_ACCESS_DENIED:
		return -EACCES;
	case CW_HV_TIMEOUT:
		return -ETIME;
	default:
		return -EINVAL;
	}
}

/* From an input page of the caller's own, or NULL for this CPU's. */
static int call_from(void *page, u16 code, const void *input, u32 bytes, void *output,
		     u32 output_bytes, u32 quirks)
{
	unsigned long flags;
	u64 result;

	if (bytes > PAGE_SIZE || output_bytes > PAGE_SIZE)
		return -EMSGSIZE;
	local_irq_save(flags);
	result = call_make(code, memcpy(page ?: cpu_page(PAGE_INPUT), input, bytes), bytes,
			   goes_past(code, quirks & CW_QUIRK_ROUTE), CW_HOST_HONEST);
	if (output && RESULT_STATUS(result) == HV_STATUS_SUCCESS)
		memcpy(output, cpu_page(PAGE_OUTPUT), output_bytes);
	local_irq_restore(flags);
	return call_errno(result);
}

int cw_hypercall(u16 code, const void *input, u32 bytes, void *output, u32 output_bytes,
		 u32 quirks)
{
	return call_from(NULL, code, input, bytes, output, output_bytes, quirks);
}

int cw_hypercall_from(void *page, u16 code, const void *input, u32 bytes)
{
	return call_from(page, code, input, bytes, NULL, 0, 0);
}

/* All 256 bytes are handed over, so all of them are written. */
int cw_hypercall_post_message(u32 connection, u32 type, const void *payload, u32 bytes,
			      u32 quirks)
{
	struct cw_hv_message message;

	if (bytes > sizeof(message.payload))
		return -EMSGSIZE;
	memset(&message, quirks & CW_QUIRK_TAIL ? LEFTOVER : 0, sizeof(message));
	message.connection = connection;
	message.reserved = quirks & CW_QUIRK_RESERVED ? LEFTOVER : 0;
	message.type = type;
	message.payload_bytes = bytes;
	memcpy(message.payload, payload, bytes);
	return cw_hypercall(HVCALL_POST_MESSAGE, &message, sizeof(message), NULL, 0, quirks);
}

int cw_hypercall_signal_event(u32 connection, u16 flag, u32 quirks)
{
	struct cw_hv_event event = {
		.connection = connection,
		.flag = flag,
		.reserved = quirks & CW_QUIRK_RESERVED ? LEFTOVER : 0,
	};

	return cw_hypercall(HVCALL_SIGNAL_EVENT, &event, sizeof(event), NULL, 0, quirks);
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
		return HVCALL_MODIFY_SPARSE_GPA_PAGE_HOST_VISIBILITY;
	}
}

/* Repetitions done in total; *status says why they end. */
static u32 list_repeat(struct hv_gpa_range_for_visibility *input, u32 count,
		       const struct cw_quirks *quirks, u32 *status)
{
	u32 bytes = offsetof(typeof(*input), gpa_page_list[count]), done = 0, before;
	bool past = goes_past(visibility_code(), quirks->flags & CW_QUIRK_ROUTE);
	u64 result;

	do {
		before = done;
		result = call_make(CONTROL(visibility_code(), count, done), input, bytes, past,
				   quirks->host);
		done = min(RESULT_REPS(result), count);
		*status = RESULT_STATUS(result);
	} while (*status == HV_STATUS_SUCCESS && done < count && done > before);
	return done;
}

/* Frames as the PTEs have them: some are not present, but lose nothing by it. */
static int frames_fill(u64 *frames, unsigned long vaddr, u32 first, u32 count,
		       const struct cw_quirks *quirks)
{
	u32 i;
	int err = 0;

	for (i = 0; i < count && !err; i++) {
		err = cw_pte_gfn(vaddr + PAGE_SIZE * (first + i), &frames[i]);
		if (first + i != quirks->page)
			continue;
		if (quirks->flags & CW_QUIRK_WRONG_FRAME)
			frames[i] = quirks->gfn;
		/* in a type that is too narrow for it */
		if (quirks->flags & CW_QUIRK_NARROW_FRAME)
			frames[i] = (u8)frames[i];
	}
	return err;
}

static int batch_tell(unsigned long vaddr, u32 first, u32 count, bool to_shared,
		      const struct cw_quirks *quirks)
{
	struct hv_gpa_range_for_visibility *input;
	unsigned long flags;
	u32 reps, status;
	int err;

	local_irq_save(flags);
	input = cpu_page(PAGE_INPUT);
	memset(input, 0, offsetof(typeof(*input), gpa_page_list));
	input->partition_id = HV_PARTITION_ID_SELF;
	input->host_visibility = to_shared ? VMBUS_PAGE_VISIBLE_READ_WRITE : VMBUS_PAGE_NOT_VISIBLE;
	input->reserved1 = quirks->flags & CW_QUIRK_RESERVED ? LEFTOVER : 0;
	err = frames_fill(input->gpa_page_list, vaddr, first, count, quirks);
	if (err)
		goto out_irq;
	trace_cocovm_host_call(vaddr, (unsigned long)input, first, count, visibility_code());
	reps = list_repeat(input, count, quirks, &status);
	trace_cocovm_host_answer(vaddr, first, count, reps, status);
	err = status != HV_STATUS_SUCCESS || reps < count ? -EFAULT : 0;
out_irq:
	local_irq_restore(flags);
	return err;
}

/* The first batch that fails ends it; those before stay converted. */
int cw_hypercall_visibility(unsigned long vaddr, u32 nr, bool to_shared,
			    const struct cw_quirks *quirks)
{
	u32 first, max = HV_MAX_MODIFY_GPA_REP_COUNT;
	int err = 0;

	for (first = 0; first < nr && !err; first += max)
		err = batch_tell(vaddr, first, min(nr - first, max), to_shared, quirks);
	return err;
}
