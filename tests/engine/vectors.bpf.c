// SPDX-License-Identifier: GPL-2.0-only
/* The engine in a program type that needs no tracing rights: the test writes an
 * event into a map, runs this with BPF_PROG_TEST_RUN, and reads what was said.
 */
#include "compat.bpf.h"
#include "store.bpf.h"
#include "vectors.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct vector_io);
} vector_ios SEC(".maps");

SEC("socket")
int run_event(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct vector_io *io = bpf_map_lookup_elem(&vector_ios, &key);
	struct cw_store st = {};

	(void)skb;
	if (!io)
		return 0;
	__builtin_memset(&io->out, 0, sizeof(io->out));
	io->ret = cw_engine_step(&st, &io->fmt, &io->ev.hdr, &io->out);
	return 0;
}

SEC("socket")
int run_frame(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct vector_io *io = bpf_map_lookup_elem(&vector_ios, &key);
	struct cw_store st = {};

	(void)skb;
	if (!io)
		return 0;
	io->lost = 0;
	io->ret = cw_frame_step(&st, io->gfn, io->frame_event, &io->lost);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
