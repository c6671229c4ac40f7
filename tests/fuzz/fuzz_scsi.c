// SPDX-License-Identifier: GPL-2.0-only
/* SCSI commands of any content on a small disk, with buffers cut into pieces: no byte outside of
 * them is touched, and no more is said to be moved than they hold.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <unistd.h>
#include <sys/mman.h>

#include "err.h"
#include "scsi.h"

#define DISK_BYTES	(64 * 1024)
#define PIECES_MAX	8

int cw_err(int err, const char *format, ...)
{
	(void)format;
	return err;
}

int cw_say(int status, const char *format, ...)
{
	(void)format;
	return status;
}

static void disk_open(struct cw_disk *disk)
{
	static char path[32];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("fuzz-disk", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	CHECK(!ftruncate(fd, 0) && !ftruncate(fd, DISK_BYTES));
	CHECK(!cw_disk_open(disk, path, 0));
}

static void command(struct cw_disk *disk, struct input *in)
{
	struct iovec piece[PIECES_MAX], iov[PIECES_MAX];
	struct cw_scsi_cmd cmd = { .iov = iov };
	__u8 how = take8(in);

	cmd.cdb_len = how % (CW_SCSI_CDB_MAX + 1);
	cmd.absent = how & 0x20;
	cmd.nr_iov = take8(in) % (PIECES_MAX + 1);
	take(in, cmd.cdb, cmd.cdb_len);
	for (unsigned int i = 0; i < cmd.nr_iov; i++) {
		piece[i].iov_len = take16(in) % 4096 + 1U;
		piece[i].iov_base = calloc(1, piece[i].iov_len);
		CHECK(piece[i].iov_base);
		cmd.iov_bytes += (__u32)piece[i].iov_len;
		iov[i] = piece[i];
	}
	how = (__u8)cmd.nr_iov;
	cw_scsi_run(disk, &cmd);
	CHECK(cmd.done <= cmd.iov_bytes && cmd.nr_iov <= how);
	CHECK(cmd.status == CW_SCSI_GOOD || cmd.status == CW_SCSI_CHECK);
	while (how--)
		free(piece[how].iov_base);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct cw_disk disk;

	disk_open(&disk);
	disk.read_only = take8(&in) & 1;
	while (in.left)
		command(&disk, &in);
	CHECK(lseek(disk.fd, 0, SEEK_END) == DISK_BYTES);
	cw_disk_close(&disk);
	return 0;
}
