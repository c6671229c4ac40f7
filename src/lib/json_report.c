// SPDX-License-Identifier: GPL-2.0-only
/* One finding as a JSON object, for the NDJSON writer and for programs that are run on it. */
#include "json.h"

#include "judge.h"
#include "names.h"
#include "pte.h"

/* A PTE in words that a program can read; the value itself only when addresses were asked for. */
static json_t *pte_object(const struct cw_start *start, __u64 pte)
{
	json_t *o = json_object();

	json_object_set_new(o, "empty", json_boolean(cw_pte_is_none(pte)));
	json_object_set_new(o, "present", json_boolean(cw_pte_is_present(pte)));
	json_object_set_new(o, "shared", json_boolean(!cw_pte_is_none(pte) &&
						      cw_pte_is_shared(&start->fmt, pte)));
	cw_json_u64(o, "gfn", cw_pte_gfn(&start->fmt, pte));
	json_object_set_new(o, "writable", json_boolean(pte & CW_PTE_WRITABLE));
	json_object_set_new(o, "nx", json_boolean(pte & CW_PTE_NX));
	if (start->include_addresses)
		cw_json_hex(o, "raw", pte);
	return o;
}

static json_t *mode_sources(__u64 mask)
{
	json_t *list = json_array();
	__u32 i;

	for (i = 0; i < CW_MODE_SOURCE_NR; i++)
		if (mask & (1ULL << i))
			json_array_append_new(list, json_string(cw_mode_source_name(i)));
	return list;
}

static json_t *task_object(__u64 task)
{
	json_t *o = json_object();

	cw_json_u64(o, "tgid", task >> 32);
	cw_json_u64(o, "tid", (__u32)task);
	return o;
}

static void set_values(json_t *o, const struct cw_start *start, const struct cw_report *r)
{
	const struct cw_detail *d = r->detail;

	switch (r->finding->values) {
	case CW_VALUES_PTE:
		json_object_set_new(o, "seen", pte_object(start, d->seen));
		break;
	case CW_VALUES_MASK:
		if (d->finding == CW_FIND_MODE_MIXED) {
			json_object_set_new(o, "want", mode_sources(d->want));
			json_object_set_new(o, "seen", mode_sources(d->seen));
			break;
		}
		cw_json_hex(o, "want", d->want);
		cw_json_hex(o, "seen", d->seen);
		break;
	case CW_VALUES_TASK:
		json_object_set_new(o, "want", task_object(d->want));
		json_object_set_new(o, "seen", task_object(d->seen));
		break;
	default:
		cw_json_u64(o, "want", d->want);
		cw_json_u64(o, "seen", d->seen);
		break;
	}
}

static void set_past(json_t *o, const struct cw_report *r)
{
	const struct cw_past *p = r->past;
	json_t *past;

	if (!p)
		return;
	past = json_object();
	cw_json_u64(past, "ts_ns", p->ts_ns);
	cw_json_u64(past, "seq", p->seq);
	cw_json_u64(past, "cpu", p->cpu);
	cw_json_u64(past, "tgid", p->task >> 32);
	cw_json_u64(past, "tid", (__u32)p->task);
	cw_json_text(past, "comm", p->comm);
	cw_json_u64(past, "to_shared", p->to_shared);
	cw_json_u64(past, "ret", (__u64)(__s64)p->ret);
	cw_json_u64(past, "gfn_min", p->gfn_min);
	cw_json_u64(past, "gfn_max", p->gfn_max);
	cw_json_u64(past, "nr_pages", p->nr_pages);
	json_object_set_new(past, "certain", json_boolean(cw_past_is_certain(p, r->detail->gfn)));
	json_object_set_new(o, "previous", past);
}

static json_t *stack_array(const struct cw_start *start, const struct cw_report *r)
{
	json_t *stack = json_array();
	char text[CW_SYMBOL_LEN];
	__u32 i;

	for (i = 0; i < r->nr_stack; i++)
		json_array_append_new(stack, json_string(cw_symbol_text(start->symbols, r->stack[i],
									text, sizeof(text))));
	return stack;
}

json_t *cw_json_report(const struct cw_start *start, const struct cw_report *r)
{
	json_t *o = json_object();

	cw_json_text(o, "type", cw_sev_name(r->sev));
	cw_json_text(o, "rule", r->rule->id);
	cw_json_text(o, "name", r->rule->name);
	cw_json_lower(o, "finding", r->finding->id);
	cw_json_text(o, "event", cw_event_name(r->event->type));
	cw_json_wall(o, start, r->event->ts_ns);
	cw_json_u64(o, "seq", r->event->seq);
	cw_json_u64(o, "cpu", r->event->cpu);
	cw_json_u64(o, "tgid", r->event->task >> 32);
	cw_json_u64(o, "tid", (__u32)r->event->task);
	cw_json_text(o, "comm", r->comm);
	cw_json_text(o, "space", cw_space_name(cw_json_event(o, start, r->event)));
	cw_json_text(o, "expected", r->finding->expected);
	cw_json_text(o, "found", r->finding->seen);
	if (r->detail->index != CW_NO_INDEX)
		cw_json_u64(o, "index", r->detail->index);
	if (r->detail->gfn != ~0ULL)
		cw_json_u64(o, "detail_gfn", r->detail->gfn);
	set_values(o, start, r);
	set_past(o, r);
	json_object_set_new(o, "stack", stack_array(start, r));
	cw_json_u64(o, "nr_untold", r->nr_untold);
	if (r->excuse)
		cw_json_text(o, "waived", r->excuse);
	return o;
}
