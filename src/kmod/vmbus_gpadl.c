// SPDX-License-Identifier: GPL-2.0-only
/* GPADLs: lists of frames that the host may use.  Pages are shared before the host learns of them,
 * and private again before anybody else gets them; what is in doubt stays out of use.
 */
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "trace.h"
#include "vmbus.h"

#define HEADER_GFNS	ARRAY_SIZE(((struct cw_msg_gpadl *)0)->gfn)
#define BODY_GFNS	ARRAY_SIZE(((struct cw_msg_gpadl_body *)0)->gfn)

static int gfns_fill(const struct cw_range *range, u32 first, u32 nr, u64 *gfn)
{
	unsigned long vaddr = cw_range_vaddr(range);
	int err = 0;
	u32 i;

	for (i = 0; i < nr && !err; i++)
		err = cw_pte_gfn(vaddr + PAGE_SIZE * (first + i), &gfn[i]);
	return err;
}

static int header_post(struct cw_channel *ch, const struct cw_gpadl *gpadl, bool last)
{
	u32 nr = gpadl->range->nr, here = min_t(u32, nr, HEADER_GFNS);
	struct cw_msg_gpadl msg = {
		.type = CW_MT_GPADL_HEADER,
		.relid = ch->relid,
		.gpadl = gpadl->handle,
		.range_bytes = 8 + 8 * nr,
		.nr_ranges = 1,
		.bytes = nr * PAGE_SIZE,
	};
	u64 gfn[HEADER_GFNS];
	int err = gfns_fill(gpadl->range, 0, here, gfn);

	if (err)
		return err;
	memcpy(msg.gfn, gfn, 8 * here);	/* which lie at an odd place */
	return cw_bus_ask(ch->bus, ch, &msg, offsetof(struct cw_msg_gpadl, gfn) + 8 * here,
			  last ? CW_MT_GPADL_CREATED : 0, gpadl->handle);
}

static int body_post(struct cw_channel *ch, const struct cw_gpadl *gpadl, u32 first, u32 number)
{
	u32 left = gpadl->range->nr - first, here = min_t(u32, left, BODY_GFNS);
	struct cw_msg_gpadl_body msg = {
		.type = CW_MT_GPADL_BODY,
		.number = number,
		.gpadl = gpadl->handle,
	};
	int err = gfns_fill(gpadl->range, first, here, msg.gfn);

	return err ?: cw_bus_ask(ch->bus, ch, &msg,
				 offsetof(struct cw_msg_gpadl_body, gfn) + 8 * here,
				 here == left ? CW_MT_GPADL_CREATED : 0, gpadl->handle);
}

static int gpadl_post(struct cw_channel *ch, const struct cw_gpadl *gpadl)
{
	u32 first, number = 0;
	int err;

	err = header_post(ch, gpadl, gpadl->range->nr <= HEADER_GFNS);
	for (first = HEADER_GFNS; first < gpadl->range->nr && !err; first += BODY_GFNS)
		err = body_post(ch, gpadl, first, ++number);
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
	err = gpadl_post(ch, gpadl);
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
int cw_gpadl_teardown(struct cw_channel *ch, struct cw_gpadl *gpadl)
{
	struct cw_msg msg = { .type = CW_MT_GPADL_TEARDOWN, .word = { ch->relid, gpadl->handle } };
	int err;

	if (!gpadl->handle)
		return 0;
	err = cw_bus_ask(ch->bus, ch, &msg, 16, CW_MT_GPADL_TORNDOWN, gpadl->handle);
	if (err == -ENODEV)
		err = 0;
	gpadl->handle = 0;
	/* a host that does not let go keeps it */
	if (!err)
		gpadl_unshare(ch, gpadl);
	trace_cocovm_gpadl_torndown(ch->relid, msg.word[1], gpadl->range->nr, err);
	return err;
}

int cw_gpadl_release(struct cw_bus *bus, struct cw_gpadl *gpadl)
{
	int err;

	if (!gpadl->range)
		return 0;
	err = cw_bus_pages_put(bus, gpadl->range, gpadl->unclean);
	*gpadl = (struct cw_gpadl){};
	return err;
}
