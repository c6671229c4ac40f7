/* SPDX-License-Identifier: GPL-2.0-only */
/* A recording with a table that does not end: above its own root come pages whose cells all lead to
 * one and the same page.  The file is a few pages longer, and the table has ENDLESS_CELLS ^
 * ENDLESS_LEVELS times its rows.
 */
#ifndef CW_ENDLESS_H
#define CW_ENDLESS_H

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <linux/types.h>

#include <sqlite3.h>

#define ENDLESS_LEVELS 6
#define ENDLESS_CELLS 300
#define ENDLESS_PAGE 65536	/* the largest page of SQLite */

/* SQLite's file format: 1.3 (the header of a file), 1.6 (pages of a B-tree) */
#define SQLITE_AT_PAGES 28	/* how many pages the file has */
#define SQLITE_INTERIOR 0x05	/* a page of a table with keys and children */
#define SQLITE_LEAF 0x0d
#define SQLITE_HEAD 12		/* of an interior page */
#define SQLITE_CELL 5		/* a child, and a key below 128 */

static inline void endless_put(__u8 *at, __u32 v, int bytes)
{
	while (bytes--) {
		at[bytes] = (__u8)v;
		v >>= 8;
	}
}

/* An interior page with one child only, over and over. */
static inline void endless_page(__u8 *page, __u32 size, __u32 child)
{
	__u32 i, at = size - ENDLESS_CELLS * SQLITE_CELL;

	memset(page, 0, size);
	page[0] = SQLITE_INTERIOR;
	endless_put(page + 3, ENDLESS_CELLS, 2);
	endless_put(page + 5, at, 2);
	endless_put(page + 8, child, 4);
	for (i = 0; i < ENDLESS_CELLS; i++, at += SQLITE_CELL) {
		endless_put(page + SQLITE_HEAD + 2 * i, at, 2);
		endless_put(page + at, child, 4);
		page[at + 4] = 1;
	}
}

static inline long endless_number(sqlite3 *db, const char *sql, const char *name)
{
	sqlite3_stmt *stmt = NULL;
	long n = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL))
		return -1;
	if (name)
		sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
	if (sqlite3_step(stmt) == SQLITE_ROW)
		n = (long)sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return n;
}

static inline int page_write(int fd, const __u8 *page, __u32 size, __u32 nr)
{
	return pwrite(fd, page, size, (off_t)(nr - 1) * size) == (ssize_t)size ? 0 : -1;
}

/* The root's page goes to the end; before it the levels, the root's place being the first. */
static inline int endless_levels(int fd, __u32 size, __u32 root, __u32 nr_pages)
{
	static __u8 page[ENDLESS_PAGE];
	__u32 last = nr_pages + ENDLESS_LEVELS, i;
	int err;

	if (pread(fd, page, size, (off_t)(root - 1) * size) != (ssize_t)size ||
	    (page[0] != SQLITE_LEAF && page[0] != SQLITE_INTERIOR) || root == 1)
		return -1;
	err = page_write(fd, page, size, last);
	for (i = 0; i < ENDLESS_LEVELS && !err; i++) {
		endless_page(page, size, nr_pages + i + 1);
		err = page_write(fd, page, size, i ? nr_pages + i : root);
	}
	endless_put(page, last, 4);
	return err || pwrite(fd, page, 4, SQLITE_AT_PAGES) != 4 ? -1 : 0;
}

/* Makes a table of a file endless; one with a ROWID.  0, or -1. */
static inline int endless_make(const char *file, const char *table)
{
	long root, size, nr;
	sqlite3 *db = NULL;
	int fd, err = -1;

	if (sqlite3_open_v2(file, &db, SQLITE_OPEN_READONLY, NULL)) {
		sqlite3_close(db);
		return -1;
	}
	root = endless_number(db, "SELECT rootpage FROM sqlite_schema WHERE name = ?", table);
	size = endless_number(db, "PRAGMA page_size", NULL);
	nr = endless_number(db, "PRAGMA page_count", NULL);
	sqlite3_close(db);
	fd = open(file, O_RDWR | O_CLOEXEC);
	if (fd >= 0 && root > 1 && size >= 4096 && nr > 0)
		err = endless_levels(fd, (__u32)size, (__u32)root, (__u32)nr);
	if (fd >= 0)
		close(fd);
	return err;
}

#endif
