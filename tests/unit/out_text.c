// SPDX-License-Identifier: GPL-2.0-only
/* The report for people, whole: what a block says, with the stack named from a made-up
 * kallsyms, and what records that make no sense do to it.
 */
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "feed.h"

#define BIT57 (1ULL << 57)

static const char kallsyms[] =
	"ffffffff81000000 T kthread\n"
	"ffffffff81000100 T ret_from_fork\n"
	"ffffffffc0000000 t run_step\t[cocovm]\n"
	"ffffffffc0000040 t worker_fn\t[cocovm]\n"
	"ffffffffc0000080 t task_fn\t[cocovm]\n"
	"ffffffffc0001000 t bpf_prog_6deef7357e7b4530_on_end\t[bpf]\n";

struct verdict_rec {
	struct cw_rec_verdict v;
	struct cw_ev_step ev;
};

static struct cw_feed feed;
static struct cw_writers writers;
static struct cw_platform platform = { .release = "6.12.0-test", .mode = "snp-vtom" };
static struct cw_arming arming;
static struct cw_policy policy;
static struct cw_start start;
static char path[] = "/tmp/cw-text-XXXXXX";
static char symbols_path[] = "/tmp/cw-kallsyms-XXXXXX";
static char output[64];
static long started_at;	/* where the blocks begin */

static int temp_file(char *name)
{
	int fd;

	strcpy(name + strlen(name) - 6, "XXXXXX");
	fd = mkstemp(name);
	return fd < 0 ? -1 : close(fd);
}

static int symbols_fill(void)
{
	FILE *f;

	if (temp_file(symbols_path))
		return -1;
	f = fopen(symbols_path, "w");
	if (!f)
		return -1;
	fputs(kallsyms, f);
	return fclose(f);
}

static int setup(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	memset(&writers, 0, sizeof(writers));
	memset(&policy, 0, sizeof(policy));
	if (temp_file(path) || symbols_fill())
		return -1;
	snprintf(output, sizeof(output), "text=%s", path);
	if (cw_writers_add(&writers, output) || cw_writers_open(&writers) ||
	    cw_feed_init(&feed, &writers, 1000000000))
		return -1;
	cw_symbols_free(feed.own_symbols);
	feed.symbols = feed.own_symbols = cw_symbols_new(symbols_path, NULL);
	cw_arming_init(&arming, &cw_source_module, 0);
	cw_arming_finish(&arming);
	start = (struct cw_start){ .platform = &platform,
				   .arming = &arming,
				   .policy = &policy,
				   .fmt = { .shared_mask = BIT57, .frame_mask = 0xfffffff000ULL },
				   .symbols = feed.symbols };
	cw_writers_start(&writers, &start);
	started_at = ftell(writers.writer[0].file);
	return feed.symbols ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	cw_feed_exit(&feed);
	cw_writers_close(&writers);
	unlink(path);
	unlink(symbols_path);
	return 0;
}

/* What was written from an offset on. */
static const char *written(long from)
{
	static char text[16384];
	FILE *f = fopen(path, "r");
	size_t len;

	assert_non_null(f);
	fseek(f, from, SEEK_SET);
	len = fread(text, 1, sizeof(text) - 1, f);
	text[len] = '\0';
	fclose(f);
	return text;
}

static struct verdict_rec a_verdict(void)
{
	static const __u64 stack[] = { 0xffffffffc0001008ULL, 0xffffffffc0000012ULL,
				       0xffffffffc0000044ULL, 0xffffffffc0000084ULL,
				       0xffffffff81000020ULL, 0xffffffff90000000ULL };
	struct verdict_rec r = { .ev = a_step(CW_EV_END, 3, 45296123456789ULL) };

	r.ev.hdr.cpu = 2;
	r.ev.space = CW_SPACE_EMULATED;
	r.v.hdr = r.ev.hdr;
	r.v.hdr.type = CW_REC_VERDICT;
	r.v.hdr.len = sizeof(r);
	r.v.event_off = sizeof(r.v);
	memcpy(r.v.comm, "insmod\x1b[2J", 10);
	memcpy(r.v.stack, stack, sizeof(stack));
	r.v.nr_stack = NR(stack);
	r.v.out = (struct cw_out){ .checked = CW_RULE_BIT(CW_RULE_T3),
				   .violated = CW_RULE_BIT(CW_RULE_T3),
				   .nr_details = 1 };
	r.v.out.detail[0] = (struct cw_detail){ .rule = CW_RULE_T3,
						.sev = CW_SEV_V,
						.finding = CW_FIND_END_OWN_BIT,
						.index = 2,
						.gfn = 0x102,
						.seen = 0x8000000000102063ULL };
	return r;
}

static void feed_past(__u64 seq, __u64 ts_ns, __u32 flags, __u64 gfn_max)
{
	struct cw_ev_step begin = a_step(CW_EV_BEGIN, seq, ts_ns), end;

	strcpy(begin.comm, "modprobe");
	cw_feed_record(&feed, &begin, sizeof(begin));
	end = a_step(CW_EV_END, seq + 1, ts_ns);
	end.to_shared = 0;
	end.flags = flags;
	end.gfn_max = gfn_max;
	cw_feed_record(&feed, &end, sizeof(end));
}

static void test_block(void **state)
{
	struct verdict_rec r = a_verdict();

	(void)state;
	feed_past(1, 45296122226789ULL, CW_STEP_CONTIG, 0x103);
	cw_feed_record(&feed, &r, sizeof(r));
	assert_string_equal(
		written(started_at),
		"VIOLATION  T3 state-agrees\n"
		"  when      12:34:56.123456 on cpu 2, task 7 (insmod?[2J), when the transition ended\n"
		"  range     4 pages, frames 0x100 to 0x103, to be shared, emulated\n"
		"  expected  the shared bit of every PTE equals the request after success\n"
		"  seen      the range's own PTE has the other value\n"
		"            page 2 of the range, frame 0x102: present, private, frame 0x102, writable, nx\n"
		"  previous  made private 1.2 ms before by task 7 (modprobe) on cpu 0"
		" (4 pages, frames 0x100 to 0x103)\n"
		"  stack     run_step+0x12/0x40 [cocovm]\n"
		"            worker_fn+0x4/0x40 [cocovm]\n"
		"            task_fn+0x4/0xf80 [cocovm]\n"
		"            kthread+0x20/0x100\n"
		"            ?\n"
		"\n");
}

/* Frames in no order: this one may not be among them; and a clock that ran backwards. */
static void test_scattered_past(void **state)
{
	struct verdict_rec r = a_verdict();

	(void)state;
	feed_past(1, 45296999999999ULL, 0, 0x10f);
	cw_feed_record(&feed, &r, sizeof(r));
	assert_non_null(strstr(written(started_at),
			       "  previous  around this frame, made private 0 us before by task 7 (modprobe)"
			       " on cpu 0 (4 pages, frames 0x100 to 0x10f (scattered))\n"));
}

static void test_addresses_on_request(void **state)
{
	struct verdict_rec r = a_verdict();

	(void)state;
	assert_null(strstr(written(0), "ffffffff"));
	start.include_addresses = true;
	cw_feed_record(&feed, &r, sizeof(r));
	assert_non_null(strstr(written(started_at), "nx [8000000000102063]\n"));
	assert_non_null(strstr(written(started_at), "run_step+0x12/0x40 [cocovm] (ffffffffc0000012)\n"));
}

/* Only as long as its event must be, so that a sanitizer sees what is read beyond. */
static void test_finding_of_another_event(void **state)
{
	size_t size = sizeof(struct cw_rec_verdict) + sizeof(struct cw_ev_zeropad);
	struct verdict_rec r = a_verdict();
	void *record = malloc(size);

	(void)state;
	assert_non_null(record);
	r.v.hdr.len = (__u16)size;
	r.ev.hdr.type = CW_EV_ZEROPAD;
	r.v.out.detail[0].rule = CW_RULE_P1;
	r.v.out.detail[0].finding = CW_FIND_MODE_MIXED;
	memcpy(record, &r, size);
	cw_feed_record(&feed, record, size);
	free(record);
	assert_string_equal(written(started_at), "");
	assert_int_equal(feed.malformed, 1);
}

static void test_errno(void **state)
{
	static const struct {
		__s64 want;
		const char *text;
	} cases[] = {
		{ -16, "            0 (expected -16, -EBUSY)\n" },
		{ -4096, "            0 (expected -4096)\n" },
		{ INT64_MIN, "            0 (expected -9223372036854775808)\n" },
		{ -4294967312, "            0 (expected -4294967312)\n" },
		{ 5, "            0 (expected 5)\n" },
	};
	struct verdict_rec r = a_verdict();
	long from = started_at;
	size_t i;

	(void)state;
	r.v.out.detail[0].rule = CW_RULE_T4;
	r.v.out.detail[0].finding = CW_FIND_FAILURE_HIDDEN;
	r.v.out.detail[0].index = CW_NO_INDEX;
	r.v.out.detail[0].seen = 0;
	for (i = 0; i < NR(cases); i++) {
		r.v.out.detail[0].want = (__u64)cases[i].want;
		cw_feed_record(&feed, &r, sizeof(r));
		if (!strstr(written(from), cases[i].text))
			fail_msg("'%s' is not in:\n%s", cases[i].text, written(from));
		from = ftell(writers.writer[0].file);
	}
}

/* The summary: a reason cannot draw on the terminal, and numbers read well whatever they are. */
static void test_summary(void **state)
{
	struct cw_totals totals = { .unreadable = 2, .stat = { [CW_STAT_REPAIRED] = 1 } };
	struct cw_ending ending = { .has_command = false };
	struct cw_verdict verdict;
	struct cw_finish finish = {
		.verdict = &verdict, .totals = &totals, .told = &feed.told, .ending = &ending
	};
	const char *text;

	(void)state;
	cw_policy_waive(&policy, "S5=ticket\n12\x1b[2J");
	cw_verdict_judge(&verdict, &policy, &arming, &totals, &ending);
	cw_writers_start(&writers, &start);
	cw_writers_finish(&writers, &finish);
	text = written(started_at);
	assert_non_null(strstr(text, "waived      S5 private-stays-private: ticket?12?[2J\n"));
	assert_null(strchr(text, '\x1b'));
	assert_non_null(strstr(text, "\nlost: 2 counters that could not be read\n"));
	assert_non_null(strstr(text, "\nframe states corrected by a page walk: 1\n"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_block),
	CASE(test_scattered_past),
	CASE(test_addresses_on_request),
	CASE(test_finding_of_another_event),
	CASE(test_errno),
	CASE(test_summary),
};

UNIT_MAIN(tests)
