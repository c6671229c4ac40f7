// SPDX-License-Identifier: GPL-2.0-only
/* A stream of version 1.0 is read as it always was. */
#include "abi.h"

#include <unistd.h>

#include <jansson.h>

#include "feed.h"

#define STREAM "tests/data/records-1.0.hex"

static struct cw_feed feed;
static struct cw_writers writers;
static char path[] = "/tmp/cw-abi-XXXXXX";
static char output[64];

static int setup(void **state)
{
	static struct cw_platform platform = { .mode = "snp-vtom" };
	static struct cw_arming arming;
	static struct cw_policy policy;
	static struct cw_start start;
	int fd = mkstemp(path);

	(void)state;
	if (fd < 0)
		return -1;
	close(fd);
	snprintf(output, sizeof(output), "ndjson=%s", path);
	if (cw_writers_add(&writers, output) || cw_writers_open(&writers) ||
	    cw_feed_init(&feed, &writers, 1000000000))
		return -1;
	cw_arming_init(&arming, &cw_source_module, 0);
	cw_arming_finish(&arming);
	start = (struct cw_start){.platform = &platform,
				  .arming = &arming,
				  .policy = &policy,
				  .fmt = {.shared_mask = 1ULL << 57, .frame_mask = 0xfffffff000ULL},
				  .symbols = feed.symbols};
	cw_writers_start(&writers, &start);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cw_feed_exit(&feed);
	cw_writers_close(&writers);
	unlink(path);
	return 0;
}

/* Bytes of one line "OFFSET: XX XX ..." into a record of size bytes. */
static void bytes_put(unsigned char *rec, size_t size, const char *line)
{
	char *at;
	size_t offset = strtoul(line, &at, 10);
	unsigned int byte;
	int nr;

	assert_int_equal(*at, ':');
	for (at++; sscanf(at, " %2x%n", &byte, &nr) == 1; at += nr) {
		assert_true(offset < size);
		rec[offset++] = (unsigned char)byte;
	}
	assert_int_equal(*(at + strspn(at, " \t")), '\0');
}

/* Feeds every record of the stream, each in memory of its own size. */
static size_t stream_feed(void)
{
	char *text = file_read(STREAM), *line, *rest = text;
	unsigned char *rec = NULL;
	size_t size = 0, nr = 0;

	while ((line = strsep(&rest, "\n"))) {
		line[strcspn(line, "#")] = '\0';
		if (!line[strspn(line, " \t")])
			continue;
		if (strncmp(line, "record ", 7)) {
			assert_non_null(rec);
			bytes_put(rec, size, line);
			continue;
		}
		if (rec)
			cw_feed_record(&feed, rec, size);
		free(rec);
		size = strtoul(line + 7, NULL, 10);
		rec = calloc(1, size);
		assert_non_null(rec);
		nr++;
	}
	assert_non_null(rec);
	cw_feed_record(&feed, rec, size);
	free(rec);
	free(text);
	return nr;
}

/* The object of one finding. */
static json_t *report(const char *finding)
{
	FILE *f = fopen(path, "r");
	char line[65536];
	json_t *o = NULL;

	assert_non_null(f);
	while (!o && fgets(line, sizeof(line), f)) {
		const char *is;

		o = json_loads(line, 0, NULL);
		assert_non_null(o);
		is = json_string_value(json_object_get(o, "finding"));
		if (is && !strcmp(is, finding))
			break;
		json_decref(o);
		o = NULL;
	}
	fclose(f);
	if (!o)
		fail_msg("no report of %s", finding);
	return o;
}

static void is_number(const json_t *o, const char *key, long long want)
{
	const json_t *value = json_object_get(o, key);

	if (!json_is_integer(value) || json_integer_value(value) != want)
		fail_msg("%s: %lld, must be %lld", key, (long long)json_integer_value(value), want);
}

static void is_text(const json_t *o, const char *key, const char *want)
{
	const char *value = json_string_value(json_object_get(o, key));

	if (!value || strcmp(value, want))
		fail_msg("%s: %s, must be %s", key, value ? value : "(none)", want);
}

/* END of a transition, with the verdict of the kernel behind it. */
static void step_is_reported(void)
{
	json_t *o = report("end_own_bit"), *before;

	is_text(o, "type", "violation");
	is_text(o, "rule", "T3");
	is_text(o, "event", "end");
	is_text(o, "comm", "golden");
	is_text(o, "space", "emulated");
	is_number(o, "ts_ns", 0x10d0);
	is_number(o, "seq", 13);
	is_number(o, "cpu", 3);
	is_number(o, "tgid", 0x51);
	is_number(o, "tid", 0x52);
	is_number(o, "gfn", 0x1234);
	is_number(o, "gfn_min", 0x1230);
	is_number(o, "gfn_max", 0x1237);
	is_number(o, "nr_pages", 7);
	is_number(o, "nr_unwalked", 1);
	is_number(o, "ret", 0);
	is_number(o, "to_shared", 1);
	is_number(o, "depth", 2);
	before = json_object_get(o, "before");
	is_number(before, "private", 0x61);
	is_number(before, "in transition", 0x62);
	is_number(before, "shared", 0x63);
	is_number(before, "unknown", 0x64);
	is_number(o, "index", 5);
	is_number(o, "detail_gfn", 0x1236);
	is_number(json_object_get(o, "seen"), "gfn", 0x1236);
	is_number(o, "nr_untold", 0);
	assert_int_equal(json_array_size(json_object_get(o, "stack")), 2);
	json_decref(o);
}

static void free_is_reported(void)
{
	json_t *o = report("freed_unknown");

	is_text(o, "rule", "S3");
	is_text(o, "event", "page_free");
	is_text(o, "state", "unknown");
	is_text(o, "space", "emulated");
	is_number(o, "gfn", 0x2000);
	is_number(o, "bad_gfn", 0x2003);
	is_number(o, "nr_pages", 4);
	is_number(o, "nr_bad", 1);
	json_decref(o);
}

static void zeropad_is_reported(void)
{
	json_t *o = report("zeropad_trap");

	is_text(o, "rule", "T8");
	is_text(o, "event", "zeropad");
	is_text(o, "state", "in transition");
	is_number(o, "gfn", 0x1235);
	is_number(o, "trapnr", 29);
	is_number(o, "fixed", 1);
	is_number(o, "want", 14);
	is_number(o, "seen", 29);
	json_decref(o);
}

/* Judged here, from the fields. */
static void platform_is_reported(void)
{
	json_t *o = report("mask_in_physical");

	is_text(o, "event", "platform");
	is_text(o, "comm", "golden");
	is_text(o, "isolation", "TDX");
	is_text(o, "vendor", "Intel");
	is_text(o, "callbacks", "hv_vtom_*");
	is_text(o, "sev_status", "0x0");
	is_text(o, "cc_mask", "0x800000000000");
	is_text(o, "boundary", "0x800000000000");
	is_text(o, "physical_mask", "0xffffffffffff");
	is_text(o, "pte_mask", "0x200000000000000");
	is_number(o, "paravisor", 1);
	json_decref(o);
}

static void exit_is_reported(void)
{
	json_t *o = report("task_gone");

	is_text(o, "event", "task_exit");
	is_text(o, "comm", "gone");
	is_number(o, "detail_gfn", 0x3000);
	is_number(json_object_get(o, "seen"), "tid", 0x54);
	json_decref(o);
}

static void test_stream_is_read(void **state)
{
	size_t nr = stream_feed();

	(void)state;
	assert_int_equal(feed.nr_records, nr);
	assert_int_equal(feed.malformed, 2);	/* a short step, a short verdict */
	assert_int_equal(feed.unknown, 2);	/* type 40, and a tick */
	/* T7: the longer end, and a task that exits; of the other end one page was not walked */
	assert_int_equal(feed.user[CW_RULE_T7].checked, 2);
	assert_int_equal(feed.user[CW_RULE_T7].violated, 1);
	assert_int_equal(feed.user[CW_RULE_T7].no_evidence, 1);
	assert_int_equal(feed.user[CW_RULE_P1].checked, 2);
	assert_int_equal(feed.user[CW_RULE_P1].violated, 0);
	assert_int_equal(feed.user[CW_RULE_P2].checked, 2);
	assert_int_equal(feed.user[CW_RULE_P2].violated, 1);
	/* T3, S3 and T8 of the kernel, T7 and P2 of user space */
	assert_int_equal(feed.nr_violations, 5);
	assert_int_equal(cw_judge_nr_open(feed.judge), 0);
	step_is_reported();
	free_is_reported();
	zeropad_is_reported();
	platform_is_reported();
	exit_is_reported();
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(test_stream_is_read, setup, teardown),
};

UNIT_MAIN(tests)
