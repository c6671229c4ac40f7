/* SPDX-License-Identifier: GPL-2.0-only */
/* A session on its way into a recording: what the feed sees is copied into a bounded queue, and a
 * thread of its own packs and writes it.  What finds no room, on the way or on disk, is counted.
 */
#ifndef CW_RECORDER_H
#define CW_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "out.h"
#include "record_schema.h"
#include "totals.h"

#define CW_HISTORY_BYTES (20U << 20)	/* packed records that a flight recorder keeps */

struct cw_recorder_opts {
	const char *path;	/* file; a directory is for a flight recorder alone */
	__u64 last_ns;		/* flight recorder: how much history, 0: record everything */
	size_t history_bytes;	/* 0: CW_HISTORY_BYTES */
	bool include_addresses;
};

struct cw_recorder;

/* Makes the file, or sees whether the directory is there.  0, or -errno with one line in why. */
int cw_recorder_new(struct cw_recorder **out, const struct cw_recorder_opts *opts, char *why,
		    size_t size);

/* The session begins; its thread too.  symbols stay the caller's.  0 or -errno. */
int cw_recorder_start(struct cw_recorder *r, const struct cw_recording_info *info,
		      struct cw_symbols *symbols);

/* How pages were when the session began; before the first record. */
void cw_recorder_pages(struct cw_recorder *r, __u64 gfn, __u64 nr_pages, __u32 state);

/* One record that has been checked, and one finding that was shown. */
void cw_recorder_record(struct cw_recorder *r, const struct cw_rec_hdr *rec);
void cw_recorder_report(struct cw_recorder *r, const struct cw_report *report);

/* Time passed: what waits in a half-filled buffer goes on its way. */
void cw_recorder_tick(struct cw_recorder *r, __u64 now_ns);

/* Flight recorder: somebody wants the history on disk at once, with a violation or without; whether
 * it is time to write it; and that it is written now.
 */
bool cw_recorder_is_flight(const struct cw_recorder *r);
void cw_recorder_want(struct cw_recorder *r);
bool cw_recorder_is_wanted(const struct cw_recorder *r, __u64 now_ns);
void cw_recorder_snapshot(struct cw_recorder *r, const struct cw_recording_info *info,
			  __u64 now_ns);

/* Waits until everything is written or lost.  Then the losses are known. */
void cw_recorder_stop(struct cw_recorder *r);
void cw_recorder_totals(const struct cw_recorder *r, struct cw_totals *t);

/* Says what became of the session, and closes.  0, or -errno after a message, when the file does
 * not hold everything that it should.
 */
int cw_recorder_finish(struct cw_recorder *r, const struct cw_recording_info *info);

/* A file that was never begun is taken away again.  NULL is fine. */
void cw_recorder_free(struct cw_recorder *r);

#endif
