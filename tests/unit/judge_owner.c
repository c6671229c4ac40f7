// SPDX-License-Identifier: GPL-2.0-only
/* S4 and T9: every owner in every mode, against the table of the manual (cocowatch-map(1)) as it
 * stands here a second time.
 */
#include "unit.h"

#include "judge.h"

#define S4 CW_RULE_BIT(CW_RULE_S4)
#define T9 CW_RULE_BIT(CW_RULE_T9)

/* One letter for each mode from CW_MODE_VBS on: '+' may be shared, '-' must be private. */
static const struct {
	__u32 owner;
	const char *modes;
} table[] = {
	/*                      VBS, SNP vTOM, TDX vTOM, SNP, TDX, SNP other, TDX other */
	{ CW_OWNER_BOUNCE, "+++++++" },	     { CW_OWNER_RING, "+++++--" },
	{ CW_OWNER_MONITOR, "+++++--" },     { CW_OWNER_NETVSC, "+++++--" },
	{ CW_OWNER_SYNIC, "+++++--" },	     { CW_OWNER_POST_MSG, "--+----" },
	{ CW_OWNER_HYPERCALL, "---++--" },   { CW_OWNER_GHCB, "-+-+-+-" },
	{ CW_OWNER_VP_ASSIST, "---+---" },   { CW_OWNER_KVM, "-----++" },
	{ CW_OWNER_BSS, "+++++++" },	     { CW_OWNER_DMA_POOL, "+++++++" },
	{ CW_OWNER_DMA, "+++++++" },	     { CW_OWNER_INT_PAGE, "-------" },
	{ CW_OWNER_PACKET_COPY, "-------" }, { CW_OWNER_PARA_SYNIC, "-------" },
	{ CW_OWNER_KERNEL, "-------" },
};

static struct cw_ev_owner owned(__u32 owner, __u32 mode)
{
	return (struct cw_ev_owner){
		.hdr = { .type = CW_EV_OWNER, .len = sizeof(struct cw_ev_owner) },
		.gfn = 0x100,
		.nr_pages = 3,
		.owner = owner,
		.mode = mode,
		.owner_cpu = CW_NO_INDEX,
	};
}

static struct cw_out judged(struct cw_ev_owner ev)
{
	struct cw_out out = { .checked = 0 };

	cw_judge_owner(&ev, &out);
	return out;
}

static void test_table(void **state)
{
	__u32 mode;
	size_t i;

	(void)state;
	assert_int_equal(NR(table), CW_OWNER_NR - 1);
	for (i = 0; i < NR(table); i++)
		for (mode = CW_MODE_VBS; mode < CW_MODE_NR; mode++) {
			struct cw_out out = judged(owned(table[i].owner, mode));

			assert_true(out.checked == S4 && !out.no_evidence && !out.warned);
			assert_int_equal(out.violated == S4, table[i].modes[mode - 1] == '-');
			if (!out.violated)
				continue;
			assert_int_equal(out.detail[0].finding, CW_FIND_OWNER_FORBIDDEN);
			assert_true(out.detail[0].gfn == 0x100 && out.detail[0].seen == 3);
		}
}

static void test_confidential(void **state)
{
	struct cw_ev_owner ev = owned(CW_OWNER_RING, CW_MODE_SNP_VTOM);

	(void)state;
	ev.flags = CW_OWNER_CONFIDENTIAL;
	assert_true(judged(ev).violated == S4);
	ev.flags = CW_OWNER_SUPPLIED | CW_OWNER_NO_DIRECT | CW_OWNER_UNMAPPED;
	assert_true(!judged(ev).violated && judged(ev).checked == S4);
}

static void test_unknown_owner(void **state)
{
	struct cw_out out = judged(owned(CW_OWNER_UNKNOWN, CW_MODE_SNP_VTOM));

	(void)state;
	assert_true(out.checked == S4 && out.warned == S4 && !out.violated);
	assert_int_equal(out.detail[0].finding, CW_FIND_OWNER_UNKNOWN);
}

static void test_no_evidence(void **state)
{
	const struct cw_ev_owner unconfirmed = { .owner = CW_OWNER_KERNEL, .mode = CW_MODE_SNP_VTOM,
						 .flags = CW_OWNER_UNCONFIRMED };
	const struct cw_ev_owner cases[] = {
		owned(CW_OWNER_RING, CW_MODE_NONE),
		owned(CW_OWNER_RING, CW_MODE_NR),
		owned(CW_OWNER_RING, 0xffffffff),
		owned(CW_OWNER_NR, CW_MODE_SNP_VTOM),
		owned(0xffffffff, CW_MODE_SNP_VTOM),
		unconfirmed,
	};
	size_t i;

	(void)state;
	for (i = 0; i < NR(cases); i++) {
		struct cw_out out = judged(cases[i]);

		assert_true(out.no_evidence == S4);
		assert_true(!out.checked && !out.violated && !out.warned);
	}
}

/* Through the judge of recorded events too. */
static void test_as_event(void **state)
{
	struct cw_ev_owner ev = owned(CW_OWNER_KERNEL, CW_MODE_SNP_VTOM);
	struct cw_judge *j = cw_judge_new(1);
	struct cw_out out;

	(void)state;
	assert_non_null(j);
	cw_judge_event(j, &ev.hdr, &out);
	assert_true(out.checked == S4 && out.violated == S4);
	cw_judge_free(j);
}

static void test_left_at_kexec(void **state)
{
	struct cw_out out = { .checked = 0 };

	(void)state;
	cw_judge_left(0, ~0ULL, &out);
	assert_true(out.checked == T9 && !out.violated);
	cw_judge_left(5, 0x77, &out);
	assert_true(out.violated == T9);
	assert_int_equal(out.detail[0].finding, CW_FIND_LEFT_SHARED);
	assert_true(out.detail[0].gfn == 0x77 && out.detail[0].seen == 5);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_table),	    cmocka_unit_test(test_confidential),
	cmocka_unit_test(test_unknown_owner), cmocka_unit_test(test_no_evidence),
	cmocka_unit_test(test_as_event),    cmocka_unit_test(test_left_at_kexec),
};

UNIT_MAIN(tests)
