// SPDX-License-Identifier: GPL-2.0-only
/* Host behaviours. */
#include "hostile.h"

#include <string.h>

const struct cw_host cw_hosts[] = {
	{ .name = "honest", .class = "honest", .what = "Does what it is asked.", .safe = "Works." },
};

const size_t cw_nr_hosts = sizeof(cw_hosts) / sizeof(cw_hosts[0]);

const struct cw_host *cw_host_find(const char *name)
{
	size_t i;

	for (i = 0; i < cw_nr_hosts; i++)
		if (!strcmp(cw_hosts[i].name, name))
			return &cw_hosts[i];
	return NULL;
}
