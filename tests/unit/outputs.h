/* SPDX-License-Identifier: GPL-2.0-only */
/* A session made up for the writers of reports: one rule held, one violated in many ways, one
 * waived, one unknown, and text that no format likes.
 */
#ifndef CW_OUTPUTS_H
#define CW_OUTPUTS_H

#include <stdlib.h>
#include <unistd.h>

#include "feed.h"
#include "policy.h"

struct verdict_rec {
	struct cw_rec_verdict v;
	struct cw_ev_step ev;
};

static const char nasty[] = "a<b>&\"'\x01\x1b[2J\xff\xc3\xa9]]> # \\ \ttail";

static struct cw_feed feed;
static struct cw_writers writers;
static struct cw_platform platform = { .release = "6.12.0-<test>&", .mode = "snp-vtom" };
static struct cw_arming arming;
static struct cw_policy policy;
static struct cw_reactions reactions;
static struct cw_start start;
static struct cw_totals totals;
static struct cw_ending ending;
static struct cw_verdict verdict;
static char out_path[] = "/tmp/cw-out-XXXXXX";
static char symbols_path[] = "/tmp/cw-sym-XXXXXX";
static char output[64];
static char *command[] = { (char *)"make", (char *)nasty, NULL };

static inline int temp_file(char *name, const char *text)
{
	int fd;

	strcpy(name + strlen(name) - 6, "XXXXXX");
	fd = mkstemp(name);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return -1;
	return close(fd);
}

static const char made_up_symbols[] = "ffffffff81000000 T set_memory_p\n"
				      "ffffffff81001000 T my_driver_share\n"
				      "ffffffff81002000 T another_share\n"
				      "ffffffff81003000 T kthread\n";

/* T3 and S3 held; what a test makes violated comes on top. */
static inline int session_open(const char *format)
{
	size_t i;

	memset(&writers, 0, sizeof(writers));
	memset(&policy, 0, sizeof(policy));
	memset(&reactions, 0, sizeof(reactions));
	memset(&totals, 0, sizeof(totals));
	ending = (struct cw_ending){ .has_command = true };
	policy.gate = true;
	if (temp_file(out_path, "") || temp_file(symbols_path, made_up_symbols))
		return -1;
	snprintf(output, sizeof(output), "%s=%s", format, out_path);
	if (cw_writers_add(&writers, output) || cw_writers_open(&writers) ||
	    cw_feed_init(&feed, &writers, 1000000000))
		return -1;
	cw_symbols_free(feed.own_symbols);
	feed.symbols = feed.own_symbols = cw_symbols_new(symbols_path, NULL);
	cw_arming_init(&arming, &cw_source_module, 0);
	for (i = 0; i < cw_source_module.nr_probes; i++)
		cw_arming_attached(&arming, i);
	cw_arming_finish(&arming);
	totals.rule[CW_RULE_T3].checked = totals.rule[CW_RULE_S3].checked = 5;
	start = (struct cw_start){ .platform = &platform, .arming = &arming, .policy = &policy,
				   .fmt = { .shared_mask = 1ULL << 57,
					    .frame_mask = 0xfffffff000ULL },
				   .symbols = feed.symbols, .command = command,
				   .wall_offset_ns = 1700000000000000000ULL };
	return 0;
}

/* The policy as a file would have it; to be called before session_start(). */
static inline void session_policy(const char *text)
{
	char path[] = "/tmp/cw-pol-XXXXXX";

	assert_int_equal(temp_file(path, text), 0);
	assert_int_equal(cw_policy_load(&policy, &reactions, path, 1795348800), 0);
	unlink(path);
}

static inline void session_start(void)
{
	cw_writers_start(&writers, &start);
}

/* A violation of T3 at a place: by my_driver_share() or by another_share(). */
static inline void violate(__u64 caller)
{
	struct verdict_rec r = { .ev = a_step(CW_EV_END, 3, 45296123456789ULL) };

	r.v.hdr = r.ev.hdr;
	r.v.hdr.type = CW_REC_VERDICT;
	r.v.hdr.len = sizeof(r);
	r.v.event_off = sizeof(r.v);
	memcpy(r.v.comm, "<ins&\x1b\xff>", 9);
	r.v.stack[0] = 0xffffffff81000012ULL;
	r.v.stack[1] = caller;
	r.v.stack[2] = 0xffffffff81003020ULL;
	r.v.nr_stack = 3;
	r.v.out = (struct cw_out){ .checked = CW_RULE_BIT(CW_RULE_T3), .nr_details = 1,
				   .violated = CW_RULE_BIT(CW_RULE_T3) };
	r.v.out.detail[0] = (struct cw_detail){ .rule = CW_RULE_T3, .sev = CW_SEV_V, .index = 2,
						.finding = CW_FIND_END_OWN_BIT, .gfn = 0x102,
						.seen = 0x8000000000102063ULL };
	totals.rule[CW_RULE_T3].violated++;
	cw_feed_record(&feed, &r, sizeof(r));
}

#define MY_DRIVER 0xffffffff81001044ULL
#define ANOTHER 0xffffffff81002044ULL

/* Returns the exit status. */
static inline int session_finish(void)
{
	struct cw_finish finish = { .verdict = &verdict, .totals = &totals, .told = &feed.told,
				    .ending = &ending, .reactions = &reactions,
				    .duration_ns = 1500000000 };

	memcpy(totals.excused, feed.excused, sizeof(totals.excused));
	cw_verdict_judge(&verdict, &policy, &arming, &totals, &ending);
	assert_true(cw_writers_finish(&writers, &finish));
	return (int)verdict.exit;
}

static inline int session_close(void)
{
	cw_feed_exit(&feed);
	cw_writers_close(&writers);
	cw_policy_free(&policy);
	unlink(out_path);
	unlink(symbols_path);
	return 0;
}

/* The first line that a command says, with %s for the file; its status is *status. */
static inline const char *ask_shell(const char *fmt, int *status)
{
	static char answer[8192];
	char line[512];
	size_t len;
	FILE *p;

	snprintf(line, sizeof(line), fmt, out_path);
	p = popen(line, "r");
	assert_non_null(p);
	len = fread(answer, 1, sizeof(answer) - 1, p);
	answer[len] = '\0';
	*status = pclose(p);
	if (len && answer[len - 1] == '\n')
		answer[len - 1] = '\0';
	return answer;
}

#endif
