// SPDX-License-Identifier: GPL-2.0-only
/* The tracepoints: defined here once, and exported by name for other modules. */
#include <linux/module.h>

#define CREATE_TRACE_POINTS
#include "trace.h"

/* The list once more.  Nothing is created by that. */
#undef CREATE_TRACE_POINTS
#undef COCOVM_EVENT
#define COCOVM_EVENT(name, ...) EXPORT_TRACEPOINT_SYMBOL_GPL(name)
#define TRACE_HEADER_MULTI_READ
#include "trace.h"
