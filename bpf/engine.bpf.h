/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The maps behind the engine, and the way from an event to its record: fill the
 * scratch event, let the engine judge it, count, send.  A record that does not
 * fit into the ring is counted; what the engine said has been counted before.
 */
#ifndef CW_ENGINE_BPF_H
#define CW_ENGINE_BPF_H

#include "compat.bpf.h"
#include "store.bpf.h"
#include <cocowatch/count.h>

#define CW_RING_BYTES	(4 << 20)	/* libbpf maps it twice, and both count as resident */
#define CW_CHUNK	64	/* PTEs read at a time */
#define CW_CHUNK_FEW	8	/* or these: a line of the cache */
#define CW_TOLD_CHUNK	30	/* entries of a frame list read at a time; divides 510 */

const volatile __u32 cfg_abi_major = CW_ABI_MAJOR;
const volatile __u32 cfg_abi_minor = CW_ABI_MINOR;
const volatile __u64 cfg_shared_mask;	/* struct cw_pte_fmt of the space watched */
const volatile __u32 cfg_set_is_private;
const volatile __u32 cfg_no_bit;
const volatile __u32 cfg_max_walk = 262144;	/* PTEs walked for one event */
const volatile __u32 cfg_record_steps;	/* 1: send every step of a transition, not its ends alone */
const volatile __u32 cfg_record_hot;	/* 1: send hot events (packets, bounces) too */
const volatile __u32 cfg_record_frees;	/* 1: send an event for each free in a watched block */
const volatile __u32 cfg_record_stacks;	/* 1: and whose each transition and free is */

/* Order of events over all CPUs, and all objects. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} cw_seqs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, CW_RING_BYTES);
} cw_events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CW_RULE_NR);
	__type(key, __u32);
	__type(value, struct cw_count);
} cw_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CW_EV_NR * CW_LOSS_NR);
	__type(key, __u32);
	__type(value, __u64);
} cw_losses SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CW_STAT_NR);
	__type(key, __u32);
	__type(value, __u64);
} cw_stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cw_kern);
} cw_kerns SEC(".maps");

/* Runs of a second program where the first was refused, by event type: no losses. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CW_EV_NR);
	__type(key, __u32);
	__type(value, __u64);
} cw_nested SEC(".maps");

/* Runs of a first program that left its event to the second, likewise. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CW_EV_NR);
	__type(key, __u32);
	__type(value, __u64);
} cw_left SEC(".maps");

/* Set before programs are detached: while they go one by one, what one leaves to another is
 * nobody's, and a transition whose end is not seen any more would be taken for the next one.  From
 * then on no event is begun, in all objects at once, see work_get().
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} cw_session_over SEC(".maps");

/* A run of PTEs of one last-level table, or one large leaf that stands for them. */
struct cw_chunk {
	__u64 tag;	/* address of the run in runs, plus 1; 0 is empty */
	__u64 leaf;	/* with leaf_shift: the large entry */
	__u32 leaf_shift;	/* 21, 30, ...; 0: pte[] is filled; CW_CHUNK_FAILED */
	__u32 few;	/* set with tag 0: runs are of CW_CHUNK_FEW entries, for small ranges */
	__u64 pte[CW_CHUNK];
};

#define CW_CHUNK_FAILED 0xffffffffU

struct cw_sent_step {
	struct cw_rec_verdict verdict;
	struct cw_ev_step ev;
};

/* One pass over a range, see range.bpf.h. */
struct cw_pass {
	struct cw_pte_fmt fmt;
	__u64 vaddr;
	__u64 told_list;	/* address of the list handed to the host, 0: none */
	__u32 mode;		/* enum range_mode */
	__u32 end;		/* RANGE_END: enum cw_end_kind */
	__u32 first;		/* index in the range of the first page of this pass */
	__u32 types;		/* read page types */
};

/* One for each event type and CPU, and another for the type's second program: a program is never
 * re-entered on a CPU, and no two others share a type, except the frees, which have scratches of
 * their own.
 */
struct cw_scratch {
	struct cw_ev_step ev;
	struct cw_pass pass;
	struct cw_out out;
	struct cw_sent_step sent;
	struct cw_rec_stack stack;
	struct cw_chunk own;
	struct cw_chunk alias;
	__u64 told[CW_TOLD_CHUNK];
	__u64 told_tag;
	__u32 lost;	/* state words that kept changing in this pass */
	__u32 beyond;	/* frames of this pass beyond the state map */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2 * (CW_EV_WITHHELD + 1));
	__type(key, __u32);
	__type(value, struct cw_scratch);
} cw_scratches SEC(".maps");

/* ---- counting ---- */

static __always_inline bool session_is_over(void)
{
	__u32 key = 0;
	__u64 *over = bpf_map_lookup_elem(&cw_session_over, &key);

	return over && cw_read_once(*over);
}

static __always_inline void loss_add(__u32 type, __u32 loss, __u64 n)
{
	__u32 key = type * CW_LOSS_NR + loss;
	__u64 *cnt = bpf_map_lookup_elem(&cw_losses, &key);

	if (cnt)
		__sync_fetch_and_add(cnt, n);
}

/* The same in a program that has no scratch. */
static __always_inline void loss_add_alone(__u32 type, __u32 loss)
{
	if (!session_is_over())
		loss_add(type, loss, 1);
}

static __always_inline void stat_add(__u32 stat, __u64 n)
{
	__u64 *cnt = bpf_map_lookup_elem(&cw_stats, &stat);

	if (cnt)
		__sync_fetch_and_add(cnt, n);
}

static __always_inline void cell_add(void *map, __u32 key)
{
	__u64 *cnt = bpf_map_lookup_elem(map, &key);

	if (cnt)
		__sync_fetch_and_add(cnt, 1);
}

/* Number of a mask's only bit. */
static __always_inline __u32 bit_number(__u64 bit)
{
	return !!(bit & 0xaaaaaaaaaaaaaaaaULL) | !!(bit & 0xccccccccccccccccULL) << 1 |
	       !!(bit & 0xf0f0f0f0f0f0f0f0ULL) << 2 | !!(bit & 0xff00ff00ff00ff00ULL) << 3 |
	       !!(bit & 0xffff0000ffff0000ULL) << 4 | !!(bit & 0xffffffff00000000ULL) << 5;
}

/* One rule of an event, by its bit.  A global function: verified once, and not for each way through
 * the eight that an event may have.
 */
__noinline int cw_rule_count(const struct cw_out *out, __u64 bit)
{
	__u32 rule = bit_number(bit);
	struct cw_count *cnt = bpf_map_lookup_elem(&cw_counts, &rule);

	if (!cnt || !out)
		return 0;
	if (out->checked & bit)
		__sync_fetch_and_add(&cnt->checked, 1);
	if (out->violated & bit)
		__sync_fetch_and_add(&cnt->violated, 1);
	if (out->warned & bit)
		__sync_fetch_and_add(&cnt->warned, 1);
	if (out->observed & bit)
		__sync_fetch_and_add(&cnt->observed, 1);
	if (out->no_evidence & bit)
		__sync_fetch_and_add(&cnt->no_evidence, 1);
	return 0;
}

static __always_inline void rule_count(__u32 rule, const struct cw_out *out)
{
	cw_rule_count(out, CW_RULE_BIT(rule));
}

#define CW_RULES_PER_EVENT 8	/* more than any one event is judged by */

static __always_inline void out_count(const struct cw_out *out)
{
	__u64 any = out->checked | out->violated | out->warned | out->observed | out->no_evidence;
	int i;

	for (i = 0; any && i < CW_RULES_PER_EVENT; i++) {
		cw_rule_count(out, any & -any);
		any &= any - 1;
	}
}

/* ---- records ---- */

static __always_inline __u64 seq_next(void)
{
	__u32 key = 0;
	__u64 *seq = bpf_map_lookup_elem(&cw_seqs, &key);

	return seq ? __sync_fetch_and_add(seq, 1) + 1 : 0;
}

static __always_inline void hdr_fill(struct cw_rec_hdr *hdr, __u16 type, __u16 len)
{
	hdr->type = type;
	hdr->len = len;
	hdr->cpu = bpf_get_smp_processor_id();
	hdr->ts_ns = bpf_ktime_get_ns();
	hdr->seq = seq_next();
	hdr->task = bpf_get_current_pid_tgid();
}

/* Waking the reader costs more than all the rest of an event: it is woken for a verdict,
 * and when a quarter of the ring is full; otherwise it looks by itself ten times a second.
 */
static __always_inline void rec_send_flags(__u32 type, void *rec, __u32 len, __u64 flags)
{
	if (bpf_ringbuf_output(&cw_events, rec, len, flags))
		loss_add(type, CW_LOSS_RING, 1);
}

static __always_inline void rec_send(__u32 type, void *rec, __u32 len)
{
	__u64 waiting = bpf_ringbuf_query(&cw_events, BPF_RB_AVAIL_DATA);

	rec_send_flags(type, rec, len,
		       waiting > CW_RING_BYTES / 4 ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

static __always_inline bool out_reports(const struct cw_out *out)
{
	return (out->violated | out->warned | out->observed) != 0;
}

/* Sends the verdict on an event, with the event behind it and the stack of its task. */
static __always_inline void verdict_send(void *ctx, __u32 type, struct cw_rec_verdict *v,
					 const struct cw_rec_hdr *hdr, const struct cw_out *out,
					 __u32 ev_len)
{
	long n;

	__builtin_memcpy(&v->hdr, hdr, sizeof(*hdr));
	v->hdr.type = CW_REC_VERDICT;
	v->hdr.len = sizeof(*v) + ev_len;
	__builtin_memcpy(&v->out, out, sizeof(*out));
	v->event_off = sizeof(*v);
	bpf_get_current_comm(v->comm, sizeof(v->comm));
	n = bpf_get_stack(ctx, v->stack, sizeof(v->stack), 0);
	v->nr_stack = n > 0 ? n / sizeof(__u64) : 0;
	rec_send_flags(type, v, sizeof(*v) + ev_len, BPF_RB_FORCE_WAKEUP);
}

/* Sends whose event that was, when that is recorded. */
static __always_inline void stack_send(void *ctx, __u32 type, struct cw_rec_stack *r,
				       const struct cw_rec_hdr *hdr)
{
	long n;

	if (!cfg_record_stacks)
		return;
	hdr_fill(&r->hdr, CW_REC_STACK, sizeof(*r));
	r->of_seq = hdr->seq;
	r->of_type = type;
	bpf_get_current_comm(r->comm, sizeof(r->comm));
	n = bpf_get_stack(ctx, r->stack, sizeof(r->stack), 0);
	r->nr_stack = n > 0 ? n / sizeof(__u64) : 0;
	rec_send(type, r, sizeof(*r));
}

/* What a program fills for its event, in that map of scratches; NULL where the session is over.  It
 * is asked here, once for each event, so that either all of it is counted and sent or nothing.
 */
static __always_inline void *work_get(void *scratches, const __u32 *key)
{
	return session_is_over() ? NULL : bpf_map_lookup_elem(scratches, key);
}

/* The scratch of one program, with its event and verdict empty; NULL where the session is over. */
static __always_inline struct cw_scratch *scratch_get(__u32 type, __u32 nested)
{
	__u32 key = type + nested * (CW_EV_WITHHELD + 1);
	struct cw_scratch *s = work_get(&cw_scratches, &key);

	if (!s)
		return NULL;
	__builtin_memset(&s->ev, 0, sizeof(s->ev));
	__builtin_memset(&s->out, 0, sizeof(s->out));
	return s;
}

/* Counts a step; sends it when it is wanted, and its verdict where the engine found something. */
static __always_inline void step_send(void *ctx, __u32 type, struct cw_scratch *s, bool wanted)
{
	stat_add(CW_STAT_STEPS, 1);
	out_count(&s->out);
	if (wanted)
		rec_send(type, &s->ev, sizeof(s->ev));
	if (!out_reports(&s->out))
		return;
	__builtin_memcpy(&s->sent.ev, &s->ev, sizeof(s->ev));
	verdict_send(ctx, type, &s->sent.verdict, &s->ev.hdr, &s->out, sizeof(s->ev));
}

#endif
