/* SPDX-License-Identifier: GPL-2.0-only */
/* Sockets that somebody may connect to: loopback or a Unix socket, anything else only where it
 * was asked for in so many words.
 */
#ifndef CW_LISTEN_H
#define CW_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

struct cw_listen {
	struct sockaddr_storage addr;
	socklen_t len;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];	/* of a Unix socket, else "" */
};

/* "127.0.0.1:9464", "[::1]:9464" or "unix:/run/cocowatch.sock".  0, or -EINVAL: no address of
 * these forms, numbers only.
 */
int cw_listen_parse(struct cw_listen *l, const char *text);

/* Whether nobody but this machine can reach it. */
bool cw_listen_is_local(const struct cw_listen *l);

/* Binds and listens.  The descriptor, not blocking, or -errno; -EADDRINUSE also where a Unix
 * socket has somebody who answers.
 */
int cw_listen_open(const struct cw_listen *l);

/* Closes it and removes the file of a Unix socket. */
void cw_listen_close(const struct cw_listen *l, int fd);

#endif
