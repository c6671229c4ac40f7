// SPDX-License-Identifier: GPL-2.0-only
/* Devices that a confidential guest must refuse to bind, for their hosts could ask too much of it:
 * they are offered, and that is all.  An open of one is told to the referee and refused.
 */
#include "dev.h"

#include <errno.h>

#include "referee.h"

static int refused_open(struct cw_channel *ch)
{
	cw_referee_note(ch->dev->box, "a device was opened that must be refused",
			ch->dev->ops->name);
	return -EPERM;
}

/* Never called: no such channel is ever open. */
static void refused_packet(struct cw_channel *ch, struct cw_packet *p)
{
	(void)ch;
	(void)p;
}

/* Types: include/linux/hyperv.h */
#define REFUSED(called, ...) \
	{ .name = (called), .type = CW_GUID(__VA_ARGS__), \
	  .open = refused_open, .packet = refused_packet }

const struct cw_dev_ops cw_dev_refused[] = {
	REFUSED("video",
		0xda0a7802, 0xe377, 0x4aac, 0x8e, 0x77, 0x05, 0x58, 0xeb, 0x10, 0x73, 0xf8),
	REFUSED("balloon",
		0x525074dc, 0x8985, 0x46e2, 0x80, 0x57, 0xa3, 0x07, 0xdc, 0x18, 0xa5, 0x02),
	REFUSED("kvp",
		0xa9a0f4e7, 0x5a45, 0x4d96, 0xb8, 0x27, 0x8a, 0x84, 0x1e, 0x8c, 0x03, 0xe6),
	REFUSED("mouse",
		0xcfa8b69e, 0x5b4a, 0x4cc0, 0xb9, 0x8b, 0x8b, 0xa1, 0xa1, 0xf3, 0xf9, 0x5a),
	{ 0 },
};
