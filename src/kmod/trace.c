// SPDX-License-Identifier: GPL-2.0-only
/* The tracepoints: defined here once, and exported by name for other modules. */
#include <linux/module.h>

#define CREATE_TRACE_POINTS
#include "trace.h"
#include "trace_path.h"

EXPORT_TRACEPOINT_SYMBOL_GPL(cocovm_transition_begin);
EXPORT_TRACEPOINT_SYMBOL_GPL(cocovm_transition_prepared);
EXPORT_TRACEPOINT_SYMBOL_GPL(cocovm_transition_flushed);
EXPORT_TRACEPOINT_SYMBOL_GPL(cocovm_transition_probed);
EXPORT_TRACEPOINT_SYMBOL_GPL(cocovm_transition_changed);
EXPORT_TRACEPOINT_SYMBOL_GPL(cocovm_host_call);
EXPORT_TRACEPOINT_SYMBOL_GPL(cocovm_host_answer);
EXPORT_TRACEPOINT_SYMBOL_GPL(cocovm_transition_host_done);
EXPORT_TRACEPOINT_SYMBOL_GPL(cocovm_transition_finished);
EXPORT_TRACEPOINT_SYMBOL_GPL(cocovm_transition_end);
EXPORT_TRACEPOINT_SYMBOL_GPL(cocovm_platform_state);
EXPORT_TRACEPOINT_SYMBOL_GPL(cocovm_pool_range);
EXPORT_TRACEPOINT_SYMBOL_GPL(cocovm_pages_withheld);
EXPORT_TRACEPOINT_SYMBOL_GPL(cocovm_zeropad_read);
EXPORT_TRACEPOINT_SYMBOL_GPL(cocovm_scenario_begin);
EXPORT_TRACEPOINT_SYMBOL_GPL(cocovm_scenario_end);
EXPORT_TRACEPOINT_SYMBOL_GPL(cocovm_paravisor_call);
EXPORT_TRACEPOINT_SYMBOL_GPL(cocovm_hypervisor_call);
EXPORT_TRACEPOINT_SYMBOL_GPL(cocovm_page_kept);
EXPORT_TRACEPOINT_SYMBOL_GPL(cocovm_mmio_mapped);
EXPORT_TRACEPOINT_SYMBOL_GPL(cocovm_interrupt_delivered);
EXPORT_TRACEPOINT_SYMBOL_GPL(cocovm_kexec_range);
