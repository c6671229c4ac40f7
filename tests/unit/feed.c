// SPDX-License-Identifier: GPL-2.0-only
/* Records to reports: what is malformed or unknown is counted and skipped, findings
 * reach the writers with their fields, and a flood is grouped.
 */
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "feed.h"

#define BIT57 (1ULL << 57)

struct verdict_rec {
	struct cw_rec_verdict v;
	struct cw_ev_step ev;
};

static struct cw_feed feed;
static struct cw_writers writers;
static struct cw_platform platform;
static struct cw_arming arming;
static struct cw_policy policy;
static struct cw_start start;
static char path[] = "/tmp/cw-feed-XXXXXX";
static char output[64];

static int setup(void **state)
{
	int fd;

	(void)state;
	memset(&writers, 0, sizeof(writers));
	memset(&policy, 0, sizeof(policy));
	strcpy(path + strlen(path) - 6, "XXXXXX");
	fd = mkstemp(path);
	if (fd < 0)
		return -1;
	close(fd);
	snprintf(output, sizeof(output), "ndjson=%s", path);
	if (cw_writers_add(&writers, output) || cw_writers_open(&writers) ||
	    cw_feed_init(&feed, &writers, 1000000000))
		return -1;
	cw_arming_init(&arming, &cw_source_module, 0);
	cw_arming_finish(&arming);
	snprintf(platform.release, sizeof(platform.release), "6.12.0-test");
	platform.mode = "snp-vtom";
	start = (struct cw_start){.platform = &platform,
				  .arming = &arming,
				  .policy = &policy,
				  .fmt = {.shared_mask = BIT57, .frame_mask = 0xfffffff000ULL},
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

/* The nth object written, from 0. */
static json_t *object(size_t n)
{
	FILE *f = fopen(path, "r");
	char line[65536];
	json_t *o = NULL;
	size_t i;

	assert_non_null(f);
	for (i = 0; i <= n && fgets(line, sizeof(line), f); i++)
		if (i == n)
			o = json_loads(line, 0, NULL);
	fclose(f);
	return o;
}

static size_t nr_objects(void)
{
	json_t *o;
	size_t n = 0;

	while ((o = object(n))) {
		json_decref(o);
		n++;
	}
	return n;
}

static struct verdict_rec a_verdict(void)
{
	struct verdict_rec r = { .ev = a_step(CW_EV_END, 3, 5000) };

	r.v.hdr = r.ev.hdr;
	r.v.hdr.type = CW_REC_VERDICT;
	r.v.hdr.len = sizeof(r);
	r.v.event_off = sizeof(r.v);
	memcpy(r.v.comm, "insmod\x1b[2J", 10);
	r.v.out = (struct cw_out){.checked = CW_RULE_BIT(CW_RULE_T3),
				  .violated = CW_RULE_BIT(CW_RULE_T3),
				  .nr_details = 1};
	r.v.out.detail[0] = (struct cw_detail){.rule = CW_RULE_T3,
					       .sev = CW_SEV_V,
					       .finding = CW_FIND_END_OWN_BIT,
					       .index = 2,
					       .gfn = 0x102,
					       .seen = 0x8000000000102063ULL};
	return r;
}

static void test_session_object(void **state)
{
	json_t *o = object(0);

	(void)state;
	assert_string_equal(json_string_value(json_object_get(o, "type")), "session");
	assert_string_equal(json_string_value(json_object_get(o, "kernel")), "6.12.0-test");
	assert_string_equal(json_string_value(json_object_get(o, "mode")), "snp-vtom");
	assert_int_equal(json_object_size(json_object_get(o, "not_armed")), CW_RULE_NR);
	json_decref(o);
}

static void test_violation_object(void **state)
{
	struct cw_ev_step begin = a_step(CW_EV_BEGIN, 0, 500), before = a_step(CW_EV_END, 1, 1000);
	struct verdict_rec r = a_verdict();
	json_t *o, *seen, *previous;

	(void)state;
	before.to_shared = 0;
	strcpy(begin.comm, "modprobe");
	cw_feed_record(&feed, &begin, sizeof(begin));
	cw_feed_record(&feed, &before, sizeof(before));
	cw_feed_record(&feed, &r.ev, sizeof(r.ev));
	cw_feed_record(&feed, &r, sizeof(r));
	o = object(1);
	assert_string_equal(json_string_value(json_object_get(o, "type")), "violation");
	assert_string_equal(json_string_value(json_object_get(o, "rule")), "T3");
	assert_string_equal(json_string_value(json_object_get(o, "finding")), "end_own_bit");
	assert_string_equal(json_string_value(json_object_get(o, "event")), "end");
	assert_string_equal(json_string_value(json_object_get(o, "comm")), "insmod?[2J");
	assert_int_equal(json_integer_value(json_object_get(o, "gfn_min")), 0x100);
	assert_int_equal(json_integer_value(json_object_get(o, "nr_pages")), 4);
	assert_int_equal(json_integer_value(json_object_get(o, "index")), 2);
	assert_int_equal(json_integer_value(json_object_get(o, "tid")), 7);
	seen = json_object_get(o, "seen");
	assert_true(json_is_true(json_object_get(seen, "present")));
	assert_true(json_is_false(json_object_get(seen, "shared")));
	assert_int_equal(json_integer_value(json_object_get(seen, "gfn")), 0x102);
	assert_null(json_object_get(seen, "raw"));	/* unasked */
	assert_null(json_object_get(o, "vaddr"));
	previous = json_object_get(o, "previous");
	assert_int_equal(json_integer_value(json_object_get(previous, "seq")), 1);
	assert_int_equal(json_integer_value(json_object_get(previous, "to_shared")), 0);
	assert_string_equal(json_string_value(json_object_get(previous, "comm")), "modprobe");
	json_decref(o);
	assert_int_equal(feed.nr_violations, 1);
	assert_int_equal(feed.malformed, 0);
}

static void test_addresses_on_request(void **state)
{
	struct verdict_rec r = a_verdict();
	json_t *o;

	(void)state;
	start.include_addresses = true;
	r.ev.vaddr = 0xffffc90000000000ULL;
	cw_feed_record(&feed, &r, sizeof(r));
	o = object(1);
	assert_string_equal(json_string_value(json_object_get(o, "vaddr")), "0xffffc90000000000");
	assert_string_equal(json_string_value(json_object_get(json_object_get(o, "seen"), "raw")),
			    "0x8000000000102063");
	json_decref(o);
}

static void test_flood_is_grouped(void **state)
{
	struct verdict_rec r = a_verdict();
	int i;

	(void)state;
	for (i = 0; i < 100; i++)
		cw_feed_record(&feed, &r, sizeof(r));
	assert_int_equal(nr_objects(), 1 + CW_GROUP_SHOWN);
	assert_int_equal(feed.told.shown[CW_RULE_T3], CW_GROUP_SHOWN);
	assert_int_equal(feed.told.grouped[CW_RULE_T3], 100 - CW_GROUP_SHOWN);
	assert_int_equal(feed.told.reported[CW_RULE_T3], 100);
	assert_int_equal(feed.nr_violations, 100);
}

static void test_malformed(void **state)
{
	struct cw_ev_step ev = a_step(CW_EV_END, 1, 1);
	struct verdict_rec r;

	(void)state;
	cw_feed_record(&feed, &ev, 8);			/* no header */
	ev.hdr.len = sizeof(ev) + 8;
	cw_feed_record(&feed, &ev, sizeof(ev));		/* longer than it is */
	ev.hdr.len = 100;
	cw_feed_record(&feed, &ev, sizeof(ev));		/* shorter than its type */
	r = a_verdict(); r.v.event_off = 1 << 30; cw_feed_record(&feed, &r, sizeof(r));
	r = a_verdict(); r.v.event_off = 0; cw_feed_record(&feed, &r, sizeof(r));
	r = a_verdict(); r.v.event_off += 4; cw_feed_record(&feed, &r, sizeof(r));
	r = a_verdict(); r.ev.hdr.type = CW_REC_VERDICT; cw_feed_record(&feed, &r, sizeof(r));
	r = a_verdict(); r.v.hdr.len = sizeof(r.v) - 8; cw_feed_record(&feed, &r, sizeof(r));
	assert_int_equal(feed.malformed, 8);
	r = a_verdict(); r.v.out.detail[0].finding = 60000; cw_feed_record(&feed, &r, sizeof(r));
	r = a_verdict(); r.v.out.detail[0].rule = 200; cw_feed_record(&feed, &r, sizeof(r));
	assert_int_equal(feed.malformed, 10);
	assert_int_equal(nr_objects(), 1);
	r = a_verdict(); r.v.nr_stack = ~0U; r.v.out.nr_details = ~0U;
	cw_feed_record(&feed, &r, sizeof(r));
	assert_int_equal(nr_objects(), 2);
}

/* A stack is for recordings: known, and judged by nobody. */
static void test_stack(void **state)
{
	struct cw_rec_stack r = { .hdr = { .type = CW_REC_STACK, .len = sizeof(r), .seq = 7 } };

	(void)state;
	cw_feed_record(&feed, &r, sizeof(r));
	assert_int_equal(feed.malformed, 0);
	r.hdr.len -= 8;
	cw_feed_record(&feed, &r, sizeof(r));
	assert_int_equal(feed.malformed, 1);
	assert_int_equal(feed.unknown, 0);
	assert_int_equal(nr_objects(), 1);	/* the session alone */
}

/* A finding on an event of another type would be read out of fields that are not there. */
static void test_finding_of_another_event(void **state)
{
	static const struct {
		__u16 event;
		__u16 finding;
		__u8 rule;
		bool fits;
	} cases[] = {
		{ CW_EV_END, CW_FIND_MODE_MIXED, CW_RULE_P1, false },
		{ CW_EV_END, CW_FIND_MASK_IN_PHYSICAL, CW_RULE_P2, false },
		{ CW_EV_END, CW_FIND_ZEROPAD_TRAP, CW_RULE_T8, false },
		{ CW_EV_END, CW_FIND_FREED_SHARED, CW_RULE_S3, false },
		{ CW_EV_PAGE_FREE, CW_FIND_END_OWN_BIT, CW_RULE_T3, false },
		{ CW_EV_PAGE_FREE, CW_FIND_MODE_MIXED, CW_RULE_P1, false },
		{ CW_EV_ZEROPAD, CW_FIND_MODE_MIXED, CW_RULE_P1, false },
		{ CW_EV_ZEROPAD, CW_FIND_SLOW, CW_RULE_T7, false },
		{ CW_EV_PLATFORM, CW_FIND_PAGE_TABLE, CW_RULE_S5, false },
		{ CW_EV_PLATFORM, CW_FIND_ZEROPAD_TRAP, CW_RULE_T8, false },
		{ CW_EV_END, CW_FIND_END_OWN_BIT, CW_RULE_T3, true },
		{ CW_EV_BEGIN, CW_FIND_PAGE_TABLE, CW_RULE_S5, true },
		{ CW_EV_PAGE_FREE, CW_FIND_FREED_SHARED, CW_RULE_S3, true },
		{ CW_EV_ZEROPAD, CW_FIND_ZEROPAD_TRAP, CW_RULE_T8, true },
		{ CW_EV_PLATFORM, CW_FIND_MODE_MIXED, CW_RULE_P1, true },
	};
	struct verdict_rec r = a_verdict();
	__u64 malformed = 0, shown = 1;
	size_t i;

	(void)state;
	for (i = 0; i < NR(cases); i++) {
		r.ev.hdr.type = cases[i].event;
		r.v.out.detail[0].finding = cases[i].finding;
		r.v.out.detail[0].rule = cases[i].rule;
		cw_feed_record(&feed, &r, sizeof(r));
		malformed += !cases[i].fits;
		shown += cases[i].fits;
		assert_int_equal(feed.malformed, malformed);
		assert_int_equal(nr_objects(), shown);
	}
}

/* A violation that arrived is one, also where the kernel's counter cannot be read. */
static void test_totals(void **state)
{
	struct verdict_rec r = a_verdict();
	struct cw_totals totals = { .unreadable = 3 };

	(void)state;
	cw_feed_record(&feed, &r, sizeof(r));
	cw_feed_record(&feed, &r, sizeof(r));
	cw_feed_record(&feed, &r, 8);
	cw_feed_record(&feed, &r.ev, sizeof(r.ev));
	cw_feed_totals(&feed, &totals);
	assert_int_equal(totals.rule[CW_RULE_T3].violated, 2);
	assert_int_equal(totals.rule[CW_RULE_T7].checked, 1);
	assert_int_equal(totals.malformed, 1);
	totals.rule[CW_RULE_T3].violated = 5;	/* the ring had no room for three of them */
	cw_feed_totals(&feed, &totals);
	assert_int_equal(totals.rule[CW_RULE_T3].violated, 5);
}

/* Every argument is there, what is no text in it made so. */
static void test_command(void **state)
{
	char long_arg[400];
	char *const command[] = { "run", "a\xff\xfe" "b", long_arg, "last", NULL };
	json_t *o, *list;

	(void)state;
	memset(long_arg, 'x', sizeof(long_arg) - 1);
	long_arg[sizeof(long_arg) - 1] = '\0';
	long_arg[0] = '\xff';
	start.command = command;
	cw_writers_start(&writers, &start);
	o = object(1);
	list = json_object_get(o, "command");
	assert_int_equal(json_array_size(list), 4);
	assert_string_equal(json_string_value(json_array_get(list, 1)), "a??b");
	assert_int_equal(json_string_length(json_array_get(list, 2)), sizeof(long_arg) - 1);
	assert_string_equal(json_string_value(json_array_get(list, 3)), "last");
	json_decref(o);
}

static void test_unknown_and_longer(void **state)
{
	struct {
		struct cw_ev_step ev;
		__u64 appended;
	} longer = { .ev = a_step(CW_EV_END, 1, 1) };

	(void)state;
	longer.ev.hdr.len = sizeof(longer);	/* a newer minor version */
	cw_feed_record(&feed, &longer, sizeof(longer));
	assert_int_equal(feed.malformed, 0);
	assert_int_equal(feed.user[CW_RULE_T7].checked, 1);
	longer.ev.hdr.type = 999;
	cw_feed_record(&feed, &longer, sizeof(longer));
	longer.ev.hdr.type = CW_REC_TICK;
	cw_feed_record(&feed, &longer, sizeof(longer));
	assert_int_equal(feed.unknown, 2);
	assert_int_equal(feed.malformed, 0);
}

static void test_user_judged(void **state)
{
	struct cw_ev_step begin = a_step(CW_EV_BEGIN, 1, 1000);
	json_t *o;

	(void)state;
	cw_feed_record(&feed, &begin, sizeof(begin));
	cw_feed_tick(&feed, 3000000000ULL);
	o = object(1);
	assert_string_equal(json_string_value(json_object_get(o, "type")), "warning");
	assert_string_equal(json_string_value(json_object_get(o, "finding")), "slow");
	json_decref(o);
	assert_int_equal(feed.user[CW_RULE_T7].warned, 1);
	assert_int_equal(feed.nr_violations, 0);
}

/* What user space looked at is judged here; as a record the same was judged where it was made. */
static void test_mapping_judged_once(void **state)
{
	struct cw_ev_mapping ev = {
		.hdr = { .type = CW_EV_KEPT, .len = sizeof(ev), .ts_ns = 1000 },
		.nr_pages = 1,
		.kind = CW_MAP_TEXT,
		.own = { .walked = 1, .present = 1, .shared = 1, .pte_shared = BIT57 | 0x3000063 },
		.comm = "cocowatch",
	};
	struct cw_totals totals = { .unreadable = 0 };
	json_t *o;

	(void)state;
	cw_feed_record(&feed, &ev, sizeof(ev));
	assert_int_equal(feed.user[CW_RULE_S5].checked, 0);
	assert_int_equal(feed.nr_violations, 0);
	cw_feed_mapping(&feed, &start.fmt, &ev);
	o = object(1);
	assert_string_equal(json_string_value(json_object_get(o, "type")), "violation");
	assert_string_equal(json_string_value(json_object_get(o, "finding")), "kept_shared");
	assert_string_equal(json_string_value(json_object_get(o, "kind")), "kernel text");
	assert_string_equal(json_string_value(json_object_get(o, "comm")), "cocowatch");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(o, "seen"), "gfn")),
			 0x3000);
	json_decref(o);
	ev.own.shared = 0;
	cw_feed_mapping(&feed, &start.fmt, &ev);
	ev.own.failed = 1;
	cw_feed_mapping(&feed, &start.fmt, &ev);
	cw_feed_totals(&feed, &totals);
	assert_int_equal(totals.rule[CW_RULE_S5].checked, 2);
	assert_int_equal(totals.rule[CW_RULE_S5].violated, 1);
	assert_int_equal(totals.rule[CW_RULE_S5].no_evidence, 1);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_session_object),
	CASE(test_violation_object),
	CASE(test_addresses_on_request),
	CASE(test_flood_is_grouped),
	CASE(test_malformed),
	CASE(test_stack),
	CASE(test_finding_of_another_event),
	CASE(test_totals),
	CASE(test_command),
	CASE(test_unknown_and_longer),
	CASE(test_user_judged),
	CASE(test_mapping_judged_once),
};

UNIT_MAIN(tests)
