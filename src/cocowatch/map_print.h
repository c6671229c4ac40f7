/* SPDX-License-Identifier: GPL-2.0-only */
/* What `cocowatch map` has found, and how it is printed for people and for programs. */
#ifndef CW_MAP_PRINT_H
#define CW_MAP_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include "inventory.h"
#include "mode.h"
#include "owners.h"
#include "platform.h"
#include "snapshot.h"

/* All that one class owns. */
struct map_owner {
	__u64 nr_pages;
	__u64 nr_ranges;
	__u64 forbidden;	/* ranges that this mode does not allow */
	__u64 unconfirmed;	/* ranges that one look found, and another did not */
	__u64 first;		/* first frame of the first of these */
};

struct map {
	bool kexec;		/* asked for */
	bool ranges;
	bool addresses;
	struct cw_platform platform;
	struct cw_inventory *inv;
	struct cw_account a;
	struct map_owner owner[CW_OWNER_NR];
	struct cw_out out_mode;	/* P1, P2 */
	struct cw_out out_kexec;	/* T9 */
	__u32 violated;		/* ranges, S4 */
	__u32 warned;
	bool kexec_failed;	/* the kernel's list could not be read to its end */
	__u64 nr_left;		/* pages that a kexec would leave shared */
	__u64 left[CW_OWNER_NR];
};

/* Whether all that could be looked at was: else nobody can say that only what may be is shared. */
bool map_is_whole(const struct map *m);

/* Two snapshots, compared. */
struct map_diff {
	struct cw_snapshot old;
	struct cw_snapshot now;
	struct cw_diff diff;
	bool ranges;	/* asked for: what did not change too (text) */
};

void map_text_print(FILE *f, const struct map *m);
void map_ndjson_print(FILE *f, const struct map *m);
void map_diff_text(FILE *f, const struct map_diff *d);
void map_diff_ndjson(FILE *f, const struct map_diff *d);

#endif
