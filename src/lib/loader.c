// SPDX-License-Identifier: GPL-2.0-only
/* Loading and attaching.  A program that cannot be loaded or attached disarms its
 * rules only, and only after its fallbacks have been tried.
 */
#include "loader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include <cocowatch/state.h>

#include "hook.h"
#include "libbpf_log.h"
#include "loader_impl.h"
#include "objects.h"

/* ---- which hook ---- */

static void hook_failed(struct cw_loader *l, size_t i, const char *why)
{
	l->failed[i] |= (__u8)(1U << l->arming->hook[i]);
	cw_arming_failed(l->arming, i, "%s", why);
}

/* Moves the probe to the first hook from here on that may work.  False when there is none. */
static bool hook_choose(struct cw_loader *l, size_t i)
{
	const struct cw_probe *probe = probe_get(l, i);
	char why[CW_WHY_LEN];
	__u8 k;

	for (k = 0; k < CW_HOOKS_MAX && probe->hooks[k].prog; k++) {
		const struct cw_hook *hook = &probe->hooks[k];

		if ((l->failed[i] & (1U << k)) || !cw_hook_fits(hook, l->arming->way))
			continue;
		l->arming->hook[i] = k;
		if (!cw_hook_refused(&l->hooks, l->arming, probe, hook, why, sizeof(why)))
			return true;
		hook_failed(l, i, why);
	}
	return false;
}

/* Whether the probe is of this object and has a hook left to try. */
static bool probe_wanted(struct cw_loader *l, size_t i, enum cw_object_id id)
{
	/* which one the next probe uses decides whether this one is wanted at all */
	if (probe_get(l, i)->entry_of_next && probe_get(l, i)->object == id)
		hook_choose(l, i + 1);
	return id != CW_OBJ_NONE && probe_get(l, i)->object == id &&
	       cw_arming_wants(l->arming, i) &&
	       !l->link[i] && hook_choose(l, i);
}

/* ---- loading ---- */

#define ALL_PROBES -1
#define NO_PROBES -2

static int maps_prepare(struct cw_loader *l, struct bpf_object *obj)
{
	struct bpf_map *pages = bpf_object__find_map_by_name(obj, "cw_pages");
	size_t id;
	int err = 0;

	if (pages)
		bpf_map__set_max_entries(pages, (__u32)((l->nr_frames + CW_FRAMES_PER_WORD - 1) /
							CW_FRAMES_PER_WORD));
	for (id = 0; id < CW_OBJ_NR && !err; id++)
		if (l->obj[id] && l->obj[id] != obj)
			err = cw_object_share(obj, l->obj[id]);
	return err;
}

/* The object, configured, with the programs of all probes that can still work, or of one. */
static struct bpf_object *object_open(struct cw_loader *l, enum cw_object_id id, int only)
{
	struct bpf_object *obj = cw_object_open(id, l->arming->no_module_btf);
	const struct cw_bpf_var *var;
	struct bpf_program *prog;
	size_t i;
	int err = 0;

	if (!obj)
		return NULL;
	for (var = l->vars; var->name && !err; var++)
		err = cw_object_set(obj, var->name, var->value);
	bpf_object__for_each_program(prog, obj)
		bpf_program__set_autoload(prog, false);
	for (i = 0; i < nr_probes(l); i++) {
		if ((only != ALL_PROBES && only != (int)i) || !probe_wanted(l, i, id))
			continue;
		prog = bpf_object__find_program_by_name(obj, cw_arming_hook(l->arming, i)->prog);
		if (prog)
			bpf_program__set_autoload(prog, true);
	}
	if (!err)
		err = maps_prepare(l, obj);
	if (!err)
		return obj;
	bpf_object__close(obj);
	errno = -err;
	return NULL;
}

static int object_try(struct cw_loader *l, enum cw_object_id id, int only, struct bpf_object **out)
{
	struct bpf_object *obj;
	int err;

	*out = NULL;
	cw_libbpf_forget();
	obj = object_open(l, id, only);
	if (!obj)
		return -errno;
	cw_kbtf_rest(l->hooks.btf);	/* libbpf reads it for itself */
	err = bpf_object__load(obj);
	if (err)
		bpf_object__close(obj);
	else
		*out = obj;
	return err;
}

static bool object_has_probes(struct cw_loader *l, enum cw_object_id id)
{
	bool has = false;
	size_t i;

	for (i = 0; i < nr_probes(l); i++)
		has |= probe_wanted(l, i, id);
	return has;
}

/* The module whose types an object needs and may not have; NULL when that is not what it lacks. */
static const char *module_lacked(const struct cw_loader *l, enum cw_object_id id)
{
	const char *module = l->arming->no_module_btf ? cw_object_module(id) : NULL;

	return module && cw_kbtf_has_module(module) ? module : NULL;
}

static void program_failed(struct cw_loader *l, size_t i, int err)
{
	const char *module = module_lacked(l, probe_get(l, i)->object);
	char why[CW_WHY_LEN];

	if (module)
		snprintf(why, sizeof(why), "%s needs types of the module %s, whose BTF takes CAP_SYS_ADMIN",
			 cw_arming_hook(l->arming, i)->prog, module);
	else
		snprintf(why, sizeof(why), "%s could not be loaded: %s",
			 cw_arming_hook(l->arming, i)->prog,
			 *cw_libbpf_last() ? cw_libbpf_last() : strerror(-err));
	hook_failed(l, i, why);
}

/* Takes out the hook whose program libbpf has named.  False when it named none. */
static bool culprit_named(struct cw_loader *l, enum cw_object_id id, int err)
{
	size_t i;

	for (i = 0; i < nr_probes(l); i++) {
		if (!probe_wanted(l, i, id) ||
		    !cw_libbpf_blames(cw_arming_hook(l->arming, i)->prog))
			continue;
		program_failed(l, i, err);
		return true;
	}
	return false;
}

/* Each program is tried alone to find those that cannot be loaded. */
static void culprits_find(struct cw_loader *l, enum cw_object_id id)
{
	struct bpf_object *obj;
	size_t i;
	int err;

	for (i = 0; i < nr_probes(l); i++) {
		if (!probe_wanted(l, i, id))
			continue;
		err = object_try(l, id, (int)i, &obj);
		if (err)
			program_failed(l, i, err);
		else
			bpf_object__close(obj);
	}
}

/* libbpf loads all or nothing, and takes its time: the one that it names is taken out and the rest
 * tried again.  Each round takes at least one hook out, or is the last.
 */
static int object_load(struct cw_loader *l, enum cw_object_id id)
{
	struct bpf_object *empty;
	int err, rounds = CW_PROBES_MAX * CW_HOOKS_MAX;

	do {
		err = object_try(l, id, ALL_PROBES, &l->obj[id]);
		if (!err || err == -EPERM)
			return err;
		if (culprit_named(l, id, err))
			continue;
		/* without any program: what fails even then is no program's fault */
		if (object_try(l, id, NO_PROBES, &empty))
			return err;
		bpf_object__close(empty);
		culprits_find(l, id);
	} while (rounds--);
	return err;
}

/* ---- attaching ---- */

static void probe_attach(struct cw_loader *l, size_t i)
{
	const struct cw_hook *hook = cw_arming_hook(l->arming, i);
	struct bpf_object *obj = l->obj[probe_get(l, i)->object];
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, hook->prog);
	char why[CW_WHY_LEN];
	int err;

	if (!prog || bpf_program__fd(prog) < 0) {
		snprintf(why, sizeof(why), "this cocowatch has no program %s", hook->prog);
		hook_failed(l, i, why);
		return;
	}
	l->link[i] = bpf_program__attach(prog);
	err = l->link[i] ? 0 : -errno;
	if (!err) {
		cw_arming_attached(l->arming, i);
		return;
	}
	if (err == -ENOENT && hook->kind == CW_HOOK_RAW_TP)
		snprintf(why, sizeof(why), "this kernel has no tracepoint %s", hook->target);
	else if (err == -EACCES && l->arming->no_module_btf) /* Debian's kernels have a level 3 */
		snprintf(why, sizeof(why), "%s %s takes CAP_SYS_ADMIN, or kernel.perf_event_paranoid below 3",
			 cw_hook_kind_name(hook->kind), hook->target);
	else
		snprintf(why, sizeof(why), "cannot attach to %s %s: %s", cw_hook_kind_name(hook->kind),
			 hook->target, strerror(-err));
	hook_failed(l, i, why);
}

static void object_close(struct cw_loader *l, enum cw_object_id id)
{
	bpf_object__close(l->obj[id]);
	l->obj[id] = NULL;
}

/* Whether the object's functions are in a module that is not there yet. */
static bool object_waits(struct cw_loader *l, enum cw_object_id id)
{
	const char *module = cw_object_module(id);
	bool wanted = false;
	size_t i;

	if (!module || cw_kbtf_has_module(module))
		return false;
	for (i = 0; i < nr_probes(l); i++) {
		const struct cw_probe *probe = probe_get(l, i);

		if (probe->object != id || !cw_arming_wants(l->arming, i))
			continue;
		wanted = true;
		if (probe->hooks[0].kind != CW_HOOK_KPROBE &&
		    cw_hook_exists(&l->hooks, probe, &probe->hooks[0]))
			return false;	/* built in */
	}
	return wanted;
}

static void object_wait(struct cw_loader *l, enum cw_object_id id)
{
	size_t i;

	l->waits[id] = true;
	for (i = 0; i < nr_probes(l); i++)
		if (probe_get(l, i)->object == id)
			cw_arming_failed(l->arming, i, "the module %s is not loaded",
					 cw_object_module(id));
}

/* An object that fails disarms the rules of its probes; why holds what to say if it was the only
 * one that mattered.
 */
static int object_bring(struct cw_loader *l, enum cw_object_id id, char *why, size_t size)
{
	size_t i;
	int err;

	if (!object_has_probes(l, id))
		return 0;
	err = object_load(l, id);
	if (cw_object_module(id))
		l->module_id[id] = cw_kbtf_module_id(cw_object_module(id));
	if (!err)
		return 0;
	if (err == -EPERM)
		snprintf(why, size, "the kernel refused to load a tracing program: %s (run as root, outside of "
			 "a container, without lockdown=confidentiality)", strerror(-err));
	else if (module_lacked(l, id))
		snprintf(why, size, "its programs need types of the module %s, whose BTF takes CAP_SYS_ADMIN",
			 module_lacked(l, id));
	else
		snprintf(why, size, "the BPF programs could not be loaded: %s",
			 *cw_libbpf_last() ? cw_libbpf_last() : strerror(-err));
	for (i = 0; i < nr_probes(l); i++)
		if (probe_wanted(l, i, id))
			hook_failed(l, i, why);
	return err;
}

/* Probes that are loaded and not attached, in the order of the table.  How many were attached. */
static int probes_attach(struct cw_loader *l)
{
	int attached = 0;
	size_t i;

	for (i = 0; i < nr_probes(l); i++) {
		const struct cw_probe *probe = probe_get(l, i);

		if (probe->object == CW_OBJ_NONE || l->link[i] || !l->obj[probe->object] ||
		    !cw_arming_wants(l->arming, i) ||
		    (l->failed[i] & (1U << l->arming->hook[i])))
			continue;
		probe_attach(l, i);
		attached += l->link[i] != NULL;
	}
	return attached;
}

/* Whether a probe that could not be attached has another hook, whose program is not loaded. */
static bool fallback_left(struct cw_loader *l)
{
	bool left = false;
	size_t i;

	for (i = 0; i < nr_probes(l); i++)
		left |= probe_get(l, i)->object != CW_OBJ_NONE && l->obj[probe_get(l, i)->object] &&
			probe_wanted(l, i, probe_get(l, i)->object);
	return left;
}

static void everything_drop(struct cw_loader *l)
{
	size_t id;

	cw_loader_detach(l);
	for (id = CW_OBJ_NR; id-- > 0;)
		object_close(l, (enum cw_object_id)id);
}

/* What there is to ask of BTF, before it is given back for the first load. */
static void everything_ask(struct cw_loader *l)
{
	size_t id;

	for (id = 0; id < CW_OBJ_NR; id++)
		if (object_waits(l, (enum cw_object_id)id))
			object_wait(l, (enum cw_object_id)id);
		else
			object_has_probes(l, (enum cw_object_id)id);
}

/* One pass over all objects.  What was learned of hooks that fail stays. */
static int pass(struct cw_loader *l, char *why, size_t size)
{
	int err, first = 0;
	size_t id;

	everything_ask(l);
	for (id = 0; id < CW_OBJ_NR; id++) {
		if (l->waits[id])
			continue;
		err = object_bring(l, (enum cw_object_id)id, why, size);
		if (err == -EPERM)
			return err;
		if (err && !first)
			first = err;
	}
	for (id = 0; id < CW_OBJ_NR; id++)
		if (l->obj[id])
			first = 0;
	if (!first)
		probes_attach(l);
	return first;
}

/* ---- opening ---- */

static void vars_copy(struct cw_loader *l, const struct cw_bpf_var *vars)
{
	size_t i;

	for (i = 0; i < CW_VARS_MAX && vars[i].name; i++)
		l->vars[i] = vars[i];
}

int cw_loader_open(struct cw_loader **out, struct cw_arming *arming,
		   const struct cw_loader_opts *opts, char *why, size_t size)
{
	struct cw_loader *l = calloc(1, sizeof(*l));
	int err, round;

	*out = NULL;
	if (!l) {
		snprintf(why, size, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	l->arming = arming;
	l->nr_frames = opts->nr_frames;
	l->hooks.funcs = opts->funcs;
	l->hooks.nr_funcs = opts->nr_funcs;
	vars_copy(l, opts->vars);
	l->hooks.btf = cw_kbtf_new();
	if (!l->hooks.btf) {
		err = -errno;
		snprintf(why, size, "the kernel's BTF cannot be read: %s", strerror(-err));
		free(l);
		return err;
	}
	arming->misses_said = cw_kbtf_counts_misses(l->hooks.btf);
	err = pass(l, why, size);
	for (round = 0; !err && fallback_left(l) && round < CW_HOOKS_MAX; round++) {
		everything_drop(l);
		err = pass(l, why, size);
	}
	cw_kbtf_free(l->hooks.btf);
	l->hooks.btf = NULL;
	if (err) {
		cw_loader_close(l);
		return err;
	}
	*out = l;
	return 0;
}

/* Pass-through devices come with VMBus or hardly ever: nobody keeps privileges for them alone. */
bool cw_loader_waits(const struct cw_loader *l)
{
	size_t id;

	for (id = 0; id < CW_OBJ_NR; id++)
		if (l->waits[id] && id != CW_OBJ_PCI)
			return true;
	return false;
}

bool cw_loader_can_go_on(const struct cw_loader *l)
{
	size_t id;

	for (id = 0; id < CW_OBJ_NR; id++)
		if (l->waits[id] && cw_kbtf_has_module(cw_object_module((enum cw_object_id)id)))
			return true;
	return false;
}

void cw_loader_set(struct cw_loader *l, const char *name, __u64 value)
{
	size_t i;

	for (i = 0; i < CW_VARS_MAX && l->vars[i].name; i++)
		if (!strcmp(l->vars[i].name, name))
			l->vars[i].value = value;
}

int cw_loader_late(struct cw_loader *l)
{
	char why[CW_WHY_LEN];
	int attached = 0;
	size_t id;

	for (id = 0; id < CW_OBJ_NR; id++) {
		if (!l->waits[id] || !cw_kbtf_has_module(cw_object_module((enum cw_object_id)id)))
			continue;
		l->waits[id] = false;
		l->hooks.btf = cw_kbtf_new();
		if (l->hooks.btf && !object_bring(l, (enum cw_object_id)id, why, sizeof(why)))
			attached += probes_attach(l);
		cw_kbtf_free(l->hooks.btf);
		l->hooks.btf = NULL;
	}
	if (attached)
		cw_arming_finish(l->arming);
	return attached;
}

size_t cw_loader_pinned(const struct cw_arming *a, const char **modules)
{
	size_t i, k, nr = 0;

	for (i = 0; i < a->source->nr_probes; i++) {
		const char *module = NULL;

		if (a->attached[i])
			module = cw_hook_pins(&a->source->probes[i], cw_arming_hook(a, i));
		for (k = 0; module && k < nr; k++)
			if (!strcmp(modules[k], module))
				module = NULL;
		if (module && nr < CW_OBJ_NR)
			modules[nr++] = module;
	}
	return nr;
}

struct bpf_map *cw_loader_map(const struct cw_loader *l, const char *name)
{
	struct bpf_map *map = NULL;
	size_t id;

	for (id = 0; id < CW_OBJ_NR && !map; id++)
		if (l->obj[id])
			map = bpf_object__find_map_by_name(l->obj[id], name);
	return map;
}

static void links_destroy(struct cw_loader *l, bool spares)
{
	size_t i;

	for (i = nr_probes(l); i-- > 0;) {
		if (probe_get(l, i)->spare != spares)
			continue;
		bpf_link__destroy(l->link[i]);
		l->link[i] = NULL;
	}
}

/* Spares first: without what it is a spare of, one would take each event for one that was refused,
 * and work on it.
 */
void cw_loader_detach(struct cw_loader *l)
{
	links_destroy(l, true);
	links_destroy(l, false);
}

void cw_loader_close(struct cw_loader *l)
{
	if (!l)
		return;
	everything_drop(l);
	cw_kbtf_free(l->hooks.btf);
	free(l);
}
