// SPDX-License-Identifier: GPL-2.0-only
/* Hosts that lie: what each of include/cocowatch/hosts.h does in this module to messages, offers,
 * rings and completions.  Visibility is host.c's.
 */
#include "vmbus_peer.h"

/* Places in a packet's image, in the head of a frame, and in a ring's header. */
#define AT_TYPE		0
#define AT_OFFSET8	2
#define AT_LEN8		4
#define AT_ID		8
#define AT_RANGES	20	/* number, then bytes and offset of the first */
#define AT_STATUS	20	/* of a disk's completion; bytes moved, bytes of sense */
#define NO_RELID	9	/* that is never offered */
#define ANY_TYPE	0

/* What is changed: an image or what else stands by, or the header of a ring. */
enum where { IMAGE, RING_IN, RING_OUT };

struct told;

struct lie {
	u8 stage;
	u8 type;	/* packets: of this type alone */
	bool disk;	/* packets: of the disk, else of the network */
	bool drop;	/* packets: it is not sent */
	bool harmless;	/* who validates it gets on as ever */
	u8 where;
	void (*tell)(const struct told *told);	/* NULL: nothing more */
	struct {
		u8 at;
		u8 len;
		u32 value;
	} poke[2];
	u32 word[4];	/* a message, or what the function makes of it */
};

/* A lie at the moment when it is told. */
struct told {
	const struct lie *lie;
	struct cw_peer *peer;
	struct cw_peer_channel *ch;
	void *image;
	u32 bytes;
};

/* ---- packets and rings ---- */

static void pokes_write(const struct lie *lie, void *to)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(lie->poke); i++)
		memcpy(to + lie->poke[i].at, &lie->poke[i].value, lie->poke[i].len);
}

static void lie_poke(const struct told *told)
{
	u8 where = told->lie->where;

	pokes_write(told->lie, where == IMAGE ? told->image :
					       cw_peer_header(told->ch, where == RING_IN));
}

/* A packet before the honest one: that one changed, or an in-band message of the row's words. */
static void lie_extra(const struct told *told)
{
	struct {
		struct vmpacket_descriptor head;
		u8 data[sizeof(struct cw_packet_ranges)];
	} extra = { { VM_PKT_DATA_INBAND, sizeof(extra.head) >> 3, 4 } };

	if (told->lie->word[0]) {
		memcpy(extra.data, told->lie->word, sizeof(told->lie->word));
		cw_peer_write(told->ch, &extra, 32);
		return;
	}
	memcpy(&extra, told->image, told->bytes);
	pokes_write(told->lie, &extra);
	cw_peer_write(told->ch, &extra, min_t(u32, told->bytes, extra.head.len8 << 3));
}

/* ---- messages and offers ---- */

static void lie_say(const struct told *told)
{
	const u32 *word = told->lie->word;

	cw_peer_say(told->peer, word[0], word[1], word[2], word[3]);
}

/* word: how many types, and how much there is of each message */
static void lie_cut(const struct told *told)
{
	u32 type;

	for (type = 0; type < told->lie->word[0]; type++)
		cw_peer_send(told->peer, &type, told->lie->word[1]);
}

/* The second is none that lies again: cw_peer_lie() does not nest. */
static void lie_again(const struct told *told)
{
	if (told->bytes >= CW_MESSAGE_WORDS(0) && *(u32 *)told->image == told->lie->word[0])
		cw_peer_send(told->peer, told->image, told->bytes);
}

static void lie_rescind(const struct told *told)
{
	u32 i;

	if (told->ch->device != (told->lie->disk ? CW_DEVICE_DISK : CW_DEVICE_NET))
		return;
	for (i = 0; i <= told->lie->word[0]; i++)
		cw_peer_say(told->peer, CHANNELMSG_RESCIND_CHANNELOFFER,
			    told->ch - told->peer->channel, 0, 0);
	cw_peer_forget(told->peer, told->ch);
}

/* Every device once more. */
static void lie_offers(const struct told *told)
{
	enum cw_device device;

	for (device = 0; device < CW_DEVICES; device++)
		cw_peer_offer(told->peer, &cw_devices[device].guid, device + 1, 0);
}

/* word: relid and flags; then whether its kind is one that a guest must refuse, or none */
static void lie_offer(const struct told *told)
{
	static const struct hv_vmbus_device_id refused[] = {
		{ HV_SYNTHVID_GUID }, { HV_DM_GUID }, { HV_KVP_GUID }, { HV_MOUSE_GUID },
	};
	static const guid_t unknown = { "no such device!" };
	const u32 *word = told->lie->word;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(refused) && word[2] == 1; i++)
		cw_peer_offer(told->peer, &refused[i].guid, NO_RELID + i, 0);
	if (word[2] != 1)
		cw_peer_offer(told->peer, word[2] ? &unknown : &cw_devices[CW_DEVICE_DISK].guid,
			      word[0], word[1]);
}

/* ---- the rows ---- */

#define PACKET(t, fn, kind, at, len, value) \
	{ CW_STAGE_PACKET, t, kind, .tell = fn, .poke = { { at, len, value } } }
#define FRAME(...)	PACKET(VM_PKT_DATA_USING_XFER_PAGES, lie_poke, false, __VA_ARGS__)
#define DONE(...)	PACKET(VM_PKT_COMP, lie_poke, true, __VA_ARGS__)
#define EXTRA(t, kind, at, len, value) \
	{ CW_STAGE_PACKET, t, kind, .harmless = true, .tell = lie_extra, \
	  .poke = { { at, len, value } } }
#define INBAND(...)	{ CW_STAGE_PACKET, VM_PKT_DATA_USING_XFER_PAGES, .harmless = true, \
			  .tell = lie_extra, .word = { __VA_ARGS__ } }
#define INDEX(ring, disk, at, value) \
	{ CW_STAGE_WRITTEN, ANY_TYPE, disk, .where = ring, .tell = lie_poke, \
	  .poke = { { at, 4, value } } }
#define RNDIS(at, value) { CW_STAGE_FRAME, .tell = lie_poke, .poke = { { at, 4, value } } }
#define HARMLESS(stage, fn, ...) { stage, .harmless = true, .tell = fn, .word = { __VA_ARGS__ } }
#define SAY(...)	HARMLESS(CW_STAGE_OPENED, lie_say, __VA_ARGS__)
#define CUT(...)	HARMLESS(CW_STAGE_OPENED, lie_cut, __VA_ARGS__)
#define AGAIN(type)	HARMLESS(CW_STAGE_SENT, lie_again, type)
#define RESCIND(stage, disk, more) { stage, 0, disk, .tell = lie_rescind, .word = { more } }
#define OFFER(...)	HARMLESS(CW_STAGE_OFFERED, lie_offer, __VA_ARGS__)

static const struct lie lies[CW_HOST_NR] = {
	[CW_HOST_INDEX_WRITE_NET] = INDEX(RING_IN, false, 0, 0xfffffff8),
	[CW_HOST_INDEX_WRITE_DISK] = INDEX(RING_IN, true, 0, 0xfffffff8),
	[CW_HOST_INDEX_OWN_WRITE] = INDEX(RING_OUT, true, 0, 0xf0000000),
	[CW_HOST_INDEX_OWN_EDGE] = INDEX(RING_OUT, true, 0, 0xffd),
	[CW_HOST_INDEX_READ] = INDEX(RING_OUT, true, 4, 0xfffffff8),
	[CW_HOST_LENGTH_LONG] = FRAME(AT_LEN8, 2, 0xffff),
	[CW_HOST_LENGTH_LONG_DISK] = DONE(AT_LEN8, 2, 0xffff),
	[CW_HOST_LENGTH_ZERO] = FRAME(AT_LEN8, 2, 0),
	[CW_HOST_LENGTH_SHORT] = FRAME(AT_LEN8, 2, 1),
	[CW_HOST_LENGTH_FLIPS] = { CW_STAGE_MEANWHILE, .harmless = true, .tell = lie_poke,
				   .poke = { { 0, 4, 0x2000003 } } },
	[CW_HOST_OFFSET_ZERO] = FRAME(AT_OFFSET8, 2, 0),
	[CW_HOST_OFFSET_BEYOND] = FRAME(AT_OFFSET8, 2, 0xffff),
	[CW_HOST_RANGE_OFFSET] = FRAME(AT_RANGES + 8, 4, 0xfffff000),
	[CW_HOST_RANGE_LENGTH] = FRAME(AT_RANGES + 4, 4, 0xfffffff0),
	[CW_HOST_RANGE_WRAP] = { CW_STAGE_PACKET, VM_PKT_DATA_USING_XFER_PAGES, .tell = lie_poke,
				 .poke = { { AT_RANGES + 4, 4, 0xfffff100 },
					   { AT_RANGES + 8, 4, 0x1000 } } },
	[CW_HOST_RANGE_COUNT] = FRAME(AT_RANGES, 4, 0xffff),
	[CW_HOST_RNDIS_LENGTH] = RNDIS(4, 0xffff),
	[CW_HOST_RNDIS_OFFSET] = RNDIS(8, 0xfffffff0),
	[CW_HOST_RNDIS_DATA] = RNDIS(12, 0xffff),
	[CW_HOST_DISK_TRANSFER] = DONE(AT_STATUS + 4, 4, 0xffffffff),
	[CW_HOST_DISK_SENSE] = { CW_STAGE_PACKET, VM_PKT_COMP, true, .tell = lie_poke,
				 .poke = { { AT_STATUS, 4, 2 }, { AT_STATUS + 8, 1, 0xff } } },
	[CW_HOST_MESSAGE_VERSION] = SAY(CHANNELMSG_VERSION_RESPONSE),
	[CW_HOST_MESSAGE_OPEN] = SAY(CHANNELMSG_OPENCHANNEL_RESULT, NO_RELID, NO_RELID),
	[CW_HOST_MESSAGE_GPADL] = SAY(CHANNELMSG_GPADL_CREATED, NO_RELID, 0xfff),
	[CW_HOST_MESSAGE_TORNDOWN] = SAY(CHANNELMSG_GPADL_TORNDOWN, 0xfff),
	[CW_HOST_MESSAGE_MODIFY] = SAY(CHANNELMSG_MODIFYCHANNEL_RESPONSE, NO_RELID),
	[CW_HOST_MESSAGE_UNLOAD] = SAY(CHANNELMSG_UNLOAD_RESPONSE),
	[CW_HOST_MESSAGE_DELIVERED] = SAY(CHANNELMSG_ALLOFFERS_DELIVERED),
	[CW_HOST_MESSAGE_GUESTS] = SAY(CHANNELMSG_OPENCHANNEL, 1, 1, 1),
	[CW_HOST_MESSAGE_NEXT_TYPE] = SAY(CHANNELMSG_COUNT),
	[CW_HOST_MESSAGE_WILD_TYPE] = SAY(0xffffffff),
	[CW_HOST_MESSAGE_EMPTY] = CUT(1, 0),
	[CW_HOST_MESSAGE_SHORT] = CUT(CHANNELMSG_COUNT, 4),
	[CW_HOST_AGAIN_OPENED] = AGAIN(CHANNELMSG_OPENCHANNEL_RESULT),
	[CW_HOST_AGAIN_CREATED] = AGAIN(CHANNELMSG_GPADL_CREATED),
	[CW_HOST_AGAIN_TORNDOWN] = AGAIN(CHANNELMSG_GPADL_TORNDOWN),
	[CW_HOST_RESCIND_UNKNOWN] = SAY(CHANNELMSG_RESCIND_CHANNELOFFER, NO_RELID),
	[CW_HOST_RESCIND_BEYOND] = SAY(CHANNELMSG_RESCIND_CHANNELOFFER, 0xffffffff),
	[CW_HOST_RESCIND_OPEN] = RESCIND(CW_STAGE_OPEN, true, 0),
	[CW_HOST_RESCIND_OPEN_NET] = RESCIND(CW_STAGE_OPEN, false, 1),
	[CW_HOST_RESCIND_OPENED] = RESCIND(CW_STAGE_OPENED, true, 0),
	[CW_HOST_RESCIND_GPADL] = RESCIND(CW_STAGE_GPADL, false, 0),
	[CW_HOST_COMPLETE_UNKNOWN] = EXTRA(VM_PKT_COMP, true, AT_ID, 4, 60),
	[CW_HOST_COMPLETE_UNKNOWN_NET] = EXTRA(VM_PKT_COMP, false, AT_ID, 4, 60),
	[CW_HOST_COMPLETE_ZERO] = EXTRA(VM_PKT_COMP, true, AT_ID, 4, 0),
	[CW_HOST_COMPLETE_TWICE] = EXTRA(VM_PKT_COMP, true, 0, 0, 0),
	[CW_HOST_COMPLETE_TWICE_NET] = EXTRA(VM_PKT_COMP, false, 0, 0, 0),
	[CW_HOST_COMPLETE_SHORT] = EXTRA(VM_PKT_COMP, true, AT_LEN8, 2, 2),
	[CW_HOST_COMPLETE_SHORT_NET] = EXTRA(VM_PKT_COMP, false, AT_LEN8, 2, 2),
	[CW_HOST_COMPLETE_NEVER] = { CW_STAGE_PACKET, VM_PKT_COMP, true, .drop = true },
	[CW_HOST_PACKET_TYPE] = EXTRA(VM_PKT_DATA_USING_XFER_PAGES, false, AT_TYPE, 2, 0x7f),
	[CW_HOST_INBAND_TYPE] = INBAND(0xffff, 1, 2, 3),
	[CW_HOST_INBAND_TABLE] = INBAND(CW_NET_TABLE, 1, CW_NET_TABLE_ENTRIES, 0xfffffff0),
	[CW_HOST_OFFER_TWICE] = HARMLESS(CW_STAGE_OFFERED, lie_offers, 0),
	[CW_HOST_OFFER_TAKEN] = OFFER(1),
	[CW_HOST_OFFER_ZERO] = OFFER(0),
	[CW_HOST_OFFER_BEYOND] = OFFER(0x1000),
	[CW_HOST_OFFER_GHOST] = OFFER(NO_RELID),
	[CW_HOST_OFFER_PRIVATE] = OFFER(NO_RELID, CW_OFFER_PRIVATE),
	[CW_HOST_OFFER_SOCKET] = OFFER(NO_RELID, VMBUS_CHANNEL_TLNPI_PROVIDER_OFFER),
	[CW_HOST_OFFER_UNKNOWN] = OFFER(NO_RELID, 0, 2),
	[CW_HOST_OFFER_REFUSED] = OFFER(0, 0, 1),
};

static bool lie_fits(const struct lie *lie, const struct cw_peer_channel *ch, const void *image)
{
	if (lie->stage != CW_STAGE_PACKET && lie->stage != CW_STAGE_WRITTEN)
		return true;
	if (lie->type && ((const struct vmpacket_descriptor *)image)->type != lie->type)
		return false;
	return ch->device == (lie->disk ? CW_DEVICE_DISK : CW_DEVICE_NET);
}

bool cw_peer_lie(struct cw_peer *peer, enum cw_stage stage, struct cw_peer_channel *ch,
		 void *image, u32 bytes)
{
	const struct told told = { &lies[peer->host], peer, ch, image, bytes };

	if (told.lie->stage != stage || peer->is_lying || !lie_fits(told.lie, ch, image))
		return true;
	peer->is_lying = true;
	if (told.lie->tell)
		told.lie->tell(&told);
	peer->is_lying = false;
	return !told.lie->drop;
}

bool cw_peer_is(enum cw_host_id host)
{
	return lies[host].stage;
}

bool cw_peer_is_harmless(enum cw_host_id host)
{
	return lies[host].harmless;
}

void cw_peer_meanwhile(struct cw_peer *peer, u32 relid, bool ring, u32 offset)
{
	struct cw_peer_channel *ch = &peer->channel[relid];
	u8 *at;

	if (!ch->opened || ch->device != CW_DEVICE_NET || (!ring && !ch->recv))
		return;
	at = ring ? (u8 *)cw_peer_header(ch, true) + PAGE_SIZE : ch->recv->va;
	cw_peer_lie(peer, CW_STAGE_MEANWHILE, ch, at + offset, 0);
}
