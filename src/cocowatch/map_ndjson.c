// SPDX-License-Identifier: GPL-2.0-only
/* The map for programs: one object a line, which `cocowatch map --diff` reads back. */
#include "map_print.h"

#include <jansson.h>

#include "clock.h"
#include "names.h"
#include "snapshot.h"

static void line_print(FILE *f, json_t *o)
{
	json_dumpf(o, f, JSON_COMPACT);
	fputc('\n', f);
	json_decref(o);
}

/* true, false, or null where nobody knows */
static json_t *allowed_json(enum cw_allowed allowed)
{
	if (allowed == CW_ALLOWED_UNKNOWN)
		return json_null();
	return json_boolean(allowed == CW_ALLOWED_YES);
}

static void print_owner(FILE *f, const struct map *m, const struct cw_ev_owner *ev)
{
	json_t *o = json_pack("{s:s,s:s,s:I,s:I,s:b,s:b,s:b,s:o}", "type", "owner", "owner",
			      cw_owner_name(ev->owner), "gfn", (json_int_t)ev->gfn, "nr_pages",
			      (json_int_t)ev->nr_pages, "direct", !(ev->flags & CW_OWNER_NO_DIRECT),
			      "mapped", !(ev->flags & CW_OWNER_UNMAPPED), "supplied",
			      !!(ev->flags & CW_OWNER_SUPPLIED), "allowed",
			      allowed_json(cw_owner_allowed(ev)));
	char hex[24];

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

static json_t *head_json(const struct map *m)
{
	const struct cw_inv_count *c = &m->a.shared.count;
	char mask[24];

	snprintf(mask, sizeof(mask), "0x%llx", m->a.mode.shared_mask);
	return json_pack("{s:s,s:i,s:I,s:s,s:s,s:s,s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "type",
			 "map", "version", CW_SNAPSHOT_VERSION, "wall_ns",
			 (json_int_t)cw_clock_ns(CLOCK_REALTIME), "kernel", m->platform.release,
			 "mode", cw_mode_text(m->a.mode.mode), "mask", mask, "second_mappings",
			 m->a.mode.no_bit, "nr_ranges", (json_int_t)m->a.owned.nr, "nr_pages",
			 (json_int_t)m->a.owned.nr_pages, "nr_supplied",
			 (json_int_t)m->a.owned.nr_supplied, "nr_device",
			 (json_int_t)m->a.owned.nr_device, "walked", (json_int_t)c->pages, "changed",
			 (json_int_t)c->changed, "failed", (json_int_t)c->failed, "unread_structures",
			 (json_int_t)m->a.claims_failed, "took_ns", (json_int_t)m->a.shared.took_ns);
}

void map_ndjson_print(FILE *f, const struct map *m)
{
	size_t i;

	line_print(f, head_json(m));
	for (i = 0; i < m->a.owned.nr; i++)
		print_owner(f, m, &m->a.owned.ev[i]);
	if (m->kexec)
		print_kexec(f, m);
}

/* ---- two snapshots ---- */

/* Between which times it became shared: in the older snapshot it was not, or it was already. */
static void since_add(json_t *o, const struct map_diff *d, const struct cw_diff_range *r)
{
	if (!r->after)
		return;
	if (r->change == CW_CHANGE_ADDED)
		json_object_set_new(o, "shared_after_ns", json_integer((json_int_t)d->old.wall_ns));
	json_object_set_new(o, "shared_before_ns",
			    json_integer((json_int_t)(r->change == CW_CHANGE_ADDED ?
							      d->now.wall_ns : d->old.wall_ns)));
}

static void print_change(FILE *f, const struct map_diff *d, const struct cw_diff_range *r)
{
	const struct cw_snap_range *now = r->after ? r->after : r->before;
	json_t *o = json_pack("{s:s,s:s,s:I,s:I}", "type", cw_change_name(r->change), "owner",
			      cw_owner_name(now->owner), "gfn", (json_int_t)r->gfn, "nr_pages",
			      (json_int_t)r->nr_pages);

	if (r->change == CW_CHANGE_OWNER)
		json_object_set_new(o, "owner_before", json_string(cw_owner_name(r->before->owner)));
	if (now->relid)
		json_object_set_new(o, "relid", json_integer(now->relid));
	if (now->cpu != CW_NO_INDEX)
		json_object_set_new(o, "cpu", json_integer(now->cpu));
	if (r->after)
		json_object_set_new(o, "allowed", allowed_json(r->after->allowed));
	since_add(o, d, r);
	line_print(f, o);
}

static json_t *when_json(const struct cw_snapshot *s)
{
	return json_pack("{s:I,s:s,s:s}", "wall_ns", (json_int_t)s->wall_ns, "kernel", s->kernel,
			 "mode", s->mode);
}

void map_diff_ndjson(FILE *f, const struct map_diff *d)
{
	size_t i;

	line_print(f, json_pack("{s:s,s:o,s:o,s:I,s:I,s:I,s:I}", "type", "diff", "before",
				when_json(&d->old), "after", when_json(&d->now), "nr_added",
				(json_int_t)d->diff.nr_pages[CW_CHANGE_ADDED], "nr_gone",
				(json_int_t)d->diff.nr_pages[CW_CHANGE_GONE], "nr_changed",
				(json_int_t)d->diff.nr_pages[CW_CHANGE_OWNER], "nr_kept",
				(json_int_t)d->diff.nr_pages[CW_CHANGE_KEPT]));
	for (i = 0; i < d->diff.nr; i++)
		print_change(f, d, &d->diff.range[i]);
}
