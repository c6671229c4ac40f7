// SPDX-License-Identifier: GPL-2.0-only
/* The platform: which one the machine is, and which one the module emulates.  vTOM is a
 * protection flag: one bit above the guest's memory, set for shared.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/printk.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/processor.h>

#include <cocowatch/event.h>

#include "cocovm.h"
#include "trace.h"

/* TLFS, "Hypervisor CPUID Leaf Range" */
#define LEAF_VENDOR		0x40000000
#define LEAF_FEATURES		0x40000003
#define LEAF_ISOLATION		0x4000000c
#define FEATURES_EBX_ISOLATION	BIT(22)

#define SEV_VTOM		BIT_ULL(3)	/* MSR 0xc0010131, AMD APM volume 2 */

struct cw_platform cw_platform;

struct mode_row {
	const char *name;
	u32 isolation;
	u32 paravisor;
	u32 vendor;
	u32 callbacks;
	u64 sev_status;
	bool window;
	bool supported;
};

/* As hv_vtom_init() and the plain SNP and TDX start-up leave the kernel (arch/x86/hyperv/ivm.c). */
static const struct mode_row modes[] = {
	{ "vbs", CW_ISOLATION_VBS, 0, CW_VENDOR_AMD, CW_CALLBACKS_VTOM, SEV_VTOM, true, true },
	{ "snp-vtom", CW_ISOLATION_SNP, 1, CW_VENDOR_AMD, CW_CALLBACKS_VTOM, SEV_VTOM, true, true },
	{ "tdx-vtom", CW_ISOLATION_TDX, 1, CW_VENDOR_INTEL, CW_CALLBACKS_VTOM, 0, true, true },
	{ "snp", CW_ISOLATION_SNP, 0, CW_VENDOR_AMD, CW_CALLBACKS_AMD, 0, false, false },
	{ "tdx", CW_ISOLATION_TDX, 0, CW_VENDOR_INTEL, CW_CALLBACKS_TDX, 0, false, false },
};

static const struct mode_row *mode_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modes); i++)
		if (!strcmp(modes[i].name, name))
			return &modes[i];
	return NULL;
}

/* Isolation type of the machine itself, and whether it has a paravisor. */
static u32 machine_isolation(bool *paravisor)
{
	u32 eax, ebx, ecx, edx;
	char signature[13] = "";

	*paravisor = false;
	if (!boot_cpu_has(X86_FEATURE_HYPERVISOR))
		return CW_ISOLATION_NONE;
	cpuid(LEAF_VENDOR, &eax, (u32 *)signature, (u32 *)(signature + 4), (u32 *)(signature + 8));
	if (eax < LEAF_ISOLATION || strcmp(signature, "Microsoft Hv"))
		return CW_ISOLATION_NONE;
	cpuid(LEAF_FEATURES, &eax, &ebx, &ecx, &edx);
	if (!(ebx & FEATURES_EBX_ISOLATION))
		return CW_ISOLATION_NONE;
	cpuid(LEAF_ISOLATION, &eax, &ebx, &ecx, &edx);
	*paravisor = eax & 1;
	return ebx & 0xf;
}

int cw_platform_init(const char *mode, unsigned int shared_bit)
{
	const struct mode_row *row = mode_find(mode);
	bool paravisor;
	u32 isolation;

	if (boot_cpu_has(X86_FEATURE_XENPV)) {
		pr_err("page tables of a Xen PV guest cannot be edited\n");
		return -EOPNOTSUPP;
	}
	if (!row) {
		pr_err("emulate=%s: not one of vbs, snp-vtom, tdx-vtom\n", mode);
		return -EINVAL;
	}
	if (!row->supported) {
		pr_err("emulate=%s: not in this version\n", mode);
		return -EOPNOTSUPP;
	}
	/* what hardware ignores and the kernel does not use in its own mappings */
	if (shared_bit != 9 && shared_bit != 10 && shared_bit != 57) {
		pr_err("shared_bit=%u: not one of 9, 10, 57\n", shared_bit);
		return -EINVAL;
	}
	isolation = machine_isolation(&paravisor);
	if (isolation)
		pr_info("this is a Hyper-V confidential VM (type %u, paravisor %d); it is left alone, the native mode comes in a later version\n",
			isolation, paravisor);

	cw_platform.mode = row->name;
	cw_platform.isolation = row->isolation;
	cw_platform.paravisor = row->paravisor;
	cw_platform.vendor = row->vendor;
	cw_platform.callbacks = row->callbacks;
	cw_platform.sev_status = row->sev_status;
	cw_platform.window = row->window;
	cw_platform.boundary = BIT_ULL(boot_cpu_data.x86_phys_bits - 1);
	cw_platform.cc_mask = cw_platform.boundary;
	cw_platform.physical_mask = __PHYSICAL_MASK & (cw_platform.boundary - 1);
	cw_platform.pte_mask = BIT_ULL(shared_bit);
	return 0;
}

/* All modes that are emulated set the bit for shared; a C-bit would be the other way round. */
u64 cw_platform_mkenc(u64 val, u64 mask)
{
	return val & ~mask;
}

u64 cw_platform_mkdec(u64 val, u64 mask)
{
	return val | mask;
}

/* Devices that the paravisor emulates inside the guest: mapped private, unlike all other MMIO. */
bool cw_platform_is_private_mmio(u64 gpa)
{
	u64 page = gpa & PAGE_MASK;

	return page == CW_IO_APIC_GPA || page == CW_VTPM_GPA;
}

void cw_platform_announce(const struct cw_platform *p)
{
	trace_cocovm_platform_state(p->isolation, p->paravisor, p->vendor, p->callbacks,
				    p->boundary, p->cc_mask, p->physical_mask, p->sev_status,
				    p->pte_mask);
}
