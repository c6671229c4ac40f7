// SPDX-License-Identifier: GPL-2.0-only
/* The pure checks on PTEs, the state table, and the frame events that the engine
 * derives from a walk.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "memstore.h"

#define VTOM  (1ULL << 39)
#define C_BIT (1ULL << 51)
#define SOFT  (1ULL << 57)

static const struct cw_pte_fmt soft = { .shared_mask = SOFT, .frame_mask = CW_PTE_FRAME };
static const struct cw_pte_fmt vtom = {
	.shared_mask = VTOM, .frame_mask = CW_PTE_FRAME & (VTOM - 1),
};
static const struct cw_pte_fmt amd = {
	.shared_mask = C_BIT, .frame_mask = CW_PTE_FRAME & ~C_BIT, .set_is_private = 1,
};

struct pte_case {
	const char *name;
	const struct cw_pte_fmt *fmt;
	__u64 pte;
	int present, shared;
	__u64 gfn;
};

/* Entries seen on Linux 6.12: a module's pool page and a page of a vTOM guest. */
static const struct pte_case pte_cases[] = {
	{ "present, private", &soft, 0x8000000002b00163, 1, 0, 0x2b00 },
	{ "window, private: the frame is inverted", &soft, 0x800ffffffd4ff062, 0, 0, 0x2b00 },
	{ "window, shared: the bit is not", &soft, 0x820ffffffd4ff062, 0, 1, 0x2b00 },
	{ "present, shared", &soft, 0x8200000002b00063, 1, 1, 0x2b00 },
	{ "vTOM, private", &vtom, 0x8000000005622163, 1, 0, 0x5622 },
	{ "vTOM, window, bit set", &vtom, 0x800000fffa9dd062, 0, 1, 0x5622 },
	{ "vTOM, shared", &vtom, 0x8000008005622063, 1, 1, 0x5622 },
	{ "C-bit set is private", &amd, 0x8008000005622163, 1, 0, 0x5622 },
	{ "C-bit clear is shared", &amd, 0x8000000005622163, 1, 1, 0x5622 },
	{ "PROT_NONE: global is set, present is not", &soft, 0x800ffffffd4ff162, 0, 0, 0x2b00 },
	{ "empty", &soft, 0, 0, 0, 0 },
};

static void test_pte(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pte_cases) / sizeof(pte_cases[0]); i++) {
		const struct pte_case *c = &pte_cases[i];

		print_message("# %s\n", c->name);
		assert_int_equal(cw_pte_is_present(c->pte), c->present);
		assert_int_equal(cw_pte_is_shared(c->fmt, c->pte), c->shared);
		assert_int_equal(cw_pte_gfn(c->fmt, c->pte), c->gfn);
	}
	assert_true(cw_pte_is_none(0));
	assert_false(cw_pte_is_none(SOFT));
}

static void test_agrees(void **state)
{
	(void)state;
	assert_true(cw_pte_agrees(&soft, 0x8000000002b00163, 0));
	assert_true(cw_pte_agrees(&soft, 0x8200000002b00163, 1));
	assert_false(cw_pte_agrees(&soft, 0x8000000002b00163, 1));
	assert_false(cw_pte_agrees(&soft, 0x8200000002b00163, 0));
	assert_false(cw_pte_agrees(&soft, 0x820ffffffd4ff062, 1));
	assert_false(cw_pte_agrees(&soft, 0, 0));
}

static const unsigned char want_next[CW_PG_NR][CW_FR_NR] = {
	/* BEGIN, DONE_SHARED, DONE_PRIVATE, FAIL, SEEN_SHARED, SEEN_PRIVATE, ACCUSED */
	{ 1, 3, 3, 3, 2, 0, 0 },
	{ 1, 2, 0, 3, 2, 0, 2 },
	{ 1, 3, 3, 3, 2, 0, 2 },
	{ 3, 2, 0, 3, 3, 3, 2 },
};

static void test_state_table(void **state)
{
	__u32 from, event;

	(void)state;
	for (from = 0; from < CW_PG_NR; from++)
		for (event = 0; event < CW_FR_NR; event++)
			assert_int_equal(cw_state_next(from, event), want_next[from][event]);
	/* hostile values neither crash nor change a state */
	for (event = CW_FR_NR; event < 300; event++)
		assert_int_equal(cw_state_next(CW_PG_UNKNOWN, event), CW_PG_UNKNOWN);
	assert_int_equal(cw_state_next(0xfffffffe, CW_FR_SEEN_PRIVATE), CW_PG_PRIVATE);
}

static void test_state_word(void **state)
{
	__u64 word = 0, gfn;

	(void)state;
	for (gfn = 0; gfn < CW_FRAMES_PER_WORD; gfn++)
		word = cw_state_put(word, gfn, gfn % 4);
	for (gfn = 0; gfn < CW_FRAMES_PER_WORD; gfn++)
		assert_int_equal(cw_state_of(word, gfn), gfn % 4);
	assert_int_equal(word, 0xe4e4e4e4e4e4e4e4);
	assert_int_equal(cw_state_put(word, 32, 3), 0xe4e4e4e4e4e4e4e7);
}

struct end_case {
	const char *name;
	int have_open, failed, to_shared, steps;
	__s32 ret;
	__u64 pte;
	__u32 want;
};

#define PRIVATE_PTE 0x8000000002b00163
#define SHARED_PTE  0x8200000002b00163
#define ABSENT_PTE  0x820ffffffd4ff062

static const struct end_case end_cases[] = {
	{ "shared as asked", 1, 0, 1, 1, 0, SHARED_PTE, CW_FR_DONE_SHARED },
	{ "private as asked", 1, 0, 0, 1, 0, PRIVATE_PTE, CW_FR_DONE_PRIVATE },
	{ "success, and the PTE disagrees", 1, 0, 1, 1, 0, PRIVATE_PTE, CW_FR_FAIL },
	{ "success, and the PTE is absent", 1, 0, 1, 1, 0, ABSENT_PTE, CW_FR_FAIL },
	{ "an error returned", 1, 1, 1, 1, -5, SHARED_PTE, CW_FR_FAIL },
	{ "an error hidden", 1, 1, 1, 1, 0, SHARED_PTE, CW_FR_FAIL },
	{ "refused before its first step", 1, 0, 1, 0, -16, PRIVATE_PTE, CW_FR_SEEN_PRIVATE },
	{ "refused, and another has the page out", 1, 0, 1, 0, -16, ABSENT_PTE, CW_FR_NONE },
	{ "an error without a step that was seen", 1, 0, 1, 0, -14, PRIVATE_PTE, CW_FR_FAIL },
	{ "begun before the session, failed", 0, 0, 1, 0, -14, PRIVATE_PTE, CW_FR_FAIL },
	{ "begun before the session, shared", 0, 0, 1, 0, 0, SHARED_PTE, CW_FR_SEEN_SHARED },
	{ "begun before the session, private", 0, 0, 0, 0, 0, PRIVATE_PTE, CW_FR_SEEN_PRIVATE },
	{ "begun before the session, absent", 0, 0, 0, 0, 0, ABSENT_PTE, CW_FR_NONE },
};

static void test_end_frames(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(end_cases) / sizeof(end_cases[0]); i++) {
		const struct end_case *c = &end_cases[i];
		struct cw_open open = {
			.seen = CW_SEEN(CW_EV_BEGIN) | (c->steps ? CW_SEEN(CW_EV_PREPARED) : 0),
			.failed = c->failed,
			.to_shared = c->to_shared,
		};

		__u32 kind;

		print_message("# %s\n", c->name);
		kind = cw_end_kind(c->have_open ? &open : NULL, c->ret);
		assert_int_equal(cw_end_frame_event(kind, &soft, c->pte), c->want);
	}
	assert_int_equal(cw_seed_frame_event(&soft, SHARED_PTE), CW_FR_SEEN_SHARED);
	assert_int_equal(cw_seed_frame_event(&soft, PRIVATE_PTE), CW_FR_SEEN_PRIVATE);
	assert_int_equal(cw_seed_frame_event(&soft, ABSENT_PTE), CW_FR_NONE);
}

/* Full, then every second one taken out: the others are still found. */
static void test_memstore(void **state)
{
	static struct cw_store st;
	struct cw_open_key key = { .task = 1 };
	struct cw_open open = { .vaddr = 1 };
	__u64 n;

	(void)state;
	for (n = 0; n < CW_MEMSTORE_OPEN_MAX; n++) {
		key.task = n * 977;
		open.vaddr = n;
		assert_int_equal(cw_store_open_add(&st, &key, &open), 0);
		assert_true(cw_store_open_add(&st, &key, &open) < 0);
	}
	key.task = 1;
	assert_true(cw_store_open_add(&st, &key, &open) < 0);
	for (n = 0; n < CW_MEMSTORE_OPEN_MAX; n += 2) {
		key.task = n * 977;
		cw_store_open_del(&st, &key);
	}
	for (n = 0; n < CW_MEMSTORE_OPEN_MAX; n++) {
		struct cw_open *found;

		key.task = n * 977;
		found = cw_store_open(&st, &key);
		assert_true(n % 2 ? found && found->vaddr == n : !found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pte),
		cmocka_unit_test(test_agrees),
		cmocka_unit_test(test_state_table),
		cmocka_unit_test(test_state_word),
		cmocka_unit_test(test_end_frames),
		cmocka_unit_test(test_memstore),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
