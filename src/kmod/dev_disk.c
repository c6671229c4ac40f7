// SPDX-License-Identifier: GPL-2.0-only
/* A disk like storvsc's: all data goes through bounce slots, and what the host says of a command is
 * bounded by what was asked for.
 */
#include <linux/err.h>
#include <linux/slab.h>

#include "trace.h"
#include "vmbus.h"

#define RING_PAGES	2
#define DATA_BYTES	3072
#define DISK_DEV	0xd15cULL
#define POLLS		16

struct command {
	struct cw_disk_msg done;
	bool is_done;
	int slot;
	u8 *data;		/* private */
};

struct disk {
	struct cw_channel *ch;
	struct cw_bounce bounce;
};

static void disk_completion(struct disk *disk, const struct cw_packet *packet, const void *data,
			    u32 bytes)
{
	struct command *cmd;

	/* too short to be a completion: the transaction stays open */
	if (bytes < sizeof(cmd->done))
		return;
	cmd = cw_channel_request(disk->ch, packet->id);
	if (!cmd)
		return;
	memcpy(&cmd->done, data, sizeof(cmd->done));
	cmd->done.transfer_bytes = min_t(u32, cmd->done.transfer_bytes, DATA_BYTES);
	cmd->done.sense_bytes = min_t(u8, cmd->done.sense_bytes, sizeof(cmd->done.sense));
	cmd->is_done = true;
}

static void disk_poll(struct disk *disk)
{
	struct cw_packet *packet;
	u32 bytes, i;
	void *data;

	cw_bus_poll(disk->ch->bus);
	for (i = 0; i < POLLS && disk->ch->in.header && (packet = cw_ring_first(disk->ch)); i++) {
		data = cw_packet_data(packet, &bytes);
		if (packet->type == CW_PT_COMPLETION)
			disk_completion(disk, packet, data, bytes);
		cw_ring_next(disk->ch, packet);
	}
}

/* Names the slots, or as a misbehaviour the private buffer itself. */
static int command_name(struct disk *disk, const struct command *cmd, struct cw_packet_gpa *gpa)
{
	if (!cw_bus_is(disk->ch->bus, CW_GUEST_NO_BOUNCE))
		return cw_bounce_name(&disk->bounce, cmd->slot, DATA_BYTES, gpa);
	gpa->bytes = DATA_BYTES;
	gpa->offset = offset_in_page(cmd->data);
	gpa->gfn[0] = page_to_pfn(virt_to_page(cmd->data));
	return 0;
}

static int command_run(struct disk *disk, struct command *cmd, u32 sector, bool write)
{
	struct cw_disk_msg msg = { .operation = 3, .write = write, .sector = sector };
	struct cw_packet_gpa gpa = {};
	int err;

	cmd->is_done = false;
	cmd->slot = cw_bounce_map(&disk->bounce, DISK_DEV, cmd->data, DATA_BYTES, 0);
	if (cmd->slot < 0)
		return cmd->slot;
	err = command_name(disk, cmd, &gpa);
	if (!err)
		err = cw_channel_send_gpa(disk->ch, &gpa, &msg, sizeof(msg), cmd);
	if (!err)
		disk_poll(disk);
	if (!err && !cmd->is_done) {
		/* nobody finds the command by its number any more */
		cw_channel_forget(disk->ch, gpa.packet.id);
		err = -ETIMEDOUT;
	}
	cw_bounce_unmap(&disk->bounce, DISK_DEV, cmd->slot, write ? NULL : cmd->data, DATA_BYTES,
			0);
	if (!err && (cmd->done.status || cmd->done.transfer_bytes != DATA_BYTES))
		err = -EIO;
	return err;
}

/* Writes, reads again, compares. */
static int disk_commands(struct disk *disk, u32 commands)
{
	/* a page, so that it can be named */
	struct command cmd = { .data = (u8 *)get_zeroed_page(GFP_KERNEL) };
	int err = cmd.data ? 0 : -ENOMEM;
	u32 i;

	for (i = 0; i < commands && !err; i++) {
		memset(cmd.data, 'A' + i % 26, DATA_BYTES);
		err = command_run(disk, &cmd, i % 8, true);
		memset(cmd.data, 0, DATA_BYTES);
		if (!err)
			err = command_run(disk, &cmd, i % 8, false);
		if (!err && cmd.data[DATA_BYTES - 1] != 'A' + i % 26)
			err = -EPROTO;
	}
	free_page((unsigned long)cmd.data);
	return err;
}

int cw_disk_run(struct cw_bus *bus, u32 commands)
{
	struct disk disk = { .ch = cw_bus_channel(bus, cw_guid_disk) };
	int err, ret;

	if (!disk.ch)
		return -ENODEV;
	err = cw_channel_open(disk.ch, RING_PAGES);
	if (!err)
		err = cw_bounce_init(&disk.bounce);
	if (!err)
		err = disk_commands(&disk, commands);
	ret = cw_channel_close(disk.ch);
	err = err ?: ret;
	ret = cw_bounce_exit(&disk.bounce);
	return err ?: ret;
}
