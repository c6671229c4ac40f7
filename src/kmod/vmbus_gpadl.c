// SPDX-License-Identifier: GPL-2.0-only
/* GPADLs: lists of frames that the host may use.  Pages are shared before the host learns of them,
 * and private again before anybody else gets them; what is in doubt stays out of use.
 */
#include "vmbus.h"

/* A message that ends with frames: those of the range from *first on, as many as fit. */
static int gpadl_post(struct cw_channel *ch, const struct cw_gpadl *gpadl, u32 *first,
		      union cw_message *msg, u32 head_bytes)
{
	const struct cw_range *range = gpadl->range;
	u32 nr = min(range->nr - *first, CW_GPADL_ROOM(head_bytes)), i;
	u64 gfn;

	for (i = 0; i < nr; i++) {
		gfn = cw_range_gfn(range, *first + i);
		/* in the header they lie at an odd place */
		memcpy(msg->bytes + head_bytes + 8 * i, &gfn, sizeof(gfn));
	}
	*first += nr;
	return cw_bus_ask(ch->bus, ch, msg, head_bytes + 8 * nr,
			  *first == range->nr ? CHANNELMSG_GPADL_CREATED : 0, gpadl->handle);
}

/* Names the frames: in a header, and in as many bodies as it takes. */
static int gpadl_name(struct cw_channel *ch, const struct cw_gpadl *gpadl)
{
	u32 nr = gpadl->range->nr, first = 0, number = 0;
	union cw_message msg = { .gpadl = {
		.header.msgtype = CHANNELMSG_GPADL_HEADER,
		.child_relid = ch->relid,
		.gpadl = gpadl->handle,
		.range_buflen = sizeof(struct gpa_range) + 8 * nr,
		.rangecount = 1,
	} };
	int err;

	msg.gpadl.range[0] = (struct gpa_range){ .byte_count = nr * PAGE_SIZE };
	err = gpadl_post(ch, gpadl, &first, &msg, CW_GPADL_HEADER_BYTES);
	while (!err && first < nr) {
		msg.body = (struct vmbus_channel_gpadl_body){
			.header.msgtype = CHANNELMSG_GPADL_BODY,
			.msgnumber = ++number,
			.gpadl = gpadl->handle,
		};
		err = gpadl_post(ch, gpadl, &first, &msg, CW_GPADL_BODY_BYTES);
	}
	return err;
}

static int gpadl_share(struct cw_channel *ch, struct cw_gpadl *gpadl)
{
	int err;

	if (cw_bus_is(ch->bus, CW_GUEST_GPADL_PRIVATE | CW_GUEST_GPADL_LATE))
		return 0;
	/* whatever comes of it, from here on they may be shared */
	gpadl->unclean = true;
	err = cw_bus_transition(ch->bus, gpadl->range, true);
	return cw_bus_is(ch->bus, CW_GUEST_GPADL_HIDDEN) ? 0 : err;
}

static void gpadl_unshare(struct cw_channel *ch, struct cw_gpadl *gpadl)
{
	if (!gpadl->unclean)
		return;
	if (!cw_bus_transition(ch->bus, gpadl->range, false) ||
	    cw_bus_is(ch->bus, CW_GUEST_UNTRACKED))
		gpadl->unclean = false;
}

int cw_gpadl_establish(struct cw_channel *ch, struct cw_range *range, struct cw_gpadl *gpadl)
{
	int err;

	*gpadl = (struct cw_gpadl){ .range = range };
	err = gpadl_share(ch, gpadl);
	if (err)
		return err;
	gpadl->handle = ++ch->bus->gpadls;
	err = gpadl_name(ch, gpadl);
	if (cw_bus_is(ch->bus, CW_GUEST_GPADL_LATE)) {
		gpadl->unclean = true;
		cw_bus_transition(ch->bus, range, true);
	}
	trace_cocovm_gpadl_established(ch->relid, gpadl->handle, range->nr, err);
	if (!err)
		return 0;
	gpadl->handle = 0;
	gpadl_unshare(ch, gpadl);
	return err;
}

/* A channel that was taken back has no GPADLs any more: the host forgot them with it. */
static int gpadl_end(struct cw_channel *ch, struct cw_gpadl *gpadl)
{
	int err;

	if (!gpadl->handle)
		return 0;
	err = cw_bus_say(ch->bus, ch, CHANNELMSG_GPADL_TEARDOWN, gpadl->handle,
			 CHANNELMSG_GPADL_TORNDOWN);
	if (err == -ENODEV)
		err = 0;
	/* a host that does not let go keeps it */
	if (!err)
		gpadl_unshare(ch, gpadl);
	trace_cocovm_gpadl_torndown(ch->relid, gpadl->handle, gpadl->range->nr, err);
	return err;
}

int cw_gpadl_teardown(struct cw_channel *ch, struct cw_gpadl *gpadl)
{
	u64 quirk = gpadl == &ch->gpadl ? CW_GUEST_FREE_RING : CW_GUEST_FREE_BUFFER;
	int err = gpadl_end(ch, gpadl);

	if (gpadl->range)
		err = cw_first(err, cw_bus_pages_put(ch->bus, gpadl->range, gpadl->unclean, quirk));
	*gpadl = (struct cw_gpadl){};
	return err;
}
