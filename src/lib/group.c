// SPDX-License-Identifier: GPL-2.0-only
/* Findings grouped by what was found and where. */
#include "group.h"

#define SITE_FRAMES 8	/* of the stack, innermost first, that make a site */

/* FNV-1a over the addresses. */
static __u64 site_of(const __u64 *stack, __u32 nr_stack)
{
	__u64 hash = 0xcbf29ce484222325ULL;
	__u32 i;

	for (i = 0; i < nr_stack && i < SITE_FRAMES; i++)
		hash = (hash ^ stack[i]) * 0x100000001b3ULL;
	return hash;
}

const struct cw_group *cw_groups_count(struct cw_groups *g, __u32 finding, const __u64 *stack,
				       __u32 nr_stack)
{
	__u64 site = site_of(stack, nr_stack);
	struct cw_group *group;
	__u32 i;

	for (i = 0; i < g->nr; i++) {
		group = &g->group[i];
		if (group->finding == finding && group->site == site)
			break;
	}
	if (i == CW_GROUP_MAX)
		i--;
	group = &g->group[i];
	if (i == g->nr) {
		group->finding = finding;
		group->site = site;
		g->nr++;
	}
	group->count++;
	return group;
}
