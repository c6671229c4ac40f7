// SPDX-License-Identifier: GPL-2.0-only
/* What is kept of libbpf's words, and which program they blame. */
#include "unit.h"

#include <stdarg.h>

#include <bpf/libbpf.h>

#include "libbpf_log.h"

static const char failed[] = "libbpf: prog '%s': BPF program load failed: %s\n";
static libbpf_print_fn_t print;

/* Like libbpf itself. */
static void say(enum libbpf_print_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print(level, fmt, ap);
	va_end(ap);
}

static int setup(void **state)
{
	(void)state;
	cw_libbpf_init(false);
	print = libbpf_set_print(NULL);
	cw_libbpf_forget();
	return print ? 0 : -1;
}

static void test_blames(void **state)
{
	(void)state;
	assert_false(cw_libbpf_blames("on_post"));
	say(LIBBPF_WARN, failed, "on_post", "Invalid argument");
	assert_true(cw_libbpf_blames("on_post"));
	assert_false(cw_libbpf_blames("on_post_msg"));
	assert_false(cw_libbpf_blames("on_pos"));
	assert_false(cw_libbpf_blames("other"));
	assert_string_equal(cw_libbpf_last(),
			    "prog 'on_post': BPF program load failed: Invalid argument");
}

/* That the object failed says nothing new; that a map failed blames nobody. */
static void test_blames_nobody(void **state)
{
	(void)state;
	say(LIBBPF_WARN, failed, "on_post", "Invalid argument");
	say(LIBBPF_WARN, "libbpf: failed to load object '%s'\n", "vmbus");
	assert_true(cw_libbpf_blames("on_post"));
	say(LIBBPF_DEBUG, "libbpf: prog '%s': something\n", "other");
	assert_false(cw_libbpf_blames("other"));
	say(LIBBPF_WARN, "libbpf: map '%s': failed to create: %s\n", "cw_pages", "No memory");
	assert_false(cw_libbpf_blames("on_post"));
	cw_libbpf_forget();
	assert_string_equal(cw_libbpf_last(), "");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup(test_blames, setup),
	cmocka_unit_test_setup(test_blames_nobody, setup),
};

UNIT_MAIN(tests)
