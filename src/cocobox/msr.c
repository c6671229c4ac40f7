// SPDX-License-Identifier: GPL-2.0-only
/* Hyper-V MSRs (TLFS, Synthetic MSRs; include/hyperv/hvgdk_mini.h), one row each. */
#include <stddef.h>
#include <string.h>

#include "box.h"
#include "hyperv.h"
#include "util.h"
#include "vm.h"

#define CRASH_NOTIFY		(1ULL << 63)
#define HYPERCALL_ENABLE	1ULL
#define PAGE_OF(v)		((v) & ~0xfffULL)

struct access {
	struct cw_box *box;
	unsigned int vp;
	enum cw_side side;
	__u32 msr;
	bool write;
	__u64 *value;
};

struct msr {
	__u32 first, last;
	bool (*access)(const struct access *a);
};

static bool access_cell(const struct access *a, __u64 *cell)
{
	if (a->write)
		*cell = *a->value;
	else
		*a->value = *cell;
	return true;
}

static bool access_os_id(const struct access *a)
{
	a->box->hyperv->seen = true;
	return access_cell(a, &a->box->hyperv->guest_os_id[a->side]);
}

/* ENDBR64, OUT to a port that nobody uses, RET: the exit has control in RCX and the GPAs in RDX and
 * R8. */
static bool access_hypercall_page(const struct access *a)
{
	static const __u8 code[] = { 0xf3, 0x0f, 0x1e, 0xfa, 0xe6, 0xf8, 0xc3 };
	__u8 *page;

	if (a->write && *a->value & HYPERCALL_ENABLE && a->side == CW_SIDE_PARAVISOR) {
		page = cw_mem_at(&a->box->mem, PAGE_OF(*a->value), CW_PAGE_SIZE);
		if (!page)
			return false;
		memset(page, 0xcc, CW_PAGE_SIZE);
		memcpy(page, code, sizeof(code));
	}
	return access_cell(a, &a->box->hyperv->hypercall);
}

static bool read_only(const struct access *a, __u64 value)
{
	if (!a->write)
		*a->value = value;
	return !a->write;
}

static bool access_vp_index(const struct access *a)
{
	return read_only(a, a->vp);
}

static bool access_ref_count(const struct access *a)
{
	return read_only(a, cw_now_ns() / 100);
}

static bool access_tsc_frequency(const struct access *a)
{
	return read_only(a, cw_vm_tsc_hz(a->box));
}

static bool access_apic_frequency(const struct access *a)
{
	return read_only(a, CW_APIC_HZ);
}

static bool access_vp_assist(const struct access *a)
{
	return access_cell(a, &a->box->hyperv->vp[a->vp].vp_assist);
}

static bool access_synic(const struct access *a)
{
	return cw_synic_msr(a->box, a->vp, a->side, a->msr, a->write, a->value);
}

static bool access_crash_parameter(const struct access *a)
{
	return access_cell(a, &a->box->hyperv->crash[a->msr - 0x40000100]);
}

static bool access_crash_control(const struct access *a)
{
	if (!a->write)
		*a->value = CRASH_NOTIFY;
	else if (*a->value & CRASH_NOTIFY)
		cw_box_panicked(a->box);
	return true;
}

static bool access_invariant_tsc(const struct access *a)
{
	return access_cell(a, &a->box->hyperv->invariant_tsc);
}

static const struct msr msrs[] = {
	{ 0x40000000, 0x40000000, access_os_id },
	{ 0x40000001, 0x40000001, access_hypercall_page },
	{ 0x40000002, 0x40000002, access_vp_index },
	{ 0x40000020, 0x40000020, access_ref_count },
	{ 0x40000022, 0x40000022, access_tsc_frequency },
	{ 0x40000023, 0x40000023, access_apic_frequency },
	{ 0x40000073, 0x40000073, access_vp_assist },
	{ CW_MSR_SYNIC_FIRST, CW_MSR_SYNIC_LAST, access_synic },
	{ 0x40000100, 0x40000104, access_crash_parameter },
	{ 0x40000105, 0x40000105, access_crash_control },
	{ 0x40000118, 0x40000118, access_invariant_tsc },
};

bool cw_hyperv_msr(struct cw_box *box, unsigned int vp, enum cw_side side, __u32 msr, bool write,
		   __u64 *value)
{
	struct access a = { box, vp, side, msr, write, value };
	size_t i;

	for (i = 0; i < CW_NR(msrs); i++)
		if (msr >= msrs[i].first && msr <= msrs[i].last)
			return msrs[i].access(&a);
	return false;
}
