// SPDX-License-Identifier: GPL-2.0-only
/* The guest's connection to VMBus: what it shares, the version, offers, and messages, each of which
 * is copied out of the shared page before anybody looks at it.
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/slab.h>

#include <cocowatch/event_share.h>

#include "trace.h"
#include "vmbus.h"

#define MESSAGES_MAX	256	/* taken at a time: a host that never stops is left alone */

bool cw_bus_is(const struct cw_bus *bus, u32 quirk)
{
	return bus->quirks & quirk;
}

/* ---- messages ---- */

static struct cw_synic_slot *bus_slot(const struct cw_bus *bus)
{
	return (struct cw_synic_slot *)cw_range_vaddr(bus->synic) + CW_MESSAGE_SINT;
}

static bool answer_take(struct cw_bus *bus, u32 type, u32 key, u32 status)
{
	struct cw_answer *answer = &bus->answer;

	if (answer->type != type || answer->key != key || answer->there)
		return false;
	answer->there = true;
	answer->status = status;
	return true;
}

static bool on_version(struct cw_bus *bus, const void *payload)
{
	const struct cw_msg_version *msg = payload;

	return answer_take(bus, msg->type, 0, !msg->supported);
}

static bool on_offers_done(struct cw_bus *bus, const void *payload)
{
	return answer_take(bus, CW_MT_OFFERS_DONE, 0, 0);
}

static bool on_unloaded(struct cw_bus *bus, const void *payload)
{
	return answer_take(bus, CW_MT_UNLOADED, 0, 0);
}

/* relid, then the number that was given, then a status */
static bool on_result(struct cw_bus *bus, const void *payload)
{
	const struct cw_msg *msg = payload;

	return answer_take(bus, msg->type, msg->word[1], msg->word[2]);
}

static bool on_torndown(struct cw_bus *bus, const void *payload)
{
	const struct cw_msg *msg = payload;

	return answer_take(bus, msg->type, msg->word[0], 0);
}

static bool on_rescind(struct cw_bus *bus, const void *payload)
{
	u32 relid = ((const struct cw_msg *)payload)->word[0];

	if (relid >= CW_CHANNELS_MAX || !bus->channel[relid])
		return false;
	bus->channel[relid]->rescinded = true;
	return true;
}

/* What is not for a confidential VM is no device of ours, whatever its id says. */
static bool offer_is_valid(const struct cw_bus *bus, const struct cw_msg_offer *offer)
{
	if (!offer->relid || offer->relid >= CW_CHANNELS_MAX || bus->channel[offer->relid] ||
	    (offer->flags & CW_OFFER_SOCKET))
		return false;
	return cw_device_is_allowed(offer->device) || cw_bus_is(bus, CW_GUEST_BIND_ANY);
}

static bool on_offer(struct cw_bus *bus, const void *payload)
{
	const struct cw_msg_offer *offer = payload;
	struct cw_channel *ch;

	trace_cocovm_device_offered((unsigned long)offer, offer->relid, offer->flags,
				    offer->connection, offer->sub_index);
	if (!offer_is_valid(bus, offer))
		return false;
	ch = cw_zalloc(1, sizeof(*ch));
	if (!ch)
		return false;
	ch->bus = bus;
	ch->offer = *offer;
	ch->relid = offer->relid;
	bus->channel[ch->relid] = ch;
	trace_cocovm_device_bound((unsigned long)&ch->offer, ch->relid, ch->offer.flags,
				  ch->offer.connection, ch->offer.sub_index);
	return true;
}

#define WORDS(nr) (8 + 4 * (nr))

/* By type; a type without a row is none that a guest gets. */
static const struct {
	u32 bytes_min;
	bool (*take)(struct cw_bus *bus, const void *payload);
} handlers[CW_MT_NR] = {
	[CW_MT_OFFER] = { sizeof(struct cw_msg_offer), on_offer },
	[CW_MT_RESCIND] = { WORDS(1), on_rescind },
	[CW_MT_OFFERS_DONE] = { WORDS(0), on_offers_done },
	[CW_MT_OPENED] = { WORDS(3), on_result },
	[CW_MT_GPADL_CREATED] = { WORDS(3), on_result },
	[CW_MT_GPADL_TORNDOWN] = { WORDS(1), on_torndown },
	[CW_MT_VERSION] = { sizeof(struct cw_msg_version), on_version },
	[CW_MT_UNLOADED] = { WORDS(0), on_unloaded },
};

static void message_take(struct cw_bus *bus, const struct cw_synic_slot *msg)
{
	u32 type = ((const struct cw_msg *)msg->payload)->type;
	bool taken = false;

	if (msg->bytes >= WORDS(0) && msg->bytes <= CW_MESSAGE_MAX && type < CW_MT_NR &&
	    handlers[type].take && msg->bytes >= handlers[type].bytes_min)
		taken = handlers[type].take(bus, msg->payload);
	trace_cocovm_message_taken(bus->connection, type, msg->bytes, taken);
	bus->dropped += !taken;
}

void cw_bus_poll(struct cw_bus *bus)
{
	struct cw_synic_slot *slot = bus_slot(bus), msg;
	u32 i;

	cw_peer_work(bus->peer);
	for (i = 0; i < MESSAGES_MAX && READ_ONCE(slot->type); i++) {
		/* the one look at shared memory */
		memcpy(&msg, slot, sizeof(msg));
		WRITE_ONCE(slot->type, 0);
		cw_peer_eom(bus->peer);
		message_take(bus, &msg);
	}
}

static int bus_post(struct cw_bus *bus, const struct cw_msg *msg, u32 bytes)
{
	trace_cocovm_message_posted(bus->connection, msg->type, bytes, bus->answer.type);
	return cw_hypercall_post_message(bus->connection, CW_MESSAGE_CHANNEL, msg, bytes, 0);
}

int cw_bus_ask(struct cw_bus *bus, const struct cw_channel *ch, const void *msg, u32 bytes,
	       u32 answer, u32 key)
{
	int err;

	if (ch && ch->rescinded)
		return -ENODEV;
	bus->answer = (struct cw_answer){ .type = answer, .key = key };
	err = bus_post(bus, msg, bytes);
	if (!err)
		cw_bus_poll(bus);
	bus->answer.type = 0;
	if (err || !answer)
		return err;
	if (ch && ch->rescinded)
		return -ENODEV;
	if (!bus->answer.there)
		return -ETIMEDOUT;
	return bus->answer.status ? -EDQUOT : 0;
}

/* ---- what the bus shares ---- */

int cw_bus_transition(struct cw_bus *bus, struct cw_range *range, bool to_shared)
{
	/* hosts that refuse to share begin with the channels */
	struct cw_quirks quirks = {
		.host = to_shared && !bus->version ? CW_HOST_HONEST : bus->host,
	};

	return cw_transition(range, to_shared, &quirks);
}

struct cw_range *cw_bus_pages(struct cw_bus *bus, u32 nr)
{
	if (bus->run->sc->flags & (CW_GUEST_FREE_ANYWAY | CW_GUEST_UNTRACKED))
		return cw_sacrifice_get(nr);
	return cw_pool_get_more(nr);
}

int cw_bus_pages_put(struct cw_bus *bus, struct cw_range *range, bool unclean)
{
	int err;

	if (!unclean) {
		cw_range_put(range);
		return 0;
	}
	if (cw_bus_is(bus, CW_GUEST_FREE_ANYWAY)) {
		cw_sacrifice_put(range->area, true);
		kfree(range);
		return 0;
	}
	cw_range_withhold(range, -EFAULT);
	err = cw_range_restore(range);
	if (err)
		cw_range_keep(range);
	else
		cw_range_put(range);
	return err;
}

/* Shared pages of the bus itself.  Cleared when they are shared: who reads them is the host. */
static struct cw_range *bus_share(struct cw_bus *bus, u32 nr)
{
	struct cw_range *range = cw_bus_pages(bus, nr);
	int err;

	if (IS_ERR(range))
		return range;
	err = cw_bus_transition(bus, range, true);
	if (err) {
		cw_bus_pages_put(bus, range, true);
		return ERR_PTR(err);
	}
	memset((void *)cw_range_vaddr(range), 0, PAGE_SIZE * nr);
	return range;
}

static int bus_unshare(struct cw_bus *bus, struct cw_range *range)
{
	int err;

	if (IS_ERR_OR_NULL(range))
		return 0;
	err = cw_bus_transition(bus, range, false);
	return cw_bus_pages_put(bus, range, err);
}

static int int_page_new(struct cw_bus *bus)
{
	unsigned long vaddr;

	if (cw_bus_is(bus, CW_GUEST_INT_SHARED)) {
		bus->int_range = bus_share(bus, 1);
		if (IS_ERR(bus->int_range))
			return PTR_ERR(bus->int_range);
		vaddr = cw_range_vaddr(bus->int_range);
	} else {
		vaddr = cw_alloc_fails() ? 0 : get_zeroed_page(GFP_KERNEL);
		bus->int_page = (void *)vaddr;
	}
	if (!vaddr)
		return -ENOMEM;
	trace_cocovm_page_kept(vaddr, 1, CW_MAP_INT_PAGE);
	return 0;
}

/* ---- connecting ---- */

static int bus_negotiate(struct cw_bus *bus)
{
	static const u32 versions[] = { CW_VERSION(5, 3), CW_VERSION(5, 2), CW_VERSION(5, 1),
					CW_VERSION(4, 0) };
	u64 monitor = cw_range_gfn(bus->monitor, 0) << PAGE_SHIFT, page;
	struct cw_msg_contact msg = {
		.type = CW_MT_CONTACT,
		/* two frames of a pool need not follow each other */
		.monitor = { monitor },
	};
	int err = -EPROTO;
	u32 i;

	if (cw_pte_gfn(cw_range_vaddr(bus->monitor) + PAGE_SIZE, &page))
		return -EFAULT;
	msg.monitor[1] = page << PAGE_SHIFT;
	for (i = 0; i < ARRAY_SIZE(versions) && versions[i] >= CW_VERSION_MIN; i++) {
		msg.version = versions[i];
		err = cw_bus_ask(bus, NULL, &msg, sizeof(msg), CW_MT_VERSION, 0);
		trace_cocovm_version_asked(bus->connection, versions[i] >> 16, (u16)versions[i],
					   err);
		if (err == -EDQUOT)
			continue;
		if (!err)
			bus->version = versions[i];
		break;
	}
	return err;
}

static int bus_connect(struct cw_bus *bus)
{
	struct cw_msg msg = { .type = CW_MT_REQUEST_OFFERS };
	int err;

	bus->synic = bus_share(bus, 1);
	if (IS_ERR(bus->synic))
		return PTR_ERR(bus->synic);
	bus->monitor = cw_bus_is(bus, CW_GUEST_MONITOR_PRIVATE) ? cw_pool_get_more(2) :
								  bus_share(bus, 2);
	if (IS_ERR(bus->monitor))
		return PTR_ERR(bus->monitor);
	err = int_page_new(bus);
	if (err)
		return err;
	bus->peer = cw_peer_new(bus->host, cw_range_gfn(bus->synic, 0), &bus->connection);
	if (IS_ERR(bus->peer))
		return PTR_ERR(bus->peer);
	err = bus_negotiate(bus);
	return err ?: cw_bus_ask(bus, NULL, &msg, 8, CW_MT_OFFERS_DONE, 0);
}

struct cw_bus *cw_bus_new(const struct cw_run *run, enum cw_host_id host)
{
	struct cw_bus *bus = cw_zalloc(1, sizeof(*bus));
	int err;

	if (!bus)
		return ERR_PTR(-ENOMEM);
	cw_pool_enter();
	bus->run = run;
	bus->host = host;
	bus->quirks = run->misbehave ? run->sc->flags : 0;
	err = bus_connect(bus);
	if (!err)
		return bus;
	cw_bus_free(bus);
	return ERR_PTR(err);
}

int cw_bus_free(struct cw_bus *bus)
{
	struct cw_msg msg = { .type = CW_MT_UNLOAD };
	int err = 0, ret;
	u32 i;

	if (IS_ERR_OR_NULL(bus))
		return 0;
	for (i = 0; i < CW_CHANNELS_MAX; i++) {
		ret = bus->channel[i] ? cw_channel_close(bus->channel[i]) : 0;
		err = err ?: ret;
		kvfree(bus->channel[i]);
		bus->channel[i] = NULL;
	}
	if (bus->version)
		cw_bus_ask(bus, NULL, &msg, 8, CW_MT_UNLOADED, 0);
	cw_peer_free(bus->peer);
	if (cw_bus_is(bus, CW_GUEST_MONITOR_PRIVATE) && !IS_ERR_OR_NULL(bus->monitor))
		cw_range_put(bus->monitor);
	else
		err = err ?: bus_unshare(bus, bus->monitor);
	ret = bus_unshare(bus, bus->synic);
	err = err ?: ret;
	ret = bus_unshare(bus, bus->int_range);
	err = err ?: ret;
	free_page((unsigned long)bus->int_page);
	kvfree(bus);
	cw_pool_leave();
	return err;
}

struct cw_channel *cw_bus_channel(const struct cw_bus *bus, const u8 *device)
{
	u32 i;

	for (i = 0; i < CW_CHANNELS_MAX; i++)
		if (bus->channel[i] && !memcmp(bus->channel[i]->offer.device, device, 16))
			return bus->channel[i];
	return NULL;
}
