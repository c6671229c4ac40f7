/* SPDX-License-Identifier: GPL-2.0-only */
/* A line of /proc/kallsyms: "ffffffff81000000 T name", and for a module "\t[module]" behind it. */
#ifndef CW_KALLSYMS_H
#define CW_KALLSYMS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CW_KALLSYMS_LINE 1024	/* names have 511 characters at most (KSYM_NAME_LEN) */
#define CW_KALLSYMS_TYPE 17
#define CW_KALLSYMS_NAME 19

/* Bytes of the name, 0 where the line has none. */
static inline size_t cw_kallsyms_name_len(const char *line)
{
	if (strnlen(line, CW_KALLSYMS_NAME + 1) <= CW_KALLSYMS_NAME)
		return 0;
	return strcspn(line + CW_KALLSYMS_NAME, " \t\n");
}

static inline __u64 cw_kallsyms_addr(const char *line)
{
	return strtoull(line, NULL, 16);
}

static inline bool cw_kallsyms_is_text(const char *line)
{
	return strchr("tTwW", line[CW_KALLSYMS_TYPE]);
}

/* The module's name, into len how long it is; NULL for what is the kernel's own.  behind: where the
 * symbol's name ends.
 */
static inline const char *cw_kallsyms_module(const char *behind, size_t *len)
{
	behind += strspn(behind, " \t");
	if (*behind != '[')
		return NULL;
	*len = strcspn(behind + 1, "]\n");
	return behind + 1;
}

#endif
