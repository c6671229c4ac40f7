// SPDX-License-Identifier: GPL-2.0-only
/* The writer's side of a recorder: buffers into batches, batches into the file or the history.  The
 * disk may be slow, or full; the session never waits for it.
 */
#include "recorder.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cocowatch/event_owner.h>

#include "clock.h"
#include "err.h"
#include "recorder_impl.h"

#define WAIT_MS 200
#define COMMIT_NS 1000000000ULL
#define COMMIT_BATCHES 8	/* what a full disk takes along at most */
#define NAMES_TRIED 10000	/* of files that are there already */

void cw_recorder_trouble(struct cw_recorder *r, const char *path, const char *why)
{
	if (__atomic_exchange_n(&r->failed, true, __ATOMIC_RELAXED))
		return;
	cw_say(0, "cannot record to %s: %s (what is lost is counted)", path, why);
}

int cw_recorder_commit(struct cw_recorder *r)
{
	int err = cw_record_file_commit(r->file);
	__u32 i;

	cw_side_committed(&r->side, !err);
	for (i = 0; err && i < CW_EV_NR; i++)
		cw_recorder_lost(r, i, r->pending[i]);
	memset(r->pending, 0, sizeof(r->pending));
	r->nr_pending = 0;
	r->commit_ns = cw_clock_ns(CLOCK_MONOTONIC);
	if (err)
		cw_recorder_trouble(r, r->path, cw_record_file_error(r->file));
	return err;
}

/* ---- buffers ---- */

static void owner_note(struct cw_recorder *r, const struct cw_ev_owner *ev)
{
	const struct cw_rec_owner o = {
		.ts_ns = ev->hdr.ts_ns,
		.gfn = ev->gfn,
		.nr_pages = ev->nr_pages,
		.owner = ev->owner,
		.relid = ev->relid,
		.cpu = ev->owner_cpu,
		.flags = ev->flags,
		.space = ev->space,
	};

	cw_side_add(&r->side, CW_SIDE_OWNER, &o);
}

/* The flight recorder keeps states of pages as they change. */
static void side_take(struct cw_recorder *r, enum cw_side_kind kind, const void *row)
{
	const struct cw_rec_pages *p = row;

	if (r->flight && kind == CW_SIDE_PAGES)
		cw_flight_pages(r->flight, p->gfn, p->nr_pages, p->state);
	else
		cw_side_add(&r->side, kind, row);
}

static void batch_take(struct cw_recorder *r)
{
	const struct cw_batch *b = &r->batcher.batch;
	__u32 i;

	if (r->flight) {
		if (!cw_flight_add(r->flight, b))
			return;
		for (i = 0; i < CW_EV_NR; i++)
			cw_recorder_lost(r, i, b->nr_of[i]);
		return;
	}
	cw_side_write(&r->side, r->file);
	cw_batch_write(b, r->file);
	for (i = 0; i < CW_EV_NR; i++)
		r->pending[i] += b->nr_of[i];
	if (++r->nr_pending >= COMMIT_BATCHES)
		cw_recorder_commit(r);
}

static void buffer_take(struct cw_recorder *r, const struct cw_buffer *b)
{
	size_t at;

	cw_batcher_clear(&r->batcher);
	for (at = 0; at < b->used;) {
		const struct cw_rec_hdr *msg = (const struct cw_rec_hdr *)(b->bytes + at);

		at += msg->len;
		if (msg->type >= CW_MSG_SIDE) {
			side_take(r, (enum cw_side_kind)(msg->type - CW_MSG_SIDE), msg + 1);
			continue;
		}
		if (cw_batcher_add(&r->batcher, msg))
			cw_recorder_lost(r, cw_record_event(msg), 1);
		else if (msg->type == CW_EV_OWNER)
			owner_note(r, (const struct cw_ev_owner *)msg);
	}
	batch_take(r);
}

/* ---- snapshots ---- */

/* The path of the nth snapshot, tried for the nth time.  NULL without memory. */
static char *snapshot_path(const struct cw_recorder *r, __u32 nr)
{
	size_t len = strlen(r->path);
	char when[32], *path = NULL;
	time_t now = time(NULL);
	struct tm tm;
	int got;

	if (r->in_directory) {
		gmtime_r(&now, &tm);
		strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
		got = nr > 1 ? asprintf(&path, "%s/%s-%u.ccw", r->path, when, nr) :
			       asprintf(&path, "%s/%s.ccw", r->path, when);
	} else if (nr > 1 && len > 4 && !strcmp(r->path + len - 4, ".ccw")) {
		got = asprintf(&path, "%.*s-%u.ccw", (int)len - 4, r->path, nr);
	} else {
		got = nr > 1 ? asprintf(&path, "%s-%u", r->path, nr) : asprintf(&path, "%s", r->path);
	}
	return got < 0 ? NULL : path;
}

/* A file with a name that is not taken.  0 or -errno after a message. */
static int snapshot_create(struct cw_recorder *r)
{
	char why[192] = "";
	int err = -EEXIST;
	__u32 nr;

	for (nr = 1; nr <= NAMES_TRIED && err == -EEXIST; nr++) {
		free(r->file_path);
		r->file_path = snapshot_path(r, nr);
		err = -ENOMEM;
		if (r->file_path)
			err = cw_record_file_create(&r->file, r->file_path, why, sizeof(why));
	}
	if (err)
		cw_say(0, "cannot write the history to %s: %s", r->file_path ? r->file_path : r->path,
		       *why ? why : strerror(-err));
	return err;
}

static void snapshot_end(struct cw_recorder *r, int err)
{
	if (r->file) {
		if (!err) {
			cw_record_file_info(r->file, r->writing);
			err = cw_record_file_commit(r->file);
		}
		if (err)
			cw_say(0, "cannot write the history to %s: %s", r->file_path,
			       cw_record_file_error(r->file));
		cw_record_file_close(r->file);
		r->file = NULL;
		if (!err)
			cw_say(0, "history written to %s (%llu records)", r->file_path, r->nr_writing);
	}
	r->snapshot_failed |= err != 0;
	free(r->writing);
	r->writing = NULL;
}

static void snapshot_begin(struct cw_recorder *r)
{
	bool complete;
	int err;

	pthread_mutex_lock(&r->lock);
	r->writing = r->asked;
	r->asked = NULL;
	pthread_mutex_unlock(&r->lock);
	if (!r->writing)
		return;
	err = snapshot_create(r);
	if (err) {
		snapshot_end(r, err);
		return;
	}
	/* until all is written it is incomplete */
	complete = r->writing->complete;
	r->writing->complete = false;
	cw_record_file_info(r->file, r->writing);
	r->writing->complete = complete;
	r->writing->nr_baseline = cw_flight_write_begin(r->flight, r->file, &r->side);
	r->writing->nr_dropped = cw_flight_nr_dropped(r->flight);
	r->nr_writing = cw_flight_nr_records(r->flight);
}

/* A few batches at a time, with the queue looked at between them. */
static void snapshot_go_on(struct cw_recorder *r)
{
	bool more = cw_flight_write_some(r->flight, r->file);
	int err = cw_record_file_commit(r->file);

	if (err || !more) {
		cw_flight_write_stop(r->flight);
		snapshot_end(r, err);
		cw_side_forget(&r->side, cw_flight_since_ns(r->flight));
	}
}

/* ---- the thread ---- */

/* Privileges are of each thread: this one needs none. */
static void privileges_drop(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];

	memset(none, 0, sizeof(none));
	syscall(SYS_capset, &head, none);
}

static void idle(struct cw_recorder *r)
{
	if (r->flight)
		return;
	if (r->nr_pending || !cw_side_is_written(&r->side)) {
		cw_side_write(&r->side, r->file);
		cw_recorder_commit(r);
	}
}

void *cw_recorder_thread(void *arg)
{
	struct cw_recorder *r = arg;
	bool over = false;

	privileges_drop();
	while (!over || r->writing || r->due) {
		struct cw_buffer *b = cw_queue_take(&r->queue, r->writing ? 0 : WAIT_MS, &over);

		if (b) {
			r->due |= b->mark;
			if (b->hold && r->flight)
				cw_flight_hold(r->flight);
			buffer_take(r, b);
			cw_queue_give_back(&r->queue, b);
		} else if (!r->writing) {
			idle(r);
		}
		if (r->due && !r->writing) {
			r->due = false;
			snapshot_begin(r);
		}
		if (r->writing)
			snapshot_go_on(r);
		else if (b && cw_clock_ns(CLOCK_MONOTONIC) - r->commit_ns > COMMIT_NS)
			idle(r);
	}
	return NULL;
}
