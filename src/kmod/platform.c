// SPDX-License-Identifier: GPL-2.0-only
/* The platform: which one the machine is, and which one the module emulates.  vTOM is a
 * protection flag: one bit above the guest's memory, set for shared.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/printk.h>
#if __has_include(<asm/cpuid/api.h>)	/* since 6.16 */
#include <asm/cpuid/api.h>
#endif
#include <asm/cpufeature.h>
#include <asm/processor.h>

#include <cocowatch/event_share.h>

#include "cocovm.h"
#include "trace.h"

/* MSR 0xc0010131, AMD APM volume 2 */
#define SEV_SNP			(BIT_ULL(0) | BIT_ULL(1) | BIT_ULL(2))
#define SEV_VTOM		BIT_ULL(3)

/* TLFS, CPUID leaf 0x4000000c, ebx */
#define BOUNDARY_ACTIVE		BIT(5)
#define BOUNDARY_BIT(ebx)	((ebx) >> 6 & 63)
#define CBIT_LEAF		0x8000001f	/* AMD: ebx, bits 5 to 0 */

struct cw_platform cw_platform;

/* As hv_vtom_init() and the plain SNP and TDX start-up leave the kernel (arch/x86/hyperv/ivm.c). */
#define MODE(mode_, leaf, paravisor_, vendor_, callbacks_, sev_status_, direct_, window_) { \
	.mode = mode_, .isolation = CW_ISOLATION_##leaf, .paravisor = paravisor_, \
	.vendor = CW_VENDOR_##vendor_, .callbacks = CW_CALLBACKS_##callbacks_, \
	.sev_status = sev_status_, .direct = CW_VIA_##direct_, .window = window_, \
	.shares_calls = !window_ }

/* clang-format off */
static const struct cw_platform modes[] = {
	/*               leaf, paravisor, vendor, callbacks, sev_status, to hypervisor, window */
	MODE("vbs",      VBS,  0,         AMD,    VTOM,      SEV_VTOM,   STD,           true),
	MODE("snp-vtom", SNP,  1,         AMD,    VTOM,      SEV_VTOM,   GHCB,          true),
	MODE("tdx-vtom", TDX,  1,         INTEL,  VTOM,      0,          TDX,           true),
	MODE("snp",      SNP,  0,         AMD,    AMD,       SEV_SNP,    SNP,           false),
	MODE("tdx",      TDX,  0,         INTEL,  TDX,       0,          TDX,           false),
};
/* clang-format on */

static const struct cw_platform *mode_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modes); i++)
		if (!strcmp(modes[i].mode, name))
			return &modes[i];
	return NULL;
}

/* Isolation type of the machine itself, and whether it has a paravisor. */
static u32 machine_isolation(bool *paravisor)
{
	u32 eax;
	char signature[13] = "";

	*paravisor = false;
	if (!boot_cpu_has(X86_FEATURE_HYPERVISOR))
		return CW_ISOLATION_NONE;
	cpuid(HYPERV_CPUID_VENDOR_AND_MAX_FUNCTIONS, &eax, (u32 *)signature,
	      (u32 *)(signature + 4), (u32 *)(signature + 8));
	if (eax < HYPERV_CPUID_ISOLATION_CONFIG || strcmp(signature, "Microsoft Hv"))
		return CW_ISOLATION_NONE;
	if (!(cpuid_ebx(HYPERV_CPUID_FEATURES) & HV_ISOLATION))
		return CW_ISOLATION_NONE;
	*paravisor = cpuid_eax(HYPERV_CPUID_ISOLATION_CONFIG) & HV_PARAVISOR_PRESENT;
	return cpuid_ebx(HYPERV_CPUID_ISOLATION_CONFIG) & HV_ISOLATION_TYPE;
}

/* The machine's own mode, NULL if it is none of these; on a machine that is no confidential VM the
 * commonest one.
 */
static const struct cw_platform *mode_detected(u32 isolation, bool paravisor)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modes); i++)
		if (modes[i].isolation == isolation &&
		    (isolation == CW_ISOLATION_VBS || modes[i].paravisor == paravisor))
			return &modes[i];
	return isolation ? NULL : mode_find("snp-vtom");
}

static void platform_fill(const struct cw_platform *mode, unsigned int shared_bit)
{
	u64 top = BIT_ULL(boot_cpu_data.x86_phys_bits - 1);

	cw_platform = *mode;
	/* without vTOM there is no boundary */
	cw_platform.boundary = mode->window ? top : 0;
	cw_platform.cc_mask = top;
	cw_platform.physical_mask = __PHYSICAL_MASK & (top - 1);
	cw_platform.pte_mask = BIT_ULL(shared_bit);
}

/* What can be read of the machine's own; the kernel's bit is the kernel's to change. */
static void platform_native(const struct cw_platform *mode)
{
	u32 config = cpuid_ebx(HYPERV_CPUID_ISOLATION_CONFIG);

	cw_platform = *mode;
	cw_platform.native = true;
	cw_platform.boundary = config & BOUNDARY_ACTIVE ? BIT_ULL(BOUNDARY_BIT(config)) : 0;
	cw_platform.cc_mask = cw_platform.boundary;
	/* without vTOM the bit of SNP, and the highest of an address for TDX */
	if (!mode->window)
		cw_platform.cc_mask = BIT_ULL(mode->vendor == CW_VENDOR_AMD ?
					      cpuid_ebx(CBIT_LEAF) & 63 :
					      boot_cpu_data.x86_phys_bits - 1);
	cw_platform.physical_mask = __PHYSICAL_MASK;
}

int cw_platform_init(const char *mode, unsigned int shared_bit)
{
	const struct cw_platform *row;
	bool paravisor;
	u32 isolation;

	if (boot_cpu_has(X86_FEATURE_XENPV)) {
		pr_err("page tables of a Xen PV guest cannot be edited\n");
		return -EOPNOTSUPP;
	}
	isolation = machine_isolation(&paravisor);
	if (!strcmp(mode, "none")) {
		if (!isolation) {
			pr_err("emulate=none: this is no confidential VM on Hyper-V\n");
			return -EOPNOTSUPP;
		}
		row = mode_detected(isolation, paravisor);
		if (row)
			platform_native(row);
		else
			pr_err("emulate=none: isolation type %u is not known\n", isolation);
		return row ? 0 : -EOPNOTSUPP;
	}
	if (isolation)
		pr_info("this is a Hyper-V confidential VM (type %u, paravisor %d); it is left alone\n",
			isolation, paravisor);
	row = strcmp(mode, "auto") ? mode_find(mode) : mode_detected(isolation, paravisor);
	if (!row && !strcmp(mode, "auto")) {
		pr_err("emulate=auto: isolation type %u is not known\n", isolation);
		return -EOPNOTSUPP;
	}
	if (!row) {
		pr_err("emulate=%s: not one of auto, none, vbs, snp-vtom, tdx-vtom, snp, tdx\n", mode);
		return -EINVAL;
	}
	/* what hardware ignores and the kernel does not use in its own mappings */
	if (shared_bit != 9 && shared_bit != 10 && shared_bit != 57) {
		pr_err("shared_bit=%u: not one of 9, 10, 57\n", shared_bit);
		return -EINVAL;
	}
	platform_fill(row, shared_bit);
	return 0;
}

/* In all modes the emulated bit is set for shared, also where a C-bit would be the other way round:
 * the kernel's own pages, which the emulated guest uses as well, would otherwise all read as
 * shared.
 */
u64 cw_platform_mkenc(u64 val, u64 mask)
{
	return val & ~mask;
}

u64 cw_platform_mkdec(u64 val, u64 mask)
{
	return val | mask;
}

/* ---- how the modes differ ---- */

#define OF_PARAVISOR(with, without) (cw_platform.paravisor ? (with) : (without))

static const char *order_of_steps(void)
{
	switch (cw_platform.callbacks) {
	case CW_CALLBACKS_AMD:
		return "flush, to shared: invalidate, tell; change, flush; to private: tell, validate";
	case CW_CALLBACKS_TDX:
		return "to shared: flush; to private: tell, accept; change, flush; to shared: tell";
	default:
		return "not present, flush, change, tell, present";
	}
}

void cw_platform_features(void (*fn)(void *arg, const char *what, const char *how), void *arg)
{
	bool vtom = cw_platform.window;

	fn(arg, "memory", vtom ? "private by paravisor or host before the kernel runs" :
				 "validated or accepted by the kernel at start");
	fn(arg, "exceptions", vtom ? "#VC and #VE go past the kernel" :
				     "#VC and #VE are handled by the kernel");
	fn(arg, "cpuid", vtom ? "flags hidden, platform attributes set by hv_vtom_init()" :
				"flags visible, platform attributes follow them");
	fn(arg, "conversion", order_of_steps());
	fn(arg, "hypercalls", OF_PARAVISOR("to the paravisor, two codes past it",
					   "to the hypervisor"));
	fn(arg, "hypercall-pages", cw_platform.shares_calls ? "shared" : "private");
	fn(arg, "synic-pages", OF_PARAVISOR("supplied by the paravisor", "shared by the kernel"));
	fn(arg, "interrupts", OF_PARAVISOR("mediated by the paravisor", "injected by the hypervisor"));
	fn(arg, "mmio", OF_PARAVISOR("private for IO-APIC and vTPM, else shared", "shared"));
}

/* Devices that the paravisor emulates inside the guest: mapped private, unlike all other MMIO. */
bool cw_platform_is_private_mmio(u64 gpa)
{
	u64 page = gpa & PAGE_MASK;

	return cw_platform.paravisor && (page == CW_IO_APIC_GPA || page == CW_VTPM_GPA);
}

void cw_platform_announce(const struct cw_platform *p)
{
	trace_cocovm_platform_state(p->isolation, p->paravisor, p->vendor, p->callbacks,
				    p->boundary, p->cc_mask, p->physical_mask, p->sev_status,
				    p->pte_mask);
}
