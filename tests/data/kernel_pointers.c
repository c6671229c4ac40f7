// SPDX-License-Identifier: GPL-2.0-only
/* Looks for addresses of the kernel in a recording: in each word of each record, and in each number
 * and text of each other table.
 *
 * Usage: kernel_pointers FILE.ccw    (each that is found on a line; status 1 when there is one)
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "record_read.h"

static unsigned long nr_found;

/* In the upper half, and neither a small negative number nor one beside another field (an index
 * that is none is ~0, an errno is the upper half of its word).
 */
static bool is_address(__u64 v)
{
	__s32 upper = (__s32)(v >> 32);

	if (v >> 47 != 0x1ffff || v >= (__u64)-4096)
		return false;
	return upper == -1 ? (__s32)v < 0 : upper < -4095;
}

/* Sums of frames have all bits, whatever they are. */
static bool is_sum(__u32 type, size_t at)
{
	bool step = type <= CW_EV_TASK_EXIT || type == CW_EV_SEED || type == CW_EV_WITHHELD;

	return step &&
	       (at == offsetof(struct cw_ev_step, frames_sum) ||
		at == offsetof(struct cw_ev_step, told_sum));
}

static void record_look(const struct cw_rec_hdr *rec, __u64 nr)
{
	const struct cw_rec_verdict *v = (const struct cw_rec_verdict *)rec;
	const struct cw_rec_hdr *ev = rec;
	size_t at, off = 0;

	if (rec->type == CW_REC_VERDICT) {
		off = v->event_off;
		ev = (const struct cw_rec_hdr *)((const char *)rec + off);
	}
	for (at = sizeof(*rec); at + 8 <= rec->len; at += 8) {
		__u64 word = *(const __u64 *)((const char *)rec + at);

		if (!is_address(word) || (at >= off && is_sum(ev->type, at - off)))
			continue;
		nr_found++;
		printf("record %llu, type %u, byte %zu: %llx\n", nr, rec->type, at, word);
	}
}

static int records_look(const char *path)
{
	const struct cw_rec_hdr *rec;
	struct cw_recording *r;
	char why[256];
	__u64 nr = 0;
	int got;

	if (cw_recording_open(&r, path, why, sizeof(why))) {
		fprintf(stderr, "%s: %s\n", path, why);
		return -1;
	}
	while ((got = cw_recording_next(r, &rec)) > 0)
		record_look(rec, ++nr);
	cw_recording_close(r);
	return got;
}

/* "ffff" and 12 digits, the first of which is 8 or more. */
static bool has_address(const char *text)
{
	size_t len;

	for (; *text; text++) {
		for (len = 0; isxdigit((unsigned char)text[len]); len++)
			;
		/* letters come behind digits */
		if (len == 16 && !strncasecmp(text, "ffff", 4) && text[4] >= '8')
			return true;
		if (len)
			text += len - 1;
	}
	return false;
}

static void row_look(sqlite3_stmt *row, const char *table)
{
	int i;

	for (i = 0; i < sqlite3_column_count(row); i++) {
		int type = sqlite3_column_type(row, i);
		bool found = false;

		if (type == SQLITE_INTEGER)
			found = is_address((__u64)sqlite3_column_int64(row, i));
		else if (type == SQLITE_TEXT)
			found = has_address((const char *)sqlite3_column_text(row, i));
		if (!found)
			continue;
		nr_found++;
		printf("%s: %s %s\n", table, sqlite3_column_name(row, i), sqlite3_column_text(row, i));
	}
}

static int tables_look(const char *path)
{
	sqlite3_stmt *tables = NULL, *rows;
	char sql[128];
	sqlite3 *db;
	int err = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL);

	if (!err)
		err = sqlite3_prepare_v2(db, "SELECT name FROM sqlite_schema", -1, &tables, NULL);
	while (!err && sqlite3_step(tables) == SQLITE_ROW) {
		const char *table = (const char *)sqlite3_column_text(tables, 0);

		snprintf(sql, sizeof(sql), "SELECT * FROM \"%s\"", table);
		err = sqlite3_prepare_v2(db, sql, -1, &rows, NULL);
		while (!err && sqlite3_step(rows) == SQLITE_ROW)
			row_look(rows, table);
		sqlite3_finalize(rows);
	}
	sqlite3_finalize(tables);
	sqlite3_close(db);
	return err;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: kernel_pointers FILE.ccw\n");
		return 2;
	}
	if (records_look(argv[1]) || tables_look(argv[1]))
		return 3;
	return nr_found ? 1 : 0;
}
