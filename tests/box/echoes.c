// SPDX-License-Identifier: GPL-2.0-only
/* Network load with its own check, for a guest: what goes to an echo service has to come back as it
 * went.  `echoes tcp ADDRESS MIB` sends one stream, `echoes udp ADDRESS NUMBER` datagrams of many
 * sizes, one after the other, each sent again when no answer comes within a second.  The service is
 * on port 7.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/types.h>

#define PORT		7
#define CHUNK		16384
#define DATAGRAM_MAX	1472	/* with an MTU of 1,500 */
#define TRIES		5

static int failed(const char *what)
{
	fprintf(stderr, "echoes: %s: %s\n", what, strerror(errno));
	return 1;
}

static __u8 byte_at(__u64 i)
{
	return (__u8)((i * 0x9e3779b97f4a7c15ULL) >> 56);
}

static void fill(__u8 *buf, size_t n, __u64 from)
{
	for (size_t i = 0; i < n; i++)
		buf[i] = byte_at(from + i);
}

static bool is_right(const __u8 *buf, size_t n, __u64 from)
{
	for (size_t i = 0; i < n; i++)
		if (buf[i] != byte_at(from + i))
			return false;
	return true;
}

static int dial(const char *address, int type)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	struct timeval second = { .tv_sec = type == SOCK_STREAM ? 60 : 1 };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second)) ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return -1;
	return fd;
}

static int send_all(int fd, __u64 total)
{
	__u8 buf[CHUNK];

	for (__u64 sent = 0; sent < total; sent += CHUNK) {
		fill(buf, CHUNK, sent);
		for (ssize_t done = 0, n; done < CHUNK; done += n) {
			n = write(fd, buf + done, (size_t)(CHUNK - done));
			if (n <= 0)
				return failed("send");
		}
	}
	return shutdown(fd, SHUT_WR) ? failed("shutdown") : 0;
}

/* The other direction has a process of its own: neither may wait for the other. */
static int tcp(const char *address, __u64 total)
{
	int fd = dial(address, SOCK_STREAM), status = 0;
	__u8 buf[CHUNK];
	__u64 got = 0;
	pid_t child;
	ssize_t n;

	if (fd < 0)
		return failed(address);
	child = fork();
	if (child < 0)
		return failed("fork");
	if (!child)
		_exit(send_all(fd, total));
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		if (!is_right(buf, (size_t)n, got)) {
			fprintf(stderr, "echoes: wrong bytes after %llu\n", got);
			kill(child, SIGKILL);
			return 1;
		}
		got += (__u64)n;
	}
	if (n < 0) {
		kill(child, SIGKILL);
		return failed("receive");
	}
	waitpid(child, &status, 0);
	printf("tcp: %llu of %llu bytes came back\n", got, total);
	return status || got != total;
}

static bool udp_one(int fd, size_t n, __u64 from)
{
	__u8 out[DATAGRAM_MAX], in[DATAGRAM_MAX + 1];

	fill(out, n, from);
	for (int i = 0; i < TRIES; i++)
		if (send(fd, out, n, 0) == (ssize_t)n && recv(fd, in, sizeof(in), 0) == (ssize_t)n)
			return is_right(in, n, from);
	return false;
}

static int udp(const char *address, __u64 nr)
{
	int fd = dial(address, SOCK_DGRAM);
	__u64 right = 0;

	if (fd < 0)
		return failed(address);
	for (__u64 i = 0; i < nr; i++)
		right += udp_one(fd, 1 + i * 97 % DATAGRAM_MAX, i << 16);
	printf("udp: %llu of %llu datagrams came back\n", right, nr);
	return right != nr;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "tcp"))
		return tcp(argv[2], strtoull(argv[3], NULL, 0) << 20);
	if (argc == 4 && !strcmp(argv[1], "udp"))
		return udp(argv[2], strtoull(argv[3], NULL, 0));
	fprintf(stderr, "Usage: echoes tcp ADDRESS MIB | udp ADDRESS NUMBER\n");
	return 2;
}
