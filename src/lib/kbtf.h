/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel's BTF says of its functions, and of those of its modules. */
#ifndef CW_KBTF_H
#define CW_KBTF_H

#include <stdbool.h>

struct cw_kbtf;

/* NULL with errno set when the kernel has no BTF. */
struct cw_kbtf *cw_kbtf_new(void);
void cw_kbtf_free(struct cw_kbtf *k);	/* NULL is fine */

/* Whether there is such a function; module: one that may have it, or NULL.  A module that is not
 * loaded has none.
 */
bool cw_kbtf_has_func(struct cw_kbtf *k, const char *func, const char *module);

/* Whether the function returns bool. */
bool cw_kbtf_returns_bool(struct cw_kbtf *k, const char *func);

/* Whether the module is loaded and has BTF. */
bool cw_kbtf_has_module(const char *module);

#endif
