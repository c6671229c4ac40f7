/* SPDX-License-Identifier: GPL-2.0-only */
/* The synthetic interrupt controller of each vCPU (TLFS, Inter-Partition Communication): message
 * and event pages that the paravisor supplies, SINTs, queueing while a message slot is taken.
 */
#ifndef CW_BOX_SYNIC_H
#define CW_BOX_SYNIC_H

#include <stdbool.h>
#include <linux/types.h>

struct cw_box;

#define CW_VMBUS_SINT		2	/* VMBUS_MESSAGE_SINT, include/asm-generic/mshyperv.h */
#define CW_MESSAGE_PAYLOAD_MAX	240	/* HV_MESSAGE_PAYLOAD_BYTE_COUNT */

/* Sends a message to the VMBus SINT of vp; waits in a queue while the slot is taken.  0, -EINVAL
 * for a wrong vp or length, -ENOSPC when the guest never takes its messages.
 */
int cw_synic_post(struct cw_box *box, unsigned int vp, const void *payload, __u32 len);

/* Sets event flag (0..2047) of the VMBus SINT of vp and interrupts it if the flag was clear. */
int cw_synic_signal(struct cw_box *box, unsigned int vp, unsigned int flag);

#endif
