// SPDX-License-Identifier: GPL-2.0-only
/* Guest memory: which guest addresses are RAM, the hole, overflows, and what the host may look at.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "mem.h"

#define GIB (1ULL << 30)
#define MIB (1ULL << 20)
#define BIT 39
#define SHARED (1ULL << BIT)
#define NONE (~0ULL)

struct range_case {
	const char *name;
	__u64 gpa;
	__u64 len;
	__u64 offset;	/* NONE: refused */
};

/* 4 GiB of RAM: 3 below the hole, 1 from CW_HOLE_END on */
static const struct range_case with_hole[] = {
	{ "first byte", 0, 1, 0 },
	{ "all below the hole", 0, 3 * GIB, 0 },
	{ "last byte below the hole", 3 * GIB - 1, 1, 3 * GIB - 1 },
	{ "into the hole", 3 * GIB - 1, 2, NONE },
	{ "in the hole", 3 * GIB, 1, NONE },
	{ "last byte of the hole", 4 * GIB - 1, 1, NONE },
	{ "out of the hole", 4 * GIB - 1, 2, NONE },
	{ "across the hole", 3 * GIB - 4096, GIB + 8192, NONE },
	{ "first byte after the hole", 4 * GIB, 1, 3 * GIB },
	{ "all after the hole", 4 * GIB, GIB, 3 * GIB },
	{ "one byte more", 4 * GIB, GIB + 1, NONE },
	{ "last byte", 5 * GIB - 1, 1, 4 * GIB - 1 },
	{ "behind the end", 5 * GIB, 1, NONE },
	{ "nothing at RAM", 4096, 0, 4096 },
	{ "nothing behind the end", 5 * GIB, 0, NONE },
	{ "through the shared alias", SHARED | 8192, 4096, 8192 },
	{ "after the hole, shared", SHARED | 4 * GIB, 4096, 3 * GIB },
	{ "two alias bits", SHARED | SHARED << 1 | 8192, 4096, NONE },
	{ "length that wraps around", 4096, ~0ULL, NONE },
	{ "length that wraps to RAM", 4096, ~0ULL - 4094, NONE },
	{ "highest address", ~0ULL, 1, NONE },
	{ "highest address and length", ~0ULL, ~0ULL, NONE },
};

static const struct range_case without_hole[] = {
	{ "all", 0, 4 * MIB, 0 },
	{ "one byte more", 0, 4 * MIB + 1, NONE },
	{ "behind the end", 4 * MIB, 1, NONE },
	{ "after the hole", 4 * GIB, 1, NONE },
	{ "nothing after the hole", 4 * GIB, 0, NONE },
};

static void check_ranges(const struct cw_mem *mem, const struct range_case *c, size_t nr)
{
	__u64 offset;

	for (; nr--; c++) {
		bool ok = cw_mem_offset(mem, c->gpa, c->len, &offset);

		print_message("# %s\n", c->name);
		assert_int_equal(ok, c->offset != NONE);
		assert_ptr_equal(cw_mem_at(mem, c->gpa, c->len), ok ? mem->host + offset : NULL);
		if (ok)
			assert_int_equal(offset, c->offset);
	}
}

static void test_ranges(void **state)
{
	struct cw_mem mem;

	(void)state;
	assert_int_equal(cw_mem_init(&mem, 4 * GIB, BIT), 0);
	assert_int_equal(mem.nr_gfns, 5 * GIB >> CW_PAGE_SHIFT);
	check_ranges(&mem, with_hole, NR(with_hole));
	cw_mem_exit(&mem);

	assert_int_equal(cw_mem_init(&mem, 4 * MIB, BIT), 0);
	assert_int_equal(mem.nr_gfns, 1024);
	check_ranges(&mem, without_hole, NR(without_hole));
	cw_mem_exit(&mem);
}

static void test_bad_sizes(void **state)
{
	struct cw_mem mem;

	(void)state;
	assert_int_equal(cw_mem_init(&mem, 0, BIT), -EINVAL);
	assert_int_equal(cw_mem_init(&mem, 2 * MIB + 4096, BIT), -EINVAL);
	assert_int_equal(cw_mem_init(&mem, 1ULL << 51, BIT), -EINVAL);
	/* the aliases would overlap */
	assert_int_equal(cw_mem_init(&mem, 4 * MIB, 21), -EINVAL);
	assert_int_equal(cw_mem_init(&mem, 4 * MIB, 64), -EINVAL);
	assert_int_equal(cw_mem_init(&mem, 4 * GIB, 32), -EINVAL);
}

/* Three mappings show the same bytes. */
static void test_one_memory(void **state)
{
	struct cw_mem mem;

	(void)state;
	assert_int_equal(cw_mem_init(&mem, 4 * MIB, BIT), 0);
	mem.alias[CW_ALIAS_PRIVATE][5000] = 7;
	assert_int_equal(mem.alias[CW_ALIAS_SHARED][5000], 7);
	assert_int_equal(*(__u8 *)cw_mem_at(&mem, 5000, 1), 7);
	cw_mem_exit(&mem);
}

static bool is_mapped(const void *at)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	__u64 entry = 0;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &entry, 8, (uintptr_t)at / CW_PAGE_SIZE * 8), 8);
	close(fd);
	return entry >> 63;
}

/* What was written is mapped for the guest before it runs, what was not is not. */
static void test_map_written(void **state)
{
	struct cw_mem mem;
	int i;

	(void)state;
	assert_int_equal(cw_mem_init(&mem, 6 * MIB, BIT), 0);
	for (i = 0; i < CW_ALIAS_NR; i++)
		assert_int_equal((uintptr_t)mem.alias[i] % (2 * MIB), 0);
	cw_mem_use_huge(&mem);
	mem.host[2 * MIB] = 7;
	assert_false(is_mapped(mem.alias[CW_ALIAS_PRIVATE] + 2 * MIB));
	cw_mem_map_written(&mem);
	assert_false(is_mapped(mem.alias[CW_ALIAS_PRIVATE]));
	assert_true(is_mapped(mem.alias[CW_ALIAS_PRIVATE] + 2 * MIB));
	assert_false(is_mapped(mem.alias[CW_ALIAS_PRIVATE] + 4 * MIB));
	assert_false(is_mapped(mem.alias[CW_ALIAS_SHARED] + 2 * MIB));
	assert_int_equal(mem.alias[CW_ALIAS_PRIVATE][2 * MIB], 7);
	cw_mem_exit(&mem);
}

static void test_visible(void **state)
{
	struct cw_mem mem;

	(void)state;
	assert_int_equal(cw_mem_init(&mem, 4 * GIB, BIT), 0);
	assert_null(cw_mem_visible_at(&mem, 0, 4096));
	cw_mem_set_visible(&mem, 2, true);
	cw_mem_set_visible(&mem, 3, true);
	assert_true(cw_mem_is_visible(&mem, 2));
	assert_false(cw_mem_is_visible(&mem, 1));
	assert_ptr_equal(cw_mem_visible_at(&mem, 2 * 4096, 8192), mem.host + 2 * 4096);
	assert_ptr_equal(cw_mem_visible_at(&mem, SHARED | 3 * 4096, 4096), mem.host + 3 * 4096);
	assert_null(cw_mem_visible_at(&mem, 2 * 4096, 8193));
	assert_null(cw_mem_visible_at(&mem, 2 * 4096 - 1, 2));
	assert_null(cw_mem_visible_at(&mem, 2 * 4096, ~0ULL));
	assert_null(cw_mem_visible_at(&mem, 4096, 0));
	cw_mem_set_visible(&mem, 3, false);
	assert_null(cw_mem_visible_at(&mem, 2 * 4096, 4097));

	/* what is no RAM never is */
	cw_mem_set_visible(&mem, 3 * GIB >> CW_PAGE_SHIFT, true);
	assert_false(cw_mem_is_visible(&mem, 3 * GIB >> CW_PAGE_SHIFT));
	cw_mem_set_visible(&mem, mem.nr_gfns, true);
	assert_false(cw_mem_is_visible(&mem, mem.nr_gfns));
	assert_false(cw_mem_is_visible(&mem, ~0ULL));
	cw_mem_exit(&mem);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_ranges),
	cmocka_unit_test(test_bad_sizes),
	cmocka_unit_test(test_one_memory),
	cmocka_unit_test(test_map_written),
	cmocka_unit_test(test_visible),
};

UNIT_MAIN(tests)
