/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of the text writer. */
#ifndef CW_OUT_TEXT_H
#define CW_OUT_TEXT_H

#include <stdbool.h>
#include <stdio.h>
#include <linux/types.h>

#include "out.h"

/* The line that says which pages, packet, message or device a finding is about. */
void cw_text_event(struct cw_writer *w, const struct cw_report *r);

/* The same of any event, without its word in front and the end of the line.  Whether there was
 * anything to say.
 */
bool cw_text_about(struct cw_writer *w, const struct cw_rec_hdr *ev);

/* "8 pages, frames 0x10 to 0x17" */
void cw_text_frames(FILE *f, __u32 nr_pages, __u64 min, __u64 max, bool contiguous);

#endif
