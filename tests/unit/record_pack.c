// SPDX-License-Identifier: GPL-2.0-only
/* Records into a block and back: the same bytes, in few; and whatever the bytes of a block are,
 * nothing is read or written beyond it.
 */
#include "unit.h"

#include <stdlib.h>

#include "record_pack.h"

static struct cw_pack to, from;
static __u8 block[CW_BLOCK_RECORDS * 512 + CW_PACKED_MAX];

static int setup(void **state)
{
	(void)state;
	cw_pack_init(&to);
	cw_pack_init(&from);
	return 0;
}

static void assert_unpacks(const struct cw_rec_hdr *want, size_t size, size_t *at)
{
	const struct cw_rec_hdr *got = cw_unpack_record(&from, block, size, at);

	assert_non_null(got);
	assert_int_equal(got->len, want->len);
	assert_memory_equal(got, want, want->len);
}

static void test_one_record(void **state)
{
	struct cw_ev_step ev = a_step(CW_EV_BEGIN, 1, 1000);
	size_t size = cw_pack_record(&to, &ev.hdr, block), at = 0;

	(void)state;
	assert_true(size < sizeof(ev) / 2);
	assert_unpacks(&ev.hdr, size, &at);
	assert_int_equal(at, size);
}

/* Beginnings and ends in turn, as transitions make them: of each only what changes is kept. */
static void test_like_records_are_small(void **state)
{
	size_t size = 0, at = 0;
	int i;

	(void)state;
	for (i = 0; i < CW_BLOCK_RECORDS; i++) {
		struct cw_ev_step ev = a_step(i % 2 ? CW_EV_END : CW_EV_BEGIN, (__u64)i + 1,
					      1000000ULL + 700 * (__u64)i);

		size += cw_pack_record(&to, &ev.hdr, block + size);
	}
	assert_true(size < CW_BLOCK_RECORDS * 32);
	for (i = 0; i < CW_BLOCK_RECORDS; i++) {
		struct cw_ev_step ev = a_step(i % 2 ? CW_EV_END : CW_EV_BEGIN, (__u64)i + 1,
					      1000000ULL + 700 * (__u64)i);

		assert_unpacks(&ev.hdr, size, &at);
	}
	assert_null(cw_unpack_record(&from, block, size, &at));
}

/* Random bytes, of every length, and types far beyond those that are known. */
static void test_anything_comes_back(void **state)
{
	static struct {
		struct cw_rec_hdr hdr;
		__u8 rest[CW_RECORD_MAX - sizeof(struct cw_rec_hdr)];
	} rec[200];
	size_t size = 0, at = 0, i, k;

	(void)state;
	srandom(1);
	for (i = 0; i < NR(rec); i++) {
		rec[i].hdr.len = (__u16)(32 + random() % ((CW_RECORD_MAX - 32) / 8 + 1) * 8);
		rec[i].hdr.type = (__u16)(random() % 3 ? random() % 30 : random());
		for (k = 0; k < rec[i].hdr.len - sizeof(rec[i].hdr); k++)
			rec[i].rest[k] = (__u8)(random() % 2 ? random() : 0);
	}
	for (i = 0; i < NR(rec) && size + CW_PACKED_MAX <= sizeof(block); i++)
		size += cw_pack_record(&to, &rec[i].hdr, block + size);
	assert_true(i > 50);
	for (k = 0; k < i; k++)
		assert_unpacks(&rec[k].hdr, size, &at);
	assert_int_equal(at, size);
}

static void test_what_it_takes(void **state)
{
	static const struct {
		__u16 len;
		bool takes;
	} cases[] = {
		{ 0, false }, { 24, false }, { 32, true }, { 33, false }, { 36, false },
		{ 40, true }, { CW_RECORD_MAX, true }, { CW_RECORD_MAX + 8, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NR(cases); i++) {
		struct cw_rec_hdr rec = { .len = cases[i].len };

		assert_int_equal(cw_pack_takes(&rec), cases[i].takes);
	}
}

/* Cut off anywhere, a block gives fewer records or the end, never one that is not there. */
static void test_cut_off(void **state)
{
	struct cw_ev_step ev = a_step(CW_EV_BEGIN, 1, 1000);
	size_t size = cw_pack_record(&to, &ev.hdr, block), cut, at;

	(void)state;
	for (cut = 0; cut < size; cut++) {
		__u8 *exact = malloc(cut ? cut : 1);	/* so that ASan sees the end */

		assert_non_null(exact);
		memcpy(exact, block, cut);
		cw_pack_init(&from);
		at = 0;
		assert_null(cw_unpack_record(&from, exact, cut, &at));
		assert_int_equal(at, 0);
		free(exact);
	}
}

static void test_noise(void **state)
{
	int round;

	(void)state;
	srandom(2);
	for (round = 0; round < 20000; round++) {
		size_t size = (size_t)random() % 300, at = 0, i;
		__u8 *noise = malloc(size ? size : 1);

		assert_non_null(noise);
		for (i = 0; i < size; i++)
			noise[i] = (__u8)random();
		if (size > 4) {	/* a length that it may have */
			noise[0] = (__u8)(random() % 30);
			noise[1] = 0;
			noise[2] = (__u8)(random() % 32 * 8);
			noise[3] = 0;
		}
		cw_pack_init(&from);
		while (cw_unpack_record(&from, noise, size, &at))
			assert_true(at <= size);
		free(noise);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup(test_one_record, setup),
	cmocka_unit_test_setup(test_like_records_are_small, setup),
	cmocka_unit_test_setup(test_anything_comes_back, setup),
	cmocka_unit_test_setup(test_what_it_takes, setup),
	cmocka_unit_test_setup(test_cut_off, setup),
	cmocka_unit_test_setup(test_noise, setup),
};

UNIT_MAIN(tests)
