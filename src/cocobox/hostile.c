// SPDX-License-Identifier: GPL-2.0-only
/* Host behaviours, one row each: the hooks are in hostile_*.c, the numbers that they take are
 * here.
 */
#include "hostile_impl.h"

#include <string.h>

#include "box.h"
#include "referee.h"
#include "vmbus_impl.h"

/* Every message of a guest's connection, and a while after it. */
#define BIT(stage)	(1U << CW_STAGE_##stage)
#define TALKS		(BIT(OFFERS) | BIT(OPEN) | BIT(OPENED) | BIT(GPADL))

#define NO_RELID	300	/* no such channel is offered */
#define NO_GPADL	0xdead

/* Places in packets: drivers/scsi/storvsc_drv.c and drivers/net/hyperv/hyperv_net.h behind a
 * descriptor of 16 bytes; RNDIS places are in its message (include/linux/rndis.h).
 */
#define AT_OFFSET8	2
#define AT_LEN8		4
#define AT_XFER_NR	20
#define AT_XFER_LEN	24
#define AT_XFER_OFFSET	28
#define AT_SRB_STATUS	30	/* and the SCSI status after it */
#define AT_SRB_SENSE	37
#define AT_SRB_DATA	40
#define AT_RNDIS_LEN	4
#define AT_RNDIS_OFFSET	8
#define AT_RNDIS_DATA	12
#define AT_WRITE_INDEX	0
#define AT_READ_INDEX	4
#define CHECK_WITH_SENSE 0x0284	/* SRB_ERROR and SENSE_VALID, CHECK CONDITION */

#define WORKS		.expect = CW_EXPECT_WORKS
#define DEGRADED	.expect = CW_EXPECT_DEGRADED
#define STOPS		.expect = CW_EXPECT_STOPS
#define FINDS		.shows = CW_SHOWS_FINDING
#define WARNS		.shows = CW_SHOWS_WARNING
#define FINDS_WARNS	.shows = CW_SHOWS_FINDING | CW_SHOWS_WARNING

const char *const cw_expect_names[CW_EXPECT_NR] = {
	[CW_EXPECT_WORKS] = "works",
	[CW_EXPECT_DEGRADED] = "degraded",
	[CW_EXPECT_STOPS] = "stops",
};

/* Name, class and sentence of a row, from the list that is shared with cocovm.ko. */
#define HOST_TEXT(id, name, class, what) \
	static const char name_##id[] = name, what_##id[] = what; \
	enum { class_##id = CW_HOST_CLASS_##class };
CW_HOSTS(HOST_TEXT)
#define HOST(id) \
	.name = name_##id, .class = (enum cw_host_class)class_##id, .what = what_##id

#define CLASS_NAME(id, name) [CW_HOST_CLASS_##id] = name,
const char *const cw_host_class_names[CW_HOST_CLASS_NR] = { CW_HOST_CLASSES(CLASS_NAME) };

const struct cw_host cw_hosts[] = {
	{ HOST(HONEST), WORKS,
	  .safe = "Works." },

	/* ---- visibility ---- */
	{ HOST(REFUSE_ALL), DEGRADED, WARNS,
	  .safe = "Does without all devices, since it can share nothing with them.",
	  .arg = CW_WHEN_ALWAYS, .visibility = cw_lie_refuse },
	{ HOST(REFUSE_FIRST), STOPS, FINDS_WARNS,
	  .safe = "Does not use the bounce buffers that stayed private.",
	  .arg = CW_WHEN_ALWAYS, .times = 1, .visibility = cw_lie_refuse },
	{ HOST(REFUSE_TENTH), WORKS, WARNS,
	  .safe = "Does not use the bounce buffers that stayed private.",
	  .arg = CW_WHEN_ALWAYS, .skip = 9, .times = 1, .visibility = cw_lie_refuse },
	{ HOST(REFUSE_MONITOR), DEGRADED, WARNS,
	  .safe = "Does not connect to VMBus.",
	  .arg = CW_WHEN_SINGLE, .visibility = cw_lie_refuse },
	{ HOST(REFUSE_RING), WORKS, WARNS,
	  .safe = "Does without the device whose ring it is, and keeps the frames for good.",
	  .arg = CW_WHEN_OFFERED, .times = 1, .visibility = cw_lie_refuse },
	{ HOST(REFUSE_THIRD_RING), WORKS, WARNS,
	  .safe = "Does without the device whose ring it is, and keeps the frames for good.",
	  .arg = CW_WHEN_OFFERED, .skip = 2, .times = 1, .visibility = cw_lie_refuse },
	{ HOST(REFUSE_LARGE), DEGRADED, WARNS,
	  .safe = "Does without the network.",
	  .arg = CW_WHEN_LARGE, .visibility = cw_lie_refuse },
	{ HOST(REFUSE_TO_SHARED), DEGRADED, WARNS,
	  .safe = "Does without all devices, since it can share nothing with them.",
	  .arg = CW_WHEN_TO_SHARED, .visibility = cw_lie_refuse },
	{ HOST(REFUSE_TO_PRIVATE), WORKS, WARNS,
	  .safe = "Never uses these frames again, for they are still visible.",
	  .arg = CW_WHEN_TO_PRIVATE, .visibility = cw_lie_refuse },
	{ HOST(PART_TOLD), WORKS,
	  .safe = "Calls again for the rest.",
	  .arg = CW_WHEN_ALWAYS, .visibility = cw_lie_part_told },
	{ HOST(PART_FAILED), DEGRADED, WARNS,
	  .safe = "Does without the devices, and never uses these frames again.",
	  .arg = CW_WHEN_OFFERED, .visibility = cw_lie_part_failed },
	{ HOST(PART_CLAIMED), DEGRADED, FINDS,
	  .safe = "Cannot know; what it writes to the rest stays private, and devices fail.",
	  .arg = CW_WHEN_OFFERED, .visibility = cw_lie_part_claimed },
	{ HOST(STATUS_GARBAGE), DEGRADED, WARNS,
	  .safe = "Takes it as a failure, and never uses these frames again.",
	  .arg = CW_WHEN_OFFERED, .visibility = cw_lie_garbage },
	{ HOST(REPS_BEYOND), WORKS,
	  .safe = "Takes all of its own as done, and no more.",
	  .arg = CW_WHEN_ALWAYS, .visibility = cw_lie_over_told },
	{ HOST(REPS_NONE_ONCE), WORKS,
	  .safe = "Calls again.",
	  .arg = CW_WHEN_OFFERED, .times = 1, .visibility = cw_lie_stall },
	{ HOST(REPS_NONE), STOPS,
	  .safe = "Gives up after some calls, or calls until somebody ends it.",
	  .arg = CW_WHEN_OFFERED, .visibility = cw_lie_stall },

	/* ---- rings ---- */
	{ HOST(INDEX_WRITE_NET), STOPS,
	  .safe = "Gives up the network, and everything else goes on.",
	  .target = CW_TARGET_FRAME, .times = 3, .poke = { { AT_WRITE_INDEX, 4, 0xfffffff8 } },
	  .written = cw_lie_index },
	{ HOST(INDEX_WRITE_DISK), STOPS,
	  .safe = "Gives up the disk, and everything else goes on.",
	  .target = CW_TARGET_DISK, .poke = { { AT_WRITE_INDEX, 4, 0xfffffff8 } },
	  .written = cw_lie_index },
	{ HOST(INDEX_OWN_WRITE), STOPS,
	  .safe = "Goes by its own copy, or gives up the disk; it stays inside of the ring.",
	  .target = CW_TARGET_DISK, .times = 1, .poke = { { AT_WRITE_INDEX, 4, 0xf0000000 } },
	  .written = cw_lie_index_from_guest },
	{ HOST(INDEX_OWN_EDGE), STOPS,
	  .safe = "Goes by its own copy, or gives up the disk; it stays inside of the ring.",
	  .target = CW_TARGET_DISK, .times = 1, .poke = { { AT_WRITE_INDEX, 4, 0xffd } },
	  .written = cw_lie_index_from_guest },
	{ HOST(INDEX_READ), STOPS,
	  .safe = "Writes nothing more, and does without the disk.",
	  .target = CW_TARGET_DISK, .times = 1, .poke = { { AT_READ_INDEX, 4, 0xfffffff8 } },
	  .written = cw_lie_index_from_guest },
	{ HOST(LENGTH_LONG), STOPS,
	  .safe = "Reads no further than what was written, and gives up the network at most.",
	  .target = CW_TARGET_FRAME, .poke = { { AT_LEN8, 2, 0xffff } }, .packet = cw_lie_poke },
	{ HOST(LENGTH_LONG_DISK), WORKS,
	  .safe = "Reads no further than what was written, and gives up the disk at most.",
	  .target = CW_TARGET_DISK, .times = 1, .poke = { { AT_LEN8, 2, 0xffff } },
	  .packet = cw_lie_poke },
	{ HOST(LENGTH_ZERO), STOPS,
	  .safe = "Drops it, and gives up the network at most.",
	  .target = CW_TARGET_FRAME, .poke = { { AT_LEN8, 2, 0 } }, .packet = cw_lie_poke },
	{ HOST(LENGTH_SHORT), STOPS,
	  .safe = "Drops it, and gives up the network at most.",
	  .target = CW_TARGET_FRAME, .poke = { { AT_LEN8, 2, 1 } }, .packet = cw_lie_poke },
	{ HOST(LENGTH_FLIPS), WORKS,
	  .safe = "Reads it once, and checks what it read.",
	  .target = CW_TARGET_FRAME, .poke = { { AT_LEN8, 2, 0xffff } }, .written = cw_lie_flip },
	{ HOST(OFFSET_ZERO), DEGRADED,
	  .safe = "Drops it.",
	  .target = CW_TARGET_FRAME, .poke = { { AT_OFFSET8, 2, 0 } }, .packet = cw_lie_poke },
	{ HOST(OFFSET_BEYOND), DEGRADED,
	  .safe = "Drops it.",
	  .target = CW_TARGET_FRAME, .poke = { { AT_OFFSET8, 2, 0xffff } }, .packet = cw_lie_poke },
	{ HOST(RANGE_OFFSET), DEGRADED,
	  .safe = "Drops it.",
	  .target = CW_TARGET_FRAME, .poke = { { AT_XFER_OFFSET, 4, 0xfffff000 } },
	  .packet = cw_lie_poke },
	{ HOST(RANGE_LENGTH), DEGRADED,
	  .safe = "Drops it.",
	  .target = CW_TARGET_FRAME, .poke = { { AT_XFER_LEN, 4, 0xfffffff0 } },
	  .packet = cw_lie_poke },
	{ HOST(RANGE_WRAP), DEGRADED,
	  .safe = "Drops it.",
	  .target = CW_TARGET_FRAME,
	  .poke = { { AT_XFER_LEN, 4, 0xfffff100 }, { AT_XFER_OFFSET, 4, 0x1000 } },
	  .packet = cw_lie_poke },
	{ HOST(RANGE_COUNT), DEGRADED,
	  .safe = "Drops it.",
	  .target = CW_TARGET_FRAME, .poke = { { AT_XFER_NR, 4, 0xffff } }, .packet = cw_lie_poke },
	{ HOST(RNDIS_LENGTH), DEGRADED,
	  .safe = "Drops it.",
	  .poke = { { AT_RNDIS_LEN, 4, 0xffff } }, .rndis = cw_lie_rndis },
	{ HOST(RNDIS_OFFSET), DEGRADED,
	  .safe = "Drops it.",
	  .poke = { { AT_RNDIS_OFFSET, 4, 0xfffffff0 } }, .rndis = cw_lie_rndis },
	{ HOST(RNDIS_DATA), DEGRADED,
	  .safe = "Drops it.",
	  .poke = { { AT_RNDIS_DATA, 4, 0xffff } }, .rndis = cw_lie_rndis },
	{ HOST(DISK_TRANSFER), WORKS,
	  .safe = "Believes no more than the buffer's length.",
	  .target = CW_TARGET_DISK, .poke = { { AT_SRB_DATA, 4, 0xffffffff } },
	  .packet = cw_lie_poke },
	{ HOST(DISK_SENSE), WORKS,
	  .safe = "Copies no more than there is, and tries again or reports an error.",
	  .target = CW_TARGET_DISK, .times = 3,
	  .poke = { { AT_SRB_STATUS, 2, CHECK_WITH_SENSE }, { AT_SRB_SENSE, 1, 0xff } },
	  .packet = cw_lie_poke },

	/* ---- messages ---- */
	{ HOST(MESSAGE_VERSION), WORKS,
	  .safe = "Ignores it.",
	  .stages = TALKS, .words = { CW_MSG_VERSION, 0, 0, 4 }, .len = 16,
	  .stage = cw_lie_message },
	{ HOST(MESSAGE_OPEN), WORKS,
	  .safe = "Ignores it.",
	  .stages = TALKS, .words = { CW_MSG_OPEN_RESULT, 0, NO_RELID, NO_RELID, 0 }, .len = 20,
	  .stage = cw_lie_message },
	{ HOST(MESSAGE_GPADL), WORKS,
	  .safe = "Ignores it.",
	  .stages = TALKS, .words = { CW_MSG_GPADL_CREATED, 0, NO_RELID, NO_GPADL, 0 }, .len = 20,
	  .stage = cw_lie_message },
	{ HOST(MESSAGE_TORNDOWN), WORKS,
	  .safe = "Ignores it.",
	  .stages = TALKS, .words = { CW_MSG_GPADL_TORNDOWN, 0, NO_GPADL }, .len = 12,
	  .stage = cw_lie_message },
	{ HOST(MESSAGE_MODIFY), WORKS,
	  .safe = "Ignores it.",
	  .stages = TALKS, .words = { CW_MSG_MODIFY_DONE, 0, NO_RELID, 0 }, .len = 16,
	  .stage = cw_lie_message },
	{ HOST(MESSAGE_UNLOAD), WORKS,
	  .safe = "Ignores it.",
	  .stages = TALKS, .words = { CW_MSG_UNLOAD_DONE, 0 }, .len = 8, .stage = cw_lie_message },
	{ HOST(MESSAGE_DELIVERED), WORKS,
	  .safe = "Ignores it.",
	  .stages = TALKS, .words = { CW_MSG_OFFERS_DONE, 0 }, .len = 8, .stage = cw_lie_message },
	{ HOST(MESSAGE_GUESTS), WORKS,
	  .safe = "Ignores it.",
	  .stages = TALKS, .words = { CW_MSG_OPEN, 0, 1, 1, 1 }, .len = 148,
	  .stage = cw_lie_message },
	{ HOST(MESSAGE_NEXT_TYPE), WORKS, WARNS,
	  .safe = "Ignores it.",
	  .stages = TALKS, .words = { CW_MSG_MODIFY_DONE + 1, 0 }, .len = 16,
	  .stage = cw_lie_message },
	{ HOST(MESSAGE_WILD_TYPE), WORKS, WARNS,
	  .safe = "Ignores it.",
	  .stages = TALKS, .words = { 0xffffffff, 0 }, .len = 16, .stage = cw_lie_message },
	{ HOST(MESSAGE_EMPTY), WORKS,
	  .safe = "Ignores it.",
	  .stages = TALKS, .len = 0, .stage = cw_lie_message },
	{ HOST(MESSAGE_SHORT), WORKS, WARNS,
	  .safe = "Ignores them.",
	  .stages = TALKS, .stage = cw_lie_short },
	{ HOST(AGAIN_OPENED), WORKS,
	  .safe = "Ignores the second, which no open waits for.",
	  .words = { CW_MSG_OPEN_RESULT }, .sent = cw_lie_again },
	{ HOST(AGAIN_CREATED), WORKS,
	  .safe = "Ignores the second, which no GPADL waits for.",
	  .words = { CW_MSG_GPADL_CREATED }, .sent = cw_lie_again },
	{ HOST(AGAIN_TORNDOWN), WORKS,
	  .safe = "Ignores the second: its frames are private by then, and may be in use.",
	  .words = { CW_MSG_GPADL_TORNDOWN }, .sent = cw_lie_again },
	{ HOST(RESCIND_UNKNOWN), WORKS,
	  .safe = "Ignores it.",
	  .stages = TALKS, .words = { CW_MSG_RESCIND, 0, NO_RELID }, .len = 12,
	  .stage = cw_lie_message },
	{ HOST(RESCIND_BEYOND), WORKS, WARNS,
	  .safe = "Ignores it.",
	  .stages = TALKS, .words = { CW_MSG_RESCIND, 0, 0xffffffff }, .len = 12,
	  .stage = cw_lie_message },
	{ HOST(RESCIND_OPEN), DEGRADED,
	  .safe = "Does without the disk.",
	  .stages = BIT(OPEN), .dev = "scsi", .stage = cw_lie_rescind },
	{ HOST(RESCIND_OPEN_NET), DEGRADED,
	  .safe = "Does without the network.",
	  .stages = BIT(OPEN), .dev = "net", .arg = 1, .stage = cw_lie_rescind },
	{ HOST(RESCIND_OPENED), DEGRADED,
	  .safe = "Does without the disk.",
	  .stages = BIT(OPENED), .dev = "scsi", .stage = cw_lie_rescind },
	{ HOST(RESCIND_GPADL), DEGRADED,
	  .safe = "Does without the network.",
	  .stages = BIT(GPADL), .dev = "net", .stage = cw_lie_rescind },

	/* ---- completions ---- */
	{ HOST(COMPLETE_UNKNOWN), WORKS,
	  .safe = "Ignores it.",
	  .target = CW_TARGET_DISK, .arg = CW_EXTRA_UNKNOWN_ID, .packet = cw_lie_extra },
	{ HOST(COMPLETE_UNKNOWN_NET), WORKS,
	  .safe = "Ignores it.",
	  .target = CW_TARGET_SENT, .arg = CW_EXTRA_UNKNOWN_ID, .packet = cw_lie_extra },
	{ HOST(COMPLETE_ZERO), WORKS,
	  .safe = "Ignores it.",
	  .target = CW_TARGET_DISK, .arg = CW_EXTRA_ZERO_ID, .packet = cw_lie_extra },
	{ HOST(COMPLETE_TWICE), WORKS,
	  .safe = "Ignores the second completion.",
	  .target = CW_TARGET_DISK, .arg = CW_EXTRA_TWICE, .packet = cw_lie_extra },
	{ HOST(COMPLETE_TWICE_NET), WORKS,
	  .safe = "Ignores the second completion.",
	  .target = CW_TARGET_SENT, .arg = CW_EXTRA_TWICE, .packet = cw_lie_extra },
	{ HOST(COMPLETE_SHORT), WORKS,
	  .safe = "Ignores the first completion.",
	  .target = CW_TARGET_DISK, .arg = CW_EXTRA_SHORT, .packet = cw_lie_extra },
	{ HOST(COMPLETE_SHORT_NET), STOPS, WARNS,
	  .safe = "Ignores one of the two.",
	  .target = CW_TARGET_SENT, .arg = CW_EXTRA_SHORT, .packet = cw_lie_extra },
	{ HOST(COMPLETE_NEVER), STOPS,
	  .safe = "Waits for it, or gives up the disk.",
	  .target = CW_TARGET_DISK, .packet = cw_lie_drop },
	{ HOST(PACKET_TYPE), WORKS,
	  .safe = "Ignores them.",
	  .target = CW_TARGET_FRAME, .arg = CW_EXTRA_TYPE, .packet = cw_lie_extra },
	{ HOST(INBAND_TYPE), WORKS,
	  .safe = "Ignores them.",
	  .target = CW_TARGET_FRAME, .arg = CW_EXTRA_WORDS, .words = { 0xffff, 1, 2, 3 }, .len = 24,
	  .packet = cw_lie_extra },
	{ HOST(INBAND_TABLE), WORKS,
	  .safe = "Ignores them.",
	  /* NVSP_MSG5_TYPE_SEND_INDIRECTION_TABLE: count, offset */
	  .target = CW_TARGET_FRAME, .arg = CW_EXTRA_WORDS, .words = { 134, 16, 0xfffffff0 },
	  .len = 24,
	  .packet = cw_lie_extra },

	/* ---- offers ---- */
	{ HOST(OFFER_TWICE), WORKS, WARNS,
	  .safe = "Keeps to the first offer.",
	  .stages = BIT(OFFERS), .arg = CW_LIE_OFFER_TWICE, .stage = cw_lie_offers },
	{ HOST(OFFER_TAKEN), STOPS,
	  .safe = "Keeps to the first offer, or does without both.",
	  .stages = BIT(OFFERS), .arg = CW_LIE_OFFER_TAKEN, .stage = cw_lie_offers },
	{ HOST(OFFER_ZERO), WORKS,
	  .safe = "Does without it.",
	  .stages = BIT(OFFERS), .arg = CW_LIE_OFFER_ZERO, .stage = cw_lie_offers },
	{ HOST(OFFER_BEYOND), WORKS, WARNS,
	  .safe = "Does without it.",
	  .stages = BIT(OFFERS), .arg = CW_LIE_OFFER_BEYOND, .stage = cw_lie_offers },
	{ HOST(OFFER_GHOST), WORKS,
	  .safe = "Does without it.",
	  .stages = BIT(OFFERS), .arg = CW_LIE_OFFER_GHOST, .stage = cw_lie_offers },
	{ HOST(OFFER_PRIVATE), WORKS,
	  .safe = "Takes no notice of these flags.",
	  .stages = BIT(OFFERS), .arg = CW_LIE_OFFER_PRIVATE, .stage = cw_lie_offers },
	{ HOST(OFFER_SOCKET), WORKS,
	  .safe = "Leaves it alone.",
	  .stages = BIT(OFFERS), .arg = CW_LIE_OFFER_SOCKET, .stage = cw_lie_offers },
	{ HOST(OFFER_UNKNOWN), WORKS,
	  .safe = "Refuses it.",
	  .stages = BIT(OFFERS) | BIT(OPENED), .arg = CW_LIE_OFFER_UNKNOWN,
	  .stage = cw_lie_offers },
	{ HOST(OFFER_REFUSED), WORKS,
	  .safe = "Refuses them.",
	  .stages = BIT(OFFERS) | BIT(OPENED) | BIT(GPADL), .arg = CW_LIE_OFFER_REFUSED,
	  .stage = cw_lie_offers },

	/* ---- interrupts ---- */
	{ HOST(FLAGS_UNKNOWN), WORKS,
	  .safe = "Clears them.",
	  .stages = BIT(TICK), .words = { NO_RELID, NO_RELID + 20 }, .stage = cw_lie_flags },
	{ HOST(FLAGS_ALL), STOPS, WARNS,
	  .safe = "Looks at all its rings, and finds nothing.",
	  .stages = BIT(TICK), .words = { 0, 2047 }, .stage = cw_lie_flags },
	{ HOST(INTERRUPT_EMPTY), WORKS,
	  .safe = "Looks, and finds nothing.",
	  .stages = BIT(TICK), .stage = cw_lie_interrupt },
};

_Static_assert(CW_NR(cw_hosts) == CW_HOST_NR, "each host of the list has its row");

const size_t cw_nr_hosts = CW_NR(cw_hosts);

const struct cw_host *cw_host_find(const char *name)
{
	size_t i;

	for (i = 0; i < cw_nr_hosts; i++)
		if (!strcmp(cw_hosts[i].name, name))
			return &cw_hosts[i];
	return NULL;
}

bool cw_lie(const struct cw_host *host, struct cw_box *box)
{
	if (box->nr_chances++ < host->skip)
		return false;
	if (host->times && cw_referee_deeds(box) >= host->times)
		return false;
	cw_referee_deed(box, host->name);
	return true;
}
