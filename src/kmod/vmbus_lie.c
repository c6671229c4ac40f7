// SPDX-License-Identifier: GPL-2.0-only
/* Hosts that lie: what each of include/cocowatch/hosts.h does in this module to messages, offers,
 * rings and completions.  Visibility is host.c's.
 */
#include <linux/string.h>

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

struct lie {
	u8 stage;
	u8 type;	/* packets: of this type alone */
	bool disk;	/* packets: of the disk, else of the network */
	bool (*tell)(struct cw_peer *peer, struct cw_peer_channel *ch, const struct lie *lie,
		     void *image, u32 *bytes);
	struct {
		u8 at;
		u8 len;
		u32 value;
	} poke[2];
	u32 word[4];	/* a message, or what the function makes of it */
};

typedef const struct lie *lie_t;

/* ---- packets and rings ---- */

static bool lie_poke(struct cw_peer *peer, struct cw_peer_channel *ch, lie_t lie, void *image,
		     u32 *bytes)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(lie->poke); i++)
		memcpy(image + lie->poke[i].at, &lie->poke[i].value, lie->poke[i].len);
	return true;
}

/* A packet before the honest one: that one changed, or an in-band message of the row's words. */
static bool lie_extra(struct cw_peer *peer, struct cw_peer_channel *ch, lie_t lie, void *image,
		      u32 *bytes)
{
	u8 extra[sizeof(struct cw_packet_ranges)];
	u32 len = *bytes;

	memcpy(extra, image, len);
	if (lie->word[0]) {
		*(struct cw_packet *)extra = (struct cw_packet){ CW_PT_INBAND, 2, 4 };
		memcpy(extra + sizeof(struct cw_packet), lie->word, sizeof(lie->word));
		len = 32;
	} else {
		lie_poke(peer, ch, lie, extra, bytes);
		len = min_t(u32, len, ((struct cw_packet *)extra)->len8 << 3);
	}
	cw_peer_write(ch, extra, len);
	return true;
}

static bool lie_drop(struct cw_peer *peer, struct cw_peer_channel *ch, lie_t lie, void *image,
		     u32 *bytes)
{
	return false;
}

/* In the header of the ring to the guest, or of that from it. */
static bool lie_index_in(struct cw_peer *peer, struct cw_peer_channel *ch, lie_t lie, void *image,
			 u32 *bytes)
{
	return lie_poke(peer, ch, lie, cw_peer_header(ch, true), bytes);
}

static bool lie_index_out(struct cw_peer *peer, struct cw_peer_channel *ch, lie_t lie, void *image,
			  u32 *bytes)
{
	return lie_poke(peer, ch, lie, cw_peer_header(ch, false), bytes);
}

/* ---- messages and offers ---- */

static bool lie_say(struct cw_peer *peer, struct cw_peer_channel *ch, lie_t lie, void *image,
		    u32 *bytes)
{
	const u32 *word = lie->word;

	cw_peer_say(peer, word[0], word[1], word[2], word[3]);
	return true;
}

static bool lie_empty(struct cw_peer *peer, struct cw_peer_channel *ch, lie_t lie, void *image,
		      u32 *bytes)
{
	cw_peer_send(peer, "", 0);
	return true;
}

static bool lie_short(struct cw_peer *peer, struct cw_peer_channel *ch, lie_t lie, void *image,
		      u32 *bytes)
{
	u32 type;

	for (type = 0; type < CW_MT_NR; type++)
		cw_peer_send(peer, &type, sizeof(type));
	return true;
}

/* The second is none that lies again: cw_peer_lie() does not nest. */
static bool lie_again(struct cw_peer *peer, struct cw_peer_channel *ch, lie_t lie, void *image,
		      u32 *bytes)
{
	if (*bytes >= 8 && *(u32 *)image == lie->word[0])
		cw_peer_send(peer, image, *bytes);
	return true;
}

static bool lie_rescind(struct cw_peer *peer, struct cw_peer_channel *ch, lie_t lie, void *image,
			u32 *bytes)
{
	u32 i;

	if (ch->device != (lie->disk ? cw_guid_disk : cw_guid_net))
		return true;
	for (i = 0; i <= lie->word[0]; i++)
		cw_peer_say(peer, CW_MT_RESCIND, ch - peer->channel, 0, 0);
	return true;
}

/* word: relid and flags; then whether its kind is one that a guest must refuse, or none */
static bool lie_offer(struct cw_peer *peer, struct cw_peer_channel *ch, lie_t lie, void *image,
		      u32 *bytes)
{
	/* video, balloon, key-value pairs, mouse */
	static const u8 refused[][16] = {
		"\x02\x78\x0a\xda\x77\xe3\xac\x4a\x8e\x77\x05\x58\xeb\x10\x73\xf8",
		"\xdc\x74\x50\x1c\x85\x89\xe2\x46\x80\x57\xa3\x07\xdc\x18\xa5\x02",
		"\xe7\xf4\xa0\xa9\x45\x5a\x96\x4d\xb8\x27\x8a\x84\x1e\x8c\x03\xe6",
		"\x9e\xb6\xa8\xcf\x4a\x5b\xc0\x4c\xb9\x8b\x8b\xa1\xa1\xf3\xf9\x5a",
	};
	static const u8 unknown[16] = "no such device!";
	u32 i;

	for (i = 0; i < ARRAY_SIZE(refused) && lie->word[2] == 1; i++)
		cw_peer_offer(peer, refused[i], NO_RELID + i, 0);
	if (lie->word[2] != 1)
		cw_peer_offer(peer, lie->word[2] ? unknown : cw_guid_disk, lie->word[0],
			      lie->word[1]);
	return true;
}

/* ---- the rows ---- */

#define FRAME(at, len, value)	{ CW_STAGE_PACKET, CW_PT_RANGES, .tell = lie_poke, \
				  .poke = { { at, len, value } } }
#define DONE(at, len, value)	{ CW_STAGE_PACKET, CW_PT_COMPLETION, true, .tell = lie_poke, \
				  .poke = { { at, len, value } } }
#define EXTRA(type, disk, at, len, value) \
				{ CW_STAGE_PACKET, type, disk, .tell = lie_extra, \
				  .poke = { { at, len, value } } }
#define INBAND(...)		{ CW_STAGE_PACKET, CW_PT_RANGES, .tell = lie_extra, \
				  .word = { __VA_ARGS__ } }
#define INDEX(fn, disk, at, value) \
				{ CW_STAGE_WRITTEN, ANY_TYPE, disk, .tell = fn, \
				  .poke = { { at, 4, value } } }
#define RNDIS(at, value)	{ CW_STAGE_FRAME, .tell = lie_poke, .poke = { { at, 4, value } } }
#define SAY(...)		{ CW_STAGE_OPENED, .tell = lie_say, .word = { __VA_ARGS__ } }
#define AGAIN(type)		{ CW_STAGE_SENT, .tell = lie_again, .word = { type } }
#define RESCIND(stage, disk, more) { stage, 0, disk, .tell = lie_rescind, .word = { more } }
#define OFFER(...)		{ CW_STAGE_OFFERED, .tell = lie_offer, .word = { __VA_ARGS__ } }

static const struct lie lies[CW_HOST_NR] = {
	[CW_HOST_INDEX_WRITE_NET] = INDEX(lie_index_in, false, 0, 0xfffffff8),
	[CW_HOST_INDEX_WRITE_DISK] = INDEX(lie_index_in, true, 0, 0xfffffff8),
	[CW_HOST_INDEX_OWN_WRITE] = INDEX(lie_index_out, true, 0, 0xf0000000),
	[CW_HOST_INDEX_OWN_EDGE] = INDEX(lie_index_out, true, 0, 0xffd),
	[CW_HOST_INDEX_READ] = INDEX(lie_index_out, true, 4, 0xfffffff8),
	[CW_HOST_LENGTH_LONG] = FRAME(AT_LEN8, 2, 0xffff),
	[CW_HOST_LENGTH_LONG_DISK] = DONE(AT_LEN8, 2, 0xffff),
	[CW_HOST_LENGTH_ZERO] = FRAME(AT_LEN8, 2, 0),
	[CW_HOST_LENGTH_SHORT] = FRAME(AT_LEN8, 2, 1),
	[CW_HOST_LENGTH_FLIPS] = { CW_STAGE_MEANWHILE, .tell = lie_poke,
				   .poke = { { 0, 4, 0x2000003 } } },
	[CW_HOST_OFFSET_ZERO] = FRAME(AT_OFFSET8, 2, 0),
	[CW_HOST_OFFSET_BEYOND] = FRAME(AT_OFFSET8, 2, 0xffff),
	[CW_HOST_RANGE_OFFSET] = FRAME(AT_RANGES + 8, 4, 0xfffff000),
	[CW_HOST_RANGE_LENGTH] = FRAME(AT_RANGES + 4, 4, 0xfffffff0),
	[CW_HOST_RANGE_WRAP] = { CW_STAGE_PACKET, CW_PT_RANGES, .tell = lie_poke,
				 .poke = { { AT_RANGES + 4, 4, 0xfffff100 },
					   { AT_RANGES + 8, 4, 0x1000 } } },
	[CW_HOST_RANGE_COUNT] = FRAME(AT_RANGES, 4, 0xffff),
	[CW_HOST_RNDIS_LENGTH] = RNDIS(4, 0xffff),
	[CW_HOST_RNDIS_OFFSET] = RNDIS(8, 0xfffffff0),
	[CW_HOST_RNDIS_DATA] = RNDIS(12, 0xffff),
	[CW_HOST_DISK_TRANSFER] = DONE(AT_STATUS + 4, 4, 0xffffffff),
	[CW_HOST_DISK_SENSE] = DONE(AT_STATUS + 8, 1, 0xff),
	[CW_HOST_MESSAGE_VERSION] = SAY(CW_MT_VERSION),
	[CW_HOST_MESSAGE_OPEN] = SAY(CW_MT_OPENED, NO_RELID, NO_RELID),
	[CW_HOST_MESSAGE_GPADL] = SAY(CW_MT_GPADL_CREATED, NO_RELID, 0xfff),
	[CW_HOST_MESSAGE_TORNDOWN] = SAY(CW_MT_GPADL_TORNDOWN, 0xfff),
	[CW_HOST_MESSAGE_MODIFY] = SAY(CW_MT_MODIFIED, NO_RELID),
	[CW_HOST_MESSAGE_UNLOAD] = SAY(CW_MT_UNLOADED),
	[CW_HOST_MESSAGE_DELIVERED] = SAY(CW_MT_OFFERS_DONE),
	[CW_HOST_MESSAGE_GUESTS] = SAY(CW_MT_OPEN, 1, 1, 1),
	[CW_HOST_MESSAGE_NEXT_TYPE] = SAY(CW_MT_NR),
	[CW_HOST_MESSAGE_WILD_TYPE] = SAY(0xffffffff),
	[CW_HOST_MESSAGE_EMPTY] = { CW_STAGE_OPENED, .tell = lie_empty },
	[CW_HOST_MESSAGE_SHORT] = { CW_STAGE_OPENED, .tell = lie_short },
	[CW_HOST_AGAIN_OPENED] = AGAIN(CW_MT_OPENED),
	[CW_HOST_AGAIN_CREATED] = AGAIN(CW_MT_GPADL_CREATED),
	[CW_HOST_AGAIN_TORNDOWN] = AGAIN(CW_MT_GPADL_TORNDOWN),
	[CW_HOST_RESCIND_UNKNOWN] = SAY(CW_MT_RESCIND, NO_RELID),
	[CW_HOST_RESCIND_BEYOND] = SAY(CW_MT_RESCIND, 0xffffffff),
	[CW_HOST_RESCIND_OPEN] = RESCIND(CW_STAGE_OPEN, true, 0),
	[CW_HOST_RESCIND_OPEN_NET] = RESCIND(CW_STAGE_OPEN, false, 1),
	[CW_HOST_RESCIND_OPENED] = RESCIND(CW_STAGE_OPENED, true, 0),
	[CW_HOST_RESCIND_GPADL] = RESCIND(CW_STAGE_GPADL, false, 0),
	[CW_HOST_COMPLETE_UNKNOWN] = EXTRA(CW_PT_COMPLETION, true, AT_ID, 4, 60),
	[CW_HOST_COMPLETE_UNKNOWN_NET] = EXTRA(CW_PT_COMPLETION, false, AT_ID, 4, 60),
	[CW_HOST_COMPLETE_ZERO] = EXTRA(CW_PT_COMPLETION, true, AT_ID, 4, 0),
	[CW_HOST_COMPLETE_TWICE] = EXTRA(CW_PT_COMPLETION, true, 0, 0, 0),
	[CW_HOST_COMPLETE_TWICE_NET] = EXTRA(CW_PT_COMPLETION, false, 0, 0, 0),
	[CW_HOST_COMPLETE_SHORT] = EXTRA(CW_PT_COMPLETION, true, AT_LEN8, 2, 2),
	[CW_HOST_COMPLETE_SHORT_NET] = EXTRA(CW_PT_COMPLETION, false, AT_LEN8, 2, 2),
	[CW_HOST_COMPLETE_NEVER] = { CW_STAGE_PACKET, CW_PT_COMPLETION, true, .tell = lie_drop },
	[CW_HOST_PACKET_TYPE] = EXTRA(CW_PT_RANGES, false, AT_TYPE, 2, 0x7f),
	[CW_HOST_INBAND_TYPE] = INBAND(0xffff, 1, 2, 3),
	[CW_HOST_INBAND_TABLE] = INBAND(CW_NET_TABLE, 1, CW_NET_TABLE_ENTRIES, 0xfffffff0),
	[CW_HOST_OFFER_TWICE] = OFFER(2),
	[CW_HOST_OFFER_TAKEN] = OFFER(1),
	[CW_HOST_OFFER_ZERO] = OFFER(0),
	[CW_HOST_OFFER_BEYOND] = OFFER(0x1000),
	[CW_HOST_OFFER_GHOST] = OFFER(NO_RELID),
	[CW_HOST_OFFER_PRIVATE] = OFFER(NO_RELID, CW_OFFER_PRIVATE),
	[CW_HOST_OFFER_SOCKET] = OFFER(NO_RELID, CW_OFFER_SOCKET),
	[CW_HOST_OFFER_UNKNOWN] = OFFER(NO_RELID, 0, 2),
	[CW_HOST_OFFER_REFUSED] = OFFER(0, 0, 1),
};

static bool lie_fits(lie_t lie, const struct cw_peer_channel *ch, const void *image)
{
	if (lie->stage != CW_STAGE_PACKET && lie->stage != CW_STAGE_WRITTEN)
		return true;
	if (lie->type && ((const struct cw_packet *)image)->type != lie->type)
		return false;
	return ch->device == (lie->disk ? cw_guid_disk : cw_guid_net);
}

bool cw_peer_lie(struct cw_peer *peer, enum cw_stage stage, struct cw_peer_channel *ch,
		 void *image, u32 *bytes)
{
	lie_t lie = &lies[peer->host];
	bool ret;

	if (lie->stage != stage || peer->is_lying || !lie_fits(lie, ch, image))
		return true;
	peer->is_lying = true;
	ret = lie->tell(peer, ch, lie, image, bytes);
	peer->is_lying = false;
	return ret;
}

bool cw_peer_is(enum cw_host_id host)
{
	return lies[host].tell;
}

void cw_peer_meanwhile(struct cw_peer *peer, u32 relid, void *at)
{
	struct cw_peer_channel *ch = &peer->channel[relid];

	if (ch->opened && ch->device == cw_guid_net)
		cw_peer_lie(peer, CW_STAGE_MEANWHILE, ch, at, NULL);
}
