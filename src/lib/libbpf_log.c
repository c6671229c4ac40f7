// SPDX-License-Identifier: GPL-2.0-only
/* A place where libbpf's last words are kept, since they often hold the reason that an errno
 * does not.
 */
#include "libbpf_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

static char libbpf_last[256];
static bool libbpf_debug;

/* libbpf says what went wrong, and then again that something did. */
static bool is_echo(const char *fmt)
{
	return strstr(fmt, "failed to load object") || strstr(fmt, "failed to load BPF skeleton") ||
	       strstr(fmt, "-- BEGIN PROG LOAD LOG --");
}

/* A verifier log comes as one message of many lines: only the first is kept. */
static int on_libbpf_print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	va_list copy;

	if (level == LIBBPF_WARN && !is_echo(fmt)) {
		va_copy(copy, ap);
		vsnprintf(libbpf_last, sizeof(libbpf_last), fmt, copy);
		va_end(copy);
		libbpf_last[strcspn(libbpf_last, "\n")] = '\0';
	}
	return libbpf_debug ? vfprintf(stderr, fmt, ap) : 0;
}

void cw_libbpf_init(bool debug)
{
	libbpf_debug = debug;
	libbpf_set_print(on_libbpf_print);
}

const char *cw_libbpf_last(void)
{
	return strncmp(libbpf_last, "libbpf: ", 8) ? libbpf_last : libbpf_last + 8;
}

/* "prog 'NAME': what happened" is how it begins when one program is to blame. */
bool cw_libbpf_blames(const char *prog)
{
	static const char before[] = "prog '";
	const char *said = cw_libbpf_last();
	size_t len = strlen(prog);

	return !strncmp(said, before, sizeof(before) - 1) &&
	       !strncmp(said + sizeof(before) - 1, prog, len) &&
	       !strncmp(said + sizeof(before) - 1 + len, "':", 2);
}

void cw_libbpf_forget(void)
{
	libbpf_last[0] = '\0';
}
