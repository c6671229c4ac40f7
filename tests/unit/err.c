// SPDX-License-Identifier: GPL-2.0-only
/* Messages are one line, whatever a name in them holds. */
#include "unit.h"

#include <errno.h>
#include <locale.h>
#include <unistd.h>

#include "err.h"
#include "text.h"

/* What cw_err() writes to stderr. */
static const char *said(int err, const char *name)
{
	static char text[4096];
	int saved = dup(STDERR_FILENO), fds[2];
	ssize_t len;

	assert_int_equal(pipe(fds), 0);
	dup2(fds[1], STDERR_FILENO);
	assert_int_equal(cw_err(err, "cannot write %s", name), err);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fds[1]);
	len = read(fds[0], text, sizeof(text) - 1);
	close(fds[0]);
	text[len > 0 ? len : 0] = '\0';
	return text;
}

static void test_one_line(void **state)
{
	(void)state;
	assert_string_equal(said(-ENOENT, "a file"),
			    "err: cannot write a file: No such file or directory\n");
	assert_string_equal(said(0, "a\nb\x1b[2J\r\x7f"), "err: cannot write a?b?[2J??\n");
	assert_string_equal(said(0, "\xff\xfe"), "err: cannot write ??\n");
}

static void test_letters_of_others(void **state)
{
	char text[] = "\xc3\xa4\xc2\x9b\xe2\x82\xac\xc3";	/* ae, CSI, euro, half a letter */

	(void)state;
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		skip();
	cw_text_clean(text);
	assert_string_equal(text, "\xc3\xa4?\xe2\x82\xac?");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_one_line),
	cmocka_unit_test(test_letters_of_others),
};

UNIT_MAIN(tests)
