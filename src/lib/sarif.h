/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of the SARIF writer. */
#ifndef CW_SARIF_H
#define CW_SARIF_H

#include <jansson.h>

#include "out.h"

/* The driver with its rules; the index of a rule in it is the rule's number. */
json_t *cw_sarif_tool(const struct cw_start *start);

/* One finding as a result that stands for its group; its text is that of the text writer. */
json_t *cw_sarif_result(const struct cw_writer *w, const struct cw_report *r);

/* A rule of which a waiver has expired, as a result. */
json_t *cw_sarif_expired(const struct cw_finish *f, __u32 rule);

/* "error", "warning" or "note" */
const char *cw_sarif_level(__u32 sev);

#endif
