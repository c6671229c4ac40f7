// SPDX-License-Identifier: GPL-2.0-only
/* Kernel addresses to names, from a made-up kallsyms. */
#include "unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "symbols.h"

static const char text[] =
	"ffffffff81000000 T first\n"
	"ffffffff81000100 t second\n"
	"ffffffff81000100 t second_alias\n"
	"ffffffff81000180 D a_variable\n"
	"ffffffff81000200 T third\n"
	"ffffffff81000300 T __pfx_padded\n"
	"ffffffff81000310 T padded\n"
	"ffffffff81000310 T padded_alias\n"
	"ffffffff81000400 T __pfx_far\n"
	"ffffffff81000500 T far\n"
	"ffffffffc0000000 t last_of_a\t[cocovm]\n"
	"ffffffffc0000040 t only_of_b\t[hv_vmbus]\n"
	"ffffffffc0001000 t bpf_prog_6deef7357e7b4530_on_end\t[bpf]\n"
	"ffffffffc0100000 t ftrace_trampoline\t[__builtin__ftrace]\n"
	"nonsense\n";

static char path[] = "/tmp/cw-symbols-XXXXXX";
static struct cw_symbols *s;

static time_t now_sec = 1000;

/* In place of the C library's: the library under test shall not have to be waited for. */
int clock_gettime(clockid_t clock, struct timespec *ts)
{
	(void)clock;
	*ts = (struct timespec){ .tv_sec = now_sec };
	return 0;
}

static void file_fill(const char *content)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(content, f);
	fclose(f);
}

static int setup(void **state)
{
	int fd;

	(void)state;
	strcpy(path + strlen(path) - 6, "XXXXXX");
	fd = mkstemp(path);
	if (fd < 0)
		return -1;
	close(fd);
	file_fill(text);
	s = cw_symbols_new(path, NULL);
	return s ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	cw_symbols_free(s);
	unlink(path);
	return 0;
}

static void test_text(void **state)
{
	static const struct {
		__u64 addr;
		const char *text;
	} cases[] = {
		{ 0xffffffff81000000ULL, "first+0x0/0x100" },
		/* where it ends nobody says */
		{ 0xffffffffc0100010ULL, "ftrace_trampoline+0x10 [__builtin__ftrace]" },
		{ 0xffffffff810000ffULL, "first+0xff/0x100" },
		{ 0xffffffff81000112ULL, "second+0x12/0x100" },	/* the first name of an address */
		{ 0xffffffffc0000004ULL, "last_of_a+0x4/0x40 [cocovm]" },
		{ 0xffffffffc0000044ULL, "only_of_b+0x4/0xfc0 [hv_vmbus]" },
		/* what is in front of a function is not the one before */
		{ 0xffffffff810002ffULL, "third+0xff/0x100" },
		{ 0xffffffff81000300ULL, "?" },
		{ 0xffffffff8100030fULL, "?" },
		{ 0xffffffff81000310ULL, "padded+0x0/0xf0" },
		{ 0xffffffff810003ffULL, "padded+0xef/0xf0" },
		{ 0xffffffff81000400ULL, "?" },
		{ 0xffffffff810004ffULL, "?" },
		{ 0xffffffff80ffffffULL, "?" },
		{ 0xffffffff90000000ULL, "?" },
		{ 0, "?" },
	};
	char buf[CW_SYMBOL_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < NR(cases); i++)
		assert_string_equal(cw_symbol_text(s, cases[i].addr, buf, sizeof(buf)),
				    cases[i].text);
	assert_null(cw_symbols_trouble(s));
}

/* The symbols of a module come in the order of its table. */
static void test_padding_of_a_module(void **state)
{
	static const char unsorted[] =
		"ffffffffc0200010 t __pfx_one\t[hv_netvsc]\n"
		"ffffffffc0200060 t two\t[hv_netvsc]\n"
		"ffffffffc0200050 t __pfx_two\t[hv_netvsc]\n"
		"ffffffffc0200100 t three\t[hv_netvsc]\n"
		"ffffffffc0200020 t one\t[hv_netvsc]\n";
	char buf[CW_SYMBOL_LEN];

	(void)state;
	file_fill(unsorted);
	assert_string_equal(cw_symbol_text(s, 0xffffffffc0200024ULL, buf, sizeof(buf)), "one+0x4/0x30 [hv_netvsc]");
	assert_string_equal(cw_symbol_text(s, 0xffffffffc0200018ULL, buf, sizeof(buf)), "?");
	assert_string_equal(cw_symbol_text(s, 0xffffffffc0200055ULL, buf, sizeof(buf)), "?");
	assert_string_equal(cw_symbol_text(s, 0xffffffffc0200060ULL, buf, sizeof(buf)), "two+0x0/0xa0 [hv_netvsc]");
}

/* What lies behind a trampoline belongs to a module that has come since. */
static void test_behind_a_trampoline(void **state)
{
	char buf[CW_SYMBOL_LEN];

	(void)state;
	assert_non_null(strstr(cw_symbol_text(s, 0xffffffffc0100010, buf, sizeof(buf)), "ftrace_trampoline+0x10"));
	assert_string_equal(cw_symbol_text(s, 0xffffffffc0101010, buf, sizeof(buf)), "?");
}

/* A module that has come since lies behind the last symbol of another one: it is not its. */
static void test_behind_a_module(void **state)
{
	const __u64 addr = 0xffffffffc0050004ULL;
	char buf[CW_SYMBOL_LEN], more[1024];

	(void)state;
	assert_string_equal(cw_symbol_text(s, addr, buf, sizeof(buf)), "?");
	snprintf(more, sizeof(more), "%sffffffffc0050000 t late\t[hv_utils]\n", text);
	file_fill(more);
	now_sec += 10;
	assert_non_null(strstr(cw_symbol_text(s, addr, buf, sizeof(buf)), "late+0x4/"));
	/* a large program of BPF stays one */
	assert_non_null(strstr(cw_symbol_text(s, 0xffffffffc0003000ULL, buf, sizeof(buf)), "bpf_prog_"));
}

/* One that comes right after the symbols were read is known too, and reads them once. */
static void test_module_that_has_just_come(void **state)
{
	static char modules[] = "/tmp/cw-modules-XXXXXX";
	const __u64 addr = 0xffffffffc0050004ULL;
	char buf[CW_SYMBOL_LEN], more[1024], module[64];

	(void)state;
	assert_non_null(mkdtemp(modules));
	cw_symbols_free(s);
	s = cw_symbols_new(path, modules);
	assert_string_equal(cw_symbol_text(s, addr, buf, sizeof(buf)), "?");
	snprintf(more, sizeof(more), "%sffffffffc0050000 t late\t[hv_utils]\n", text);
	file_fill(more);
	assert_string_equal(cw_symbol_text(s, addr, buf, sizeof(buf)), "?");
	snprintf(module, sizeof(module), "%s/hv_utils", modules);
	assert_int_equal(mkdir(module, 0700), 0);
	assert_non_null(strstr(cw_symbol_text(s, addr, buf, sizeof(buf)), "late+0x4/"));
	file_fill(text);
	assert_non_null(strstr(cw_symbol_text(s, addr, buf, sizeof(buf)), "late+0x4/"));
	assert_string_equal(cw_symbol_text(s, addr + 0x30000, buf, sizeof(buf)), "?");
	assert_non_null(strstr(cw_symbol_text(s, addr, buf, sizeof(buf)), "late+0x4/"));
	rmdir(module);
	rmdir(modules);
}

static void test_tracing_is_skipped(void **state)
{
	static const __u64 stack[] = { 0xffffffffc0001008ULL, 0xffffffffc0000004ULL,
				       0xffffffff81000004ULL };

	(void)state;
	assert_int_equal(cw_symbols_skip(s, stack, 3), 1);
	assert_int_equal(cw_symbols_skip(s, stack + 1, 2), 0);
	assert_int_equal(cw_symbols_skip(s, stack, 0), 0);
}

/* A module may come later, but not so often that each unknown address reads all symbols again. */
static void test_read_again_after_a_while(void **state)
{
	const __u64 addr = 0xffffffffd0000004ULL;
	char buf[CW_SYMBOL_LEN];

	(void)state;
	assert_string_equal(cw_symbol_text(s, addr, buf, sizeof(buf)), "?");
	file_fill("ffffffff81000000 T first\nffffffffd0000000 t late\t[cocovm]\n"
		  "ffffffffd0000040 t later\t[cocovm]\n");
	now_sec += 1;
	assert_string_equal(cw_symbol_text(s, addr, buf, sizeof(buf)), "?");
	now_sec += 10;
	assert_string_equal(cw_symbol_text(s, addr, buf, sizeof(buf)), "late+0x4/0x40 [cocovm]");
}

static void test_hidden(void **state)
{
	char buf[CW_SYMBOL_LEN];

	(void)state;
	file_fill("0000000000000000 T first\n0000000000000000 T second\n");
	assert_non_null(strstr(cw_symbols_trouble(s), "kptr_restrict"));
	assert_string_equal(cw_symbol_text(s, 0xffffffff81000004ULL, buf, sizeof(buf)), "?");
}

static void test_absent(void **state)
{
	(void)state;
	unlink(path);
	cw_symbols_free(s);
	s = cw_symbols_new(path, NULL);
	assert_non_null(cw_symbols_trouble(s));
	assert_non_null(strstr(cw_symbols_trouble(s), "could not be read"));
}

/* A session that has dropped its privileges could not open it any more. */
static void test_kept_open(void **state)
{
	char buf[CW_SYMBOL_LEN];

	(void)state;
	file_fill("ffffffff81000000 T first\nffffffff81000040 T second\n");
	unlink(path);
	assert_string_equal(cw_symbol_text(s, 0xffffffff81000004ULL, buf, sizeof(buf)), "first+0x4/0x40");
	assert_null(cw_symbols_trouble(s));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(test_text, setup, teardown),
	cmocka_unit_test_setup_teardown(test_padding_of_a_module, setup, teardown),
	cmocka_unit_test_setup_teardown(test_behind_a_trampoline, setup, teardown),
	cmocka_unit_test_setup_teardown(test_behind_a_module, setup, teardown),
	cmocka_unit_test_setup_teardown(test_module_that_has_just_come, setup, teardown),
	cmocka_unit_test_setup_teardown(test_tracing_is_skipped, setup, teardown),
	cmocka_unit_test_setup_teardown(test_read_again_after_a_while, setup, teardown),
	cmocka_unit_test_setup_teardown(test_hidden, setup, teardown),
	cmocka_unit_test_setup_teardown(test_absent, setup, teardown),
	cmocka_unit_test_setup_teardown(test_kept_open, setup, teardown),
};

UNIT_MAIN(tests)
