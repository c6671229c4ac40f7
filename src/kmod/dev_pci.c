// SPDX-License-Identifier: GPL-2.0-only
/* Config space of a function that is passed through, like pci-hyperv's: reached by hypercall, since
 * an access to its memory would hand the host the registers.  And the kinds of devices that a
 * confidential VM uses.
 */
#include <cocowatch/event_ring.h>

#include "vmbus.h"

#define SLOT		1

/* Time, heartbeat and shutdown have no driver here. */
const struct hv_vmbus_device_id cw_devices[CW_DEVICES] = {
	[CW_DEVICE_NET] = { HV_NIC_GUID },
	[CW_DEVICE_DISK] = { HV_SCSI_GUID },
	[CW_DEVICE_PCI] = { HV_PCIE_GUID },
};

bool cw_device_is_allowed(const guid_t *kind)
{
	u32 i;

	for (i = 0; i < CW_DEVICES; i++)
		if (guid_equal(kind, &cw_devices[i].guid))
			return true;
	return false;
}

static int mmio(struct cw_bus *bus, u64 gpa, u32 size, u32 *value, bool write)
{
	struct cw_mmio_call call = { .gpa = gpa, .size = size, .data = { write ? *value : 0 } };

	if (cw_bus_is(bus, CW_GUEST_CONFIG_MMIO))
		return cw_peer_mmio(bus->peer, gpa, size, value, write);
	if (write)
		return cw_hypercall(CW_HVCALL_MMIO_WRITE, &call, sizeof(call), NULL, 0, 0);
	return cw_hypercall(CW_HVCALL_MMIO_READ, &call, offsetof(struct cw_mmio_call, data), value,
			    sizeof(*value), 0);
}

/* Chooses the function, then reads or writes. */
static int config_access(struct cw_bus *bus, u32 where, u32 size, u32 *value, bool write)
{
	u64 window = cw_peer_window(bus->peer);
	u32 slot = SLOT;
	int err;

	trace_cocovm_config_begin(SLOT, where, size, write, CW_ASKED_YES);
	err = mmio(bus, window, 4, &slot, true);
	err = err ?: mmio(bus, window + CW_PCI_CONFIG + where, size, value, write);
	trace_cocovm_config_end(SLOT, where, size, write, CW_ASKED_YES);
	return err;
}

int cw_pci_run(struct cw_bus *bus)
{
	u32 command = 0x0406, seen = 0, bar = 0xf8000000;
	int err;

	if (!cw_bus_channel(bus, CW_DEVICE_PCI))
		return -ENODEV;
	err = config_access(bus, 0x04, 2, &command, true);
	err = err ?: config_access(bus, 0x10, 4, &bar, true);
	err = err ?: config_access(bus, 0x04, 2, &seen, false);
	return err ?: (u16)seen == command ? 0 : -EPROTO;
}
