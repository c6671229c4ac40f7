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
	[CW_EV_WITHHELD]    = { "withheld",    "when the owner said that it keeps the pages", STEP, STEP_RULES },
};
/* clang-format on */

const struct cw_event_info *cw_event_info(__u32 type)
{
	return type < CW_EV_NR && events[type].size ? &events[type] : NULL;
}
