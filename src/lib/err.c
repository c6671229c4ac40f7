// SPDX-License-Identifier: GPL-2.0-only
/* One way to print an error, under the name of the program that runs. */
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

static void print_line(int err, const char *fmt, va_list ap)
{
	char msg[1024];

	vsnprintf(msg, sizeof(msg), fmt, ap);
	cw_text_clean(msg);
	fflush(stdout);	/* keeps the order where both go to one terminal */
	if (err < 0)
		fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, msg, strerror(-err));
	else
		fprintf(stderr, "%s: %s\n", program_invocation_short_name, msg);
}

int cw_err(int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_line(err, fmt, ap);
	va_end(ap);
	return err;
}

int cw_say(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_line(0, fmt, ap);
	va_end(ap);
	return status;
}

int cw_stdout_flush(void)
{
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	return cw_err(errno ? -errno : -EIO, "cannot write to stdout");
}
