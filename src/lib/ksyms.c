// SPDX-License-Identifier: GPL-2.0-only
/* A few symbols out of the two hundred thousand of /proc/kallsyms: names are compared
 * before anything of a line is converted.
 */
#include "ksyms.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "name_filter.h"

#define TYPE_AT 17	/* "ffffffff81000000 T name", and for a module "\t[name]" behind it */
#define NAME_AT 19

static bool name_is(const char *name, size_t len, const char *wanted)
{
	return !strncmp(name, wanted, len) && !wanted[len];
}

/* Gives the address to the symbol that the line names, if it is wanted and not yet found. */
static void sym_see(const char *line, size_t len, const struct cw_ksym *syms, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (*syms[i].addr || !name_is(line + NAME_AT, len, syms[i].name))
			continue;
		*syms[i].addr = strtoull(line, NULL, 16);
		return;
	}
}

/* Whether the line is of the kernel itself, or of this module. */
static bool is_of(const char *behind, const char *module)
{
	size_t len;

	behind += strspn(behind, " \t");
	if (*behind != '[')
		return true;
	len = strcspn(behind + 1, "]");
	return module && name_is(behind + 1, len, module);
}

static void func_see(const char *line, size_t len, struct cw_kfunc *funcs, size_t nr)
{
	size_t i;

	if (!strchr("tTwW", line[TYPE_AT]))
		return;
	for (i = 0; i < nr; i++)
		if (name_is(line + NAME_AT, len, funcs[i].name) &&
		    is_of(line + NAME_AT + len, funcs[i].module))
			funcs[i].nr++;
}

int cw_ksyms_find(const char *path, const struct cw_ksym *syms, size_t nr, struct cw_kfunc *funcs,
		  size_t nr_funcs)
{
	FILE *f = fopen(path, "re");
	struct cw_name_filter filter = {};
	char line[1024];
	size_t i;

	if (!f)
		return -errno;
	for (i = 0; i < nr; i++) {
		*syms[i].addr = 0;
		cw_name_filter_add(&filter, syms[i].name);
	}
	for (i = 0; i < nr_funcs; i++) {
		funcs[i].nr = 0;
		cw_name_filter_add(&filter, funcs[i].name);
	}
	while (fgets(line, sizeof(line), f)) {
		size_t len;

		if (strnlen(line, NAME_AT + 1) <= NAME_AT)
			continue;
		len = strcspn(line + NAME_AT, " \t\n");
		if (!cw_name_filter_passes(&filter, line + NAME_AT, len))
			continue;
		sym_see(line, len, syms, nr);
		func_see(line, len, funcs, nr_funcs);
	}
	fclose(f);
	return 0;
}
