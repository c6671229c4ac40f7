/* SPDX-License-Identifier: GPL-2.0-only */
/* What the two sides of a recorder share: recorder.c fills buffers, recorder_thread.c empties
 * them.
 */
#ifndef CW_RECORDER_IMPL_H
#define CW_RECORDER_IMPL_H

#include <pthread.h>

#include "flight.h"
#include "record_batch.h"
#include "record_names.h"
#include "record_queue.h"
#include "record_side.h"
#include "record_write.h"
#include "recorder.h"

#define CW_MSG_SIDE 0xff00	/* record types from here on: a row of enum cw_side_kind follows */

struct cw_recorder {
	char *path;
	__u64 last_ns;
	bool in_directory;
	bool begun;		/* the file says of which session it is */
	struct cw_queue queue;
	/* the session's thread */
	struct cw_buffer *current;
	struct cw_names names;
	bool marks;		/* the next buffer that is put asks for a snapshot, */
	bool holds;		/* or holds the history until one is made */
	bool wanted;		/* a snapshot */
	bool wanted_now;	/* however short ago the last one was made */
	__u64 written_ns;	/* when the last one was begun */
	/* both */
	__u64 lost[CW_EV_NR];	/* atomically */
	bool failed;		/* told once */
	pthread_t thread;
	bool running;
	pthread_mutex_t lock;	/* of what follows */
	struct cw_recording_info *asked;	/* a snapshot with this is wanted; NULL: none */
	/* the writer's thread, and others when it has ended */
	struct cw_record_file *file;	/* a snapshot's, with a flight recorder */
	char *file_path;
	struct cw_flight *flight;
	struct cw_batcher batcher;
	struct cw_record_side side;
	__u32 pending[CW_EV_NR];	/* records of the transaction */
	__u32 nr_pending;	/* batches */
	__u64 commit_ns;
	struct cw_recording_info *writing;	/* the snapshot's; NULL: none is under way */
	__u64 nr_writing;	/* records of it */
	bool due;		/* a snapshot is to be begun */
	bool snapshot_failed;
};

void *cw_recorder_thread(void *arg);

void cw_recorder_lost(struct cw_recorder *r, __u32 event, __u64 nr);

/* Says once what went wrong with the file. */
void cw_recorder_trouble(struct cw_recorder *r, const char *path, const char *why);

/* Ends the transaction, and counts what was in it as lost where that fails.  0 or -errno. */
int cw_recorder_commit(struct cw_recorder *r);

#endif
