// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel knows of the programs that were loaded: runs that it refused, time that they
 * took, modules that are not the ones they were loaded for.
 */
#include <bpf/bpf.h>

#include "kprobe.h"
#include "loader_impl.h"

/* What a kprobe missed itself, where the kernel says so. */
static int kprobe_misses(const struct cw_loader *l, size_t probe, __u64 *misses)
{
	enum cw_hook_kind kind = cw_arming_hook(l->arming, probe)->kind;

	*misses = 0;
	if (!l->link[probe] || (kind != CW_HOOK_KPROBE && kind != CW_HOOK_KRETPROBE))
		return 0;
	return cw_kprobe_missed(bpf_link__fd(l->link[probe]), misses);
}

int cw_loader_misses(const struct cw_loader *l, size_t probe, __u64 *misses)
{
	enum cw_object_id id = probe_get(l, probe)->object;
	const struct bpf_object *obj = id == CW_OBJ_NONE ? NULL : l->obj[id];
	struct bpf_prog_info info = {};
	const struct bpf_program *prog;
	__u32 len = sizeof(info);
	__u64 own;
	int err;

	*misses = 0;
	if (!obj)
		return 0;
	prog = bpf_object__find_program_by_name(obj, cw_arming_hook(l->arming, probe)->prog);
	if (!prog || bpf_program__fd(prog) < 0)
		return 0;
	err = bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len);
	if (!err)
		err = kprobe_misses(l, probe, &own);
	if (!err)
		*misses = info.recursion_misses + own;
	return err;
}

static void prog_run_time(const struct bpf_program *prog, __u64 *ns, __u64 *runs)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len))
		return;	/* not loaded */
	*ns += info.run_time_ns;
	*runs += info.run_cnt;
}

void cw_loader_run_time(const struct cw_loader *l, __u64 *ns, __u64 *runs)
{
	struct bpf_program *prog = NULL;
	size_t id;

	for (id = 0; id < CW_OBJ_NR; id++)
		while (l->obj[id] && (prog = bpf_object__next_program(l->obj[id], prog)))
			prog_run_time(prog, ns, runs);
}

bool cw_loader_is_reloaded(const struct cw_loader *l, size_t probe)
{
	enum cw_object_id id = probe_get(l, probe)->object;
	const char *module = id == CW_OBJ_NONE ? NULL : cw_object_module(id);
	__u64 now = module && l->arming->attached[probe] ? cw_kbtf_module_id(module) : 0;

	return now && now != l->module_id[id];
}
