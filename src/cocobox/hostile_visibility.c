// SPDX-License-Identifier: GPL-2.0-only
/* Hosts that answer the visibility hypercall wrong. */
#include "hostile_impl.h"

#include "hyperv.h"

#define LARGE_FRAMES	256
#define NO_STATUS	0xdead
#define REPS_MAX	0xfff	/* the field has 12 bits */

static bool is_due(const struct cw_host *host, struct cw_box *box,
		   const struct cw_visibility_call *call)
{
	bool is_offered = cw_vmbus_next(box, NULL);
	const bool due[] = {
		[CW_WHEN_ALWAYS] = true,
		[CW_WHEN_SINGLE] = call->asked == 1,
		[CW_WHEN_OFFERED] = is_offered,
		[CW_WHEN_LARGE] = is_offered && call->asked >= LARGE_FRAMES,
		[CW_WHEN_TO_SHARED] = call->visible,
		[CW_WHEN_TO_PRIVATE] = !call->visible,
	};

	return due[host->arg] && cw_lie(host, box);
}

static void call_answer(struct cw_visibility_call *call, __u32 done, __u32 told, __u16 status)
{
	if (call->done > done)
		call->done = done;
	call->told = told;
	call->status = status;
}

void cw_lie_refuse(const struct cw_host *host, struct cw_box *box, struct cw_visibility_call *call)
{
	if (is_due(host, box, call))
		call_answer(call, 0, 0, CW_HV_ACCESS_DENIED);
}

void cw_lie_part_told(const struct cw_host *host, struct cw_box *box,
		      struct cw_visibility_call *call)
{
	__u32 half = (call->asked + 1) / 2;

	if (half < call->asked && is_due(host, box, call))
		call_answer(call, half, half, CW_HV_SUCCESS);
}

void cw_lie_part_failed(const struct cw_host *host, struct cw_box *box,
			struct cw_visibility_call *call)
{
	__u32 half = call->asked / 2;

	if (is_due(host, box, call))
		call_answer(call, half, half, CW_HV_INSUFFICIENT_MEMORY);
}

void cw_lie_part_claimed(const struct cw_host *host, struct cw_box *box,
			 struct cw_visibility_call *call)
{
	if (is_due(host, box, call))
		call_answer(call, call->asked / 2, call->asked, CW_HV_SUCCESS);
}

void cw_lie_garbage(const struct cw_host *host, struct cw_box *box, struct cw_visibility_call *call)
{
	if (is_due(host, box, call))
		call_answer(call, call->asked, call->asked, NO_STATUS);
}

void cw_lie_over_told(const struct cw_host *host, struct cw_box *box,
		      struct cw_visibility_call *call)
{
	if (is_due(host, box, call))
		call_answer(call, call->asked, REPS_MAX, CW_HV_SUCCESS);
}

void cw_lie_stall(const struct cw_host *host, struct cw_box *box, struct cw_visibility_call *call)
{
	if (is_due(host, box, call))
		call_answer(call, 0, 0, CW_HV_SUCCESS);
}
