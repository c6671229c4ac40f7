// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The source "stock", transitions: hooks on the kernel's own functions, in the order
 * in which a transition passes them.  Three ways exist: with the not-present window
 * (6.8 and later under a paravisor), without it (SNP, TDX, and 6.4 to 6.7), and before
 * 6.4, where page tables stay as they are and only the host is told.
 */
#include "compat.bpf.h"

#define CW_SPACE CW_SPACE_KERNEL

#include "exit.bpf.h"
#include "nested.bpf.h"
#include "step.bpf.h"
#include "told.bpf.h"
#include "zeropad.bpf.h"

/* Hooks with a second program.  Kernels that have none of their functions cannot be preempted in a
 * program, and no interrupt makes a transition.
 */
enum transition_pair {
	PAIR_BEGIN,
	PAIR_PREPARED,
	PAIR_FLUSHED,
	PAIR_CHANGED,
	PAIR_HOST_DONE,
	PAIR_HOST_CALL,
	PAIR_HOST_ANSWER,
	PAIR_FINISHED,
	PAIR_END,
};

/* 1: pages are taken out while they change (x86_platform.guest has hv_vtom_clear_present) */
const volatile __u32 cfg_window;
/* 1: prepare and finish return true for success (before 6.11), 0: 0 or -errno */
const volatile __u32 cfg_callbacks_bool;

static __always_inline __s32 callback_ret(__u64 ret)
{
	if (cfg_callbacks_bool)
		return (__u8)ret ? 0 : -CW_EIO;
	return (__s32)ret;
}

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);	/* the other is the second program's */
	__type(key, __u32);
	__type(value, struct cw_stale_scratch);
} stale_scratches SEC(".maps");

static __always_inline void begin(void *ctx, __u32 nested, struct cw_scratch *s)
{
	struct cw_stale_scratch *stale = NULL;

	if (cfg_stale && s->ev.to_shared)
		stale = bpf_map_lookup_elem(&stale_scratches, &nested);
	if (stale && !stale_look(stale, s->ev.vaddr, s->ev.nr_pages))
		stale = NULL;
	step_begin(ctx, s, stale);
}

static __always_inline struct cw_open *open_get(__u32 *depth)
{
	struct cw_store st = {};

	return cw_open_find(&st, bpf_get_current_pid_tgid(), depth);
}

/* The task's open transition, when these are its pages. */
static __always_inline struct cw_open *open_of(__u64 vaddr, __u32 nr_pages)
{
	__u32 depth;
	struct cw_open *open = open_get(&depth);

	return open && open->vaddr == vaddr && open->nr_pages == nr_pages ? open : NULL;
}

/* ---- the outer function ---- */

/* int __set_memory_enc_pgtable(unsigned long addr, int numpages, bool enc) */
static __always_inline struct cw_scratch *outer_get(__u64 *ctx, __u32 nested, __u32 type)
{
	return step_get_for(nested, type, ctx[0] & ~(CW_PAGE_SIZE - 1), ctx[1], !(__u8)ctx[2]);
}

static __always_inline void begin_see(__u64 *ctx, __u32 nested)
{
	struct cw_scratch *s = outer_get(ctx, nested, CW_EV_BEGIN);

	if (!s)
		return;
	if (cfg_window)
		s->ev.flags |= CW_STEP_WINDOW;
	begin(ctx, nested, s);
}
CW_PAIR("fentry/__set_memory_enc_pgtable", on_begin, PAIR_BEGIN, CW_EV_BEGIN, begin_see)

static __always_inline void end_see(__u64 *ctx, __u32 nested)
{
	struct cw_scratch *s = outer_get(ctx, nested, CW_EV_END);

	if (!s)
		return;
	step_ret(s, ctx[3]);
	step_end(ctx, s);
}
CW_PAIR("fexit/__set_memory_enc_pgtable", on_end, PAIR_END, CW_EV_END, end_see)

/* ---- prepare ---- */

/* All of them: (unsigned long addr, int numpages, bool enc), and what they return. */
static __always_inline void prepared_see(__u64 *ctx, __u32 nested)
{
	__u64 vaddr = ctx[0];
	__u32 nr_pages = ctx[1];
	struct cw_open *open = open_of(vaddr, nr_pages);
	struct cw_scratch *s;

	if (!open)
		return;
	s = step_get_for(nested, CW_EV_PREPARED, vaddr, nr_pages, 0);
	if (!s)
		return;
	step_ret(s, callback_ret((__u32)ctx[3]));
	step_walk(s, CW_EV_PREPARED, RANGE_LOOK, 0, nr_pages);
	step_inside(ctx, CW_EV_PREPARED, s, open);
}
CW_PAIR("fexit/hv_vtom_clear_present", on_prepared, PAIR_PREPARED, CW_EV_PREPARED, prepared_see)
CW_PAIR("fexit/tdx_enc_status_change_prepare", on_prepared_tdx, PAIR_PREPARED, CW_EV_PREPARED,
	prepared_see)

/* ---- the page tables ---- */

/* Whether the flush or change is of the range of this transition. */
static __always_inline bool cpa_is_of(const struct cpa_data___cw *cpa, const struct cw_open *open)
{
	__u64 vaddr;

	if (cpa->numpages != open->nr_pages)
		return false;
	if (cfg_no_read)
		return true;
	return !cw_kread(&vaddr, sizeof(vaddr), (__u64)cpa->vaddr) &&
	       (vaddr & ~(CW_PAGE_SIZE - 1)) == open->vaddr;
}

/* void cpa_flush(struct cpa_data *cpa, int cache).  It returns when every CPU has flushed.  A
 * walk is made only as long as T2 could learn from it.
 */
static __always_inline void flushed_see(__u64 *ctx, __u32 nested)
{
	struct cw_scratch *s;
	__u32 depth;
	struct cw_open *open = open_get(&depth);

	if (!open || !open->window || open->flush_judged || !open->flush_present ||
	    !cpa_is_of((struct cpa_data___cw *)ctx[0], open))
		return;
	s = step_get_for(nested, CW_EV_FLUSHED, open->vaddr, open->nr_pages, 0);
	if (!s)
		return;
	step_walk(s, CW_EV_FLUSHED, RANGE_LOOK, 0, open->nr_pages);
	step_inside(ctx, CW_EV_FLUSHED, s, open);
}
CW_PAIR("fexit/cpa_flush", on_flushed, PAIR_FLUSHED, CW_EV_FLUSHED, flushed_see)

static __always_inline __u32 flush_flags(const struct cw_open *open)
{
	bool seen = open->seen & CW_SEEN(CW_EV_FLUSHED);

	if (!open->window || seen || !token_crowded(PAIR_FLUSHED, open->ts_ns))
		return 0;
	return CW_STEP_UNSEEN;
}

/* int __change_page_attr_set_clr(struct cpa_data *cpa, int primary).  It calls itself for aliases
 * with primary 0, and set_memory_np() and set_memory_p() call it before and after the change.
 */
static __always_inline void changed_see(__u64 *ctx, __u32 nested)
{
	struct cw_scratch *s;
	__u32 depth;
	struct cw_open *open = open_get(&depth);
	__u32 after = CW_SEEN(CW_EV_CHANGED) | CW_SEEN(CW_EV_HOST_DONE) | CW_SEEN(CW_EV_HOST_CALL);
	bool primary = (int)ctx[1];

	if (!open || !primary || (open->seen & after) ||
	    !cpa_is_of((struct cpa_data___cw *)ctx[0], open))
		return;
	if (open->window && !(open->seen & CW_SEEN(CW_EV_PREPARED)))
		return;
	s = step_get_for(nested, CW_EV_CHANGED, open->vaddr, open->nr_pages, 0);
	if (!s)
		return;
	step_ret(s, ctx[2]);
	step_inside(ctx, CW_EV_CHANGED, s, open);
}
CW_PAIR("fexit/__change_page_attr_set_clr", on_changed, PAIR_CHANGED, CW_EV_CHANGED, changed_see)

/* ---- the host ---- */

/* phys_addr_t slow_virt_to_phys(void *): inside finish, the frames for the host's list. */
SEC("fexit/slow_virt_to_phys")
int BPF_PROG(on_translated, unsigned long vaddr, __u64 phys)
{
	__u32 depth;
	struct cw_open *open = open_get(&depth);
	__u32 before = CW_SEEN(CW_EV_CHANGED), after = CW_SEEN(CW_EV_HOST_DONE);

	if (open && (open->seen & before) && !(open->seen & after))
		told_translated(open, vaddr, phys >> CW_PAGE_SHIFT);
	return 0;
}

/* int set_memory_p(unsigned long addr, int numpages), called by the finish step alone: the host
 * has answered, and the pages are about to be present again.
 */
static __always_inline void host_done_see(__u64 *ctx, __u32 nested)
{
	__u64 vaddr = ctx[0];
	__u32 nr_pages = ctx[1];
	struct cw_open *open = open_of(vaddr, nr_pages);
	struct cw_scratch *s;

	if (!open)
		return;
	if (open->nr_virt && !(open->seen & CW_SEEN(CW_EV_HOST_CALL)))
		told_send(ctx, nested, open);
	s = step_get_for(nested, CW_EV_HOST_DONE, vaddr, nr_pages, 0);
	if (!s)
		return;
	s->ev.flags |= flush_flags(open);
	step_walk(s, CW_EV_HOST_DONE, RANGE_LOOK, 0, nr_pages);
	step_inside(ctx, CW_EV_HOST_DONE, s, open);
}
CW_PAIR("fentry/set_memory_p", on_host_done, PAIR_HOST_DONE, CW_EV_HOST_DONE, host_done_see)

/* u64 hv_std_hypercall(u64 control, u64 param1, u64 param2): 7.x, each batch on its own */
static __always_inline void host_call_see(__u64 *ctx, __u32 nested)
{
	told_call(ctx, nested, ctx[0], ctx[1]);
}
CW_PAIR("fentry/hv_std_hypercall", on_host_call, PAIR_HOST_CALL, CW_EV_HOST_CALL, host_call_see)

static __always_inline void host_answer_see(__u64 *ctx, __u32 nested)
{
	told_answer(ctx, nested, ctx[0], ctx[3]);
}
CW_PAIR("fexit/hv_std_hypercall", on_host_answer, PAIR_HOST_ANSWER, CW_EV_HOST_ANSWER,
	host_answer_see)

/* ---- finish ---- */

static __always_inline void finished_see(__u64 *ctx, __u32 nested)
{
	__u64 vaddr = ctx[0];
	__u32 nr_pages = ctx[1];
	struct cw_open *open = open_of(vaddr, nr_pages);
	struct cw_scratch *s;

	if (!open)
		return;
	s = step_get_for(nested, CW_EV_FINISHED, vaddr, nr_pages, 0);
	if (!s)
		return;
	step_ret(s, callback_ret((__u32)ctx[3]));
	step_inside(ctx, CW_EV_FINISHED, s, open);
}
CW_PAIR("fexit/hv_vtom_set_host_visibility", on_finished, PAIR_FINISHED, CW_EV_FINISHED,
	finished_see)
CW_PAIR("fexit/tdx_enc_status_change_finish", on_finished_tdx, PAIR_FINISHED, CW_EV_FINISHED,
	finished_see)

/* ---- before 6.4 ---- */

/* int hv_set_mem_host_visibility(unsigned long kbuffer, int pagecount, bool visible) */
SEC("fentry/hv_set_mem_host_visibility")
int BPF_PROG(on_begin_old, unsigned long addr, int numpages, bool visible)
{
	struct cw_scratch *s = step_get(CW_EV_BEGIN, addr, numpages, visible);
	struct cw_open *open;

	if (!s)
		return 0;
	s->ev.flags |= CW_STEP_NO_BIT;
	begin(ctx, 0, s);
	open = open_of(addr, numpages);
	if (open)
		told_mark(open);
	return 0;
}

SEC("fexit/hv_set_mem_host_visibility")
int BPF_PROG(on_end_old, unsigned long addr, int numpages, bool visible, int ret)
{
	struct cw_open *open = open_of(addr, numpages);
	struct cw_scratch *s;

	if (!ret && open)
		told_old(ctx, open, addr, numpages, visible);
	s = step_get(CW_EV_END, addr, numpages, visible);
	if (!s)
		return 0;
	s->ev.flags |= CW_STEP_NO_BIT;
	step_ret(s, ret);
	step_end(ctx, s);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
