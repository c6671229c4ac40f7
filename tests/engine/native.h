/* SPDX-License-Identifier: GPL-2.0-only */
/* TAP, and a libbpf that says nothing, for the tests that load programs into this kernel. */
#ifndef NATIVE_H
#define NATIVE_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

static int tests, failed;

static inline bool __attribute__((format(printf, 2, 3))) report(bool pass, const char *format, ...)
{
	va_list args;

	tests++;
	failed += !pass;
	printf("%sok %d - ", pass ? "" : "not ", tests);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	if (!pass) {	/* what prove shows to the user */
		va_start(args, format);
		fprintf(stderr, "# not ok: ");
		vfprintf(stderr, format, args);
		fprintf(stderr, "\n");
		va_end(args);
	}
	return pass;
}

static inline int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

/* Before anything is loaded. */
static inline void native_begin(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	libbpf_set_print(quiet);
}

/* The programs did not load, with that errno.  Returns the exit status. */
static inline int native_skip(int err)
{
	if (err == EPERM) {
		printf("1..0 # SKIP this machine refuses socket-type BPF programs\n");
		return 0;
	}
	report(false, "the programs load: %s", strerror(err));
	printf("1..%d\n", tests);
	return 1;
}

/* The tests of what is sent: run() with that ring mapped.  Returns the exit status. */
static inline int native_ring(const struct bpf_map *events, ring_buffer_sample_fn on_record,
			      struct ring_buffer **ring, void (*run)(void))
{
	*ring = ring_buffer__new(bpf_map__fd(events), on_record, NULL, NULL);
	if (*ring)
		run();
	else
		report(false, "the ring is mapped");
	printf("1..%d\n", tests);
	ring_buffer__free(*ring);
	return failed != 0;
}

#endif
