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

/* ---- stacks ---- */

static int stack_order(const void *a, const void *b)
{
	const struct cw_named_stack *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static const struct cw_named_stack *stack_find(const struct cw_recording *r, __u32 number)
{
	const struct cw_named_stack key = { .number = number };

	if (!r->nr_stacks)
		return NULL;
	return bsearch(&key, r->stacks, r->nr_stacks, sizeof(key), stack_order);
}

/* What was lost while it was recorded may have been a stack, too. */
static bool stacks_are_whole(const struct cw_recording_info *info)
{
	__u64 lost = info->nr_lost;
	__u32 i;

	for (i = 0; i < CW_EV_NR; i++)
		lost += info->totals.loss[i][CW_LOSS_QUEUE];
	return info->complete && !lost;
}

static int stack_check(struct cw_recording *r, __u32 number, const char *table)
{
	if (!number || stack_find(r, number) || !stacks_are_whole(&r->info))
		return 0;
	return cw_recording_damaged(r, "stacks: stack %u, which %s name, is missing", number,
				    table);
}

/* The last one that was read, or a new one after it.  NULL: no memory. */
static struct cw_named_stack *stack_of(struct cw_recording *r, __u32 number)
{
	struct cw_named_stack *s = r->nr_stacks ? &r->stacks[r->nr_stacks - 1] : NULL, *more;

	if (s && s->number == number)
		return s;
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

/* The next frame of a stack. */
static int frame_read(struct cw_recording *r, sqlite3_stmt *stmt)
{
	__u64 number = u64_of(stmt, 0), symbol = u64_of(stmt, 2);
	struct cw_named_stack *s;

	if (!number || number > CW_STACKS_READ)
		return cw_recording_damaged(r, "stacks: there is no stack of such a number");
	if (number > r->nr_stacks + 1ULL && stacks_are_whole(&r->info))
		return cw_recording_damaged(r, "stacks: stack %u is missing", r->nr_stacks + 1);
	s = stack_of(r, (__u32)number);
	if (!s)
		return -ENOMEM;
	if (u64_of(stmt, 1) != s->nr || s->nr == CW_STACK_MAX)
		return cw_recording_damaged(r, "stacks: frame %u of stack %llu is missing", s->nr,
					    number);
	if (symbol > r->nr_addr)
		return cw_recording_damaged(r, "stacks: a symbol of stack %llu is missing", number);
	s->stack[s->nr++] = cw_recording_symbol_key(r, symbol);
	return 0;
}

/* Replay and report have the findings from the records.  Damage of this table itself is told by who
 * reads it.
 */
static int findings_check(struct cw_recording *r)
{
	struct cw_order order = { .table = "violations", .column = 1, .nr = 1 };
	sqlite3_stmt *stmt = cw_recording_query(
		r, "SELECT stack, id FROM violations ORDER BY id", 0);
	int err = 0;

	while (!err && stmt && cw_recording_step_on(r, stmt, &order) > 0)
		err = stack_check(r, u32_of(stmt, 0), order.table);
	sqlite3_finalize(stmt);
	return err;
}

int cw_recording_stacks_read(struct cw_recording *r)
{
	struct cw_order order = { .table = "stacks", .nr = 2 };
	sqlite3_stmt *stmt = cw_recording_query(
		r, "SELECT stack, depth, symbol FROM stacks ORDER BY stack, depth", 0);
	int err = stmt ? 0 : -EBADMSG;

	while (!err && (err = cw_recording_step_on(r, stmt, &order)) > 0)
		err = frame_read(r, stmt);
	sqlite3_finalize(stmt);
	return err ? err : findings_check(r);
}

__u32 cw_recording_stack(struct cw_recording *r, __u32 number, __u64 stack[CW_STACK_MAX])
{
	const struct cw_named_stack *s = stack_find(r, number);

	if (!s)
		return 0;
	memcpy(stack, s->stack, s->nr * sizeof(*stack));
	return s->nr;
}

/* ---- rows ---- */

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
		err = stack_check(r, t.stack, order.table);
		if (!err)
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
