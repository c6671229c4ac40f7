// SPDX-License-Identifier: GPL-2.0-only
/* The table of events. */
#include "events.h"

#include <cocowatch/event.h>
#include <cocowatch/rules.h>

#define T(n) CW_RULE_BIT(CW_RULE_T##n)
#define S(n) CW_RULE_BIT(CW_RULE_S##n)
#define Z(n) CW_RULE_BIT(CW_RULE_Z##n)
#define H(n) CW_RULE_BIT(CW_RULE_H##n)
#define R(n) CW_RULE_BIT(CW_RULE_R##n)
#define P(n) CW_RULE_BIT(CW_RULE_P##n)

#define STEP \
	&cw_shape_step, T(1) | T(2) | T(3) | T(4) | T(5) | T(6) | T(7) | S(5) | Z(4)

/* clang-format off */
static const struct cw_event_info events[CW_EV_NR] = {
	[CW_EV_BEGIN]       = { "begin",       "when the transition began", STEP },
	[CW_EV_PREPARED]    = { "prepared",    "when the prepare step returned", STEP },
	[CW_EV_FLUSHED]     = { "flushed",     "when the TLB was flushed", STEP },
	[CW_EV_PROBED]      = { "probed",      "when each CPU had tried a read", STEP },
	[CW_EV_CHANGED]     = { "changed",     "when the page-table entries had been changed", STEP },
	[CW_EV_HOST_CALL]   = { "host_call",   "when a batch was handed to the host", STEP },
	[CW_EV_HOST_ANSWER] = { "host_answer", "when the host had answered", STEP },
	[CW_EV_HOST_DONE]   = { "host_done",   "before the pages became present again", STEP },
	[CW_EV_FINISHED]    = { "finished",    "when the finish step returned", STEP },
	[CW_EV_END]         = { "end",         "when the transition ended", STEP },
	[CW_EV_TASK_EXIT]   = { "task_exit",   "when the task exited", STEP },
	[CW_EV_PAGE_FREE]   = { "page_free",   "when the page was freed", &cw_shape_page_free, S(3) },
	[CW_EV_ZEROPAD]     = { "zeropad",     "when a stray read was repaired", &cw_shape_zeropad, T(8) },
	[CW_EV_PLATFORM]    = { "platform",    "when the platform said what mode it is in", &cw_shape_platform, P(1) | P(2) },
	[CW_EV_SEED]        = { "seed",        "when the pages were looked at for the first time", STEP },
	[CW_EV_OWNER]       = { "owner",       "when what is shared was looked through", &cw_shape_owner, S(4) },
	[CW_EV_WITHHELD]    = { "withheld",    "when the owner said that it keeps the pages", STEP },
	[CW_EV_HANDOVER]    = { "handover",    "when frames were named to the host", &cw_shape_handover, S(1) | S(6) },
	[CW_EV_HYPERCALL]   = { "hypercall",   "when a hypercall was made", &cw_shape_hypercall, Z(2) | Z(3) | R(1) },
	[CW_EV_MAPPING]     = { "mapping",     "when a mapping was looked at", &cw_shape_mapping, S(2) | S(8) },
	[CW_EV_BOUNCE]      = { "bounce",      "when a bounce slot was taken or given back", &cw_shape_bounce, S(7) },
	[CW_EV_KEPT]        = { "kept",        "when a page that is to stay private was looked at", &cw_shape_mapping, S(5) | T(9) },
	[CW_EV_CONFIG]      = { "config",      "when PCI config space was reached", &cw_shape_config, R(2) },
	[CW_EV_RING_WRITE]  = { "ring_write",  "when a packet was written", &cw_shape_ring_write, Z(1) | H(3) },
	[CW_EV_RING_READ]   = { "ring_read",   "when a packet was looked for", &cw_shape_ring_read, H(1) | H(2) | H(3) },
	[CW_EV_DEVICE]      = { "device",      "when a device was offered or bound", &cw_shape_device, H(5) },
	[CW_EV_COMPLETION]  = { "completion",  "when the host completed a transaction", &cw_shape_completion, H(6) },
	[CW_EV_FETCH]       = { "fetch",       "when a validated value was used", &cw_shape_fetch, H(4) },
	[CW_EV_INTERRUPT]   = { "interrupt",   "when an interrupt was taken", &cw_shape_interrupt, R(3) },
};
/* clang-format on */

const struct cw_event_info *cw_event_info(__u32 type)
{
	return type < CW_EV_NR && events[type].shape ? &events[type] : NULL;
}

bool cw_event_is_step(__u32 type)
{
	const struct cw_event_info *info = cw_event_info(type);

	return info && info->shape == &cw_shape_step;
}
