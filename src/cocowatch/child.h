/* SPDX-License-Identifier: GPL-2.0-only */
/* The command under gate. */
#ifndef CW_CHILD_H
#define CW_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct cw_child {
	pid_t pid;	/* 0: not started */
	int go_fd;	/* writing to it lets the command begin */
	int status_fd;	/* errno of a failed exec; end of file when it worked */
	bool ended;
	int status;	/* exit status, 128 + signal */
};

/* 0 when the command can be found and may be run, or -errno. */
int cw_child_check(const char *command);

/* Forks, with the signal mask that the command shall have.  The command waits for
 * cw_child_go().  0 or -errno.
 */
int cw_child_start(struct cw_child *c, char *const *argv, const sigset_t *mask);

/* Lets the command begin.  0 or -errno of its exec. */
int cw_child_go(struct cw_child *c);

void cw_child_signal(const struct cw_child *c, int signal);

/* Sees whether the command has ended. */
void cw_child_wait(struct cw_child *c);

/* A command that has not begun never will. */
void cw_child_cancel(struct cw_child *c);

#endif
