// SPDX-License-Identifier: GPL-2.0-only
/* `cocowatch metrics` as its users meet it: what is served, to whom, what becomes of bad requests
 * and bad addresses, and a file that is never half written.
 */
#include "fake_session.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/cocowatch/cmd_metrics.c"
#include "../../src/cocowatch/metrics_http.c"

static char dir[32];
static char reply[1 << 17];

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/cw-metrics-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof(command), "chmod 700 %s; rm -rf %s", dir, dir);
	return system(command);
}

/* A port that was free a moment ago. */
static int free_port(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&in, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	close(fd);
	return ntohs(in.sin_port);
}

static char err_path[64];

/* Runs the command with its messages in a file. */
static pid_t begin(const char *option, const char *value, const char *more)
{
	char *argv[] = { "cocowatch metrics", "--source", "module", (char *)option, (char *)value,
			 (char *)more, NULL };
	pid_t pid;

	snprintf(err_path, sizeof(err_path), "%s/stderr", dir);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);	/* a test that fails leaves nobody behind */
		if (!freopen(err_path, "w", stderr))
			_exit(99);
		setvbuf(stderr, NULL, _IONBF, 0);
		_exit(cw_cmd_metrics(more ? 6 : 5, argv));
	}
	return pid;
}

static int ended(pid_t pid, int signal)
{
	int status;

	if (signal)
		kill(pid, signal);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void said(const char *want)
{
	char line[512] = "", more[8] = "";
	FILE *f = fopen(err_path, "r");

	assert_non_null(f);
	if (!fgets(line, sizeof(line), f) || fgets(more, sizeof(more), f))
		fail_msg("not one line: %s%s", line, more);
	fclose(f);
	line[strcspn(line, "\n")] = '\0';
	assert_string_equal(strchr(line, ':') + 2, want);
}

/* Connects, for five seconds at most. */
static int dial(const struct cw_listen *l)
{
	int tries, fd;

	for (tries = 0; tries < 100; tries++) {
		fd = socket(l->addr.ss_family, SOCK_STREAM, 0);
		if (!connect(fd, (const struct sockaddr *)&l->addr, l->len))
			return fd;
		close(fd);
		usleep(50000);
	}
	fail_msg("nobody listens");
	return -1;
}

/* Sends a request and reads the whole reply; its status. */
static int ask(const struct cw_listen *l, const char *request)
{
	int fd = dial(l), status = 0;
	size_t len = 0;
	ssize_t n;

	assert_int_equal(write(fd, request, strlen(request)), strlen(request));
	while ((n = read(fd, reply + len, sizeof(reply) - 1 - len)) > 0)
		len += (size_t)n;
	reply[len] = '\0';
	close(fd);
	sscanf(reply, "HTTP/1.1 %d", &status);
	return status;
}

#define END "Host: x\r\nConnection: close\r\n\r\n"

static void served(const struct cw_listen *l)
{
	assert_int_equal(ask(l, "GET /metrics HTTP/1.1\r\n" END), 200);
	assert_non_null(strstr(reply, "text/plain; version=0.0.4"));
	assert_non_null(strstr(reply, "# TYPE cocowatch_checks_total counter\n"));
	assert_non_null(strstr(reply, "cocowatch_session_info{mode="));
	assert_non_null(strstr(reply, "cocowatch_shared_pages{owner=\"unknown\"} 4\n"));
	assert_null(strstr(reply, "# EOF"));
	assert_int_equal(ask(l, "GET /metrics HTTP/1.1\r\nAccept: application/openmetrics-text;version="
			     "1.0.0,text/plain;version=0.0.4;q=0.5\r\n" END), 200);
	assert_non_null(strstr(reply, "application/openmetrics-text; version=1.0.0"));
	assert_non_null(strstr(reply, "# TYPE cocowatch_checks counter\n"));
	assert_string_equal(reply + strlen(reply) - 6, "# EOF\n");
}

static void refused(const struct cw_listen *l)
{
	assert_int_equal(ask(l, "GET / HTTP/1.1\r\n" END), 200);
	assert_non_null(strstr(reply, "see /metrics"));
	assert_int_equal(ask(l, "GET /metricsx HTTP/1.1\r\n" END), 404);
	assert_int_equal(ask(l, "POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n" END "abc"), 405);
	assert_non_null(strstr(reply, "Allow: GET, HEAD"));
	assert_int_equal(ask(l, "HEAD /metrics HTTP/1.1\r\n" END), 200);
	assert_null(strstr(reply, "cocowatch_session_up"));
	assert_true(ask(l, "nonsense\r\n\r\n") != 200);
}

static void test_served(void **state)
{
	struct cw_listen l;
	char address[32];
	pid_t pid;

	(void)state;
	snprintf(address, sizeof(address), "127.0.0.1:%d", free_port());
	assert_int_equal(cw_listen_parse(&l, address), 0);
	pid = begin("--listen", address, NULL);
	served(&l);
	refused(&l);
	served(&l);
	assert_int_equal(ended(pid, SIGTERM), CW_EXIT_UNKNOWN);	/* nothing was exercised */
}

/* Those who say nothing, half of it or too much keep nobody else waiting. */
static void test_slow_and_greedy(void **state)
{
	static char header[100000];
	int fd[40], i, flags = MSG_DONTWAIT | MSG_NOSIGNAL;
	struct cw_listen l;
	char address[32];
	pid_t pid;

	(void)state;
	snprintf(address, sizeof(address), "127.0.0.1:%d", free_port());
	assert_int_equal(cw_listen_parse(&l, address), 0);
	pid = begin("--listen", address, NULL);
	memset(header, 'a', sizeof(header));
	for (i = 0; i < 10; i++) {
		fd[i] = dial(&l);
		if (i % 2)
			send(fd[i], "GET /met", 8, flags);
		else
			send(fd[i], header, sizeof(header), flags);
	}
	served(&l);
	for (i = 0; i < 10; i++)
		close(fd[i]);
	for (i = 0; i < 40; i++)	/* more than it takes at once */
		fd[i] = dial(&l);
	for (i = 0; i < 40; i++)
		close(fd[i]);
	served(&l);
	assert_int_equal(ended(pid, SIGINT), CW_EXIT_UNKNOWN);
}

static void test_unix(void **state)
{
	char address[64], want[128];
	struct cw_listen l;
	struct stat st;
	pid_t pid;

	(void)state;
	snprintf(address, sizeof(address), "unix:%s/s", dir);
	assert_int_equal(cw_listen_parse(&l, address), 0);
	pid = begin("--listen", address, NULL);
	served(&l);
	assert_int_equal(ended(begin("--listen", address, NULL), 0), CW_EXIT_UNKNOWN);
	snprintf(want, sizeof(want), "cannot listen on %s: Address already in use", address);
	said(want);
	served(&l);
	assert_int_equal(ended(pid, SIGKILL), 128 + SIGKILL);
	assert_int_equal(stat(l.path, &st), 0);	/* left behind */
	pid = begin("--listen", address, NULL);
	served(&l);
	ended(pid, SIGTERM);
	assert_int_equal(stat(l.path, &st), -1);
}

static void test_port_in_use(void **state)
{
	char address[32], want[96];
	struct cw_listen l;
	int fd;

	(void)state;
	snprintf(address, sizeof(address), "127.0.0.1:%d", free_port());
	assert_int_equal(cw_listen_parse(&l, address), 0);
	fd = cw_listen_open(&l);
	assert_true(fd >= 0);
	assert_int_equal(ended(begin("--listen", address, NULL), 0), CW_EXIT_UNKNOWN);
	snprintf(want, sizeof(want), "cannot listen on %s: Address already in use", address);
	said(want);
	close(fd);
}

static void test_addresses(void **state)
{
	static const struct {
		const char *text;
		int err;
		bool local;
	} rows[] = {
		{ "127.0.0.1:9464", 0, true },	      { "127.8.9.1:1", 0, true },
		{ "[::1]:65535", 0, true },	      { "unix:/run/x", 0, true },
		{ "0.0.0.0:9464", 0, false },	      { "192.0.2.1:9464", 0, false },
		{ "[::]:9464", 0, false },	      { "[2001:db8::1]:9464", 0, false },
		{ "[::ffff:127.0.0.1]:9464", 0, false }, { "localhost:9464", -EINVAL, false },
		{ "127.0.0.1", -EINVAL, false },      { "127.0.0.1:", -EINVAL, false },
		{ "127.0.0.1:0", -EINVAL, false },    { "127.0.0.1:65536", -EINVAL, false },
		{ ":9464", -EINVAL, false },	      { "::1:9464", -EINVAL, false },
		{ "unix:", -EINVAL, false },	      { "", -EINVAL, false },
		{ "127.0.0.1:94x", -EINVAL, false },
	};
	struct cw_listen l;
	size_t i;

	(void)state;
	for (i = 0; i < NR(rows); i++) {
		assert_int_equal(cw_listen_parse(&l, rows[i].text), rows[i].err);
		if (!rows[i].err)
			assert_int_equal(cw_listen_is_local(&l), rows[i].local);
	}
}

static void file_path(char *path, size_t size, const char *name)
{
	snprintf(path, size, "%s/%s", dir, name);
}

/* Read all the time while it is written all the time: it is whole whenever it is there. */
static void test_textfile(void **state)
{
	char path[64];
	struct stat st;
	int i, whole = 0;
	pid_t pid;

	(void)state;
	file_path(path, sizeof(path), "cocowatch.prom");
	pid = begin("--textfile", path, "--interval=1s");
	for (i = 0; i < 2500; i++) {
		FILE *f = fopen(path, "r");
		size_t len;

		usleep(1000);
		if (!f)
			continue;
		len = fread(reply, 1, sizeof(reply) - 1, f);
		fclose(f);
		reply[len] = '\0';
		assert_non_null(strstr(reply, "cocowatch_session_up 1\n"));
		assert_non_null(strstr(reply, "\ncocowatch_resident_memory_bytes "));
		assert_int_equal(reply[len - 1], '\n');
		whole++;
	}
	assert_true(whole > 100);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_int_equal(ended(pid, SIGTERM), CW_EXIT_UNKNOWN);
	i = open(path, O_RDONLY);
	reply[read(i, reply, sizeof(reply) - 1)] = '\0';
	close(i);
	assert_non_null(strstr(reply, "cocowatch_session_up 0\n"));
}

static void test_textfile_cannot_be_written(void **state)
{
	char want[128];

	(void)state;
	assert_int_equal(ended(begin("--textfile", "/proc/cocowatch.prom", NULL), 0),
			 CW_EXIT_UNKNOWN);
	snprintf(want, sizeof(want), "cannot write /proc/cocowatch.prom: No such file or directory");
	said(want);
	assert_int_equal(ended(begin("--textfile", "/no/such/dir/x.prom", NULL), 0), CW_EXIT_UNKNOWN);
	said("cannot write /no/such/dir/x.prom: No such file or directory");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_served),
	CASE(test_slow_and_greedy),
	CASE(test_unix),
	CASE(test_port_in_use),
	cmocka_unit_test(test_addresses),
	CASE(test_textfile),
	CASE(test_textfile_cannot_be_written),
};

UNIT_MAIN(tests)
