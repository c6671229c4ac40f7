// SPDX-License-Identifier: GPL-2.0-only
/* All that a program counts and sends for one step, in a program type that needs no tracing
 * rights.
 */
#include "compat.bpf.h"

/* That type has neither, and nothing here depends on them. */
#define bpf_get_current_comm(buf, size) ((void)(buf))
#define bpf_get_stack(ctx, buf, size, flags) ((void)(ctx), (long)0)

#include "engine.bpf.h"

SEC("socket")
int run_over(struct __sk_buff *skb)
{
	struct cw_scratch *s = scratch_get(CW_EV_END, 0);

	loss_add_alone(CW_EV_BEGIN, CW_LOSS_TABLE);
	if (!s)
		return 0;
	hdr_fill(&s->ev.hdr, CW_EV_END, sizeof(s->ev));
	s->out.checked = CW_RULE_BIT(CW_RULE_T3);
	s->out.violated = CW_RULE_BIT(CW_RULE_T3);
	step_send(skb, CW_EV_END, s, true);
	rule_count(CW_RULE_T3, &s->out);
	loss_add(CW_EV_END, CW_LOSS_TABLE, 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
