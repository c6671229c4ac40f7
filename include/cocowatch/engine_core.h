/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How a rule says what it found: marks in the masks of struct cw_out, and details. */
#ifndef CW_ENGINE_CORE_H
#define CW_ENGINE_CORE_H

#include <linux/types.h>
#include <cocowatch/check.h>
#include <cocowatch/event.h>
#include <cocowatch/rules.h>
#include <cocowatch/state.h>

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

#define CW_FINDING_RULE(id, rule, sev, values, expected, seen) \
	CW_RULE_OF_##id = CW_RULE_##rule, CW_SEV_OF_##id = CW_SEV_##sev,
enum cw_finding_attrs { CW_FINDINGS(CW_FINDING_RULE) };

static __always_inline void cw_report(struct cw_out *out, __u32 rule, __u32 sev, __u32 finding,
				      __u32 index, __u64 gfn, __u64 want, __u64 seen)
{
	__u32 nr = out->nr_details++;
	struct cw_detail *d;

	if (sev == CW_SEV_V)
		out->violated |= CW_RULE_BIT(rule);
	else if (sev == CW_SEV_W)
		out->warned |= CW_RULE_BIT(rule);
	else
		out->observed |= CW_RULE_BIT(rule);
	if (nr >= CW_DETAIL_MAX)
		return;
	/* without the mask the verifier sees an unbounded index */
	d = &out->detail[nr & (CW_DETAIL_MAX - 1)];
	d->rule = rule;
	d->sev = sev;
	d->finding = finding;
	d->index = index;
	d->gfn = gfn;
	d->want = want;
	d->seen = seen;
}

#define CW_REPORT(out, id, index, gfn, want, seen) \
	cw_report(out, CW_RULE_OF_##id, CW_SEV_OF_##id, CW_FIND_##id, index, gfn, want, seen)

#define CW_CHECKED(out, id) ((out)->checked |= CW_RULE_BIT(CW_RULE_##id))
#define CW_NO_EVIDENCE(out, id) ((out)->no_evidence |= CW_RULE_BIT(CW_RULE_##id))

#define CW_NO_GFN (~0ULL)

#endif
