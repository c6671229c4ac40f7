// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The source "stock", what is handed to the host, as far as it passes through the kernel
 * itself: the transports of hypercalls (S1, S5, Z2, Z3, R1), the slots of the bounce
 * buffer (S7) and mappings of device memory (S8).
 */
#include "compat.bpf.h"

#define CW_SPACE CW_SPACE_KERNEL

#include "call.bpf.h"
#include "bounce.bpf.h"
#include "kern.h"
#include "nested.bpf.h"

/* Hooks with a second program. */
enum share_pair { PAIR_GHCB, PAIR_TDX, PAIR_STD, PAIR_SNP, PAIR_MAP, PAIR_UNMAP, PAIR_IOREMAP };

/* ---- hypercalls ---- */

/* What both kinds of transport have in common, once the input has been read. */
static __always_inline void call_see(void *ctx, struct call_scratch *s)
{
	struct cw_ev_hypercall *ev = &s->call.ev;

	if (code_is_vmbus(ev->code)) {
		if (vmbus_is_confidential())
			ev->flags |= CW_CALL_CONFIDENTIAL;
		posting_seen();
	}
	call_bytes(s);
	call_judge(ctx, s);
	if (ev->code == CW_CALL_POST_MESSAGE)
		message_judge(ctx, &s->m, ev->payload_bytes, ev->flags & CW_CALL_CONFIDENTIAL);
}

/* u64 hv_ghcb_hypercall(u64 control, void *input, void *output, u32 input_size) */
static __always_inline void ghcb_see(__u64 *ctx, __u32 nested)
{
	struct call_scratch *s = call_get(CW_VIA_GHCB, nested, ctx[0], cfg_paravisor);
	__u64 input = ctx[1];

	if (!s)
		return;
	s->call.ev.len_bytes = ctx[3];
	call_read(s, input, s->call.ev.len_bytes);
	call_see(ctx, s);
	if (cfg_paravisor && s->call.ev.code == CW_CALL_POST_MESSAGE)
		call_kept(ctx, s, input);
}
CW_PAIR("fentry/hv_ghcb_hypercall", on_ghcb, PAIR_GHCB, CW_EV_HYPERCALL, ghcb_see)

/* Whether there is anything to say of a hypercall but that it took its way. */
static __always_inline bool call_is_plain(__u16 code)
{
	return !cw_reserved_bits(code) && !code_is_vmbus(code);
}

static __always_inline void call_registers(struct call_scratch *s, __u64 param1, __u64 param2)
{
	struct cw_ev_hypercall *ev = &s->call.ev;

	s->m.words[0] = param1;
	s->m.words[1] = param2;
	ev->flags |= CW_CALL_FAST;
	ev->len_bytes = CALL_SMALL;
	ev->read_bytes = CALL_SMALL;
}

/* A hypercall by the addresses, or the values, of its parameters. */
static __always_inline void on_hypercall(void *ctx, __u32 via, __u32 nested, __u64 control,
					 __u64 param1, __u64 param2)
{
	struct call_scratch *s;
	struct cw_kern *kern;
	__u64 input = 0;

	/* without a paravisor there is only one way */
	if (!cfg_paravisor && call_is_plain(control))
		return;
	s = call_get(via, nested, control, cfg_paravisor);
	if (!s)
		return;
	kern = kern_get();
	if (control & CALL_FAST) {
		call_registers(s, param1, param2);
	} else if (param1 && kern && !call_is_plain(s->call.ev.code)) {
		input = kern->page_offset + param1;
		s->call.ev.len_bytes = s->call.ev.code == CW_CALL_POST_MESSAGE ?
					       CW_POST_BYTES : CALL_SMALL;
		call_read(s, input, s->call.ev.len_bytes);
	}
	call_see(ctx, s);
	/* what goes to the hypervisor itself lies in a shared page */
	if (input && cfg_paravisor && via == CW_VIA_STD)
		call_kept(ctx, s, input);
}

/* u64 hv_tdx_hypercall(u64 control, u64 param1, u64 param2), and so the others */
static __always_inline void tdx_see(__u64 *ctx, __u32 nested)
{
	on_hypercall(ctx, CW_VIA_TDX, nested, ctx[0], ctx[1], ctx[2]);
}
CW_PAIR("fentry/hv_tdx_hypercall", on_tdx_call, PAIR_TDX, CW_EV_HYPERCALL, tdx_see)

static __always_inline void std_see(__u64 *ctx, __u32 nested)
{
	on_hypercall(ctx, CW_VIA_STD, nested, ctx[0], ctx[1], ctx[2]);
}
CW_PAIR("fentry/hv_std_hypercall", on_std_call, PAIR_STD, CW_EV_HYPERCALL, std_see)

static __always_inline void snp_see(__u64 *ctx, __u32 nested)
{
	on_hypercall(ctx, CW_VIA_SNP, nested, ctx[0], ctx[1], ctx[2]);
}
CW_PAIR("fentry/hv_snp_hypercall", on_snp_call, PAIR_SNP, CW_EV_HYPERCALL, snp_see)

/* ---- the bounce buffer ---- */

/* phys_addr_t swiotlb_tbl_map_single(struct device *dev, phys_addr_t orig_addr,
 *	size_t mapping_size, [size_t alloc_size, before 6.10] unsigned int alloc_align_mask,
 *	enum dma_data_direction dir, unsigned long attrs): what it returns is behind six or seven
 *	arguments.  Before 6.6 seven are too many to be traced.
 */
static __always_inline void map_see(__u64 *ctx, __u32 nested)
{
	__u64 phys;

	if (bpf_get_func_ret(ctx, &phys))
		loss_add_alone(CW_EV_BOUNCE, CW_LOSS_MISSED);
	else
		bounce_map(ctx, BOUNCE_MAP + nested, ctx[0], phys, ctx[2]);
}
CW_PAIR("fexit/swiotlb_tbl_map_single", on_bounce_map, PAIR_MAP, CW_EV_BOUNCE, map_see)

/* dma_addr_t swiotlb_map(struct device *dev, phys_addr_t paddr, size_t size,
 *	enum dma_data_direction dir, unsigned long attrs): the only caller without an IOMMU; of a
 * slot the address for DMA is the physical one
 */
static __always_inline void map_dma_see(__u64 *ctx, __u32 nested)
{
	bounce_map(ctx, BOUNCE_MAP + nested, ctx[0], ctx[5], ctx[2]);
}
CW_PAIR("fexit/swiotlb_map", on_bounce_map_dma, PAIR_MAP, CW_EV_BOUNCE, map_dma_see)

/* void __swiotlb_tbl_unmap_single(struct device *dev, phys_addr_t tlb_addr,
 *	size_t mapping_size, ...); before 6.10 without the underscores
 */
static __always_inline void unmap_see(__u64 *ctx, __u32 nested)
{
	bounce_unmap(ctx, BOUNCE_UNMAP + nested, ctx[0], ctx[1], ctx[2]);
}
CW_PAIR("fentry/__swiotlb_tbl_unmap_single", on_bounce_unmap, PAIR_UNMAP, CW_EV_BOUNCE, unmap_see)
CW_PAIR("fentry/swiotlb_tbl_unmap_single", on_bounce_unmap_old, PAIR_UNMAP, CW_EV_BOUNCE, unmap_see)

/* ---- device memory ---- */

#define IOAPIC_PAGE 0xfec00000ULL
#define VTPM_PAGE   0xfed40000ULL

struct ioremap_scratch {
	struct cw_out out;
	struct cw_chunk chunk;
	struct {
		struct cw_rec_verdict verdict;
		struct cw_ev_mapping ev;
	} sent;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);	/* the other is the second program's */
	__type(key, __u32);
	__type(value, struct ioremap_scratch);
} ioremap_scratches SEC(".maps");

/* What the direct map covers is memory, or a hole that the firmware describes as such. */
static __always_inline bool phys_is_memory(struct cw_kern *kern, struct cw_pte_fmt *fmt,
					   struct cw_chunk *chunk, __u64 phys)
{
	__u64 pte;

	chunk->tag = 0;
	return chunk_pte(kern, fmt, chunk, kern->page_offset + phys, &pte) || !cw_pte_is_none(pte);
}

/* Device memory is mapped uncached or write-combining; what is cached (ACPI tables, EFI, pages of
 * the paravisor) may be of either kind.
 */
static __always_inline __u8 ioremap_kind(struct cw_kern *kern, struct cw_pte_fmt *fmt,
					 struct cw_chunk *chunk, __u64 phys, __u32 mode,
					 bool encrypted)
{
	__u32 cached = bpf_core_enum_value(enum page_cache_mode___cw, _PAGE_CACHE_MODE_WB___cw);

	/* without a paravisor it is the host that has them */
	if (cfg_paravisor && (phys & ~(CW_PAGE_SIZE - 1)) == IOAPIC_PAGE)
		return CW_MAP_IOAPIC;
	if (cfg_paravisor && (phys & ~(CW_PAGE_SIZE - 1)) == VTPM_PAGE)
		return CW_MAP_VTPM;
	if (encrypted || mode == cached || phys_is_memory(kern, fmt, chunk, phys))
		return CW_MAP_FIRMWARE;
	return CW_MAP_DEVICE;
}

static __always_inline void ioremap_send(void *ctx, struct ioremap_scratch *s)
{
	struct cw_ev_mapping *ev = &s->sent.ev;

	rule_count(CW_RULE_S8, &s->out);
	hdr_fill(&ev->hdr, CW_EV_MAPPING, sizeof(*ev));
	bpf_get_current_comm(ev->comm, sizeof(ev->comm));
	rec_send(CW_EV_MAPPING, ev, sizeof(*ev));
	if (out_reports(&s->out))
		verdict_send(ctx, CW_EV_MAPPING, &s->sent.verdict, &ev->hdr, &s->out, sizeof(*ev));
}

static __always_inline void ioremap_judge(void *ctx, __u32 nested, __u64 phys, __u64 size,
					  __u32 mode, bool encrypted, __u64 vaddr)
{
	struct ioremap_scratch *s = work_get(&ioremap_scratches, &nested);
	struct cw_kern *kern = kern_get();
	struct cw_ev_mapping *ev;
	struct cw_pte_fmt fmt;

	if (!s)
		return;
	ev = &s->sent.ev;
	__builtin_memset(ev, 0, sizeof(*ev));
	__builtin_memset(&s->out, 0, sizeof(s->out));
	ev->vaddr = vaddr;
	ev->phys = phys;
	ev->nr_pages = ((phys & (CW_PAGE_SIZE - 1)) + size + CW_PAGE_SIZE - 1) >> CW_PAGE_SHIFT;
	ev->space = CW_SPACE;
	ev->no_bit = !!cfg_no_bit;
	if (!kern) {
		CW_NO_EVIDENCE(&s->out, S8);
		rule_count(CW_RULE_S8, &s->out);
		return;
	}
	fmt_fill(kern, &fmt);
	ev->kind = ioremap_kind(kern, &fmt, &s->chunk, phys & kern->frame_mask, mode, encrypted);
	ev->nr_unwalked = mapping_walk(&ev->own, &s->chunk, CW_EV_MAPPING, vaddr, ev->nr_pages);
	cw_step_mapping(&fmt, ev, &s->out);
	ioremap_send(ctx, s);
}

/* void __iomem *__ioremap_caller(resource_size_t phys_addr, unsigned long size,
 *	enum page_cache_mode pcm, void *caller, bool encrypted)
 */
static __always_inline void ioremap_see(__u64 *ctx, __u32 nested)
{
	__u64 ret = 0;

	bpf_get_func_ret(ctx, &ret);
	if (ret)
		ioremap_judge(ctx, nested, ctx[0], ctx[1], ctx[2], (__u8)ctx[4], ret);
}
CW_PAIR("fexit/__ioremap_caller", on_ioremap, PAIR_IOREMAP, CW_EV_MAPPING, ioremap_see)

char LICENSE[] SEC("license") = "Dual BSD/GPL";
