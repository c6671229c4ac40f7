// SPDX-License-Identifier: GPL-2.0-only
/* What a guest finds when it starts: ACPI tables, CPUID leaves, the archive of --exec. */
#include "box_machine.h"

#include <stdlib.h>
#include <linux/kvm.h>

#include "cpuid.h"

static __u32 u32(const __u8 *p)
{
	__u32 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static __u8 sum(const __u8 *p, size_t n)
{
	__u8 s = 0;

	while (n--)
		s += *p++;
	return s;
}

static void test_acpi(void **state)
{
	static const char *const signatures[] = { "FACP", "APIC" };
	__u8 buf[4096] = { 0 }, *xsdt, *t;
	size_t i, len = cw_acpi_build(buf, sizeof(buf), 3);
	__u64 at;

	(void)state;
	assert_in_range(len, 400, 2000);
	assert_memory_equal(buf, "RSD PTR ", 8);
	assert_int_equal(sum(buf, 20), 0);
	assert_int_equal(sum(buf, 36), 0);
	memcpy(&at, buf + 24, sizeof(at));
	xsdt = buf + (at - CW_GPA_ACPI);
	assert_memory_equal(xsdt, "XSDT", 4);
	assert_int_equal(sum(xsdt, u32(xsdt + 4)), 0);
	for (i = 0; i < NR(signatures); i++) {
		memcpy(&at, xsdt + 36 + i * 8, sizeof(at));
		t = buf + (at - CW_GPA_ACPI);
		assert_memory_equal(t, signatures[i], 4);
		assert_int_equal(sum(t, u32(t + 4)), 0);
		assert_true(t + u32(t + 4) <= buf + len);
	}
	assert_int_equal(u32(t + 4), 44 + 3 * 8 + 12 + 2 * 10);	/* MADT: three CPUs */
	assert_true(cw_acpi_build(buf, 64, 1) > 64);		/* too small: says what it needs */
}

static struct kvm_cpuid2 *host_cpuid(void)
{
	static const struct kvm_cpuid_entry2 entries[] = {
		{ .function = 0, .ebx = 0x68747541, .ecx = 0x444d4163, .edx = 0x69746e65 },
		{ .function = 1, .ebx = 0xff080800, .ecx = 1 << 5 },
		{ .function = 0xd, .eax = 7 },
		{ .function = 0x40000000, .ebx = 0x4b4d564b },
		{ .function = 0x80000001, .ecx = 1 << 2 },
		{ .function = 0x80000008, .eax = 0x3030 },
		{ .function = 0x8000001f, .eax = 0xf },
	};
	struct kvm_cpuid2 *c = calloc(1, sizeof(*c) + CW_CPUID_MAX * sizeof(entries[0]));

	assert_non_null(c);
	c->nent = NR(entries);
	memcpy(c->entries, entries, sizeof(entries));
	return c;
}

static const struct kvm_cpuid_entry2 *leaf(const struct kvm_cpuid2 *c, __u32 function)
{
	__u32 i;

	for (i = 0; i < c->nent; i++)
		if (c->entries[i].function == function)
			return &c->entries[i];
	return NULL;
}

static void test_cpuid(void **state)
{
	struct kvm_cpuid2 *h = host_cpuid(), *g = host_cpuid();
	char vendor[13];

	(void)state;
	cw_cpuid_vendor(h, vendor);
	assert_string_equal(vendor, "AuthenticAMD");
	assert_int_equal(cw_cpuid_xcr0(h), 7);
	cw_cpuid_build(g, h, 2, 4, 39, false);
	assert_int_equal(leaf(g, 1)->ebx >> 24, 2);
	assert_true(leaf(g, 1)->ecx & 1U << 31 && leaf(g, 1)->ecx & 1 << 21 &&
		    leaf(g, 1)->edx & 1 << 9);
	assert_int_equal(leaf(g, 0x40000000)->ebx, 0x7263694d);	/* ours, and no other below it */
	assert_int_equal(leaf(g, 0x4000000c)->eax, 1);
	assert_int_equal(leaf(g, 0x4000000c)->ebx, 0x9e2);
	assert_int_equal(leaf(g, 0x80000008)->eax & 0xff, 40);
	assert_false(leaf(g, 0x80000001)->ecx & 1 << 2);
	assert_null(leaf(g, 0x8000001f));
	assert_null(leaf(g, 0x40000082));
	cw_cpuid_build(g, h, 0, 1, 47, true);
	assert_int_equal(leaf(g, 0x4000000c)->ebx, 2 | 1 << 5 | 47 << 6);
	assert_int_equal(leaf(g, 0x40000082)->eax, 1 << 3);
	free(h);
	free(g);
}

static const struct {
	__u32 eax;
	unsigned int width;
} widths[] = {{0x28, 40}, {0x3030, 48}, {0x34, 48}, {0x300034, 48}, {0x2b0034, 43}, {0, 0}};

static void test_width(void **state)
{
	struct kvm_cpuid2 *h = host_cpuid();
	size_t i;

	(void)state;
	for (i = 0; i < NR(widths); i++) {
		h->entries[5].eax = widths[i].eax;
		assert_int_equal(cw_cpuid_width(h), widths[i].width);
	}
	free(h);
}

/* Reads it back as the kernel would (cpio(5), newc). */
static const char *member(const __u8 *a, size_t len, const char *name, size_t *size)
{
	size_t at = 0, names, bytes;
	char number[9] = "";

	while (at + 110 <= len && !memcmp(a + at, "070701", 6)) {
		memcpy(number, a + at + 54, 8);
		bytes = strtoul(number, NULL, 16);
		memcpy(number, a + at + 94, 8);
		names = strtoul(number, NULL, 16);
		if (!strcmp((const char *)a + at + 110, name)) {
			*size = bytes;
			return (const char *)a + ((at + 110 + names + 3) & ~3UL);
		}
		at = ((at + 110 + names + 3) & ~3UL) + bytes;
		at = (at + 3) & ~3UL;
	}
	return NULL;
}

static void test_overlay(void **state)
{
	size_t len, size;
	const char *text;
	__u8 *a;

	(void)state;
	config.exec = "echo 'it works'";
	a = cw_overlay_build(&box, &len);
	assert_non_null(a);
	text = member(a, len, ".cocobox/command", &size);
	assert_non_null(text);
	assert_int_equal(size, strlen(config.exec));
	assert_memory_equal(text, config.exec, size);
	text = member(a, len, ".cocobox/config", &size);
	assert_non_null(text);
	assert_non_null(strstr(text, "modules='hv_vmbus "));
	text = member(a, len, ".cocobox/init", &size);
	assert_non_null(text);
	assert_memory_equal(text, "#!/bin/sh\n", 10);
	assert_non_null(member(a, len, "TRAILER!!!", &size));
	assert_int_equal(len % 4, 0);
	free(a);
	config.no_drivers = true;
	a = cw_overlay_build(&box, &len);
	assert_non_null(a);
	text = member(a, len, ".cocobox/config", &size);
	assert_true(text && !strncmp(text, "modules=''\n", 11));
	free(a);
	config.no_drivers = false;
	config.exec = NULL;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, machine_new, machine_free)

static const struct CMUnitTest tests[] = {TEST(test_acpi), TEST(test_cpuid), TEST(test_width),
					  TEST(test_overlay)};

UNIT_MAIN(tests)
