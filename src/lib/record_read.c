// SPDX-License-Identifier: GPL-2.0-only
/* Opening a recording, and what it says once of its session.  Nothing in it is believed: a number
 * beyond its range and a name that is none make it damaged.
 */
#include "record_read.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record_impl.h"
#include "regular.h"
#include "rules.h"
#include "text.h"

#define BUSY_MS 1000	/* whoever records may be about to end */
#define COMMAND_MAX 4096	/* words of a command that are read */

/* A statement may take so many steps of SQLite's machine: each byte of a table is worth less than
 * two, so that what takes more goes through the same pages again and again.
 */
#define STEPS_A_BYTE 4
#define STEPS_MIN 1000000
#define STEPS_A_TURN 1000

int cw_recording_damaged(struct cw_recording *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->why, sizeof(r->why), fmt, ap);
	va_end(ap);
	/* SQLite cites the file */
	cw_text_clean(r->why);
	return -EBADMSG;
}

int cw_recording_step(struct cw_recording *r, sqlite3_stmt *stmt)
{
	int err = sqlite3_step(stmt);

	if (err == SQLITE_ROW)
		return 1;
	if (err == SQLITE_DONE)
		return 0;
	if (err == SQLITE_INTERRUPT)
		return cw_recording_damaged(r, "a table does not end");
	return cw_recording_damaged(r, "%s", sqlite3_errmsg(r->db));
}

int cw_recording_step_on(struct cw_recording *r, sqlite3_stmt *stmt, struct cw_order *o)
{
	int err = cw_recording_step(r, stmt), i;
	sqlite3_int64 key[2] = { 0 };

	if (err <= 0)
		return err;
	for (i = 0; i < o->nr; i++)
		key[i] = sqlite3_column_int64(stmt, o->column + i);
	if (o->begun && (key[0] < o->key[0] || (key[0] == o->key[0] && key[1] <= o->key[1])))
		return cw_recording_damaged(r, "%s: its rows are not in order", o->table);
	o->begun = true;
	memcpy(o->key, key, sizeof(key));
	return 1;
}

sqlite3_stmt *cw_recording_query(struct cw_recording *r, const char *sql, __u64 arg)
{
	sqlite3_stmt *stmt = NULL;

	r->nr_turns = 0;
	if (sqlite3_prepare_v2(r->db, sql, -1, &stmt, NULL)) {
		cw_recording_damaged(r, "%s", sqlite3_errmsg(r->db));
		return NULL;
	}
	if (sqlite3_bind_parameter_count(stmt))
		sqlite3_bind_int64(stmt, 1, (sqlite3_int64)arg);
	return stmt;
}

void cw_column_text(sqlite3_stmt *stmt, int column, char *text, size_t size)
{
	const char *got = (const char *)sqlite3_column_text(stmt, column);

	snprintf(text, size, "%s", got ? got : "");
	cw_text_clean(text);
}

/* ---- session ---- */

static const struct cw_field *field_find(const char *name, size_t *index)
{
	for (*index = 0; *index < cw_nr_session_fields; *index += 1)
		if (name && !strcmp(cw_session_fields[*index].name, name))
			return &cw_session_fields[*index];
	return NULL;
}

static int field_read(struct cw_recording *r, const struct cw_field *field, sqlite3_stmt *stmt)
{
	char *to = (char *)&r->info + field->offset;
	__u64 number = (__u64)sqlite3_column_int64(stmt, 1);
	bool text = field->kind == CW_FIELD_TEXT;
	__u32 small = (__u32)number;

	if (sqlite3_column_type(stmt, 1) != (text ? SQLITE_TEXT : SQLITE_INTEGER))
		return cw_recording_damaged(r, "session: %s has another type", field->name);
	if (text) {
		cw_column_text(stmt, 1, to, field->size);
		return 0;
	}
	if ((field->kind == CW_FIELD_BOOL && number > 1) ||
	    (field->kind == CW_FIELD_U32 && number != small &&
	     number != (__u64)(__s64)(__s32)small))
		return cw_recording_damaged(r, "session: %s is out of range", field->name);
	if (field->kind == CW_FIELD_U64)
		memcpy(to, &number, sizeof(number));
	else if (field->kind == CW_FIELD_U32)
		memcpy(to, &small, sizeof(small));
	else
		*(bool *)to = number;
	return 0;
}

static int session_read(struct cw_recording *r)
{
	sqlite3_stmt *stmt = cw_recording_query(r, "SELECT name, value FROM session", 0);
	__u64 seen = 0, all = (1ULL << cw_nr_session_fields) - 1;
	const struct cw_field *field;
	int err = stmt ? 1 : -EBADMSG;
	size_t i;

	while (err > 0 && (err = cw_recording_step(r, stmt)) > 0) {
		/* what a later version says besides is no trouble */
		field = field_find((const char *)sqlite3_column_text(stmt, 0), &i);
		if (!field)
			continue;
		seen |= 1ULL << i;
		err = field_read(r, field, stmt);
		if (err)
			break;
		err = 1;
	}
	sqlite3_finalize(stmt);
	if (err)
		return err;
	if (seen != all)
		return cw_recording_damaged(r, "session: '%s' is missing",
					    cw_session_fields[__builtin_ctzll(~seen)].name);
	return 0;
}

static int word_read(struct cw_recording *r, sqlite3_stmt *stmt)
{
	const char *arg = (const char *)sqlite3_column_text(stmt, 1);
	__u32 nr = r->nr_words;

	if (!r->info.has_command)
		return cw_recording_damaged(r, "command: there is one, and the session had none");
	if ((__u64)sqlite3_column_int64(stmt, 0) != nr)
		return cw_recording_damaged(r, "command: word %u is missing", nr);
	r->info.command[nr] = strdup(arg ? arg : "");
	if (!r->info.command[nr])
		return -ENOMEM;
	r->nr_words++;
	return 0;
}

static int command_read(struct cw_recording *r)
{
	int err;

	r->info.command = r->info.has_command ? calloc(COMMAND_MAX + 1, sizeof(char *)) : NULL;
	if (r->info.has_command && !r->info.command)
		return -ENOMEM;
	err = cw_recording_each(r, "SELECT nr, arg FROM command ORDER BY nr LIMIT 4096", word_read);
	if (!err && r->info.has_command && !r->nr_words)
		err = cw_recording_damaged(r, "command: the session had one, and it is missing");
	return err;
}

/* ---- losses, stats, symbols ---- */

static int loss_read(struct cw_recording *r, sqlite3_stmt *stmt)
{
	__u64 event = (__u64)sqlite3_column_int64(stmt, 0);
	__u64 loss = (__u64)sqlite3_column_int64(stmt, 1);

	if (event >= CW_EV_NR || loss >= CW_LOSS_NR)
		return cw_recording_damaged(r, "losses: there is no such event or loss");
	r->info.totals.loss[event][loss] = (__u64)sqlite3_column_int64(stmt, 2);
	return 0;
}

static int stat_read(struct cw_recording *r, sqlite3_stmt *stmt)
{
	__u64 stat = (__u64)sqlite3_column_int64(stmt, 0);

	if (stat >= CW_STAT_NR)
		return cw_recording_damaged(r, "stats: there is no such number");
	r->info.totals.stat[stat] = (__u64)sqlite3_column_int64(stmt, 1);
	return 0;
}

static int symbol_read(struct cw_recording *r, sqlite3_stmt *stmt)
{
	__u64 id = (__u64)sqlite3_column_int64(stmt, 0);
	__u64 addr = (__u64)sqlite3_column_int64(stmt, 1);
	char text[CW_STORED_TEXT];

	if (id != r->nr_addr + 1ULL || id > CW_SYMBOLS_MAX)
		return cw_recording_damaged(r, "symbols: they are not numbered from 1 on");
	cw_column_text(stmt, 2, text, sizeof(text));
	r->addr[r->nr_addr++] = addr ? addr : id;
	return cw_symbols_add(r->symbols, addr ? addr : id, text);
}

int cw_recording_each(struct cw_recording *r, const char *sql,
		      int (*fn)(struct cw_recording *r, sqlite3_stmt *stmt))
{
	sqlite3_stmt *stmt = cw_recording_query(r, sql, 0);
	int err = stmt ? 1 : -EBADMSG;

	while (err > 0 && (err = cw_recording_step(r, stmt)) > 0) {
		err = fn(r, stmt);
		if (err)
			break;
		err = 1;
	}
	sqlite3_finalize(stmt);
	return err;
}

__u64 cw_recording_symbol_key(const struct cw_recording *r, __u64 id)
{
	return id && id <= r->nr_addr ? r->addr[id - 1] : id;
}

/* ---- all of it ---- */

static int records_count(struct cw_recording *r)
{
	struct cw_order order = { .table = "events", .nr = 1 };
	sqlite3_stmt *stmt = cw_recording_query(r, "SELECT id, nr FROM events ORDER BY id", 0);
	int err = stmt ? 0 : -EBADMSG;

	while (!err && (err = cw_recording_step_on(r, stmt, &order)) > 0) {
		r->nr_records += (__u64)sqlite3_column_int64(stmt, 1);
		err = 0;
	}
	sqlite3_finalize(stmt);
	return err;
}

static int source_set(struct cw_recording *r)
{
	const struct cw_source *const sources[] = { &cw_source_stock, &cw_source_module };
	size_t i;

	for (i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		if (!strcmp(r->info.source, sources[i]->name))
			r->info.arming.source = sources[i];
	if (!r->info.arming.source)
		return cw_recording_damaged(r, "session: there is no such source");
	return 0;
}

static int info_read(struct cw_recording *r)
{
	struct cw_recording_info *info = &r->info;
	int err = session_read(r);

	if (!err && info->exit > CW_EXIT_COMMAND)
		err = cw_recording_damaged(r, "session: there is no such exit status");
	if (!err)
		err = source_set(r);
	if (!err)
		err = cw_recording_policy_read(r);
	if (!err)
		err = cw_recording_each(r, "SELECT event, loss, count FROM losses", loss_read);
	if (!err)
		err = cw_recording_each(r, "SELECT stat, count FROM stats", stat_read);
	if (!err)
		err = cw_recording_each(r, "SELECT id, addr, text FROM symbols ORDER BY id", symbol_read);
	if (!err)
		err = cw_recording_stacks_read(r);
	if (!err)
		err = records_count(r);
	if (!err)
		err = command_read(r);
	info->platform.mode = info->mode;
	info->arming.way = info->platform.way;
	info->ending.has_command = info->has_command;
	return err;
}

/* What the file says of itself must be had before SQLite looks at it, which has no errno. */
static int file_look(const char *path, __u64 *bytes, char *why, size_t size)
{
	int fd = cw_regular_open(path, why, size), err;
	struct stat st;

	if (fd < 0)
		return fd;
	err = fstat(fd, &st) ? -errno : 0;
	if (err)
		snprintf(why, size, "%s", strerror(-err));
	else
		*bytes += (__u64)st.st_size;
	close(fd);
	return err;
}

/* What SQLite may take for one statement, by the size of the file and of a log beside it. */
static int steps_bound(struct cw_recording *r, const char *path, char *why, size_t size)
{
	char log[PATH_MAX], none[128];
	__u64 bytes = 0;
	int err = file_look(path, &bytes, why, size);

	if (!err && snprintf(log, sizeof(log), "%s-wal", path) < (int)sizeof(log))
		file_look(log, &bytes, none, sizeof(none));
	r->max_turns = (STEPS_MIN + STEPS_A_BYTE * bytes) / STEPS_A_TURN;
	return err;
}

static int on_turn(void *ctx)
{
	struct cw_recording *r = ctx;

	return ++r->nr_turns > r->max_turns;
}

/* vfs: NULL, or that without locks. */
static int database_open(struct cw_recording *r, const char *path, const char *vfs, char *why,
			 size_t size)
{
	sqlite3_close(r->db);
	r->db = NULL;
	if (sqlite3_open_v2(path, &r->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, vfs)) {
		snprintf(why, size, "%s", r->db ? sqlite3_errmsg(r->db) : "not enough memory");
		return -EIO;
	}
	sqlite3_busy_timeout(r->db, BUSY_MS);
	r->nr_turns = 0;
	sqlite3_progress_handler(r->db, STEPS_A_TURN, on_turn, r);
	if (vfs)
		sqlite3_exec(r->db, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL, NULL);
	return cw_schema_check(r->db, why, size);
}

static int recording_open(struct cw_recording *r, const char *path, char *why, size_t size)
{
	int err = steps_bound(r, path, why, size);

	if (err)
		return err;
	err = database_open(r, path, NULL, why, size);
	/* a log wants a third file beside it; where none can be made it is kept in memory, without
	 * locks, which nobody takes who writes
	 */
	if (err == -EIO)
		err = database_open(r, path, "unix-none", why, size);
	if (err)
		return err;
	r->symbols = cw_symbols_new_exact();
	r->addr = calloc(CW_SYMBOLS_MAX, sizeof(*r->addr));
	err = r->symbols && r->addr ? info_read(r) : -ENOMEM;
	if (err == -EBADMSG)
		snprintf(why, size, "it is damaged: %s", r->why);
	else if (err)
		snprintf(why, size, "%s", strerror(-err));
	else if (r->info.abi_major != CW_ABI_MAJOR) {
		snprintf(why, size, "its records are of ABI %u, and this program reads ABI %d",
			 r->info.abi_major, CW_ABI_MAJOR);
		err = -EINVAL;
	}
	return err;
}

int cw_recording_open(struct cw_recording **out, const char *path, char *why, size_t size)
{
	struct cw_recording *r = calloc(1, sizeof(*r));
	int err = -ENOMEM;

	*out = NULL;
	if (r)
		err = recording_open(r, path, why, size);
	else
		snprintf(why, size, "%s", strerror(ENOMEM));
	if (!err)
		err = cw_recording_rewind(r);
	if (!err) {
		*out = r;
		return 0;
	}
	cw_text_clean(why);
	cw_recording_close(r);
	return err;
}

void cw_recording_close(struct cw_recording *r)
{
	size_t i;

	if (!r)
		return;
	for (i = 0; r->info.command && r->info.command[i]; i++)
		free(r->info.command[i]);
	free(r->info.command);
	cw_policy_free(&r->info.policy);
	sqlite3_finalize(r->events);
	sqlite3_close(r->db);
	cw_symbols_free(r->symbols);
	free(r->addr);
	free(r->stacks);
	free(r);
}

const struct cw_recording_info *cw_recording_info(const struct cw_recording *r)
{
	return &r->info;
}

struct cw_policy *cw_recording_policy(struct cw_recording *r)
{
	return &r->info.policy;
}

struct cw_symbols *cw_recording_symbols(struct cw_recording *r)
{
	return r->symbols;
}

__u64 cw_recording_nr_records(const struct cw_recording *r)
{
	return r->nr_records;
}

const char *cw_recording_why(const struct cw_recording *r)
{
	return r->why;
}
