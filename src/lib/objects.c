// SPDX-License-Identifier: GPL-2.0-only
/* The table of BPF objects, their configuration by name, and the maps that they share. */
#include "objects.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/btf.h>

#include "module.skel.h"
#include "module_path.skel.h"
#include "module_vmbus.skel.h"
#include "pci.skel.h"
#include "stock_free.skel.h"
#include "stock_share.skel.h"
#include "stock_transition.skel.h"
#include "vmbus.skel.h"
#include "vmbus_share.skel.h"

static const struct {
	const char *name;
	const void *(*elf)(size_t *size);
	const char *module;
} objects[CW_OBJ_NR] = {
	[CW_OBJ_MODULE] = { "module", module_bpf__elf_bytes, NULL },
	[CW_OBJ_MODULE_VMBUS] = { "module_vmbus", module_vmbus_bpf__elf_bytes, NULL },
	[CW_OBJ_TRANSITION] = { "stock_transition", stock_transition_bpf__elf_bytes, NULL },
	[CW_OBJ_FREE] = { "stock_free", stock_free_bpf__elf_bytes, NULL },
	[CW_OBJ_SHARE] = { "stock_share", stock_share_bpf__elf_bytes, NULL },
	[CW_OBJ_VMBUS_SHARE] = { "vmbus_share", vmbus_share_bpf__elf_bytes, "hv_vmbus" },
	[CW_OBJ_VMBUS] = { "vmbus", vmbus_bpf__elf_bytes, "hv_vmbus" },
	[CW_OBJ_MODULE_PATH] = { "module_path", module_path_bpf__elf_bytes, NULL },
	[CW_OBJ_PCI] = { "pci", pci_bpf__elf_bytes, "pci_hyperv" },
};

const char *cw_object_module(enum cw_object_id id)
{
	return objects[id].module;
}

const char *cw_object_name(enum cw_object_id id)
{
	return objects[id].name;
}

struct bpf_object *cw_object_open(enum cw_object_id id, bool no_module_btf)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = objects[id].name,
		    .btf_custom_path = no_module_btf ? CW_KERNEL_BTF : NULL);
	size_t size;
	const void *elf = objects[id].elf(&size);

	return bpf_object__open_mem(elf, size, &opts);
}

void cw_objects_rest(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from, to;
	size_t id, size;

	for (id = 0; id < CW_OBJ_NR; id++) {
		if (!objects[id].elf)
			continue;
		from = (uintptr_t)objects[id].elf(&size);
		/* what else is on the first page and the last stays */
		to = (from + size) / page * page;
		from = (from + page - 1) / page * page;
		if (from < to)
			madvise((void *)from, to - from, MADV_DONTNEED);
	}
}

/* ---- configuration ---- */

/* Where a variable lies in the object's .rodata; its size, or 0 when there is none. */
static size_t variable_find(const struct bpf_object *obj, const char *name, __u32 *offset)
{
	const struct btf *btf = bpf_object__btf(obj);
	__s32 id = btf ? btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC) : -1;
	const struct btf_type *sec;
	const struct btf_var_secinfo *var;
	__u32 i;

	if (id < 0)
		return 0;
	sec = btf__type_by_id(btf, (__u32)id);
	var = btf_var_secinfos(sec);
	for (i = 0; i < btf_vlen(sec); i++, var++) {
		const struct btf_type *t = btf__type_by_id(btf, var->type);

		if (strcmp(btf__name_by_offset(btf, t->name_off), name))
			continue;
		*offset = var->offset;
		return var->size;
	}
	return 0;
}

static struct bpf_map *rodata_find(const struct bpf_object *obj)
{
	static const char suffix[] = ".rodata";
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj) {
		const char *name = bpf_map__name(map);
		size_t len = strlen(name);

		if (len >= sizeof(suffix) - 1 && !strcmp(name + len - (sizeof(suffix) - 1), suffix))
			return map;
	}
	return NULL;
}

int cw_object_set(struct bpf_object *obj, const char *variable, __u64 value)
{
	struct bpf_map *rodata = rodata_find(obj);
	__u32 offset = 0;
	size_t room = 0, size = variable_find(obj, variable, &offset);
	const void *old = rodata ? bpf_map__initial_value(rodata, &room) : NULL;
	char *data;
	int err;

	if (!old || !size || size > sizeof(value) || offset + size > room)
		return 0;
	data = malloc(room);
	if (!data)
		return -ENOMEM;
	memcpy(data, old, room);
	memcpy(data + offset, &value, size);	/* little endian: the low bytes */
	err = bpf_map__set_initial_value(rodata, data, room);
	free(data);
	return err;
}

/* ---- shared maps ---- */

int cw_object_share(struct bpf_object *obj, const struct bpf_object *other)
{
	struct bpf_map *map, *theirs;
	int err;

	bpf_object__for_each_map(map, obj) {
		const char *name = bpf_map__name(map);

		if (strncmp(name, "cw_", 3))
			continue;
		theirs = bpf_object__find_map_by_name(other, name);
		if (!theirs || bpf_map__fd(theirs) < 0)
			continue;
		err = bpf_map__reuse_fd(map, bpf_map__fd(theirs));
		if (err)
			return err;
	}
	return 0;
}
