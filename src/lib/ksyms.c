// SPDX-License-Identifier: GPL-2.0-only
/* A few symbols out of the two hundred thousand of /proc/kallsyms: names are compared
 * before anything of a line is converted.
 */
#include "ksyms.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "kallsyms.h"
#include "name_filter.h"

static bool name_is(const char *name, size_t len, const char *wanted)
{
	return !strncmp(name, wanted, len) && !wanted[len];
}

/* Gives the address to the symbol that the line names, if it is wanted and not yet found. */
static void sym_see(const char *line, size_t len, const struct cw_ksym *syms, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (*syms[i].addr || !name_is(line + CW_KALLSYMS_NAME, len, syms[i].name))
			continue;
		*syms[i].addr = cw_kallsyms_addr(line);
		return;
	}
}

/* Whether the line is of the kernel itself, or of this module. */
static bool is_of(const char *behind, const char *module)
{
	const char *its;
	size_t len;

	its = cw_kallsyms_module(behind, &len);
	return !its || (module && name_is(its, len, module));
}

static void func_see(const char *line, size_t len, struct cw_kfunc *funcs, size_t nr)
{
	size_t i;

	if (!cw_kallsyms_is_text(line))
		return;
	for (i = 0; i < nr; i++)
		if (name_is(line + CW_KALLSYMS_NAME, len, funcs[i].name) &&
		    is_of(line + CW_KALLSYMS_NAME + len, funcs[i].module))
			funcs[i].nr++;
}

int cw_ksyms_find(const char *path, const struct cw_ksym *syms, size_t nr, struct cw_kfunc *funcs,
		  size_t nr_funcs)
{
	FILE *f = fopen(path, "re");
	struct cw_name_filter filter = {};
	char line[CW_KALLSYMS_LINE];
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
		size_t len = cw_kallsyms_name_len(line);

		if (!len || !cw_name_filter_passes(&filter, line + CW_KALLSYMS_NAME, len))
			continue;
		sym_see(line, len, syms, nr);
		func_see(line, len, funcs, nr_funcs);
	}
	fclose(f);
	return 0;
}
