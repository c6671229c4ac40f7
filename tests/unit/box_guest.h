/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest and a device for tests of cocobox's VMBus host.  Memory is the real one; interrupts, the
 * loop and the referee are counted here.
 */
#ifndef CW_UNIT_BOX_GUEST_H
#define CW_UNIT_BOX_GUEST_H

#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "vmbus_impl.h"

#define GUEST_BYTES	(16ULL << 20)
#define RING_GFN	0x100		/* where the test's guest has its rings */
#define RING_PAGES	4		/* each way, with the header */
#define BUF_GFN		0x200
#define PRIVATE_GFN	0x300		/* not visible, like all from here on */
#define HANDLE		0xe1e10
#define SHARED		(1ULL << 39)

static struct cw_config config = { .nr_cpus = 2 };
static struct cw_host host;
static struct cw_box box;
static struct cw_watch *event_watch, *timer_watch;

/* ---- what stands around the VMBus host ---- */

static __u64 sent[1024][CW_MESSAGE_PAYLOAD_MAX / 8];
static unsigned int nr_sent, sent_vp, nr_signals, last_flag, nr_notes, nr_bad_frames;

int cw_synic_post(struct cw_box *b, unsigned int vp, const void *payload, __u32 len)
{
	(void)b;
	assert_true(len >= 8 && len <= CW_MESSAGE_PAYLOAD_MAX);
	memcpy(sent[nr_sent % NR(sent)], payload, len);
	nr_sent++;
	sent_vp = vp;
	return 0;
}

int cw_synic_signal(struct cw_box *b, unsigned int vp, unsigned int flag)
{
	(void)b;
	(void)vp;
	nr_signals++;
	last_flag = flag;
	return 0;
}

bool cw_referee_handed(struct cw_box *b, enum cw_handed by, __u64 gfn)
{
	bool visible = cw_mem_is_visible(&b->mem, gfn);

	(void)by;
	nr_bad_frames += !visible;
	return visible;
}

void cw_referee_note(struct cw_box *b, const char *what, const char *detail)
{
	(void)b;
	(void)what;
	(void)detail;
	nr_notes++;
}

int cw_loop_add(struct cw_box *b, struct cw_watch *watch, __u32 events)
{
	(void)b;
	(void)events;
	event_watch = watch;
	return 0;
}

int cw_loop_add_timer(struct cw_box *b, struct cw_watch *watch, __u64 period_ns)
{
	int fds[2];

	(void)b;
	assert_true(period_ns > 0);
	assert_int_equal(pipe(fds), 0);
	watch->fd = fds[0];
	assert_int_equal(write(fds[1], &period_ns, sizeof(period_ns)), sizeof(period_ns));
	close(fds[1]);
	timer_watch = watch;
	return 0;
}

void cw_loop_remove(struct cw_box *b, struct cw_watch *watch)
{
	(void)b;
	(void)watch;
}

__u64 cw_now_ns(void)
{
	return 1;
}

/* ---- a device that remembers what it got ---- */

static struct {
	unsigned int nr_open, nr_close, nr_packets, nr_ticks;
	int open_result;
	bool greets, echoes;
	struct cw_channel *ch;
	struct cw_packet packet;
	struct iovec iov[16];
	__u8 data[256];
	int last_err;
} dev;

static inline int dev_open(struct cw_channel *ch)
{
	dev.nr_open++;
	dev.ch = ch;
	if (dev.greets)
		assert_int_equal(cw_channel_send(ch, CW_PKT_INBAND, 0, 0, "hello", 5), 0);
	return dev.open_result;
}

static inline void dev_close(struct cw_channel *ch)
{
	assert_false(ch->is_open);
	assert_int_equal(cw_channel_send(ch, CW_PKT_INBAND, 0, 0, "x", 1), -ENOTCONN);
	dev.nr_close++;
}

static inline void dev_packet(struct cw_channel *ch, struct cw_packet *p)
{
	dev.nr_packets++;
	dev.packet = *p;
	if (p->nr_iov && p->nr_iov < NR(dev.iov))
		memcpy(dev.iov, p->iov, p->nr_iov * sizeof(*p->iov));
	memcpy(dev.data, p->data, p->len < sizeof(dev.data) ? p->len : sizeof(dev.data));
	if (dev.echoes)
		dev.last_err = cw_channel_complete(ch, p->id, p->data, p->len);
}

static inline void dev_tick(struct cw_dev *d, __u64 now_ns)
{
	(void)d;
	dev.nr_ticks += now_ns == 1;
}

static const struct cw_dev_ops ops = {
	.name = "test",
	.type = CW_GUID(0xf8615163, 0xdf3e, 0x46c5, 0x91, 0x3f, 0xf2, 0xd2, 0xf9, 0x65, 0xed, 0x0e),
	.chn_flags = CW_OFFER_PRIVATE_RING | CW_OFFER_PRIVATE_MEMORY | 0x10,
	.open = dev_open,
	.close = dev_close,
	.packet = dev_packet,
	.tick = dev_tick,
};

/* ---- the guest ---- */

static inline void *at(__u64 gfn)
{
	return cw_mem_at(&box.mem, gfn << CW_PAGE_SHIFT, CW_PAGE_SIZE);
}

static inline __u16 post(const void *msg, size_t len)
{
	return cw_vmbus_post_message(&box, 4, 1, msg, (__u32)len);
}

/* The last message that came, which must be of that type. */
static inline const void *answer(__u32 type)
{
	const struct cw_msg *m = (const void *)sent[(nr_sent - 1) % NR(sent)];

	assert_true(nr_sent > 0);
	assert_int_equal(m->type, type);
	return m;
}

static inline void serve(void)
{
	event_watch->ready(event_watch, 1);
}

static inline bool contact(__u32 version)
{
	struct cw_msg_contact m = {
		.h.type = CW_MSG_CONTACT,
		.version = version,
		.target_vp = 1,
		.sint = 2,
		.features = 0x10,
		.monitor = { SHARED | BUF_GFN << CW_PAGE_SHIFT, (BUF_GFN + 1) << CW_PAGE_SHIFT },
	};

	assert_int_equal(post(&m, sizeof(m)), 0);
	assert_int_equal(sent_vp, 1);
	return ((const struct cw_msg_version *)answer(CW_MSG_VERSION))->supported;
}

static inline void offers(void)
{
	struct cw_msg m = { .type = CW_MSG_REQUEST_OFFERS };

	post(&m, sizeof(m));
	answer(CW_MSG_OFFERS_DONE);
}

struct gpadl_msg {
	struct cw_msg_gpadl_header m;
	__u64 gfn[26];
} __attribute__((packed));

/* nr frames from gfn on, backwards: scattered as far as the host can tell */
static inline struct gpadl_msg gpadl_msg(__u32 relid, __u32 handle, __u64 gfn, __u32 nr)
{
	struct gpadl_msg g = { .m = {
		.h.type = CW_MSG_GPADL_HEADER,
		.relid = relid,
		.gpadl = handle,
		.ranges_len = (__u16)(8 + 8 * nr),
		.nr_ranges = 1,
		.byte_count = nr * 4096,
	} };

	for (__u32 i = 0; i < nr && i < NR(g.gfn); i++)
		g.gfn[i] = gfn + nr - 1 - i;
	return g;
}

static inline __u32 created(void)
{
	return ((const struct cw_msg_gpadl_created *)answer(CW_MSG_GPADL_CREATED))->status;
}

static inline __u32 share(__u32 relid, __u32 handle, __u64 gfn, __u32 nr)
{
	struct gpadl_msg g = gpadl_msg(relid, handle, gfn, nr);

	post(&g, sizeof(g.m) + nr * 8);
	return created();
}

static inline __u32 open_channel(__u32 relid, __u32 handle, __u32 downstream)
{
	struct cw_msg_open m = {
		.h.type = CW_MSG_OPEN,
		.relid = relid,
		.open_id = 77,
		.gpadl = handle,
		.downstream_page = downstream,
	};
	const struct cw_msg_open_result *r;

	post(&m, sizeof(m));
	r = answer(CW_MSG_OPEN_RESULT);
	assert_int_equal(r->relid, relid);
	assert_int_equal(r->open_id, 77);
	return r->status;
}

static inline void relid_msg(__u32 type, __u32 relid)
{
	struct cw_msg_relid m = { .h.type = type, .relid = relid };

	post(&m, sizeof(m));
}

static inline void teardown(__u32 relid, __u32 handle)
{
	struct cw_msg_gpadl_teardown m = {
		.h.type = CW_MSG_GPADL_TEARDOWN,
		.relid = relid,
		.gpadl = handle,
	};

	post(&m, sizeof(m));
}

/* The guest's view: it writes where the host reads, by the same functions. */
static struct cw_ring guest_out, guest_in;
static __u64 ring_gfns[2 * RING_PAGES];

static inline void rings_reset(void)
{
	for (unsigned int i = 0; i < NR(ring_gfns); i++) {
		ring_gfns[i] = RING_GFN + NR(ring_gfns) - 1 - i;
		memset(at(ring_gfns[i]), 0, CW_PAGE_SIZE);
	}
	cw_ring_init(&guest_out, &box.mem, ring_gfns, RING_PAGES, true);
	cw_ring_init(&guest_in, &box.mem, ring_gfns + RING_PAGES, RING_PAGES, true);
}

static inline void connect_all(void)
{
	assert_true(contact(config.confidential ? 6 << 16 : 5 << 16 | 3));
	offers();
	rings_reset();
	assert_int_equal(share(1, HANDLE, RING_GFN, 2 * RING_PAGES), 0);
	assert_int_equal(open_channel(1, HANDLE, RING_PAGES), 0);
	assert_true(dev.ch->is_open);
}

static inline int guest_put(__u16 type, __u64 id, __u16 offset8, const void *bytes, __u32 len)
{
	__u64 buf[CW_PACKET_MAX / 8] = { 0 };
	struct cw_packet_desc desc = {
		.type = type,
		.offset8 = offset8,
		.len8 = (__u16)((sizeof(desc) + len + 7) / 8),
		.flags = 1,
		.id = id,
	};

	memcpy(buf, &desc, sizeof(desc));
	memcpy(buf + 2, bytes, len);
	return cw_ring_put(&guest_out, buf, desc.len8 * 8U);
}

/* Length of the data of the next packet, its id in *id; -1: none. */
static inline int guest_get(__u64 *id, void *data)
{
	__u64 buf[CW_PACKET_MAX / 8];
	int len = cw_ring_get(&guest_in, buf, sizeof(buf));

	assert_true(len >= 0);
	if (!len)
		return -1;
	*id = buf[1];
	memcpy(data, buf + 2, (size_t)len - 16);
	return len - 16;
}

static inline void signal_host(void)
{
	assert_int_equal(cw_vmbus_signal_event(&box, CW_VMBUS_CONNECTION + 1, 0), 0);
	serve();
}

static inline int setup(void **state)
{
	(void)state;
	memset(&dev, 0, sizeof(dev));
	memset(&host, 0, sizeof(host));
	memset(&box, 0, sizeof(box));
	config.confidential = false;
	nr_sent = nr_signals = nr_notes = nr_bad_frames = 0;
	box.config = &config;
	box.host = &host;
	assert_int_equal(cw_mem_init(&box.mem, GUEST_BYTES, 39), 0);
	for (__u64 gfn = 0; gfn < PRIVATE_GFN; gfn++)
		cw_mem_set_visible(&box.mem, gfn, true);
	assert_int_equal(cw_vmbus_init(&box), 0);
	assert_int_equal(cw_vmbus_add(&box, &ops, NULL), 0);
	return 0;
}

static inline int cleanup(void **state)
{
	(void)state;
	cw_vmbus_exit(&box);
	assert_int_equal(dev.nr_close, dev.nr_open - (dev.open_result < 0 ? dev.nr_open : 0));
	cw_mem_exit(&box.mem);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, cleanup)

#endif
