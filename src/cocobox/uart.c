// SPDX-License-Identifier: GPL-2.0-only
/* A 16550A: registers and interrupts, names as in include/uapi/linux/serial_reg.h. */
#include "uart.h"

#include <linux/serial_reg.h>

#include "vm.h"

/* IIR value for what waits, most urgent first. */
static __u8 pending(const struct cw_uart *u)
{
	if (u->ier & UART_IER_RDI && u->rx_len)
		return UART_IIR_RDI;
	if (u->ier & UART_IER_THRI && u->thr_empty_pending)
		return UART_IIR_THRI;
	return UART_IIR_NO_INT;
}

static void update_line(struct cw_box *box, struct cw_uart *u)
{
	cw_vm_irq_line(box, u->irq, u->index,
		       u->mcr & UART_MCR_OUT2 && pending(u) != UART_IIR_NO_INT);
}

static __u8 receive_byte(struct cw_uart *u)
{
	__u8 byte = 0;

	if (u->rx_len) {
		byte = u->rx[u->rx_head];
		u->rx_head = (u->rx_head + 1) % CW_UART_FIFO;
		u->rx_len--;
		u->space(u->arg);
	}
	return byte;
}

static __u8 read_iir(struct cw_uart *u)
{
	__u8 iir = pending(u);

	if (iir == UART_IIR_THRI)
		u->thr_empty_pending = false;	/* reading it acknowledges it */
	return iir | (u->fcr & UART_FCR_ENABLE_FIFO ? 0xc0 : 0);
}

/* Nobody is ever too slow for this UART: the transmitter is always empty. */
static __u8 read_reg(struct cw_uart *u, unsigned int reg)
{
	bool dlab = u->lcr & UART_LCR_DLAB, loop = u->mcr & UART_MCR_LOOP;

	switch (reg) {
	case UART_RX:
		return dlab ? u->dll : receive_byte(u);
	case UART_IER:
		return dlab ? u->dlm : u->ier;
	case UART_IIR:
		return read_iir(u);
	case UART_LCR:
		return u->lcr;
	case UART_MCR:
		return u->mcr;
	case UART_LSR:
		return UART_LSR_TEMT | UART_LSR_THRE | (u->rx_len ? UART_LSR_DR : 0);
	case UART_MSR:
		/* in loopback RTS, DTR, OUT1, OUT2 come back as CTS, DSR, RI, DCD */
		return loop ? (u->mcr & 2) << 3 | (u->mcr & 1) << 5 | (u->mcr & 0xc) << 4
			    : UART_MSR_DCD | UART_MSR_DSR | UART_MSR_CTS;
	default:
		return u->scr;
	}
}

static void transmit(struct cw_box *box, struct cw_uart *u, __u8 byte)
{
	if (u->mcr & UART_MCR_LOOP)
		cw_uart_receive(box, u, byte);
	else
		u->out(u->arg, byte);
	u->thr_empty_pending = true;
}

static void write_ier(struct cw_uart *u, __u8 value)
{
	if (value & ~u->ier & UART_IER_THRI)
		u->thr_empty_pending = true;	/* enabling it asks for the first */
	u->ier = value & 0xf;
}

static void write_reg(struct cw_box *box, struct cw_uart *u, unsigned int reg, __u8 value)
{
	bool dlab = u->lcr & UART_LCR_DLAB;

	switch (reg) {
	case UART_TX:
		if (dlab)
			u->dll = value;
		else
			transmit(box, u, value);
		break;
	case UART_IER:
		if (dlab)
			u->dlm = value;
		else
			write_ier(u, value);
		break;
	case UART_FCR:
		u->fcr = value;
		if (value & UART_FCR_CLEAR_RCVR && u->rx_len) {
			u->rx_len = 0;
			u->space(u->arg);
		}
		break;
	case UART_LCR:
		u->lcr = value;
		break;
	case UART_MCR:
		u->mcr = value;
		break;
	case UART_SCR:
		u->scr = value;
		break;
	}
}

void cw_uart_access(struct cw_box *box, struct cw_uart *u, unsigned int reg, bool write, __u8 *byte)
{
	if (write)
		write_reg(box, u, reg, *byte);
	else
		*byte = read_reg(u, reg);
	update_line(box, u);
}

bool cw_uart_receive(struct cw_box *box, struct cw_uart *u, __u8 byte)
{
	if (u->rx_len == CW_UART_FIFO)
		return false;
	u->rx[(u->rx_head + u->rx_len++) % CW_UART_FIFO] = byte;
	update_line(box, u);
	return true;
}
