/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages on stderr: `PROGRAM: what was tried: reason`, printed once, by the
 * layer that knows the object; always one line, whatever a name in them holds.
 */
#ifndef CW_ERR_H
#define CW_ERR_H

/* Prints the message and, for err < 0, the errno text as reason.  Returns err. */
int cw_err(int err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Prints the message as it is.  Returns status, so that a caller can leave with it. */
int cw_say(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Flushes what was printed to stdout.  0, or -errno after a message. */
int cw_stdout_flush(void);

#endif
