// SPDX-License-Identifier: GPL-2.0-only
/* cocowatch map: what is shared with the host right now, how much, and by whom; with --kexec,
 * what of it a kexec would leave shared.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "cmd.h"
#include "err.h"
#include "exit.h"
#include "inventory.h"
#include "judge.h"
#include "libbpf_log.h"
#include "map_print.h"
#include "options.h"
#include "owners.h"
#include "platform.h"

enum {
	KEY_KEXEC = 0x300,
	KEY_RANGES,
	KEY_INCLUDE_ADDRESSES,
	KEY_DIFF,
};

struct map_opts {
	struct cw_common common;
	const char *old;	/* snapshots to compare, or NULL */
	const char *now;	/* NULL: with what is shared now */
	struct map m;
};

static const struct argp_option options[] = {
	{ "kexec", KEY_KEXEC, NULL, 0, "say too what a kexec or a crash kernel now would find still shared", 1 },
	{ "ranges", KEY_RANGES, NULL, 0, "list every range, not only the sum for each owner (text)", 1 },
	{ "diff", KEY_DIFF, "OLD", 0,
	  "say what changed since the snapshot OLD (an ndjson output), up to now or to the snapshot NEW", 1 },
	{ "include-addresses", KEY_INCLUDE_ADDRESSES, NULL, 0, "print kernel addresses too", 5 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct map_opts *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->common;
		return 0;
	case KEY_KEXEC:
		o->m.kexec = true;
		return 0;
	case KEY_RANGES:
		o->m.ranges = true;
		return 0;
	case KEY_INCLUDE_ADDRESSES:
		o->m.addresses = true;
		return 0;
	case KEY_DIFF:
		o->old = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (o->old && !o->now) {
			o->now = arg;
			return 0;
		}
		return cw_no_arguments("map", arg);
	case ARGP_KEY_END:
		if (!o->old || !(o->m.kexec || o->m.addresses))
			return 0;
		cw_say(0, "--diff compares two snapshots, and takes no other option but --ranges and -o");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = { { &cw_plain_argp, 0, NULL, 0 }, { 0 } };

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[--diff OLD [NEW]]",
	.children = children,
	.doc = "Say what this machine shares with its host right now, how much, and by whom: every shared page in "
	       "the kernel's page tables, and the structure that it belongs to.  Nothing is attached or changed.\v"
	       "Exit status: 0 all of it may be shared, 1 some of it may not (or, with --kexec, would stay shared), "
	       "2 usage, 3 could not tell.",
};

/* ---- making it ---- */

static void kexec_find(struct map *m)
{
	struct cw_claims list;
	__u64 first = ~0ULL, gfn;
	size_t i;

	/* half a list would accuse what stands in the other half */
	m->kexec_failed = cw_kexec_list_read(&list, cw_inventory_kernel(m->inv)) != 0;
	for (i = 0; i < m->a.owned.nr && !m->kexec_failed; i++) {
		const struct cw_ev_owner *ev = &m->a.owned.ev[i];

		if (ev->flags & CW_OWNER_SUPPLIED)
			continue;
		for (gfn = ev->gfn; gfn < ev->gfn + ev->nr_pages; gfn++) {
			if (cw_kexec_undoes(&m->a.mode, &list, ev, gfn))
				continue;
			m->left[ev->owner]++;
			m->nr_left++;
			if (gfn < first)
				first = gfn;
		}
	}
	cw_claims_free(&list);
	if (!m->kexec_failed)
		cw_judge_left(m->nr_left, first, &m->out_kexec);
}

static void owners_judge(struct map *m)
{
	size_t i;

	cw_judge_platform(&m->a.mode.ev, &m->out_mode);
	for (i = 0; i < m->a.owned.nr; i++) {
		struct map_owner *o = &m->owner[m->a.owned.ev[i].owner];
		struct cw_out out = { .checked = 0 };

		cw_judge_owner(&m->a.owned.ev[i], &out);
		o->nr_ranges++;
		o->nr_pages += m->a.owned.ev[i].nr_pages;
		if (out.violated) {
			o->forbidden++;
			o->first = o->forbidden == 1 ? m->a.owned.ev[i].gfn : o->first;
		}
		o->unconfirmed += !!out.no_evidence;
		m->violated += !!out.violated;
		m->warned += !!out.warned;
	}
}

static int map_make(struct map *m, char *why, size_t size)
{
	const struct cw_inventory_opts opts = { .nr_frames = 0 };
	int err;

	cw_platform_read(&m->platform, "");
	/* whether this is a confidential VM is asked of the kernel, below */
	err = cw_platform_check(&m->platform, false, true, why, size);
	if (err)
		return err;
	m->inv = cw_inventory_open(&opts, why, size);
	if (!m->inv)
		return -errno;
	err = cw_account_make(&m->a, m->inv, &m->platform, false, why, size);
	if (err)
		return err;
	owners_judge(m);
	if (m->kexec)
		kexec_find(m);
	return 0;
}

static int map_status(const struct map *m)
{
	if (m->violated || m->out_mode.violated || m->nr_left)
		return CW_EXIT_VIOLATED;
	if (!map_is_whole(m) || m->kexec_failed)
		return CW_EXIT_UNKNOWN;
	return CW_EXIT_HELD;
}

/* ---- printing ---- */

static bool is_ndjson(const struct cw_writer *w)
{
	return w->ops == &cw_out_ndjson;
}

static void map_print(const struct cw_writers *ws, const struct map *m)
{
	size_t i;

	for (i = 0; i < ws->nr; i++) {
		FILE *f = ws->writer[i].file;

		(is_ndjson(&ws->writer[i]) ? map_ndjson_print : map_text_print)(f, m);
	}
}

static void diff_print(const struct cw_writers *ws, const struct map_diff *d)
{
	size_t i;

	for (i = 0; i < ws->nr; i++) {
		FILE *f = ws->writer[i].file;

		(is_ndjson(&ws->writer[i]) ? map_diff_ndjson : map_diff_text)(f, d);
	}
}

/* ---- the commands ---- */

/* Returns an exit status. */
static int map_run(struct map_opts *o)
{
	char why[512] = "";
	int err = map_make(&o->m, why, sizeof(why));

	if (why[0])
		cw_say(0, "%s", why);
	if (err)
		return CW_EXIT_UNKNOWN;
	map_print(&o->common.writers, &o->m);
	return map_status(&o->m);
}

static int snapshot_now(struct map_opts *o, struct cw_snapshot *s, char *why, size_t size)
{
	int err = map_make(&o->m, why, size);

	if (err)
		return err;
	snprintf(s->kernel, sizeof(s->kernel), "%s", o->m.platform.release);
	snprintf(s->mode, sizeof(s->mode), "%s", cw_mode_text(o->m.a.mode.mode));
	s->wall_ns = cw_clock_ns(CLOCK_REALTIME);
	return cw_snapshot_take(s, &o->m.a.owned);
}

static bool has_forbidden(const struct cw_snapshot *s)
{
	size_t i;

	for (i = 0; i < s->nr; i++)
		if (s->range[i].allowed == CW_ALLOWED_NO)
			return true;
	return false;
}

/* Both read, or the later one taken now; then what differs.  Returns an exit status. */
static int diff_make(struct map_opts *o, struct map_diff *d)
{
	char why[512] = "";
	int err;

	if (cw_snapshot_read(&d->old, o->old, why, sizeof(why)) ||
	    (o->now && cw_snapshot_read(&d->now, o->now, why, sizeof(why))))
		return cw_say(CW_EXIT_USAGE, "%s", why);
	err = o->now ? 0 : snapshot_now(o, &d->now, why, sizeof(why));
	if (err && why[0])
		return cw_say(CW_EXIT_UNKNOWN, "%s", why);
	if (!err)
		err = cw_diff_make(&d->diff, &d->old, &d->now);
	if (err)
		return cw_err(err, "cannot compare");
	diff_print(&o->common.writers, d);
	if (!o->now)
		return map_status(&o->m);
	return has_forbidden(&d->now) ? CW_EXIT_VIOLATED : CW_EXIT_HELD;
}

static int diff_run(struct map_opts *o)
{
	struct map_diff d = { .ranges = o->m.ranges };
	int status = diff_make(o, &d);

	cw_diff_free(&d.diff);
	cw_snapshot_free(&d.old);
	cw_snapshot_free(&d.now);
	return status;
}

static bool outputs_check(const struct map_opts *o)
{
	const struct cw_writers *ws = &o->common.writers;

	return cw_outputs_check(ws, "map") && cw_writers_spare(ws, o->old, "a snapshot") &&
	       cw_writers_spare(ws, o->now, "a snapshot");
}

int cw_cmd_map(int argc, char **argv)
{
	struct map_opts o = { .common = { .debug = false } };
	int status;

	if (!cw_options_parse(&argp, argc, argv, false, &o, &status))
		return status;
	if (!outputs_check(&o))
		return CW_EXIT_USAGE;
	cw_libbpf_init(o.common.debug);
	if (cw_writers_open(&o.common.writers))
		return CW_EXIT_UNKNOWN;
	status = o.old ? diff_run(&o) : map_run(&o);
	if (!cw_writers_flush(&o.common.writers) && status == CW_EXIT_HELD)
		status = CW_EXIT_UNKNOWN;
	if (!cw_writers_close(&o.common.writers) && status == CW_EXIT_HELD)
		status = CW_EXIT_UNKNOWN;
	cw_account_free(&o.m.a);
	cw_inventory_close(o.m.inv);
	return status;
}
