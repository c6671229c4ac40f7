// SPDX-License-Identifier: GPL-2.0-only
/* The tables beside the records of a recording: transitions, findings, owners, states of pages. */
#include "record_read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record_impl.h"
#include "rules.h"

#define TRANSITION "SELECT seq, begin_ns, end_ns, task, gfn_min, gfn_max, cpu, depth, nr_pages, ret, " \
	"to_shared, contiguous, space, stack, comm FROM transitions "

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
	struct cw_order order = { .table = "transitions", .nr = 1 };
	int err = stmt ? 0 : -EBADMSG;

	while (!err && (err = cw_recording_step_on(r, stmt, &order)) > 0) {
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
			.stack = u32_of(stmt, 13),
		};

		cw_column_text(stmt, 14, t.comm, sizeof(t.comm));
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

int cw_recording_finding(const char *id)
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
	int finding = cw_recording_finding((const char *)sqlite3_column_text(stmt, 6));
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
	struct cw_order order = { .table = "violations", .column = 19, .nr = 1 };
	sqlite3_stmt *stmt = cw_recording_query(
		r, "SELECT seq, ts_ns, cpu, task, event, rule, finding, page, gfn, want, seen, stack, "
		"past_seq, past_ns, past_task, past_comm, comm, severity, waived, id "
		"FROM violations ORDER BY id", 0);
	int err = stmt ? 0 : -EBADMSG;

	while (!err && (err = cw_recording_step_on(r, stmt, &order)) > 0) {
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
			.sev = u32_of(stmt, 17),
			.waived = u64_of(stmt, 18),
		};

		cw_column_text(stmt, 15, v.past_comm, sizeof(v.past_comm));
		cw_column_text(stmt, 16, v.comm, sizeof(v.comm));
		err = detail_read(r, stmt, &v.detail);
		if (!err && v.sev != CW_SEV_V && v.sev != CW_SEV_W && v.sev != CW_SEV_O)
			err = cw_recording_damaged(r, "violations: there is no such severity");
		if (!err)
			err = fn(ctx, &v);
	}
	sqlite3_finalize(stmt);
	return err;
}

int cw_recording_owners(struct cw_recording *r,
			int (*fn)(void *ctx, const struct cw_rec_owner *o), void *ctx)
{
	struct cw_order order = { .table = "owners", .column = 8, .nr = 2 };
	sqlite3_stmt *stmt = cw_recording_query(
		r, "SELECT ts_ns, gfn, nr_pages, owner, relid, cpu, flags, space, gfn, id "
		"FROM owners ORDER BY gfn, id", 0);
	int err = stmt ? 0 : -EBADMSG;

	while (!err && (err = cw_recording_step_on(r, stmt, &order)) > 0) {
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
	struct cw_order order = { .table = "pages", .nr = 1 };
	sqlite3_stmt *stmt = cw_recording_query(
		r, "SELECT gfn, nr_pages, state FROM pages ORDER BY gfn", 0);
	int err = stmt ? 0 : -EBADMSG;

	while (!err && (err = cw_recording_step_on(r, stmt, &order)) > 0) {
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

/* ---- stacks ---- */

static int stack_order(const void *a, const void *b)
{
	const struct cw_named_stack *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static struct cw_named_stack *stack_add(struct cw_recording *r, __u32 number)
{
	struct cw_named_stack *s = r->nr_stacks ? &r->stacks[r->nr_stacks - 1] : NULL, *more;

	if (s && s->number == number)
		return s;
	if (r->nr_stacks == CW_STACKS_READ)
		return NULL;
	if (!(r->nr_stacks & (r->nr_stacks - 1))) {
		more = reallocarray(r->stacks, r->nr_stacks ? 2UL * r->nr_stacks : 1,
				    sizeof(*more));
		if (!more)
			return NULL;
		r->stacks = more;
	}
	s = &r->stacks[r->nr_stacks++];
	*s = (struct cw_named_stack){ .number = number };
	return s;
}

/* All of them, once: they are asked for again and again.  What finds no room has no stack. */
static void stacks_read(struct cw_recording *r)
{
	struct cw_order order = { .table = "stacks", .nr = 2 };
	sqlite3_stmt *stmt = cw_recording_query(
		r, "SELECT stack, depth, symbol FROM stacks ORDER BY stack, depth", 0);

	while (stmt && cw_recording_step_on(r, stmt, &order) > 0) {
		struct cw_named_stack *s = stack_add(r, u32_of(stmt, 0));

		if (s && s->nr < CW_STACK_MAX)
			s->stack[s->nr++] = cw_recording_symbol_key(r, u64_of(stmt, 2));
	}
	sqlite3_finalize(stmt);
	r->stacks_read = true;
}

__u32 cw_recording_stack(struct cw_recording *r, __u32 number, __u64 stack[CW_STACK_MAX])
{
	const struct cw_named_stack key = { .number = number }, *s;

	if (!r->stacks_read)
		stacks_read(r);
	s = r->nr_stacks ? bsearch(&key, r->stacks, r->nr_stacks, sizeof(key), stack_order) : NULL;
	if (!s)
		return 0;
	memcpy(stack, s->stack, s->nr * sizeof(*stack));
	return s->nr;
}
