/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* CO-RE flavours of what hv_vmbus and pci-hyperv keep: of each structure just the fields
 * that a probe reads.  They are modules in 6.1 and 6.12 and built in in 7.2, so an object that
 * includes this loads only while the types can be found.
 */
#ifndef CW_KERN_VMBUS_H
#define CW_KERN_VMBUS_H

#include <linux/types.h>
#include <stdbool.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	__u8 b[16];
} guid_t___cw;

struct hv_ring_buffer___cw {
	__u32 write_index;
	__u32 read_index;
};

struct hv_ring_buffer_info___cw {
	struct hv_ring_buffer___cw *ring_buffer;
	__u32 ring_datasize;
	__u32 priv_read_index;
	void *pkt_buffer;
	__u32 pkt_buffer_size;
};

struct vmbus_channel_offer___cw {
	guid_t___cw if_type;
	guid_t___cw if_instance;
	__u16 chn_flags;
};

struct vmbus_channel_offer_channel___cw {
	struct vmbus_channel_offer___cw offer;
	__u32 child_relid;
};

struct vmbus_channel___cw {
	struct vmbus_channel_offer_channel___cw offermsg;
	struct hv_ring_buffer_info___cw outbound;
	struct hv_ring_buffer_info___cw inbound;
	__u32 rqstor_size;
	bool co_ring_buffer;		/* 6.19 and later */
	bool co_external_memory;
};

struct device___cw {
	void *parent;
};

struct hv_device___cw {
	struct device___cw device;
	struct vmbus_channel___cw *channel;
};

struct ms_hyperv_info___cw {
	__u32 hints;
};

union win_slot_encoding___cw {
	__u32 slot;
};

struct hv_pcidev_description___cw {
	union win_slot_encoding___cw win_slot;
};

struct hv_pcibus_device___cw {
	bool use_calls;			/* 6.4 and later */
};

struct hv_pci_dev___cw {
	struct hv_pcidev_description___cw desc;
	struct hv_pcibus_device___cw *hbus;
};

struct vmbus_device___cw {
	guid_t___cw guid;
	bool allowed_in_isolated;
};

#pragma clang attribute pop

#endif
