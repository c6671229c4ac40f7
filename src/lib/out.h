/* SPDX-License-Identifier: GPL-2.0-only */
/* Reports and those who write them: several formats at once, each to a file or
 * to stdout.  A writer prints what it is given and decides nothing.
 */
#ifndef CW_LIB_OUT_H
#define CW_LIB_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <linux/types.h>

#include <cocowatch/check.h>
#include <cocowatch/event.h>

#include "group.h"
#include "history.h"
#include "platform.h"
#include "policy.h"
#include "react.h"
#include "rules.h"
#include "source.h"
#include "symbols.h"
#include "totals.h"
#include "verdict.h"

/* What holds for a whole session. */
struct cw_start {
	const struct cw_platform *platform;
	const struct cw_arming *arming;
	const struct cw_policy *policy;
	struct cw_pte_fmt fmt;
	struct cw_symbols *symbols;
	__u64 wall_offset_ns;	/* CLOCK_REALTIME minus CLOCK_MONOTONIC */
	__u64 ts_ns;
	char *const *command;	/* under gate, else NULL */
	bool include_addresses;
};

/* The wall clock at that time of the session, in seconds. */
static inline time_t cw_start_wall(const struct cw_start *start, __u64 ts_ns)
{
	return (time_t)((ts_ns + start->wall_offset_ns) / 1000000000ULL);
}

/* One finding, with all that is known around it. */
struct cw_report {
	const struct cw_rule_info *rule;
	const struct cw_finding_info *finding;
	const struct cw_detail *detail;
	const struct cw_rec_hdr *event;	/* the event judged; its type tells which structure */
	__u32 sev;			/* CW_SEV_*: the finding's, or the policy's */
	const char *excuse;		/* why it is waived, or NULL */
	const struct cw_group *group;	/* of findings like it, counted on after this */
	const char *comm;
	const __u64 *stack;		/* without the frames of the tracing itself */
	__u32 nr_stack;
	const struct cw_past *past;	/* previous transition of the frame, or NULL */
	const struct cw_report *before;	/* another finding of the rule in the same event, or NULL */
	bool more;			/* and yet another follows */
	bool last_of_group;		/* later ones of its group are only counted */
	__u32 nr_untold;		/* further findings of this event, counted but not listed */
};

/* How findings came through to the writers, for each rule. */
struct cw_told {
	__u64 reported[CW_RULE_NR];	/* judgements that arrived, shown or not */
	__u64 violated[CW_RULE_NR];	/* violations among them */
	__u64 shown[CW_RULE_NR];	/* findings shown in full */
	__u64 grouped[CW_RULE_NR];	/* findings counted in their group only */
};

struct cw_finish {
	const struct cw_verdict *verdict;
	const struct cw_totals *totals;
	const struct cw_told *told;
	const struct cw_ending *ending;
	const struct cw_reactions *reactions;	/* NULL: none */
	__u64 duration_ns;
};

struct cw_writer;

struct cw_writer_ops {
	const char *name;
	const char *help;
	const char *path;	/* where it goes when nobody says; NULL: stdout */
	FILE *(*open)(const char *path);	/* NULL: as a file that is made anew */
	void (*start)(struct cw_writer *w, const struct cw_start *start);
	void (*armed)(struct cw_writer *w, __u64 rules, __u64 ts_ns);	/* late */
	void (*report)(struct cw_writer *w, const struct cw_report *r);
	void (*finish)(struct cw_writer *w, const struct cw_finish *f);
	void (*free)(struct cw_writer *w);	/* what it keeps; NULL: nothing */
};

struct cw_writer {
	const struct cw_writer_ops *ops;
	const char *path;	/* NULL: stdout */
	FILE *file;		/* NULL: it keeps what it is told in memory */
	bool color;
	bool failed;		/* a write failed: told once, nothing more is written */
	void *own;		/* what this kind of writer keeps; its own business */
	const struct cw_start *start;
	void *kept;		/* the writer's own, until the end; NULL: nothing */
};

#define CW_WRITERS_MAX 8

struct cw_writers {
	struct cw_writer writer[CW_WRITERS_MAX];
	size_t nr;
	bool none_is_fine;	/* with no output asked for there is none, and not text on stdout */
	bool pipe_ends;		/* a session, which ends when its reader goes away */
	bool pipe_closed;	/* the reader of stdout went away, and nothing else is written */
	const struct cw_start *start;	/* NULL before the session has begun */
};

extern const struct cw_writer_ops cw_out_text;
extern const struct cw_writer_ops cw_out_ndjson;
extern const struct cw_writer_ops cw_out_junit;
extern const struct cw_writer_ops cw_out_tap;
extern const struct cw_writer_ops cw_out_sarif;
extern const struct cw_writer_ops cw_out_journal;

/* The formats there are, from 0 on; NULL after the last. */
const struct cw_writer_ops *cw_writers_format(size_t i);

/* Takes one -o FORMAT[=FILE].  0, or -EINVAL after a message. */
int cw_writers_add(struct cw_writers *ws, const char *arg);

/* Whether an argument of -o begins with a format that there is. */
bool cw_writers_know(const char *arg);

/* Whether none goes to a file that is read (what: "the policy"), or that something else is written
 * to, such as a recording; NULL is no file.  Else false after a message.  Before they are opened.
 */
bool cw_writers_spare(const struct cw_writers *ws, const char *file, const char *what);
bool cw_writers_apart(const struct cw_writers *ws, const char *file);

/* Opens the files; text on stdout when nothing was asked for.  0 or -errno after a message. */
int cw_writers_open(struct cw_writers *ws);

void cw_writers_start(struct cw_writers *ws, const struct cw_start *start);
void cw_writers_report(struct cw_writers *ws, const struct cw_report *r);

/* These rules were armed after the session had begun. */
void cw_writers_armed(struct cw_writers *ws, __u64 rules, __u64 ts_ns);

/* Descriptor of a writer on stdout, to be polled for its reader going away; -1 without one. */
int cw_writers_stdout_fd(const struct cw_writers *ws);

/* The reader of stdout went away: its writer failed, even if it had nothing to write. */
void cw_writers_stdout_gone(struct cw_writers *ws);

/* Whether anything could not be written so far. */
bool cw_writers_failed(const struct cw_writers *ws);

/* Writes the summary.  False when a writer fails that had not failed before. */
bool cw_writers_finish(struct cw_writers *ws, const struct cw_finish *f);

/* Flushes what was printed in another way.  False after a message when that failed. */
bool cw_writers_flush(struct cw_writers *ws);

/* Sees that what was written is on its disk. */
void cw_writers_sync(const struct cw_writers *ws);

/* False when a file could not be closed well. */
bool cw_writers_close(struct cw_writers *ws);

#endif
