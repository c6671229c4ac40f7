/* SPDX-License-Identifier: GPL-2.0-only */
/* The devices that cocobox can offer: a row of operations each (see vmbus.h). */
#ifndef CW_BOX_DEV_H
#define CW_BOX_DEV_H

#include "vmbus.h"

extern const struct cw_dev_ops cw_dev_scsi; /* dev_scsi.c; arg: path of the disk's file */
extern const struct cw_dev_ops cw_dev_net; /* dev_net.c; arg: name of a TAP device, or NULL */
extern const struct cw_dev_ops cw_dev_heartbeat;	/* dev_util.c */
extern const struct cw_dev_ops cw_dev_timesync;
extern const struct cw_dev_ops cw_dev_shutdown;
extern const struct cw_dev_ops cw_dev_pci;		/* dev_pci.c */

/* Those that a confidential guest must refuse: an offer is all there is to them. */
extern const struct cw_dev_ops cw_dev_refused[];	/* dev_refused.c; ends with a NULL name */

/* Asks the guest to power off by the shutdown device; false when it has not opened that. */
bool cw_dev_shutdown_ask(struct cw_box *box);

/* MMIO hypercalls (HVCALL_MMIO_READ, _WRITE) reach the PCI function's config window.  An
 * HV_STATUS_*.  size is 1, 2 or 4 (8 is refused).
 */
__u16 cw_dev_pci_mmio(struct cw_box *box, __u64 gpa, __u32 size, bool write, __u64 *value);

#endif
