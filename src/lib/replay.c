// SPDX-License-Identifier: GPL-2.0-only
/* Records go two ways, as they did in the session: to the feed, which judges what user space
 * judges, and to the engine.  The engine's verdict waits for the recorded one, which has the stack,
 * and is told in its place.
 */
#include "replay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memstore.h"
#include "events.h"
#include "names.h"
#include "rules.h"

#define PENDING_MAX 1024	/* verdicts that wait; of one CPU there is one */

/* What the engine said of an event whose recorded verdict has not come yet. */
struct pending {
	__u64 seq;
	struct cw_out out;
	__u64 event[CW_RECORD_MAX / 8];
};

struct replay {
	struct cw_recording *rec;
	const struct cw_recording_info *info;
	struct cw_feed feed;
	struct cw_store store;	/* states of pages are in the events: no words */
	struct cw_count count[CW_RULE_NR];
	struct cw_replayed *out;
	struct cw_writers *writers;
	const struct cw_replay_tap *tap;	/* NULL: none */
	__u64 late;		/* rules that are armed while it goes on */
	bool lossy;		/* records are missing: only what was found then is a finding */
	struct pending *pending;
	__u32 nr_pending;
};

/* Whether nothing of what the recording was to hold is missing. */
static bool is_lossless(const struct cw_recording_info *info, const struct cw_replayed *o)
{
	__u32 event, loss;

	if (!info->complete || info->stopped_early || info->nr_dropped || info->nr_lost ||
	    o->damaged)
		return false;
	for (event = 0; event < CW_EV_NR; event++)
		for (loss = 0; loss < CW_LOSS_NR; loss++)
			if (info->totals.loss[event][loss])
				return false;
	return true;
}

/* Rules for which the events do not have all that the kernel judged by: a page's bytes. */
#define ONLY_THEN CW_RULE_BIT(CW_RULE_Z4)

/* ---- differences ---- */

static void differ(struct replay *p, __u64 rules, const char *what, const struct cw_rec_hdr *ev)
{
	struct cw_replayed *o = p->out;
	__u32 rule = rules ? (__u32)__builtin_ctzll(rules) : 0;

	o->nr_differ++;
	o->differing |= rules;
	if (!o->differs[0])
		snprintf(o->differs, sizeof(o->differs), "%s %s of event %llu (%s)",
			 rules && rule < CW_RULE_NR ? cw_rule_info(rule)->id : "a rule", what, ev->seq,
			 cw_event_name(ev->type));
}

static __u64 reported(const struct cw_out *out)
{
	return out->violated | out->warned | out->observed;
}

static bool details_equal(const struct cw_out *a, const struct cw_out *b)
{
	__u32 nr = a->nr_details < CW_DETAIL_MAX ? a->nr_details : CW_DETAIL_MAX;

	return a->nr_details == b->nr_details &&
	       !memcmp(a->detail, b->detail, nr * sizeof(a->detail[0]));
}

static void compare(struct replay *p, const struct cw_out *now, const struct cw_out *then,
		    const struct cw_rec_hdr *ev)
{
	__u64 rules = (now->violated ^ then->violated) | (now->warned ^ then->warned) |
		      (now->observed ^ then->observed);

	if (rules)
		differ(p, rules, "is judged otherwise", ev);
	else if (!details_equal(now, then))
		differ(p, reported(now), "has other findings", ev);
}

/* ---- counting ---- */

static void out_count(struct replay *p, const struct cw_out *out)
{
	__u64 any = out->checked | out->violated | out->warned | out->observed | out->no_evidence;

	for (; any; any &= any - 1) {
		__u32 rule = (__u32)__builtin_ctzll(any);
		__u64 bit = any & -any;
		struct cw_count *c = &p->count[rule];

		if (rule >= CW_RULE_NR)
			return;
		c->checked += !!(out->checked & bit);
		c->violated += !!(out->violated & bit);
		c->warned += !!(out->warned & bit);
		c->observed += !!(out->observed & bit);
		c->no_evidence += !!(out->no_evidence & bit);
	}
}

/* Only what was found, without what was checked. */
static struct cw_out findings_of(const struct cw_out *out)
{
	return (struct cw_out){ .violated = out->violated, .warned = out->warned,
				.observed = out->observed };
}

/* What only the recorded verdict knows is added to what the engine says of the event. */
static void then_add(struct replay *p, struct cw_out *now, const struct cw_out *then)
{
	struct cw_out only = {
		.checked = then->checked & ONLY_THEN,
		.violated = then->violated & ONLY_THEN,
		.warned = then->warned & ONLY_THEN,
		.observed = then->observed & ONLY_THEN,
	};
	__u32 nr = then->nr_details < CW_DETAIL_MAX ? then->nr_details : CW_DETAIL_MAX, i;

	if (!reported(&only))
		return;
	out_count(p, &only);
	now->checked |= only.checked;
	now->violated |= only.violated;
	now->warned |= only.warned;
	now->observed |= only.observed;
	for (i = 0; i < nr; i++)
		if ((CW_RULE_BIT(then->detail[i].rule) & ONLY_THEN) &&
		    now->nr_details < CW_DETAIL_MAX)
			now->detail[now->nr_details++] = then->detail[i];
}

/* ---- verdicts ---- */

static void verdict_feed(struct replay *p, const struct cw_rec_hdr *ev, const struct cw_out *out,
			 const struct cw_rec_verdict *then)
{
	struct {
		struct cw_rec_verdict v;
		__u64 event[CW_RECORD_MAX / 8];
	} sent;

	if (then)
		sent.v = *then;
	else
		memset(&sent.v, 0, sizeof(sent.v));
	sent.v.hdr = *ev;
	sent.v.hdr.type = CW_REC_VERDICT;
	sent.v.hdr.len = (__u16)(sizeof(sent.v) + ev->len);
	sent.v.out = *out;
	sent.v.event_off = sizeof(sent.v);
	memcpy(sent.event, ev, ev->len);
	cw_feed_record(&p->feed, &sent, sent.v.hdr.len);
}

static void pending_drop(struct replay *p, __u32 i)
{
	p->nr_pending--;
	memmove(&p->pending[i], &p->pending[i + 1], (p->nr_pending - i) * sizeof(p->pending[0]));
}

/* The oldest has no verdict in the recording: it is told as it is. */
static void pending_flush(struct replay *p, __u32 keep)
{
	while (p->nr_pending > keep) {
		const struct cw_rec_hdr *ev = (const struct cw_rec_hdr *)p->pending[0].event;

		if (p->lossy) {	/* a step that was not seen accuses nobody */
			pending_drop(p, 0);
			continue;
		}
		differ(p, reported(&p->pending[0].out), "is not in the recorded verdict", ev);
		verdict_feed(p, ev, &p->pending[0].out, NULL);
		pending_drop(p, 0);
	}
}

static void pending_add(struct replay *p, const struct cw_rec_hdr *ev, const struct cw_out *out)
{
	struct pending *w;

	pending_flush(p, PENDING_MAX - 1);
	w = &p->pending[p->nr_pending++];
	w->seq = ev->seq;
	w->out = *out;
	memcpy(w->event, ev, ev->len);
}

static void on_verdict(struct replay *p, const struct cw_rec_verdict *then)
{
	const struct cw_rec_hdr *ev = (const void *)((const char *)then + then->event_off);
	struct cw_out now = { .checked = 0 };
	__u32 i;

	for (i = 0; i < p->nr_pending && p->pending[i].seq != ev->seq; i++)
		;
	if (i < p->nr_pending) {
		now = p->pending[i].out;
		pending_drop(p, i);
	}
	if (p->lossy) {
		now = findings_of(&then->out);
		out_count(p, &now);
		verdict_feed(p, ev, &then->out, then);
		return;
	}
	then_add(p, &now, &then->out);
	compare(p, &now, &then->out, ev);
	/* what was a violation stays one */
	verdict_feed(p, ev, reported(&now) ? &now : &then->out, then);
}

/* ---- events ---- */

static void on_event(struct replay *p, const struct cw_rec_hdr *rec)
{
	__u64 copy[CW_RECORD_MAX / 8];
	struct cw_rec_hdr *ev = (struct cw_rec_hdr *)copy;
	struct cw_out out, counted;

	memset(&out, 0, sizeof(out));
	if (!rec->seq && (rec->type == CW_EV_MAPPING || rec->type == CW_EV_KEPT)) {
		cw_feed_mapping(&p->feed, &p->info->fmt, (const struct cw_ev_mapping *)rec);
		return;
	}
	cw_feed_record(&p->feed, rec, rec->len);
	if (rec->type >= CW_EV_NR)
		return;
	memcpy(copy, rec, rec->len);	/* the engine writes the depth into it */
	cw_engine_step(&p->store, &p->info->fmt, ev, &out);
	counted = out;
	if (p->lossy)	/* findings are counted when their verdict comes */
		counted.violated = counted.warned = counted.observed = 0;
	out_count(p, &counted);
	if (reported(&out) && !p->lossy)
		pending_add(p, rec, &out);
}

static void on_tick(struct replay *p, const struct cw_rec_hdr *tick)
{
	if (tick->task == CW_TICK_FORGET)
		cw_feed_forget(&p->feed, tick->ts_ns);
	else
		cw_feed_tick(&p->feed, tick->ts_ns);
}

/* Rules that were armed when their module came are told when their time comes. */
static void late_tell(struct replay *p, __u64 ts_ns)
{
	__u64 armed = 0, left;
	__u32 rule;

	for (left = p->late; left; left &= left - 1) {
		rule = (__u32)__builtin_ctzll(left);
		if (p->info->arming.since_ns[rule] <= ts_ns)
			armed |= CW_RULE_BIT(rule);
	}
	if (armed)
		cw_writers_armed(p->writers, armed, ts_ns);
	p->late &= ~armed;
}

static int records_feed(struct replay *p)
{
	const struct cw_rec_hdr *rec;
	int got;

	while ((got = cw_recording_next(p->rec, &rec)) != 0) {
		if (got < 0) {
			p->out->damaged = true;
			p->lossy = true;
			continue;
		}
		p->out->nr_records++;
		p->out->last_ns = rec->ts_ns;
		if (p->tap)
			p->tap->record(p->tap->ctx, rec);
		if (p->late)
			late_tell(p, rec->ts_ns);
		if (rec->type == CW_REC_TICK)
			on_tick(p, rec);
		else if (rec->type == CW_REC_VERDICT)
			on_verdict(p, (const struct cw_rec_verdict *)rec);
		else
			on_event(p, rec);
	}
	return 0;
}

/* ---- totals ---- */

static __u64 more(__u64 replayed, __u64 stored, bool *is_stored)
{
	if (stored > replayed)
		*is_stored = true;
	return stored > replayed ? stored : replayed;
}

static void excuse_compare(struct replay *p, __u32 rule, __u64 now)
{
	struct cw_replayed *o = p->out;
	__u64 then = p->info->totals.excused[rule];

	if (now == then)
		return;
	o->differing |= CW_RULE_BIT(rule);
	o->nr_differ++;
	if (!o->differs[0])
		snprintf(o->differs, sizeof(o->differs), "of %s %llu violations were waived, and are now %llu",
			 cw_rule_info(rule)->id, then, now);
}

static void rule_total(struct replay *p, __u32 rule, bool whole)
{
	const struct cw_count *then = &p->info->totals.rule[rule];
	struct cw_count *c = &p->out->totals.rule[rule], now = *c;
	__u64 *excused = &p->out->totals.excused[rule], excused_now = *excused;
	bool stored = false;

	c->checked = more(now.checked, then->checked, &stored);
	c->violated = more(now.violated, then->violated, &stored);
	c->warned = more(now.warned, then->warned, &stored);
	c->observed = more(now.observed, then->observed, &stored);
	c->no_evidence = more(now.no_evidence, then->no_evidence, &stored);
	*excused = more(excused_now, p->info->totals.excused[rule], &stored);
	if (stored)
		p->out->from_stored |= CW_RULE_BIT(rule);
	if (!whole || (CW_RULE_BIT(rule) & ONLY_THEN))
		return;
	excuse_compare(p, rule, excused_now);
	if (!memcmp(&now, then, sizeof(now)))
		return;
	p->out->differing |= CW_RULE_BIT(rule);
	if (!p->out->differs[0])
		snprintf(p->out->differs, sizeof(p->out->differs), "%s was judged %llu times with %llu "
			 "violations, and is now %llu times with %llu", cw_rule_info(rule)->id,
			 then->checked, then->violated, now.checked, now.violated);
	p->out->nr_differ++;
}

static void totals_make(struct replay *p)
{
	struct cw_totals *t = &p->out->totals;
	const struct cw_recording_info *info = p->info;
	bool lossless = is_lossless(info, p->out) && info->record_steps;
	bool whole = lossless && info->record_hot && info->record_frees;
	__u32 i;

	memcpy(t->loss, p->info->totals.loss, sizeof(t->loss));
	memcpy(t->stat, p->info->totals.stat, sizeof(t->stat));
	memcpy(t->rule, p->count, sizeof(t->rule));
	cw_feed_totals(&p->feed, t);
	t->malformed = p->info->totals.malformed;
	t->unknown = p->info->totals.unknown;
	t->unreadable = p->info->totals.unreadable;
	for (i = 0; i < CW_RULE_NR; i++)
		rule_total(p, i, whole);
	/* where records are missing, that is why the two are not the same */
	if (!lossless) {
		p->out->nr_differ = 0;
		p->out->differing = 0;
		p->out->differs[0] = '\0';
	}
	p->out->told = p->feed.told;
}

/* The session's end decides which waivers have expired; without one, its last record. */
static void policy_end(const struct replay *p, struct cw_recording *r)
{
	const struct cw_recording_info *info = p->info;
	__u64 end_ns = info->complete ? info->ts_ns + info->duration_ns : p->out->last_ns;

	if (p->writers->start)
		cw_policy_at(cw_recording_policy(r), cw_start_wall(p->writers->start, end_ns));
}

int cw_replay_run(struct cw_recording *r, struct cw_writers *writers,
		  const struct cw_replay_tap *tap, struct cw_replayed *out)
{
	struct replay *p = calloc(1, sizeof(*p));
	__u32 i;
	int err = -ENOMEM;

	memset(out, 0, sizeof(*out));
	if (!p)
		return err;
	p->rec = r;
	p->info = cw_recording_info(r);
	p->out = out;
	p->writers = writers;
	p->tap = tap;
	p->pending = calloc(PENDING_MAX, sizeof(*p->pending));
	p->lossy = !is_lossless(p->info, out);
	for (i = 0; i < CW_RULE_NR; i++)
		if (p->info->arming.since_ns[i])
			p->late |= CW_RULE_BIT(i);
	if (p->pending)
		err = cw_feed_init_with(&p->feed, writers, p->info->slow_limit_ns,
					cw_recording_symbols(r));
	if (!err) {
		p->feed.policy = cw_recording_policy(r);
		err = records_feed(p);
		pending_flush(p, 0);
		totals_make(p);
		policy_end(p, r);
	}
	free(p->pending);
	p->pending = NULL;
	out->own = p;
	if (err)
		cw_replay_end(out);
	return err;
}

/* Writers count on in the groups of the findings that they were told. */
void cw_replay_end(struct cw_replayed *r)
{
	if (!r->own)
		return;
	cw_feed_exit(&r->own->feed);
	free(r->own);
	r->own = NULL;
}

/* ---- verdict ---- */

static void notes_add(struct cw_verdict *v, const struct cw_replayed *r)
{
	__u32 i;

	for (i = 0; i < CW_RULE_NR; i++)
		if ((r->from_stored & CW_RULE_BIT(i)) && !v->note[i][0])
			snprintf(v->note[i], CW_NOTE_LEN, "counted when it was recorded");
}

void cw_replay_judge(const struct cw_recording_info *info, const struct cw_replayed *replayed,
		     bool own_failed, struct cw_ending *ending, struct cw_verdict *verdict)
{
	*ending = info->ending;
	ending->output_failed |= own_failed;
	cw_verdict_judge(verdict, &info->policy, &info->arming, &replayed->totals, ending);
	notes_add(verdict, replayed);
	if (verdict->exit == CW_EXIT_VIOLATED)
		return;
	if (replayed->damaged) {
		verdict->exit = CW_EXIT_UNKNOWN;
		snprintf(verdict->why, sizeof(verdict->why), "the recording is damaged");
	} else if (!info->complete) {
		verdict->exit = CW_EXIT_UNKNOWN;
		snprintf(verdict->why, sizeof(verdict->why), "the recording ends in the middle of its session");
	} else if (replayed->nr_differ) {
		verdict->exit = CW_EXIT_UNKNOWN;
		snprintf(verdict->why, sizeof(verdict->why), "the replay differs from the recording");
	}
}
