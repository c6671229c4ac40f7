// SPDX-License-Identifier: GPL-2.0-only
/* The source "module": the tracepoints of cocovm.ko, and the few hooks of the
 * kernel itself that its pool needs watched.
 */
#include "source.h"

#define T(n) CW_RULE_BIT(CW_RULE_T##n)
#define S(n) CW_RULE_BIT(CW_RULE_S##n)
#define P(n) CW_RULE_BIT(CW_RULE_P##n)

/* What no rule on transitions, or on the states that they leave, can do without: where one
 * begins and ends.
 */
#define TRANSITION_RULES (T(1) | T(2) | T(3) | T(4) | T(5) | T(6) | T(7) | T(8) | S(3) | S(5))

/* In the order of attaching; detached in reverse.  A probe whose judgement needs that
 * another one has seen something comes after it, so that neither a session that
 * begins nor one that ends accuses a transition of steps that nobody watched.  A probe
 * that takes away what another one leaves comes before it.
 *
 * T7 needs every step: one that fails before its first has left nothing absent.
 */
/* clang-format off */
static const struct cw_probe probes[] = {
	{ "on_platform",         CW_EV_PLATFORM,    CW_HOOK_RAW_TP,  "cocovm_platform_state",         P(1) | P(2), false },
	{ "on_seed",             CW_EV_SEED,        CW_HOOK_RAW_TP,  "cocovm_pool_range",             S(3), false },
	{ "on_withheld",         CW_EV_WITHHELD,    CW_HOOK_RAW_TP,  "cocovm_pages_withheld",         S(3), false },
	{ "on_prepared",         CW_EV_PREPARED,    CW_HOOK_RAW_TP,  "cocovm_transition_prepared",    T(1) | T(2) | T(4) | T(7), false },
	{ "on_flushed",          CW_EV_FLUSHED,     CW_HOOK_RAW_TP,  "cocovm_transition_flushed",     T(2) | T(7), false },
	{ "on_probed",           CW_EV_PROBED,      CW_HOOK_RAW_TP,  "cocovm_transition_probed",      T(2) | T(7), false },
	{ "on_changed",          CW_EV_CHANGED,     CW_HOOK_RAW_TP,  "cocovm_transition_changed",     T(4) | T(7), false },
	{ "on_host_answer",      CW_EV_HOST_ANSWER, CW_HOOK_RAW_TP,  "cocovm_host_answer",            T(4) | T(7), false },
	{ "on_finished",         CW_EV_FINISHED,    CW_HOOK_RAW_TP,  "cocovm_transition_finished",    T(4) | T(7), false },
	{ "on_host_call",        CW_EV_HOST_CALL,   CW_HOOK_RAW_TP,  "cocovm_host_call",              T(2) | T(6) | T(7), false },
	{ "on_host_done",        CW_EV_HOST_DONE,   CW_HOOK_RAW_TP,  "cocovm_transition_host_done",   T(1) | T(7), false },
	{ "on_end",              CW_EV_END,         CW_HOOK_RAW_TP,  "cocovm_transition_end",         TRANSITION_RULES, false },
	{ "on_begin",            CW_EV_BEGIN,       CW_HOOK_RAW_TP,  "cocovm_transition_begin",       TRANSITION_RULES, false },
	{ "on_fixup_exception",  CW_EV_ZEROPAD,     CW_HOOK_FEXIT,   "fixup_exception",               T(8), false },
	{ "on_zeropad",          CW_EV_ZEROPAD,     CW_HOOK_FEXIT,   "ex_handler_zeropad",            T(8), false },
	{ "on_task_exit",        CW_EV_TASK_EXIT,   CW_HOOK_RAW_TP,  "sched_process_exit",            T(7), false },
	{ "on_page_free",        CW_EV_PAGE_FREE,   CW_HOOK_RAW_TP,  "mm_page_free",                  S(3), false },
	{ "on_page_free_nested", CW_EV_PAGE_FREE,   CW_HOOK_RAW_TP,  "mm_page_free",                  S(3), true },
};
/* clang-format on */

_Static_assert(sizeof(probes) / sizeof(probes[0]) <= CW_PROBES_MAX, "raise CW_PROBES_MAX");

const struct cw_source cw_source_module = {
	.name = "module",
	.probes = probes,
	.nr_probes = sizeof(probes) / sizeof(probes[0]),
};
