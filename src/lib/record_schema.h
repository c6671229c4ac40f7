/* SPDX-License-Identifier: GPL-2.0-only */
/* What a recording (.ccw) looks like on disk: its tables, and what is said once for a whole
 * session.  Writer and reader go by the same tables.  Described in cocowatch-record(5).
 */
#ifndef CW_RECORD_SCHEMA_H
#define CW_RECORD_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include <cocowatch/check.h>

#include "out.h"

#define CW_RECORDING_ID	0x43435731	/* application_id: "CCW1" */
#define CW_RECORDING_VERSION 1		/* user_version: readers refuse another */
#define CW_BLOCK_RECORDS 1024		/* records of one row of "events" */
#define CW_RECORD_MAX	4096		/* bytes of one record; none is as long */
#define CW_BLOCK_BYTES	(CW_BLOCK_RECORDS * CW_RECORD_MAX)
#define CW_STORED_TEXT	256

/* What holds for the whole session: the tables session, rules, waivers, reactions, losses, stats
 * and command.
 */
struct cw_recording_info {
	__u32 abi_major;
	__u32 abi_minor;
	bool complete;		/* 0: the session died, or is still running */
	bool stopped_early;	/* a snapshot of a session that went on */
	bool record_hot;	/* packets, bounces and hypercalls are in it, too */
	bool record_steps;	/* the steps inside transitions */
	bool record_frees;
	bool include_addresses;	/* addresses are the kernel's own; else hashed, or 0 */
	bool has_command;
	__u64 last_ns;		/* flight recorder: the history that was asked for, 0: all */
	__u64 nr_dropped;	/* records of before the history, in none of the tables */
	__u64 nr_baseline;	/* first records: what of before the history still mattered */
	__u64 nr_lost;		/* records that could not be written */
	__u64 slow_limit_ns;
	__u64 ts_ns;		/* CLOCK_MONOTONIC: the beginning of the session */
	__u64 wall_offset_ns;	/* CLOCK_REALTIME minus CLOCK_MONOTONIC */
	__u64 duration_ns;
	struct cw_platform platform;
	char mode[32];		/* platform.mode points here when it was read */
	struct cw_pte_fmt fmt;
	char source[16];
	struct cw_arming arming;	/* probes are not kept, only what became of the rules */
	struct cw_policy policy;	/* with its waivers; the file itself is not kept */
	struct cw_reactions reactions;	/* what was asked for and how often it was done */
	char reason[CW_RULE_NR][CW_REASON_LEN];	/* policy.reason points here */
	struct cw_totals totals;
	struct cw_ending ending;
	__u32 exit;		/* enum cw_exit, when complete */
	__u32 outcome[CW_RULE_NR];	/* enum cw_outcome, when complete */
	char **command;		/* NULL: none; owned by the recording */
};

/* ---- rows ---- */

/* A transition: one row when it ends. */
struct cw_rec_transition {
	__u64 seq;		/* of its end */
	__u64 begin_ns;		/* 0: not seen */
	__u64 end_ns;
	__u64 task;
	__u64 gfn_min;
	__u64 gfn_max;
	__u32 cpu;
	__u32 depth;
	__u32 nr_pages;
	__s32 ret;
	bool to_shared;
	bool contiguous;	/* the frames are all of gfn_min to gfn_max */
	__u8 space;		/* enum cw_space */
	__u32 stack;		/* number of its stack, 0: none */
	char comm[CW_COMM_LEN];
};

/* A finding that was shown in full, of whatever severity. */
struct cw_rec_violation {
	__u64 seq;		/* of its event; 0: made by user space */
	__u64 ts_ns;
	__u64 task;
	__u32 cpu;
	__u32 event;		/* enum cw_rec_type */
	struct cw_detail detail;
	__u32 sev;		/* CW_SEV_*: the finding's, or the policy's */
	bool waived;
	__u32 stack;		/* number of its stack, 0: none */
	__u64 past_seq;		/* previous transition of the frame, 0: not known */
	__u64 past_ns;
	__u64 past_task;
	char past_comm[CW_COMM_LEN];
	char comm[CW_COMM_LEN];
};

/* A run of frames that were shared when the session began, and whose they are. */
struct cw_rec_owner {
	__u64 ts_ns;
	__u64 gfn;
	__u32 nr_pages;
	__u32 owner;		/* enum cw_owner */
	__u32 relid;
	__u32 cpu;		/* CW_NO_INDEX: not of one CPU */
	__u32 flags;		/* CW_OWNER_* bits */
	__u8 space;
};

/* A run of frames in one state when the history begins; what no run covers is private. */
struct cw_rec_pages {
	__u64 gfn;
	__u64 nr_pages;
	__u32 state;		/* enum cw_page_state */
};

/* A return address of a stack. */
struct cw_rec_symbol {
	__u32 id;		/* from 1 */
	__u64 addr;		/* 0 unless addresses are included */
	char text[CW_STORED_TEXT];	/* "func+0x12/0x40 [module]" */
};

/* ---- the file ---- */

struct sqlite3;

/* Makes the tables in an empty database.  0 or an SQLite error. */
int cw_schema_create(struct sqlite3 *db);

/* Compares ids, version and every table with what is expected, and allows the database nothing
 * that a recording does not need.  0; -EINVAL: no recording, or one of another version; -EIO: it
 * cannot be read; -EBADMSG: damaged; with one line in why.
 */
int cw_schema_check(struct sqlite3 *db, char *why, size_t size);

/* ---- the table session: names and values ---- */

enum cw_field_kind { CW_FIELD_U64, CW_FIELD_U32, CW_FIELD_BOOL, CW_FIELD_TEXT };

struct cw_field {
	const char *name;
	enum cw_field_kind kind;
	size_t offset;		/* in struct cw_recording_info */
	size_t size;		/* CW_FIELD_TEXT: room */
};

extern const struct cw_field cw_session_fields[];
extern const size_t cw_nr_session_fields;

#endif
