/* SPDX-License-Identifier: GPL-2.0-only */
/* What was shared at one time, as `cocowatch map -o ndjson` writes it, and how two such times
 * differ.  A file that is read back is not trusted.
 */
#ifndef CW_SNAPSHOT_H
#define CW_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "owners.h"

#define CW_SNAPSHOT_VERSION 1

/* May this owner share in this mode? */
enum cw_allowed { CW_ALLOWED_NO, CW_ALLOWED_YES, CW_ALLOWED_UNKNOWN };

/* Frames in a row that have one owner. */
struct cw_snap_range {
	__u64 gfn;
	__u64 nr_pages;
	__u32 owner;	/* enum cw_owner */
	__u32 relid;	/* of the channel; 0: none */
	__u32 cpu;	/* or CW_NO_INDEX */
	__u8 allowed;	/* enum cw_allowed */
	__u8 pad[3];
};

struct cw_snapshot {
	char kernel[65];
	char mode[40];
	__u64 wall_ns;	/* when it was taken, CLOCK_REALTIME */
	struct cw_snap_range *range;	/* by frame; none overlaps another */
	size_t nr;
	size_t room;
};

/* Whether an owner may share in its mode, as rule S4 has it. */
enum cw_allowed cw_owner_allowed(const struct cw_ev_owner *ev);

/* Reads a file.  0, or -errno with the reason on one line in why (-EINVAL: it is no snapshot, or
 * a damaged one).  To be freed in either case.
 */
int cw_snapshot_read(struct cw_snapshot *s, const char *path, char *why, size_t size);

/* The ranges of what was just looked at.  0 or -ENOMEM. */
int cw_snapshot_take(struct cw_snapshot *s, const struct cw_owned *owned);
void cw_snapshot_free(struct cw_snapshot *s);

/* Shared since a time between the two; no more; of another owner, or of the same, since before the
 * older one.
 */
enum cw_change {
	CW_CHANGE_ADDED,
	CW_CHANGE_GONE,
	CW_CHANGE_OWNER,
	CW_CHANGE_KEPT,
	CW_CHANGE_NR,
};

/* Frames in a row of which the same is to be said. */
struct cw_diff_range {
	__u64 gfn;
	__u64 nr_pages;
	const struct cw_snap_range *before;	/* of the one it was in; NULL: added */
	const struct cw_snap_range *after;	/* NULL: gone */
	enum cw_change change;
};

struct cw_diff {
	struct cw_diff_range *range;	/* by frame */
	size_t nr;
	size_t room;
	__u64 nr_pages[CW_CHANGE_NR];
	__u64 before[CW_OWNER_NR];	/* pages of each owner */
	__u64 after[CW_OWNER_NR];
};

/* Compares; the snapshots must outlive the result.  0 or -ENOMEM. */
int cw_diff_make(struct cw_diff *d, const struct cw_snapshot *old, const struct cw_snapshot *now);
void cw_diff_free(struct cw_diff *d);

const char *cw_change_name(enum cw_change change);	/* "added" */

#endif
