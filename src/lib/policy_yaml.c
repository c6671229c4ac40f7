// SPDX-License-Identifier: GPL-2.0-only
/* Policy files: YAML into structures, by libcyaml and a schema made of the rules' table.  The file
 * is somebody's input: its size, its lists and its texts are limited, and what is not known is
 * refused with its line.
 */
#include "policy_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cyaml/cyaml.h>

#include "parse.h"
#include "rules.h"

/* ---- the schema ---- */

#define NR(array) (sizeof(array) / sizeof((array)[0]))

#define SEVERITY_VALUE(id, name) { name, CW_SEVERITY_##id },
static const cyaml_strval_t severities[] = { CW_SEVERITIES(SEVERITY_VALUE) };

#define RULE_VALUES(id, name, sev, judge, profile, text) \
	{ #id, CW_RULE_##id }, { name, CW_RULE_##id },
static const cyaml_strval_t rule_values[] = { CW_RULES(RULE_VALUES) };

#define ACTION_VALUE(id, name, help) { name, CW_ACTION_##id },
static const cyaml_strval_t action_values[] = { CW_ACTIONS(ACTION_VALUE) };

#define SEVERITY_FIELD(id, name, sev, judge, profile, text) \
	CYAML_FIELD_ENUM(#id, CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct cw_policy_rules, \
			 of[CW_RULE_##id], severities, NR(severities)),
static const cyaml_schema_field_t severity_fields[] = { CW_RULES(SEVERITY_FIELD) CYAML_FIELD_END };

#define REQUIRE_FIELD(id, name, sev, judge, profile, text) \
	CYAML_FIELD_UINT(#id, CYAML_FLAG_OPTIONAL, struct cw_policy_require, of[CW_RULE_##id]),
static const cyaml_schema_field_t require_fields[] = { CW_RULES(REQUIRE_FIELD) CYAML_FIELD_END };

#define OPTIONAL_TEXT(key, row) CYAML_FIELD_STRING(#key, CYAML_FLAG_OPTIONAL, struct row, key, 1)
#define RULE_FIELD(row) \
	CYAML_FIELD_ENUM("rule", CYAML_FLAG_STRICT, struct row, rule, rule_values, NR(rule_values))

static const cyaml_schema_field_t waiver_fields[] = {
	RULE_FIELD(cw_policy_waiver_row),
	OPTIONAL_TEXT(finding, cw_policy_waiver_row),
	OPTIONAL_TEXT(function, cw_policy_waiver_row),
	CYAML_FIELD_STRING("reason", CYAML_FLAG_DEFAULT, struct cw_policy_waiver_row, reason, 1),
	OPTIONAL_TEXT(expires, cw_policy_waiver_row),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t reaction_fields[] = {
	RULE_FIELD(cw_policy_reaction_row),
	CYAML_FIELD_ENUM("action", CYAML_FLAG_STRICT, struct cw_policy_reaction_row, action,
			 action_values, NR(action_values)),
	OPTIONAL_TEXT(program, cw_policy_reaction_row),
	OPTIONAL_TEXT(signal, cw_policy_reaction_row),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t waiver_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct cw_policy_waiver_row, waiver_fields),
};

static const cyaml_schema_value_t reaction_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct cw_policy_reaction_row, reaction_fields),
};

static const cyaml_schema_field_t file_fields[] = {
	CYAML_FIELD_UINT("version", CYAML_FLAG_DEFAULT, struct cw_policy_file, version),
	CYAML_FIELD_MAPPING("rules", CYAML_FLAG_OPTIONAL, struct cw_policy_file, rules,
			    severity_fields),
	CYAML_FIELD_MAPPING("require", CYAML_FLAG_OPTIONAL, struct cw_policy_file, require,
			    require_fields),
	CYAML_FIELD_SEQUENCE("waivers", CYAML_FLAG_OPTIONAL, struct cw_policy_file, waivers,
			     &waiver_entry, 0, CW_WAIVERS_MAX),
	CYAML_FIELD_SEQUENCE("reactions", CYAML_FLAG_OPTIONAL, struct cw_policy_file, reactions,
			     &reaction_entry, 0, CW_REACTIONS_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t file_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct cw_policy_file, file_fields),
};

/* ---- what libcyaml says, as one line ---- */

struct complaint {
	char text[256];	/* the first error, without libcyaml's prefix */
	unsigned int line;
	bool several;	/* documents */
};

/* Its own words, and ours; %s is what follows its words. */
static const struct wording {
	const char *theirs;
	const char *ours;
	enum { AT_LINE, KEY_FROM, KEY_AFTER } where;	/* a key is met at the value before it */
} wordings[] = {
	{ "Unexpected key: ", "unknown key '%s'", KEY_FROM },
	{ "Mapping field already seen: ", "'%s' is given twice", KEY_AFTER },
	{ "Missing required mapping field: ", "'%s' is missing", AT_LINE },
	{ "Invalid ENUM value: ", "'%s' is not one of the values that are known here", AT_LINE },
	{ "Invalid UINT value: ", "%s is no count", AT_LINE },
	{ "Invalid uint64_t value: ", "%s is no count", AT_LINE },
	{ "Excessive entries ", "more entries than are taken %s", AT_LINE },
	{ "STRING length > ", "a text is longer than %s", AT_LINE },
	{ "STRING length < ", "a text is empty%.0s", AT_LINE },
	{ "Expecting ", "expected %s", AT_LINE },
	{ "libyaml: ", "%s", AT_LINE },
};

static void on_log(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
	struct complaint *c = ctx;
	char text[256];
	const char *at;

	vsnprintf(text, sizeof(text), fmt, args);
	text[strcspn(text, "\n")] = '\0';
	if (level == CYAML_LOG_WARNING && strstr(text, "documents after first"))
		c->several = true;
	if (level != CYAML_LOG_ERROR)
		return;
	at = strstr(text, "(line: ");
	if (!strncmp(text, "  in ", 5)) {
		if (at && !c->line)
			c->line = (unsigned int)strtoul(at + 7, NULL, 10);
	} else if (!c->text[0] && !strstr(text, "Backtrace:")) {
		at = strncmp(text, "Load: ", 6) ? text : text + 6;
		snprintf(c->text, sizeof(c->text), "%s", at);
	}
}

/* The first line, from that one on, with a key; 0: none. */
static unsigned int key_line(const char *bytes, size_t len, const char *key, unsigned int from)
{
	const char *end = bytes + len, *at = bytes, *next;
	size_t key_len = strlen(key);
	unsigned int line;

	for (line = 1; at < end; at = next, line++) {
		next = memchr(at, '\n', (size_t)(end - at));
		next = next ? next + 1 : end;
		if (line < from)
			continue;
		at = memmem(at, (size_t)(next - at), key, key_len);
		if (at && at + key_len < next && at[key_len] == ':')
			return line;
	}
	return 0;
}

/* The line of a key that libcyaml met after one: that line, or a later one. */
static unsigned int key_place(const char *bytes, size_t len, const char *key, unsigned int line,
			      bool after)
{
	unsigned int at = after ? key_line(bytes, len, key, line + 1) : 0;

	if (!at)
		at = key_line(bytes, len, key, line ? line : 1);
	return at ? at : line;
}

static void complaint_print(const struct complaint *c, cyaml_err_t err, const char *bytes,
			    size_t len, char *why, size_t size)
{
	const struct wording *w = NULL;
	char what[256];
	unsigned int line = c->line;
	size_t i, theirs;

	snprintf(what, sizeof(what), "%s", c->text[0] ? c->text : cyaml_strerror(err));
	what[0] = (char)tolower((unsigned char)what[0]);
	for (i = 0; i < NR(wordings); i++) {
		theirs = strlen(wordings[i].theirs);
		if (strncmp(c->text, wordings[i].theirs, theirs))
			continue;
		w = &wordings[i];
		if (w->where != AT_LINE)
			line = key_place(bytes, len, c->text + theirs, line, w->where == KEY_AFTER);
		snprintf(what, sizeof(what), w->ours, c->text + theirs);
		break;
	}
	if (err == CYAML_ERR_ALIAS)
		snprintf(what, sizeof(what), "aliases are not taken");
	if (line)
		snprintf(why, size, "line %u: %s", line, what);
	else
		snprintf(why, size, "%s", what);
}

struct cw_policy_file *cw_policy_file_parse(const char *bytes, size_t len, char *why, size_t size)
{
	struct complaint complaint = { .line = 0 };
	const cyaml_config_t config = {
		.log_fn = on_log,
		.log_ctx = &complaint,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_WARNING,
		.flags = CYAML_CFG_NO_ALIAS,
	};
	struct cw_policy_file *file = NULL;
	cyaml_err_t err;

	err = cyaml_load_data((const uint8_t *)bytes, len, &config, &file_schema,
			      (cyaml_data_t **)&file, NULL);
	if (err)
		complaint_print(&complaint, err, bytes, len, why, size);
	else if (!file)
		snprintf(why, size, "nothing is in it");
	else if (complaint.several)
		snprintf(why, size, "it holds more than one document");
	else if (file->version != CW_POLICY_VERSION)
		snprintf(why, size, "version %u is not known (%d is)", file->version, CW_POLICY_VERSION);
	else
		return file;
	free(file);
	return NULL;
}
