/* SPDX-License-Identifier: GPL-2.0-only */
/* A recording judged again: the same engine over the same records, and what it says compared with
 * what was said then.
 */
#ifndef CW_REPLAY_H
#define CW_REPLAY_H

#include <stdbool.h>
#include <linux/types.h>

#include "feed.h"
#include "out.h"
#include "record_read.h"
#include "totals.h"
#include "verdict.h"

struct cw_replayed {
	struct cw_totals totals;	/* of the replay; of the recording where that has more */
	struct cw_told told;
	__u64 nr_records;
	__u64 from_stored;	/* rules whose counts are, in part, the recording's, as a mask */
	__u64 differing;	/* rules on which the two disagree, as a mask */
	__u64 nr_differ;	/* verdicts that one of them has and the other has not */
	char differs[192];	/* the first difference, "" without one */
	bool damaged;		/* some of the records could not be read: cw_recording_why() */
	__u64 last_ns;		/* time of the last record */
	struct replay *own;	/* what reports refer to, until the end */
};

/* Who else sees each record, in its order and before it is judged. */
struct cw_replay_tap {
	void (*record)(void *ctx, const struct cw_rec_hdr *rec);
	void *ctx;
};

/* Feeds the whole recording to the writers, which have been told of its start, and to the tap
 * (NULL: none).  0, and cw_replay_end() is due when the writers have finished; or -ENOMEM.
 */
int cw_replay_run(struct cw_recording *r, struct cw_writers *writers,
		  const struct cw_replay_tap *tap, struct cw_replayed *out);

void cw_replay_end(struct cw_replayed *r);

/* The verdict over it.  own_failed: a writer of the replay itself failed. */
void cw_replay_judge(const struct cw_recording_info *info, const struct cw_replayed *replayed,
		     bool own_failed, struct cw_ending *ending, struct cw_verdict *verdict);

#endif
