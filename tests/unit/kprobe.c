// SPDX-License-Identifier: GPL-2.0-only
/* Whether a kernel says how many runs its kprobes missed: by its BTF, and by what it writes. */
#include "unit.h"

#include <errno.h>
#include <unistd.h>

#include <bpf/btf.h>

#include "kprobe.h"

/* struct bpf_link_info as 6.1, 6.6 and 6.7 have it, as far as that matters. */
static struct btf *link_info(bool has_event, bool has_missed)
{
	struct btf *btf = btf__new_empty();
	int u64, kprobe = 0, inner = 0, event = 0, outer;

	assert_non_null(btf);
	u64 = btf__add_int(btf, "u64", 8, 0);
	if (has_event) {
		kprobe = btf__add_struct(btf, "", 24);
		btf__add_field(btf, "addr", u64, 0, 0);
		if (has_missed)
			btf__add_field(btf, "missed", u64, 64, 0);
		inner = btf__add_union(btf, "", 24);
		btf__add_field(btf, "kprobe", kprobe, 0, 0);
		event = btf__add_struct(btf, "", 32);
		btf__add_field(btf, "type", u64, 0, 0);
		btf__add_field(btf, "", inner, 64, 0);
	}
	outer = btf__add_union(btf, "", 32);
	btf__add_field(btf, "missed", u64, 0, 0);	/* another's */
	if (has_event)
		btf__add_field(btf, "perf_event", event, 0, 0);
	assert_true(btf__add_struct(btf, "bpf_link_info", 48) > 0);
	btf__add_field(btf, "type", u64, 0, 0);
	assert_int_equal(btf__add_field(btf, "", outer, 128, 0), 0);
	return btf;
}

static void test_btf(void **state)
{
	static const struct {
		bool has_event, has_missed;
	} rows[] = { { false, false }, { true, false }, { true, true } };
	struct btf *btf;
	size_t i;

	(void)state;
	for (i = 0; i < NR(rows); i++) {
		btf = link_info(rows[i].has_event, rows[i].has_missed);
		assert_int_equal(cw_kprobe_counted(btf), rows[i].has_missed);
		btf__free(btf);
	}
	btf = btf__new_empty();
	assert_false(cw_kprobe_counted(btf));
	btf__free(btf);
}

static void test_info(void **state)
{
	struct cw_kprobe_info info = { .type = 7, .event_type = 3, .missed = 5 };

	(void)state;
	assert_int_equal(sizeof(info), 56);
	assert_true(cw_kprobe_info_counts(&info, 56));
	assert_true(cw_kprobe_info_counts(&info, 64));
	assert_false(cw_kprobe_info_counts(&info, 48));	/* 6.6: as large as it knows */
	info.event_type = 4;
	assert_true(cw_kprobe_info_counts(&info, 56));
	info.event_type = 0;	/* 6.1: nothing of perf events is said */
	assert_false(cw_kprobe_info_counts(&info, 56));
	info.event_type = 1;	/* a uprobe has other things there */
	assert_false(cw_kprobe_info_counts(&info, 56));
	info.event_type = 3;
	info.type = 2;		/* a tracing link too */
	assert_false(cw_kprobe_info_counts(&info, 56));
}

static void test_no_link(void **state)
{
	__u64 missed = 1;

	(void)state;
	assert_true(cw_kprobe_missed(-1, &missed) < 0);
	assert_true(!missed);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_btf),
	cmocka_unit_test(test_info),
	cmocka_unit_test(test_no_link),
};

UNIT_MAIN(tests)
