// SPDX-License-Identifier: GPL-2.0-only
/* Values in JSON. */
#include "json.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cw_json_u64(json_t *o, const char *key, __u64 value)
{
	json_object_set_new(o, key, json_integer((json_int_t)value));
}

/* Names and arguments are bytes that somebody chose: where they are no UTF-8, what is not ASCII
 * becomes "?".
 */
json_t *cw_json_string(const char *value)
{
	json_t *text = json_string(value);
	char *clean, *c;

	if (text)
		return text;
	clean = strdup(value);
	for (c = clean; c && *c; c++)
		if (!isascii((unsigned char)*c))
			*c = '?';
	text = json_string(clean ? clean : "?");
	free(clean);
	return text;
}

void cw_json_text(json_t *o, const char *key, const char *value)
{
	json_object_set_new(o, key, cw_json_string(value));
}

/* "END_OWN_BIT" -> "end_own_bit" */
void cw_json_lower(json_t *o, const char *key, const char *value)
{
	char lower[64];
	size_t i;

	for (i = 0; i < sizeof(lower) - 1 && value[i]; i++)
		lower[i] = (char)tolower((unsigned char)value[i]);
	lower[i] = '\0';
	cw_json_text(o, key, lower);
}

void cw_json_hex(json_t *o, const char *key, __u64 value)
{
	char hex[24];

	snprintf(hex, sizeof(hex), "0x%llx", value);
	cw_json_text(o, key, hex);
}

void cw_json_wall(json_t *o, const struct cw_start *start, __u64 ts_ns)
{
	cw_json_u64(o, "ts_ns", ts_ns);
	cw_json_u64(o, "wall_ns", ts_ns + start->wall_offset_ns);
}
