/* SPDX-License-Identifier: GPL-2.0-only */
/* A SCSI disk (SPC-4, SBC-3) on a file: one command at a time, from a CDB and buffers to a status.
 * Knows nothing of VMBus.
 */
#ifndef CW_BOX_SCSI_H
#define CW_BOX_SCSI_H

#include <stdbool.h>
#include <sys/uio.h>
#include <linux/types.h>

#define CW_SCSI_BLOCK		512U
#define CW_SCSI_TRANSFER_MAX	(512U * 1024)	/* bytes of one command, as block limits say */
#define CW_SCSI_CDB_MAX		16
#define CW_SCSI_SENSE_LEN	18		/* fixed format */

/* SAM-5 status codes */
enum { CW_SCSI_GOOD = 0, CW_SCSI_CHECK = 2 };

struct cw_disk {
	int fd;
	__u64 nr_blocks;
	bool read_only;
	char serial[17];
};

struct cw_scsi_cmd {
	__u8 cdb[CW_SCSI_CDB_MAX];	/* private copy */
	unsigned int cdb_len;
	bool absent;			/* for a logical unit that does not exist */
	struct iovec *iov;		/* the initiator's buffers; changed by the command */
	unsigned int nr_iov;
	__u32 iov_bytes;
	/* the answer */
	__u8 status;
	__u8 sense[CW_SCSI_SENSE_LEN];	/* when status is CW_SCSI_CHECK */
	__u32 done;			/* bytes moved */
};

/* Opens path, read-only when it cannot be written.  0 or -errno, said on stderr. */
int cw_disk_open(struct cw_disk *disk, const char *path, unsigned int index);
void cw_disk_close(struct cw_disk *disk);

/* Runs one command; whatever is wrong with it is said in status and sense. */
void cw_scsi_run(struct cw_disk *disk, struct cw_scsi_cmd *cmd);

#endif
