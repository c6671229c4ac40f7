// SPDX-License-Identifier: GPL-2.0-only
/* The metrics: each sample belongs to the family announced before it, once; OpenMetrics names
 * families without the suffixes of their samples and has an end; numbers are those of the session;
 * and alerts and dashboard ask for nothing that there is not.
 */
#include "unit.h"

#include <stdlib.h>

#include <jansson.h>

#include "metrics.h"

static struct cw_live live;
static struct cw_arming arming;
static struct cw_policy policy;
static char *text;

static const char *print(bool open)
{
	const struct cw_metrics_head head = { .mode = "snp-vtom", .source = "stock",
					      .kernel = "6.12\"x\\y\n", .arming = &arming, .policy = &policy, .up = true,
					      .start_wall_ns = 1700000000500000000ULL };
	size_t size;
	FILE *f;

	free(text);
	f = open_memstream(&text, &size);
	assert_non_null(f);
	cw_metrics_print(f, &live, &head, open);
	fclose(f);
	return text;
}

static int setup(void **state)
{
	struct cw_sample s = { .ts_ns = 5 };
	struct cw_span span = { .gfn = 100, .nr_pages = 7, .owner = CW_OWNER_RING, .comm = "x\"y" };

	(void)state;
	memset(&live, 0, sizeof(live));
	memset(&policy, 0, sizeof(policy));
	cw_arming_init(&arming, &cw_source_stock, 0);
	arming.armed = CW_RULE_BIT(CW_RULE_T3);
	s.totals.rule[CW_RULE_T3] = (struct cw_count){ 11, 12, 13, 14, 15 };
	s.totals.rule[CW_RULE_Z1].checked = 99;
	s.totals.loss[CW_EV_END][CW_LOSS_MISSED] = 16;
	s.outcome[CW_RULE_T5] = CW_OUTCOME_UNKNOWN;
	s.cost = (struct cw_cost){ .cpu_ns = 1500000000, .rss_kib = 2 };
	live.nr_transitions[0] = 3;
	live.nr_transitions[1] = 4;
	live.nr_failed = 1;
	live.latency.count[0] = 5;
	live.latency.count[CW_LATENCY_NR - 1] = 2;
	live.latency.nr = 7;
	live.latency.sum_ns = 2000000001;
	cw_spans_put(&live.spans, &span);
	cw_live_sample(&live, &s);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cw_live_exit(&live);
	free(text);
	text = NULL;
	return 0;
}

static void has(const char *line)
{
	char want[256];

	snprintf(want, sizeof(want), "\n%s\n", line);
	if (!strstr(text, want))
		fail_msg("no line '%s'", line);
}

static void test_numbers(void **state)
{
	bool open;

	(void)state;
	for (open = false;; open = true) {
		print(open);
		has("cocowatch_session_up 1");
		has("cocowatch_session_info{mode=\"snp-vtom\",source=\"stock\",kernel=\"6.12\\\"x\\\\y?\"} 1");
		has("cocowatch_session_start_time_seconds 1700000000.500000000");
		has("cocowatch_rule_armed{rule=\"T3\",name=\"state-agrees\"} 1");
		has("cocowatch_rule_armed{rule=\"T1\",name=\"not-present-window\"} 0");
		has("cocowatch_rule_unknown{rule=\"T5\",name=\"no-overlap\"} 1");
		has("cocowatch_checks_total{rule=\"T3\",name=\"state-agrees\"} 11");
		has("cocowatch_violations_total{rule=\"T3\",name=\"state-agrees\"} 12");
		has("cocowatch_warnings_total{rule=\"T3\",name=\"state-agrees\"} 13");
		has("cocowatch_observations_total{rule=\"T3\",name=\"state-agrees\"} 14");
		has("cocowatch_no_evidence_total{rule=\"T3\",name=\"state-agrees\"} 15");
		has("cocowatch_lost_total{event=\"end\",kind=\"missed\"} 16");
		has("cocowatch_lost_total{event=\"end\",kind=\"ring\"} 0");
		has("cocowatch_transitions_total{result=\"shared\"} 4");
		has("cocowatch_transitions_total{result=\"private\"} 3");
		has("cocowatch_transitions_total{result=\"failed\"} 1");
		has("cocowatch_transition_duration_seconds_bucket{le=\"1.024e-06\"} 5");
		has("cocowatch_transition_duration_seconds_bucket{le=\"+Inf\"} 7");
		has("cocowatch_transition_duration_seconds_sum 2.000000001");
		has("cocowatch_transition_duration_seconds_count 7");
		has("cocowatch_packets_total{direction=\"out\"} 99");
		has("cocowatch_shared_pages{owner=\"VMBus rings\"} 7");
		has("cocowatch_cpu_seconds_total 1.500000000");
		has("cocowatch_resident_memory_bytes 2048");
		assert_null(strstr(text, "bpf"));	/* nobody times the programs */
		if (open)
			break;
	}
}

/* What an alert takes off: all of a rule that is waived or a warning, or what single waivers
 * cover.
 */
static void test_excused(void **state)
{
	(void)state;
	print(true);
	has("cocowatch_excused_violations_total{rule=\"T3\",name=\"state-agrees\"} 0");
	live.now.totals.excused[CW_RULE_T3] = 5;
	print(true);
	has("cocowatch_excused_violations_total{rule=\"T3\",name=\"state-agrees\"} 5");
	live.now.totals.excused[CW_RULE_T3] = 500;	/* counted at another moment */
	print(true);
	has("cocowatch_excused_violations_total{rule=\"T3\",name=\"state-agrees\"} 12");
	live.now.totals.excused[CW_RULE_T3] = 0;
	policy.waived = CW_RULE_BIT(CW_RULE_T3);
	print(true);
	has("cocowatch_excused_violations_total{rule=\"T3\",name=\"state-agrees\"} 12");
	has("cocowatch_violations_total{rule=\"T3\",name=\"state-agrees\"} 12");
	policy.waived = 0;
	policy.as_warning = CW_RULE_BIT(CW_RULE_T3);
	print(true);
	has("cocowatch_excused_violations_total{rule=\"T3\",name=\"state-agrees\"} 12");
	has("cocowatch_excused_violations_total{rule=\"T1\",name=\"not-present-window\"} 0");
}

static void test_bpf_time(void **state)
{
	(void)state;
	live.now.cost.bpf_known = true;
	live.now.cost.bpf_ns = 70;
	live.now.cost.bpf_runs = 8;
	print(true);
	has("cocowatch_bpf_seconds_total 0.000000070");
	has("cocowatch_bpf_runs_total 8");
}

/* What a family's samples may be called beyond its own name. */
static const struct {
	const char *type;
	bool open;
	const char *suffixes[4];
} suffixes[] = {
	{ "counter", true, { "_total" } },
	{ "counter", false, { "" } },
	{ "gauge", true, { "" } },
	{ "gauge", false, { "" } },
	{ "info", true, { "_info" } },
	{ "histogram", true, { "_bucket", "_sum", "_count" } },
	{ "histogram", false, { "_bucket", "_sum", "_count" } },
};

static bool fits(const char *sample, const char *name, const char *type, bool open)
{
	char want[128];
	size_t i, k;

	for (i = 0; i < NR(suffixes); i++) {
		if (strcmp(suffixes[i].type, type) || suffixes[i].open != open)
			continue;
		for (k = 0; k < 4 && suffixes[i].suffixes[k]; k++) {
			snprintf(want, sizeof(want), "%s%s", name, suffixes[i].suffixes[k]);
			if (!strcmp(sample, want))
				return true;
		}
	}
	return false;
}

/* Every line is what the format allows where it stands. */
static void lines_check(bool open)
{
	char name[128] = "", type[32] = "", sample[128], *line, *save = NULL, *seen = strdup("\n");
	bool ended = false;
	size_t nr = 0;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char key[512];

		assert_false(ended);
		if (!strcmp(line, "# EOF")) {
			ended = true;
			continue;
		}
		if (sscanf(line, "# HELP %127s", name) == 1) {
			snprintf(key, sizeof(key), "\nfamily %s\n", name);
			if (strstr(seen, key))
				fail_msg("family twice: %s", name);
		} else if (sscanf(line, "# TYPE %127s %31s", sample, type) == 2) {
			assert_string_equal(sample, name);
			continue;
		} else {
			assert_int_equal(sscanf(line, "%127[a-z_]", sample), 1);
			if (!fits(sample, name, type, open))
				fail_msg("sample %s in family %s of type %s", sample, name, type);
			snprintf(key, sizeof(key), "\n%.*s\n", (int)(strrchr(line, ' ') - line), line);
			if (strstr(seen, key))
				fail_msg("sample twice: %s", line);
			nr++;
		}
		seen = realloc(seen, strlen(seen) + strlen(key) + 1);
		assert_non_null(seen);
		strcat(seen, key + 1);
	}
	assert_int_equal(ended, open);
	assert_true(nr > 100);
	free(seen);
}

static void test_lines(void **state)
{
	(void)state;
	live.now.cost.bpf_known = true;
	print(false);
	lines_check(false);
	print(true);
	lines_check(true);
}

/* ---- what alerts and the dashboard ask for ---- */

#define NAME "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

/* Labels that the samples of one question have, as ",name=" after each other. */
struct asked {
	char labels[4096];
	size_t nr_metrics, nr_labels;
};

static void labels_add(struct asked *a, const char *from, size_t len)
{
	size_t used = strlen(a->labels);

	assert_in_range(used + len + 2, 0, sizeof(a->labels) - 1);
	sprintf(a->labels + used, ",%.*s", (int)len, from);
}

/* A metric is asked for: it is printed under exactly this name.  Its labels are known then. */
static void metric_check(struct asked *a, const char *where, const char *name, size_t len)
{
	const char *line = text;
	bool found = false;

	for (; line; line = strchr(line, '\n'), line += !!line) {
		if (strncmp(line, name, len) || (line[len] != '{' && line[len] != ' '))
			continue;
		found = true;
		if (line[len] == '{')
			labels_add(a, line + len + 1, strcspn(line + len + 1, "}"));
		break;
	}
	if (!found)
		fail_msg("%s asks for %.*s", where, (int)len, name);
	a->nr_metrics++;
}

/* Prometheus itself adds where a sample is from. */
static void label_check(struct asked *a, const char *where, const char *name, size_t len)
{
	static const char *const added[] = { "instance", "job" };
	char want[80];
	size_t i;

	for (i = 0; i < NR(added); i++)
		if (strlen(added[i]) == len && !strncmp(added[i], name, len))
			return;
	snprintf(want, sizeof(want), ",%.*s=", (int)len, name);
	if (!strstr(a->labels, want))
		fail_msg("%s uses the label %.*s", where, (int)len, name);
	a->nr_labels++;
	/* and some sample has the value that it is to have */
	if (name[len] != '=' || name[len + 1] != '"')
		return;
	snprintf(want, sizeof(want), "%.*s", (int)(len + strcspn(name + len + 2, "\"") + 3), name);
	if (!strstr(text, want))
		fail_msg("%s wants %s", where, want);
}

/* The names up to the end; quoted texts between them are passed over.  Behind the end. */
static const char *labels_check(struct asked *a, const char *where, const char *at, char end)
{
	size_t len;

	while (*at && *at != end) {
		len = strspn(at, NAME);
		if (len)
			label_check(a, where, at, len);
		at += len;
		if (*at == '"')
			at = strchr(at + 1, '"');
		assert_non_null(at);
		at += !len || *at == '"';
	}
	assert_int_equal(*at, end);
	return at + 1;
}

static bool is_one_of(const char *const *words, size_t nr, const char *at, size_t len)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (strlen(words[i]) == len && !strncmp(words[i], at, len))
			return true;
	return false;
}

/* One name of an expression, and what belongs to it. */
static const char *word_check(struct asked *a, const char *where, const char *at, size_t len)
{
	static const char *const groups[] = { "by", "without" };
	/* Prometheus' own */
	static const char *const others[] = { "up", "or", "and", "unless", "sum" };
	const char *next = at + len + strspn(at + len, " ");

	if (is_one_of(groups, NR(groups), at, len)) {
		/* its metric may come behind it */
		const char *metric = strstr(next, "cocowatch_");

		assert_non_null(metric);
		metric_check(a, where, metric, strspn(metric, NAME));
		return labels_check(a, where, next + 1, ')');
	}
	if (*next == '(')
		return next;	/* a function */
	if (!is_one_of(others, NR(others), at, len))
		metric_check(a, where, at, len);
	return *next == '{' ? labels_check(a, where, next + 1, '}') : next;
}

static void expression_check(struct asked *a, const char *where, const char *expr)
{
	const char *at = expr;
	size_t len;

	while (*at) {
		len = strspn(at, NAME);
		if (*at == '[')		/* a time */
			at += strcspn(at, "]");
		else if (len && (*at < '0' || *at > '9'))
			at = word_check(a, where, at, len);
		else
			at += len ? len : 1;
	}
}

/* Labels in a text that is filled in: after "$labels." of alerts, or "{{" of a legend. */
static void template_check(struct asked *a, const char *where, const char *at, const char *mark)
{
	while ((at = strstr(at, mark))) {
		at += strlen(mark);
		at += strspn(at, " ");
		if (*at != '$')
			label_check(a, where, at, strspn(at, NAME));
	}
}

static void test_alerts(void **state)
{
	const char *path = "scripts/dist/cocowatch.rules.yml";
	struct asked a = { .labels = "" };
	size_t nr_metrics = 0, nr_labels = 0;
	FILE *f = fopen(path, "r");
	char line[1024];
	const char *expr;

	(void)state;
	live.now.cost.bpf_known = true;
	print(false);
	if (!f)
		fail_msg("cannot read %s (run it at the top of the tree)", path);
	while (fgets(line, sizeof(line), f)) {
		expr = strstr(line, " expr: ");
		if (expr) {
			a = (struct asked){ .labels = "" };
			expression_check(&a, path, expr + strlen(" expr: "));
			nr_metrics += a.nr_metrics;
			nr_labels += a.nr_labels;
		} else if (line[0] != '#') {
			template_check(&a, path, line, "$labels.");
		}
	}
	fclose(f);
	assert_true(nr_metrics >= 8);
	assert_true(nr_labels >= 3);
}

static void panel_check(struct asked *a, const char *where, json_t *panel)
{
	json_t *target;
	size_t i;

	json_array_foreach(json_object_get(panel, "targets"), i, target) {
		struct asked one = { .labels = "" };

		expression_check(&one, where, json_string_value(json_object_get(target, "expr")));
		template_check(&one, where,
			       json_string_value(json_object_get(target, "legendFormat")), "{{");
		assert_true(one.nr_metrics > 0);
		a->nr_metrics += one.nr_metrics;
		a->nr_labels += one.nr_labels;
	}
}

/* "label_values(METRIC, LABEL)" */
static void variable_check(struct asked *a, const char *where, json_t *variable)
{
	const char *query = json_string_value(json_object_get(json_object_get(variable, "query"),
							      "query"));
	char metric[80], label[80];

	if (!query)
		return;
	assert_int_equal(sscanf(query, "label_values(%79[a-z_], %79[a-z_])", metric, label), 2);
	metric_check(a, where, metric, strlen(metric));
	label_check(a, where, label, strlen(label));
}

static void test_dashboard(void **state)
{
	const char *path = "scripts/dist/cocowatch.grafana.json";
	json_t *board = json_load_file(path, 0, NULL), *each;
	struct asked a = { .labels = "" };
	size_t i;

	(void)state;
	live.now.cost.bpf_known = true;
	print(false);
	if (!board)
		fail_msg("cannot read %s (run it at the top of the tree)", path);
	json_array_foreach(json_object_get(board, "panels"), i, each)
		panel_check(&a, path, each);
	json_array_foreach(json_object_get(json_object_get(board, "templating"), "list"), i, each)
		variable_check(&a, path, each);
	json_decref(board);
	assert_true(a.nr_metrics >= 12);
	assert_true(a.nr_labels >= 8);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_numbers),
	CASE(test_excused),
	CASE(test_bpf_time),
	CASE(test_lines),
	CASE(test_alerts),
	CASE(test_dashboard),
};

UNIT_MAIN(tests)
