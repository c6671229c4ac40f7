// SPDX-License-Identifier: GPL-2.0-only
/* From records to reports.  A record is not trusted: lengths are checked, types
 * that are not known are skipped and counted.
 */
#include "feed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cocowatch/engine_share.h>

#include "events.h"
#include "text.h"

int cw_feed_init_with(struct cw_feed *f, struct cw_writers *writers, __u64 slow_limit_ns,
		      struct cw_symbols *symbols)
{
	memset(f, 0, sizeof(*f));
	f->writers = writers;
	f->judge = cw_judge_new(slow_limit_ns);
	f->history = cw_history_new();
	f->symbols = symbols;
	if (f->judge && f->history && f->symbols)
		return 0;
	cw_feed_exit(f);
	return -ENOMEM;
}

int cw_feed_init(struct cw_feed *f, struct cw_writers *writers, __u64 slow_limit_ns)
{
	struct cw_symbols *symbols = cw_symbols_new("/proc/kallsyms", "/sys/module");
	int err = cw_feed_init_with(f, writers, slow_limit_ns, symbols);

	if (err)
		cw_symbols_free(symbols);
	else
		f->own_symbols = symbols;
	return err;
}

void cw_feed_exit(struct cw_feed *f)
{
	cw_judge_free(f->judge);
	cw_history_free(f->history);
	cw_symbols_free(f->own_symbols);
	f->judge = NULL;
	f->history = NULL;
	f->symbols = NULL;
	f->own_symbols = NULL;
}

/* Bytes that an event of this type must have; 0 for types that are no events. */
static size_t event_size(__u32 type)
{
	const struct cw_event_info *info = cw_event_info(type);

	return info ? info->shape->size : 0;
}

/* Name of the task of an event; to be asked before the judge sees the end of a transition. */
static void event_comm(const struct cw_feed *f, const struct cw_rec_hdr *ev, char *comm)
{
	const struct cw_ev_step *step = (const struct cw_ev_step *)ev;
	const char *name = "";

	if (ev->type == CW_EV_PLATFORM)
		name = ((const struct cw_ev_platform *)ev)->comm;
	else if (ev->type == CW_EV_BEGIN || ev->type == CW_EV_TASK_EXIT)
		name = step->comm;
	else if (ev->type == CW_EV_END)
		name = cw_judge_comm(f->judge, ev->task, step->depth);
	snprintf(comm, CW_COMM_LEN, "%.*s", CW_COMM_LEN - 1, name);
	cw_text_clean(comm);
}

static const struct cw_policy *policy_of(const struct cw_feed *f)
{
	static const struct cw_policy none;

	return f->writers->start ? f->writers->start->policy : &none;
}

/* A waiver counts or not on the day of the event, whenever the event is fed: in a replay too. */
static void policy_turn(const struct cw_feed *f, __u64 ts_ns)
{
	const struct cw_start *start = f->writers->start;

	if (f->policy && start)
		cw_policy_at(f->policy, cw_start_wall(start, ts_ns));
}

/* Fills a report with one finding.  False when it is malformed, or its rule is off. */
static bool finding_fill(struct cw_feed *f, struct cw_report *r, const struct cw_detail *d)
{
	const struct cw_policy *policy = policy_of(f);

	r->finding = cw_finding_info(d->finding);
	if (!r->finding || d->rule != r->finding->rule ||
	    !(cw_event_info(r->event->type)->rules & CW_RULE_BIT(d->rule))) {
		f->malformed++;
		return false;
	}
	if (policy->off & CW_RULE_BIT(d->rule))
		return false;
	r->rule = cw_rule_info(d->rule);
	r->detail = d;
	r->sev = cw_policy_sev(policy, d->rule, r->finding->sev);
	r->excuse = cw_policy_excuse(policy, d->rule, d->finding, f->symbols, r->stack,
				     r->nr_stack);
	r->group = cw_groups_count(&f->groups, d->finding, r->stack, r->nr_stack);
	return true;
}

/* What only those need that somebody will read. */
static void finding_complete(const struct cw_feed *f, struct cw_report *r)
{
	__u32 skip = cw_symbols_skip(f->symbols, r->stack, r->nr_stack);

	if (skip) {	/* what user space judged has no stack */
		r->stack += skip;
		r->nr_stack -= skip;
	}
	if (r->detail->gfn && r->detail->gfn != ~0ULL)
		r->past = cw_history_find(f->history, r->detail->gfn, r->event->seq);
}

/* False when it is only counted in its group. */
static bool finding_show(struct cw_feed *f, struct cw_report *r)
{
	if (r->group->count > CW_GROUP_SHOWN) {
		f->told.grouped[r->detail->rule]++;
		return false;
	}
	f->told.shown[r->detail->rule]++;
	r->last_of_group = r->group->count == CW_GROUP_SHOWN;
	finding_complete(f, r);
	return true;
}

static void masks_count(struct cw_feed *f, const struct cw_out *out)
{
	const struct cw_policy *policy = policy_of(f);
	__u64 violated = (out->violated & ~policy->as_warning) |
			 (out->warned & policy->as_violation);
	__u32 i;

	for (i = 0; i < CW_RULE_NR; i++) {
		__u64 bit = CW_RULE_BIT(i);

		f->told.reported[i] += !!(out->violated & bit) + !!(out->warned & bit) +
				       !!(out->observed & bit);
		f->told.violated[i] += !!(out->violated & bit);
		f->nr_violations += !!(violated & ~policy->off & bit);
	}
}

/* Rules of a judgement, as masks: with a violation that a waiver covers, and with one that none
 * does.
 */
struct blame {
	__u64 excused;
	__u64 accused;
};

static void blame_add(struct blame *b, const struct cw_report *r)
{
	if (r->sev != CW_SEV_V)
		return;
	if (r->excuse)
		b->excused |= CW_RULE_BIT(r->detail->rule);
	else
		b->accused |= CW_RULE_BIT(r->detail->rule);
}

/* A judgement is excused when all of it is: what is not told may be anything. */
static void blame_count(struct cw_feed *f, const struct blame *b, bool all_told)
{
	__u32 i;

	for (i = 0; all_told && i < CW_RULE_NR; i++)
		f->excused[i] += !!(b->excused & ~b->accused & CW_RULE_BIT(i));
}

/* Sends everything that one judgement found, findings of one rule one after the other. */
static void findings_report(struct cw_feed *f, const struct cw_out *out,
			    const struct cw_report *common)
{
	__u32 nr = out->nr_details < CW_DETAIL_MAX ? out->nr_details : CW_DETAIL_MAX, i, shown = 0;
	struct cw_report r[CW_DETAIL_MAX], accused[CW_DETAIL_MAX];
	struct blame blame = { .excused = 0 };
	__u64 malformed = f->malformed;
	__u32 nr_accused = 0;

	policy_turn(f, common->event->ts_ns);
	masks_count(f, out);
	for (i = 0; i < nr; i++) {
		__u64 before = blame.accused;

		r[shown] = *common;
		r[shown].nr_untold = i + 1 == nr ? out->nr_details - nr : 0;
		if (!finding_fill(f, &r[shown], &out->detail[i]))
			continue;
		blame_add(&blame, &r[shown]);
		if (blame.accused != before)
			accused[nr_accused++] = r[shown];
		if (finding_show(f, &r[shown]))
			shown++;
	}
	blame_count(f, &blame, out->nr_details == nr && f->malformed == malformed);
	for (i = 0; i < shown; i++) {
		if (i && r[i - 1].rule == r[i].rule)
			r[i].before = &r[i - 1];
		r[i].more = i + 1 < shown && r[i + 1].rule == r[i].rule;
		cw_writers_report(f->writers, &r[i]);
		if (f->recorder)
			cw_recorder_report(f->recorder, &r[i]);
		if (f->watcher.report)
			f->watcher.report(f->watcher.ctx, &r[i]);
	}
	for (i = 0; i < nr_accused && f->on_violation; i++) {
		finding_complete(f, &accused[i]);
		f->on_violation(f->on_violation_ctx, &accused[i]);
	}
}

/* What user space said of an event: counted here, reported like a verdict of the kernel. */
static void user_judged(struct cw_feed *f, const struct cw_rec_hdr *ev, const char *comm,
			const struct cw_out *out)
{
	struct cw_report r = { .event = ev, .comm = comm };
	__u32 i;

	for (i = 0; i < CW_RULE_NR; i++) {
		__u64 bit = CW_RULE_BIT(i);

		f->user[i].checked += !!(out->checked & bit);
		f->user[i].violated += !!(out->violated & bit);
		f->user[i].warned += !!(out->warned & bit);
		f->user[i].observed += !!(out->observed & bit);
		f->user[i].no_evidence += !!(out->no_evidence & bit);
	}
	if (out->nr_details)
		findings_report(f, out, &r);
}

static void record(struct cw_feed *f, const struct cw_rec_hdr *rec)
{
	if (f->recorder)
		cw_recorder_record(f->recorder, rec);
}

static void watcher_tell(const struct cw_feed *f, const struct cw_rec_hdr *ev, const char *comm)
{
	const struct cw_ev_step *step = (const struct cw_ev_step *)ev;
	__u64 began = 0;

	if (!f->watcher.event)
		return;
	if (ev->type == CW_EV_END)
		began = cw_judge_began(f->judge, ev->task, step->depth);
	f->watcher.event(f->watcher.ctx, ev, comm, began);
}

static void on_event(struct cw_feed *f, const struct cw_rec_hdr *ev)
{
	char comm[CW_COMM_LEN];
	struct cw_out out;

	record(f, ev);
	event_comm(f, ev, comm);
	watcher_tell(f, ev, comm);
	cw_judge_event(f->judge, ev, &out);
	if (out.checked | out.violated | out.warned | out.no_evidence)
		user_judged(f, ev, comm, &out);
	if (ev->type == CW_EV_END)
		cw_history_add(f->history, (const struct cw_ev_step *)ev, comm);
}

static void on_verdict(struct cw_feed *f, const struct cw_rec_verdict *v, size_t size)
{
	const struct cw_rec_hdr *ev = (const void *)((const char *)v + v->event_off);
	__u32 nr_stack = v->nr_stack < CW_STACK_MAX ? v->nr_stack : CW_STACK_MAX;
	struct cw_report r = { .event = ev, .stack = v->stack, .nr_stack = nr_stack };
	char comm[CW_COMM_LEN + 1];

	if (v->event_off < sizeof(*v) || v->event_off % 8 || v->event_off + sizeof(*ev) > size ||
	    !event_size(ev->type) || v->event_off + event_size(ev->type) > size) {
		f->malformed++;
		return;
	}
	record(f, &v->hdr);
	snprintf(comm, sizeof(comm), "%.*s", CW_COMM_LEN, v->comm);
	cw_text_clean(comm);
	r.comm = comm;
	findings_report(f, &v->out, &r);
}

void cw_feed_record(struct cw_feed *f, const void *data, size_t size)
{
	const struct cw_rec_hdr *hdr = data;

	f->nr_records++;
	if (size < sizeof(*hdr) || hdr->len > size || hdr->len < sizeof(*hdr)) {
		f->malformed++;
	} else if (hdr->type == CW_REC_VERDICT) {
		if (hdr->len >= sizeof(struct cw_rec_verdict))
			on_verdict(f, data, hdr->len);
		else
			f->malformed++;
	} else if (hdr->type == CW_REC_STACK) {
		if (hdr->len < sizeof(struct cw_rec_stack))
			f->malformed++;
		else	/* for recordings only */
			record(f, hdr);
	} else if (!event_size(hdr->type)) {
		f->unknown++;
	} else if (hdr->len < event_size(hdr->type)) {
		f->malformed++;
	} else {
		on_event(f, hdr);
	}
}

void cw_feed_mapping(struct cw_feed *f, const struct cw_pte_fmt *fmt,
		     const struct cw_ev_mapping *ev)
{
	struct cw_out out = { .checked = 0 };

	f->nr_records++;
	record(f, &ev->hdr);
	if (cw_engine_share(fmt, &ev->hdr, &out))
		user_judged(f, &ev->hdr, ev->comm, &out);
}

void cw_feed_totals(const struct cw_feed *f, struct cw_totals *t)
{
	__u32 i;

	for (i = 0; i < CW_RULE_NR; i++) {
		t->rule[i].checked += f->user[i].checked;
		t->rule[i].violated += f->user[i].violated;
		t->rule[i].warned += f->user[i].warned;
		t->rule[i].observed += f->user[i].observed;
		t->rule[i].no_evidence += f->user[i].no_evidence;
		t->excused[i] += f->excused[i];
		if (t->rule[i].violated < f->told.violated[i])
			t->rule[i].violated = f->told.violated[i];
	}
	t->loss[CW_EV_BEGIN][CW_LOSS_QUEUE] += cw_judge_nr_dropped(f->judge);
	t->malformed = f->malformed;
	t->unknown = f->unknown;
}

static void tick_record(struct cw_feed *f, __u64 now_ns, __u64 what)
{
	const struct cw_rec_hdr tick = {
		.type = CW_REC_TICK, .len = sizeof(tick), .ts_ns = now_ns, .task = what,
	};

	record(f, &tick);
}

/* Only a time at which something was found slow decides anything, and is recorded. */
void cw_feed_tick(struct cw_feed *f, __u64 now_ns)
{
	char comm[CW_COMM_LEN];
	struct cw_ev_step begin;
	struct cw_out out;
	bool told = false;

	while (cw_judge_tick(f->judge, now_ns, &begin, &out)) {
		if (!told)
			tick_record(f, now_ns, 0);
		told = true;
		event_comm(f, &begin.hdr, comm);
		user_judged(f, &begin.hdr, comm, &out);
	}
	if (f->recorder)
		cw_recorder_tick(f->recorder, now_ns);
}

void cw_feed_forget(struct cw_feed *f, __u64 now_ns)
{
	if (cw_judge_nr_open(f->judge))
		tick_record(f, now_ns, CW_TICK_FORGET);
	cw_judge_forget(f->judge);
}
