// SPDX-License-Identifier: GPL-2.0-only
/* What a walk brings home: runs that touch are one, an address finds its run, and without the
 * kernel's addresses there is a reason instead of an inventory.
 */
#include "unit.h"

#include <errno.h>
#include <unistd.h>

#include "inventory.h"

#define DIRECT 0xffff888000000000ULL
#define VMALLOC 0xffffc90000000000ULL

static struct cw_inv_run run(__u64 vaddr, __u64 gfn, __u64 nr_pages)
{
	return (struct cw_inv_run){ .vaddr = vaddr, .gfn = gfn, .nr_pages = nr_pages, .pte = 1,
				    .shift = 12 };
}

static void add(struct cw_shared *s, __u64 vaddr, __u64 gfn, __u64 nr_pages)
{
	struct cw_inv_run r = run(vaddr, gfn, nr_pages);

	assert_int_equal(cw_shared_add(s, &r), 0);
}

static void test_runs_merge(void **state)
{
	struct cw_shared s = { .nr = 0 };
	struct cw_inv_run absent = run(DIRECT + 0x6000, 6, 1);

	(void)state;
	add(&s, DIRECT, 0, 2);
	add(&s, DIRECT + 0x2000, 2, 3);	/* goes on in both */
	assert_int_equal(s.nr, 1);
	assert_int_equal(s.run[0].nr_pages, 5);
	add(&s, DIRECT + 0x5000, 100, 1);	/* other frames */
	assert_int_equal(s.nr, 2);
	add(&s, DIRECT + 0x8000, 101, 1);	/* other addresses */
	assert_int_equal(s.nr, 3);
	add(&s, VMALLOC, 5, 1);
	absent.vaddr = VMALLOC + 0x1000;
	absent.flags = CW_INV_ABSENT;	/* another kind */
	assert_int_equal(cw_shared_add(&s, &absent), 0);
	assert_int_equal(s.nr, 5);
	cw_shared_free(&s);
	assert_null(s.run);
	assert_int_equal(s.nr, 0);
}

static void test_runs_grow(void **state)
{
	struct cw_shared s = { .nr = 0 };
	__u64 i;

	(void)state;
	for (i = 0; i < 5000; i++)
		add(&s, VMALLOC + i * 0x2000, i * 3, 1);
	assert_int_equal(s.nr, 5000);
	assert_int_equal(cw_shared_at(&s, VMALLOC + 4999 * 0x2000)->gfn, 4999 * 3);
	cw_shared_free(&s);
}

static void test_address_finds_run(void **state)
{
	struct cw_shared s = { .direct_first = DIRECT, .direct_last = VMALLOC - 1 };

	(void)state;
	assert_null(cw_shared_at(&s, DIRECT));
	add(&s, DIRECT + 0x1000, 1, 2);
	add(&s, DIRECT + 0x9000, 9, 1);
	add(&s, VMALLOC, 20, 4);
	assert_null(cw_shared_at(&s, DIRECT));
	assert_ptr_equal(cw_shared_at(&s, DIRECT + 0x1000), &s.run[0]);
	assert_ptr_equal(cw_shared_at(&s, DIRECT + 0x2fff), &s.run[0]);
	assert_null(cw_shared_at(&s, DIRECT + 0x3000));
	assert_ptr_equal(cw_shared_at(&s, DIRECT + 0x9123), &s.run[1]);
	assert_ptr_equal(cw_shared_at(&s, VMALLOC + 0x3fff), &s.run[2]);
	assert_null(cw_shared_at(&s, VMALLOC + 0x4000));
	assert_null(cw_shared_at(&s, ~0ULL));
	assert_true(cw_shared_is_direct(&s, DIRECT) && cw_shared_is_direct(&s, VMALLOC - 1));
	assert_false(cw_shared_is_direct(&s, VMALLOC));
	cw_shared_free(&s);
}

/* As nobody: kallsyms gives no addresses, and it ends there with a reason. */
static void test_not_permitted(void **state)
{
	const struct cw_inventory_opts opts = { .nr_frames = 0 };
	char why[256] = "";

	(void)state;
	if (!geteuid() && seteuid(65534))
		skip();
	errno = 0;
	assert_null(cw_inventory_open(&opts, why, sizeof(why)));
	assert_true(errno != 0);
	assert_true(why[0] && !strchr(why, '\n'));
	cw_inventory_close(NULL);
	if (!getuid())
		assert_int_equal(seteuid(0), 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_runs_merge),
	cmocka_unit_test(test_runs_grow),
	cmocka_unit_test(test_address_finds_run),
	cmocka_unit_test(test_not_permitted),
};

UNIT_MAIN(tests)
