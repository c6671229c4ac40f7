// SPDX-License-Identifier: GPL-2.0-only
/* Who asked for a transition. */
#include "caller.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The way itself (arch/x86/mm/pat/set_memory.c, arch/x86/hyperv/ivm.c and its like, the transitions
 * of cocovm.ko), by how names begin.
 */
static const char *const ways[] = {
	"set_memory_", "__set_memory_", "_set_memory_", "change_page_attr", "__change_page_attr",
	"hv_vtom_", "hv_set_mem_host_visibility", "amd_enc_", "tdx_enc_", "enc_dec_",
	"cw_transition", "transition_", "trace_event_", "__traceiter_", "__bpf_trace_",
	"bpf_trampoline_", "bpf_prog_", "bpf_trace_run", "ftrace_", "kprobe_", "optimized_callback",
};

static bool is_way(const char *symbol)
{
	size_t i;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strncmp(symbol, ways[i], strlen(ways[i])))
			return true;
	return symbol[0] == '?';
}

/* "func+0x12/0x40 [module]" without its offsets. */
static void offsets_drop(const char *symbol, char *buf, size_t size)
{
	size_t name = strcspn(symbol, "+ ");
	const char *module = strchr(symbol, '[');

	snprintf(buf, size, "%.*s%s%s", (int)name, symbol, module ? " " : "", module ? module : "");
}

const char *cw_caller_text(struct cw_symbols *symbols, const __u64 *stack, __u32 nr_stack,
			   const char *comm, char *buf, size_t size)
{
	char symbol[CW_SYMBOL_LEN];
	__u32 i;

	for (i = 0; i < nr_stack; i++) {
		cw_symbol_text(symbols, stack[i], symbol, sizeof(symbol));
		if (is_way(symbol))
			continue;
		offsets_drop(symbol, buf, size);
		return buf;
	}
	if (comm[0])
		snprintf(buf, size, "task %s", comm);
	else
		snprintf(buf, size, "?");
	return buf;
}
