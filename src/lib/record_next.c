// SPDX-License-Identifier: GPL-2.0-only
/* The records of a recording, one after the other: block by block out of the file, each checked
 * before anybody sees what is in it.
 */
#include "record_read.h"

#include <errno.h>
#include <string.h>

#include <zlib.h>

#include "events.h"
#include "record_impl.h"
#include "text.h"

#define EVENTS "SELECT id, nr, first_ns, last_ns, first_seq, last_seq, crc, records FROM events "

/* A verdict carries its event behind it. */
static bool verdict_is_sound(const struct cw_rec_verdict *v)
{
	const struct cw_rec_hdr *ev = (const void *)((const char *)v + v->event_off);
	const struct cw_event_info *info;

	if (v->hdr.len < sizeof(*v) || v->event_off < sizeof(*v) || v->event_off % 8 ||
	    v->event_off > v->hdr.len - sizeof(*ev) || v->nr_stack > CW_STACK_MAX)
		return false;
	info = cw_event_info(ev->type);
	return info && v->event_off + info->shape->size <= v->hdr.len &&
	       ev->len >= info->shape->size && v->event_off + ev->len <= v->hdr.len;
}

static bool record_is_sound(const struct cw_recording *r, const struct cw_rec_hdr *rec)
{
	const struct cw_event_info *info = cw_event_info(rec->type);

	if (rec->ts_ns < r->first_ns || rec->ts_ns > r->last_ns)
		return false;
	if (rec->seq && (rec->seq < r->first_seq || rec->seq > r->last_seq))
		return false;
	if (info)
		return rec->len >= info->shape->size;
	if (rec->type == CW_REC_STACK)
		return rec->len >= sizeof(struct cw_rec_stack) &&
		       ((const struct cw_rec_stack *)rec)->nr_stack <= CW_STACK_MAX;
	return rec->type != CW_REC_VERDICT || verdict_is_sound((const struct cw_rec_verdict *)rec);
}

/* The same record with the stack in place of its number. */
static const struct cw_rec_hdr *number_resolve(struct cw_recording *r,
					       const struct cw_rec_hdr *rec)
{
	struct cw_rec_stack *s = (struct cw_rec_stack *)r->resolved;
	__u32 number;

	memcpy(r->resolved, rec, rec->len);
	number = (__u32)s->stack[0];
	memset(s->stack, 0, sizeof(s->stack));
	s->nr_stack = cw_recording_stack(r, number, s->stack);
	s->comm[CW_COMM_LEN - 1] = '\0';
	cw_text_clean(s->comm);
	return &s->hdr;
}

/* The same record with names in place of the numbers of its stack. */
static const struct cw_rec_hdr *stack_resolve(struct cw_recording *r, const struct cw_rec_hdr *rec)
{
	const __u64 *stack;
	__u64 *own;
	__u32 nr, i;

	stack = cw_record_stack(rec, &nr);
	if (!stack)
		return rec;
	memcpy(r->resolved, rec, rec->len);
	own = r->resolved + (stack - (const __u64 *)rec);
	for (i = 0; i < nr; i++)
		own[i] = cw_recording_symbol_key(r, own[i]);
	return (const struct cw_rec_hdr *)r->resolved;
}

/* Takes the row that the statement is at. */
static int block_take(struct cw_recording *r)
{
	__u64 nr = (__u64)sqlite3_column_int64(r->events, 1);
	__u64 crc = (__u64)sqlite3_column_int64(r->events, 6);

	r->block = (__u64)sqlite3_column_int64(r->events, 0);
	r->first_ns = (__u64)sqlite3_column_int64(r->events, 2);
	r->last_ns = (__u64)sqlite3_column_int64(r->events, 3);
	r->first_seq = (__u64)sqlite3_column_int64(r->events, 4);
	r->last_seq = (__u64)sqlite3_column_int64(r->events, 5);
	r->bytes = sqlite3_column_blob(r->events, 7);
	r->size = (size_t)sqlite3_column_bytes(r->events, 7);
	r->at = 0;
	r->nr_left = (__u32)nr;
	cw_pack_init(&r->pack);
	if (!r->bytes || !nr || nr > CW_BLOCK_RECORDS || crc32(0, r->bytes, (uInt)r->size) != crc) {
		r->bytes = NULL;
		return cw_recording_damaged(r, "block %llu of its records is damaged", r->block);
	}
	return 1;
}

static void events_end(struct cw_recording *r)
{
	sqlite3_finalize(r->events);
	r->events = NULL;
	r->bytes = NULL;
	r->nr_left = 0;
}

int cw_recording_next(struct cw_recording *r, const struct cw_rec_hdr **rec)
{
	const struct cw_rec_hdr *got;
	int err;

	*rec = NULL;
	while (!r->bytes || !r->nr_left) {
		bool more = r->bytes && r->at != r->size;

		r->bytes = NULL;
		if (more)
			return cw_recording_damaged(r, "block %llu of its records is too long", r->block);
		err = r->events ? cw_recording_step_on(r, r->events, &r->order) : 0;
		if (err > 0)
			err = block_take(r);
		else if (err)	/* where SQLite cannot go on, a next step would begin anew */
			events_end(r);
		if (err <= 0)
			return err;
	}
	got = cw_unpack_record(&r->pack, r->bytes, r->size, &r->at);
	if (!got || !record_is_sound(r, got)) {
		r->bytes = NULL;
		return cw_recording_damaged(r, "block %llu of its records holds what is no record",
					    r->block);
	}
	r->nr_left--;
	*rec = got->type == CW_REC_STACK ? number_resolve(r, got) : stack_resolve(r, got);
	return 1;
}

static int events_query(struct cw_recording *r, const char *sql, __u64 arg)
{
	events_end(r);
	r->order = (struct cw_order){ .table = "events", .nr = 1 };
	r->events = cw_recording_query(r, sql, arg);
	return r->events ? 0 : -EBADMSG;
}

int cw_recording_rewind(struct cw_recording *r)
{
	return events_query(r, EVENTS "ORDER BY id", 0);
}

int cw_recording_seek(struct cw_recording *r, __u64 ts_ns)
{
	return events_query(r, EVENTS "WHERE id >= (SELECT min(id) FROM events WHERE last_ns >= ?1) "
			    "ORDER BY id", ts_ns);
}
