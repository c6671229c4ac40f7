/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Two programs on one hook, of which exactly one acts on each event.  The kernel refuses a program
 * while it is already running on that CPU, so in an interrupt (or another task that took the CPU)
 * only the second one runs; and where the second is refused, the first has acted.
 *
 * The first leaves a token when it acts: which call it was, by the address of its context, which
 * lies on the stack and is no other call's as long as this one is under way.  The second, which
 * runs right after the first, takes the token and is content, or finds none and acts.
 *
 * A token is left behind where the second was refused.  The next call at that place of that stack
 * finds its own token there already and takes it over; only if the first is refused for that very
 * call does the second believe it.  That event is lost, and counted: what was refused or left to
 * the second, less what the second did.  Where the first one is under way below us, on this CPU and
 * in this task, it was refused for certain, and no token is believed.
 */
#ifndef CW_TOKEN_BPF_H
#define CW_TOKEN_BPF_H

#include "compat.bpf.h"

#define TOKEN_PAIRS	16	/* of programs, in one object */
#define TOKEN_BUCKETS	128	/* of each pair; a power of two */
#define TOKEN_WAYS	4
#define TOKEN_TRIES	8	/* with others at the same word */

/* Number of the call, then when: a few units of some seconds, which may wrap. */
#define TOKEN_WHEN_BITS	10
#define TOKEN_WHEN_MASK	((1ULL << TOKEN_WHEN_BITS) - 1)
#define TOKEN_WHEN_SHIFT 14	/* of jiffies: 16 seconds where HZ is 1000, 65 where it is 250 */

struct token_bucket {
	__u64 tokens[TOKEN_WAYS];	/* 0: free */
};

/* For all CPUs, since a task may be moved between the two programs. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TOKEN_PAIRS * TOKEN_BUCKETS);
	__type(key, __u32);
	__type(value, struct token_bucket);
} token_buckets SEC(".maps");

/* What each first program is at on this CPU. */
#define TOKEN_NEVER 0	/* it has not run here: it may not be attached yet */
#define TOKEN_IDLE  1	/* else the task that it runs in */

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, TOKEN_PAIRS);
	__type(key, __u32);
	__type(value, __u64);
} token_runs SEC(".maps");

/* While the second program of a pair acts there is nobody for a third call.  It notes that as soon
 * as it knows that it acts, and as the last thing that it does: calls that were refused lie
 * between, but for those in the few instructions at both ends of the program.
 */
struct token_crowd {
	__u64 acting;	/* runs of the second program that are under way, on all CPUs */
	__u64 ended_ns;	/* when the last one was done, or a token doubted; bpf_ktime_get_ns() */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TOKEN_PAIRS);
	__type(key, __u32);
	__type(value, struct token_crowd);
} token_crowds SEC(".maps");

const volatile __u32 cfg_token_base;	/* only its address matters */

/* The context's address as a number.  The verifier lets nobody calculate with one, but the
 * difference of any two pointers is a number to it.
 */
static __always_inline __u64 token_call(void *ctx)
{
	__u64 call = (__u64)ctx;

	asm volatile("%0 -= %1" : "+r"(call) : "r"(&cfg_token_base));
	return call;
}

/* The token of a call; never 0. */
static __always_inline __u64 token_of(__u64 call, __u64 jiffies)
{
	__u64 when = jiffies >> TOKEN_WHEN_SHIFT;

	/* contexts are 8 bytes apart; 54 bits are enough for any two kernel addresses */
	return call >> 3 << TOKEN_WHEN_BITS | (when & TOKEN_WHEN_MASK);
}

static __always_inline bool token_is_same(__u64 a, __u64 b)
{
	return a >> TOKEN_WHEN_BITS == b >> TOKEN_WHEN_BITS;
}

/* Nobody stays between two programs for so long: left behind, by a task that may be gone. */
static __always_inline bool token_is_old(__u64 token, __u64 now)
{
	return ((now - token) & TOKEN_WHEN_MASK) > 1;
}

static __always_inline struct token_bucket *token_bucket_get(__u32 pair, __u64 token)
{
	/* Fibonacci hashing: what differs between stacks are their upper bits */
	__u64 hash = (token >> TOKEN_WHEN_BITS) * 0x9e3779b97f4a7c15ULL;
	__u32 key = pair * TOKEN_BUCKETS + (hash >> 32 & (TOKEN_BUCKETS - 1));

	return bpf_map_lookup_elem(&token_buckets, &key);
}

/* False when the bucket is full of others. */
static __always_inline bool token_leave(__u32 pair, __u64 token)
{
	struct token_bucket *bucket = token_bucket_get(pair, token);
	__u64 old;
	int i;

	for (i = 0; bucket && i < TOKEN_WAYS; i++) {
		old = cw_read_once(bucket->tokens[i]);
		if (old && !token_is_same(old, token) && !token_is_old(old, token))
			continue;
		if (__sync_val_compare_and_swap(&bucket->tokens[i], old, token) == old)
			return true;
	}
	return false;
}

/* Takes every token of that call away; false when there was none. */
static __always_inline bool token_take(__u32 pair, __u64 token)
{
	struct token_bucket *bucket = token_bucket_get(pair, token);
	bool found = false;
	__u64 old;
	int i;

	for (i = 0; bucket && i < TOKEN_WAYS; i++) {
		old = cw_read_once(bucket->tokens[i]);
		if (!old || !token_is_same(old, token))
			continue;
		found = true;
		__sync_val_compare_and_swap(&bucket->tokens[i], old, 0);
	}
	return found;
}

enum token_first {
	TOKEN_ACT,	/* and token_first_done() afterwards */
	TOKEN_LEFT,	/* to the second, which would not see that we had acted */
};

/* Asked by the first program of a pair, which runs in that task. */
static __always_inline enum token_first token_first(__u32 pair, __u64 token, __u64 task)
{
	__u64 *run = bpf_map_lookup_elem(&token_runs, &pair);

	if (!run)
		return TOKEN_LEFT;
	cw_write_once(*run, task);
	if (token_leave(pair, token))
		return TOKEN_ACT;
	cw_write_once(*run, TOKEN_IDLE);
	return TOKEN_LEFT;
}

static __always_inline void token_first_done(__u32 pair)
{
	__u64 *run = bpf_map_lookup_elem(&token_runs, &pair);

	if (run)
		cw_write_once(*run, TOKEN_IDLE);
}

enum token_second {
	TOKEN_REST,	/* the first has acted */
	TOKEN_TAKE,	/* it has not */
	TOKEN_DOUBT,	/* so it has, or the token is an old one: see token_second_doubts() */
};

/* Asked by the second one.  While the first is under way on this CPU in another task it may have
 * been refused in this one, before or after that began.
 */
static __always_inline enum token_second token_second(__u32 pair, __u64 token, __u64 task)
{
	__u64 *run = bpf_map_lookup_elem(&token_runs, &pair), first;
	bool has_acted = token_take(pair, token);

	if (!run)
		return TOKEN_REST;
	first = cw_read_once(*run);
	if (first == TOKEN_NEVER)
		return TOKEN_REST;
	if (!has_acted || first == task)
		return TOKEN_TAKE;
	return first == TOKEN_IDLE ? TOKEN_REST : TOKEN_DOUBT;
}

static __always_inline void token_second_begins(__u32 pair)
{
	struct token_crowd *crowd = bpf_map_lookup_elem(&token_crowds, &pair);

	if (crowd)
		__sync_fetch_and_add(&crowd->acting, 1);
}

/* A time that another CPU took earlier and brings later changes nothing. */
static __always_inline void crowd_until(struct token_crowd *crowd, __u64 now_ns)
{
	__u64 ended = cw_read_once(crowd->ended_ns), seen;
	int i;

	for (i = 0; i < TOKEN_TRIES && now_ns > ended; i++) {
		seen = __sync_val_compare_and_swap(&crowd->ended_ns, ended, now_ns);
		if (seen == ended)
			return;
		ended = seen;
	}
}

static __always_inline void token_second_done(__u32 pair, __u64 now_ns)
{
	struct token_crowd *crowd = bpf_map_lookup_elem(&token_crowds, &pair);

	if (!crowd)
		return;
	crowd_until(crowd, now_ns);
	__sync_fetch_and_add(&crowd->acting, -1);
}

/* Where it rests in doubt: both may have been refused that call. */
static __always_inline void token_second_doubts(__u32 pair, __u64 now_ns)
{
	struct token_crowd *crowd = bpf_map_lookup_elem(&token_crowds, &pair);

	if (crowd)
		crowd_until(crowd, now_ns);
}

/* Whether both programs may have been refused a call since then. */
static __always_inline bool token_crowded(__u32 pair, __u64 since_ns)
{
	struct token_crowd *crowd = bpf_map_lookup_elem(&token_crowds, &pair);

	return !crowd || cw_read_once(crowd->acting) || cw_read_once(crowd->ended_ns) >= since_ns;
}

#endif
