// SPDX-License-Identifier: GPL-2.0-only
/* Where memory is: from /proc/iomem, and from the firmware's map where that hides it. */
#include "unit.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "ram.h"

static char root[64];

static int setup(void **state)
{
	(void)state;
	strcpy(root, "/tmp/cw-ram-XXXXXX");
	return !mkdtemp(root);
}

static int teardown(void **state)
{
	char cmd[80];

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

static void memmap_make(int i, const char *start, const char *end, const char *type)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/firmware/memmap/%d/start", i);
	file_make(path, start);
	snprintf(path, sizeof(path), "/sys/firmware/memmap/%d/end", i);
	file_make(path, end);
	snprintf(path, sizeof(path), "/sys/firmware/memmap/%d/type", i);
	file_make(path, type);
}

#define HIDDEN "00000000-00000000 : System RAM\n00000000-00000000 : Reserved\n"

static void test_iomem(void **state)
{
	struct cw_ram r;

	(void)state;
	assert_false(cw_ram_read(&r, root));
	assert_true(cw_ram_nr_frames(root) == 0);
	file_make("/proc/iomem", "00001000-0009ffff : System RAM\n000e0000-000fffff : Reserved\n"
				 "00100000-7fffffff : System RAM\n  01000000-01ffffff : Kernel code\n"
				 "fec00000-fec003ff : IOAPIC 0\n100000000-17fffffff : System RAM\n"
				 "fd00000000-ffffffffff : PCI Bus 0000:00\n");
	assert_true(cw_ram_read(&r, root));
	assert_int_equal(r.nr, 3);
	assert_true(cw_ram_has(&r, 1) && cw_ram_has(&r, 0x9f) && cw_ram_has(&r, 0x7ffff));
	assert_false(cw_ram_has(&r, 0) || cw_ram_has(&r, 0xa0) || cw_ram_has(&r, 0x80000));
	assert_true(cw_ram_nr_frames(root) == 0x180000);
	/* what the kernel says goes before what the firmware said */
	memmap_make(0, "0x0\n", "0xffffffffff\n", "System RAM\n");
	assert_true(cw_ram_nr_frames(root) == 0x180000);
}

/* without the right to see them all addresses are zero */
static void test_hidden(void **state)
{
	struct cw_ram r;

	(void)state;
	file_make("/proc/iomem", HIDDEN);
	assert_false(cw_ram_read(&r, root));
	memmap_make(0, "0x1000\n", "0x9fbff\n", "System RAM\n");
	memmap_make(1, "0xf0000\n", "0xfffff\n", "Reserved\n");
	memmap_make(2, "0x100000\n", "0x7fffffff\n", "System RAM\n");
	assert_true(cw_ram_read(&r, root));
	assert_int_equal(r.nr, 2);
	assert_true(cw_ram_has(&r, 1) && cw_ram_has(&r, 0x7ffff));
	assert_false(cw_ram_has(&r, 0xf0) || cw_ram_has(&r, 0x80000));
	assert_true(cw_ram_nr_frames(root) == 0x80000);
}

static void test_nonsense(void **state)
{
	struct cw_ram r;
	int i;

	(void)state;
	file_make("/proc/iomem", "System RAM\n-1-x : System RAM\n");
	memmap_make(0, "0x2000\n", "0x1000\n", "System RAM\n");
	assert_false(cw_ram_read(&r, root));
	memmap_make(1, "zero\n", "0x1000\n", "System RAM\n");
	assert_false(cw_ram_read(&r, root));
	for (i = 0; i < CW_RAM_RANGES + 8; i++)
		memmap_make(i, "0x1000\n", "0x1fff\n", "System RAM\n");
	assert_true(cw_ram_read(&r, root));
	assert_int_equal(r.nr, CW_RAM_RANGES);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_iomem),
	CASE(test_hidden),
	CASE(test_nonsense),
};

UNIT_MAIN(tests)
