/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading a recording: the session, the records in their order, and the tables beside them.  A
 * recording is not trusted: whatever comes out of here has been checked for length, type and range.
 */
#ifndef CW_RECORD_READ_H
#define CW_RECORD_READ_H

#include <stddef.h>
#include <linux/types.h>

#include <cocowatch/event.h>

#include "record_schema.h"
#include "symbols.h"

struct cw_recording;

/* Opens for reading, and reads what is said of the session.  0; -EINVAL: it is no recording, or
 * one of another version (exit status 2); -EBADMSG: it is damaged (3); -errno: it cannot be read
 * (3).  *out is NULL then, and why has the reason in one line.
 */
int cw_recording_open(struct cw_recording **out, const char *path, char *why, size_t size);
void cw_recording_close(struct cw_recording *r);	/* NULL is fine */

/* Valid until the recording is closed; so are all its texts. */
const struct cw_recording_info *cw_recording_info(const struct cw_recording *r);

/* Its policy: as it was when the session began, until a replay has cw_policy_at() go on with it. */
struct cw_policy *cw_recording_policy(struct cw_recording *r);

/* The next record, in the order in which records came out of the ring: that of seq but for
 * neighbours from different CPUs, and exact for each task.  Its length has been checked against its
 * type; types that this version does not know are there too.  Addresses in it are hashed unless
 * they are included, and the stack of a verdict holds what cw_recording_symbols() can name.
 * It is valid until the next call.  1; 0: there are no more; -EBADMSG: damaged, see
 * cw_recording_why(); the next call goes on behind what is damaged.
 */
int cw_recording_next(struct cw_recording *r, const struct cw_rec_hdr **rec);

/* The next record is the first one again, or the first of the block that has ts_ns in it: no record
 * before ts_ns is wanted.  0 or -EBADMSG.
 */
int cw_recording_rewind(struct cw_recording *r);
int cw_recording_seek(struct cw_recording *r, __u64 ts_ns);

/* What was wrong when a call said -EBADMSG; one line. */
const char *cw_recording_why(const struct cw_recording *r);

/* Each row of a table, in the order of time (transitions, violations) or frames (owners, pages).  A
 * function that returns non-zero ends it, and that is returned.  0, -EBADMSG.
 */
int cw_recording_transitions(struct cw_recording *r,
			     int (*fn)(void *ctx, const struct cw_rec_transition *t), void *ctx);
int cw_recording_violations(struct cw_recording *r,
			    int (*fn)(void *ctx, const struct cw_rec_violation *v), void *ctx);
int cw_recording_owners(struct cw_recording *r,
			int (*fn)(void *ctx, const struct cw_rec_owner *o), void *ctx);
int cw_recording_pages(struct cw_recording *r,
		       int (*fn)(void *ctx, const struct cw_rec_pages *p), void *ctx);

/* Transitions whose frames lie around one frame (between the lowest and the highest), likewise. */
int cw_recording_transitions_of(struct cw_recording *r, __u64 gfn,
				int (*fn)(void *ctx, const struct cw_rec_transition *t), void *ctx);

/* The stack of a number, innermost first, as cw_recording_symbols() takes them.  How many were
 * written to stack, at most CW_STACK_MAX; 0 for none.
 */
__u32 cw_recording_stack(struct cw_recording *r, __u32 number, __u64 stack[CW_STACK_MAX]);

/* Names for what stacks hold; the recording's own. */
struct cw_symbols *cw_recording_symbols(struct cw_recording *r);

/* How many records and blocks the file has; for progress. */
__u64 cw_recording_nr_records(const struct cw_recording *r);

#endif
