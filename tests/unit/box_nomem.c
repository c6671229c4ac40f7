// SPDX-License-Identifier: GPL-2.0-only
/* A run for which one allocation fails, each of them in its turn: it ends, and says why.  As far as
 * a run comes on this machine, which may have no KVM.
 */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "box.h"
#include "hostile.h"

#define KERNEL_BYTES	65536
#define ALLOCATIONS_MAX	200

static unsigned long countdown;	/* 0: none fails */
static bool has_failed;

/* ASan has its own of these. */
#ifndef __SANITIZE_ADDRESS__
void *__libc_calloc(size_t nr, size_t size);
void *__libc_malloc(size_t size);

static bool fails(void)
{
	if (!countdown || --countdown)
		return false;
	has_failed = true;
	errno = ENOMEM;
	return true;
}

void *calloc(size_t nr, size_t size)
{
	return fails() ? NULL : __libc_calloc(nr, size);
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}
#endif

static char kernel[] = "/tmp/box_nomem.kernel.XXXXXX", disk[] = "/tmp/box_nomem.disk.XXXXXX",
	    said[] = "/tmp/box_nomem.said.XXXXXX";

/* What the boot protocol asks of a bzImage, and zeroes, which no machine can run. */
static int write_kernel(int fd)
{
	static __u8 image[KERNEL_BYTES];
	static const struct {
		__u16 at;
		__u8 bytes[5];
	} header[] = {
		{ 0x1f1, { 1 } },			/* setup_sects */
		{ 0x1f4, { 0xc0, 0x0f } },		/* syssize */
		{ 0x1fe, { 0x55, 0xaa } },
		{ 0x202, { 'H', 'd', 'r', 'S', 0x0f } },
		{ 0x207, { 2 } },			/* version */
		{ 0x22c, { 0xff, 0xff, 0xff, 0x7f } },	/* initrd_addr_max */
		{ 0x236, { 1 } },			/* xloadflags */
		{ 0x238, { 0xff, 0x07 } },		/* cmdline_size */
		{ 0x260, { 0, 0, 0x10 } },		/* init_size */
	};
	size_t i;

	for (i = 0; i < NR(header); i++)
		memcpy(image + header[i].at, header[i].bytes, sizeof(header[i].bytes));
	return write(fd, image, sizeof(image)) == sizeof(image) ? 0 : -1;
}

static int setup(void **state)
{
	int k = mkstemp(kernel), d = mkstemp(disk), s = mkstemp(said);
	int err = k < 0 || d < 0 || s < 0 || write_kernel(k) || ftruncate(d, 1 << 20);

	(void)state;
	close(k);
	close(d);
	close(s);
	return err;
}

static int teardown(void **state)
{
	(void)state;
	unlink(kernel);
	unlink(disk);
	unlink(said);
	return 0;
}

/* All that has an init of its own. */
static int run_box(unsigned long nth, char *text, size_t size)
{
	struct cw_config config = {
		.kernel = kernel, .exec = "true", .disk = { disk }, .nr_disks = 1, .net = true,
		.pci = true, .refused = true, .memory = 256 << 20, .nr_cpus = 1,
		.timeout_ns = 2000000000, .console = "/dev/null", .host = &cw_hosts[0],
	};
	FILE *f;
	size_t n;
	int status;

	assert_non_null(freopen(said, "w", stderr));
	has_failed = false;
	countdown = nth;
	status = cw_box_run(&config);
	countdown = 0;
	fflush(stderr);
	f = fopen(said, "r");
	n = fread(text, 1, size - 1, f);
	text[n] = '\0';
	fclose(f);
	return status;
}

static void test_each(void **state)
{
	char honest[4096], text[4096];
	unsigned long nth;
	int status, honest_status = run_box(0, honest, sizeof(honest));

	(void)state;
	for (nth = 1; nth < ALLOCATIONS_MAX; nth++) {
		status = run_box(nth, text, sizeof(text));
		if (!has_failed)
			break;
		/* one that was done without changes nothing */
		if (status == honest_status && !strcmp(text, honest))
			continue;
		if (status != CW_BOX_CANNOT || !strstr(text, "Cannot allocate memory"))
			print_message("# allocation %lu: status %d\n%s\n", nth, status, text);
		assert_int_equal(status, CW_BOX_CANNOT);
		assert_non_null(strstr(text, "Cannot allocate memory"));
	}
#ifdef __SANITIZE_ADDRESS__
	skip();
#endif
	assert_in_range(nth, 12, ALLOCATIONS_MAX - 1);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(test_each, setup, teardown),
};

UNIT_MAIN(tests)
