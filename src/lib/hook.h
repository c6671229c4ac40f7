/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a hook of the probe table can be used on this kernel, as far as that can be said before
 * it is tried.
 */
#ifndef CW_HOOK_H
#define CW_HOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "kbtf.h"
#include "ksyms.h"
#include "source.h"

#define CW_FUNCS_MAX (CW_PROBES_MAX * CW_HOOKS_MAX)

/* What is known of the kernel; nothing of it is owned. */
struct cw_hook_kernel {
	struct cw_kbtf *btf;
	const struct cw_kfunc *funcs;	/* counted; none: they are not asked */
	size_t nr_funcs;
};

/* The functions that a source attaches to, to be counted; room for CW_FUNCS_MAX.  How many. */
size_t cw_hook_funcs(const struct cw_source *source, struct cw_kfunc *funcs);

/* Whether its function is there; of kprobes that is seen when they are attached. */
bool cw_hook_exists(const struct cw_hook_kernel *k, const struct cw_probe *probe,
		    const struct cw_hook *hook);

/* The module that the hook would hold while it is attached; NULL when it holds none. */
const char *cw_hook_pins(const struct cw_probe *probe, const struct cw_hook *hook);

/* Why the hook cannot be used, into why; false when it may. */
bool cw_hook_refused(const struct cw_hook_kernel *k, const struct cw_arming *a,
		     const struct cw_probe *probe, const struct cw_hook *hook, char *why,
		     size_t size);

#endif
