// SPDX-License-Identifier: GPL-2.0-only
/* Hooks that cannot be used: not there, not to be told from another, not to be read, or not to be
 * held.
 */
#include "hook.h"

#include <stdio.h>
#include <string.h>

#include "objects.h"

static const char *probe_module(const struct cw_probe *probe)
{
	return probe->object == CW_OBJ_NONE ? NULL : cw_object_module(probe->object);
}

static bool is_function(const struct cw_hook *hook)
{
	return hook->kind != CW_HOOK_RAW_TP && hook->kind != CW_HOOK_LOOK;
}

static bool is_traced(const struct cw_hook *hook)
{
	return hook->kind == CW_HOOK_FENTRY || hook->kind == CW_HOOK_FEXIT;
}

static const struct cw_kfunc *func_find(const struct cw_kfunc *funcs, size_t nr, const char *name,
					const char *module)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp(funcs[i].name, name) && funcs[i].module == module)
			return &funcs[i];
	return NULL;
}

size_t cw_hook_funcs(const struct cw_source *source, struct cw_kfunc *funcs)
{
	size_t i, k, nr = 0;

	for (i = 0; i < source->nr_probes; i++) {
		const struct cw_probe *probe = &source->probes[i];
		const char *module = probe_module(probe);

		for (k = 0; k < CW_HOOKS_MAX && probe->hooks[k].prog; k++) {
			const struct cw_hook *hook = &probe->hooks[k];

			if (is_function(hook) && !func_find(funcs, nr, hook->target, module))
				funcs[nr++] = (struct cw_kfunc){ hook->target, module, 0 };
		}
	}
	return nr;
}

/* How many functions the hook's name stands for, as far as that was counted. */
static __u32 hook_twins(const struct cw_hook_kernel *k, const struct cw_probe *probe,
			const struct cw_hook *hook)
{
	const struct cw_kfunc *f = func_find(k->funcs, k->nr_funcs, hook->target,
					     probe_module(probe));

	return f && is_function(hook) ? f->nr : 0;
}

bool cw_hook_exists(const struct cw_hook_kernel *k, const struct cw_probe *probe,
		    const struct cw_hook *hook)
{
	return !is_traced(hook) || cw_kbtf_has_func(k->btf, hook->target, probe_module(probe));
}

const char *cw_hook_pins(const struct cw_probe *probe, const struct cw_hook *hook)
{
	const char *module = probe_module(probe);

	return is_traced(hook) && module && cw_kbtf_has_module(module) ? module : NULL;
}

bool cw_hook_refused(const struct cw_hook_kernel *k, const struct cw_arming *a,
		     const struct cw_probe *probe, const struct cw_hook *hook, char *why,
		     size_t size)
{
	const char *held = a->no_pin ? cw_hook_pins(probe, hook) : NULL;
	__u32 twins = hook_twins(k, probe, hook);
	int nr;

	if (held) {
		snprintf(why, size, "it would hold the module %s (--no-pin)", held);
		return true;
	}
	/* BTF has each name once, and does not say of which function */
	if (twins > 1) {
		snprintf(why, size, "this kernel has %u functions named %s", twins, hook->target);
		return true;
	}
	if (!is_traced(hook))
		return false;
	nr = cw_kbtf_nr_args(k->btf, hook->target, probe_module(probe));
	if (nr < 0) {
		snprintf(why, size, "this kernel has no function %s", hook->target);
		return true;
	}
	if (a->no_module_btf && cw_kbtf_nr_args(k->btf, hook->target, NULL) < 0) {
		snprintf(why, size, "%s is in the module %s, whose BTF takes CAP_SYS_ADMIN", hook->target,
			 probe_module(probe));
		return true;
	}
	if (!cw_source_knows_args(a->source, hook->target, nr)) {
		snprintf(why, size, "%s has %d arguments in this kernel, in an order that is not known",
			 hook->target, nr);
		return true;
	}
	return false;
}
