// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's BTF, and that of modules as they are asked for. */
#include "kbtf.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/btf.h>

#include "file.h"
#include "kprobe.h"

#define MODULES_MAX 8
#define ASKED_MAX 128

struct cw_kbtf {
	struct btf *kernel;	/* NULL at rest */
	/* what was asked before: libbpf looks at every type to find one by its name */
	struct {
		const char *func, *module;
		int nr_args;
	} asked[ASKED_MAX];
	int nr_asked;
	struct {
		char name[64];
		struct btf *btf;
	} module[MODULES_MAX];
	int nr_modules;
};

struct cw_kbtf *cw_kbtf_new(void)
{
	struct cw_kbtf *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->kernel = btf__load_vmlinux_btf();
	if (k->kernel)
		return k;
	free(k);
	return NULL;
}

void cw_kbtf_rest(struct cw_kbtf *k)
{
	while (k->nr_modules)	/* they stand on the kernel's */
		btf__free(k->module[--k->nr_modules].btf);
	btf__free(k->kernel);
	k->kernel = NULL;
}

void cw_kbtf_free(struct cw_kbtf *k)
{
	if (!k)
		return;
	cw_kbtf_rest(k);
	free(k);
}

static const struct btf *kernel_btf(struct cw_kbtf *k)
{
	if (!k->kernel)
		k->kernel = btf__load_vmlinux_btf();
	return k->kernel;
}

bool cw_kbtf_has_module(const char *module)
{
	char path[PATH_MAX];

	char state[16];

	/* while it initialises itself nothing can be attached in it */
	snprintf(path, sizeof(path), "/sys/module/%s/initstate", module);
	if (!cw_file_line("", path, state, sizeof(state)) && strcmp(state, "live"))
		return false;
	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", module);
	return !access(path, R_OK);
}

/* kernfs gives the directories of sysfs their inode numbers one after the other. */
__u64 cw_kbtf_module_id(const char *module)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "/sys/module/%s", module);
	return stat(path, &st) ? 0 : st.st_ino;
}

static struct btf *module_btf(struct cw_kbtf *k, const char *module)
{
	struct btf *btf;
	int i;

	for (i = 0; i < k->nr_modules; i++)
		if (!strcmp(k->module[i].name, module))
			return k->module[i].btf;
	if (k->nr_modules == MODULES_MAX || !cw_kbtf_has_module(module) || !kernel_btf(k))
		return NULL;
	btf = btf__load_module_btf(module, k->kernel);
	if (!btf)
		return NULL;
	snprintf(k->module[i].name, sizeof(k->module[i].name), "%s", module);
	k->module[i].btf = btf;
	k->nr_modules++;
	return btf;
}

int cw_btf_nr_args(const struct btf *btf, const char *func)
{
	__s32 id = btf__find_by_name_kind(btf, func, BTF_KIND_FUNC);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;

	if (t)
		t = btf__type_by_id(btf, t->type);
	return t && btf_is_func_proto(t) ? (int)btf_vlen(t) : -ENOENT;
}

int cw_kbtf_nr_args(struct cw_kbtf *k, const char *func, const char *module)
{
	const struct btf *btf;
	int i, nr;

	for (i = 0; i < k->nr_asked; i++)
		if (!strcmp(k->asked[i].func, func) && k->asked[i].module == module)
			return k->asked[i].nr_args;
	nr = kernel_btf(k) ? cw_btf_nr_args(k->kernel, func) : -ENOMEM;
	btf = nr < 0 && module ? module_btf(k, module) : NULL;
	if (btf)
		nr = cw_btf_nr_args(btf, func);
	if (nr != -ENOMEM && k->nr_asked < ASKED_MAX) {	/* it may be had the next time */
		k->asked[k->nr_asked].func = func;
		k->asked[k->nr_asked].module = module;
		k->asked[k->nr_asked++].nr_args = nr;
	}
	return nr;
}

bool cw_kbtf_has_func(struct cw_kbtf *k, const char *func, const char *module)
{
	return cw_kbtf_nr_args(k, func, module) >= 0;
}

bool cw_kbtf_counts_misses(struct cw_kbtf *k)
{
	return kernel_btf(k) && cw_kprobe_counted(k->kernel);
}

bool cw_kbtf_returns_bool(struct cw_kbtf *k, const char *func)
{
	__s32 id = kernel_btf(k) ? btf__find_by_name_kind(k->kernel, func, BTF_KIND_FUNC) : -ENOMEM;
	const struct btf_type *t;

	if (id <= 0)
		return false;
	t = btf__type_by_id(k->kernel, (__u32)id);	/* the function, then its prototype */
	t = btf__type_by_id(k->kernel, t->type);
	t = btf__type_by_id(k->kernel, t->type);
	return t && btf_is_int(t) && (btf_int_encoding(t) & BTF_INT_BOOL);
}
