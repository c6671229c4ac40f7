// SPDX-License-Identifier: GPL-2.0-only
/* Events in JSON, by the table of their fields. */
#include "json.h"

#include "event_fields.h"
#include "events.h"
#include "guid.h"
#include "names.h"

static json_t *states_object(const __u32 *frames)
{
	json_t *o = json_object();
	__u32 i;

	for (i = 0; i < 4; i++)
		cw_json_u64(o, cw_state_name(i), frames[i]);
	return o;
}

static void field_set(json_t *o, const struct cw_event_field *f, const struct cw_rec_hdr *ev)
{
	const void *at = (const char *)ev + f->offset;
	__u64 value = cw_event_field_value(f, ev);
	char guid[CW_GUID_TEXT_LEN];

	switch (f->json.kind) {
	case CW_SCHEMA_HEX:
		cw_json_hex(o, f->json.name, value);
		break;
	case CW_SCHEMA_BOOL:
		json_object_set_new(o, f->json.name, json_boolean(value & f->bits));
		break;
	case CW_SCHEMA_TEXT:
		cw_json_text(o, f->json.name, f->word ? f->word((__u32)value) :
							cw_guid_text(guid, sizeof(guid), at));
		break;
	case CW_SCHEMA_OBJECT:
		json_object_set_new(o, f->json.name, states_object(at));
		break;
	default:
		cw_json_u64(o, f->json.name, value);
		break;
	}
}

__u32 cw_json_event(json_t *o, const struct cw_start *start, const struct cw_rec_hdr *ev)
{
	const struct cw_event_shape *shape = cw_event_info(ev->type)->shape;
	size_t i;

	for (i = 0; i < shape->nr; i++)
		if (cw_event_field_is_told(&shape->field[i], ev, start->include_addresses))
			field_set(o, &shape->field[i], ev);
	return ((const __u8 *)ev)[shape->space];
}
