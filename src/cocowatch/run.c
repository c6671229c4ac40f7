// SPDX-License-Identifier: GPL-2.0-only
/* One session from start to verdict: signals held back, everything attached,
 * privileges dropped, then a loop until somebody ends it.
 */
#include "run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "caps.h"
#include "clock.h"
#include "err.h"
#include "libbpf_log.h"
#include "running.h"
#include "target.h"
#include "text.h"

#define TICK_MS 100
#define TERM_NSEC 10000000000ULL	/* from SIGTERM to SIGKILL */
#define NSEC_PER_MSEC 1000000ULL

/* From here on signals wait for the loop: one that comes while programs are loaded
 * ends the session cleanly right after.
 */
static int signals_hold(struct running *s)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGQUIT);
	sigaddset(&mask, SIGUSR1);
	sigaddset(&mask, SIGUSR2);
	sigaddset(&mask, SIGCHLD);
	signal(SIGCHLD, SIG_DFL);	/* ignored, it would leave nobody to be waited for */
	if (sigprocmask(SIG_BLOCK, &mask, &s->old_mask))
		return -errno;
	s->signal_fd = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
	return s->signal_fd < 0 ? -errno : 0;
}

/* A signal from the terminal goes to the whole foreground group: to the command too, unless it
 * went into a group of its own.
 */
static bool reached_command(const struct running *s, const struct signalfd_siginfo *si)
{
	return si->ssi_code == SI_KERNEL && getpgid(s->child.pid) == getpgrp();
}

static void on_signal(struct running *s, const struct signalfd_siginfo *si)
{
	bool users = si->ssi_signo == SIGUSR1 || si->ssi_signo == SIGUSR2;

	if (si->ssi_signo == SIGCHLD)
		return;
	if (si->ssi_signo == SIGUSR1 && cw_running_want(s))
		return;
	if (s->run->command && !reached_command(s, si))
		cw_child_signal(&s->child, (int)si->ssi_signo);
	else if (!s->run->command && !users)	/* those say nothing to us */
		s->stop = true;
}

static void signals_read(struct running *s)
{
	struct signalfd_siginfo si;

	while (read(s->signal_fd, &si, sizeof(si)) == sizeof(si))
		on_signal(s, &si);
	cw_child_wait(&s->child);
	cw_reactions_wait(&s->run->reactions);
}

static __u64 time_past(const struct running *s)
{
	return cw_clock_ns(CLOCK_MONOTONIC) - s->start.ts_ns;
}

/* The command is asked to end, once; what does not is killed later. */
static void command_end(struct running *s)
{
	if (s->ending_ns)
		return;
	s->ending_ns = cw_clock_ns(CLOCK_MONOTONIC);
	cw_child_signal(&s->child, SIGTERM);
}

static void command_limit(struct running *s)
{
	if (!s->run->command)
		return;
	if (s->run->for_ns && time_past(s) >= s->run->for_ns)
		command_end(s);
	if (!s->ending_ns || s->killed || cw_clock_ns(CLOCK_MONOTONIC) - s->ending_ns < TERM_NSEC)
		return;
	s->killed = true;
	cw_child_signal(&s->child, SIGKILL);
}

static bool is_over(const struct running *s)
{
	const struct cw_run *r = s->run;

	if (s->stop || s->child.ended)
		return true;
	/* under gate the command goes on, and the exit status still tells the verdict */
	if (r->common.writers.pipe_closed && !r->command)
		return true;
	if (r->max_violations && s->feed.nr_violations >= r->max_violations)
		return true;
	return r->for_ns && !r->command && time_past(s) >= r->for_ns;
}

static int timeout_ms(const struct running *s)
{
	__u64 past = time_past(s), left;

	if (!s->run->for_ns || s->ending_ns)
		return TICK_MS;
	left = s->run->for_ns > past ? (s->run->for_ns - past) / NSEC_PER_MSEC + 1 : 0;
	return left < TICK_MS ? (int)left : TICK_MS;
}

/* CAP_KILL is for signals to a command that changed its user, and to whoever did wrong. */
static bool keeps_kill(const struct cw_run *r)
{
	return r->command || cw_reactions_signal(&r->reactions);
}

/* A module that is waited for may have come: privileges are kept for it until then. */
static void late_attach(struct running *s)
{
	bool waited = cw_session_waits(s->session);
	__u64 armed = cw_session_late(s->session);

	if (armed)
		cw_writers_armed(s->feed.writers, armed, cw_clock_ns(CLOCK_MONOTONIC));
	if (waited && !cw_session_waits(s->session) && cw_caps_drop(keeps_kill(s->run)))
		cw_say(0, "cannot drop privileges, going on with them");
}

static int view_fd(const struct cw_run *r)
{
	return r->view_ops ? r->view_ops->fd(r->view) : -1;
}

static void loop(struct running *s)
{
	const struct cw_view_ops *view = s->run->view_ops;
	struct pollfd fds[] = {
		{ .fd = cw_session_fd(s->session), .events = POLLIN },
		{ .fd = s->signal_fd, .events = POLLIN },
		{ .fd = cw_writers_stdout_fd(s->feed.writers) },
		{ .fd = view_fd(s->run), .events = POLLIN },
	};

	while (!is_over(s)) {
		poll(fds, 4, timeout_ms(s));
		if (fds[2].revents & (POLLERR | POLLHUP | POLLNVAL)) {
			cw_writers_stdout_gone(s->feed.writers);
			fds[2].fd = -1;
		}
		if (fds[3].revents & (POLLERR | POLLHUP | POLLNVAL))	/* its terminal went away */
			s->stop = true;
		signals_read(s);
		command_limit(s);
		cw_session_drain(s->session);
		cw_running_attend(s, cw_clock_ns(CLOCK_MONOTONIC));
		late_attach(s);
		if (view && !view->turn(s->run->view))
			s->stop = true;
	}
}

/* The command is forked while we still have what it may need, and begins when all is set. */
static int command_start(struct running *s)
{
	int err;

	if (!s->run->command)
		return 0;
	err = cw_child_start(&s->child, s->run->command, &s->old_mask);
	return err ? cw_err(err, "cannot start '%s'", s->run->command[0]) : 0;
}

/* 0, or an exit status after a message, with nothing of the command left. */
static int command_go(struct running *s)
{
	int err = s->run->command ? cw_child_go(&s->child) : 0;

	if (!err)
		return 0;
	cw_child_cancel(&s->child);
	if (err == -EPIPE)
		return cw_say(CW_EXIT_UNKNOWN, "cannot run '%s': it was ended before it began",
			      s->run->command[0]);
	cw_err(err, "cannot run '%s'", s->run->command[0]);
	return CW_EXIT_USAGE;
}

/* Those that have expired, by number. */
static __u64 waivers_expired(const struct cw_policy *p)
{
	const struct cw_waiver *w;
	__u64 mask = 0;
	size_t i;

	for (i = 0; (w = cw_policy_waiver(p, i)); i++)
		mask |= (__u64)w->expired << i;
	return mask;
}

void cw_running_expire(struct running *s, __u64 now_ns)
{
	struct cw_policy *p = &s->run->policy;
	char what[160], reason[CW_REASON_LEN];
	const struct cw_waiver *w;
	__u64 fresh;

	cw_policy_at(p, cw_start_wall(&s->start, now_ns));
	fresh = waivers_expired(p) & ~s->waivers_told;
	s->waivers_told |= fresh;
	for (; fresh; fresh &= fresh - 1) {
		w = cw_policy_waiver(p, (size_t)__builtin_ctzll(fresh));
		snprintf(reason, sizeof(reason), "%s", w->reason);
		cw_text_clean(reason);
		cw_say(0, "the waiver of %s counted until %s, and is a violation from now on: %s",
		       cw_waiver_text(w, what, sizeof(what)), w->expires, reason);
	}
}

static int start_tell(struct running *s)
{
	struct cw_run *r = s->run;

	s->start = (struct cw_start){
		.platform = &s->platform,
		.arming = &s->arming,
		.policy = &r->policy,
		.fmt = cw_session_fmt(s->arming.source, &s->platform),
		.symbols = s->feed.symbols,
		.ts_ns = cw_clock_ns(CLOCK_MONOTONIC),
		.command = r->command,
		.include_addresses = r->include_addresses,
	};
	s->start.wall_offset_ns = cw_clock_ns(CLOCK_REALTIME) - s->start.ts_ns;
	cw_policy_at(&r->policy, cw_start_wall(&s->start, s->start.ts_ns));
	s->waivers_told = waivers_expired(&r->policy);	/* the outputs begin with them */
	cw_writers_start(&r->common.writers, &s->start);
	return cw_running_record(s);
}

/* The recording is ended first: one that could not be is part of the verdict, which every output
 * then has.
 */
static void judge(struct running *s, struct cw_verdict *verdict, struct cw_totals *totals,
		  struct cw_ending *ending, const struct cw_finish *finish)
{
	cw_running_totals(s, totals);
	cw_verdict_judge(verdict, &s->run->policy, &s->arming, totals, ending);
	if (!cw_running_recorded(s, finish, totals))
		return;
	ending->recording_failed = true;
	cw_verdict_judge(verdict, &s->run->policy, &s->arming, totals, ending);
}

/* The verdict, told to every writer.  Returns the exit status. */
static int conclude(struct running *s)
{
	struct cw_writers *writers = s->feed.writers;
	struct cw_totals totals;
	struct cw_verdict verdict;
	bool good;
	struct cw_ending ending = {
		.output_failed = cw_writers_failed(writers),
		.user_blind = s->feed.malformed,
		.has_command = s->run->command,
		.command_stopped = s->ending_ns,
		.command_status = s->child.status,
	};
	struct cw_finish finish = {
		.verdict = &verdict,
		.totals = &totals,
		.told = &s->feed.told,
		.ending = &ending,
		.reactions = &s->run->reactions,
		.duration_ns = cw_clock_ns(CLOCK_MONOTONIC) - s->start.ts_ns,
	};

	cw_running_expire(s, s->start.ts_ns + finish.duration_ns);
	judge(s, &verdict, &totals, &ending, &finish);
	if (s->run->view_ops)
		s->run->view_ops->finish(s->run->view, &finish);
	good = cw_writers_finish(writers, &finish);
	if (!good && verdict.exit != CW_EXIT_VIOLATED)
		return CW_EXIT_UNKNOWN;
	return verdict.exit;
}

static int view_open(struct running *s)
{
	s->watched = (struct cw_watched){
		.session = s->session,
		.platform = &s->platform,
		.arming = &s->arming,
		.policy = &s->run->policy,
		.start = &s->start,
		.feed = &s->feed,
	};
	return s->run->view_ops ? s->run->view_ops->open(s->run->view, &s->watched) : 0;
}

static int attached_watch(struct running *s)
{
	int err = command_start(s);

	if (!err)
		err = view_open(s);
	if (err)
		return err;
	err = cw_session_waits(s->session) ? 0 : cw_caps_drop(keeps_kill(s->run));
	if (err)
		cw_err(err, "cannot drop privileges, going on with them");
	err = start_tell(s);
	if (err) {
		cw_child_cancel(&s->child);
		return err;
	}
	err = command_go(s);
	if (err)
		return err;
	loop(s);
	cw_session_stop(s->session);
	return conclude(s);
}

static int run_attached(struct running *s)
{
	int ret = attached_watch(s);

	if (s->run->view_ops)
		s->run->view_ops->close(s->run->view);
	return ret;
}

/* ---- reactions ---- */

static int react_stop(void *ctx)
{
	struct running *s = ctx;

	if (s->run->command)
		command_end(s);
	else
		s->stop = true;
	return 0;
}

static int react_snapshot(void *ctx, const struct cw_report *r)
{
	struct running *s = ctx;

	if (cw_running_want(s))
		return 0;
	return s->run->hooks.snapshot ? s->run->hooks.snapshot(s->run->hooks.ctx, r) : -ENOENT;
}

static void react_before_panic(void *ctx)
{
	const struct running *s = ctx;

	cw_writers_sync(s->feed.writers);
}

static void on_violation(void *ctx, const struct cw_report *r)
{
	struct running *s = ctx;

	cw_react(&s->run->reactions, &s->start, r, cw_clock_ns(CLOCK_MONOTONIC));
}

/* The policy file comes below what the options said. */
static int policy_open(struct running *s, struct cw_run *r)
{
	const struct cw_react_hooks hooks = {
		.ctx = s,
		.stop = react_stop,
		.snapshot = r->hooks.snapshot || r->last_ns ? react_snapshot : NULL,
		.before_panic = react_before_panic,
	};
	__u64 asked = r->session.asked ? r->session.asked : CW_RULE_ALL;

	if (r->policy_path &&
	    cw_policy_load(&r->policy, &r->reactions, r->policy_path, time(NULL)))
		return -EINVAL;
	r->session.asked = asked & ~r->policy.off;
	if (!r->session.asked)
		return cw_say(-EINVAL, "policy %s: no rule of this profile is left", r->policy_path);
	return cw_reactions_open(&r->reactions, &hooks);
}

/* cocovm's events are always there, whatever is asked. */
static void rules_off(struct running *s, __u64 off)
{
	__u32 i;

	s->arming.armed &= ~off;
	for (i = 0; i < CW_RULE_NR; i++)
		if (off & CW_RULE_BIT(i))
			snprintf(s->arming.why_rule[i], CW_WHY_LEN, "off, by the policy");
}

/* ---- the session ---- */

static int run_session(struct running *s, struct cw_run *r)
{
	char why[512];
	int ret;

	cw_platform_read(&s->platform, "");
	cw_way_find(&s->platform);
	cw_way_read_mask(&s->platform);
	r->session.source = cw_source_choose(&s->platform, r->wish);
	if (cw_platform_check(&s->platform, r->session.source == &cw_source_module, r->force, why,
			      sizeof(why)))
		return cw_say(CW_EXIT_UNKNOWN, "cannot watch: %s", why);
	ret = cw_feed_init(&s->feed, &r->common.writers, r->slow_limit_ns);
	if (ret)
		return cw_err(ret, "cannot start a session");
	s->feed.on_violation = on_violation;
	s->feed.on_violation_ctx = s;
	s->feed.recorder = s->recorder;
	s->feed.policy = &r->policy;
	ret = cw_session_open(&s->session, &s->platform, &r->session, &s->arming, &s->feed, why,
			      sizeof(why));
	rules_off(s, r->policy.off);
	if (ret)
		cw_say(0, "cannot watch: %s", why);
	else
		ret = run_attached(s);
	cw_session_close(s->session);
	cw_feed_exit(&s->feed);
	return ret;
}

static int run_policed(struct running *s, struct cw_run *r)
{
	int ret;

	cw_libbpf_init(r->common.debug);
	r->common.writers.pipe_ends = true;
	ret = signals_hold(s);
	if (ret)
		return cw_err(ret, "cannot wait for signals");
	/* a recording is made only where there is none; reports of an earlier session are emptied,
	 * and so they come behind what can be refused
	 */
	ret = cw_running_record_open(s);
	if (!ret)
		ret = cw_writers_open(&r->common.writers);
	if (!ret)
		ret = run_session(s, r);
	cw_recorder_free(s->recorder);
	s->recorder = NULL;
	if (!cw_writers_close(&r->common.writers) &&
	    (ret == CW_EXIT_HELD || ret == CW_EXIT_COMMAND))
		ret = CW_EXIT_UNKNOWN;
	close(s->signal_fd);
	return ret;
}

/* Before a minute is spent on attaching. */
static int command_check(const struct cw_run *r)
{
	int err = r->command ? cw_child_check(r->command[0]) : 0;

	return err ? cw_err(err, "cannot run '%s'", r->command[0]) : 0;
}

/* The same of the file that a view writes beside the reports. */
static bool view_file_check(const struct cw_run *r)
{
	const char *file = r->view_file, *recording = r->common.recording;

	if (!file)
		return true;
	if (recording && cw_target_spoils(file, recording))
		return cw_say(false, "two outputs go to %s", file);
	return cw_writers_apart(&r->common.writers, file) &&
	       (!r->policy_path || cw_target_spares(file, r->policy_path, "the policy"));
}

/* What is read, and what is recorded, is no place for a report. */
static bool reports_check(const struct cw_run *r)
{
	const struct cw_writers *ws = &r->common.writers;

	return cw_writers_apart(ws, r->common.recording) && view_file_check(r) &&
	       cw_writers_spare(ws, r->policy_path, "the policy");
}

int cw_run(struct cw_run *r)
{
	struct running s = { .run = r, .signal_fd = -1 };
	bool bad = !reports_check(r) || command_check(r) || policy_open(&s, r);
	int ret = bad ? CW_EXIT_USAGE : run_policed(&s, r);

	cw_reactions_close(&r->reactions);
	cw_policy_free(&r->policy);
	return ret;
}
