/* SPDX-License-Identifier: GPL-2.0-only */
/* What the measuring programs share.  Each prints a line "KEY VALUE" for every
 * round; scripts/bench makes medians of them and knows units and budgets.
 */
#ifndef BENCH_H
#define BENCH_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/types.h>

#define NSEC_PER_SEC  1000000000ULL
#define NSEC_PER_MSEC 1000000ULL

static inline __u64 clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (__u64)ts.tv_sec * NSEC_PER_SEC + (__u64)ts.tv_nsec;
}

static inline __u64 now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* Of this thread: what others run on a busy machine is not in it. */
static inline __u64 cpu_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

static inline void result(const char *key, double value)
{
	printf("%s %.6g\n", key, value);
	fflush(stdout);
}

/* A measurement that could not be made: said, and the status of the program. */
static inline int __attribute__((format(printf, 1, 2))) failed(const char *format, ...)
{
	va_list args;

	fputs("bench: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputs("\n", stderr);
	return 1;
}

/* A positive number, or 0 after a message. */
static inline unsigned long number(const char *text)
{
	char *end = NULL;
	unsigned long n;

	errno = 0;
	n = text ? strtoul(text, &end, 10) : 0;
	if (n && !errno && !*end && *text != '-')
		return n;
	failed("not a positive number: %s", text ? text : "(none)");
	return 0;
}

#endif
