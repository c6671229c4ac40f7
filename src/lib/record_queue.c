// SPDX-License-Identifier: GPL-2.0-only
/* Two lists of buffers under one lock, held for a few instructions each time. */
#include "record_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NSEC_PER_SEC 1000000000L
#define NSEC_PER_MSEC 1000000L

int cw_queue_init(struct cw_queue *q, size_t nr)
{
	size_t i;

	memset(q, 0, sizeof(*q));
	/* one piece, so that the memory is not there before it is touched */
	q->all = malloc(nr * sizeof(*q->all));
	if (!q->all)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		q->all[i].used = 0;
		q->all[i].nr_records = 0;
		q->all[i].mark = false;
		q->all[i].hold = false;
		q->all[i].next = i + 1 < nr ? &q->all[i + 1] : NULL;
	}
	q->empty = q->all;
	q->full_end = &q->full;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->filled, NULL);
	return 0;
}

void cw_queue_exit(struct cw_queue *q)
{
	if (!q->all)
		return;
	free(q->all);
	q->all = NULL;
	pthread_cond_destroy(&q->filled);
	pthread_mutex_destroy(&q->lock);
}

struct cw_buffer *cw_queue_empty(struct cw_queue *q)
{
	struct cw_buffer *b;

	pthread_mutex_lock(&q->lock);
	b = q->empty;
	if (b)
		q->empty = b->next;
	pthread_mutex_unlock(&q->lock);
	return b;
}

void cw_queue_put(struct cw_queue *q, struct cw_buffer *b)
{
	pthread_mutex_lock(&q->lock);
	b->next = NULL;
	*q->full_end = b;
	q->full_end = &b->next;
	pthread_cond_signal(&q->filled);
	pthread_mutex_unlock(&q->lock);
}

void cw_queue_end(struct cw_queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->ended = true;
	pthread_cond_signal(&q->filled);
	pthread_mutex_unlock(&q->lock);
}

static void deadline_set(struct timespec *ts, int wait_ms)
{
	clock_gettime(CLOCK_REALTIME, ts);
	ts->tv_nsec += wait_ms * NSEC_PER_MSEC;
	ts->tv_sec += ts->tv_nsec / NSEC_PER_SEC;
	ts->tv_nsec %= NSEC_PER_SEC;
}

struct cw_buffer *cw_queue_take(struct cw_queue *q, int wait_ms, bool *over)
{
	struct timespec deadline;
	struct cw_buffer *b;

	deadline_set(&deadline, wait_ms);
	pthread_mutex_lock(&q->lock);
	if (!q->full && !q->ended && wait_ms)
		pthread_cond_timedwait(&q->filled, &q->lock, &deadline);
	b = q->full;
	if (b) {
		q->full = b->next;
		if (!q->full)
			q->full_end = &q->full;
	}
	*over = !b && q->ended;
	pthread_mutex_unlock(&q->lock);
	return b;
}

void cw_queue_give_back(struct cw_queue *q, struct cw_buffer *b)
{
	b->used = 0;
	b->nr_records = 0;
	b->mark = false;
	b->hold = false;
	pthread_mutex_lock(&q->lock);
	b->next = q->empty;	/* the one that was touched last is used again first */
	q->empty = b;
	pthread_mutex_unlock(&q->lock);
}
