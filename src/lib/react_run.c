// SPDX-License-Identifier: GPL-2.0-only
/* What is done about a violation.  It runs in the loop of the session, so nothing here waits: a
 * program gets its input from a file in memory, and is left to itself.
 */
#include "react.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "err.h"
#include "json.h"
#include "out.h"
#include "rules.h"
#include "text.h"

#define SYSRQ "/proc/sysrq-trigger"
#define BEFORE_PANIC_US 200000	/* whoever reads our output from a pipe or a console can no later */

/* ---- before the session ---- */

static int exec_check(const char *program)
{
	struct stat st;

	if (stat(program, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	return access(program, X_OK) ? -errno : 0;
}

static int panic_open(struct cw_reactions *rs)
{
	if (!rs->allow_panic)
		return cw_say(-EINVAL, "a reaction would crash this machine (add --allow-panic if it shall)");
	if (rs->panic_fd < 0)
		rs->panic_fd = open(SYSRQ, O_WRONLY | O_CLOEXEC);
	return rs->panic_fd < 0 ? cw_err(-errno, "cannot open %s", SYSRQ) : 0;
}

static int reaction_open(struct cw_reactions *rs, const struct cw_reaction *r)
{
	int err = 0;

	if (r->action == CW_ACTION_EXEC)
		err = exec_check(r->program);
	if (err)
		return cw_err(err, "cannot run '%s' for %s", r->program, cw_rule_info(r->rule)->id);
	if (r->action == CW_ACTION_STOP && !rs->hooks.stop)
		return cw_say(-EINVAL, "nothing here could be stopped for %s", cw_rule_info(r->rule)->id);
	if (r->action == CW_ACTION_SNAPSHOT && !rs->hooks.snapshot)
		return cw_say(-EINVAL, "there is no flight recorder to write a snapshot for %s",
			      cw_rule_info(r->rule)->id);
	return r->action == CW_ACTION_PANIC ? panic_open(rs) : 0;
}

int cw_reactions_open(struct cw_reactions *rs, const struct cw_react_hooks *hooks)
{
	size_t i;
	int err;

	rs->hooks = *hooks;
	rs->panic_fd = -1;
	rs->opened = true;
	for (i = 0; i < rs->nr; i++) {
		err = reaction_open(rs, &rs->reaction[i]);
		if (err)
			return err;
	}
	return 0;
}

void cw_reactions_close(struct cw_reactions *rs)
{
	if (rs->opened && rs->panic_fd >= 0)
		close(rs->panic_fd);
	rs->opened = false;
}

/* ---- programs ---- */

/* The violation as a file in memory, at its beginning; -errno. */
static int input_make(const struct cw_start *start, const struct cw_report *r)
{
	int fd = memfd_create("cocowatch-violation", MFD_CLOEXEC), err = 0;
	json_t *o;

	if (fd < 0)
		return -errno;
	o = cw_json_report(start, r);
	if (!o || json_dumpfd(o, fd, JSON_COMPACT | JSON_ENSURE_ASCII) || write(fd, "\n", 1) != 1 ||
	    lseek(fd, 0, SEEK_SET) < 0)
		err = errno ? -errno : -EIO;
	json_decref(o);
	if (err)
		close(fd);
	return err ? err : fd;
}

/* In the child: nothing of the session goes along, and nobody waits for what it says. */
static void program_run(const char *program, int input)
{
	char *const argv[] = { (char *)program, NULL };
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	if (null < 0 || dup2(input, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    dup2(null, STDERR_FILENO) < 0)
		_exit(127);
	execv(program, argv);
	_exit(127);
}

static pid_t *running_slot(struct cw_reactions *rs)
{
	size_t i;

	for (i = 0; i < CW_REACT_RUNNING_MAX; i++)
		if (!rs->running[i])
			return &rs->running[i];
	return NULL;
}

/* -EAGAIN: too many are running. */
static int do_exec(struct cw_reactions *rs, const struct cw_reaction *reaction,
		   const struct cw_start *start, const struct cw_report *r)
{
	pid_t *slot = running_slot(rs), pid;
	int input, err;

	if (!slot)
		return -EAGAIN;
	input = input_make(start, r);
	if (input < 0)
		return input == -EAGAIN ? -EIO : input;
	pid = fork();
	if (!pid)
		program_run(reaction->program, input);
	err = pid < 0 ? -ENOMEM : 0;
	close(input);
	if (!err)
		*slot = pid;
	return err;
}

void cw_reactions_wait(struct cw_reactions *rs)
{
	size_t i;

	for (i = 0; i < CW_REACT_RUNNING_MAX; i++)
		if (rs->running[i] && waitpid(rs->running[i], NULL, WNOHANG))
			rs->running[i] = 0;
}

/* ---- the other actions ---- */

/* Whether a thread of that number still has the name that the event told. */
static bool is_same_task(__u64 task, const char *comm)
{
	char path[64], name[CW_COMM_LEN + 1] = "";
	FILE *f;

	if (!comm[0])
		return true;
	snprintf(path, sizeof(path), "/proc/%u/task/%u/comm", (__u32)(task >> 32), (__u32)task);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (fgets(name, sizeof(name), f))
		name[strcspn(name, "\n")] = '\0';
	fclose(f);
	cw_text_clean(name);	/* as comm was */
	return !strcmp(name, comm);
}

/* Held by a descriptor while it is looked at, so that its number is not somebody else's then. */
static int do_signal(const struct cw_reaction *reaction, const struct cw_report *r)
{
	pid_t pid = (pid_t)(r->event->task >> 32);
	int fd, err = 0;

	/* 0 is the idle task (and would be our own group), 1 ends the machine */
	if (pid <= 1 || pid == getpid())
		return -EPERM;
	fd = pidfd_open(pid, 0);
	if (fd < 0)
		return -errno;
	if (!is_same_task(r->event->task, r->comm))
		err = -ESRCH;
	else if (pidfd_send_signal(fd, reaction->signal, NULL, 0))
		err = -errno;
	close(fd);
	return err;
}

static int do_panic(struct cw_reactions *rs)
{
	if (rs->panic_fd < 0)
		return -EBADF;
	if (rs->hooks.before_panic)
		rs->hooks.before_panic(rs->hooks.ctx);
	usleep(BEFORE_PANIC_US);
	return write(rs->panic_fd, "c", 1) == 1 ? 0 : -errno;
}

static int action_do(struct cw_reactions *rs, const struct cw_reaction *reaction,
		     const struct cw_start *start, const struct cw_report *r)
{
	switch (reaction->action) {
	case CW_ACTION_EXEC: return do_exec(rs, reaction, start, r);
	case CW_ACTION_SIGNAL: return do_signal(reaction, r);
	case CW_ACTION_STOP: return rs->hooks.stop ? rs->hooks.stop(rs->hooks.ctx) : -ENOSYS;
	case CW_ACTION_SNAPSHOT:
		return rs->hooks.snapshot ? rs->hooks.snapshot(rs->hooks.ctx, r) : -ENOSYS;
	case CW_ACTION_PANIC: return do_panic(rs);
	default: return 0;
	}
}

/* ---- a violation ---- */

/* A burst at first, then one in a while: a defect that fires a million times is one cause. */
static bool is_within_limit(struct cw_reaction *r, __u64 now_ns)
{
	__u64 more = now_ns > r->refilled_ns ? (now_ns - r->refilled_ns) / CW_REACT_EVERY_NS : 0;

	if (!r->refilled_ns || r->left + more >= CW_REACT_BURST) {
		r->left = CW_REACT_BURST;
		r->refilled_ns = now_ns;
	} else {
		r->left += (__u32)more;
		r->refilled_ns += more * CW_REACT_EVERY_NS;
	}
	if (!r->left)
		return false;
	r->left--;
	return true;
}

static void reaction_run(struct cw_reactions *rs, struct cw_reaction *reaction,
			 const struct cw_start *start, const struct cw_report *r, __u64 now_ns)
{
	int err;

	if (!is_within_limit(reaction, now_ns)) {
		reaction->limited++;
		return;
	}
	err = action_do(rs, reaction, start, r);
	reaction->done += !err;
	reaction->limited += err == -EAGAIN;
	reaction->failed += err && err != -EAGAIN;
}

void cw_react(struct cw_reactions *rs, const struct cw_start *start, const struct cw_report *r,
	      __u64 now_ns)
{
	struct cw_reaction *reaction, *end = rs->reaction + rs->nr;
	__u32 action;

	/* in the order of the table: what ends everything comes last */
	for (action = CW_ACTION_REPORT + 1; action < CW_ACTION_NR; action++)
		for (reaction = rs->reaction; reaction < end; reaction++)
			if (reaction->rule == r->detail->rule && reaction->action == action)
				reaction_run(rs, reaction, start, r, now_ns);
}
