// SPDX-License-Identifier: GPL-2.0-only
/* Hypercalls (TLFS; codes and structures in include/hyperv/hvgdk_mini.h and hvhdk.h), one row each.
 */
#include <stddef.h>
#include <string.h>

#include "box.h"
#include "bytes.h"
#include "dev.h"
#include "hostile.h"
#include "hyperv.h"
#include "referee.h"
#include "synic.h"
#include "util.h"
#include "vmbus.h"

#define CALL_CODE(c)	((__u16)(c))
#define CALL_FAST	(1ULL << 16)
#define CALL_REPS(c)	((__u32)((c) >> 32 & 0xfff))
#define CALL_START(c)	((__u32)((c) >> 48 & 0xfff))
#define RESULT(status, reps) ((__u64)(status) | (__u64)(reps) << 32)

#define INPUT_MAX	CW_PAGE_SIZE

struct row {
	__u16 code;
	__u16 input;	/* bytes before a list */
	__u16 element;	/* bytes of one repetition; 0: no rep call */
	bool fast;	/* may come with its input in registers */
	__u64 (*run)(struct cw_box *box, const struct cw_hypercall *call, const __u8 *input);
};

/* ---- visibility (struct hv_gpa_range_for_visibility) ---- */

#define VISIBILITY_INPUT	16
#define VISIBILITY_MASK		3
#define PARTITION_SELF		(~0ULL)

static bool is_ram(const struct cw_box *box, __u64 gfn)
{
	return gfn < box->mem.nr_gfns && cw_mem_at(&box->mem, gfn << CW_PAGE_SHIFT, CW_PAGE_SIZE);
}

/* Frames of the list from start on that are RAM. */
static __u32 count_valid(const struct cw_box *box, const __u8 *list, __u32 start, __u32 reps)
{
	__u32 i;

	for (i = start; i < reps; i++)
		if (!is_ram(box, cw_get64(list + i * 8)))
			break;
	return i - start;
}

/* Neighbours go together: a conversion of many frames is one step for the referee.  Returns how
 * many were converted. */
static __u32 convert(struct cw_box *box, const __u8 *list, __u32 start, __u32 nr, bool visible)
{
	__u32 i = 0, run;

	while (i < nr) {
		__u64 gfn = cw_get64(list + (start + i) * 8);

		for (run = 1; i + run < nr && cw_get64(list + (start + i + run) * 8) == gfn + run;
		     run++)
			;
		if (cw_referee_convert(box, gfn, run, visible))
			break;
		i += run;
	}
	return i;
}

static __u64 run_visibility(struct cw_box *box, const struct cw_hypercall *call, const __u8 *input)
{
	const __u8 *list = input + VISIBILITY_INPUT;
	__u32 reps = CALL_REPS(call->control), start = CALL_START(call->control);
	struct cw_visibility_call v = {
		.visible = cw_get32(input + 8) & VISIBILITY_MASK,
		.asked = reps - start,
	};
	__u32 wanted;

	if (cw_get64(input) != PARTITION_SELF || cw_get32(input + 8) & ~VISIBILITY_MASK ||
	    cw_get32(input + 12))
		return RESULT(CW_HV_INVALID_PARAMETER, 0);
	v.done = v.told = count_valid(box, list, start, reps);
	v.status = v.done == v.asked ? CW_HV_SUCCESS : CW_HV_INVALID_PARAMETER;
	if (box->host->visibility)
		box->host->visibility(box->host, box, &v);
	wanted = v.done < v.asked ? v.done : v.asked;
	v.done = convert(box, list, start, wanted, v.visible);
	if (v.done < wanted) {
		v.told = v.done;
		v.status = CW_HV_INSUFFICIENT_MEMORY;
	}
	cw_referee_call(box, v.visible, v.asked, v.done, v.status);
	return RESULT(v.status, (start + v.told) & 0xfff);
}

/* ---- VMBus (struct hv_input_post_message, hv_input_signal_event) ---- */

static __u64 run_post_message(struct cw_box *box, const struct cw_hypercall *call,
			      const __u8 *input)
{
	__u32 len = cw_get32(input + 12);

	(void)call;
	if (len > CW_MESSAGE_PAYLOAD_MAX)
		return CW_HV_INVALID_PARAMETER;
	return cw_vmbus_post_message(box, cw_get32(input), cw_get32(input + 8), input + 16, len);
}

static __u64 run_signal_event(struct cw_box *box, const struct cw_hypercall *call,
			      const __u8 *input)
{
	(void)call;
	return cw_vmbus_signal_event(box, cw_get32(input), (__u16)cw_get32(input + 4));
}

/* ---- PCI (struct hv_mmio_read_input, hv_mmio_write_input; hv_retarget_device_interrupt) ---- */

static __u64 run_mmio_read(struct cw_box *box, const struct cw_hypercall *call, const __u8 *input)
{
	__u64 value = ~0ULL;
	__u16 status;
	__u8 *out;

	/* through the GHCB it is the host that answers, and private memory is not its to write */
	if (call->side == CW_SIDE_HOST)
		out = cw_mem_visible_at(&box->mem, call->output, 64);
	else
		out = cw_mem_at(&box->mem, call->output, 64);
	if (!out)
		return CW_HV_INVALID_PARAMETER;
	status = cw_dev_pci_mmio(box, cw_get64(input), cw_get32(input + 8), false, &value);
	if (!status)
		memcpy(out, &value, sizeof(value));
	return status;
}

static __u64 run_mmio_write(struct cw_box *box, const struct cw_hypercall *call, const __u8 *input)
{
	__u64 value = cw_get64(input + 16);

	(void)call;
	return cw_dev_pci_mmio(box, cw_get64(input), cw_get32(input + 8), true, &value);
}

/* MSIs go where the guest's message address says, so there is nothing to do. */
static __u64 run_retarget(struct cw_box *box, const struct cw_hypercall *call, const __u8 *input)
{
	(void)box;
	(void)call;
	(void)input;
	return CW_HV_SUCCESS;
}

static const struct row rows[] = {
	{ 0x005c, 256, 0, false, run_post_message },
	{ 0x005d, 8, 0, true, run_signal_event },
	{ 0x007e, 64, 0, false, run_retarget },
	{ 0x00db, VISIBILITY_INPUT, 8, false, run_visibility },
	{ 0x0106, 16, 0, false, run_mmio_read },
	{ 0x0107, 80, 0, false, run_mmio_write },
};

/* Fetches the input into buf, as the call brings it: GHCB, registers or memory within one page. */
static __u16 fetch_input(struct cw_box *box, const struct cw_hypercall *call, const struct row *row,
			 __u32 len, __u8 *buf)
{
	const void *from;

	if (call->data) {
		if (len > call->data_len)
			return CW_HV_INVALID_INPUT;
		memcpy(buf, call->data, len);
		return CW_HV_SUCCESS;
	}
	if (call->control & CALL_FAST) {
		if (!row->fast || len > 16)
			return CW_HV_INVALID_INPUT;
		memcpy(buf, &call->input, 8);
		memcpy(buf + 8, &call->output, 8);
		return CW_HV_SUCCESS;
	}
	if (call->input & 7)
		return CW_HV_INVALID_ALIGNMENT;
	from = (call->input & (CW_PAGE_SIZE - 1)) + len <= CW_PAGE_SIZE
		       ? cw_mem_at(&box->mem, call->input, len)
		       : NULL;
	if (!from)
		return CW_HV_INVALID_PARAMETER;
	memcpy(buf, from, len);
	return CW_HV_SUCCESS;
}

static __u64 run_row(struct cw_box *box, const struct cw_hypercall *call, const struct row *row)
{
	__u32 reps = CALL_REPS(call->control), len = row->input + row->element * reps;
	__u8 input[INPUT_MAX];
	__u16 status;

	if (row->element ? CALL_START(call->control) >= reps : reps)
		return CW_HV_INVALID_INPUT;
	if (len > INPUT_MAX)
		return CW_HV_INVALID_INPUT;
	memset(input, 0, sizeof(input));
	status = fetch_input(box, call, row, len, input);
	return status ? RESULT(status, 0) : row->run(box, call, input);
}

__u64 cw_hyperv_call(struct cw_box *box, const struct cw_hypercall *call)
{
	size_t i;

	for (i = 0; i < CW_NR(rows); i++)
		if (rows[i].code == CALL_CODE(call->control))
			return run_row(box, call, &rows[i]);
	return CW_HV_INVALID_CODE;
}
