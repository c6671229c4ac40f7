/* SPDX-License-Identifier: GPL-2.0-only */
/* What is done about a violation besides reporting it: a table of actions for each rule, limited in
 * rate and counted.
 */
#ifndef CW_REACT_H
#define CW_REACT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <linux/types.h>

#include <cocowatch/rules.h>

/* X(action, name, what it does) */
#define CW_ACTIONS(X) \
	X(REPORT, "report", "report it, and nothing else (what happens anyway)") \
	X(EXEC, "exec", "run a program, with the violation as JSON on its standard input") \
	X(SIGNAL, "signal", "send a signal to the process that did it") \
	X(STOP, "stop", "end the command under gate, or the session") \
	X(SNAPSHOT, "snapshot", "write what the flight recorder holds") \
	X(PANIC, "panic", "crash the machine (only with --allow-panic)")

#define CW_ACTION_ENUM(id, name, help) CW_ACTION_##id,
enum cw_action { CW_ACTIONS(CW_ACTION_ENUM) CW_ACTION_NR };

#define CW_PROGRAM_LEN 256
#define CW_REACTIONS_MAX 64
#define CW_REACT_RUNNING_MAX 4		/* programs at once */
#define CW_REACT_BURST 5		/* of one reaction, then one in CW_REACT_EVERY_NS */
#define CW_REACT_EVERY_NS 10000000000ULL

struct cw_reaction {
	__u32 rule;
	__u32 action;			/* enum cw_action */
	char program[CW_PROGRAM_LEN];	/* exec */
	int signal;			/* signal */
	__u32 left;			/* how often it may still be done before the limit */
	__u64 refilled_ns;
	__u64 done;
	__u64 limited;			/* not done: too many before, or too many running */
	__u64 failed;			/* could not be done */
};

struct cw_report;
struct cw_start;

/* Those who can do what is not for react.c; NULL: nobody, and the action is refused. */
struct cw_react_hooks {
	void *ctx;
	int (*stop)(void *ctx);			/* 0 or -errno */
	int (*snapshot)(void *ctx, const struct cw_report *r);	/* likewise */
	void (*before_panic)(void *ctx);	/* the last moment to write what was reported */
};

struct cw_reactions {
	struct cw_reaction reaction[CW_REACTIONS_MAX];
	size_t nr;
	pid_t running[CW_REACT_RUNNING_MAX];	/* 0: free */
	struct cw_react_hooks hooks;
	bool allow_panic;
	int panic_fd;				/* /proc/sysrq-trigger; only while opened */
	bool opened;
};

/* Takes one RULE=ACTION[:WHAT] of the command line.  0, or -EINVAL after a message. */
int cw_reactions_add(struct cw_reactions *rs, const char *arg);

/* Takes one more; what: a program or the name of a signal, NULL or "": none.  0, or -EINVAL with why
 * filled: what is wrong with it, on one line.
 */
int cw_reactions_row(struct cw_reactions *rs, __u32 rule, __u32 action, const char *what,
		     char *why, size_t size);

/* Readies what needs privileges that will be dropped, and refuses what nobody can do here.
 * 0, or -errno after a message.
 */
int cw_reactions_open(struct cw_reactions *rs, const struct cw_react_hooks *hooks);
void cw_reactions_close(struct cw_reactions *rs);

/* Whether CAP_KILL is needed. */
bool cw_reactions_signal(const struct cw_reactions *rs);

/* Does what is to be done about a violation that was reported. */
void cw_react(struct cw_reactions *rs, const struct cw_start *start, const struct cw_report *r,
	      __u64 now_ns);

/* Sees which programs have ended. */
void cw_reactions_wait(struct cw_reactions *rs);

const char *cw_action_name(__u32 action);

/* The action of that name, or -ENOENT. */
int cw_action_find(const char *name);

/* "exec /usr/bin/page-me", "signal SIGTERM", "stop".  Returns buf. */
const char *cw_reaction_text(const struct cw_reaction *r, char *buf, size_t size);

#endif
