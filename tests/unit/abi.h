/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of the ABI read: the manual page with its tables, and files of the tree. */
#ifndef CW_UNIT_ABI_H
#define CW_UNIT_ABI_H

#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>

#define PAGE "man/cocowatch-record.5"

static inline char *file_read(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, 1 << 20);
	size_t nr;

	if (!f)
		fail_msg("cannot read %s (run from the top of the tree)", path);
	assert_non_null(text);
	nr = fread(text, 1, (1 << 20) - 1, f);
	assert_true(nr > 0);
	fclose(f);
	return text;
}

/* Whether a line from here to the end begins with these words and a tab. */
static inline bool has_row(const char *from, const char *end, const char *row)
{
	size_t len = strlen(row);
	const char *line;

	for (line = strchr(from, '\n'); line && (!end || line < end); line = strchr(line + 1, '\n'))
		if (!strncmp(line + 1, row, len) && line[1 + len] == '\t')
			return true;
	return false;
}

#endif
