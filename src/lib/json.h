/* SPDX-License-Identifier: GPL-2.0-only */
/* What the writers of JSON add to jansson: values as cocowatch prints them, and events. */
#ifndef CW_JSON_H
#define CW_JSON_H

#include <jansson.h>
#include <linux/types.h>

#include "out.h"

void cw_json_u64(json_t *o, const char *key, __u64 value);
void cw_json_text(json_t *o, const char *key, const char *value);
void cw_json_lower(json_t *o, const char *key, const char *value);	/* "END_OWN_BIT": end_own_bit */
void cw_json_hex(json_t *o, const char *key, __u64 value);	/* "0x1f" */

/* Foreign bytes as a string: where they are no UTF-8, what is not ASCII becomes "?". */
json_t *cw_json_string(const char *value);

/* "ts_ns" and "wall_ns" of a moment on CLOCK_MONOTONIC. */
void cw_json_wall(json_t *o, const struct cw_start *start, __u64 ts_ns);

/* One finding, as a line of NDJSON has it.  The caller's to free. */
json_t *cw_json_report(const struct cw_start *start, const struct cw_report *r);

/* The fields of an event.  Returns its space (enum cw_space). */
__u32 cw_json_event(json_t *o, const struct cw_start *start, const struct cw_rec_hdr *ev);

#endif
