// SPDX-License-Identifier: GPL-2.0-only
/* Findings in the journal: a socket of our own receives what journald would, one datagram for
 * each entry, each field as its protocol wants it.
 */
#include "unit.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "feed.h"

static char path[64];
static char option[96];
static int journal;
static struct cw_writers writers;
static struct cw_feed feed;
static struct cw_platform platform;
static struct cw_arming arming;
static struct cw_policy policy;
static struct cw_start start;
static char entry[1 << 16];
static size_t entry_len;

static int listen_here(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	strcpy(un.sun_path, path);
	journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	return bind(journal, (struct sockaddr *)&un, sizeof(un));
}

static int setup(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "/tmp/cw-journal-%d", getpid());
	snprintf(option, sizeof(option), "journal=%s", path);
	memset(&writers, 0, sizeof(writers));
	memset(&policy, 0, sizeof(policy));
	if (listen_here() || cw_writers_add(&writers, option) || cw_writers_open(&writers) ||
	    cw_feed_init(&feed, &writers, 1000000000))
		return -1;
	cw_arming_init(&arming, &cw_source_module, 0);
	cw_arming_finish(&arming);
	platform.mode = "snp-vtom";
	start = (struct cw_start){ .platform = &platform, .arming = &arming, .policy = &policy,
				   .fmt = { .shared_mask = 1ULL << 57 }, .symbols = feed.symbols };
	cw_writers_start(&writers, &start);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cw_feed_exit(&feed);
	cw_writers_close(&writers);
	close(journal);
	unlink(path);
	return 0;
}

static bool next(void)
{
	ssize_t len = recv(journal, entry, sizeof(entry) - 1, 0);

	entry_len = len > 0 ? (size_t)len : 0;
	entry[entry_len] = '\0';
	return len > 0;
}

/* The value of a field of the entry, by the protocol's own rules; NULL: it has none. */
static const char *value(const char *name, size_t *len)
{
	const char *at = entry, *end = entry + entry_len;
	const char *found = NULL;

	while (at < end) {
		const char *line_end = memchr(at, '\n', (size_t)(end - at)), *equals;
		const char *key = at, *v;
		size_t key_len;
		__u64 le;

		assert_non_null(line_end);
		equals = memchr(at, '=', (size_t)(line_end - at));
		if (equals) {
			v = equals + 1;
			*len = (size_t)(line_end - v);
			key_len = (size_t)(equals - at);
			at = line_end + 1;
		} else {
			memcpy(&le, line_end + 1, sizeof(le));
			*len = le64toh(le);
			v = line_end + 1 + sizeof(le);
			assert_true(v + *len < end);
			assert_int_equal(v[*len], '\n');
			key_len = (size_t)(line_end - at);
			at = v + *len + 1;
		}
		assert_in_range(key_len, 1, 64);
		assert_int_equal(strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"), key_len);
		assert_int_not_equal(key[0], '_');
		if (strlen(name) == key_len && !memcmp(key, name, key_len)) {
			assert_null(found);	/* once only */
			found = strndup(v, *len);
		}
	}
	return found;
}

static void is_field(const char *name, const char *want)
{
	const char *got;
	size_t len;

	got = value(name, &len);
	if (!got)
		fail_msg("no field %s in: %s", name, entry);
	assert_string_equal(got, want);
	free((char *)got);
}

static void violation(const char *comm, __u32 nr_stack)
{
	struct {
		struct cw_rec_verdict v;
		struct cw_ev_step ev;
	} r = { .ev = a_step(CW_EV_END, 3, 5000) };
	__u32 i;

	r.v.hdr = r.ev.hdr;
	r.v.hdr.type = CW_REC_VERDICT;
	r.v.hdr.len = sizeof(r);
	r.v.event_off = sizeof(r.v);
	strncpy(r.v.comm, comm, sizeof(r.v.comm) - 1);
	r.v.out = (struct cw_out){ .checked = CW_RULE_BIT(CW_RULE_T3),
				   .violated = CW_RULE_BIT(CW_RULE_T3), .nr_details = 1 };
	r.v.out.detail[0] = (struct cw_detail){ .rule = CW_RULE_T3, .sev = CW_SEV_V,
						.finding = CW_FIND_END_OWN_BIT, .index = 2,
						.gfn = 0x102, .seen = 0x102063 };
	r.v.nr_stack = nr_stack;
	for (i = 0; i < nr_stack; i++)
		r.v.stack[i] = 0x1000 + i;
	cw_feed_record(&feed, &r, sizeof(r));
}

static void test_session(void **state)
{
	(void)state;
	assert_true(next());
	is_field("SYSLOG_IDENTIFIER", "cocowatch");
	is_field("PRIORITY", "6");
	is_field("COCOWATCH_TYPE", "session");
	assert_non_null(strstr(entry, "MESSAGE=cocowatch watches snp-vtom, "));
	assert_false(next());
}

static void test_violation(void **state)
{
	const char *stack;
	size_t len;

	(void)state;
	next();
	violation("evil\nPRIORITY=7", 3);
	assert_true(next());
	is_field("PRIORITY", "3");
	is_field("COCOWATCH_TYPE", "violation");
	is_field("COCOWATCH_RULE", "T3");
	is_field("COCOWATCH_RULE_NAME", "state-agrees");
	is_field("COCOWATCH_FINDING", "END_OWN_BIT");
	is_field("COCOWATCH_GFN", "0x102");
	is_field("COCOWATCH_TGID", "7");
	is_field("COCOWATCH_COMM", "evil?PRIORITY=7");
	is_field("MESSAGE_ID", "2f0c6f5f5d0b4a8f9a3b6f0d8f7c1e52");
	stack = value("COCOWATCH_STACK", &len);
	assert_non_null(stack);
	assert_int_equal(len, strlen(stack));
	assert_non_null(strchr(stack, '\n'));
	free((char *)stack);
	assert_false(next());	/* one entry, one datagram */
}

static void test_largest(void **state)
{
	(void)state;
	next();
	violation("insmod", CW_STACK_MAX);
	assert_true(next());
	is_field("COCOWATCH_COMM", "insmod");
	assert_false(next());
}

static void test_waived(void **state)
{
	(void)state;
	next();
	policy.waived = CW_RULE_BIT(CW_RULE_T3);
	policy.reason[CW_RULE_T3] = "ticket 5\nx";
	violation("insmod", 0);
	assert_true(next());
	is_field("PRIORITY", "5");
	is_field("COCOWATCH_WAIVED", "ticket 5?x");
}

/* A journal that is started anew is found again; one that stays away is a failed output. */
static void test_restarted(void **state)
{
	(void)state;
	quiet();
	next();
	close(journal);
	unlink(path);
	assert_int_equal(listen_here(), 0);
	violation("insmod", 0);
	assert_true(next());
	assert_false(cw_writers_failed(&writers));
	close(journal);
	unlink(path);
	violation("rmmod", 0);
	assert_true(cw_writers_failed(&writers));
}

static void test_no_journal(void **state)
{
	struct cw_writers ws = { .nr = 0 };

	(void)state;
	quiet();
	assert_int_equal(cw_writers_add(&ws, "journal=/no/such/socket"), 0);
	assert_int_equal(cw_writers_open(&ws), -ENOENT);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	CASE(test_session),
	CASE(test_violation),
	CASE(test_largest),
	CASE(test_waived),
	CASE(test_restarted),
	cmocka_unit_test(test_no_journal),
};

UNIT_MAIN(tests)
