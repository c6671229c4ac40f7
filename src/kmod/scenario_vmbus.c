// SPDX-License-Identifier: GPL-2.0-only
/* Scenarios of VMBus and its devices.  Each run has a bus of its own, with the row's host at the
 * other end in both twins: the honest one has to cope with it.
 */
#include <linux/err.h>
#include <linux/slab.h>

#include "vmbus.h"

#define FRAMES		4
#define COMMANDS	2

/* What a device makes of a host that lies, or of a guest that does, is no error of the scenario;
 * what is left behind is.
 */
static int run_with_host(const struct cw_run *run, enum cw_host_id host,
			 int (*work)(struct cw_bus *bus))
{
	bool is_honest = !run->misbehave && !host;
	struct cw_bus *bus = cw_bus_new(run, host);
	int err = PTR_ERR_OR_ZERO(bus), free_err;

	if (!err)
		err = work(bus);
	free_err = cw_bus_free(bus);
	if (is_honest || err == -ENOMEM)
		return err ?: free_err;
	return free_err == -ENOMEM ? free_err : 0;
}

static int run_on_bus(const struct cw_run *run, int (*work)(struct cw_bus *bus))
{
	return run_with_host(run, run->sc->host ?: cw_host_current(), work);
}

static int work_none(struct cw_bus *bus)
{
	return 0;
}

static int work_net(struct cw_bus *bus)
{
	return cw_net_run(bus, FRAMES);
}

static int work_disk(struct cw_bus *bus)
{
	return cw_disk_run(bus, COMMANDS);
}

/* Rings and nothing else. */
static int work_ring(struct cw_bus *bus)
{
	struct cw_channel *ch = cw_bus_channel(bus, cw_guid_disk);
	int err = ch ? cw_channel_open(ch, 2) : -ENODEV, ret;

	ret = ch ? cw_channel_close(ch) : 0;
	return err ?: ret;
}

/* A buffer beside the rings, as a driver in user space has it. */
static int work_buffer(struct cw_bus *bus)
{
	struct cw_channel *ch = cw_bus_channel(bus, cw_guid_disk);
	struct cw_range *range = cw_bus_pages(bus, 3);
	struct cw_gpadl gpadl;
	int err;

	if (IS_ERR(range))
		return PTR_ERR(range);
	if (!ch) {
		cw_bus_pages_put(bus, range, false);
		return -ENODEV;
	}
	err = cw_gpadl_establish(ch, range, &gpadl);
	if (!err)
		err = cw_gpadl_teardown(ch, &gpadl);
	return cw_gpadl_release(bus, &gpadl) ?: err;
}

static int run_bus(const struct cw_run *run)
{
	return run_on_bus(run, work_none);
}

static int run_net(const struct cw_run *run)
{
	return run_on_bus(run, work_net);
}

static int run_disk(const struct cw_run *run)
{
	return run_on_bus(run, work_disk);
}

static int run_pci(const struct cw_run *run)
{
	return run_on_bus(run, cw_pci_run);
}

static int run_ring(const struct cw_run *run)
{
	return run_on_bus(run, work_ring);
}

static int run_buffer(const struct cw_run *run)
{
	return run_on_bus(run, work_buffer);
}

static int work_all(struct cw_bus *bus)
{
	int err = cw_net_run(bus, FRAMES), ret = cw_disk_run(bus, COMMANDS);

	err = err ?: ret;
	ret = cw_pci_run(bus);
	return err ?: ret;
}

/* One host after the other, those that other scenarios have among them. */
static int run_hosts(const struct cw_run *run)
{
	return run_with_host(run, run->loop % CW_HOST_NR, work_all);
}

/* Two devices, a mapping each.  What is done wrong is done to the second. */
static int run_bounce(const struct cw_run *run)
{
	static const char data[3000];
	u32 quirks = run->misbehave ? run->sc->flags : 0, bytes = sizeof(data);
	struct cw_bounce *b = cw_zalloc(1, sizeof(*b));
	int err, exit_err, first, second;

	if (!b)
		return -ENOMEM;
	err = cw_bounce_init(b);
	if (err)
		goto out_free;
	first = cw_bounce_map(b, 1, data, bytes, 0);
	second = cw_bounce_map(b, 2, data, bytes, quirks);
	if (first < 0 || second < 0)
		err = -ENOSPC;
	/* of a slot with two owners the first to give it back is the second */
	if (!err)
		err = cw_bounce_unmap(b, quirks & CW_GUEST_SLOT_FOREIGN ? 1 : 2, second, NULL,
				      quirks & CW_GUEST_SLOT_SIZE ? bytes - 1000 : bytes, quirks);
	if (!err)
		err = cw_bounce_unmap(b, quirks & CW_GUEST_SLOT_TWICE ? 2 : 1, first, NULL, bytes,
				      quirks);
	exit_err = cw_bounce_exit(b);
	err = err ?: exit_err;
out_free:
	kvfree(b);
	return err;
}

/* clang-format off */
#define TWIN .has_twin = true

const struct cw_scenario cw_scenarios_vmbus[] = {
	{ .name = "pad-dirty", .rule = "Z1", TWIN, .finding = CW_FIND_RING_PAD, .bug = "e99c4afbee07",
	  .text = "what pads a packet is what lay around", .flags = CW_GUEST_PAD_DIRTY, .run = run_net },
	{ .name = "length-wrong", .rule = "Z1", TWIN, .finding = CW_FIND_RING_LENGTH,
	  .text = "a packet says that it is longer than what is written", .flags = CW_GUEST_LENGTH_WRONG,
	  .run = run_net },
	{ .name = "buffer-stale", .rule = "Z4", TWIN, .finding = CW_FIND_STALE,
	  .text = "a receive buffer is shared with what it holds", .flags = CW_GUEST_STALE, .run = run_net },
	{ .name = "trusted-length", .rule = "H1", TWIN, .finding = CW_FIND_READ_OUTSIDE_COPY,
	  .bug = "44144185951a", .text = "a packet's length is believed, and it is beyond the ring",
	  .flags = CW_GUEST_LENGTH_TRUSTED, .host = CW_HOST_LENGTH_LONG, .run = run_net },
	{ .name = "offset-trusted", .rule = "H1", TWIN, .finding = CW_FIND_READ_OUTSIDE_COPY,
	  .text = "where a packet's data begins is believed, and it is beyond its end",
	  .flags = CW_GUEST_OFFSET_TRUSTED, .host = CW_HOST_OFFSET_BEYOND, .run = run_net },
	{ .name = "packet-in-ring", .rule = "H2", TWIN, .finding = CW_FIND_NOT_COPIED, .bug = "adae1e931acd",
	  .text = "a driver gets a packet where the host can still write it",
	  .flags = CW_GUEST_NO_COPY, .run = run_net },
	{ .name = "copy-shared", .rule = "H2", TWIN, .finding = CW_FIND_COPY_SHARED,
	  .text = "packets are copied to a shared page", .flags = CW_GUEST_COPY_SHARED, .run = run_net },
	{ .name = "write-index-trusted", .rule = "H3", TWIN, .finding = CW_FIND_INDEX_USED,
	  .text = "the host's write index is beyond the ring, and is believed",
	  .flags = CW_GUEST_WRITE_TRUSTED, .host = CW_HOST_INDEX_WRITE_NET, .run = run_net },
	{ .name = "read-index-trusted", .rule = "H3", TWIN, .finding = CW_FIND_INDEX_USED,
	  .text = "the host's read index is beyond the ring, and is believed",
	  .flags = CW_GUEST_READ_TRUSTED, .host = CW_HOST_INDEX_READ, .run = run_disk },
	{ .name = "twice-length", .rule = "H4", TWIN, .finding = CW_FIND_DOUBLE_FETCH,
	  .text = "a packet's length is validated, and read once more",
	  .flags = CW_GUEST_LENGTH_TWICE, .host = CW_HOST_LENGTH_FLIPS, .run = run_net },
	{ .name = "twice-offset", .rule = "H4", TWIN, .finding = CW_FIND_DOUBLE_FETCH,
	  .text = "where a packet's data begins is validated, and read once more",
	  .flags = CW_GUEST_OFFSET_TWICE, .host = CW_HOST_LENGTH_FLIPS, .run = run_net },
	{ .name = "id-twice", .rule = "H4", TWIN, .finding = CW_FIND_DOUBLE_FETCH, .bug = "CVE-2026-64034",
	  .text = "the number of a transaction is validated, and read once more",
	  .flags = CW_GUEST_ID_TWICE, .host = CW_HOST_LENGTH_FLIPS, .run = run_net },
	{ .name = "frame-in-place", .rule = "H4", TWIN, .finding = CW_FIND_DOUBLE_FETCH,
	  .bug = "0ba35fe91ce3", .text = "the head of a frame is used in the receive buffer",
	  .flags = CW_GUEST_FRAME_TWICE, .host = CW_HOST_LENGTH_FLIPS, .run = run_net },
	{ .name = "device-unhardened", .rule = "H5", TWIN, .finding = CW_FIND_DEVICE_BOUND,
	  .text = "a driver gets a device that no confidential VM should use",
	  .flags = CW_GUEST_BIND_ANY, .host = CW_HOST_OFFER_REFUSED, .run = run_bus },
	{ .name = "id-trusted", .rule = "H6", TWIN, .finding = CW_FIND_COMPLETION_USED,
	  .bug = "CVE-2026-64018", .text = "the host completes what is not open, and is believed",
	  .flags = CW_GUEST_ID_TRUSTED, .host = CW_HOST_COMPLETE_UNKNOWN, .run = run_disk },
	{ .name = "gpadl-private", .rule = "S1", TWIN, .finding = CW_FIND_HANDED_PRIVATE,
	  .text = "a ring's frames are named to the host and not shared",
	  .flags = CW_GUEST_GPADL_PRIVATE, .run = run_ring },
	{ .name = "gpadl-late", .rule = "S1", TWIN, .finding = CW_FIND_HANDED_PRIVATE,
	  .text = "a ring's frames are shared after the host was told of them",
	  .flags = CW_GUEST_GPADL_LATE, .run = run_ring },
	{ .name = "gpadl-unknown", .rule = "S1", TWIN, .finding = CW_FIND_HANDED_UNKNOWN,
	  .text = "a ring's frames are named though the host refused to share them",
	  .flags = CW_GUEST_GPADL_HIDDEN, .host = CW_HOST_REFUSE_TO_SHARED, .run = run_ring },
	{ .name = "private-monitor", .rule = "S1", TWIN, .finding = CW_FIND_HANDED_PRIVATE,
	  .text = "the monitor pages are named to the host and not shared",
	  .flags = CW_GUEST_MONITOR_PRIVATE, .run = run_bus },
	{ .name = "second-private", .rule = "S2", TWIN, .finding = CW_FIND_SECOND_PRIVATE,
	  .text = "the second mapping of a ring is private", .flags = CW_GUEST_SECOND_PRIVATE,
	  .run = run_ring },
	{ .name = "last-second", .rule = "S2", TWIN, .finding = CW_FIND_SECOND_PRIVATE,
	  .text = "the last page of the second mapping of a ring is private",
	  .flags = CW_GUEST_SECOND_PART, .run = run_ring },
	{ .name = "int-page-shared", .rule = "S5", TWIN, .finding = CW_FIND_KEPT_SHARED,
	  .text = "the interrupt page is shared", .flags = CW_GUEST_INT_SHARED, .run = run_bus },
	{ .name = "not-bounced", .rule = "S6", TWIN, .finding = CW_FIND_DMA_PRIVATE,
	  .text = "the host gets the frames of a private buffer", .flags = CW_GUEST_NO_BOUNCE,
	  .run = run_disk },
	{ .name = "bounced-in-part", .rule = "S6", TWIN, .finding = CW_FIND_DMA_PRIVATE,
	  .bug = "99f1c46011cc", .text = "of a packet's frames all but the last are bounced",
	  .flags = CW_GUEST_BOUNCE_PART, .run = run_net },
	{ .name = "slot-twice", .rule = "S7", TWIN, .finding = CW_FIND_BOUNCE_TWICE, .bug = "CVE-2024-35814",
	  .text = "a bounce slot is given to two devices", .flags = CW_GUEST_SLOT_TWICE, .run = run_bounce },
	{ .name = "slot-foreign", .rule = "S7", TWIN, .finding = CW_FIND_BOUNCE_FOREIGN,
	  .text = "a bounce slot is given back by another device", .flags = CW_GUEST_SLOT_FOREIGN,
	  .run = run_bounce },
	{ .name = "slot-size", .rule = "S7", TWIN, .finding = CW_FIND_BOUNCE_SIZE,
	  .text = "a bounce slot is given back with another size", .flags = CW_GUEST_SLOT_SIZE,
	  .run = run_bounce },
	{ .name = "config-mmio", .rule = "R2", TWIN, .finding = CW_FIND_CONFIG_BY_MMIO,
	  .bug = "2c6ba4216844", .text = "PCI config space is reached by memory access",
	  .flags = CW_GUEST_CONFIG_MMIO, .run = run_pci },
	{ .name = "freed-ring", .rule = "S3", TWIN, .finding = CW_FIND_FREED_UNKNOWN, .bug = "CVE-2024-36909",
	  .text = "a ring is freed that could not be made private", .flags = CW_GUEST_FREE_ANYWAY,
	  .host = CW_HOST_REFUSE_TO_PRIVATE, .run = run_ring },
	{ .name = "freed-uio-buffer", .rule = "S3", TWIN, .finding = CW_FIND_FREED_UNKNOWN,
	  .bug = "CVE-2024-36910", .text = "a buffer of user space is freed that could not be made private",
	  .flags = CW_GUEST_FREE_ANYWAY, .host = CW_HOST_REFUSE_TO_PRIVATE, .run = run_buffer },
	{ .name = "freed-net-buffer", .rule = "S3", TWIN, .finding = CW_FIND_FREED_UNKNOWN,
	  .bug = "CVE-2024-36911", .text = "network buffers are freed that could not be made private",
	  .flags = CW_GUEST_FREE_ANYWAY, .host = CW_HOST_REFUSE_TO_PRIVATE, .run = run_net },
	{ .name = "untracked-gpadl", .rule = "S3", TWIN, .finding = CW_FIND_FREED_UNKNOWN,
	  .bug = "CVE-2024-36912", .text = "nobody remembers that a GPADL could not be made private",
	  .flags = CW_GUEST_UNTRACKED, .host = CW_HOST_REFUSE_TO_PRIVATE, .run = run_buffer },
	{ .name = "freed-monitor", .rule = "S3", TWIN, .finding = CW_FIND_FREED_UNKNOWN,
	  .bug = "CVE-2024-36913", .text = "monitor pages are freed that could not be made private",
	  .flags = CW_GUEST_FREE_ANYWAY, .host = CW_HOST_REFUSE_TO_PRIVATE, .run = run_bus },
	{ .name = "net", .rule = "-", .text = "frames are sent to a network, and come back", .run = run_net },
	{ .name = "disk", .rule = "-", .text = "a disk is written and read", .run = run_disk },
	{ .name = "hosts", .rule = "-", .text = "all devices, under each host of the list in turn",
	  .run = run_hosts },
	{ .name = "pci", .rule = "-", .text = "config space is written and read", .run = run_pci },
	{ }
};
/* clang-format on */
