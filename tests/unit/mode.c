// SPDX-License-Identifier: GPL-2.0-only
/* The mode from a kernel's variables: each of the seven from recorded state, with the layouts of
 * 6.1 and 6.12, and nothing believed that could not be read.
 */
#include "unit.h"

#include "fake_kernel.h"
#include "judge.h"
#include "mode.h"

#define AT_MS_HYPERV	0xffffffff82a00000ULL
#define AT_PLATFORM	0xffffffff82a01000ULL
#define AT_MASK		0xffffffff82a02000ULL
#define AT_VENDOR	0xffffffff82a02008ULL
#define AT_SEV		0xffffffff82a02010ULL
#define AT_PHYSICAL	0xffffffff82a02018ULL
#define FUNC(n)		(0xffffffff81000000ULL + (n) * 0x100)

#define BOUNDARY	(1ULL << 46)
#define CBIT		(1ULL << 51)

enum { NOOP = 1, VTOM_PREPARE, VTOM_FINISH, VTOM_KEXEC, AMD_PREPARE, AMD_FINISH, SNP_KEXEC,
       TDX_PREPARE, TDX_FINISH, TDX_KEXEC };

/* What was recorded of one machine. */
struct recorded {
	const char *name;
	bool old;	/* Linux 6.1: layouts, and a vendor called HYPERV */
	__u32 priv_high;
	__u32 config_a;
	__u32 config_b;
	__u64 boundary;
	__u32 prepare;
	__u32 finish;
	__u32 kexec;	/* 0: the kernel has no such callback */
	__u32 vendor;
	__u64 cc_mask;
	__u64 sev_status;
	__u64 physical_mask;
	/* what is to be made of it */
	__u32 mode;
	__u64 shared_mask;
	bool set_is_private;
	bool no_bit;
	bool window;
	bool kexec_undoes;
};

#define ISOLATED .priv_high = 1U << 22
/* the boundary at 2^46, active */
#define B(type) (46U << 6 | 1U << 5 | (type))
#define WINDOW .prepare = VTOM_PREPARE, .finish = VTOM_FINISH

static const struct recorded machines[] = {
	{ "no confidential VM", .prepare = NOOP, .finish = NOOP, .kexec = NOOP,
	  .physical_mask = (1ULL << 52) - 1 },
	{ "VBS", ISOLATED, .config_b = B(1), .boundary = BOUNDARY, WINDOW, .kexec = VTOM_KEXEC,
	  .vendor = 1, .cc_mask = BOUNDARY, .sev_status = 8, .physical_mask = BOUNDARY - 1,
	  .mode = CW_MODE_VBS, .shared_mask = BOUNDARY, .window = true, .kexec_undoes = true },
	{ "SNP, vTOM", ISOLATED, .config_a = 1, .config_b = B(2), .boundary = BOUNDARY, WINDOW,
	  .kexec = NOOP, .vendor = 1, .cc_mask = BOUNDARY, .sev_status = 8,
	  .physical_mask = BOUNDARY - 1, .mode = CW_MODE_SNP_VTOM, .shared_mask = BOUNDARY,
	  .window = true },
	{ "SNP, vTOM, no window (6.4 to 6.7)", ISOLATED, .config_a = 1, .config_b = B(2),
	  .boundary = BOUNDARY, .prepare = NOOP, .finish = VTOM_FINISH, .vendor = 1,
	  .cc_mask = BOUNDARY, .sev_status = 8, .physical_mask = BOUNDARY - 1,
	  .mode = CW_MODE_SNP_VTOM, .shared_mask = BOUNDARY },
	{ "SNP, vTOM, 6.1", .old = true, ISOLATED, .config_a = 1, .config_b = B(2),
	  .boundary = BOUNDARY, .prepare = NOOP, .finish = NOOP, .vendor = 2,
	  .physical_mask = (1ULL << 52) - 1, .mode = CW_MODE_SNP_VTOM, .shared_mask = BOUNDARY,
	  .no_bit = true },
	{ "SNP on Hyper-V", ISOLATED, .config_b = 2, .prepare = AMD_PREPARE, .finish = AMD_FINISH,
	  .kexec = SNP_KEXEC, .vendor = 1, .cc_mask = CBIT, .sev_status = 5,
	  .physical_mask = CBIT - 1, .mode = CW_MODE_SNP, .shared_mask = CBIT,
	  .set_is_private = true, .kexec_undoes = true },
	{ "TDX with paravisor", ISOLATED, .config_a = 1, .config_b = B(3), .boundary = BOUNDARY,
	  WINDOW, .kexec = VTOM_KEXEC, .vendor = 2, .cc_mask = BOUNDARY,
	  .physical_mask = BOUNDARY - 1, .mode = CW_MODE_TDX_VTOM, .shared_mask = BOUNDARY,
	  .window = true, .kexec_undoes = true },
	{ "TDX on Hyper-V", ISOLATED, .config_b = 3, .prepare = TDX_PREPARE, .finish = TDX_FINISH,
	  .kexec = TDX_KEXEC, .vendor = 2, .cc_mask = CBIT, .physical_mask = CBIT - 1,
	  .mode = CW_MODE_TDX, .shared_mask = CBIT, .kexec_undoes = true },
	{ "SNP on KVM", .prepare = AMD_PREPARE, .finish = AMD_FINISH, .kexec = NOOP, .vendor = 1,
	  .cc_mask = CBIT, .sev_status = 7, .physical_mask = CBIT - 1, .mode = CW_MODE_SNP_OTHER,
	  .shared_mask = CBIT, .set_is_private = true },
	{ "TDX on KVM", .prepare = TDX_PREPARE, .finish = TDX_FINISH, .kexec = TDX_KEXEC,
	  .vendor = 2, .cc_mask = CBIT, .physical_mask = CBIT - 1, .mode = CW_MODE_TDX_OTHER,
	  .shared_mask = CBIT, .kexec_undoes = true },
	/* the host's own encryption hides nothing from a host */
	{ "SME", .prepare = AMD_PREPARE, .finish = AMD_FINISH, .kexec = NOOP, .vendor = 1,
	  .cc_mask = CBIT, .physical_mask = CBIT - 1, .shared_mask = CBIT, .set_is_private = true },
};

/* Layouts of 6.1 and of 6.12, see layouts of struct ms_hyperv_info there. */
static void types_make(struct fake *f, const struct recorded *r)
{
	__u32 a = r->old ? 28 : 32, b = r->old ? 32 : 36;
	int guest, bits, value;

	fake_struct(f, NULL, 4);
	fake_bits(f, "cvm_type", 0, 4);
	fake_bits(f, "reserved_b1", 4, 1);
	fake_bits(f, "shared_gpa_boundary_active", 5, 1);
	fake_bits(f, "shared_gpa_boundary_bits", 6, 6);
	bits = (int)btf__type_cnt(f->btf) - 1;
	value = btf__add_union(f->btf, NULL, 4);
	assert_int_equal(btf__add_field(f->btf, "isolation_config_b", f->u32, 0, 0), 0);
	assert_int_equal(btf__add_field(f->btf, NULL, bits, 0, 0), 0);
	fake_struct(f, "ms_hyperv_info", 48);
	fake_member(f, "features", f->u32, 0);
	fake_member(f, "priv_high", f->u32, 4);
	fake_member(f, "isolation_config_a", f->u32, a);
	fake_member(f, NULL, value, b);
	fake_member(f, "shared_gpa_boundary", f->u64, 40);
	guest = fake_struct(f, "x86_guest", r->kexec ? 48 : 32);
	fake_member(f, "enc_status_change_prepare", f->u64, 0);
	fake_member(f, "enc_status_change_finish", f->u64, 8);
	if (r->kexec)
		fake_member(f, "enc_kexec_finish", f->u64, 40);
	fake_struct(f, "x86_platform_ops", 256);
	fake_member(f, "guest", guest, 136);
	assert_true(btf__add_enum(f->btf, "cc_vendor", 4) > 0);
	btf__add_enum_value(f->btf, "CC_VENDOR_NONE", 0);
	btf__add_enum_value(f->btf, "CC_VENDOR_AMD", 1);
	if (r->old)
		btf__add_enum_value(f->btf, "CC_VENDOR_HYPERV", 2);
	btf__add_enum_value(f->btf, "CC_VENDOR_INTEL", r->old ? 3 : 2);
}

static void memory_make(struct fake *f, const struct recorded *r)
{
	__u64 config = r->old ? (__u64)r->config_b : (__u64)r->config_b << 32 | r->config_a;

	fake_set(f, AT_MS_HYPERV, (__u64)r->priv_high << 32);
	fake_set(f, AT_MS_HYPERV + 24, (__u64)r->config_a << 32);
	fake_set(f, AT_MS_HYPERV + 32, config);
	fake_set(f, AT_MS_HYPERV + 40, r->boundary);
	fake_set(f, AT_PLATFORM + 136, FUNC(r->prepare));
	fake_set(f, AT_PLATFORM + 144, FUNC(r->finish));
	fake_set(f, AT_PLATFORM + 176, FUNC(r->kexec));
	fake_set(f, AT_MASK, r->cc_mask);
	fake_set(f, AT_VENDOR, r->vendor);
	fake_set(f, AT_SEV, r->sev_status);
	fake_set(f, AT_PHYSICAL, r->physical_mask);
}

static void symbols_make(struct cw_kernel *k, const struct recorded *r)
{
	k->sym[CW_SYM_ms_hyperv] = AT_MS_HYPERV;
	k->sym[CW_SYM_x86_platform] = AT_PLATFORM;
	k->sym[CW_SYM_cc_mask] = AT_MASK;
	k->sym[CW_SYM_cc_vendor] = AT_VENDOR;
	k->sym[CW_SYM_sev_status] = AT_SEV;
	k->sym[CW_SYM_physical_mask] = AT_PHYSICAL;
	k->sym[CW_SYM_amd_enc_status_change_prepare] = FUNC(AMD_PREPARE);
	k->sym[CW_SYM_amd_enc_status_change_finish] = FUNC(AMD_FINISH);
	if (r->old)
		return;
	k->sym[CW_SYM_hv_vtom_clear_present] = FUNC(VTOM_PREPARE);
	k->sym[CW_SYM_hv_vtom_set_host_visibility] = FUNC(VTOM_FINISH);
	k->sym[CW_SYM_hv_vtom_kexec_finish] = FUNC(VTOM_KEXEC);
	k->sym[CW_SYM_snp_kexec_finish] = FUNC(SNP_KEXEC);
	k->sym[CW_SYM_tdx_enc_status_change_prepare] = FUNC(TDX_PREPARE);
	k->sym[CW_SYM_tdx_enc_status_change_finish] = FUNC(TDX_FINISH);
	k->sym[CW_SYM_tdx_kexec_finish] = FUNC(TDX_KEXEC);
}

static struct fake fake;
static struct cw_kernel kernel;

static int recorded_read(const struct recorded *r, struct cw_mode_state *m)
{
	struct cw_platform p = { .has_leaf = r->priv_high, .isolation = r->config_b & 0xf,
				 .paravisor = r->config_a & 1 };

	fake_start(&fake, &kernel);
	types_make(&fake, r);
	fake_done(&fake, &kernel);
	memory_make(&fake, r);
	symbols_make(&kernel, r);
	return cw_mode_read(m, &kernel, &p);
}

static void test_modes(void **state)
{
	struct cw_mode_state m;
	size_t i;

	(void)state;
	for (i = 0; i < NR(machines); i++) {
		const struct recorded *r = &machines[i];

		print_message("# %s\n", r->name);
		assert_int_equal(recorded_read(r, &m), 0);
		assert_int_equal(m.mode, r->mode);
		assert_true(m.shared_mask == r->shared_mask && m.ev.pte_mask == r->shared_mask);
		assert_int_equal(m.set_is_private, r->set_is_private);
		assert_int_equal(m.no_bit, r->no_bit);
		assert_int_equal(m.window, r->window);
		assert_int_equal(m.kexec_undoes, r->kexec_undoes);
		assert_int_equal(cw_mode_tells(&m), r->mode != CW_MODE_NONE);
		cw_kernel_free(&kernel);
	}
}

/* What was recorded of each is one mode for P1 too, and P2 holds where it applies. */
static void test_modes_are_consistent(void **state)
{
	struct cw_mode_state m;
	size_t i;

	(void)state;
	for (i = 0; i < NR(machines); i++) {
		const struct recorded *r = &machines[i];
		struct cw_out out = { .checked = 0 };

		if (!strcmp(r->name, "SME"))	/* a host */
			continue;
		print_message("# %s\n", r->name);
		assert_int_equal(recorded_read(r, &m), 0);
		cw_judge_platform(&m.ev, &out);
		assert_true(out.checked & CW_RULE_BIT(CW_RULE_P1));
		assert_true(!out.violated && !out.no_evidence);
		assert_int_equal(!!(out.checked & CW_RULE_BIT(CW_RULE_P2)),
				 r->boundary && !r->no_bit);
		cw_kernel_free(&kernel);
	}
}

static void test_numbers_of_vendors_move(void **state)
{
	struct cw_mode_state m;

	(void)state;
	assert_int_equal(recorded_read(&machines[4], &m), 0);
	assert_int_equal(m.ev.vendor, CW_VENDOR_HYPERV);
	cw_kernel_free(&kernel);
	assert_int_equal(recorded_read(&machines[6], &m), 0);
	assert_int_equal(m.ev.vendor, CW_VENDOR_INTEL);
	cw_kernel_free(&kernel);
}

static void test_boundary_that_is_not_active(void **state)
{
	struct recorded r = machines[2];
	struct cw_mode_state m;

	(void)state;
	r.config_b &= ~(1U << 5);
	assert_int_equal(recorded_read(&r, &m), 0);
	assert_true(m.ev.boundary == 0);
	cw_kernel_free(&kernel);
}

static void test_unreadable(void **state)
{
	struct cw_platform p = { .has_leaf = true };
	struct cw_mode_state m;

	(void)state;
	assert_int_equal(recorded_read(&machines[2], &m), 0);
	kernel.sym[CW_SYM_ms_hyperv] = 0x1000;
	assert_int_equal(cw_mode_read(&m, &kernel, &p), -EFAULT);
	assert_false(cw_mode_tells(&m));
	kernel.sym[CW_SYM_ms_hyperv] = AT_MS_HYPERV;
	kernel.sym[CW_SYM_x86_platform] = 0;
	assert_int_equal(cw_mode_read(&m, &kernel, &p), -EFAULT);
	/* a kernel without Hyper-V has no such variable, and is none of its guests */
	kernel.sym[CW_SYM_x86_platform] = AT_PLATFORM;
	kernel.sym[CW_SYM_ms_hyperv] = 0;
	assert_int_equal(cw_mode_read(&m, &kernel, &p), 0);
	assert_int_equal(m.leaf, 0);
	cw_kernel_free(&kernel);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(cw_mode_text(CW_MODE_SNP_VTOM), "snp-vtom");
	assert_string_equal(cw_mode_text(CW_MODE_NR), "unknown");
}

/* ---- kernel.c ---- */

static void symbols_read(const char *text, struct cw_kernel *k, int err)
{
	char path[] = "/tmp/cw-kallsyms-XXXXXX";
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	memset(k, 0, sizeof(*k));
	assert_int_equal(cw_kernel_syms_read(k, path), err);
	remove(path);
}

#define TABLES "ffffffff82000000 D init_top_pgt\nffffffff82000008 D page_offset_base\n" \
	       "ffffffff82000010 D vmemmap_base\n"

static void test_symbols(void **state)
{
	struct cw_kernel k;

	(void)state;
	symbols_read(TABLES "ffffffffc0001000 b vmbus_connection\t[hv_vmbus]\n"
		     "ffffffff82000018 d cc_mask.0\n"
		     "ffffffff82000020 D cc_mask\nffffffff8200002\n\n", &k, 0);
	assert_true(k.sym[CW_SYM_vmbus_connection] == 0xffffffffc0001000);
	assert_true(k.sym[CW_SYM_cc_mask] == 0xffffffff82000020);
	assert_int_equal(k.nr_sym[CW_SYM_cc_mask], 1);
	assert_true(k.sym[CW_SYM_hv_context] == 0);
	/* the one beside cc_mask, wherever in the file it stands */
	symbols_read(TABLES "ffffffff81000100 d vendor\nffffffff82000028 d vendor\n"
		     "ffffffff82000020 D cc_mask\nffffffff83000000 d vendor\n", &k, 0);
	assert_true(k.sym[CW_SYM_vendor] == 0xffffffff82000028);
	/* two of one name: nobody can say which is meant; twice the same is one */
	symbols_read(TABLES "ffffffff82000020 b hv_context\nffffffffc0000020 b hv_context\t[other]\n"
		     "ffffffff82000028 D cc_mask\nffffffff82000028 D cc_mask\n", &k, 0);
	assert_true(k.sym[CW_SYM_hv_context] == 0 && k.nr_sym[CW_SYM_hv_context] == 2);
	assert_true(k.sym[CW_SYM_cc_mask] == 0xffffffff82000028);
	symbols_read("0000000000000000 D init_top_pgt\n0000000000000000 D page_offset_base\n"
		     "0000000000000000 D vmemmap_base\n", &k, -ENODATA);
	assert_int_equal(cw_kernel_syms_read(&k, "/nowhere"), -ENOENT);
}

static void test_members(void **state)
{
	struct cw_kernel_field f;
	struct cw_mode_state m;
	__u64 value;

	(void)state;
	assert_int_equal(recorded_read(&machines[2], &m), 0);
	assert_true(cw_kernel_field(&kernel, CW_TYPE_ms_hyperv_info, "shared_gpa_boundary_bits", &f));
	assert_int_equal(f.bit_off, 36 * 8 + 6);
	assert_int_equal(f.bit_size, 6);
	assert_true(cw_kernel_field(&kernel, CW_TYPE_x86_platform_ops, "guest.enc_kexec_finish", &f));
	assert_int_equal(f.bit_off, (136 + 40) * 8);
	assert_false(cw_kernel_field(&kernel, CW_TYPE_x86_platform_ops, "guest.nothing", &f));
	assert_false(cw_kernel_field(&kernel, CW_TYPE_x86_platform_ops, "guest.enc_kexec_finish.x", &f));
	assert_false(cw_kernel_field(&kernel, CW_TYPE_vmbus_channel, "relid", &f));
	assert_int_equal(cw_kernel_sizeof(&kernel, CW_TYPE_ms_hyperv_info), 48);
	assert_int_equal(cw_kernel_sizeof(&kernel, CW_TYPE_page), 0);
	assert_int_equal(cw_kernel_get(&kernel, AT_MS_HYPERV, CW_TYPE_ms_hyperv_info,
				       "shared_gpa_boundary_bits", &value), 0);
	assert_true(value == 46);
	assert_int_equal(cw_kernel_get(&kernel, 0, CW_TYPE_ms_hyperv_info, "priv_high", &value), -EFAULT);
	assert_int_equal(cw_kernel_var(&kernel, CW_SYM_hv_context, 8, &value), -ENOENT);
	cw_kernel_free(&kernel);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_modes),
	cmocka_unit_test(test_modes_are_consistent),
	cmocka_unit_test(test_numbers_of_vendors_move),
	cmocka_unit_test(test_boundary_that_is_not_active),
	cmocka_unit_test(test_unreadable),
	cmocka_unit_test(test_names),
	cmocka_unit_test(test_symbols),
	cmocka_unit_test(test_members),
};

UNIT_MAIN(tests)
