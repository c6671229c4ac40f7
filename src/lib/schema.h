/* SPDX-License-Identifier: GPL-2.0-only */
/* The schema of NDJSON, as tables and as the document that `gate --schema` prints. */
#ifndef CW_SCHEMA_H
#define CW_SCHEMA_H

#include <jansson.h>

/* First number: readers of another may fail.  Second: fields or types were added. */
#define CW_SCHEMA_VERSION "1.0"

/* JSON Schema 2020-12 of one line of NDJSON.  NULL without memory; the caller's to free. */
json_t *cw_schema_make(void);

#endif
