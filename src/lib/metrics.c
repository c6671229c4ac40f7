// SPDX-License-Identifier: GPL-2.0-only
/* Metrics in text.  The two formats differ in how a family is announced: OpenMetrics names it
 * without the suffix of its samples.  Labels are of our own tables, never of what a task or a host
 * chose, so that their number is bounded; what the kernel calls itself is the one exception.
 */
#include "metrics.h"

#include <ctype.h>
#include <string.h>

#include "names.h"
#include "rules.h"

struct printer {
	FILE *f;
	const struct cw_live *l;
	const struct cw_metrics_head *h;
	bool open;
};

/* Types that have a suffix of their own, and what the older format calls them. */
static const struct {
	const char *type, *suffix, *older;
} kinds[] = {
	{ "counter", "_total", "counter" },
	{ "info", "_info", "gauge" },
	{ "gauge", "", "gauge" },
	{ "histogram", "", "histogram" },
};

static void family(const struct printer *p, const char *name, const char *type, const char *help)
{
	const char *suffix = "", *older = type;
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].type, type))
			continue;
		suffix = kinds[i].suffix;
		older = kinds[i].older;
	}
	if (p->open) {
		suffix = "";
		older = type;
	}
	fprintf(p->f, "# HELP cocowatch_%s%s %s\n", name, suffix, help);
	fprintf(p->f, "# TYPE cocowatch_%s%s %s\n", name, suffix, older);
}

/* A label's value, as both formats escape it. */
static void value_print(FILE *f, const char *value)
{
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			fputc('\\', f);
		fputc(isprint((unsigned char)*value) ? *value : '?', f);
	}
}

static void label(FILE *f, const char *before, const char *name, const char *value)
{
	fprintf(f, "%s%s=\"", before, name);
	value_print(f, value);
	fputc('"', f);
}

static void seconds(const struct printer *p, const char *sample, __u64 ns)
{
	fprintf(p->f, "cocowatch_%s %llu.%09llu\n", sample, ns / 1000000000, ns % 1000000000);
}

/* ---- the session ---- */

static void session_print(const struct printer *p)
{
	family(p, "session_up", "gauge", "Whether a session runs: 0 is written to a text file when it ends.");
	fprintf(p->f, "cocowatch_session_up %d\n", p->h->up);
	family(p, "session", "info", "What is watched.");
	fprintf(p->f, "cocowatch_session_info");
	label(p->f, "{", "mode", p->h->mode);
	label(p->f, ",", "source", p->h->source);
	label(p->f, ",", "kernel", p->h->kernel);
	fprintf(p->f, "} 1\n");
	family(p, "session_start_time_seconds", "gauge", "When the session began, in seconds since 1970.");
	seconds(p, "session_start_time_seconds", p->h->start_wall_ns);
}

/* ---- rules ---- */

/* One number of struct cw_count, as a counter of every rule. */
static const struct {
	const char *name, *help;
	size_t offset;
} counts[] = {
	{ "checks", "How often a rule was judged with evidence.", offsetof(struct cw_count, checked) },
	{ "violations", "How often a rule was violated.", offsetof(struct cw_count, violated) },
	{ "warnings", "How often a rule warned.", offsetof(struct cw_count, warned) },
	{ "observations", "How often the host was seen to misbehave, and the guest coped.",
	  offsetof(struct cw_count, observed) },
	{ "no_evidence", "How often a rule was to be judged, and the evidence could not be had.",
	  offsetof(struct cw_count, no_evidence) },
};

static void rule_labels(const struct printer *p, const char *sample, __u32 rule)
{
	fprintf(p->f, "cocowatch_%s", sample);
	label(p->f, "{", "rule", cw_rule_info(rule)->id);
	label(p->f, ",", "name", cw_rule_info(rule)->name);
}

static void count_print(const struct printer *p, size_t which)
{
	char sample[40];
	__u32 i;

	family(p, counts[which].name, "counter", counts[which].help);
	snprintf(sample, sizeof(sample), "%s_total", counts[which].name);
	for (i = 0; i < CW_RULE_NR; i++) {
		const char *c = (const char *)&p->l->now.totals.rule[i];
		__u64 value;

		memcpy(&value, c + counts[which].offset, sizeof(value));
		rule_labels(p, sample, i);
		fprintf(p->f, "} %llu\n", value);
	}
}

/* The same of those that a waiver covers or the policy calls a warning: an alert can tell. */
static void excused_print(const struct printer *p)
{
	const struct cw_policy *policy = p->h->policy;
	const struct cw_totals *t = &p->l->now.totals;
	__u32 i;

	family(p, "excused_violations", "counter", "Violations of them that a waiver or the policy excuses.");
	for (i = 0; i < CW_RULE_NR; i++) {
		__u64 violated = t->rule[i].violated, excused = t->excused[i];

		if ((policy->waived | policy->as_warning) & CW_RULE_BIT(i) || excused > violated)
			excused = violated;
		rule_labels(p, "excused_violations_total", i);
		fprintf(p->f, "} %llu\n", excused);
	}
}

static void rules_print(const struct printer *p)
{
	__u32 i;
	size_t k;

	family(p, "rule_armed", "gauge", "Whether all probes that a rule needs are attached.");
	for (i = 0; i < CW_RULE_NR; i++) {
		rule_labels(p, "rule_armed", i);
		fprintf(p->f, "} %d\n", !!(p->h->arming->armed & CW_RULE_BIT(i)));
	}
	family(p, "rule_unknown", "gauge",
	       "Whether nobody can say if a rule held: something was lost, or it never had evidence.");
	for (i = 0; i < CW_RULE_NR; i++) {
		rule_labels(p, "rule_unknown", i);
		fprintf(p->f, "} %d\n", p->l->now.outcome[i] == CW_OUTCOME_UNKNOWN);
	}
	for (k = 0; k < sizeof(counts) / sizeof(counts[0]); k++)
		count_print(p, k);
	excused_print(p);
}

static void lost_print(const struct printer *p, const char *event, const char *kind, __u64 n)
{
	size_t i;

	fprintf(p->f, "cocowatch_lost_total");
	label(p->f, "{", "event", event);
	fprintf(p->f, ",kind=\"");
	for (i = 0; kind[i]; i++)
		fputc(tolower((unsigned char)kind[i]), p->f);
	fprintf(p->f, "\"} %llu\n", n);
}

/* Kinds that occurred; the one of malformed records stands there always, so that an increase is
 * one from a number.
 */
static void losses_print(const struct printer *p)
{
	const struct cw_totals *t = &p->l->now.totals;
	__u32 event, loss;

	family(p, "lost", "counter", "What was lost, by event and kind; none is what a verdict needs.");
	lost_print(p, "any", "malformed", t->malformed);
	for (event = CW_EV_BEGIN; event < CW_EV_NR; event++)
		for (loss = 0; loss < CW_LOSS_NR; loss++)
			if (t->loss[event][loss] || loss == CW_LOSS_RING)
				lost_print(p, cw_event_name(event), cw_loss_name(loss),
					   t->loss[event][loss]);
}

/* ---- pages and packets ---- */

static void transitions_print(const struct printer *p)
{
	const struct cw_latency *l = &p->l->latency;
	__u64 sum = 0;
	__u32 i;

	family(p, "transitions", "counter", "Transitions of pages that ended, by what they ended as.");
	fprintf(p->f, "cocowatch_transitions_total{result=\"shared\"} %llu\n", p->l->now.nr_transitions[1]);
	fprintf(p->f, "cocowatch_transitions_total{result=\"private\"} %llu\n", p->l->now.nr_transitions[0]);
	fprintf(p->f, "cocowatch_transitions_total{result=\"failed\"} %llu\n", p->l->now.nr_failed);
	family(p, "transition_duration_seconds", "histogram", "How long transitions took from begin to end.");
	for (i = 0; i < CW_LATENCY_NR; i++) {
		sum += l->count[i];
		fprintf(p->f, "cocowatch_transition_duration_seconds_bucket{le=\"");
		if (i + 1 < CW_LATENCY_NR)
			fprintf(p->f, "%.9g", (double)cw_latency_limit(i) / 1e9);
		else
			fprintf(p->f, "+Inf");
		fprintf(p->f, "\"} %llu\n", sum);
	}
	seconds(p, "transition_duration_seconds_sum", l->sum_ns);
	fprintf(p->f, "cocowatch_transition_duration_seconds_count %llu\n", l->nr);
}

static void packets_print(const struct printer *p)
{
	const struct cw_totals *t = &p->l->now.totals;

	family(p, "packets", "counter", "Packets through VMBus rings that the host shares, where they are watched.");
	fprintf(p->f, "cocowatch_packets_total{direction=\"out\"} %llu\n", cw_packets_out(t));
	fprintf(p->f, "cocowatch_packets_total{direction=\"in\"} %llu\n", cw_packets_in(t));
}

static void owners_print(const struct printer *p)
{
	__u64 pages[CW_OWNER_NR] = { 0 };
	size_t i;

	for (i = 0; i < p->l->spans.nr; i++)
		pages[p->l->spans.span[i].owner] += p->l->spans.span[i].nr_pages;
	family(p, "shared_pages", "gauge", "Pages of 4 KiB that are shared with the host, by owner.");
	for (i = 0; i < CW_OWNER_NR; i++) {
		fprintf(p->f, "cocowatch_shared_pages");
		label(p->f, "{", "owner", cw_owner_name((__u32)i));
		fprintf(p->f, "} %llu\n", pages[i]);
	}
}

/* ---- cost ---- */

static void cost_print(const struct printer *p)
{
	const struct cw_cost *c = &p->l->now.cost;

	family(p, "cpu_seconds", "counter", "Processor time of cocowatch itself.");
	seconds(p, "cpu_seconds_total", c->cpu_ns);
	family(p, "resident_memory_bytes", "gauge", "Resident memory of cocowatch itself.");
	fprintf(p->f, "cocowatch_resident_memory_bytes %llu\n", c->rss_kib * 1024);
	if (!c->bpf_known)
		return;
	family(p, "bpf_seconds", "counter", "Time that the BPF programs ran, as the kernel counts it.");
	seconds(p, "bpf_seconds_total", c->bpf_ns);
	family(p, "bpf_runs", "counter", "How often the BPF programs ran.");
	fprintf(p->f, "cocowatch_bpf_runs_total %llu\n", c->bpf_runs);
}

void cw_metrics_print(FILE *f, const struct cw_live *l, const struct cw_metrics_head *h, bool open)
{
	const struct printer p = { f, l, h, open };

	session_print(&p);
	rules_print(&p);
	losses_print(&p);
	transitions_print(&p);
	packets_print(&p);
	owners_print(&p);
	cost_print(&p);
	if (open)
		fprintf(f, "# EOF\n");
}
