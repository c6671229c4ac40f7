/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the reader share: record_read.c, record_policy.c, record_next.c,
 * record_rows.c.
 */
#ifndef CW_RECORD_IMPL_H
#define CW_RECORD_IMPL_H

#include <sqlite3.h>

#include "record_pack.h"
#include "record_read.h"

#define CW_SYMBOLS_MAX 65536	/* of one recording; more are not taken */

#define CW_STACKS_READ 65536	/* the highest number of a stack; a writer ends long before */

struct cw_named_stack {
	__u32 number;
	__u32 nr;
	__u64 stack[CW_STACK_MAX];	/* what cw_recording_symbols() names */
};

/* Rows come in the order of their key and each once, or the table leads back into itself. */
struct cw_order {
	const char *table;
	int column;		/* the key's first */
	int nr;			/* columns of the key: 1 or 2 */
	bool begun;
	sqlite3_int64 key[2];	/* of the row before */
};

struct cw_recording {
	sqlite3 *db;
	__u64 nr_turns, max_turns;	/* of the statement that runs, thousands of its steps */
	struct cw_recording_info info;
	struct cw_symbols *symbols;
	__u64 *addr;		/* of symbol id - 1, what stacks are given as */
	__u32 nr_addr;
	struct cw_named_stack *stacks;	/* by number */
	__u32 nr_stacks;
	__u32 nr_words;		/* of the command */
	__u64 nr_records;
	char why[192];
	/* the records: the block that is being unpacked */
	sqlite3_stmt *events;
	struct cw_order order;
	const __u8 *bytes;	/* NULL: none; the statement's */
	size_t size, at;
	__u32 nr_left;
	__u64 block;		/* its number, for messages */
	__u64 first_ns, last_ns, first_seq, last_seq;
	struct cw_pack pack;
	__u64 resolved[CW_RECORD_MAX / 8];	/* a verdict with its stack put right */
};

/* -EBADMSG, with the reason kept. */
int cw_recording_damaged(struct cw_recording *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Steps a statement.  1: a row; 0: no more; -EBADMSG. */
int cw_recording_step(struct cw_recording *r, sqlite3_stmt *stmt);

/* Likewise; a row whose key is not above that of the row before is damage. */
int cw_recording_step_on(struct cw_recording *r, sqlite3_stmt *stmt, struct cw_order *o);

/* A statement with up to one number bound, or NULL with the reason kept. */
sqlite3_stmt *cw_recording_query(struct cw_recording *r, const char *sql, __u64 arg);

/* The finding of that name, or -ENOENT. */
int cw_recording_finding(const char *id);

/* Calls fn for each row of a statement.  0, -EBADMSG or -ENOMEM. */
int cw_recording_each(struct cw_recording *r, const char *sql,
		      int (*fn)(struct cw_recording *r, sqlite3_stmt *stmt));

/* What was asked of the rules and what became of them.  Likewise. */
int cw_recording_policy_read(struct cw_recording *r);

/* The table of stacks, after the symbols.  Likewise. */
int cw_recording_stacks_read(struct cw_recording *r);

/* A column as text, cut to the room and made printable. */
void cw_column_text(sqlite3_stmt *stmt, int column, char *text, size_t size);

/* What a symbol's id stands for in a stack: its address, or the id itself. */
__u64 cw_recording_symbol_key(const struct cw_recording *r, __u64 id);

#endif
