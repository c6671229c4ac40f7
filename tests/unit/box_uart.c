// SPDX-License-Identifier: GPL-2.0-only
/* The UART as the 8250 driver sees it: it is found as a 16550A, sends, receives, and interrupts
 * while there is reason to.
 */
#include "box_machine.h"

#include <linux/serial_reg.h>

#include "uart.h"

static char sent[64];
static size_t nr_sent;
static unsigned int nr_space;

static void on_out(void *arg, __u8 byte)
{
	(void)arg;
	sent[nr_sent++ % sizeof(sent)] = (char)byte;
}

static void on_space(void *arg)
{
	(void)arg;
	nr_space++;
}

static struct cw_uart uart;

static int uart_new(void **state)
{
	(void)state;
	uart = (struct cw_uart){ .index = 1, .irq = 4, .out = on_out, .space = on_space };
	nr_sent = nr_space = 0;
	last_line[4] = 0;
	return 0;
}

static void put(unsigned int reg, __u8 value)
{
	cw_uart_access(&box, &uart, reg, true, &value);
}

static __u8 get(unsigned int reg)
{
	__u8 value = 0;

	cw_uart_access(&box, &uart, reg, false, &value);
	return value;
}

static void test_probe(void **state)
{
	(void)state;
	put(UART_IER, 0xff);
	assert_int_equal(get(UART_IER), 0x0f);
	put(UART_IER, 0);
	put(UART_MCR, UART_MCR_LOOP | UART_MCR_OUT2 | UART_MCR_RTS);
	assert_int_equal(get(UART_MSR) & 0xf0, UART_MSR_DCD | UART_MSR_CTS);
	put(UART_MCR, 0);
	put(UART_FCR, UART_FCR_ENABLE_FIFO);
	assert_int_equal(get(UART_IIR) & 0xc0, 0xc0);
	put(UART_SCR, 0x5a);
	assert_int_equal(get(UART_SCR), 0x5a);
	put(UART_LCR, UART_LCR_DLAB);
	put(UART_DLL, 1);
	put(UART_DLM, 2);
	assert_int_equal(get(UART_DLL), 1);
	assert_int_equal(get(UART_DLM), 2);
	put(UART_LCR, UART_LCR_WLEN8);
	assert_int_equal(nr_sent, 0);
}

static void test_send(void **state)
{
	(void)state;
	put(UART_MCR, UART_MCR_OUT2);
	put(UART_TX, 'a');
	assert_int_equal(sent[0], 'a');
	assert_int_equal(last_line[4], 0);	/* nobody asked */
	put(UART_IER, UART_IER_THRI);
	assert_int_equal(last_line[4], 1 << 1);
	assert_int_equal(get(UART_IIR) & 0xf, UART_IIR_THRI);
	assert_int_equal(last_line[4], 0);	/* that acknowledged it */
	put(UART_TX, 'b');
	assert_int_equal(last_line[4], 1 << 1);
	put(UART_IER, 0);
	assert_int_equal(last_line[4], 0);
	assert_int_equal(get(UART_LSR), UART_LSR_TEMT | UART_LSR_THRE);
}

static void test_receive(void **state)
{
	unsigned int i;

	(void)state;
	put(UART_MCR, UART_MCR_OUT2);
	put(UART_IER, UART_IER_RDI);
	for (i = 0; i < CW_UART_FIFO; i++)
		assert_true(cw_uart_receive(&box, &uart, (__u8)i));
	assert_false(cw_uart_receive(&box, &uart, 'x'));
	assert_int_equal(last_line[4], 1 << 1);
	assert_int_equal(get(UART_IIR) & 0xf, UART_IIR_RDI);
	for (i = 0; i < CW_UART_FIFO; i++) {
		assert_true(get(UART_LSR) & UART_LSR_DR);
		assert_int_equal(get(UART_RX), i);
	}
	assert_int_equal(nr_space, CW_UART_FIFO);
	assert_int_equal(last_line[4], 0);
	assert_false(get(UART_LSR) & UART_LSR_DR);
	assert_true(cw_uart_receive(&box, &uart, 'x'));
	put(UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_CLEAR_RCVR);
	assert_int_equal(last_line[4], 0);
	assert_int_equal(nr_space, CW_UART_FIFO + 1);	/* who waits for room hears of it */
}

#define TEST(f) cmocka_unit_test_setup(f, uart_new)

static const struct CMUnitTest tests[] = { TEST(test_probe), TEST(test_send), TEST(test_receive) };

UNIT_MAIN(tests)
