// SPDX-License-Identifier: GPL-2.0-only
/* What a machine says of itself in /proc and /sys, and the one line when a session
 * cannot start on it.
 */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "platform.h"

static char root[] = "/tmp/cw-platform-XXXXXX";

static int setup(void **state)
{
	(void)state;
	strcpy(root + strlen(root) - 6, "XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int teardown(void **state)
{
	char cmd[64];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -r %s", root);
	return system(cmd);
}

static void file_make(const char *path, const char *content)
{
	char full[256], *slash;
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (slash = full + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
	f = fopen(full, "w");
	assert_non_null(f);
	fputs(content, f);
	fclose(f);
}

static void test_module(void **state)
{
	struct cw_platform p;

	(void)state;
	cw_platform_read(&p, root);
	assert_false(p.module.loaded);
	file_make("/sys/module/cocovm/parameters/abi", "1.2\n");
	file_make("/sys/module/cocovm/parameters/pte_mask", "0x200000000000000\n");
	file_make("/sys/module/cocovm/parameters/emulate", "tdx-vtom\n");
	cw_platform_read(&p, root);
	assert_true(p.module.loaded && p.module.has_abi);
	assert_int_equal(p.module.abi_major, 1);
	assert_int_equal(p.module.abi_minor, 2);
	assert_true(p.module.pte_mask == 1ULL << 57);
	assert_string_equal(cw_platform_watched_mode(&p, true), "tdx-vtom");
	file_make("/sys/module/cocovm/parameters/abi", "one\n");
	cw_platform_read(&p, root);
	assert_true(p.module.loaded && !p.module.has_abi);
	file_make("/sys/module/cocovm/parameters/pte_mask", "none\n");
	cw_platform_read(&p, root);
	assert_true(p.module.pte_mask == 0);
}

static void test_lockdown_and_btf(void **state)
{
	struct cw_platform p;

	(void)state;
	cw_platform_read(&p, root);
	assert_int_equal(p.lockdown, CW_LOCKDOWN_NONE);
	assert_false(p.btf);
	file_make("/proc/cmdline", "quiet lockdown=confidentiality\n");
	cw_platform_read(&p, root);
	assert_int_equal(p.lockdown, CW_LOCKDOWN_CONFIDENTIALITY);
	file_make("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	file_make("/sys/kernel/btf/vmlinux", "");
	cw_platform_read(&p, root);
	assert_int_equal(p.lockdown, CW_LOCKDOWN_INTEGRITY);
	assert_true(p.btf);
	file_make("/sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
	cw_platform_read(&p, root);
	assert_int_equal(p.lockdown, CW_LOCKDOWN_CONFIDENTIALITY);
}

static void test_modes(void **state)
{
	(void)state;
	assert_string_equal(cw_mode_name(CW_ISOLATION_NONE, false, false, false), "none");
	assert_string_equal(cw_mode_name(CW_ISOLATION_VBS, false, false, false), "vbs");
	assert_string_equal(cw_mode_name(CW_ISOLATION_SNP, true, false, false), "snp-vtom");
	assert_string_equal(cw_mode_name(CW_ISOLATION_SNP, false, true, false), "snp");
	assert_string_equal(cw_mode_name(CW_ISOLATION_TDX, true, false, false), "tdx-vtom");
	assert_string_equal(cw_mode_name(CW_ISOLATION_TDX, false, false, true), "tdx");
	assert_string_equal(cw_mode_name(CW_ISOLATION_NONE, false, true, false), "snp on another hypervisor");
	assert_string_equal(cw_mode_name(CW_ISOLATION_NONE, false, false, true), "tdx on another hypervisor");
}

static const struct cw_platform good = {
	.btf = true,
	.caps = { true, true, true, true },
	.module = { .loaded = true, .has_abi = true, .abi_major = CW_ABI_MAJOR,
		    .pte_mask = 1ULL << 57 },
};

/* The check fails with this errno and a line that holds this text. */
static void refused(struct cw_platform p, int err, const char *text)
{
	char why[256] = "";

	assert_int_equal(cw_platform_check(&p, true, false, why, sizeof(why)), err);
	if (!strstr(why, text))
		fail_msg("'%s' does not hold '%s'", why, text);
	assert_null(strchr(why, '\n'));
}

static void test_check(void **state)
{
	struct cw_platform p = good;
	char why[256];

	(void)state;
	assert_int_equal(cw_platform_check(&p, true, false, why, sizeof(why)), 0);
	/* what it alone gives is done without, or said by rule */
	p.caps[CW_CAP_SYS_ADMIN] = false;
	assert_int_equal(cw_platform_check(&p, true, false, why, sizeof(why)), 0);
	p = good; p.caps[CW_CAP_SYSLOG] = false; refused(p, -EPERM, "CAP_SYSLOG");
	p = good; p.caps[CW_CAP_BPF] = false; refused(p, -EPERM, "run as root");
	p = good; p.caps[CW_CAP_PERFMON] = false; refused(p, -EPERM, "CAP_PERFMON");
	p = good; p.btf = false; refused(p, -ENOENT, "CONFIG_DEBUG_INFO_BTF=y");
	p = good; p.lockdown = CW_LOCKDOWN_CONFIDENTIALITY; refused(p, -EPERM, "lockdown=integrity");
	p = good; p.module.loaded = false; refused(p, -ENOENT, "insmod cocovm.ko");
	p = good; p.module.has_abi = false; refused(p, -EPROTO, "does not say");
	p = good; p.module.abi_major = 2; refused(p, -EPROTO, "speaks ABI 2, this cocowatch speaks ABI 1");
	p = good; p.module.pte_mask = 0; refused(p, -EPROTO, "which bit of a page-table entry");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_module), CASE(test_lockdown_and_btf), CASE(test_modes),
	CASE(test_check),
};

UNIT_MAIN(tests)
