// SPDX-License-Identifier: GPL-2.0-only
/* ACPI tables (ACPI specification 6.4, sections 5.2 and 20): enough for SMP, power off and reset,
 * and the module device with the VMBus below it that hv_vmbus looks for.
 */
#include <string.h>

#include "boot.h"
#include "ports.h"

struct table {
	__u8 *buf;
	size_t size;
	size_t len;
};

static void put(struct table *t, const void *bytes, size_t n)
{
	if (t->len + n <= t->size)
		memcpy(t->buf + t->len, bytes, n);
	t->len += n;
}

static void put_int(struct table *t, __u64 value, size_t n)
{
	put(t, &value, n);	/* little-endian, as this machine is */
}

static void put_zero(struct table *t, size_t n)
{
	while (n--)
		put_int(t, 0, 1);
}

/* ---- table headers ---- */

#define HEADER_LEN 36

static size_t table_begin(struct table *t, const char *signature, __u8 revision)
{
	size_t start;

	put_zero(t, -t->len & 15);
	start = t->len;
	put(t, signature, 4);
	put_int(t, 0, 4);		/* length */
	put_int(t, revision, 1);
	put_int(t, 0, 1);		/* checksum */
	put(t, "COCOBXCOCOBX  ", 14);
	put_int(t, 1, 4);
	put(t, "CBOX", 4);
	put_int(t, 1, 4);
	return start;
}

static __u8 checksum(const __u8 *p, size_t n)
{
	__u8 sum = 0;

	while (n--)
		sum += *p++;
	return -sum;
}

static void table_end(struct table *t, size_t start)
{
	__u32 len = t->len - start;

	if (t->len > t->size)
		return;
	memcpy(t->buf + start + 4, &len, sizeof(len));
	t->buf[start + 9] = checksum(t->buf + start, len);
}

/* ---- AML: a package's length comes before it, so bodies are built first ---- */

#define AML_MAX 1024

struct aml {
	__u8 b[AML_MAX];
	size_t len;
};

static void aml_put(struct aml *a, const void *bytes, size_t n)
{
	if (a->len + n > AML_MAX)
		return;
	memcpy(a->b + a->len, bytes, n);
	a->len += n;
}

static void aml_byte(struct aml *a, __u8 byte)
{
	aml_put(a, &byte, 1);
}

/* PkgLength in its two-byte form (20.2.4); it counts itself. */
static void aml_package(struct aml *a, const char *opcode, size_t opcode_len,
			const struct aml *body)
{
	size_t n = body->len + 2;

	aml_put(a, opcode, opcode_len);
	aml_byte(a, 0x40 | (n & 0xf));
	aml_byte(a, n >> 4);
	aml_put(a, body->b, body->len);
}

static void aml_name_string(struct aml *a, const char *name, const char *value)
{
	aml_byte(a, 0x08);
	aml_put(a, name, 4);
	aml_byte(a, 0x0d);
	aml_put(a, value, strlen(value) + 1);
}

static void aml_name_zero(struct aml *a, const char *name)
{
	aml_byte(a, 0x08);
	aml_put(a, name, 4);
	aml_byte(a, 0x00);
}

/* QWord address space descriptor (6.4.3.5.1): memory, fixed, read-write, not cacheable. */
static void crs_window(struct aml *a, __u64 start, __u64 bytes)
{
	__u64 field[5] = { 0, start, start + bytes - 1, 0, bytes };

	aml_put(a, "\x8a\x2b\x00\x00\x0d\x01", 6);
	aml_put(a, field, sizeof(field));
}

static void aml_crs(struct aml *a)
{
	struct aml list = { .len = 0 }, body = { .len = 0 };

	crs_window(&list, CW_MMIO_LOW, CW_MMIO_LOW_BYTES);
	crs_window(&list, CW_MMIO_HIGH, CW_MMIO_HIGH_BYTES);
	aml_put(&list, "\x79\x00", 2);
	aml_byte(&body, 0x0a);
	aml_byte(&body, list.len);
	aml_put(&body, list.b, list.len);
	aml_byte(a, 0x08);
	aml_put(a, "_CRS", 4);
	aml_package(a, "\x11", 1, &body);
}

/* Device(VMOD) { _HID ACPI0004, _CRS, Device(VMBS) { _HID VMBus } } */
static void aml_module_device(struct aml *a)
{
	struct aml vmod = { .len = 0 }, vmbs = { .len = 0 };

	aml_put(&vmbs, "VMBS", 4);
	aml_name_string(&vmbs, "_HID", "VMBus");
	aml_name_zero(&vmbs, "_UID");
	/* an empty _CRS: without one hv_vmbus never looks at the windows of the module device */
	aml_put(&vmbs, "\x08_CRS\x11\x05\x0a\x02\x79\x00", 11);
	aml_put(&vmod, "VMOD", 4);
	aml_name_string(&vmod, "_HID", "ACPI0004");
	aml_name_zero(&vmod, "_UID");
	aml_crs(&vmod);
	aml_package(&vmod, "\x5b\x82", 2, &vmbs);
	aml_package(a, "\x5b\x82", 2, &vmod);
}

static void dsdt_body(struct table *t)
{
	struct aml dsdt = { .len = 0 }, scope = { .len = 0 };

	/* Name(_S5_, Package(4) { 5, 5, 0, 0 }) */
	aml_put(&dsdt, "\x08_S5_\x12\x08\x04\x0a\x05\x0a\x05\x00\x00", 14);
	aml_put(&scope, "\\_SB_", 5);
	aml_module_device(&scope);
	aml_package(&dsdt, "\x10", 1, &scope);
	put(t, dsdt.b, dsdt.len);
}

/* ---- the tables ---- */

static void put_gas_io(struct table *t, __u64 port, __u8 bits)
{
	put_int(t, 1, 1);	/* system I/O */
	put_int(t, bits, 1);
	put_int(t, 0, 1);
	put_int(t, 1, 1);	/* byte access */
	put_int(t, port, 8);
}

static size_t build_fadt(struct table *t, __u64 dsdt)
{
	size_t start = table_begin(t, "FACP", 6);

	put_int(t, 0, 4);			/* FIRMWARE_CTRL */
	put_int(t, dsdt, 4);
	put_int(t, 0, 2);
	put_int(t, CW_SCI_IRQ, 2);
	put_zero(t, 8);				/* no SMI command: always in ACPI mode */
	put_int(t, CW_PORT_PM1_EVT, 4);
	put_int(t, 0, 4);
	put_int(t, CW_PORT_PM1_CNT, 4);
	put_zero(t, 20);			/* PM1b, PM2, PM timer, GPEs: none */
	put_int(t, 4, 1);			/* PM1_EVT_LEN */
	put_int(t, 2, 1);			/* PM1_CNT_LEN */
	put_zero(t, 6);
	put_int(t, 0x0fff0fff, 4);		/* no C2, no C3 */
	put_zero(t, 9);
	put_int(t, 0, 2);			/* IAPC_BOOT_ARCH: no 8042, no legacy devices */
	put_int(t, 0, 1);
	put_int(t, 1 << 0 | 1 << 10, 4);	/* WBINVD, RESET_REG_SUP */
	put_gas_io(t, CW_PORT_RESET, 8);
	put_int(t, CW_RESET_VALUE, 1);
	put_zero(t, 3);
	put_int(t, 0, 8);			/* X_FIRMWARE_CTRL */
	put_int(t, dsdt, 8);
	put_gas_io(t, CW_PORT_PM1_EVT, 32);
	put_zero(t, 12);
	put_gas_io(t, CW_PORT_PM1_CNT, 16);
	put_zero(t, start + 276 - t->len);
	table_end(t, start);
	return start;
}

static size_t build_madt(struct table *t, unsigned int nr_cpus)
{
	size_t start = table_begin(t, "APIC", 4);
	unsigned int i;

	put_int(t, 0xfee00000, 4);
	put_int(t, 1, 4);		/* PCAT_COMPAT: there is a PIC too */
	for (i = 0; i < nr_cpus; i++) {
		put_int(t, 0x0800, 2);	/* processor local APIC */
		put_int(t, i, 1);
		put_int(t, i, 1);
		put_int(t, 1, 4);
	}
	put_int(t, 0x0c01, 2);		/* IO-APIC */
	put_int(t, nr_cpus, 2);
	put_int(t, 0xfec00000, 4);
	put_int(t, 0, 4);
	put_int(t, 0x0a02, 2);		/* override: IRQ 0 is line 2 */
	put_int(t, 0, 2);
	put_int(t, 2, 4);
	put_int(t, 0, 2);
	put_int(t, 0x0a02, 2);		/* override: the SCI is level, active high */
	put_int(t, CW_SCI_IRQ << 8, 2);
	put_int(t, CW_SCI_IRQ, 4);
	put_int(t, 0xd, 2);
	table_end(t, start);
	return start;
}

/* RSDP (5.2.5.3): two checksums. */
static void build_rsdp(__u8 *p, __u64 xsdt)
{
	memcpy(p, "RSD PTR \0COCOBX\2", 16);
	p[20] = 36;
	memcpy(p + 24, &xsdt, sizeof(xsdt));
	p[8] = checksum(p, 20);
	p[32] = checksum(p, 36);
}

size_t cw_acpi_build(__u8 *buf, size_t size, unsigned int nr_cpus)
{
	struct table t = { .buf = buf, .size = size };
	size_t dsdt, fadt, madt, xsdt;

	put_zero(&t, HEADER_LEN);	/* the RSDP */
	dsdt = table_begin(&t, "DSDT", 2);
	dsdt_body(&t);
	table_end(&t, dsdt);
	fadt = build_fadt(&t, CW_GPA_ACPI + dsdt);
	madt = build_madt(&t, nr_cpus);
	xsdt = table_begin(&t, "XSDT", 1);
	put_int(&t, CW_GPA_ACPI + fadt, 8);
	put_int(&t, CW_GPA_ACPI + madt, 8);
	table_end(&t, xsdt);
	if (t.len <= size)
		build_rsdp(buf, CW_GPA_ACPI + xsdt);
	return t.len;
}
