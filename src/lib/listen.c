// SPDX-License-Identifier: GPL-2.0-only
/* Addresses to listen on, and the sockets. */
#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parse.h"

#define BACKLOG 16
#define UNIX_PREFIX "unix:"

static int unix_parse(struct cw_listen *l, const char *path)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&l->addr;

	if (!*path || strlen(path) >= sizeof(un->sun_path))
		return -EINVAL;
	un->sun_family = AF_UNIX;
	strcpy(un->sun_path, path);
	strcpy(l->path, path);
	l->len = sizeof(*un);
	return 0;
}

/* "127.0.0.1" or "[::1]" */
static int host_parse(struct cw_listen *l, const char *host, unsigned short port)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&l->addr;
	struct sockaddr_in *in = (struct sockaddr_in *)&l->addr;
	size_t len = strlen(host);
	char inner[64];

	if (len > 2 && len < sizeof(inner) && host[0] == '[' && host[len - 1] == ']') {
		snprintf(inner, sizeof(inner), "%.*s", (int)len - 2, host + 1);
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		l->len = sizeof(*in6);
		return inet_pton(AF_INET6, inner, &in6->sin6_addr) == 1 ? 0 : -EINVAL;
	}
	in->sin_family = AF_INET;
	in->sin_port = htons(port);
	l->len = sizeof(*in);
	return inet_pton(AF_INET, host, &in->sin_addr) == 1 ? 0 : -EINVAL;
}

int cw_listen_parse(struct cw_listen *l, const char *text)
{
	const char *colon = strrchr(text, ':');
	char host[64];
	__u64 port;

	memset(l, 0, sizeof(*l));
	if (!strncmp(text, UNIX_PREFIX, strlen(UNIX_PREFIX)))
		return unix_parse(l, text + strlen(UNIX_PREFIX));
	if (!colon || (size_t)(colon - text) >= sizeof(host))
		return -EINVAL;
	if (cw_parse_u64(colon + 1, &port) || !port || port > 65535)
		return -EINVAL;
	snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	return host_parse(l, host, (unsigned short)port);
}

bool cw_listen_is_local(const struct cw_listen *l)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&l->addr;
	const struct sockaddr_in *in = (const struct sockaddr_in *)&l->addr;

	switch (l->addr.ss_family) {
	case AF_INET:
		return ntohl(in->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	case AF_INET6:
		return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
	default:
		return l->addr.ss_family == AF_UNIX;
	}
}

/* A socket that nobody answers on was left behind by somebody who did not end well. */
static int leftover_remove(const struct cw_listen *l)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), err = 0;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (!lstat(l->path, &st) && S_ISSOCK(st.st_mode)) {
		if (!connect(fd, (const struct sockaddr *)&l->addr, l->len))
			err = -EADDRINUSE;
		else if (errno == ECONNREFUSED)
			unlink(l->path);
	}
	close(fd);
	return err;
}

int cw_listen_open(const struct cw_listen *l)
{
	int err = l->path[0] ? leftover_remove(l) : 0, one = 1, fd;

	if (err)
		return err;
	fd = socket(l->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (!l->path[0])
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)&l->addr, l->len) || listen(fd, BACKLOG)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

void cw_listen_close(const struct cw_listen *l, int fd)
{
	if (fd < 0)
		return;
	close(fd);
	if (l->path[0])
		unlink(l->path);
}
