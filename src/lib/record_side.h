/* SPDX-License-Identifier: GPL-2.0-only */
/* What a recording holds beside the records, and which of it is in the file: symbols, stacks,
 * findings, owners, and the states of pages in the beginning.  A transaction that fails takes its
 * rows along; they are written again with the next.
 */
#ifndef CW_RECORD_SIDE_H
#define CW_RECORD_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "record_write.h"

struct cw_stack_row {
	__u32 number;
	__u32 nr;
	__u64 symbols[CW_STACK_MAX];
};

enum cw_side_kind {
	CW_SIDE_SYMBOL,		/* struct cw_rec_symbol */
	CW_SIDE_STACK,		/* struct cw_stack_row */
	CW_SIDE_VIOLATION,	/* struct cw_rec_violation */
	CW_SIDE_OWNER,		/* struct cw_rec_owner */
	CW_SIDE_PAGES,		/* struct cw_rec_pages */
	CW_SIDE_NR,
};

struct cw_record_side {
	struct cw_side_rows {
		char *rows;
		size_t nr, room;
		size_t written;		/* in the file, when the transaction goes well */
		size_t committed;
	} kind[CW_SIDE_NR];
	__u64 nr_refused;	/* rows for which there was no room */
};

void cw_side_free(struct cw_record_side *s);

/* Keeps a copy of one row. */
void cw_side_add(struct cw_record_side *s, enum cw_side_kind kind, const void *row);
void cw_side_clear(struct cw_record_side *s, enum cw_side_kind kind);

/* How much of a row's structure there is. */
size_t cw_side_size(enum cw_side_kind kind);

/* Writes what is not written yet. */
void cw_side_write(struct cw_record_side *s, struct cw_record_file *f);

/* Writes all of it to a file of its own, with the findings from since_ns on. */
void cw_side_write_all(const struct cw_record_side *s, struct cw_record_file *f, __u64 since_ns);

/* Forgets findings of before. */
void cw_side_forget(struct cw_record_side *s, __u64 before_ns);

/* How the transaction went. */
void cw_side_committed(struct cw_record_side *s, bool good);

/* Whether all of it is in the file. */
bool cw_side_is_written(const struct cw_record_side *s);

#endif
