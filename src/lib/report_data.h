/* SPDX-License-Identifier: GPL-2.0-only */
/* What a report is made of: a recording judged again, with what happened around each finding, and
 * how shared memory went over its time.
 */
#ifndef CW_REPORT_DATA_H
#define CW_REPORT_DATA_H

#include <linux/types.h>

#include "chart.h"
#include "findings.h"
#include "life.h"
#include "record_read.h"
#include "replay.h"
#include "timeline.h"

#define CW_NOTES_MAX 16
#define CW_NOTE_TEXT 256

struct cw_report_data {
	const struct cw_recording_info *info;
	struct cw_replayed replayed;
	struct cw_verdict verdict;
	struct cw_ending ending;
	struct cw_findings findings;
	struct cw_timeline *timeline;
	struct cw_chart chart;
	char note[CW_NOTES_MAX][CW_NOTE_TEXT];	/* what the recording does not have */
	size_t nr_notes;
	__u64 nr_transitions;
};

/* Reads the whole recording.  life: fed with it too, or NULL.  start outlives the data.  0,
 * -ENOMEM, or -EBADMSG when a table is damaged: what could be read is there, and a note says so.
 */
int cw_report_data_make(struct cw_report_data *d, struct cw_recording *r,
			const struct cw_start *start, struct cw_life *life);
void cw_report_data_free(struct cw_report_data *d);

#endif
