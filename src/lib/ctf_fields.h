/* SPDX-License-Identifier: GPL-2.0-only */
/* Which fields of which events a CTF trace has. */
#ifndef CW_CTF_FIELDS_H
#define CW_CTF_FIELDS_H

#include <stddef.h>
#include <linux/types.h>

struct cw_ctf_field {
	const char *name;	/* as in cocowatch/event*.h; "." becomes "_" */
	__u16 offset;
	__u8 size;		/* bytes: 1, 2, 4, 8 */
	__u8 base;		/* 10 or 16: how readers print it */
	__u8 is_signed;
};

/* The fields of an event type, ended by one without a name; NULL for types that have none.
 * Addresses and bytes of the guest are not among them.
 */
const struct cw_ctf_field *cw_ctf_fields(__u32 type);

#endif
