// SPDX-License-Identifier: GPL-2.0-only
/* Snapshots of what is shared: read from a file, checked line by line, and compared. */
#include "snapshot.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "judge.h"
#include "names.h"
#include "regular.h"
#include "text.h"

#define LINE_BYTES 65536
#define RANGES_MAX (1U << 20)
#define GFN_END (1ULL << 40)	/* of the 52 bits that a physical address has */

enum cw_allowed cw_owner_allowed(const struct cw_ev_owner *ev)
{
	struct cw_out out = { .checked = 0 };

	cw_judge_owner(ev, &out);
	if (out.violated)
		return CW_ALLOWED_NO;
	return out.warned || out.no_evidence ? CW_ALLOWED_UNKNOWN : CW_ALLOWED_YES;
}

/* ---- ranges ---- */

static int range_add(struct cw_snapshot *s, const struct cw_snap_range *r)
{
	size_t room = s->room ? 2 * s->room : 64;
	struct cw_snap_range *range;

	if (s->nr == s->room) {
		range = realloc(s->range, room * sizeof(*range));
		if (!range)
			return -ENOMEM;
		s->range = range;
		s->room = room;
	}
	s->range[s->nr++] = *r;
	return 0;
}

void cw_snapshot_free(struct cw_snapshot *s)
{
	free(s->range);
	memset(s, 0, sizeof(*s));
}

int cw_snapshot_take(struct cw_snapshot *s, const struct cw_owned *owned)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < owned->nr; i++) {
		const struct cw_ev_owner *ev = &owned->ev[i];
		const struct cw_snap_range r = {
			.gfn = ev->gfn,
			.nr_pages = ev->nr_pages,
			.owner = ev->owner,
			.relid = ev->relid,
			.cpu = ev->owner_cpu,
			.allowed = (__u8)cw_owner_allowed(ev),
		};

		err = range_add(s, &r);
	}
	return err;
}

/* ---- reading ---- */

struct reader {
	struct cw_snapshot *s;
	FILE *file;
	const char *path;
	unsigned long line;
	__u64 nr_ranges;	/* as the first line says */
	bool begun;
	char *why;
	size_t why_size;
};

static int bad(const struct reader *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Writes what is wrong with the line being read.  Returns -EINVAL. */
static int bad(const struct reader *r, const char *fmt, ...)
{
	char what[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(r->why, r->why_size, "%s: line %lu: %s", r->path, r->line, what);
	return -EINVAL;
}

/* A number from 0 to max.  False when it is missing, and none of its own was given. */
static bool number_get(const json_t *o, const char *key, __u64 max, __u64 *value)
{
	const json_t *v = json_object_get(o, key);
	json_int_t n = json_integer_value(v);

	if (!json_is_integer(v) || n < 0 || (__u64)n > max)
		return false;
	*value = (__u64)n;
	return true;
}

/* As number_get(), and *value stays where the key is absent. */
static bool number_maybe(const json_t *o, const char *key, __u64 max, __u64 *value)
{
	return !json_object_get(o, key) || number_get(o, key, max, value);
}

static bool text_get(const json_t *o, const char *key, char *buf, size_t size)
{
	const char *text = json_string_value(json_object_get(o, key));

	if (!text || strlen(text) >= size)
		return false;
	strcpy(buf, text);
	cw_text_clean(buf);
	return true;
}

static int head_take(struct reader *r, const json_t *o)
{
	struct cw_snapshot *s = r->s;
	__u64 version = 0;

	if (r->begun)
		return bad(r, "a second snapshot begins");
	if (!number_get(o, "version", ~0U, &version))
		return bad(r, "no version of a snapshot");
	if (version != CW_SNAPSHOT_VERSION)
		return bad(r, "a snapshot of version %llu, known is %d", version,
			   CW_SNAPSHOT_VERSION);
	if (!text_get(o, "kernel", s->kernel, sizeof(s->kernel)) ||
	    !text_get(o, "mode", s->mode, sizeof(s->mode)) ||
	    !number_get(o, "wall_ns", ~0ULL >> 1, &s->wall_ns) ||
	    !number_get(o, "nr_ranges", RANGES_MAX, &r->nr_ranges))
		return bad(r, "kernel, mode, wall_ns or nr_ranges is missing or wrong");
	r->begun = true;
	return 0;
}

static int owner_find(const char *name)
{
	int i;

	for (i = 0; name && i < CW_OWNER_NR; i++)
		if (!strcmp(cw_owner_name((__u32)i), name))
			return i;
	return -ENOENT;
}

/* It begins where the one before has ended, or later. */
static bool in_order(const struct cw_snapshot *s, const struct cw_snap_range *range)
{
	const struct cw_snap_range *last = s->nr ? &s->range[s->nr - 1] : NULL;

	return !last || range->gfn >= last->gfn + last->nr_pages;
}

static int owner_take(struct reader *r, const json_t *o)
{
	const json_t *allowed = json_object_get(o, "allowed");
	int owner = owner_find(json_string_value(json_object_get(o, "owner")));
	struct cw_snap_range range = { .owner = (__u32)owner };
	__u64 relid = 0, cpu = CW_NO_INDEX;

	if (!r->begun)
		return bad(r, "no snapshot: its first line is not of type map");
	if (owner < 0)
		return bad(r, "an owner that is not known");
	if (!number_get(o, "gfn", GFN_END, &range.gfn) ||
	    !number_get(o, "nr_pages", ~0U, &range.nr_pages) || !range.nr_pages)
		return bad(r, "gfn or nr_pages is missing or wrong");
	if (!number_maybe(o, "relid", ~0U, &relid) || !number_maybe(o, "cpu", ~0U, &cpu))
		return bad(r, "relid or cpu is wrong");
	if (!in_order(r->s, &range))
		return bad(r, "frames are not in order");
	if (r->s->nr == r->nr_ranges)
		return bad(r, "more than the %llu ranges that it announced", r->nr_ranges);
	range.relid = (__u32)relid;
	range.cpu = (__u32)cpu;
	range.allowed = json_is_true(allowed)  ? CW_ALLOWED_YES :
			json_is_false(allowed) ? CW_ALLOWED_NO :
						 CW_ALLOWED_UNKNOWN;
	return range_add(r->s, &range);
}

/* Lines of other types (kexec, or what a later version adds) are passed over. */
static int object_take(struct reader *r, const json_t *o)
{
	const char *type = json_string_value(json_object_get(o, "type"));

	if (!type)
		return bad(r, "an object without a type");
	if (!strcmp(type, "map"))
		return head_take(r, o);
	if (!strcmp(type, "owner"))
		return owner_take(r, o);
	return r->begun ? 0 : bad(r, "no snapshot: its first line is not of type map");
}

static int line_take(struct reader *r, const char *line)
{
	json_error_t error;
	json_t *o;
	int err;

	if (!strchr(line, '\n') && !feof(r->file))
		return bad(r, "longer than %d bytes, or with a zero byte in it", LINE_BYTES - 2);
	o = json_loads(line, JSON_REJECT_DUPLICATES, &error);
	if (!o)
		return bad(r, "no JSON");
	err = object_take(r, o);
	json_decref(o);
	return err;
}

static int lines_read(struct reader *r)
{
	char *line = malloc(LINE_BYTES);
	int err = line ? 0 : -ENOMEM;

	while (!err && fgets(line, LINE_BYTES, r->file)) {
		r->line++;
		err = line_take(r, line);
	}
	free(line);
	if (!err && ferror(r->file))
		err = -EIO;
	if (err)
		return err;
	if (!r->begun) {
		snprintf(r->why, r->why_size, "%s: no snapshot: it is empty", r->path);
		return -EINVAL;
	}
	if (r->s->nr == r->nr_ranges)
		return 0;
	snprintf(r->why, r->why_size, "%s: cut short: %zu of %llu ranges", r->path, r->s->nr,
		 r->nr_ranges);
	return -EINVAL;
}

int cw_snapshot_read(struct cw_snapshot *s, const char *path, char *why, size_t size)
{
	struct reader r = { .s = s, .path = path, .why = why, .why_size = size };
	char what[64];
	int err;

	memset(s, 0, sizeof(*s));
	why[0] = '\0';
	err = cw_regular_fopen(&r.file, path, what, sizeof(what));
	if (err) {
		snprintf(why, size, "cannot read %s: %s", path, what);
		return err;
	}
	err = lines_read(&r);
	if (err && !why[0])
		snprintf(why, size, "cannot read %s: %s", path, strerror(-err));
	fclose(r.file);
	return err;
}

/* ---- comparing ---- */

const char *cw_change_name(enum cw_change change)
{
	static const char *const names[CW_CHANGE_NR] = {
		[CW_CHANGE_ADDED] = "added",
		[CW_CHANGE_GONE] = "gone",
		[CW_CHANGE_OWNER] = "changed",
		[CW_CHANGE_KEPT] = "kept",
	};

	return names[change];
}

static bool same_owner(const struct cw_snap_range *a, const struct cw_snap_range *b)
{
	if (!a || !b)
		return a == b;
	return a->owner == b->owner && a->relid == b->relid && a->cpu == b->cpu;
}

static enum cw_change change_of(const struct cw_snap_range *before,
				const struct cw_snap_range *after)
{
	if (!before)
		return CW_CHANGE_ADDED;
	if (!after)
		return CW_CHANGE_GONE;
	return same_owner(before, after) ? CW_CHANGE_KEPT : CW_CHANGE_OWNER;
}

/* Adds a stretch, to the one before where they are of a kind. */
static int diff_add(struct cw_diff *d, __u64 gfn, __u64 end, const struct cw_snap_range *before,
		    const struct cw_snap_range *after)
{
	enum cw_change change = change_of(before, after);
	struct cw_diff_range *last = d->nr ? &d->range[d->nr - 1] : NULL;
	size_t room = d->room ? 2 * d->room : 64;

	d->nr_pages[change] += end - gfn;
	if (last && last->gfn + last->nr_pages == gfn && same_owner(last->before, before) &&
	    same_owner(last->after, after)) {
		last->nr_pages += end - gfn;
		return 0;
	}
	if (d->nr == d->room) {
		last = realloc(d->range, room * sizeof(*last));
		if (!last)
			return -ENOMEM;
		d->range = last;
		d->room = room;
	}
	d->range[d->nr++] = (struct cw_diff_range){ gfn, end - gfn, before, after, change };
	return 0;
}

/* The ranges of one snapshot, looked at from a frame onwards. */
struct cursor {
	const struct cw_snapshot *s;
	size_t i;
};

/* The range that has this frame, or NULL; *until is lowered to where that changes. */
static const struct cw_snap_range *cursor_at(struct cursor *c, __u64 gfn, __u64 *until)
{
	const struct cw_snap_range *r;

	while (c->i < c->s->nr && c->s->range[c->i].gfn + c->s->range[c->i].nr_pages <= gfn)
		c->i++;
	if (c->i == c->s->nr)
		return NULL;
	r = &c->s->range[c->i];
	if (r->gfn > gfn) {
		*until = r->gfn < *until ? r->gfn : *until;
		return NULL;
	}
	if (r->gfn + r->nr_pages < *until)
		*until = r->gfn + r->nr_pages;
	return r;
}

static void owners_sum(const struct cw_snapshot *s, __u64 sum[CW_OWNER_NR])
{
	size_t i;

	for (i = 0; i < s->nr; i++)
		sum[s->range[i].owner] += s->range[i].nr_pages;
}

int cw_diff_make(struct cw_diff *d, const struct cw_snapshot *old, const struct cw_snapshot *now)
{
	struct cursor a = { .s = old }, b = { .s = now };
	__u64 gfn = 0, until;
	int err = 0;

	memset(d, 0, sizeof(*d));
	owners_sum(old, d->before);
	owners_sum(now, d->after);
	while (!err && gfn != ~0ULL) {
		const struct cw_snap_range *before, *after;

		until = ~0ULL;
		before = cursor_at(&a, gfn, &until);
		after = cursor_at(&b, gfn, &until);
		if (before || after)
			err = diff_add(d, gfn, until, before, after);
		gfn = until;
	}
	return err;
}

void cw_diff_free(struct cw_diff *d)
{
	free(d->range);
	memset(d, 0, sizeof(*d));
}
