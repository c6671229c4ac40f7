// SPDX-License-Identifier: GPL-2.0-only
/* A disk like storvsc's: all data goes through bounce slots, and what the host says of a command is
 * bounded by what was asked for.
 */
#include "vmbus.h"

#define RING_PAGES	2
#define COMMANDS	2	/* of either kind */
#define DATA_BYTES	3072
#define DISK_DEV	0xd15cULL

struct disk {
	struct cw_channel *ch;
	struct cw_bounce bounce;
	u8 *data;		/* private; a page, so that it can be named */
};

/* Names the slots, or as a misbehaviour the private buffer itself. */
static void data_name(struct disk *disk, int slot, struct cw_packet_gpa *gpa)
{
	cw_bounce_name(&disk->bounce, slot, DATA_BYTES, gpa);
	if (!cw_bus_is(disk->ch->bus, CW_GUEST_NO_BOUNCE))
		return;
	gpa->range.offset = offset_in_page(disk->data);
	gpa->range.pfn_array[0] = page_to_pfn(virt_to_page(disk->data));
}

static int command_run(struct disk *disk, u32 sector, bool write)
{
	struct cw_disk_msg msg = { .operation = 3, .write = write, .sector = sector }, done = {};
	int slot = cw_bounce_map(&disk->bounce, DISK_DEV, disk->data, DATA_BYTES), err;
	struct cw_packet_gpa gpa = {};

	if (slot < 0)
		return slot;
	data_name(disk, slot, &gpa);
	err = cw_channel_call(disk->ch, &gpa, &msg, sizeof(msg), &done, sizeof(done));
	cw_bounce_unmap(&disk->bounce, DISK_DEV, slot, write ? NULL : disk->data, DATA_BYTES);
	done.transfer_bytes = min_t(u32, done.transfer_bytes, DATA_BYTES);
	done.sense_bytes = min_t(u8, done.sense_bytes, sizeof(done.sense));
	return err ?: done.status || done.transfer_bytes != DATA_BYTES ? -EIO : 0;
}

/* Writes, reads again, compares. */
static int disk_commands(struct disk *disk)
{
	int err = 0;
	u32 i;

	for (i = 0; i < COMMANDS && !err; i++) {
		memset(disk->data, 'A' + i, DATA_BYTES);
		err = command_run(disk, i, true);
		memset(disk->data, 0, DATA_BYTES);
		err = err ?: command_run(disk, i, false);
		if (!err && disk->data[DATA_BYTES - 1] != 'A' + i)
			err = -EPROTO;
	}
	return err;
}

int cw_disk_run(struct cw_bus *bus)
{
	struct disk disk = {
		.ch = cw_bus_channel(bus, CW_DEVICE_DISK), .bounce.quirks = bus->quirks,
	};
	int err;

	if (!disk.ch)
		return -ENODEV;
	disk.data = cw_alloc_fails() ? NULL : (u8 *)get_zeroed_page(GFP_KERNEL);
	err = disk.data ? cw_channel_open(disk.ch, RING_PAGES) : -ENOMEM;
	err = err ?: cw_bounce_init(&disk.bounce);
	err = err ?: disk_commands(&disk);
	err = cw_first(err, cw_channel_close(disk.ch));
	err = cw_first(err, cw_bounce_exit(&disk.bounce));
	free_page((unsigned long)disk.data);
	return err;
}
