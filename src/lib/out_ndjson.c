// SPDX-License-Identifier: GPL-2.0-only
/* One JSON object a line, with the field names of cocowatch/event.h: "session"
 * first, then "violation", "warning" and "observation", "summary" last.
 */
#include "out.h"

#include <ctype.h>
#include <string.h>

#include "json.h"
#include "judge.h"
#include "names.h"
#include "pte.h"

static void set_wall(json_t *o, const struct cw_start *start, __u64 ts_ns)
{
	cw_json_u64(o, "ts_ns", ts_ns);
	cw_json_u64(o, "wall_ns", ts_ns + start->wall_offset_ns);
}

static void print(struct cw_writer *w, json_t *o)
{
	json_dumpf(o, w->file, JSON_COMPACT | JSON_ENSURE_ASCII);
	fputc('\n', w->file);
	json_decref(o);
}

static json_t *rules_armed(const struct cw_start *start)
{
	json_t *armed = json_array();
	__u32 i;

	for (i = 0; i < CW_RULE_NR; i++)
		if (start->arming->armed & CW_RULE_BIT(i))
			json_array_append_new(armed, json_string(cw_rule_info(i)->id));
	return armed;
}

static json_t *rules_not_armed(const struct cw_start *start)
{
	json_t *o = json_object();
	__u32 i;

	for (i = 0; i < CW_RULE_NR; i++)
		if (!(start->arming->armed & CW_RULE_BIT(i)))
			cw_json_text(o, cw_rule_info(i)->id, start->arming->why_rule[i]);
	return o;
}

static json_t *rules_waived(const struct cw_policy *policy)
{
	json_t *o = json_object();
	__u32 i;

	for (i = 0; i < CW_RULE_NR; i++)
		if (policy->waived & CW_RULE_BIT(i))
			cw_json_text(o, cw_rule_info(i)->id, policy->reason[i]);
	return o;
}

static void ndjson_start(struct cw_writer *w, const struct cw_start *start)
{
	bool module = start->arming->source == &cw_source_module;
	json_t *o = json_object(), *command;
	size_t i;

	cw_json_text(o, "type", "session");
	cw_json_u64(o, "abi_major", CW_ABI_MAJOR);
	cw_json_u64(o, "abi_minor", CW_ABI_MINOR);
	set_wall(o, start, start->ts_ns);
	cw_json_text(o, "kernel", start->platform->release);
	cw_json_text(o, "mode", cw_platform_watched_mode(start->platform, module));
	json_object_set_new(o, "emulated", json_boolean(module && start->platform->module.emulate[0]));
	cw_json_text(o, "source", start->arming->source->name);
	json_object_set_new(o, "armed", rules_armed(start));
	json_object_set_new(o, "not_armed", rules_not_armed(start));
	json_object_set_new(o, "waived", rules_waived(start->policy));
	if (start->command) {
		command = json_array();
		for (i = 0; start->command[i]; i++)
			json_array_append_new(command, cw_json_string(start->command[i]));
		json_object_set_new(o, "command", command);
	}
	print(w, o);
}

static void ndjson_armed(struct cw_writer *w, __u64 rules, __u64 ts_ns)
{
	json_t *o = json_object(), *armed = json_array();
	__u32 i;

	cw_json_text(o, "type", "armed");
	set_wall(o, w->start, ts_ns);
	for (i = 0; i < CW_RULE_NR; i++)
		if (rules & CW_RULE_BIT(i))
			json_array_append_new(armed, json_string(cw_rule_info(i)->id));
	json_object_set_new(o, "armed", armed);
	print(w, o);
}

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

static void ndjson_report(struct cw_writer *w, const struct cw_report *r)
{
	const struct cw_start *start = w->start;
	json_t *o = json_object();

	cw_json_text(o, "type", cw_sev_name(r->finding->sev));
	cw_json_text(o, "rule", r->rule->id);
	cw_json_text(o, "name", r->rule->name);
	cw_json_lower(o, "finding", r->finding->id);
	cw_json_text(o, "event", cw_event_name(r->event->type));
	set_wall(o, start, r->event->ts_ns);
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
	if (start->policy->waived & CW_RULE_BIT(r->detail->rule))
		cw_json_text(o, "waived", start->policy->reason[r->detail->rule]);
	print(w, o);
}

static json_t *rule_object(const struct cw_start *start, const struct cw_finish *f, __u32 rule)
{
	const struct cw_count *c = &f->totals->rule[rule];
	json_t *o = json_object();

	cw_json_text(o, "rule", cw_rule_info(rule)->id);
	cw_json_text(o, "name", cw_rule_info(rule)->name);
	cw_json_text(o, "outcome", cw_outcome_name(f->verdict->outcome[rule]));
	cw_json_u64(o, "checked", c->checked);
	cw_json_u64(o, "violated", c->violated);
	cw_json_u64(o, "warned", c->warned);
	cw_json_u64(o, "observed", c->observed);
	cw_json_u64(o, "no_evidence", c->no_evidence);
	cw_json_u64(o, "shown", f->told->shown[rule]);
	if (f->verdict->note[rule][0])
		cw_json_text(o, "note", f->verdict->note[rule]);
	if (start->policy->waived & CW_RULE_BIT(rule))
		cw_json_text(o, "waived", start->policy->reason[rule]);
	return o;
}

static json_t *loss_list(const struct cw_totals *t)
{
	json_t *list = json_array(), *o;
	__u32 event, loss;

	for (event = 0; event < CW_EV_NR; event++) {
		for (loss = 0; loss < CW_LOSS_NR; loss++) {
			if (!t->loss[event][loss])
				continue;
			o = json_object();
			cw_json_text(o, "event", cw_event_name(event));
			cw_json_lower(o, "loss", cw_loss_name(loss));
			cw_json_u64(o, "count", t->loss[event][loss]);
			json_array_append_new(list, o);
		}
	}
	return list;
}

static json_t *stat_object(const struct cw_totals *t)
{
	json_t *o = json_object();
	char key[32];
	__u32 i;
	size_t k;

	for (i = 0; i < CW_STAT_NR; i++) {
		snprintf(key, sizeof(key), "%s", cw_stat_name(i));
		for (k = 0; key[k]; k++)
			key[k] = (char)tolower((unsigned char)key[k]);
		cw_json_u64(o, key, t->stat[i]);
	}
	cw_json_u64(o, "malformed", t->malformed);
	cw_json_u64(o, "unknown_types", t->unknown);
	cw_json_u64(o, "unreadable", t->unreadable);
	return o;
}

static void ndjson_finish(struct cw_writer *w, const struct cw_finish *f)
{
	const struct cw_start *start = w->start;
	json_t *o = json_object(), *rules = json_array();
	__u32 i;

	cw_json_text(o, "type", "summary");
	cw_json_text(o, "verdict", cw_exit_name(f->verdict->exit));
	cw_json_text(o, "why", f->verdict->why);
	cw_json_u64(o, "exit", (__u64)f->verdict->exit);
	cw_json_u64(o, "duration_ns", f->duration_ns);
	for (i = 0; i < CW_RULE_NR; i++)
		json_array_append_new(rules, rule_object(start, f, i));
	json_object_set_new(o, "rules", rules);
	json_object_set_new(o, "losses", loss_list(f->totals));
	json_object_set_new(o, "stats", stat_object(f->totals));
	json_object_set_new(o, "waived", rules_waived(start->policy));
	if (f->ending->has_command)
		cw_json_u64(o, "command_status", (__u64)f->ending->command_status);
	print(w, o);
}

const struct cw_writer_ops cw_out_ndjson = {
	.name = "ndjson",
	.help = "one JSON object a line",
	.start = ndjson_start,
	.armed = ndjson_armed,
	.report = ndjson_report,
	.finish = ndjson_finish,
};
