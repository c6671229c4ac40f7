// SPDX-License-Identifier: GPL-2.0-only
/* A page-table entry in words: both polarities of the shared bit, and the inverted
 * frame of an entry that is not present.
 */
#include "unit.h"

#include "pte.h"

#define BIT57 (1ULL << 57)
#define FRAMES 0x000000fffffff000ULL

static const struct cw_pte_fmt vtom = { .shared_mask = BIT57, .frame_mask = FRAMES };
static const struct cw_pte_fmt cbit = {
	.shared_mask = 1ULL << 51,
	.frame_mask = FRAMES,
	.set_is_private = 1,
};

static const struct {
	const struct cw_pte_fmt *fmt;
	__u64 pte;
	bool raw;
	const char *text;
} cases[] = {
	{ &vtom, 0, true, "empty" },
	{ &vtom, 0x8000000002b00163ULL, false, "present, private, frame 0x2b00, writable, nx, global" },
	{ &vtom, 0x8200000002b00063ULL, false, "present, shared, frame 0x2b00, writable, nx" },
	{ &vtom, 0x0000000002b00061ULL, false, "present, private, frame 0x2b00, read-only, executable" },
	/* as the kernel writes it in the window: frame 0x2b00 inverted */
	{ &vtom, 0x800ffffffd4ff062ULL, false, "not present, private, frame 0x2b00, writable, nx" },
	/* bit 8 of an entry that is not present is PROT_NONE */
	{ &vtom, 0x820ffffffd4ff162ULL, false, "not present, shared, frame 0x2b00, writable, nx" },
	{ &cbit, 0x8008000002b00063ULL, false, "present, private, frame 0x2b00, writable, nx" },
	{ &cbit, 0x8000000002b00063ULL, false, "present, shared, frame 0x2b00, writable, nx" },
	{ &vtom, 0x8200000002b00063ULL, true,
	  "present, shared, frame 0x2b00, writable, nx [8200000002b00063]" },
};

static void test_text(void **state)
{
	char buf[CW_PTE_TEXT_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < NR(cases); i++)
		assert_string_equal(
			cw_pte_text(buf, sizeof(buf), cases[i].fmt, cases[i].pte, cases[i].raw),
			cases[i].text);
}

static const struct CMUnitTest tests[] = { cmocka_unit_test(test_text) };

UNIT_MAIN(tests)
