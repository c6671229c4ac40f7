// SPDX-License-Identifier: GPL-2.0-only
/* HTTP by libmicrohttpd, which is asked to serve whenever its descriptor is readable. */
#include "metrics_http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>

#include "metrics.h"

#define CONNECTIONS_MAX 16U
#define TIMEOUT_S 10U
#define MEMORY_BYTES ((size_t)16 << 10)	/* for the request of one connection */

static const char hint[] = "cocowatch metrics: see /metrics\n";

static enum MHD_Result answer(struct MHD_Connection *c, unsigned int status, const char *type,
			      struct MHD_Response *r)
{
	enum MHD_Result ret;

	if (!r)
		return MHD_NO;	/* no memory: the connection is closed */
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	ret = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return ret;
}

static enum MHD_Result answer_hint(struct MHD_Connection *c, unsigned int status)
{
	return answer(c, status, "text/plain; charset=utf-8",
		      MHD_create_response_from_buffer(strlen(hint), (void *)hint,
						      MHD_RESPMEM_PERSISTENT));
}

static enum MHD_Result answer_metrics(struct http *h, struct MHD_Connection *c)
{
	const char *accept = MHD_lookup_connection_value(c, MHD_HEADER_KIND,
							 MHD_HTTP_HEADER_ACCEPT);
	bool open = accept && strstr(accept, "application/openmetrics-text");
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return MHD_NO;
	h->print(h->ctx, f, open);
	if (fclose(f)) {
		free(text);
		return MHD_NO;
	}
	return answer(c, MHD_HTTP_OK, open ? CW_METRICS_OPEN : CW_METRICS_TEXT,
		      MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE));
}

/* Called once with the headers; a body is never asked for. */
static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *data_size, void **request)
{
	(void)version;
	(void)data;
	(void)data_size;
	(void)request;
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return answer_hint(c, MHD_HTTP_METHOD_NOT_ALLOWED);
	if (!strcmp(url, "/metrics"))
		return answer_metrics(ctx, c);
	return answer_hint(c, strcmp(url, "/") ? MHD_HTTP_NOT_FOUND : MHD_HTTP_OK);
}

bool http_built(void)
{
	return true;
}

int http_start(struct http *h, int fd)
{
	h->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, h,
				     MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
				     CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S,
				     MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY_BYTES,
				     MHD_OPTION_END);
	return h->daemon ? 0 : errno ? -errno : -EIO;
}

int http_fd(const struct http *h)
{
	const union MHD_DaemonInfo *info = NULL;

	if (h->daemon)
		info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	return info ? info->epoll_fd : -1;
}

void http_serve(struct http *h)
{
	if (h->daemon)
		MHD_run(h->daemon);
}

void http_stop(struct http *h)
{
	if (h->daemon)
		MHD_stop_daemon(h->daemon);
	h->daemon = NULL;
}
