/* SPDX-License-Identifier: GPL-2.0-only */
/* TAP, and a libbpf that says nothing, for the tests that load programs into this kernel. */
#ifndef NATIVE_H
#define NATIVE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

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
	return pass;
}

static inline int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

#endif
