// SPDX-License-Identifier: GPL-2.0-only
/* A console that nobody reads, or somebody slow: the guest goes on, and what is lost is told. */
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/stat.h>

#include <linux/serial_reg.h>

#include "box.h"
#include "console.h"
#include "loop_run.h"
#include "vcpu.h"

#define PIPE_BYTES	65536	/* F_SETPIPE_SZ below */
#define OUT_BYTES	(256 * 1024)	/* what the console keeps, as in console.c */
#define ROOM		(PIPE_BYTES + OUT_BYTES)

static char dir[] = "/tmp/box_console.XXXXXX", fifo[64], said[64];
static struct cw_config config;
static struct cw_vm vm = { .fd = -1 };
static struct cw_box box;
static int reader;

static int setup(void **state)
{
	(void)state;
	memcpy(dir + sizeof(dir) - 7, "XXXXXX", 6);
	if (!mkdtemp(dir))
		return -1;
	snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	snprintf(said, sizeof(said), "%s/said", dir);
	config = (struct cw_config){ .console = fifo };
	box = (struct cw_box){ .config = &config, .vm = &vm };
	pthread_mutex_init(&box.lock, NULL);
	if (mkfifo(fifo, 0600) || !freopen(said, "w", stderr))
		return -1;
	reader = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return fcntl(reader, F_SETPIPE_SZ, PIPE_BYTES) != PIPE_BYTES || cw_loop_init(&box) ||
	       cw_console_init(&box);
}

static int teardown(void **state)
{
	(void)state;
	cw_console_exit(&box);
	cw_loop_exit(&box);
	close(reader);
	unlink(fifo);
	unlink(said);
	return rmdir(dir);
}

/* The nth byte that the guest sends. */
static __u8 sent(size_t n)
{
	return (__u8)('a' + n % 23);
}

static void send(size_t from, size_t nr)
{
	size_t n;
	__u8 byte;

	for (n = from; n < from + nr; n++) {
		byte = sent(n);
		cw_console_access(&box, 0, UART_TX, true, &byte);
	}
}

/* All that is there must be the bytes from that one on; returns how many. */
static size_t take(size_t from)
{
	static __u8 bytes[ROOM];
	ssize_t len;
	size_t nr = 0, i;

	while ((len = read(reader, bytes, sizeof(bytes))) > 0) {
		for (i = 0; i < (size_t)len; i++)
			assert_int_equal(bytes[i], sent(from + nr + i));
		nr += (size_t)len;
	}
	return nr;
}

static void assert_said(const char *want)
{
	char text[256];
	FILE *f = fopen(said, "re");
	size_t n;

	fflush(stderr);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	assert_string_equal(strchr(text, ':') ? strchr(text, ':') + 2 : text, want);
}

static size_t nr_read, nr_wanted;

static void *read_later(void *arg)
{
	int i;

	for (i = 0; i < 100 && nr_read < nr_wanted; i++) {
		usleep(10000);
		nr_read += take(nr_read);
	}
	return arg;
}

/* The end of the run, with a reader that wakes up at last. */
static void end_with_reader(size_t wanted)
{
	pthread_t thread;

	nr_wanted = wanted;
	assert_int_equal(pthread_create(&thread, NULL, read_later, NULL), 0);
	cw_console_flush(&box);
	pthread_join(thread, NULL);
	assert_int_equal(nr_read, wanted);
}

/* It gets all that was kept: the oldest bytes, in order. */
static void test_late_reader(void **state)
{
	(void)state;
	nr_read = 0;
	send(0, ROOM + 1000);
	end_with_reader(ROOM);
	assert_said("1000 bytes of the guest's output were dropped: nobody read them\n");
}

/* What it takes in between makes room for as much, and nothing is lost. */
static void test_slow_reader(void **state)
{
	(void)state;
	send(0, ROOM);
	nr_read = take(0);
	assert_int_equal(nr_read, PIPE_BYTES);
	send(ROOM, PIPE_BYTES);
	end_with_reader(ROOM + PIPE_BYTES);
	assert_said("");
}

static void test_no_reader(void **state)
{
	(void)state;
	send(0, ROOM + 1);
	cw_console_flush(&box);
	/* those in the pipe are out of our hands */
	assert_said("262145 bytes of the guest's output were dropped: nobody read them\n");
	assert_int_equal(take(0), PIPE_BYTES);
}

/* A guest's bytes may be a terminal's commands: of one byte, or of two as UTF-8 has them. */
static void test_last_lines(void **state)
{
	static const char text[] = "first\r\n\x1b[2J\x9b" "31m\xc2\x9b" "32m\tlast";
	__u8 byte;
	size_t i;

	(void)state;
	for (i = 0; text[i]; i++) {
		byte = (__u8)text[i];
		cw_console_access(&box, 0, UART_TX, true, &byte);
	}
	cw_console_last(&box, 2);
	assert_said("the guest's console ended with:\n  first\n  [2J31m32m\tlast\n");
}

#define RUN(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static const struct CMUnitTest tests[] = {
	RUN(test_late_reader),
	RUN(test_slow_reader),
	RUN(test_no_reader),
	RUN(test_last_lines),
};

UNIT_MAIN(tests)
