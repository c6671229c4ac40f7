// SPDX-License-Identifier: GPL-2.0-only
/* SynICs: messages queue while a slot is taken, the pending flag and EOM bring the next, event
 * flags interrupt once, and nothing is written to a page that is not the host's to see.
 */
#include "box_machine.h"

#define VECTOR		0xf3
#define SLOT(page)	((page) + 2 * 256)

static __u8 *page_at(unsigned int vp, unsigned int n)
{
	return cw_mem_at(&box.mem, cw_boot_supplied(&box, vp) + n * 4096, 4096);
}

static void write_msr(enum cw_side side, __u32 msr, __u64 value)
{
	assert_true(cw_synic_msr(&box, 0, side, msr, true, &value));
}

static __u64 read_msr(enum cw_side side, __u32 msr)
{
	__u64 v = 0;

	assert_true(cw_synic_msr(&box, 0, side, msr, false, &v));
	return v;
}

/* As Linux does: the pages that it is given, switched on. */
static void enable(void)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		cw_mem_set_visible(&box.mem, (cw_boot_supplied(&box, 0) >> 12) + i, true);
	write_msr(CW_SIDE_HOST, 0x40000083, read_msr(CW_SIDE_HOST, 0x40000083) | 1);
	write_msr(CW_SIDE_HOST, 0x40000082, read_msr(CW_SIDE_HOST, 0x40000082) | 1);
	write_msr(CW_SIDE_HOST, 0x40000092, VECTOR);
	write_msr(CW_SIDE_HOST, 0x40000080, 1);
}

static __u32 type_of(const __u8 *slot)
{
	__u32 type;

	memcpy(&type, slot, sizeof(type));
	return type;
}

static void test_supplied(void **state)
{
	(void)state;
	assert_int_equal(read_msr(CW_SIDE_HOST, 0x40000083),
			 (cw_boot_supplied(&box, 0) + 4096) | SHARED);
	assert_int_equal(read_msr(CW_SIDE_HOST, 0x40000082),
			 (cw_boot_supplied(&box, 0) + 8192) | SHARED);
	assert_int_equal(read_msr(CW_SIDE_PARAVISOR, 0x40000083), 0);
}

static void test_queue(void **state)
{
	__u8 *slot = SLOT(page_at(0, 1));

	(void)state;
	assert_int_equal(cw_synic_post(&box, 0, "first", 5), 0);
	assert_int_equal(type_of(slot), 0);	/* not enabled yet: it waits */
	enable();
	assert_int_equal(type_of(slot), 1);
	assert_int_equal(slot[4], 5);
	assert_int_equal(slot[5], 0);
	assert_memory_equal(slot + 16, "first", 5);
	assert_int_equal(nr_interrupts, 1);
	assert_int_equal(last_vector, VECTOR);
	assert_int_equal(cw_synic_post(&box, 0, "second", 6), 0);
	assert_memory_equal(slot + 16, "first", 5);
	assert_int_equal(slot[5], 1);		/* more waits */
	memset(slot, 0, 4);
	write_msr(CW_SIDE_HOST, 0x40000084, 0);
	assert_memory_equal(slot + 16, "second", 6);
	assert_int_equal(slot[5], 0);
	assert_int_equal(nr_interrupts, 2);
}

static void test_limits(void **state)
{
	char big[241] = "";
	int i;

	(void)state;
	assert_int_equal(cw_synic_post(&box, 2, "x", 1), -EINVAL);
	assert_int_equal(cw_synic_post(&box, 0, big, 241), -EINVAL);
	for (i = 0; i < 1024; i++)
		assert_int_equal(cw_synic_post(&box, 0, "x", 1), 0);
	assert_int_equal(cw_synic_post(&box, 0, "x", 1), -ENOSPC);
	assert_int_equal(cw_synic_signal(&box, 0, 2048), -EINVAL);
	assert_int_equal(cw_synic_signal(&box, 0, 1), -ENOTCONN);
}

static void test_events(void **state)
{
	__u8 *flags = SLOT(page_at(0, 2));

	(void)state;
	enable();
	assert_int_equal(cw_synic_signal(&box, 0, 13), 0);
	assert_int_equal(flags[1], 1 << 5);
	assert_int_equal(nr_interrupts, 1);
	assert_int_equal(cw_synic_signal(&box, 0, 13), 0);
	assert_int_equal(nr_interrupts, 1);	/* it was set already */
	write_msr(CW_SIDE_HOST, 0x40000092, VECTOR | 1 << 16);
	assert_int_equal(cw_synic_signal(&box, 0, 14), 0);
	assert_int_equal(nr_interrupts, 1);	/* masked */
}

/* A guest that names a private page as its message page. */
static void test_private_page(void **state)
{
	(void)state;
	enable();
	write_msr(CW_SIDE_HOST, 0x40000083, 0x5001);
	assert_int_equal(cw_synic_post(&box, 0, "x", 1), 0);
	assert_int_equal(nr_bad_frames, 1);
	assert_int_equal(type_of(SLOT((__u8 *)cw_mem_at(&box.mem, 0x5000, 4096))), 0);
	write_msr(CW_SIDE_HOST, 0x40000083, 1ULL << 45 | 1);
	assert_int_equal(nr_interrupts, 0);
}

/* Confidential VMBus: the paravisor's SynIC, with a page of the guest's own. */
static void test_confidential(void **state)
{
	(void)state;
	config.confidential = true;
	enable();
	write_msr(CW_SIDE_PARAVISOR, 0x40000083, 0x5001);
	write_msr(CW_SIDE_PARAVISOR, 0x40000092, VECTOR);
	write_msr(CW_SIDE_PARAVISOR, 0x40000080, 1);
	assert_int_equal(cw_synic_post(&box, 0, "x", 1), 0);
	assert_int_equal(type_of(SLOT(page_at(0, 1))), 0);
	assert_int_equal(type_of(SLOT((__u8 *)cw_mem_at(&box.mem, 0x5000, 4096))), 1);
	assert_int_equal(nr_bad_frames, 0);
}

static void test_msrs(void **state)
{
	__u64 v = 1;

	(void)state;
	assert_int_equal(read_msr(CW_SIDE_HOST, 0x40000081), 1);
	assert_false(cw_synic_msr(&box, 0, CW_SIDE_HOST, 0x40000081, true, &v));
	assert_false(cw_synic_msr(&box, 0, CW_SIDE_HOST, 0x40000085, true, &v));
	assert_int_equal(read_msr(CW_SIDE_HOST, 0x4000009f), 1 << 16);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, machine_new, machine_free)

static const struct CMUnitTest tests[] = {
	TEST(test_supplied), TEST(test_queue), TEST(test_limits), TEST(test_events),
	TEST(test_private_page), TEST(test_confidential), TEST(test_msrs),
};

UNIT_MAIN(tests)
