/* SPDX-License-Identifier: GPL-2.0-only */
/* Words for the numbers of cocowatch/event.h, count.h and state.h, as text and
 * JSON print them.  Never NULL, whatever the number.
 */
#ifndef CW_NAMES_H
#define CW_NAMES_H

#include <linux/types.h>

const char *cw_event_name(__u32 type);		/* "host_call" */
const char *cw_event_step(__u32 type);		/* "when a batch was handed to the host" */
const char *cw_loss_name(__u32 loss);		/* "ring" */
const char *cw_loss_text(__u32 loss);
const char *cw_stat_name(__u32 stat);
const char *cw_stat_text(__u32 stat);
const char *cw_space_name(__u32 space);
const char *cw_state_name(__u32 state);
const char *cw_visibility_name(__u32 visibility);
const char *cw_isolation_name(__u32 isolation);
const char *cw_vendor_name(__u32 vendor);
const char *cw_callbacks_name(__u32 callbacks);
const char *cw_owner_name(__u32 owner);		/* "bounce buffer" */
const char *cw_trap_name(__u32 trapnr);
const char *cw_handover_name(__u32 kind);	/* "GPADL" */
const char *cw_mapping_name(__u32 kind);	/* "send ring" */
const char *cw_via_name(__u32 via);		/* "hv_ghcb_hypercall" */

#endif
