// SPDX-License-Identifier: GPL-2.0-only
/* What machine, kernel and module this is: the isolation leaf, BTF, lockdown,
 * capabilities, and the parameters of cocovm.ko.
 */
#include "platform.h"

#include <cpuid.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cap-ng.h>

#include "file.h"
#include "parse.h"

#define MODULE_PARAMS "/sys/module/cocovm/parameters/"

/* TLFS, "Hypervisor CPUID leaf range". */
#define HV_CPUID_SIGNATURE	0x40000000
#define HV_CPUID_ISOLATION	0x4000000c
#define HV_BOUNDARY_ACTIVE	(1U << 5)	/* in its EBX */
#define HV_BOUNDARY_SHIFT	6

const char *cw_mode_name(__u32 isolation, bool paravisor, bool snp, bool tdx)
{
	switch (isolation) {
	case CW_ISOLATION_VBS:
		return "vbs";
	case CW_ISOLATION_SNP:
		return paravisor ? "snp-vtom" : "snp";
	case CW_ISOLATION_TDX:
		return paravisor ? "tdx-vtom" : "tdx";
	default:
		if (snp)
			return "snp on another hypervisor";
		return tdx ? "tdx on another hypervisor" : "none";
	}
}

const char *cw_platform_watched_mode(const struct cw_platform *p, bool module)
{
	return module && p->module.emulate[0] ? p->module.emulate : p->mode;
}

const char *cw_lockdown_name(enum cw_lockdown lockdown)
{
	static const char *const names[] = { "none", "integrity", "confidentiality" };

	return names[lockdown];
}

static const struct {
	const char *name;
	unsigned int cap;
} caps[CW_CAP_NR] = {
	[CW_CAP_BPF] = { "CAP_BPF", CAP_BPF },
	[CW_CAP_PERFMON] = { "CAP_PERFMON", CAP_PERFMON },
	[CW_CAP_SYS_ADMIN] = { "CAP_SYS_ADMIN", CAP_SYS_ADMIN },
	[CW_CAP_SYSLOG] = { "CAP_SYSLOG", CAP_SYSLOG },
};

const char *cw_cap_name(enum cw_cap cap)
{
	return caps[cap].name;
}

static void caps_read(struct cw_platform *p)
{
	int i;

	capng_get_caps_process();
	for (i = 0; i < CW_CAP_NR; i++)
		p->caps[i] = capng_have_capability(CAPNG_EFFECTIVE, caps[i].cap) > 0;
	/* before 5.8 this one was all of the others, and still is */
	if (p->caps[CW_CAP_SYS_ADMIN])
		p->caps[CW_CAP_BPF] = p->caps[CW_CAP_PERFMON] = true;
}

static void leaf_read(struct cw_platform *p)
{
	unsigned int eax, ebx, ecx, edx, max;
	char vendor[13] = "";

	__cpuid(1, eax, ebx, ecx, edx);
	if (!(ecx & (1U << 31)))	/* no hypervisor: these leaves mean nothing */
		return;
	__cpuid(HV_CPUID_SIGNATURE, max, ebx, ecx, edx);
	memcpy(vendor, &ebx, 4);
	memcpy(vendor + 4, &ecx, 4);
	memcpy(vendor + 8, &edx, 4);
	if (strcmp(vendor, "Microsoft Hv") || max < HV_CPUID_ISOLATION)
		return;
	__cpuid(HV_CPUID_ISOLATION, eax, ebx, ecx, edx);
	p->has_leaf = true;
	p->paravisor = eax & 1;
	p->isolation = ebx & 0xf;
	if (ebx & HV_BOUNDARY_ACTIVE)
		p->boundary = 1ULL << (ebx >> HV_BOUNDARY_SHIFT & 0x3f);
}

static void phys_bits_read(struct cw_platform *p)
{
	unsigned int eax = 0, ebx, ecx, edx;

	if (!__get_cpuid(0x80000008, &eax, &ebx, &ecx, &edx))
		eax = 36;
	p->phys_bits = eax & 0xff;
}

/* Fully enlightened guests of any hypervisor; a vTOM guest shows neither sign. */
static void guest_signs_read(struct cw_platform *p, const char *root)
{
	char path[PATH_MAX], line[8192];
	FILE *f;

	snprintf(path, sizeof(path), "%s/proc/cpuinfo", root);
	f = fopen(path, "re");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, "flags", 5))
			continue;
		p->cpu_tdx = strstr(line, " tdx_guest") != NULL;
		break;
	}
	fclose(f);
	/* made at boot for attestation, in SNP guests only */
	snprintf(path, sizeof(path), "%s/sys/bus/platform/devices/sev-guest", root);
	p->cpu_snp = !access(path, F_OK);
}

static void cmdline_lockdown_read(struct cw_platform *p, const char *root)
{
	char line[4096];

	if (cw_file_line(root, "/proc/cmdline", line, sizeof(line)))
		return;
	if (strstr(line, "lockdown=integrity"))
		p->lockdown = CW_LOCKDOWN_INTEGRITY;
	else if (strstr(line, "lockdown=confidentiality"))
		p->lockdown = CW_LOCKDOWN_CONFIDENTIALITY;
}

static void lockdown_read(struct cw_platform *p, const char *root)
{
	char line[128];

	/* where securityfs is not mounted, what the kernel was booted with has to do */
	if (cw_file_line(root, "/sys/kernel/security/lockdown", line, sizeof(line))) {
		cmdline_lockdown_read(p, root);
		return;
	}
	if (strstr(line, "[integrity]"))
		p->lockdown = CW_LOCKDOWN_INTEGRITY;
	else if (strstr(line, "[confidentiality]"))
		p->lockdown = CW_LOCKDOWN_CONFIDENTIALITY;
}

/* "1", "1.0" or "1,0". */
static void module_abi_read(struct cw_module_info *m, const char *root)
{
	char line[32], *minor;
	__u64 value;

	if (cw_file_line(root, MODULE_PARAMS "abi", line, sizeof(line)))
		return;
	minor = strpbrk(line, ".,");
	if (minor)
		*minor++ = '\0';
	if (cw_parse_u64(line, &value) || value > 0xffff)
		return;
	m->abi_major = (__u32)value;
	if (minor && (cw_parse_u64(minor, &value) || value > 0xffff))
		return;
	m->abi_minor = minor ? (__u32)value : 0;
	m->has_abi = true;
}

static void module_read(struct cw_module_info *m, const char *root)
{
	char path[PATH_MAX];
	__u64 polarity;

	snprintf(path, sizeof(path), "%s/sys/module/cocovm", root);
	m->loaded = !access(path, F_OK);
	if (!m->loaded)
		return;
	module_abi_read(m, root);
	if (cw_file_u64(root, MODULE_PARAMS "pte_mask", &m->pte_mask))
		m->pte_mask = 0;
	m->set_is_private = !cw_file_u64(root, MODULE_PARAMS "set_is_private", &polarity) && polarity;
	if (cw_file_line(root, MODULE_PARAMS "emulate", m->emulate, sizeof(m->emulate)) ||
	    !strcmp(m->emulate, "(null)") || !strcmp(m->emulate, "none"))
		m->emulate[0] = '\0';
}

void cw_platform_read(struct cw_platform *p, const char *root)
{
	struct utsname uts;
	char path[PATH_MAX];

	memset(p, 0, sizeof(*p));
	if (!uname(&uts))
		snprintf(p->release, sizeof(p->release), "%s", uts.release);
	leaf_read(p);
	guest_signs_read(p, root);
	phys_bits_read(p);
	p->mode = cw_mode_name(p->isolation, p->paravisor, p->cpu_snp, p->cpu_tdx);
	snprintf(path, sizeof(path), "%s/sys/kernel/btf/vmlinux", root);
	p->btf = !access(path, R_OK);
	lockdown_read(p, root);
	caps_read(p);
	module_read(&p->module, root);
}

static int caps_check(const struct cw_platform *p, char *why, size_t size)
{
	if (!p->caps[CW_CAP_BPF] || !p->caps[CW_CAP_PERFMON]) {
		snprintf(why, size, "no permission to load tracing programs (run as root, or with "
			 "CAP_BPF and CAP_PERFMON)");
		return -EPERM;
	}
	if (!p->caps[CW_CAP_SYSLOG]) {
		snprintf(why, size, "no permission to read kernel addresses, /proc/kallsyms (run as root, or "
			 "with CAP_SYSLOG)");
		return -EPERM;
	}
	return 0;
}

static int module_check(const struct cw_module_info *m, char *why, size_t size)
{
	if (!m->loaded) {
		snprintf(why, size, "the module cocovm is not loaded (insmod cocovm.ko)");
		return -ENOENT;
	}
	if (!m->has_abi) {
		snprintf(why, size, "the module cocovm does not say which ABI it speaks "
			 "(rmmod cocovm, then insmod the cocovm.ko that came with this cocowatch)");
		return -EPROTO;
	}
	if (m->abi_major != CW_ABI_MAJOR) {
		snprintf(why, size, "the module cocovm speaks ABI %u, this cocowatch speaks ABI %d "
			 "(rmmod cocovm, then insmod the cocovm.ko that came with this cocowatch)",
			 m->abi_major, CW_ABI_MAJOR);
		return -EPROTO;
	}
	if (!m->pte_mask) {
		snprintf(why, size, "the module cocovm does not say which bit of a page-table entry stands for "
			 "shared (rmmod cocovm, then insmod the cocovm.ko that came with this cocowatch)");
		return -EPROTO;
	}
	return 0;
}

static int stock_check(const struct cw_platform *p, bool force, char *why, size_t size)
{
	if (force)
		return 0;
	if (!strcmp(p->mode, "none")) {
		snprintf(why, size, "this is not a confidential VM (--force watches it all the same), "
			 "and the module cocovm is not loaded (insmod cocovm.ko)");
		return -ENODEV;
	}
	if (!p->shared_mask) {
		snprintf(why, size, "which bit of a page-table entry stands for shared is not known in mode %s "
			 "(--force watches all the same)", p->mode);
		return -ENODATA;
	}
	return 0;
}

int cw_platform_check(const struct cw_platform *p, bool module, bool force, char *why, size_t size)
{
	int err = caps_check(p, why, size);

	if (err)
		return err;
	if (!p->btf) {
		snprintf(why, size, "this kernel has no BTF, /sys/kernel/btf/vmlinux "
			 "(it needs CONFIG_DEBUG_INFO_BTF=y)");
		return -ENOENT;
	}
	if (p->lockdown == CW_LOCKDOWN_CONFIDENTIALITY && module) {
		snprintf(why, size, "kernel lockdown is at 'confidentiality', where no program may read "
			 "kernel memory (boot with lockdown=integrity)");
		return -EPERM;
	}
	return module ? module_check(&p->module, why, size) : stock_check(p, force, why, size);
}
