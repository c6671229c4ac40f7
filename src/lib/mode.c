// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's mode, from its own variables. */
#include "mode.h"

#include <errno.h>
#include <string.h>

#define HV_ISOLATION	(1U << 22)	/* TLFS, CPUID 0x40000003 EBX */

#define SEV_SNP		(1ULL << 2)	/* MSR 0xc0010131, AMD APM volume 2, "SEV_STATUS MSR" */

const char *cw_mode_text(__u32 mode)
{
	static const char *const names[CW_MODE_NR] = {
		[CW_MODE_NONE] = "none",
		[CW_MODE_VBS] = "vbs",
		[CW_MODE_SNP_VTOM] = "snp-vtom",
		[CW_MODE_TDX_VTOM] = "tdx-vtom",
		[CW_MODE_SNP] = "snp",
		[CW_MODE_TDX] = "tdx",
		[CW_MODE_SNP_OTHER] = "snp on another hypervisor",
		[CW_MODE_TDX_OTHER] = "tdx on another hypervisor",
	};

	return mode < CW_MODE_NR ? names[mode] : "unknown";
}

/* ---- what the kernel keeps of the isolation leaf ---- */

static int ms_hyperv_read(struct cw_mode_state *m, const struct cw_kernel *k)
{
	__u64 at = k->sym[CW_SYM_ms_hyperv], priv = 0, type = 0, paravisor = 0;
	__u64 active = 0, boundary = 0;
	int err;

	if (!at)	/* built without Hyper-V */
		return 0;
	err = cw_kernel_get(k, at, CW_TYPE_ms_hyperv_info, "priv_high", &priv);
	if (err)
		return err;
	if (!(priv & HV_ISOLATION))
		return 0;
	err = cw_kernel_get(k, at, CW_TYPE_ms_hyperv_info, "isolation_config_b", &type);
	if (!err)
		err = cw_kernel_get(k, at, CW_TYPE_ms_hyperv_info, "isolation_config_a", &paravisor);
	if (!err)
		err = cw_kernel_get(k, at, CW_TYPE_ms_hyperv_info, "shared_gpa_boundary_active",
				    &active);
	if (!err)
		err = cw_kernel_get(k, at, CW_TYPE_ms_hyperv_info, "shared_gpa_boundary", &boundary);
	m->leaf = type & 0xf;
	m->leaf_paravisor = paravisor & 1;
	m->ev.boundary = active ? boundary : 0;
	return err;
}

/* ---- who changes pages ---- */

static __u32 callbacks_of(const struct cw_kernel *k, __u64 func)
{
	static const struct {
		enum cw_kernel_sym sym;
		enum cw_callbacks whose;
	} rows[] = {
		{ CW_SYM_hv_vtom_clear_present, CW_CALLBACKS_VTOM },
		{ CW_SYM_hv_vtom_set_host_visibility, CW_CALLBACKS_VTOM },
		{ CW_SYM_hv_vtom_kexec_finish, CW_CALLBACKS_VTOM },
		{ CW_SYM_amd_enc_status_change_prepare, CW_CALLBACKS_AMD },
		{ CW_SYM_amd_enc_status_change_finish, CW_CALLBACKS_AMD },
		{ CW_SYM_snp_kexec_finish, CW_CALLBACKS_AMD },
		{ CW_SYM_tdx_enc_status_change_prepare, CW_CALLBACKS_TDX },
		{ CW_SYM_tdx_enc_status_change_finish, CW_CALLBACKS_TDX },
		{ CW_SYM_tdx_kexec_finish, CW_CALLBACKS_TDX },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (func && k->sym[rows[i].sym] == func)
			return rows[i].whose;
	return CW_CALLBACKS_NONE;
}

/* The prepare step of 6.4 to 6.7 is the default, so both are looked at. */
static int callbacks_read(struct cw_mode_state *m, const struct cw_kernel *k)
{
	__u64 at = k->sym[CW_SYM_x86_platform], prepare = 0, finish = 0, kexec = 0;
	int err = cw_kernel_get(k, at, CW_TYPE_x86_platform_ops, "guest.enc_status_change_prepare",
				&prepare);

	if (!err)
		err = cw_kernel_get(k, at, CW_TYPE_x86_platform_ops, "guest.enc_status_change_finish",
				    &finish);
	if (err)
		return err;
	m->ev.callbacks = callbacks_of(k, finish);
	m->window = prepare && prepare == k->sym[CW_SYM_hv_vtom_clear_present];
	if (!m->ev.callbacks)
		m->ev.callbacks = callbacks_of(k, prepare);
	/* since 6.11; before that nobody undoes anything */
	if (!cw_kernel_get(k, at, CW_TYPE_x86_platform_ops, "guest.enc_kexec_finish", &kexec))
		m->kexec_by = callbacks_of(k, kexec);
	m->kexec_undoes = m->kexec_by != CW_CALLBACKS_NONE;
	return 0;
}

/* ---- the protection flag ---- */

/* Numbers of this enumeration have moved (6.1 has one for Hyper-V): names have not. */
static __u32 vendor_of(const struct cw_kernel *k, __u64 value)
{
	const char *name = cw_kernel_enumerator(k, "cc_vendor", (__u32)value);

	if (!value || !name)
		return CW_VENDOR_NONE;
	if (!strcmp(name, "CC_VENDOR_AMD"))
		return CW_VENDOR_AMD;
	if (!strcmp(name, "CC_VENDOR_INTEL"))
		return CW_VENDOR_INTEL;
	if (!strcmp(name, "CC_VENDOR_HYPERV"))
		return CW_VENDOR_HYPERV;
	return CW_VENDOR_NONE;
}

static void variables_read(struct cw_mode_state *m, const struct cw_kernel *k)
{
	enum cw_kernel_sym vendor = k->sym[CW_SYM_cc_vendor] ? CW_SYM_cc_vendor : CW_SYM_vendor;
	__u64 value;

	/* each may be missing in a kernel built without it, and then is what it would be */
	if (!cw_kernel_var(k, vendor, 4, &value))
		m->ev.vendor = vendor_of(k, value);
	cw_kernel_var(k, CW_SYM_cc_mask, 8, &m->ev.cc_mask);
	cw_kernel_var(k, CW_SYM_sev_status, 8, &m->ev.sev_status);
	cw_kernel_var(k, CW_SYM_physical_mask, 8, &m->ev.physical_mask);
}

/* ---- all together ---- */

static __u32 mode_of(const struct cw_mode_state *m)
{
	switch (m->leaf) {
	case CW_ISOLATION_VBS:
		return CW_MODE_VBS;
	case CW_ISOLATION_SNP:
		return m->leaf_paravisor || m->ev.boundary ? CW_MODE_SNP_VTOM : CW_MODE_SNP;
	case CW_ISOLATION_TDX:
		return m->leaf_paravisor ? CW_MODE_TDX_VTOM : CW_MODE_TDX;
	}
	if (m->ev.callbacks == CW_CALLBACKS_AMD && (m->ev.sev_status & SEV_SNP))
		return CW_MODE_SNP_OTHER;
	if (m->ev.callbacks == CW_CALLBACKS_TDX)
		return CW_MODE_TDX_OTHER;
	return CW_MODE_NONE;
}

/* Before 6.4 a vTOM guest has no protection flag: its shared frames are mapped once more,
 * above the boundary.
 */
static void format_find(struct cw_mode_state *m)
{
	m->shared_mask = m->ev.cc_mask;
	m->set_is_private = m->ev.callbacks == CW_CALLBACKS_AMD;
	if (!m->shared_mask && m->ev.boundary) {
		m->shared_mask = m->ev.boundary;
		m->no_bit = true;
	}
	m->ev.pte_mask = m->shared_mask;
}

int cw_mode_read(struct cw_mode_state *m, const struct cw_kernel *k, const struct cw_platform *p)
{
	int err;

	memset(m, 0, sizeof(*m));
	err = ms_hyperv_read(m, k);
	if (!err)
		err = callbacks_read(m, k);
	if (err)
		return err;
	variables_read(m, k);
	m->mode = mode_of(m);
	format_find(m);
	m->ev.isolation = p->has_leaf ? p->isolation : CW_ISOLATION_NONE;
	m->ev.paravisor = p->has_leaf && p->paravisor;
	m->ev.space = CW_SPACE_KERNEL;
	m->ev.hdr.type = CW_EV_PLATFORM;
	m->ev.hdr.len = sizeof(m->ev);
	return 0;
}

bool cw_mode_tells(const struct cw_mode_state *m)
{
	return m->mode != CW_MODE_NONE && m->shared_mask;
}
