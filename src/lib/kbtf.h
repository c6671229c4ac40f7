/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel's BTF says of its functions, and of those of its modules. */
#ifndef CW_KBTF_H
#define CW_KBTF_H

#include <stdbool.h>
#include <linux/types.h>

struct btf;
struct cw_kbtf;

/* NULL with errno set when the kernel has no BTF. */
struct cw_kbtf *cw_kbtf_new(void);
void cw_kbtf_free(struct cw_kbtf *k);	/* NULL is fine */

/* Gives back what it can read again, some 8 MiB: answers are kept, other questions take longer. */
void cw_kbtf_rest(struct cw_kbtf *k);

/* Whether there is such a function; module: one that may have it, or NULL.  A module that is not
 * loaded has none.
 */
bool cw_kbtf_has_func(struct cw_kbtf *k, const char *func, const char *module);

/* How many arguments the function has, or -ENOENT.  The names must outlive k. */
int cw_kbtf_nr_args(struct cw_kbtf *k, const char *func, const char *module);

/* The same of any BTF. */
int cw_btf_nr_args(const struct btf *btf, const char *func);

/* Whether the function returns bool. */
bool cw_kbtf_returns_bool(struct cw_kbtf *k, const char *func);

/* Whether the kernel says how many runs its kprobes missed. */
bool cw_kbtf_counts_misses(struct cw_kbtf *k);

/* Whether the module is loaded and has BTF. */
bool cw_kbtf_has_module(const char *module);

/* A number that a module has until it is unloaded; 0 when it is not there. */
__u64 cw_kbtf_module_id(const char *module);

#endif
