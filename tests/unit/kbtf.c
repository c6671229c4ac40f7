// SPDX-License-Identifier: GPL-2.0-only
/* What BTF says of functions, and what is made of it: arguments that are read by their place are
 * read only where the places are known.
 */
#include "unit.h"

#include <errno.h>

#include <bpf/btf.h>

#include "kbtf.h"
#include "source.h"

static struct btf *btf;

static void add_func(const char *name, int nr_args)
{
	int type = btf__find_by_name_kind(btf, "u64", BTF_KIND_INT), proto;
	char arg[16];
	int i;

	if (type < 0)
		type = btf__add_int(btf, "u64", 8, 0);
	proto = btf__add_func_proto(btf, type);
	assert_true(proto > 0);
	for (i = 0; i < nr_args; i++) {
		snprintf(arg, sizeof(arg), "arg%d", i);
		assert_int_equal(btf__add_func_param(btf, arg, type), 0);
	}
	assert_true(btf__add_func(btf, name, BTF_FUNC_STATIC, proto) > 0);
}

static bool knows(const char *func)
{
	return cw_source_knows_args(&cw_source_stock, func, cw_btf_nr_args(btf, func));
}

static void test_nr_args(void **state)
{
	(void)state;
	btf = btf__new_empty();
	assert_non_null(btf);
	add_func("none", 0);
	add_func("seven", 7);
	assert_int_equal(cw_btf_nr_args(btf, "none"), 0);
	assert_int_equal(cw_btf_nr_args(btf, "seven"), 7);
	assert_int_equal(cw_btf_nr_args(btf, "u64"), -ENOENT);
	assert_int_equal(cw_btf_nr_args(btf, "nobody"), -ENOENT);
	btf__free(btf);
}

/* 6.6 to 6.9 have seven, 6.10 and later six: both are known, others are not. */
static void test_bounce(void **state)
{
	int nr;

	(void)state;
	for (nr = 0; nr < 12; nr++) {
		btf = btf__new_empty();
		assert_non_null(btf);
		add_func("swiotlb_tbl_map_single", nr);
		add_func("__swiotlb_tbl_unmap_single", nr);
		add_func("swiotlb_map", nr);
		add_func("hv_post_message", nr);
		assert_int_equal(knows("swiotlb_tbl_map_single"), nr == 6 || nr == 7);
		assert_int_equal(knows("__swiotlb_tbl_unmap_single"), nr == 6);
		assert_int_equal(knows("swiotlb_map"), nr == 5);
		/* always the same: not asked */
		assert_true(knows("hv_post_message"));
		btf__free(btf);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_nr_args),
	cmocka_unit_test(test_bounce),
};

UNIT_MAIN(tests)
