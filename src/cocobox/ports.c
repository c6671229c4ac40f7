// SPDX-License-Identifier: GPL-2.0-only
/* I/O ports, one row each. */
#include "ports.h"

#include <stddef.h>
#include <string.h>

#include "box.h"
#include "console.h"
#include "rtc.h"
#include "util.h"

#define SLP_EN		(1 << 13)	/* PM1 control (ACPI specification, 4.8.4.2.1) */
#define SLP_TYP(v)	((v) >> 10 & 7)
#define SLP_TYP_S5	5
#define SCI_EN		1

struct port {
	__u16 first;
	__u16 nr;
	void (*access)(struct cw_box *box, __u16 offset, bool write, __u32 *value);
};

static void access_com(struct cw_box *box, unsigned int i, __u16 offset, bool write, __u32 *value)
{
	__u8 byte = (__u8)*value;

	cw_console_access(box, i, offset, write, &byte);
	*value = byte;
}

static void access_com1(struct cw_box *box, __u16 offset, bool write, __u32 *value)
{
	access_com(box, 0, offset, write, value);
}

static void access_com2(struct cw_box *box, __u16 offset, bool write, __u32 *value)
{
	access_com(box, 1, offset, write, value);
}

static void access_com3(struct cw_box *box, __u16 offset, bool write, __u32 *value)
{
	access_com(box, 2, offset, write, value);
}

static void access_pm1_event(struct cw_box *box, __u16 offset, bool write, __u32 *value)
{
	/* status, where no event ever shows, and enable, which ACPI reads back */
	if (offset == 2 && write)
		box->pm1_enable = (__u16)*value;
	else if (!write)
		*value = offset == 2 ? box->pm1_enable : 0;
}

static void access_pm1_control(struct cw_box *box, __u16 offset, bool write, __u32 *value)
{
	if (!write)
		*value = offset ? 0 : SCI_EN;
	else if (!offset && *value & SLP_EN && SLP_TYP(*value) == SLP_TYP_S5)
		cw_box_end(box, box->guest_status);
}

static void access_reset(struct cw_box *box, __u16 offset, bool write, __u32 *value)
{
	(void)offset;
	if (write && (*value & CW_RESET_VALUE) == CW_RESET_VALUE)
		cw_box_end(box, CW_BOX_REBOOT);
}

/* The keyboard controller's command port: what an old way to reboot writes to. */
static void access_kbd(struct cw_box *box, __u16 offset, bool write, __u32 *value)
{
	(void)offset;
	if (write && *value == 0xfe)
		cw_box_end(box, CW_BOX_REBOOT);
	else if (!write)
		*value = 0;
}

/* Index and data of the CMOS clock. */
static void access_rtc(struct cw_box *box, __u16 offset, bool write, __u32 *value)
{
	if (!offset && write)
		box->rtc_index = (__u8)*value;
	else if (!write)
		*value = offset ? cw_rtc_read(box->rtc_index) : box->rtc_index;
}

static const struct port ports[] = {
	{ 0x64, 1, access_kbd },
	{ 0x70, 2, access_rtc },
	{ CW_PORT_COM2, 8, access_com2 },
	{ CW_PORT_COM3, 8, access_com3 },
	{ CW_PORT_COM1, 8, access_com1 },
	{ CW_PORT_PM1_EVT, 4, access_pm1_event },
	{ CW_PORT_PM1_CNT, 2, access_pm1_control },
	{ CW_PORT_RESET, 1, access_reset },
};

void cw_port_access(struct cw_box *box, __u16 port, bool write, void *data, unsigned int size)
{
	__u32 value = ~0U;
	size_t i;

	if (write) {
		value = 0;
		memcpy(&value, data, size);
	}
	for (i = 0; i < CW_NR(ports); i++)
		if (port >= ports[i].first && port < ports[i].first + ports[i].nr)
			ports[i].access(box, port - ports[i].first, write, &value);
	if (!write)
		memcpy(data, &value, size);
}
