// SPDX-License-Identifier: GPL-2.0-only
/* P1 and P2: every mode of the table holds, and each source that contradicts fires. */
#include "unit.h"

#include "judge.h"

#define BOUNDARY (1ULL << 46)
#define CBIT (1ULL << 51)
#define P1 CW_RULE_BIT(CW_RULE_P1)
#define P2 CW_RULE_BIT(CW_RULE_P2)

#define EV .hdr = { .type = CW_EV_PLATFORM, .len = sizeof(struct cw_ev_platform) }
#define VTOM .boundary = BOUNDARY, .cc_mask = BOUNDARY, .physical_mask = BOUNDARY - 1
#define MASK(mask) .cc_mask = (mask), .physical_mask = (mask) - 1
#define BY(who, functions) .vendor = CW_VENDOR_##who, .callbacks = CW_CALLBACKS_##functions

static const struct cw_ev_platform none = { EV, .physical_mask = (1ULL << 52) - 1 };
static const struct cw_ev_platform vbs = {
	EV, VTOM, .isolation = CW_ISOLATION_VBS, .sev_status = 8, BY(AMD, VTOM)
};
static const struct cw_ev_platform snp_vtom = {
	EV, VTOM, .isolation = CW_ISOLATION_SNP, .paravisor = 1, .sev_status = 8, BY(AMD, VTOM)
};
static const struct cw_ev_platform snp_old = {	/* Linux 6.1 */
	EV, .boundary = BOUNDARY, .physical_mask = (1ULL << 52) - 1,
	.isolation = CW_ISOLATION_SNP, .paravisor = 1, BY(HYPERV, NONE)
};
static const struct cw_ev_platform snp = {
	EV, MASK(CBIT), .isolation = CW_ISOLATION_SNP, .sev_status = 5, BY(AMD, AMD)
};
static const struct cw_ev_platform tdx_vtom = {
	EV, VTOM, .isolation = CW_ISOLATION_TDX, .paravisor = 1, BY(INTEL, VTOM)
};
static const struct cw_ev_platform tdx = {
	EV, MASK(BOUNDARY), .isolation = CW_ISOLATION_TDX, BY(INTEL, TDX)
};
static const struct cw_ev_platform snp_kvm = { EV, MASK(CBIT), .sev_status = 7, BY(AMD, AMD) };
static const struct cw_ev_platform tdx_kvm = { EV, MASK(BOUNDARY), BY(INTEL, TDX) };

static struct cw_out judged(struct cw_ev_platform ev)
{
	struct cw_out out = { .checked = 0 };

	cw_judge_platform(&ev, &out);
	return out;
}

static void test_modes_hold(void **state)
{
	const struct {
		const struct cw_ev_platform *ev;
		__u64 checked;
	} cases[] = {
		{ &none, P1 },		{ &vbs, P1 | P2 }, { &snp_vtom, P1 | P2 },
		{ &snp, P1 },		{ &tdx, P1 },	   { &tdx_vtom, P1 | P2 },
		{ &snp_kvm, P1 },	{ &tdx_kvm, P1 },  { &snp_old, P1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NR(cases); i++) {
		struct cw_out out = judged(*cases[i].ev);

		assert_true(out.checked == cases[i].checked);
		assert_true(!out.violated && !out.nr_details);
	}
}

/* One violation of P1, in which exactly this source disagrees. */
static void p1_fires(struct cw_ev_platform ev, enum cw_mode_source source)
{
	struct cw_out out = judged(ev);

	assert_true(out.violated & P1);
	assert_int_equal(out.detail[0].finding, CW_FIND_MODE_MIXED);
	assert_true((out.detail[0].want & ~out.detail[0].seen) == 1ULL << source);
}

static void test_each_source_contradicts(void **state)
{
	struct cw_ev_platform ev;

	(void)state;
	ev = snp_vtom; ev.vendor = CW_VENDOR_INTEL; p1_fires(ev, CW_MODE_VENDOR);
	ev = snp_vtom; ev.callbacks = CW_CALLBACKS_AMD; p1_fires(ev, CW_MODE_CALLBACKS);
	ev = snp_vtom; ev.sev_status = 5; p1_fires(ev, CW_MODE_SEV_STATUS);
	ev = snp_vtom; ev.cc_mask = 0; p1_fires(ev, CW_MODE_CC_MASK);
	ev = snp; ev.boundary = BOUNDARY; p1_fires(ev, CW_MODE_BOUNDARY);
	ev = tdx; ev.sev_status = 1; p1_fires(ev, CW_MODE_SEV_STATUS);
	ev = none; ev.cc_mask = CBIT; p1_fires(ev, CW_MODE_CC_MASK);
}

static void test_unknown_leaf(void **state)
{
	struct cw_ev_platform ev = snp;
	struct cw_out out;

	(void)state;
	ev.isolation = 7;
	out = judged(ev);
	assert_true(out.violated == P1 && out.detail[0].seen == 0);
}

static void test_mask_is_not_boundary(void **state)
{
	struct cw_ev_platform ev = snp_vtom;
	struct cw_out out;

	(void)state;
	ev.cc_mask = BOUNDARY << 1;
	out = judged(ev);
	assert_true(out.violated == P2);
	assert_int_equal(out.detail[0].finding, CW_FIND_MASK_NOT_BOUNDARY);
	assert_true(out.detail[0].want == BOUNDARY && out.detail[0].seen == BOUNDARY << 1);
}

static void test_mask_in_physical(void **state)
{
	struct cw_ev_platform ev = tdx_vtom;
	struct cw_out out;

	(void)state;
	ev.physical_mask |= BOUNDARY;
	out = judged(ev);
	assert_true(out.violated == P2);
	assert_int_equal(out.detail[0].finding, CW_FIND_MASK_IN_PHYSICAL);
	assert_true(out.detail[0].want == BOUNDARY - 1);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_modes_hold),
	cmocka_unit_test(test_each_source_contradicts),
	cmocka_unit_test(test_unknown_leaf),
	cmocka_unit_test(test_mask_is_not_boundary),
	cmocka_unit_test(test_mask_in_physical),
};

UNIT_MAIN(tests)
