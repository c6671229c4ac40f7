// SPDX-License-Identifier: GPL-2.0-only
/* The table of hosts: each row can be found, says what it is in sentences, and does something;
 * and what the lies about visibility make of an honest answer.
 */
#include "unit.h"

#include "box.h"
#include "hostile_impl.h"
#include "hyperv.h"
#include "referee_impl.h"
#include "vmbus_impl.h"

static bool is_sentence(const char *text)
{
	size_t len = text ? strlen(text) : 0;

	return len > 2 && text[len - 1] == '.' && text[0] >= 'A' && text[0] <= 'Z' &&
	       !strchr(text, '\t');
}

static bool has_hook(const struct cw_host *h)
{
	return h->visibility || h->stage || h->sent || h->packet || h->written || h->rndis;
}

static void test_rows(void **state)
{
	unsigned int seen[CW_HOST_CLASS_NR] = { 0 };
	size_t i, k;

	(void)state;
	for (i = 0; i < cw_nr_hosts; i++) {
		const struct cw_host *h = &cw_hosts[i];

		assert_true(is_sentence(h->what));
		assert_true(is_sentence(h->safe));
		assert_true(h->expect < CW_EXPECT_NR && cw_expect_names[h->expect]);
		assert_true(h->shows <= (CW_SHOWS_FINDING | CW_SHOWS_WARNING));
		assert_int_equal(has_hook(h), strcmp(h->name, "honest") != 0);
		/* a stage hook without a stage would never do anything */
		assert_int_equal(!!h->stage, !!h->stages);
		assert_true(h->len <= 240);
		assert_true(h->class < CW_HOST_CLASS_NR);
		seen[h->class]++;
	}
	for (k = 0; k < CW_HOST_CLASS_NR; k++)
		assert_true(seen[k] && cw_host_class_names[k]);
}

/* The shared list names them, in this order. */
static void test_names(void **state)
{
#define NAME(id, name, class, what) [CW_HOST_##id] = name,
	static const char *const names[CW_HOST_NR] = { CW_HOSTS(NAME) };
	size_t i;

	(void)state;
	assert_string_equal(cw_hosts[0].name, "honest");
	for (i = 0; i < cw_nr_hosts; i++) {
		assert_string_equal(cw_hosts[i].name, names[i]);
		assert_ptr_equal(cw_host_find(cw_hosts[i].name), &cw_hosts[i]);
		assert_int_equal(cw_hosts[i].name[strspn(cw_hosts[i].name,
							 "abcdefghijklmnopqrstuvwxyz-")], 0);
	}
	assert_null(cw_host_find("hones"));
	assert_null(cw_host_find(""));
}

/* A box as far as these hooks look at one: a bus with one channel, and deeds that are counted. */
static struct cw_channel_impl impl;
static struct cw_vmbus bus = { .channel = { [1] = &impl } };
static struct cw_referee referee = { .lock = PTHREAD_MUTEX_INITIALIZER };
static struct cw_box box = { .vmbus = &bus, .referee = &referee };

static struct cw_visibility_call answer(const char *name, bool visible, __u32 asked)
{
	const struct cw_host *h = cw_host_find(name);
	struct cw_visibility_call call = { .visible = visible, .asked = asked,
					   .done = asked, .told = asked };

	assert_non_null(h);
	h->visibility(h, &box, &call);
	return call;
}

static void test_visibility(void **state)
{
	static const struct {
		const char *name;
		bool visible;
		__u32 asked, done, told;
		__u16 status;
	} rows[] = {
		{ "refuse-all", true, 10, 0, 0, CW_HV_ACCESS_DENIED },
		{ "refuse-all", false, 1, 0, 0, CW_HV_ACCESS_DENIED },
		{ "refuse-to-private", true, 10, 10, 10, 0 },
		{ "refuse-to-private", false, 10, 0, 0, CW_HV_ACCESS_DENIED },
		{ "refuse-to-shared", false, 10, 10, 10, 0 },
		{ "refuse-monitor", true, 2, 2, 2, 0 },
		{ "refuse-monitor", true, 1, 0, 0, CW_HV_ACCESS_DENIED },
		{ "refuse-large", true, 10, 10, 10, 0 },
		{ "refuse-large", true, 510, 0, 0, CW_HV_ACCESS_DENIED },
		/* of one frame there is no half, and the guest must come to an end */
		{ "part-told", true, 1, 1, 1, 0 },
		{ "part-told", true, 9, 5, 5, 0 },
		{ "part-failed", true, 9, 4, 4, CW_HV_INSUFFICIENT_MEMORY },
		{ "part-claimed", true, 9, 4, 9, 0 },
		{ "reps-none", true, 9, 0, 0, 0 },
		{ "reps-beyond", true, 9, 9, 0xfff, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NR(rows); i++) {
		struct cw_visibility_call call;

		call = answer(rows[i].name, rows[i].visible, rows[i].asked);
		assert_int_equal(call.done, rows[i].done);
		assert_int_equal(call.told, rows[i].told);
		assert_int_equal(call.status, rows[i].status);
	}
	assert_int_not_equal(answer("status-garbage", true, 9).status, 0);
}

static void test_deeds(void **state)
{
	(void)state;
	referee.nr_deeds = 0;
	referee.nr_lines[CW_LINE_NOTE] = 0;
	answer("refuse-ring", true, 8);
	assert_int_equal(cw_referee_deeds(&box), 1);
	/* once only */
	assert_int_equal(answer("refuse-ring", true, 8).done, 8);
	assert_int_equal(cw_referee_deeds(&box), 1);
	assert_int_equal(referee.nr_lines[CW_LINE_NOTE], 1);
	/* and not before there are channels */
	referee.nr_deeds = 0;
	bus.channel[1] = NULL;
	assert_int_equal(answer("refuse-ring", true, 8).done, 8);
	assert_int_equal(cw_referee_deeds(&box), 0);
	bus.channel[1] = &impl;
}

/* One call alone, and none after it. */
static void test_nth(void **state)
{
	static const struct {
		const char *name;
		int nth;
	} rows[] = { { "refuse-first", 1 }, { "refuse-tenth", 10 }, { "refuse-third-ring", 3 } };
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < NR(rows); i++) {
		referee.nr_deeds = 0;
		box.nr_chances = 0;
		for (n = 1; n <= 30; n++)
			assert_int_equal(answer(rows[i].name, true, 8).status,
					 n == rows[i].nth ? CW_HV_ACCESS_DENIED : 0);
		assert_int_equal(cw_referee_deeds(&box), 1);
	}
}

static unsigned int nr_sent;

static void count_sent(const struct cw_host *host, struct cw_box *b, const void *message, __u32 len)
{
	nr_sent++;
	cw_lie_again(host, b, message, len);
}

/* Messages of one type go out twice, and all others once. */
static void test_again(void **state)
{
	static const struct {
		const char *name;
		__u32 type;
	} rows[] = {
		{ "again-opened", CW_MSG_OPEN_RESULT },
		{ "again-created", CW_MSG_GPADL_CREATED },
		{ "again-torndown", CW_MSG_GPADL_TORNDOWN },
	};
	static struct cw_config config = { .nr_cpus = 1 };
	struct cw_msg m = { .type = CW_MSG_OFFER };
	struct cw_host host;
	size_t i;

	(void)state;
	box.config = &config;
	box.host = &host;
	assert_int_equal(cw_synic_init(&box), 0);
	for (i = 0; i < NR(rows); i++) {
		host = *cw_host_find(rows[i].name);
		assert_ptr_equal(host.sent, cw_lie_again);
		host.sent = count_sent;
		nr_sent = 0;
		referee.nr_deeds = 0;
		for (m.type = CW_MSG_OFFER; m.type <= CW_MSG_MODIFY_DONE; m.type++) {
			unsigned int before = nr_sent;

			assert_int_equal(cw_vmbus_send(&box, &m, sizeof(m)), 0);
			assert_int_equal(nr_sent - before, m.type == rows[i].type ? 2 : 1);
		}
		assert_int_equal(cw_referee_deeds(&box), 1);
	}
	cw_synic_exit(&box);
	box.host = NULL;
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_rows),
	cmocka_unit_test(test_names),
	cmocka_unit_test(test_visibility),
	cmocka_unit_test(test_deeds),
	cmocka_unit_test(test_nth),
	cmocka_unit_test(test_again),
};

UNIT_MAIN(tests)
