/* SPDX-License-Identifier: GPL-2.0-only */
/* A few names among very many: one bit for each length and first letter that occurs, so that
 * nearly all others fall through before anything is compared.
 */
#ifndef CW_NAME_FILTER_H
#define CW_NAME_FILTER_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct cw_name_filter {
	__u64 first[64];	/* empty: all zero */
};

static inline void cw_name_filter_add(struct cw_name_filter *f, const char *name)
{
	f->first[strlen(name) & 63] |= 1ULL << (name[0] & 63);
}

/* Whether the name may be one of those that were added. */
static inline bool cw_name_filter_passes(const struct cw_name_filter *f, const char *name,
					 size_t len)
{
	return f->first[len & 63] & 1ULL << (name[0] & 63);
}

#endif
