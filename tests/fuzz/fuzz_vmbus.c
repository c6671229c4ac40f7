// SPDX-License-Identifier: GPL-2.0-only
/* A guest at the VMBus host and its devices: messages, packets, rings of any content, frames that
 * change sides, and a host that takes channels back.  The input is a byte of how to begin, then
 * deeds: a byte that names one and what it takes.
 */
#include "fuzz_guest.h"

#define BEGIN_CONFIDENTIAL	1
#define BEGIN_FROM_NOTHING	2	/* no contact yet */
#define BUFFER_GFN		0x90	/* what packets point at, unless they say otherwise */

static __u32 take_relid(struct input *in)
{
	return 1 + take8(in) % RELID_MAX;
}

static void do_message(struct input *in)
{
	__u32 len;
	__u8 *bytes = take_bytes(in, &len);

	post(bytes, len);
	free(bytes);
}

static void do_write(struct input *in)
{
	__u64 gpa = (VISIBLE_GFN << CW_PAGE_SHIFT) +
		    take32(in) % ((PRIVATE_GFN - VISIBLE_GFN) << CW_PAGE_SHIFT);
	__u32 len;
	__u8 *bytes = take_bytes(in, &len);

	guest_write(gpa, bytes, len);
	free(bytes);
}

/* A packet that holds together; what is in it need not. */
static void do_packet(struct input *in)
{
	__u32 relid = take_relid(in), len;
	__u8 type = take8(in), id = take8(in), *bytes = take_bytes(in, &len);

	packet_put(relid, type, id, NULL, 0, bytes, len);
	free(bytes);
}

/* One with a buffer: pages of the guest's, as many as it says. */
static void do_buffer(struct input *in)
{
	struct {
		__u32 reserved, nr;
		__u32 len, offset;
		__u64 pfn[64];
	} head = { .nr = 1 };
	__u32 relid = take_relid(in), len, nr, i;
	__u16 gfn = take16(in);
	__u8 *bytes;

	head.offset = take16(in) % CW_PAGE_SIZE;
	head.len = take16(in) + 1U;
	nr = (__u32)((head.offset + head.len + CW_PAGE_SIZE - 1) >> CW_PAGE_SHIFT);
	for (i = 0; i < nr; i++)
		head.pfn[i] = (BUFFER_GFN + gfn + i) | 1ULL << (SHARED_BIT - CW_PAGE_SHIFT);
	bytes = take_bytes(in, &len);
	packet_put(relid, CW_PKT_GPA_DIRECT, i, &head, 16 + 8 * nr, bytes, len);
	free(bytes);
}

/* Bytes that may be no packet */
static void do_bytes(struct input *in)
{
	__u32 relid = take_relid(in), len;
	__u8 *bytes = take_bytes(in, &len);

	ring_put(relid, bytes, len & ~7U);
	free(bytes);
}

/* One of the words of a ring's header: indices, mask, pending size */
static void do_index(struct input *in)
{
	__u32 relid = take_relid(in), value;
	__u8 which = take8(in);

	value = take32(in);
	guest_write(ring_gpa(relid, which & 4, 0, which % 4 * 4), &value, sizeof(value));
	cw_vmbus_signal_event(&box, CW_VMBUS_CONNECTION + relid, 0);
	serve();
}

static void do_signal(struct input *in)
{
	__u32 connection = take32(in);

	cw_vmbus_signal_event(&box, connection, take8(in));
	serve();
}

static void do_drain(struct input *in)
{
	ring_drain(take_relid(in));
}

static void do_tick(struct input *in)
{
	tick(take8(in) * 100000000ULL, false);
}

static void do_convert(struct input *in)
{
	__u16 gfn = take16(in) % NR_GFNS;
	__u8 nr = take8(in), visible = take8(in) & 1;

	cw_referee_convert(&box, gfn, nr % 32 + 1, visible);
}

static void do_rescind(struct input *in)
{
	struct cw_channel_impl *impl = cw_vmbus_channel(box.vmbus, take_relid(in));

	if (impl)
		cw_vmbus_rescind(&impl->ch);
}

static void do_offer(struct input *in)
{
	cw_vmbus_offer(box.vmbus->dev[take8(in) % box.vmbus->nr_devs]);
}

static void do_open(struct input *in)
{
	open_channel(take_relid(in));
}

static void do_relid_message(struct input *in)
{
	struct cw_msg_gpadl_teardown m = { .h.type = take8(in) };

	m.relid = take_relid(in);
	m.gpadl = RING_HANDLE(m.relid) + take8(in);
	post(&m, sizeof(m));
}

static void do_share(struct input *in)
{
	__u32 relid = take_relid(in), handle = RECV_HANDLE + take8(in) % 4;
	__u16 gfn = take16(in) % (NR_GFNS + 8);

	share(relid, handle, gfn, take8(in) % 26 + 1);
}

static void do_synic(struct input *in)
{
	__u8 msr = take8(in);

	host_msr(msr >> 7, CW_MSR_SYNIC_FIRST + msr % 32, take8(in) & 1, take64(in));
}

static void do_mmio(struct input *in)
{
	__u64 gpa = CW_MMIO_LOW + take16(in), value = take64(in);
	__u8 how = take8(in);

	cw_dev_pci_mmio(&box, gpa, how & 15, how >> 7, &value);
}

static void do_shutdown(struct input *in)
{
	(void)in;
	cw_dev_shutdown_ask(&box);
}

static void (*const deeds[])(struct input *in) = {
	do_message, do_write, do_packet, do_buffer, do_bytes, do_index, do_signal, do_drain,
	do_tick, do_convert, do_rescind, do_offer, do_open, do_relid_message, do_share, do_synic,
	do_mmio, do_shutdown,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	__u8 begin = take8(&in);

	box_make(begin & BEGIN_CONFIDENTIAL);
	CHECK(!cw_referee_convert(&box, VISIBLE_GFN, PRIVATE_GFN - VISIBLE_GFN, true));
	synic_enable();
	memory_guard(!config.confidential);
	if (!(begin & BEGIN_FROM_NOTHING)) {
		guest_begin();
		for (__u32 relid = 1; relid < RELID_NEXT; relid++)
			CHECK(cw_vmbus_channel(box.vmbus, relid)->ch.is_open);
	}
	while (in.left && !box.ended) {
		deeds[take8(&in) % NR(deeds)](&in);
		messages_take();
	}
	serve();
	box_free();
	return 0;
}
