// SPDX-License-Identifier: GPL-2.0-only
/* The referee's account as NDJSON: one object a line, written at once, so that a run that is cut
 * short leaves what was found until then.  A guest can cause lines without end: of each type only
 * so many are written.
 */
#include "referee_impl.h"

#include <errno.h>
#include <stdio.h>

#include <jansson.h>

#include "err.h"

static const char *const line_names[CW_LINE_NR] = {
	[CW_LINE_VISIBILITY] = "visibility",
	[CW_LINE_NOTE] = "note",
	[CW_LINE_LEFT_VISIBLE] = "left_visible",
	[CW_LINE_SUMMARY] = "summary",
	[CW_LINE_WRONG_ALIAS] = "wrong_alias",
	[CW_LINE_HANDED_PRIVATE] = "handed_private",
	[CW_LINE_CANARY] = "canary",
};

static const char *const handed_names[CW_HANDED_NR] = {
	[CW_HANDED_GPADL] = "gpadl",
	[CW_HANDED_BUFFER] = "buffer",
	[CW_HANDED_SYNIC] = "synic",
	[CW_HANDED_MONITOR] = "monitor",
};

static const char *const alias_names[CW_ALIAS_NR] = {
	[CW_ALIAS_PRIVATE] = "private",
	[CW_ALIAS_SHARED] = "shared",
};

int cw_out_open(struct cw_referee *r, const char *path)
{
	if (!path)
		return 0;
	r->out = fopen(path, "we");
	return r->out ? 0 : cw_err(-errno, "cannot write %s", path);
}

void cw_out_close(struct cw_referee *r)
{
	if (r->out && fclose(r->out))
		cw_err(-errno, "the referee's account is not complete");
	r->out = NULL;
}

static void set_u64(json_t *o, const char *key, __u64 value)
{
	json_object_set_new(o, key, json_integer((json_int_t)value));
}

static void set_hex(json_t *o, const char *key, __u64 value)
{
	char hex[32];

	snprintf(hex, sizeof(hex), "0x%llx", (unsigned long long)value);
	json_object_set_new(o, key, json_string(hex));
}

/* What is no UTF-8 has no JSON. */
static void set_text(json_t *o, const char *key, const char *value)
{
	json_t *text = json_string(value ? value : "");

	json_object_set_new(o, key, text ? text : json_string("?"));
}

/* Counts the line; NULL when it is not to be written. */
static json_t *line_new(struct cw_referee *r, enum cw_line type)
{
	json_t *o;

	r->nr_lines[type]++;
	if (!r->out)
		return NULL;
	if (r->nr_lines[type] > CW_LINES_MAX) {
		r->nr_left_out++;
		return NULL;
	}
	o = json_object();
	set_text(o, "type", line_names[type]);
	set_u64(o, "ts_ns", cw_now_ns() - r->start_ns);
	return o;
}

static void line_print(struct cw_referee *r, json_t *o)
{
	json_dumpf(o, r->out, JSON_COMPACT | JSON_ENSURE_ASCII);
	fputc('\n', r->out);
	fflush(r->out);
	json_decref(o);
}

void cw_out_visibility(struct cw_referee *r, bool visible, __u32 asked, __u32 done, __u16 status)
{
	json_t *o = line_new(r, CW_LINE_VISIBILITY);

	if (!o)
		return;
	json_object_set_new(o, "visible", json_boolean(visible));
	set_u64(o, "asked", asked);
	set_u64(o, "done", done);
	set_u64(o, "status", status);
	line_print(r, o);
}

void cw_out_note(struct cw_referee *r, const char *what, const char *detail)
{
	json_t *o = line_new(r, CW_LINE_NOTE);

	if (!o)
		return;
	set_text(o, "what", what);
	set_text(o, "detail", detail);
	line_print(r, o);
}

void cw_out_wrong_alias(struct cw_referee *r, int alias, __u64 gfn, int vp, const __u64 *rip)
{
	__u64 shared = alias == CW_ALIAS_SHARED ? 1ULL << r->box->mem.shared_bit : 0;
	json_t *o = line_new(r, CW_LINE_WRONG_ALIAS);

	if (!o)
		return;
	set_text(o, "alias", alias_names[alias]);
	set_u64(o, "gfn", gfn);
	set_hex(o, "gpa", gfn << CW_PAGE_SHIFT | shared);
	json_object_set_new(o, "vp", vp < 0 ? json_null() : json_integer(vp));
	if (rip)
		set_hex(o, "rip", *rip);
	else
		json_object_set_new(o, "rip", json_null());
	line_print(r, o);
}

void cw_out_handed(struct cw_referee *r, enum cw_handed by, __u64 gfn, bool is_ram)
{
	json_t *o = line_new(r, CW_LINE_HANDED_PRIVATE);

	if (!o)
		return;
	set_text(o, "by", handed_names[by]);
	set_u64(o, "gfn", gfn);
	json_object_set_new(o, "ram", json_boolean(is_ram));
	line_print(r, o);
}

void cw_out_canary(struct cw_referee *r, __u64 gfn, unsigned int offset, __u64 id)
{
	json_t *o = line_new(r, CW_LINE_CANARY);

	if (!o)
		return;
	set_u64(o, "gfn", gfn);
	set_u64(o, "offset", offset);
	set_hex(o, "id", id);
	line_print(r, o);
}

void cw_out_left_visible(struct cw_referee *r, __u64 gfn, __u64 nr)
{
	json_t *o = line_new(r, CW_LINE_LEFT_VISIBLE);

	if (!o)
		return;
	set_u64(o, "gfn", gfn);
	set_u64(o, "nr_pages", nr);
	line_print(r, o);
}

static void set_findings(const struct cw_referee *r, json_t *o)
{
	int i;

	set_u64(o, "findings", cw_referee_findings(r));
	for (i = CW_LINE_WRONG_ALIAS; i < CW_LINE_NR; i++)
		set_u64(o, line_names[i], r->nr_lines[i]);
	json_object_set_new(o, "canary_full", json_boolean(r->canaries_full));
}

static void set_handed(const struct cw_referee *r, json_t *o)
{
	json_t *handed = json_object();
	int i;

	for (i = 0; i < CW_HANDED_NR; i++)
		set_u64(handed, handed_names[i], r->nr_handed[i]);
	json_object_set_new(o, "handed", handed);
}

void cw_out_summary(struct cw_referee *r)
{
	json_t *o = line_new(r, CW_LINE_SUMMARY);

	if (!o)
		return;
	set_findings(r, o);
	set_u64(o, "visible_now", r->nr_visible);
	set_u64(o, "visible_max", r->nr_visible_max);
	set_u64(o, "supplied", r->nr_supplied);
	set_u64(o, "converted", r->nr_converted);
	set_u64(o, "calls", r->nr_lines[CW_LINE_VISIBILITY]);
	set_u64(o, "calls_refused", r->nr_refused);
	set_handed(r, o);
	set_u64(o, "hostile_deeds", r->nr_deeds);
	set_u64(o, "notes", r->nr_lines[CW_LINE_NOTE]);
	json_object_set_new(o, "alias_watch", json_boolean(r->watch.on));
	if (!r->watch.on)
		set_text(o, "alias_watch_reason", r->watch.why_not);
	set_u64(o, "alias_events", r->watch.events);
	set_u64(o, "lines_left_out", r->nr_left_out);
	line_print(r, o);
}
