// SPDX-License-Identifier: GPL-2.0-only
/* A few symbols out of the two hundred thousand of /proc/kallsyms: names are compared
 * before anything of a line is converted.
 */
#include "ksyms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_AT 19	/* "ffffffff81000000 T name" */

/* The symbol that the line names, if it is one of those wanted and not yet found. */
static const struct cw_ksym *ksym_match(const char *line, const struct cw_ksym *syms, size_t nr)
{
	size_t i, len;

	if (strlen(line) <= NAME_AT)
		return NULL;
	len = strcspn(line + NAME_AT, " \t\n");
	for (i = 0; i < nr; i++)
		if (!*syms[i].addr && !strncmp(line + NAME_AT, syms[i].name, len) &&
		    !syms[i].name[len])
			return &syms[i];
	return NULL;
}

int cw_ksyms_find(const char *path, const struct cw_ksym *syms, size_t nr)
{
	FILE *f = fopen(path, "re");
	size_t i, left = nr;
	char line[1024];

	if (!f)
		return -errno;
	for (i = 0; i < nr; i++)
		*syms[i].addr = 0;
	while (left && fgets(line, sizeof(line), f)) {
		const struct cw_ksym *sym = ksym_match(line, syms, nr);

		if (!sym)
			continue;
		*sym->addr = strtoull(line, NULL, 16);
		left -= !!*sym->addr;
	}
	fclose(f);
	return 0;
}
