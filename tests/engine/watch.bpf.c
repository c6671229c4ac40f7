// SPDX-License-Identifier: GPL-2.0-only
/* The marks of frames, in a program type that needs no tracing rights. */
#include "compat.bpf.h"

#include "watch.bpf.h"
#include "watch.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct watch_io);
} watch_ios SEC(".maps");

SEC("socket")
int run_watch(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct watch_io *io = bpf_map_lookup_elem(&watch_ios, &key);
	struct cw_kern *kern = bpf_map_lookup_elem(&cw_kerns, &key);

	(void)skb;
	if (!io || !kern)
		return 0;
	io->asked = frame_is_followed(io->gfn);
	io->block = block_is_watched(io->gfn);
	switch (io->op) {
	case WATCH_FOUND:
		cw_frame_watch(kern, io->gfn, 0);
		break;
	case WATCH_BEGUN:
		cw_frame_watch(kern, io->gfn, cfg_no_bit);
		break;
	case WATCH_FREED:
		io->watched = frame_forget(io->gfn, &io->followed);
		break;
	}
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
