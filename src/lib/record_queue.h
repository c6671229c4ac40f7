/* SPDX-License-Identifier: GPL-2.0-only */
/* The queue between the reader of the ring and the thread that writes: buffers that go there full
 * and come back empty.
 */
#ifndef CW_RECORD_QUEUE_H
#define CW_RECORD_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#define CW_BUFFER_BYTES (512U << 10)
/* Memory that was never needed is never touched; this is half a second at 100,000 records/s. */
#define CW_QUEUE_BUFFERS 64
#define CW_QUEUE_FLIGHT	16	/* the history needs memory, too */

struct cw_buffer {
	struct cw_buffer *next;
	size_t used;
	__u32 nr_records;
	__u64 since_ns;		/* when the first of them came */
	bool mark;		/* behind it a snapshot is to be made, */
	bool hold;		/* or will be: from it on only want of memory drops history */
	__u8 bytes[CW_BUFFER_BYTES] __attribute__((aligned(8)));
};

struct cw_queue {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct cw_buffer *full, **full_end;
	struct cw_buffer *empty;
	struct cw_buffer *all;
	bool ended;
};

int cw_queue_init(struct cw_queue *q, size_t nr);	/* 0 or -ENOMEM */
void cw_queue_exit(struct cw_queue *q);

/* An empty buffer, or NULL when all are on their way. */
struct cw_buffer *cw_queue_empty(struct cw_queue *q);
void cw_queue_put(struct cw_queue *q, struct cw_buffer *b);	/* filled */
void cw_queue_end(struct cw_queue *q);	/* nothing more is put */

/* The writer's side: the next filled buffer, waited for up to wait_ms; NULL when there is none, and
 * *over when there will be none.
 */
struct cw_buffer *cw_queue_take(struct cw_queue *q, int wait_ms, bool *over);
void cw_queue_give_back(struct cw_queue *q, struct cw_buffer *b);

#endif
