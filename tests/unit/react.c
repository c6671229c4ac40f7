// SPDX-License-Identifier: GPL-2.0-only
/* Reactions to a violation: what each does, how often at most, and that what is refused is said. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "clock.h"
#include "out.h"
#include "react.h"

#define SEC 1000000000ULL

static struct cw_reactions rs;
static struct cw_platform platform = { .release = "6.12.0-test", .mode = "snp-vtom" };
static struct cw_arming arming;
static struct cw_policy policy;
static struct cw_start start = { .platform = &platform, .arming = &arming, .policy = &policy };
static struct cw_ev_step event;
static struct cw_detail detail;
static struct cw_report report;
static char dir[] = "/tmp/cw-react-XXXXXX";
static char program[64], told[64];
static int nr_stopped, nr_snapshots;

static int stop(void *ctx)
{
	(void)ctx;
	nr_stopped++;
	return 0;
}

static int snapshot(void *ctx, const struct cw_report *r)
{
	(void)ctx;
	nr_snapshots += r == &report;
	return nr_snapshots > 2 ? -ENOSPC : 0;
}

static const struct cw_react_hooks hooks = { .stop = stop, .snapshot = snapshot };

static int setup(void **state)
{
	FILE *f;

	(void)state;
	memset(&rs, 0, sizeof(rs));
	nr_stopped = nr_snapshots = 0;
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(program, sizeof(program), "%s/program", dir);
	snprintf(told, sizeof(told), "%s/told", dir);
	f = fopen(program, "w");
	if (!f)
		return -1;
	fprintf(f, "#!/bin/sh\ncat >%s.new && mv %s.new %s\n", told, told, told);
	fclose(f);
	chmod(program, 0755);
	event = a_step(CW_EV_END, 3, 1000);
	detail = (struct cw_detail){ .rule = CW_RULE_T3,
				     .finding = CW_FIND_END_OWN_BIT,
				     .gfn = 0x102 };
	report = (struct cw_report){ .rule = cw_rule_info(CW_RULE_T3),
				     .finding = cw_finding_info(CW_FIND_END_OWN_BIT),
				     .detail = &detail, .event = &event.hdr, .sev = CW_SEV_V, .comm = "" };
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	cw_reactions_close(&rs);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static void add(const char *arg)
{
	assert_int_equal(cw_reactions_add(&rs, arg), 0);
}

static void react(__u64 now_ns)
{
	cw_react(&rs, &start, &report, now_ns);
}

static void wait_all(void)
{
	int i, k, left = 1;

	for (i = 0; i < 200 && left; i++) {
		cw_reactions_wait(&rs);
		for (k = 0, left = 0; k < CW_REACT_RUNNING_MAX; k++)
			left += !!rs.running[k];
		usleep(50000);
	}
	assert_int_equal(left, 0);
}

static void test_exec(void **state)
{
	char arg[128];
	json_t *o;

	(void)state;
	snprintf(arg, sizeof(arg), "T3=exec:%s", program);
	add(arg);
	assert_int_equal(cw_reactions_open(&rs, &hooks), 0);
	react(SEC);
	wait_all();
	assert_int_equal(rs.reaction[0].done, 1);
	o = json_load_file(told, 0, NULL);
	assert_non_null(o);
	assert_string_equal(json_string_value(json_object_get(o, "type")), "violation");
	assert_string_equal(json_string_value(json_object_get(o, "rule")), "T3");
	assert_int_equal(json_integer_value(json_object_get(o, "detail_gfn")), 0x102);
	json_decref(o);
}

/* Another rule's violation does nothing. */
static void test_other_rule(void **state)
{
	(void)state;
	add("T2=stop");
	assert_int_equal(cw_reactions_open(&rs, &hooks), 0);
	react(SEC);
	assert_int_equal(nr_stopped, 0);
	detail.rule = CW_RULE_T2;
	react(SEC);
	assert_int_equal(nr_stopped, 1);
}

static void test_few_at_once(void **state)
{
	char arg[128];
	FILE *f = fopen(program, "w");

	(void)state;
	fputs("#!/bin/sh\nsleep 0.5\n", f);
	fclose(f);
	snprintf(arg, sizeof(arg), "T3=exec:%s", program);
	add(arg);
	assert_int_equal(cw_reactions_open(&rs, &hooks), 0);
	for (int i = 0; i < CW_REACT_RUNNING_MAX + 1; i++)
		react(SEC);
	assert_int_equal(rs.reaction[0].done, CW_REACT_RUNNING_MAX);
	assert_int_equal(rs.reaction[0].limited, 1);
	wait_all();
	react(100 * SEC);
	assert_int_equal(rs.reaction[0].done, CW_REACT_RUNNING_MAX + 1);
	wait_all();
}

static void test_limit(void **state)
{
	int i;

	(void)state;
	add("state-agrees=stop");
	assert_int_equal(cw_reactions_open(&rs, &hooks), 0);
	for (i = 0; i < 1000; i++)
		react(SEC + (__u64)i);
	assert_int_equal(nr_stopped, CW_REACT_BURST);
	assert_int_equal(rs.reaction[0].limited, 1000 - CW_REACT_BURST);
	react(SEC + CW_REACT_EVERY_NS);
	react(SEC + CW_REACT_EVERY_NS);
	assert_int_equal(nr_stopped, CW_REACT_BURST + 1);
	for (i = 0; i < 10; i++)
		react(1000 * SEC);
	assert_int_equal(nr_stopped, 2 * CW_REACT_BURST + 1);
	react(1);	/* a clock that ran backwards */
	assert_int_equal(nr_stopped, 2 * CW_REACT_BURST + 1);
}

static void test_snapshot(void **state)
{
	(void)state;
	add("T3=snapshot");
	assert_int_equal(cw_reactions_open(&rs, &hooks), 0);
	react(SEC);
	react(SEC);
	react(SEC);
	assert_int_equal(rs.reaction[0].done, 2);
	assert_int_equal(rs.reaction[0].failed, 1);
}

static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (!pid) {
		execlp("sleep", "sleep", "20", NULL);
		_exit(1);
	}
	usleep(200000);
	return pid;
}

static void test_signal(void **state)
{
	pid_t pid = sleeper();
	int status;

	(void)state;
	add("T3=signal:usr1");
	assert_int_equal(cw_reactions_open(&rs, &hooks), 0);
	event.hdr.task = (__u64)pid << 32 | (__u32)pid;
	report.comm = "other";	/* the number is somebody else's now */
	react(SEC);
	assert_int_equal(rs.reaction[0].failed, 1);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	report.comm = "sleep";
	react(SEC);
	assert_int_equal(rs.reaction[0].done, 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1);
	react(SEC);
	assert_int_equal(rs.reaction[0].failed, 2);
}

/* Nobody is hit by a task of 0, which would be our own group, by init's or by our own. */
static void test_signal_nobody(void **state)
{
	(void)state;
	add("T3=signal:KILL");
	assert_int_equal(cw_reactions_open(&rs, &hooks), 0);
	event.hdr.task = 0;
	react(SEC);
	event.hdr.task = 1ULL << 32 | 1;
	react(SEC);
	event.hdr.task = (__u64)getpid() << 32 | (__u32)getpid();
	react(SEC);
	event.hdr.task = 1ULL << 63;
	react(SEC);
	assert_int_equal(rs.reaction[0].failed, 4);
}

/* In the order of the table, whatever order they were given in: the panic last. */
static void test_panic_is_last(void **state)
{
	int fd[2];
	char c[4];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	add("T3=panic");
	add("T3=stop");
	rs.hooks = hooks;
	rs.panic_fd = fd[1];
	react(SEC);
	assert_int_equal(nr_stopped, 1);
	assert_int_equal(read(fd[0], c, sizeof(c)), 1);
	assert_int_equal(c[0], 'c');
	close(fd[0]);
	close(fd[1]);
}

static void test_refused(void **state)
{
	static const char *const args[] = { "", "T3", "T3=", "T99=stop", "T3=stopp", "T3=exec", "T3=exec:",
		"T3=exec:relative", "T3=signal", "T3=signal:", "T3=signal:99", "T3=signal:NOPE", "T3=stop:now",
		"T3=report:x", "T3=panic:now", "T3=a-name-that-is-longer-than-any-action:x" };
	static const struct cw_react_hooks none = { .ctx = NULL };
	static const char *const opened[] = { "T3=panic", "T3=exec:/nonexistent", "T3=exec:/tmp",
		"T3=exec:/etc/passwd", "T3=snapshot", "T3=stop" };
	size_t i;

	(void)state;
	quiet();
	for (i = 0; i < NR(args); i++)
		assert_int_equal(cw_reactions_add(&rs, args[i]), -EINVAL);
	assert_int_equal(rs.nr, 0);
	for (i = 0; i < NR(opened); i++) {
		rs.nr = 0;
		add(opened[i]);
		assert_true(cw_reactions_open(&rs, &none) < 0);
	}
	rs.nr = 0;
	for (i = 0; i < CW_REACTIONS_MAX; i++)
		add("T3=stop");
	assert_int_equal(cw_reactions_add(&rs, "T3=stop"), -EINVAL);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_exec),
	CASE(test_other_rule),
	CASE(test_few_at_once),
	CASE(test_limit),
	CASE(test_snapshot),
	CASE(test_signal),
	CASE(test_signal_nobody),
	CASE(test_panic_is_last),
	CASE(test_refused),
};

UNIT_MAIN(tests)
