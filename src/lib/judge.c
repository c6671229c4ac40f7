// SPDX-License-Identifier: GPL-2.0-only
/* T7: a transition leaves no PTE not-present, its task does not go away in the
 * middle, and it ends within its time.
 */
#include "judge.h"

#include <stdlib.h>
#include <string.h>

#include "rules.h"

struct open_txn {
	struct cw_ev_step begin;
	bool slow_told;
};

struct cw_judge {
	__u64 slow_limit_ns;
	struct open_txn *open;	/* in no order; few at a time */
	__u32 nr_open;
	__u32 room;
	__u64 nr_dropped;
};

struct cw_judge *cw_judge_new(__u64 slow_limit_ns)
{
	struct cw_judge *j = calloc(1, sizeof(*j));

	if (j)
		j->slow_limit_ns = slow_limit_ns;
	return j;
}

void cw_judge_free(struct cw_judge *j)
{
	if (!j)
		return;
	free(j->open);
	free(j);
}

__u32 cw_judge_nr_open(const struct cw_judge *j)
{
	return j->nr_open;
}

__u64 cw_judge_nr_dropped(const struct cw_judge *j)
{
	return j->nr_dropped;
}

void cw_judge_forget(struct cw_judge *j)
{
	j->nr_open = 0;
}

void cw_judge_report(struct cw_out *out, enum cw_finding finding, __u32 index, __u64 gfn,
		     __u64 want, __u64 seen)
{
	const struct cw_finding_info *info = cw_finding_info(finding);
	__u32 nr = out->nr_details++;

	if (info->sev == CW_SEV_V)
		out->violated |= CW_RULE_BIT(info->rule);
	else if (info->sev == CW_SEV_W)
		out->warned |= CW_RULE_BIT(info->rule);
	else
		out->observed |= CW_RULE_BIT(info->rule);
	if (nr >= CW_DETAIL_MAX)
		return;
	out->detail[nr] = (struct cw_detail){
		.rule = (__u8)info->rule,
		.sev = (__u8)info->sev,
		.finding = (__u16)finding,
		.index = index,
		.gfn = gfn,
		.want = want,
		.seen = seen,
	};
}

static struct open_txn *open_find(const struct cw_judge *j, __u64 task, __u32 depth)
{
	__u32 i;

	for (i = 0; i < j->nr_open; i++)
		if (j->open[i].begin.hdr.task == task && j->open[i].begin.depth == depth)
			return &j->open[i];
	return NULL;
}

const char *cw_judge_comm(const struct cw_judge *j, __u64 task, __u32 depth)
{
	const struct open_txn *txn = open_find(j, task, depth);

	return txn ? txn->begin.comm : "";
}

__u64 cw_judge_began(const struct cw_judge *j, __u64 task, __u32 depth)
{
	const struct open_txn *txn = open_find(j, task, depth);

	return txn ? txn->begin.hdr.ts_ns : 0;
}

static void open_drop(struct cw_judge *j, struct open_txn *txn)
{
	*txn = j->open[--j->nr_open];
}

static int open_grow(struct cw_judge *j)
{
	__u32 room = j->room ? 2 * j->room : 16;
	struct open_txn *open;

	if (room > CW_OPEN_MAX)
		return -1;
	open = realloc(j->open, room * sizeof(*open));
	if (!open)
		return -1;
	j->open = open;
	j->room = room;
	return 0;
}

static void on_begin(struct cw_judge *j, const struct cw_ev_step *ev)
{
	struct open_txn *txn = open_find(j, ev->hdr.task, ev->depth);

	if (!txn) {
		if (j->nr_open == j->room && open_grow(j)) {
			j->nr_dropped++;
			return;
		}
		txn = &j->open[j->nr_open++];
	}
	txn->begin = *ev;
	txn->begin.comm[CW_COMM_LEN - 1] = '\0';
	txn->slow_told = false;
}

/* Frame of one page of the range, where the event alone tells it. */
static __u64 step_gfn(const struct cw_ev_step *ev, __u32 index)
{
	if (index == CW_NO_INDEX || !index)
		return ev->gfn;
	return ev->flags & CW_STEP_CONTIG ? ev->gfn + index : ~0ULL;
}

static bool walk_is_complete(const struct cw_ev_step *ev)
{
	if (!ev->own.walked || ev->own.failed || ev->nr_unwalked)
		return false;
	return (ev->flags & CW_STEP_DIRECT) || (ev->alias.walked && !ev->alias.failed);
}

static void left_absent_judge(const struct cw_ev_step *ev, struct cw_out *out)
{
	const struct cw_walk *w = ev->own.present < ev->own.walked ? &ev->own : &ev->alias;

	if (w->present < w->walked)
		cw_judge_report(out, CW_FIND_LEFT_ABSENT, w->first_absent,
				step_gfn(ev, w->first_absent), 0, w->pte_absent);
	else if (!walk_is_complete(ev))
		out->no_evidence |= CW_RULE_BIT(CW_RULE_T7);
	else
		out->checked |= CW_RULE_BIT(CW_RULE_T7);
	if (out->violated)
		out->checked |= CW_RULE_BIT(CW_RULE_T7);
}

static void slow_judge(const struct cw_judge *j, struct open_txn *txn, __u64 now_ns,
		       struct cw_out *out)
{
	__u64 since = txn->begin.hdr.ts_ns;

	if (txn->slow_told || now_ns <= since || now_ns - since <= j->slow_limit_ns)
		return;
	txn->slow_told = true;
	cw_judge_report(out, CW_FIND_SLOW, CW_NO_INDEX, txn->begin.gfn, j->slow_limit_ns,
			now_ns - since);
}

/* Ends that were not seen: what was open inside the one that ends is open no more. */
static void inner_drop(struct cw_judge *j, const struct cw_ev_step *end)
{
	__u32 i;

	for (i = j->nr_open; i-- > 0;)
		if (j->open[i].begin.hdr.task == end->hdr.task &&
		    j->open[i].begin.depth > end->depth)
			open_drop(j, &j->open[i]);
}

static void on_end(struct cw_judge *j, const struct cw_ev_step *ev, struct cw_out *out)
{
	struct open_txn *txn;

	inner_drop(j, ev);
	txn = open_find(j, ev->hdr.task, ev->depth);
	/* refused before its first step: what is absent is another's */
	if (!ev->ret || (ev->flags & CW_STEP_STEPPED))
		left_absent_judge(ev, out);
	if (!txn)
		return;
	slow_judge(j, txn, ev->hdr.ts_ns, out);
	open_drop(j, txn);
}

/* The probe sends this only for a task that has a transition open. */
static void on_task_exit(struct cw_judge *j, const struct cw_ev_step *ev, struct cw_out *out)
{
	struct open_txn *txn = open_find(j, ev->hdr.task, ev->depth);

	if (ev->flags & CW_STEP_UNCONFIRMED) {
		out->no_evidence |= CW_RULE_BIT(CW_RULE_T7);
	} else {
		out->checked |= CW_RULE_BIT(CW_RULE_T7);
		cw_judge_report(out, CW_FIND_TASK_GONE, CW_NO_INDEX,
				ev->gfn_max ? ev->gfn
				: txn	    ? txn->begin.gfn
					    : 0,
				ev->hdr.task, ev->hdr.task);
	}
	if (txn)
		open_drop(j, txn);
}

void cw_judge_event(struct cw_judge *j, const struct cw_rec_hdr *ev, struct cw_out *out)
{
	memset(out, 0, sizeof(*out));
	switch (ev->type) {
	case CW_EV_BEGIN:
		on_begin(j, (const struct cw_ev_step *)ev);
		break;
	case CW_EV_END:
		on_end(j, (const struct cw_ev_step *)ev, out);
		break;
	case CW_EV_TASK_EXIT:
		on_task_exit(j, (const struct cw_ev_step *)ev, out);
		break;
	case CW_EV_PLATFORM:
		cw_judge_platform((const struct cw_ev_platform *)ev, out);
		break;
	case CW_EV_OWNER:
		cw_judge_owner((const struct cw_ev_owner *)ev, out);
		break;
	default:
		break;
	}
}

bool cw_judge_tick(struct cw_judge *j, __u64 now_ns, struct cw_ev_step *begin, struct cw_out *out)
{
	__u32 i;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < j->nr_open; i++) {
		slow_judge(j, &j->open[i], now_ns, out);
		if (!out->warned)
			continue;
		*begin = j->open[i].begin;
		return true;
	}
	return false;
}
