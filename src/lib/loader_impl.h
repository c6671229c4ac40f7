/* SPDX-License-Identifier: GPL-2.0-only */
/* What loading (loader.c) and counting (loader_count.c) share. */
#ifndef CW_LOADER_IMPL_H
#define CW_LOADER_IMPL_H

#include "hook.h"
#include "loader.h"
#include "objects.h"

#define CW_VARS_MAX 32

struct cw_loader {
	struct cw_arming *arming;
	struct cw_bpf_var vars[CW_VARS_MAX + 1];
	__u64 nr_frames;
	struct cw_hook_kernel hooks;	/* its BTF is there while there is something to load */
	struct bpf_object *obj[CW_OBJ_NR];
	struct bpf_link *link[CW_PROBES_MAX];
	bool waits[CW_OBJ_NR];	/* for its module */
	__u64 module_id[CW_OBJ_NR];	/* cw_kbtf_module_id() when it was loaded */
	__u8 failed[CW_PROBES_MAX];	/* hooks that are out, as a mask */
};

static inline const struct cw_probe *probe_get(const struct cw_loader *l, size_t i)
{
	return &l->arming->source->probes[i];
}

static inline size_t nr_probes(const struct cw_loader *l)
{
	return l->arming->source->nr_probes;
}

#endif
