/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs that the kernel's own kprobes missed, before any program was asked: nested probes, and
 * returns that found no free slot.  Kernels say so since 6.7, of a BPF link.
 */
#ifndef CW_KPROBE_H
#define CW_KPROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

struct btf;

/* How struct bpf_link_info begins for a perf event that is a kprobe (include/uapi/linux/bpf.h); the
 * headers that we are built with may be older.
 */
struct cw_kprobe_info {
	__u32 type;		/* enum bpf_link_type */
	__u32 id;
	__u32 prog_id;
	__u32 pad;
	__u32 event_type;	/* enum bpf_perf_event_type */
	__u32 pad2;
	__u64 func_name;
	__u32 name_len;
	__u32 offset;
	__u64 addr;
	__u64 missed;
};

/* Whether what the kernel wrote, len bytes of it, says how many runs were missed. */
bool cw_kprobe_info_counts(const struct cw_kprobe_info *info, size_t len);

/* Asks about the link of a kprobe or kretprobe.  0 or -errno; *missed is 0 where the kernel does
 * not count.
 */
int cw_kprobe_missed(int link_fd, __u64 *missed);

/* Whether a kernel with this BTF counts them. */
bool cw_kprobe_counted(const struct btf *btf);

#endif
