// SPDX-License-Identifier: GPL-2.0-only
/* Config space of a function that is passed through, like pci-hyperv's: reached by hypercall, since
 * an access to its memory would hand the host the registers.  And the kinds of devices that a
 * confidential VM uses.
 */
#include <linux/string.h>

#include <cocowatch/event_ring.h>

#include "trace.h"
#include "vmbus.h"

#define CONFIG_MMIO	PAGE_SIZE	/* where config space begins in its window */
#define SLOT		1

const u8 cw_guid_net[16] = "\x63\x51\x61\xf8\x3e\xdf\xc5\x46\x91\x3f\xf2\xd2\xf9\x65\xed\x0e";
const u8 cw_guid_disk[16] = "\xd9\x63\x61\xba\xa1\x04\x29\x4d\xb6\x05\x72\xe2\xff\xb1\xdc\x7f";
const u8 cw_guid_pci[16] = "\x1d\xf6\xc4\x44\x44\x44\x00\x44\x9d\x52\x80\x2e\x27\xed\xe1\x9f";

/* Network, disk, PCI; time, heartbeat and shutdown have no driver here. */
bool cw_device_is_allowed(const u8 *guid)
{
	static const u8 *const allowed[] = { cw_guid_net, cw_guid_disk, cw_guid_pci };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(allowed); i++)
		if (!memcmp(guid, allowed[i], 16))
			return true;
	return false;
}

/* Input of both hypercalls (TLFS). */
struct mmio_call {
	u64 gpa;
	u32 size;
	u32 reserved;
	u32 data[16];
};

static int mmio(struct cw_bus *bus, u64 gpa, u32 size, u32 *value, bool write)
{
	struct mmio_call call = { .gpa = gpa, .size = size, .data = { write ? *value : 0 } };

	if (cw_bus_is(bus, CW_GUEST_CONFIG_MMIO))
		return cw_peer_mmio(bus->peer, gpa, size, value, write);
	if (write)
		return cw_hypercall(CW_HVCALL_MMIO_WRITE, &call, sizeof(call), NULL, 0, 0);
	return cw_hypercall(CW_HVCALL_MMIO_READ, &call, 16, value, sizeof(*value), 0);
}

/* Chooses the function, then reads or writes. */
static int config_access(struct cw_bus *bus, u32 where, u32 size, u32 *value, bool write)
{
	u64 window = cw_peer_window(bus->peer);
	u32 slot = SLOT;
	int err;

	trace_cocovm_config_begin(SLOT, where, size, write, CW_ASKED_YES);
	err = mmio(bus, window, 4, &slot, true);
	if (!err)
		err = mmio(bus, window + CONFIG_MMIO + where, size, value, write);
	trace_cocovm_config_end(SLOT, where, size, write, CW_ASKED_YES);
	return err;
}

int cw_pci_run(struct cw_bus *bus)
{
	u32 command = 0x0406, seen = 0, bar = 0xf8000000;
	int err;

	if (!cw_bus_channel(bus, cw_guid_pci))
		return -ENODEV;
	err = config_access(bus, 0x04, 2, &command, true);
	if (!err)
		err = config_access(bus, 0x10, 4, &bar, true);
	if (!err)
		err = config_access(bus, 0x04, 2, &seen, false);
	return err ?: (u16)seen == command ? 0 : -EPROTO;
}
