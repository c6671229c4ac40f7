/* SPDX-License-Identifier: GPL-2.0-only */
/* What is in memory before the first instruction: kernel, initramfs, command line, tables. */
#ifndef CW_BOX_BOOT_H
#define CW_BOX_BOOT_H

#include <stddef.h>
#include <linux/types.h>

struct cw_box;

/* Guest physical addresses below 1 MiB */
#define CW_GPA_GDT		0x500ULL
#define CW_GPA_BOOT_PARAMS	0x7000ULL
#define CW_GPA_PAGE_TABLES	0x9000ULL	/* one PML4, one PDPT, four PDs */
#define CW_GPA_CMDLINE		0x20000ULL
#define CW_GPA_ACPI		0xe0000ULL
#define CW_ACPI_MAX		0x10000

/* Pages at the end of low RAM that the paravisor supplies: three a vCPU (GHCB, SIMP, SIEFP). */
#define CW_SUPPLIED_BYTES	0x10000ULL

/* MMIO windows of the VMBus module device */
#define CW_MMIO_LOW		0xf8000000ULL
#define CW_MMIO_LOW_BYTES	0x04000000ULL
#define CW_MMIO_HIGH		0x1000000000ULL
#define CW_MMIO_HIGH_BYTES	0x40000000ULL

/* Loads all of it and gives the 64-bit entry point.  Prints what is wrong.  0 or -errno. */
int cw_boot_load(struct cw_box *box, __u64 *entry);

/* Writes the ACPI tables for nr_cpus to buf, which will be at CW_GPA_ACPI; returns their length.
 * RSDP comes first. */
size_t cw_acpi_build(__u8 *buf, size_t size, unsigned int nr_cpus);

/* GPA of the first page supplied to vCPU vp, without the shared bit. */
__u64 cw_boot_supplied(const struct cw_box *box, unsigned int vp);

/* Names of the drivers that a guest may need, a space between them. */
extern const char cw_drivers[];

/* A small cpio archive (newc) that runs exec in the guest and reports its status; to be freed.
 * NULL: no memory. */
__u8 *cw_overlay_build(const struct cw_box *box, size_t *len);

#endif
