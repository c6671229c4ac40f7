/* SPDX-License-Identifier: GPL-2.0-only */
/* I/O ports: three UARTs, of which the last takes the guest's status, and the ACPI power and reset
 * registers. */
#ifndef CW_BOX_PORTS_H
#define CW_BOX_PORTS_H

#include <stdbool.h>
#include <linux/types.h>

struct cw_box;

#define CW_PORT_HYPERCALL	0x0f8	/* the hypercall page writes here */
#define CW_PORT_COM2		0x2f8
#define CW_PORT_COM3		0x3e8	/* a byte sent here is the status that cocobox ends with */
#define CW_PORT_COM1		0x3f8
#define CW_PORT_PM1_EVT		0x600
#define CW_PORT_PM1_CNT		0x604
#define CW_PORT_RESET		0xcf9
#define CW_RESET_VALUE		0x06
#define CW_SCI_IRQ		9

/* One access of size 1, 2 or 4 bytes, with the lock held.  A port that nobody has reads as all
 * ones. */
void cw_port_access(struct cw_box *box, __u16 port, bool write, void *data, unsigned int size);

#endif
