/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Hooks that an interrupt, or another task, may reach while the same CPU is in their program
 * already: the kernel refuses the second run.  So there is a second program on the same hook, with
 * a scratch of its own, which acts on what the first did not, see token.bpf.h.
 *
 * Of the programs on one function the kernel runs the one that was attached last first, and of
 * those on one tracepoint the one that was attached first: so are they attached.  The second one is
 * detached before the first, or it would do all the work.
 */
#ifndef CW_NESTED_BPF_H
#define CW_NESTED_BPF_H

#include "engine.bpf.h"
#include "token.bpf.h"

static __always_inline __u64 token_now(void *ctx)
{
	return token_of(token_call(ctx), bpf_jiffies64());
}

static __always_inline bool first_acts(void *ctx, __u32 pair, __u32 event)
{
	if (token_first(pair, token_now(ctx), bpf_get_current_task()) == TOKEN_ACT)
		return true;
	cell_add(&cw_left, event);
	return false;
}

static __always_inline bool second_acts(void *ctx, __u32 pair, __u32 event)
{
	enum token_second second = token_second(pair, token_now(ctx), bpf_get_current_task());

	if (second == TOKEN_DOUBT)
		token_second_doubts(pair, bpf_ktime_get_ns());
	if (second != TOKEN_TAKE)
		return false;
	token_second_begins(pair);
	cell_add(&cw_nested, event);
	stat_add(CW_STAT_NESTED, 1);
	return true;
}

/* Both programs of a hook.  act(ctx, nested) does the work, where nested is 1 in the second one:
 * what it uses of a CPU must be another's than the first one's.  Events that act() would not care
 * for leave tokens too, since the kernel counts what it refused of all of them.
 */
#define CW_PAIR(section, name, pair, event, act)	\
SEC(section)						\
int name(__u64 *ctx)					\
{							\
	if (first_acts(ctx, pair, event)) {		\
		act(ctx, 0);				\
		token_first_done(pair);			\
	}						\
	return 0;					\
}							\
							\
SEC(section)						\
int name##_nested(__u64 *ctx)				\
{							\
	if (second_acts(ctx, pair, event)) {		\
		act(ctx, 1);				\
		token_second_done(pair, bpf_ktime_get_ns());	\
	}						\
	return 0;					\
}

#endif
