// SPDX-License-Identifier: GPL-2.0-only
/* The guest's side of the host visibility hypercall: batches of frames read from the PTEs, and
 * repetitions that are asked for until all are done or the host says no.
 */
#include <linux/gfp.h>
#include <linux/minmax.h>

#include "cocovm.h"
#include "trace.h"

/* TLFS, "Hypercall Inputs" and "Hypercall Outputs" */
#define CONTROL(code, count, start)	((u64)(code) | (u64)(count) << 32 | (u64)(start) << 48)
#define RESULT_STATUS(result)		((u32)((result) & 0xffff))
#define RESULT_REPS(result)		((u32)((result) >> 32 & 0xfff))

static_assert(sizeof(struct cw_hv_list) == PAGE_SIZE);

/* Repetitions done in total; *status says why they end. */
static u32 hypercall_repeat(const struct cw_hv_list *input, u32 count, enum cw_host_orders orders,
			    u32 *status)
{
	u32 done = 0, before;
	u64 result;

	do {
		before = done;
		result = cw_host_hypercall(CONTROL(CW_HVCALL_VISIBILITY, count, done), input,
					   orders);
		done = min(RESULT_REPS(result), count);
		*status = RESULT_STATUS(result);
	} while (*status == CW_HV_SUCCESS && done < count && done > before);
	return done;
}

static int batch_fill(struct cw_hv_list *input, unsigned long vaddr, u32 first, u32 count,
		      bool to_shared, const struct cw_quirks *quirks)
{
	u32 i;
	int err;

	memset(input, 0, sizeof(*input));
	input->partition_id = U64_MAX;
	input->visibility = to_shared ? CW_HV_READ_WRITE : CW_HV_NOT_VISIBLE;
	for (i = 0; i < count; i++) {
		err = cw_pte_gfn(vaddr + PAGE_SIZE * (first + i), &input->gfn[i]);
		if (err)
			return err;
		if ((quirks->flags & CW_QUIRK_WRONG_FRAME) && first + i == quirks->page)
			input->gfn[i] = quirks->gfn;
	}
	return 0;
}

static int batch_tell(struct cw_hv_list *input, unsigned long vaddr, u32 first, u32 count,
		      bool to_shared, const struct cw_quirks *quirks)
{
	u32 reps, status;
	int err;

	err = batch_fill(input, vaddr, first, count, to_shared, quirks);
	if (err)
		return err;
	trace_cocovm_host_call(vaddr, (unsigned long)input, first, count, CW_HVCALL_VISIBILITY);
	reps = hypercall_repeat(input, count, quirks->host, &status);
	trace_cocovm_host_answer(vaddr, first, count, reps, status);
	return status != CW_HV_SUCCESS || reps < count ? -EFAULT : 0;
}

/* The first batch that fails ends it; those before stay converted. */
int cw_hypercall_visibility(unsigned long vaddr, u32 nr, bool to_shared,
			    const struct cw_quirks *quirks)
{
	struct cw_hv_list *input = (struct cw_hv_list *)__get_free_page(GFP_KERNEL);
	u32 first, count;
	int err = 0;

	if (!input)
		return -ENOMEM;
	for (first = 0; first < nr && !err; first += count) {
		count = min_t(u32, nr - first, CW_HV_LIST_MAX);
		err = batch_tell(input, vaddr, first, count, to_shared, quirks);
	}
	free_page((unsigned long)input);
	return err;
}
