// SPDX-License-Identifier: GPL-2.0-only
/* cocowatch map: what is shared with the host right now, how much, and by whom; with --kexec,
 * what of it a kexec would leave shared.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cmd.h"
#include "err.h"
#include "exit.h"
#include "inventory.h"
#include "judge.h"
#include "libbpf_log.h"
#include "map_text.h"
#include "names.h"
#include "options.h"
#include "owners.h"
#include "platform.h"

enum {
	KEY_KEXEC = 0x300,
	KEY_RANGES,
	KEY_INCLUDE_ADDRESSES,
};

struct map_opts {
	struct cw_common common;
	struct map m;
};

static const struct argp_option options[] = {
	{ "kexec", KEY_KEXEC, NULL, 0, "say too what a kexec or a crash kernel now would find still shared", 1 },
	{ "ranges", KEY_RANGES, NULL, 0, "list every range, not only the sum for each owner (text)", 1 },
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
	case ARGP_KEY_ARG:
		cw_say(0, "map takes no arguments: '%s'", arg);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = { { &cw_common_argp, 0, NULL, 0 }, { 0 } };

static const struct argp argp = {
	.options = options,
	.parser = parse,
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

/* ---- ndjson ---- */

static void line_print(FILE *f, json_t *o)
{
	json_dumpf(o, f, JSON_COMPACT);
	fputc('\n', f);
	json_decref(o);
}

static void print_owner(FILE *f, const struct map *m, const struct cw_ev_owner *ev)
{
	json_t *o = json_pack("{s:s,s:s,s:I,s:I,s:b,s:b,s:b}", "type", "owner", "owner",
			      cw_owner_name(ev->owner), "gfn", (json_int_t)ev->gfn, "nr_pages",
			      (json_int_t)ev->nr_pages, "direct", !(ev->flags & CW_OWNER_NO_DIRECT),
			      "mapped", !(ev->flags & CW_OWNER_UNMAPPED), "supplied",
			      !!(ev->flags & CW_OWNER_SUPPLIED));
	struct cw_out out = { .checked = 0 };
	char hex[24];

	cw_judge_owner(ev, &out);
	json_object_set_new(o, "allowed", out.violated ? json_false() :
				out.warned || out.no_evidence ? json_null() : json_true());
	if (ev->relid)
		json_object_set_new(o, "relid", json_integer(ev->relid));
	if (ev->owner_cpu != CW_NO_INDEX)
		json_object_set_new(o, "cpu", json_integer(ev->owner_cpu));
	if (ev->flags & CW_OWNER_CONFIDENTIAL)
		json_object_set_new(o, "confidential", json_true());
	if (m->addresses && ev->vaddr) {
		snprintf(hex, sizeof(hex), "0x%llx", ev->vaddr);
		json_object_set_new(o, "vaddr", json_string(hex));
	}
	line_print(f, o);
}

static void print_kexec(FILE *f, const struct map *m)
{
	json_t *left = m->kexec_failed ? json_null() : json_integer((json_int_t)m->nr_left);

	line_print(f, json_pack("{s:s,s:o,s:s}", "type", "kexec", "nr_left", left, "undone_by",
				cw_callbacks_name(m->a.mode.kexec_by)));
}

static void print_ndjson(FILE *f, const struct map *m)
{
	const struct cw_inv_count *c = &m->a.shared.count;
	char mask[24];
	size_t i;

	snprintf(mask, sizeof(mask), "0x%llx", m->a.mode.shared_mask);
	line_print(f, json_pack("{s:s,s:s,s:s,s:s,s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "type", "map",
				"kernel", m->platform.release, "mode", cw_mode_text(m->a.mode.mode), "mask",
				mask, "second_mappings", m->a.mode.no_bit, "nr_pages",
				(json_int_t)m->a.owned.nr_pages, "nr_supplied",
				(json_int_t)m->a.owned.nr_supplied, "nr_device",
				(json_int_t)m->a.owned.nr_device, "walked", (json_int_t)c->pages, "changed",
				(json_int_t)c->changed, "failed", (json_int_t)c->failed,
				"unread_structures", (json_int_t)m->a.claims_failed, "took_ns",
				(json_int_t)m->a.shared.took_ns));
	for (i = 0; i < m->a.owned.nr; i++)
		print_owner(f, m, &m->a.owned.ev[i]);
	if (m->kexec)
		print_kexec(f, m);
}

int cw_cmd_map(int argc, char **argv)
{
	struct map_opts o = { .common = { .debug = false } };
	char why[512] = "";
	int status;
	size_t i;

	if (!cw_options_parse(&argp, argc, argv, false, &o, &status))
		return status;
	if (!cw_writers_plain(&o.common.writers, "map"))
		return CW_EXIT_USAGE;
	cw_libbpf_init(o.common.debug);
	if (cw_writers_open(&o.common.writers))
		return CW_EXIT_UNKNOWN;
	status = map_make(&o.m, why, sizeof(why)) ? CW_EXIT_UNKNOWN : map_status(&o.m);
	if (why[0])
		cw_say(0, "%s", why);
	for (i = 0; !why[0] && i < o.common.writers.nr; i++) {
		if (o.common.writers.writer[i].ops == &cw_out_ndjson)
			print_ndjson(o.common.writers.writer[i].file, &o.m);
		else
			map_text_print(o.common.writers.writer[i].file, &o.m);
	}
	if (!cw_writers_flush(&o.common.writers) && status == CW_EXIT_HELD)
		status = CW_EXIT_UNKNOWN;
	if (!cw_writers_close(&o.common.writers) && status == CW_EXIT_HELD)
		status = CW_EXIT_UNKNOWN;
	cw_account_free(&o.m.a);
	cw_inventory_close(o.m.inv);
	return status;
}
