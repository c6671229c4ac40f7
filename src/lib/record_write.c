// SPDX-License-Identifier: GPL-2.0-only
/* The SQLite side of writing: statements prepared once, a transaction that begins with the first
 * row, and the first error kept until the commit.
 */
#include "record_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>
#include <zlib.h>

#include "names.h"
#include "policy_file.h"
#include "rules.h"

#define CACHE "PRAGMA cache_size = -1024"	/* KiB */
#define BUSY_MS 2000
#define CHECKPOINT "PRAGMA wal_autocheckpoint = 256"	/* pages: 1 MiB of log */

enum statement {
	ST_BEGIN, ST_COMMIT, ST_ROLLBACK, ST_SESSION, ST_COMMAND, ST_RULE, ST_WAIVER, ST_REACTION,
	ST_LOSS, ST_STAT, ST_EVENTS, ST_TRANSITION, ST_VIOLATION, ST_STACK, ST_SYMBOL, ST_OWNER,
	ST_PAGES, ST_NR,
};

static const char *const sql[ST_NR] = {
	[ST_BEGIN] = "BEGIN",
	[ST_COMMIT] = "COMMIT",
	[ST_ROLLBACK] = "ROLLBACK",
	[ST_SESSION] = "INSERT OR REPLACE INTO session VALUES(?,?)",
	[ST_COMMAND] = "INSERT OR REPLACE INTO command VALUES(?,?)",
	[ST_RULE] = "INSERT OR REPLACE INTO rules VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[ST_WAIVER] = "INSERT OR REPLACE INTO waivers VALUES(?,?,?,?,?,?,?)",
	[ST_REACTION] = "INSERT OR REPLACE INTO reactions VALUES(?,?,?,?,?,?,?)",
	[ST_LOSS] = "INSERT OR REPLACE INTO losses VALUES(?,?,?,?)",
	[ST_STAT] = "INSERT OR REPLACE INTO stats VALUES(?,?,?)",
	[ST_EVENTS] = "INSERT INTO events VALUES(NULL,?,?,?,?,?,?,?)",
	/* a number that came twice is of a malformed record; the first stays */
	[ST_TRANSITION] = "INSERT OR IGNORE INTO transitions VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[ST_VIOLATION] = "INSERT INTO violations VALUES(NULL,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[ST_STACK] = "INSERT OR IGNORE INTO stacks VALUES(?,?,?)",
	[ST_SYMBOL] = "INSERT OR IGNORE INTO symbols VALUES(?,?,?)",
	[ST_OWNER] = "INSERT INTO owners VALUES(NULL,?,?,?,?,?,?,?,?,?)",
	[ST_PAGES] = "INSERT OR REPLACE INTO pages VALUES(?,?,?)",
};

struct cw_record_file {
	sqlite3 *db;
	sqlite3_stmt *stmt[ST_NR];
	bool open;	/* a transaction */
	int err;	/* -errno: of it */
	char error[160];
};

static int errno_of(sqlite3 *db, int err)
{
	int os = sqlite3_system_errno(db);

	switch (err & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_READONLY:
		return -EROFS;
	default:
		return os ? -os : -EIO;
	}
}

/* ---- statements ---- */

/* A statement about to be filled, in a transaction; NULL when that has failed. */
static sqlite3_stmt *row(struct cw_record_file *f, enum statement which);

static void failed(struct cw_record_file *f, int err)
{
	if (f->err)
		return;
	f->err = errno_of(f->db, err);
	snprintf(f->error, sizeof(f->error), "%s", sqlite3_errmsg(f->db));
}

/* Runs what row() gave. */
static void run(struct cw_record_file *f, sqlite3_stmt *stmt)
{
	int err = sqlite3_step(stmt);

	if (err != SQLITE_DONE && err != SQLITE_ROW)
		failed(f, err);
	sqlite3_reset(stmt);
}

static sqlite3_stmt *row(struct cw_record_file *f, enum statement which)
{
	if (!f->open && !f->err) {
		run(f, f->stmt[ST_BEGIN]);
		f->open = !f->err;
	}
	return f->err ? NULL : f->stmt[which];
}

/* ? from the first on; whatever they are, 64 bits keep them. */
static void bind_numbers(sqlite3_stmt *stmt, int first, const __u64 *values, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		sqlite3_bind_int64(stmt, first + i, (sqlite3_int64)values[i]);
}

#define NUMBERS(stmt, first, ...) \
	do { \
		const __u64 numbers_[] = { __VA_ARGS__ }; \
		bind_numbers(stmt, first, numbers_, sizeof(numbers_) / sizeof(numbers_[0])); \
	} while (0)

static void bind_text(sqlite3_stmt *stmt, int at, const char *text, size_t room)
{
	sqlite3_bind_text(stmt, at, text ? text : "", (int)strnlen(text ? text : "", room),
			  SQLITE_TRANSIENT);
}

/* ---- rows ---- */

void cw_record_file_block(struct cw_record_file *f, const struct cw_block *b)
{
	sqlite3_stmt *stmt = row(f, ST_EVENTS);

	if (!stmt)
		return;
	NUMBERS(stmt, 1, b->nr, b->first_ns, b->last_ns, b->first_seq, b->last_seq,
		crc32(0, b->bytes, (uInt)b->size));
	sqlite3_bind_blob(stmt, 7, b->bytes, (int)b->size, SQLITE_STATIC);
	run(f, stmt);
	sqlite3_clear_bindings(stmt);
}

void cw_record_file_transition(struct cw_record_file *f, const struct cw_rec_transition *t)
{
	sqlite3_stmt *stmt = row(f, ST_TRANSITION);

	if (!stmt)
		return;
	NUMBERS(stmt, 1, t->seq, t->begin_ns, t->end_ns, t->cpu, t->task, t->depth);
	bind_text(stmt, 7, t->comm, sizeof(t->comm));
	NUMBERS(stmt, 8, t->space, t->to_shared, t->nr_pages, t->gfn_min, t->gfn_max, t->contiguous,
		(__u64)(__s64)t->ret, t->stack);
	run(f, stmt);
}

void cw_record_file_violation(struct cw_record_file *f, const struct cw_rec_violation *v)
{
	const struct cw_rule_info *rule = cw_rule_info(v->detail.rule);
	const struct cw_finding_info *finding = cw_finding_info(v->detail.finding);
	sqlite3_stmt *stmt = row(f, ST_VIOLATION);

	if (!stmt || !rule || !finding)
		return;
	NUMBERS(stmt, 1, v->seq, v->ts_ns, v->cpu, v->task);
	bind_text(stmt, 5, v->comm, sizeof(v->comm));
	NUMBERS(stmt, 6, v->event);
	bind_text(stmt, 7, rule->id, 8);
	NUMBERS(stmt, 8, v->sev, v->waived);
	bind_text(stmt, 10, finding->id, 64);
	NUMBERS(stmt, 11, v->detail.index, v->detail.gfn, v->detail.want, v->detail.seen, v->stack,
		v->past_seq, v->past_ns, v->past_task);
	bind_text(stmt, 19, v->past_comm, sizeof(v->past_comm));
	run(f, stmt);
}

void cw_record_file_symbol(struct cw_record_file *f, const struct cw_rec_symbol *s)
{
	sqlite3_stmt *stmt = row(f, ST_SYMBOL);

	if (!stmt)
		return;
	NUMBERS(stmt, 1, s->id, s->addr);
	bind_text(stmt, 3, s->text, sizeof(s->text));
	run(f, stmt);
}

void cw_record_file_stack(struct cw_record_file *f, __u32 number, const __u64 *symbols, __u32 nr)
{
	__u32 i;

	for (i = 0; i < nr; i++) {
		sqlite3_stmt *stmt = row(f, ST_STACK);

		if (!stmt)
			return;
		NUMBERS(stmt, 1, number, i, symbols[i]);
		run(f, stmt);
	}
}

void cw_record_file_owner(struct cw_record_file *f, const struct cw_rec_owner *o)
{
	sqlite3_stmt *stmt = row(f, ST_OWNER);

	if (!stmt)
		return;
	NUMBERS(stmt, 1, o->ts_ns, o->gfn, o->nr_pages, o->owner);
	bind_text(stmt, 5, cw_owner_name(o->owner), 64);
	NUMBERS(stmt, 6, o->relid, o->cpu, o->flags, o->space);
	run(f, stmt);
}

void cw_record_file_pages(struct cw_record_file *f, const struct cw_rec_pages *p)
{
	sqlite3_stmt *stmt = row(f, ST_PAGES);

	if (!stmt)
		return;
	NUMBERS(stmt, 1, p->gfn, p->nr_pages, p->state);
	run(f, stmt);
}

/* ---- what is said once ---- */

static void field_write(struct cw_record_file *f, const struct cw_field *field, const void *value)
{
	sqlite3_stmt *stmt = row(f, ST_SESSION);
	__u64 number = 0;

	if (!stmt)
		return;
	bind_text(stmt, 1, field->name, 64);
	switch (field->kind) {
	case CW_FIELD_TEXT:
		bind_text(stmt, 2, value, field->size);
		run(f, stmt);
		return;
	case CW_FIELD_U64:
		memcpy(&number, value, 8);
		break;
	case CW_FIELD_U32:
		memcpy(&number, value, 4);
		break;
	case CW_FIELD_BOOL:
		number = *(const bool *)value;
		break;
	}
	NUMBERS(stmt, 2, number);
	run(f, stmt);
}

static void rule_write(struct cw_record_file *f, const struct cw_recording_info *info, __u32 i)
{
	const struct cw_count *c = &info->totals.rule[i];
	sqlite3_stmt *stmt = row(f, ST_RULE);
	__u64 bit = CW_RULE_BIT(i);

	if (!stmt)
		return;
	bind_text(stmt, 1, cw_rule_info(i)->id, 8);
	bind_text(stmt, 2, cw_rule_info(i)->name, 64);
	NUMBERS(stmt, 3, !!(info->arming.armed & bit));
	bind_text(stmt, 4, info->arming.why_rule[i], sizeof(info->arming.why_rule[i]));
	NUMBERS(stmt, 5, info->arming.since_ns[i], !!(info->policy.required & bit),
		info->policy.min_checked[i], !!(info->policy.waived & bit));
	bind_text(stmt, 9, info->policy.reason[i], CW_STORED_TEXT - 1);
	bind_text(stmt, 10, cw_policy_severity(&info->policy, i), 16);
	NUMBERS(stmt, 11, c->checked, c->violated, c->warned, c->observed, c->no_evidence,
		info->totals.excused[i]);
	if (info->complete)
		bind_text(stmt, 17, cw_outcome_name(info->outcome[i]), 32);
	run(f, stmt);
	sqlite3_clear_bindings(stmt);
}

static void waivers_write(struct cw_record_file *f, const struct cw_policy *p)
{
	const struct cw_finding_info *finding;
	const struct cw_waiver *w;
	sqlite3_stmt *stmt;
	size_t i;

	for (i = 0; (w = cw_policy_waiver(p, i)); i++) {
		stmt = row(f, ST_WAIVER);
		if (!stmt)
			return;
		finding = w->finding ? cw_finding_info(w->finding) : NULL;
		NUMBERS(stmt, 1, i);
		bind_text(stmt, 2, cw_rule_info(w->rule)->id, 8);
		bind_text(stmt, 3, finding ? finding->id : "", 64);
		bind_text(stmt, 4, w->function, sizeof(w->function));
		bind_text(stmt, 5, w->reason, sizeof(w->reason));
		bind_text(stmt, 6, w->expires, sizeof(w->expires));
		NUMBERS(stmt, 7, w->expired);
		run(f, stmt);
	}
}

static void reactions_write(struct cw_record_file *f, const struct cw_reactions *rs)
{
	sqlite3_stmt *stmt;
	size_t i;

	for (i = 0; i < rs->nr; i++) {
		const struct cw_reaction *r = &rs->reaction[i];
		const char *what = r->action == CW_ACTION_SIGNAL ? sigabbrev_np(r->signal) :
								   r->program;

		stmt = row(f, ST_REACTION);
		if (!stmt)
			return;
		NUMBERS(stmt, 1, i);
		bind_text(stmt, 2, cw_rule_info(r->rule)->id, 8);
		bind_text(stmt, 3, cw_action_name(r->action), 16);
		bind_text(stmt, 4, what, sizeof(r->program));
		NUMBERS(stmt, 5, r->done, r->limited, r->failed);
		run(f, stmt);
	}
}

static void losses_write(struct cw_record_file *f, const struct cw_totals *t)
{
	__u32 event, loss, i;
	sqlite3_stmt *stmt;

	for (event = 0; event < CW_EV_NR; event++) {
		for (loss = 0; loss < CW_LOSS_NR; loss++) {
			stmt = t->loss[event][loss] ? row(f, ST_LOSS) : NULL;
			if (!stmt)
				continue;
			NUMBERS(stmt, 1, event, loss);
			bind_text(stmt, 3, cw_loss_text(loss), 128);
			NUMBERS(stmt, 4, t->loss[event][loss]);
			run(f, stmt);
		}
	}
	for (i = 0; i < CW_STAT_NR; i++) {
		stmt = row(f, ST_STAT);
		if (!stmt)
			return;
		NUMBERS(stmt, 1, i);
		bind_text(stmt, 2, cw_stat_text(i), 128);
		NUMBERS(stmt, 3, t->stat[i]);
		run(f, stmt);
	}
}

void cw_record_file_info(struct cw_record_file *f, const struct cw_recording_info *info)
{
	sqlite3_stmt *stmt;
	__u32 i;

	for (i = 0; i < cw_nr_session_fields; i++)
		field_write(f, &cw_session_fields[i],
			    (const char *)info + cw_session_fields[i].offset);
	for (i = 0; i < CW_RULE_NR; i++)
		rule_write(f, info, i);
	waivers_write(f, &info->policy);
	reactions_write(f, &info->reactions);
	losses_write(f, &info->totals);
	for (i = 0; info->command && info->command[i]; i++) {
		stmt = row(f, ST_COMMAND);
		if (!stmt)
			return;
		NUMBERS(stmt, 1, i);
		bind_text(stmt, 2, info->command[i], 4096);
		run(f, stmt);
	}
}

/* ---- the file ---- */

int cw_record_file_commit(struct cw_record_file *f)
{
	int err;

	if (f->open && !f->err)
		run(f, f->stmt[ST_COMMIT]);
	err = f->err;
	/* SQLite has rolled back by itself after some errors */
	if (err && !sqlite3_get_autocommit(f->db)) {
		sqlite3_step(f->stmt[ST_ROLLBACK]);
		sqlite3_reset(f->stmt[ST_ROLLBACK]);
	}
	/* the log may have room again, or have some to give */
	if (err == -ENOSPC)
		sqlite3_wal_checkpoint_v2(f->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	f->open = false;
	f->err = 0;
	return err;
}

const char *cw_record_file_error(const struct cw_record_file *f)
{
	return f->error;
}

static int statements_prepare(struct cw_record_file *f)
{
	int err = SQLITE_OK, i;

	for (i = 0; i < ST_NR && !err; i++)
		err = sqlite3_prepare_v3(f->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &f->stmt[i],
					 NULL);
	return err;
}

static void file_free(struct cw_record_file *f)
{
	int i;

	for (i = 0; i < ST_NR; i++)
		sqlite3_finalize(f->stmt[i]);
	sqlite3_close(f->db);
	free(f);
}

/* In WAL mode what was committed is there whatever becomes of this process; only a machine that
 * goes down can take the last second with it.
 */
static int file_prepare(struct cw_record_file *f, const char *path)
{
	int err = sqlite3_open_v2(path, &f->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
				  SQLITE_OPEN_NOFOLLOW, NULL);

	/* somebody may look at the file already */
	if (!err)
		err = sqlite3_busy_timeout(f->db, BUSY_MS);
	if (!err)
		err = sqlite3_exec(f->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
	if (!err)
		err = sqlite3_exec(f->db, "PRAGMA synchronous = OFF", NULL, NULL, NULL);
	if (!err)
		err = sqlite3_exec(f->db, CACHE "; " CHECKPOINT, NULL, NULL, NULL);
	if (!err)
		err = cw_schema_create(f->db);
	return err ? err : statements_prepare(f);
}

/* A file of ours alone: one that is there already is never written to. */
static int file_make(const char *path)
{
	int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int cw_record_file_create(struct cw_record_file **out, const char *path, char *why, size_t size)
{
	struct cw_record_file *f;
	char *real;
	int err = file_make(path);

	*out = NULL;
	if (err) {
		snprintf(why, size, "%s", strerror(-err));
		return err;
	}
	f = calloc(1, sizeof(*f));
	real = realpath(path, NULL);	/* SQLite's own "no symbolic links" means the whole path */
	err = f && real ? file_prepare(f, real) : SQLITE_NOMEM;
	free(real);
	if (!err) {
		*out = f;
		return 0;
	}
	snprintf(why, size, "%s", f && f->db ? sqlite3_errmsg(f->db) : sqlite3_errstr(err));
	err = f && f->db ? errno_of(f->db, err) : -ENOMEM;
	if (f)
		file_free(f);
	unlink(path);
	return err;
}

int cw_record_file_close(struct cw_record_file *f)
{
	int err, gone;

	if (!f)
		return 0;
	err = cw_record_file_commit(f);
	gone = sqlite3_exec(f->db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
	if (!err)
		err = errno_of(f->db, gone);
	file_free(f);
	return err;
}
