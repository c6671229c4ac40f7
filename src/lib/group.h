/* SPDX-License-Identifier: GPL-2.0-only */
/* Findings grouped by what was found and where, so that one defect that fires a
 * million times is shown 16 times in full and counted from then on.
 */
#ifndef CW_GROUP_H
#define CW_GROUP_H

#include <stdbool.h>
#include <linux/types.h>

#include <cocowatch/event.h>

#define CW_GROUP_SHOWN 16	/* findings of a group that are shown in full */
#define CW_GROUP_MAX 256	/* groups; what comes later shares the last one */

struct cw_group {
	__u32 finding;
	__u32 pad;
	__u64 site;	/* hash of the innermost kernel frames */
	__u64 count;	/* ever found */
};

struct cw_groups {
	struct cw_group group[CW_GROUP_MAX];
	__u32 nr;
};

/* Counts one finding.  Returns its group; count <= CW_GROUP_SHOWN means: show it in full. */
const struct cw_group *cw_groups_count(struct cw_groups *g, __u32 finding, const __u64 *stack,
				       __u32 nr_stack);

#endif
