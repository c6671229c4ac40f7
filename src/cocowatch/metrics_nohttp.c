// SPDX-License-Identifier: GPL-2.0-only
/* In place of metrics_http.c where libmicrohttpd cannot be had: in the file of `make static`, since
 * Debian has no archive of a library that it needs.
 */
#include "metrics_http.h"

#include <errno.h>

bool http_built(void)
{
	return false;
}

int http_start(struct http *h, int fd)
{
	(void)h;
	(void)fd;
	return -EOPNOTSUPP;
}

int http_fd(const struct http *h)
{
	(void)h;
	return -1;
}

void http_serve(struct http *h)
{
	(void)h;
}

void http_stop(struct http *h)
{
	(void)h;
}
