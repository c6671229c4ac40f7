// SPDX-License-Identifier: GPL-2.0-only
/* The way of a step into the ring, in a program type that needs no tracing rights; the test says
 * what the engine found.
 */
#include "compat.bpf.h"

/* That type has neither, and who is woken depends on neither. */
#define bpf_get_current_comm(buf, size) ((void)(buf))
#define bpf_get_stack(ctx, buf, size, flags) ((void)(ctx), (long)0)

#include "engine.bpf.h"
#include "wake.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct wake_io);
} wake_ios SEC(".maps");

SEC("socket")
int run_wake(struct __sk_buff *skb)
{
	struct cw_scratch *s = scratch_get(CW_EV_END, 0);
	__u32 key = 0;
	struct wake_io *io = bpf_map_lookup_elem(&wake_ios, &key);

	if (!s || !io)
		return 0;
	hdr_fill(&s->ev.hdr, CW_EV_END, sizeof(s->ev));
	s->out.violated = io->violated;
	s->out.warned = io->warned;
	s->out.observed = io->observed;
	step_send(skb, CW_EV_END, s, true);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
