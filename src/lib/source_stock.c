// SPDX-License-Identifier: GPL-2.0-only
/* The source "stock": hooks on the kernel's own functions.  Nothing here asks for a
 * version: whether a hook is there is seen when it is looked up and attached.
 */
#include "source.h"

#define T(n) CW_RULE_BIT(CW_RULE_T##n)
#define S(n) CW_RULE_BIT(CW_RULE_S##n)
#define H(n) CW_RULE_BIT(CW_RULE_H##n)
#define R(n) CW_RULE_BIT(CW_RULE_R##n)
#define P(n) CW_RULE_BIT(CW_RULE_P##n)
#define Z(n) CW_RULE_BIT(CW_RULE_Z##n)

#define NEW (~(CW_WAY_OLD))	/* page tables carry the shared bit */
#define PARAVISOR (CW_WAY_WINDOW | CW_WAY_VTOM | CW_WAY_OLD)
#define TRANSITION_RULES (T(1) | T(2) | T(3) | T(4) | T(5) | T(6) | T(7) | T(8) | S(3) | S(5))

/* In the order of attaching, see source_module.c. */
/* clang-format off */
static const struct cw_probe probes[] = {
	{ .event = CW_EV_PLATFORM,    CW_OBJ_NONE, P(1) | P(2), { CW_LOOK("the kernel's variables") } },
	{ .event = CW_EV_OWNER,       CW_OBJ_NONE, S(4), { CW_LOOK("all page tables") } },
	{ .event = CW_EV_SEED,        CW_OBJ_NONE, S(3), { CW_LOOK("all page tables") }, .optional = true },
	/* what the functions below do for these was done before the session too */
	{ .event = CW_EV_KEPT,        CW_OBJ_NONE, S(5), { CW_LOOK("the kernel's image, VMBus and per-CPU pages") },
	  .ways = NEW, .optional = true },
	{ .event = CW_EV_MAPPING,     CW_OBJ_NONE, S(8), { CW_LOOK("the IO-APIC's fixmap, and what is shared") },
	  .ways = CW_WAY_WINDOW | CW_WAY_VTOM, .optional = true },
	{ .event = CW_EV_PREPARED,    CW_OBJ_TRANSITION, T(1) | T(2) | T(4) | T(7),
	  { { "on_prepared", CW_HOOK_FEXIT, "hv_vtom_clear_present", CW_WAY_WINDOW },
	    { "on_prepared_tdx", CW_HOOK_FEXIT, "tdx_enc_status_change_prepare", CW_WAY_TDX } } },
	{ .event = CW_EV_FLUSHED,     CW_OBJ_TRANSITION, T(2) | T(7),
	  { CW_FEXIT("on_flushed", "cpa_flush") }, .ways = CW_WAY_WINDOW },
	{ .event = CW_EV_CHANGED,     CW_OBJ_TRANSITION, T(4) | T(7),
	  { CW_FEXIT("on_changed", "__change_page_attr_set_clr") }, .ways = NEW },
	{ .event = CW_EV_HOST_ANSWER, CW_OBJ_TRANSITION, T(4) | T(7),
	  { CW_FEXIT("on_host_answer", "hv_std_hypercall") }, .ways = CW_WAY_WINDOW, .optional = true },
	{ .event = CW_EV_FINISHED,    CW_OBJ_TRANSITION, T(4) | T(7),
	  { { "on_finished", CW_HOOK_FEXIT, "hv_vtom_set_host_visibility",
	      CW_WAY_WINDOW | CW_WAY_VTOM },
	    { "on_finished_tdx", CW_HOOK_FEXIT, "tdx_enc_status_change_finish", CW_WAY_TDX } } },
	{ .event = CW_EV_HOST_CALL,   CW_OBJ_TRANSITION, T(2) | T(6) | T(7),
	  { CW_FENTRY("on_host_call", "hv_std_hypercall"),
	    CW_FEXIT("on_translated", "slow_virt_to_phys") }, .ways = CW_WAY_WINDOW },
	{ .event = CW_EV_HOST_DONE,   CW_OBJ_TRANSITION, T(1) | T(2) | T(7),
	  { CW_FENTRY("on_host_done", "set_memory_p") }, .ways = CW_WAY_WINDOW },
	{ .event = CW_EV_END,         CW_OBJ_TRANSITION, TRANSITION_RULES,
	  { { "on_end_old", CW_HOOK_FEXIT, "hv_set_mem_host_visibility", CW_WAY_OLD },
	    { "on_end", CW_HOOK_FEXIT, "__set_memory_enc_pgtable", NEW } } },
	{ .event = CW_EV_BEGIN,       CW_OBJ_TRANSITION, TRANSITION_RULES | Z(4),
	  { { "on_begin_old", CW_HOOK_FENTRY, "hv_set_mem_host_visibility", CW_WAY_OLD },
	    { "on_begin", CW_HOOK_FENTRY, "__set_memory_enc_pgtable", NEW } } },
	{ .event = CW_EV_ZEROPAD,     CW_OBJ_TRANSITION, T(8),
	  { CW_FEXIT("on_fixup_exception", "fixup_exception") } },
	{ .event = CW_EV_ZEROPAD,     CW_OBJ_TRANSITION, T(8),
	  { CW_FEXIT("on_zeropad", "ex_handler_zeropad") } },
	{ .event = CW_EV_TASK_EXIT,   CW_OBJ_TRANSITION, T(7),
	  { CW_RAW_TP("on_task_exit", "sched_process_exit") } },
	{ .event = CW_EV_PAGE_FREE,   CW_OBJ_FREE, S(3),
	  { CW_RAW_TP("on_page_free", "mm_page_free") } },
	/* what is handed to the host: a message at its transport, then who posts, then packets */
	{ .event = CW_EV_HYPERCALL,   CW_OBJ_SHARE, S(1) | Z(2) | Z(3) | R(1),
	  { CW_FENTRY("on_ghcb", "hv_ghcb_hypercall") }, .ways = PARAVISOR },
	{ .event = CW_EV_HYPERCALL,   CW_OBJ_SHARE, S(1) | Z(2) | Z(3) | R(1),
	  { CW_FENTRY("on_ghcb_nested", "hv_ghcb_hypercall") }, .ways = PARAVISOR, .spare = true },
	{ .event = CW_EV_HYPERCALL,   CW_OBJ_SHARE, S(1) | Z(2) | Z(3) | R(1),
	  { CW_FENTRY("on_tdx_call", "hv_tdx_hypercall") }, .ways = PARAVISOR | CW_WAY_TDX, .optional = true },
	{ .event = CW_EV_HYPERCALL,   CW_OBJ_SHARE, Z(2) | R(1),
	  { CW_FENTRY("on_std_call", "hv_std_hypercall") }, .optional = true },
	{ .event = CW_EV_HYPERCALL,   CW_OBJ_SHARE, Z(2) | R(1),
	  { CW_FENTRY("on_std_call_nested", "hv_std_hypercall") }, .spare = true, .optional = true },
	{ .event = CW_EV_HANDOVER,    CW_OBJ_SHARE, S(1) | Z(3),
	  { CW_FENTRY("on_snp_call", "hv_snp_hypercall") }, .ways = CW_WAY_SNP, .optional = true },
	{ .event = CW_EV_HANDOVER,    CW_OBJ_VMBUS_SHARE, S(1),
	  { CW_FENTRY("on_post", "hv_post_message"), CW_FENTRY("on_post_msg", "vmbus_post_msg"),
	    CW_KPROBE("on_post_k", "hv_post_message") }, .ways = CW_WAY_SNP },
	{ .event = CW_EV_HYPERCALL,   CW_OBJ_VMBUS_SHARE, R(1),
	  { CW_FEXIT("on_post_leave", "hv_post_message"), CW_FEXIT("on_post_msg_leave", "vmbus_post_msg"),
	    CW_KRETPROBE("on_post_leave_k", "hv_post_message") }, .ways = PARAVISOR, .optional = true },
	{ .event = CW_EV_HYPERCALL,   CW_OBJ_VMBUS_SHARE, R(1),
	  { CW_FENTRY("on_post_enter", "hv_post_message"), CW_FENTRY("on_post_msg_enter", "vmbus_post_msg"),
	    CW_KPROBE("on_post_enter_k", "hv_post_message") }, .ways = PARAVISOR, .optional = true },
	{ .event = CW_EV_HYPERCALL,   CW_OBJ_VMBUS_SHARE, R(1),
	  { CW_FEXIT("on_signal_leave", "vmbus_set_event"), CW_KRETPROBE("on_signal_leave_k", "vmbus_set_event") },
	  .ways = PARAVISOR, .optional = true },
	{ .event = CW_EV_HYPERCALL,   CW_OBJ_VMBUS_SHARE, R(1),
	  { CW_FENTRY("on_signal_enter", "vmbus_set_event"), CW_KPROBE("on_signal_enter_k", "vmbus_set_event") },
	  .ways = PARAVISOR, .optional = true },
	{ .event = CW_EV_HANDOVER,    CW_OBJ_VMBUS_SHARE, S(1),
	  { CW_FEXIT("on_gpadl_leave", "vmbus_establish_gpadl"),
	    CW_KRETPROBE("on_gpadl_leave_k", "vmbus_establish_gpadl") }, .optional = true },
	{ .event = CW_EV_HANDOVER,    CW_OBJ_VMBUS_SHARE, S(1),
	  { CW_FENTRY("on_gpadl_enter", "vmbus_establish_gpadl"),
	    CW_KPROBE("on_gpadl_enter_k", "vmbus_establish_gpadl") }, .optional = true },
	{ .event = CW_EV_HANDOVER,    CW_OBJ_VMBUS_SHARE, S(1),
	  { CW_FEXIT("on_open_leave", "__vmbus_open"), CW_KRETPROBE("on_open_leave_k", "__vmbus_open") },
	  .optional = true },
	{ .event = CW_EV_HANDOVER,    CW_OBJ_VMBUS_SHARE, S(1),
	  { CW_FENTRY("on_open_enter", "__vmbus_open"), CW_KPROBE("on_open_enter_k", "__vmbus_open") },
	  .optional = true },
	{ .event = CW_EV_HANDOVER,    CW_OBJ_VMBUS_SHARE, S(6),
	  { CW_FENTRY("on_packet", "vmbus_sendpacket_mpb_desc"),
	    CW_KPROBE("on_packet_k", "vmbus_sendpacket_mpb_desc") } },
	{ .event = CW_EV_HANDOVER,    CW_OBJ_VMBUS_SHARE, S(6),
	  { CW_FENTRY("on_packet_nested", "vmbus_sendpacket_mpb_desc") }, .spare = true, .optional = true },
	{ .event = CW_EV_BOUNCE,      CW_OBJ_SHARE, S(7),
	  { CW_FENTRY("on_bounce_unmap", "__swiotlb_tbl_unmap_single"),
	    CW_FENTRY("on_bounce_unmap_old", "swiotlb_tbl_unmap_single") } },
	{ .event = CW_EV_BOUNCE,      CW_OBJ_SHARE, S(7),
	  { CW_FENTRY("on_bounce_unmap_nested", "__swiotlb_tbl_unmap_single"),
	    CW_FENTRY("on_bounce_unmap_old_nested", "swiotlb_tbl_unmap_single") }, .spare = true },
	{ .event = CW_EV_BOUNCE,      CW_OBJ_SHARE, S(7),
	  { { "on_bounce_map_dma", CW_HOOK_FEXIT, "swiotlb_map", CW_WAY_OLD },
	    { "on_bounce_map", CW_HOOK_FEXIT, "swiotlb_tbl_map_single", NEW } } },
	{ .event = CW_EV_BOUNCE,      CW_OBJ_SHARE, S(7),
	  { { "on_bounce_map_dma_nested", CW_HOOK_FEXIT, "swiotlb_map", CW_WAY_OLD },
	    { "on_bounce_map_nested", CW_HOOK_FEXIT, "swiotlb_tbl_map_single", NEW } }, .spare = true },
	{ .event = CW_EV_MAPPING,     CW_OBJ_SHARE, S(8),
	  { CW_FEXIT("on_ioremap", "__ioremap_caller") }, .ways = NEW },

	/* inside hv_vmbus and pci-hyperv: entry and exit of one function are of one kind */
	{ .event = CW_EV_RING_WRITE,  CW_OBJ_VMBUS, Z(1) | H(3),
	  { CW_FENTRY("on_ring_write_in", "hv_ringbuffer_write"), CW_KPROBE("on_ring_write_in_k", "hv_ringbuffer_write") } },
	{ .event = CW_EV_RING_WRITE,  CW_OBJ_VMBUS, Z(1) | H(3),
	  { CW_FEXIT("on_ring_write_out", "hv_ringbuffer_write"), CW_KRETPROBE("on_ring_write_out_k", "hv_ringbuffer_write") } },
	{ .event = CW_EV_RING_WRITE,  CW_OBJ_VMBUS, Z(1) | H(3),
	  { CW_FENTRY("on_ring_write_in_nested", "hv_ringbuffer_write") }, .spare = true, .optional = true },
	{ .event = CW_EV_RING_WRITE,  CW_OBJ_VMBUS, Z(1) | H(3),
	  { CW_FEXIT("on_ring_write_out_nested", "hv_ringbuffer_write") }, .spare = true, .optional = true },
	{ .event = CW_EV_RING_READ,   CW_OBJ_VMBUS, H(3),
	  { CW_FENTRY("on_ring_read_in", "hv_pkt_iter_first"), CW_KPROBE("on_ring_read_in_k", "hv_pkt_iter_first") } },
	{ .event = CW_EV_RING_READ,   CW_OBJ_VMBUS, H(1) | H(2) | H(3),
	  { CW_FEXIT("on_ring_read_out", "hv_pkt_iter_first"),
	    CW_KPROBE("on_ring_read_out_k", "__hv_pkt_iter_next") } },
	{ .event = CW_EV_DEVICE,      CW_OBJ_VMBUS, H(5),
	  { CW_FENTRY("on_offer", "vmbus_onoffer"), CW_KPROBE("on_offer_k", "vmbus_onoffer") } },
	{ .event = CW_EV_DEVICE,      CW_OBJ_VMBUS, H(5),
	  { CW_FENTRY("on_bind", "vmbus_probe"), CW_KPROBE("on_bind_k", "vmbus_probe") } },
	{ .event = CW_EV_COMPLETION,  CW_OBJ_VMBUS, H(6),
	  { CW_KPROBE("on_completion_in_k", "__vmbus_request_addr_match") }, .entry_of_next = true },
	{ .event = CW_EV_COMPLETION,  CW_OBJ_VMBUS, H(6),
	  { CW_FEXIT("on_completion", "__vmbus_request_addr_match"), CW_KRETPROBE("on_completion_out_k", "__vmbus_request_addr_match") } },
	{ .event = CW_EV_MAPPING,     CW_OBJ_VMBUS, S(2),
	  { CW_KPROBE("on_ring_init_in_k", "hv_ringbuffer_init") }, .entry_of_next = true },
	{ .event = CW_EV_MAPPING,     CW_OBJ_VMBUS, S(2),
	  { CW_FEXIT("on_ring_init", "hv_ringbuffer_init"), CW_KRETPROBE("on_ring_init_out_k", "hv_ringbuffer_init") } },
	{ .event = CW_EV_CONFIG,      CW_OBJ_PCI, R(2),
	  { CW_FENTRY("on_config_read_in", "_hv_pcifront_read_config"), CW_KPROBE("on_config_read_in_k", "_hv_pcifront_read_config") } },
	{ .event = CW_EV_CONFIG,      CW_OBJ_PCI, R(2),
	  { CW_FEXIT("on_config_read_out", "_hv_pcifront_read_config"), CW_KRETPROBE("on_config_read_out_k", "_hv_pcifront_read_config") } },
	{ .event = CW_EV_CONFIG,      CW_OBJ_PCI, R(2),
	  { CW_FENTRY("on_config_write_in", "_hv_pcifront_write_config"), CW_KPROBE("on_config_write_in_k", "_hv_pcifront_write_config") } },
	{ .event = CW_EV_CONFIG,      CW_OBJ_PCI, R(2),
	  { CW_FEXIT("on_config_write_out", "_hv_pcifront_write_config"), CW_KRETPROBE("on_config_write_out_k", "_hv_pcifront_write_config") } },
	{ .event = CW_EV_CONFIG,      CW_OBJ_PCI, R(2),
	  { CW_FENTRY("on_mmio_read", "hv_pci_read_mmio"), CW_KPROBE("on_mmio_read_k", "hv_pci_read_mmio") } },
	{ .event = CW_EV_CONFIG,      CW_OBJ_PCI, R(2),
	  { CW_FENTRY("on_mmio_write", "hv_pci_write_mmio"), CW_KPROBE("on_mmio_write_k", "hv_pci_write_mmio") } },

	{ .event = CW_EV_PAGE_FREE,   CW_OBJ_FREE, S(3),
	  { CW_RAW_TP("on_page_free_nested", "mm_page_free") }, .spare = true, .again = true },
};

/* Who judges by the state of frames loses with it; the hypercall page is looked at by the way. */
#define STATE_RULES (S(1) | S(6) | H(2))
static const struct cw_side sides[] = {
	{ CW_EV_BEGIN, STATE_RULES },
	{ CW_EV_END, STATE_RULES },
	{ CW_EV_SEED, STATE_RULES },
	{ CW_EV_KEPT, S(5) },
	{ CW_EV_OWNER, S(4) },
	{ 0, 0 },
};

/* Of swiotlb_tbl_map_single one is gone since 6.10, behind those that are read. */
static const struct cw_known_args known_args[] = {
	{ "swiotlb_tbl_map_single", 1U << 6 | 1U << 7 },
	{ "swiotlb_map", 1U << 5 },
	{ "swiotlb_tbl_unmap_single", 1U << 5 },
	{ "__swiotlb_tbl_unmap_single", 1U << 6 },
	{ NULL, 0 },
};

static const struct cw_way_rules senseless[] = {
	{ CW_WAY_ANY, T(9), "said on request, by cocowatch map --kexec" },
	{ CW_WAY_OLD | CW_WAY_VTOM | CW_WAY_SNP | CW_WAY_TDX, T(1) | T(2),
	  "this kernel or mode has no not-present window" },
	{ CW_WAY_OLD, T(3), "this kernel shares by second mappings, made after the hook returns (S2 looks at them)" },
	{ CW_WAY_OLD, T(4), "nothing inside a transition can be traced on this kernel" },
	{ CW_WAY_OLD, T(8), "this kernel has no not-present window" },
	{ CW_WAY_VTOM | CW_WAY_SNP | CW_WAY_TDX, T(6), "the list that the host is given cannot be traced in this mode" },
	{ CW_WAY_OLD, Z(4), "no page-table entry says here which pages may be read" },
	{ CW_WAY_OLD, S(8), "this kernel maps device memory without the shared bit in its page tables" },
	{ CW_WAY_SNP | CW_WAY_TDX, R(1), "there is no paravisor beside which a hypercall could go" },
	{ 0 }
};
/* clang-format on */

_Static_assert(sizeof(probes) / sizeof(probes[0]) <= CW_PROBES_MAX, "raise CW_PROBES_MAX");

const struct cw_source cw_source_stock = {
	.name = "stock",
	.probes = probes,
	.nr_probes = sizeof(probes) / sizeof(probes[0]),
	.known_args = known_args,
	.sides = sides,
	.senseless = senseless,
	.blind = T(4),
};
