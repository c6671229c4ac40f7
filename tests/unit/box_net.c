// SPDX-License-Identifier: GPL-2.0-only
/* cocobox's network device: versions, buffers, queries and packets, and no message of a guest,
 * whatever is in it, gets past its own bytes.
 */
#include <stdlib.h>

#include "box.h"
#include "box_frames.h"
#include "dev.h"
#include "loop.h"
#include "referee.h"
#include "rndis.h"

/* ---- the channel, as far as the device sees it ---- */

#define RECV_HANDLE 0x11
#define SEND_HANDLE 0x22
#define NVSP_RNDIS 107

struct cw_gpadl {
	__u32 handle, bytes;
	__u8 *mem;
};

static struct cw_gpadl gpadls[] = {
	{ RECV_HANDLE, 10 * 1728 + 100, NULL },
	{ SEND_HANDLE, 3 * 6144 + 100, NULL },
	{ 0x33, 1000, NULL },		/* too small for anything */
};

static struct sent {
	__u16 type;
	__u64 id;
	__u16 pageset;
	__u32 words[10];
	__u32 len;
	struct cw_xfer_range range;
} sent[64];
static unsigned int nr_sent, nr_notes;
static bool no_room;

struct cw_gpadl *cw_gpadl_find(struct cw_channel *ch, __u32 handle)
{
	size_t i;

	(void)ch;
	for (i = 0; i < NR(gpadls); i++) {
		if (gpadls[i].mem && gpadls[i].handle == handle)
			return &gpadls[i];
	}
	return NULL;
}

__u32 cw_gpadl_bytes(const struct cw_gpadl *gpadl)
{
	return gpadl->bytes;
}

int cw_gpadl_read(struct cw_gpadl *gpadl, __u32 offset, void *buf, __u32 len)
{
	if (offset > gpadl->bytes || len > gpadl->bytes - offset)
		return -14;
	memcpy(buf, gpadl->mem + offset, len);
	return 0;
}

int cw_gpadl_write(struct cw_gpadl *gpadl, __u32 offset, const void *buf, __u32 len)
{
	if (offset > gpadl->bytes || len > gpadl->bytes - offset)
		return -14;
	memcpy(gpadl->mem + offset, buf, len);
	return 0;
}

static struct sent *sent_add(__u16 type, __u64 id, const void *data, __u32 len)
{
	struct sent *s = &sent[nr_sent++];

	assert_true(nr_sent < NR(sent));
	assert_true(len <= sizeof(s->words));
	*s = (struct sent){ .type = type, .id = id, .len = len };
	if (len)
		memcpy(s->words, data, len);
	return s;
}

int cw_channel_complete(struct cw_channel *ch, __u64 id, const void *data, __u32 len)
{
	assert_non_null(ch);
	sent_add(CW_PKT_COMP, id, data, len);
	return 0;
}

int cw_channel_send_xfer(struct cw_channel *ch, __u64 id, __u16 pageset_id,
			 const struct cw_xfer_range *range, __u32 nr_ranges, const void *data,
			 __u32 len)
{
	struct sent *s = sent_add(CW_PKT_XFER_PAGES, id, data, len);

	assert_non_null(ch);
	assert_int_equal(nr_ranges, 1);
	s->pageset = pageset_id;
	s->range = *range;
	return 0;
}

bool cw_channel_has_room(struct cw_channel *ch, __u32 len)
{
	(void)ch;
	(void)len;
	return !no_room;
}

void cw_referee_note(struct cw_box *box, const char *what, const char *detail)
{
	(void)box;
	assert_string_equal(what, "net");
	assert_non_null(detail);
	nr_notes++;
}

__u64 cw_now_ns(void)
{
	return 1;
}

int cw_loop_add(struct cw_box *box, struct cw_watch *watch, __u32 events)
{
	(void)box;
	(void)watch;
	(void)events;
	return 0;
}

void cw_loop_remove(struct cw_box *box, struct cw_watch *watch)
{
	(void)box;
	(void)watch;
}

static struct cw_box honest;	/* no host behaviour */
static struct cw_dev dev;
static struct cw_channel channel;

static int dev_setup(void **state)
{
	size_t i;

	(void)state;
	dev = (struct cw_dev){ .ops = &cw_dev_net, .box = &honest };
	channel = (struct cw_channel){ .dev = &dev, .is_open = true };
	nr_sent = nr_notes = 0;
	no_room = false;
	for (i = 0; i < NR(gpadls); i++)
		gpadls[i].mem = calloc(1, gpadls[i].bytes);
	return cw_dev_net.init(&dev) || cw_dev_net.open(&channel);
}

static int dev_teardown(void **state)
{
	size_t i;

	(void)state;
	cw_dev_net.close(&channel);
	cw_dev_net.exit(&dev);
	for (i = 0; i < NR(gpadls); i++) {
		free(gpadls[i].mem);
		gpadls[i].mem = NULL;
	}
	return 0;
}

static void packet(__u16 type, __u64 id, const void *data, __u32 len, struct iovec *iov,
		   unsigned int nr)
{
	__u8 *copy = malloc(len ? len : 1);
	struct cw_packet p = { .type = type, .flags = CW_PKT_WANTS_COMP, .id = id, .data = copy,
			       .len = len, .iov = iov, .nr_iov = nr };

	assert_non_null(copy);
	if (len)
		memcpy(copy, data, len);
	nr_sent = 0;
	cw_dev_net.packet(&channel, &p);
	free(copy);
}

/* One NVSP message and its completion's words. */
static const __u32 *nvsp(__u32 type, __u32 a, __u32 b, __u32 c)
{
	const __u32 words[10] = { type, a, b, c };

	packet(CW_PKT_INBAND, 77, words, sizeof(words), NULL, 0);
	assert_true(nr_sent > 0);
	assert_int_equal(sent[0].type, CW_PKT_COMP);
	assert_int_equal(sent[0].id, 77);
	return sent[0].words;
}

/* RNDIS control by page buffer, as the driver sends it; returns the answer, or NULL. */
static const __u8 *control(__u32 *words, __u32 nr)
{
	const __u32 message[10] = { NVSP_RNDIS, 1, 0xffffffff };
	struct iovec iov = { words, nr * 4 };

	packet(CW_PKT_GPA_DIRECT, 78, message, sizeof(message), &iov, 1);
	assert_int_equal(sent[0].type, CW_PKT_COMP);
	assert_int_equal(sent[0].words[0], 108);
	assert_int_equal(sent[0].words[1], 1);
	if (nr_sent < 2)
		return NULL;
	assert_int_equal(sent[1].type, CW_PKT_XFER_PAGES);
	assert_int_equal(sent[1].pageset, 0xcafe);
	assert_int_equal(sent[1].words[0], NVSP_RNDIS);
	assert_int_equal(sent[1].words[1], 1);
	assert_int_equal(sent[1].range.offset % 1728, 0);
	assert_true(sent[1].range.offset / 1728 < 10);
	return gpadls[0].mem + sent[1].range.offset;
}

static void complete_all(void)
{
	static const __u32 done[2] = { 108, 1 };
	struct sent copy[NR(sent)];
	unsigned int i, nr = nr_sent;

	memcpy(copy, sent, sizeof(copy));
	for (i = 0; i < nr; i++) {
		if (copy[i].type == CW_PKT_XFER_PAGES)
			packet(CW_PKT_COMP, copy[i].id, done, sizeof(done), NULL, 0);
	}
}

static __u32 word(const __u8 *p, unsigned int i)
{
	__u32 w;

	memcpy(&w, p + 4 * i, 4);
	return w;
}

static void bring_up(void)
{
	__u32 init[] = { 2, 24, 1, 1, 0, 0x4000 };
	__u32 filter[] = { 5, 32, 2, 0x1010e, 4, 20, 0, 0xb };
	const __u8 *reply;

	nr_notes = 0;
	assert_int_equal(nvsp(1, 0x60001, 0x60001, 0)[3], 1);
	assert_int_equal(sent[0].words[1], 0x60001);
	assert_int_equal(nvsp(101, RECV_HANDLE, 0xcafe, 0)[1], 1);
	assert_int_equal(sent[0].words[2], 1);
	assert_int_equal(sent[0].words[4], 1728);
	assert_int_equal(sent[0].words[5], 10);
	assert_int_equal(nvsp(104, SEND_HANDLE, 0, 0)[1], 1);
	assert_int_equal(sent[0].words[2], 6144);
	reply = control(init, NR(init));
	assert_non_null(reply);
	assert_int_equal(word(reply, 0), 0x80000002);
	assert_int_equal(word(reply, 1), sent[1].range.len);
	assert_int_equal(word(reply, 2), 1);
	assert_int_equal(word(reply, 3), 0);
	complete_all();
	reply = control(filter, NR(filter));
	assert_non_null(reply);
	assert_int_equal(word(reply, 0), 0x80000005);
	assert_int_equal(word(reply, 3), 0);
	assert_int_equal(nr_sent, 3);	/* and the link is up */
	assert_int_equal(word(gpadls[0].mem + sent[2].range.offset, 0), 7);
	assert_int_equal(word(gpadls[0].mem + sent[2].range.offset, 2), 0x4001000b);
	complete_all();
	assert_int_equal(nr_notes, 0);
}

static void test_versions(void **state)
{
	static const struct {
		__u32 low, high, status, version;
	} rows[] = {
		{ 2, 2, 4, 0 },
		{ 0x40000, 0x40000, 4, 0 },
		{ 0x70000, 0x70000, 3, 0 },
		{ 0x60001, 0x50000, 7, 0 },
		{ 0x50001, 0x50002, 7, 0 },
		{ 0x50000, 0x50000, 1, 0x50000 },
		{ 2, 0x60000, 1, 0x60000 },
		{ 0, 0xffffffff, 1, 0x60001 },
	};
	size_t i;

	(void)state;
	assert_int_equal(nvsp(101, RECV_HANDLE, 0xcafe, 0)[1], 2);	/* before any version */
	for (i = 0; i < NR(rows); i++) {
		assert_int_equal(nvsp(1, rows[i].low, rows[i].high, 0)[3], rows[i].status);
		assert_int_equal(sent[0].words[1], rows[i].version);
	}
}

static void test_buffers(void **state)
{
	(void)state;
	nvsp(1, 0x60001, 0x60001, 0);
	assert_int_equal(nvsp(101, 0x99, 0xcafe, 0)[1], 2);		/* no such GPADL */
	assert_int_equal(nvsp(101, 0x33, 0xcafe, 0)[1], 2);		/* too small */
	assert_int_equal(nvsp(104, 0x33, 0, 0)[1], 2);
	assert_int_equal(nvsp(101, RECV_HANDLE, 0xcafe, 0)[1], 1);
	assert_int_equal(nvsp(101, RECV_HANDLE, 0xcafe, 0)[1], 2);	/* twice */
	assert_int_equal(nvsp(1, 0x60001, 0x60001, 0)[3], 2);		/* and no new version now */
	nr_notes = 0;
	nvsp(103, 0xbeef, 0, 0);					/* another's id */
	assert_int_equal(nr_notes, 1);
	nvsp(103, 0xcafe, 0, 0);
	assert_int_equal(nr_notes, 1);
	assert_int_equal(nvsp(101, RECV_HANDLE, 0xcafe, 0)[1], 1);
}

/* Queries the driver makes, and what it does with the answers: rndis_filter_device_add(). */
static void test_queries(void **state)
{
	static const struct {
		__u32 oid, status, len, first;
	} rows[] = {
		{ 0x00010106, 0, 4, 1500 },
		{ 0x01010101, 0, 6, 0xb0c0c002 },
		{ 0x00020216, 0xc00000bb, 0, 0 },
		{ 0xfc01020d, 0, 112, 112u << 16 | 0x1a7 },
		{ 0x00010114, 0, 4, 0 },
		{ 0x00010107, 0, 4, 10000000 },
		{ 0x00010203, 0xc00000bb, 0, 0 },
	};
	size_t i;

	(void)state;
	bring_up();
	for (i = 0; i < NR(rows); i++) {
		__u32 query[7] = { 4, 28, 100 + (__u32)i, rows[i].oid, 0, 20, 0 };
		const __u8 *reply = control(query, 7);

		assert_non_null(reply);
		assert_int_equal(word(reply, 0), 0x80000004);
		assert_int_equal(word(reply, 1), 24 + rows[i].len);
		assert_int_equal(word(reply, 2), 100 + i);
		assert_int_equal(word(reply, 3), rows[i].status);
		assert_int_equal(word(reply, 4), rows[i].len);
		if (rows[i].len) {
			assert_int_equal(word(reply, 5), 16);
			assert_int_equal(word(reply, 6), rows[i].first);
		}
		complete_all();
	}
	assert_int_equal(nr_notes, 0);
}

static void test_control_hostile(void **state)
{
	static const struct {
		const char *name;
		__u32 words[8];
		__u32 nr;
	} rows[] = {
		{ "nothing", { 0 }, 0 },
		{ "half a header", { 4 }, 1 },
		{ "longer than its bytes", { 4, 29, 1, 0x10106, 0, 20, 0 }, 7 },
		{ "a length of zero", { 4, 0, 1, 0x10106, 0, 20, 0 }, 7 },
		{ "a short query", { 4, 24, 1, 0x10106, 0, 20, 0 }, 7 },
		{ "a completion", { 0x80000004, 28, 1, 0, 0, 0, 0 }, 7 },
		{ "type 0", { 0, 28, 1, 0, 0, 0, 0 }, 7 },
		{ "type 7", { 7, 28, 1, 0, 0, 0, 0 }, 7 },
		{ "type 9", { 9, 28, 1, 0, 0, 0, 0 }, 7 },
		{ "type 0xffffffff", { 0xffffffff, 28, 1, 0, 0, 0, 0 }, 7 },
	};
	static const struct {
		__u32 len, offset, status;
	} sets[] = {
		{ 4, 21, 0xc0010015 }, { 5, 20, 0xc0010015 }, { 0xffffffff, 20, 0xc0010015 },
		{ 4, 0xffffffff, 0xc0010015 }, { 3, 20, 0xc0010014 }, { 0, 24, 0xc0010014 },
		{ 4, 20, 0 },
	};
	size_t i;

	(void)state;
	bring_up();
	for (i = 0; i < NR(rows); i++) {
		__u32 copy[8];

		memcpy(copy, rows[i].words, sizeof(copy));
		nr_notes = 0;
		if (control(copy, rows[i].nr) || nr_notes != 1)
			fail_msg("%s: was taken", rows[i].name);
	}
	for (i = 0; i < NR(sets); i++) {
		__u32 set[8] = { 5, 32, 9, 0x1010e, sets[i].len, sets[i].offset, 0, 1 };

		assert_int_equal(word(control(set, 8), 3), sets[i].status);
		complete_all();
	}
}

/* An RNDIS data message around a frame in the send buffer; returns the NVSP status. */
static __u32 data_send(__u32 section, __u32 len, const void *bytes, __u32 at)
{
	const __u32 message[10] = { NVSP_RNDIS, 0, section, len };

	if (bytes)
		memcpy(gpadls[1].mem + at, bytes, len);
	packet(CW_PKT_INBAND, 79, message, sizeof(message), NULL, 0);
	assert_true(nr_sent > 0);
	return sent[nr_sent - 1].words[1];
}

static __u32 data_make(__u8 *msg)
{
	struct frame f;

	udp_make(&f, 100);
	cw_rndis_packet_header(msg, f.len);
	memcpy(msg + 44, f.b, f.len);
	return 44 + f.len;
}

static void test_data(void **state)
{
	__u8 msg[2 * 256];
	__u32 len = data_make(msg), body;
	struct frame f;

	(void)state;
	bring_up();
	assert_int_equal(data_send(2, len, msg, 2 * 6144), 1);
	assert_int_equal(nr_sent, 2);
	assert_int_equal(sent[0].type, CW_PKT_XFER_PAGES);
	assert_int_equal(sent[0].words[1], 0);
	assert_int_equal(sent[0].range.len, len);
	f.len = sent[0].range.len - 44;
	memcpy(f.b, gpadls[0].mem + sent[0].range.offset + 44, f.len);
	ip_check(&f, 17, &body);
	assert_int_equal(body, 108);
	complete_all();
	/* two in one section */
	memcpy(msg + len, msg, len);
	assert_int_equal(data_send(0, 2 * len, msg, 0), 1);
	assert_int_equal(nr_sent, 3);
	complete_all();
	/* header in the section, frame in two page buffers */
	{
		struct iovec iov[2] = { { msg + 44, 10 }, { msg + 54, len - 54 } };
		const __u32 message[10] = { NVSP_RNDIS, 0, 1, 44 };

		memcpy(gpadls[1].mem + 6144, msg, 44);
		packet(CW_PKT_GPA_DIRECT, 80, message, sizeof(message), iov, 2);
		assert_int_equal(nr_sent, 2);
		assert_int_equal(sent[1].words[1], 1);
		complete_all();
	}
	assert_int_equal(nr_notes, 0);
}

static void test_data_hostile(void **state)
{
	/* fields of the header: words, and a value that must not be taken */
	static const __u32 rows[][2] = {
		{ 0, 2 }, { 0, 0 }, { 1, 0 }, { 1, 43 }, { 1, 0xffffffff }, { 1, 200 }, { 2, 0 },
		{ 2, 35 }, { 2, 400 }, { 2, 0xffffffff }, { 3, 400 }, { 3, 0xffffffff },
		{ 3, 0xfffffff0 },
	};
	__u8 msg[256];
	__u32 len = data_make(msg), keep, i;
	struct iovec big = { msg, 1u << 30 };
	const __u32 message[10] = { NVSP_RNDIS, 0, 0xffffffff };

	(void)state;
	assert_int_equal(data_send(0, len, msg, 0), 5);		/* no buffer yet */
	bring_up();
	for (i = 0; i < NR(rows); i++) {
		memcpy(&keep, msg + 4 * rows[i][0], 4);
		memcpy(msg + 4 * rows[i][0], &rows[i][1], 4);
		nr_notes = 0;
		assert_int_equal(data_send(0, len, msg, 0), 5);
		assert_int_equal(nr_sent, 1);
		memcpy(msg + 4 * rows[i][0], &keep, 4);
	}
	for (i = 0; i < len; i++)
		assert_int_equal(data_send(0, i, msg, 0), 5);
	cw_rndis_packet_header(msg, 0);				/* behind the last section */
	assert_int_equal(data_send(3, 44, msg, 3 * 6144), 5);
	data_make(msg);
	assert_int_equal(data_send(0xfffffffe, 44, NULL, 0), 5);
	assert_int_equal(data_send(0, len, msg, 0), 1);
	complete_all();
	assert_int_equal(data_send(0, 6145, NULL, 0), 5);	/* longer than a section */
	assert_int_equal(nr_sent, 1);
	assert_int_equal(data_send(0, 0xffffffff, NULL, 0), 5);
	packet(CW_PKT_GPA_DIRECT, 80, message, sizeof(message), &big, 1);
	assert_int_equal(sent[0].words[1], 5);
	gpadls[1].handle = 0x999;				/* torn down behind our back */
	assert_int_equal(data_send(0, len, msg, 0), 5);
	gpadls[1].handle = SEND_HANDLE;
	assert_int_equal(data_send(0, len, msg, 0), 1);
}

/* Ten sections: the eleventh frame is dropped, and a completion makes room for exactly one. */
static void test_sections(void **state)
{
	static const __u32 done[2] = { 108, 1 };
	__u8 msg[256];
	__u32 len = data_make(msg), i;
	__u64 id = 0;

	(void)state;
	bring_up();
	for (i = 0; i < 12; i++) {
		assert_int_equal(data_send(0, len, msg, 0), 1);
		assert_int_equal(nr_sent, i < 10 ? 2 : 1);
		if (nr_sent == 2)
			id = sent[0].id;
	}
	packet(CW_PKT_COMP, id, done, sizeof(done), NULL, 0);
	assert_int_equal(nr_notes, 0);
	packet(CW_PKT_COMP, id, done, sizeof(done), NULL, 0);	/* again */
	packet(CW_PKT_COMP, 10, done, sizeof(done), NULL, 0);
	packet(CW_PKT_COMP, ~0ULL, done, sizeof(done), NULL, 0);
	assert_int_equal(nr_notes, 3);
	data_send(0, len, msg, 0);
	assert_int_equal(nr_sent, 2);
	no_room = true;
	packet(CW_PKT_COMP, sent[0].id, done, sizeof(done), NULL, 0);
	data_send(0, len, msg, 0);
	assert_int_equal(nr_sent, 1);
}

/* Every NVSP type in every length, and packets of any type; noise in the words. */
static void test_nvsp_noise(void **state)
{
	static const __u16 types[] = { CW_PKT_INBAND, CW_PKT_INBAND, CW_PKT_GPA_DIRECT,
				       CW_PKT_COMP, 0 };
	static const __u32 values[] = { 0, 1, 2, 0xcafe, RECV_HANDLE, SEND_HANDLE, 0x60001, 6144,
					0xffffffff, 0x80000000 };
	__u32 words[12], i, j;

	(void)state;
	srandom(7);
	for (i = 0; i < 300000; i++) {
		struct iovec iov = { words, (__u32)random() % sizeof(words) };

		if (i % 1000 == 0) {
			cw_dev_net.close(&channel);
			assert_int_equal(cw_dev_net.open(&channel), 0);
		}
		words[0] = random() % 8 ? 98 + (__u32)random() % 40 : (__u32)random() % 10;
		for (j = 1; j < NR(words); j++)
			words[j] = values[(__u32)random() % NR(values)];
		packet(types[(__u32)random() % NR(types)], (__u64)random() % 20, words,
		       (__u32)random() % (sizeof(words) + 1), &iov, random() & 1);
	}
}

#define dev_test(f) cmocka_unit_test_setup_teardown(f, dev_setup, dev_teardown)

static const struct CMUnitTest tests[] = {
	dev_test(test_versions),
	dev_test(test_buffers),
	dev_test(test_queries),
	dev_test(test_control_hostile),
	dev_test(test_data),
	dev_test(test_data_hostile),
	dev_test(test_sections),
	dev_test(test_nvsp_noise),
};

UNIT_MAIN(tests)
