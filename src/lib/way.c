// SPDX-License-Identifier: GPL-2.0-only
/* The way is found by looking for the functions that make it up, never by a version. */
#include "way.h"

#include <cpuid.h>
#include <errno.h>
#include <string.h>

#include "inventory.h"
#include "kbtf.h"

/* AMD APM volume 3, "Function 8000_001Fh": EBX bits 5:0 are the position of the C-bit. */
#define CPUID_ENCRYPTION 0x8000001f

static __u64 c_bit(void)
{
	unsigned int eax, ebx, ecx, edx;

	if (!__get_cpuid(CPUID_ENCRYPTION, &eax, &ebx, &ecx, &edx))
		return 0;
	return 1ULL << (ebx & 0x3f);
}

static __u32 vtom_way(struct cw_kbtf *k)
{
	if (cw_kbtf_has_func(k, "hv_set_mem_host_visibility", NULL))
		return CW_WAY_OLD;
	return cw_kbtf_has_func(k, "hv_vtom_clear_present", NULL) ? CW_WAY_WINDOW : CW_WAY_VTOM;
}

/* Whether the paravisor lets one address bit tell shared from private. */
static bool is_vtom(const struct cw_platform *p)
{
	return p->boundary && (p->paravisor || p->isolation == CW_ISOLATION_VBS);
}

void cw_way_find(struct cw_platform *p)
{
	bool snp = p->cpu_snp || p->isolation == CW_ISOLATION_SNP;
	bool tdx = p->cpu_tdx || p->isolation == CW_ISOLATION_TDX;
	struct cw_kbtf *k = cw_kbtf_new();

	if (!k)
		return;
	p->callbacks_bool = cw_kbtf_returns_bool(k, "hv_vtom_set_host_visibility") ||
			    cw_kbtf_returns_bool(k, "tdx_enc_status_change_finish");
	if (is_vtom(p)) {
		p->way = vtom_way(k);
		p->shared_mask = p->boundary;
	} else if (snp) {
		p->way = CW_WAY_SNP;
		p->shared_mask = c_bit();
		p->set_is_private = true;
	} else if (tdx) {
		p->way = CW_WAY_TDX;
	}
	cw_kbtf_free(k);
}

void cw_way_read_mask(struct cw_platform *p)
{
	const struct cw_inventory_opts opts = {};
	struct cw_inventory *inv;
	struct cw_mode_state mode;
	char why[CW_WHY_LEN];

	if (p->shared_mask || p->way != CW_WAY_TDX || p->lockdown == CW_LOCKDOWN_CONFIDENTIALITY)
		return;
	inv = cw_inventory_open(&opts, why, sizeof(why));
	if (!inv)
		return;
	if (!cw_mode_read(&mode, cw_inventory_kernel(inv), p))
		p->shared_mask = mode.ev.cc_mask;
	cw_inventory_close(inv);
}

const struct cw_source *cw_source_choose(const struct cw_platform *p, enum cw_source_wish wish)
{
	if (wish == CW_SOURCE_AUTO)
		wish = !strcmp(p->mode, "none") && p->module.loaded ? CW_SOURCE_MODULE :
								      CW_SOURCE_STOCK;
	return wish == CW_SOURCE_MODULE ? &cw_source_module : &cw_source_stock;
}

int cw_source_parse(const char *word)
{
	static const char *const words[] = {
		[CW_SOURCE_AUTO] = "auto",
		[CW_SOURCE_STOCK] = "stock",
		[CW_SOURCE_MODULE] = "module",
	};
	int i;

	for (i = 0; i < (int)(sizeof(words) / sizeof(words[0])); i++)
		if (!strcmp(word, words[i]))
			return i;
	return -EINVAL;
}
