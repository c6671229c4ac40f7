// SPDX-License-Identifier: GPL-2.0-only
/* The bus: what the guest's messages ask for, devices and their offers, and the loop's share. */
#include "vmbus_impl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "err.h"
#include "hyperv.h"

#define TICK_NS		100000000ULL

#define VERSION_5_2	(5U << 16 | 2)
#define VERSION_5_3	(5U << 16 | 3)
#define VERSION_6_0	(6U << 16)
#define FEATURE_CONFIDENTIAL	0x10	/* VMBUS_FEATURE_FLAG_CONFIDENTIAL_CHANNELS */

/* VMBUS_MESSAGE_CONNECTION_ID and _ID_4; guests of 5.0 and newer make contact on the latter. */
enum { CONNECTION_OLD = 1, CONNECTION_NEW = 4 };
#define MESSAGE_CHANNEL	1	/* the message type that vmbus_post_msg() gives */

/* ---- what all parts use ---- */

static void bus_note(struct cw_vmbus *bus, const char *what, const char *format, va_list args)
{
	char text[200];

	if (bus->is_over)
		return;
	vsnprintf(text, sizeof(text), format, args);
	cw_referee_note(bus->box, what, text);
}

void cw_vmbus_note(struct cw_vmbus *bus, const char *what, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	bus_note(bus, what, format, args);
	va_end(args);
}

void cw_vmbus_ignore(struct cw_vmbus *bus, const char *format, ...)
{
	va_list args;

	bus->nr_ignored++;
	va_start(args, format);
	bus_note(bus, "ignored", format, args);
	va_end(args);
}

struct cw_channel_impl *cw_vmbus_channel(struct cw_vmbus *bus, __u32 relid)
{
	return relid <= CW_VMBUS_RELIDS_MAX ? bus->channel[relid] : NULL;
}

void cw_vmbus_stage(struct cw_vmbus *bus, enum cw_stage stage, struct cw_channel *ch)
{
	const struct cw_host *host = bus->box->host;

	if (host && host->stage)
		host->stage(host, bus->box, stage, ch);
}

void cw_vmbus_kick(struct cw_channel_impl *impl)
{
	__u64 one = 1;

	impl->due = true;
	if (write(impl->bus->event.fd, &one, sizeof(one)) < 0)
		return;	/* the counter is at its end: the loop wakes up anyway */
}

int cw_vmbus_send(struct cw_box *box, const void *message, __u32 len)
{
	int err = cw_synic_post(box, box->vmbus->message_vp, message, len);

	if (err)
		cw_vmbus_note(box->vmbus, "lost", "a message to the guest: %s", strerror(-err));
	else if (box->host && box->host->sent)
		box->host->sent(box->host, box, message, len);
	return err;
}

/* ---- channels ---- */

static struct cw_channel_impl *channel_new(struct cw_dev *dev, __u16 sub_index)
{
	struct cw_vmbus *bus = dev->box->vmbus;
	struct cw_channel_impl *impl;
	__u32 relid = bus->last_relid;

	/* an id just released is the last to be given out again: the guest may still mean it */
	for (unsigned int i = 0; i < CW_VMBUS_RELIDS_MAX; i++) {
		relid = relid % CW_VMBUS_RELIDS_MAX + 1;
		if (!bus->channel[relid])
			break;
	}
	impl = bus->channel[relid] ? NULL : calloc(1, sizeof(*impl));
	if (!impl)
		return NULL;
	impl->bus = bus;
	impl->last = &impl->first;
	impl->flags = dev->ops->chn_flags;
	if (!bus->confidential)
		impl->flags &= ~(CW_OFFER_PRIVATE_RING | CW_OFFER_PRIVATE_MEMORY);
	impl->ch = (struct cw_channel){
		.dev = dev,
		.relid = relid,
		.sub_index = sub_index,
		.confidential = impl->flags & CW_OFFER_PRIVATE_RING,
		.impl = impl,
	};
	bus->channel[relid] = impl;
	bus->last_relid = relid;
	return impl;
}

static void channel_free(struct cw_channel_impl *impl)
{
	struct cw_dev *dev = impl->ch.dev;

	cw_channel_shut(impl);
	cw_gpadl_drop(impl, true);
	impl->bus->channel[impl->ch.relid] = NULL;
	if (dev->primary == &impl->ch)
		dev->primary = NULL;
	free(impl);
}

/* Sub-channels end before their primary, as drivers close them. */
static void channels_free(struct cw_vmbus *bus)
{
	for (int primary = 0; primary < 2; primary++)
		for (__u32 relid = 1; relid <= CW_VMBUS_RELIDS_MAX; relid++)
			if (bus->channel[relid] && (primary || bus->channel[relid]->ch.sub_index))
				channel_free(bus->channel[relid]);
	bus->last_relid = 0;
}

/* Makes a channel and offers it.  NULL when there is no room for one. */
static struct cw_channel_impl *channel_offer(struct cw_dev *dev, __u16 sub_index)
{
	struct cw_channel_impl *impl = channel_new(dev, sub_index);
	struct cw_msg_offer m = {
		.h.type = CW_MSG_OFFER,
		.type = dev->ops->type,
		.instance = dev->instance,
		.mmio_mb = dev->ops->mmio_mb,
		.sub_index = sub_index,
		.dedicated_interrupt = 1,
	};

	if (!impl)
		return NULL;
	m.flags = impl->flags;
	m.relid = impl->ch.relid;
	m.connection = CW_VMBUS_CONNECTION + m.relid;
	cw_vmbus_send(dev->box, &m, sizeof(m));
	return impl;
}

int cw_vmbus_offer(struct cw_dev *dev)
{
	struct cw_channel_impl *impl;

	if (!dev->box->vmbus->version)
		return -ENOTCONN;
	if (dev->primary)
		return -EBUSY;
	impl = channel_offer(dev, 0);
	if (!impl)
		return -ENOSPC;
	dev->primary = &impl->ch;
	return 0;
}

static bool has_subchannel(struct cw_dev *dev, __u16 index)
{
	struct cw_channel *ch = NULL;

	while ((ch = cw_vmbus_next(dev->box, ch)))
		if (ch->dev == dev && ch->sub_index == index)
			return true;
	return false;
}

int cw_vmbus_offer_subchannels(struct cw_dev *dev, unsigned int nr)
{
	if (!dev->primary || !dev->primary->is_open)
		return -ENOTCONN;
	if (nr > CW_VMBUS_SUBS_MAX)
		return -EINVAL;
	for (__u16 index = 1; index <= nr; index++)
		if (!has_subchannel(dev, index) && !channel_offer(dev, index))
			return -ENOSPC;
	return 0;
}

void cw_vmbus_rescind(struct cw_channel *ch)
{
	struct cw_channel_impl *impl = ch->impl;
	struct cw_msg_relid m = { .h.type = CW_MSG_RESCIND, .relid = ch->relid };

	if (impl->rescinded)
		return;
	impl->rescinded = true;
	impl->dead = true;
	cw_vmbus_note(impl->bus, "rescind", "%s relid=%u sub=%u", ch->dev->ops->name, ch->relid,
		      ch->sub_index);
	cw_vmbus_send(impl->bus->box, &m, sizeof(m));
	cw_vmbus_kick(impl);
}

struct cw_channel *cw_vmbus_next(struct cw_box *box, struct cw_channel *ch)
{
	struct cw_channel_impl *impl;

	for (__u32 relid = ch ? ch->relid + 1 : 1; relid <= CW_VMBUS_RELIDS_MAX; relid++) {
		impl = box->vmbus->channel[relid];
		if (impl && !impl->rescinded)
			return &impl->ch;
	}
	return NULL;
}

/* ---- messages of the guest ---- */

static bool version_is_known(const struct cw_vmbus *bus, __u32 version)
{
	return version == VERSION_5_2 || version == VERSION_5_3 ||
	       (version == VERSION_6_0 && bus->box->config->confidential);
}

static void bus_disconnect(struct cw_vmbus *bus)
{
	channels_free(bus);
	bus->version = 0;
	bus->confidential = false;
}

static void check_monitors(struct cw_vmbus *bus, const struct cw_msg_contact *m)
{
	for (int i = 0; i < 2; i++) {
		__u64 gpa = cw_mem_gpa(&bus->box->mem, m->monitor[i]);

		if (gpa)
			cw_referee_handed(bus->box, CW_HANDED_MONITOR, gpa >> CW_PAGE_SHIFT);
	}
}

/* A guest that makes contact anew has forgotten all there was (kexec). */
static void on_contact(struct cw_vmbus *bus, const void *msg, __u32 len)
{
	const struct cw_msg_contact *m = msg;
	bool vp_is_known = m->target_vp < bus->box->config->nr_cpus;
	struct cw_msg_version answer = {
		.h.type = CW_MSG_VERSION,
		.supported = vp_is_known && version_is_known(bus, m->version),
		.connection = CONNECTION_NEW,
	};

	(void)len;
	bus_disconnect(bus);
	bus->message_vp = vp_is_known ? m->target_vp : 0;
	if (answer.supported) {
		bus->version = m->version;
		bus->confidential = m->version >= VERSION_6_0 && m->features & FEATURE_CONFIDENTIAL;
		check_monitors(bus, m);
	}
	cw_vmbus_note(bus, answer.supported ? "contact" : "refuse", "version %u.%u vp %u%s",
		      m->version >> 16, m->version & 0xffff, m->target_vp,
		      bus->confidential ? " confidential" : "");
	cw_vmbus_stage(bus, CW_STAGE_CONTACT, NULL);
	cw_vmbus_send(bus->box, &answer, sizeof(answer));
}

static void on_request_offers(struct cw_vmbus *bus, const void *msg, __u32 len)
{
	struct cw_msg done = { .type = CW_MSG_OFFERS_DONE };

	(void)msg;
	(void)len;
	for (unsigned int i = 0; i < bus->nr_devs; i++)
		cw_vmbus_offer(bus->dev[i]);
	cw_vmbus_stage(bus, CW_STAGE_OFFERS, NULL);
	cw_vmbus_send(bus->box, &done, sizeof(done));
}

static void on_relid_released(struct cw_vmbus *bus, const void *msg, __u32 len)
{
	const struct cw_msg_relid *m = msg;
	struct cw_channel_impl *impl = cw_vmbus_channel(bus, m->relid);

	(void)len;
	if (impl)
		channel_free(impl);
	else if (bus->version)
		cw_vmbus_ignore(bus, "release of no channel %u", m->relid);
}

static void on_unload(struct cw_vmbus *bus, const void *msg, __u32 len)
{
	struct cw_msg done = { .type = CW_MSG_UNLOAD_DONE };

	(void)msg;
	(void)len;
	bus_disconnect(bus);
	cw_vmbus_note(bus, "unload", "by the guest");
	cw_vmbus_send(bus->box, &done, sizeof(done));
}

static void on_modify(struct cw_vmbus *bus, const void *msg, __u32 len)
{
	const struct cw_msg_modify *m = msg;
	struct cw_channel_impl *impl = cw_vmbus_channel(bus, m->relid);
	struct cw_msg_modify_done done = { .h.type = CW_MSG_MODIFY_DONE, .relid = m->relid };

	(void)len;
	if (impl && m->target_vp < bus->box->config->nr_cpus) {
		impl->target_vp = m->target_vp;
	} else {
		cw_vmbus_ignore(bus, "channel %u cannot go to vp %u", m->relid, m->target_vp);
		done.status = CW_NT_UNSUCCESSFUL;
	}
	if (bus->version >= VERSION_5_3)
		cw_vmbus_send(bus->box, &done, sizeof(done));
	/* a packet just announced to the old one may be missed */
	if (impl && impl->ch.is_open && !done.status)
		cw_synic_signal(bus->box, impl->target_vp, impl->ch.relid);
}

static void on_tl_connect(struct cw_vmbus *bus, const void *msg, __u32 len)
{
	const struct cw_msg_tl_connect *m = msg;
	struct cw_msg_tl_result result = {
		.h.type = CW_MSG_TL_RESULT,
		.endpoint = m->endpoint,
		.service = m->service,
		.status = CW_NT_CONNECTION_REFUSED,
	};

	(void)len;
	cw_vmbus_send(bus->box, &result, sizeof(result));
}

static const struct message_row {
	__u32 len;	/* at least */
	bool first;	/* goes without a version agreed on */
	void (*handle)(struct cw_vmbus *bus, const void *msg, __u32 len);
} message_rows[] = {
	[CW_MSG_CONTACT] = { sizeof(struct cw_msg_contact), true, on_contact },
	[CW_MSG_REQUEST_OFFERS] = { sizeof(struct cw_msg), false, on_request_offers },
	[CW_MSG_OPEN] = { sizeof(struct cw_msg_open), false, cw_channel_on_open },
	[CW_MSG_CLOSE] = { sizeof(struct cw_msg_relid), false, cw_channel_on_close },
	[CW_MSG_GPADL_HEADER] = { sizeof(struct cw_msg_gpadl_header), false, cw_gpadl_on_header },
	[CW_MSG_GPADL_BODY] = { sizeof(struct cw_msg_gpadl_body), false, cw_gpadl_on_body },
	[CW_MSG_GPADL_TEARDOWN] = { sizeof(struct cw_msg_gpadl_teardown), false,
				    cw_gpadl_on_teardown },
	/* the kernel's driver releases after its unload what ended with that */
	[CW_MSG_RELID_RELEASED] = { sizeof(struct cw_msg_relid), true, on_relid_released },
	[CW_MSG_UNLOAD] = { sizeof(struct cw_msg), true, on_unload },
	[CW_MSG_MODIFY] = { sizeof(struct cw_msg_modify), false, on_modify },
	[CW_MSG_TL_CONNECT] = { sizeof(struct cw_msg_tl_connect), false, on_tl_connect },
};

__u16 cw_vmbus_post_message(struct cw_box *box, __u32 connection_id, __u32 type,
			    const void *payload, __u32 len)
{
	struct cw_vmbus *bus = box->vmbus;
	__u64 copy[CW_MESSAGE_PAYLOAD_MAX / 8] = { 0 };
	const struct message_row *row = NULL;
	struct cw_msg h;

	if (connection_id != CONNECTION_OLD && connection_id != CONNECTION_NEW)
		return CW_HV_INVALID_CONNECTION_ID;
	if (type != MESSAGE_CHANNEL || len > sizeof(copy))
		return CW_HV_INVALID_PARAMETER;
	memcpy(copy, payload, len);
	memcpy(&h, copy, sizeof(h));
	if (h.type < CW_NR(message_rows))
		row = &message_rows[h.type];
	if (!row || !row->handle)
		cw_vmbus_ignore(bus, "message of type %u", h.type);
	else if (len < row->len)
		cw_vmbus_ignore(bus, "message of type %u with %u bytes", h.type, len);
	else if (!row->first && !bus->version)
		cw_vmbus_ignore(bus, "message of type %u before contact", h.type);
	else
		row->handle(bus, copy, len);
	return CW_HV_SUCCESS;
}

__u16 cw_vmbus_signal_event(struct cw_box *box, __u32 connection_id, __u16 flag)
{
	struct cw_channel_impl *impl = NULL;

	if (connection_id >= CW_VMBUS_CONNECTION)
		impl = cw_vmbus_channel(box->vmbus, connection_id - CW_VMBUS_CONNECTION);
	if (!impl || impl->rescinded)
		return CW_HV_INVALID_CONNECTION_ID;
	if (flag)
		return CW_HV_INVALID_PARAMETER;
	if (impl->ch.is_open)
		cw_vmbus_kick(impl);
	return CW_HV_SUCCESS;
}

/* ---- the loop's share ---- */

static void on_event(struct cw_watch *watch, __u32 events)
{
	struct cw_vmbus *bus = watch->arg;
	struct cw_channel_impl *impl;
	__u64 count;

	(void)events;
	if (read(watch->fd, &count, sizeof(count)) != sizeof(count))
		return;
	for (__u32 relid = 1; relid <= CW_VMBUS_RELIDS_MAX; relid++) {
		impl = bus->channel[relid];
		if (!impl || !impl->due)
			continue;
		impl->due = false;
		cw_channel_serve(impl);
	}
}

static void on_tick(struct cw_watch *watch, __u32 events)
{
	struct cw_vmbus *bus = watch->arg;
	__u64 count, now = cw_now_ns();

	(void)events;
	if (read(watch->fd, &count, sizeof(count)) != sizeof(count))
		return;
	for (unsigned int i = 0; i < bus->nr_devs; i++)
		if (bus->dev[i]->ops->tick)
			bus->dev[i]->ops->tick(bus->dev[i], now);
	cw_vmbus_stage(bus, CW_STAGE_TICK, NULL);
	/* a guest that does not signal when it made room gets its packets late, but it gets them */
	for (__u32 relid = 1; relid <= CW_VMBUS_RELIDS_MAX; relid++)
		if (bus->channel[relid] && bus->channel[relid]->first)
			cw_vmbus_kick(bus->channel[relid]);
}

int cw_vmbus_init(struct cw_box *box)
{
	struct cw_vmbus *bus = calloc(1, sizeof(*bus));
	int err;

	if (!bus)
		return cw_err(-ENOMEM, "cannot make a VMBus");
	box->vmbus = bus;
	bus->box = box;
	bus->timer = (struct cw_watch){ .fd = -1, .ready = on_tick, .arg = bus };
	bus->event = (struct cw_watch){ .ready = on_event, .arg = bus };
	bus->event.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = bus->event.fd < 0 ? -errno : cw_loop_add(box, &bus->event, EPOLLIN);
	if (!err)
		err = cw_loop_add_timer(box, &bus->timer, TICK_NS);
	if (!err)
		return 0;
	cw_vmbus_exit(box);
	return cw_err(err, "cannot make a VMBus");
}

static void watch_close(struct cw_box *box, struct cw_watch *watch)
{
	if (watch->fd < 0)
		return;
	cw_loop_remove(box, watch);
	close(watch->fd);
}

void cw_vmbus_exit(struct cw_box *box)
{
	struct cw_vmbus *bus = box->vmbus;

	if (!bus)
		return;
	/* the account may be closed already */
	bus->is_over = true;
	bus_disconnect(bus);
	for (unsigned int i = 0; i < bus->nr_devs; i++) {
		if (bus->dev[i]->ops->exit)
			bus->dev[i]->ops->exit(bus->dev[i]);
		free(bus->dev[i]);
	}
	watch_close(box, &bus->timer);
	watch_close(box, &bus->event);
	free(bus);
	box->vmbus = NULL;
}

int cw_vmbus_add(struct cw_box *box, const struct cw_dev_ops *ops, void *arg)
{
	struct cw_vmbus *bus = box->vmbus;
	struct cw_dev *dev;
	int err;

	if (bus->nr_devs == CW_VMBUS_DEVS_MAX)
		return cw_err(-ENOSPC, "cannot add the device %s", ops->name);
	dev = calloc(1, sizeof(*dev));
	if (!dev)
		return cw_err(-ENOMEM, "cannot add the device %s", ops->name);
	dev->ops = ops;
	dev->box = box;
	dev->priv = arg;
	for (unsigned int i = 0; i < bus->nr_devs; i++)
		dev->index += bus->dev[i]->ops == ops;
	/* any that differ will do; hv-pci makes a PCI domain of bytes 4 and 5 */
	memcpy(dev->instance.b, "coco\0\0-box-dev", 14);
	dev->instance.b[4] = (__u8)(bus->nr_devs + 1);
	err = ops->init ? ops->init(dev) : 0;
	if (err) {
		free(dev);
		return err;
	}
	bus->dev[bus->nr_devs++] = dev;
	return 0;
}
