// SPDX-License-Identifier: GPL-2.0-only
/* cocobox's disk: each SCSI command does what it says or tells why not, nothing outside of the disk
 * and of the buffers is touched, and no storvsc packet of a guest gets past the checks.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "box.h"
#include "dev.h"
#include "referee.h"
#include "scsi.h"

#define BLOCKS 4096U
#define BUF_LEN (600U * 1024)

static char path[] = "/tmp/box_scsi.XXXXXX";
static struct cw_disk disk;
static __u8 buf[BUF_LEN];

/* Block n holds its number, 64 times. */
static void fill(int fd)
{
	__u64 block[64];
	unsigned int i, j;

	for (i = 0; i < BLOCKS; i++) {
		for (j = 0; j < 64; j++)
			block[j] = i;
		assert_int_equal(pwrite(fd, block, sizeof(block), (off_t)i * 512), 512);
	}
}

static int setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	fill(fd);
	close(fd);
	return cw_disk_open(&disk, path, 0);
}

static int teardown(void **state)
{
	(void)state;
	cw_disk_close(&disk);
	return unlink(path);
}

/* Runs a command on one buffer of len bytes, in three pieces when there is enough of it. */
static struct cw_scsi_cmd run(const __u8 *cdb, unsigned int cdb_len, __u32 len, bool absent)
{
	struct iovec iov[3] = { { buf, len } };
	struct cw_scsi_cmd cmd = { .cdb_len = cdb_len, .absent = absent, .iov = iov, .nr_iov = 1,
				   .iov_bytes = len };

	if (len >= 100) {
		iov[0].iov_len = 33;
		iov[1] = (struct iovec){ buf + 33, 10 };
		iov[2] = (struct iovec){ buf + 43, len - 43 };
		cmd.nr_iov = 3;
	}
	memcpy(cmd.cdb, cdb, cdb_len);
	memset(buf, 0xee, sizeof(buf));
	cw_scsi_run(&disk, &cmd);
	return cmd;
}

#define OK 0
#define CDB(...) { __VA_ARGS__ }

static const struct {
	const char *name;
	__u8 cdb[16];
	unsigned int cdb_len;
	__u32 len;		/* of the buffer */
	__u32 sense;		/* key << 16 | asc << 8 | ascq */
	__u32 done;
	enum { PLAIN, ABSENT, READ_ONLY } how;
} cases[] = {
	{ "test unit ready", CDB(0), 6, 0, OK, 0, PLAIN },
	{ "start", CDB(0x1b, 0, 0, 0, 1), 6, 0, OK, 0, PLAIN },
	{ "request sense", CDB(3, 0, 0, 0, 252), 6, 252, OK, 18, PLAIN },
	{ "request sense, 4 allowed", CDB(3, 0, 0, 0, 4), 6, 252, OK, 4, PLAIN },
	{ "inquiry", CDB(0x12, 0, 0, 0, 36), 6, 36, OK, 36, PLAIN },
	{ "inquiry, 5 allowed", CDB(0x12, 0, 0, 0, 5), 6, 36, OK, 5, PLAIN },
	{ "inquiry, a buffer of 7", CDB(0x12, 0, 0, 0, 36), 6, 7, OK, 7, PLAIN },
	{ "inquiry, no buffer", CDB(0x12, 0, 0, 0, 36), 6, 0, OK, 0, PLAIN },
	{ "inquiry, page without EVPD", CDB(0x12, 0, 0x80, 0, 36), 6, 36, 0x052400, 0, PLAIN },
	{ "VPD list", CDB(0x12, 1, 0, 0, 64), 6, 64, OK, 9, PLAIN },
	{ "VPD serial", CDB(0x12, 1, 0x80, 0, 64), 6, 64, OK, 12, PLAIN },
	{ "VPD identity", CDB(0x12, 1, 0x83, 0, 64), 6, 64, OK, 24, PLAIN },
	{ "VPD limits", CDB(0x12, 1, 0xb0, 0, 64), 6, 64, OK, 64, PLAIN },
	{ "VPD characteristics", CDB(0x12, 1, 0xb1, 0, 64), 6, 64, OK, 64, PLAIN },
	{ "VPD unknown", CDB(0x12, 1, 0xb2, 0, 64), 6, 64, 0x052400, 0, PLAIN },
	{ "read capacity 10", CDB(0x25), 10, 8, OK, 8, PLAIN },
	{ "read capacity 16", CDB(0x9e, 0x10, [13] = 32), 16, 32, OK, 32, PLAIN },
	{ "read capacity 16, 12 allowed", CDB(0x9e, 0x10, [13] = 12), 16, 32, OK, 12, PLAIN },
	{ "another service action", CDB(0x9e, 0x12, [13] = 32), 16, 32, 0x052400, 0, PLAIN },
	{ "report luns", CDB(0xa0, [9] = 16), 12, 16, OK, 16, PLAIN },
	{ "report luns, 8 allowed", CDB(0xa0, [9] = 8), 12, 16, 0x052400, 0, PLAIN },
	{ "report luns, unknown kind", CDB(0xa0, 0, 9, [9] = 16), 12, 16, 0x052400, 0, PLAIN },
	{ "mode sense 6, caching", CDB(0x1a, 0, 8, 0, 192), 6, 192, OK, 24, PLAIN },
	{ "mode sense 6, all", CDB(0x1a, 0, 0x3f, 0, 192), 6, 192, OK, 24, PLAIN },
	{ "mode sense 6, saved", CDB(0x1a, 0, 0xc8, 0, 192), 6, 192, 0x053900, 0, PLAIN },
	{ "mode sense 6, unknown page", CDB(0x1a, 0, 0x0a, 0, 192), 6, 192, 0x052400, 0, PLAIN },
	{ "mode sense 6, unknown subpage", CDB(0x1a, 0, 8, 5, 192), 6, 192, 0x052400, 0, PLAIN },
	{ "mode sense 10", CDB(0x5a, 0, 0x3f, [8] = 192), 10, 192, OK, 28, PLAIN },
	{ "mode sense 10, 3 allowed", CDB(0x5a, 0, 0x3f, [8] = 3), 10, 192, OK, 3, PLAIN },
	{ "synchronize 10", CDB(0x35), 10, 0, OK, 0, PLAIN },
	{ "synchronize 16", CDB(0x91), 16, 0, OK, 0, PLAIN },
	{ "read 6", CDB(0x08, 0, 0, 1, 2), 6, 1024, OK, 1024, PLAIN },
	{ "read 6, 0 is 256", CDB(0x08, 0, 0, 1, 0), 6, 131072, OK, 131072, PLAIN },
	{ "read 10", CDB(0x28, [5] = 7, [8] = 3), 10, 1536, OK, 1536, PLAIN },
	{ "read 10, larger buffer", CDB(0x28, [5] = 7, [8] = 3), 10, 4096, OK, 1536, PLAIN },
	{ "read 10, shorter buffer", CDB(0x28, [5] = 7, [8] = 3), 10, 1535, 0x052400, 0, PLAIN },
	{ "read 10, no buffer", CDB(0x28, [5] = 7, [8] = 3), 10, 0, 0x052400, 0, PLAIN },
	{ "read 10, nothing", CDB(0x28, [5] = 7), 10, 512, OK, 0, PLAIN },
	{ "read 10, last block", CDB(0x28, [4] = 0x0f, 0xff, [8] = 1), 10, 512, OK, 512, PLAIN },
	{ "read 10, one past", CDB(0x28, [4] = 0x10, 0, [8] = 1), 10, 512, 0x052100, 0, PLAIN },
	{ "read 10, across the end", CDB(0x28, [4] = 0x0f, 0xff, [8] = 2),
	  10, 1024, 0x052100, 0, PLAIN },
	{ "read 10, nothing past the end", CDB(0x28, [4] = 0x10, 1), 10, 0, 0x052100, 0, PLAIN },
	{ "read 10, most", CDB(0x28, [7] = 4, 0), 10, 524288, OK, 524288, PLAIN },
	{ "read 10, more than most", CDB(0x28, [7] = 4, 1), 10, 524800, 0x052400, 0, PLAIN },
	{ "read 10, protected", CDB(0x28, 0x20, [8] = 1), 10, 512, 0x052400, 0, PLAIN },
	{ "read 16", CDB(0x88, [9] = 7, [13] = 3), 16, 1536, OK, 1536, PLAIN },
	{ "read 16, address wraps", CDB(0x88, 0, 255, 255, 255, 255, 255, 255, 255, 255, [13] = 1),
	  16, 512, 0x052100, 0, PLAIN },
	{ "read 16, address times 512 wraps", CDB(0x88, 0, 0, 0x80, [13] = 1),
	  16, 512, 0x052100, 0, PLAIN },
	{ "read 16, length wraps", CDB(0x88, 0, [10] = 255, 255, 255, 255),
	  16, 512, 0x052100, 0, PLAIN },
	{ "write 6", CDB(0x0a, 0, 0, 200, 1), 6, 512, OK, 512, PLAIN },
	{ "write 10", CDB(0x2a, [5] = 200, [8] = 3), 10, 1536, OK, 1536, PLAIN },
	{ "write 10, to the platter", CDB(0x2a, 8, [5] = 200, [8] = 3), 10, 1536, OK, 1536, PLAIN },
	{ "write 10, shorter buffer", CDB(0x2a, [5] = 7, [8] = 3), 10, 1024, 0x052400, 0, PLAIN },
	{ "write 10, across the end", CDB(0x2a, [4] = 0x0f, 0xff, [8] = 2),
	  10, 1024, 0x052100, 0, PLAIN },
	{ "write 16", CDB(0x8a, [9] = 200, [13] = 3), 16, 1536, OK, 1536, PLAIN },
	{ "write 10, read-only", CDB(0x2a, [5] = 7, [8] = 1), 10, 512, 0x072700, 0, READ_ONLY },
	{ "synchronize 10, read-only", CDB(0x35), 10, 0, OK, 0, READ_ONLY },
	{ "unmap", CDB(0x42), 10, 0, 0x052000, 0, PLAIN },
	{ "write same 10", CDB(0x41), 10, 0, 0x052000, 0, PLAIN },
	{ "write same 16", CDB(0x93), 16, 0, 0x052000, 0, PLAIN },
	{ "unknown", CDB(0xff), 16, 0, 0x052000, 0, PLAIN },
	{ "no CDB", CDB(0), 0, 0, 0x052000, 0, PLAIN },
	{ "a CDB that is too short", CDB(0x28, [8] = 1), 9, 512, 0x052400, 0, PLAIN },
	{ "absent: inquiry", CDB(0x12, 0, 0, 0, 36), 6, 36, OK, 36, ABSENT },
	{ "absent: VPD", CDB(0x12, 1, 0, 0, 36), 6, 36, 0x052400, 0, ABSENT },
	{ "absent: report luns", CDB(0xa0, [9] = 16), 12, 16, OK, 8, ABSENT },
	{ "absent: request sense", CDB(3, 0, 0, 0, 18), 6, 18, OK, 18, ABSENT },
	{ "absent: test unit ready", CDB(0), 6, 0, 0x052500, 0, ABSENT },
	{ "absent: read", CDB(0x28, [8] = 1), 10, 512, 0x052500, 0, ABSENT },
	{ "absent: unknown", CDB(0xff), 10, 0, 0x052500, 0, ABSENT },
};

static void test_commands(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < NR(cases); i++) {
		struct cw_scsi_cmd cmd;
		__u32 sense;

		disk.read_only = cases[i].how == READ_ONLY;
		cmd = run(cases[i].cdb, cases[i].cdb_len, cases[i].len,
			  cases[i].how == ABSENT);
		disk.read_only = false;
		sense = (__u32)(cmd.sense[2] << 16 | cmd.sense[12] << 8 | cmd.sense[13]);
		if (sense != cases[i].sense || cmd.done != cases[i].done ||
		    cmd.status != (sense ? CW_SCSI_CHECK : CW_SCSI_GOOD))
			fail_msg("%s: status %u, sense %06x, %u bytes", cases[i].name, cmd.status,
				 sense, cmd.done);
		assert_int_equal(cmd.sense[0], 0x70);
	}
}

/* What a command leaves alone: all bytes behind those it moved. */
static void test_bounds(void **state)
{
	size_t i;
	__u32 j;

	(void)state;
	for (i = 0; i < NR(cases); i++) {
		struct cw_scsi_cmd cmd = run(cases[i].cdb, cases[i].cdb_len, cases[i].len,
					     cases[i].how == ABSENT);

		for (j = cmd.done; j < cmd.done + 4096; j++)
			if (buf[j] != 0xee)
				fail_msg("%s: byte %u was written", cases[i].name, j);
	}
}

static void test_answers(void **state)
{
	static const __u8 inquiry[] = { 0x12, 0, 0, 0, 36 }, caching[] = { 0x1a, 0, 8, 0, 24 };
	static const __u8 capacity[16] = { 0x9e, 0x10, [13] = 32 }, list[] = { 0x12, 1, 0, 0, 64 };
	__u8 cdb[6];

	(void)state;
	memcpy(cdb, inquiry, 5);
	run(cdb, 6, 36, false);
	assert_int_equal(buf[0], 0);
	assert_memory_equal(buf + 8, "cocobox disk            1.0 ", 28);
	run(cdb, 6, 36, true);
	assert_int_equal(buf[0], 0x7f);
	memcpy(cdb, list, 5);
	run(cdb, 6, 64, false);
	assert_memory_equal(buf, "\0\0\0\x05\0\x80\x83\xb0\xb1", 9);
	run(capacity, 16, 32, false);
	assert_memory_equal(buf, "\0\0\0\0\0\0\x0f\xff\0\0\2\0", 12);
	memcpy(cdb, caching, 5);
	run(cdb, 6, 24, false);
	assert_memory_equal(buf, "\x17\0\x10\0\x08\x12\x04", 7);
	disk.read_only = true;
	run(cdb, 6, 24, false);
	disk.read_only = false;
	assert_int_equal(buf[2], 0x90);
}

static void test_medium(void **state)
{
	static const __u8 read[10] = { 0x28, [5] = 100, [8] = 2 };
	static const __u8 write[10] = { 0x2a, [5] = 100, [8] = 2 };
	struct cw_scsi_cmd cmd;
	__u64 first;

	(void)state;
	cmd = run(read, 10, 1024, false);
	assert_int_equal(cmd.status, CW_SCSI_GOOD);
	memcpy(&first, buf, 8);
	assert_int_equal(first, 100);
	memcpy(&first, buf + 1016, 8);
	assert_int_equal(first, 101);
	cmd = run(write, 10, 1024, false);	/* what run() fills the buffer with */
	assert_int_equal(cmd.status, CW_SCSI_GOOD);
	cmd = run(read, 10, 1024, false);
	memcpy(&first, buf + 1016, 8);
	assert_int_equal(first, 0xeeeeeeeeeeeeeeee);
}

/* Somebody cuts the file under a running guest. */
static void test_medium_error(void **state)
{
	static const __u8 read[10] = { 0x28, [4] = 0x0f, 0xff, [8] = 1 };
	struct cw_scsi_cmd cmd;

	(void)state;
	assert_int_equal(truncate(path, (BLOCKS - 1) * 512), 0);
	cmd = run(read, 10, 512, false);
	assert_int_equal(truncate(path, BLOCKS * 512), 0);
	assert_int_equal(cmd.status, CW_SCSI_CHECK);
	assert_int_equal(cmd.sense[2], 3);
	assert_int_equal(cmd.sense[12], 0x11);
}

static void test_open(void **state)
{
	char odd[] = "/tmp/box_scsi_odd.XXXXXX";
	int fd = mkstemp(odd);
	struct cw_disk d;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(cw_disk_open(&d, odd, 0), -EINVAL);	/* empty */
	assert_int_equal(ftruncate(fd, 513), 0);
	assert_int_equal(cw_disk_open(&d, odd, 0), -EINVAL);
	assert_int_equal(ftruncate(fd, 1024), 0);
	assert_int_equal(cw_disk_open(&d, odd, 3), 0);
	assert_int_equal(d.nr_blocks, 2);
	assert_string_equal(d.serial, "cocobox3");
	cw_disk_close(&d);
	close(fd);
	unlink(odd);
	assert_int_equal(cw_disk_open(&d, odd, 0), -ENOENT);
	assert_int_equal(cw_disk_open(&d, "/tmp", 0), -EISDIR);
	assert_int_equal(cw_disk_open(&d, "/dev/null", 0), -EINVAL);
}

/* ---- packets: a bus that only remembers ---- */

#define VSTOR_LEN 64
#define IN_FLIGHT 0x1122334455667788ULL

static struct cw_config config;
static struct cw_box box;
static struct cw_dev dev;
static struct cw_channel primary, sub;
static __u8 answer[VSTOR_LEN];
static unsigned int nr_answers, nr_notes, nr_offered;
static __u64 answered_id;

int cw_channel_complete(struct cw_channel *ch, __u64 id, const void *data, __u32 len)
{
	(void)ch;
	assert_int_equal(len, VSTOR_LEN);
	memcpy(answer, data, len);
	answered_id = id;
	nr_answers++;
	return 0;
}

int cw_vmbus_offer_subchannels(struct cw_dev *of, unsigned int nr)
{
	(void)of;
	nr_offered += nr;
	return 0;
}

void cw_referee_note(struct cw_box *of, const char *what, const char *detail)
{
	(void)of;
	(void)what;
	(void)detail;
	nr_notes++;
}

static void put32(__u8 *p, __u32 v)
{
	memcpy(p, &v, sizeof(v));
}

static __u32 get32(const __u8 *p)
{
	__u32 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Hands a copy of exactly len bytes over, so that a sanitizer sees a read behind them. */
static __u32 send(struct cw_channel *ch, const __u8 *bytes, __u32 len, struct cw_packet p)
{
	__u8 *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	p.data = copy;
	p.len = len;
	p.id = IN_FLIGHT;
	p.flags = CW_PKT_WANTS_COMP;
	nr_answers = 0;
	memset(answer, 0, sizeof(answer));
	cw_dev_scsi.packet(ch, &p);
	free(copy);
	if (!nr_answers)
		return ~0U;
	assert_int_equal(nr_answers, 1);
	assert_int_equal(answered_id, IN_FLIGHT);
	assert_int_equal(get32(answer), 1);	/* COMPLETE_IO */
	return get32(answer + 8);
}

static __u32 send_op(struct cw_channel *ch, __u32 op, __u32 first)
{
	__u8 v[VSTOR_LEN] = { 0 };

	put32(v, op);
	put32(v + 12, first);
	return send(ch, v, sizeof(v), (struct cw_packet){ .type = CW_PKT_INBAND });
}

/* READ(10) of block 9, or any other first byte. */
static __u32 send_srb(struct cw_channel *ch, __u8 lun, __u8 cdb_len, __u8 op, struct cw_packet p)
{
	__u8 v[VSTOR_LEN] = { 0 };

	put32(v, 3);
	v[19] = lun;
	v[20] = cdb_len;
	v[28] = op;
	v[28 + 5] = 9;
	v[28 + 8] = 1;
	return send(ch, v, sizeof(v), p);
}

static int bus_setup(void **state)
{
	(void)state;
	config = (struct cw_config){ .subchannels = 2 };
	box = (struct cw_box){ .config = &config };
	dev = (struct cw_dev){ .ops = &cw_dev_scsi, .box = &box, .primary = &primary };
	dev.priv = path;
	primary = (struct cw_channel){ .dev = &dev, .is_open = true };
	sub = (struct cw_channel){ .dev = &dev, .is_open = true, .sub_index = 1 };
	nr_notes = nr_offered = 0;
	return cw_dev_scsi.init(&dev);
}

static int bus_teardown(void **state)
{
	(void)state;
	cw_dev_scsi.exit(&dev);
	return 0;
}

static void handshake(void)
{
	assert_int_equal(send_op(&primary, 7, 0), 0);
	assert_int_equal(send_op(&primary, 9, 0x0602), 0);
	assert_int_equal(send_op(&primary, 10, 0), 0);
	assert_int_equal(answer[16], 2);		/* sub-channels */
	assert_int_equal(get32(answer + 20), 1);	/* several channels */
	assert_int_equal(get32(answer + 24), 512 * 1024);
	assert_int_equal(send_op(&primary, 8, 0), 0);
}

static void test_handshake(void **state)
{
	(void)state;
	assert_int_equal(send_op(&primary, 7, 0), 0);
	assert_int_equal(send_op(&primary, 9, 0x0402), 0xc0000059);
	assert_int_equal(send_op(&primary, 9, 0xffff), 0xc0000059);
	assert_int_not_equal(send_op(&primary, 8, 0), 0);	/* no version yet */
	handshake();
	assert_int_not_equal(send_op(&primary, 13, 0), 0);
	assert_int_not_equal(send_op(&primary, 13, 3), 0);
	assert_int_equal(nr_offered, 0);
	assert_int_equal(send_op(&primary, 13, 2), 0);
	assert_int_not_equal(send_op(&primary, 13, 2), 0);	/* again */
	assert_int_equal(nr_offered, 2);
	assert_int_equal(nr_notes, 0);
}

static void test_srb(void **state)
{
	struct iovec iov = { buf, 512 };
	struct cw_packet p = { .type = CW_PKT_GPA_DIRECT, .iov = &iov, .nr_iov = 1,
			       .iov_bytes = 512 };
	__u64 first;

	(void)state;
	assert_int_not_equal(send_srb(&primary, 0, 10, 0x28, p), 0);	/* before the handshake */
	handshake();
	assert_int_equal(send_srb(&sub, 0, 10, 0x28, p), 0);
	assert_int_equal(answer[14], 1);	/* SRB_STATUS_SUCCESS */
	assert_int_equal(answer[15], 0);
	assert_int_equal(get32(answer + 24), 512);
	memcpy(&first, buf, 8);
	assert_int_equal(first, 9);

	iov = (struct iovec){ buf, 512 };
	assert_int_equal(send_srb(&primary, 0, 10, 0x42, p), 0);
	assert_int_equal(answer[14], 0x84);	/* an error, with sense data */
	assert_int_equal(answer[15], 2);
	assert_int_equal(answer[21], 18);
	assert_int_equal(answer[28 + 2], 5);
	assert_int_equal(send_srb(&primary, 1, 10, 0x28, p), 0);
	assert_int_equal(answer[28 + 12], 0x25);
}

static void test_hostile(void **state)
{
	struct cw_packet bad = { .type = CW_PKT_GPA_DIRECT, .iov_bad = true };
	struct cw_packet inband = { .type = CW_PKT_INBAND };
	__u8 v[VSTOR_LEN] = { 3 };
	__u32 i;

	(void)state;
	handshake();
	for (i = 0; i < VSTOR_LEN; i++)
		assert_int_equal(send(&primary, v, i, inband), 0xc000000d);
	for (i = 0; i < 20; i++)
		if (i == 0 || i == 1 || i == 2 || i == 11 || i == 12 || i > 13)
			assert_int_equal(send_op(&primary, i, 0), 0xc00000bb);
	assert_int_equal(send_op(&primary, 0x80000000, 0), 0xc00000bb);
	assert_int_equal(send_op(&primary, 0xffffffff, 0), 0xc00000bb);
	assert_int_equal(send_op(&sub, 7, 0), 0xc00000bb);	/* not for a sub-channel */
	assert_int_equal(send_srb(&primary, 0, 17, 0x28, inband), 0xc000000d);
	assert_int_equal(send_srb(&primary, 0, 255, 0x28, inband), 0xc000000d);
	assert_int_equal(send_srb(&primary, 0, 10, 0x28, bad), 0xc000000d);
	assert_int_equal(answer[14], 6);	/* SRB_STATUS_INVALID_REQUEST */
	assert_int_equal(send_srb(&primary, 0, 10, 0x28, inband), 0);	/* a read into nothing */
	assert_int_equal(answer[14], 0x84);
	inband.type = CW_PKT_COMP;
	assert_int_equal(send(&primary, v, sizeof(v), inband), ~0U);
	/* one line of the account, whatever a guest sends how often */
	assert_int_equal(nr_notes, 1);
	cw_dev_scsi.close(&primary);
	assert_int_not_equal(send_srb(&primary, 0, 10, 0, inband), 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_commands),
	cmocka_unit_test(test_bounds),
	cmocka_unit_test(test_answers),
	cmocka_unit_test(test_medium),
	cmocka_unit_test(test_medium_error),
	cmocka_unit_test(test_open),
	cmocka_unit_test_setup_teardown(test_handshake, bus_setup, bus_teardown),
	cmocka_unit_test_setup_teardown(test_srb, bus_setup, bus_teardown),
	cmocka_unit_test_setup_teardown(test_hostile, bus_setup, bus_teardown),
};

int main(void)
{
	quiet();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
