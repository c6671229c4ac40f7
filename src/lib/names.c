// SPDX-License-Identifier: GPL-2.0-only
/* Words for the numbers of cocowatch/event.h, count.h and state.h. */
#include "names.h"

#include <cocowatch/count.h>
#include <cocowatch/event.h>
#include <cocowatch/event_owner.h>
#include <cocowatch/event_share.h>
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
	static const char *const names[] = { "none", "AMD", "Intel", "Hyper-V" };

	return WORD(names, vendor);
}

const char *cw_callbacks_name(__u32 callbacks)
{
	static const char *const names[] = { "none", "hv_vtom_*", "amd_enc_*", "tdx_enc_*" };

	return WORD(names, callbacks);
}

const char *cw_owner_name(__u32 owner)
{
	static const char *const names[CW_OWNER_NR] = {
		[CW_OWNER_UNKNOWN] = "unknown",
		[CW_OWNER_BOUNCE] = "bounce buffer",
		[CW_OWNER_RING] = "VMBus rings",
		[CW_OWNER_MONITOR] = "VMBus monitor pages",
		[CW_OWNER_NETVSC] = "netvsc buffers",
		[CW_OWNER_SYNIC] = "SynIC pages",
		[CW_OWNER_POST_MSG] = "message pages",
		[CW_OWNER_HYPERCALL] = "hypercall pages",
		[CW_OWNER_GHCB] = "GHCB",
		[CW_OWNER_VP_ASSIST] = "VP assist pages",
		[CW_OWNER_KVM] = "kvmclock and per-CPU data",
		[CW_OWNER_BSS] = "decrypted variables",
		[CW_OWNER_DMA_POOL] = "DMA pools",
		[CW_OWNER_DMA] = "coherent DMA memory",
		[CW_OWNER_INT_PAGE] = "VMBus interrupt page",
		[CW_OWNER_PACKET_COPY] = "packet copies",
		[CW_OWNER_PARA_SYNIC] = "paravisor's SynIC pages",
		[CW_OWNER_KERNEL] = "kernel text and data",
	};

	return WORD(names, owner);
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

const char *cw_handover_name(__u32 kind)
{
	static const char *const names[] = {
		[CW_HAND_GPADL] = "GPADL",
		[CW_HAND_GPADL_BODY] = "GPADL's continuation",
		[CW_HAND_CONTACT] = "first contact (monitor pages)",
		[CW_HAND_DMA] = "packet",
		[CW_HAND_SYNIC] = "SynIC register (SIMP, SIEFP)",
	};

	return WORD(names, kind);
}

const char *cw_mapping_name(__u32 kind)
{
	static const char *const names[] = {
		[CW_MAP_RING_OUT] = "send ring",
		[CW_MAP_RING_IN] = "receive ring",
		[CW_MAP_IOAPIC] = "IO-APIC",
		[CW_MAP_VTPM] = "vTPM",
		[CW_MAP_DEVICE] = "device memory",
		[CW_MAP_FIRMWARE] = "firmware memory",
		[CW_MAP_HYPERCALL_IN] = "hypercall input",
		[CW_MAP_HYPERCALL_OUT] = "hypercall output",
		[CW_MAP_INT_PAGE] = "VMBus interrupt page",
		[CW_MAP_PACKET_COPY] = "packet copies",
		[CW_MAP_TEXT] = "kernel text",
		[CW_MAP_RODATA] = "kernel read-only data",
		[CW_MAP_KEXEC] = "memory at kexec",
	};

	return WORD(names, kind);
}

const char *cw_via_name(__u32 via)
{
	static const char *const names[] = {
		[CW_VIA_UNSEEN] = "a transport that was not seen",
		[CW_VIA_GHCB] = "hv_ghcb_hypercall",
		[CW_VIA_TDX] = "hv_tdx_hypercall",
		[CW_VIA_STD] = "hv_std_hypercall",
		[CW_VIA_SNP] = "hv_snp_hypercall",
	};

	return WORD(names, via);
}
