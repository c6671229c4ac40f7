/* SPDX-License-Identifier: GPL-2.0-only */
/* Rows of the schema of NDJSON: the fields of records (schema.c) and events (event_fields.c). */
#ifndef CW_SCHEMA_FIELDS_H
#define CW_SCHEMA_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

enum cw_schema_kind {
	CW_SCHEMA_INT,
	CW_SCHEMA_TEXT,
	CW_SCHEMA_HEX,		/* "0x1f" */
	CW_SCHEMA_BOOL,
	CW_SCHEMA_TEXTS,	/* array of strings */
	CW_SCHEMA_BY_RULE,	/* object: id of a rule to a string */
	CW_SCHEMA_OBJECT,	/* of the definition ref */
	CW_SCHEMA_OBJECTS,	/* array of them */
	CW_SCHEMA_VALUE,	/* what was wanted or seen: its form is the finding's */
	CW_SCHEMA_DATE,
};

struct cw_schema_field {
	const char *name;	/* NULL: the last row */
	const char *text;
	enum cw_schema_kind kind;
	bool optional;
	const char *ref;	/* name of another definition */
};

#define CW_FIELD(name, kind, text) { name, text, CW_SCHEMA_##kind, false, NULL }
#define CW_MAYBE(name, kind, text) { name, text, CW_SCHEMA_##kind, true, NULL }
#define CW_FIELD_REF(name, kind, ref, text) { name, text, CW_SCHEMA_##kind, false, ref }
#define CW_MAYBE_REF(name, kind, ref, text) { name, text, CW_SCHEMA_##kind, true, ref }

#endif
