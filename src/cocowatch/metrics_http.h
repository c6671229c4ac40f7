/* SPDX-License-Identifier: GPL-2.0-only */
/* The endpoint of `cocowatch metrics`: GET /metrics, in the loop of the session, without a
 * thread.
 */
#ifndef CW_METRICS_HTTP_H
#define CW_METRICS_HTTP_H

#include <stdbool.h>
#include <stdio.h>

struct http {
	void *daemon;	/* libmicrohttpd's */
	/* Prints the metrics; open: as OpenMetrics. */
	void (*print)(void *ctx, FILE *f, bool open);
	void *ctx;
};

/* Whether this program can serve at all (metrics_nohttp.c). */
bool http_built(void);

/* Takes over a socket that listens.  0 or -errno. */
int http_start(struct http *h, int fd);

/* Becomes readable when there is something to serve. */
int http_fd(const struct http *h);
void http_serve(struct http *h);

/* Closes the socket too. */
void http_stop(struct http *h);

#endif
