// SPDX-License-Identifier: GPL-2.0-only
/* SARIF 2.1.0, for services that show findings beside code: one run, a result for each group of
 * findings alike, with how many there were.  Written at the end, as one document.
 */
#include "out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "blocks.h"
#include "err.h"
#include "json.h"
#include "sarif.h"

#define NSEC_PER_SEC 1000000000ULL
#define SCHEMA_URI "https://json.schemastore.org/sarif-2.1.0.json"

struct sarif {
	json_t *result[CW_GROUP_MAX];
	const struct cw_group *group[CW_GROUP_MAX];	/* NULL: it stands for itself */
	bool excused[CW_GROUP_MAX];
	size_t nr;
};

static void sarif_start(struct cw_writer *w, const struct cw_start *start)
{
	(void)start;
	w->kept = calloc(1, sizeof(struct sarif));
}

static void sarif_armed(struct cw_writer *w, __u64 rules, __u64 ts_ns)
{
	(void)w;
	(void)rules;
	(void)ts_ns;
}

/* The first of each group stands for all of it; a waiver may cover some of a group only. */
static bool is_told(const struct sarif *s, const struct cw_report *r)
{
	size_t i;

	for (i = 0; i < s->nr; i++)
		if (r->group && s->group[i] == r->group && s->excused[i] == !!r->excuse)
			return true;
	return false;
}

static void sarif_report(struct cw_writer *w, const struct cw_report *r)
{
	struct sarif *s = w->kept;

	if (!s || s->nr == CW_GROUP_MAX || is_told(s, r))
		return;
	s->group[s->nr] = r->group;
	s->excused[s->nr] = r->excuse;
	s->result[s->nr++] = cw_sarif_result(w, r);
}

/* "2026-11-22T13:14:15.123Z" */
static void set_time(json_t *o, const char *key, __u64 wall_ns)
{
	time_t sec = (time_t)(wall_ns / NSEC_PER_SEC);
	char day[32] = "1970-01-01T00:00:00", text[48];
	struct tm tm;

	if (gmtime_r(&sec, &tm))
		strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, sizeof(text), "%s.%03lluZ", day, wall_ns % NSEC_PER_SEC / 1000000);
	cw_json_text(o, key, text);
}

static json_t *notification(const char *level, const char *text)
{
	json_t *o = json_object(), *message = json_object();

	cw_json_text(o, "level", level);
	cw_json_text(message, "text", text);
	json_object_set_new(o, "message", message);
	return o;
}

/* Rules that are unknown, and what the verdict says when it is none: a result would be wrong, since
 * nothing was found.
 */
static json_t *notifications(const struct cw_writer *w, const struct cw_finish *f)
{
	json_t *list = json_array();
	char text[1024], line[896];
	__u32 i;

	for (i = 0; i < CW_RULE_NR; i++) {
		if (!(f->verdict->unsure & CW_RULE_BIT(i)))
			continue;
		cw_rule_line(w->start, f, i, line, sizeof(line));
		snprintf(text, sizeof(text), "%s %s: %s", cw_rule_info(i)->id, cw_rule_info(i)->name, line);
		json_array_append_new(list, notification("error", text));
	}
	snprintf(text, sizeof(text), "%s: %s", cw_exit_name(f->verdict->exit), f->verdict->why);
	json_array_append_new(list, notification(f->verdict->exit == CW_EXIT_HELD ? "note" : "error", text));
	return list;
}

static void set_command(json_t *o, char *const *command)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; command && command[i]; i++)
		json_array_append_new(list, cw_json_string(command[i]));
	json_object_set_new(o, "arguments", list);
}

static json_t *invocation(const struct cw_writer *w, const struct cw_finish *f)
{
	const struct cw_start *start = w->start;
	bool module = start->arming->source == &cw_source_module;
	json_t *o = json_object(), *properties = json_object();
	__u64 began = start->ts_ns + start->wall_offset_ns;

	/* it did its work when it came to a verdict */
	json_object_set_new(o, "executionSuccessful",
			    json_boolean(f->verdict->exit != CW_EXIT_UNKNOWN));
	cw_json_u64(o, "exitCode", (__u64)f->verdict->exit);
	cw_json_text(o, "exitCodeDescription", cw_exit_name(f->verdict->exit));
	set_time(o, "startTimeUtc", began);
	set_time(o, "endTimeUtc", began + f->duration_ns);
	if (start->command)
		set_command(o, start->command);
	json_object_set_new(o, "toolExecutionNotifications", notifications(w, f));
	cw_json_text(properties, "kernel", start->platform->release);
	cw_json_text(properties, "mode", cw_platform_watched_mode(start->platform, module));
	cw_json_text(properties, "source", start->arming->source->name);
	json_object_set_new(o, "properties", properties);
	return o;
}

/* A group of which a waiver covers some has two results, and a count of neither. */
static bool is_whole_group(const struct sarif *s, size_t n)
{
	size_t i;

	for (i = 0; i < s->nr; i++)
		if (i != n && s->group[i] == s->group[n])
			return false;
	return s->group[n];
}

/* The writer's own results go over to the list. */
static json_t *results(struct sarif *s, const struct cw_finish *f)
{
	json_t *list = json_array();
	__u32 rule;
	size_t i;

	for (i = 0; i < s->nr; i++) {
		if (is_whole_group(s, i))
			cw_json_u64(s->result[i], "occurrenceCount", s->group[i]->count);
		json_array_append_new(list, s->result[i]);
	}
	s->nr = 0;
	for (rule = 0; rule < CW_RULE_NR; rule++)
		if (f->verdict->expired[rule][0])
			json_array_append_new(list, cw_sarif_expired(f, rule));
	return list;
}

static void sarif_finish(struct cw_writer *w, const struct cw_finish *f)
{
	json_t *run = json_object(), *document = NULL;

	if (w->kept && run) {
		json_object_set_new(run, "tool", cw_sarif_tool(w->start));
		json_object_set_new(run, "invocations", json_pack("[o]", invocation(w, f)));
		json_object_set_new(run, "results", results(w->kept, f));
		document = json_pack("{s:s, s:s, s:[O]}", "$schema", SCHEMA_URI, "version", "2.1.0", "runs",
				     run);
	}
	if (document) {
		/* whether that went well is seen when it is flushed */
		json_dumpf(document, w->file, JSON_INDENT(1) | JSON_ENSURE_ASCII);
		fputc('\n', w->file);
	} else {
		cw_err(-ENOMEM, "cannot write sarif output");
		w->failed = true;
	}
	json_decref(document);
	json_decref(run);
}

static void sarif_free(struct cw_writer *w)
{
	struct sarif *s = w->kept;
	size_t i;

	for (i = 0; i < s->nr; i++)
		json_decref(s->result[i]);
	free(s);
}

const struct cw_writer_ops cw_out_sarif = {
	.name = "sarif",
	.help = "SARIF 2.1.0, written at the end",
	.start = sarif_start,
	.armed = sarif_armed,
	.report = sarif_report,
	.finish = sarif_finish,
	.free = sarif_free,
};
