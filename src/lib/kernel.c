// SPDX-License-Identifier: GPL-2.0-only
/* Variables and structures of the running kernel by name. */
#include "kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "name_filter.h"

#define NAME_AT 19	/* "ffffffff81000000 T name" */

static const char *const sym_names[CW_SYM_NR] = {
#define SYM_NAME(name) #name,
	CW_KERNEL_SYMS(SYM_NAME)
};

static const char *const type_names[CW_TYPE_NR] = {
#define TYPE_NAME(name) #name,
	CW_KERNEL_TYPES(TYPE_NAME)
};

/* Modules that own what is looked into, where they are modules. */
static const char *const modules[] = { "hv_vmbus", "hv_netvsc" };

/* ---- few names among very many ---- */

static void filter_fill(struct cw_name_filter *f, const char *const *names, size_t nr)
{
	size_t i;

	memset(f, 0, sizeof(*f));
	for (i = 0; i < nr; i++)
		cw_name_filter_add(f, names[i]);
}

/* Index of the name, or -1. */
static int filter_find(const struct cw_name_filter *f, const char *const *names, size_t nr,
		       const char *name, size_t len)
{
	size_t i;

	if (!cw_name_filter_passes(f, name, len))
		return -1;
	for (i = 0; i < nr; i++)
		if (!strncmp(names[i], name, len) && !names[i][len])
			return (int)i;
	return -1;
}

/* ---- symbols ---- */

/* Distance between two addresses. */
static __u64 apart(__u64 a, __u64 b)
{
	return a > b ? a - b : b - a;
}

/* Of several variables with one name none is taken, but of those called "vendor" the one beside
 * cc_mask.
 */
static void sym_see(struct cw_kernel *k, const struct cw_name_filter *f, const char *line)
{
	const char *name = line + NAME_AT;
	__u64 addr, mask = k->sym[CW_SYM_cc_mask];
	int i;

	if (strnlen(line, NAME_AT + 1) <= NAME_AT)
		return;
	i = filter_find(f, sym_names, CW_SYM_NR, name, strcspn(name, " \t\n"));
	if (i < 0)
		return;
	addr = strtoull(line, NULL, 16);
	if (addr == k->sym[i])
		return;
	if (!k->nr_sym[i]++)
		k->sym[i] = addr;
	else if (i != CW_SYM_vendor)
		k->sym[i] = 0;
	else if (mask && apart(addr, mask) < apart(k->sym[i], mask))
		k->sym[i] = addr;
}

int cw_kernel_syms_read(struct cw_kernel *k, const char *path)
{
	FILE *file = fopen(path, "re");
	struct cw_name_filter f;
	char line[1024];

	if (!file)
		return -errno;
	filter_fill(&f, sym_names, CW_SYM_NR);
	while (fgets(line, sizeof(line), file))
		sym_see(k, &f, line);
	/* a "vendor" may stand before cc_mask in the file: once more, now that it is known */
	if (k->nr_sym[CW_SYM_vendor] > 1) {
		rewind(file);
		while (fgets(line, sizeof(line), file))
			if (!strncmp(line + NAME_AT, "vendor", 6))
				sym_see(k, &f, line);
	}
	fclose(file);
	return k->sym[CW_SYM_init_top_pgt] && k->sym[CW_SYM_page_offset_base] &&
	       k->sym[CW_SYM_vmemmap_base] ? 0 : -ENODATA;
}

/* ---- BTF ---- */

static void type_see(struct cw_kernel *k, int name, __u32 btf, __u32 id)
{
	size_t i;

	for (i = 0; i < CW_KERNEL_TWINS; i++) {
		if (k->type[name][i].btf)
			continue;
		k->type[name][i].btf = btf;
		k->type[name][i].id = id;
		return;
	}
}

int cw_kernel_btf_add(struct cw_kernel *k, struct btf *btf)
{
	__u32 nr = btf__type_cnt(btf), first = 1, id;
	const struct btf *base = btf__base_btf(btf);
	struct cw_name_filter f;

	if (k->nr_btf == CW_KERNEL_BTFS)
		return -E2BIG;
	k->btf[k->nr_btf++] = btf;
	if (base)
		first = btf__type_cnt(base);
	filter_fill(&f, type_names, CW_TYPE_NR);
	for (id = first; id < nr; id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const char *name;
		int i;

		if (!btf_is_struct(t) || !t->name_off)
			continue;
		name = btf__name_by_offset(btf, t->name_off);
		i = filter_find(&f, type_names, CW_TYPE_NR, name, strlen(name));
		if (i >= 0)
			type_see(k, i, (__u32)k->nr_btf, id);
	}
	return 0;
}

int cw_kernel_btf_read(struct cw_kernel *k)
{
	struct btf *kernel = btf__load_vmlinux_btf(), *module;
	size_t i;
	int err;

	if (!kernel)
		return -errno;
	err = cw_kernel_btf_add(k, kernel);
	for (i = 0; !err && i < sizeof(modules) / sizeof(modules[0]); i++) {
		char path[64];

		snprintf(path, sizeof(path), "/sys/kernel/btf/%s", modules[i]);
		module = btf__parse_split(path, kernel);
		if (module)	/* else built in, or not loaded: then there is nothing of it */
			err = cw_kernel_btf_add(k, module);
	}
	return err;
}

void cw_kernel_free(struct cw_kernel *k)
{
	/* modules' types refer to the kernel's */
	while (k->nr_btf)
		btf__free(k->btf[--k->nr_btf]);
	memset(k->type, 0, sizeof(k->type));
}

/* ---- members ---- */

static const struct btf_type *type_skip(const struct btf *btf, __u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	return t;
}

/* The member of that name, also inside of anonymous ones; its type, or NULL. */
static const struct btf_type *member_find(const struct btf *btf, const struct btf_type *t,
					  const char *name, size_t len, struct cw_kernel_field *f,
					  int depth)
{
	const struct btf_member *m = btf_members(t);
	__u32 start = f->bit_off, i;

	for (i = 0; i < btf_vlen(t); i++, m++) {
		const char *mine = btf__name_by_offset(btf, m->name_off);
		const struct btf_type *mt = type_skip(btf, m->type), *found;

		f->bit_off = start + btf_member_bit_offset(t, i);
		f->bit_size = btf_member_bitfield_size(t, i);
		if (mine && *mine) {
			if (strncmp(mine, name, len) || mine[len])
				continue;
			if (!f->bit_size)
				f->bit_size = 8 * (__u32)btf__resolve_size(btf, m->type);
			return mt;
		}
		if (!mt || !btf_is_composite(mt) || depth > 4)
			continue;
		found = member_find(btf, mt, name, len, f, depth + 1);
		if (found)
			return found;
	}
	return NULL;
}

static bool path_find(const struct btf *btf, __u32 id, const char *path, struct cw_kernel_field *f)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	f->bit_off = 0;
	for (;;) {
		size_t len = strcspn(path, ".");

		if (!t || !btf_is_composite(t))
			return false;
		t = member_find(btf, t, path, len, f, 0);
		if (!t)
			return false;
		if (!path[len])
			return true;
		path += len + 1;
	}
}

bool cw_kernel_field(const struct cw_kernel *k, enum cw_kernel_type type, const char *path,
		     struct cw_kernel_field *f)
{
	size_t i;

	for (i = 0; i < CW_KERNEL_TWINS && k->type[type][i].btf; i++)
		if (path_find(k->btf[k->type[type][i].btf - 1], k->type[type][i].id, path, f))
			return true;
	return false;
}

__u32 cw_kernel_sizeof(const struct cw_kernel *k, enum cw_kernel_type type)
{
	const struct btf_type *t;

	if (!k->type[type][0].btf)
		return 0;
	t = btf__type_by_id(k->btf[k->type[type][0].btf - 1], k->type[type][0].id);
	return t ? t->size : 0;
}

/* The kernel's own enumeration of that name, or NULL. */
static const struct btf_type *enum_find(const struct cw_kernel *k, const char *enum_name)
{
	const struct btf *btf = k->nr_btf ? k->btf[0] : NULL;
	int id = btf ? btf__find_by_name_kind(btf, enum_name, BTF_KIND_ENUM) : -ENOENT;

	return id < 0 ? NULL : btf__type_by_id(btf, (__u32)id);
}

const char *cw_kernel_enumerator(const struct cw_kernel *k, const char *enum_name, __u32 value)
{
	const struct btf_type *t = enum_find(k, enum_name);
	const struct btf_enum *e = t ? btf_enum(t) : NULL;
	__u32 i;

	for (i = 0; t && i < btf_vlen(t); i++, e++)
		if ((__u32)e->val == value)
			return btf__name_by_offset(k->btf[0], e->name_off);
	return NULL;
}

bool cw_kernel_enum_value(const struct cw_kernel *k, const char *enum_name, const char *name,
			  __u32 *value)
{
	const struct btf_type *t = enum_find(k, enum_name);
	const struct btf_enum *e = t ? btf_enum(t) : NULL;
	__u32 i;

	for (i = 0; t && i < btf_vlen(t); i++, e++) {
		if (strcmp(btf__name_by_offset(k->btf[0], e->name_off), name) != 0)
			continue;
		*value = (__u32)e->val;
		return true;
	}
	return false;
}

/* ---- values ---- */

int cw_kernel_read(const struct cw_kernel *k, __u64 addr, void *buf, size_t len)
{
	return addr ? k->read(k->read_ctx, addr, buf, len) : -EFAULT;
}

int cw_kernel_read_num(const struct cw_kernel *k, __u64 addr, size_t size, __u64 *value)
{
	*value = 0;
	/* little-endian, as everything that runs this is */
	return size <= sizeof(*value) ? cw_kernel_read(k, addr, value, size) : -EINVAL;
}

int cw_kernel_get(const struct cw_kernel *k, __u64 base, enum cw_kernel_type type,
		  const char *path, __u64 *value)
{
	struct cw_kernel_field f;
	__u32 shift;
	int err;

	*value = 0;
	if (!base)
		return -EFAULT;
	if (!cw_kernel_field(k, type, path, &f))
		return -ENOENT;
	shift = f.bit_off & 7;
	if (shift + f.bit_size > 64)
		return -EINVAL;
	err = cw_kernel_read_num(k, base + f.bit_off / 8, (shift + f.bit_size + 7) / 8, value);
	if (err)
		return err;
	*value >>= shift;
	if (f.bit_size < 64)
		*value &= (1ULL << f.bit_size) - 1;
	return 0;
}

int cw_kernel_var(const struct cw_kernel *k, enum cw_kernel_sym sym, size_t size, __u64 *value)
{
	*value = 0;
	return k->sym[sym] ? cw_kernel_read_num(k, k->sym[sym], size, value) : -ENOENT;
}

int cw_kernel_percpu(const struct cw_kernel *k, __u64 pointer, __u32 cpu, __u64 *addr)
{
	__u64 offset;
	int err;

	if (!pointer || !k->sym[CW_SYM___per_cpu_offset])
		return -ENOENT;
	err = cw_kernel_read_num(k, k->sym[CW_SYM___per_cpu_offset] + 8ULL * cpu, 8, &offset);
	*addr = pointer + offset;
	return err;
}
