// SPDX-License-Identifier: GPL-2.0-only
/* What selftest has to say: rule by rule, and what did not pass; as text, NDJSON or JUnit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "junit.h"
#include "rules.h"
#include "selftest_run.h"

static const char *rule_id(const struct cw_scenario *sc)
{
	return sc->rule == CW_NO_RULE ? "-" : cw_rule_info((__u32)sc->rule)->id;
}

/* ---- text ---- */

static void print_list_text(const struct selftest *t, FILE *f)
{
	size_t i;

	fprintf(f, "%-4s  %-24s  %-20s  %s\n", "rule", "scenario", "bug", "what goes wrong");
	for (i = 0; i < t->catalogue.nr; i++) {
		const struct cw_scenario *sc = &t->catalogue.row[i];

		if (!selftest_wants(t, sc))
			continue;
		fprintf(f, "%-4s  %-24s  %-20s  %s%s\n", rule_id(sc), sc->name,
			sc->bug[0] ? sc->bug : "-", sc->finding ? "" : "honest only: ", sc->text);
	}
}

static void print_head(const struct selftest *t, FILE *f)
{
	fprintf(f, "selftest  Linux %s, cocovm emulates %s, %zu trials of %zu scenarios, ",
		t->platform.release, t->catalogue.mode, t->result.nr, t->catalogue.nr);
	if (t->shuffled)
		fprintf(f, "seed %llu\n\n", t->seed);
	else
		fprintf(f, "in the module's order\n\n");
}

/* "1.3 ms", or what fits. */
static const char *time_text(char *buf, size_t size, __u64 ns)
{
	if (!ns)
		snprintf(buf, size, "-");
	else if (ns < 10000000ULL)
		snprintf(buf, size, "%.2f ms", (double)ns / 1e6);
	else
		snprintf(buf, size, "%.0f ms", (double)ns / 1e6);
	return buf;
}

/* "held 2 of 2", "-" where there was nothing to try. */
static const char *share_text(char *buf, size_t size, const char *word, __u32 passed, __u32 of)
{
	if (of)
		snprintf(buf, size, "%s %u of %u", word, passed, of);
	else
		snprintf(buf, size, "-");
	return buf;
}

static void print_rules(const struct selftest *t, FILE *f)
{
	char honest[32], fired[32], ns[32];
	__u32 i;

	fprintf(f, "%-4s  %-26s  %-14s  %-14s  %s\n", "rule", "name", "honest twin",
		"misbehaviour", "time to report");
	for (i = 0; i < CW_RULE_NR; i++) {
		const struct cw_rule_result *r = &t->result.rule[i];

		if (!(t->result.named & CW_RULE_BIT(i)))
			continue;
		fprintf(f, "%-4s  %-26s  %-14s  %-14s  %s\n", cw_rule_info(i)->id,
			cw_rule_info(i)->name,
			share_text(honest, sizeof(honest), "held", r->held, r->honest),
			share_text(fired, sizeof(fired), "fired", r->fired, r->misbehaving),
			time_text(ns, sizeof(ns), r->median_ns));
	}
}

/* One line on a trial that is not as it should be, or that could not be made. */
static void print_trial(const struct selftest *t, FILE *f, const struct cw_trial *trial)
{
	static const char *const words[] = {
		[CW_EXIT_HELD] = "skipped",
		[CW_EXIT_VIOLATED] = "failed",
		[CW_EXIT_UNKNOWN] = "unknown",
	};
	const char *note = trial->note;

	if (trial->result == CW_TRIAL_HELD || trial->result == CW_TRIAL_FIRED)
		return;
	if (trial->result == CW_TRIAL_NOT_ARMED)
		note = t->why_not_armed[trial->sc->rule];
	fprintf(f, "%-8s  %s %s%s: %s%s%s\n", words[cw_trial_exit(trial->result)],
		rule_id(trial->sc), trial->sc->name, trial->misbehave ? "" : ", honest",
		cw_trial_name(trial->result), note[0] ? ": " : "", note);
}

static void print_trials(const struct selftest *t, FILE *f)
{
	const struct cw_trial *trial;
	size_t i;
	int kind;

	fputc('\n', f);
	for (i = 0; i < t->catalogue.nr; i++) {
		for (kind = 0; kind < 2; kind++) {
			trial = cw_selftest_worst(&t->result, &t->catalogue.row[i], kind);
			if (trial)
				print_trial(t, f, trial);
		}
	}
}

static bool was_told_before(const struct selftest *t, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp(t->catalogue.row[i].bug, t->catalogue.row[nr].bug))
			return true;
	return false;
}

/* Bugs of kernels that were repeated, and found. */
static __u32 bugs_found(const struct selftest *t)
{
	const struct cw_trial *trial;
	__u32 nr = 0;
	size_t i;

	for (i = 0; i < t->catalogue.nr; i++) {
		trial = cw_selftest_worst(&t->result, &t->catalogue.row[i], true);
		nr += t->catalogue.row[i].bug[0] && !was_told_before(t, i) && trial &&
		      trial->result == CW_TRIAL_FIRED;
	}
	return nr;
}

static void print_unnamed(const struct selftest *t, FILE *f)
{
	__u32 i;

	if (t->rules || t->result.named == CW_RULE_ALL)
		return;
	fprintf(f, "%-8s ", "untried");
	for (i = 0; i < CW_RULE_NR; i++)
		if (!(t->result.named & CW_RULE_BIT(i)))
			fprintf(f, " %s", cw_rule_info(i)->id);
	fprintf(f, ": no scenario\n");
}

static const char *const verdicts[] = {
	[CW_EXIT_HELD] = "each rule fired on its misbehaviour, and held with its honest twin",
	[CW_EXIT_VIOLATED] = "not every rule fired on its misbehaviour and held with its honest twin",
	[CW_EXIT_UNKNOWN] = "no verdict",
};

static void print_text(const struct selftest *t, FILE *f)
{
	__u32 bugs = bugs_found(t);

	print_head(t, f);
	print_rules(t, f);
	print_trials(t, f);
	print_unnamed(t, f);
	if (bugs)
		fprintf(f, "%-8s  %u known bugs of the kernel were repeated, and found\n", "bugs", bugs);
	if (t->result.ended_early)
		fprintf(f, "%-8s  ended by a signal before everything was tried\n", "unknown");
	fprintf(f, "%-8s  %s\n", t->result.exit == CW_EXIT_HELD ? "passed" :
		t->result.exit == CW_EXIT_VIOLATED ? "failed" : "unknown", verdicts[t->result.exit]);
}

/* ---- ndjson ---- */

static void print_object(FILE *f, json_t *o)
{
	json_dumpf(o, f, JSON_COMPACT | JSON_ENSURE_ASCII);
	fputc('\n', f);
	json_decref(o);
}

static json_t *scenario_object(const char *type, const struct cw_scenario *sc)
{
	json_t *o = json_object();

	cw_json_text(o, "type", type);
	cw_json_text(o, "scenario", sc->name);
	cw_json_text(o, "rule", rule_id(sc));
	if (sc->finding)
		cw_json_lower(o, "finding", cw_finding_info(sc->finding)->id);
	if (sc->bug[0])
		cw_json_text(o, "bug", sc->bug);
	return o;
}

static void print_list_ndjson(const struct selftest *t, FILE *f)
{
	json_t *o;
	size_t i;

	for (i = 0; i < t->catalogue.nr; i++) {
		if (!selftest_wants(t, &t->catalogue.row[i]))
			continue;
		o = scenario_object("scenario", &t->catalogue.row[i]);
		cw_json_text(o, "text", t->catalogue.row[i].text);
		print_object(f, o);
	}
}

static void print_trial_ndjson(const struct selftest *t, FILE *f, const struct cw_trial *trial)
{
	json_t *o = scenario_object("trial", trial->sc);

	json_object_set_new(o, "misbehave", json_boolean(trial->misbehave));
	cw_json_text(o, "result", cw_trial_name(trial->result));
	cw_json_u64(o, "exit", (__u64)cw_trial_exit(trial->result));
	if (trial->result == CW_TRIAL_NOT_ARMED)
		cw_json_text(o, "note", t->why_not_armed[trial->sc->rule]);
	else if (trial->note[0])
		cw_json_text(o, "note", trial->note);
	if (trial->report_ns)
		cw_json_u64(o, "report_ns", trial->report_ns);
	print_object(f, o);
}

static json_t *rule_object(const struct selftest *t, __u32 rule)
{
	const struct cw_rule_result *r = &t->result.rule[rule];
	json_t *o = json_object();

	cw_json_text(o, "rule", cw_rule_info(rule)->id);
	cw_json_text(o, "name", cw_rule_info(rule)->name);
	cw_json_u64(o, "exit", (__u64)r->exit);
	cw_json_u64(o, "honest", r->honest);
	cw_json_u64(o, "held", r->held);
	cw_json_u64(o, "misbehaving", r->misbehaving);
	cw_json_u64(o, "fired", r->fired);
	cw_json_u64(o, "impossible", r->impossible);
	if (r->median_ns)
		cw_json_u64(o, "median_report_ns", r->median_ns);
	return o;
}

static void print_ndjson(const struct selftest *t, FILE *f)
{
	json_t *o = json_object(), *rules = json_array();
	size_t i;

	for (i = 0; i < t->result.nr; i++)
		print_trial_ndjson(t, f, &t->result.trial[i]);
	for (i = 0; i < CW_RULE_NR; i++)
		if (t->result.named & CW_RULE_BIT(i))
			json_array_append_new(rules, rule_object(t, (__u32)i));
	cw_json_text(o, "type", "selftest");
	cw_json_text(o, "kernel", t->platform.release);
	cw_json_text(o, "mode", t->catalogue.mode);
	if (t->shuffled)
		cw_json_u64(o, "seed", t->seed);
	cw_json_u64(o, "wall_ns", t->wall_ns);
	cw_json_u64(o, "duration_ns", t->duration_ns);
	json_object_set_new(o, "rules", rules);
	cw_json_u64(o, "bugs", bugs_found(t));
	json_object_set_new(o, "ended_early", json_boolean(t->result.ended_early));
	cw_json_u64(o, "exit", (__u64)t->result.exit);
	print_object(f, o);
}

/* ---- junit ---- */

#define CASE_NAME 96

static enum cw_junit_result junit_result(const struct cw_trial *trial)
{
	if (trial->result == CW_TRIAL_IMPOSSIBLE)
		return CW_JUNIT_SKIPPED;
	switch (cw_trial_exit(trial->result)) {
	case CW_EXIT_HELD:
		return CW_JUNIT_PASSED;
	case CW_EXIT_VIOLATED:
		return CW_JUNIT_FAILED;
	default:
		return CW_JUNIT_ERROR;
	}
}

static void case_fill(const struct selftest *t, struct cw_junit_case *c, char *name,
		      const struct cw_trial *trial)
{
	const char *note = trial->result == CW_TRIAL_NOT_ARMED ? t->why_not_armed[trial->sc->rule] :
								 trial->note;

	snprintf(name, CASE_NAME, "%s%s", trial->sc->name, trial->misbehave ? "" : ", honest");
	*c = (struct cw_junit_case){
		.class_name = rule_id(trial->sc),
		.name = name,
		.result = junit_result(trial),
		.type = cw_trial_exit(trial->result) == CW_EXIT_VIOLATED ? "failed" : "no verdict",
		.message = cw_trial_name(trial->result),
		.text = note[0] ? note : NULL,
		.out = trial->sc->text,
		.duration_ns = trial->report_ns,
	};
}

static void print_junit(const struct selftest *t, FILE *f)
{
	struct cw_junit_property properties[] = { { "kernel", t->platform.release },
						  { "mode", t->catalogue.mode } };
	struct cw_junit_case *cases = calloc(2 * t->catalogue.nr, sizeof(*cases));
	char (*names)[CASE_NAME] = calloc(2 * t->catalogue.nr, sizeof(*names));
	struct cw_junit_suite suite = {
		.name = "cocowatch selftest",
		.wall_ns = t->wall_ns,
		.duration_ns = t->duration_ns,
		.properties = properties,
		.nr_properties = sizeof(properties) / sizeof(properties[0]),
		.cases = cases,
	};
	const struct cw_trial *trial;
	size_t i;

	if (!cases || !names)
		goto out;	/* an empty file is no suite that passed */
	for (i = 0; i < 2 * t->catalogue.nr; i++) {
		trial = cw_selftest_worst(&t->result, &t->catalogue.row[i / 2], i % 2);
		if (!trial)
			continue;
		case_fill(t, &cases[suite.nr_cases], names[suite.nr_cases], trial);
		suite.nr_cases++;
	}
	cw_junit_write(f, &suite);
out:
	free(cases);
	free(names);
}

/* ---- which ---- */

void selftest_print_list(const struct selftest *t, const struct cw_writer *w)
{
	if (!strcmp(w->ops->name, "ndjson"))
		print_list_ndjson(t, w->file);
	else
		print_list_text(t, w->file);
}

void selftest_print(const struct selftest *t, const struct cw_writer *w)
{
	static const struct {
		const char *name;
		void (*print)(const struct selftest *t, FILE *f);
	} formats[] = { { "text", print_text }, { "ndjson", print_ndjson }, { "junit", print_junit } };
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (!strcmp(formats[i].name, w->ops->name))
			formats[i].print(t, w->file);
}
