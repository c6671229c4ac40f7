// SPDX-License-Identifier: GPL-2.0-only
/* Steps of honest transitions, sent through the ring of a session as fast as a loop can. */
#include "engine.bpf.h"
#include "loop.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LOOP_EVENTS);
	__type(key, __u32);
	__type(value, struct cw_ev_step);
} events SEC(".maps");

__u32 count;	/* events to send in one run */
static __u32 at;

static long send_turn(__u32 turn, void *unused)
{
	__u32 key = at;
	struct cw_ev_step *ev = bpf_map_lookup_elem(&events, &key);

	(void)turn;
	(void)unused;
	if (!ev)
		return 1;
	at = key + 1 < LOOP_EVENTS ? key + 1 : 0;
	ev->hdr.ts_ns = bpf_ktime_get_ns();
	ev->hdr.seq = seq_next();
	rec_send(CW_EV_BEGIN, ev, sizeof(*ev));
	return 0;
}

SEC("socket")
int run_send(struct __sk_buff *skb)
{
	(void)skb;
	bpf_loop(count, send_turn, NULL, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
