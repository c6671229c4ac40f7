/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses of a few kernel variables, for the BPF programs that read them, and how many functions
 * there are of each name that a program is to be attached to.
 */
#ifndef CW_KSYMS_H
#define CW_KSYMS_H

#include <linux/types.h>
#include <stddef.h>

/* addr stays 0 where the kernel has no such symbol, or hides its address. */
struct cw_ksym {
	const char *name;
	__u64 *addr;
};

/* nr counts the functions of that name in the kernel itself, and in the module where one is named;
 * names with a suffix (.cold, .isra.0) are other names.
 */
struct cw_kfunc {
	const char *name;
	const char *module;	/* or NULL */
	__u32 nr;
};

/* Reads path ("/proc/kallsyms") once, for both.  0, or -errno when it cannot be read. */
int cw_ksyms_find(const char *path, const struct cw_ksym *syms, size_t nr, struct cw_kfunc *funcs,
		  size_t nr_funcs);

#endif
