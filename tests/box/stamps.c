// SPDX-License-Identifier: GPL-2.0-only
/* Storage load with its own check, for a guest: each block of 4 KiB is stamped all over with a seed
 * and its number.  `stamps write FILE SEED` writes all of FILE, past the page cache, 64 KiB at a
 * time, and syncs; `stamps read FILE SEED SECONDS` reads single blocks at random and prints how
 * many a second were right; `stamps memory MIB` stamps and reads that much memory, twice.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <linux/types.h>

#define BLOCK		4096
#define WORDS		(BLOCK / sizeof(__u64))
#define NR_AT_ONCE	16

static int failed(const char *what)
{
	fprintf(stderr, "stamps: %s: %s\n", what, strerror(errno));
	return 1;
}

static __u64 stamp(__u64 seed, __u64 block, unsigned int word)
{
	return (seed << 48 ^ block << 9 ^ word) * 0x9e3779b97f4a7c15ULL;
}

static void block_fill(__u64 *words, __u64 seed, __u64 block)
{
	for (unsigned int i = 0; i < WORDS; i++)
		words[i] = stamp(seed, block, i);
}

static bool block_is_right(const __u64 *words, __u64 seed, __u64 block)
{
	for (unsigned int i = 0; i < WORDS; i++)
		if (words[i] != stamp(seed, block, i))
			return false;
	return true;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int write_all(int fd, __u64 *buf, __u64 nr, __u64 seed)
{
	for (__u64 block = 0; block < nr; block += NR_AT_ONCE) {
		__u64 n = nr - block < NR_AT_ONCE ? nr - block : NR_AT_ONCE;

		for (__u64 i = 0; i < n; i++)
			block_fill(buf + i * WORDS, seed, block + i);
		if (pwrite(fd, buf, n * BLOCK, (off_t)(block * BLOCK)) != (ssize_t)(n * BLOCK))
			return failed("write");
	}
	return fsync(fd) ? failed("fsync") : 0;
}

static int read_some(int fd, __u64 *buf, __u64 nr, __u64 seed, unsigned int seconds)
{
	double began = now(), lasted;
	__u64 reads = 0, block;

	do {
		block = (__u64)random() % nr;
		if (pread(fd, buf, BLOCK, (off_t)(block * BLOCK)) != BLOCK)
			return failed("read");
		if (!block_is_right(buf, seed, block)) {
			fprintf(stderr, "stamps: block %llu is wrong\n", block);
			return 1;
		}
		reads++;
		lasted = now() - began;
	} while (lasted < seconds);
	printf("%llu reads, %.0f a second\n", reads, (double)reads / lasted);
	return 0;
}

static int on_file(const char *path, __u64 seed, const char *seconds)
{
	int fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC), err;
	__u64 *buf = mmap(NULL, NR_AT_ONCE * BLOCK, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	off_t end;

	if (fd < 0 || buf == MAP_FAILED)
		return failed(path);
	end = lseek(fd, 0, SEEK_END);
	if (end < BLOCK)
		return failed("size");
	err = seconds ? read_some(fd, buf, (__u64)end / BLOCK, seed, (unsigned int)atoi(seconds))
		      : write_all(fd, buf, (__u64)end / BLOCK, seed);
	close(fd);
	return err;
}

static int on_memory(__u64 mib)
{
	__u64 nr = (mib << 20) / BLOCK, i;
	__u64 *words = mmap(NULL, mib << 20, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (words == MAP_FAILED)
		return failed("memory");
	for (__u64 seed = 1; seed <= 2; seed++) {
		for (i = 0; i < nr; i++)
			words[i * WORDS] = words[i * WORDS + WORDS - 1] = stamp(seed, i, 0);
		for (i = 0; i < nr; i++) {
			if (words[i * WORDS] == stamp(seed, i, 0) &&
			    words[i * WORDS + WORDS - 1] == stamp(seed, i, 0))
				continue;
			fprintf(stderr, "stamps: page %llu is wrong\n", i);
			return 1;
		}
	}
	printf("%llu MiB of memory are right\n", mib);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "write"))
		return on_file(argv[2], strtoull(argv[3], NULL, 0), NULL);
	if (argc == 5 && !strcmp(argv[1], "read"))
		return on_file(argv[2], strtoull(argv[3], NULL, 0), argv[4]);
	if (argc == 3 && !strcmp(argv[1], "memory"))
		return on_memory(strtoull(argv[2], NULL, 0));
	fprintf(stderr, "Usage: stamps write FILE SEED | read FILE SEED SECONDS | memory MIB\n");
	return 2;
}
