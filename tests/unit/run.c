// SPDX-License-Identifier: GPL-2.0-only
/* What ends a session and which signals go where, with a session that is not there. */
#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/cocowatch/child.c"
#include "../../src/cocowatch/run.c"
#include "../../src/cocowatch/run_record.c"

/* ---- in place of a session ---- */

static int session_pipe[2];
static int nr_drained, stop_after;
static struct running *under_test;
static struct cw_totals session_totals;

int cw_session_open(struct cw_session **out, const struct cw_platform *p,
		    const struct cw_session_opts *opts, struct cw_arming *arming,
		    struct cw_feed *feed, char *why, size_t size)
{
	(void)out;
	(void)p;
	(void)opts;
	(void)arming;
	(void)feed;
	snprintf(why, size, "not here");
	return -ENOENT;
}

struct cw_pte_fmt cw_session_fmt(const struct cw_source *source, const struct cw_platform *p)
{
	(void)source;
	(void)p;
	return (struct cw_pte_fmt){ .shared_mask = 1ULL << 57 };
}

int cw_session_fd(const struct cw_session *s)
{
	(void)s;
	return session_pipe[0];
}

__u64 cw_session_late(struct cw_session *s)
{
	(void)s;
	return 0;
}

bool cw_session_waits(const struct cw_session *s)
{
	(void)s;
	return false;
}

void cw_session_pages(const struct cw_session *session,
		      void (*fn)(void *ctx, __u64 gfn, __u64 nr, __u32 state), void *ctx)
{
	(void)session;
	(void)fn;
	(void)ctx;
}

bool cw_session_drain(struct cw_session *s)
{
	(void)s;
	if (++nr_drained == stop_after)
		under_test->stop = true;
	return true;
}

void cw_session_stop(struct cw_session *s)
{
	(void)s;
}

void cw_session_totals(const struct cw_session *s, struct cw_totals *t)
{
	(void)s;
	*t = session_totals;
}

void cw_session_close(struct cw_session *s)
{
	(void)s;
}

/* ---- the tests ---- */

static char *const command[] = { "sleep", "60", NULL };
static struct cw_run opts;
static struct running s;

static int setup(void **state)
{
	(void)state;
	signal(SIGINT, SIG_DFL);	/* what a shell starts in the background inherits another */
	opts = (struct cw_run){ .slow_limit_ns = CW_SLOW_LIMIT_NS };
	s = (struct running){ .run = &opts, .signal_fd = -1 };
	s.feed.writers = &opts.common.writers;
	s.platform.mode = "none";
	cw_arming_init(&s.arming, &cw_source_module, 0);
	under_test = &s;
	nr_drained = 0;
	stop_after = 0;
	memset(&session_totals, 0, sizeof(session_totals));
	return pipe(session_pipe);
}

static int teardown(void **state)
{
	(void)state;
	if (s.child.pid && !s.child.ended) {
		kill(s.child.pid, SIGKILL);
		cw_child_cancel(&s.child);
	}
	close(session_pipe[0]);
	close(session_pipe[1]);
	return 0;
}

/* The command, in our process group or in one of its own. */
static void command_runs(bool own_group)
{
	sigset_t mask;

	sigemptyset(&mask);
	opts.command = command;
	assert_int_equal(cw_child_start(&s.child, command, &mask), 0);
	if (own_group)
		assert_int_equal(setpgid(s.child.pid, s.child.pid), 0);
	assert_int_equal(cw_child_go(&s.child), 0);
}

/* Whether the command ends of a signal that came to us. */
static bool ends_of(int signal, int code)
{
	struct signalfd_siginfo si = { .ssi_signo = (__u32)signal, .ssi_code = code };
	int tries;

	on_signal(&s, &si);
	for (tries = 0; !s.child.ended && tries < 30; tries++) {
		usleep(10000);
		cw_child_wait(&s.child);
	}
	return s.child.ended && s.child.status == 128 + signal;
}

static void test_closed_pipe(void **state)
{
	(void)state;
	assert_false(is_over(&s));
	opts.common.writers.pipe_closed = true;
	assert_true(is_over(&s));
	opts.command = command;	/* the command goes on, and the verdict with it */
	assert_false(is_over(&s));
	s.child.ended = true;
	assert_true(is_over(&s));
}

static void test_terminal_signal_reached_the_command(void **state)
{
	(void)state;
	command_runs(false);
	assert_false(ends_of(SIGINT, SI_KERNEL));
	assert_false(s.stop);
	assert_true(ends_of(SIGINT, SI_USER));
}

static void test_terminal_signal_for_another_group(void **state)
{
	(void)state;
	command_runs(true);
	assert_true(ends_of(SIGINT, SI_KERNEL));
}

static void test_user_signals(void **state)
{
	struct signalfd_siginfo si = { .ssi_signo = SIGUSR1, .ssi_code = SI_USER };

	(void)state;
	on_signal(&s, &si);
	assert_false(s.stop);	/* nothing to watch */
	si.ssi_signo = SIGTERM;
	on_signal(&s, &si);
	assert_true(s.stop);
	command_runs(false);
	assert_true(ends_of(SIGUSR2, SI_USER));
}

static void test_user_signals_are_held(void **state)
{
	(void)state;
	assert_int_equal(signals_hold(&s), 0);
	raise(SIGUSR1);	/* would end us */
	raise(SIGUSR2);
	signals_read(&s);
	assert_false(s.stop);
	close(s.signal_fd);
	sigprocmask(SIG_SETMASK, &s.old_mask, NULL);
}

/* A socket whose reader went away says POLLHUP alone. */
static void test_socket_closed(void **state)
{
	int saved = dup(STDOUT_FILENO), pair[2];
	bool failed, again;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	opts.common.writers.writer[0] = (struct cw_writer){ .ops = &cw_out_text, .file = stdout };
	opts.common.writers.nr = 1;
	stop_after = 100;
	fflush(stdout);
	dup2(pair[0], STDOUT_FILENO);
	close(pair[0]);
	close(pair[1]);
	loop(&s);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	failed = opts.common.writers.writer[0].failed;
	again = nr_drained > 1;
	assert_true(failed);
	assert_false(again);
}

/* Ended by somebody before it could begin: nothing that a user has mistyped. */
static void test_command_killed_before_it_began(void **state)
{
	sigset_t mask;
	siginfo_t info;

	(void)state;
	quiet();
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&mask);
	opts.command = command;
	assert_int_equal(cw_child_start(&s.child, command, &mask), 0);
	kill(s.child.pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)s.child.pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(command_go(&s), CW_EXIT_UNKNOWN);
	assert_true(s.child.ended);
}

static void test_command_cannot_be_run(void **state)
{
	char *const missing[] = { "/no/such/program", NULL };
	sigset_t mask;

	(void)state;
	quiet();
	sigemptyset(&mask);
	opts.command = missing;
	assert_int_equal(cw_child_start(&s.child, missing, &mask), 0);
	assert_int_equal(command_go(&s), CW_EXIT_USAGE);
	assert_true(s.child.ended);
}

static bool ends_within(int centiseconds)
{
	while (!s.child.ended && centiseconds--) {
		usleep(10000);
		cw_child_wait(&s.child);
	}
	return s.child.ended;
}

/* The command's time is over: it is asked, and the session goes on until it has ended. */
static void test_time_limit(void **state)
{
	(void)state;
	opts.for_ns = 3600 * 1000000000ULL;
	command_runs(false);
	s.start.ts_ns = cw_clock_ns(CLOCK_MONOTONIC);
	command_limit(&s);
	assert_false(ends_within(20));
	s.start.ts_ns -= opts.for_ns;
	assert_false(is_over(&s));
	command_limit(&s);
	assert_true(ends_within(300));
	assert_int_equal(s.child.status, 128 + SIGTERM);
	assert_true(is_over(&s));
}

static void test_command_that_does_not_end(void **state)
{
	char *const stubborn[] = { "sh", "-c", "trap '' TERM; while :; do sleep 0.1; done", NULL };
	sigset_t mask;

	(void)state;
	sigemptyset(&mask);
	opts.command = stubborn;
	assert_int_equal(cw_child_start(&s.child, stubborn, &mask), 0);
	assert_int_equal(cw_child_go(&s.child), 0);
	usleep(300000);
	assert_int_equal(react_stop(&s), 0);
	command_limit(&s);
	assert_false(ends_within(50));
	s.ending_ns -= TERM_NSEC;
	command_limit(&s);
	assert_true(ends_within(300));
	assert_int_equal(s.child.status, 128 + SIGKILL);
}

/* Without a command it is the session that ends. */
static void test_stop_of_a_session(void **state)
{
	(void)state;
	assert_int_equal(react_stop(&s), 0);
	assert_true(is_over(&s));
}

/* How many files a directory has; they are removed. */
static int files_take(const char *path)
{
	struct dirent *entry;
	DIR *dir = opendir(path);
	int nr = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		nr++;
		unlinkat(dirfd(dir), entry->d_name, 0);
	}
	closedir(dir);
	return nr;
}

/* As a reaction the history is written at once, however short ago that was done. */
static void test_snapshot(void **state)
{
	char dir[] = "/tmp/cw-run-XXXXXX";
	const struct cw_detail detail = { .rule = CW_RULE_T3 };
	const struct cw_report report = { .detail = &detail };

	(void)state;
	quiet();
	assert_non_null(mkdtemp(dir));
	opts.common.recording = dir;
	assert_int_equal(cw_reactions_add(&opts.reactions, "T3=snapshot"), 0);
	assert_int_equal(policy_open(&s, &opts), -EINVAL);	/* nothing keeps a history */
	opts.last_ns = 3600 * 1000000000ULL;
	assert_int_equal(policy_open(&s, &opts), 0);
	assert_int_equal(cw_running_record_open(&s), 0);
	assert_int_equal(cw_running_record(&s), 0);
	cw_running_attend(&s, cw_clock_ns(CLOCK_MONOTONIC));
	on_violation(&s, &report);
	cw_running_attend(&s, cw_clock_ns(CLOCK_MONOTONIC));
	usleep(500000);
	on_violation(&s, &report);
	cw_running_attend(&s, cw_clock_ns(CLOCK_MONOTONIC));
	cw_recorder_stop(s.recorder);
	cw_recorder_free(s.recorder);
	cw_reactions_close(&opts.reactions);
	assert_int_equal(opts.reactions.reaction[0].done, 2);
	assert_int_equal(files_take(dir), 2);
	rmdir(dir);
}

static int stderr_saved;
static FILE *stderr_file;

static void stderr_catch(void)
{
	stderr_saved = dup(STDERR_FILENO);
	stderr_file = tmpfile();
	assert_non_null(stderr_file);
	fflush(stderr);
	dup2(fileno(stderr_file), STDERR_FILENO);
}

/* What was said since. */
static void stderr_caught(char *buf, size_t size)
{
	size_t len;

	fflush(stderr);
	dup2(stderr_saved, STDERR_FILENO);
	close(stderr_saved);
	rewind(stderr_file);
	len = fread(buf, 1, size - 1, stderr_file);
	buf[len] = '\0';
	fclose(stderr_file);
}

#define HOUR_NS 3600000000000ULL

/* A session that began at 22:13:20 on 2023-11-14, with this policy. */
static void session_began(const char *yaml)
{
	char path[] = "/tmp/cw-run-XXXXXX";
	int fd = mkstemp(path);

	assert_int_equal(write(fd, yaml, strlen(yaml)), strlen(yaml));
	close(fd);
	s.start = (struct cw_start){ .ts_ns = HOUR_NS, .policy = &opts.policy,
				     .wall_offset_ns = 1700000000000000000ULL - HOUR_NS };
	assert_int_equal(cw_policy_load(&opts.policy, &opts.reactions, path, 1700000000), 0);
	unlink(path);
}

/* While a session runs its waiver's last day ends: it counts until then, and is told once. */
static void test_waiver_expires(void **state)
{
	char said[256];

	(void)state;
	session_began("version: 1\nwaivers: [{rule: T3, reason: ticket 12, expires: 2023-11-14}]\n");
	stderr_catch();
	cw_running_attend(&s, 2 * HOUR_NS);
	assert_true(opts.policy.waived == CW_RULE_BIT(CW_RULE_T3));
	cw_running_attend(&s, 3 * HOUR_NS);
	cw_running_attend(&s, 4 * HOUR_NS);
	stderr_caught(said, sizeof(said));
	assert_true(opts.policy.waived == 0);
	assert_true(cw_policy_waiver(&opts.policy, 0)->expired);
	assert_non_null(strstr(said, "the waiver of T3 counted until 2023-11-14, and is a violation from "
			       "now on: ticket 12\n"));
	assert_ptr_equal(strchr(said, '\n') + 1, said + strlen(said));
	cw_policy_free(&opts.policy);
}

/* A session in which all went well, with a recording on a disk that is full at the very end: its
 * verdict, and all that ndjson says at the end.
 */
static int concluded_on_a_full_disk(bool full, char *end, size_t size)
{
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	const struct rlimit small = { 16 << 10, RLIM_INFINITY };
	static char dir[] = "/tmp/cw-run-XXXXXX", path[64], output[64];
	int status;
	size_t len;
	FILE *f;

	memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a.ccw", dir);
	snprintf(output, sizeof(output), "ndjson=%s/report", dir);
	opts.common.recording = path;
	assert_int_equal(cw_writers_add(&opts.common.writers, output), 0);
	assert_int_equal(cw_writers_open(&opts.common.writers), 0);
	s.arming.armed = CW_RULE_BIT(CW_RULE_T3);
	session_totals.rule[CW_RULE_T3].checked = 5;
	assert_int_equal(cw_running_record_open(&s), 0);
	assert_int_equal(start_tell(&s), 0);
	signal(SIGXFSZ, SIG_IGN);
	if (full)
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	status = conclude(&s);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	cw_recorder_free(s.recorder);
	cw_writers_close(&opts.common.writers);
	f = fopen(output + strlen("ndjson="), "r");
	assert_non_null(f);
	while (fgets(end, (int)size, f))	/* the last line stays */
		;
	len = strlen(end);
	assert_true(len && end[len - 1] == '\n');
	fclose(f);
	files_take(dir);
	rmdir(dir);
	return status;
}

static void test_recording_fails_at_the_end(void **state)
{
	static char end[65536];

	(void)state;
	quiet();
	assert_int_equal(concluded_on_a_full_disk(true, end, sizeof(end)), CW_EXIT_UNKNOWN);
	assert_non_null(strstr(end, "\"exit\":3"));
	assert_non_null(strstr(end, "the recording could not be written"));
}

static void test_recording_goes_well(void **state)
{
	static char end[65536];

	(void)state;
	assert_int_equal(concluded_on_a_full_disk(false, end, sizeof(end)), CW_EXIT_HELD);
	assert_non_null(strstr(end, "\"exit\":0"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_closed_pipe),
	CASE(test_terminal_signal_reached_the_command),
	CASE(test_terminal_signal_for_another_group),
	CASE(test_user_signals),
	CASE(test_user_signals_are_held),
	CASE(test_socket_closed),
	CASE(test_command_killed_before_it_began),
	CASE(test_command_cannot_be_run),
	CASE(test_time_limit),
	CASE(test_command_that_does_not_end),
	CASE(test_stop_of_a_session),
	CASE(test_snapshot),
	CASE(test_waiver_expires),
	CASE(test_recording_fails_at_the_end),
	CASE(test_recording_goes_well),
};

UNIT_MAIN(tests)
