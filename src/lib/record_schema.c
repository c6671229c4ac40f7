// SPDX-License-Identifier: GPL-2.0-only
/* The tables of a recording: made by the writer, compared letter by letter by the reader, so that
 * nothing in a file that was sent to us is anything but a table that we know.
 */
#include "record_schema.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

/* rules.note is never filled, and stays since files of this version have it: what a verdict notes
 * of a rule is made of why, the counts and the losses, by whoever reads them.
 */
/* clang-format off */
static const struct {
	const char *name;
	const char *sql;
} tables[] = {
	{ "session", "CREATE TABLE session(name TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID" },
	{ "command", "CREATE TABLE command(nr INTEGER PRIMARY KEY, arg TEXT NOT NULL) STRICT" },
	{ "rules", "CREATE TABLE rules(rule TEXT PRIMARY KEY, name TEXT NOT NULL, armed INTEGER NOT NULL, "
		"why TEXT NOT NULL, since_ns INTEGER NOT NULL, required INTEGER NOT NULL, "
		"min_checked INTEGER NOT NULL, waived INTEGER NOT NULL, reason TEXT NOT NULL, "
		"severity TEXT NOT NULL, checked INTEGER NOT NULL, violated INTEGER NOT NULL, "
		"warned INTEGER NOT NULL, observed INTEGER NOT NULL, no_evidence INTEGER NOT NULL, "
		"excused INTEGER NOT NULL, outcome TEXT, note TEXT) STRICT, WITHOUT ROWID" },
	{ "waivers", "CREATE TABLE waivers(nr INTEGER PRIMARY KEY, rule TEXT NOT NULL, "
		"finding TEXT NOT NULL, function TEXT NOT NULL, reason TEXT NOT NULL, "
		"expires TEXT NOT NULL, expired INTEGER NOT NULL) STRICT" },
	{ "reactions", "CREATE TABLE reactions(nr INTEGER PRIMARY KEY, rule TEXT NOT NULL, "
		"action TEXT NOT NULL, what TEXT NOT NULL, done INTEGER NOT NULL, "
		"limited INTEGER NOT NULL, failed INTEGER NOT NULL) STRICT" },
	{ "losses", "CREATE TABLE losses(event INTEGER, loss INTEGER, what TEXT NOT NULL, "
		"count INTEGER NOT NULL, PRIMARY KEY(event, loss)) STRICT, WITHOUT ROWID" },
	{ "stats", "CREATE TABLE stats(stat INTEGER PRIMARY KEY, what TEXT NOT NULL, "
		"count INTEGER NOT NULL) STRICT" },
	{ "events", "CREATE TABLE events(id INTEGER PRIMARY KEY, nr INTEGER NOT NULL, "
		"first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL, first_seq INTEGER NOT NULL, "
		"last_seq INTEGER NOT NULL, crc INTEGER NOT NULL, records BLOB NOT NULL) STRICT" },
	{ "transitions", "CREATE TABLE transitions(seq INTEGER PRIMARY KEY, begin_ns INTEGER NOT NULL, "
		"end_ns INTEGER NOT NULL, cpu INTEGER NOT NULL, task INTEGER NOT NULL, "
		"depth INTEGER NOT NULL, comm TEXT NOT NULL, space INTEGER NOT NULL, "
		"to_shared INTEGER NOT NULL, nr_pages INTEGER NOT NULL, gfn_min INTEGER NOT NULL, "
		"gfn_max INTEGER NOT NULL, contiguous INTEGER NOT NULL, ret INTEGER NOT NULL, "
		"stack INTEGER NOT NULL) STRICT" },
	{ "violations", "CREATE TABLE violations(id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, "
		"ts_ns INTEGER NOT NULL, cpu INTEGER NOT NULL, task INTEGER NOT NULL, comm TEXT NOT NULL, "
		"event INTEGER NOT NULL, rule TEXT NOT NULL, severity INTEGER NOT NULL, "
		"waived INTEGER NOT NULL, finding TEXT NOT NULL, page INTEGER NOT NULL, gfn INTEGER NOT NULL, want INTEGER NOT NULL, "
		"seen INTEGER NOT NULL, stack INTEGER NOT NULL, past_seq INTEGER NOT NULL, "
		"past_ns INTEGER NOT NULL, past_task INTEGER NOT NULL, past_comm TEXT NOT NULL) STRICT" },
	{ "stacks", "CREATE TABLE stacks(stack INTEGER, depth INTEGER, symbol INTEGER NOT NULL, "
		"PRIMARY KEY(stack, depth)) STRICT, WITHOUT ROWID" },
	{ "symbols", "CREATE TABLE symbols(id INTEGER PRIMARY KEY, addr INTEGER NOT NULL, "
		"text TEXT NOT NULL) STRICT" },
	{ "owners", "CREATE TABLE owners(id INTEGER PRIMARY KEY, ts_ns INTEGER NOT NULL, "
		"gfn INTEGER NOT NULL, nr_pages INTEGER NOT NULL, owner INTEGER NOT NULL, what TEXT NOT NULL, "
		"relid INTEGER NOT NULL, cpu INTEGER NOT NULL, flags INTEGER NOT NULL, "
		"space INTEGER NOT NULL) STRICT" },
	{ "pages", "CREATE TABLE pages(gfn INTEGER PRIMARY KEY, nr_pages INTEGER NOT NULL, "
		"state INTEGER NOT NULL) STRICT" },
};

#define NR_TABLES (sizeof(tables) / sizeof(tables[0]))

#define INFO(field) offsetof(struct cw_recording_info, field)
#define U64(name, field)  { name, CW_FIELD_U64, INFO(field), 0 }
#define U32(name, field)  { name, CW_FIELD_U32, INFO(field), 0 }
#define BOOL(name, field) { name, CW_FIELD_BOOL, INFO(field), 0 }
#define TEXT(name, field) \
	{ name, CW_FIELD_TEXT, INFO(field), sizeof(((struct cw_recording_info *)0)->field) }

const struct cw_field cw_session_fields[] = {
	U32("abi_major", abi_major),
	U32("abi_minor", abi_minor),
	BOOL("complete", complete),
	BOOL("stopped_early", stopped_early),
	BOOL("record_hot", record_hot),
	BOOL("record_steps", record_steps),
	BOOL("record_frees", record_frees),
	BOOL("include_addresses", include_addresses),
	BOOL("has_command", has_command),
	U64("last_ns", last_ns),
	U64("nr_dropped", nr_dropped),
	U64("nr_baseline", nr_baseline),
	U64("nr_lost", nr_lost),
	U64("slow_limit_ns", slow_limit_ns),
	U64("ts_ns", ts_ns),
	U64("wall_offset_ns", wall_offset_ns),
	U64("duration_ns", duration_ns),
	TEXT("kernel", platform.release),
	TEXT("mode", mode),
	TEXT("emulate", platform.module.emulate),
	U32("isolation", platform.isolation),
	BOOL("paravisor", platform.paravisor),
	U64("boundary", platform.boundary),
	U32("way", platform.way),
	U32("phys_bits", platform.phys_bits),
	U64("shared_mask", fmt.shared_mask),
	U64("frame_mask", fmt.frame_mask),
	U32("set_is_private", fmt.set_is_private),
	U32("no_bit", fmt.no_bit),
	TEXT("source", source),
	U64("asked", arming.asked),
	BOOL("blind", arming.blind),
	BOOL("no_pin", arming.no_pin),
	BOOL("gate", policy.gate),
	U64("malformed", totals.malformed),
	U64("unknown", totals.unknown),
	U64("unreadable", totals.unreadable),
	BOOL("output_failed", ending.output_failed),
	BOOL("user_blind", ending.user_blind),
	U32("command_status", ending.command_status),
	BOOL("command_stopped", ending.command_stopped),
	U32("exit", exit),
};
/* clang-format on */

const size_t cw_nr_session_fields = sizeof(cw_session_fields) / sizeof(cw_session_fields[0]);

int cw_schema_create(struct sqlite3 *db)
{
	char sql[128];
	size_t i;
	int err;

	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d",
		 CW_RECORDING_ID, CW_RECORDING_VERSION);
	err = sqlite3_exec(db, sql, NULL, NULL, NULL);
	for (i = 0; i < NR_TABLES && !err; i++)
		err = sqlite3_exec(db, tables[i].sql, NULL, NULL, NULL);
	return err;
}

/* ---- comparing ---- */

/* A bound on what one value or statement may cost, whatever the file says. */
static void database_confine(struct sqlite3 *db)
{
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, CW_BLOCK_BYTES + (1 << 20));
	sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, 1 << 16);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_limit(db, SQLITE_LIMIT_TRIGGER_DEPTH, 0);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_exec(db, "PRAGMA cell_size_check = ON", NULL, NULL, NULL);
	sqlite3_exec(db, "PRAGMA mmap_size = 0", NULL, NULL, NULL);
}

/* The one number that a pragma tells; -1 where it cannot be had, with the error in *err. */
static long long pragma_read(struct sqlite3 *db, const char *sql, int *err)
{
	sqlite3_stmt *stmt = NULL;
	long long value = -1;

	*err = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	if (!*err) {
		*err = sqlite3_step(stmt);
		if (*err == SQLITE_ROW)
			value = sqlite3_column_int64(stmt, 0);
	}
	if (*err == SQLITE_ROW)
		*err = 0;
	sqlite3_finalize(stmt);
	return value;
}

static bool is_expected(const char *type, const char *name, const char *sql)
{
	size_t i;

	for (i = 0; i < NR_TABLES; i++)
		if (type && name && sql && !strcmp(type, "table") && !strcmp(name, tables[i].name) &&
		    !strcmp(sql, tables[i].sql))
			return true;
	return false;
}

/* Every object is one of ours, and as many as there are.  0, 1 when not, or an SQLite error. */
static int tables_compare(struct sqlite3 *db, int *err)
{
	sqlite3_stmt *stmt = NULL;
	size_t nr = 0;
	bool other = false;

	*err = sqlite3_prepare_v2(db, "SELECT type, name, sql FROM sqlite_schema", -1, &stmt, NULL);
	while (!*err && sqlite3_step(stmt) == SQLITE_ROW) {
		other |= !is_expected((const char *)sqlite3_column_text(stmt, 0),
				      (const char *)sqlite3_column_text(stmt, 1),
				      (const char *)sqlite3_column_text(stmt, 2));
		nr++;
	}
	if (!*err)
		*err = sqlite3_reset(stmt);
	sqlite3_finalize(stmt);
	return other || nr != NR_TABLES;
}

static int damaged(struct sqlite3 *db, int err, char *why, size_t size)
{
	if (err == SQLITE_NOTADB) {
		snprintf(why, size, "it is no recording of cocowatch");
		return -EINVAL;
	}
	if (err == SQLITE_CANTOPEN || err == SQLITE_READONLY || err == SQLITE_BUSY ||
	    err == SQLITE_IOERR) {
		snprintf(why, size, "%s", sqlite3_errmsg(db));
		return -EIO;
	}
	snprintf(why, size, "it is damaged: %s",
		 err == SQLITE_INTERRUPT ? "a table does not end" : sqlite3_errmsg(db));
	return -EBADMSG;
}

int cw_schema_check(struct sqlite3 *db, char *why, size_t size)
{
	long long id, version;
	int err;

	database_confine(db);
	id = pragma_read(db, "PRAGMA application_id", &err);
	if (err)
		return damaged(db, err, why, size);
	if (id != CW_RECORDING_ID) {
		snprintf(why, size, "it is no recording of cocowatch");
		return -EINVAL;
	}
	version = pragma_read(db, "PRAGMA user_version", &err);
	if (err)
		return damaged(db, err, why, size);
	if (version != CW_RECORDING_VERSION) {
		snprintf(why, size, "it is a recording of version %lld, and this program reads version %d",
			 version, CW_RECORDING_VERSION);
		return -EINVAL;
	}
	if (!tables_compare(db, &err) && !err)
		return 0;
	if (err)
		return damaged(db, err, why, size);
	snprintf(why, size, "it is damaged: its tables are not those of a recording");
	return -EBADMSG;
}
