// SPDX-License-Identifier: GPL-2.0-only
/* Plants canaries in private memory of the guest and stays, so that the referee can look for them:
 * `canary plant ID` keeps to its own memory, `canary plant ID leak PATH` writes one to PATH as
 * well, and so through the bounce buffer.  Prints "planted" when all is in place, then sleeps until
 * it is killed.
 *
 * The pattern: 8 bytes of magic and 8 of ID; see referee_canary.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "referee_canary.h"

#define NR_PAGES 64
#define PAGE 4096

static int failed(const char *what)
{
	fprintf(stderr, "canary: %s: %s\n", what, strerror(errno));
	return 1;
}

static int plant(const __u64 canary[2])
{
	char *pages = mmap(NULL, NR_PAGES * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int i;

	if (pages == MAP_FAILED)
		return failed("cannot get memory");
	if (mlock(pages, NR_PAGES * PAGE))
		return failed("cannot lock memory");
	/* at another place in each page, at no particular alignment */
	for (i = 0; i < NR_PAGES; i++)
		memcpy(pages + i * PAGE + i * 61, canary, CW_CANARY_BYTES);
	return 0;
}

static int leak(const char *path, const __u64 canary[2])
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return failed(path);
	if (pwrite(fd, canary, CW_CANARY_BYTES, 0) != CW_CANARY_BYTES || fsync(fd))
		return failed(path);
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	__u64 canary[2];
	char *end = NULL;

	if ((argc != 3 && argc != 5) || strcmp(argv[1], "plant") ||
	    (argc == 5 && strcmp(argv[3], "leak")))
		goto usage;
	canary[0] = cw_canary_magic();
	canary[1] = strtoull(argv[2], &end, 0);
	if (!*argv[2] || *end)
		goto usage;
	if (plant(canary) || (argc == 5 && leak(argv[4], canary)))
		return 1;
	puts("planted");
	fflush(stdout);
	for (;;)
		pause();
usage:
	fprintf(stderr, "Usage: canary plant ID [leak PATH]\n");
	return 2;
}
