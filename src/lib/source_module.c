// SPDX-License-Identifier: GPL-2.0-only
/* The source "module": the tracepoints of cocovm.ko, and the few hooks of the
 * kernel itself that its pool needs watched.
 */
#include "source.h"

#define T(n) CW_RULE_BIT(CW_RULE_T##n)
#define S(n) CW_RULE_BIT(CW_RULE_S##n)
#define H(n) CW_RULE_BIT(CW_RULE_H##n)
#define R(n) CW_RULE_BIT(CW_RULE_R##n)
#define P(n) CW_RULE_BIT(CW_RULE_P##n)
#define Z(n) CW_RULE_BIT(CW_RULE_Z##n)

/* What no rule on transitions, or on the states that they leave, can do without: where one
 * begins and ends.
 */
#define TRANSITION_RULES (T(1) | T(2) | T(3) | T(4) | T(5) | T(6) | T(7) | T(8) | S(3) | S(5))

/* In the order of attaching.  A probe whose judgement needs that another one has seen something
 * comes after it, so that a session that begins accuses no transition of steps that nobody watched.
 * A probe that takes away what another one leaves comes before it.  A session that ends is over
 * before its probes go, see cw_session_stop().
 *
 * T7 needs every step: one that fails before its first has left nothing absent.
 */
/* clang-format off */
static const struct cw_probe probes[] = {
	{ .event = CW_EV_PLATFORM,    CW_OBJ_MODULE, P(1) | P(2),
	  { CW_RAW_TP("on_platform", "cocovm_platform_state") } },
	{ .event = CW_EV_SEED,        CW_OBJ_MODULE, S(3),
	  { CW_RAW_TP("on_seed", "cocovm_pool_range") } },
	{ .event = CW_EV_WITHHELD,    CW_OBJ_MODULE, S(3),
	  { CW_RAW_TP("on_withheld", "cocovm_pages_withheld") } },
	{ .event = CW_EV_PREPARED,    CW_OBJ_MODULE, T(1) | T(2) | T(4) | T(7),
	  { CW_RAW_TP("on_prepared", "cocovm_transition_prepared") } },
	{ .event = CW_EV_FLUSHED,     CW_OBJ_MODULE, T(2) | T(7),
	  { CW_RAW_TP("on_flushed", "cocovm_transition_flushed") } },
	{ .event = CW_EV_PROBED,      CW_OBJ_MODULE, T(2) | T(7),
	  { CW_RAW_TP("on_probed", "cocovm_transition_probed") } },
	{ .event = CW_EV_CHANGED,     CW_OBJ_MODULE, T(4) | T(7),
	  { CW_RAW_TP("on_changed", "cocovm_transition_changed") } },
	{ .event = CW_EV_HOST_ANSWER, CW_OBJ_MODULE, T(4) | T(7),
	  { CW_RAW_TP("on_host_answer", "cocovm_host_answer") } },
	{ .event = CW_EV_FINISHED,    CW_OBJ_MODULE, T(4) | T(7),
	  { CW_RAW_TP("on_finished", "cocovm_transition_finished") } },
	{ .event = CW_EV_HOST_CALL,   CW_OBJ_MODULE, T(2) | T(6) | T(7),
	  { CW_RAW_TP("on_host_call", "cocovm_host_call") } },
	{ .event = CW_EV_HOST_DONE,   CW_OBJ_MODULE, T(1) | T(7),
	  { CW_RAW_TP("on_host_done", "cocovm_transition_host_done") } },
	{ .event = CW_EV_END,         CW_OBJ_MODULE, TRANSITION_RULES,
	  { CW_RAW_TP("on_end", "cocovm_transition_end") } },
	{ .event = CW_EV_BEGIN,       CW_OBJ_MODULE, TRANSITION_RULES | Z(4),
	  { CW_RAW_TP("on_begin", "cocovm_transition_begin") } },
	{ .event = CW_EV_ZEROPAD,     CW_OBJ_MODULE, T(8),
	  { CW_FEXIT("on_fixup_exception", "fixup_exception") } },
	{ .event = CW_EV_ZEROPAD,     CW_OBJ_MODULE, T(8),
	  { CW_FEXIT("on_zeropad", "ex_handler_zeropad") } },
	{ .event = CW_EV_TASK_EXIT,   CW_OBJ_MODULE, T(7),
	  { CW_RAW_TP("on_task_exit", "sched_process_exit") } },
	{ .event = CW_EV_PAGE_FREE,   CW_OBJ_MODULE, S(3),
	  { CW_RAW_TP("on_page_free", "mm_page_free") } },
	{ .event = CW_EV_PAGE_FREE,   CW_OBJ_MODULE, S(3),
	  { CW_RAW_TP("on_page_free_nested", "mm_page_free") }, .spare = true },
	{ .event = CW_EV_HYPERCALL,   CW_OBJ_MODULE_PATH, S(1) | S(5) | Z(2) | Z(3) | R(1),
	  { CW_RAW_TP("on_paravisor_call", "cocovm_paravisor_call") } },
	{ .event = CW_EV_HYPERCALL,   CW_OBJ_MODULE_PATH, S(1) | Z(2) | Z(3) | R(1),
	  { CW_RAW_TP("on_hypervisor_call", "cocovm_hypervisor_call") } },
	{ .event = CW_EV_KEPT,        CW_OBJ_MODULE_PATH, S(5),
	  { CW_RAW_TP("on_page_kept", "cocovm_page_kept") } },
	{ .event = CW_EV_KEPT,        CW_OBJ_MODULE_PATH, T(9),
	  { CW_RAW_TP("on_kexec", "cocovm_kexec_range") } },
	{ .event = CW_EV_MAPPING,     CW_OBJ_MODULE_PATH, S(8),
	  { CW_RAW_TP("on_mmio", "cocovm_mmio_mapped") } },
	{ .event = CW_EV_INTERRUPT,   CW_OBJ_MODULE_PATH, R(3),
	  { CW_RAW_TP("on_interrupt", "cocovm_interrupt_delivered") } },
	{ .event = CW_EV_RING_WRITE,  CW_OBJ_MODULE_VMBUS, Z(1) | H(3),
	  { CW_RAW_TP("on_ring_write_begin", "cocovm_ring_write_begin") } },
	{ .event = CW_EV_RING_WRITE,  CW_OBJ_MODULE_VMBUS, Z(1) | H(3),
	  { CW_RAW_TP("on_ring_write_end", "cocovm_ring_write_end") } },
	{ .event = CW_EV_RING_READ,   CW_OBJ_MODULE_VMBUS, H(1) | H(2) | H(3),
	  { CW_RAW_TP("on_ring_read_begin", "cocovm_ring_read_begin") } },
	{ .event = CW_EV_RING_READ,   CW_OBJ_MODULE_VMBUS, H(1) | H(2) | H(3),
	  { CW_RAW_TP("on_ring_read_end", "cocovm_ring_read_end") } },
	{ .event = CW_EV_FETCH,       CW_OBJ_MODULE_VMBUS, H(4),
	  { CW_RAW_TP("on_value_used", "cocovm_value_used") } },
	{ .event = CW_EV_DEVICE,      CW_OBJ_MODULE_VMBUS, H(5),
	  { CW_RAW_TP("on_device_offered", "cocovm_device_offered") } },
	{ .event = CW_EV_DEVICE,      CW_OBJ_MODULE_VMBUS, H(5),
	  { CW_RAW_TP("on_device_bound", "cocovm_device_bound") } },
	{ .event = CW_EV_COMPLETION,  CW_OBJ_MODULE_VMBUS, H(6),
	  { CW_RAW_TP("on_completion_seen", "cocovm_completion_seen") } },
	{ .event = CW_EV_MAPPING,     CW_OBJ_MODULE_VMBUS, S(2),
	  { CW_RAW_TP("on_ring_mapped", "cocovm_ring_mapped") } },
	{ .event = CW_EV_HANDOVER,    CW_OBJ_MODULE_VMBUS, S(1),
	  { CW_RAW_TP("on_synic_named", "cocovm_synic_named") } },
	{ .event = CW_EV_HANDOVER,    CW_OBJ_MODULE_VMBUS, S(6),
	  { CW_RAW_TP("on_packet_named", "cocovm_packet_named") } },
	{ .event = CW_EV_BOUNCE,      CW_OBJ_MODULE_VMBUS, S(7),
	  { CW_RAW_TP("on_bounce_unmapped", "cocovm_bounce_unmapped") } },
	{ .event = CW_EV_BOUNCE,      CW_OBJ_MODULE_VMBUS, S(7),
	  { CW_RAW_TP("on_bounce_mapped", "cocovm_bounce_mapped") } },
	{ .event = CW_EV_CONFIG,      CW_OBJ_MODULE_VMBUS, R(2),
	  { CW_RAW_TP("on_config_end", "cocovm_config_end") } },
	{ .event = CW_EV_CONFIG,      CW_OBJ_MODULE_VMBUS, R(2),
	  { CW_RAW_TP("on_config_call", "cocovm_paravisor_call") } },
	{ .event = CW_EV_CONFIG,      CW_OBJ_MODULE_VMBUS, R(2),
	  { CW_RAW_TP("on_config_call_direct", "cocovm_hypervisor_call") } },
	{ .event = CW_EV_CONFIG,      CW_OBJ_MODULE_VMBUS, R(2),
	  { CW_RAW_TP("on_config_begin", "cocovm_config_begin") } },
};
/* clang-format on */

/* Who judges by the state of frames loses with it. */
static const struct cw_side sides[] = {
	{ CW_EV_BEGIN, S(1) | S(6) },
	{ CW_EV_END, S(1) | S(6) },
	{ CW_EV_SEED, S(1) | S(6) },
	{ 0, 0 },
};

_Static_assert(sizeof(probes) / sizeof(probes[0]) <= CW_PROBES_MAX, "raise CW_PROBES_MAX");

const struct cw_source cw_source_module = {
	.name = "module",
	.probes = probes,
	.nr_probes = sizeof(probes) / sizeof(probes[0]),
	.sides = sides,
};
