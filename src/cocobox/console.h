/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the guest's UARTs go.  With --exec the first, the kernel's, goes to stderr or a file, and
 * the second is the command's stdin and stdout; without it the first has stdin and stdout.  The
 * last byte sent to the third is the guest's exit status.
 */
#ifndef CW_BOX_CONSOLE_H
#define CW_BOX_CONSOLE_H

#include <stdbool.h>
#include <linux/types.h>

struct cw_box;

#define CW_NR_UARTS 3

/* Prints what is wrong.  0 or -errno. */
int cw_console_init(struct cw_box *box);
int cw_console_start(struct cw_box *box);	/* begins to read stdin */
void cw_console_exit(struct cw_box *box);	/* restores the terminal, writes what waits */

/* One byte at an offset of UART i; the lock is held. */
void cw_console_access(struct cw_box *box, unsigned int i, unsigned int reg, bool write,
		       __u8 *byte);

/* Writes what waits. */
void cw_console_flush(struct cw_box *box);

/* Prints the kernel's last lines on stderr, marked as such. */
void cw_console_last(struct cw_box *box, unsigned int nr_lines);

/* The kernel's console had "Kernel panic". */
bool cw_console_panicked(const struct cw_box *box);

#endif
