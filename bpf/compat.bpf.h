/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What every BPF file includes first: types, helpers, and the few shims that
 * the oldest supported toolchain (clang 14, libbpf 1.1) and kernel (6.1) need.
 */
#ifndef CW_COMPAT_BPF_H
#define CW_COMPAT_BPF_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#ifndef NULL
#define NULL ((void *)0)
#endif

/* 1: kernel lockdown is at confidentiality, where a program that reads memory is refused.  The
 * verifier sees that nothing behind a test of it can run.
 */
const volatile __u32 cfg_no_read;

/* Reads kernel memory.  0, or negative. */
static __always_inline long cw_kread(void *to, __u32 size, __u64 from)
{
	if (cfg_no_read)
		return -1;
	return bpf_probe_read_kernel(to, size, (const void *)from);
}

/* Keeps the compiler from widening, merging or caching an access to shared memory. */
#define cw_read_once(x) (*(const volatile typeof(x) *)&(x))
#define cw_write_once(x, v) (*(volatile typeof(x) *)&(x) = (v))

#endif
