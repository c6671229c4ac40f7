// SPDX-License-Identifier: GPL-2.0-only
/* Messages to the host: bytes that do not belong to them, and frames that it must not have. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/build_bug.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "misuse.h"

/* arch/x86/hyperv/ivm.c and drivers/hv/hyperv_vmbus.h, which are not for modules */
typedef u64 ghcb_call_fn(u64 control, void *input, void *output, u32 input_size);
typedef int post_msg_fn(void *buffer, size_t buflen, bool can_sleep);

/* TLFS, HvCallPostMessage */
#define CALL_POST_MESSAGE	0x5c
#define CALL_STATUS		0xffff

struct post {
	u32 connection;
	u32 reserved;
	u32 type;
	u32 bytes;
	u8 payload[240];
};
static_assert(sizeof(struct post) == 256);

#define CONNECTION	4	/* of VMBus 5.0 and newer */
#define MESSAGE_CHANNEL	1	/* type of a message that is for the VMBus */
#define NOBODY		0x7e1ffe	/* no channel and no GPADL is called that */

/* Something that the host has no reason to act on. */
static void post_fill(struct post *post)
{
	struct vmbus_channel_gpadl_teardown msg = {
		.header.msgtype = CHANNELMSG_GPADL_TEARDOWN,
		.child_relid = NOBODY,
		.gpadl = NOBODY,
	};

	memset(post, 0, sizeof(*post));
	post->connection = CONNECTION;
	post->type = MESSAGE_CHANNEL;
	post->bytes = sizeof(msg);
	memcpy(post->payload, &msg, sizeof(msg));
}

int cw_run_post(const struct cw_misuse *m)
{
	ghcb_call_fn *call = (ghcb_call_fn *)cw_fn;
	struct post *post = kmalloc(sizeof(*post), GFP_KERNEL);
	u64 status;

	if (!post)
		return -ENOMEM;
	post_fill(post);
	if (!cw_honest && m->arg)
		post->reserved = 0xc0c0c0c0;
	else if (!cw_honest)
		memset(post->payload + post->bytes, 0xc0, sizeof(post->payload) - post->bytes);
	status = call(CALL_POST_MESSAGE, post, NULL, sizeof(*post));
	kfree(post);
	pr_info("the host's status is 0x%llx\n", status & CALL_STATUS);
	return status == (u64)-EFAULT ? -EOPNOTSUPP : 0;
}

/* ---- frames ---- */

#define HANDLE		0x7e1f0001	/* far from those that the kernel counts up */
#define ANSWER_MS	500

struct gpadl_message {
	struct vmbus_channel_gpadl_header header;
	u32 byte_count;		/* struct gpa_range */
	u32 byte_offset;
	u64 pfn;
} __packed;

/* The kernel waits for no answer of this handle, so those that come are dropped by it. */
static int gpadl_run(u32 relid, struct page *page)
{
	post_msg_fn *post = (post_msg_fn *)cw_fn;
	struct gpadl_message make = {
		.header = {
			.header.msgtype = CHANNELMSG_GPADL_HEADER,
			.child_relid = relid,
			.gpadl = HANDLE,
			.range_buflen = 16,
			.rangecount = 1,
		},
		.byte_count = PAGE_SIZE,
		.pfn = page_to_pfn(page),
	};
	struct vmbus_channel_gpadl_teardown end = {
		.header.msgtype = CHANNELMSG_GPADL_TEARDOWN,
		.child_relid = relid,
		.gpadl = HANDLE,
	};
	int err = post(&make, sizeof(make), true);

	msleep(ANSWER_MS);
	if (err)
		return err;
	err = post(&end, sizeof(end), true);
	msleep(ANSWER_MS);
	return err;
}

int cw_run_gpadl(const struct cw_misuse *m)
{
	struct page *page = alloc_page(GFP_KERNEL);
	struct hv_device *hv;
	int err = 0;

	if (!page)
		return -ENOMEM;
	if (cw_honest)
		err = cw_share(page_address(page), 1);
	if (err)
		return err;
	hv = cw_channel_get(false);
	err = PTR_ERR_OR_ZERO(hv);
	if (!err) {
		err = gpadl_run(hv->channel->offermsg.child_relid, page);
		cw_channel_put();
	}
	cw_page_put(page, cw_honest);
	return err;
}
