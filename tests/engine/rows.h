/* SPDX-License-Identifier: GPL-2.0-only */
/* Rows of transitions for vectors.c: what is edited in an honest one, and what must
 * be said of it.
 */
#ifndef ROWS_H
#define ROWS_H

#define SET(type, field, v) \
	{ CW_EV_##type, offsetof(struct cw_ev_step, field), \
	  sizeof(((struct cw_ev_step *)0)->field), (__s64)(v) }
#define DROP(type) { CW_EV_##type, 0, 0, 0 }

struct row {
	const char *name;
	bool to_private;
	__u32 batches;	/* of the hypercall; 0 is 1.  HOST_ANSWER edits are of the last */
	struct edit edits[MAX_EDITS];
	__u64 checked;		/* over the whole transition */
	__u64 violated;
	__u64 warned;
	__u64 no_evidence;
	int finding;		/* one that must be among the details */
};

#define WINDOW (BIT(T1) | BIT(T2) | BIT(T3) | BIT(T5) | BIT(T6))
#define NO_MASK (CW_STEP_CONTIG)
/* A transition of which only the beginning, the host's list and the end are seen. */
#define OLD_WAY \
	SET(BEGIN, flags, CW_STEP_CONTIG | CW_STEP_NO_BIT), DROP(PREPARED), DROP(FLUSHED), \
	DROP(PROBED), DROP(CHANGED), DROP(HOST_ANSWER), DROP(HOST_DONE), DROP(FINISHED), \
	SET(END, flags, CW_STEP_CONTIG | CW_STEP_NO_BIT | CW_STEP_RET)

static const struct row rows[] = {
	{ "honest, to shared", .checked = WINDOW | BIT(S5) },
	{ "honest, to private", .to_private = true, .checked = WINDOW },
	{ "honest, no window platform", .edits = { SET(BEGIN, flags, CW_STEP_CONTIG), DROP(FLUSHED) },
	  .checked = BIT(T3) | BIT(T5) | BIT(T6) | BIT(S5) },
	{ "honest, before 6.4: PTEs do not tell", .edits = { OLD_WAY },
	  .checked = BIT(T5) | BIT(T6) | BIT(S5) },
	{ "T6: before 6.4 another frame was told",
	  .edits = { OLD_WAY, SET(HOST_CALL, told_differ, 1), SET(HOST_CALL, told_first, 2) },
	  .checked = BIT(T5) | BIT(T6) | BIT(S5), .violated = BIT(T6),
	  .finding = CW_FIND_TOLD_OTHER_FRAME },
	{ "T6: before 6.4 a list that could not be read", .edits = { OLD_WAY, SET(HOST_CALL, flags, 0) },
	  .checked = BIT(T5) | BIT(S5), .no_evidence = BIT(T6) },

	{ "T1: own PTE present after prepare",
	  .edits = { SET(PREPARED, own.present, 1), SET(PREPARED, own.first_present, 5),
		     SET(PREPARED, own.pte_present, 0x1005163) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T1), .finding = CW_FIND_WINDOW_OWN_PRESENT },
	{ "T1: alias present after prepare",
	  .edits = { SET(PREPARED, alias.present, 8), SET(PREPARED, alias.first_present, 0) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T1),
	  .finding = CW_FIND_WINDOW_ALIAS_PRESENT },
	{ "T1: present again before the host has answered",
	  .edits = { SET(HOST_DONE, own.present, 1), SET(HOST_DONE, own.first_present, 7) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T1), .finding = CW_FIND_WINDOW_OWN_PRESENT },
	{ "T1: a walk that failed is no evidence",
	  .edits = { SET(PREPARED, own.failed, 1), SET(HOST_DONE, alias.walked, 0) },
	  .checked = (WINDOW & ~BIT(T1)) | BIT(S5), .no_evidence = BIT(T1) },
	{ "T1: the direct map has no alias to walk",
	  .edits = { SET(PREPARED, flags, CW_STEP_DIRECT | CW_STEP_RET),
		     SET(PREPARED, alias.walked, 0) },
	  .checked = WINDOW | BIT(S5) },
	{ "T1: an own PTE that could not be read", .edits = { SET(PREPARED, own.failed, 1) },
	  .checked = WINDOW | BIT(S5), .no_evidence = BIT(T1) },
	{ "T1: aliases that were not walked", .edits = { SET(HOST_DONE, alias.walked, 7) },
	  .checked = WINDOW | BIT(S5), .no_evidence = BIT(T1) },
	{ "T1: pages beyond the budget", .edits = { SET(PREPARED, nr_unwalked, 1) },
	  .checked = WINDOW | BIT(S5), .no_evidence = BIT(T1) },
	{ "T1: the host's answer not seen is no evidence", .edits = { DROP(HOST_DONE) },
	  .checked = WINDOW | BIT(S5), .no_evidence = BIT(T1) },
	{ "T1: a prepare that failed opens no window",
	  .edits = { SET(PREPARED, ret, -ENOMEM), SET(PREPARED, own.present, 8), DROP(HOST_CALL),
		     DROP(HOST_ANSWER), DROP(HOST_DONE), DROP(FINISHED), SET(END, ret, -ENOMEM) },
	  .checked = BIT(T4) | BIT(T5) | BIT(S5) },
	{ "T1: prepare not seen is no evidence", .edits = { DROP(PREPARED) },
	  .checked = (WINDOW & ~BIT(T1)) | BIT(S5), .no_evidence = BIT(T1) },

	{ "T2: no flush", .edits = { DROP(FLUSHED) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T2), .finding = CW_FIND_FLUSH_MISSING },
	{ "T2: a flush before present was cleared on the last page", .edits = { SET(FLUSHED, own.present, 1) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T2), .finding = CW_FIND_FLUSH_EARLY },
	{ "T2: a flush before the alias was cleared", .edits = { SET(FLUSHED, alias.present, 8) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T2), .finding = CW_FIND_FLUSH_EARLY },
	{ "T2: what prepare left present is T1's matter",
	  .edits = { SET(FLUSHED, own.present, 1), SET(PREPARED, own.present, 1) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T1), .finding = CW_FIND_WINDOW_OWN_PRESENT },
	{ "T2: a flush whose walk failed is no evidence", .edits = { SET(FLUSHED, own.failed, 1) },
	  .checked = (WINDOW & ~BIT(T2)) | BIT(S5), .no_evidence = BIT(T2) },
	{ "T2: CPUs that were not tried are no evidence", .edits = { SET(PROBED, cpus_probed, 3) },
	  .checked = (WINDOW & ~BIT(T2)) | BIT(S5), .no_evidence = BIT(T2) },
	{ "T2: a source that counts CPUs and tries none is no evidence", .edits = { DROP(PROBED) },
	  .checked = (WINDOW & ~BIT(T2)) | BIT(S5), .no_evidence = BIT(T2) },
	{ "T2: three of four CPUs flushed", .edits = { SET(FLUSHED, cpus_flushed, 3) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T2), .finding = CW_FIND_FLUSH_PARTIAL },
	{ "T2: flush claimed, one CPU reads through",  .edits = { SET(PROBED, cpus_stale, 1) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T2), .finding = CW_FIND_FLUSH_STALE },
	{ "T2: a source that does not count CPUs",
	  .edits = { SET(FLUSHED, cpus_flushed, 0), SET(FLUSHED, cpus_online, 0), DROP(PROBED) },
	  .checked = WINDOW | BIT(S5) },
	{ "T1, T2: a host step that was never seen is no evidence",
	  .edits = { DROP(HOST_CALL), DROP(HOST_ANSWER), DROP(HOST_DONE) },
	  .checked = BIT(T1) | BIT(T3) | BIT(T5) | BIT(S5),
	  .no_evidence = BIT(T1) | BIT(T2) | BIT(T6) },

	{ "T3: own PTE absent after success",
	  .edits = { SET(END, own.present, 7), SET(END, own.first_absent, 2) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T3), .finding = CW_FIND_END_OWN_ABSENT },
	{ "T3: own PTE private after sharing",
	  .edits = { SET(END, own.shared, 7), SET(END, own.first_private, 4) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T3), .finding = CW_FIND_END_OWN_BIT },
	{ "T3: own PTE shared after making private", .to_private = true,
	  .edits = { SET(END, own.shared, 1), SET(END, own.first_shared, 4) },
	  .checked = WINDOW, .violated = BIT(T3), .finding = CW_FIND_END_OWN_BIT },
	{ "T3: alias absent", .edits = { SET(END, alias.present, 0), SET(END, alias.first_absent, 0) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T3), .finding = CW_FIND_END_ALIAS_ABSENT },
	{ "T3: alias private after sharing",
	  .edits = { SET(END, alias.shared, 0), SET(END, alias.first_private, 0) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T3), .finding = CW_FIND_END_ALIAS_BIT },
	{ "T3: alias names another frame",
	  .edits = { SET(END, alias.differ, 1), SET(END, alias.differ_want, GFN),
		     SET(END, alias.differ_seen, GFN + 1) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T3), .finding = CW_FIND_END_ALIAS_FRAME },
	{ "T3: other frames than those told", .edits = { SET(END, frames_sum, 1) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T3), .finding = CW_FIND_END_OTHER_FRAMES },
	{ "T3: the end's own word for the direction does not count",
	  .edits = { SET(END, to_shared, 0) }, .checked = WINDOW | BIT(S5) },
	{ "T3: nothing walked is no evidence", .edits = { SET(END, own.walked, 0), SET(END, own.present, 0),
							    SET(END, own.shared, 0) },
	  .checked = (WINDOW & ~BIT(T3)) | BIT(S5), .no_evidence = BIT(T3) },

	{ "T4: host refuses, error returned",
	  .edits = { SET(HOST_ANSWER, host_status, 5), SET(HOST_ANSWER, host_reps, 0),
		     SET(FINISHED, ret, -EIO), SET(END, ret, -EIO) },
	  .checked = (WINDOW & ~(BIT(T3) | BIT(T6))) | BIT(T4) | BIT(S5) },
	{ "T4: host refuses, success returned",
	  .edits = { SET(HOST_ANSWER, host_status, 5), SET(HOST_ANSWER, host_reps, PAGES) },
	  .checked = (WINDOW & ~BIT(T6)) | BIT(T4) | BIT(S5), .violated = BIT(T4),
	  .finding = CW_FIND_FAILURE_HIDDEN },
	{ "T4: host does nothing at all, success returned",
	  .edits = { SET(HOST_ANSWER, host_status, 6), SET(HOST_ANSWER, host_reps, 0) },
	  .checked = (WINDOW & ~BIT(T6)) | BIT(T4) | BIT(S5), .violated = BIT(T4),
	  .finding = CW_FIND_FAILURE_HIDDEN },
	{ "T4: part of the repetitions, success returned",
	  .edits = { SET(HOST_ANSWER, host_reps, 3) },
	  .checked = (WINDOW & ~BIT(T6)) | BIT(T4) | BIT(S5), .violated = BIT(T4),
	  .finding = CW_FIND_PARTIAL_HIDDEN },
	{ "T4: prepare fails, success returned", .edits = { SET(PREPARED, ret, -ENOMEM) },
	  .checked = (WINDOW & ~BIT(T6)) | BIT(T4) | BIT(S5), .violated = BIT(T4),
	  .finding = CW_FIND_FAILURE_HIDDEN },
	{ "T4: the change fails, success returned", .edits = { SET(CHANGED, ret, -ENOMEM) },
	  .checked = (WINDOW & ~BIT(T6)) | BIT(T4) | BIT(S5), .violated = BIT(T4),
	  .finding = CW_FIND_FAILURE_HIDDEN },
	{ "T4: finish fails, success returned", .edits = { SET(FINISHED, ret, -EFAULT) },
	  .checked = (WINDOW & ~BIT(T6)) | BIT(T4) | BIT(S5), .violated = BIT(T4),
	  .finding = CW_FIND_FAILURE_HIDDEN },

	{ "T5: a frame in transit, another has it open",
	  .edits = { SET(BEGIN, before[CW_PG_TRANSIT], 1), SET(BEGIN, overlaps, 1),
		     SET(BEGIN, overlap_task, OTHER) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T5), .finding = CW_FIND_OVERLAP },
	{ "T5: an unknown frame that another has open",
	  .edits = { SET(BEGIN, before[CW_PG_UNKNOWN], 1), SET(BEGIN, overlaps, 1) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T5), .finding = CW_FIND_OVERLAP },
	{ "T5: a PTE that could not be read is no evidence", .edits = { SET(BEGIN, own.failed, 1) },
	  .checked = (WINDOW & ~BIT(T5)) | BIT(S5), .no_evidence = BIT(T5) },
	{ "T5: a frame in transit that nobody has open",
	  .edits = { SET(BEGIN, before[CW_PG_TRANSIT], 1) }, .checked = WINDOW | BIT(S5) },
	{ "T5: unconfirmed is no evidence",
	  .edits = { SET(BEGIN, before[CW_PG_TRANSIT], 1),
		     SET(BEGIN, flags, CW_STEP_WINDOW | CW_STEP_UNCONFIRMED) },
	  .checked = (WINDOW & ~BIT(T5)) | BIT(S5), .no_evidence = BIT(T5) },
	{ "T5: nothing walked is no evidence", .edits = { SET(BEGIN, own.walked, 0) },
	  .checked = (WINDOW & ~BIT(T5)) | BIT(S5), .no_evidence = BIT(T5) },

	{ "T6: another frame told",
	  .edits = { SET(HOST_CALL, told_differ, 1), SET(HOST_CALL, told_want, GFN),
		     SET(HOST_CALL, told_seen, 0x9999), SET(HOST_CALL, told_sum, 1) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T6), .finding = CW_FIND_TOLD_OTHER_FRAME },
	{ "T6: the list was not read to its end", .edits = { SET(HOST_CALL, told, 7) },
	  .checked = (WINDOW & ~BIT(T6)) | BIT(S5), .no_evidence = BIT(T6) },
	{ "T6: two batches", .batches = 2, .checked = WINDOW | BIT(S5) },
	{ "T4: the second of two batches in part", .batches = 2,
	  .edits = { SET(HOST_ANSWER, host_reps, 3) },
	  .checked = (WINDOW & ~BIT(T6)) | BIT(T4) | BIT(S5), .violated = BIT(T4),
	  .finding = CW_FIND_PARTIAL_HIDDEN },
	{ "T6: too few frames told",
	  .edits = { SET(HOST_CALL, told_count, 7), SET(HOST_CALL, told, 7),
		     SET(HOST_ANSWER, told_count, 7), SET(HOST_ANSWER, host_reps, 7) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T6), .finding = CW_FIND_TOLD_TOO_FEW },
	{ "T6: too many frames told",
	  .edits = { SET(HOST_CALL, told_count, 9), SET(HOST_CALL, told, 9),
		     SET(HOST_ANSWER, told_count, 9), SET(HOST_ANSWER, host_reps, 9) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T6), .finding = CW_FIND_TOLD_TOO_MANY },
	{ "T6: shared was asked for, private was told", .edits = { SET(HOST_CALL, visibility, 0) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(T6), .finding = CW_FIND_TOLD_OTHER_WAY },
	{ "T6: private was asked for, shared was told", .to_private = true,
	  .edits = { SET(HOST_CALL, visibility, 3) },
	  .checked = WINDOW, .violated = BIT(T6), .finding = CW_FIND_TOLD_OTHER_WAY },
	{ "T6: a list that could not be read is no evidence",
	  .edits = { SET(HOST_CALL, flags, CW_STEP_CONTIG), SET(HOST_CALL, told, 0) },
	  .checked = (WINDOW & ~BIT(T6)) | BIT(S5), .no_evidence = BIT(T6) },

	{ "T6: a call that was not seen, as its answer tells, is no evidence", .batches = 2,
	  .edits = { DROP(HOST_CALL) },
	  .checked = (WINDOW & ~BIT(T6)) | BIT(S5), .no_evidence = BIT(T6) },

	{ "S5: a slab page in part",
	  .edits = { SET(BEGIN, nr_slab_part, 1), SET(BEGIN, first_type, 0) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(S5), .finding = CW_FIND_SLAB_PART },
	{ "S5: a whole slab page is a warning",
	  .edits = { SET(BEGIN, nr_slab_whole, 8), SET(BEGIN, first_type, 0) },
	  .checked = WINDOW | BIT(S5), .warned = BIT(S5), .finding = CW_FIND_SLAB_WHOLE },
	{ "S5: a page table", .edits = { SET(BEGIN, nr_table, 1), SET(BEGIN, first_type, 6) },
	  .checked = WINDOW | BIT(S5), .violated = BIT(S5), .finding = CW_FIND_PAGE_TABLE },
	{ "S5: a slab page made private is in order", .to_private = true,
	  .edits = { SET(BEGIN, nr_slab_part, 1) }, .checked = WINDOW },
	{ "S5: types not read are no evidence", .edits = { SET(BEGIN, types_read, 7) },
	  .checked = WINDOW, .no_evidence = BIT(S5) },
};

#endif
