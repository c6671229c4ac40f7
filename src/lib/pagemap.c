// SPDX-License-Identifier: GPL-2.0-only
/* Chunks of 32,768 frames, 8 KiB each. */
#include "pagemap.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_FRAMES (1ULL << CW_PAGEMAP_SHIFT)
#define FRAMES_MAX ((__u64)CW_PAGEMAP_MAX << CW_PAGEMAP_SHIFT)
#define CHUNK_WORDS (CHUNK_FRAMES / CW_FRAMES_PER_WORD)

void cw_pagemap_free(struct cw_pagemap *m)
{
	size_t i;

	for (i = 0; i < m->nr; i++)
		free(m->chunk[i]);
	free(m->chunk);
	memset(m, 0, sizeof(*m));
}

static int directory_grow(struct cw_pagemap *m, size_t nr)
{
	__u64 **chunk;

	if (nr <= m->nr)
		return 0;
	chunk = realloc(m->chunk, nr * sizeof(*chunk));
	if (!chunk)
		return -1;
	memset(chunk + m->nr, 0, (nr - m->nr) * sizeof(*chunk));
	m->chunk = chunk;
	m->nr = nr;
	return 0;
}

/* The chunk of a frame, made when it is needed. */
static __u64 *chunk_get(struct cw_pagemap *m, __u64 gfn, __u32 state)
{
	__u64 at = gfn >> CW_PAGEMAP_SHIFT;

	if (at < m->nr && m->chunk[at])
		return m->chunk[at];
	if (state == CW_PG_PRIVATE || directory_grow(m, at + 1))
		return NULL;
	m->chunk[at] = calloc(CHUNK_WORDS, sizeof(**m->chunk));
	return m->chunk[at];
}

/* How many of nr frames can have a state here; the others are of a record that is none. */
static __u64 frames_within(struct cw_pagemap *m, __u64 gfn, __u64 nr, __u32 state)
{
	__u64 left = gfn < FRAMES_MAX ? FRAMES_MAX - gfn : 0;

	if (nr <= left)
		return nr;
	m->nr_beyond += state == CW_PG_PRIVATE ? 0 : nr - left;
	return left;
}

void cw_pagemap_set(struct cw_pagemap *m, __u64 gfn, __u64 nr, __u32 state)
{
	__u64 i;

	nr = frames_within(m, gfn, nr, state);
	for (i = gfn; i < gfn + nr; i++) {
		__u64 *chunk = chunk_get(m, i, state), *word;
		__u64 left = CHUNK_FRAMES - i % CHUNK_FRAMES;

		if (!chunk) {
			left = left < gfn + nr - i ? left : gfn + nr - i;
			m->nr_beyond += state == CW_PG_PRIVATE ? 0 : left;
			i += left - 1;
			continue;
		}
		word = &chunk[i % CHUNK_FRAMES / CW_FRAMES_PER_WORD];
		*word = cw_state_put(*word, i, state);
	}
}

__u32 cw_pagemap_state(const struct cw_pagemap *m, __u64 gfn)
{
	__u64 at = gfn >> CW_PAGEMAP_SHIFT;

	if (at >= m->nr || !m->chunk[at])
		return CW_PG_PRIVATE;
	return cw_state_of(m->chunk[at][gfn % CHUNK_FRAMES / CW_FRAMES_PER_WORD], gfn);
}

void cw_pagemap_runs(const struct cw_pagemap *m,
		     void (*fn)(void *ctx, __u64 gfn, __u64 nr, __u32 state), void *ctx)
{
	__u64 gfn = 0, first = 0, end = (__u64)m->nr << CW_PAGEMAP_SHIFT;
	__u32 run = CW_PG_PRIVATE, state;

	for (gfn = 0; gfn <= end; gfn++) {
		if (gfn < end && run == CW_PG_PRIVATE && !m->chunk[gfn >> CW_PAGEMAP_SHIFT]) {
			gfn |= CHUNK_FRAMES - 1;
			continue;
		}
		state = gfn < end ? cw_pagemap_state(m, gfn) : CW_PG_PRIVATE;
		if (state == run)
			continue;
		if (run != CW_PG_PRIVATE)
			fn(ctx, first, gfn - first, run);
		run = state;
		first = gfn;
	}
}
