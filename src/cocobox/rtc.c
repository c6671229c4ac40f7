// SPDX-License-Identifier: GPL-2.0-only
/* The clock of an MC146818 (include/linux/mc146818rtc.h), for the time of day at boot: BCD, 24
 * hours, UTC, never being updated.  Alarms and the bytes behind the clock are not there.
 */
#include <time.h>

#include "rtc.h"

#define REG_B_24H	0x02
#define REG_D_VALID	0x80

static __u8 bcd(int n)
{
	return (__u8)(n / 10 << 4 | n % 10);
}

__u8 cw_rtc_read(__u8 reg)
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	switch (reg & 0x7f) {
	case 0x00: return bcd(tm.tm_sec % 60);
	case 0x02: return bcd(tm.tm_min);
	case 0x04: return bcd(tm.tm_hour);
	case 0x06: return bcd(tm.tm_wday + 1);
	case 0x07: return bcd(tm.tm_mday);
	case 0x08: return bcd(tm.tm_mon + 1);
	case 0x09: return bcd(tm.tm_year % 100);
	case 0x32: return bcd(19 + tm.tm_year / 100);
	case 0x0b: return REG_B_24H;
	case 0x0d: return REG_D_VALID;
	default:   return 0;
	}
}
