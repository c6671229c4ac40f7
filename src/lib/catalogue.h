/* SPDX-License-Identifier: GPL-2.0-only */
/* The scenarios of cocovm.ko, as /dev/cocovm lists them: see cocovm(4). */
#ifndef CW_CATALOGUE_H
#define CW_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <linux/types.h>

#define CW_NO_RULE (-1)
#define CW_SCENARIOS_MAX 1024

struct cw_scenario {
	char name[48];
	char bug[64];		/* CVE or commit; "" when it repeats none */
	char text[192];
	int rule;		/* enum cw_rule, CW_NO_RULE: it exercises none */
	__u32 finding;		/* that the misbehaviour brings about; CW_FIND_NONE: honest only */
};

struct cw_catalogue {
	struct cw_scenario *row;
	size_t nr;
	char mode[32];		/* of the emulated platform */
};

/* Reads a listing; what is known of it must be right, lines and fields that are not known are
 * skipped.  0, or -errno with nothing to be freed and the reason on one line in why.
 */
int cw_catalogue_read(struct cw_catalogue *c, FILE *f, char *why, size_t size);

void cw_catalogue_free(struct cw_catalogue *c);

/* The scenario of exactly this name, or NULL. */
const struct cw_scenario *cw_catalogue_find(const struct cw_catalogue *c, const char *name);

#endif
