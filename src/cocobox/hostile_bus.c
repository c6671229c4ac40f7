// SPDX-License-Identifier: GPL-2.0-only
/* Hosts that send messages, offers and interrupts which nobody asked for. */
#include "hostile_impl.h"

#include <string.h>

#include "box.h"
#include "dev.h"
#include "synic.h"
#include "vm.h"
#include "vmbus_impl.h"

#define FIRST_RELID	300	/* honest ones are below */
#define RELID_BEYOND	0x1000	/* MAX_CHANNEL_RELIDS is 2048 */
#define FLAG_SOCKET	0x2000	/* VMBUS_CHANNEL_TLNPI_PROVIDER_OFFER, include/linux/hyperv.h */
#define CALLBACK_VECTOR	0xf3	/* HYPERVISOR_CALLBACK_VECTOR, asm/irq_vectors.h */

static bool is_stage(const struct cw_host *host, enum cw_stage stage, const struct cw_channel *ch)
{
	return host->stages >> stage & 1 &&
	       (!host->dev || (ch && !strcmp(host->dev, ch->dev->ops->name)));
}

void cw_lie_message(const struct cw_host *host, struct cw_box *box, enum cw_stage stage,
		    struct cw_channel *ch)
{
	__u32 message[CW_MESSAGE_PAYLOAD_MAX / 4] = { 0 };

	memcpy(message, host->words, sizeof(host->words));
	if (is_stage(host, stage, ch) && cw_lie(host, box))
		cw_vmbus_send(box, message, host->len);
}

void cw_lie_short(const struct cw_host *host, struct cw_box *box, enum cw_stage stage,
		  struct cw_channel *ch)
{
	struct cw_msg m = { 0 };

	if (!is_stage(host, stage, ch) || !cw_lie(host, box))
		return;
	for (m.type = CW_MSG_OFFER; m.type <= CW_MSG_MODIFY_DONE; m.type++)
		cw_vmbus_send(box, &m, sizeof(m));
}

/* The second comes here as well, and must not have one of its own. */
void cw_lie_again(const struct cw_host *host, struct cw_box *box, const void *message, __u32 len)
{
	static bool is_second;
	struct cw_msg h;

	if (is_second || len < sizeof(h))
		return;
	memcpy(&h, message, sizeof(h));
	if (h.type != host->words[0] || !cw_lie(host, box))
		return;
	is_second = true;
	cw_vmbus_send(box, message, len);
	is_second = false;
}

/* ---- offers ---- */

static void offer_send(const struct cw_dev_ops *ops, struct cw_box *box,
		       const struct cw_guid *instance,
		       __u32 relid, __u16 flags)
{
	struct cw_msg_offer m = {
		.h.type = CW_MSG_OFFER,
		.type = ops->type,
		.flags = flags,
		.mmio_mb = ops->mmio_mb,
		.relid = relid,
		.dedicated_interrupt = 1,
		.connection = CW_VMBUS_CONNECTION + relid,
	};

	if (instance)
		m.instance = *instance;
	else
		memcpy(&m.instance, &relid, sizeof(relid));
	cw_vmbus_send(box, &m, sizeof(m));
}

static void offer_again(struct cw_box *box, bool taken)
{
	struct cw_channel *ch = NULL;

	while ((ch = cw_vmbus_next(box, ch))) {
		if (taken && !strcmp(ch->dev->ops->name, "net"))
			offer_send(&cw_dev_scsi, box, NULL, ch->relid, 0);
		else if (!taken)
			offer_send(ch->dev->ops, box, &ch->dev->instance, ch->relid,
				   ch->dev->ops->chn_flags);
	}
}

static void offer_refused(struct cw_box *box)
{
	const struct cw_dev_ops *ops;
	__u32 relid = FIRST_RELID;

	for (ops = cw_dev_refused; ops->name; ops++)
		offer_send(ops, box, NULL, relid++, 0);
}

void cw_lie_offers(const struct cw_host *host, struct cw_box *box, enum cw_stage stage,
		   struct cw_channel *ch)
{
	static const struct cw_dev_ops unknown = {
		.type = CW_GUID(0xc0c0b0c0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
	};
	static const struct {
		const struct cw_dev_ops *ops;
		__u32 relid;
		__u16 flags;
	} made[] = {
		[CW_LIE_OFFER_ZERO] = { &cw_dev_scsi, 0, 0 },
		[CW_LIE_OFFER_BEYOND] = { &cw_dev_scsi, RELID_BEYOND, 0 },
		[CW_LIE_OFFER_GHOST] = { &cw_dev_scsi, FIRST_RELID, 0 },
		[CW_LIE_OFFER_PRIVATE] = { &cw_dev_scsi, FIRST_RELID,
					   CW_OFFER_PRIVATE_RING | CW_OFFER_PRIVATE_MEMORY },
		[CW_LIE_OFFER_SOCKET] = { &unknown, FIRST_RELID, FLAG_SOCKET },
		[CW_LIE_OFFER_UNKNOWN] = { &unknown, FIRST_RELID, 0 },
	};

	if (!is_stage(host, stage, ch) || !cw_lie(host, box))
		return;
	if (host->arg == CW_LIE_OFFER_REFUSED)
		offer_refused(box);
	else if (host->arg <= CW_LIE_OFFER_TAKEN)
		offer_again(box, host->arg == CW_LIE_OFFER_TAKEN);
	else
		offer_send(made[host->arg].ops, box, NULL, made[host->arg].relid,
			   made[host->arg].flags);
}

void cw_lie_rescind(const struct cw_host *host, struct cw_box *box, enum cw_stage stage,
		    struct cw_channel *ch)
{
	struct cw_msg_relid again = { .h.type = CW_MSG_RESCIND };

	if (!ch || !is_stage(host, stage, ch) || !cw_lie(host, box))
		return;
	cw_vmbus_rescind(ch);
	again.relid = ch->relid;
	if (host->arg)
		cw_vmbus_send(box, &again, sizeof(again));
}

/* ---- interrupts ---- */

void cw_lie_flags(const struct cw_host *host, struct cw_box *box, enum cw_stage stage,
		  struct cw_channel *ch)
{
	unsigned int vp, flag;

	if (!is_stage(host, stage, ch) || !cw_vmbus_next(box, NULL) || !cw_lie(host, box))
		return;
	for (vp = 0; vp < box->config->nr_cpus; vp++)
		for (flag = host->words[0]; flag <= host->words[1]; flag++)
			cw_synic_signal(box, vp, flag);
}

void cw_lie_interrupt(const struct cw_host *host, struct cw_box *box, enum cw_stage stage,
		      struct cw_channel *ch)
{
	unsigned int vp;

	if (!is_stage(host, stage, ch) || !cw_vmbus_next(box, NULL) || !cw_lie(host, box))
		return;
	for (vp = 0; vp < box->config->nr_cpus; vp++)
		cw_vm_interrupt(box, vp, CALLBACK_VECTOR);
}
