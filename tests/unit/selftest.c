// SPDX-License-Identifier: GPL-2.0-only
/* What selftest makes of a trial, and of all of them: a rule that does not fire, one that fires on
 * an honest twin, another that fires, and what cannot be known.
 */
#include "unit.h"

#include <errno.h>

#include "selftest.h"

static const struct cw_scenario overlap = {
	.name = "overlap", .rule = CW_RULE_T5, .finding = CW_FIND_OVERLAP,
}, index_refused = {
	.name = "index", .rule = CW_RULE_H3, .finding = CW_FIND_INDEX_REFUSED,
}, zeropad = { .name = "zeropad", .rule = CW_RULE_T8 }, plain = { .name = "plain", .rule = CW_NO_RULE };

#define CHECKED(r) .count[CW_RULE_##r].checked = 3
#define VIOLATED(r) .count[CW_RULE_##r].violated = 1
#define FOUND(f) .found[CW_FIND_##f] = true
#define ALL .armed = CW_RULE_ALL

static const struct {
	struct cw_trial t;
	enum cw_trial_result want;
	const char *note;
} rows[] = {
	{ { .sc = &overlap, ALL, CHECKED(T5) }, CW_TRIAL_HELD, "" },
	{ { .sc = &overlap, ALL, CHECKED(T3) }, CW_TRIAL_UNSEEN, "" },
	{ { .sc = &overlap, ALL, .count[CW_RULE_T5].no_evidence = 2 }, CW_TRIAL_BLIND, "" },
	{ { .sc = &overlap, .armed = CW_RULE_BIT(CW_RULE_T4) }, CW_TRIAL_NOT_ARMED, "" },
	{ { .sc = &overlap, ALL, CHECKED(T5), .lost = CW_RULE_BIT(CW_RULE_T5) }, CW_TRIAL_LOST, "" },
	{ { .sc = &overlap, ALL, CHECKED(T5), .lost = CW_RULE_BIT(CW_RULE_T3) }, CW_TRIAL_HELD, "" },
	{ { .sc = &overlap, ALL, CHECKED(T5), VIOLATED(T5), FOUND(OVERLAP) },
	  CW_TRIAL_ACCUSED, "T5 (overlap)" },
	{ { .sc = &overlap, ALL, CHECKED(T5), VIOLATED(T3), FOUND(END_OWN_BIT),
	    .lost = CW_RULE_ALL }, CW_TRIAL_ACCUSED, "T3 (end_own_bit)" },
	{ { .sc = &overlap, ALL, CHECKED(T5), .count[CW_RULE_T7].warned = 1, FOUND(SLOW) },
	  CW_TRIAL_ACCUSED, "T7 (slow)" },
	{ { .sc = &overlap, ALL, CHECKED(T5), .count[CW_RULE_H3].observed = 1,
	    FOUND(INDEX_REFUSED) }, CW_TRIAL_HELD, "" },
	{ { .sc = &overlap, ALL, .err = -EOPNOTSUPP }, CW_TRIAL_IMPOSSIBLE, "" },
	{ { .sc = &overlap, ALL, .err = -ENOMEM, VIOLATED(T3) }, CW_TRIAL_REFUSED,
	  "Cannot allocate memory" },
	{ { .sc = &zeropad, ALL, CHECKED(T8) }, CW_TRIAL_HELD, "" },
	{ { .sc = &plain, ALL }, CW_TRIAL_HELD, "" },
	{ { .sc = &plain, ALL, .lost = 1 }, CW_TRIAL_LOST, "" },
	{ { .sc = &plain, ALL, VIOLATED(S3) }, CW_TRIAL_ACCUSED, "S3" },
	{ { .sc = &index_refused, ALL, CHECKED(H3) }, CW_TRIAL_HELD, "" },
	{ { .sc = &index_refused, ALL, CHECKED(H3), FOUND(INDEX_REFUSED) }, CW_TRIAL_ACCUSED,
	  "H3 (index_refused)" },

	{ { .sc = &overlap, .misbehave = true, ALL, VIOLATED(T5), FOUND(OVERLAP) },
	  CW_TRIAL_FIRED, "" },
	{ { .sc = &overlap, .misbehave = true, ALL, VIOLATED(T5), FOUND(OVERLAP),
	    .lost = CW_RULE_ALL }, CW_TRIAL_FIRED, "" },
	{ { .sc = &overlap, .misbehave = true, ALL, CHECKED(T5) }, CW_TRIAL_SILENT, "" },
	{ { .sc = &overlap, .misbehave = true, ALL, .count[CW_RULE_T5].no_evidence = 2 },
	  CW_TRIAL_SILENT, "the rule had no evidence 2 times" },
	{ { .sc = &overlap, .misbehave = true, ALL, CHECKED(T5), .lost = CW_RULE_ALL },
	  CW_TRIAL_LOST, "" },
	{ { .sc = &overlap, .misbehave = true, CHECKED(T5) }, CW_TRIAL_NOT_ARMED, "" },
	{ { .sc = &overlap, .misbehave = true, ALL, VIOLATED(T5) }, CW_TRIAL_SILENT, "T5" },
	{ { .sc = &overlap, .misbehave = true, ALL, VIOLATED(T5), FOUND(OVERLAP), VIOLATED(T3),
	    FOUND(END_OWN_BIT), FOUND(END_ALIAS_BIT), VIOLATED(S3) },
	  CW_TRIAL_OTHER, "T3 (end_own_bit) (end_alias_bit), S3" },
	{ { .sc = &index_refused, .misbehave = true, ALL, FOUND(INDEX_REFUSED) }, CW_TRIAL_FIRED, "" },
};

static void test_trial(void **state)
{
	struct cw_trial t;
	size_t i;

	(void)state;
	for (i = 0; i < NR(rows); i++) {
		t = rows[i].t;
		cw_trial_judge(&t);
		if (t.result != rows[i].want)
			print_message("# row %zu: %s\n", i, cw_trial_name(t.result));
		assert_int_equal(t.result, rows[i].want);
		assert_string_equal(t.note, rows[i].note);
	}
}

/* overlap and plain, honest and not; the last repetition of overlap ends as `last`. */
static void whole(struct cw_selftest *s, enum cw_trial_result last)
{
	static struct cw_scenario row[2];
	static struct cw_trial trial[5];
	const struct cw_catalogue c = { .row = row, .nr = 2 };

	row[0] = overlap;
	row[1] = plain;
	memset(trial, 0, sizeof(trial));
	trial[0] = (struct cw_trial){ .sc = &row[0], .result = CW_TRIAL_HELD };
	trial[1] = (struct cw_trial){ .sc = &row[1], .result = CW_TRIAL_HELD };
	trial[2] = (struct cw_trial){ .sc = &row[0], .result = CW_TRIAL_FIRED, .misbehave = true,
				      .report_ns = 500 };
	trial[3] = trial[2];
	trial[3].report_ns = 100;
	trial[4] = trial[2];
	trial[4].report_ns = last == CW_TRIAL_FIRED ? 200 : 0;
	trial[4].result = last;
	s->trial = trial;
	s->nr = NR(trial);
	cw_selftest_judge(s, &c);
}

static void test_whole(void **state)
{
	static const struct {
		enum cw_trial_result last;
		enum cw_exit exit;
		__u32 fired;
		__u64 median_ns;
	} ends[] = {
		{ CW_TRIAL_FIRED, CW_EXIT_HELD, 1, 200 },
		{ CW_TRIAL_SILENT, CW_EXIT_VIOLATED, 0, 300 },
		{ CW_TRIAL_OTHER, CW_EXIT_VIOLATED, 0, 300 },
		{ CW_TRIAL_LOST, CW_EXIT_UNKNOWN, 0, 300 },
		{ CW_TRIAL_REFUSED, CW_EXIT_UNKNOWN, 0, 300 },
	};
	struct cw_selftest s = { .nr = 0 };
	size_t i;

	(void)state;
	for (i = 0; i < NR(ends); i++) {
		whole(&s, ends[i].last);
		assert_int_equal(s.exit, ends[i].exit);
		assert_int_equal(s.rule[CW_RULE_T5].exit, ends[i].exit);
		assert_int_equal(s.rule[CW_RULE_T5].held, 1);
		assert_int_equal(s.rule[CW_RULE_T5].misbehaving, 1);
		assert_int_equal(s.rule[CW_RULE_T5].fired, ends[i].fired);
		assert_int_equal(s.rule[CW_RULE_T5].median_ns, ends[i].median_ns);
		assert_int_equal(s.rule[CW_RULE_NR].held, 1);
		assert_true(s.named == CW_RULE_BIT(CW_RULE_T5));
	}
}

/* Nothing tried, ended early, or nothing that can be done here: no verdict. */
static void test_nothing(void **state)
{
	static struct cw_scenario row = { .rule = CW_RULE_R1, .finding = CW_FIND_ROUTE };
	static struct cw_trial trial[2] = { { .sc = &row, .result = CW_TRIAL_IMPOSSIBLE },
					    { .sc = &row, .result = CW_TRIAL_IMPOSSIBLE,
					      .misbehave = true } };
	const struct cw_catalogue c = { .row = &row, .nr = 1 };
	struct cw_selftest s = { .nr = 0 };

	(void)state;
	cw_selftest_judge(&s, &c);
	assert_int_equal(s.exit, CW_EXIT_UNKNOWN);
	assert_null(cw_selftest_worst(&s, &row, true));
	s.trial = trial;
	s.nr = 2;
	cw_selftest_judge(&s, &c);
	assert_int_equal(s.exit, CW_EXIT_UNKNOWN);
	assert_int_equal(s.rule[CW_RULE_R1].impossible, 2);
	trial[0].result = CW_TRIAL_HELD;
	cw_selftest_judge(&s, &c);
	assert_int_equal(s.exit, CW_EXIT_HELD);
	s.ended_early = true;
	cw_selftest_judge(&s, &c);
	assert_int_equal(s.exit, CW_EXIT_UNKNOWN);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_trial),
	cmocka_unit_test(test_whole),
	cmocka_unit_test(test_nothing),
};

UNIT_MAIN(tests)
