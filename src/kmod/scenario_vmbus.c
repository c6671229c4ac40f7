// SPDX-License-Identifier: GPL-2.0-only
/* Scenarios of VMBus and its devices.  Each run has a bus of its own, with the row's host at the
 * other end in both twins: the honest one has to cope with it.
 */
#include "vmbus.h"

/* What a device makes of a host that lies, or of a guest that does, is no error of the scenario,
 * unless that host does no harm; what is left behind is, unless the host refuses to give it back.
 */
static int run_with_host(const struct cw_run *run, enum cw_host_id host)
{
	bool is_certain = !run->misbehave && cw_host_is_harmless(host);
	bool is_returned = cw_host_gives_back(host) && cw_host_gives_back(cw_host_current());
	struct cw_bus *bus = cw_bus_new(run, host);
	int err = PTR_ERR_OR_ZERO(bus), free_err;

	err = err ?: run->sc->work(bus);
	free_err = cw_bus_free(bus);
	if (is_certain || err == -ENOMEM)
		return err ?: free_err;
	return is_returned || free_err == -ENOMEM ? free_err : 0;
}

static int run_on_bus(const struct cw_run *run)
{
	return run_with_host(run, run->sc->host ?: cw_host_current());
}

/* Here the host alone misbehaves, and the guest copes with it: that it did is observed. */
static int run_coping(const struct cw_run *run)
{
	return run_with_host(run, run->misbehave ? run->sc->host : cw_host_current());
}

/* One host after the other, those that other scenarios have among them. */
static int run_hosts(const struct cw_run *run)
{
	enum cw_host_id host = run->loop % CW_HOST_NR;

	return run_with_host(run, host ?: cw_host_current());
}

static int work_bus(struct cw_bus *bus)
{
	return 0;
}

/* Rings and nothing else. */
static int work_ring(struct cw_bus *bus)
{
	struct cw_channel *ch = cw_bus_channel(bus, CW_DEVICE_DISK);

	int err = ch ? cw_channel_open(ch, 2) : -ENODEV;

	return ch ? cw_first(err, cw_channel_close(ch)) : err;
}

/* A buffer beside the rings, as a driver in user space has it. */
static int work_buffer(struct cw_bus *bus)
{
	struct cw_channel *ch = cw_bus_channel(bus, CW_DEVICE_DISK);
	struct cw_range *range = ch ? cw_bus_pages(bus, 3) : ERR_PTR(-ENODEV);
	struct cw_gpadl gpadl;
	int err;

	if (IS_ERR(range))
		return PTR_ERR(range);
	err = cw_gpadl_establish(ch, range, &gpadl);
	return cw_first(err, cw_gpadl_teardown(ch, &gpadl));
}

static int work_all(struct cw_bus *bus)
{
	int err = cw_net_run(bus);

	err = cw_first(err, cw_disk_run(bus));
	return cw_first(err, cw_pci_run(bus));
}

/* Two devices, a mapping each.  What is done wrong is done to the second. */
static int work_bounce(struct cw_bus *bus)
{
	static const char data[3000];
	u64 quirks = bus->quirks;
	u32 bytes = sizeof(data);
	struct cw_bounce b = {};
	int err = cw_bounce_init(&b), first, second;

	if (err)
		return cw_first(err, cw_bounce_exit(&b));
	first = cw_bounce_map(&b, 1, data, bytes);
	b.quirks = quirks;
	second = cw_bounce_map(&b, 2, data, bytes);
	if (first < 0 || second < 0)
		err = -ENOSPC;
	/* of a slot with two owners the first to give it back is the second */
	err = err ?: cw_bounce_unmap(&b, quirks & CW_GUEST_SLOT_FOREIGN ? 1 : 2, second, NULL,
				     quirks & CW_GUEST_SLOT_SIZE ? bytes - 1000 : bytes);
	err = err ?: cw_bounce_unmap(&b, quirks & CW_GUEST_SLOT_TWICE ? 2 : 1, first, NULL, bytes);
	if (!err && !quirks && cw_bounce_unmap(&b, 1, first, NULL, bytes) != -EINVAL)
		err = -EPROTO;
	return cw_first(err, cw_bounce_exit(&b));
}

/* clang-format off */
/* A misbehaviour of the guest, under a host that both twins have to cope with. */
#define ROW(name, rule, finding, quirk, host_, work_, text, ...) \
	CW_TWIN(name, rule, finding, .run = run_on_bus, CW_GUEST_##quirk, text, \
		.host = CW_HOST_##host_, .work = work_, ##__VA_ARGS__)

#define COPES(name, rule, finding, host_, work_, text) \
	CW_TWIN(name, rule, finding, .run = run_coping, 0, text, .host = CW_HOST_##host_, \
		.work = work_)

const struct cw_scenario cw_scenarios_vmbus[] = {
	ROW("pad-dirty", "Z1", RING_PAD, PAD_DIRTY, HONEST, cw_net_run,
	    "what pads a packet is what lay around", .bug = "e99c4afbee07"),
	ROW("length-wrong", "Z1", RING_LENGTH, LENGTH_WRONG, HONEST, cw_net_run,
	    "a packet says that it is longer than what is written"),
	ROW("buffer-stale", "Z4", STALE, STALE, HONEST, cw_net_run,
	    "a receive buffer is shared with what it holds"),
	ROW("trusted-length", "H1", READ_OUTSIDE_COPY, LENGTH_TRUSTED, LENGTH_LONG, cw_net_run,
	    "a packet's length is believed, and it is beyond the ring", .bug = "44144185951a"),
	ROW("offset-trusted", "H1", READ_OUTSIDE_COPY, OFFSET_TRUSTED, OFFSET_BEYOND, cw_net_run,
	    "where a packet's data begins is believed, and it is beyond its end",
	    .bug = "505e3f00c3f3"),
	ROW("past-the-ring", "H1", READ_OUTSIDE_RING, LENGTH_TRUSTED, LENGTH_LONG_DISK, cw_disk_run,
	    "as many bytes are read as the host says, and the ring has fewer",
	    .bug = "CVE-2026-31470"),
	ROW("packet-in-ring", "H2", NOT_COPIED, NO_COPY, HONEST, cw_net_run,
	    "a driver gets a packet where the host can still write it", .bug = "adae1e931acd"),
	ROW("copy-shared", "H2", COPY_SHARED, COPY_SHARED, HONEST, cw_net_run,
	    "packets are copied to a shared page"),
	ROW("write-index-trusted", "H3", INDEX_USED, WRITE_TRUSTED, INDEX_WRITE_NET, cw_net_run,
	    "the host's write index is beyond the ring, and is believed"),
	ROW("read-index-trusted", "H3", INDEX_USED, READ_TRUSTED, INDEX_READ, cw_disk_run,
	    "the host's read index is beyond the ring, and is believed"),
	COPES("index-refused", "H3", INDEX_REFUSED, INDEX_WRITE_NET, cw_net_run,
	      "the host's write index is beyond the ring, and the guest reads nothing"),
	ROW("twice-length", "H4", DOUBLE_FETCH, LENGTH_TWICE, LENGTH_FLIPS, cw_net_run,
	    "a packet's length is validated, and read once more", .bug = "CVE-2023-53769"),
	ROW("twice-offset", "H4", DOUBLE_FETCH, OFFSET_TWICE, LENGTH_FLIPS, cw_net_run,
	    "where a packet's data begins is validated, and read once more"),
	ROW("id-twice", "H4", DOUBLE_FETCH, ID_TWICE, LENGTH_FLIPS, cw_net_run,
	    "the number of a transaction is validated, and read once more", .bug = "CVE-2026-64034"),
	ROW("frame-in-place", "H4", DOUBLE_FETCH, FRAME_TWICE, LENGTH_FLIPS, cw_net_run,
	    "the head of a frame is used in the receive buffer", .bug = "0ba35fe91ce3"),
	ROW("device-unhardened", "H5", DEVICE_BOUND, BIND_ANY, OFFER_REFUSED, work_bus,
	    "a driver gets a device that no confidential VM should use"),
	COPES("device-refused", "H5", DEVICE_REFUSED, OFFER_REFUSED, work_bus,
	      "a device that no confidential VM should use is offered, and refused"),
	ROW("id-trusted", "H6", COMPLETION_USED, ID_TRUSTED, COMPLETE_UNKNOWN, cw_disk_run,
	    "the host completes what is not open, and is believed", .bug = "CVE-2026-64018"),
	COPES("id-refused", "H6", COMPLETION_UNKNOWN, COMPLETE_UNKNOWN, cw_disk_run,
	      "the host completes what is not open, and the completion is dropped"),
	ROW("gpadl-private", "S1", HANDED_PRIVATE, GPADL_PRIVATE, HONEST, work_ring,
	    "a ring's frames are named to the host and not shared"),
	ROW("gpadl-late", "S1", HANDED_PRIVATE, GPADL_LATE, HONEST, work_ring,
	    "a ring's frames are shared after the host was told of them"),
	ROW("gpadl-unknown", "S1", HANDED_UNKNOWN, GPADL_HIDDEN, REFUSE_TO_SHARED, work_ring,
	    "a ring's frames are named though the host refused to share them"),
	ROW("private-monitor", "S1", HANDED_PRIVATE, MONITOR_PRIVATE, HONEST, work_bus,
	    "the monitor pages are named to the host and not shared"),
	ROW("synic-private", "S1", HANDED_PRIVATE, SYNIC_PRIVATE, HONEST, work_bus,
	    "the SynIC page is named to the host and not shared", .needs = CW_NEEDS_OWN_SYNIC),
	ROW("second-private", "S2", SECOND_PRIVATE, SECOND_PRIVATE, HONEST, work_ring,
	    "the second mapping of a ring is private"),
	ROW("last-second", "S2", SECOND_PRIVATE, SECOND_PART, HONEST, work_ring,
	    "the last page of the second mapping of a ring is private"),
	ROW("second-absent", "S2", SECOND_ABSENT, SECOND_ABSENT, HONEST, work_ring,
	    "the last page of the second mapping of a ring is not present when it is handed over"),
	ROW("int-page-shared", "S5", KEPT_SHARED, INT_SHARED, HONEST, work_bus,
	    "the interrupt page is shared"),
	ROW("not-bounced", "S6", DMA_PRIVATE, NO_BOUNCE, HONEST, cw_disk_run,
	    "the host gets the frames of a private buffer"),
	ROW("bounced-in-part", "S6", DMA_PRIVATE, BOUNCE_PART, HONEST, cw_net_run,
	    "of a packet's frames all but the last are bounced", .bug = "99f1c46011cc"),
	ROW("slot-beyond", "S6", DMA_PRIVATE, SLOT_BEYOND, HONEST, cw_disk_run,
	    "a bounce slot is taken that lies beyond the end of the pool", .bug = "CVE-2023-52790"),
	ROW("dma-unknown", "S6", DMA_UNKNOWN, POOL_HIDDEN, HONEST, cw_disk_run,
	    "data goes through bounce slots that the host refused to share"),
	ROW("slot-twice", "S7", BOUNCE_TWICE, SLOT_TWICE, HONEST, work_bounce,
	    "a bounce slot is given to two devices", .bug = "CVE-2024-35814"),
	ROW("slot-foreign", "S7", BOUNCE_FOREIGN, SLOT_FOREIGN, HONEST, work_bounce,
	    "a bounce slot is given back by another device"),
	ROW("slot-size", "S7", BOUNCE_SIZE, SLOT_SIZE, HONEST, work_bounce,
	    "a bounce slot is given back with another size"),
	ROW("config-mmio", "R2", CONFIG_BY_MMIO, CONFIG_MMIO, HONEST, cw_pci_run,
	    "PCI config space is reached by memory access", .bug = "2c6ba4216844"),
	ROW("freed-ring", "S3", FREED_UNKNOWN, FREE_RING, REFUSE_TO_PRIVATE, work_ring,
	    "a ring is freed that could not be made private", .bug = "CVE-2024-36909"),
	ROW("freed-uio-buffer", "S3", FREED_UNKNOWN, FREE_BUFFER, REFUSE_TO_PRIVATE, work_buffer,
	    "a buffer of user space is freed that could not be made private", .bug = "CVE-2024-36910"),
	ROW("freed-net-buffer", "S3", FREED_UNKNOWN, FREE_BUFFER, REFUSE_TO_PRIVATE, cw_net_run,
	    "network buffers are freed that could not be made private", .bug = "CVE-2024-36911"),
	ROW("untracked-gpadl", "S3", FREED_UNKNOWN, UNTRACKED, REFUSE_TO_PRIVATE, work_buffer,
	    "nobody remembers that a GPADL could not be made private", .bug = "CVE-2024-36912"),
	ROW("freed-monitor", "S3", FREED_UNKNOWN, FREE_MONITOR, REFUSE_TO_PRIVATE, work_bus,
	    "monitor pages are freed that could not be made private", .bug = "CVE-2024-36913"),
	CW_HONEST("net", "-", .run = run_on_bus, 0, "frames are sent to a network, and come back",
		  .work = cw_net_run),
	CW_HONEST("disk", "-", .run = run_on_bus, 0, "a disk is written and read", .work = cw_disk_run),
	CW_HONEST("hosts", "-", .run = run_hosts, 0, "all devices, under each host of the list in turn",
		  .work = work_all),
	CW_HONEST("pci", "-", .run = run_on_bus, 0, "config space is written and read",
		  .work = cw_pci_run),
	{ }
};
/* clang-format on */
