// SPDX-License-Identifier: GPL-2.0-only
/* What guest.sh measures with, in the machine.
 *
 * Usage: gauge stamp FILE COMMAND...	write the time to FILE and become COMMAND
 *	  gauge since FILE LINES TEXT PID
 *		wait until a line of LINES has TEXT, or PID ends: seconds since the stamp
 *	  gauge plain PAGES MS		nanoseconds of one transition of cocovm.ko, over at least MS
 *	  gauge convert PAGES MS	nanoseconds of one of cw_convert.ko
 *	  gauge packets ADDRESS MS	nanoseconds of one packet to or from the echo service there
 *	  gauge spawn MS PROGRAM	nanoseconds to start and reap PROGRAM, over at least MS
 *	  gauge freed NR PROGRAM	pages that the kernel frees for one PROGRAM, over NR of them
 *	  gauge progs			NAME RUNS NANOSECONDS VERIFIED MISSED of each BPF program
 *	  gauge maps			NAME BYTES of each BPF map
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "bench.h"

#define DEVICE "/dev/cocovm"
#define CONVERT "/sys/module/cw_convert/parameters/run"
#define ECHO_PORT 7
#define ECHO_BYTES 61		/* no multiple of 8: a packet of VMBus has to be padded */
#define WAIT_NS (180 * NSEC_PER_SEC)
#define WAIT_STEP_US 2000
#define LOOPS_START 2	/* even: `plain` takes turns between an honest host and one that stutters */

extern char **environ;

/* ---- time to attach ---- */

static int do_stamp(int argc, char **argv)
{
	FILE *f = argc > 1 ? fopen(argv[0], "w") : NULL;

	if (!f)
		return failed("stamp: FILE COMMAND...");
	fprintf(f, "%llu\n", now_ns());
	fclose(f);
	execvp(argv[1], argv + 1);
	return failed("cannot run %s: %s", argv[1], strerror(errno));
}

static int has_line(const char *path, const char *text)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;
	int found = 0;

	if (!f)
		return 0;
	while (!found && getline(&line, &size, f) > 0)
		found = !!strstr(line, text);
	free(line);
	fclose(f);
	return found;
}

/* Ended, whether its parent has noticed or not. */
static int has_ended(const char *pid)
{
	char path[64], state = 'Z';
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	f = fopen(path, "r");
	if (f && fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 'Z';
	if (f)
		fclose(f);
	return state == 'Z';
}

static int do_since(int argc, char **argv)
{
	__u64 begin = now_ns(), stamp = 0, now;
	FILE *f;

	if (argc != 4)
		return failed("since: FILE LINES TEXT PID");
	while (!has_line(argv[1], argv[2])) {
		if (has_ended(argv[3]) || now_ns() - begin > WAIT_NS)
			return failed("no line with %s in %s", argv[2], argv[1]);
		usleep(WAIT_STEP_US);
	}
	now = now_ns();
	f = fopen(argv[0], "r");
	if (!f || fscanf(f, "%llu", &stamp) != 1)
		return failed("cannot read %s", argv[0]);
	fclose(f);
	printf("%.4f\n", (double)(now - stamp) / NSEC_PER_SEC);
	return 0;
}

/* ---- loops that grow until they take long enough ---- */

struct work {
	/* Does nr of it, and returns how many were counted, or 0 after a message. */
	double (*run)(const struct work *w, unsigned long nr);
	unsigned long pages;
	char **command;
	int socket;
};

static int work_time(const struct work *w, __u64 min_ns)
{
	unsigned long nr = LOOPS_START;
	__u64 start, spent;
	double done;

	for (;; nr *= 2) {
		start = now_ns();
		done = w->run(w, nr);
		spent = now_ns() - start;
		if (done <= 0)
			return 1;
		if (spent >= min_ns)
			break;
		/* most of the way in one step */
		while (spent * 4 < min_ns) {
			spent *= 2;
			nr *= 2;
		}
	}
	printf("%.1f\n", (double)spent / done);
	return 0;
}

static double transitions(void)
{
	FILE *f = fopen(DEVICE, "r");
	char line[256];
	double n = -1;

	while (f && n < 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, "transitions=%lf", &n) != 1)
			n = -1;
	if (f)
		fclose(f);
	return n;
}

static double run_plain(const struct work *w, unsigned long nr)
{
	double before = transitions(), after;
	int fd = open(DEVICE, O_WRONLY), len;
	char line[128];

	len = snprintf(line, sizeof(line), "honest plain pages=%lu loops=%lu", w->pages, nr);
	if (fd < 0 || write(fd, line, (size_t)len) != len) {
		failed("%s: %s: %s", DEVICE, line, strerror(errno));
		close(fd);
		return 0;
	}
	close(fd);
	after = transitions();
	if (before < 0 || after <= before) {
		failed("%s does not count transitions", DEVICE);
		return 0;
	}
	return after - before;
}

static int do_plain(int argc, char **argv)
{
	struct work w = { .run = run_plain, .pages = number(argc == 2 ? argv[0] : NULL) };
	unsigned long ms = number(argc == 2 ? argv[1] : NULL);

	return w.pages && ms ? work_time(&w, ms * NSEC_PER_MSEC) : 2;
}

static double run_convert(const struct work *w, unsigned long nr)
{
	int fd = open(CONVERT, O_WRONLY), len;
	char line[64];

	len = snprintf(line, sizeof(line), "%lu %lu", w->pages, nr);
	if (fd < 0 || write(fd, line, (size_t)len) != len) {
		failed("%s: %s: %s", CONVERT, line, strerror(errno));
		nr = 0;
	}
	if (fd >= 0)
		close(fd);
	return 2.0 * (double)nr;
}

static int do_convert(int argc, char **argv)
{
	struct work w = { .run = run_convert, .pages = number(argc == 2 ? argv[0] : NULL) };
	unsigned long ms = number(argc == 2 ? argv[1] : NULL);

	return w.pages && ms ? work_time(&w, ms * NSEC_PER_MSEC) : 2;
}

/* One there and one back.  A datagram that gets lost is an error: waiting for it is no work. */
static double run_packets(const struct work *w, unsigned long nr)
{
	char out[ECHO_BYTES] = { 0 }, in[ECHO_BYTES + 1];
	unsigned long i;

	for (i = 0; i < nr; i++) {
		memcpy(out, &i, sizeof(i));
		if (send(w->socket, out, sizeof(out), 0) == sizeof(out) &&
		    recv(w->socket, in, sizeof(in), 0) == sizeof(out) &&
		    !memcmp(in, out, sizeof(out)))
			continue;
		failed("packet %lu did not come back: %s", i, strerror(errno));
		return 0;
	}
	return 2.0 * (double)nr;
}

static int echo_dial(const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(ECHO_PORT) };
	struct timeval wait = { .tv_sec = 10 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return -1;
	return fd;
}

static int do_packets(int argc, char **argv)
{
	unsigned long ms = number(argc == 2 ? argv[1] : NULL);
	struct work w = { .run = run_packets };
	int err;

	if (!ms)
		return 2;
	w.socket = echo_dial(argv[0]);
	if (w.socket < 0)
		return failed("%s: %s", argv[0], strerror(errno));
	err = work_time(&w, ms * NSEC_PER_MSEC);
	close(w.socket);
	return err;
}

static double run_spawn(const struct work *w, unsigned long nr)
{
	unsigned long i;
	int err, status;
	pid_t pid;

	for (i = 0; i < nr; i++) {
		err = posix_spawn(&pid, w->command[0], NULL, NULL, w->command, environ);
		if (!err && waitpid(pid, &status, 0) == pid && status == 0)
			continue;
		failed("cannot run %s: %s", w->command[0], strerror(err));
		return 0;
	}
	return (double)nr;
}

static int do_spawn(int argc, char **argv)
{
	struct work w = { .run = run_spawn, .command = argv + 1 };
	unsigned long ms = number(argc >= 2 ? argv[0] : NULL);

	return ms ? work_time(&w, ms * NSEC_PER_MSEC) : 2;
}

static double freed(void)
{
	FILE *f = fopen("/proc/vmstat", "r");
	char line[128];
	double n = -1;

	while (f && n < 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, "pgfree %lf", &n) != 1)
			n = -1;
	if (f)
		fclose(f);
	return n;
}

static int do_freed(int argc, char **argv)
{
	struct work w = { .command = argv + 1 };
	unsigned long nr = number(argc >= 2 ? argv[0] : NULL);
	double before = freed();

	if (!nr || before < 0 || run_spawn(&w, nr) <= 0)
		return failed("freed: NR PROGRAM");
	printf("%.1f\n", (freed() - before) / (double)nr);
	return 0;
}

/* ---- what the kernel says of programs and maps ---- */

static int prog_print(int fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return failed("cannot read a BPF program's figures: %s", strerror(errno));
	printf("%s %llu %llu %u %llu\n", *info.name ? info.name : "-", info.run_cnt,
	       info.run_time_ns, info.verified_insns, info.recursion_misses);
	return 0;
}

static int do_progs(int argc, char **argv)
{
	__u32 id = 0;
	int fd, err = 0;

	(void)argc;
	(void)argv;
	while (!err && !bpf_prog_get_next_id(id, &id)) {
		fd = bpf_prog_get_fd_by_id(id);
		if (fd < 0)
			continue;	/* gone meanwhile */
		err = prog_print(fd);
		close(fd);
	}
	return err;
}

/* Bytes that the kernel charges for a map, or -1. */
static double map_bytes(int fd)
{
	char path[64], line[256];
	double bytes = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	while (f && bytes < 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, "memlock: %lf", &bytes) != 1)
			bytes = -1;
	if (f)
		fclose(f);
	return bytes;
}

static int map_print(int fd)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);
	double bytes = map_bytes(fd);

	if (bytes < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		return failed("cannot read a BPF map's size: %s", strerror(errno));
	printf("%s %.0f\n", *info.name ? info.name : "-", bytes);
	return 0;
}

static int do_maps(int argc, char **argv)
{
	__u32 id = 0;
	int fd, err = 0;

	(void)argc;
	(void)argv;
	while (!err && !bpf_map_get_next_id(id, &id)) {
		fd = bpf_map_get_fd_by_id(id);
		if (fd < 0)
			continue;
		err = map_print(fd);
		close(fd);
	}
	return err;
}

/* ---- how old news are ---- */

/* Milliseconds since the event that a line of NDJSON is about, or -1 when it is about none. */
static double line_age(const char *line)
{
	const char *at = strstr(line, "\"ts_ns\":");
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!at || !strstr(line, "\"type\":\"violation\""))
		return -1;
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6 - strtod(at + 8, NULL) / 1e6;
}

/* The longest, of the violations on standard input. */
static int do_age(int argc, char **argv)
{
	double longest = -1, age;
	char *line = NULL;
	size_t size = 0;

	(void)argc;
	(void)argv;
	while (getline(&line, &size, stdin) > 0) {
		age = line_age(line);
		longest = age > longest ? age : longest;
	}
	free(line);
	if (longest < 0)
		return failed("age: no violation on standard input");
	printf("%.3f\n", longest);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "stamp", do_stamp },
	{ "since", do_since },
	{ "plain", do_plain },
	{ "convert", do_convert },
	{ "packets", do_packets },
	{ "spawn", do_spawn },
	{ "freed", do_freed },
	{ "progs", do_progs },
	{ "maps",  do_maps },
	{ "age", do_age },
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 2, argv + 2);
	failed("gauge: stamp, since, plain, convert, packets, spawn, freed, progs, maps or age");
	return 2;
}
