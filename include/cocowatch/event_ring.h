/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ABI, continued: rings, and what comes from the host.  The rules of event.h
 * hold here: fields are appended, padding is named and zero.
 */
#ifndef CW_EVENT_RING_H
#define CW_EVENT_RING_H

#include <cocowatch/event.h>

#endif
