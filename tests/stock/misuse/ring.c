// SPDX-License-Identifier: GPL-2.0-only
/* Rings: a packet's padding, a packet that names a frame, the ring's second mapping. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/vmalloc.h>

#include "misuse.h"

/* drivers/hv/hyperv_vmbus.h, which is not for modules */
typedef int ring_write_fn(struct vmbus_channel *channel, const struct kvec *kv_list, u32 kv_count,
			  u64 requestid, u64 *trans_id);
/* confidential came with 7.x; those before do not look at it */
typedef int ring_init_fn(struct hv_ring_buffer_info *info, struct page *pages, u32 page_cnt,
			 u32 max_pkt_size, bool confidential);

#define PAYLOAD_BYTES	13
#define PAD_BYTES	3

/* The host reads no more of it than that it is no answer to anything. */
static u8 payload[PAYLOAD_BYTES];
static u8 pad[PAD_BYTES] = { 0xc0, 0xc0, 0xc0 };

static int padding_write(struct vmbus_channel *channel)
{
	ring_write_fn *write = (ring_write_fn *)cw_fn;
	struct vmpacket_descriptor desc = {
		.type = VM_PKT_DATA_INBAND,
		.offset8 = sizeof(desc) >> 3,
		.len8 = (sizeof(desc) + PAYLOAD_BYTES + PAD_BYTES) >> 3,
	};
	struct kvec vec[] = {
		{ &desc, sizeof(desc) },
		{ payload, PAYLOAD_BYTES },
		{ pad, PAD_BYTES },
	};

	return write(channel, vec, ARRAY_SIZE(vec), 0, NULL);
}

int cw_run_padding(const struct cw_misuse *m)
{
	struct hv_device *hv = cw_channel_get(true);
	int err;

	if (IS_ERR(hv))
		return PTR_ERR(hv);
	if (cw_honest)
		err = vmbus_sendpacket(hv->channel, payload, PAYLOAD_BYTES, 0, VM_PKT_DATA_INBAND,
				       0);
	else
		err = padding_write(hv->channel);
	cw_channel_put();
	return err;
}

/* ---- a packet that names a frame ---- */

static int frame_send(struct vmbus_channel *channel, struct page *page)
{
	struct {
		struct vmbus_packet_mpb_array mpb;
		u64 pfn;
	} __packed desc = {
		.mpb.rangecount = 1,
		.mpb.range.len = PAGE_SIZE,
		.pfn = page_to_pfn(page),
	};

	return vmbus_sendpacket_mpb_desc(channel, &desc.mpb, sizeof(desc), payload, PAYLOAD_BYTES,
					 1);
}

int cw_run_dma(const struct cw_misuse *m)
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
	hv = cw_channel_get(true);
	err = PTR_ERR_OR_ZERO(hv);
	if (!err) {
		err = frame_send(hv->channel, page);
		/* once the channel is closed the host looks at the frame no more */
		cw_channel_put();
	}
	cw_page_put(page, cw_honest);
	return err;
}

/* ---- the second mapping ---- */

#define RING_ORDER	2
#define RING_PAGES	(1U << RING_ORDER)

/* Whether the mapping that was made is private. */
static int mapping_make(struct hv_ring_buffer_info *info, struct page *pages)
{
	ring_init_fn *init = (ring_init_fn *)cw_fn;
	int err = init(info, pages, RING_PAGES, 0, !cw_honest);
	int is_private = 0;

	if (!err)
		is_private = !(cw_pte_of(info->ring_buffer) & cw_shared_mask());
	if (info->ring_buffer)
		vunmap(info->ring_buffer);
	return err ?: is_private;
}

static int mapping_run(struct page *pages)
{
	/* a ring is looked for inside its channel, whose flags say nothing here */
	struct vmbus_channel *channel = kzalloc(sizeof(*channel), GFP_KERNEL);
	int ret;

	if (!channel)
		return -ENOMEM;
	ret = mapping_make(&channel->outbound, pages);
	kfree(channel);
	return ret;
}

int cw_run_mapping(const struct cw_misuse *m)
{
	struct page *pages;
	int err, ret;

	if (!cw_honest && !cw_shared_mask()) {
		pr_warn("the mapping of a ring is shared by its frame numbers here\n");
		return -EOPNOTSUPP;
	}
	pages = alloc_pages(GFP_KERNEL | __GFP_ZERO, RING_ORDER);
	if (!pages)
		return -ENOMEM;
	err = cw_share(page_address(pages), RING_PAGES);
	if (err)
		return err;
	ret = mapping_run(pages);
	err = cw_unshare(page_address(pages), RING_PAGES);
	if (err)
		return err;
	__free_pages(pages, RING_ORDER);
	if (ret < 0 || cw_honest)
		return ret < 0 ? ret : 0;
	if (!ret)
		pr_warn("this kernel maps a ring shared, whatever it is asked (confidential rings are 7.x)\n");
	return ret ? 0 : -EOPNOTSUPP;
}
