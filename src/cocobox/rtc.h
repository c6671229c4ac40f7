/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CW_BOX_RTC_H
#define CW_BOX_RTC_H

#include <linux/types.h>

/* A register of the CMOS clock, from this machine's clock. */
__u8 cw_rtc_read(__u8 reg);

#endif
