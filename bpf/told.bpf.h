/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the host is told in a transition of the kernel's own: from the hypercalls
 * themselves where they can be traced (7.x), else from the translations that the
 * finish step asks for and the last batch, which is still in the input page.
 * Hypercall 0xdb, its control word and its input: TLFS; HV_MAX_MODIFY_GPA_REP_COUNT.
 */
#ifndef CW_TOLD_BPF_H
#define CW_TOLD_BPF_H

#include "step.bpf.h"

#define HV_VISIBILITY	0xdb
#define HV_REPS_MAX	510	/* entries in one input page */

/* Addresses of kernel variables, see pagewalk.bpf.h. */
const volatile __u64 cfg_sym_hyperv_pcpu_input_arg;
const volatile __u64 cfg_sym_per_cpu_offset;

/* CW_STEP_UNSEEN, where a flush of this transition may have gone unseen; the includer's. */
static __always_inline __u32 flush_flags(const struct cw_open *open);

/* Address of this CPU's hypercall input page; 0 where it cannot be read. */
static __always_inline __u64 input_page(void)
{
	__u64 percpu, offset, page;
	__u32 cpu = bpf_get_smp_processor_id();

	if (!cfg_sym_hyperv_pcpu_input_arg || !cfg_sym_per_cpu_offset)
		return 0;
	if (cw_kread(&percpu, 8, cfg_sym_hyperv_pcpu_input_arg) ||
	    cw_kread(&offset, 8, cfg_sym_per_cpu_offset + 8ULL * cpu) ||
	    cw_kread(&page, 8, percpu + offset))
		return 0;
	return page;
}

/* Whether the page still holds the input of a visibility hypercall: the partition is "self". */
static __always_inline bool input_is_ours(__u64 page, __u32 visibility)
{
	struct {
		__u64 partition;
		__u32 visibility;
		__u32 reserved;
	} head;

	if (!page || cw_kread(&head, sizeof(head), page))
		return false;
	return head.partition == ~0ULL && head.visibility == visibility;
}

/* One frame that the finish step looked up: compared with the PTE, and summed up in order. */
static __always_inline void told_translated(struct cw_open *open, __u64 vaddr, __u64 gfn)
{
	__u32 type = CW_EV_HOST_CALL;
	struct cw_scratch *s = bpf_map_lookup_elem(&cw_scratches, &type);
	struct cw_kern *kern = kern_get();
	struct cw_pte_fmt fmt;
	__u64 pte = 0;

	if (!s || !kern || vaddr != open->vaddr + ((__u64)open->nr_virt << CW_PAGE_SHIFT))
		return;
	/* what this CPU's chunk holds may be of an earlier transition */
	if (s->told_tag != open->ts_ns) {
		s->own.tag = 0;
		s->own.few = open->nr_pages <= CW_CHUNK_FEW;
		s->told_tag = open->ts_ns;
	}
	fmt_fill(kern, &fmt);
	open->virt_sum = CW_SUM_NEXT(open->virt_sum, gfn);
	if (chunk_pte(kern, &fmt, &s->own, vaddr, &pte) || cw_pte_gfn(&fmt, pte) != gfn) {
		if (!open->virt_differ++) {
			open->virt_first = open->nr_virt;
			open->virt_want = cw_pte_gfn(&fmt, pte);
			open->virt_seen = gfn;
		}
	}
	open->nr_virt++;
}

/* Index of the first page of the last batch. */
static __always_inline __u32 last_batch(__u32 nr)
{
	return (nr - 1) / HV_REPS_MAX * HV_REPS_MAX;
}

/* One event for all batches: what was translated, and the last batch byte by byte.  Without
 * its input page the host may have been told anything: that is no evidence.
 */
static __always_inline void told_send(void *ctx, __u32 nested, struct cw_open *open)
{
	struct cw_scratch *s = step_get_for(nested, CW_EV_HOST_CALL, open->vaddr, open->nr_pages,
					    open->to_shared);
	__u32 nr = open->nr_virt, first = last_batch(nr);
	__u64 page = input_page();

	if (!s)
		return;
	/* the last batch was made on this CPU, and by this transition */
	if (s->told_tag == open->ts_ns && input_is_ours(page, open->to_shared ? 3 : 0))
		step_told(s, page, first, nr - first);
	s->ev.gfn = 0;
	s->ev.told = nr;
	s->ev.told_count = nr;
	s->ev.told_sum = open->virt_sum;
	s->ev.host_code = HV_VISIBILITY;
	s->ev.flags |= flush_flags(open);
	if (open->virt_differ) {
		s->ev.told_differ = open->virt_differ;
		s->ev.told_first = open->virt_first;
		s->ev.told_want = open->virt_want;
		s->ev.told_seen = open->virt_seen;
	}
	step_inside(ctx, CW_EV_HOST_CALL, s, open);
}

/* Before 6.4: notes on which CPU the transition began, so that told_old() reads its page only. */
static __always_inline void told_mark(const struct cw_open *open)
{
	__u32 type = CW_EV_HOST_CALL;
	struct cw_scratch *s = bpf_map_lookup_elem(&cw_scratches, &type);

	if (s)
		s->told_tag = open->ts_ns;
}

/* Before 6.4: one batch can be compared whole, of several only the last. */
static __always_inline void told_old(void *ctx, struct cw_open *open, __u64 vaddr,
				     __u32 nr_pages, __u32 visible)
{
	struct cw_scratch *s = step_get(CW_EV_HOST_CALL, vaddr, nr_pages, visible);
	__u32 first = last_batch(nr_pages);
	__u64 page = input_page();

	if (!s)
		return;
	if (s->told_tag == open->ts_ns && input_is_ours(page, visible ? 3 : 0))
		step_told(s, page, first, nr_pages - first);
	s->ev.told_count = nr_pages;
	s->ev.host_code = HV_VISIBILITY;
	s->ev.flags |= CW_STEP_NO_BIT;
	step_inside(ctx, CW_EV_HOST_CALL, s, open);
}

/* ---- each hypercall on its own ---- */

static __always_inline __u32 control_reps(__u64 control)
{
	return control >> 32 & 0xfff;
}

static __always_inline __u32 control_start(__u64 control)
{
	return control >> 48 & 0xfff;
}

static __always_inline struct cw_open *told_open(__u64 control)
{
	struct cw_store st = {};
	struct cw_open *open;
	__u32 depth;

	if ((control & 0xffff) != HV_VISIBILITY)
		return NULL;
	open = cw_open_find(&st, bpf_get_current_pid_tgid(), &depth);
	/* a call after the finish is of another transition, whose beginning was not seen */
	return open && !cw_open_is_over(open) ? open : NULL;
}

/* Whether a call goes on with the batch of the one before, which is told by where it begins, or by
 * what that one's answer was if nothing was done yet.  Such a call names nothing new.
 */
static __always_inline bool told_goes_on(const struct cw_open *open, __u64 control)
{
	return control_start(control) || open->told_paused;
}

/* A batch. */
static __always_inline void told_call(void *ctx, __u32 nested, __u64 control, __u64 input)
{
	struct cw_open *open = told_open(control);
	struct cw_kern *kern = kern_get();
	struct cw_scratch *s;

	if (!open || !kern || told_goes_on(open, control))
		return;
	s = step_get_for(nested, CW_EV_HOST_CALL, open->vaddr, 0, open->to_shared);
	if (!s)
		return;
	s->ev.told_sum = open->told_sum;
	s->ev.told_count = control_reps(control);
	s->ev.nr_pages = s->ev.told_count;
	s->ev.host_code = control & 0xffff;
	s->ev.flags |= flush_flags(open);
	step_told(s, kern->page_offset + input, open->nr_told, s->ev.told_count);
	step_inside(ctx, CW_EV_HOST_CALL, s, open);
}

static __always_inline void told_answer(void *ctx, __u32 nested, __u64 control, __u64 ret)
{
	struct cw_open *open = told_open(control);
	struct cw_scratch *s;

	if (!open)
		return;
	s = step_get_for(nested, CW_EV_HOST_ANSWER, open->vaddr, control_reps(control),
			 open->to_shared);
	if (!s)
		return;
	s->ev.told_count = told_goes_on(open, control) ? 0 : control_reps(control);
	s->ev.host_reps = control_reps(ret) - control_start(control);
	s->ev.host_status = ret & 0xffff;
	open->told_paused = !s->ev.host_status && !control_reps(ret) && control_reps(control);
	step_inside(ctx, CW_EV_HOST_ANSWER, s, open);
}

#endif
