/* SPDX-License-Identifier: GPL-2.0-only */
/* A 16550A as the 8250 driver uses it.  What the guest sends comes in batches: writes to the data
 * port are coalesced by KVM and drained before any other access is looked at.
 */
#ifndef CW_BOX_UART_H
#define CW_BOX_UART_H

#include <stdbool.h>
#include <linux/types.h>

struct cw_box;

#define CW_UART_FIFO 16

struct cw_uart {
	unsigned int index;
	unsigned int irq;
	void (*out)(void *arg, __u8 byte);	/* the guest sent a byte */
	void (*space)(void *arg);		/* the receive FIFO has room again */
	void *arg;
	/* registers */
	__u8 ier, lcr, mcr, fcr, scr, dll, dlm;
	bool thr_empty_pending;
	__u8 rx[CW_UART_FIFO];
	unsigned int rx_head, rx_len;
};

void cw_uart_access(struct cw_box *box, struct cw_uart *u, unsigned int reg, bool write,
		    __u8 *byte);

/* A byte for the guest; false when the FIFO is full. */
bool cw_uart_receive(struct cw_box *box, struct cw_uart *u, __u8 byte);

#endif
