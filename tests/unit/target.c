// SPDX-License-Identifier: GPL-2.0-only
/* Which names of outputs are one place. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "target.h"

static const struct {
	const char *name, *a, *b;
	bool same;
} cases[] = {
	{ "one file", "file", "./file", true },
	{ "a hard link", "file", "hard", true },
	{ "a link", "link", "hard", true },
	{ "another file", "file", "other", false },
	{ "one name that is not there", "new", "new", true },
	{ "by way of a directory", "new", "sub/../new", true },
	{ "by way of a link to a directory", "sub/new", "subs/new", true },
	{ "with a slash behind it", "new", "./new/", true },
	{ "in another directory", "new", "sub/new", false },
	{ "another name", "new", "newer", false },
	{ "one that is there, and one that is not", "file", "new", false },
	{ "a link to what is not there", "nowhere", "./new", true },
	{ "a link to that", "sub/back", "new", true },
	{ "a link to itself", "loop", "new", false },
	{ "no such directory", "none/new", "none/./new", false },
	{ "a device by two names", "/dev/null", "null", false },
	{ "a device by one", "/dev/null", "/dev/null", true },
};

static void files_make(void)
{
	assert_return_code(close(creat("file", 0600)), errno);
	assert_return_code(close(creat("other", 0600)), errno);
	assert_return_code(mkdir("sub", 0700), errno);
	assert_return_code(link("file", "hard"), errno);
	assert_return_code(symlink("file", "link"), errno);
	assert_return_code(symlink("sub", "subs"), errno);
	assert_return_code(symlink("new", "nowhere"), errno);
	assert_return_code(symlink("../nowhere", "sub/back"), errno);
	assert_return_code(symlink("loop", "loop"), errno);
	assert_return_code(symlink("/dev/null", "null"), errno);
}

static void test_names(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < NR(cases); i++) {
		bool same = cw_target_same(cases[i].a, cases[i].b);

		if (same != cases[i].same || same != cw_target_same(cases[i].b, cases[i].a))
			fail_msg("%s: %s and %s", cases[i].name, cases[i].a, cases[i].b);
	}
}

static void test_stdout(void **state)
{
	int before = dup(STDOUT_FILENO), fd = open("other", O_WRONLY);
	bool other, file, itself;

	(void)state;
	dup2(fd, STDOUT_FILENO);
	other = cw_target_same(NULL, "other");
	file = cw_target_same("file", NULL);
	itself = cw_target_same(NULL, NULL);
	dup2(before, STDOUT_FILENO);
	close(before);
	close(fd);
	assert_true(other);
	assert_false(file);
	assert_true(itself);
}

static char folder[] = "/tmp/cw_target.XXXXXX";

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(folder) || chdir(folder))
		return -1;
	files_make();
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = { "file", "other", "hard", "link", "subs", "nowhere",
					     "sub/back", "loop", "null" };
	size_t i;

	(void)state;
	for (i = 0; i < NR(names); i++)
		unlink(names[i]);
	rmdir("sub");
	return chdir("/") || rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_stdout),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
