// SPDX-License-Identifier: GPL-2.0-only
/* P1 and P2: which sources describe which mode.  The isolation leaf names the
 * mode; every other source must say the same.
 */
#include "judge.h"

#include <stddef.h>

/* MSR 0xc0010131, AMD APM volume 2, "SEV_STATUS MSR". */
#define SEV_ENABLED	(1ULL << 0)
#define SEV_SNP		(1ULL << 2)
#define SEV_VTOM	(1ULL << 3)

#define NO_GFN (~0ULL)	/* a finding on no frame */

#define ANY 2	/* for paravisor: either */

struct mode_row {
	__u32 isolation;
	__u32 paravisor;
	__u32 vendor;
	__u32 callbacks;
	__u64 sev_set;		/* bits of sev_status that must be set ... */
	__u64 sev_clear;	/* ... and clear */
	bool has_mask;		/* cc_mask is not zero */
	bool vtom;		/* a shared GPA boundary is active */
};

/* Under vTOM the kernel's sev_status is SNP_VTOM alone, also for VBS (hv_vtom_init()).
 * Before 6.4 it has a vendor of its own there, and neither mask nor callbacks.
 * Rows without isolation and with a vendor are guests of a hypervisor that is not Hyper-V.
 */
#define LEAF(type) CW_ISOLATION_##type
#define BY(vendor, functions) CW_VENDOR_##vendor, CW_CALLBACKS_##functions

/* clang-format off */
static const struct mode_row modes[] = {
	/* leaf       paravisor          by whom  sev_status: set, clear    mask   vtom */
	{ LEAF(NONE), ANY, BY(NONE,  NONE),       0,           ~0ULL,       false, false },
	{ LEAF(VBS),  ANY, BY(AMD,   VTOM),       SEV_VTOM,    0,           true,  true  },
	{ LEAF(SNP),  1,   BY(AMD,   VTOM),       SEV_VTOM,    0,           true,  true  },
	{ LEAF(SNP),  0,   BY(AMD,   AMD),        SEV_SNP,     SEV_VTOM,    true,  false },
	{ LEAF(TDX),  1,   BY(INTEL, VTOM),       0,           ~0ULL,       true,  true  },
	{ LEAF(TDX),  0,   BY(INTEL, TDX),        0,           ~0ULL,       true,  false },
	{ LEAF(VBS),  ANY, BY(HYPERV, NONE),      0,           ~0ULL,       false, true  },
	{ LEAF(SNP),  1,   BY(HYPERV, NONE),      0,           ~0ULL,       false, true  },
	{ LEAF(NONE), ANY, BY(AMD,   AMD),        SEV_ENABLED, SEV_VTOM,    true,  false },
	{ LEAF(NONE), ANY, BY(INTEL, TDX),        0,           ~0ULL,       true,  false },
};
/* clang-format on */

#define NR_MODES (sizeof(modes) / sizeof(modes[0]))
#define ALL_SOURCES ((1U << CW_MODE_SOURCE_NR) - 1)

const char *cw_mode_source_name(__u32 source)
{
	static const char *const names[CW_MODE_SOURCE_NR] = {
		[CW_MODE_LEAF] = "isolation leaf",
		[CW_MODE_VENDOR] = "cc_vendor",
		[CW_MODE_CALLBACKS] = "callbacks",
		[CW_MODE_SEV_STATUS] = "sev_status",
		[CW_MODE_CC_MASK] = "cc_mask",
		[CW_MODE_BOUNDARY] = "shared GPA boundary",
	};

	return source < CW_MODE_SOURCE_NR ? names[source] : "unknown";
}

static bool leaf_fits(const struct mode_row *m, const struct cw_ev_platform *ev)
{
	return m->isolation == ev->isolation &&
	       (m->paravisor == ANY || m->paravisor == ev->paravisor);
}

/* Mask of the sources that agree with one mode. */
static __u32 sources_agreeing(const struct mode_row *m, const struct cw_ev_platform *ev)
{
	__u32 agree = 0;

	agree |= (__u32)leaf_fits(m, ev) << CW_MODE_LEAF;
	agree |= (__u32)(m->vendor == ev->vendor) << CW_MODE_VENDOR;
	agree |= (__u32)(m->callbacks == ev->callbacks) << CW_MODE_CALLBACKS;
	agree |= (__u32)((ev->sev_status & m->sev_set) == m->sev_set &&
			 !(ev->sev_status & m->sev_clear)) << CW_MODE_SEV_STATUS;
	agree |= (__u32)(m->has_mask == (ev->cc_mask != 0)) << CW_MODE_CC_MASK;
	agree |= (__u32)(m->vtom == (ev->boundary != 0)) << CW_MODE_BOUNDARY;
	return agree;
}

/* The mode of the leaf with which most sources agree; NULL when no mode has that leaf. */
static const struct mode_row *mode_find(const struct cw_ev_platform *ev, __u32 *agree)
{
	const struct mode_row *best = NULL;
	size_t i;

	*agree = 0;
	for (i = 0; i < NR_MODES; i++) {
		__u32 now = sources_agreeing(&modes[i], ev);

		if (!leaf_fits(&modes[i], ev))
			continue;
		if (best && __builtin_popcount(now) <= __builtin_popcount(*agree))
			continue;
		best = &modes[i];
		*agree = now;
	}
	return best;
}

void cw_judge_platform(const struct cw_ev_platform *ev, struct cw_out *out)
{
	__u32 agree;
	const struct mode_row *mode = mode_find(ev, &agree);

	out->checked |= CW_RULE_BIT(CW_RULE_P1);
	if (agree != ALL_SOURCES)
		cw_judge_report(out, CW_FIND_MODE_MIXED, CW_NO_INDEX, NO_GFN, ALL_SOURCES, agree);
	if (!mode || !mode->vtom || !mode->has_mask)
		return;
	out->checked |= CW_RULE_BIT(CW_RULE_P2);
	if (ev->cc_mask != ev->boundary)
		cw_judge_report(out, CW_FIND_MASK_NOT_BOUNDARY, CW_NO_INDEX, NO_GFN, ev->boundary,
				ev->cc_mask);
	if (ev->boundary && (ev->physical_mask & ev->boundary))
		cw_judge_report(out, CW_FIND_MASK_IN_PHYSICAL, CW_NO_INDEX, NO_GFN,
				ev->physical_mask & (ev->boundary - 1), ev->physical_mask);
}
