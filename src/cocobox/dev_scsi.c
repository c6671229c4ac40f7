// SPDX-License-Identifier: GPL-2.0-only
/* The storage controller that storvsc drives: one for each disk file, with that disk as unit 0 of
 * target 0 on path 0.  Speaks the vstor protocol 5.1 to 6.2; commands go to scsi.c.
 */
#include "dev.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "box.h"
#include "err.h"
#include "referee.h"
#include "scsi.h"
#include "util.h"

/* Layouts and values of this protocol: drivers/scsi/storvsc_drv.c */
enum vstor_op {
	VSTOR_COMPLETE_IO	= 1,
	VSTOR_EXECUTE_SRB	= 3,
	VSTOR_RESET_LUN		= 4,
	VSTOR_RESET_ADAPTER	= 5,
	VSTOR_RESET_BUS		= 6,
	VSTOR_BEGIN		= 7,
	VSTOR_END		= 8,
	VSTOR_QUERY_VERSION	= 9,
	VSTOR_QUERY_PROPERTIES	= 10,
	VSTOR_CREATE_SUBS	= 13,
};

#define VSTOR_MULTI_CHANNEL	1	/* STORAGE_CHANNEL_SUPPORTS_MULTI_CHANNEL */

enum {
	SRB_SUCCESS		= 0x01,
	SRB_ERROR		= 0x04,
	SRB_INVALID_REQUEST	= 0x06,
	SRB_SENSE_VALID		= 0x80,
};

struct vstor_srb {
	__u16 len;
	__u8 srb_status;
	__u8 scsi_status;
	__u8 port;
	__u8 path;
	__u8 target;
	__u8 lun;
	__u8 cdb_len;
	__u8 sense_len;
	__u8 data_in;
	__u8 pad;
	__u32 data_len;
	__u8 bytes[20];		/* the CDB, in the answer the sense data */
	__u8 tail[16];		/* queueing hints and a time limit: a host may ignore them */
};
_Static_assert(sizeof(struct vstor_srb) == 52, "vmscsi_request");
_Static_assert(CW_SCSI_SENSE_LEN <= sizeof(((struct vstor_srb *)0)->bytes), "sense data fits");

struct vstor_properties {
	__u32 pad;
	__u16 max_subchannels;
	__u16 pad2;
	__u32 flags;
	__u32 max_transfer;
};

struct vstor_packet {
	__u32 op;
	__u32 flags;
	__u32 status;
	union {
		struct vstor_srb srb;
		struct vstor_properties properties;
		__u16 version;
		__u16 nr_subchannels;
	};
};
_Static_assert(sizeof(struct vstor_packet) == 64, "vstor_packet from version 5.1 on");

struct stor {
	struct cw_disk disk;
	__u16 version;		/* 0: none agreed upon */
	bool ready;		/* END_INITIALIZATION was seen */
	bool has_subs;
	bool noted;		/* one line of the account is enough */
};

static void stor_note(struct cw_channel *ch, const char *what)
{
	struct stor *s = ch->dev->priv;

	if (!s->noted)
		cw_referee_note(ch->dev->box, "storvsc", what);
	s->noted = true;
}

static __u32 op_begin(struct cw_channel *ch, struct cw_packet *p, struct vstor_packet *v)
{
	struct stor *s = ch->dev->priv;

	(void)p;
	(void)v;
	s->version = 0;
	s->ready = false;
	return CW_NT_OK;
}

static __u32 op_version(struct cw_channel *ch, struct cw_packet *p, struct vstor_packet *v)
{
	static const __u16 known[] = { 0x0602, 0x0600, 0x0501 };
	struct stor *s = ch->dev->priv;
	size_t i;

	(void)p;
	for (i = 0; i < CW_NR(known); i++) {
		if (v->version != known[i])
			continue;
		s->version = v->version;
		return CW_NT_OK;
	}
	return CW_NT_REVISION_MISMATCH;
}

static __u32 op_properties(struct cw_channel *ch, struct cw_packet *p, struct vstor_packet *v)
{
	unsigned int nr = ch->dev->box->config->subchannels;

	(void)p;
	v->properties = (struct vstor_properties){
		.max_subchannels = (__u16)nr,
		.flags = nr ? VSTOR_MULTI_CHANNEL : 0,
		.max_transfer = CW_SCSI_TRANSFER_MAX,
	};
	return CW_NT_OK;
}

static __u32 op_end(struct cw_channel *ch, struct cw_packet *p, struct vstor_packet *v)
{
	struct stor *s = ch->dev->priv;

	(void)p;
	(void)v;
	if (!s->version)
		return CW_NT_INVALID_STATE;
	s->ready = true;
	return CW_NT_OK;
}

static __u32 op_subchannels(struct cw_channel *ch, struct cw_packet *p, struct vstor_packet *v)
{
	struct stor *s = ch->dev->priv;

	(void)p;
	if (!s->ready || s->has_subs)
		return CW_NT_INVALID_STATE;
	if (!v->nr_subchannels || v->nr_subchannels > ch->dev->box->config->subchannels)
		return CW_NT_INVALID_PARAMETER;
	if (cw_vmbus_offer_subchannels(ch->dev, v->nr_subchannels))
		return CW_NT_INVALID_STATE;
	s->has_subs = true;
	return CW_NT_OK;
}

/* Commands are done one after the other: there is never one left to reset. */
static __u32 op_reset(struct cw_channel *ch, struct cw_packet *p, struct vstor_packet *v)
{
	(void)ch;
	(void)p;
	(void)v;
	return CW_NT_OK;
}

static __u32 op_srb(struct cw_channel *ch, struct cw_packet *p, struct vstor_packet *v)
{
	struct stor *s = ch->dev->priv;
	struct vstor_srb *srb = &v->srb;
	struct cw_scsi_cmd cmd = {
		.cdb_len = srb->cdb_len,
		.absent = srb->path || srb->target || srb->lun,
		.iov = p->iov,
		.nr_iov = p->nr_iov,
		.iov_bytes = p->iov_bytes,
	};

	srb->srb_status = SRB_INVALID_REQUEST;
	srb->data_len = 0;
	if (!s->ready)
		return CW_NT_INVALID_STATE;
	if (p->iov_bad || srb->cdb_len > CW_SCSI_CDB_MAX)
		return CW_NT_INVALID_PARAMETER;

	memcpy(cmd.cdb, srb->bytes, sizeof(cmd.cdb));
	cw_scsi_run(&s->disk, &cmd);
	srb->scsi_status = cmd.status;
	srb->data_len = cmd.done;
	srb->sense_len = 0;
	srb->srb_status = SRB_SUCCESS;
	if (cmd.status == CW_SCSI_CHECK) {
		srb->srb_status = SRB_ERROR | SRB_SENSE_VALID;
		srb->sense_len = CW_SCSI_SENSE_LEN;
		memset(srb->bytes, 0, sizeof(srb->bytes));
		memcpy(srb->bytes, cmd.sense, sizeof(cmd.sense));
	}
	return CW_NT_OK;
}

static const struct {
	bool on_subs;	/* a sub-channel may ask for it */
	__u32 (*run)(struct cw_channel *ch, struct cw_packet *p, struct vstor_packet *v);
} vstor_ops[] = {
	[VSTOR_EXECUTE_SRB]	 = { true, op_srb },
	[VSTOR_RESET_LUN]	 = { true, op_reset },
	[VSTOR_RESET_ADAPTER]	 = { true, op_reset },
	[VSTOR_RESET_BUS]	 = { true, op_reset },
	[VSTOR_BEGIN]		 = { false, op_begin },
	[VSTOR_END]		 = { false, op_end },
	[VSTOR_QUERY_VERSION]	 = { false, op_version },
	[VSTOR_QUERY_PROPERTIES] = { false, op_properties },
	[VSTOR_CREATE_SUBS]	 = { false, op_subchannels },
};

static __u32 stor_run(struct cw_channel *ch, struct cw_packet *p, struct vstor_packet *v)
{
	if (p->len < sizeof(*v)) {
		stor_note(ch, "a packet that is too short");
		return CW_NT_INVALID_PARAMETER;
	}
	if (v->op >= CW_NR(vstor_ops) || !vstor_ops[v->op].run ||
	    (ch->sub_index && !vstor_ops[v->op].on_subs)) {
		stor_note(ch, "an operation that is not known here");
		return CW_NT_NOT_SUPPORTED;
	}
	return vstor_ops[v->op].run(ch, p, v);
}

static void stor_packet(struct cw_channel *ch, struct cw_packet *p)
{
	struct vstor_packet v = { 0 };

	if (p->type != CW_PKT_INBAND && p->type != CW_PKT_GPA_DIRECT) {
		stor_note(ch, "a packet of unknown type");
		return;
	}
	memcpy(&v, p->data, p->len < sizeof(v) ? p->len : sizeof(v));
	v.status = stor_run(ch, p, &v);
	v.op = VSTOR_COMPLETE_IO;
	if (p->flags & CW_PKT_WANTS_COMP)
		cw_channel_complete(ch, p->id, &v, sizeof(v));
}

static int stor_init(struct cw_dev *dev)
{
	const char *path = dev->priv;
	struct stor *s = calloc(1, sizeof(*s));
	int err;

	dev->priv = NULL;
	if (!s)
		return cw_err(-ENOMEM, "cannot make a disk");
	err = cw_disk_open(&s->disk, path, dev->index);
	if (err)
		free(s);
	else
		dev->priv = s;
	return err;
}

static void stor_exit(struct cw_dev *dev)
{
	struct stor *s = dev->priv;

	if (s)
		cw_disk_close(&s->disk);
	free(s);
	dev->priv = NULL;
}

static void stor_close(struct cw_channel *ch)
{
	struct stor *s = ch->dev->priv;

	if (ch->sub_index)
		return;
	s->version = 0;
	s->ready = false;
	s->has_subs = false;
}

const struct cw_dev_ops cw_dev_scsi = {
	.name = "scsi",
	.type = CW_GUID(0xba6163d9, 0x04a1, 0x4d29, 0xb6, 0x05, 0x72, 0xe2, 0xff, 0xb1, 0xdc, 0x7f),
	.chn_flags = CW_OFFER_PRIVATE_RING | CW_OFFER_PRIVATE_MEMORY,
	.init = stor_init,
	.exit = stor_exit,
	.close = stor_close,
	.packet = stor_packet,
};
