/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses of a few kernel variables, for the BPF programs that read them. */
#ifndef CW_KSYMS_H
#define CW_KSYMS_H

#include <linux/types.h>
#include <stddef.h>

/* addr stays 0 where the kernel has no such symbol, or hides its address. */
struct cw_ksym {
	const char *name;
	__u64 *addr;
};

/* Reads path ("/proc/kallsyms"), as far as needed.  0, or -errno when it cannot be read. */
int cw_ksyms_find(const char *path, const struct cw_ksym *syms, size_t nr);

#endif
