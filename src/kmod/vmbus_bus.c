// SPDX-License-Identifier: GPL-2.0-only
/* The guest's connection to VMBus: what it shares, the version, offers, and messages, each of which
 * is copied out of the shared page before anybody looks at it.
 */
#include <cocowatch/event_share.h>

#include "vmbus.h"

#define MESSAGES_MAX	256	/* taken at a time: a host that never stops is left alone */

bool cw_bus_is(const struct cw_bus *bus, u64 quirk)
{
	return bus->quirks & quirk;
}

/* ---- messages ---- */

/* The answer that is waited for, once: by its type, and by the number that was given. */
static bool on_answer(struct cw_bus *bus, const union cw_message *msg)
{
	struct cw_answer *answer = &bus->answer;
	u32 type = msg->header.msgtype, key = 0, status = 0;

	if (type == CHANNELMSG_VERSION_RESPONSE) {
		status = !msg->version.version_supported;
	} else if (type == CHANNELMSG_GPADL_TORNDOWN) {
		key = msg->plain.word[0];
	} else if (type == CHANNELMSG_OPENCHANNEL_RESULT || type == CHANNELMSG_GPADL_CREATED) {
		key = msg->plain.word[1];
		status = msg->plain.word[2];
	}
	if (answer->type != type || answer->key != key || answer->there)
		return false;
	answer->there = true;
	answer->status = status;
	/* where messages go from now on */
	if (type == CHANNELMSG_VERSION_RESPONSE && !status)
		bus->connection = msg->version.msg_conn_id;
	return true;
}

static bool on_rescind(struct cw_bus *bus, const union cw_message *msg)
{
	u32 relid = msg->plain.word[0];

	if (relid >= CW_CHANNELS_MAX || !bus->channel[relid])
		return false;
	bus->channel[relid]->rescinded = true;
	return true;
}

/* What is not for a confidential VM is no device of ours, whatever its id says. */
static bool offer_is_valid(const struct cw_bus *bus, u32 relid, const struct vmbus_channel_offer *o)
{
	if (!relid || relid >= CW_CHANNELS_MAX || bus->channel[relid] ||
	    (o->chn_flags & VMBUS_CHANNEL_TLNPI_PROVIDER_OFFER))
		return false;
	return cw_device_is_allowed(&o->if_type) || cw_bus_is(bus, CW_GUEST_BIND_ANY);
}

static bool on_offer(struct cw_bus *bus, const union cw_message *msg)
{
	const struct vmbus_channel_offer *o = &msg->offer.offer;
	u32 relid = msg->offer.child_relid, connection = msg->offer.connection_id;
	struct cw_channel *ch;

	trace_cocovm_device_offered((unsigned long)msg, relid, o->chn_flags, connection,
				    o->sub_channel_index);
	if (!offer_is_valid(bus, relid, o))
		return false;
	ch = cw_zalloc(1, sizeof(*ch));
	if (!ch)
		return false;
	ch->bus = bus;
	ch->offer = msg->offer;
	ch->relid = relid;
	bus->channel[relid] = ch;
	trace_cocovm_device_bound((unsigned long)&ch->offer, relid, o->chn_flags, connection,
				  o->sub_channel_index);
	return true;
}

/* By type; a type without a row is none that a guest gets. */
static const struct {
	u32 bytes_min;
	bool (*take)(struct cw_bus *bus, const union cw_message *msg);
} handlers[CHANNELMSG_COUNT] = {
	[CHANNELMSG_OFFERCHANNEL] = { sizeof(struct vmbus_channel_offer_channel), on_offer },
	[CHANNELMSG_RESCIND_CHANNELOFFER] = { CW_MESSAGE_WORDS(1), on_rescind },
	[CHANNELMSG_ALLOFFERS_DELIVERED] = { CW_MESSAGE_WORDS(0), on_answer },
	[CHANNELMSG_OPENCHANNEL_RESULT] = { CW_MESSAGE_WORDS(3), on_answer },
	[CHANNELMSG_GPADL_CREATED] = { CW_MESSAGE_WORDS(3), on_answer },
	[CHANNELMSG_GPADL_TORNDOWN] = { CW_MESSAGE_WORDS(1), on_answer },
	[CHANNELMSG_VERSION_RESPONSE] = { CW_MESSAGE_WORDS(2), on_answer },
	[CHANNELMSG_UNLOAD_RESPONSE] = { CW_MESSAGE_WORDS(0), on_answer },
};

static void message_take(struct cw_bus *bus, const struct hv_message *message)
{
	const union cw_message *msg = (const union cw_message *)message->u.payload;
	u32 type = msg->header.msgtype, bytes = message->header.payload_size;
	bool taken = false;

	if (bytes >= CW_MESSAGE_WORDS(0) && bytes <= sizeof(*msg) && type < CHANNELMSG_COUNT &&
	    handlers[type].take && bytes >= handlers[type].bytes_min)
		taken = handlers[type].take(bus, msg);
	trace_cocovm_message_taken(bus->connection, type, bytes, taken);
	bus->dropped += !taken;
}

void cw_bus_poll(struct cw_bus *bus)
{
	struct hv_message_page *page = (struct hv_message_page *)cw_range_vaddr(bus->synic);
	struct hv_message *slot = &page->sint_message[CW_MESSAGE_SINT], message;
	u32 i;

	cw_peer_work(bus->peer);
	for (i = 0; i < MESSAGES_MAX && READ_ONCE(slot->header.message_type); i++) {
		/* the one look at shared memory */
		memcpy(&message, slot, sizeof(message));
		WRITE_ONCE(slot->header.message_type, 0);
		cw_peer_eom(bus->peer);
		message_take(bus, &message);
	}
}

int cw_bus_ask(struct cw_bus *bus, const struct cw_channel *ch, const union cw_message *msg,
	       u32 bytes, u32 answer, u32 key)
{
	int err;

	if (ch && ch->rescinded)
		return -ENODEV;
	bus->answer = (struct cw_answer){ .type = answer, .key = key };
	trace_cocovm_message_posted(bus->connection, msg->header.msgtype, bytes, answer);
	err = cw_hypercall_post_message(bus->connection, CW_MESSAGE_CHANNEL, msg, bytes, 0);
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

int cw_bus_say(struct cw_bus *bus, const struct cw_channel *ch, u32 type, u32 gpadl, u32 answer)
{
	const union cw_message msg = {
		.plain = { { type }, { ch ? ch->relid : 0, gpadl } },
	};
	u32 words = gpadl ? 2 : ch ? 1 : 0;

	return cw_bus_ask(bus, ch, &msg, CW_MESSAGE_WORDS(words), answer, gpadl);
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
	if (bus->run->sc->flags & CW_GUEST_FREES)
		return cw_sacrifice_get(nr);
	return cw_pool_get_more(nr);
}

/* Pages of the bus itself.  Cleared when they are shared: who reads them is the host. */
static struct cw_range *bus_pages(struct cw_bus *bus, u32 nr, bool shared)
{
	struct cw_range *range = cw_bus_pages(bus, nr);
	int err;

	if (IS_ERR(range))
		return range;
	err = shared ? cw_bus_transition(bus, range, true) : 0;
	if (err) {
		cw_bus_pages_put(bus, range, true, 0);
		return ERR_PTR(err);
	}
	memset((void *)cw_range_vaddr(range), 0, PAGE_SIZE * nr);
	return range;
}

static int bus_pages_put(struct cw_bus *bus, struct cw_range *range, bool shared, u64 quirk)
{
	if (IS_ERR_OR_NULL(range))
		return 0;
	return cw_bus_pages_put(bus, range, shared && cw_bus_transition(bus, range, false), quirk);
}

/* The page of messages comes shared from a paravisor; without one the guest shares its own. */
static struct cw_range *synic_get(struct cw_bus *bus)
{
	struct cw_range *range;

	if (!cw_platform.paravisor)
		return bus_pages(bus, 1, !cw_bus_is(bus, CW_GUEST_SYNIC_PRIVATE));
	range = cw_pool_get_more(1);
	if (!IS_ERR(range))
		cw_area_supply(range->area, range->first, true);
	return range;
}

static int synic_put(struct cw_bus *bus)
{
	if (!cw_platform.paravisor || IS_ERR_OR_NULL(bus->synic))
		return bus_pages_put(bus, bus->synic,
				     !cw_bus_is(bus, CW_GUEST_SYNIC_PRIVATE), 0);
	cw_area_supply(bus->synic->area, bus->synic->first, false);
	cw_range_put(bus->synic);
	return 0;
}

/* The host learns where the page is: from the paravisor, or by the MSR that the guest writes. */
static int synic_name(struct cw_bus *bus)
{
	u64 gfn = cw_range_gfn(bus->synic, 0);

	if (!cw_platform.paravisor)
		trace_cocovm_synic_named(gfn, CW_MSR_SIMP);
	bus->peer = cw_peer_new(bus->host, gfn, &bus->connection);
	return PTR_ERR_OR_ZERO(bus->peer);
}

/* ---- connecting ---- */

static int bus_negotiate(struct cw_bus *bus)
{
	static const u32 versions[] = { VERSION_WIN10_V5_3, VERSION_WIN10_V5_2, VERSION_WIN10_V5_1,
					VERSION_WIN10 };
	union cw_message msg = { .contact.header.msgtype = CHANNELMSG_INITIATE_CONTACT };
	int err = -EPROTO;
	u32 i;

	/* two frames of a pool need not follow each other */
	msg.contact.monitor_page1 = PFN_PHYS(cw_range_gfn(bus->monitor, 0));
	msg.contact.monitor_page2 = PFN_PHYS(cw_range_gfn(bus->monitor, 1));
	for (i = 0; i < ARRAY_SIZE(versions) && versions[i] >= CW_VERSION_MIN; i++) {
		msg.contact.vmbus_version_requested = versions[i];
		err = cw_bus_ask(bus, NULL, &msg, sizeof(msg.contact), CHANNELMSG_VERSION_RESPONSE,
				 0);
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
	int err;

	bus->synic = synic_get(bus);
	if (IS_ERR(bus->synic))
		return PTR_ERR(bus->synic);
	bus->monitor = bus_pages(bus, 2, !cw_bus_is(bus, CW_GUEST_MONITOR_PRIVATE));
	if (IS_ERR(bus->monitor))
		return PTR_ERR(bus->monitor);
	bus->int_page = bus_pages(bus, 1, cw_bus_is(bus, CW_GUEST_INT_SHARED));
	if (IS_ERR(bus->int_page))
		return PTR_ERR(bus->int_page);
	trace_cocovm_page_kept(cw_range_vaddr(bus->int_page), 1, CW_MAP_INT_PAGE);
	err = synic_name(bus);
	err = err ?: bus_negotiate(bus);
	return err ?: cw_bus_say(bus, NULL, CHANNELMSG_REQUESTOFFERS, 0,
				 CHANNELMSG_ALLOFFERS_DELIVERED);
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
	int err = 0;
	u32 i;

	if (IS_ERR_OR_NULL(bus))
		return 0;
	for (i = 0; i < CW_CHANNELS_MAX; i++) {
		if (bus->channel[i])
			err = cw_first(err, cw_channel_close(bus->channel[i]));
		kvfree(bus->channel[i]);
		bus->channel[i] = NULL;
	}
	if (bus->version)
		cw_bus_say(bus, NULL, CHANNELMSG_UNLOAD, 0, CHANNELMSG_UNLOAD_RESPONSE);
	cw_peer_free(bus->peer);
	err = cw_first(err, bus_pages_put(bus, bus->monitor,
					  !cw_bus_is(bus, CW_GUEST_MONITOR_PRIVATE),
					  CW_GUEST_FREE_MONITOR));
	err = cw_first(err, synic_put(bus));
	err = cw_first(err, bus_pages_put(bus, bus->int_page,
					  cw_bus_is(bus, CW_GUEST_INT_SHARED), 0));
	kvfree(bus);
	cw_pool_leave();
	return err;
}

struct cw_channel *cw_bus_channel(const struct cw_bus *bus, enum cw_device device)
{
	u32 i;

	for (i = 0; i < CW_CHANNELS_MAX; i++)
		if (bus->channel[i] &&
		    guid_equal(&bus->channel[i]->offer.offer.if_type, &cw_devices[device].guid))
			return bus->channel[i];
	return NULL;
}
