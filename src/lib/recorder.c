// SPDX-License-Identifier: GPL-2.0-only
/* The session's side of a recorder: it copies and never waits. */
#include "recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "err.h"
#include "recorder_impl.h"
#include "text.h"

#define FLUSH_NS 500000000ULL	/* the longest that a record waits in a buffer */

/* ---- making one ---- */

/* Makes a file and takes it away again: root is let in where nothing can be made, as in /proc. */
static int file_try(const char *path)
{
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	close(fd);
	return unlink(path) ? -errno : 0;
}

static int directory_try(const char *path)
{
	char *file;
	int err;

	if (asprintf(&file, "%s/.cocowatch-%d", path, getpid()) < 0)
		return -ENOMEM;
	err = file_try(file);
	free(file);
	return err;
}

/* A snapshot is written later; that it can be is seen now. */
static int target_check(struct cw_recorder *r, char *why, size_t size)
{
	struct stat st;
	int err;

	r->in_directory = !stat(r->path, &st) && S_ISDIR(st.st_mode);
	err = r->in_directory ? directory_try(r->path) : file_try(r->path);
	if (err)
		snprintf(why, size, "%s", strerror(-err));
	return err;
}

static int recorder_init(struct cw_recorder *r, const struct cw_recorder_opts *o, char *why,
			 size_t size)
{
	int err;

	snprintf(why, size, "%s", strerror(ENOMEM));
	r->path = strdup(o->path);
	r->last_ns = o->last_ns;
	r->names.include_addresses = o->include_addresses;
	if (!r->path || cw_queue_init(&r->queue, r->last_ns ? CW_QUEUE_FLIGHT : CW_QUEUE_BUFFERS))
		return -ENOMEM;
	err = cw_batcher_init(&r->batcher, o->include_addresses);
	if (err)
		return err;
	if (!r->last_ns)
		return cw_record_file_create(&r->file, r->path, why, size);
	r->flight = cw_flight_new(r->last_ns,
				  o->history_bytes ? o->history_bytes : CW_HISTORY_BYTES);
	return r->flight ? target_check(r, why, size) : -ENOMEM;
}

int cw_recorder_new(struct cw_recorder **out, const struct cw_recorder_opts *opts, char *why,
		    size_t size)
{
	struct cw_recorder *r = calloc(1, sizeof(*r));
	int err = -ENOMEM;

	*out = NULL;
	if (r) {
		pthread_mutex_init(&r->lock, NULL);
		err = recorder_init(r, opts, why, size);
	}
	if (err)
		cw_recorder_free(r);
	else
		*out = r;
	return err;
}

int cw_recorder_start(struct cw_recorder *r, const struct cw_recording_info *info,
		      struct cw_symbols *symbols)
{
	int err;

	r->names.symbols = symbols;
	if (r->file) {
		cw_record_file_info(r->file, info);
		err = cw_recorder_commit(r);
		if (err)
			return err;
		r->begun = true;
	}
	err = pthread_create(&r->thread, NULL, cw_recorder_thread, r);
	r->running = !err;
	return -err;
}

/* ---- filling buffers ---- */

void cw_recorder_lost(struct cw_recorder *r, __u32 event, __u64 nr)
{
	__atomic_fetch_add(&r->lost[event], nr, __ATOMIC_RELAXED);
}

static void current_put(struct cw_recorder *r)
{
	struct cw_buffer *b = r->current;

	if (!b)
		return;
	b->mark = r->marks;
	b->hold = r->holds;
	r->marks = false;
	r->holds = false;
	if (b->used || b->mark)
		cw_queue_put(&r->queue, b);
	else
		cw_queue_give_back(&r->queue, b);
	r->current = NULL;
}

/* Room for size bytes, NULL when all buffers are on their way. */
static void *message_room(struct cw_recorder *r, size_t size, bool record)
{
	struct cw_buffer *b = r->current;

	if (b && (b->used + size > CW_BUFFER_BYTES ||
		  (record && b->nr_records == CW_BLOCK_RECORDS)))
		current_put(r);
	if (!r->current) {
		r->current = cw_queue_empty(&r->queue);
		if (r->current)
			r->current->since_ns = cw_clock_ns(CLOCK_MONOTONIC);
	}
	b = r->current;
	if (!b)
		return NULL;
	b->used += size;
	b->nr_records += record;
	return b->bytes + b->used - size;
}

static void side_put(struct cw_recorder *r, enum cw_side_kind kind, const void *row)
{
	size_t size = sizeof(struct cw_rec_hdr) + (cw_side_size(kind) + 7) / 8 * 8;
	struct cw_rec_hdr *msg = message_room(r, size, false);

	if (!msg) {
		cw_recorder_lost(r, CW_EV_BEGIN, 1);
		return;
	}
	*msg = (struct cw_rec_hdr){ .type = (__u16)(CW_MSG_SIDE + kind), .len = (__u16)size };
	memcpy(msg + 1, row, cw_side_size(kind));
}

void cw_recorder_pages(struct cw_recorder *r, __u64 gfn, __u64 nr_pages, __u32 state)
{
	const struct cw_rec_pages p = { .gfn = gfn, .nr_pages = nr_pages, .state = state };

	side_put(r, CW_SIDE_PAGES, &p);
}

/* Numbers of the symbols of a stack; those that are new go ahead of it. */
static void stack_name(struct cw_recorder *r, const __u64 *stack, __u32 nr, __u64 *ids)
{
	struct cw_rec_symbol s;
	bool fresh;
	__u32 i;

	for (i = 0; i < nr; i++) {
		ids[i] = cw_names_symbol(&r->names, stack[i], &s, &fresh);
		if (fresh)
			side_put(r, CW_SIDE_SYMBOL, &s);
	}
}

/* Number of a stack; a new one goes ahead of what has it. */
static __u32 stack_number(struct cw_recorder *r, const __u64 *addrs, __u32 nr)
{
	__u32 known = nr < CW_STACK_MAX ? nr : CW_STACK_MAX, number;
	struct cw_stack_row stack;
	__u64 ids[CW_STACK_MAX];
	bool fresh;

	stack_name(r, addrs, known, ids);
	number = cw_names_stack(&r->names, ids, known, &stack, &fresh);
	if (fresh)
		side_put(r, CW_SIDE_STACK, &stack);
	return number;
}

/* Of a stack by itself the number is kept: most of them come again and again. */
static void stack_record(struct cw_recorder *r, const struct cw_rec_stack *in)
{
	__u32 number = stack_number(r, in->stack, in->nr_stack);
	struct cw_rec_stack *out = message_room(r, sizeof(*out), true);

	if (!out) {
		cw_recorder_lost(r, cw_record_event(&in->hdr), 1);
		return;
	}
	*out = *in;
	out->hdr.len = sizeof(*out);
	memset(out->stack, 0, sizeof(out->stack));
	out->stack[0] = number;
}

void cw_recorder_record(struct cw_recorder *r, const struct cw_rec_hdr *rec)
{
	__u64 ids[CW_STACK_MAX] = { 0 };
	const __u64 *stack;
	char *out;
	__u32 nr;

	if (rec->type == CW_REC_STACK && rec->len >= sizeof(struct cw_rec_stack)) {
		stack_record(r, (const struct cw_rec_stack *)rec);
		return;
	}
	stack = cw_record_stack(rec, &nr);
	if (stack)
		stack_name(r, stack, nr, ids);
	out = cw_pack_takes(rec) && rec->type < CW_MSG_SIDE ? message_room(r, rec->len, true) :
							      NULL;
	if (!out) {
		cw_recorder_lost(r, cw_record_event(rec), 1);
		return;
	}
	memcpy(out, rec, rec->len);
	if (stack)
		memcpy(out + ((const char *)stack - (const char *)rec), ids, sizeof(ids));
}

void cw_recorder_report(struct cw_recorder *r, const struct cw_report *report)
{
	struct cw_rec_violation v = {
		.seq = report->event->seq,
		.ts_ns = report->event->ts_ns,
		.task = report->event->task,
		.cpu = report->event->cpu,
		.event = report->event->type,
		.detail = *report->detail,
		.sev = report->sev,
		.waived = report->excuse,
	};

	v.stack = stack_number(r, report->stack, report->nr_stack);
	snprintf(v.comm, sizeof(v.comm), "%s", report->comm);
	if (report->past) {
		v.past_seq = report->past->seq;
		v.past_ns = report->past->ts_ns;
		v.past_task = report->past->task;
		snprintf(v.past_comm, sizeof(v.past_comm), "%s", report->past->comm);
	}
	side_put(r, CW_SIDE_VIOLATION, &v);
	if (report->sev == CW_SEV_V && !report->excuse && r->flight) {
		/* who is late with the snapshot finds the history that led to it still there */
		r->holds = true;
		r->wanted = true;
	}
}

void cw_recorder_tick(struct cw_recorder *r, __u64 now_ns)
{
	bool old = r->current && r->current->used && now_ns > r->current->since_ns + FLUSH_NS;

	if (r->marks && !r->current)
		r->current = cw_queue_empty(&r->queue);
	if (old || r->marks)
		current_put(r);
}

/* ---- snapshots ---- */

bool cw_recorder_is_flight(const struct cw_recorder *r)
{
	return r->flight;
}

void cw_recorder_want(struct cw_recorder *r)
{
	r->wanted = true;
	r->wanted_now = true;
}

/* Violations are written not more often than the history is long: what came meanwhile is in the
 * next one.
 */
bool cw_recorder_is_wanted(const struct cw_recorder *r, __u64 now_ns)
{
	if (!r->wanted || r->wanted_now || !r->written_ns)
		return r->wanted;
	return now_ns - r->written_ns >= r->last_ns;
}

void cw_recorder_snapshot(struct cw_recorder *r, const struct cw_recording_info *info, __u64 now_ns)
{
	struct cw_recording_info *copy = malloc(sizeof(*copy));
	bool taken = false;

	if (!copy)
		return;
	*copy = *info;
	pthread_mutex_lock(&r->lock);
	if (!r->asked) {
		r->asked = copy;
		taken = true;
	}
	pthread_mutex_unlock(&r->lock);
	if (!taken) {	/* the one before has not been begun: the disk is slow */
		free(copy);
		return;
	}
	r->wanted = false;
	r->wanted_now = false;
	r->written_ns = now_ns;
	/* it is made behind all that came before; when no buffer is free, behind the next one */
	r->marks = true;
	if (!r->current)
		r->current = cw_queue_empty(&r->queue);
	current_put(r);
}

/* ---- the end ---- */

void cw_recorder_stop(struct cw_recorder *r)
{
	if (!r->running)
		return;
	/* a snapshot was asked for, and all buffers were full */
	while (r->marks && !r->current) {
		usleep(1000);
		r->current = cw_queue_empty(&r->queue);
	}
	current_put(r);
	cw_queue_end(&r->queue);
	pthread_join(r->thread, NULL);
	r->running = false;
}

static __u64 nr_lost(const struct cw_recorder *r)
{
	__u64 sum = 0;
	__u32 i;

	for (i = 0; i < CW_EV_NR; i++)
		sum += __atomic_load_n(&r->lost[i], __ATOMIC_RELAXED);
	return sum;
}

void cw_recorder_totals(const struct cw_recorder *r, struct cw_totals *t)
{
	__u32 i;

	for (i = 0; i < CW_EV_NR; i++)
		t->loss[i][CW_LOSS_QUEUE] += __atomic_load_n(&r->lost[i], __ATOMIC_RELAXED);
}

int cw_recorder_finish(struct cw_recorder *r, const struct cw_recording_info *info)
{
	struct cw_recording_info last = *info;
	int err, closed;

	cw_recorder_stop(r);
	if (r->flight)
		return r->snapshot_failed ? -EIO : 0;
	last.nr_lost = nr_lost(r);
	cw_side_write(&r->side, r->file);
	cw_record_file_info(r->file, &last);
	err = cw_recorder_commit(r);
	closed = cw_record_file_close(r->file);
	r->file = NULL;
	if (!err && !cw_side_is_written(&r->side))
		err = -ENOSPC;
	if (!err && closed)
		cw_err(closed, "cannot end the recording %s", r->path);
	return err ? err : closed;
}

/* A file of ours without a session is no recording, and would be in the way of the next one. */
static void file_end(struct cw_recorder *r)
{
	bool empty = r->file && !r->flight && !r->begun;

	cw_record_file_close(r->file);
	if (empty)
		unlink(r->path);
}

void cw_recorder_free(struct cw_recorder *r)
{
	if (!r)
		return;
	cw_recorder_stop(r);
	file_end(r);
	cw_flight_free(r->flight);
	cw_side_free(&r->side);
	cw_batcher_exit(&r->batcher);
	cw_queue_exit(&r->queue);
	pthread_mutex_destroy(&r->lock);
	free(r->asked);
	free(r->writing);
	free(r->path);
	free(r->file_path);
	free(r);
}
