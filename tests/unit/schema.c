// SPDX-License-Identifier: GPL-2.0-only
/* The schema of NDJSON and the streams that are really written agree, both ways: each line is
 * valid, and each field that the schema names is in some line.
 */
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "events.h"
#include "feed.h"
#include "json.h"
#include "policy_file.h"
#include "schema.h"

static json_t *schema, *seen;	/* seen: definition to the fields met in it */
static bool meeting;
static char why[512];

/* ---- as much of JSON Schema 2020-12 as ours uses ---- */

static const char *const known_words[] = { "$schema", "$id", "title", "description", "oneOf", "$defs", "$ref",
	"type", "properties", "required", "additionalProperties", "unevaluatedProperties", "items", "enum",
	"const", "anyOf", "allOf", "if", "then", "pattern", "format", "propertyNames" };

static bool validate(json_t *s, json_t *value, const char *def);

static bool invalid(const char *what, const char *of)
{
	snprintf(why, sizeof(why), "%s: %s", what, of);
	return false;
}

static bool invalid_value(const char *of, json_t *value)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY);

	invalid(of, text ? text : "?");
	free(text);
	return false;
}

static bool is_of_type(const char *type, const json_t *value)
{
	return !strcmp(type, "object")    ? json_is_object(value)
	       : !strcmp(type, "array")   ? json_is_array(value)
	       : !strcmp(type, "string")  ? json_is_string(value)
	       : !strcmp(type, "integer") ? json_is_integer(value)
					  : json_is_boolean(value);
}

static bool is_among(json_t *list, json_t *value)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (json_equal(one, value))
			return true;
	return false;
}

static size_t nr_valid(json_t *list, json_t *value, const char *def)
{
	size_t i, nr = 0;
	json_t *one;

	json_array_foreach(list, i, one)
		nr += validate(one, value, def);
	return nr;
}

static json_t *definition(const char *ref)
{
	json_t *def = json_object_get(json_object_get(schema, "$defs"), ref + strlen("#/$defs/"));

	if (!def)
		fail_msg("no definition for %s", ref);
	return def;
}

static void meet(const char *def, const char *field)
{
	if (!meeting)
		return;
	if (!json_object_get(seen, def))
		json_object_set_new(seen, def, json_object());
	json_object_set_new(json_object_get(seen, def), field, json_true());
}

/* Properties that the schema, those it includes and what its conditions add have evaluated. */
static bool is_evaluated(json_t *s, json_t *value, const char *field)
{
	const char *ref = json_string_value(json_object_get(s, "$ref"));
	json_t *one;
	size_t i;

	if (json_object_get(json_object_get(s, "properties"), field))
		return true;
	if (ref)
		return is_evaluated(definition(ref), value, field);
	json_array_foreach(json_object_get(s, "allOf"), i, one)
		if (validate(json_object_get(one, "if"), value, NULL) &&
		    is_evaluated(json_object_get(one, "then"), value, field))
			return true;
	return false;
}

static bool object_validate(json_t *s, json_t *value, const char *def)
{
	json_t *properties = json_object_get(s, "properties"), *one, *more;
	const char *key;
	size_t i;

	json_array_foreach(json_object_get(s, "required"), i, one)
		if (!json_object_get(value, json_string_value(one)))
			return invalid(json_string_value(one), "missing");
	json_object_foreach(value, key, one) {
		json_t *own = json_object_get(properties, key);

		if (own && def)
			meet(def, key);
		if (own && !validate(own, one, NULL))
			return invalid_value(key, one);
		more = json_object_get(s, "additionalProperties");
		if (!own && json_is_false(more))
			return invalid(key, "not in the schema");
		if (!own && json_is_object(more) && !validate(more, one, NULL))
			return false;
		if (json_is_false(json_object_get(s, "unevaluatedProperties")) && !is_evaluated(s, value, key))
			return invalid(key, "not in the schema of a finding");
		more = json_object_get(s, "propertyNames");
		if (more) {
			json_t *name = json_string(key);
			bool good = validate(more, name, NULL);

			json_decref(name);
			if (!good)
				return invalid(key, "no such name");
		}
	}
	return true;
}

static bool conditions_validate(json_t *s, json_t *value)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(s, "allOf"), i, one)
		if (validate(json_object_get(one, "if"), value, NULL) &&
		    !validate(json_object_get(one, "then"), value, NULL))
			return false;
	return true;
}

/* def: name of the definition that s is, for meet(). */
static bool validate(json_t *s, json_t *value, const char *def)
{
	const char *ref = json_string_value(json_object_get(s, "$ref")), *word;
	json_t *one;
	size_t i;

	json_object_foreach(s, word, one) {
		for (i = 0; i < NR(known_words) && strcmp(known_words[i], word) != 0; i++)
			;
		if (i == NR(known_words))
			fail_msg("this test does not know '%s'", word);
	}
	if (ref && !validate(definition(ref), value, ref + strlen("#/$defs/")))
		return false;
	one = json_object_get(s, "type");
	if (one && !is_of_type(json_string_value(one), value))
		return invalid("no", json_string_value(one));
	one = json_object_get(s, "const");
	if (one && !json_equal(one, value))
		return invalid("not", json_string_value(one));
	one = json_object_get(s, "enum");
	if (one && !is_among(one, value))
		return invalid("not among those known", json_is_string(value) ? json_string_value(value) : "?");
	if (json_object_get(s, "pattern") && strncmp(json_string_value(value), "0x", 2))
		return invalid("no hexadecimal number", json_string_value(value));
	if (json_object_get(s, "anyOf") && !nr_valid(json_object_get(s, "anyOf"), value, NULL))
		return invalid("any", "of none of its forms");
	if (json_object_get(s, "oneOf") && nr_valid(json_object_get(s, "oneOf"), value, NULL) != 1)
		return false;
	if (json_object_get(s, "items"))
		json_array_foreach(value, i, one)
			if (!validate(json_object_get(s, "items"), one, NULL))
				return false;
	if (json_is_object(value) && !object_validate(s, value, def))
		return false;
	return conditions_validate(s, value);
}

/* ---- a stream with everything in it ---- */

static struct cw_feed feed;
static struct cw_writers writers;
static struct cw_platform platform = { .release = "6.12.0-test", .mode = "snp-vtom" };
static struct cw_arming arming;
static struct cw_policy policy;
static struct cw_reactions reactions;
static struct cw_start start;
static char path[] = "/tmp/cw-schema-XXXXXX";
static char policy_path[] = "/tmp/cw-schema-policy-XXXXXX";
static char output[64];
static char *const command[] = { "make", "check", NULL };

static const char policy_text[] =
	"version: 1\nwaivers:\n"
	"  - {rule: T3, finding: end_own_bit, function: f, reason: r, expires: 2999-01-01}\n"
	"  - {rule: S5, reason: whole}\n  - {rule: S8, reason: old, expires: 2000-01-01}\n"
	"reactions:\n  - {rule: T1, action: exec, program: /bin/true}\n"
	"  - {rule: T1, action: signal, signal: TERM}\n";

static void stream_open(void)
{
	int fd = mkstemp(path), policy_fd = mkstemp(policy_path);

	assert_true(fd >= 0 && policy_fd >= 0);
	assert_true(write(policy_fd, policy_text, strlen(policy_text)) > 0);
	close(policy_fd);
	close(fd);
	assert_int_equal(cw_policy_load(&policy, &reactions, policy_path, 1795348800), 0);
	snprintf(output, sizeof(output), "ndjson=%s", path);
	assert_int_equal(cw_writers_add(&writers, output), 0);
	assert_int_equal(cw_writers_open(&writers), 0);
	assert_int_equal(cw_feed_init(&feed, &writers, 1000000000), 0);
	cw_arming_init(&arming, &cw_source_module, 0);
	cw_arming_finish(&arming);
	start = (struct cw_start){ .platform = &platform, .arming = &arming, .policy = &policy,
				   .fmt = { .shared_mask = 1ULL << 57,
					    .frame_mask = 0xfffffff000ULL },
				   .symbols = feed.symbols, .command = command,
				   .include_addresses = true };
	cw_writers_start(&writers, &start);
	cw_writers_armed(&writers, CW_RULE_BIT(CW_RULE_T1) | CW_RULE_BIT(CW_RULE_S3), 5);
}

/* An event of the type, with nothing in it but what makes optional fields appear. */
static void event_make(void *event, __u32 type)
{
	const struct cw_event_shape *shape = cw_event_info(type)->shape;
	const struct cw_event_field *f;

	memset(event, 0, 1024);
	*(struct cw_rec_hdr *)event =
		(struct cw_rec_hdr){ .type = (__u16)type, .len = 1024, .seq = 9, .ts_ns = 77 };
	for (f = shape->field; f < shape->field + shape->nr; f++)
		if (f->when == CW_WHEN_BITS)
			memcpy((char *)event + f->when_at, &f->when_bits, sizeof(f->when_bits));
}

/* Each finding at each event at which it can be said. */
static void findings_report(void)
{
	static const struct cw_past past = { .seq = 3 };
	struct cw_detail detail = { .gfn = 5, .want = 3, .seen = 0x8000000000102063ULL };
	static __u64 stack[] = { 0xffffffff81000000ULL };
	__u64 event[128];
	__u32 type, finding;

	for (type = 0; type < CW_EV_NR; type++) {
		if (!cw_event_info(type))
			continue;
		event_make(event, type);
		for (finding = CW_FIND_NONE + 1; finding < CW_FIND_NR; finding++) {
			const struct cw_finding_info *info = cw_finding_info(finding);
			struct cw_report r = { .rule = cw_rule_info(info->rule), .finding = info,
					       .detail = &detail, .event = (const void *)event,
					       .sev = info->sev,
					       .comm = "x", .stack = stack, .nr_stack = 1, .past = &past,
					       .excuse = finding % 2 ? "why" : NULL };

			detail.rule = (__u8)info->rule;
			detail.finding = (__u16)finding;
			detail.index = finding % 3 ? 1 : CW_NO_INDEX;
			if (cw_event_info(type)->rules & CW_RULE_BIT(info->rule))
				cw_writers_report(&writers, &r);
		}
	}
}

static void summary_write(void)
{
	struct cw_totals totals = { .unreadable = 2 };
	struct cw_ending ending = { .has_command = true };
	struct cw_verdict verdict;
	struct cw_finish finish = { .verdict = &verdict, .totals = &totals, .told = &feed.told,
				    .ending = &ending, .reactions = &reactions };

	totals.loss[CW_EV_END][CW_LOSS_RING] = 4;
	totals.rule[CW_RULE_T3].violated = 2;
	totals.excused[CW_RULE_T3] = 2;
	cw_verdict_judge(&verdict, &policy, &arming, &totals, &ending);
	cw_writers_finish(&writers, &finish);
}

static int setup(void **state)
{
	(void)state;
	schema = cw_schema_make();
	seen = json_object();
	stream_open();
	findings_report();
	summary_write();
	return schema ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	cw_feed_exit(&feed);
	cw_writers_close(&writers);
	cw_policy_free(&policy);
	json_decref(schema);
	json_decref(seen);
	unlink(path);
	unlink(policy_path);
	return 0;
}

static const char *definition_of(const json_t *o)
{
	static const char *const refs[] = { "#/$defs/session", "#/$defs/armed", "#/$defs/summary" };
	const char *type = json_string_value(json_object_get(o, "type"));
	size_t i;

	for (i = 0; i < NR(refs); i++)
		if (!strcmp(refs[i] + strlen("#/$defs/"), type))
			return refs[i];
	return "#/$defs/finding";
}

static size_t stream_validate(const char *stream)
{
	char *line = NULL;
	size_t size = 0, nr = 0;
	FILE *f = fopen(stream, "r");
	json_t *o;

	assert_non_null(f);
	while (getline(&line, &size, f) > 0) {
		o = json_loads(line, 0, NULL);
		assert_non_null(o);
		meeting = true;
		if (!validate(definition(definition_of(o)), o, definition_of(o) + strlen("#/$defs/")))
			fail_msg("%s\nin %s", why, line);
		meeting = false;
		assert_true(validate(schema, o, NULL));
		json_decref(o);
		nr++;
	}
	free(line);
	fclose(f);
	return nr;
}

static void test_every_line_is_valid(void **state)
{
	(void)state;
	assert_true(stream_validate(path) > 100);
}

/* One of a session that took place, where a test in a machine names it. */
static void test_real_stream(void **state)
{
	(void)state;
	assert_true(stream_validate(getenv("CW_STREAM")) > 1);
}

/* The other way: what the schema names is written, somewhere. */
static void test_every_field_is_written(void **state)
{
	json_t *def, *property;
	const char *name, *field;

	(void)state;
	test_every_line_is_valid(NULL);
	json_object_foreach(json_object_get(schema, "$defs"), name, def)
		json_object_foreach(json_object_get(def, "properties"), field, property)
			if (!json_object_get(json_object_get(seen, name), field))
				fail_msg("%s of %s is never written", field, name);
}

/* And the test sees what is wrong. */
static void test_invalid(void **state)
{
	static const char *const lines[] = { "{}", "[]", "{\"type\": \"x\"}", "{\"type\": \"armed\"}",
		"{\"type\": \"armed\", \"ts_ns\": 1, \"wall_ns\": 1, \"armed\": [], \"more\": 1}",
		"{\"type\": \"armed\", \"ts_ns\": 1, \"wall_ns\": 1, \"armed\": [3]}",
		"{\"type\": \"armed\", \"ts_ns\": \"1\", \"wall_ns\": 1, \"armed\": []}" };
	json_t *o = json_loads("{\"type\": \"armed\", \"ts_ns\": 1, \"wall_ns\": 1, \"armed\": [\"T1\"]}", 0, NULL);
	size_t i;

	(void)state;
	assert_true(validate(schema, o, NULL));
	json_decref(o);
	for (i = 0; i < NR(lines); i++) {
		o = json_loads(lines[i], 0, NULL);
		if (validate(schema, o, NULL))
			fail_msg("valid: %s", lines[i]);
		json_decref(o);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_every_line_is_valid),
	cmocka_unit_test(test_every_field_is_written),
	cmocka_unit_test(test_invalid),
};

static const struct CMUnitTest stream_tests[] = {
	cmocka_unit_test(test_real_stream),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (getenv("CW_STREAM"))
		return cmocka_run_group_tests(stream_tests, setup, teardown);
	return cmocka_run_group_tests(tests, setup, teardown);
}
