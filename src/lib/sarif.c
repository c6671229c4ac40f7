// SPDX-License-Identifier: GPL-2.0-only
/* Rules and findings in the terms of SARIF 2.1.0. */
#include "sarif.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "names.h"
#include "version.h"

#define SITE_FRAMES 8	/* innermost functions that tell one place from another */

const char *cw_sarif_level(__u32 sev)
{
	if (sev == CW_SEV_V)
		return "error";
	return sev == CW_SEV_W ? "warning" : "note";
}

static json_t *message(const char *text)
{
	json_t *o = json_object();

	cw_json_text(o, "text", text);
	return o;
}

/* ---- rules ---- */

/* What each finding of the rule expects, as a list. */
static json_t *rule_help(__u32 rule)
{
	json_t *o = json_object();
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	__u32 i;

	if (!f)
		return o;
	fprintf(f, "%s\n", cw_rule_info(rule)->text);
	for (i = CW_FIND_NONE + 1; i < CW_FIND_NR; i++)
		if (cw_finding_info(i)->rule == rule)
			fprintf(f, "- %s: expected %s; found: %s\n", cw_sev_name(cw_finding_info(i)->sev),
				cw_finding_info(i)->expected, cw_finding_info(i)->seen);
	fprintf(f, "See `cocowatch rules %s` and cocowatch-rules(7).\n", cw_rule_info(rule)->id);
	if (!fclose(f))
		cw_json_text(o, "text", text);
	free(text);
	return o;
}

static __u32 worst_sev(__u32 sev)
{
	if (sev & CW_SEV_V)
		return CW_SEV_V;
	return sev & CW_SEV_W ? CW_SEV_W : CW_SEV_O;
}

static json_t *rule_descriptor(const struct cw_start *start, __u32 rule)
{
	const struct cw_rule_info *info = cw_rule_info(rule);
	__u32 sev = cw_policy_sev(start->policy, rule, worst_sev(info->sev));
	json_t *o = json_object(), *configuration = json_object(), *properties = json_object();

	cw_json_text(o, "id", info->id);
	cw_json_text(o, "name", info->name);
	json_object_set_new(o, "shortDescription", message(info->name));
	json_object_set_new(o, "fullDescription", message(info->text));
	json_object_set_new(o, "help", rule_help(rule));
	cw_json_text(configuration, "level", cw_sarif_level(sev));
	json_object_set_new(configuration, "enabled",
			    json_boolean(!(start->policy->off & CW_RULE_BIT(rule))));
	json_object_set_new(o, "defaultConfiguration", configuration);
	cw_json_text(properties, "judge", cw_judge_name(info->judge));
	cw_json_text(properties, "profile", cw_profile_name(info->profile));
	json_object_set_new(o, "properties", properties);
	return o;
}

json_t *cw_sarif_tool(const struct cw_start *start)
{
	json_t *driver = json_object(), *rules = json_array();
	__u32 i;

	cw_json_text(driver, "name", "cocowatch");
	cw_json_text(driver, "semanticVersion", CW_VERSION);
	for (i = 0; i < CW_RULE_NR; i++)
		json_array_append_new(rules, rule_descriptor(start, i));
	json_object_set_new(driver, "rules", rules);
	return json_pack("{s:o}", "driver", driver);
}

/* ---- results ---- */

/* "set_memory_p" of "set_memory_p+0x12/0x40 [module]" */
static void function_name(const struct cw_start *start, __u64 addr, char *buf, size_t size)
{
	cw_symbol_text(start->symbols, addr, buf, size);
	buf[strcspn(buf, "+ ")] = '\0';
}

static json_t *logical_location(const char *function)
{
	json_t *o = json_object();

	cw_json_text(o, "name", function);
	cw_json_text(o, "fullyQualifiedName", function);
	cw_json_text(o, "kind", "function");
	return o;
}

/* One location: where the finding is, as a chain of callers. */
static json_t *locations(const struct cw_start *start, const struct cw_report *r)
{
	json_t *logical = json_array();
	char name[CW_SYMBOL_LEN];
	__u32 i;

	for (i = 0; i < r->nr_stack; i++) {
		function_name(start, r->stack[i], name, sizeof(name));
		if (strcmp(name, "?") != 0)
			json_array_append_new(logical, logical_location(name));
	}
	/* what user space judges has no stack: the step that it was judged at */
	if (!json_array_size(logical))
		json_array_append_new(logical, json_pack("{s:s, s:s}", "name", cw_event_name(r->event->type),
							 "kind", "event"));
	return json_pack("[{s:o}]", "logicalLocations", logical);
}

static json_t *stack_frame(const struct cw_start *start, __u64 addr)
{
	char text[CW_SYMBOL_LEN];
	json_t *location = json_object();

	cw_symbol_text(start->symbols, addr, text, sizeof(text));
	json_object_set_new(location, "message", message(text));
	text[strcspn(text, "+ ")] = '\0';
	json_object_set_new(location, "logicalLocations", json_pack("[o]", logical_location(text)));
	return json_pack("{s:o}", "location", location);
}

static json_t *stacks(const struct cw_start *start, const struct cw_report *r)
{
	json_t *frames = json_array();
	__u32 i;

	for (i = 0; i < r->nr_stack; i++)
		json_array_append_new(frames, stack_frame(start, r->stack[i]));
	return json_pack("[{s:o, s:o}]", "message", message("kernel stack"), "frames", frames);
}

/* FNV-1a of finding and functions: the same in the next boot, where addresses are others, and in
 * the next build, where offsets are.
 */
static __u64 fingerprint_add(__u64 hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3ULL;
	return (hash ^ '\n') * 0x100000001b3ULL;
}

static json_t *fingerprints(const struct cw_start *start, const struct cw_report *r)
{
	__u64 hash = fingerprint_add(0xcbf29ce484222325ULL, r->finding->id);
	char text[CW_SYMBOL_LEN];
	__u32 i;

	hash = fingerprint_add(hash, cw_event_name(r->event->type));
	for (i = 0; i < r->nr_stack && i < SITE_FRAMES; i++) {
		function_name(start, r->stack[i], text, sizeof(text));
		hash = fingerprint_add(hash, text);
	}
	snprintf(text, sizeof(text), "%016llx", hash);
	return json_pack("{s:s}", "cocowatchSite/v1", text);
}

static json_t *suppressions(const char *why)
{
	json_t *o = json_object();

	cw_json_text(o, "kind", "external");
	cw_json_text(o, "status", "accepted");
	cw_json_text(o, "justification", why);
	return json_pack("[o]", o);
}

/* What the text writer would print, which is the whole story. */
static json_t *report_message(const struct cw_writer *w, const struct cw_report *r)
{
	struct cw_writer text_writer = { .ops = &cw_out_text, .start = w->start };
	struct cw_report alone = *r;
	json_t *o = json_object();
	char *text = NULL;
	size_t len;

	alone.before = NULL;
	alone.more = alone.last_of_group = false;
	text_writer.file = open_memstream(&text, &len);
	if (text_writer.file) {
		cw_out_text.report(&text_writer, &alone);
		if (!fclose(text_writer.file))
			cw_json_text(o, "text", text);
	}
	free(text);
	return o;
}

json_t *cw_sarif_result(const struct cw_writer *w, const struct cw_report *r)
{
	json_t *o = json_object(), *properties = json_object();

	cw_json_text(o, "ruleId", r->rule->id);
	cw_json_u64(o, "ruleIndex", r->detail->rule);
	cw_json_text(o, "level", cw_sarif_level(r->sev));
	json_object_set_new(o, "message", report_message(w, r));
	json_object_set_new(o, "locations", locations(w->start, r));
	if (r->nr_stack)
		json_object_set_new(o, "stacks", stacks(w->start, r));
	json_object_set_new(o, "partialFingerprints", fingerprints(w->start, r));
	if (r->excuse)
		json_object_set_new(o, "suppressions", suppressions(r->excuse));
	cw_json_lower(properties, "finding", r->finding->id);
	cw_json_text(properties, "event", cw_event_name(r->event->type));
	json_object_set_new(o, "properties", properties);
	return o;
}

json_t *cw_sarif_expired(const struct cw_finish *f, __u32 rule)
{
	json_t *o = json_object();

	cw_json_text(o, "ruleId", cw_rule_info(rule)->id);
	cw_json_u64(o, "ruleIndex", rule);
	cw_json_text(o, "level", "error");
	json_object_set_new(o, "message", message(f->verdict->expired[rule]));
	json_object_set_new(o, "locations",
			    json_pack("[{s:[{s:s, s:s}]}]", "logicalLocations", "name", "policy", "kind",
				      "resource"));
	return o;
}
