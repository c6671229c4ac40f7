// SPDX-License-Identifier: GPL-2.0-only
/* The three integration services that hv_utils binds: heartbeat, time synchronisation, shutdown.
 * Each agrees on versions first; from then on the host asks and the guest answers.
 */
#include "dev.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "box.h"
#include "err.h"
#include "referee.h"
#include "util.h"

#define SECOND_NS	1000000000ULL
#define HEARTBEAT_NS	(2 * SECOND_NS)
#define TIMESYNC_NS	(30 * SECOND_NS)
#define MISSED_MAX	3

/* Layouts and values: include/linux/hyperv.h, "Common header for Hyper-V ICs" */
enum ic_type {
	IC_NEGOTIATE	= 0,
	IC_HEARTBEAT	= 1,
	IC_SHUTDOWN	= 3,
	IC_TIMESYNC	= 4,
};

enum {
	IC_TRANSACTION	= 1,
	IC_REQUEST	= 2,
	IC_RESPONSE	= 4,
	TIMESYNC_SYNC	= 1,
	TIMESYNC_SAMPLE	= 2,
};

#define EPOCH_1601	116444736000000000ULL	/* WLTIMEDELTA, in units of 100 ns */
#define PIPE_DATA	1			/* the pipe's header says: one message follows */

struct ic_version {
	__u16 major;
	__u16 minor;
};

struct ic_header {
	__u32 pipe_flags;
	__u32 pipe_len;
	struct ic_version frame;
	__u16 type;
	struct ic_version service;
	__u16 size;
	__u32 status;
	__u8 transaction;
	__u8 flags;
	__u8 pad[2];
};
_Static_assert(sizeof(struct ic_header) == 28, "vmbuspipe_hdr and icmsg_hdr");

struct ic_negotiate {
	__u16 nr_frames;
	__u16 nr_services;
	__u32 pad;
	struct ic_version version[6];
};

struct ic_shutdown {
	__u32 reason;
	__u32 timeout_s;
	__u32 flags;		/* 0: power off */
	__u8 text[2048];
};

struct ic_time {		/* version 4; what follows flags is up to version 3 another clock */
	__u64 host;
	__u64 guest;
	__u8 tail[16];
};

#define TIME_V4_LEN	22
#define TIME_V3_LEN	25

struct util {
	const struct util_kind *kind;
	enum { UTIL_CLOSED, UTIL_OPEN, UTIL_ASKED, UTIL_READY } state;
	struct ic_version frame;
	struct ic_version service;
	__u8 transaction;
	bool waiting;		/* for an answer */
	unsigned int missed;
	__u64 due_ns;
	__u64 seq;
	__u64 answers;
};

struct util_kind {
	enum ic_type type;
	unsigned int nr_versions;
	struct ic_version version[4];
	void (*due)(struct cw_channel *ch, struct util *u, __u64 now_ns);	/* may be NULL */
	void (*reply)(struct cw_channel *ch, struct util *u, const struct ic_header *h,
		      const __u8 *data, __u32 len);
};

static void util_note(struct cw_channel *ch, const char *detail)
{
	cw_referee_note(ch->dev->box, ch->dev->ops->name, detail);
}

/* A guest that does not read gets no more: a message that does not fit is dropped.  False then. */
static bool util_send(struct cw_channel *ch, struct util *u, enum ic_type type, const void *data,
		      __u32 len)
{
	struct {
		struct ic_header h;
		__u8 data[sizeof(struct ic_shutdown)];
	} m = { .h = {
		.pipe_flags = PIPE_DATA,
		.pipe_len = (__u32)(sizeof(m.h) - 8 + len),
		.frame = u->frame,
		.type = (__u16)type,
		.service = u->service,
		.size = (__u16)len,
		.transaction = ++u->transaction,
		.flags = IC_TRANSACTION | IC_REQUEST,
	} };
	__u32 total = (__u32)sizeof(m.h) + len;

	memcpy(m.data, data, len);
	if (!cw_channel_has_room(ch, total))
		return false;
	return !cw_channel_send(ch, CW_PKT_INBAND, 0, u->transaction, &m, total);
}

static void negotiate_ask(struct cw_channel *ch, struct util *u)
{
	static const struct ic_version frames[] = { { 1, 0 }, { 3, 0 } };
	struct ic_negotiate n = { .nr_frames = CW_NR(frames) };

	n.nr_services = (__u16)u->kind->nr_versions;
	memcpy(n.version, frames, sizeof(frames));
	memcpy(n.version + CW_NR(frames), u->kind->version,
	       u->kind->nr_versions * sizeof(n.version[0]));
	if (util_send(ch, u, IC_NEGOTIATE, &n, sizeof(n)))
		u->state = UTIL_ASKED;
}

static bool is_offered(const struct util *u, struct ic_version v)
{
	unsigned int i;

	for (i = 0; i < u->kind->nr_versions; i++) {
		if (u->kind->version[i].major == v.major && u->kind->version[i].minor == v.minor)
			return true;
	}
	return false;
}

static void negotiate_reply(struct cw_channel *ch, struct util *u, const __u8 *data, __u32 len)
{
	struct ic_negotiate n = { 0 };
	char text[48];

	memcpy(&n, data, len < sizeof(n) ? len : sizeof(n));
	if (n.nr_frames != 1 || n.nr_services != 1 || !is_offered(u, n.version[1])) {
		util_note(ch, "no version agreed");
		u->state = UTIL_CLOSED;		/* until it is opened again */
		return;
	}
	u->frame = n.version[0];
	u->service = n.version[1];
	u->state = UTIL_READY;
	u->due_ns = 0;
	snprintf(text, sizeof(text), "version %u.%u agreed", u->service.major, u->service.minor);
	util_note(ch, text);
}

static void util_packet(struct cw_channel *ch, struct cw_packet *p)
{
	struct util *u = ch->dev->priv;
	struct ic_header h;

	if (p->len < sizeof(h))
		return;
	memcpy(&h, p->data, sizeof(h));
	/* one request is under way at a time: an answer to anything else is stale or invented */
	if (!(h.flags & IC_RESPONSE) || h.transaction != u->transaction)
		return;
	if (h.type == IC_NEGOTIATE && u->state == UTIL_ASKED)
		negotiate_reply(ch, u, p->data + sizeof(h), p->len - (__u32)sizeof(h));
	else if (h.type == u->kind->type && u->state == UTIL_READY && u->waiting)
		u->kind->reply(ch, u, &h, p->data + sizeof(h), p->len - (__u32)sizeof(h));
}

static void util_tick(struct cw_dev *dev, __u64 now_ns)
{
	struct util *u = dev->priv;
	struct cw_channel *ch = dev->primary;

	if (!ch || !ch->is_open)
		return;
	if (u->state == UTIL_OPEN)
		negotiate_ask(ch, u);
	else if (u->state == UTIL_READY && u->kind->due && now_ns >= u->due_ns)
		u->kind->due(ch, u, now_ns);
}

static int util_open(struct cw_channel *ch)
{
	struct util *u = ch->dev->priv;

	*u = (struct util){ .kind = u->kind, .state = UTIL_OPEN };
	return 0;
}

static void util_close(struct cw_channel *ch)
{
	struct util *u = ch->dev->priv;
	char text[48];

	snprintf(text, sizeof(text), "closed after %llu answers", (unsigned long long)u->answers);
	util_note(ch, text);
	u->state = UTIL_CLOSED;
}

static int util_init(struct cw_dev *dev, const struct util_kind *kind)
{
	struct util *u = calloc(1, sizeof(*u));

	if (!u)
		return cw_err(-ENOMEM, "cannot make the device %s", dev->ops->name);
	u->kind = kind;
	dev->priv = u;
	return 0;
}

static void util_exit(struct cw_dev *dev)
{
	free(dev->priv);
	dev->priv = NULL;
}

/* ---- heartbeat: the guest adds one to a number ---- */

static void heartbeat_due(struct cw_channel *ch, struct util *u, __u64 now_ns)
{
	struct { __u64 seq; __u32 pad[8]; } m = { .seq = ++u->seq };

	if (u->waiting && ++u->missed == MISSED_MAX)
		util_note(ch, "no answer to three heartbeats in a row");
	u->waiting = true;
	u->due_ns = now_ns + HEARTBEAT_NS;
	util_send(ch, u, IC_HEARTBEAT, &m, sizeof(m));
}

static void heartbeat_reply(struct cw_channel *ch, struct util *u, const struct ic_header *h,
			    const __u8 *data, __u32 len)
{
	__u64 seq = 0;

	(void)h;
	memcpy(&seq, data, len < sizeof(seq) ? len : sizeof(seq));
	u->waiting = false;
	if (seq != u->seq + 1) {
		util_note(ch, "an answer with a wrong number");
		return;
	}
	if (!u->answers++)
		util_note(ch, "the guest answers");
	u->missed = 0;
}

static int heartbeat_init(struct cw_dev *dev)
{
	static const struct util_kind kind = {
		IC_HEARTBEAT, 2, { { 1, 0 }, { 3, 0 } }, heartbeat_due, heartbeat_reply,
	};

	return util_init(dev, &kind);
}

/* ---- time: a sample of the host's clock and of the guest's reference counter ---- */

static void timesync_due(struct cw_channel *ch, struct util *u, __u64 now_ns)
{
	bool v4 = u->service.major >= 4;
	struct ic_time m = { 0 };
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	m.host = EPOCH_1601 + (__u64)ts.tv_sec * 10000000 + (__u64)ts.tv_nsec / 100;
	/* what MSR 0x40000020 reads as (msr.c); before version 4 the guest's time: unknown */
	m.guest = v4 ? cw_now_ns() / 100 : 0;
	m.tail[v4 ? 0 : 8] = u->seq++ ? TIMESYNC_SAMPLE : TIMESYNC_SYNC;
	u->waiting = true;
	u->due_ns = now_ns + TIMESYNC_NS;
	if (!util_send(ch, u, IC_TIMESYNC, &m, v4 ? TIME_V4_LEN : TIME_V3_LEN))
		u->seq = 0;	/* the next one sets the clock */
}

/* Any answer will do: it has nothing in it. */
static void timesync_reply(struct cw_channel *ch, struct util *u, const struct ic_header *h,
			   const __u8 *data, __u32 len)
{
	(void)h;
	(void)data;
	(void)len;
	if (!u->answers++)
		util_note(ch, "the guest answers");
	u->waiting = false;
}

static int timesync_init(struct cw_dev *dev)
{
	static const struct util_kind kind = {
		IC_TIMESYNC, 3, { { 1, 0 }, { 3, 0 }, { 4, 0 } }, timesync_due, timesync_reply,
	};

	return util_init(dev, &kind);
}

/* ---- shutdown ---- */

static void shutdown_reply(struct cw_channel *ch, struct util *u, const struct ic_header *h,
			   const __u8 *data, __u32 len)
{
	(void)data;
	(void)len;
	u->answers++;
	u->waiting = false;
	util_note(ch, h->status ? "the guest will not" : "the guest will");
}

static int shutdown_init(struct cw_dev *dev)
{
	static const struct util_kind kind = {
		IC_SHUTDOWN, 4, { { 1, 0 }, { 3, 0 }, { 3, 1 }, { 3, 2 } }, NULL, shutdown_reply,
	};

	return util_init(dev, &kind);
}

bool cw_dev_shutdown_ask(struct cw_box *box)
{
	struct ic_shutdown m = { .timeout_s = 60 };
	struct cw_channel *ch = NULL;
	struct util *u;

	while ((ch = cw_vmbus_next(box, ch))) {
		u = ch->dev->priv;
		if (ch->dev->ops != &cw_dev_shutdown || !ch->is_open || u->state != UTIL_READY)
			continue;
		u->waiting = true;
		return util_send(ch, u, IC_SHUTDOWN, &m, sizeof(m));
	}
	return false;
}

#define UTIL_OPS(called, ...) { \
	.name = #called, .type = CW_GUID(__VA_ARGS__), .init = called##_init, .exit = util_exit, \
	.open = util_open, .close = util_close, .packet = util_packet, .tick = util_tick }

const struct cw_dev_ops cw_dev_heartbeat = UTIL_OPS(heartbeat,
	0x57164f39, 0x9115, 0x4e78, 0xab, 0x55, 0x38, 0x2f, 0x3b, 0xd5, 0x42, 0x2d);
const struct cw_dev_ops cw_dev_timesync = UTIL_OPS(timesync,
	0x9527e630, 0xd0ae, 0x497b, 0xad, 0xce, 0xe8, 0x0a, 0xb0, 0x17, 0x5c, 0xaf);
const struct cw_dev_ops cw_dev_shutdown = UTIL_OPS(shutdown,
	0x0e0b6031, 0x5213, 0x4934, 0x81, 0x8b, 0x38, 0xd9, 0x0c, 0xed, 0x39, 0xdb);
