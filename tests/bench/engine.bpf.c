// SPDX-License-Identifier: GPL-2.0-only
/* The engine in a loop, in a program type that runs where tracing programs do not:
 * the loop is inside, so that the system call around it does not count.
 */
#include "compat.bpf.h"
#include "store.bpf.h"
#include "loop.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LOOP_EVENTS);
	__type(key, __u32);
	__type(value, struct cw_ev_step);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cw_out);
} outs SEC(".maps");

__u32 count;		/* turns of the loop to run */
__u32 cnt_failed;	/* of them, how many the engine could not judge */
__u64 mask_checked;
__u64 mask_reported;	/* violated, warned or without evidence */
static __u32 at;

struct loop {
	struct cw_out *out;
	struct cw_pte_fmt fmt;
};

static long step_turn(__u32 turn, struct loop *l)
{
	__u32 key = at;
	struct cw_ev_step *ev = bpf_map_lookup_elem(&events, &key);
	struct cw_store st = {};

	(void)turn;
	if (!ev)
		return 1;
	at = key + 1 < LOOP_EVENTS ? key + 1 : 0;
	__builtin_memset(l->out, 0, sizeof(*l->out));
	if (cw_engine_step(&st, &l->fmt, &ev->hdr, l->out))
		cnt_failed++;
	mask_checked |= l->out->checked;
	mask_reported |= l->out->violated | l->out->warned | l->out->no_evidence;
	return 0;
}

SEC("socket")
int run_steps(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct loop l = { .out = bpf_map_lookup_elem(&outs, &key) };

	(void)skb;
	if (!l.out)
		return 0;
	bpf_loop(count, step_turn, &l, 0);
	return 0;
}

/* Each frame is shared and made private again in four turns.  (No table of its own: clang 14
 * gives two of them in one object the same place.)
 */
static long frame_turn(__u32 turn, void *unused)
{
	__u32 done = turn & 2 ? CW_FR_DONE_PRIVATE : CW_FR_DONE_SHARED;
	struct cw_store st = {};
	__u32 lost = 0;

	(void)unused;
	if (cw_frame_step(&st, turn / 4 % LOOP_FRAMES, turn & 1 ? done : CW_FR_BEGIN, &lost) < 0)
		cnt_failed++;
	return 0;
}

SEC("socket")
int run_frames(struct __sk_buff *skb)
{
	(void)skb;
	bpf_loop(count, frame_turn, NULL, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
