// SPDX-License-Identifier: GPL-2.0-only
/* S4: which owners a mode lets share pages.  T9: what a kexec would leave shared. */
#include "judge.h"

#include <cocowatch/event_owner.h>

#define M(name) (1U << CW_MODE_##name)
#define VTOM (M(VBS) | M(SNP_VTOM) | M(TDX_VTOM))
#define HYPERV (VTOM | M(SNP) | M(TDX))
#define OTHER (M(SNP_OTHER) | M(TDX_OTHER))
#define ALL (HYPERV | OTHER)

/* Modes in which an owner may share.  An owner without a row may in none. */
static const __u32 allowed[CW_OWNER_NR] = {
	[CW_OWNER_BOUNCE] = ALL,
	[CW_OWNER_RING] = HYPERV,
	[CW_OWNER_MONITOR] = HYPERV,
	[CW_OWNER_NETVSC] = HYPERV,
	[CW_OWNER_SYNIC] = HYPERV,
	[CW_OWNER_POST_MSG] = M(TDX_VTOM),	/* handed over as it is, without a GHCB */
	[CW_OWNER_HYPERCALL] = M(SNP) | M(TDX),	/* a paravisor reads private pages */
	[CW_OWNER_GHCB] = M(SNP_VTOM) | M(SNP) | M(SNP_OTHER),
	[CW_OWNER_VP_ASSIST] = M(SNP),
	[CW_OWNER_KVM] = OTHER,
	[CW_OWNER_BSS] = ALL,
	[CW_OWNER_DMA_POOL] = ALL,
	[CW_OWNER_DMA] = ALL,
};

void cw_judge_owner(const struct cw_ev_owner *ev, struct cw_out *out)
{
	if ((ev->flags & CW_OWNER_UNCONFIRMED) || ev->mode == CW_MODE_NONE ||
	    ev->mode >= CW_MODE_NR || ev->owner >= CW_OWNER_NR) {
		out->no_evidence |= CW_RULE_BIT(CW_RULE_S4);
		return;
	}
	out->checked |= CW_RULE_BIT(CW_RULE_S4);
	if (ev->owner == CW_OWNER_UNKNOWN)
		cw_judge_report(out, CW_FIND_OWNER_UNKNOWN, CW_NO_INDEX, ev->gfn, 0, ev->nr_pages);
	else if (!(allowed[ev->owner] & 1U << ev->mode) || (ev->flags & CW_OWNER_CONFIDENTIAL))
		cw_judge_report(out, CW_FIND_OWNER_FORBIDDEN, CW_NO_INDEX, ev->gfn, 0,
				ev->nr_pages);
}

void cw_judge_left(__u64 nr_left, __u64 gfn, struct cw_out *out)
{
	out->checked |= CW_RULE_BIT(CW_RULE_T9);
	if (nr_left)
		cw_judge_report(out, CW_FIND_LEFT_SHARED, CW_NO_INDEX, gfn, 0, nr_left);
}
