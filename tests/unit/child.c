// SPDX-License-Identifier: GPL-2.0-only
/* The command under gate: how it ends, that it cannot be run, that it never begins. */
#include "unit.h"

#include <unistd.h>

#include "../../src/cocowatch/child.c"

static struct cw_child child;
static sigset_t mask;

static int setup(void **state)
{
	(void)state;
	memset(&child, 0, sizeof(child));
	sigemptyset(&mask);
	signal(SIGPIPE, SIG_IGN);	/* as a session does */
	return 0;
}

static void wait_for_end(void)
{
	int tries;

	for (tries = 0; !child.ended && tries < 1000; tries++) {
		cw_child_wait(&child);
		usleep(10000);
	}
	assert_true(child.ended);
}

static void run(const char *script)
{
	char *const argv[] = { "sh", "-c", (char *)script, NULL };

	assert_int_equal(cw_child_start(&child, argv, &mask), 0);
	assert_int_equal(cw_child_go(&child), 0);
}

static void test_status(void **state)
{
	(void)state;
	run("exit 7");
	wait_for_end();
	assert_int_equal(child.status, 7);
	cw_child_wait(&child);	/* nothing more to be waited for */
	cw_child_cancel(&child);
	assert_int_equal(child.status, 7);
}

static void test_killed_by_a_signal(void **state)
{
	(void)state;
	run("exec sleep 60");
	cw_child_wait(&child);
	assert_false(child.ended);
	cw_child_signal(&child, SIGTERM);
	wait_for_end();
	assert_int_equal(child.status, 128 + SIGTERM);
}

static void test_exec_fails(void **state)
{
	char *const argv[] = { "/no/such/program", NULL };

	(void)state;
	assert_int_equal(cw_child_check(argv[0]), -ENOENT);
	assert_int_equal(cw_child_start(&child, argv, &mask), 0);
	assert_int_equal(cw_child_go(&child), -ENOENT);
	cw_child_cancel(&child);
	assert_true(child.ended);
}

static void test_cancelled(void **state)
{
	char path[] = "/tmp/cw-child-XXXXXX";
	char *const argv[] = { "rm", path, NULL };

	(void)state;
	close(mkstemp(path));
	assert_int_equal(cw_child_start(&child, argv, &mask), 0);
	cw_child_cancel(&child);
	assert_true(child.ended);
	assert_int_equal(access(path, F_OK), 0);	/* it never began */
	unlink(path);
}

static void test_killed_before_it_began(void **state)
{
	char *const argv[] = { "true", NULL };
	siginfo_t info;

	(void)state;
	assert_int_equal(cw_child_start(&child, argv, &mask), 0);
	kill(child.pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)child.pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(cw_child_go(&child), -EPIPE);
	cw_child_cancel(&child);
	assert_true(child.ended);
}

#define CASE(f) cmocka_unit_test_setup(f, setup)

static const struct CMUnitTest tests[] = {
	CASE(test_status),
	CASE(test_killed_by_a_signal),
	CASE(test_exec_fails),
	CASE(test_cancelled),
	CASE(test_killed_before_it_began),
};

UNIT_MAIN(tests)
