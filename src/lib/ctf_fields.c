// SPDX-License-Identifier: GPL-2.0-only
/* The tables of fields for CTF.  A field that is appended to an event is appended here. */
#include "ctf_fields.h"

#include <cocowatch/event.h>
#include <cocowatch/event_owner.h>
#include <cocowatch/event_ring.h>
#include <cocowatch/event_share.h>

#define FIELD(type, field, base, sign) \
	{ #field, offsetof(struct type, field), sizeof(((struct type *)0)->field), base, sign }
#define N(type, field) FIELD(type, field, 10, 0)
#define X(type, field) FIELD(type, field, 16, 0)
#define S(type, field) FIELD(type, field, 10, 1)

static const struct cw_ctf_field step[] = {
	X(cw_ev_step, gfn), X(cw_ev_step, gfn_min), X(cw_ev_step, gfn_max), N(cw_ev_step, nr_pages),
	N(cw_ev_step, nr_unwalked), X(cw_ev_step, flags), S(cw_ev_step, ret), N(cw_ev_step, space),
	N(cw_ev_step, to_shared), N(cw_ev_step, depth), N(cw_ev_step, own.walked),
	N(cw_ev_step, own.failed), N(cw_ev_step, own.none), N(cw_ev_step, own.present),
	N(cw_ev_step, own.shared), N(cw_ev_step, alias.walked), N(cw_ev_step, alias.failed),
	N(cw_ev_step, alias.none), N(cw_ev_step, alias.present), N(cw_ev_step, alias.shared),
	N(cw_ev_step, alias.differ), N(cw_ev_step, told), N(cw_ev_step, told_differ),
	N(cw_ev_step, told_count), N(cw_ev_step, visibility), X(cw_ev_step, host_code),
	N(cw_ev_step, host_status), N(cw_ev_step, host_reps), N(cw_ev_step, cpus_flushed),
	N(cw_ev_step, cpus_online), N(cw_ev_step, cpus_probed), N(cw_ev_step, cpus_stale),
	N(cw_ev_step, overlaps), { NULL, 0, 0, 0, 0 },
};

static const struct cw_ctf_field page_free[] = {
	X(cw_ev_free, gfn), X(cw_ev_free, bad_gfn), N(cw_ev_free, nr_pages), N(cw_ev_free, nr_bad),
	N(cw_ev_free, space), N(cw_ev_free, state), N(cw_ev_free, have_pte),
	N(cw_ev_free, in_flight), { NULL, 0, 0, 0, 0 },
};

static const struct cw_ctf_field zeropad[] = {
	X(cw_ev_zeropad, gfn), N(cw_ev_zeropad, trapnr), N(cw_ev_zeropad, space),
	N(cw_ev_zeropad, state), N(cw_ev_zeropad, fixed), { NULL, 0, 0, 0, 0 },
};

static const struct cw_ctf_field platform[] = {
	X(cw_ev_platform, cc_mask), X(cw_ev_platform, physical_mask), X(cw_ev_platform, sev_status),
	X(cw_ev_platform, boundary), X(cw_ev_platform, pte_mask), N(cw_ev_platform, isolation),
	N(cw_ev_platform, paravisor), N(cw_ev_platform, vendor), N(cw_ev_platform, callbacks),
	N(cw_ev_platform, space), { NULL, 0, 0, 0, 0 },
};

static const struct cw_ctf_field owner[] = {
	X(cw_ev_owner, gfn), N(cw_ev_owner, nr_pages), N(cw_ev_owner, owner), N(cw_ev_owner, mode),
	N(cw_ev_owner, relid), N(cw_ev_owner, owner_cpu), X(cw_ev_owner, flags),
	N(cw_ev_owner, space), { NULL, 0, 0, 0, 0 },
};

static const struct cw_ctf_field handover[] = {
	X(cw_ev_handover, gfn), N(cw_ev_handover, nr_named), N(cw_ev_handover, nr_ranges),
	N(cw_ev_handover, relid), N(cw_ev_handover, gpadl), N(cw_ev_handover, kind),
	N(cw_ev_handover, space), N(cw_ev_handover, confidential), N(cw_ev_handover, look.looked),
	N(cw_ev_handover, look.shared), N(cw_ev_handover, look.priv),
	N(cw_ev_handover, look.unknown), N(cw_ev_handover, look.untold), { NULL, 0, 0, 0, 0 },
};

static const struct cw_ctf_field hypercall[] = {
	X(cw_ev_hypercall, control), X(cw_ev_hypercall, flags), N(cw_ev_hypercall, len_bytes),
	N(cw_ev_hypercall, read_bytes), N(cw_ev_hypercall, payload_bytes),
	N(cw_ev_hypercall, tail_set), N(cw_ev_hypercall, tail_first),
	N(cw_ev_hypercall, reserved_bits), N(cw_ev_hypercall, reserved_set),
	N(cw_ev_hypercall, reserved_first), X(cw_ev_hypercall, code), N(cw_ev_hypercall, via),
	N(cw_ev_hypercall, space), { NULL, 0, 0, 0, 0 },
};

static const struct cw_ctf_field mapping[] = {
	X(cw_ev_mapping, phys), N(cw_ev_mapping, nr_pages), N(cw_ev_mapping, nr_unwalked),
	N(cw_ev_mapping, relid), N(cw_ev_mapping, kind), N(cw_ev_mapping, space),
	N(cw_ev_mapping, confidential), N(cw_ev_mapping, own.walked), N(cw_ev_mapping, own.present),
	N(cw_ev_mapping, own.shared), N(cw_ev_mapping, own.none), { NULL, 0, 0, 0, 0 },
};

static const struct cw_ctf_field bounce[] = {
	X(cw_ev_bounce, phys), N(cw_ev_bounce, bytes), N(cw_ev_bounce, owner_bytes),
	N(cw_ev_bounce, age_ns), N(cw_ev_bounce, op), N(cw_ev_bounce, space), N(cw_ev_bounce, open),
	N(cw_ev_bounce, gone), N(cw_ev_bounce, foreign), { NULL, 0, 0, 0, 0 },
};

static const struct cw_ctf_field config[] = {
	X(cw_ev_config, gpa), N(cw_ev_config, slot), N(cw_ev_config, where), N(cw_ev_config, size),
	N(cw_ev_config, calls), N(cw_ev_config, write), N(cw_ev_config, asked),
	N(cw_ev_config, by_calls), N(cw_ev_config, space), { NULL, 0, 0, 0, 0 },
};

static const struct cw_ctf_field ring_write[] = {
	N(cw_ev_ring_write, relid), X(cw_ev_ring_write, flags), S(cw_ev_ring_write, ret),
	N(cw_ev_ring_write, ring_bytes), N(cw_ev_ring_write, nr_vec),
	N(cw_ev_ring_write, vec_bytes),
	N(cw_ev_ring_write, pkt_bytes), N(cw_ev_ring_write, pkt_offset),
	N(cw_ev_ring_write, pkt_type), X(cw_ev_ring_write, pkt_flags),
	N(cw_ev_ring_write, pad_bytes), N(cw_ev_ring_write, pad_set),
	N(cw_ev_ring_write, write_before), N(cw_ev_ring_write, read_before),
	N(cw_ev_ring_write, write_after), N(cw_ev_ring_write, read_after),
	N(cw_ev_ring_write, space), N(cw_ev_ring_write, confidential), { NULL, 0, 0, 0, 0 },
};

static const struct cw_ctf_field ring_read[] = {
	X(cw_ev_ring_read, gfn), N(cw_ev_ring_read, relid), X(cw_ev_ring_read, flags),
	N(cw_ev_ring_read, ring_bytes), N(cw_ev_ring_read, read_at),
	N(cw_ev_ring_read, write_before), N(cw_ev_ring_read, write_after),
	N(cw_ev_ring_read, pkt_bytes), N(cw_ev_ring_read, pkt_offset),
	N(cw_ev_ring_read, buf_bytes), N(cw_ev_ring_read, buf_pages), N(cw_ev_ring_read, pte_age),
	N(cw_ev_ring_read, pkt_type), N(cw_ev_ring_read, space), N(cw_ev_ring_read, confidential),
	N(cw_ev_ring_read, state), N(cw_ev_ring_read, have_pte), { NULL, 0, 0, 0, 0 },
};

static const struct cw_ctf_field device[] = {
	N(cw_ev_device, relid), X(cw_ev_device, chn_flags), N(cw_ev_device, what),
	N(cw_ev_device, table), N(cw_ev_device, listed), N(cw_ev_device, allowed),
	N(cw_ev_device, space), { NULL, 0, 0, 0, 0 },
};

static const struct cw_ctf_field completion[] = {
	X(cw_ev_completion, id), N(cw_ev_completion, relid), N(cw_ev_completion, nr_ids),
	N(cw_ev_completion, outcome), N(cw_ev_completion, space), { NULL, 0, 0, 0, 0 },
};

static const struct cw_ctf_field fetch[] = {
	N(cw_ev_fetch, relid), N(cw_ev_fetch, what), N(cw_ev_fetch, validated),
	N(cw_ev_fetch, used), N(cw_ev_fetch, space), { NULL, 0, 0, 0, 0 },
};

static const struct cw_ctf_field interrupt[] = {
	N(cw_ev_interrupt, vector), N(cw_ev_interrupt, paravisor), N(cw_ev_interrupt, space),
	{ NULL, 0, 0, 0, 0 },
};

/* clang-format off */
static const struct cw_ctf_field *const fields[CW_EV_NR] = {
	[CW_EV_BEGIN] = step, [CW_EV_PREPARED] = step, [CW_EV_FLUSHED] = step,
	[CW_EV_PROBED] = step, [CW_EV_CHANGED] = step, [CW_EV_HOST_CALL] = step,
	[CW_EV_HOST_ANSWER] = step, [CW_EV_HOST_DONE] = step, [CW_EV_FINISHED] = step,
	[CW_EV_END] = step, [CW_EV_TASK_EXIT] = step, [CW_EV_PAGE_FREE] = page_free,
	[CW_EV_ZEROPAD] = zeropad,
	[CW_EV_PLATFORM] = platform, [CW_EV_SEED] = step, [CW_EV_WITHHELD] = step,
	[CW_EV_OWNER] = owner, [CW_EV_HANDOVER] = handover, [CW_EV_HYPERCALL] = hypercall,
	[CW_EV_MAPPING] = mapping, [CW_EV_BOUNCE] = bounce, [CW_EV_CONFIG] = config,
	[CW_EV_KEPT] = mapping, [CW_EV_RING_WRITE] = ring_write, [CW_EV_RING_READ] = ring_read,
	[CW_EV_DEVICE] = device, [CW_EV_COMPLETION] = completion,
	[CW_EV_FETCH] = fetch, [CW_EV_INTERRUPT] = interrupt,
};
/* clang-format on */

const struct cw_ctf_field *cw_ctf_fields(__u32 type)
{
	return type < CW_EV_NR ? fields[type] : NULL;
}
