// SPDX-License-Identifier: GPL-2.0-only
/* Bytes of the UARTs on their way to files, and stdin on its way to the guest. */
#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <sys/eventfd.h>

#include <linux/serial_reg.h>

#include "box.h"
#include "err.h"
#include "loop.h"
#include "uart.h"
#include "vm.h"

#define OUT_BYTES	(256 * 1024)	/* for a slow reader; what is more is dropped */
#define CHUNK_BYTES	4096		/* PIPE_BUF: after a yes of poll() it does not block */
#define LAST_MS		2000		/* for what waits when the run is over */
#define KEPT_BYTES	16384	/* of the kernel's console, for its last lines */
#define FLUSH_NS	20000000ULL
#define ESCAPE		0x01	/* Ctrl-A, then x, ends the run */

struct line {
	struct cw_uart uart;
	struct cw_console *console;
	int fd;
	__u8 out[OUT_BYTES];
	size_t out_len;
	__u64 dropped;
};

struct cw_console {
	struct cw_box *box;
	struct line line[CW_NR_UARTS];
	struct line *input;	/* gets stdin */
	bool input_open;	/* somebody in the guest reads it */
	char kept[KEPT_BYTES];
	size_t kept_total;
	bool panicked;
	size_t panic_at;	/* in kept_total's count: the end of the first "Kernel panic" */
	struct cw_watch flush;
	pthread_t reader;
	bool reading;
	int stop;		/* eventfd: no more input */
	pthread_cond_t space;
	bool raw;
	struct termios saved;
};

/* ---- out ---- */

/* Never blocks: it runs with the lock held, and a reader that sleeps must not stop the guest. */
static bool is_writable(const struct line *l, int timeout_ms)
{
	struct pollfd fd = { .fd = l->fd, .events = POLLOUT };

	return poll(&fd, 1, timeout_ms) > 0;
}

static void line_flush(struct line *l)
{
	size_t done = 0;

	while (done < l->out_len && is_writable(l, 0)) {
		size_t left = l->out_len - done;
		ssize_t n = write(l->fd, l->out + done, left < CHUNK_BYTES ? left : CHUNK_BYTES);

		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			break;
		if (n <= 0) {	/* nobody reads it any more: the guest goes on */
			done = l->out_len;
			break;
		}
		done += (size_t)n;
	}
	l->out_len -= done;
	memmove(l->out, l->out + done, l->out_len);
}

/* The last of it, for which there is a little time. */
static void line_finish(struct line *l)
{
	int tries = LAST_MS / 100;

	line_flush(l);
	while (l->out_len && tries--)
		if (is_writable(l, 100))
			line_flush(l);
	l->dropped += l->out_len;
	l->out_len = 0;
	if (l->dropped)
		cw_say(0, "%llu bytes of the guest's output were dropped: nobody read them", l->dropped);
	l->dropped = 0;
}

static bool kept_has(const struct cw_console *c, const char *words)
{
	size_t n = strlen(words), i;

	if (c->kept_total < n)
		return false;
	for (i = 0; i < n; i++)
		if (c->kept[(c->kept_total - n + i) % KEPT_BYTES] != words[i])
			return false;
	return true;
}

static void keep(struct cw_console *c, __u8 byte)
{
	c->kept[c->kept_total++ % KEPT_BYTES] = (char)byte;
	if (byte == 'c' && !c->panicked && kept_has(c, "Kernel panic")) {
		c->panicked = true;
		c->panic_at = c->kept_total;
	}
}

static void on_out(void *arg, __u8 byte)
{
	struct line *l = arg;

	if (l == &l->console->line[0])
		keep(l->console, byte);
	if (l->out_len && l->out_len % CHUNK_BYTES == 0)
		line_flush(l);
	if (l->out_len < OUT_BYTES)
		l->out[l->out_len++] = byte;
	else
		l->dropped++;
}

static void on_status(void *arg, __u8 byte)
{
	struct line *l = arg;

	l->console->box->guest_status = byte;
	l->console->input_open = true;
	pthread_cond_signal(&l->console->space);
}

static void on_flush(struct cw_watch *watch, __u32 events)
{
	struct cw_console *c = watch->arg;
	unsigned int i;
	__u64 expired;

	(void)events;
	if (read(watch->fd, &expired, sizeof(expired)) < 0)
		return;
	cw_vm_drain(c->box);
	for (i = 0; i < CW_NR_UARTS; i++)
		line_flush(&c->line[i]);
}

/* ---- in ---- */

static void on_space(void *arg)
{
	struct line *l = arg;

	pthread_cond_signal(&l->console->space);
}

/* Waits for room, which needs the guest to read. */
static bool give_byte(struct cw_console *c, __u8 byte)
{
	pthread_mutex_lock(&c->box->lock);
	while (!c->box->ended && !(c->input_open && cw_uart_receive(c->box, &c->input->uart, byte)))
		pthread_cond_wait(&c->space, &c->box->lock);
	pthread_mutex_unlock(&c->box->lock);
	return !c->box->ended;
}

static void end_by_user(struct cw_console *c)
{
	pthread_mutex_lock(&c->box->lock);
	cw_box_end(c->box, 128 + SIGINT);
	pthread_mutex_unlock(&c->box->lock);
}

/* Until there is something to read; false when the run is over. */
static bool wait_input(struct cw_console *c)
{
	struct pollfd fds[] = {{ .fd = STDIN_FILENO, .events = POLLIN},
			       { .fd = c->stop, .events = POLLIN}};

	while (poll(fds, 2, -1) < 0)
		if (errno != EINTR)
			return false;
	return !fds[1].revents;
}

static void *read_stdin(void *arg)
{
	struct cw_console *c = arg;
	bool escaped = false;
	__u8 buf[256];
	ssize_t n, i;

	while (wait_input(c)) {
		n = read(STDIN_FILENO, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		for (i = 0; i < n; i++) {
			if (c->raw && escaped && buf[i] == 'x') {
				end_by_user(c);
				return NULL;
			}
			escaped = c->raw && !escaped && buf[i] == ESCAPE;
			if (!escaped && !give_byte(c, buf[i]))
				return NULL;
		}
	}
	return NULL;
}

/* ---- life ---- */

static void line_init(struct cw_console *c, unsigned int i, unsigned int irq, int fd)
{
	struct line *l = &c->line[i];

	l->console = c;
	l->fd = fd;
	l->uart.index = i;
	l->uart.irq = irq;
	l->uart.out = on_out;
	l->uart.space = on_space;
	l->uart.arg = l;
}

static int open_console(const struct cw_config *config, int fallback)
{
	return config->console
		       ? open(config->console, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)
		       : dup(fallback);
}

int cw_console_init(struct cw_box *box)
{
	const struct cw_config *config = box->config;
	bool exec = config->exec;
	struct cw_console *c = calloc(1, sizeof(*c));
	int fd, err;

	if (!c)
		return cw_err(-ENOMEM, "cannot make a console");
	c->box = box;
	box->console = c;
	c->flush.fd = -1;
	c->stop = eventfd(0, EFD_CLOEXEC);
	pthread_cond_init(&c->space, NULL);
	if (c->stop < 0)
		return cw_err(-errno, "cannot make an eventfd");
	fd = open_console(config, exec ? STDERR_FILENO : STDOUT_FILENO);
	if (fd < 0)
		return cw_err(-errno, "cannot open %s", config->console ? config->console : "the console");
	line_init(c, 0, 4, fd);
	line_init(c, 1, 3, STDOUT_FILENO);
	line_init(c, 2, 4, -1);
	c->line[2].uart.out = on_status;
	c->input = &c->line[exec ? 1 : 0];
	c->flush.ready = on_flush;
	c->flush.arg = c;
	err = cw_loop_add_timer(box, &c->flush, FLUSH_NS);
	return err ? cw_err(err, "cannot make a timer") : 0;
}

static void make_raw(struct cw_console *c)
{
	struct termios t;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &c->saved))
		return;
	t = c->saved;
	cfmakeraw(&t);
	t.c_oflag |= OPOST;	/* cocobox's own lines end well */
	c->raw = !tcsetattr(STDIN_FILENO, TCSANOW, &t);
}

int cw_console_start(struct cw_box *box)
{
	struct cw_console *c = box->console;
	int err;

	make_raw(c);
	err = pthread_create(&c->reader, NULL, read_stdin, c);
	c->reading = !err;
	return err ? cw_err(-err, "cannot start a thread for stdin") : 0;
}

void cw_console_flush(struct cw_box *box)
{
	unsigned int i;

	for (i = 0; i < CW_NR_UARTS; i++)
		line_finish(&box->console->line[i]);
}

void cw_console_exit(struct cw_box *box)
{
	struct cw_console *c = box->console;
	unsigned int i;

	if (!c)
		return;
	if (c->reading) {
		eventfd_write(c->stop, 1);
		pthread_cond_broadcast(&c->space);
		pthread_join(c->reader, NULL);
	}
	if (c->stop >= 0)
		close(c->stop);
	if (c->raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &c->saved);
	for (i = 0; i < CW_NR_UARTS; i++)
		line_finish(&c->line[i]);
	if (c->line[0].console)
		close(c->line[0].fd);
	if (c->flush.fd >= 0)
		close(c->flush.fd);
	free(c);
	box->console = NULL;
}

/* What arrives before a driver has opened the port would be lost.  The init of --exec sends a byte
 * when its terminal is set up; without it the driver's interrupt tells.
 */
void cw_console_access(struct cw_box *box, unsigned int i, unsigned int reg, bool write, __u8 *byte)
{
	struct cw_console *c = box->console;
	struct cw_uart *u = &c->line[i].uart;

	cw_uart_access(box, u, reg, write, byte);
	if (!box->config->exec && &c->line[i] == c->input && u->ier & UART_IER_RDI &&
	    !c->input_open) {
		c->input_open = true;
		pthread_cond_signal(&c->space);
	}
}

/* ---- what is kept ---- */

static size_t line_start(const struct cw_console *c, size_t oldest, size_t i)
{
	while (i > oldest && c->kept[(i - 1) % KEPT_BYTES] != '\n')
		i--;
	return i;
}

/* The last nr_lines; after a panic all from its first line on, as far as it is kept. */
static size_t last_lines_start(const struct cw_console *c, unsigned int nr_lines)
{
	size_t oldest = c->kept_total > KEPT_BYTES ? c->kept_total - KEPT_BYTES : 0;
	size_t i = c->kept_total;

	if (c->panicked && c->panic_at > oldest)
		return line_start(c, oldest, c->panic_at);
	while (i > oldest &&
	       (c->kept[(i - 1) % KEPT_BYTES] == '\n' || c->kept[(i - 1) % KEPT_BYTES] == '\r'))
		i--;
	for (; i > oldest; i--)
		if (c->kept[(i - 1) % KEPT_BYTES] == '\n' && !--nr_lines)
			break;
	return i;
}

void cw_console_last(struct cw_box *box, unsigned int nr_lines)
{
	struct cw_console *c = box->console;
	size_t i;

	if (!c->kept_total) {
		cw_say(0, "the guest's console said nothing");
		return;
	}
	cw_say(0, "the guest's console ended with:");
	fputs("  ", stderr);
	for (i = last_lines_start(c, nr_lines); i < c->kept_total; i++) {
		__u8 byte = (__u8)c->kept[i % KEPT_BYTES];

		if (byte == '\n')
			fputs(i + 1 < c->kept_total ? "\n  " : "", stderr);
		else if (byte == '\t' || (byte >= ' ' && byte <= '~'))
			putc(byte, stderr);
	}
	putc('\n', stderr);
}

bool cw_console_panicked(const struct cw_box *box)
{
	return box->console->panicked;
}
