/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers and durations from a command line, and the nearest right name. */
#ifndef CW_PARSE_H
#define CW_PARSE_H

#include <stddef.h>
#include <linux/types.h>

/* Decimal, or hexadecimal after 0x; the whole string.  0, -EINVAL or -ERANGE. */
int cw_parse_u64(const char *s, __u64 *out);

/* A number and one of ns us ms s m h; never 0.  0, -EINVAL or -ERANGE. */
int cw_parse_duration(const char *s, __u64 *out_ns);

/* The name closest to what was typed, or NULL when none is close enough to be meant. */
const char *cw_nearest(const char *typed, const char *const *names, size_t nr_names);

/* " (did you mean 'x'?)" for that name, or "".  Returns buf. */
const char *cw_nearest_hint(char *buf, size_t size, const char *nearest);

#endif
