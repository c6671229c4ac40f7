// SPDX-License-Identifier: GPL-2.0-only
/* The page for browsers.  Its text comes from report.html, which draws what is put in as JSON. */
#include "report_page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "json.h"
#include "names.h"
#include "rules.h"
#include "source.h"

#define DATA_MARK "@DATA@"

extern const char cw_report_html[];
__asm__(".pushsection .rodata\n"
	".type cw_report_html, @object\n"
	"cw_report_html:\n"
	".incbin \"src/lib/report.html\"\n"
	".byte 0\n"
	".size cw_report_html, . - cw_report_html\n"
	".popsection\n");

static void set(json_t *o, const char *key, json_t *value)
{
	json_object_set_new(o, key, value);
}

static json_t *number(__u64 n)
{
	return json_integer((json_int_t)n);
}

static json_t *duration(__u64 ns)
{
	if (!ns)
		return cw_json_string("");
	if (ns >= 1000000000ULL)
		return json_sprintf("%.3f s", (double)ns / 1e9);
	if (ns >= 1000000)
		return json_sprintf("%.1f ms", (double)ns / 1e6);
	return json_sprintf("%.1f \u00b5s", (double)ns / 1e3);
}

/* ---- the head ---- */

static json_t *machine_json(const struct cw_recording_info *info)
{
	const struct cw_platform *p = &info->platform;
	bool module = !strcmp(info->source, "module");
	json_t *list = json_array();

	json_array_append_new(list, json_sprintf("Linux %s", p->release));
	json_array_append_new(list, json_sprintf("%s%s", cw_platform_watched_mode(p, module),
				module && p->module.emulate[0] ? " (emulated by cocovm)" : ""));
	json_array_append_new(list, json_sprintf("%.3f s", (double)info->duration_ns / 1e9));
	return list;
}

static void card(json_t *cards, const char *name, __u64 value, bool bad)
{
	json_array_append_new(cards, json_pack("[s, o, b]", name, number(value), bad));
}

static json_t *cards_json(const struct cw_report_data *d)
{
	const struct cw_totals *t = &d->replayed.totals;
	__u64 violated = 0, held = 0, lost = 0, i, k;
	json_t *cards = json_array();

	for (i = 0; i < CW_RULE_NR; i++) {
		violated += t->rule[i].violated;
		held += d->verdict.outcome[i] == CW_OUTCOME_HELD;
	}
	for (i = 0; i < CW_EV_NR; i++)
		for (k = 0; k < CW_LOSS_NR; k++)
			lost += t->loss[i][k];
	card(cards, "transitions", d->nr_transitions, false);
	card(cards, "violations", violated, true);
	card(cards, "rules held", held, false);
	card(cards, "events lost", lost, true);
	return cards;
}

static json_t *notes_json(const struct cw_report_data *d)
{
	json_t *notes = json_array();
	size_t i;

	for (i = 0; i < d->nr_notes; i++)
		json_array_append_new(notes, cw_json_string(d->note[i]));
	return notes;
}

/* ---- the chart ---- */

static json_t *owner_json(const struct cw_chart_owner *o)
{
	json_t *j = json_object(), *pages = json_array();
	size_t i;

	for (i = 0; i < CW_CHART_COLUMNS; i++)
		json_array_append_new(pages, number(o->pages[i]));
	set(j, "name", cw_json_string(o->name));
	set(j, "pages", pages);
	set(j, "most", number(o->most));
	set(j, "to_shared", number(o->to_shared));
	set(j, "to_private", number(o->to_private));
	set(j, "failed", number(o->failed));
	set(j, "median", duration(o->median_ns));
	set(j, "slowest", duration(o->slowest_ns));
	return j;
}

/* Base64 (RFC 4648): a byte a cell would be four in JSON. */
static json_t *cells_json(const struct cw_chart *c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const __u8 *in = c->cell[0];
	size_t nr = c->nr_rows * CW_CHART_COLUMNS, i;	/* divides by 3: 240 does */
	char *out = malloc(nr / 3 * 4 + 1), *o = out;
	json_t *j;

	_Static_assert(CW_CHART_COLUMNS % 3 == 0, "no padding at the end of base64");
	if (!out)
		return NULL;
	for (i = 0; i + 2 < nr; i += 3) {
		__u32 bits = (__u32)in[i] << 16 | (__u32)in[i + 1] << 8 | in[i + 2];

		*o++ = digits[bits >> 18];
		*o++ = digits[bits >> 12 & 63];
		*o++ = digits[bits >> 6 & 63];
		*o++ = digits[bits & 63];
	}
	*o = 0;
	j = json_string(out);
	free(out);
	return j;
}

static void chart_set(json_t *page, const struct cw_chart *c)
{
	json_t *owners = json_array(), *rows = json_array();
	size_t i;

	for (i = 0; i < c->nr_owners; i++)
		json_array_append_new(owners, owner_json(&c->owner[i]));
	for (i = 0; i < c->nr_rows; i++)
		json_array_append_new(rows, json_pack("[o, o]", number(c->row[i].gfn_min),
						      number(c->row[i].gfn_max)));
	set(page, "columns", number(CW_CHART_COLUMNS));
	set(page, "seconds", json_real((double)(c->end_ns - c->start_ns) / 1e9));
	set(page, "owners", owners);
	set(page, "rows", rows);
	set(page, "cells", cells_json(c));
	set(page, "scattered", number(c->nr_scattered));
	set(page, "beyond", number(c->nr_beyond));
}

/* ---- what was found ---- */

static json_t *found_json(const struct cw_report_data *d, const struct cw_found *f)
{
	const struct cw_rule_info *rule = cw_rule_info(f->rule);
	bool has_frame = f->gfn && f->gfn != ~0ULL;
	json_t *j = json_object();

	set(j, "when", json_sprintf("%+.6f s", ((double)f->ts_ns - (double)d->chart.start_ns) / 1e9));
	set(j, "rule", cw_json_string(rule->id));
	set(j, "name", cw_json_string(rule->name));
	set(j, "severity", cw_json_string(cw_sev_name(f->sev)));
	set(j, "column", json_integer(cw_chart_column(&d->chart, f->ts_ns)));
	set(j, "row", json_integer(has_frame ? cw_chart_row(&d->chart, f->gfn) : -1));
	set(j, "text", cw_json_string(f->text));
	set(j, "around", cw_json_string(cw_timeline_text(d->timeline, f->mark)));
	return j;
}

static json_t *findings_json(const struct cw_report_data *d)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < d->findings.nr; i++)
		json_array_append_new(list, found_json(d, &d->findings.found[i]));
	return list;
}

static json_t *rules_json(const struct cw_report_data *d)
{
	json_t *list = json_array();
	__u32 i;

	for (i = 0; i < CW_RULE_NR; i++) {
		const struct cw_rule_info *rule = cw_rule_info(i);
		const struct cw_count *c = &d->replayed.totals.rule[i];
		json_t *j = json_object();

		set(j, "id", cw_json_string(rule->id));
		set(j, "name", cw_json_string(rule->name));
		set(j, "sentence", cw_json_string(rule->text));
		set(j, "outcome", cw_json_string(cw_outcome_name(d->verdict.outcome[i])));
		set(j, "checked", number(c->checked));
		set(j, "violated", number(c->violated));
		set(j, "warned", number(c->warned));
		set(j, "no_evidence", number(c->no_evidence));
		set(j, "grouped", number(d->replayed.told.grouped[i]));
		set(j, "note", cw_json_string(d->verdict.note[i]));
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *losses_json(const struct cw_totals *t)
{
	json_t *list = json_array();
	__u32 event, loss;

	for (event = 0; event < CW_EV_NR; event++)
		for (loss = 0; loss < CW_LOSS_NR; loss++)
			if (t->loss[event][loss])
				json_array_append_new(list, json_pack("[s, s, o]", cw_event_name(event),
					cw_loss_text(loss), number(t->loss[event][loss])));
	return list;
}

/* ---- the page ---- */

static json_t *page_json(const struct cw_report_data *d)
{
	json_t *page = json_object();

	set(page, "verdict", d->info->complete ?
	    json_sprintf("%s: %s", cw_exit_name(d->verdict.exit), d->verdict.why) : json_null());
	set(page, "machine", machine_json(d->info));
	set(page, "notes", notes_json(d));
	set(page, "cards", cards_json(d));
	chart_set(page, &d->chart);
	set(page, "violations", findings_json(d));
	set(page, "rules", rules_json(d));
	set(page, "losses", losses_json(&d->replayed.totals));
	return page;
}

/* Inside <script> only "<" could end it, or begin a comment. */
static int data_write(const char *buf, size_t size, void *file)
{
	FILE *f = file;
	size_t i;

	for (i = 0; i < size; i++)
		if (buf[i] == '<')
			fputs("\\u003c", f);
		else
			fputc(buf[i], f);
	return ferror(f) ? -1 : 0;
}

int cw_report_page_write(FILE *f, const struct cw_report_data *d)
{
	const char *mark = strstr(cw_report_html, DATA_MARK);
	json_t *page = page_json(d);
	int err = 0;

	if (!page || !mark)
		err = -ENOMEM;
	errno = 0;
	if (!err && (fwrite(cw_report_html, (size_t)(mark - cw_report_html), 1, f) != 1 ||
		     json_dump_callback(page, data_write, f, JSON_COMPACT) ||
		     fputs(mark + strlen(DATA_MARK), f) < 0 || fflush(f)))
		err = errno ? -errno : -ENOMEM;
	json_decref(page);
	return err;
}
