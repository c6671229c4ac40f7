// SPDX-License-Identifier: GPL-2.0-only
/* T7: fires for a PTE left not-present, a task that goes away and a transition that
 * takes too long; says nothing of their honest twins.
 */
#include "unit.h"

#include "judge.h"

#define SEC 1000000000ULL
#define T7 CW_RULE_BIT(CW_RULE_T7)

static struct cw_judge *judge;
static struct cw_out out;

static int setup(void **state)
{
	(void)state;
	judge = cw_judge_new(SEC);
	return judge ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	cw_judge_free(judge);
	return 0;
}

static void feed(struct cw_ev_step ev)
{
	cw_judge_event(judge, &ev.hdr, &out);
}

static void test_honest(void **state)
{
	struct cw_ev_step begin;

	(void)state;
	feed(a_step(CW_EV_BEGIN, 1, 10));
	assert_int_equal(cw_judge_nr_open(judge), 1);
	assert_false(cw_judge_tick(judge, 10 + SEC, &begin, &out));
	feed(a_step(CW_EV_END, 2, 20));
	assert_true(out.checked == T7);
	assert_true(!out.violated && !out.warned && !out.no_evidence);
	assert_int_equal(cw_judge_nr_open(judge), 0);
	assert_false(cw_judge_tick(judge, 100 * SEC, &begin, &out));
}

static void test_own_left_absent(void **state)
{
	struct cw_ev_step end = a_step(CW_EV_END, 2, 20);

	(void)state;
	end.own.present = 3;
	end.own.first_absent = 2;
	end.own.pte_absent = 0x62;
	feed(a_step(CW_EV_BEGIN, 1, 10));
	feed(end);
	assert_true(out.violated == T7 && out.checked == T7);
	assert_int_equal(out.nr_details, 1);
	assert_int_equal(out.detail[0].finding, CW_FIND_LEFT_ABSENT);
	assert_int_equal(out.detail[0].index, 2);
	assert_true(out.detail[0].gfn == 0x102);
	assert_true(out.detail[0].seen == 0x62);
}

static void test_alias_left_absent(void **state)
{
	struct cw_ev_step end = a_step(CW_EV_END, 2, 20);

	(void)state;
	end.alias.present = 0;
	end.alias.first_absent = 0;
	feed(end);	/* its beginning was before the session */
	assert_true(out.violated == T7);
	assert_int_equal(out.detail[0].index, 0);
}

/* Another task has the pages: this one was turned away, and the gap is not its own. */
static void test_refused_leaves_nothing(void **state)
{
	struct cw_ev_step end = a_step(CW_EV_END, 2, 20);

	(void)state;
	end.own.present = end.alias.present = 0;
	end.flags |= CW_STEP_RET;
	end.ret = -16;
	feed(a_step(CW_EV_BEGIN, 1, 10));
	feed(end);
	assert_true(!out.violated && !out.checked && !out.no_evidence);
	assert_int_equal(cw_judge_nr_open(judge), 0);

	feed(a_step(CW_EV_BEGIN, 3, 30));	/* the same after a step is a violation */
	end.flags |= CW_STEP_STEPPED;
	end.hdr.seq = 5;
	feed(end);
	assert_true(out.violated == T7);
}

/* Its beginning is forgotten: whether it was turned away, its end says. */
static void test_forgotten_failure(void **state)
{
	struct cw_ev_step end = a_step(CW_EV_END, 3, 30);

	(void)state;
	end.own.present = end.alias.present = 0;
	end.flags |= CW_STEP_RET;
	end.ret = -16;
	feed(a_step(CW_EV_BEGIN, 1, 10));
	cw_judge_forget(judge);
	feed(end);
	assert_true(!out.violated && !out.checked && !out.no_evidence);

	end.flags |= CW_STEP_STEPPED;
	feed(end);
	assert_true(out.violated == T7);
}

static void test_no_evidence(void **state)
{
	struct cw_ev_step end = a_step(CW_EV_END, 2, 20);

	(void)state;
	end.own.failed = 1;
	feed(end);
	assert_true(out.no_evidence == T7 && !out.checked && !out.violated);

	end = a_step(CW_EV_END, 3, 30);
	end.nr_unwalked = 1;
	feed(end);
	assert_true(out.no_evidence == T7 && !out.checked);

	end = a_step(CW_EV_END, 4, 40);
	memset(&end.alias, 0, sizeof(end.alias));
	feed(end);
	assert_true(out.no_evidence == T7 && !out.checked);

	end.flags |= CW_STEP_DIRECT;	/* no alias to walk */
	feed(end);
	assert_true(out.checked == T7 && !out.no_evidence);
}

static void test_task_gone(void **state)
{
	(void)state;
	feed(a_step(CW_EV_BEGIN, 1, 10));
	feed(a_step(CW_EV_TASK_EXIT, 2, 20));
	assert_true(out.violated == T7);
	assert_int_equal(out.detail[0].finding, CW_FIND_TASK_GONE);
	assert_int_equal(cw_judge_nr_open(judge), 0);
}

/* All of its steps were seen, and its end was not: it may have ended. */
static void test_task_gone_after_finish(void **state)
{
	struct cw_ev_step gone = a_step(CW_EV_TASK_EXIT, 2, 20);

	(void)state;
	gone.flags |= CW_STEP_UNCONFIRMED;
	feed(a_step(CW_EV_BEGIN, 1, 10));
	feed(gone);
	assert_true(out.no_evidence == T7 && !out.checked && !out.violated);
	assert_int_equal(cw_judge_nr_open(judge), 0);
}

static void test_slow(void **state)
{
	struct cw_ev_step begin;

	(void)state;
	feed(a_step(CW_EV_BEGIN, 1, 10));
	assert_true(cw_judge_tick(judge, 11 + SEC, &begin, &out));
	assert_true(out.warned == T7 && !out.violated);
	assert_int_equal(out.detail[0].finding, CW_FIND_SLOW);
	assert_true(out.detail[0].want == SEC && out.detail[0].seen == SEC + 1);
	assert_int_equal(begin.hdr.seq, 1);
	assert_false(cw_judge_tick(judge, 9 * SEC, &begin, &out));	/* told once */
	feed(a_step(CW_EV_END, 2, 10 * SEC));
	assert_true(!out.warned && out.checked == T7);
}

static void test_slow_between_ticks(void **state)
{
	(void)state;
	feed(a_step(CW_EV_BEGIN, 1, 10));
	feed(a_step(CW_EV_END, 2, 11 + SEC));
	assert_true(out.warned == T7 && out.checked == T7);
}

static void test_lost_end_is_not_slow(void **state)
{
	struct cw_ev_step begin;

	(void)state;
	feed(a_step(CW_EV_BEGIN, 1, 10));
	cw_judge_forget(judge);
	assert_false(cw_judge_tick(judge, 9 * SEC, &begin, &out));
}

/* The end of the one around it is there: that of the inner one was not seen. */
static void test_inner_end_unseen(void **state)
{
	struct cw_ev_step outer = a_step(CW_EV_BEGIN, 1, 10), inner = a_step(CW_EV_BEGIN, 2, 20);
	struct cw_ev_step other = a_step(CW_EV_BEGIN, 3, 30), begin;

	(void)state;
	inner.depth = 1;
	other.depth = 1;
	other.hdr.task = 8ULL << 32 | 8;
	feed(outer);
	feed(inner);
	feed(other);
	feed(a_step(CW_EV_END, 4, 40));
	assert_int_equal(cw_judge_nr_open(judge), 1);
	assert_true(cw_judge_tick(judge, 9 * SEC, &begin, &out));
	assert_true(begin.hdr.task == other.hdr.task);
	assert_false(cw_judge_tick(judge, 9 * SEC, &begin, &out));
}

static void test_depths_and_tasks_apart(void **state)
{
	struct cw_ev_step outer = a_step(CW_EV_BEGIN, 1, 10), inner = a_step(CW_EV_BEGIN, 2, 20);
	struct cw_ev_step other = a_step(CW_EV_BEGIN, 3, 30), end = a_step(CW_EV_END, 4, 40);

	(void)state;
	inner.depth = 1;
	other.hdr.task = 8ULL << 32 | 8;
	feed(outer);
	feed(inner);
	feed(other);
	assert_int_equal(cw_judge_nr_open(judge), 3);
	end.depth = 1;
	feed(end);
	assert_int_equal(cw_judge_nr_open(judge), 2);
}

static void test_bounded(void **state)
{
	struct cw_ev_step ev = a_step(CW_EV_BEGIN, 1, 10);
	__u32 i;

	(void)state;
	for (i = 0; i < 5000; i++) {
		ev.hdr.task = i;
		feed(ev);
	}
	assert_int_equal(cw_judge_nr_open(judge), CW_OPEN_MAX);
	assert_int_equal(cw_judge_nr_dropped(judge), 5000 - CW_OPEN_MAX);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_honest),	CASE(test_own_left_absent),	 CASE(test_alias_left_absent),
	CASE(test_no_evidence), CASE(test_task_gone),		 CASE(test_slow),
	CASE(test_no_evidence), CASE(test_task_gone_after_finish),		 CASE(test_slow),
	CASE(test_bounded),	CASE(test_slow_between_ticks),	 CASE(test_lost_end_is_not_slow),
	CASE(test_depths_and_tasks_apart), CASE(test_refused_leaves_nothing),
	CASE(test_forgotten_failure), CASE(test_inner_end_unseen),
};

UNIT_MAIN(tests)
