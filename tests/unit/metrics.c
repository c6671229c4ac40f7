// SPDX-License-Identifier: GPL-2.0-only
/* The metrics: each sample belongs to the family announced before it, once; OpenMetrics names
 * families without the suffixes of their samples and has an end; numbers are those of the session.
 */
#include "unit.h"

#include <stdlib.h>

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

/* Alerts and dashboard ask for nothing that there is not. */
static void names_check(const char *path)
{
	char line[4096], name[128], sample[136];
	FILE *f = fopen(path, "r");
	size_t nr = 0;

	if (!f)
		fail_msg("cannot read %s (run it at the top of the tree)", path);
	while (fgets(line, sizeof(line), f)) {
		const char *at = line;

		while ((at = strstr(at, "cocowatch_"))) {
			assert_int_equal(sscanf(at, "%127[a-z_]", name), 1);
			at += strlen(name);
			snprintf(sample, sizeof(sample), "\n%s", name);
			if (!strstr(text, sample))
				fail_msg("%s asks for %s", path, name);
			nr++;
		}
	}
	fclose(f);
	assert_true(nr > 5);
}

static void test_names(void **state)
{
	(void)state;
	live.now.cost.bpf_known = true;
	print(false);
	names_check("scripts/dist/cocowatch.rules.yml");
	names_check("scripts/dist/cocowatch.grafana.json");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_numbers),
	CASE(test_excused),
	CASE(test_bpf_time),
	CASE(test_lines),
	CASE(test_names),
};

UNIT_MAIN(tests)
