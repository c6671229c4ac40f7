// SPDX-License-Identifier: GPL-2.0-only
/* Names of a made-up kallsyms: addresses of variables, and how many functions a name stands for;
 * then what becomes of a probe on a name that stands for two.
 */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "hook.h"
#include "ksyms.h"
#include "loader.h"

static const char text[] =
	"ffffffff81000000 T once\n"
	"ffffffff81000100 t twice\n"
	"ffffffff81000200 t twice\n"
	"ffffffff81000300 T one_is_global\n"
	"ffffffff81000400 t one_is_global\n"
	"ffffffff81000500 W weak\n"
	"ffffffff81000600 w weak\n"
	"ffffffff81000700 t with_parts\n"
	"ffffffff81000800 t with_parts.cold\n"
	"ffffffff81000900 t with_parts.isra.0\n"
	"ffffffff81000a00 t __pfx_with_parts\n"
	"ffffffff81000b00 t with_data\n"
	"ffffffff82000b00 d with_data\n"
	"ffffffff82000c00 D a_variable\n"
	"ffffffff82000d00 d a_variable\n"
	"ffffffff81000e00 t also_in_modules\n"
	"ffffffffc0000000 t also_in_modules\t[hv_vmbus]\n"
	"ffffffffc0000100 t also_in_modules\t[other]\n"
	"ffffffffc0000200 t in_module\t[hv_vmbus]\n"
	"ffffffffc0000300 t in_module\t[hv_vmbus_more]\n"
	"ffffffffc0000400 t twice_in_module\t[hv_vmbus]\n"
	"ffffffffc0000500 t twice_in_module\t[hv_vmbus]\n"
	"ffff\n"
	"ffffffff81000f00 t\n";

static char path[] = "/tmp/cw-ksyms-XXXXXX";

static int setup(void **state)
{
	int fd;

	(void)state;
	strcpy(path + strlen(path) - 6, "XXXXXX");
	fd = mkstemp(path);
	if (fd < 0 || write(fd, text, sizeof(text) - 1) != sizeof(text) - 1)
		return -1;
	return close(fd);
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path);
}

static void test_addresses(void **state)
{
	__u64 once = 1, variable = 1, nobody = 1;
	const struct cw_ksym syms[] = {
		{ "nobody", &nobody },
		{ "a_variable", &variable },
		{ "once", &once },
	};

	(void)state;
	assert_int_equal(cw_ksyms_find(path, syms, NR(syms), NULL, 0), 0);
	assert_true(once == 0xffffffff81000000);
	assert_true(variable == 0xffffffff82000c00);	/* the first */
	assert_true(!nobody);
	assert_int_equal(cw_ksyms_find("/nowhere", syms, NR(syms), NULL, 0), -ENOENT);
}

static void test_functions(void **state)
{
	static const __u32 want[] = { 1, 2, 2, 2, 1, 1, 0, 1, 2, 0, 1, 2, 0, 0 };
	struct cw_kfunc funcs[] = {
		{ "once", NULL, 9 },
		{ "twice", NULL, 9 },
		{ "one_is_global", NULL, 9 },
		{ "weak", NULL, 9 },
		{ "with_parts", NULL, 9 },
		{ "with_data", NULL, 9 },
		{ "a_variable", NULL, 9 },
		/* what a module has is no twin, where nobody asks for the module */
		{ "also_in_modules", NULL, 9 },
		{ "also_in_modules", "hv_vmbus", 9 },
		{ "in_module", NULL, 9 },
		{ "in_module", "hv_vmbus", 9 },
		{ "twice_in_module", "hv_vmbus", 9 },
		{ "twice_in_module", "hv_vmbu", 9 },
		{ "nobody", "hv_vmbus", 9 },
	};
	size_t i;

	(void)state;
	assert_int_equal(cw_ksyms_find(path, NULL, 0, funcs, NR(funcs)), 0);
	for (i = 0; i < NR(funcs); i++) {
		print_message("# %s\n", funcs[i].name);
		assert_int_equal(funcs[i].nr, want[i]);
	}
}

/* Every function of the table is counted, each once, with the module that it may be in. */
static void test_table(void **state)
{
	struct cw_kfunc funcs[CW_FUNCS_MAX];
	size_t nr = cw_hook_funcs(&cw_source_stock, funcs), i, k, seen = 0;

	(void)state;
	assert_in_range(nr, 30, CW_FUNCS_MAX);
	for (i = 0; i < nr; i++) {
		for (k = 0; k < i; k++)
			assert_true(strcmp(funcs[i].name, funcs[k].name) ||
				    funcs[i].module != funcs[k].module);
		if (!strcmp(funcs[i].name, "vmbus_probe")) {
			assert_string_equal(funcs[i].module, "hv_vmbus");
			seen++;
		} else if (!strcmp(funcs[i].name, "__set_memory_enc_pgtable")) {
			assert_null(funcs[i].module);
			seen++;
		}
		/* a tracepoint is no function */
		assert_string_not_equal(funcs[i].name, "mm_page_free");
	}
	assert_int_equal(seen, 2);
}

/* None of these can be attached: no kernel has the first two, and vfs_read() has four arguments. */
static void test_ambiguous(void **state)
{
	static const struct cw_probe probes[] = {
		{ CW_EV_END, CW_OBJ_TRANSITION, CW_RULE_BIT(CW_RULE_T4),
		  { CW_FEXIT("on_end", "cw_no_kernel_has_this") }, .optional = false },
		{ CW_EV_BEGIN, CW_OBJ_TRANSITION, CW_RULE_BIT(CW_RULE_T5),
		  { CW_FENTRY("on_begin", "cw_no_kernel_has_that") }, .optional = false },
		{ CW_EV_FINISHED, CW_OBJ_TRANSITION, CW_RULE_BIT(CW_RULE_T6),
		  { CW_FEXIT("on_finished", "vfs_read") }, .optional = false },
	};
	static const struct cw_known_args known_args[] = { { "vfs_read", 1U << 3 | 1U << 5 }, { 0 } };
	static const struct cw_source source = {
		.name = "test", .probes = probes, .nr_probes = NR(probes), .known_args = known_args,
	};
	static const struct cw_bpf_var vars[] = { { NULL, 0 } };
	const struct cw_kfunc funcs[] = {
		{ "cw_no_kernel_has_this", NULL, 2 },
		{ "cw_no_kernel_has_that", NULL, 1 },
	};
	const struct cw_loader_opts opts = {
		.vars = vars, .nr_frames = 64, .funcs = funcs, .nr_funcs = NR(funcs),
	};
	static struct cw_arming arming;
	struct cw_loader *loader;
	char why[CW_WHY_LEN] = "";

	(void)state;
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		skip();
	cw_arming_init(&arming, &source, 0);
	assert_int_equal(cw_loader_open(&loader, &arming, &opts, why, sizeof(why)), 0);
	cw_arming_finish(&arming);
	assert_true(!arming.armed);
	assert_string_equal(arming.why_rule[CW_RULE_T4],
			    "this kernel has 2 functions named cw_no_kernel_has_this");
	assert_string_equal(arming.why_rule[CW_RULE_T5],
			    "this kernel has no function cw_no_kernel_has_that");
	assert_string_equal(arming.why_rule[CW_RULE_T6],
			    "vfs_read has 4 arguments in this kernel, in an order that is not known");
	cw_loader_close(loader);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(test_addresses, setup, teardown),
	cmocka_unit_test_setup_teardown(test_functions, setup, teardown),
	cmocka_unit_test(test_table),
	cmocka_unit_test(test_ambiguous),
};

UNIT_MAIN(tests)
