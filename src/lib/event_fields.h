/* SPDX-License-Identifier: GPL-2.0-only */
/* The fields of events as one table: NDJSON and its schema, CTF, and what looks for events by frame
 * or channel read it.  Where a field is said to be is cocowatch/event*.h; what it means in full,
 * cocowatch-record(5).
 */
#ifndef CW_EVENT_FIELDS_H
#define CW_EVENT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include <cocowatch/event.h>

#include "schema_fields.h"

/* When NDJSON has an optional field. */
enum cw_field_when {
	CW_WHEN_ALWAYS,
	CW_WHEN_ASKED,		/* with --include-addresses */
	CW_WHEN_BITS,		/* some of when_bits are set in the 32 bits at when_at */
	CW_WHEN_INDEX,		/* what is there is not CW_NO_INDEX */
};

struct cw_event_field {
	struct cw_schema_field json;	/* without a name: not in NDJSON */
	const char *member;	/* "look.shared" */
	__u16 offset;
	__u8 size;		/* bytes: 1, 2, 4, 8; 16 for a GUID or the four counts of "before" */
	__u8 base;		/* how readers of CTF print it, 10 or 16; 0: not in CTF */
	__u8 rank;		/* CTF has the lower first, those of one rank by offset */
	bool is_signed;
	enum cw_field_when when;
	__u16 when_at;
	__u32 when_bits;
	__u32 bits;		/* CW_SCHEMA_BOOL: whether some of these are set */
	const char *(*word)(__u32 value);	/* CW_SCHEMA_TEXT: NULL for a GUID */
};

#define CW_EVENT_FIELDS_MAX 40

/* What events of one structure have in common; the fields are in the order of NDJSON. */
struct cw_event_shape {
	size_t size;		/* in the ABI version that brought it: shorter is malformed */
	__u16 space;		/* offset of the byte that says which (enum cw_space) */
	const struct cw_event_field *field;
	size_t nr;
};

extern const struct cw_event_shape
	cw_shape_step, cw_shape_page_free, cw_shape_zeropad, cw_shape_platform, cw_shape_owner,
	cw_shape_handover, cw_shape_hypercall, cw_shape_mapping, cw_shape_bounce, cw_shape_config,
	cw_shape_ring_write, cw_shape_ring_read, cw_shape_device, cw_shape_completion,
	cw_shape_fetch, cw_shape_interrupt;

/* The number in an event, extended to 64 bits by its sign; of more than 8 bytes the first 8. */
__u64 cw_event_field_value(const struct cw_event_field *f, const struct cw_rec_hdr *ev);

/* Whether NDJSON has it of this event. */
bool cw_event_field_is_told(const struct cw_event_field *f, const struct cw_rec_hdr *ev,
			    bool include_addresses);

/* The field of that name in NDJSON; NULL: none. */
const struct cw_event_field *cw_event_field_find(const struct cw_event_shape *shape,
						 const char *name);

/* Fills out with the fields that CTF has, in its order, and a NULL behind them. */
void cw_event_fields_ctf(const struct cw_event_shape *shape,
			 const struct cw_event_field *out[CW_EVENT_FIELDS_MAX + 1]);

#endif
