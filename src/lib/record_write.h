/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing a recording: rows into transactions.  One thread at a time.  A row that fails, on a full
 * disk say, takes its transaction with it; the file stays readable, and the next one may go well.
 */
#ifndef CW_RECORD_WRITE_H
#define CW_RECORD_WRITE_H

#include <stddef.h>
#include <linux/types.h>

#include "record_schema.h"

/* Records packed into one row of "events". */
struct cw_block {
	__u32 nr;
	__u64 first_ns, last_ns;
	__u64 first_seq, last_seq;	/* 0: none of them has one */
	size_t size;
	const __u8 *bytes;
};

struct cw_record_file;

/* Makes a new file with its tables, for its owner alone to read.  0, or -errno (-EEXIST) with one
 * line in why, *out NULL and no file left.
 */
int cw_record_file_create(struct cw_record_file **out, const char *path, char *why, size_t size);

/* One row each; what goes wrong is said by the commit. */
void cw_record_file_block(struct cw_record_file *f, const struct cw_block *b);
void cw_record_file_transition(struct cw_record_file *f, const struct cw_rec_transition *t);
void cw_record_file_violation(struct cw_record_file *f, const struct cw_rec_violation *v);
void cw_record_file_symbol(struct cw_record_file *f, const struct cw_rec_symbol *s);
void cw_record_file_stack(struct cw_record_file *f, __u32 number, const __u64 *symbols, __u32 nr);
void cw_record_file_owner(struct cw_record_file *f, const struct cw_rec_owner *o);
void cw_record_file_pages(struct cw_record_file *f, const struct cw_rec_pages *p);

/* What is said once of the session, in place of what was said before. */
void cw_record_file_info(struct cw_record_file *f, const struct cw_recording_info *info);

/* Ends the transaction.  0, or -errno: everything since the last commit is undone. */
int cw_record_file_commit(struct cw_record_file *f);

/* The last error in words. */
const char *cw_record_file_error(const struct cw_record_file *f);

/* Commits, makes one file of file and log, and closes.  0, or -errno.  NULL is fine. */
int cw_record_file_close(struct cw_record_file *f);

#endif
