// SPDX-License-Identifier: GPL-2.0-only
/* The table of the fields of events: each event has a row with fields, which lie within it, and are
 * read as their size, sign and condition say.
 */
#include "unit.h"

#include <cocowatch/event_owner.h>
#include <cocowatch/event_ring.h>
#include <cocowatch/event_share.h>

#include "event_fields.h"
#include "events.h"

/* A type without a row, or a row without fields, would be left out of every format. */
static void test_every_event_has_fields(void **state)
{
	const struct cw_event_field *ctf[CW_EVENT_FIELDS_MAX + 1];
	const struct cw_event_info *info;
	size_t i, nr;
	__u32 type;

	(void)state;
	for (type = CW_REC_NONE + 1; type < CW_EV_NR; type++) {
		info = cw_event_info(type);
		if (!info)
			fail_msg("event %u is not in the table of events", type);
		for (i = nr = 0; i < info->shape->nr; i++)
			nr += !!info->shape->field[i].json.name;
		cw_event_fields_ctf(info->shape, ctf);
		if (!nr || !ctf[0])
			fail_msg("event %s has no fields in %s", info->name, nr ? "CTF" : "NDJSON");
	}
	assert_null(cw_event_info(CW_REC_NONE));
	assert_null(cw_event_info(CW_EV_NR));
}

static void shape_check(const struct cw_event_info *info)
{
	const struct cw_event_shape *s = info->shape;
	const struct cw_event_field *f;
	size_t i;

	assert_true(s->space >= sizeof(struct cw_rec_hdr) && s->space < s->size);
	for (i = 0; i < s->nr; i++) {
		f = &s->field[i];
		if (f->offset < sizeof(struct cw_rec_hdr) || f->offset + f->size > s->size)
			fail_msg("%s: %s is not within the event", info->name, f->member);
		if (f->when >= CW_WHEN_BITS && f->when_at + sizeof(__u32) > s->size)
			fail_msg("%s: what tells of %s is not within the event", info->name, f->member);
		if (!f->json.name && !f->base)
			fail_msg("%s: %s is in no format", info->name, f->member);
		if (f->base && (f->size > 8 || f->size & (f->size - 1)))
			fail_msg("%s: %s is no integer of CTF", info->name, f->member);
		if (f->json.name && cw_event_field_find(s, f->json.name) != f)
			fail_msg("%s: two fields have the name %s", info->name, f->json.name);
		if (f->json.optional != (f->when != CW_WHEN_ALWAYS))
			fail_msg("%s: %s is optional in one place only", info->name, f->member);
	}
}

static void test_fields_are_sound(void **state)
{
	__u32 type;

	(void)state;
	for (type = CW_REC_NONE + 1; type < CW_EV_NR; type++)
		if (cw_event_info(type))
			shape_check(cw_event_info(type));
}

static __u64 value(const struct cw_rec_hdr *ev, const char *name)
{
	const struct cw_event_field *f = cw_event_field_find(cw_event_info(ev->type)->shape, name);

	assert_non_null(f);
	return cw_event_field_value(f, ev);
}

static bool is_told(const struct cw_rec_hdr *ev, const char *name, bool asked)
{
	const struct cw_event_field *f = cw_event_field_find(cw_event_info(ev->type)->shape, name);

	assert_non_null(f);
	return cw_event_field_is_told(f, ev, asked);
}

static void test_values(void **state)
{
	const struct cw_ev_step step = { .hdr.type = CW_EV_END, .vaddr = ~1ULL, .nr_pages = ~1U,
					 .ret = -22, .to_shared = 0xff };
	const struct cw_ev_hypercall call = { .hdr.type = CW_EV_HYPERCALL, .code = 0xffdb };

	(void)state;
	assert_int_equal(value(&step.hdr, "vaddr"), ~1ULL);
	assert_int_equal(value(&step.hdr, "nr_pages"), 0xfffffffeULL);
	assert_int_equal(value(&step.hdr, "ret"), (__u64)-22LL);
	assert_int_equal(value(&step.hdr, "to_shared"), 0xff);
	assert_int_equal(value(&call.hdr, "code"), 0xffdb);
	assert_null(cw_event_field_find(&cw_shape_step, "own.walked"));
}

static void test_conditions(void **state)
{
	struct cw_ev_step step = { .hdr.type = CW_EV_END, .flags = ~CW_STEP_RET };
	struct cw_ev_config config = { .hdr.type = CW_EV_CONFIG, .calls = CW_NO_INDEX };
	struct cw_ev_hypercall call = { .hdr.type = CW_EV_HYPERCALL };

	(void)state;
	assert_true(is_told(&step.hdr, "gfn", false));
	assert_false(is_told(&step.hdr, "vaddr", false));
	assert_true(is_told(&step.hdr, "vaddr", true));
	assert_false(is_told(&step.hdr, "ret", true));
	step.flags = CW_STEP_RET;
	assert_true(is_told(&step.hdr, "ret", false));
	assert_false(is_told(&config.hdr, "calls", true));
	config.calls = 0;
	assert_true(is_told(&config.hdr, "calls", true));
	assert_false(is_told(&call.hdr, "tail_first", true));
	call.tail_set = 0x100;
	assert_true(is_told(&call.hdr, "tail_first", true));
	/* of CTF only */
	assert_false(cw_event_field_is_told(&cw_shape_step.field[cw_shape_step.nr - 1], &step.hdr,
					    true));
}

/* By offset, but where a trace has always had another order. */
static void test_ctf_order(void **state)
{
	static const char *const fetch[] = { "relid", "what", "validated", "used", "space" };
	const struct cw_event_field *ctf[CW_EVENT_FIELDS_MAX + 1];
	size_t i;

	(void)state;
	cw_event_fields_ctf(&cw_shape_step, ctf);
	for (i = 1; ctf[i]; i++)
		assert_true(ctf[i - 1]->offset < ctf[i]->offset);
	assert_int_equal(i, 33);
	cw_event_fields_ctf(&cw_shape_fetch, ctf);
	for (i = 0; i < NR(fetch); i++)
		assert_string_equal(ctf[i]->member, fetch[i]);
	assert_null(ctf[i]);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_every_event_has_fields),
	cmocka_unit_test(test_fields_are_sound),
	cmocka_unit_test(test_values),
	cmocka_unit_test(test_conditions),
	cmocka_unit_test(test_ctf_order),
};

UNIT_MAIN(tests)
