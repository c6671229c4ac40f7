// SPDX-License-Identifier: GPL-2.0-only
/* JSON Schema of NDJSON, made of tables: records and the objects in them here, the fields that a
 * finding has besides for its event in event_fields.c.
 */
#include "schema.h"

#include <string.h>

#include <cocowatch/count.h>
#include <cocowatch/event.h>

#include "events.h"
#include "json.h"
#include "names.h"
#include "rules.h"

#define END { .name = NULL }
#define WALL \
	CW_FIELD("ts_ns", INT, "CLOCK_MONOTONIC"), \
	CW_FIELD("wall_ns", INT, "CLOCK_REALTIME, nanoseconds since 1970")

static const struct cw_schema_field session_fields[] = {
	CW_FIELD("schema", TEXT, "version of this schema"),
	CW_FIELD("abi_major", INT, "version of the records"),
	CW_FIELD("abi_minor", INT, "version of the records"),
	WALL,
	CW_FIELD("kernel", TEXT, "uname -r"),
	CW_FIELD("mode", TEXT, "kind of confidential VM"),
	CW_FIELD("emulated", BOOL, "cocovm.ko emulates it"),
	CW_FIELD("source", TEXT, "where facts come from: stock or module"),
	CW_FIELD("armed", TEXTS, "rules that are watched"),
	CW_FIELD("not_armed", BY_RULE, "rules that are not, and why"),
	CW_FIELD("waived", BY_RULE, "rules that are waived whole, and why"),
	CW_FIELD_REF("waivers", OBJECTS, "waiver", "waivers of the policy file"),
	CW_MAYBE("command", TEXTS, "under gate"),
	END,
};

static const struct cw_schema_field armed_fields[] = {
	WALL,
	CW_FIELD("armed", TEXTS, "rules that are watched from now on"),
	END,
};

static const struct cw_schema_field finding_fields[] = {
	CW_FIELD("rule", TEXT, "its id"),
	CW_FIELD("name", TEXT, "its name"),
	CW_FIELD("finding", TEXT, "what exactly was found"),
	CW_FIELD("event", TEXT, "what was judged"),
	WALL,
	CW_FIELD("seq", INT, "order of events in the session"),
	CW_FIELD("cpu", INT, "where it happened"),
	CW_FIELD("tgid", INT, "process"),
	CW_FIELD("tid", INT, "thread"),
	CW_FIELD("comm", TEXT, "name of the thread, empty when not known"),
	CW_FIELD("space", TEXT, "kernel, or emulated: the module's own pool"),
	CW_FIELD("expected", TEXT, "what should have been"),
	CW_FIELD("found", TEXT, "what was instead"),
	CW_MAYBE("index", INT, "page of the range"),
	CW_MAYBE("detail_gfn", INT, "frame that it is about"),
	CW_MAYBE("want", VALUE, "value that was expected"),
	CW_FIELD("seen", VALUE, "value that was seen"),
	CW_MAYBE_REF("previous", OBJECT, "previous", "last transition of the frame"),
	CW_FIELD("stack", TEXTS, "kernel functions, innermost first"),
	CW_FIELD("nr_untold", INT, "findings of the same step that are only counted"),
	CW_MAYBE("waived", TEXT, "why it does not count"),
	END,
};

static const struct cw_schema_field summary_fields[] = {
	CW_FIELD("verdict", TEXT, "held, violated, no verdict or command failed"),
	CW_FIELD("why", TEXT, "what decided it"),
	CW_FIELD("exit", INT, "exit status"),
	CW_FIELD("duration_ns", INT, "of the session"),
	CW_FIELD_REF("rules", OBJECTS, "rule", "what became of each"),
	CW_FIELD_REF("losses", OBJECTS, "loss", "what was lost"),
	CW_FIELD_REF("stats", OBJECT, "stats", "sums over the session"),
	CW_FIELD("waived", BY_RULE, "rules that are waived whole, and why"),
	CW_FIELD_REF("reactions", OBJECTS, "reaction", "what was done about violations"),
	CW_MAYBE("command_status", INT, "exit status of the command under gate"),
	END,
};

static const struct cw_schema_field pte_fields[] = {
	CW_FIELD("empty", BOOL, "no entry"),
	CW_FIELD("present", BOOL, "present bit"),
	CW_FIELD("shared", BOOL, "shared with the host"),
	CW_FIELD("gfn", INT, "frame that it maps"),
	CW_FIELD("writable", BOOL, "writable bit"),
	CW_FIELD("nx", BOOL, "not executable"),
	CW_MAYBE("raw", HEX, "the entry, with --include-addresses"),
	END,
};

static const struct cw_schema_field task_fields[] = {
	CW_FIELD("tgid", INT, "process"),
	CW_FIELD("tid", INT, "thread"),
	END,
};

static const struct cw_schema_field before_fields[] = {
	CW_FIELD("private", INT, "frames"),
	CW_FIELD("in transition", INT, "frames"),
	CW_FIELD("shared", INT, "frames"),
	CW_FIELD("unknown", INT, "frames"),
	END,
};

static const struct cw_schema_field previous_fields[] = {
	CW_FIELD("ts_ns", INT, "CLOCK_MONOTONIC"),
	CW_FIELD("seq", INT, "order of events in the session"),
	CW_FIELD("cpu", INT, "where it happened"),
	CW_FIELD("tgid", INT, "process"),
	CW_FIELD("tid", INT, "thread"),
	CW_FIELD("comm", TEXT, "name of the thread"),
	CW_FIELD("to_shared", INT, "1: to be shared"),
	CW_FIELD("ret", INT, "what it returned"),
	CW_FIELD("gfn_min", INT, "lowest frame"),
	CW_FIELD("gfn_max", INT, "highest frame"),
	CW_FIELD("nr_pages", INT, "pages"),
	CW_FIELD("certain", BOOL, "the frame was in it, not only amid its frames"),
	END,
};

static const struct cw_schema_field waiver_fields[] = {
	CW_FIELD("rule", TEXT, "id"),
	CW_MAYBE("finding", TEXT, "of this kind only"),
	CW_MAYBE("function", TEXT, "with this function in the stack only"),
	CW_FIELD("reason", TEXT, "why"),
	CW_MAYBE("expires", DATE, "last day on which it counts"),
	CW_FIELD("expired", BOOL, "that day is over"),
	END,
};

static const struct cw_schema_field rule_fields[] = {
	CW_FIELD("rule", TEXT, "id"),
	CW_FIELD("name", TEXT, "name"),
	CW_FIELD("outcome", TEXT, "held, violated, not exercised, not armed or unknown"),
	CW_FIELD("checked", INT, "judgements with evidence"),
	CW_FIELD("violated", INT, "violations among them"),
	CW_FIELD("warned", INT, "warnings"),
	CW_FIELD("observed", INT, "observations"),
	CW_FIELD("no_evidence", INT, "judgements without evidence"),
	CW_FIELD("shown", INT, "findings that are in this stream"),
	CW_MAYBE("note", TEXT, "why it is not held"),
	CW_MAYBE("waived", TEXT, "why the whole rule is waived"),
	CW_MAYBE("excuse", TEXT, "why its violations do not fail"),
	CW_MAYBE("expired", TEXT, "a waiver of it that has expired, which fails"),
	END,
};

static const struct cw_schema_field loss_fields[] = {
	CW_FIELD("event", TEXT, "what was lost"),
	CW_FIELD("loss", TEXT, "how"),
	CW_FIELD("count", INT, "how many"),
	END,
};

static const struct cw_schema_field reaction_fields[] = {
	CW_FIELD("rule", TEXT, "id"),
	CW_FIELD("action", TEXT, "what is done"),
	CW_MAYBE("program", TEXT, "that is run"),
	CW_MAYBE("signal", TEXT, "that is sent"),
	CW_FIELD("done", INT, "how often"),
	CW_FIELD("limited", INT, "not done, since it was done too often before"),
	CW_FIELD("failed", INT, "could not be done"),
	END,
};

static const struct cw_schema_field stat_fields[] = {
	CW_FIELD("malformed", INT, "records shorter than their type says"),
	CW_FIELD("unknown_types", INT, "records of types that are not known"),
	CW_FIELD("unreadable", INT, "counters that could not be read"),
	END,
};

static const struct {
	const char *name;
	const struct cw_schema_field *fields;
} objects[] = {
	{ "pte", pte_fields },
	{ "task", task_fields },
	{ "before", before_fields },
	{ "previous", previous_fields },
	{ "waiver", waiver_fields },
	{ "rule", rule_fields },
	{ "loss", loss_fields },
	{ "reaction", reaction_fields },
};

#define NR(array) (sizeof(array) / sizeof((array)[0]))

/* ---- one field ---- */

static json_t *reference(const char *def)
{
	return json_pack("{s:s+}", "$ref", "#/$defs/", def);
}

static json_t *of_type(const char *type)
{
	return json_pack("{s:s}", "type", type);
}

static json_t *array_of(json_t *items)
{
	return json_pack("{s:s, s:o}", "type", "array", "items", items);
}

/* A number, a mask, names, an entry or a task. */
static json_t *value_schema(void)
{
	return json_pack("{s:[o, o, o, o, o]}", "anyOf", of_type("integer"), reference("hex"),
			 array_of(of_type("string")), reference("pte"), reference("task"));
}

static json_t *field_schema(const struct cw_schema_field *f)
{
	switch (f->kind) {
	case CW_SCHEMA_INT: return of_type("integer");
	case CW_SCHEMA_TEXT: return of_type("string");
	case CW_SCHEMA_HEX: return reference("hex");
	case CW_SCHEMA_DATE: return json_pack("{s:s, s:s}", "type", "string", "format", "date");
	case CW_SCHEMA_BOOL: return of_type("boolean");
	case CW_SCHEMA_TEXTS: return array_of(of_type("string"));
	case CW_SCHEMA_BY_RULE:
		return json_pack("{s:s, s:o, s:o}", "type", "object", "propertyNames",
				 reference("rule_id"), "additionalProperties", of_type("string"));
	case CW_SCHEMA_OBJECT: return reference(f->ref);
	case CW_SCHEMA_OBJECTS: return array_of(reference(f->ref));
	case CW_SCHEMA_VALUE: return value_schema();
	}
	return NULL;
}

static void field_add(json_t *properties, json_t *required, const struct cw_schema_field *f)
{
	json_t *schema = field_schema(f);

	cw_json_text(schema, "description", f->text);
	json_object_set_new(properties, f->name, schema);
	if (!f->optional)
		json_array_append_new(required, json_string(f->name));
}

/* {"type": "object", "properties": .., "required": ..}: open, so that others may add to it. */
static json_t *open_schema(json_t *properties, json_t *required)
{
	return json_pack("{s:s, s:o, s:o}", "type", "object", "properties", properties, "required",
			 required);
}

static json_t *fields_schema(const struct cw_schema_field *f)
{
	json_t *properties = json_object(), *required = json_array();

	for (; f->name; f++)
		field_add(properties, required, f);
	return open_schema(properties, required);
}

static json_t *event_schema(const struct cw_event_shape *shape)
{
	json_t *properties = json_object(), *required = json_array();
	size_t i;

	for (i = 0; i < shape->nr; i++)
		if (shape->field[i].json.name)
			field_add(properties, required, &shape->field[i].json);
	return open_schema(properties, required);
}

static json_t *closed(json_t *schema)
{
	json_object_set_new(schema, "additionalProperties", json_false());
	return schema;
}

/* ---- records ---- */

static json_t *record_schema(const char *type, const struct cw_schema_field *fields)
{
	json_t *schema = fields_schema(fields);

	json_object_set_new(json_object_get(schema, "properties"), "type",
			    json_pack("{s:s}", "const", type));
	json_array_append_new(json_object_get(schema, "required"), json_string("type"));
	return closed(schema);
}

static json_t *names_of_findings(void)
{
	json_t *names = json_array(), *o = json_object();
	__u32 i;

	for (i = CW_FIND_NONE + 1; i < CW_FIND_NR; i++) {
		cw_json_lower(o, "name", cw_finding_info(i)->id);
		json_array_append(names, json_object_get(o, "name"));
	}
	json_decref(o);
	return names;
}

/* {"if": {"properties": {"event": {"const": NAME}}}, "then": {"$ref": "#/$defs/event_NAME"}} */
static json_t *event_condition(const char *name)
{
	return json_pack("{s:{s:{s:{s:s}}, s:[s]}, s:{s:s+}}", "if", "properties", "event", "const",
			 name, "required", "event", "then", "$ref", "#/$defs/event_", name);
}

static json_t *finding_schema(void)
{
	json_t *schema = fields_schema(finding_fields), *all = json_array(), *events = json_array();
	json_t *properties = json_object_get(schema, "properties");
	__u32 i;

	for (i = 0; i < CW_EV_NR; i++) {
		if (!cw_event_info(i))
			continue;
		json_array_append_new(events, json_string(cw_event_name(i)));
		json_array_append_new(all, event_condition(cw_event_name(i)));
	}
	json_object_set_new(properties, "type", json_pack("{s:[s, s, s]}", "enum", "violation",
							  "warning", "observation"));
	json_array_append_new(json_object_get(schema, "required"), json_string("type"));
	json_object_set_new(json_object_get(properties, "event"), "enum", events);
	json_object_set_new(json_object_get(properties, "finding"), "enum", names_of_findings());
	json_object_set_new(schema, "allOf", all);
	json_object_set_new(schema, "unevaluatedProperties", json_false());
	return schema;
}

/* Counters have rows of their own, in count.h. */
static json_t *stats_schema(void)
{
	json_t *schema = fields_schema(stat_fields), *o = json_object(), *field;
	const char *name;
	__u32 i;

	for (i = 0; i < CW_STAT_NR; i++) {
		cw_json_lower(o, "name", cw_stat_name(i));
		name = json_string_value(json_object_get(o, "name"));
		field = of_type("integer");
		cw_json_text(field, "description", cw_stat_text(i));
		json_object_set_new(json_object_get(schema, "properties"), name, field);
		json_array_append_new(json_object_get(schema, "required"), json_string(name));
	}
	json_decref(o);
	return closed(schema);
}

static json_t *rule_ids(void)
{
	json_t *ids = json_array();
	__u32 i;

	for (i = 0; i < CW_RULE_NR; i++)
		json_array_append_new(ids, json_string(cw_rule_info(i)->id));
	return json_pack("{s:o}", "enum", ids);
}

static json_t *definitions(void)
{
	json_t *defs = json_object();
	char name[64];
	__u32 type;
	size_t i;

	json_object_set_new(defs, "session", record_schema("session", session_fields));
	json_object_set_new(defs, "armed", record_schema("armed", armed_fields));
	json_object_set_new(defs, "finding", finding_schema());
	json_object_set_new(defs, "summary", record_schema("summary", summary_fields));
	for (i = 0; i < NR(objects); i++)
		json_object_set_new(defs, objects[i].name,
				    closed(fields_schema(objects[i].fields)));
	json_object_set_new(defs, "stats", stats_schema());
	json_object_set_new(defs, "rule_id", rule_ids());
	json_object_set_new(defs, "hex", json_pack("{s:s, s:s}", "type", "string", "pattern",
						   "^0x[0-9a-f]{1,16}$"));
	for (type = 0; type < CW_EV_NR; type++) {
		if (!cw_event_info(type))
			continue;
		snprintf(name, sizeof(name), "event_%s", cw_event_name(type));
		json_object_set_new(defs, name, event_schema(cw_event_info(type)->shape));
	}
	return defs;
}

json_t *cw_schema_make(void)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:[o, o, o, o], s:o}",
			 "$schema", "https://json-schema.org/draft/2020-12/schema",
			 "$id", "urn:cocowatch:ndjson:" CW_SCHEMA_VERSION,
			 "title", "One line of cocowatch -o ndjson, version " CW_SCHEMA_VERSION,
			 "description", "session first, then armed and findings, summary last",
			 "oneOf", reference("session"), reference("armed"), reference("finding"),
			 reference("summary"), "$defs", definitions());
}
