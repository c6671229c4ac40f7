// SPDX-License-Identifier: GPL-2.0-only
/* The command under gate: forked before privileges are dropped, begun after
 * everything is attached.
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int program_check(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return access(path, X_OK) ? -errno : 0;
}

/* What execvp() would find. */
int cw_child_check(const char *command)
{
	const char *dirs = getenv("PATH");
	int err = -ENOENT, now;
	char path[PATH_MAX];
	size_t len;

	if (strchr(command, '/') || !*command)
		return program_check(command);
	if (!dirs)
		dirs = "/bin:/usr/bin";
	for (;; dirs += len + 1) {
		len = strcspn(dirs, ":");
		snprintf(path, sizeof(path), "%.*s/%s", len ? (int)len : 1, len ? dirs : ".", command);
		now = program_check(path);
		if (!now)
			return 0;
		if (now == -EACCES)
			err = now;
		if (!dirs[len])
			return err;
	}
}

static void child_run(char *const *argv, const sigset_t *mask, int go_fd, int status_fd)
{
	char go;
	int err;

	if (read(go_fd, &go, 1) != 1)
		_exit(127);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(argv[0], argv);
	err = errno;
	if (write(status_fd, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

int cw_child_start(struct cw_child *c, char *const *argv, const sigset_t *mask)
{
	int go[2], status[2];

	memset(c, 0, sizeof(*c));
	if (pipe2(go, O_CLOEXEC))
		return -errno;
	if (pipe2(status, O_CLOEXEC)) {
		close(go[0]);
		close(go[1]);
		return -errno;
	}
	fflush(NULL);
	c->pid = fork();
	if (!c->pid) {
		close(go[1]);
		child_run(argv, mask, go[0], status[1]);
	}
	close(go[0]);
	close(status[1]);
	c->go_fd = go[1];
	c->status_fd = status[0];
	if (c->pid > 0)
		return 0;
	c->pid = 0;
	close(go[1]);
	close(status[0]);
	return -EAGAIN;
}

int cw_child_go(struct cw_child *c)
{
	int err = 0;

	if (write(c->go_fd, "g", 1) != 1 || read(c->status_fd, &err, sizeof(err)) < 0)
		err = errno;
	close(c->go_fd);
	close(c->status_fd);
	c->go_fd = c->status_fd = -1;
	return -err;
}

void cw_child_signal(const struct cw_child *c, int signal)
{
	if (c->pid && !c->ended)
		kill(c->pid, signal);
}

void cw_child_wait(struct cw_child *c)
{
	int status;
	pid_t pid;

	if (!c->pid || c->ended)
		return;
	pid = waitpid(c->pid, &status, WNOHANG);
	if (!pid || (pid < 0 && errno == EINTR))
		return;
	c->ended = true;
	if (pid < 0)
		c->status = 127;
	else
		c->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void cw_child_cancel(struct cw_child *c)
{
	if (!c->pid || c->ended)
		return;
	if (c->go_fd >= 0) {
		close(c->go_fd);
		close(c->status_fd);
	}
	waitpid(c->pid, NULL, 0);
	c->ended = true;
}
