// SPDX-License-Identifier: GPL-2.0-only
/* The tables beside the records of a recording: transitions, findings, owners, states of pages. */
#include "record_read.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "record_impl.h"
#include "rules.h"

#define TRANSITION "SELECT seq, begin_ns, end_ns, task, gfn_min, gfn_max, cpu, depth, nr_pages, ret, " \
	"to_shared, contiguous, space, comm FROM transitions "

static __u64 u64_of(sqlite3_stmt *stmt, int column)
{
	return (__u64)sqlite3_column_int64(stmt, column);
}

static __u32 u32_of(sqlite3_stmt *stmt, int column)
{
	return (__u32)sqlite3_column_int64(stmt, column);
}

static int transitions_each(struct cw_recording *r, sqlite3_stmt *stmt,
			    int (*fn)(void *ctx, const struct cw_rec_transition *t), void *ctx)
{
	int err = stmt ? 0 : -EBADMSG;

	while (!err && (err = cw_recording_step(r, stmt)) > 0) {
		struct cw_rec_transition t = {
			.seq = u64_of(stmt, 0),
			.begin_ns = u64_of(stmt, 1),
			.end_ns = u64_of(stmt, 2),
			.task = u64_of(stmt, 3),
			.gfn_min = u64_of(stmt, 4),
			.gfn_max = u64_of(stmt, 5),
			.cpu = u32_of(stmt, 6),
			.depth = u32_of(stmt, 7),
			.nr_pages = u32_of(stmt, 8),
			.ret = (__s32)u32_of(stmt, 9),
			.to_shared = u64_of(stmt, 10),
			.contiguous = u64_of(stmt, 11),
			.space = (__u8)u32_of(stmt, 12),
		};

		cw_column_text(stmt, 13, t.comm, sizeof(t.comm));
		err = fn(ctx, &t);
	}
	sqlite3_finalize(stmt);
	return err;
}

int cw_recording_transitions(struct cw_recording *r,
			     int (*fn)(void *ctx, const struct cw_rec_transition *t), void *ctx)
{
	return transitions_each(r, cw_recording_query(r, TRANSITION "ORDER BY seq", 0), fn, ctx);
}

int cw_recording_transitions_of(struct cw_recording *r, __u64 gfn,
				int (*fn)(void *ctx, const struct cw_rec_transition *t), void *ctx)
{
	return transitions_each(r, cw_recording_query(r, TRANSITION "WHERE gfn_min <= ?1 AND "
						      "gfn_max >= ?1 ORDER BY seq", gfn), fn, ctx);
}

static int finding_find(const char *id)
{
	__u32 i;

	for (i = 0; i < CW_FIND_NR; i++)
		if (id && cw_finding_info(i) && !strcmp(cw_finding_info(i)->id, id))
			return (int)i;
	return -ENOENT;
}

static int detail_read(struct cw_recording *r, sqlite3_stmt *stmt, struct cw_detail *d)
{
	const char *id = (const char *)sqlite3_column_text(stmt, 5);
	int finding = finding_find((const char *)sqlite3_column_text(stmt, 6));
	int rule = id ? cw_rule_find(id) : -ENOENT;

	if (rule < 0 || finding < 0 || cw_finding_info((__u32)finding)->rule != (__u32)rule)
		return cw_recording_damaged(r, "violations: there is no such finding");
	*d = (struct cw_detail){
		.rule = (__u8)rule,
		.sev = (__u8)cw_finding_info((__u32)finding)->sev,
		.finding = (__u16)finding,
		.index = u32_of(stmt, 7),
		.gfn = u64_of(stmt, 8),
		.want = u64_of(stmt, 9),
		.seen = u64_of(stmt, 10),
	};
	return 0;
}

int cw_recording_violations(struct cw_recording *r,
			    int (*fn)(void *ctx, const struct cw_rec_violation *v), void *ctx)
{
	sqlite3_stmt *stmt = cw_recording_query(
		r, "SELECT seq, ts_ns, cpu, task, event, rule, finding, page, gfn, want, seen, stack, "
		"past_seq, past_ns, past_task, past_comm, comm FROM violations ORDER BY id", 0);
	int err = stmt ? 0 : -EBADMSG;

	while (!err && (err = cw_recording_step(r, stmt)) > 0) {
		struct cw_rec_violation v = {
			.seq = u64_of(stmt, 0),
			.ts_ns = u64_of(stmt, 1),
			.cpu = u32_of(stmt, 2),
			.task = u64_of(stmt, 3),
			.event = u32_of(stmt, 4),
			.stack = u32_of(stmt, 11),
			.past_seq = u64_of(stmt, 12),
			.past_ns = u64_of(stmt, 13),
			.past_task = u64_of(stmt, 14),
		};

		cw_column_text(stmt, 15, v.past_comm, sizeof(v.past_comm));
		cw_column_text(stmt, 16, v.comm, sizeof(v.comm));
		err = detail_read(r, stmt, &v.detail);
		if (!err)
			err = fn(ctx, &v);
	}
	sqlite3_finalize(stmt);
	return err;
}

int cw_recording_owners(struct cw_recording *r,
			int (*fn)(void *ctx, const struct cw_rec_owner *o), void *ctx)
{
	sqlite3_stmt *stmt = cw_recording_query(
		r, "SELECT ts_ns, gfn, nr_pages, owner, relid, cpu, flags, space FROM owners "
		"ORDER BY gfn, id", 0);
	int err = stmt ? 0 : -EBADMSG;

	while (!err && (err = cw_recording_step(r, stmt)) > 0) {
		const struct cw_rec_owner o = {
			.ts_ns = u64_of(stmt, 0),
			.gfn = u64_of(stmt, 1),
			.nr_pages = u32_of(stmt, 2),
			.owner = u32_of(stmt, 3),
			.relid = u32_of(stmt, 4),
			.cpu = u32_of(stmt, 5),
			.flags = u32_of(stmt, 6),
			.space = (__u8)u32_of(stmt, 7),
		};

		err = fn(ctx, &o);
	}
	sqlite3_finalize(stmt);
	return err;
}

int cw_recording_pages(struct cw_recording *r,
		       int (*fn)(void *ctx, const struct cw_rec_pages *p), void *ctx)
{
	sqlite3_stmt *stmt = cw_recording_query(
		r, "SELECT gfn, nr_pages, state FROM pages ORDER BY gfn", 0);
	int err = stmt ? 0 : -EBADMSG;

	while (!err && (err = cw_recording_step(r, stmt)) > 0) {
		const struct cw_rec_pages p = {
			.gfn = u64_of(stmt, 0),
			.nr_pages = u64_of(stmt, 1),
			.state = u32_of(stmt, 2) & 3,
		};

		err = fn(ctx, &p);
	}
	sqlite3_finalize(stmt);
	return err;
}

__u32 cw_recording_stack(struct cw_recording *r, __u32 number, __u64 stack[CW_STACK_MAX])
{
	sqlite3_stmt *stmt = cw_recording_query(
		r, "SELECT symbol FROM stacks WHERE stack = ?1 ORDER BY depth LIMIT 32", number);
	__u32 nr = 0;

	while (stmt && nr < CW_STACK_MAX && cw_recording_step(r, stmt) > 0)
		stack[nr++] = cw_recording_symbol_key(r, u64_of(stmt, 0));
	sqlite3_finalize(stmt);
	return nr;
}
