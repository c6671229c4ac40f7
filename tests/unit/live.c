// SPDX-License-Identifier: GPL-2.0-only
/* A session in numbers, from events as they come through the feed, and how it is drawn. */
#include "unit.h"

#include <stdlib.h>

#include "cost.h"
#include "feed.h"
#include "live.h"

#include "../../src/cocowatch/top_draw.c"

#define SEC 1000000000ULL

static struct cw_writers writers;
static struct cw_feed feed;
static struct cw_live live;
static __u64 seq;

static void on_event(void *ctx, const struct cw_rec_hdr *ev, const char *comm, __u64 began_ns)
{
	cw_live_event(ctx, ev, comm, began_ns);
}

static void on_report(void *ctx, const struct cw_report *r)
{
	cw_live_report(ctx, r);
}

static int setup(void **state)
{
	(void)state;
	memset(&live, 0, sizeof(live));
	seq = 0;
	if (cw_feed_init(&feed, &writers, 100 * SEC))
		return -1;
	feed.watcher = (struct cw_feed_watcher){ on_event, on_report, &live };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cw_feed_exit(&feed);
	cw_live_exit(&live);
	return 0;
}

/* One transition of 4 pages from a frame, between two times. */
static void transition(__u64 gfn, bool to_shared, __s32 ret, __u64 from_ns, __u64 to_ns)
{
	struct cw_ev_step ev = a_step(CW_EV_BEGIN, ++seq, from_ns);

	ev.gfn = gfn;
	ev.gfn_min = gfn;
	ev.gfn_max = gfn + 3;
	ev.to_shared = to_shared;
	strcpy(ev.comm, "modprobe");
	cw_feed_record(&feed, &ev, sizeof(ev));
	ev.hdr.type = CW_EV_END;
	ev.hdr.seq = ++seq;
	ev.hdr.ts_ns = to_ns;
	ev.ret = ret;
	memset(ev.comm, 0, sizeof(ev.comm));
	cw_feed_record(&feed, &ev, sizeof(ev));
}

static void owner(__u64 gfn, __u32 nr_pages, __u32 who, __u32 flags)
{
	struct cw_ev_owner ev = { .hdr = { .type = CW_EV_OWNER, .len = sizeof(ev) },
				  .gfn = gfn, .nr_pages = nr_pages, .owner = who, .flags = flags,
				  .mode = CW_MODE_SNP_VTOM, .owner_cpu = CW_NO_INDEX };

	cw_feed_record(&feed, &ev, sizeof(ev));
}

static void test_shared_and_private(void **state)
{
	struct cw_live_owner o[CW_LIVE_OWNERS];

	(void)state;
	owner(0x1000, 100, CW_OWNER_BOUNCE, 0);
	owner(0x2000, 1, CW_OWNER_SYNIC, CW_OWNER_SUPPLIED);	/* not ours */
	transition(0x100, true, 0, SEC, SEC + 5000);
	transition(0x200, true, -5, SEC, SEC + 5000);
	transition(0x1000, false, 0, 2 * SEC, 2 * SEC + 100);
	assert_int_equal(live.nr_transitions[1], 1);
	assert_int_equal(live.nr_transitions[0], 1);
	assert_int_equal(live.nr_failed, 1);
	assert_int_equal(live.spans.nr_pages, 100);
	assert_int_equal(cw_live_owners(&live, o), 2);
	assert_int_equal(o[0].owner, CW_OWNER_BOUNCE);
	assert_int_equal(o[0].nr_pages, 96);
	assert_int_equal(o[0].newest_ns, 0);
	assert_int_equal(o[1].owner, CW_OWNER_UNKNOWN);
	assert_string_equal(o[1].comm, "modprobe");
	assert_int_equal(o[1].nr_pages, 4);
	assert_int_equal(o[1].newest_ns, SEC + 5000);
}

/* Frames that are not told are counted, until a look says which they were. */
static void test_scattered(void **state)
{
	struct cw_ev_owner ev = { .gfn = 0x700, .nr_pages = 4, .owner = CW_OWNER_NETVSC };
	struct cw_ev_step end = a_step(CW_EV_END, 1, SEC);

	(void)state;
	end.flags = 0;
	end.gfn_max = 0x900;
	cw_feed_record(&feed, &end, sizeof(end));
	assert_int_equal(live.nr_scattered, 4);
	assert_int_equal(live.spans.nr, 0);
	cw_live_looked(&live, &ev, 1, 3 * SEC);
	assert_int_equal(live.nr_scattered, 0);
	assert_int_equal(live.spans.nr_pages, 4);
	assert_int_equal(live.spans.span[0].since_ns, 3 * SEC);
}

static void test_latency(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 98; i++)
		transition(0x100, i % 2, 0, SEC, SEC + 1023);
	transition(0x100, true, 0, SEC, SEC + 1024);
	transition(0x100, true, 0, SEC, 3600 * SEC);
	assert_int_equal(live.latency.nr, 100);
	assert_int_equal(live.latency.count[0], 98);
	assert_int_equal(live.latency.count[1], 1);
	assert_int_equal(live.latency.count[CW_LATENCY_NR - 1], 1);
	assert_int_equal(live.latency.max_ns, 3599 * SEC);
	assert_int_equal(live.latency.sum_ns, 98 * 1023 + 1024 + 3599 * SEC);
	assert_int_equal(cw_latency_below(&live.latency, 500), 1024);
	assert_int_equal(cw_latency_below(&live.latency, 990), 2048);
	assert_int_equal(cw_latency_below(&live.latency, 1000), 3599 * SEC + 1);
}

/* An end without its beginning has no time, and neither has one before it began. */
static void test_unpaired(void **state)
{
	struct cw_ev_step end = a_step(CW_EV_END, 1, SEC);

	(void)state;
	cw_feed_record(&feed, &end, sizeof(end));
	assert_int_equal(live.nr_transitions[1], 1);
	assert_int_equal(live.latency.nr, 0);
	transition(0x100, true, 0, 2 * SEC, SEC);
	assert_int_equal(live.latency.nr, 0);
	assert_int_equal(cw_latency_below(&live.latency, 500), 0);
}

static void sample(__u64 ts_ns, __u64 packets, __u64 cpu_ns)
{
	struct cw_sample s = { .ts_ns = ts_ns, .cost = { .cpu_ns = cpu_ns, .rss_kib = 12345 } };
	__u32 i;

	for (i = 0; i < CW_RULE_NR; i++)
		s.outcome[i] = CW_OUTCOME_NOT_EXERCISED;
	s.totals.rule[CW_RULE_Z1].checked = packets;
	s.totals.rule[CW_RULE_Z1].no_evidence = 1;
	s.totals.rule[CW_RULE_H1].checked = packets / 2;
	cw_live_sample(&live, &s);
}

static void test_rates(void **state)
{
	(void)state;
	sample(SEC, 100, 0);
	assert_true(cw_live_rate(&live, 0, 100) == 0);	/* nothing to compare with */
	sample(3 * SEC, 300, SEC);
	assert_true(cw_live_rate(&live, cw_packets_out(&live.before.totals),
				 cw_packets_out(&live.now.totals)) == 100);
	assert_true(cw_live_rate(&live, cw_packets_in(&live.before.totals),
				 cw_packets_in(&live.now.totals)) == 50);
	assert_true(cw_live_rate(&live, 5, 4) == 0);	/* a counter that went back */
}

static void test_cost(void **state)
{
	struct cw_cost cost = { .bpf_ns = 7 };

	(void)state;
	cw_cost_read(&cost, "");
	assert_true(cost.cpu_ns > 0);
	assert_in_range(cost.rss_kib, 500, 4 << 20);
	assert_int_equal(cost.bpf_ns, 7);
	cw_cost_read(&cost, "/no/such");
	assert_int_equal(cost.rss_kib, 0);
}

/* ---- drawn ---- */

static struct top_grid grid;
static char *drawn;

static const struct top_head head = { .mode = "snp-vtom", .source = "stock", .kernel = "6.12.0",
				      .start_ns = SEC, .packets = true, .keys = true };

static const char *draw_text(int rows, int cols, const struct top_head *h)
{
	size_t size;
	FILE *f;

	free(drawn);
	drawn = NULL;
	f = open_memstream(&drawn, &size);
	assert_non_null(f);
	top_draw(&grid, rows, cols, &live, h);
	top_print(f, &grid);
	fclose(f);
	return drawn;
}

static void has(const char *line)
{
	if (!strstr(drawn, line))
		fail_msg("no '%s' in:\n%s", line, drawn);
}

static void report(enum cw_finding finding, __u64 ts_ns, __u64 gfn)
{
	const struct cw_finding_info *info = cw_finding_info(finding);
	struct cw_detail detail = { .rule = (__u8)info->rule, .gfn = gfn };
	struct cw_rec_hdr hdr = { .ts_ns = ts_ns };
	struct cw_report r = { .rule = cw_rule_info(info->rule), .finding = info, .detail = &detail,
			       .sev = info->sev,
			       .event = &hdr, .comm = "insmod" };

	cw_live_report(&live, &r);
}

static void test_drawn(void **state)
{
	int i;

	(void)state;
	owner(0x1000, 16384, CW_OWNER_BOUNCE, 0);
	sample(SEC, 0, 0);
	for (i = 0; i < 20; i++)
		transition(0x100, true, 0, SEC, SEC + (1000ULL << i % 8));
	transition(0x300, true, 0, SEC, SEC + 4000);
	sample(11 * SEC, 1000, SEC);
	live.now.outcome[CW_RULE_T1] = CW_OUTCOME_VIOLATED;
	live.now.totals.rule[CW_RULE_T1].violated = 3;
	live.now.outcome[CW_RULE_T3] = CW_OUTCOME_HELD;
	live.now.totals.rule[CW_RULE_T3].checked = 12345678;
	live.now.outcome[CW_RULE_S5] = CW_OUTCOME_HELD;
	live.now.totals.rule[CW_RULE_S5].warned = 1;
	live.now.outcome[CW_RULE_S8] = CW_OUTCOME_NOT_ARMED;
	report(CW_FIND_END_OWN_BIT, 6 * SEC, 0x102);
	draw_text(24, 80, &head);
	has("cocowatch top  00:00:10  snp-vtom, stock, Linux 6.12.0\n");
	has("transitions       2.1/s  (2.1 shared, 0.0 private), 0 of 21 failed\n");
	/* what a machine can do that is not slow */
	live.now.nr_transitions[0] = live.now.nr_transitions[1] = 45000;
	draw_text(24, 80, &head);
	has(" private), 0 of 90000 failed\n");
	has("packets         100.0/s out, 50.0/s in\n");
	has("lost        nothing\n");
	has("cost        CPU 10.0%, memory 12.1 MiB; BPF not timed");
	has("bounce buffer               16384     1 before");
	has("unknown, by modprobe            8     2     9s");
	has("T1  VIOLATED     3");
	has("T3  held     12.3M");
	has("S5 !held");
	has("S8  -       ");
	has("  5s ago  violation T3 frame 0x102, insmod: ");
	has("q quit  r ranges");
}

/* Times of transitions: a bar for each, as long as its part of the longest, one mark at least. */
static void test_bars(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 28; i++)
		transition(0x100, true, 0, SEC, SEC + 1500);
	for (i = 0; i < 14; i++)
		transition(0x100, true, 0, SEC, SEC + 3000);
	transition(0x100, true, 0, SEC, SEC + 6000);
	sample(SEC, 0, 0);
	draw_text(24, 80, &head);
	has("< 2.0us ##############      28\n");
	has("< 4.1us #######             14\n");
	has("< 8.2us #                    1\n");
	has("50% <2.0us, 99% <8.2us, max 6us\n");
}

/* Nothing stands out by its look alone: what is marked says so in words too. */
static void test_alert_has_words(void **state)
{
	int row, col;

	(void)state;
	sample(SEC, 0, 0);
	live.now.outcome[CW_RULE_T2] = CW_OUTCOME_VIOLATED;
	live.now.totals.loss[CW_EV_BEGIN][CW_LOSS_RING] = 5;
	draw_text(24, 80, &head);
	has("LOST        5: records that found the event ring full");
	for (row = 0; row < grid.rows; row++)
		for (col = 0; col < grid.cols; col++)
			if (grid.look[row][col] == TOP_ALERT)
				assert_true(memmem(grid.text[row], 80, "VIOLATED", 8) ||
					    memmem(grid.text[row], 80, "LOST", 4));
}

/* Every size is drawn within its bounds, all rules in each, and one too small says so. */
static void test_sizes(void **state)
{
	char id[8];
	__u32 i;
	int rows, cols;

	(void)state;
	for (i = 0; i < 60; i++)
		owner(0x10000 + 100 * i, 3, i % CW_OWNER_NR, 0);
	transition(0x300, true, 0, SEC, SEC + 4000);
	sample(SEC, 0, 0);
	report(CW_FIND_END_OWN_BIT, SEC, 0x102);
	for (rows = 1; rows < 300; rows += 7) {
		for (cols = 1; cols < 300; cols += 13) {
			draw_text(rows, cols, &head);
			if (rows >= TOP_ROWS_MIN && cols >= TOP_COLS_MIN)
				has("owner of shared pages");
			else if (cols >= 27)
				has("too small: ");
		}
	}
	draw_text(TOP_ROWS_MIN, TOP_COLS_MIN, &head);
	for (i = 0; i < CW_RULE_NR; i++) {
		snprintf(id, sizeof(id), "%-3s", cw_rule_info(i)->id);
		has(id);
	}
	has("others");
	has("  0s ago  violation T3 frame 0x102");
	draw_text(TOP_ROWS_MIN - 1, 80, &head);
	assert_string_equal(strchr(drawn, 't'), strstr(drawn, "too small: 80x23, needs 80x24\n"));
}

static void test_ranges(void **state)
{
	struct top_head h = head;

	(void)state;
	owner(0x1000, 16384, CW_OWNER_BOUNCE, 0);
	transition(0x9000, true, 0, SEC, 2 * SEC);
	sample(62 * SEC, 0, 0);
	h.ranges = true;
	draw_text(24, 80, &h);
	has("bounce buffer             16384  0x1000       before  -\n");
	has("unknown                       4  0x9000          60s  modprobe\n");
	h.first = 1;
	draw_text(24, 80, &h);
	assert_null(strstr(drawn, "bounce"));
	has("0x9000");
	assert_int_equal(top_rows_wanted(&live, &h), 10);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_shared_and_private),
	CASE(test_scattered),
	CASE(test_latency),
	CASE(test_unpaired),
	CASE(test_rates),
	CASE(test_cost),
	CASE(test_drawn),
	CASE(test_bars),
	CASE(test_alert_has_words),
	CASE(test_sizes),
	CASE(test_ranges),
};

UNIT_MAIN(tests)
