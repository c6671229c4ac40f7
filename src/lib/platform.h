/* SPDX-License-Identifier: GPL-2.0-only */
/* What machine, kernel and module this is, and what we may do on it. */
#ifndef CW_PLATFORM_H
#define CW_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include <cocowatch/event.h>

enum cw_lockdown { CW_LOCKDOWN_NONE, CW_LOCKDOWN_INTEGRITY, CW_LOCKDOWN_CONFIDENTIALITY };

enum cw_cap {	/* what a session needs or can use; see cw_cap_name() */
	CW_CAP_BPF,
	CW_CAP_PERFMON,
	CW_CAP_SYS_ADMIN,
	CW_CAP_SYSLOG,
	CW_CAP_NR,
};

struct cw_module_info {
	bool loaded;
	bool has_abi;
	__u32 abi_major;
	__u32 abi_minor;
	__u64 pte_mask;		/* bit that stands for shared in its pool's PTEs, 0: unknown */
	bool set_is_private;	/* that bit stands for private instead (AMD C-bit) */
	char emulate[32];	/* mode that it emulates, "" when native */
};

struct cw_platform {
	char release[65];	/* uname -r */
	bool has_leaf;		/* Hyper-V isolation leaf, CPUID 0x4000000c */
	__u32 isolation;	/* enum cw_isolation */
	bool paravisor;
	__u64 boundary;		/* shared GPA boundary, 0 when not active */
	__u64 shared_mask;	/* bit of a PTE that tells shared from private, 0: none */
	bool set_is_private;	/* that bit stands for private (AMD C-bit) */
	__u32 way;		/* CW_WAY_* of source.h, 0: none */
	bool callbacks_bool;	/* prepare and finish return true for success (before 6.11) */
	bool cpu_snp;		/* the kernel says that this is an SNP or TDX guest */
	bool cpu_tdx;
	const char *mode;	/* see cw_mode_name(); "none" when this is no confidential VM */
	__u32 phys_bits;	/* MAXPHYADDR */
	bool btf;
	enum cw_lockdown lockdown;
	bool caps[CW_CAP_NR];
	struct cw_module_info module;
};

/* Fills p.  root is "" on a live system, a folder of made-up files in the tests. */
void cw_platform_read(struct cw_platform *p, const char *root);

/* Name of a mode, as --emulate, the module and the manual spell it. */
const char *cw_mode_name(__u32 isolation, bool paravisor, bool snp, bool tdx);

/* Name of the mode that a session watches: the module's, when it emulates one. */
const char *cw_platform_watched_mode(const struct cw_platform *p, bool module);

const char *cw_lockdown_name(enum cw_lockdown lockdown);
const char *cw_cap_name(enum cw_cap cap);

/* Whether a session can start at all, on the module's events or on the kernel's own; force: on a
 * machine that is no confidential VM too.  0, or the one line that says what is
 * missing and how to get it, written to why, and -EPERM, -ENOENT, ...
 */
int cw_platform_check(const struct cw_platform *p, bool module, bool force, char *why, size_t size);

#endif
