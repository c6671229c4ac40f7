// SPDX-License-Identifier: GPL-2.0-only
/* Hosts that write wrong packets, completions or indices into the rings. */
#include "hostile_impl.h"

#include <string.h>

#include "box.h"
#include "vmbus_impl.h"

/* Drivers number their requests from 1 on, but those of storvsc's start (VMBUS_RQST_INIT) count
 * from the top.
 */
#define IDS_MAX		(1ULL << 32)
#define UNKNOWN_ID	0x7ffffff0U
#define UNKNOWN_TYPE	0x7fU
#define XFER_NVSP	32	/* in a transfer packet of one range: descriptor, header, range */
#define NVSP_RNDIS	107	/* NVSP_MSG1_TYPE_SEND_RNDIS_PKT */
#define NVSP_RNDIS_DONE	108	/* .._COMPLETE */
#define FLIP_NS		300000ULL

static bool is_dev(const struct cw_channel *ch, const char *name)
{
	return !strcmp(ch->dev->ops->name, name);
}

static __u32 word_at(const __u8 *bytes, __u32 len, __u32 at)
{
	__u32 word = 0;

	if (at + sizeof(word) <= len)
		memcpy(&word, bytes + at, sizeof(word));
	return word;
}

/* bytes may be in the guest's view: it can only make us tell the wrong lie. */
static bool is_target(const struct cw_host *host, struct cw_channel *ch, const __u8 *bytes,
		      __u32 len)
{
	struct cw_packet_desc desc;

	if (len < sizeof(desc))
		return false;
	memcpy(&desc, bytes, sizeof(desc));
	switch (host->target) {
	case CW_TARGET_ALL:
		return true;
	case CW_TARGET_DISK:
		return is_dev(ch, "scsi") && desc.type == CW_PKT_COMP && desc.id < IDS_MAX;
	case CW_TARGET_FRAME:
		return is_dev(ch, "net") && desc.type == CW_PKT_XFER_PAGES &&
		       word_at(bytes, len, XFER_NVSP) == NVSP_RNDIS &&
		       !word_at(bytes, len, XFER_NVSP + 4);
	case CW_TARGET_SENT:
		return is_dev(ch, "net") && desc.type == CW_PKT_COMP &&
		       word_at(bytes, len, sizeof(desc)) == NVSP_RNDIS_DONE;
	}
	return false;
}

static void poke_apply(const struct cw_host *host, __u8 *bytes, __u32 len)
{
	const struct cw_poke *p;

	for (p = host->poke; p < host->poke + CW_POKES_MAX; p++)
		if (p->at + p->width <= len)
			memcpy(bytes + p->at, &p->value, p->width);
}

bool cw_lie_poke(const struct cw_host *host, struct cw_channel *ch, struct cw_packet_out *p)
{
	if (is_target(host, ch, p->bytes, p->len) && cw_lie(host, ch->dev->box))
		poke_apply(host, p->bytes, p->len);
	return true;
}

bool cw_lie_drop(const struct cw_host *host, struct cw_channel *ch, struct cw_packet_out *p)
{
	return !is_target(host, ch, p->bytes, p->len) || !cw_lie(host, ch->dev->box);
}

static void extra_send(const struct cw_host *host, struct cw_channel *ch,
		       const struct cw_packet_out *p)
{
	struct cw_packet_desc desc;
	const __u8 *data;
	__u32 len;

	memcpy(&desc, p->bytes, sizeof(desc));
	data = p->bytes + desc.offset8 * 8;
	len = (desc.len8 - desc.offset8) * 8U;
	switch (host->arg) {
	case CW_EXTRA_UNKNOWN_ID:
		desc.id = UNKNOWN_ID;
		break;
	case CW_EXTRA_ZERO_ID:
		desc.id = 0;
		break;
	case CW_EXTRA_SHORT:
		len = 0;
		break;
	case CW_EXTRA_TYPE:
		desc.type = UNKNOWN_TYPE;
		break;
	case CW_EXTRA_WORDS:
		desc = (struct cw_packet_desc){ .type = CW_PKT_INBAND };
		data = (const __u8 *)host->words;
		len = host->len;
		break;
	}
	cw_channel_send(ch, desc.type, desc.flags, desc.id, data, len);
}

/* The extra packet comes here as well, and must not have one of its own. */
bool cw_lie_extra(const struct cw_host *host, struct cw_channel *ch, struct cw_packet_out *p)
{
	static bool is_extra;

	if (is_extra || !is_target(host, ch, p->bytes, p->len) || !cw_lie(host, ch->dev->box))
		return true;
	is_extra = true;
	extra_send(host, ch, p);
	is_extra = false;
	return true;
}

static void index_set(const struct cw_host *host, struct cw_channel *ch, bool from_guest)
{
	volatile __u32 *indices = cw_channel_indices(ch, from_guest);

	if (indices && cw_lie(host, ch->dev->box))
		indices[host->poke[0].at / 4] = host->poke[0].value;
}

void cw_lie_index(const struct cw_host *host, struct cw_channel *ch, __u8 *bytes, __u32 len)
{
	if (is_target(host, ch, bytes, len))
		index_set(host, ch, false);
}

void cw_lie_index_from_guest(const struct cw_host *host, struct cw_channel *ch, __u8 *bytes,
			     __u32 len)
{
	if (is_target(host, ch, bytes, len))
		index_set(host, ch, true);
}

/* The guest is told of the packet first, and looks at it while we do this. */
void cw_lie_flip(const struct cw_host *host, struct cw_channel *ch, __u8 *bytes, __u32 len)
{
	__u8 *at = bytes + offsetof(struct cw_packet_desc, len8);
	volatile __u16 *len8 = (volatile __u16 *)(void *)at;
	__u64 end = cw_now_ns() + FLIP_NS;
	__u16 honest;

	if (!is_target(host, ch, bytes, len) || !cw_lie(host, ch->dev->box))
		return;
	honest = *len8;
	cw_synic_signal(ch->dev->box, ch->impl->target_vp, ch->relid);
	while (cw_now_ns() < end) {
		*len8 = (__u16)host->poke[0].value;
		*len8 = honest;
	}
}

void cw_lie_rndis(const struct cw_host *host, struct cw_channel *ch, __u8 *head, __u32 len)
{
	if (cw_lie(host, ch->dev->box))
		poke_apply(host, head, len);
}
