// SPDX-License-Identifier: GPL-2.0-only
/* What is made of a recording: the page for browsers, the life of a page, what is around a finding,
 * and the formats of other tools.
 */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "export.h"
#include "life.h"
#include "made.h"
#include "report_data.h"
#include "report_page.h"

static char dir[] = "/tmp/cw-report-XXXXXX";
static char path[64], other[64];
static struct made *made;
static struct cw_recorder *recorder;
static struct cw_recording_info *info;
static struct cw_recording *rec;
static struct cw_start start;
static struct cw_report_data *data;

static int setup(void **state)
{
	(void)state;
	memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/a.ccw", dir);
	snprintf(other, sizeof(other), "%s/out", dir);
	rec = NULL;
	data = calloc(1, sizeof(*data));
	made = calloc(1, sizeof(*made));
	return made && data ? 0 : -1;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	cw_report_data_free(data);
	free(data);
	cw_recording_close(rec);
	cw_recorder_free(recorder);
	made_exit(made);
	free(made);
	free(info);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

static void record_begin(void)
{
	const struct cw_recorder_opts opts = { .path = path };
	char why[256];

	assert_int_equal(cw_recorder_new(&recorder, &opts, why, sizeof(why)), 0);
	assert_int_equal(made_init(made, recorder), 0);
	made->stacks = true;
	info = made_info(made);
	assert_non_null(info);
	assert_int_equal(cw_recorder_start(recorder, info, made->symbols), 0);
}

static void record_end(void)
{
	char why[256];

	cw_recorder_stop(recorder);
	made_finish(made, info);
	assert_int_equal(cw_recorder_finish(recorder, info), 0);
	if (cw_recording_open(&rec, path, why, sizeof(why)))
		fail_msg("%s", why);
	start = made->start;
	start.symbols = cw_recording_symbols(rec);
}

/* Frame 0x1003 is shared, freed so, and shared again; 0x2000 is in order. */
static void a_session(void)
{
	record_begin();
	made_transition(made, 0x1000, 8, true, false);
	made_transition(made, 0x2000, 4, true, false);
	made_free(made, 0x1003, true);
	made_transition(made, 0x2000, 4, false, false);
	made_free(made, 0x2000, false);
	made_transition(made, 0x1003, 1, true, false);
	record_end();
}

static char *file_text(const char *name)
{
	FILE *f = fopen(name, "r");
	static char text[1 << 20];
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = 0;
	fclose(f);
	return text;
}

/* ---- report ---- */

static void test_data(void **state)
{
	const char *around;

	(void)state;
	a_session();
	assert_int_equal(cw_report_data_make(data, rec, &start, NULL), 0);
	assert_int_equal(data->verdict.exit, CW_EXIT_VIOLATED);
	assert_int_equal(data->nr_notes, 0);
	assert_int_equal(data->nr_transitions, 4);
	assert_int_equal(data->findings.nr, 1);
	assert_int_equal(data->findings.found[0].rule, CW_RULE_S3);
	assert_int_equal(data->findings.found[0].gfn, 0x1003);
	assert_non_null(strstr(data->findings.found[0].text, "VIOLATION  S3 private-before-free"));
	around = cw_timeline_text(data->timeline, data->findings.found[0].mark);
	assert_non_null(strstr(around, "here cpu"));
	assert_non_null(strstr(around, "page_free: 1 page, frame 0x1003"));
	assert_non_null(strstr(around, "end: 1 page, frame 0x1003"));
}

static void test_owners(void **state)
{
	const struct cw_chart_owner *o;

	(void)state;
	a_session();
	assert_int_equal(cw_report_data_make(data, rec, &start, NULL), 0);
	assert_int_equal(data->chart.nr_owners, 1);
	o = &data->chart.owner[0];
	assert_string_equal(o->name, "share_it [driver]");	/* by the stack, not by the task */
	assert_int_equal(o->to_shared, 3);
	assert_int_equal(o->to_private, 1);
	assert_int_equal(o->pages[CW_CHART_COLUMNS - 1], 8);	/* one freed, one shared anew */
	assert_int_equal(o->most, 12);
	assert_true(o->median_ns > 0);
}

static void test_life(void **state)
{
	struct cw_life *life;
	char *text = NULL;
	size_t size;
	FILE *f;

	(void)state;
	a_session();
	life = cw_life_new(&start, 0x1003);
	assert_int_equal(cw_report_data_make(data, rec, &start, life), 0);
	f = open_memstream(&text, &size);
	assert_int_equal(cw_life_print(life, f), 4);	/* shared, freed, the finding, shared */
	fclose(f);
	assert_non_null(strstr(text, "made shared by task 78 (maker)"));
	assert_non_null(strstr(text, "share_it+0x10/0x40 [driver]"));
	assert_non_null(strstr(text, "page_free: 1 page, frame 0x1003"));
	assert_non_null(strstr(text, "task    maker"));
	assert_non_null(strstr(text, "VIOLATION  S3"));
	assert_null(strstr(text, "made private"));
	assert_true(strstr(text, "8 pages") < strstr(text, "page_free"));
	assert_true(strstr(text, "page_free") < strstr(text, "VIOLATION"));
	assert_true(strstr(text, "VIOLATION") < strstr(text, "cpu 0, 1 page,"));
	free(text);
	cw_life_free(life);
}

static void test_life_of_another(void **state)
{
	struct cw_life *life;
	FILE *f = fopen("/dev/null", "w");

	(void)state;
	a_session();
	life = cw_life_new(&start, 0x3000);
	assert_int_equal(cw_report_data_make(data, rec, &start, life), 0);
	assert_int_equal(cw_life_print(life, f), 0);
	fclose(f);
	cw_life_free(life);
}

/* Of memory of vmalloc, 2,000 single pages over 4 GiB, the map has what is known. */
static void test_scattered(void **state)
{
	__u8 last;
	size_t i;

	(void)state;
	record_begin();
	made->gap = 1 << 20;
	made_transition(made, 0x100000, 2000, true, false);
	record_end();
	assert_int_equal(cw_report_data_make(data, rec, &start, NULL), 0);
	assert_in_range(data->chart.nr_rows, 2, CW_CHART_ROWS);
	assert_int_equal(data->chart.row[0].gfn_min, 0x100000);
	for (i = 0; i < data->chart.nr_rows; i++) {
		last = data->chart.cell[i][CW_CHART_COLUMNS - 1];
		assert_int_equal(last, CW_CELL_SPREAD + 1);
	}
	assert_int_equal(data->chart.nr_scattered, 2000);
	assert_int_equal(data->chart.owner[0].pages[CW_CHART_COLUMNS - 1], 2000);
}

static char *page_text(void)
{
	FILE *f = fopen(other, "w");

	assert_int_equal(cw_report_data_make(data, rec, &start, NULL), 0);
	assert_int_equal(cw_report_page_write(f, data), 0);
	fclose(f);
	return file_text(other);
}

static json_t *page_data(const char *text)
{
	const char *from = strstr(text, "id=\"data\">") + 10, *to = strstr(from, "</script>");
	json_t *page = json_loadb(from, (size_t)(to - from), 0, NULL);

	assert_non_null(page);
	return page;
}

static int nr_of(const char *text, const char *what)
{
	int nr = 0;

	for (; (text = strstr(text, what)); text++)
		nr++;
	return nr;
}

/* What stands between the marks of the page is JSON, and the page is whole. */
static void test_page(void **state)
{
	char *text;
	json_t *page;

	(void)state;
	a_session();
	text = page_text();
	assert_memory_equal(text, "<!DOCTYPE html>", 15);
	assert_memory_equal(text + strlen(text) - 8, "</html>\n", 8);
	/* the name of SVG's elements, which nobody fetches */
	assert_int_equal(nr_of(text, "http://"), nr_of(text, "http://www.w3.org/2000/svg\""));
	assert_null(strstr(text, "https://"));
	page = page_data(text);
	assert_int_equal(json_array_size(json_object_get(page, "violations")), 1);
	assert_int_equal(json_array_size(json_object_get(page, "rules")), CW_RULE_NR);
	assert_int_equal(json_array_size(json_object_get(page, "rows")), 2);
	assert_int_equal(strlen(json_string_value(json_object_get(page, "cells"))),
			 2 * CW_CHART_COLUMNS / 3 * 4);
	json_decref(page);
}

/* No name is a part of the page: not one "<" more than without it, and its script takes texts for
 * texts.
 */
static void test_hostile_names(void **state)
{
	static const char symbol[] = "</script><img/src=x/onerror=alert(1)><!--<script>";
	static const char comm[] = "<img onerror>";
	const char *owner, *finding;
	json_t *page, *first;
	int nr;

	(void)state;
	a_session();
	nr = nr_of(page_text(), "<");
	teardown(state);
	setup(state);
	made->comm = comm;
	made->name = symbol;
	a_session();
	assert_int_equal(nr_of(page_text(), "<"), nr);
	page = page_data(file_text(other));
	first = json_array_get(json_object_get(page, "owners"), 0);
	owner = json_string_value(json_object_get(first, "name"));
	first = json_array_get(json_object_get(page, "violations"), 0);
	finding = json_string_value(json_object_get(first, "text"));
	assert_non_null(strstr(owner, symbol));
	assert_non_null(strstr(finding, symbol));
	assert_non_null(strstr(finding, comm));
	json_decref(page);
	assert_null(strstr(file_text(other), "innerHTML"));
	assert_null(strstr(file_text(other), "outerHTML"));
	assert_null(strstr(file_text(other), "insertAdjacentHTML"));
	assert_null(strstr(file_text(other), "document.write"));
}

static void test_what_is_missing(void **state)
{
	(void)state;
	record_begin();
	made_transition(made, 0x1000, 8, true, false);
	cw_recorder_stop(recorder);	/* and it died before it could say how it ended */
	cw_recorder_free(recorder);
	recorder = NULL;
	{
		char why[256];

		if (cw_recording_open(&rec, path, why, sizeof(why)))
			fail_msg("%s", why);
	}
	start = made->start;
	start.symbols = cw_recording_symbols(rec);
	assert_int_equal(cw_report_data_make(data, rec, &start, NULL), 0);
	assert_int_equal(data->nr_notes, 1);
	assert_non_null(strstr(data->note[0], "incomplete"));
}

/* ---- export ---- */

static int export_to(const struct cw_export_ops *ops)
{
	struct cw_export x = { .ops = ops, .path = other, .info = cw_recording_info(rec),
			       .start = &start };

	assert_int_equal(cw_recording_rewind(rec), 0);
	return cw_export_run(&x, rec);
}

static void test_ndjson(void **state)
{
	char *line, *save = NULL;
	size_t events = 0, findings = 0;
	json_t *o;

	(void)state;
	a_session();
	assert_int_equal(export_to(&cw_export_ndjson), 0);
	for (line = strtok_r(file_text(other), "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		o = json_loads(line, 0, NULL);
		assert_non_null(o);
		events += !strcmp(json_string_value(json_object_get(o, "type")), "event");
		findings += !strcmp(json_string_value(json_object_get(o, "type")), "violation");
		json_decref(o);
	}
	assert_int_equal(events, 4 * 9 + 2);
	assert_int_equal(findings, 1);
	assert_null(strstr(file_text(other), "vaddr"));
}

/* Walks the packets of a trace: how many, or -1 where lengths do not fit. */
static int nr_packets(const __u8 *p, size_t size)
{
	int nr = 0;

	while (size) {
		size_t len = 0, at = 1, shift = 0;

		if (*p != (1 << 3 | 2))
			return -1;
		do {
			if (at >= size)
				return -1;
			len |= (size_t)(p[at] & 0x7f) << shift;
			shift += 7;
		} while (p[at++] & 0x80);
		if (len > size - at)
			return -1;
		p += at + len;
		size -= at + len;
		nr++;
	}
	return nr;
}

static void test_perfetto(void **state)
{
	static __u8 bytes[1 << 20];
	size_t size;
	FILE *f;

	(void)state;
	a_session();
	assert_int_equal(export_to(&cw_export_perfetto), 0);
	f = fopen(other, "r");
	size = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	/* a track for findings and one for the task, and all events */
	assert_int_equal(nr_packets(bytes, size), 2 + 4 * 9 + 2 + 1);
}

static void test_ctf(void **state)
{
	char name[96];
	struct stat st;

	(void)state;
	a_session();
	assert_int_equal(export_to(&cw_export_ctf), 0);
	snprintf(name, sizeof(name), "%s/metadata", other);
	assert_memory_equal(file_text(name), "/* CTF 1.8 */", 13);
	snprintf(name, sizeof(name), "%s/events", other);
	assert_int_equal(stat(name, &st), 0);
	assert_true(st.st_size > 38 * 30);
	/* what is there is not written over */
	assert_int_equal(export_to(&cw_export_ctf), -EEXIST);
}

static void test_full_disk(void **state)
{
	(void)state;
	a_session();
	snprintf(other, sizeof(other), "/dev/full");
	assert_int_equal(export_to(&cw_export_ndjson), -ENOSPC);
	assert_int_equal(export_to(&cw_export_perfetto), -ENOSPC);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_data),
	CASE(test_owners),
	CASE(test_life),
	CASE(test_life_of_another),
	CASE(test_scattered),
	CASE(test_page),
	CASE(test_hostile_names),
	CASE(test_what_is_missing),
	CASE(test_ndjson),
	CASE(test_perfetto),
	CASE(test_ctf),
	CASE(test_full_disk),
};

UNIT_MAIN(tests)
