// SPDX-License-Identifier: GPL-2.0-only
/* Words for the numbers of cocowatch/event.h, count.h and state.h. */
#include "names.h"

#include <cocowatch/count.h>
#include <cocowatch/event.h>
#include <cocowatch/state.h>

#include "events.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))
#define WORD(array, i) ((i) < NR(array) && (array)[i] ? (array)[i] : "unknown")

static const struct {
	const char *name;
	const char *text;
} losses[CW_LOSS_NR] = {
#define LOSS_ROW(id, text) [CW_LOSS_##id] = { #id, text },
	CW_LOSSES(LOSS_ROW)
}, stats[CW_STAT_NR] = {
#define STAT_ROW(id, text) [CW_STAT_##id] = { #id, text },
	CW_STATS(STAT_ROW)
};

const char *cw_event_name(__u32 type)
{
	const struct cw_event_info *info = cw_event_info(type);

	return info ? info->name : "unknown";
}

const char *cw_event_step(__u32 type)
{
	const struct cw_event_info *info = cw_event_info(type);

	return info ? info->step : "at an unknown step";
}

const char *cw_loss_name(__u32 loss)
{
	return loss < CW_LOSS_NR ? losses[loss].name : "unknown";
}

const char *cw_loss_text(__u32 loss)
{
	return loss < CW_LOSS_NR ? losses[loss].text : "unknown";
}

const char *cw_stat_name(__u32 stat)
{
	return stat < CW_STAT_NR ? stats[stat].name : "unknown";
}

const char *cw_stat_text(__u32 stat)
{
	return stat < CW_STAT_NR ? stats[stat].text : "unknown";
}

const char *cw_space_name(__u32 space)
{
	static const char *const names[] = { "kernel", "emulated" };

	return WORD(names, space);
}

const char *cw_state_name(__u32 state)
{
	static const char *const names[CW_PG_NR] = {
		[CW_PG_PRIVATE] = "private",
		[CW_PG_TRANSIT] = "in transition",
		[CW_PG_SHARED] = "shared",
		[CW_PG_UNKNOWN] = "unknown",
	};

	return WORD(names, state);
}

/* TLFS, HV_MAP_GPA_READABLE and HV_MAP_GPA_WRITABLE. */
const char *cw_visibility_name(__u32 visibility)
{
	static const char *const names[] = { "not visible", "readable", "writable", "readable and writable" };

	return WORD(names, visibility);
}

const char *cw_isolation_name(__u32 isolation)
{
	static const char *const names[] = { "none", "VBS", "SNP", "TDX" };

	return WORD(names, isolation);
}

const char *cw_vendor_name(__u32 vendor)
{
	static const char *const names[] = { "none", "AMD", "Intel" };

	return WORD(names, vendor);
}

const char *cw_callbacks_name(__u32 callbacks)
{
	static const char *const names[] = { "none", "hv_vtom_*", "amd_enc_*", "tdx_enc_*" };

	return WORD(names, callbacks);
}

const char *cw_trap_name(__u32 trapnr)
{
	switch (trapnr) {
	case 14: return "#PF";
	case 20: return "#VE";
	case 29: return "#VC";
	default: return "trap";
	}
}
