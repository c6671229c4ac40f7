// SPDX-License-Identifier: GPL-2.0-only
/* One session for a whole catalogue.  A thread writes the order to the module, and the session is
 * drained meanwhile, so that a report is seen when it comes; what is counted and reported between
 * an order and the next belongs to it, whoever caused it.
 */
#include "selftest_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clock.h"
#include "err.h"
#include "feed.h"
#include "session.h"

#define DEVICE "/dev/cocovm"
#define HONEST_LOOPS 5	/* some take turns with sizes and steps */

struct runner {
	struct selftest *t;
	struct cw_arming arming;
	struct cw_feed feed;
	struct cw_writers collector;	/* one writer, which notes what is reported */
	struct cw_session *session;
	struct cw_totals totals;	/* as they were when the trial began */
	struct cw_trial *trial;		/* that runs */
	__u64 order_ns;			/* when it was ordered */
	int device_fd, done_fd, signal_fd;
	bool stop;
};

/* ---- what is reported ---- */

static void collect(struct cw_writer *w, const struct cw_report *report)
{
	struct cw_writers *ws =
		(struct cw_writers *)((char *)w - offsetof(struct cw_writers, writer));
	struct runner *r = (struct runner *)((char *)ws - offsetof(struct runner, collector));
	__u32 finding = report->detail->finding;

	if (!r->trial)
		return;
	r->trial->found[finding] = true;
	if (r->trial->misbehave && finding == r->trial->sc->finding && !r->trial->report_ns)
		r->trial->report_ns = cw_clock_ns(CLOCK_MONOTONIC) - r->order_ns;
}

static const struct cw_writer_ops collecting = { .name = "collector", .report = collect };

/* ---- what is counted ---- */

/* Rules whose events were lost since the totals of before. */
static __u64 lost_since(const struct cw_totals *now, const struct cw_totals *before)
{
	__u64 lost = 0;
	__u32 event, loss;

	if (now->malformed != before->malformed || now->unreadable)
		return CW_RULE_ALL;
	for (event = 0; event < CW_EV_NR; event++)
		for (loss = 0; loss < CW_LOSS_NR; loss++)
			if (now->loss[event][loss] != before->loss[event][loss])
				lost |= cw_source_fed_by(&cw_source_module, event);
	return lost;
}

static void count_since(struct cw_trial *t, const struct cw_totals *now,
			const struct cw_totals *before)
{
	__u32 i;

	for (i = 0; i < CW_RULE_NR; i++) {
		const struct cw_count *a = &now->rule[i], *b = &before->rule[i];

		t->count[i] = (struct cw_count){
			.checked = a->checked - b->checked,
			.violated = a->violated - b->violated,
			.warned = a->warned - b->warned,
			.observed = a->observed - b->observed,
			.no_evidence = a->no_evidence - b->no_evidence,
		};
	}
	t->lost = lost_since(now, before);
}

/* ---- one trial ---- */

static int order_write(const struct runner *r)
{
	const struct cw_trial *t = r->trial;
	char order[96];
	int len;

	if (t->misbehave)
		len = snprintf(order, sizeof(order), "run %s", t->sc->name);
	else
		len = snprintf(order, sizeof(order), "honest %s loops=%d", t->sc->name, HONEST_LOOPS);
	return write(r->device_fd, order, (size_t)len) == len ? 0 : -errno;
}

/* The module returns when the scenario has ended. */
static void *order_thread(void *arg)
{
	struct runner *r = arg;
	uint64_t one = 1;

	r->trial->err = order_write(r);
	if (write(r->done_fd, &one, sizeof(one)) < 0)
		r->trial->err = -errno;
	return NULL;
}

static void signals_read(struct runner *r)
{
	struct signalfd_siginfo si;

	while (read(r->signal_fd, &si, sizeof(si)) == sizeof(si))
		r->stop = true;
}

/* Until the order has been carried out, which a signal waits for, too.  False when not all that
 * came meanwhile could be read.
 */
static bool trial_follow(struct runner *r)
{
	struct pollfd fds[] = {
		{ .fd = cw_session_fd(r->session), .events = POLLIN },
		{ .fd = r->done_fd, .events = POLLIN },
		{ .fd = r->signal_fd, .events = POLLIN },
	};
	uint64_t done = 0;

	while (!done) {
		poll(fds, 3, -1);
		cw_session_drain(r->session);
		signals_read(r);
		if (read(r->done_fd, &done, sizeof(done)) < 0)
			done = 0;
	}
	/* once: the ring holds less than is read at a time, so what is left is no part of it */
	return cw_session_drain(r->session);
}

static int trial_run(struct runner *r, struct cw_trial *trial)
{
	struct cw_totals now;
	pthread_t thread;
	bool all_read;
	int err;

	/* a group's later findings are only counted, and here each is wanted */
	memset(&r->feed.groups, 0, sizeof(r->feed.groups));
	trial->armed = r->arming.armed;
	r->trial = trial;
	r->order_ns = cw_clock_ns(CLOCK_MONOTONIC);
	err = pthread_create(&thread, NULL, order_thread, r);
	if (err)
		return cw_err(-err, "cannot start a thread");
	all_read = trial_follow(r);
	pthread_join(thread, NULL);
	cw_session_totals(r->session, &now);
	count_since(trial, &now, &r->totals);
	if (!all_read)
		trial->lost = CW_RULE_ALL;
	r->totals = now;
	r->trial = NULL;
	cw_trial_judge(trial);
	return 0;
}

/* ---- all of them ---- */

/* splitmix64, by Sebastiano Vigna: the same order for the same seed, on every machine. */
static __u64 random_next(__u64 *state)
{
	__u64 z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static void shuffle(struct cw_trial *trial, size_t nr, __u64 seed)
{
	struct cw_trial swap;
	size_t i, k;

	for (i = nr; i > 1; i--) {
		k = random_next(&seed) % i;
		swap = trial[i - 1];
		trial[i - 1] = trial[k];
		trial[k] = swap;
	}
}

bool selftest_wants(const struct selftest *t, const struct cw_scenario *sc)
{
	if (!t->rules)
		return true;
	return sc->rule != CW_NO_RULE && (t->rules & CW_RULE_BIT(sc->rule));
}

/* The twin first, then the misbehaviour as often as was asked for. */
static int trials_plan(struct selftest *t)
{
	const struct cw_scenario *sc;
	size_t i;
	__u64 k;

	t->result.trial = calloc(t->catalogue.nr * (1 + t->repeat), sizeof(*t->result.trial));
	if (!t->result.trial)
		return cw_err(-ENOMEM, "cannot note the trials");
	for (i = 0; i < t->catalogue.nr; i++) {
		sc = &t->catalogue.row[i];
		if (!selftest_wants(t, sc))
			continue;
		t->result.trial[t->result.nr++].sc = sc;
		for (k = 0; sc->finding && k < t->repeat; k++)
			t->result.trial[t->result.nr++] =
				(struct cw_trial){ .sc = sc, .misbehave = true };
	}
	if (t->shuffled)
		shuffle(t->result.trial, t->result.nr, t->seed);
	return 0;
}

static int trials_run(struct runner *r)
{
	struct cw_selftest *s = &r->t->result;
	size_t nr = s->nr;
	int err;

	cw_session_drain(r->session);
	cw_session_totals(r->session, &r->totals);
	for (s->nr = 0; s->nr < nr && !r->stop; s->nr++) {
		err = trial_run(r, &s->trial[s->nr]);
		if (err)
			return err;
	}
	s->ended_early = s->nr < nr;
	return 0;
}

/* ---- the session ---- */

static int fds_open(struct runner *r)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	r->signal_fd = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
	r->done_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (r->signal_fd < 0 || r->done_fd < 0)
		return cw_err(-errno, "cannot wait for signals");
	r->device_fd = open(DEVICE, O_WRONLY | O_CLOEXEC);
	return r->device_fd < 0 ? cw_err(-errno, "cannot open " DEVICE) : 0;
}

static int session_open(struct runner *r)
{
	const struct cw_session_opts opts = {
		.source = &cw_source_module,
		.max_walk = (__u32)r->t->max_walk,
	};
	char why[512];
	int err;

	err = cw_session_open(&r->session, &r->t->platform, &opts, &r->arming, &r->feed, why,
			      sizeof(why));
	if (err)
		cw_say(0, "cannot watch: %s", why);
	return err;
}

static void why_keep(struct runner *r)
{
	__u32 i;

	for (i = 0; i < CW_RULE_NR; i++)
		memcpy(r->t->why_not_armed[i], r->arming.why_rule[i],
		       sizeof(r->t->why_not_armed[i]));
}

static int runner_run(struct runner *r)
{
	struct cw_writer *w = &r->collector.writer[r->collector.nr++];
	int err;

	w->ops = &collecting;
	w->file = fopen("/dev/null", "we");
	if (!w->file)
		return cw_err(-errno, "cannot open /dev/null");
	err = cw_feed_init(&r->feed, &r->collector, r->t->slow_limit_ns);
	if (err) {
		cw_err(err, "cannot start a session");
		goto out_file;
	}
	err = session_open(r);
	if (err)
		goto out_feed;
	why_keep(r);
	err = trials_run(r);
	cw_session_close(r->session);
out_feed:
	cw_feed_exit(&r->feed);
out_file:
	fclose(w->file);
	return err;
}

int selftest_run(struct selftest *t)
{
	struct runner r = { .t = t, .device_fd = -1, .done_fd = -1, .signal_fd = -1 };
	__u64 begin_ns = cw_clock_ns(CLOCK_MONOTONIC);
	int err;

	t->wall_ns = cw_clock_ns(CLOCK_REALTIME);
	err = trials_plan(t);
	if (!err)
		err = fds_open(&r);
	if (!err)
		err = runner_run(&r);
	close(r.device_fd);
	close(r.done_fd);
	close(r.signal_fd);
	cw_selftest_judge(&t->result, &t->catalogue);
	t->duration_ns = cw_clock_ns(CLOCK_MONOTONIC) - begin_ns;
	return err;
}
