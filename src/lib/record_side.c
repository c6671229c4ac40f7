// SPDX-License-Identifier: GPL-2.0-only
/* Rows of each kind in an array of their own, with marks for what is in the file. */
#include "record_side.h"

#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 65536	/* of a kind: a bound, which a hostile kernel module could want to reach */

size_t cw_side_size(enum cw_side_kind kind)
{
	static const size_t sizes[CW_SIDE_NR] = {
		[CW_SIDE_SYMBOL] = sizeof(struct cw_rec_symbol),
		[CW_SIDE_STACK] = sizeof(struct cw_stack_row),
		[CW_SIDE_VIOLATION] = sizeof(struct cw_rec_violation),
		[CW_SIDE_OWNER] = sizeof(struct cw_rec_owner),
		[CW_SIDE_PAGES] = sizeof(struct cw_rec_pages),
	};

	return sizes[kind];
}

void cw_side_free(struct cw_record_side *s)
{
	int i;

	for (i = 0; i < CW_SIDE_NR; i++)
		free(s->kind[i].rows);
	memset(s, 0, sizeof(*s));
}

static int room_make(struct cw_side_rows *rows, size_t size)
{
	size_t room = rows->room ? 2 * rows->room : 64;
	char *more;

	if (rows->nr < rows->room)
		return 0;
	more = room <= ROWS_MAX ? realloc(rows->rows, room * size) : NULL;
	if (!more)
		return -1;
	rows->rows = more;
	rows->room = room;
	return 0;
}

void cw_side_add(struct cw_record_side *s, enum cw_side_kind kind, const void *row)
{
	struct cw_side_rows *rows = &s->kind[kind];
	size_t size = cw_side_size(kind);

	if (room_make(rows, size)) {
		s->nr_refused++;
		return;
	}
	memcpy(rows->rows + rows->nr++ * size, row, size);
}

void cw_side_clear(struct cw_record_side *s, enum cw_side_kind kind)
{
	s->kind[kind].nr = 0;
	s->kind[kind].written = 0;
	s->kind[kind].committed = 0;
}

static void row_write(enum cw_side_kind kind, const void *row, struct cw_record_file *f)
{
	const struct cw_stack_row *stack = row;

	switch (kind) {
	case CW_SIDE_SYMBOL:
		cw_record_file_symbol(f, row);
		break;
	case CW_SIDE_STACK:
		cw_record_file_stack(f, stack->number, stack->symbols, stack->nr);
		break;
	case CW_SIDE_VIOLATION:
		cw_record_file_violation(f, row);
		break;
	case CW_SIDE_OWNER:
		cw_record_file_owner(f, row);
		break;
	case CW_SIDE_PAGES:
		cw_record_file_pages(f, row);
		break;
	case CW_SIDE_NR:
		break;
	}
}

void cw_side_write(struct cw_record_side *s, struct cw_record_file *f)
{
	int i;

	for (i = 0; i < CW_SIDE_NR; i++) {
		struct cw_side_rows *rows = &s->kind[i];
		size_t size = cw_side_size((enum cw_side_kind)i);

		for (; rows->written < rows->nr; rows->written++)
			row_write((enum cw_side_kind)i, rows->rows + rows->written * size, f);
	}
}

void cw_side_write_all(const struct cw_record_side *s, struct cw_record_file *f, __u64 since_ns)
{
	size_t k;
	int i;

	for (i = 0; i < CW_SIDE_NR; i++) {
		const struct cw_side_rows *rows = &s->kind[i];

		for (k = 0; k < rows->nr; k++) {
			const void *row = rows->rows + k * cw_side_size((enum cw_side_kind)i);
			const struct cw_rec_violation *v = row;

			if (i != CW_SIDE_VIOLATION || v->ts_ns >= since_ns)
				row_write((enum cw_side_kind)i, row, f);
		}
	}
}

void cw_side_forget(struct cw_record_side *s, __u64 before_ns)
{
	struct cw_side_rows *rows = &s->kind[CW_SIDE_VIOLATION];
	struct cw_rec_violation *v = (struct cw_rec_violation *)rows->rows;
	size_t i, kept = 0;

	for (i = 0; i < rows->nr; i++)
		if (v[i].ts_ns >= before_ns)
			v[kept++] = v[i];
	rows->nr = kept;
}

void cw_side_committed(struct cw_record_side *s, bool good)
{
	int i;

	for (i = 0; i < CW_SIDE_NR; i++) {
		struct cw_side_rows *rows = &s->kind[i];

		if (good)
			rows->committed = rows->written;
		else
			rows->written = rows->committed;
	}
}

bool cw_side_is_written(const struct cw_record_side *s)
{
	int i;

	for (i = 0; i < CW_SIDE_NR; i++)
		if (s->kind[i].committed < s->kind[i].nr)
			return false;
	return !s->nr_refused;
}
