// SPDX-License-Identifier: GPL-2.0-only
/* The source "stock": hooks on the kernel's own functions.  Nothing here asks for a
 * version: whether a hook is there is seen when it is looked up and attached.
 */
#include "source.h"

#define T(n) CW_RULE_BIT(CW_RULE_T##n)
#define S(n) CW_RULE_BIT(CW_RULE_S##n)
#define H(n) CW_RULE_BIT(CW_RULE_H##n)
#define R(n) CW_RULE_BIT(CW_RULE_R##n)
#define Z(n) CW_RULE_BIT(CW_RULE_Z##n)

#define NEW (~(CW_WAY_OLD))	/* page tables carry the shared bit */
#define TRANSITION_RULES (T(1) | T(2) | T(3) | T(4) | T(5) | T(6) | T(7) | T(8) | S(3) | S(5))

/* In the order of attaching, see source_module.c. */
/* clang-format off */
static const struct cw_probe probes[] = {
	{ .event = CW_EV_PREPARED,    CW_OBJ_TRANSITION, T(1) | T(2) | T(4) | T(7),
	  { { "on_prepared", CW_HOOK_FEXIT, "hv_vtom_clear_present", NULL, CW_WAY_WINDOW },
	    { "on_prepared_tdx", CW_HOOK_FEXIT, "tdx_enc_status_change_prepare", NULL, CW_WAY_TDX } } },
	{ .event = CW_EV_FLUSHED,     CW_OBJ_TRANSITION, T(2) | T(7),
	  { CW_FEXIT("on_flushed", "cpa_flush") }, .ways = CW_WAY_WINDOW },
	{ .event = CW_EV_CHANGED,     CW_OBJ_TRANSITION, T(4) | T(7),
	  { CW_FEXIT("on_changed", "__change_page_attr_set_clr") }, .ways = NEW },
	{ .event = CW_EV_HOST_ANSWER, CW_OBJ_TRANSITION, T(4) | T(7),
	  { CW_FEXIT("on_host_answer", "hv_std_hypercall") }, .ways = CW_WAY_WINDOW, .optional = true },
	{ .event = CW_EV_FINISHED,    CW_OBJ_TRANSITION, T(4) | T(7),
	  { { "on_finished", CW_HOOK_FEXIT, "hv_vtom_set_host_visibility", NULL,
	      CW_WAY_WINDOW | CW_WAY_VTOM },
	    { "on_finished_tdx", CW_HOOK_FEXIT, "tdx_enc_status_change_finish", NULL, CW_WAY_TDX } } },
	{ .event = CW_EV_HOST_CALL,   CW_OBJ_TRANSITION, T(2) | T(6) | T(7),
	  { CW_FENTRY("on_host_call", "hv_std_hypercall"),
	    CW_FEXIT("on_translated", "slow_virt_to_phys") }, .ways = CW_WAY_WINDOW },
	{ .event = CW_EV_HOST_DONE,   CW_OBJ_TRANSITION, T(1) | T(2) | T(7),
	  { CW_FENTRY("on_host_done", "set_memory_p") }, .ways = CW_WAY_WINDOW },
	{ .event = CW_EV_END,         CW_OBJ_TRANSITION, TRANSITION_RULES,
	  { { "on_end_old", CW_HOOK_FEXIT, "hv_set_mem_host_visibility", NULL, CW_WAY_OLD },
	    { "on_end", CW_HOOK_FEXIT, "__set_memory_enc_pgtable", NULL, NEW } } },
	{ .event = CW_EV_BEGIN,       CW_OBJ_TRANSITION, TRANSITION_RULES,
	  { { "on_begin_old", CW_HOOK_FENTRY, "hv_set_mem_host_visibility", NULL, CW_WAY_OLD },
	    { "on_begin", CW_HOOK_FENTRY, "__set_memory_enc_pgtable", NULL, NEW } } },
	{ .event = CW_EV_ZEROPAD,     CW_OBJ_TRANSITION, T(8),
	  { CW_FEXIT("on_fixup_exception", "fixup_exception") } },
	{ .event = CW_EV_ZEROPAD,     CW_OBJ_TRANSITION, T(8),
	  { CW_FEXIT("on_zeropad", "ex_handler_zeropad") } },
	{ .event = CW_EV_TASK_EXIT,   CW_OBJ_TRANSITION, T(7),
	  { CW_RAW_TP("on_task_exit", "sched_process_exit") } },
	{ .event = CW_EV_PAGE_FREE,   CW_OBJ_FREE, S(3),
	  { CW_RAW_TP("on_page_free", "mm_page_free") } },
	{ .event = CW_EV_PAGE_FREE,   CW_OBJ_FREE, S(3),
	  { CW_RAW_TP("on_page_free_nested", "mm_page_free") }, .spare = true },
};

static const struct cw_way_rules senseless[] = {
	{ CW_WAY_OLD | CW_WAY_VTOM | CW_WAY_SNP | CW_WAY_TDX, T(1) | T(2),
	  "this kernel or mode has no not-present window" },
	{ CW_WAY_OLD, T(3), "this kernel shares by second mappings, made after the hook returns (S2 looks at them)" },
	{ CW_WAY_OLD, T(4), "nothing inside a transition can be traced on this kernel" },
	{ CW_WAY_OLD, T(8), "this kernel has no not-present window" },
	{ CW_WAY_VTOM | CW_WAY_SNP | CW_WAY_TDX, T(6), "the list that the host is given cannot be traced in this mode" },
	{ 0 }
};
/* clang-format on */

_Static_assert(sizeof(probes) / sizeof(probes[0]) <= CW_PROBES_MAX, "raise CW_PROBES_MAX");

const struct cw_source cw_source_stock = {
	.name = "stock",
	.probes = probes,
	.nr_probes = sizeof(probes) / sizeof(probes[0]),
	.senseless = senseless,
	.blind = T(4),
};
