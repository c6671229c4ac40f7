// SPDX-License-Identifier: GPL-2.0-only
/* One JSON object a line, with the field names of cocowatch/event.h: "session"
 * first, then "violation", "warning" and "observation", "summary" last.
 */
#include "out.h"

#include <ctype.h>
#include <string.h>

#include "json.h"
#include "names.h"
#include "policy_file.h"
#include "schema.h"

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

static json_t *waiver_list(const struct cw_policy *policy)
{
	json_t *list = json_array(), *o;
	const struct cw_waiver *w;
	char finding[64];
	size_t i;

	for (i = 0; (w = cw_policy_waiver(policy, i)); i++) {
		o = json_object();
		cw_json_text(o, "rule", cw_rule_info(w->rule)->id);
		if (w->finding) {
			cw_finding_lower(cw_finding_info(w->finding)->id, finding, sizeof(finding));
			cw_json_text(o, "finding", finding);
		}
		if (w->function[0])
			cw_json_text(o, "function", w->function);
		cw_json_text(o, "reason", w->reason);
		if (w->expires[0])
			cw_json_text(o, "expires", w->expires);
		json_object_set_new(o, "expired", json_boolean(w->expired));
		json_array_append_new(list, o);
	}
	return list;
}

static void ndjson_start(struct cw_writer *w, const struct cw_start *start)
{
	bool module = start->arming->source == &cw_source_module;
	json_t *o = json_object(), *command;
	size_t i;

	cw_json_text(o, "type", "session");
	cw_json_text(o, "schema", CW_SCHEMA_VERSION);
	cw_json_u64(o, "abi_major", CW_ABI_MAJOR);
	cw_json_u64(o, "abi_minor", CW_ABI_MINOR);
	cw_json_wall(o, start, start->ts_ns);
	cw_json_text(o, "kernel", start->platform->release);
	cw_json_text(o, "mode", cw_platform_watched_mode(start->platform, module));
	json_object_set_new(o, "emulated", json_boolean(module && start->platform->module.emulate[0]));
	cw_json_text(o, "source", start->arming->source->name);
	json_object_set_new(o, "armed", rules_armed(start));
	json_object_set_new(o, "not_armed", rules_not_armed(start));
	json_object_set_new(o, "waived", rules_waived(start->policy));
	json_object_set_new(o, "waivers", waiver_list(start->policy));
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
	cw_json_wall(o, w->start, ts_ns);
	for (i = 0; i < CW_RULE_NR; i++)
		if (rules & CW_RULE_BIT(i))
			json_array_append_new(armed, json_string(cw_rule_info(i)->id));
	json_object_set_new(o, "armed", armed);
	print(w, o);
}

static void ndjson_report(struct cw_writer *w, const struct cw_report *r)
{
	print(w, cw_json_report(w->start, r));
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
	if (f->verdict->excuse[rule][0])
		cw_json_text(o, "excuse", f->verdict->excuse[rule]);
	if (f->verdict->expired[rule][0])
		cw_json_text(o, "expired", f->verdict->expired[rule]);
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

static json_t *reaction_list(const struct cw_reactions *rs)
{
	json_t *list = json_array(), *o;
	size_t i;

	for (i = 0; rs && i < rs->nr; i++) {
		const struct cw_reaction *r = &rs->reaction[i];

		o = json_object();
		cw_json_text(o, "rule", cw_rule_info(r->rule)->id);
		cw_json_text(o, "action", cw_action_name(r->action));
		if (r->action == CW_ACTION_EXEC)
			cw_json_text(o, "program", r->program);
		if (r->action == CW_ACTION_SIGNAL)
			cw_json_text(o, "signal", sigabbrev_np(r->signal));
		cw_json_u64(o, "done", r->done);
		cw_json_u64(o, "limited", r->limited);
		cw_json_u64(o, "failed", r->failed);
		json_array_append_new(list, o);
	}
	return list;
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
	json_object_set_new(o, "reactions", reaction_list(f->reactions));
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
