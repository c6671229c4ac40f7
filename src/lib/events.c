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

#define STEP_RULES (T(1) | T(2) | T(3) | T(4) | T(5) | T(6) | T(7) | S(5) | Z(4))

/* Sizes are numbers: a structure that has grown since must not make old records malformed. */
#define STEP 432
#define FREE 72
#define ZEROPAD 64
#define PLATFORM 112
#define HANDOVER 144
#define HYPERCALL 96
#define MAPPING 176
#define BOUNCE 88
#define CONFIG 80
#define RING_WRITE 120
#define RING_READ 104
#define DEVICE 96
#define COMPLETION 56
#define FETCH 72
#define INTERRUPT 64
#define OWNER 88

/* clang-format off */
static const struct cw_event_info events[CW_EV_NR] = {
	[CW_EV_BEGIN]       = { "begin",       "when the transition began", STEP, STEP_RULES },
	[CW_EV_PREPARED]    = { "prepared",    "when the prepare step returned", STEP, STEP_RULES },
	[CW_EV_FLUSHED]     = { "flushed",     "when the TLB was flushed", STEP, STEP_RULES },
	[CW_EV_PROBED]      = { "probed",      "when each CPU had tried a read", STEP, STEP_RULES },
	[CW_EV_CHANGED]     = { "changed",     "when the page-table entries had been changed", STEP, STEP_RULES },
	[CW_EV_HOST_CALL]   = { "host_call",   "when a batch was handed to the host", STEP, STEP_RULES },
	[CW_EV_HOST_ANSWER] = { "host_answer", "when the host had answered", STEP, STEP_RULES },
	[CW_EV_HOST_DONE]   = { "host_done",   "before the pages became present again", STEP, STEP_RULES },
	[CW_EV_FINISHED]    = { "finished",    "when the finish step returned", STEP, STEP_RULES },
	[CW_EV_END]         = { "end",         "when the transition ended", STEP, STEP_RULES },
	[CW_EV_TASK_EXIT]   = { "task_exit",   "when the task exited", STEP, STEP_RULES },
	[CW_EV_PAGE_FREE]   = { "page_free",   "when the page was freed", FREE, S(3) },
	[CW_EV_ZEROPAD]     = { "zeropad",     "when a stray read was repaired", ZEROPAD, T(8) },
	[CW_EV_PLATFORM]    = { "platform",    "when the platform said what mode it is in", PLATFORM, P(1) | P(2) },
	[CW_EV_SEED]        = { "seed",        "when the pages were looked at for the first time", STEP, STEP_RULES },
	[CW_EV_OWNER]       = { "owner",       "when what is shared was looked through", OWNER, S(4) },
	[CW_EV_WITHHELD]    = { "withheld",    "when the owner said that it keeps the pages", STEP, STEP_RULES },
	[CW_EV_HANDOVER]    = { "handover",    "when frames were named to the host", HANDOVER, S(1) | S(6) },
	[CW_EV_HYPERCALL]   = { "hypercall",   "when a hypercall was made", HYPERCALL, Z(2) | Z(3) | R(1) },
	[CW_EV_MAPPING]     = { "mapping",     "when a mapping was looked at", MAPPING, S(2) | S(8) },
	[CW_EV_BOUNCE]      = { "bounce",      "when a bounce slot was taken or given back", BOUNCE, S(7) },
	[CW_EV_KEPT]        = { "kept",        "when a page that is to stay private was looked at", MAPPING, S(5) | T(9) },
	[CW_EV_CONFIG]      = { "config",      "when PCI config space was reached", CONFIG, R(2) },
	[CW_EV_RING_WRITE]  = { "ring_write",  "when a packet was written", RING_WRITE, Z(1) | H(3) },
	[CW_EV_RING_READ]   = { "ring_read",   "when a packet was looked for", RING_READ, H(1) | H(2) | H(3) },
	[CW_EV_DEVICE]      = { "device",      "when a device was offered or bound", DEVICE, H(5) },
	[CW_EV_COMPLETION]  = { "completion",  "when the host completed a transaction", COMPLETION, H(6) },
	[CW_EV_FETCH]       = { "fetch",       "when a validated value was used", FETCH, H(4) },
	[CW_EV_INTERRUPT]   = { "interrupt",   "when an interrupt was taken", INTERRUPT, R(3) },
};
/* clang-format on */

const struct cw_event_info *cw_event_info(__u32 type)
{
	return type < CW_EV_NR && events[type].size ? &events[type] : NULL;
}
