// SPDX-License-Identifier: GPL-2.0-only
/* What a kernel says of its kprobes' misses. */
#include "kprobe.h"

#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#define LINK_PERF_EVENT	7	/* BPF_LINK_TYPE_PERF_EVENT */
#define EVENT_KPROBE	3	/* BPF_PERF_EVENT_KPROBE */
#define EVENT_KRETPROBE	4

bool cw_kprobe_info_counts(const struct cw_kprobe_info *info, size_t len)
{
	return len >= offsetof(struct cw_kprobe_info, missed) + sizeof(info->missed) &&
	       info->type == LINK_PERF_EVENT &&
	       (info->event_type == EVENT_KPROBE || info->event_type == EVENT_KRETPROBE);
}

int cw_kprobe_missed(int link_fd, __u64 *missed)
{
	struct cw_kprobe_info info = { 0 };
	__u32 len = sizeof(info);

	*missed = 0;
	/* an older kernel knows less, writes less, and says how much */
	if (bpf_obj_get_info_by_fd(link_fd, &info, &len))
		return -errno;
	if (cw_kprobe_info_counts(&info, len))
		*missed = info.missed;
	return 0;
}

/* The type of the member of that name, also inside of anonymous ones; NULL: there is none. */
static const struct btf_type *member_type(const struct btf *btf, const struct btf_type *t,
					  const char *name, int depth)
{
	const struct btf_member *m = btf_members(t);
	__u32 i;

	for (i = 0; i < btf_vlen(t); i++, m++) {
		const char *mine = btf__name_by_offset(btf, m->name_off);
		__s32 id = btf__resolve_type(btf, m->type);
		const struct btf_type *mt = id < 0 ? NULL : btf__type_by_id(btf, (__u32)id);

		if (mt && *mine && !strcmp(mine, name))
			return mt;
		if (!mt || *mine || !btf_is_composite(mt) || depth > 2)
			continue;
		mt = member_type(btf, mt, name, depth + 1);
		if (mt)
			return mt;
	}
	return NULL;
}

bool cw_kprobe_counted(const struct btf *btf)
{
	static const char *const path[] = { "perf_event", "kprobe", "missed" };
	__s32 id = btf__find_by_name_kind(btf, "bpf_link_info", BTF_KIND_STRUCT);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;
	size_t i;

	for (i = 0; t && i < sizeof(path) / sizeof(path[0]); i++)
		t = btf_is_composite(t) ? member_type(btf, t, path[i], 0) : NULL;
	return t != NULL;
}
