// SPDX-License-Identifier: GPL-2.0-only
/* top on a terminal of our own: what it paints is read back as a terminal would show it, keys and
 * new sizes arrive, and whatever ends it the terminal is given back as it was.
 */
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include "fake_session.h"

#include "../../src/cocowatch/cmd_top.c"
#include "../../src/cocowatch/top_draw.c"
#include "../../src/cocowatch/top_screen.c"

/* ---- a terminal ---- */

#define ROWS 60
#define COLS_MAX 160

struct terminal {
	int fd;
	pid_t pid;
	struct termios before;
	char cell[ROWS][COLS_MAX + 1];
	int row, col;
	bool alternate;		/* the other screen is shown, as programs do that take it over */
	bool cursor_hidden;
	bool colored;		/* something was painted in a colour */
	char esc[64];		/* sequence being read */
	size_t nr_esc;
};

static struct terminal term;

static void cells_clear(struct terminal *t, int row, int from, int to)
{
	memset(&t->cell[row][from], ' ', (size_t)(to - from));
}

static int number(const char *s, int otherwise)
{
	return *s >= '0' && *s <= '9' ? atoi(s) : otherwise;
}

static void mode_set(struct terminal *t, const char *args, bool on)
{
	if (!strcmp(args, "?1049"))
		t->alternate = on;
	else if (!strncmp(args, "?25", 3))
		t->cursor_hidden = !on;
	else if (!strcmp(args, "?12;25"))
		t->cursor_hidden = !on;
}

static void display_erase(struct terminal *t, int how)
{
	int row;

	for (row = how == 2 ? 0 : t->row + 1; row < ROWS; row++)
		cells_clear(t, row, 0, COLS_MAX);
	if (how != 2)
		cells_clear(t, t->row, t->col, COLS_MAX);
}

/* Of the numbers of "ESC [ ... m", 30 to 37 are colours of text, 40 to 47 of what is behind it. */
static bool is_color(const char *args)
{
	for (; args && *args; args = strchr(args, ';') ? strchr(args, ';') + 1 : NULL)
		if ((atoi(args) >= 30 && atoi(args) <= 37) ||
		    (atoi(args) >= 40 && atoi(args) <= 47))
			return true;
	return false;
}

/* What xterm's entry of terminfo makes ncurses send. */
static void sequence(struct terminal *t, const char *args, char what)
{
	const char *second = strchr(args, ';');
	int n = number(args, 1), i;

	switch (what) {
	case 'H':
		t->row = n - 1;
		t->col = second ? number(second + 1, 1) - 1 : 0;
		break;
	case 'd':
		t->row = n - 1;
		break;
	case 'G':
		t->col = n - 1;
		break;
	case 'A':
		t->row -= n;
		break;
	case 'C':
		t->col += n;
		break;
	case 'D':
		t->col -= n;
		break;
	case 'J':
		display_erase(t, number(args, 0));
		break;
	case 'K':
		if (number(args, 0) == 1)
			cells_clear(t, t->row, 0, t->col + 1);
		else
			cells_clear(t, t->row, t->col, COLS_MAX);
		break;
	case 'X':
		cells_clear(t, t->row, t->col, t->col + n < COLS_MAX ? t->col + n : COLS_MAX);
		break;
	case 'P':	/* characters deleted: the rest of the line moves left */
		memmove(&t->cell[t->row][t->col], &t->cell[t->row][t->col + n],
			(size_t)(COLS_MAX - t->col - n));
		break;
	case '@':
		memmove(&t->cell[t->row][t->col + n], &t->cell[t->row][t->col],
			(size_t)(COLS_MAX - t->col - n));
		cells_clear(t, t->row, t->col, t->col + n);
		break;
	case 'b':	/* the character before, n times more */
		for (i = 0; i < n && t->col < COLS_MAX; i++, t->col++)
			t->cell[t->row][t->col] = t->cell[t->row][t->col - 1];
		break;
	case 'h':
	case 'l':
		mode_set(t, args, what == 'h');
		break;
	case 'm':
		t->colored |= is_color(args);
		break;
	default:
		if (!strchr("rt", what))
			fail_msg("sequence not known: ESC [ %s %c", args, what);
	}
}

static void byte_take(struct terminal *t, char c)
{
	if (t->nr_esc) {
		t->esc[t->nr_esc++] = c;
		assert_true(t->nr_esc < sizeof(t->esc));
		t->esc[t->nr_esc] = '\0';
		if (t->nr_esc == 2 && c == '[')
			return;
		if (t->nr_esc == 2 && strchr("()", c))
			return;
		if (t->esc[1] == '[' && !(c >= '@' && c <= '~'))
			return;
		if (t->esc[1] == '[') {
			t->esc[t->nr_esc - 1] = '\0';
			sequence(t, t->esc + 2, c);
		}
		t->nr_esc = 0;
	} else if (c == '\033') {
		t->esc[0] = c;
		t->nr_esc = 1;
	} else if (c == '\r') {
		t->col = 0;
	} else if (c == '\n') {
		t->row++;
	} else if (c == '\b') {
		t->col--;
	} else if (c >= ' ') {
		assert_in_range(t->row, 0, ROWS - 1);
		assert_in_range(t->col, 0, COLS_MAX - 1);
		t->cell[t->row][t->col++] = c;
	}
}

/* Reads until the text shows in a line, for ten seconds; NULL: until the end. */
static bool shows(struct terminal *t, const char *text)
{
	__u64 end = cw_clock_ns(CLOCK_MONOTONIC) + 10000000000ULL;
	struct pollfd p = { .fd = t->fd, .events = POLLIN };
	char buf[4096];
	ssize_t len, i;
	int row;

	while (cw_clock_ns(CLOCK_MONOTONIC) < end) {
		for (row = 0; text && row < ROWS; row++)
			if (strstr(t->cell[row], text))
				return true;
		if (poll(&p, 1, 100) <= 0)
			continue;
		len = read(t->fd, buf, sizeof(buf));
		if (len <= 0)
			return !text;
		for (i = 0; i < len; i++)
			byte_take(t, buf[i]);
	}
	return false;
}

static void resize(struct terminal *t, unsigned short rows, unsigned short cols)
{
	struct winsize size = { .ws_row = rows, .ws_col = cols };

	assert_int_equal(ioctl(t->fd, TIOCSWINSZ, &size), 0);
}

static void begin(const char *name, char *const *argv)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	int argc = 0, row, slave;

	memset(&term, 0, sizeof(term));
	for (row = 0; row < ROWS; row++)
		cells_clear(&term, row, 0, COLS_MAX);
	assert_int_equal(openpty(&term.fd, &slave, NULL, NULL, &size), 0);
	assert_int_equal(tcgetattr(slave, &term.before), 0);
	term.pid = fork();
	if (term.pid) {
		close(slave);	/* so that the end of the child is the end of the file */
		return;
	}
	close(term.fd);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	login_tty(slave);
	setenv("TERM", name, 1);
	setenv("LANG", "C", 1);
	while (argv[argc])
		argc++;
	_exit(cw_cmd_top(argc, (char **)argv));
}

/* The exit status, and that the terminal is as it was. */
static int ended(struct terminal *t)
{
	struct termios after;
	int status;

	assert_true(shows(t, NULL));
	assert_int_equal(waitpid(t->pid, &status, 0), t->pid);
	assert_int_equal(tcgetattr(t->fd, &after), 0);
	assert_int_equal(after.c_lflag, t->before.c_lflag);
	assert_int_equal(after.c_iflag, t->before.c_iflag);
	assert_false(t->alternate);
	assert_false(t->cursor_hidden);
	close(t->fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static char *top_args[] = { "cocowatch top", "--source", "module", "--interval", "100ms", NULL };

static void type(const char *keys)
{
	assert_int_equal(write(term.fd, keys, strlen(keys)), strlen(keys));
}

/* ---- the tests ---- */

static void test_painted(void **state)
{
	(void)state;
	begin("xterm", top_args);
	assert_true(shows(&term, "unknown, by modprobe"));
	assert_true(term.alternate);
	assert_true(shows(&term, "cocowatch top  00:00:01"));
	assert_true(shows(&term, "transitions "));
	assert_true(shows(&term, "T3 "));
	assert_true(shows(&term, "q quit  r ranges"));
	type("q");
	assert_int_equal(ended(&term), CW_EXIT_UNKNOWN);	/* no rule is armed here */
}

/* Heads are coloured, unless NO_COLOR says that nothing be. */
static void test_colors(void **state)
{
	static const char *const values[] = { NULL, "", "1" };
	size_t i;

	(void)state;
	for (i = 0; i < NR(values); i++) {
		if (values[i])
			setenv("NO_COLOR", values[i], 1);
		else
			unsetenv("NO_COLOR");
		begin("xterm", top_args);
		assert_true(shows(&term, "owner of shared pages"));
		type("q");
		ended(&term);
		assert_int_equal(term.colored, !values[i] || !*values[i]);
	}
	unsetenv("NO_COLOR");
}

static void test_ranges_and_back(void **state)
{
	(void)state;
	begin("xterm", top_args);
	assert_true(shows(&term, "owner of shared pages"));
	type("r");
	assert_true(shows(&term, "first frame"));
	assert_true(shows(&term, "0x100 "));
	type("\033[B\033[A");
	type("r");
	assert_true(shows(&term, "owner of shared pages"));
	type("q");
	ended(&term);
}

static void test_resized(void **state)
{
	(void)state;
	begin("xterm", top_args);
	assert_true(shows(&term, "owner of shared pages"));
	resize(&term, 23, 79);
	assert_true(shows(&term, "too small: 79x23, needs 80x24"));
	resize(&term, 50, 132);
	assert_true(shows(&term, "owner of shared pages"));
	assert_true(shows(&term, "q quit"));
	assert_non_null(strstr(term.cell[49], "q quit"));
	type("q");
	ended(&term);
}

/* ^C is a signal of the terminal, the others come from elsewhere. */
static void test_ended_by_signals(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	size_t i;

	(void)state;
	for (i = 0; i < NR(signals); i++) {
		begin("xterm", top_args);
		assert_true(shows(&term, "owner of shared pages"));
		kill(term.pid, signals[i]);
		assert_int_equal(ended(&term), CW_EXIT_UNKNOWN);
	}
	begin("xterm", top_args);
	assert_true(shows(&term, "owner of shared pages"));
	type("\003");
	assert_int_equal(ended(&term), CW_EXIT_UNKNOWN);
}

static void test_terminal_unknown(void **state)
{
	static const char *const names[] = { "no-such-terminal", "", "dumb" };
	size_t i;

	(void)state;
	for (i = 0; i < NR(names); i++) {
		begin(names[i], top_args);
		assert_true(shows(&term, "cannot be painted on"));
		assert_int_equal(ended(&term), CW_EXIT_USAGE);
	}
}

/* The terminal goes away: nobody is left to see it, and it does not spin. */
static void test_terminal_gone(void **state)
{
	int status;

	(void)state;
	begin("xterm", top_args);
	assert_true(shows(&term, "owner of shared pages"));
	close(term.fd);
	assert_int_equal(waitpid(term.pid, &status, 0), term.pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), CW_EXIT_UNKNOWN);
}

static void test_batch(void **state)
{
	static char *args[] = { "cocowatch top", "--source", "module", "--interval", "100ms", "--batch",
				"2", NULL };
	char text[16384];
	size_t len = 0;
	ssize_t n;
	int fds[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (!pid) {
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		_exit(cw_cmd_top(7, args));
	}
	close(fds[1]);
	while ((n = read(fds[0], text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	close(fds[0]);
	text[len] = '\0';
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), CW_EXIT_UNKNOWN);
	assert_null(strchr(text, '\033'));
	assert_non_null(strstr(text, "unknown, by modprobe            4     1"));
	assert_non_null(strstr(strstr(text, "cocowatch top") + 1, "\ncocowatch top"));
	assert_null(strstr(strstr(strstr(text, "cocowatch top") + 1, "cocowatch top") + 1,
			   "cocowatch top"));
	assert_non_null(strstr(text, "\nno verdict: nothing was exercised\n"));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_painted),
	cmocka_unit_test(test_colors),
	cmocka_unit_test(test_ranges_and_back),
	cmocka_unit_test(test_resized),
	cmocka_unit_test(test_ended_by_signals),
	cmocka_unit_test(test_terminal_unknown),
	cmocka_unit_test(test_terminal_gone),
	cmocka_unit_test(test_batch),
};

UNIT_MAIN(tests)
