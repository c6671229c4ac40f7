// SPDX-License-Identifier: GPL-2.0-only
/* The SCSI commands of a disk on a file: a table of them, their answers, and the sense data of
 * those that fail.  All fields come from the guest; a length is used once it is known to fit.
 */
#include "scsi.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"
#include "util.h"

/* SPC-4: sense key << 16 | additional sense code << 8 | its qualifier */
enum scsi_sense {
	SENSE_NONE		= 0,
	SENSE_WRITE_ERROR	= 0x030c00,
	SENSE_READ_ERROR	= 0x031100,
	SENSE_BAD_OPCODE	= 0x052000,
	SENSE_BAD_LBA		= 0x052100,
	SENSE_BAD_FIELD		= 0x052400,
	SENSE_NO_UNIT		= 0x052500,
	SENSE_NO_SAVED_PAGES	= 0x053900,
	SENSE_READ_ONLY		= 0x072700,
};

/* SPC-4 and SBC-3 */
enum scsi_op {
	OP_TEST_UNIT_READY	= 0x00,
	OP_REQUEST_SENSE	= 0x03,
	OP_READ_6		= 0x08,
	OP_WRITE_6		= 0x0a,
	OP_INQUIRY		= 0x12,
	OP_MODE_SENSE_6		= 0x1a,
	OP_START_STOP		= 0x1b,
	OP_READ_CAPACITY_10	= 0x25,
	OP_READ_10		= 0x28,
	OP_WRITE_10		= 0x2a,
	OP_SYNC_10		= 0x35,
	OP_MODE_SENSE_10	= 0x5a,
	OP_READ_16		= 0x88,
	OP_WRITE_16		= 0x8a,
	OP_SYNC_16		= 0x91,
	OP_SERVICE_IN_16	= 0x9e,
	OP_REPORT_LUNS		= 0xa0,
};

#define SERVICE_READ_CAPACITY	0x10
#define CDB_FUA			0x08
#define INQUIRY_NO_UNIT		0x7f	/* no device can be there */
#define MODE_CACHING		0x08
#define MODE_ALL		0x3f
#define MODE_WRITE_PROTECTED	0x80
#define MODE_DPOFUA		0x10

struct scsi_row {
	__u8 op;
	__u8 cdb_len;
	bool any_unit;	/* answered for units that do not exist, too */
	enum scsi_sense (*run)(struct cw_disk *disk, struct cw_scsi_cmd *cmd);
};

static __u16 get16(const __u8 *p)
{
	return (__u16)(p[0] << 8 | p[1]);
}

static __u32 get32(const __u8 *p)
{
	return (__u32)get16(p) << 16 | get16(p + 2);
}

static __u64 get64(const __u8 *p)
{
	return (__u64)get32(p) << 32 | get32(p + 4);
}

static void put16(__u8 *p, __u16 v)
{
	v = htobe16(v);
	memcpy(p, &v, sizeof(v));
}

static void put32(__u8 *p, __u32 v)
{
	v = htobe32(v);
	memcpy(p, &v, sizeof(v));
}

static void put64(__u8 *p, __u64 v)
{
	v = htobe64(v);
	memcpy(p, &v, sizeof(v));
}

/* Drops the first n bytes of the command's buffers. */
static void iov_advance(struct cw_scsi_cmd *cmd, size_t n)
{
	while (cmd->nr_iov && n >= cmd->iov->iov_len) {
		n -= cmd->iov->iov_len;
		cmd->iov++;
		cmd->nr_iov--;
	}
	if (cmd->nr_iov) {
		cmd->iov->iov_base = (__u8 *)cmd->iov->iov_base + n;
		cmd->iov->iov_len -= n;
	}
}

/* Cuts the command's buffers to n bytes; false when they are shorter. */
static bool iov_cut(struct cw_scsi_cmd *cmd, __u64 n)
{
	unsigned int i;

	for (i = 0; i < cmd->nr_iov && n; i++) {
		if (cmd->iov[i].iov_len > n)
			cmd->iov[i].iov_len = n;
		n -= cmd->iov[i].iov_len;
	}
	cmd->nr_iov = i;
	return !n;
}

/* Data to the initiator: as much as it allows and has room for. */
static enum scsi_sense reply(struct cw_scsi_cmd *cmd, const __u8 *data, __u32 len, __u32 allowed)
{
	__u32 left = cw_min_u32(len, cw_min_u32(allowed, cmd->iov_bytes)), n;

	while (left && cmd->nr_iov) {
		n = cw_min_u32(left, cmd->iov->iov_len < left ? (__u32)cmd->iov->iov_len : left);
		memcpy(cmd->iov->iov_base, data, n);
		iov_advance(cmd, n);
		data += n;
		left -= n;
		cmd->done += n;
	}
	return SENSE_NONE;
}

static void sense_fill(__u8 sense[CW_SCSI_SENSE_LEN], enum scsi_sense what)
{
	memset(sense, 0, CW_SCSI_SENSE_LEN);
	sense[0] = 0x70;	/* current, fixed format */
	sense[2] = (__u8)(what >> 16);
	sense[7] = CW_SCSI_SENSE_LEN - 8;
	sense[12] = (__u8)(what >> 8);
	sense[13] = (__u8)what;
}

/* ---- commands without data on the medium ---- */

static enum scsi_sense run_nothing(struct cw_disk *disk, struct cw_scsi_cmd *cmd)
{
	(void)disk;
	(void)cmd;
	return SENSE_NONE;
}

static enum scsi_sense run_request_sense(struct cw_disk *disk, struct cw_scsi_cmd *cmd)
{
	__u8 sense[CW_SCSI_SENSE_LEN];

	(void)disk;
	/* each failed command brought its own sense data along: nothing is ever left to tell */
	sense_fill(sense, cmd->absent ? SENSE_NO_UNIT : SENSE_NONE);
	return reply(cmd, sense, sizeof(sense), cmd->cdb[4]);
}

static __u32 vpd_serial(const struct cw_disk *disk, __u8 *p)
{
	__u32 len = (__u32)strlen(disk->serial);

	memcpy(p, disk->serial, len);
	return len;
}

static __u32 vpd_identity(const struct cw_disk *disk, __u8 *p)
{
	__u32 len = vpd_serial(disk, p + 12);

	p[0] = 2;		/* ASCII */
	p[1] = 1;		/* T10 vendor and what the vendor likes */
	p[3] = (__u8)(8 + len);
	memcpy(p + 4, "cocobox ", 8);
	return 12 + len;
}

static __u32 vpd_limits(const struct cw_disk *disk, __u8 *p)
{
	(void)disk;
	/* offsets in the page are 4 more: the header is the caller's */
	put32(p + 4, CW_SCSI_TRANSFER_MAX / CW_SCSI_BLOCK);
	put32(p + 8, CW_SCSI_TRANSFER_MAX / CW_SCSI_BLOCK);
	return 0x3c;
}

static __u32 vpd_characteristics(const struct cw_disk *disk, __u8 *p)
{
	(void)disk;
	put16(p, 1);		/* does not rotate */
	return 0x3c;
}

static __u32 vpd_list(const struct cw_disk *disk, __u8 *p);

static const struct {
	__u8 page;
	__u32 (*fill)(const struct cw_disk *disk, __u8 *p);	/* into zeroes; returns bytes */
} vpd_pages[] = {
	{ 0x00, vpd_list },
	{ 0x80, vpd_serial },
	{ 0x83, vpd_identity },
	{ 0xb0, vpd_limits },
	{ 0xb1, vpd_characteristics },
};

static __u32 vpd_list(const struct cw_disk *disk, __u8 *p)
{
	size_t i;

	(void)disk;
	for (i = 0; i < CW_NR(vpd_pages); i++)
		p[i] = vpd_pages[i].page;
	return CW_NR(vpd_pages);
}

static enum scsi_sense inquiry_vpd(const struct cw_disk *disk, struct cw_scsi_cmd *cmd)
{
	__u8 data[4 + 0x3c] = { 0 };
	__u32 len;
	size_t i;

	for (i = 0; i < CW_NR(vpd_pages); i++) {
		if (vpd_pages[i].page != cmd->cdb[2])
			continue;
		data[1] = cmd->cdb[2];
		len = vpd_pages[i].fill(disk, data + 4);
		put16(data + 2, (__u16)len);
		return reply(cmd, data, 4 + len, get16(cmd->cdb + 3));
	}
	return SENSE_BAD_FIELD;
}

static enum scsi_sense run_inquiry(struct cw_disk *disk, struct cw_scsi_cmd *cmd)
{
	__u8 data[36] = { 0 };

	if (cmd->cdb[1] & 1 && !cmd->absent)
		return inquiry_vpd(disk, cmd);
	if (cmd->cdb[1] & 1 || cmd->cdb[2])
		return SENSE_BAD_FIELD;
	data[0] = cmd->absent ? INQUIRY_NO_UNIT : 0;
	data[2] = 6;			/* SPC-4 */
	data[3] = 2;			/* response data format of SPC-2 and later */
	data[4] = sizeof(data) - 5;
	data[7] = 2;			/* command queueing */
	memcpy(data + 8, "cocobox disk            1.0 ", 28);
	return reply(cmd, data, sizeof(data), get16(cmd->cdb + 3));
}

static enum scsi_sense run_report_luns(struct cw_disk *disk, struct cw_scsi_cmd *cmd)
{
	__u8 data[16] = { 0 };		/* unit 0 is eight zeroes */

	(void)disk;
	if (cmd->cdb[2] > 2 || get32(cmd->cdb + 6) < 16)
		return SENSE_BAD_FIELD;
	data[3] = cmd->absent ? 0 : 8;
	return reply(cmd, data, 8U + data[3], get32(cmd->cdb + 6));
}

static enum scsi_sense run_read_capacity_10(struct cw_disk *disk, struct cw_scsi_cmd *cmd)
{
	__u64 last = disk->nr_blocks - 1;
	__u8 data[8];

	put32(data, last > 0xffffffff ? 0xffffffff : (__u32)last);
	put32(data + 4, CW_SCSI_BLOCK);
	return reply(cmd, data, sizeof(data), sizeof(data));
}

static enum scsi_sense run_service_in_16(struct cw_disk *disk, struct cw_scsi_cmd *cmd)
{
	__u8 data[32] = { 0 };

	if ((cmd->cdb[1] & 0x1f) != SERVICE_READ_CAPACITY)
		return SENSE_BAD_FIELD;
	put64(data, disk->nr_blocks - 1);
	put32(data + 8, CW_SCSI_BLOCK);
	return reply(cmd, data, sizeof(data), get32(cmd->cdb + 10));
}

/* Mode pages after a header of header_len bytes; the caller fills the header. */
static enum scsi_sense mode_sense(struct cw_disk *disk, struct cw_scsi_cmd *cmd, __u32 header_len,
				  __u32 allowed)
{
	__u8 page = cmd->cdb[2] & 0x3f, control = cmd->cdb[2] >> 6;
	__u8 flags = MODE_DPOFUA | (disk->read_only ? MODE_WRITE_PROTECTED : 0);
	__u8 data[8 + 20] = { 0 };
	__u32 len = header_len + 20;

	if (control == 3)
		return SENSE_NO_SAVED_PAGES;
	if ((page != MODE_CACHING && page != MODE_ALL) || (cmd->cdb[3] && cmd->cdb[3] != 0xff))
		return SENSE_BAD_FIELD;
	if (header_len == 4) {
		data[0] = (__u8)(len - 1);
		data[2] = flags;
	} else {
		put16(data, (__u16)(len - 2));
		data[3] = flags;
	}
	data[header_len] = MODE_CACHING;
	data[header_len + 1] = 18;
	/* the host caches writes; nothing can be changed */
	data[header_len + 2] = control == 1 ? 0 : 4;
	return reply(cmd, data, len, allowed);
}

static enum scsi_sense run_mode_sense_6(struct cw_disk *disk, struct cw_scsi_cmd *cmd)
{
	return mode_sense(disk, cmd, 4, cmd->cdb[4]);
}

static enum scsi_sense run_mode_sense_10(struct cw_disk *disk, struct cw_scsi_cmd *cmd)
{
	return mode_sense(disk, cmd, 8, get16(cmd->cdb + 7));
}

/* ---- the medium ---- */

static enum scsi_sense run_sync(struct cw_disk *disk, struct cw_scsi_cmd *cmd)
{
	(void)cmd;
	/* a file that cannot be written has nothing to flush */
	if (!disk->read_only && fdatasync(disk->fd))
		return SENSE_WRITE_ERROR;
	return SENSE_NONE;
}

/* All of the command's buffers from or to the file at offset; 0 or -errno. */
static int medium_move(struct cw_disk *disk, struct cw_scsi_cmd *cmd, bool write, off_t offset)
{
	int flags = write && cmd->cdb_len > 6 && cmd->cdb[1] & CDB_FUA ? RWF_DSYNC : 0;
	ssize_t n;

	while (cmd->nr_iov) {
		int nr = cmd->nr_iov < IOV_MAX ? (int)cmd->nr_iov : IOV_MAX;

		n = write ? pwritev2(disk->fd, cmd->iov, nr, offset, flags)
			  : preadv2(disk->fd, cmd->iov, nr, offset, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)		/* 0: somebody cut the file */
			return n ? -errno : -EIO;
		offset += n;
		cmd->done += (__u32)n;
		iov_advance(cmd, (size_t)n);
	}
	return 0;
}

static enum scsi_sense medium_run(struct cw_disk *disk, struct cw_scsi_cmd *cmd, bool write,
				  __u64 lba, __u32 nr_blocks)
{
	if (lba > disk->nr_blocks || nr_blocks > disk->nr_blocks - lba)
		return SENSE_BAD_LBA;
	if (nr_blocks > CW_SCSI_TRANSFER_MAX / CW_SCSI_BLOCK)
		return SENSE_BAD_FIELD;
	if (write && disk->read_only)
		return SENSE_READ_ONLY;
	/* buffers that are shorter than the command: nothing is moved, half a write is worse */
	if (!iov_cut(cmd, (__u64)nr_blocks * CW_SCSI_BLOCK))
		return SENSE_BAD_FIELD;
	if (medium_move(disk, cmd, write, (off_t)(lba * CW_SCSI_BLOCK)))
		return write ? SENSE_WRITE_ERROR : SENSE_READ_ERROR;
	return SENSE_NONE;
}

static enum scsi_sense run_rw_6(struct cw_disk *disk, struct cw_scsi_cmd *cmd)
{
	__u32 nr = cmd->cdb[4] ? cmd->cdb[4] : 256;

	return medium_run(disk, cmd, cmd->cdb[0] == OP_WRITE_6, get32(cmd->cdb) & 0x1fffff, nr);
}

static enum scsi_sense run_rw_10(struct cw_disk *disk, struct cw_scsi_cmd *cmd)
{
	if (cmd->cdb[1] >> 5)		/* protection information, which is not there */
		return SENSE_BAD_FIELD;
	return medium_run(disk, cmd, cmd->cdb[0] == OP_WRITE_10, get32(cmd->cdb + 2),
			  get16(cmd->cdb + 7));
}

static enum scsi_sense run_rw_16(struct cw_disk *disk, struct cw_scsi_cmd *cmd)
{
	if (cmd->cdb[1] >> 5)
		return SENSE_BAD_FIELD;
	return medium_run(disk, cmd, cmd->cdb[0] == OP_WRITE_16, get64(cmd->cdb + 2),
			  get32(cmd->cdb + 10));
}

static const struct scsi_row rows[] = {
	{ OP_TEST_UNIT_READY,	 6, false, run_nothing },
	{ OP_REQUEST_SENSE,	 6, true,  run_request_sense },
	{ OP_READ_6,		 6, false, run_rw_6 },
	{ OP_WRITE_6,		 6, false, run_rw_6 },
	{ OP_INQUIRY,		 6, true,  run_inquiry },
	{ OP_MODE_SENSE_6,	 6, false, run_mode_sense_6 },
	{ OP_START_STOP,	 6, false, run_nothing },
	{ OP_READ_CAPACITY_10,	10, false, run_read_capacity_10 },
	{ OP_READ_10,		10, false, run_rw_10 },
	{ OP_WRITE_10,		10, false, run_rw_10 },
	{ OP_SYNC_10,		10, false, run_sync },
	{ OP_MODE_SENSE_10,	10, false, run_mode_sense_10 },
	{ OP_READ_16,		16, false, run_rw_16 },
	{ OP_WRITE_16,		16, false, run_rw_16 },
	{ OP_SYNC_16,		16, false, run_sync },
	{ OP_SERVICE_IN_16,	16, false, run_service_in_16 },
	{ OP_REPORT_LUNS,	12, true,  run_report_luns },
};

static enum scsi_sense row_run(struct cw_disk *disk, struct cw_scsi_cmd *cmd)
{
	size_t i;

	for (i = 0; i < CW_NR(rows); i++) {
		if (!cmd->cdb_len || rows[i].op != cmd->cdb[0])
			continue;
		if (cmd->absent && !rows[i].any_unit)
			return SENSE_NO_UNIT;
		if (cmd->cdb_len < rows[i].cdb_len)
			return SENSE_BAD_FIELD;
		return rows[i].run(disk, cmd);
	}
	return cmd->absent ? SENSE_NO_UNIT : SENSE_BAD_OPCODE;
}

void cw_scsi_run(struct cw_disk *disk, struct cw_scsi_cmd *cmd)
{
	enum scsi_sense what;

	cmd->done = 0;
	what = row_run(disk, cmd);
	cmd->status = what == SENSE_NONE ? CW_SCSI_GOOD : CW_SCSI_CHECK;
	sense_fill(cmd->sense, what);
}

/* ---- the file ---- */

static int file_open(struct cw_disk *disk, const char *path)
{
	disk->fd = open(path, O_RDWR | O_CLOEXEC);
	if (disk->fd < 0 && (errno == EACCES || errno == EPERM || errno == EROFS)) {
		disk->read_only = true;
		disk->fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	return disk->fd < 0 ? -errno : 0;
}

int cw_disk_open(struct cw_disk *disk, const char *path, unsigned int index)
{
	struct stat st;
	off_t size;
	int err;

	memset(disk, 0, sizeof(*disk));
	err = file_open(disk, path);
	if (err)
		return cw_err(err, "cannot open disk %s", path);
	if (fstat(disk->fd, &st) || (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))) {
		err = cw_say(-EINVAL, "disk %s is neither a file nor a block device", path);
		goto out_fd;
	}
	size = lseek(disk->fd, 0, SEEK_END);
	if (size <= 0 || size % CW_SCSI_BLOCK) {
		err = cw_say(-EINVAL, "disk %s: its size must be a multiple of %u bytes and not 0",
			     path, CW_SCSI_BLOCK);
		goto out_fd;
	}
	disk->nr_blocks = (__u64)size / CW_SCSI_BLOCK;
	snprintf(disk->serial, sizeof(disk->serial), "cocobox%u", index);
	return 0;
out_fd:
	cw_disk_close(disk);
	return err;
}

void cw_disk_close(struct cw_disk *disk)
{
	if (disk->fd >= 0)
		close(disk->fd);
	disk->fd = -1;
}
