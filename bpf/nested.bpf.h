/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Hooks that an interrupt may reach while the same CPU is in their program already: the kernel
 * refuses the second run.  So a second program is attached to the same hook after the first,
 * with a scratch of its own, and acts only while a flag shows that the first was interrupted.
 */
#ifndef CW_NESTED_BPF_H
#define CW_NESTED_BPF_H

#include "engine.bpf.h"

#define CW_BUSY_MAX 8

/* One flag for each first program of an object. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CW_BUSY_MAX);
	__type(key, __u32);
	__type(value, __u32);
} busy_flags SEC(".maps");

static __always_inline void busy_set(__u32 prog, __u32 is)
{
	__u32 *busy = bpf_map_lookup_elem(&busy_flags, &prog);

	if (busy)
		cw_write_once(*busy, is);
}

/* Whether the first program was interrupted on this CPU, so that the second one is to act. */
static __always_inline bool busy_is(__u32 prog, __u32 event)
{
	__u32 *busy = bpf_map_lookup_elem(&busy_flags, &prog);

	if (!busy || !cw_read_once(*busy))
		return false;
	nested_add(event);
	return true;
}

#endif
