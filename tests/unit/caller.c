// SPDX-License-Identifier: GPL-2.0-only
/* Who asked for a transition: not the way that every transition takes, but who is behind it. */
#include "unit.h"

#include "caller.h"

static const char *caller_of(const char *const *stack, __u32 nr, const char *comm)
{
	struct cw_symbols *symbols = cw_symbols_new_exact();
	static char text[80];
	__u64 addrs[8];
	__u32 i;

	for (i = 0; i < nr; i++) {
		addrs[i] = 0xffffffff81000000ULL + i;
		assert_int_equal(cw_symbols_add(symbols, addrs[i], stack[i]), 0);
	}
	cw_caller_text(symbols, addrs, nr, comm, text, sizeof(text));
	cw_symbols_free(symbols);
	return text;
}

static void test_behind_the_way(void **state)
{
	static const char *const stock[] = {
		"__set_memory_enc_pgtable+0x5/0x2c0", "set_memory_decrypted+0x27/0x70",
		"__vmbus_establish_gpadl+0x1a2/0x3a0 [hv_vmbus]", "vmbus_alloc_ring+0x10/0x40 [hv_vmbus]",
	};
	static const char *const module[] = { "bpf_prog_da5b257282226aa5_on_begin+0x1c1a/0x1e34 [bpf]",
					      "bpf_trace_run5+0x98/0x120", "cw_transition+0x80/0x190 [cocovm]",
					      "run_free+0xa7/0xc0 [cocovm]" };

	(void)state;
	assert_string_equal(caller_of(stock, 4, "modprobe"), "__vmbus_establish_gpadl [hv_vmbus]");
	assert_string_equal(caller_of(module, 4, "x"), "run_free [cocovm]");
}

static void test_nobody_behind(void **state)
{
	static const char *const way[] = { "set_memory_encrypted+0x27/0x70" };

	(void)state;
	assert_string_equal(caller_of(way, 1, "insmod"), "task insmod");
	assert_string_equal(caller_of(way, 0, ""), "?");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_behind_the_way),
	cmocka_unit_test(test_nobody_behind),
};

UNIT_MAIN(tests)
