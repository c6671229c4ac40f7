/* SPDX-License-Identifier: GPL-2.0-only */
/* The whole life of one frame in a recording: who shared it, when, with which stack, and who
 * freed it.
 */
#ifndef CW_LIFE_H
#define CW_LIFE_H

#include <stdio.h>
#include <linux/types.h>

#include "findings.h"
#include "out.h"
#include "record_read.h"

struct cw_life;

/* gfn: the frame.  start outlives it.  NULL without memory. */
struct cw_life *cw_life_new(const struct cw_start *start, __u64 gfn);
void cw_life_free(struct cw_life *l);	/* NULL is fine */

/* Each record of the recording, in its order. */
void cw_life_record(struct cw_life *l, const struct cw_rec_hdr *rec);

/* What the tables have: how it began, its transitions, and what was found of it.  0, -EBADMSG. */
int cw_life_tables(struct cw_life *l, struct cw_recording *r, const struct cw_findings *f);

/* Everything in the order of time.  How many things there were; -ENOMEM when some are missing. */
int cw_life_print(struct cw_life *l, FILE *f);

#endif
