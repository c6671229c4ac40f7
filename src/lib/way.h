/* SPDX-License-Identifier: GPL-2.0-only */
/* How this kernel shares pages, and which source of facts a session uses. */
#ifndef CW_WAY_H
#define CW_WAY_H

#include "platform.h"
#include "source.h"

enum cw_source_wish { CW_SOURCE_AUTO, CW_SOURCE_STOCK, CW_SOURCE_MODULE };

/* Fills in way, shared_mask, set_is_private and callbacks_bool, from the mode and from BTF. */
void cw_way_find(struct cw_platform *p);

/* Where CPUID does not tell the shared bit (TDX), from the kernel's own cc_mask.  shared_mask stays
 * 0 when that cannot be read, for want of privileges for one.
 */
void cw_way_read_mask(struct cw_platform *p);

/* The kernel's own hooks on a confidential VM, the module elsewhere when it is loaded. */
const struct cw_source *cw_source_choose(const struct cw_platform *p, enum cw_source_wish wish);

/* The wish that a word means ("auto", "stock", "module"), or -EINVAL. */
int cw_source_parse(const char *word);

#endif
